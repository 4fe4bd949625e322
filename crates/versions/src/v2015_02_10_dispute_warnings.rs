//! An inquiry that ended counted as won.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-02-10")
    }
    fn what(&self) -> &'static str {
        "Inquiries that ended without a dispute have the status `warning_closed`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "dispute" && it.get("status").and_then(Node::as_str) == Some("warning_closed") {
            it.set("status", Node::text("won"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        let table = [
            (r#"{"status":"warning_closed"}"#, r#"{"status":"won"}"#),
            (r#"{"status":"lost"}"#, r#"{"status":"lost"}"#),
        ];
        check::down(&Past, "dispute", &table);
    }
}
