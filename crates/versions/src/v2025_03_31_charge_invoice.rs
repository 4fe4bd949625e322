//! A charge named its invoice.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2025-03-31.basil")
    }
    fn what(&self) -> &'static str {
        "A charge loses `invoice`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "charge" {
            tree::set_missing(it, "invoice", Node::Null);
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
                (r#"{"id":"ch_1"}"#, r#"{"id":"ch_1","invoice":null}"#),
                (r#"{"paid":true}"#, r#"{"paid":true}"#),
            ],
        );
    }
}
