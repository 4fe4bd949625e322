//! The kinds of payment methods of an intent had another name as a parameter.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const TODAY: &str = "allowed_payment_method_types";
const THEN: &str = "payment_method_types";
const PATHS: [&str; 4] = [
    "POST /v1/payment_intents",
    "POST /v1/payment_intents/{id}",
    "POST /v1/setup_intents",
    "POST /v1/setup_intents/{id}",
];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2026-09-30.endive")
    }
    fn what(&self) -> &'static str {
        "The parameter `payment_method_types` of payment intents and setup intents becomes `allowed_payment_method_types`, and is shown under that name, too."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "payment_intent" | "setup_intent" => tree::forget(it, &[TODAY]),
            "error" => {
                let param = it.get("param").and_then(Node::as_str).unwrap_or_default();
                if let Some(rest) = param.strip_prefix(TODAY) {
                    tree::call_param(it, &format!("{THEN}{rest}"));
                }
            }
            _ => {}
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if PATHS.iter().any(|of| tree::goes_to(method, path, of)) {
            params.rename(THEN, TODAY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        let intents = [(
            r#"{"allowed_payment_method_types":["card"],"payment_method_types":["card"]}"#,
            r#"{"payment_method_types":["card"]}"#,
        )];
        check::down(&Past, "payment_intent", &intents);
        check::down(&Past, "setup_intent", &intents);
        let errors = [(
            r#"{"param":"allowed_payment_method_types[0]","message":"x"}"#,
            r#"{"param":"payment_method_types[0]","message":"x"}"#,
        )];
        check::down(&Past, "error", &errors);
        let params =
            [(r#"{"payment_method_types":["card"]}"#, r#"{"allowed_payment_method_types":["card"]}"#)];
        check::up(&Past, "POST", "/v1/payment_intents", &params);
        check::up(&Past, "POST", "/v1/setup_intents", &params);
        check::up(&Past, "POST", "/v1/charges", &[(r#"{"a":"b"}"#, r#"{"a":"b"}"#)]);
    }
}
