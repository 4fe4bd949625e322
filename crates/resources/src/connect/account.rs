//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Account {
    /// Id.
    pub id: String,
}
impl Named for Account {
    const NAME: &'static str = "account";
    const PREFIX: &'static str = "acct";
}
impl Object for Account {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<Account>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
