//! The amount of the fee was called like the fee.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-03-14")
    }
    fn what(&self) -> &'static str {
        "The parameter `application_fee` of a charge becomes `application_fee_amount`, which the charge shows."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "charge" => tree::forget(it, &["application_fee_amount"]),
            "error" if it.get("param").and_then(Node::as_str) == Some("application_fee_amount") => {
                tree::call_param(it, "application_fee");
            }
            _ => {}
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        let takes_fee = ["POST /v1/charges", "POST /v1/charges/*/capture"];
        if takes_fee.iter().any(|endpoint| tree::goes_to(method, path, endpoint)) {
            params.rename("application_fee", "application_fee_amount");
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
            "charge",
            &[(
                r#"{"application_fee":"fee_1","application_fee_amount":123}"#,
                r#"{"application_fee":"fee_1"}"#,
            )],
        );
        let errors = [(r#"{"param":"application_fee_amount"}"#, r#"{"param":"application_fee"}"#)];
        check::down(&Past, "error", &errors);
        check::up(
            &Past,
            "POST",
            "/v1/charges",
            &[(r#"{"application_fee":"123"}"#, r#"{"application_fee_amount":"123"}"#)],
        );
        check::up(
            &Past,
            "POST",
            "/v1/charges/{id}/capture",
            &[(r#"{"application_fee":"1"}"#, r#"{"application_fee_amount":"1"}"#)],
        );
    }
}
