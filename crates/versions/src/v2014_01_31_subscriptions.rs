//! A customer had one subscription.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-01-31")
    }
    fn what(&self) -> &'static str {
        "The `subscription` of a customer becomes `subscriptions`, a list."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "customer"
            && let Some(list) = it.take("subscriptions")
        {
            let newest = tree::items(list).into_iter().next();
            it.set("subscription", newest.unwrap_or(Node::Null));
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
                (r#"{"subscriptions":{"data":[]}}"#, r#"{"subscription":null}"#),
                (r#"{"subscriptions":{"data":[{"id":"sub_1"}]}}"#, r#"{"subscription":{"id":"sub_1"}}"#),
                (r#"{"id":"cus_1"}"#, r#"{"id":"cus_1"}"#),
            ],
        );
    }
}
