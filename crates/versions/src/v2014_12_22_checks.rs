//! A check that was not made yet had no value.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-12-22")
    }
    fn what(&self) -> &'static str {
        "A check of a card that is not made yet is `unchecked`, no longer null, and `unavailable` where the bank makes none, no longer `unchecked`; the card in a token loses `customer`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "card" => {
                for name in ["cvc_check", "address_line1_check", "address_zip_check"] {
                    let Some(check) = it.get_mut(name) else { continue };
                    match check.as_str() {
                        Some("unchecked") => *check = Node::Null,
                        Some("unavailable") => *check = Node::text("unchecked"),
                        _ => {}
                    }
                }
            }
            "token" => {
                if let Some(card @ Node::Map(_)) = it.get_mut("card")
                    && card.get("customer").is_none()
                {
                    card.set("customer", Node::Null);
                }
            }
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
            "card",
            &[(
                r#"{"cvc_check":"pass","address_line1_check":"unavailable","address_zip_check":"unchecked"}"#,
                r#"{"cvc_check":"pass","address_line1_check":"unchecked","address_zip_check":null}"#,
            )],
        );
        check::down(
            &Past,
            "token",
            &[
                (r#"{"card":{"last4":"4242"}}"#, r#"{"card":{"last4":"4242","customer":null}}"#),
                (r#"{"type":"bank_account"}"#, r#"{"type":"bank_account"}"#),
            ],
        );
    }
}
