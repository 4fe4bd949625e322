//! An application fee named the user whom it was taken from, in two members.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// From here on refund_application_fee returns the fee in proportion to the refund; before, the whole fee.
pub const PROPORTIONAL_FEE_REFUND: Version = Version::of("2013-12-03");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        PROPORTIONAL_FEE_REFUND
    }
    fn what(&self) -> &'static str {
        "The `user` and `user_email` of an application fee become `account`, which can be expanded; a partial refund of a charge with refund_application_fee returns the fee in proportion, no longer the whole. Charges show `application_fee`."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("application_fee", "account")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "application_fee" => {
                if let Some(mut account) = it.take("account") {
                    let email = account.take("email").unwrap_or(Node::Null);
                    let user = account.take("id").unwrap_or(account);
                    it.set("user", user);
                    it.set("user_email", email);
                }
            }
            "charge" => tree::forget(it, &["application_fee"]),
            _ => {}
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
            "application_fee",
            &[
                (
                    r#"{"id":"fee_1","account":{"id":"acct_1","object":"account","email":"a@b.example"}}"#,
                    r#"{"id":"fee_1","user":"acct_1","user_email":"a@b.example"}"#,
                ),
                (
                    r#"{"id":"fee_1","account":"acct_1"}"#,
                    r#"{"id":"fee_1","user":"acct_1","user_email":null}"#,
                ),
            ],
        );
        check::down(&Past, "charge", &[(r#"{"application_fee":"fee_1","amount":1}"#, r#"{"amount":1}"#)]);
    }
}
