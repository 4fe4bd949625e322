//! Money that went to a bank was a transfer.
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
