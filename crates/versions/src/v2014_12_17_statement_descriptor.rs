//! The text on the statement was a description.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-12-17")
    }
    fn what(&self) -> &'static str {
        "The `statement_description` of a charge becomes `statement_descriptor`, the whole text."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "charge" {
            it.rename("statement_descriptor", "statement_description");
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/charges")
            || tree::goes_to(method, path, "POST /v1/charges/*/capture")
        {
            params.rename("statement_description", "statement_descriptor");
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
            &[(r#"{"statement_descriptor":"X"}"#, r#"{"statement_description":"X"}"#)],
        );
        check::ignores(&Past, &["account"], r#"{"statement_descriptor":"X"}"#);
        check::up(
            &Past,
            "POST",
            "/v1/charges",
            &[(r#"{"statement_description":"X"}"#, r#"{"statement_descriptor":"X"}"#)],
        );
    }
}
