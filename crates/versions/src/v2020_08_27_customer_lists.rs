//! A customer came with its lists.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2020-08-27")
    }
    fn what(&self) -> &'static str {
        "The `sources`, `subscriptions` and `tax_ids` of a customer are shown only where they are expanded."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("customer", "sources"), ("customer", "subscriptions"), ("customer", "tax_ids")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "customer" && it.get("deleted").is_some() {
            // Its lists went with it.
            tree::forget(it, &["sources", "subscriptions", "tax_ids"]);
            return;
        }
        if object == "customer"
            && let Some(id) = it.get("id").and_then(Node::as_str).map(str::to_owned)
        {
            // A list of which there is something was loaded before.
            for name in ["sources", "subscriptions", "tax_ids"] {
                tree::set_missing(it, name, tree::empty_list(format!("/v1/customers/{id}/{name}")));
            }
            tree::set_missing(it, "discount", Node::Null);
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
            "customer",
            &[
                (
                    r#"{"id":"c","sources":1}"#,
                    r#"{"id":"c","sources":1,"subscriptions":{"object":"list","data":[],"has_more":false,"total_count":0,"url":"/v1/customers/c/subscriptions"},"tax_ids":{"object":"list","data":[],"has_more":false,"total_count":0,"url":"/v1/customers/c/tax_ids"},"discount":null}"#,
                ),
                (r#"{"id":"c","deleted":true,"sources":1}"#, r#"{"id":"c","deleted":true}"#),
                (r#"{"email":null}"#, r#"{"email":null}"#),
            ],
        );
    }
}
