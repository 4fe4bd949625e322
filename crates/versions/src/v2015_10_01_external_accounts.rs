//! Payouts went to bank accounts only.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-10-01")
    }
    fn what(&self) -> &'static str {
        "The `bank_accounts` of an account become `external_accounts`, and the parameter bank_account external_account."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account" {
            it.rename("external_accounts", "bank_accounts");
            let fields = it.get_mut("verification").and_then(|it| it.get_mut("fields_needed"));
            if let Some(Node::List(fields)) = fields {
                let external = fields.iter_mut().filter(|field| field.as_str() == Some("external_account"));
                external.for_each(|field| *field = Node::text("bank_account"));
            }
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/accounts")
            || tree::goes_to(method, path, "POST /v1/accounts/*")
        {
            params.rename("bank_account", "external_account");
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
            &[(
                r#"{"external_accounts":{"data":[]},"verification":{"fields_needed":["external_account","x"]}}"#,
                r#"{"bank_accounts":{"data":[]},"verification":{"fields_needed":["bank_account","x"]}}"#,
            )],
        );
        check::up(
            &Past,
            "POST",
            "/v1/accounts/{id}",
            &[(r#"{"bank_account":"btok_1"}"#, r#"{"external_account":"btok_1"}"#)],
        );
    }
}
