//! An empty text did not unset anything.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2013-08-12")
    }
    fn what(&self) -> &'static str {
        "An empty `description` or `email` unsets it; it was passed over."
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        let one = ["POST /v1/customers/*", "POST /v1/charges/*"];
        if one.iter().any(|endpoint| tree::goes_to(method, path, endpoint)) {
            for name in ["description", "email"] {
                if params.get(name).and_then(Node::as_str) == Some("") {
                    params.take(name);
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
        check::up(
            &Past,
            "POST",
            "/v1/customers/{id}",
            &[(r#"{"description":"","email":"a@b.example"}"#, r#"{"email":"a@b.example"}"#)],
        );
        check::up(&Past, "POST", "/v1/customers", &[(r#"{"description":""}"#, r#"{"description":""}"#)]);
    }
}
