//! What paid for a charge was always a card.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-02-18")
    }
    fn what(&self) -> &'static str {
        "The `card` of a charge becomes `source`; its status `paid` becomes `succeeded`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "charge" => {
                it.rename("source", "card");
                if let Some(status) = it.get_mut("status")
                    && status.as_str() == Some("succeeded")
                {
                    *status = Node::text("paid");
                }
            }
            "error" => {
                if it.get("message").and_then(Node::as_str) == Some("Must provide source or customer.") {
                    it.set("message", Node::text("You must supply either a card or a customer id"));
                }
                let param = it.get("param").and_then(Node::as_str).unwrap_or_default();
                let Some(rest) = param.strip_prefix("source") else { return };
                if rest.is_empty() || rest.starts_with('[') {
                    tree::call_param(it, &format!("card{rest}"));
                }
            }
            _ => {}
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/charges") {
            params.rename("card", "source");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        let charges = [
            (
                r#"{"source":{"object":"card"},"status":"succeeded"}"#,
                r#"{"card":{"object":"card"},"status":"paid"}"#,
            ),
            (r#"{"status":"failed"}"#, r#"{"status":"failed"}"#),
        ];
        check::down(&Past, "charge", &charges);
        let errors = [
            (
                r#"{"param":"source","message":"Missing required param: source."}"#,
                r#"{"param":"card","message":"Missing required param: card."}"#,
            ),
            (r#"{"param":"source[number]"}"#, r#"{"param":"card[number]"}"#),
            (
                r#"{"message":"Must provide source or customer."}"#,
                r#"{"message":"You must supply either a card or a customer id"}"#,
            ),
            (r#"{"param":"sourcery"}"#, r#"{"param":"sourcery"}"#),
        ];
        check::down(&Past, "error", &errors);
        let params = [(r#"{"amount":"5","card":"tok_1"}"#, r#"{"amount":"5","source":"tok_1"}"#)];
        check::up(&Past, "POST", "/v1/charges", &params);
        check::up(&Past, "POST", "/v1/tokens", &[(r#"{"card":"card_1"}"#, r#"{"card":"card_1"}"#)]);
    }
}
