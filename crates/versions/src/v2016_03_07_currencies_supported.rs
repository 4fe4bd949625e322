//! An account listed the currencies that it could charge in.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2016-03-07")
    }
    fn what(&self) -> &'static str {
        "An account loses `currencies_supported`; the specification of its country lists them."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account"
            && let Some(currency) = it.get("default_currency").filter(|it| !it.is_null()).cloned()
        {
            tree::set_missing(it, "currencies_supported", Node::List(vec![currency]));
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
                    r#"{"id":"acct_1","default_currency":"usd"}"#,
                    r#"{"id":"acct_1","default_currency":"usd","currencies_supported":["usd"]}"#,
                ),
                (r#"{"default_currency":"usd"}"#, r#"{"default_currency":"usd"}"#),
            ],
        );
    }
}
