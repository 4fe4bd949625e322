//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A balance_transaction.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BalanceTransaction {
    /// Id.
    pub id: String,
}
impl Named for BalanceTransaction {
    const NAME: &'static str = "balance_transaction";
    const PREFIX: &'static str = "txn";
}
impl Object for BalanceTransaction {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<BalanceTransaction>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
