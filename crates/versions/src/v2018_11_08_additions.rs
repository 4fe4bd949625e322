//! What objects and errors gained in 2018.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const LATER: &[(&str, &[&str])] = &[
    ("error", &["doc_url"]),
    ("customer", &["invoice_prefix"]),
    ("charge", &["payment_intent"]),
    (
        "subscription",
        &[
            "application",
            "automatic_tax",
            "billing_cycle_anchor_config",
            "billing_thresholds",
            "cancel_at",
            "cancellation_details",
            "currency",
            "default_payment_method",
            "default_source",
            "default_tax_rates",
            "description",
            "invoice_settings",
            "latest_invoice",
            "next_pending_invoice_item_invoice",
            "on_behalf_of",
            "pause_collection",
            "payment_settings",
            "pending_invoice_item_interval",
            "pending_setup_intent",
            "pending_update",
            "schedule",
            "test_clock",
            "transfer_data",
            "trial_settings",
        ],
    ),
    (
        "subscription_item",
        &["billing_thresholds", "current_period_end", "current_period_start", "price", "tax_rates"],
    ),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2018-11-08")
    }
    fn what(&self) -> &'static str {
        "Errors show `doc_url`; customers `invoice_prefix`; subscriptions what they are paid with."
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
            &[(r#"{"message":"No.","doc_url":"https://docs.example"}"#, r#"{"message":"No."}"#)],
        );
    }
}
