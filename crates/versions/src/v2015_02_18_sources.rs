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
        "The `card` of a charge becomes `source`, its status `paid` becomes `succeeded`; the `cards` and `default_card` of a customer become `sources` and `default_source`; events customer.card.* become customer.source.*."
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
            "customer" => {
                it.rename("sources", "cards");
                it.rename("default_source", "default_card");
            }
            "event" => {
                let about = it.get("data").and_then(|data| data.get("object")).and_then(tree::object_of);
                let noun = if about == Some("bank_account") { "bank_account" } else { "card" };
                let verb = it
                    .get("type")
                    .and_then(Node::as_str)
                    .and_then(|kind| kind.strip_prefix("customer.source."));
                if let Some(kind) = verb.map(|verb| format!("customer.{noun}.{verb}")) {
                    it.set("type", Node::text(kind));
                }
            }
            "balance" => {
                for name in ["available", "pending", "connect_reserved"] {
                    let Some(Node::List(amounts)) = it.get_mut(name) else { continue };
                    amounts.iter_mut().for_each(|amount| tree::forget(amount, &["source_types"]));
                }
            }
            "balance_transaction" => tree::forget(it, &["sourced_transfers"]),
            "error" => {
                let param = it.get("param").and_then(Node::as_str).unwrap_or_default();
                let then = match param.strip_prefix("source") {
                    Some(rest) if rest.is_empty() || rest.starts_with('[') => format!("card{rest}"),
                    _ if param == "default_source" => "default_card".to_owned(),
                    _ => return,
                };
                it.set("param", Node::text(then));
            }
            _ => {}
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        let is = |endpoint| tree::goes_to(method, path, endpoint);
        if is("POST /v1/charges")
            || is("POST /v1/customers")
            || is("POST /v1/customers/*")
            || is("POST /v1/customers/*/cards")
        {
            params.rename("card", "source");
            params.rename("default_card", "default_source");
        }
        if is("GET /v1/events")
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
        check::down(
            &Past,
            "charge",
            &[
                (
                    r#"{"source":{"object":"card"},"status":"succeeded"}"#,
                    r#"{"card":{"object":"card"},"status":"paid"}"#,
                ),
                (r#"{"status":"failed"}"#, r#"{"status":"failed"}"#),
            ],
        );
        check::down(
            &Past,
            "customer",
            &[(
                r#"{"sources":{"data":[]},"default_source":null}"#,
                r#"{"cards":{"data":[]},"default_card":null}"#,
            )],
        );
        check::down(
            &Past,
            "event",
            &[
                (
                    r#"{"type":"customer.source.created","data":{"object":{"object":"card"}}}"#,
                    r#"{"type":"customer.card.created","data":{"object":{"object":"card"}}}"#,
                ),
                (
                    r#"{"type":"customer.source.deleted","data":{"object":{"object":"bank_account"}}}"#,
                    r#"{"type":"customer.bank_account.deleted","data":{"object":{"object":"bank_account"}}}"#,
                ),
                (r#"{"type":"customer.created"}"#, r#"{"type":"customer.created"}"#),
            ],
        );
        check::down(
            &Past,
            "balance",
            &[(
                r#"{"available":[{"amount":0,"source_types":{"card":0}}]}"#,
                r#"{"available":[{"amount":0}]}"#,
            )],
        );
        check::down(
            &Past,
            "error",
            &[
                (r#"{"param":"source"}"#, r#"{"param":"card"}"#),
                (r#"{"param":"source[number]"}"#, r#"{"param":"card[number]"}"#),
                (r#"{"param":"sourcery"}"#, r#"{"param":"sourcery"}"#),
            ],
        );
        check::up(
            &Past,
            "POST",
            "/v1/charges",
            &[(r#"{"amount":"5","card":"tok_1"}"#, r#"{"amount":"5","source":"tok_1"}"#)],
        );
        check::up(
            &Past,
            "POST",
            "/v1/customers/{id}",
            &[(
                r#"{"card":"tok_1","default_card":"card_1"}"#,
                r#"{"source":"tok_1","default_source":"card_1"}"#,
            )],
        );
        check::up(&Past, "POST", "/v1/tokens", &[(r#"{"card":"card_1"}"#, r#"{"card":"card_1"}"#)]);
        check::up(
            &Past,
            "GET",
            "/v1/events",
            &[
                (r#"{"type":"customer.card.*"}"#, r#"{"type":"customer.source.*"}"#),
                (r#"{"type":"charge.failed"}"#, r#"{"type":"charge.failed"}"#),
            ],
        );
    }
}
