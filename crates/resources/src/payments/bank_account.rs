//! (in the making)
use api::{Endpoint, Noun, Object};
use base::Named;
use wire::Wire;

/// A bank_account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BankAccount {
    /// Id.
    pub id: String,
}
impl Named for BankAccount {
    const NAME: &'static str = "bank_account";
    const PREFIX: &'static str = "ba";
}
impl Object for BankAccount {
    fn id(&self) -> &str {
        &self.id
    }
}
/// The noun.
pub const NOUN: Noun = Noun::of::<BankAccount>();
/// What it causes.
pub const EVENTS: &[&str] = &[];
/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
