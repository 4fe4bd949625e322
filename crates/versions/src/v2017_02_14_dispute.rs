//! A charge held its dispute.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// What evidence and its details gained later.
const LATER: &[(&str, &[&str])] = &[
    ("evidence", &["enhanced_evidence"]),
    ("evidence_details", &["enhanced_eligibility", "submission_method"]),
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2017-02-14")
    }
    fn what(&self) -> &'static str {
        "The `dispute` of a charge is its id, no longer the dispute itself."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("charge", "dispute")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "dispute" {
            for (part, names) in LATER {
                if let Some(part) = it.get_mut(part) {
                    tree::forget(part, names);
                }
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
        let dispute = r#"{"evidence":{"receipt":null,"enhanced_evidence":{}},
            "evidence_details":{"due_by":1,"submission_method":"manual","enhanced_eligibility":{}}}"#;
        let then = r#"{"evidence":{"receipt":null},"evidence_details":{"due_by":1}}"#;
        check::down(
            &Past,
            "dispute",
            &[(dispute, then), (r#"{"evidence":"text"}"#, r#"{"evidence":"text"}"#)],
        );
    }
}
