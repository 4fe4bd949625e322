//! A charge named its dispute.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2020-03-02")
    }
    fn what(&self) -> &'static str {
        "A charge shows `disputed` instead of `dispute`, and how much of it was captured; a customer the number of the next invoice."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "charge" => {
                tree::set_missing(it, "dispute", Node::Null);
                tree::forget(it, &["amount_captured", "calculated_statement_descriptor"]);
                // A charge whose dispute is not named must still say that it is disputed.
                let named = it.get("dispute").is_some_and(|dispute| !dispute.is_null());
                if named || it.get("disputed") != Some(&Node::Bool(true)) {
                    tree::forget(it, &["disputed"]);
                }
            }
            "customer" => tree::forget(it, &["next_invoice_sequence", "default_currency"]),
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
            "charge",
            &[
                (r#"{"id":"ch_1","disputed":false,"amount_captured":5}"#, r#"{"id":"ch_1","dispute":null}"#),
                (r#"{"id":"ch_1","disputed":true}"#, r#"{"id":"ch_1","disputed":true,"dispute":null}"#),
                (r#"{"id":"ch_1","disputed":true,"dispute":"dp_1"}"#, r#"{"id":"ch_1","dispute":"dp_1"}"#),
                (r#"{"disputed":false}"#, r"{}"),
            ],
        );
    }
}
