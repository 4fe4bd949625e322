//! A payment intent came with its charges.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2022-11-15")
    }
    fn what(&self) -> &'static str {
        "The list `charges` of a payment intent becomes `latest_charge`."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("payment_intent", "charges")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "payment_intent" {
            return;
        }
        it.take("latest_charge");
        if let Some(id) = it.get("id").and_then(Node::as_str) {
            let url = format!("/v1/charges?payment_intent={id}");
            tree::set_missing(it, "charges", tree::empty_list(url.clone()));
            if let Some(list) = it.get_mut("charges") {
                list.set("url", Node::text(url));
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
            "payment_intent",
            &[
                (
                    r#"{"id":"pi_1","latest_charge":null}"#,
                    r#"{"id":"pi_1","charges":{"object":"list","data":[],"has_more":false,"total_count":0,"url":"/v1/charges?payment_intent=pi_1"}}"#,
                ),
                (r#"{"latest_charge":"ch_1"}"#, "{}"),
            ],
        );
    }
}
