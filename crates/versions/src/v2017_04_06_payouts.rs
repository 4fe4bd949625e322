//! Money that went to a bank was a transfer.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2017-04-06")
    }
    fn what(&self) -> &'static str {
        "Transfers to banks become payouts: account `transfer_schedule`, `transfer_statement_descriptor` and `transfers_enabled` become `payout_schedule`, `payout_statement_descriptor` and `payouts_enabled`, the types of balance transactions and the events follow."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "account" => {
                it.rename("payouts_enabled", "transfers_enabled");
                it.rename("payout_schedule", "transfer_schedule");
                it.rename("payout_statement_descriptor", "transfer_statement_descriptor");
            }
            "payout" => {
                if it.get("object").is_some() {
                    it.set("object", Node::text("transfer"));
                }
                it.rename("arrival_date", "date");
                tree::set_missing(it, "amount_reversed", Node::Integer(0));
                tree::set_missing(it, "reversed", Node::Bool(false));
                tree::set_missing(it, "transfer_group", Node::Null);
                let url =
                    it.get("id").and_then(Node::as_str).map(|id| format!("/v1/transfers/{id}/reversals"));
                if let Some(url) = url {
                    tree::set_missing(it, "reversals", tree::empty_list(url));
                }
                tree::forget(
                    it,
                    &[
                        "application_fee",
                        "application_fee_amount",
                        "automatic",
                        "failure_balance_transaction",
                        "original_payout",
                        "payout_method",
                        "reconciliation_status",
                        "reversed_by",
                        "trace_id",
                    ],
                );
            }
            "balance_transaction" | "event" => {
                let Some(kind) = it.get_mut("type") else { return };
                let rest = kind.as_str().and_then(|kind| kind.strip_prefix("payout"));
                if let Some(then) = rest.map(|rest| format!("transfer{rest}")) {
                    *kind = Node::text(then);
                }
            }
            _ => {}
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if method == "POST" && path.starts_with("/v1/account") {
            params.rename("transfer_schedule", "payout_schedule");
            params.rename("transfer_statement_descriptor", "payout_statement_descriptor");
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
            "account",
            &[(
                r#"{"payouts_enabled":true,"payout_schedule":{"interval":"daily"},"payout_statement_descriptor":null}"#,
                r#"{"transfers_enabled":true,"transfer_schedule":{"interval":"daily"},"transfer_statement_descriptor":null}"#,
            )],
        );
        check::down(
            &Past,
            "balance_transaction",
            &[
                (r#"{"type":"payout_failure"}"#, r#"{"type":"transfer_failure"}"#),
                (r#"{"type":"charge"}"#, r#"{"type":"charge"}"#),
            ],
        );
        check::down(
            &Past,
            "payout",
            &[
                (
                    r#"{"id":"po_1","object":"payout","arrival_date":5,"automatic":true,"trace_id":null}"#,
                    r#"{"id":"po_1","object":"transfer","date":5,"amount_reversed":0,"reversed":false,"transfer_group":null,"reversals":{"object":"list","data":[],"has_more":false,"total_count":0,"url":"/v1/transfers/po_1/reversals"}}"#,
                ),
                (r#"{"arrival_date":5}"#, r#"{"date":5}"#),
            ],
        );
        check::down(&Past, "event", &[(r#"{"type":"payout.paid"}"#, r#"{"type":"transfer.paid"}"#)]);
        check::up(
            &Past,
            "POST",
            "/v1/accounts/{id}",
            &[(
                r#"{"transfer_schedule":{"interval":"daily"}}"#,
                r#"{"payout_schedule":{"interval":"daily"}}"#,
            )],
        );
    }
}
