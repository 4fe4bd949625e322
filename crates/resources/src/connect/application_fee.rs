//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A application_fee.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ApplicationFee {
    /// Id.
    pub id: String,
}
impl Named for ApplicationFee {
    const NAME: &'static str = "application_fee";
    const PREFIX: &'static str = "fee";
}
impl Object for ApplicationFee {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<ApplicationFee>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
