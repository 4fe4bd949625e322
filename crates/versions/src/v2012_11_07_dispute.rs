//! A charge only said that it was disputed.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2012-11-07")
    }
    fn what(&self) -> &'static str {
        "The flag `disputed` of a charge becomes `dispute`, an object or null; the event charge.disputed, which was about the charge, becomes charge.dispute.created."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        // The event showed the charge.
        &[("dispute", "charge")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "charge"
            && let Some(dispute) = it.take("dispute")
        {
            let known = it.get("disputed") == Some(&Node::Bool(true));
            it.set("disputed", Node::Bool(known || !dispute.is_null()));
        }
        let about = it.get("data").and_then(|data| data.get("object")?.get("charge"));
        if object == "event"
            && it.get("type").and_then(Node::as_str) == Some("charge.dispute.created")
            && matches!(about, Some(Node::Map(_)))
        {
            it.set("type", Node::text("charge.disputed"));
            tree::lift(it, &["data", "object", "charge"], "charge");
            tree::sink(it, "charge", &["data", "object"]);
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
        let event = r#"{"type":"charge.dispute.created","data":{"object":{"object":"dispute","charge":{"id":"ch_1"}}}}"#;
        let then = r#"{"type":"charge.disputed","data":{"object":{"id":"ch_1"}}}"#;
        let other = r#"{"type":"charge.refunded","data":{"object":{"id":"ch_1"}}}"#;
        check::down(&Past, "event", &[(event, then), (other, other)]);
    }
}
