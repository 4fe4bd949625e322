//! What was left of a deleted object did not say what it had been.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-05-16")
    }
    fn what(&self) -> &'static str {
        "A deleted object shows `object` beside `id` and `deleted`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if it.get("deleted") == Some(&Node::Bool(true)) && tree::object_of(it) == Some(object) {
            tree::forget(it, &["object"]);
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
                (r#"{"id":"cus_1","object":"customer","deleted":true}"#, r#"{"id":"cus_1","deleted":true}"#),
                (r#"{"id":"cus_1","object":"customer"}"#, r#"{"id":"cus_1","object":"customer"}"#),
            ],
        );
    }
}
