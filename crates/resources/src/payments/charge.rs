//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A charge.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Charge {
    /// Id.
    pub id: String,
}
impl Named for Charge {
    const NAME: &'static str = "charge";
    const PREFIX: &'static str = "ch";
}
impl Object for Charge {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<Charge>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
