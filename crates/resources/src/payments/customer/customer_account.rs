//! `customer_account`: a customer who is an account of API v2 (API page "Use Accounts as customers"). No account of this
//! server is configured as a customer, so whatever is named is not one.
use wire::{At, Bad, Node, Shape, Wire};

/// The id of an account that is a customer, as a parameter. Reading one is refused.
#[derive(Debug)]
pub(crate) struct CustomerAccount {}

impl Wire for CustomerAccount {
    const SHAPE: Shape = String::SHAPE;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let id: String = String::read(at, node)?.chars().take(100).collect();
        let message = format!(
            "No such customer_account: '{id}'. Accounts that are configured as customers are not known here; name a customer in the parameter customer."
        );
        Err(Bad::Invalid { param: at.path(), code: Some("resource_missing"), message })
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, "");
    }
}
