//! A subscription to one plan showed it, and `prorate` said whether a change is evened out.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

/// Where `prorate` was sent.
const PRORATED: &[&str] = &[
    "POST /v1/subscriptions",
    "POST /v1/subscriptions/*",
    "POST /v1/subscription_items",
    "POST /v1/subscription_items/*",
    "DELETE /v1/subscription_items/*",
];

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2020-08-27")
    }
    fn what(&self) -> &'static str {
        "The `plan` and `quantity` of a subscription are those of its only item; `prorate` becomes `proration_behavior`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "subscription" || !tree::is_whole(it) {
            return;
        }
        let only = match it.get("items").and_then(|it| it.get("data")) {
            Some(Node::List(items)) if items.len() == 1 => items.first().cloned(),
            _ => None,
        };
        for name in ["plan", "quantity"] {
            let of = only.as_ref().and_then(|item| item.get(name)).cloned();
            it.set(name, of.unwrap_or(Node::Null).into_owned());
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if PRORATED.iter().any(|endpoint| tree::goes_to(method, path, endpoint))
            && let Some(prorate) = params.take("prorate")
        {
            let word = if prorate.as_str() == Some("false") { "none" } else { "create_prorations" };
            params.set("proration_behavior", Node::Form(word.into()));
        }
        if tree::goes_to(method, path, "POST /v1/subscriptions") && params.get("items").is_none() {
            let item =
                ["plan", "quantity"].into_iter().filter_map(|name| Some((name.into(), params.take(name)?)));
            let item: Vec<_> = item.collect();
            if !item.is_empty() {
                params.set("items", Node::List(vec![Node::Map(item)]));
            }
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
            "subscription",
            &[
                (
                    r#"{"id":"s","items":{"data":[{"plan":{"id":"gold"},"quantity":2}]}}"#,
                    r#"{"id":"s","items":{"data":[{"plan":{"id":"gold"},"quantity":2}]},"plan":{"id":"gold"},"quantity":2}"#,
                ),
                (
                    r#"{"id":"s","items":{"data":[{},{}]}}"#,
                    r#"{"id":"s","items":{"data":[{},{}]},"plan":null,"quantity":null}"#,
                ),
            ],
        );
        check::up(
            &Past,
            "POST",
            "/v1/subscriptions",
            &[(
                r#"{"customer":"c","plan":"gold","prorate":"false","quantity":"2"}"#,
                r#"{"customer":"c","proration_behavior":"none","items":[{"plan":"gold","quantity":"2"}]}"#,
            )],
        );
    }
}
