//! A dispute moved the balance once, and inquiries were called disputes.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// What a dispute was; it had no name of its own.
const THEN: &[&str] = &[
    "object",
    "charge",
    "amount",
    "created",
    "status",
    "livemode",
    "currency",
    "reason",
    "balance_transaction",
    "evidence_due_by",
    "evidence",
    "evidence_details",
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-08-20")
    }
    fn what(&self) -> &'static str {
        "The `balance_transaction` of a dispute becomes `balance_transactions`; inquiries have statuses of their own."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "dispute" {
            return;
        }
        if let Some(moved) = it.take("balance_transactions") {
            let first = tree::items(moved).into_iter().next();
            let id = first.as_ref().and_then(tree::id_of).map(str::to_owned);
            it.set("balance_transaction", id.map_or(Node::Null, Node::text));
        }
        let then = match it.get("status").and_then(Node::as_str) {
            Some("warning_needs_response") => Some("needs_response"),
            Some("warning_under_review") => Some("under_review"),
            _ => None,
        };
        if let Some(then) = then {
            it.set("status", Node::text(then));
        }
        tree::only(it, THEN);
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
            "dispute",
            &[
                (
                    r#"{"id":"dp_1","object":"dispute","status":"warning_under_review","balance_transactions":[]}"#,
                    r#"{"object":"dispute","status":"under_review","balance_transaction":null}"#,
                ),
                (
                    r#"{"status":"won","balance_transactions":[{"id":"txn_1"},{"id":"txn_2"}],"metadata":{}}"#,
                    r#"{"status":"won","balance_transaction":"txn_1"}"#,
                ),
            ],
        );
    }
}
