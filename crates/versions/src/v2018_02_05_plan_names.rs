//! A plan had a name of its own, before it was the price of a product.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// What plans gained with products and soon after.
const LATER: &[&str] = &[
    "active",
    "amount_decimal",
    "billing_scheme",
    "meter",
    "nickname",
    "product",
    "tiers_mode",
    "transform_usage",
    "usage_type",
];
/// Members that became those of the product.
const MOVED: &[&str] = &["name", "statement_descriptor"];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2018-02-05")
    }
    fn what(&self) -> &'static str {
        "The `name` and `statement_descriptor` of a plan become those of its `product`."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("plan", "product"),
            ("invoiceitem", "pricing.price_details.price.product"),
            ("line_item", "pricing.price_details.price.product"),
        ]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "plan" && it.get("deleted").is_none() {
            MOVED.iter().for_each(|name| tree::lift(it, &["product", name], name));
            tree::forget(it, LATER);
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/plans") && params.get("product").is_none() {
            MOVED.iter().for_each(|name| tree::sink(params, name, &["product", name]));
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
            "plan",
            &[
                (
                    r#"{"id":"gold","amount":5,"nickname":null,"product":{"id":"prod_1","name":"Gold","statement_descriptor":null},"usage_type":"licensed"}"#,
                    r#"{"id":"gold","amount":5,"name":"Gold","statement_descriptor":null}"#,
                ),
                (r#"{"id":"gold","deleted":true}"#, r#"{"id":"gold","deleted":true}"#),
            ],
        );
        check::up(
            &Past,
            "POST",
            "/v1/plans",
            &[(r#"{"amount":"5","name":"Gold"}"#, r#"{"amount":"5","product":{"name":"Gold"}}"#)],
        );
    }
}
