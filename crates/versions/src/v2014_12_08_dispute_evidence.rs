//! Evidence was a text.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

/// Where evidence is sent.
const SENT_TO: [&str; 2] = ["POST /v1/charges/*/dispute", "POST /v1/disputes/*"];

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-12-08")
    }
    fn what(&self) -> &'static str {
        "The `evidence` of a dispute is a hash of typed fields; `evidence_due_by` becomes `evidence_details`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "dispute" {
            return;
        }
        tree::lift(it, &["evidence_details", "due_by"], "evidence_due_by");
        tree::forget(it, &["evidence_details", "metadata"]);
        if let Some(Node::Map(_)) = it.get("evidence") {
            tree::lift(it, &["evidence", "uncategorized_text"], "evidence");
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if SENT_TO.iter().any(|endpoint| tree::goes_to(method, path, endpoint))
            && matches!(params.get("evidence"), Some(Node::Form(_)))
        {
            tree::sink(params, "evidence", &["evidence_hash", "uncategorized_text"]);
            params.rename("evidence_hash", "evidence");
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
            "dispute",
            &[
                (
                    r#"{"id":"dp_1","evidence":{"receipt":null,"uncategorized_text":"He knew."},"evidence_details":{"due_by":5}}"#,
                    r#"{"id":"dp_1","evidence":"He knew.","evidence_due_by":5}"#,
                ),
                (r#"{"status":"won"}"#, r#"{"status":"won"}"#),
            ],
        );
        let sent = [
            (r#"{"evidence":"He knew."}"#, r#"{"evidence":{"uncategorized_text":"He knew."}}"#),
            (r#"{"evidence":{"receipt":"x"}}"#, r#"{"evidence":{"receipt":"x"}}"#),
        ];
        check::up(&Past, "POST", "/v1/charges/{id}/dispute", &sent);
        check::up(&Past, "POST", "/v1/charges", &[(r#"{"evidence":"x"}"#, r#"{"evidence":"x"}"#)]);
    }
}
