//! An account under review was disabled for another reason.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2017-06-05")
    }
    fn what(&self) -> &'static str {
        "The reason why an account is disabled may be `under_review`; it was `other`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account"
            && let Some(verification) = it.get_mut("verification")
            && verification.get("disabled_reason").and_then(Node::as_str) == Some("under_review")
        {
            verification.set("disabled_reason", Node::text("other"));
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
            "account",
            &[
                (
                    r#"{"verification":{"disabled_reason":"under_review"}}"#,
                    r#"{"verification":{"disabled_reason":"other"}}"#,
                ),
                (
                    r#"{"verification":{"disabled_reason":null}}"#,
                    r#"{"verification":{"disabled_reason":null}}"#,
                ),
            ],
        );
    }
}
