//! The refunds of a charge were an array of nameless amounts.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-06-17")
    }
    fn what(&self) -> &'static str {
        "The `refunds` of a charge become a list; refunds have ids."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "charge"
            && let Some(list) = it.take("refunds")
        {
            let mut refunds = tree::items(list);
            let then = ["amount", "currency", "created", "object", "balance_transaction"];
            for refund in &mut refunds {
                tree::only(refund, &then);
            }
            it.set("refunds", Node::List(refunds));
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
                    r#"{"refunds":{"object":"list","data":[{"id":"re_1","object":"refund","amount":5,"charge":"ch_1"}]}}"#,
                    r#"{"refunds":[{"amount":5,"object":"refund"}]}"#,
                ),
                (r#"{"amount":5}"#, r#"{"amount":5}"#),
            ],
        );
    }
}
