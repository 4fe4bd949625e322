//! Payment intents spoke of sources.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const STATUSES: [(&str, &str); 2] =
    [("requires_payment_method", "requires_source"), ("requires_action", "requires_source_action")];
const ACTION: (&str, &str) = ("redirect_to_url", "authorize_with_url");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-02-11")
    }
    fn what(&self) -> &'static str {
        "Payment intents: `requires_source` becomes `requires_payment_method`, `requires_source_action` becomes `requires_action`, `allowed_source_types` becomes `payment_method_types`, `next_source_action` becomes `next_action`, and in it `authorize_with_url` becomes `redirect_to_url`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "payment_intent" {
            return;
        }
        if let Some(status) = it.get_mut("status")
            && let Some((_, then)) = STATUSES.iter().find(|(today, _)| status.as_str() == Some(*today))
        {
            *status = Node::text(*then);
        }
        if let Some(action) = it.get_mut("next_action") {
            action.rename(ACTION.0, ACTION.1);
            if let Some(kind) = action.get_mut("type")
                && kind.as_str() == Some(ACTION.0)
            {
                *kind = Node::text(ACTION.1);
            }
        }
        it.rename("next_action", "next_source_action");
        it.rename("payment_method_types", "allowed_source_types");
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if ["POST /v1/payment_intents", "POST /v1/payment_intents/{id}"]
            .iter()
            .any(|of| tree::goes_to(method, path, of))
        {
            params.rename("allowed_source_types", "payment_method_types");
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
            "payment_intent",
            &[
                (
                    r#"{"status":"requires_action","next_action":{"redirect_to_url":{"url":"x"},"type":"redirect_to_url"},"payment_method_types":["card"]}"#,
                    r#"{"status":"requires_source_action","next_source_action":{"authorize_with_url":{"url":"x"},"type":"authorize_with_url"},"allowed_source_types":["card"]}"#,
                ),
                (
                    r#"{"status":"requires_payment_method","next_action":null}"#,
                    r#"{"status":"requires_source","next_source_action":null}"#,
                ),
                (r#"{"status":"succeeded"}"#, r#"{"status":"succeeded"}"#),
            ],
        );
        let params = [(r#"{"allowed_source_types":["card"]}"#, r#"{"payment_method_types":["card"]}"#)];
        check::up(&Past, "POST", "/v1/payment_intents", &params);
    }
}
