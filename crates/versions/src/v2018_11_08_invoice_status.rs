//! An invoice had a date, and was closed or not, before it had a status.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2018-11-08")
    }
    fn what(&self) -> &'static str {
        "Invoices show `created`, `auto_advance` and `status` instead of `date`, `closed` and `forgiven`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "invoice" || !tree::is_whole(it) {
            return;
        }
        it.rename("created", "date");
        let status = it.take("status").and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default();
        let open = matches!(status.as_str(), "draft" | "open");
        it.set("closed", Node::Bool(!open));
        it.set("forgiven", Node::Bool(matches!(status.as_str(), "void" | "uncollectible")));
        tree::forget(it, &["auto_advance", "automatically_finalizes_at", "status_transitions"]);
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if tree::goes_to(method, path, "POST /v1/invoices/*")
            && let Some(closed) = params.take("closed")
        {
            let goes_on = if closed.as_str() == Some("true") { "false" } else { "true" };
            params.set("auto_advance", Node::Form(goes_on.into()));
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
            "invoice",
            &[
                (
                    r#"{"id":"in_1","created":7,"status":"open","auto_advance":true}"#,
                    r#"{"id":"in_1","date":7,"closed":false,"forgiven":false}"#,
                ),
                (
                    r#"{"id":"in_1","created":7,"status":"uncollectible"}"#,
                    r#"{"id":"in_1","date":7,"closed":true,"forgiven":true}"#,
                ),
            ],
        );
        check::up(
            &Past,
            "POST",
            "/v1/invoices/in_1",
            &[
                (r#"{"closed":"true"}"#, r#"{"auto_advance":"false"}"#),
                (r#"{"description":"a"}"#, r#"{"description":"a"}"#),
            ],
        );
    }
}
