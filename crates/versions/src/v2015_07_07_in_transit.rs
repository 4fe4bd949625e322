//! Money on its way to a bank was pending.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-07-07")
    }
    fn what(&self) -> &'static str {
        "A transfer to a bank that has left is `in_transit`; it was `pending`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "payout" && it.get("status").and_then(Node::as_str) == Some("in_transit") {
            it.set("status", Node::text("pending"));
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
            "payout",
            &[
                (r#"{"status":"in_transit"}"#, r#"{"status":"pending"}"#),
                (r#"{"status":"paid"}"#, r#"{"status":"paid"}"#),
            ],
        );
    }
}
