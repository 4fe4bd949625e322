//! A customer had one tax number with its kind.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-12-03")
    }
    fn what(&self) -> &'static str {
        "A customer loses `tax_info` and `tax_info_verification`; tax ids are objects of their own."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "customer" {
            tree::set_missing(it, "tax_info", Node::Null);
            tree::set_missing(it, "tax_info_verification", Node::Null);
            tree::forget(it, &["tax_ids"]);
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
                    r#"{"id":"cus_1","tax_ids":{"data":[]}}"#,
                    r#"{"id":"cus_1","tax_info":null,"tax_info_verification":null}"#,
                ),
                (r#"{"email":null}"#, r#"{"email":null}"#),
            ],
        );
    }
}
