//! A declined card did not say why it was declined.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-04-07")
    }
    fn what(&self) -> &'static str {
        "Card errors show `decline_code`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "error" {
            tree::forget(it, &["decline_code"]);
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
            &[(
                r#"{"code":"card_declined","decline_code":"insufficient_funds"}"#,
                r#"{"code":"card_declined"}"#,
            )],
        );
    }
}
