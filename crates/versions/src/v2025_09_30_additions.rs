//! What objects gained up to the autumn of 2025.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const LATER: &[(&str, &[&str])] = &[
    ("account", &["groups"]),
    ("balance", &["refund_and_dispute_prefunding"]),
    ("balance_transaction", &["balance_type"]),
    ("card", &["allow_redisplay", "regulated_status"]),
    ("charge", &["presentment_details"]),
    ("customer", &["business_name", "customer_account", "individual_name"]),
    ("dispute", &["enhanced_eligibility_types", "intended_submission_method"]),
    ("event", &["context"]),
    ("refund", &["customer", "customer_account", "payment_method", "pending_reason", "presentment_details"]),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2025-09-30.clover")
    }
    fn what(&self) -> &'static str {
        "Events show `context`, accounts `groups`, balance transactions `balance_type`."
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
        check::down(&Past, "event", &[(r#"{"id":"evt_1","context":"acct_1"}"#, r#"{"id":"evt_1"}"#)]);
    }
}
