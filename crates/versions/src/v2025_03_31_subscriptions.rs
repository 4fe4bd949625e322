//! A subscription had one period, and one discount.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// What subscriptions and their items gained since.
const LATER: &[(&str, &[&str])] = &[
    (
        "subscription",
        &[
            "billing_mode",
            "billing_schedules",
            "customer_account",
            "managed_payments",
            "status_details",
            "discounts",
        ],
    ),
    ("subscription_item", &["billed_until", "current_trial", "discounts"]),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2025-03-31.basil")
    }
    fn what(&self) -> &'static str {
        "The `current_period_start` and `current_period_end` of a subscription become those of its items, its `discount` one of `discounts`."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("subscription", "discounts")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "subscription" && tree::is_whole(it) {
            for name in ["current_period_start", "current_period_end"] {
                // Items of one interval have one period; of several, the next that ends is meant.
                let of = |item: &Node<'_>| item.get(name).and_then(Node::as_i64);
                let items = it.get("items").and_then(|it| it.get("data"));
                let first = match items {
                    Some(Node::List(items)) => items.iter().filter_map(of).min(),
                    _ => None,
                };
                it.set(name, first.map_or(Node::Null, Node::Integer));
            }
            let first = it.take("discounts").map(tree::items).unwrap_or_default().into_iter().next();
            it.set("discount", first.unwrap_or(Node::Null));
        }
        tree::forget_later(object, it, LATER);
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        let upcoming = tree::goes_to(method, path, "GET /v1/invoices/upcoming");
        if upcoming {
            for (then, today) in [
                ("subscription_billing_cycle_anchor", "billing_cycle_anchor"),
                ("subscription_cancel_at", "cancel_at"),
                ("subscription_cancel_at_period_end", "cancel_at_period_end"),
                ("subscription_cancel_now", "cancel_now"),
                ("subscription_default_tax_rates", "default_tax_rates"),
                ("subscription_items", "items"),
                ("subscription_proration_behavior", "proration_behavior"),
                ("subscription_proration_date", "proration_date"),
                ("subscription_trial_end", "trial_end"),
            ] {
                tree::sink(params, then, &["subscription_details", today]);
            }
        }
        if ["POST /v1/subscriptions", "POST /v1/subscriptions/*"]
            .iter()
            .any(|endpoint| tree::goes_to(method, path, endpoint))
        {
            for name in ["coupon", "promotion_code"] {
                if let Some(id) = params.take(name) {
                    let empty = matches!(&id, Node::Form(text) if text.is_empty());
                    let one = Node::Map(vec![(name.into(), id)]);
                    params
                        .set("discounts", if empty { Node::Form("".into()) } else { Node::List(vec![one]) });
                }
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
            "subscription",
            &[
                (
                    r#"{"id":"sub_1","discounts":[{"id":"di_1"}],"items":{"data":[{"current_period_start":1,"current_period_end":9},{"current_period_start":1,"current_period_end":5}]},"billing_mode":{"type":"flexible"}}"#,
                    r#"{"id":"sub_1","items":{"data":[{"current_period_start":1,"current_period_end":9},{"current_period_start":1,"current_period_end":5}]},"current_period_start":1,"current_period_end":5,"discount":{"id":"di_1"}}"#,
                ),
                (r#"{"status":"active"}"#, r#"{"status":"active"}"#),
            ],
        );
        check::up(
            &Past,
            "GET",
            "/v1/invoices/upcoming",
            &[(
                r#"{"subscription":"sub_1","subscription_proration_date":"5"}"#,
                r#"{"subscription":"sub_1","subscription_details":{"proration_date":"5"}}"#,
            )],
        );
        check::up(
            &Past,
            "POST",
            "/v1/subscriptions",
            &[(
                r#"{"coupon":"SAVE","customer":"cus_1"}"#,
                r#"{"customer":"cus_1","discounts":[{"coupon":"SAVE"}]}"#,
            )],
        );
    }
}
