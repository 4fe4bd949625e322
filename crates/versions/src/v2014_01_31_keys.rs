//! The members that objects had at the end of 2013, in the order of the documentation of the time. What an
//! object gained since and no other change speaks of ends here.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const THEN: &[(&str, &[&str])] = &[
    (
        "account",
        &[
            "id",
            "email",
            "statement_descriptor",
            "details_submitted",
            "charge_enabled",
            "transfer_enabled",
            "currencies_supported",
            "default_currency",
            "country",
            "object",
        ],
    ),
    (
        "application_fee",
        &[
            "id",
            "object",
            "created",
            "livemode",
            "amount",
            "currency",
            "refunded",
            "amount_refunded",
            "refunds",
            "balance_transaction",
            "account",
            "application",
            "charge",
        ],
    ),
    ("balance", &["pending", "available", "livemode", "object"]),
    (
        "balance_transaction",
        &[
            "id",
            "object",
            "source",
            "amount",
            "currency",
            "net",
            "type",
            "created",
            "available_on",
            "status",
            "fee",
            "fee_details",
            "description",
        ],
    ),
    (
        "bank_account",
        &[
            "id",
            "object",
            "bank_name",
            "last4",
            "country",
            "currency",
            "validated",
            "verified",
            "disabled",
            "fingerprint",
        ],
    ),
    (
        "card",
        &[
            "id",
            "object",
            "last4",
            "type",
            "exp_month",
            "exp_year",
            "fingerprint",
            "customer",
            "country",
            "name",
            "address_line1",
            "address_line2",
            "address_city",
            "address_state",
            "address_zip",
            "address_country",
            "cvc_check",
            "address_line1_check",
            "address_zip_check",
        ],
    ),
    (
        "charge",
        &[
            "id",
            "object",
            "created",
            "livemode",
            "paid",
            "amount",
            "currency",
            "refunded",
            "card",
            "captured",
            "refunds",
            "balance_transaction",
            "failure_message",
            "failure_code",
            "amount_refunded",
            "customer",
            "invoice",
            "description",
            "dispute",
            "disputed",
            "metadata",
            "application_fee",
        ],
    ),
    (
        "customer",
        &[
            "object",
            "created",
            "id",
            "livemode",
            "description",
            "email",
            "delinquent",
            "metadata",
            "subscription",
            "subscriptions",
            "discount",
            "account_balance",
            "cards",
            "default_card",
        ],
    ),
    (
        "event",
        &["id", "created", "livemode", "type", "data", "object", "pending_webhooks", "request", "user_id"],
    ),
    (
        "invoice",
        &[
            "date",
            "id",
            "period_start",
            "period_end",
            "lines",
            "subtotal",
            "total",
            "customer",
            "object",
            "attempted",
            "closed",
            "paid",
            "livemode",
            "attempt_count",
            "amount_due",
            "currency",
            "starting_balance",
            "ending_balance",
            "next_payment_attempt",
            "charge",
            "discount",
            "application_fee",
        ],
    ),
    (
        "invoiceitem",
        &[
            "object",
            "id",
            "date",
            "amount",
            "livemode",
            "proration",
            "currency",
            "customer",
            "description",
            "invoice",
            "metadata",
        ],
    ),
    (
        "line_item",
        &[
            "id",
            "object",
            "type",
            "livemode",
            "amount",
            "currency",
            "proration",
            "period",
            "quantity",
            "plan",
            "description",
        ],
    ),
    ("refund", &["amount", "currency", "created", "object", "balance_transaction", "id", "charge"]),
    (
        "subscription",
        &[
            "plan",
            "object",
            "start",
            "status",
            "customer",
            "cancel_at_period_end",
            "current_period_start",
            "current_period_end",
            "ended_at",
            "trial_start",
            "trial_end",
            "canceled_at",
            "quantity",
            "application_fee_percent",
        ],
    ),
    ("token", &["id", "livemode", "created", "used", "object", "type", "card", "bank_account"]),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-01-31")
    }
    fn what(&self) -> &'static str {
        "Objects show more than they did at the end of 2013."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        let Some((_, names)) = THEN.iter().find(|(of, _)| *of == object) else { return };
        if it.get("deleted").is_none() {
            tree::only(it, names);
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
            "card",
            &[(r#"{"funding":"credit","last4":"4242","id":"card_1"}"#, r#"{"id":"card_1","last4":"4242"}"#)],
        );
        check::down(&Past, "token", &[(r#"{"id":"tok_1","client_ip":null}"#, r#"{"id":"tok_1"}"#)]);
        check::down(
            &Past,
            "customer",
            &[
                (r#"{"id":"cus_1","shipping":null}"#, r#"{"id":"cus_1"}"#),
                (
                    r#"{"id":"cus_1","shipping":null,"deleted":true}"#,
                    r#"{"id":"cus_1","shipping":null,"deleted":true}"#,
                ),
            ],
        );
        check::ignores(&Past, &["fee_refund", "list"], r#"{"shipping":null}"#);
    }
}
