//! How far a bank account had been checked stood in three flags.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-09-08")
    }
    fn what(&self) -> &'static str {
        "The flags `validated`, `verified` and `disabled` of a bank account become `status`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "bank_account"
            && let Some(status) = it.take("status")
        {
            let status = status.as_str().unwrap_or_default();
            it.set("validated", Node::Bool(matches!(status, "validated" | "verified")));
            it.set("verified", Node::Bool(status == "verified"));
            it.set("disabled", Node::Bool(matches!(status, "errored" | "verification_failed")));
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
            "bank_account",
            &[
                (r#"{"status":"new"}"#, r#"{"validated":false,"verified":false,"disabled":false}"#),
                (r#"{"status":"verified"}"#, r#"{"validated":true,"verified":true,"disabled":false}"#),
                (r#"{"status":"errored"}"#, r#"{"validated":false,"verified":false,"disabled":true}"#),
            ],
        );
        check::ignores(&Past, &["refund"], r#"{"status":"succeeded"}"#);
    }
}
