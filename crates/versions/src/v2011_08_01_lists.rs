//! Lists were bare arrays.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2011-08-01")
    }
    fn what(&self) -> &'static str {
        "A list is an object with `data` and `count`; it was a bare array."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "list"
            && let Some(Node::List(data)) = it.take("data")
        {
            *it = Node::List(data);
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
            "list",
            &[(r#"{"object":"list","data":[1],"count":1,"url":"/v1/charges"}"#, r"[1]")],
        );
        check::ignores(&Past, &["charge"], r#"{"data":[1]}"#);
    }
}
