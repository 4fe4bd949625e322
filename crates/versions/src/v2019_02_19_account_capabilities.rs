//! What an account could do was not listed one by one.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-02-19")
    }
    fn what(&self) -> &'static str {
        "Accounts show `capabilities`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account" {
            tree::forget(it, &["capabilities"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(&Past, "account", &[(r#"{"id":"acct_1","capabilities":{}}"#, r#"{"id":"acct_1"}"#)]);
    }
}
