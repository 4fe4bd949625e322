//! A wrong parameter of a card was an error of the card.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// From here on parameters of a card that are wrong in form give status 400; before, 402.
pub const CARD_PARAMETER_STATUS: Version = Version::of("2015-10-12");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        CARD_PARAMETER_STATUS
    }
    fn what(&self) -> &'static str {
        "A wrong or missing parameter in a card is answered with status 400, no longer 402, and is named with the hash that it is in."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "error" {
            let param = it.get("param").and_then(Node::as_str).unwrap_or_default();
            let inner =
                ["card[", "source["].iter().find_map(|outer| param.strip_prefix(outer)?.strip_suffix(']'));
            if let Some(inner) = inner.filter(|inner| !inner.contains('[')).map(str::to_owned) {
                tree::call_param(it, &inner);
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
            "error",
            &[
                (r#"{"param":"card[number]"}"#, r#"{"param":"number"}"#),
                (r#"{"param":"source[exp_year]"}"#, r#"{"param":"exp_year"}"#),
                (
                    r#"{"param":"source[number]","message":"Missing required param: source[number]."}"#,
                    r#"{"param":"number","message":"Missing required param: number."}"#,
                ),
                (r#"{"param":"card[a][b]"}"#, r#"{"param":"card[a][b]"}"#),
                (r#"{"param":"amount"}"#, r#"{"param":"amount"}"#),
            ],
        );
    }
}
