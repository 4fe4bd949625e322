//! How invoices are collected was called billing.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

/// Where it was sent.
const SENT: &[&str] = &[
    "POST /v1/subscriptions",
    "POST /v1/subscriptions/*",
    "POST /v1/invoices",
    "POST /v1/invoices/*",
    "GET /v1/subscriptions",
    "GET /v1/invoices",
];

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-10-17")
    }
    fn what(&self) -> &'static str {
        "The `billing` of subscriptions and invoices becomes `collection_method`, the `start` of a subscription `start_date`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if matches!(object, "subscription" | "invoice") {
            it.rename("collection_method", "billing");
        }
        if object == "subscription" {
            it.rename("start_date", "start");
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if SENT.iter().any(|endpoint| tree::goes_to(method, path, endpoint)) {
            params.rename("billing", "collection_method");
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
            "subscription",
            &[(
                r#"{"collection_method":"send_invoice","start_date":5}"#,
                r#"{"billing":"send_invoice","start":5}"#,
            )],
        );
        check::down(
            &Past,
            "invoice",
            &[(r#"{"collection_method":"send_invoice"}"#, r#"{"billing":"send_invoice"}"#)],
        );
        check::up(
            &Past,
            "POST",
            "/v1/invoices",
            &[(r#"{"billing":"send_invoice"}"#, r#"{"collection_method":"send_invoice"}"#)],
        );
    }
}
