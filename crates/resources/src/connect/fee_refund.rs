//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A fee_refund.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FeeRefund {
    /// Id.
    pub id: String,
}
impl Named for FeeRefund {
    const NAME: &'static str = "fee_refund";
    const PREFIX: &'static str = "fr";
}
impl Object for FeeRefund {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<FeeRefund>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
