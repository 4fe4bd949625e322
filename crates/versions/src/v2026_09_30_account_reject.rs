//! A platform had one word for fraud, and an account that it refused did not say by whom.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// Reasons by which a platform refused an account, and what was said of it.
const REASONS: &[(&str, &str)] = &[
    ("rejected.platform_fraud", "rejected.fraud"),
    ("rejected.platform_other", "rejected.other"),
    ("rejected.platform_terms_of_service", "rejected.terms_of_service"),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2026-09-30.endive")
    }
    fn what(&self) -> &'static str {
        "The `reason` for rejecting an account tells kinds of fraud apart, and `disabled_reason` tells that its platform rejected it."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account"
            && let Some(reason) = it.get_mut("requirements").and_then(|it| it.get_mut("disabled_reason"))
            && let Some((_, then)) = REASONS.iter().find(|(today, _)| reason.as_str() == Some(*today))
        {
            *reason = Node::text(*then);
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/accounts/*/reject")
            && let Some(reason) = params.get_mut("reason")
            && reason.as_str() == Some("fraud")
        {
            *reason = Node::Form("fraud_other".into());
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
                    r#"{"requirements":{"disabled_reason":"rejected.platform_fraud"}}"#,
                    r#"{"requirements":{"disabled_reason":"rejected.fraud"}}"#,
                ),
                (
                    r#"{"requirements":{"disabled_reason":null}}"#,
                    r#"{"requirements":{"disabled_reason":null}}"#,
                ),
                (r#"{"id":"acct_1"}"#, r#"{"id":"acct_1"}"#),
            ],
        );
        check::up(
            &Past,
            "POST",
            "/v1/accounts/{id}/reject",
            &[
                (r#"{"reason":"fraud"}"#, r#"{"reason":"fraud_other"}"#),
                (r#"{"reason":"other"}"#, r#"{"reason":"other"}"#),
            ],
        );
    }
}
