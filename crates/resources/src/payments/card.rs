//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A card.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Card {
    /// Id.
    pub id: String,
}
impl Named for Card {
    const NAME: &'static str = "card";
    const PREFIX: &'static str = "card";
}
impl Object for Card {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<Card>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
