//! What an account tells its customers stood on the account itself.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// Members of the profile, and what they were called on the account.
const MEMBERS: &[(&str, &str)] = &[
    ("name", "business_name"),
    ("url", "business_url"),
    ("mcc", "mcc"),
    ("product_description", "product_description"),
    ("support_address", "support_address"),
    ("support_email", "support_email"),
    ("support_phone", "support_phone"),
    ("support_url", "support_url"),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-02-19")
    }
    fn what(&self) -> &'static str {
        "The `business_name`, `business_url`, `product_description`, `mcc` and `support_*` of an account become members of `business_profile`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account"
            && let Some(mut profile) = it.take("business_profile")
        {
            for (name, then) in MEMBERS {
                // A profile that is null has nothing; the account of then showed that member by member.
                let node = if profile.is_null() { Some(Node::Null) } else { profile.take(name) };
                if let Some(node) = node {
                    it.set(*then, node);
                }
            }
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if method == "POST" && path.starts_with("/v1/account") {
            for (name, then) in MEMBERS {
                tree::sink(params, then, &["business_profile", name]);
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
                    r#"{"business_profile":{"name":"Ann's","url":null,"annual_revenue":null}}"#,
                    r#"{"business_name":"Ann's","business_url":null}"#,
                ),
                (r#"{"id":"acct_1"}"#, r#"{"id":"acct_1"}"#),
            ],
        );
        check::up(
            &Past,
            "POST",
            "/v1/accounts/{id}",
            &[
                (
                    r#"{"business_name":"Ann's","support_email":"a@b.example"}"#,
                    r#"{"business_profile":{"name":"Ann's","support_email":"a@b.example"}}"#,
                ),
                (r#"{"email":"a@b.example"}"#, r#"{"email":"a@b.example"}"#),
            ],
        );
    }
}
