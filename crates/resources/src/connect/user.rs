//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A user.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct User {
    /// Id.
    pub id: String,
}
impl Named for User {
    const NAME: &'static str = "user";
    const PREFIX: &'static str = "user";
}
impl Object for User {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<User>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
