//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A refund.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Refund {
    /// Id.
    pub id: String,
}
impl Named for Refund {
    const NAME: &'static str = "refund";
    const PREFIX: &'static str = "re";
}
impl Object for Refund {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<Refund>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
