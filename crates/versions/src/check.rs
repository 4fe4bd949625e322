//! Tables for the tests of changes: JSON before and after.
use base::{Change, Version};
use wire::Node;

/// The tree with the keys of every hash in order, so that trees compare by what they say.
pub(crate) fn sorted(node: Node<'_>) -> Node<'_> {
    match node {
        Node::List(items) => Node::List(items.into_iter().map(sorted).collect()),
        Node::Map(entries) => {
            let mut entries: Vec<_> = entries.into_iter().map(|(key, node)| (key, sorted(node))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Node::Map(entries)
        }
        other => other,
    }
}

pub(crate) fn parsed(json: &str) -> Node<'_> {
    Node::parse(json.as_bytes()).unwrap_or_else(|e| panic!("{e}: {json}"))
}

/// Parameters as they arrive: every leaf is the text of a form.
fn form(node: Node<'_>) -> Node<'_> {
    match node {
        Node::Text(text) => Node::Form(text),
        Node::List(items) => Node::List(items.into_iter().map(form).collect()),
        Node::Map(entries) => Node::Map(entries.into_iter().map(|(key, node)| (key, form(node))).collect()),
        other => other,
    }
}

/// Checks what a change makes of objects of one name.
pub(crate) fn down(change: &dyn Change, object: &str, table: &[(&str, &str)]) {
    for (today, then) in table {
        let mut it = parsed(today);
        change.down(object, &mut it);
        assert_eq!(
            sorted(it).to_json(),
            sorted(parsed(then)).to_json(),
            "{object} before {}",
            change.since()
        );
    }
}

/// Checks that what a change makes of other objects is nothing.
pub(crate) fn ignores(change: &dyn Change, objects: &[&str], today: &str) {
    for object in objects {
        let mut it = parsed(today);
        change.down(object, &mut it);
        assert_eq!(it.to_json(), parsed(today).to_json(), "{object} before {}", change.since());
    }
}

/// Checks what a change makes of older parameters, `(then, today)`.
pub(crate) fn up(change: &dyn Change, method: &str, path: &str, table: &[(&str, &str)]) {
    for (then, today) in table {
        let mut params = form(parsed(then));
        change.up(method, path, &mut params);
        assert_eq!(
            sorted(params).to_json(),
            sorted(parsed(today)).to_json(),
            "{method} {path} before {}",
            change.since()
        );
    }
}

/// Renders a tree of today for a version, as the pipeline does: newest change first, inner objects first.
pub(crate) fn render(version: &str, it: &mut Node<'_>) {
    let version = Version::parse(version).unwrap();
    let past: Vec<_> = crate::CHANGES.iter().rev().filter(|change| !version.has(change.since())).collect();
    walk(&past, it);
}

fn walk(past: &[&&'static dyn Change], it: &mut Node<'_>) {
    match it {
        Node::List(items) => items.iter_mut().for_each(|item| walk(past, item)),
        Node::Map(entries) => {
            for (_, child) in entries {
                walk(past, child);
            }
            if let Some(object) = it.get("object").and_then(Node::as_str).map(str::to_owned) {
                for change in past {
                    change.down(&object, it);
                }
            }
        }
        _ => {}
    }
}
