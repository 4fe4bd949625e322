//! Only errors of cards had codes, with one exception: what is not there is missing.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2018-05-21")
    }
    fn what(&self) -> &'static str {
        "Errors of requests have codes; an absent object is `resource_missing`, no longer `missing`. Other parameters under an idempotency key are an `idempotency_error`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "error" {
            return;
        }
        let kind = it.get("type").and_then(Node::as_str).unwrap_or_default();
        if kind == "card_error" || kind == "api_error" {
            return;
        }
        it.set("type", Node::text("invalid_request_error"));
        match it.get("code").and_then(Node::as_str) {
            Some("resource_missing") => it.set("code", Node::text("missing")),
            Some("rate_limit") => {}
            _ => tree::forget(it, &["code"]),
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
                (
                    r#"{"type":"invalid_request_error","code":"resource_missing"}"#,
                    r#"{"type":"invalid_request_error","code":"missing"}"#,
                ),
                (
                    r#"{"type":"invalid_request_error","code":"parameter_unknown","param":"x"}"#,
                    r#"{"type":"invalid_request_error","param":"x"}"#,
                ),
                (
                    r#"{"type":"card_error","code":"card_declined"}"#,
                    r#"{"type":"card_error","code":"card_declined"}"#,
                ),
                (r#"{"type":"idempotency_error"}"#, r#"{"type":"invalid_request_error"}"#),
                (
                    r#"{"type":"invalid_request_error","code":"rate_limit"}"#,
                    r#"{"type":"invalid_request_error","code":"rate_limit"}"#,
                ),
            ],
        );
    }
}
