//! What most changes do to an object: take, move, forget. A change also meets fragments (the old values in an
//! event's `previous_attributes`), so nothing here minds what is absent.
use wire::Node;

/// Whether it is an object with all its members; a fragment or the remains of a deleted object is not.
pub(crate) fn is_whole(it: &Node<'_>) -> bool {
    it.get("id").is_some() && it.get("deleted").is_none()
}

/// Removes members.
pub(crate) fn forget(it: &mut Node<'_>, names: &[&str]) {
    if let Node::Map(entries) = it {
        entries.retain(|(key, _)| !names.contains(&key.as_ref()));
    }
}

/// Removes what an object gained later: rows of an object's name and the names of its members.
pub(crate) fn forget_later(object: &str, it: &mut Node<'_>, later: &[(&str, &[&str])]) {
    later.iter().filter(|(of, _)| *of == object).for_each(|(_, names)| forget(it, names));
}

/// Keeps these members only, in this order.
pub(crate) fn only(it: &mut Node<'_>, names: &[&str]) {
    let kept = names.iter().filter_map(|name| Some((*name, it.take(name)?))).collect::<Vec<_>>();
    if let Node::Map(entries) = it {
        entries.clear();
        entries.extend(kept.into_iter().map(|(name, node)| (name.to_owned().into(), node)));
    }
}

/// Sets a member of a whole object where it is absent.
pub(crate) fn set_missing<'a>(it: &mut Node<'a>, name: &'static str, node: Node<'a>) {
    if is_whole(it) && it.get(name).is_none() {
        it.set(name, node);
    }
}

/// Moves the member at the end of `path` to the top, as `to`.
pub(crate) fn lift(it: &mut Node<'_>, path: &[&str], to: &'static str) {
    let Some((last, way)) = path.split_last() else { return };
    let mut at = &mut *it;
    for name in way {
        let Some(next) = at.get_mut(name) else { return };
        at = next;
    }
    if let Some(node) = at.take(last) {
        it.set(to, node);
    }
}

/// Moves the member `from` to the end of `path`, making the hashes on the way.
pub(crate) fn sink(it: &mut Node<'_>, from: &str, path: &[&'static str]) {
    let Some((last, way)) = path.split_last() else { return };
    let Some(node) = it.take(from) else { return };
    let mut at = it;
    for name in way {
        if at.get(name).is_none() {
            at.set(*name, Node::Map(Vec::new()));
        }
        let Some(next) = at.get_mut(name) else { return };
        at = next;
    }
    at.set(*last, node);
}

/// The object's name of a member.
pub(crate) fn object_of<'n>(it: &'n Node<'_>) -> Option<&'n str> {
    it.get("object")?.as_str()
}

/// The id that a reference names, expanded or not.
pub(crate) fn id_of<'n>(reference: &'n Node<'_>) -> Option<&'n str> {
    reference.get("id").unwrap_or(reference).as_str()
}

/// Gives the parameter that an error is about another name, in its sentence as well.
pub(crate) fn call_param(error: &mut Node<'_>, then: &str) {
    let now = error.get("param").and_then(Node::as_str).unwrap_or_default();
    let said = error.get("message").and_then(Node::as_str).unwrap_or_default();
    if let Some(said) = said.strip_suffix(&format!(": {now}.")).map(|rest| format!("{rest}: {then}.")) {
        error.set("message", Node::text(said));
    }
    error.set("param", Node::text(then.to_owned()));
}

/// A list object with nothing in it.
pub(crate) fn empty_list<'a>(url: String) -> Node<'a> {
    Node::Map(vec![
        ("object".into(), Node::text("list")),
        ("data".into(), Node::List(Vec::new())),
        ("has_more".into(), Node::Bool(false)),
        ("total_count".into(), Node::Integer(0)),
        ("url".into(), Node::text(url)),
    ])
}

/// The items of a list object.
pub(crate) fn items(list: Node<'_>) -> Vec<Node<'_>> {
    match list {
        Node::List(items) => items,
        mut other => match other.take("data") {
            Some(Node::List(items)) => items,
            _ => Vec::new(),
        },
    }
}

/// A text, or `null`.
pub(crate) fn or_null(text: Option<String>) -> Node<'static> {
    text.map_or(Node::Null, Node::text)
}

/// The sum of taxes, and what each comes to, as they were written.
pub(crate) fn tax_amounts(it: &mut Node<'_>, from: &str) -> (i64, Node<'static>) {
    let all = it.take(from).map(items).unwrap_or_default();
    let amount = |tax: &Node<'_>| tax.get("amount").and_then(Node::as_i64).unwrap_or(0);
    let sum = all.iter().map(amount).sum();
    let then = all.iter().map(|tax| {
        let rate = tax.get("tax_rate_details").and_then(|it| it.get("tax_rate")).and_then(Node::as_str);
        let inclusive = tax.get("tax_behavior").and_then(Node::as_str) == Some("inclusive");
        Node::Map(vec![
            ("amount".into(), Node::Integer(amount(tax))),
            ("inclusive".into(), Node::Bool(inclusive)),
            ("tax_rate".into(), or_null(rate.map(str::to_owned))),
        ])
    });
    (sum, Node::List(then.collect()))
}

/// Whether a request goes to an endpoint written as `POST /v1/charges/*`; `*` is any one part.
pub(crate) fn goes_to(method: &str, path: &str, endpoint: &str) -> bool {
    let Some((wanted, pattern)) = endpoint.split_once(' ') else { return false };
    let (mut parts, mut patterns) = (path.split('/'), pattern.split('/'));
    let fits = parts.by_ref().zip(patterns.by_ref()).all(|(part, pattern)| pattern == "*" || part == pattern);
    wanted == method && fits && path.split('/').count() == pattern.split('/').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_told_apart() {
        for (method, path, endpoint, fits) in [
            ("POST", "/v1/charges", "POST /v1/charges", true),
            ("GET", "/v1/charges", "POST /v1/charges", false),
            ("POST", "/v1/charges/{id}", "POST /v1/charges", false),
            ("POST", "/v1/charges/{id}", "POST /v1/charges/*", true),
            ("POST", "/v1/charges/{charge}/refund", "POST /v1/charges/*/capture", false),
        ] {
            assert_eq!(goes_to(method, path, endpoint), fits, "{method} {path} {endpoint}");
        }
    }

    #[test]
    fn moving_up_and_down() {
        let mut it = Node::parse(br#"{"a":{"b":{"c":1,"d":2}}}"#).unwrap();
        lift(&mut it, &["a", "b", "c"], "c");
        lift(&mut it, &["a", "x", "c"], "x");
        assert_eq!(it.to_json(), r#"{"a":{"b":{"d":2}},"c":1}"#);
        sink(&mut it, "c", &["a", "e", "c"]);
        assert_eq!(it.to_json(), r#"{"a":{"b":{"d":2},"e":{"c":1}}}"#);
        only(&mut it, &["z", "a"]);
        assert_eq!(it.to_json(), r#"{"a":{"b":{"d":2},"e":{"c":1}}}"#);
    }
}
