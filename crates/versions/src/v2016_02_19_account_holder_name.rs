//! The holder of a bank account was its name.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2016-02-19")
    }
    fn what(&self) -> &'static str {
        "The `name` of a bank account becomes `account_holder_name`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "bank_account" {
            it.rename("account_holder_name", "name");
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        let hash = match path {
            "/v1/tokens" => "bank_account",
            path if path.starts_with("/v1/accounts") => "external_account",
            _ => return,
        };
        if method == "POST"
            && let Some(bank_account) = params.get_mut(hash)
        {
            bank_account.rename("name", "account_holder_name");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(&Past, "bank_account", &[(r#"{"account_holder_name":"Ann"}"#, r#"{"name":"Ann"}"#)]);
        check::ignores(&Past, &["card"], r#"{"name":"Ann"}"#);
        check::up(
            &Past,
            "POST",
            "/v1/tokens",
            &[
                (r#"{"bank_account":{"name":"Ann"}}"#, r#"{"bank_account":{"account_holder_name":"Ann"}}"#),
                (r#"{"card":{"name":"Ann"}}"#, r#"{"card":{"name":"Ann"}}"#),
            ],
        );
    }
}
