//! A charge came with its refunds.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2022-11-15")
    }
    fn what(&self) -> &'static str {
        "The `refunds` of a charge are shown only where they are expanded."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("charge", "refunds")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "charge"
            && let Some(id) = it.get("id").and_then(Node::as_str)
        {
            let url = format!("/v1/charges/{id}/refunds");
            tree::set_missing(it, "refunds", tree::empty_list(url));
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
            "charge",
            &[
                (
                    r#"{"id":"ch_1"}"#,
                    r#"{"id":"ch_1","refunds":{"object":"list","data":[],"has_more":false,"total_count":0,"url":"/v1/charges/ch_1/refunds"}}"#,
                ),
                (r#"{"id":"ch_1","refunds":1}"#, r#"{"id":"ch_1","refunds":1}"#),
                (r#"{"paid":true}"#, r#"{"paid":true}"#),
            ],
        );
    }
}
