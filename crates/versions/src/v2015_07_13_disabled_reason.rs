//! An account only said whether its owner had been written to.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-07-13")
    }
    fn what(&self) -> &'static str {
        "In `verification` of an account, `contacted` becomes `disabled_reason`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account"
            && let Some(verification) = it.get_mut("verification")
            && let Some(reason) = verification.take("disabled_reason")
        {
            verification.set("contacted", Node::Bool(!reason.is_null()));
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
                (r#"{"verification":{"disabled_reason":null}}"#, r#"{"verification":{"contacted":false}}"#),
                (r#"{"verification":{"disabled_reason":"other"}}"#, r#"{"verification":{"contacted":true}}"#),
                (r#"{"id":"acct_1"}"#, r#"{"id":"acct_1"}"#),
            ],
        );
    }
}
