//! An event showed the whole of a hash that had changed.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-01-26")
    }
    fn what(&self) -> &'static str {
        "The `previous_attributes` of an event show only what differs inside `metadata`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        let Some(data) = it.get_mut("data").filter(|_| object == "event") else { return };
        let now = data.get("object").and_then(|it| it.get("metadata")).cloned();
        let before = data.get_mut("previous_attributes").and_then(|it| it.get_mut("metadata"));
        if let (Some(mut whole), Some(before)) = (now, before)
            && let Node::Map(differing) = before
        {
            // A key that was added since had no value.
            differing.drain(..).for_each(|(key, old)| match old {
                Node::Null => drop(whole.take(&key)),
                old => whole.set(key, old),
            });
            *before = whole;
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
            "event",
            &[
                (
                    r#"{"data":{"object":{"metadata":{"a":"1","b":"3","c":"4"}},"previous_attributes":{"metadata":{"b":"2","c":null}}}}"#,
                    r#"{"data":{"object":{"metadata":{"a":"1","b":"3","c":"4"}},"previous_attributes":{"metadata":{"a":"1","b":"2"}}}}"#,
                ),
                (
                    r#"{"data":{"object":{"metadata":{}},"previous_attributes":{"email":null}}}"#,
                    r#"{"data":{"object":{"metadata":{}},"previous_attributes":{"email":null}}}"#,
                ),
            ],
        );
    }
}
