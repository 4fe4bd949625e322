//! The balance of a customer was one of accounts.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-10-17")
    }
    fn what(&self) -> &'static str {
        "The `account_balance` of a customer becomes `balance`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "customer" {
            it.rename("balance", "account_balance");
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/customers")
            || tree::goes_to(method, path, "POST /v1/customers/*")
        {
            params.rename("account_balance", "balance");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(&Past, "customer", &[(r#"{"balance":-5}"#, r#"{"account_balance":-5}"#)]);
        check::up(&Past, "POST", "/v1/customers", &[(r#"{"account_balance":"5"}"#, r#"{"balance":"5"}"#)]);
    }
}
