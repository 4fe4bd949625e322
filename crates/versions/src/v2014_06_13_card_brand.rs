//! The brand of a card was its type.
use base::{Change, Version};
use wire::Node;

const THEN: &[&str] =
    &["Visa", "American Express", "MasterCard", "Discover", "JCB", "Diners Club", "Unknown"];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-06-13")
    }
    fn what(&self) -> &'static str {
        "The `type` of a card becomes `brand`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "card" {
            it.rename("brand", "type");
            if let Some(brand) = it.get_mut("type")
                && !THEN.contains(&brand.as_str().unwrap_or_default())
            {
                *brand = Node::text("Unknown");
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
            "card",
            &[
                (r#"{"brand":"Visa"}"#, r#"{"type":"Visa"}"#),
                (r#"{"brand":"UnionPay"}"#, r#"{"type":"Unknown"}"#),
                (r#"{"last4":"4242"}"#, r#"{"last4":"4242"}"#),
            ],
        );
        check::ignores(&Past, &["bank_account"], r#"{"brand":"Visa"}"#);
    }
}
