//! A list said how many there are in all; pages were asked for by `count` and `offset`.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// From here on pages are asked for by cursors; before, by `count` and `offset`.
pub const CURSORS: Version = Version::of("2014-03-28");

fn counted(list: &mut Node<'_>) {
    let total = list.take("total_count");
    let Some(Node::List(data)) = list.get("data") else { return };
    let count = total.and_then(|n| n.as_i64()).unwrap_or(data.len() as i64);
    tree::forget(list, &["has_more"]);
    list.set("count", Node::Integer(count));
}

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        CURSORS
    }
    fn what(&self) -> &'static str {
        "Lists lose `count`; pages are asked for by limit, starting_after and ending_before, and say `has_more`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "list" => counted(it),
            // Made by a later change, so it was not met as a list of its own.
            "customer" => it.get_mut("subscriptions").into_iter().for_each(counted),
            _ => {}
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
            &[
                (
                    r#"{"object":"list","data":[1,2],"has_more":true,"total_count":25,"url":"/v1/charges"}"#,
                    r#"{"object":"list","data":[1,2],"count":25,"url":"/v1/charges"}"#,
                ),
                (
                    r#"{"object":"list","data":[1],"has_more":false,"url":"/"}"#,
                    r#"{"object":"list","data":[1],"count":1,"url":"/"}"#,
                ),
            ],
        );
        check::down(&Past, "customer", &[(r#"{"subscriptions":null}"#, r#"{"subscriptions":null}"#)]);
    }
}
