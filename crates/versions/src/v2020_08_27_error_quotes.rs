//! The id in a message stood without quotes.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2020-08-27")
    }
    fn what(&self) -> &'static str {
        "The id of an absent object stands in quotes in the message."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        let message =
            it.get("message").and_then(Node::as_str).filter(|_| object == "error").unwrap_or_default();
        if let Some((noun, id)) = message.strip_prefix("No such ").and_then(|rest| rest.split_once(": '"))
            && let Some(id) = id.strip_suffix('\'')
        {
            let then = format!("No such {noun}: {id}");
            it.set("message", Node::text(then));
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
            "error",
            &[
                (r#"{"message":"No such charge: 'ch_1'"}"#, r#"{"message":"No such charge: ch_1"}"#),
                (r#"{"message":"Invalid integer: 'x'"}"#, r#"{"message":"Invalid integer: 'x'"}"#),
            ],
        );
    }
}
