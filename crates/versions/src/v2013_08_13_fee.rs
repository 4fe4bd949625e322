//! What a charge cost stood on the charge.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2013-08-13")
    }
    fn what(&self) -> &'static str {
        "Charges and transfers lose `fee` and `fee_details`; their balance transactions have them. Charges show `balance_transaction` and `refunds`."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("charge", "balance_transaction")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "payout" && tree::is_whole(it) {
            // Going to the bank costs nothing.
            tree::forget(it, &["balance_transaction"]);
            tree::set_missing(it, "fee", Node::Integer(0));
            tree::set_missing(it, "fee_details", Node::List(Vec::new()));
        }
        if object == "charge" {
            tree::forget(it, &["refunds"]);
            if let Some(mut transaction) = it.take("balance_transaction") {
                // A charge that failed or was not captured has none, and cost nothing.
                it.set("fee", transaction.take("fee").unwrap_or(Node::Integer(0)));
                it.set("fee_details", transaction.take("fee_details").unwrap_or(Node::List(Vec::new())));
            }
        }
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
            &[
                (
                    r#"{"amount":1000,"refunds":[],"balance_transaction":{"object":"balance_transaction","fee":59,"fee_details":[{"type":"stripe_fee","amount":59}]}}"#,
                    r#"{"amount":1000,"fee":59,"fee_details":[{"type":"stripe_fee","amount":59}]}"#,
                ),
                (
                    r#"{"paid":false,"balance_transaction":null}"#,
                    r#"{"paid":false,"fee":0,"fee_details":[]}"#,
                ),
                (r#"{"description":null}"#, r#"{"description":null}"#),
            ],
        );
        check::down(
            &Past,
            "payout",
            &[(
                r#"{"id":"po_1","balance_transaction":"txn_1"}"#,
                r#"{"id":"po_1","fee":0,"fee_details":[]}"#,
            )],
        );
    }
}
