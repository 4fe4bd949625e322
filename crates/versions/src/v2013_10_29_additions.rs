//! What objects and errors gained in the autumn of 2013.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const LATER: &[(&str, &[&str])] = &[
    ("coupon", &["created", "metadata", "name", "valid"]),
    (
        "discount",
        &[
            "id",
            "checkout_session",
            "customer_account",
            "invoice",
            "invoice_item",
            "promotion_code",
            "subscription",
            "subscription_item",
        ],
    ),
    ("plan", &["created", "metadata", "statement_descriptor"]),
];

/// What an invoice, a line of it and an invoice item were.
const INVOICE: &[&str] = &[
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
];
const LINE: &[&str] = &[
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
];
const ITEM: &[&str] = &[
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
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2013-10-29")
    }
    fn what(&self) -> &'static str {
        "Charges, customers, plans and coupons have `metadata`; an error about an absent object has the code `missing`, and an event is called an event in it."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "charge" | "customer" => tree::forget(it, &["metadata"]),
            "invoice" if tree::is_whole(it) => {
                tree::set_missing(it, "discount", Node::Null);
                tree::only(it, INVOICE);
            }
            "line_item" => tree::only(it, LINE),
            "invoiceitem" if tree::is_whole(it) => tree::only(it, ITEM),
            "plan" | "coupon" | "discount" => tree::forget_later(object, it, LATER),
            "error" => {
                let is = |name: &str, value: &str| it.get(name).and_then(Node::as_str) == Some(value);
                if is("code", "missing") && is("type", "invalid_request_error") {
                    it.take("code");
                }
                let message = it.get("message").and_then(Node::as_str).unwrap_or_default();
                if let Some(id) = message.strip_prefix("No such event: ") {
                    let message = format!("No such notification: {id}");
                    it.set("message", Node::text(message));
                }
            }
            _ => {}
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
            "error",
            &[
                (
                    r#"{"type":"invalid_request_error","code":"missing","message":"No such charge: ch_1"}"#,
                    r#"{"type":"invalid_request_error","message":"No such charge: ch_1"}"#,
                ),
                (r#"{"type":"card_error","code":"missing"}"#, r#"{"type":"card_error","code":"missing"}"#),
                (r#"{"message":"No such event: evt_1"}"#, r#"{"message":"No such notification: evt_1"}"#),
            ],
        );
        check::down(&Past, "customer", &[(r#"{"id":"cus_1","metadata":{}}"#, r#"{"id":"cus_1"}"#)]);
    }
}
