//! `previous_attributes`: what an update changed, with the old values. Hashes are compared member by member
//! (since 2015-01-26), arrays as a whole (since 2017-05-25).
use std::borrow::Cow;
use wire::Node;

/// The changed members with their old values as JSON; `None` where nothing changed.
pub fn previous_attributes(before: &[u8], after: &[u8]) -> Option<String> {
    let (before, after) = (Node::parse(before).ok()?, Node::parse(after).ok()?);
    changed(&before, &after).map(|node| node.to_json())
}

fn changed<'a>(before: &Node<'a>, after: &Node<'a>) -> Option<Node<'a>> {
    let (Node::Map(old), Node::Map(new)) = (before, after) else {
        return (before != after).then(|| before.clone());
    };
    let mut out: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
    for (key, was) in old {
        match after.get(key) {
            Some(is) => out.extend(changed(was, is).map(|node| (key.clone(), node))),
            None => out.push((key.clone(), was.clone())),
        }
    }
    // A member that is new had no value before.
    out.extend(
        new.iter().filter(|(key, _)| before.get(key).is_none()).map(|(key, _)| (key.clone(), Node::Null)),
    );
    (!out.is_empty()).then_some(Node::Map(out))
}

#[cfg(test)]
mod tests {
    use super::previous_attributes;

    #[test]
    fn only_what_changed_with_its_old_value() {
        for (before, after, previous) in [
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2}"#, None),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":3}"#, Some(r#"{"b":2}"#)),
            (
                r#"{"m":{"x":"1","y":"2"}}"#,
                r#"{"m":{"x":"1","y":"3","z":"4"}}"#,
                Some(r#"{"m":{"y":"2","z":null}}"#),
            ),
            (r#"{"l":[1,2]}"#, r#"{"l":[1]}"#, Some(r#"{"l":[1,2]}"#)),
            (r#"{"a":null}"#, r#"{"a":{"x":1}}"#, Some(r#"{"a":null}"#)),
        ] {
            assert_eq!(previous_attributes(before.as_bytes(), after.as_bytes()).as_deref(), previous);
        }
    }
}
