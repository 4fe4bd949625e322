//! The request of an event was its id.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2017-05-25")
    }
    fn what(&self) -> &'static str {
        "The `request` of an event becomes a hash of `id` and `idempotency_key`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "event"
            && let Some(request) = it.get_mut("request")
            && let Node::Map(_) = request
        {
            *request = request.take("id").unwrap_or(Node::Null);
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
            "event",
            &[
                (r#"{"request":{"id":"req_1","idempotency_key":"k"}}"#, r#"{"request":"req_1"}"#),
                (r#"{"request":{"id":null,"idempotency_key":null}}"#, r#"{"request":null}"#),
                (r#"{"request":null}"#, r#"{"request":null}"#),
            ],
        );
    }
}
