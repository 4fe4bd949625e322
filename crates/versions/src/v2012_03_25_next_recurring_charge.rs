//! Customers told of their next invoice.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2012-03-25")
    }
    fn what(&self) -> &'static str {
        "A customer loses `next_recurring_charge`; the upcoming invoice tells it."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "customer" {
            // No subscription charges them yet.
            tree::set_missing(it, "next_recurring_charge", Node::Null);
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
                (r#"{"id":"cus_1"}"#, r#"{"id":"cus_1","next_recurring_charge":null}"#),
                (r#"{"id":"cus_1","deleted":true}"#, r#"{"id":"cus_1","deleted":true}"#),
            ],
        );
    }
}
