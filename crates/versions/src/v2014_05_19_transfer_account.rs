//! A transfer to a bank named the bank account otherwise.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-05-19")
    }
    fn what(&self) -> &'static str {
        "The `account` of a transfer becomes `bank_account`, and is there only where the money goes to one."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "payout" {
            tree::set_missing(it, "account", Node::Null);
            tree::set_missing(it, "recipient", Node::text("self"));
            tree::forget(
                it,
                &[
                    "amount_reversed",
                    "destination",
                    "method",
                    "reversals",
                    "reversed",
                    "source_type",
                    "transfer_group",
                    "type",
                ],
            );
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
            "payout",
            &[
                (
                    r#"{"id":"po_1","reversed":false,"type":"bank_account"}"#,
                    r#"{"id":"po_1","account":null,"recipient":"self"}"#,
                ),
                (r#"{"status":"paid"}"#, r#"{"status":"paid"}"#),
            ],
        );
    }
}
