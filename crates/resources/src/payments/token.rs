//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A token.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Token {
    /// Id.
    pub id: String,
}
impl Named for Token {
    const NAME: &'static str = "token";
    const PREFIX: &'static str = "tok";
}
impl Object for Token {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<Token>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
