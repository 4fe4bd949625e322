//! What a customer was charged with were cards.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-02-18")
    }
    fn what(&self) -> &'static str {
        "The `cards` and `default_card` of a customer become `sources` and `default_source`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "customer" => {
                it.rename("sources", "cards");
                it.rename("default_source", "default_card");
                if let Some(cards) = it.get_mut("cards")
                    && let Some(customer) = cards.get("url").and_then(Node::as_str)
                    && let Some(url) =
                        customer.strip_suffix("/sources").map(|customer| format!("{customer}/cards"))
                {
                    cards.set("url", Node::text(url));
                }
            }
            "error" if it.get("param").and_then(Node::as_str) == Some("default_source") => {
                tree::call_param(it, "default_card");
            }
            _ => {}
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        let takes_card = ["POST /v1/customers", "POST /v1/customers/*", "POST /v1/customers/*/cards"];
        if takes_card.iter().any(|endpoint| tree::goes_to(method, path, endpoint)) {
            params.rename("card", "source");
            params.rename("default_card", "default_source");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        let customers = [
            (
                r#"{"sources":{"data":[]},"default_source":null}"#,
                r#"{"cards":{"data":[]},"default_card":null}"#,
            ),
            (
                r#"{"sources":{"url":"/v1/customers/c/sources"}}"#,
                r#"{"cards":{"url":"/v1/customers/c/cards"}}"#,
            ),
            (r#"{"email":null}"#, r#"{"email":null}"#),
        ];
        check::down(&Past, "customer", &customers);
        check::down(&Past, "error", &[(r#"{"param":"default_source"}"#, r#"{"param":"default_card"}"#)]);
        let params = [(
            r#"{"card":"tok_1","default_card":"card_1"}"#,
            r#"{"source":"tok_1","default_source":"card_1"}"#,
        )];
        check::up(&Past, "POST", "/v1/customers/{id}", &params);
        check::up(
            &Past,
            "POST",
            "/v1/customers/{customer}/cards/{id}",
            &[(r#"{"card":"x"}"#, r#"{"card":"x"}"#)],
        );
    }
}
