//! The events of a customer's sources were called after cards and bank accounts.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-02-18")
    }
    fn what(&self) -> &'static str {
        "Events customer.card.* and customer.bank_account.* become customer.source.*."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "event" {
            return;
        }
        let about = it.get("data").and_then(|data| data.get("object")).and_then(tree::object_of);
        let noun = if about == Some("bank_account") { "bank_account" } else { "card" };
        if let Some(kind) = it.get("type").and_then(Node::as_str)
            && let Some(verb) = kind.strip_prefix("customer.source.")
        {
            let then = format!("customer.{noun}.{verb}");
            it.set("type", Node::text(then));
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "GET /v1/events")
            && let Some(kind) = params.get_mut("type")
            && let Some(verb) = kind.as_str().and_then(|kind| kind.strip_prefix("customer.card."))
        {
            *kind = Node::Form(format!("customer.source.{verb}").into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        let events = [
            (
                r#"{"type":"customer.source.created","data":{"object":{"object":"card"}}}"#,
                r#"{"type":"customer.card.created","data":{"object":{"object":"card"}}}"#,
            ),
            (
                r#"{"type":"customer.source.deleted","data":{"object":{"object":"bank_account"}}}"#,
                r#"{"type":"customer.bank_account.deleted","data":{"object":{"object":"bank_account"}}}"#,
            ),
            (r#"{"type":"customer.created"}"#, r#"{"type":"customer.created"}"#),
        ];
        check::down(&Past, "event", &events);
        let params = [
            (r#"{"type":"customer.card.*"}"#, r#"{"type":"customer.source.*"}"#),
            (r#"{"type":"charge.failed"}"#, r#"{"type":"charge.failed"}"#),
        ];
        check::up(&Past, "GET", "/v1/events", &params);
    }
}
