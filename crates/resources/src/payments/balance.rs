//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A balance.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Balance {
    /// Id.
    pub id: String,
}
impl Named for Balance {
    const NAME: &'static str = "balance";
    const PREFIX: &'static str = "bal";
}
impl Object for Balance {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<Balance>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
