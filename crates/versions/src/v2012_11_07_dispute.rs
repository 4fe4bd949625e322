//! A charge only said that it was disputed.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2012-11-07")
    }
    fn what(&self) -> &'static str {
        "The flag `disputed` of a charge becomes `dispute`, an object or null."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "charge"
            && let Some(dispute) = it.take("dispute")
        {
            let known = it.get("disputed") == Some(&Node::Bool(true));
            it.set("disputed", Node::Bool(known || !dispute.is_null()));
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
                (r#"{"dispute":null}"#, r#"{"disputed":false}"#),
                (r#"{"dispute":"dp_1"}"#, r#"{"disputed":true}"#),
                (r#"{"dispute":null,"disputed":true}"#, r#"{"disputed":true}"#),
                (r#"{"amount":5}"#, r#"{"amount":5}"#),
            ],
        );
    }
}
