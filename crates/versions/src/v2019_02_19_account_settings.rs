//! The settings of an account stood on the account itself.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// Where a setting is, and what it was called on the account.
const MEMBERS: &[(&[&str], &str)] = &[
    (&["settings", "dashboard", "display_name"], "display_name"),
    (&["settings", "dashboard", "timezone"], "timezone"),
    (&["settings", "payments", "statement_descriptor"], "statement_descriptor"),
    (&["settings", "card_payments", "decline_on"], "decline_charge_on"),
    (&["settings", "branding", "logo"], "business_logo"),
    (&["settings", "branding", "primary_color"], "business_primary_color"),
    (&["settings", "payouts", "debit_negative_balances"], "debit_negative_balances"),
    (&["settings", "payouts", "schedule"], "payout_schedule"),
    (&["settings", "payouts", "statement_descriptor"], "payout_statement_descriptor"),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-02-19")
    }
    fn what(&self) -> &'static str {
        "The settings of an account move into `settings`: `display_name` and `timezone`, `statement_descriptor`, `decline_charge_on`, `business_logo` and `business_primary_color`, `debit_negative_balances`, `payout_schedule` and `payout_statement_descriptor`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account" {
            for (place, then) in MEMBERS {
                tree::lift(it, place, then);
            }
            tree::forget(it, &["settings"]);
            tree::set_missing(it, "statement_descriptor", Node::Null);
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if method == "POST" && path.starts_with("/v1/account") {
            for (place, then) in MEMBERS {
                tree::sink(params, then, place);
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
            "account",
            &[
                (
                    r#"{"id":"acct_1","settings":{"payments":{"statement_descriptor":"ANN"},"dashboard":{"display_name":"Ann","timezone":"Etc/UTC"},"payouts":{"schedule":{"interval":"daily"}},"invoices":{}}}"#,
                    r#"{"id":"acct_1","statement_descriptor":"ANN","display_name":"Ann","timezone":"Etc/UTC","payout_schedule":{"interval":"daily"}}"#,
                ),
                (r#"{"id":"acct_1","settings":null}"#, r#"{"id":"acct_1","statement_descriptor":null}"#),
                (
                    r#"{"settings":{"payments":{"statement_descriptor":"OLD"}}}"#,
                    r#"{"statement_descriptor":"OLD"}"#,
                ),
            ],
        );
        check::up(
            &Past,
            "POST",
            "/v1/accounts/{id}",
            &[(
                r#"{"statement_descriptor":"ANN","payout_schedule":{"interval":"daily"},"timezone":"Etc/UTC"}"#,
                r#"{"settings":{"payments":{"statement_descriptor":"ANN"},"payouts":{"schedule":{"interval":"daily"}},"dashboard":{"timezone":"Etc/UTC"}}}"#,
            )],
        );
    }
}
