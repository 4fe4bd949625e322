//! The currency of a customer was named twice.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2022-08-01")
    }
    fn what(&self) -> &'static str {
        "A customer loses `default_currency`, which was the same as `currency`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "customer"
            && let Some(currency) = it.get("currency").cloned()
        {
            it.set("default_currency", currency);
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
                (r#"{"currency":"usd"}"#, r#"{"currency":"usd","default_currency":"usd"}"#),
                (r#"{"id":"cus_1"}"#, r#"{"id":"cus_1"}"#),
            ],
        );
    }
}
