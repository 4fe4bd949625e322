//! What objects gained in 2017.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const LATER: &[(&str, &[&str])] = &[("account", &["created"]), ("balance_transaction", &["exchange_rate"])];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2017-12-14")
    }
    fn what(&self) -> &'static str {
        "Accounts show `created`, balance transactions `exchange_rate`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        tree::forget_later(object, it, LATER);
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(&Past, "account", &[(r#"{"id":"acct_1","created":5}"#, r#"{"id":"acct_1"}"#)]);
        check::ignores(&Past, &["charge"], r#"{"created":5}"#);
    }
}
