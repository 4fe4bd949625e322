//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A session.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Session {
    /// Id.
    pub id: String,
}
impl Named for Session {
    const NAME: &'static str = "session";
    const PREFIX: &'static str = "sess";
}
impl Object for Session {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<Session>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
