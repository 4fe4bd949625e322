//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A event.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Event {
    /// Id.
    pub id: String,
}
impl Named for Event {
    const NAME: &'static str = "event";
    const PREFIX: &'static str = "evt";
}
impl Object for Event {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<Event>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
