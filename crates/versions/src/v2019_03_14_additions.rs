//! What objects gained with payment methods.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const LATER: &[(&str, &[&str])] = &[
    (
        "charge",
        &[
            "payment_method",
            "payment_method_details",
            "billing_details",
            "receipt_url",
            "statement_descriptor_suffix",
            "transfer_data",
            "level3",
            "authorization_code",
        ],
    ),
    ("customer", &["address", "invoice_settings", "name", "phone", "preferred_locales", "tax_exempt"]),
    (
        "refund",
        &["failure_balance_transaction", "failure_reason", "source_transfer_reversal", "transfer_reversal"],
    ),
    ("card", &["description", "iin", "issuer"]),
    ("dispute", &["payment_intent"]),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-03-14")
    }
    fn what(&self) -> &'static str {
        "Charges show how they were paid in `payment_method_details` and `billing_details`, and have a receipt; customers have an address, invoice settings and a tax status."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        tree::forget_later(object, it, LATER);
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(
            &Past,
            "charge",
            &[(r#"{"id":"ch_1","billing_details":{},"receipt_url":null}"#, r#"{"id":"ch_1"}"#)],
        );
    }
}
