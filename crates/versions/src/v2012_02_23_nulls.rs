//! Members without a value were left out.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// The old values of an event say with null that a member was unset, so they keep it.
const OLD_VALUES: &str = "previous_attributes";

fn without_nulls(it: &mut Node<'_>) {
    match it {
        Node::Map(entries) => {
            entries.retain(|(_, node)| !node.is_null());
            for (_, node) in entries.iter_mut().filter(|(key, _)| key != OLD_VALUES) {
                without_nulls(node);
            }
        }
        Node::List(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2012-02-23")
    }
    fn what(&self) -> &'static str {
        "Members whose value is null are shown; they were left out."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if tree::object_of(it) == Some(object) {
            without_nulls(it);
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
            &[
                (
                    r#"{"object":"charge","invoice":null,"card":{"name":null,"last4":"4242"}}"#,
                    r#"{"object":"charge","card":{"last4":"4242"}}"#,
                ),
                (
                    r#"{"object":"charge","fee_details":[{"application":null}]}"#,
                    r#"{"object":"charge","fee_details":[{}]}"#,
                ),
                (r#"{"invoice":null}"#, r#"{"invoice":null}"#),
            ],
        );
        let event = r#"{"object":"event","data":{"previous_attributes":{"description":null}}}"#;
        check::down(&Past, "event", &[(event, event)]);
    }
}
