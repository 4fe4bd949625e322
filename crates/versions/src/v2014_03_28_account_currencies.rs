//! The currencies of an account were written in capitals; Stripe let go of that in 2014 without a version of
//! its own.
use base::{Change, Version};
use wire::Node;

fn capitals(code: &mut Node<'_>) {
    if let Some(upper) = code.as_str().map(str::to_ascii_uppercase) {
        *code = Node::text(upper);
    }
}

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-03-28")
    }
    fn what(&self) -> &'static str {
        "The currencies of an account are written in small letters."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account" {
            it.get_mut("default_currency").into_iter().for_each(capitals);
            if let Some(Node::List(all)) = it.get_mut("currencies_supported") {
                all.iter_mut().for_each(capitals);
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
            "account",
            &[
                (
                    r#"{"default_currency":"usd","currencies_supported":["usd","cad"]}"#,
                    r#"{"default_currency":"USD","currencies_supported":["USD","CAD"]}"#,
                ),
                (r#"{"default_currency":null}"#, r#"{"default_currency":null}"#),
            ],
        );
    }
}
