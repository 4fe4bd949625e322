//! What objects and errors gained up to the summer of 2022.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const LATER: &[(&str, &[&str])] = &[
    ("account", &["controller", "future_requirements"]),
    ("application_fee", &["fee_source"]),
    ("bank_account", &["future_requirements", "requirements"]),
    ("card", &["networks"]),
    ("charge", &["failure_balance_transaction", "radar_options"]),
    ("customer", &["cash_balance", "invoice_credit_balance", "tax", "test_clock"]),
    ("dispute", &["network_reason_code", "payment_method_details"]),
    ("error", &["request_log_url"]),
    ("refund", &["instructions_email", "next_action"]),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2022-08-01")
    }
    fn what(&self) -> &'static str {
        "Accounts show `controller` and `future_requirements`, errors the `request_log_url`."
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
            "error",
            &[(r#"{"message":"No.","request_log_url":"https://log.example"}"#, r#"{"message":"No."}"#)],
        );
    }
}
