//! A customer had one card, and a card had no identity of its own.
use crate::tree;
use base::{Change, Version};
use wire::Node;

fn anonymous(card: &mut Node<'_>) {
    tree::forget(card, &["id", "customer"]);
}

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2013-07-05")
    }
    fn what(&self) -> &'static str {
        "The `active_card` of a customer becomes `cards`, a list, and `default_card`, an id; cards have ids."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("customer", "default_source")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "customer" if it.get("cards").is_some() || it.get("default_card").is_some() => {
                let cards = it.take("cards").map(tree::items).unwrap_or_default();
                let default = it.take("default_card").unwrap_or(Node::Null);
                let mut card = match default.as_str().map(str::to_owned) {
                    Some(id) => {
                        cards.into_iter().find(|card| card.get("id").and_then(Node::as_str) == Some(&*id))
                    }
                    None => Some(default).filter(|card| tree::object_of(card) == Some("card")),
                };
                card.iter_mut().for_each(anonymous);
                it.set("active_card", card.unwrap_or(Node::Null));
            }
            "charge" => it.get_mut("card").into_iter().for_each(anonymous),
            _ => {}
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
            "customer",
            &[
                (
                    r#"{"cards":{"data":[{"id":"card_1","last4":"1"},{"id":"card_2","last4":"2","customer":"cus_1"}]},"default_card":"card_2"}"#,
                    r#"{"active_card":{"last4":"2"}}"#,
                ),
                (
                    r#"{"cards":{"data":[]},"default_card":{"id":"card_2","object":"card","last4":"2"}}"#,
                    r#"{"active_card":{"object":"card","last4":"2"}}"#,
                ),
                (r#"{"cards":{"data":[]},"default_card":null}"#, r#"{"active_card":null}"#),
                (r#"{"email":"a@b.example"}"#, r#"{"email":"a@b.example"}"#),
            ],
        );
        check::down(
            &Past,
            "charge",
            &[
                (r#"{"card":{"id":"card_1","last4":"1","customer":null}}"#, r#"{"card":{"last4":"1"}}"#),
                (r#"{"card":null}"#, r#"{"card":null}"#),
            ],
        );
        check::ignores(&Past, &["card", "token"], r#"{"id":"card_1","customer":"cus_1"}"#);
    }
}
