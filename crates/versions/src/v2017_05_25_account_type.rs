//! An account was managed by its platform or not.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2017-05-25")
    }
    fn what(&self) -> &'static str {
        "The flag `managed` of an account becomes `type`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account"
            && let Some(kind) = it.take("type")
        {
            it.set("managed", Node::Bool(kind.as_str() == Some("custom")));
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/accounts")
            && let Some(managed) = params.take("managed")
        {
            let kind = if managed.as_str() == Some("true") { "custom" } else { "standard" };
            params.set("type", Node::Form(kind.into()));
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
                (r#"{"type":"standard"}"#, r#"{"managed":false}"#),
                (r#"{"type":"custom"}"#, r#"{"managed":true}"#),
            ],
        );
        check::ignores(&Past, &["card"], r#"{"type":"Visa"}"#);
        check::up(
            &Past,
            "POST",
            "/v1/accounts",
            &[
                (r#"{"managed":"true"}"#, r#"{"type":"custom"}"#),
                (r#"{"managed":"false"}"#, r#"{"type":"standard"}"#),
                (r"{}", r"{}"),
            ],
        );
    }
}
