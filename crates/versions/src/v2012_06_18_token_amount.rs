//! Tokens had an amount, from the time when a token was a charge to be made.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2012-06-18")
    }
    fn what(&self) -> &'static str {
        "A token loses `amount` and `currency`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "token" {
            tree::set_missing(it, "amount", Node::Integer(0));
            tree::set_missing(it, "currency", Node::text("usd"));
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
            "token",
            &[(r#"{"id":"tok_1"}"#, r#"{"id":"tok_1","amount":0,"currency":"usd"}"#)],
        );
    }
}
