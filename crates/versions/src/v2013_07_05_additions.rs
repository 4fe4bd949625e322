//! Events did not say which request caused them.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2013-07-05")
    }
    fn what(&self) -> &'static str {
        "Events show the `request` that caused them."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "event" {
            tree::forget(it, &["request"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(&Past, "event", &[(r#"{"id":"evt_1","request":"req_1"}"#, r#"{"id":"evt_1"}"#)]);
    }
}
