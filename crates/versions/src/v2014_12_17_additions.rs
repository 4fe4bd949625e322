//! What objects gained with the Accounts API, which needs this version, and around it.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// From here on accounts can be created and changed by the API.
pub const ACCOUNTS: Version = Version::of("2014-12-17");

const LATER: &[(&str, &[&str])] = &[
    (
        "account",
        &[
            "business_logo",
            "business_primary_color",
            "business_url",
            "product_description",
            "support_address",
            "support_email",
            "support_phone",
            "support_url",
            "mcc",
            "managed",
            "metadata",
            "bank_accounts",
            "debit_negative_balances",
            "decline_charge_on",
            "legal_entity",
            "tos_acceptance",
            "transfer_schedule",
            "transfer_statement_descriptor",
            "verification",
        ],
    ),
    (
        "charge",
        &[
            "status",
            "application",
            "destination",
            "fraud_details",
            "on_behalf_of",
            "order",
            "outcome",
            "receipt_number",
            "review",
            "shipping",
            "source_transfer",
            "transfer",
            "transfer_group",
        ],
    ),
    ("card", &["dynamic_last4", "metadata"]),
    ("refund", &["reason", "receipt_number", "status"]),
    ("token", &["client_ip"]),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        ACCOUNTS
    }
    fn what(&self) -> &'static str {
        "Accounts can be created and changed by a platform and show what that takes; charges show `status`."
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
            "account",
            &[(r#"{"id":"acct_1","managed":false,"legal_entity":{}}"#, r#"{"id":"acct_1"}"#)],
        );
        check::down(&Past, "charge", &[(r#"{"status":"paid","paid":true}"#, r#"{"paid":true}"#)]);
    }
}
