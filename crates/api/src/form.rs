//! Bracket forms: `a[b][c]=1`, `a[]=x`, `a[0][b]=y`, in bodies and query strings alike. No types yet.
pub(crate) mod parts;

use base::ApiError;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use std::borrow::Cow;
use wire::Node;

/// At most this many pairs in one form.
const PAIRS_MAX: usize = 2_000;
/// At most this many names in one key: `a[b][c]` has three.
const DEPTH_MAX: usize = 10;
/// At most this many characters in a key.
const KEY_MAX: usize = 1_000;

/// Adds the pairs of a form to a tree. Errors name what is wrong with the form and carry status 400.
pub fn decode(text: &[u8], into: &mut Node<'static>) -> Result<(), ApiError> {
    for (count, pair) in text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()).enumerate() {
        if count >= PAIRS_MAX {
            return Err(invalid(format!("A request can carry up to {PAIRS_MAX} parameters.")));
        }
        let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
        let key = decode_text(&pair[..at])?;
        let value = decode_text(pair.get(at + 1..).unwrap_or_default())?;
        put(into, &key, value)?;
    }
    Ok(())
}

/// The form of a tree: the reverse of [`decode`], where lists are written as `a[0]=x`.
pub fn encode(tree: &Node<'_>) -> String {
    let mut out = String::new();
    if let Node::Map(entries) = tree {
        entries.iter().for_each(|(name, node)| encode_at(name, node, &mut out));
    }
    out
}

fn encode_at(name: &str, node: &Node<'_>, out: &mut String) {
    let value = match node {
        Node::Map(entries) => {
            return entries.iter().for_each(|(key, child)| encode_at(&format!("{name}[{key}]"), child, out));
        }
        Node::List(items) => {
            let each = items.iter().enumerate();
            return each.for_each(|(i, child)| encode_at(&format!("{name}[{i}]"), child, out));
        }
        Node::Text(text) | Node::Form(text) => text.to_string(),
        Node::Null => String::new(),
        other => other.to_json(),
    };
    let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    if !out.is_empty() {
        out.push('&');
    }
    // Ids and tokens stay readable.
    out.push_str(
        &[escape(name), "=".to_owned(), escape(&value).replace("%5F", "_").replace("%2D", "-")].concat(),
    );
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::invalid(400, message)
}

fn decode_text(bytes: &[u8]) -> Result<String, ApiError> {
    let spaced: Cow<'_, [u8]> = if bytes.contains(&b'+') {
        Cow::Owned(bytes.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect())
    } else {
        Cow::Borrowed(bytes)
    };
    check_text(percent_decode(&spaced).collect())
}

/// A text that can be a parameter. Errors: it is none.
fn check_text(bytes: Vec<u8>) -> Result<String, ApiError> {
    let text = String::from_utf8(bytes).map_err(|_| {
        invalid("Invalid UTF-8 in the request's parameters. Send parameters as percent-encoded UTF-8.")
    })?;
    if text.contains('\0') {
        return Err(invalid("Parameters can't contain the character U+0000."));
    }
    Ok(text)
}

/// Puts one value under its key.
fn put(into: &mut Node<'static>, key: &str, value: String) -> Result<(), ApiError> {
    let shown = || key.chars().take(80).collect::<String>();
    if key.len() > KEY_MAX {
        return Err(invalid(format!("A parameter's name is too long: {}…", shown())));
    }
    let (first, rest) = key.split_at(key.find('[').unwrap_or(key.len()));
    let mut names = vec![first];
    let mut rest = rest;
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').and_then(|r| r.split_once(']'));
        let Some((name, after)) = inner.filter(|(name, _)| !name.contains('[')) else {
            return Err(invalid(format!(
                "Invalid parameter name: {}. Brackets must be closed, as in card[number].",
                shown()
            )));
        };
        names.push(name);
        rest = after;
    }
    if first.is_empty() {
        return Err(invalid(format!("Invalid parameter name: {}", shown())));
    }
    if names.len() > DEPTH_MAX {
        return Err(invalid(format!("Parameters can be nested up to {DEPTH_MAX} levels deep: {}…", shown())));
    }
    let clash = || {
        invalid(format!(
            "Conflicting values for parameter {}: it is sent as a value and as a hash or an array.",
            shown()
        ))
    };
    place(into, &names, value).ok_or_else(clash)
}

fn empty_for(names: &[&str]) -> Node<'static> {
    if names.first().is_some_and(|name| name.is_empty()) {
        Node::List(Vec::new())
    } else {
        Node::Map(Vec::new())
    }
}

/// `None` where two pairs want the same place to be two things.
fn place(into: &mut Node<'static>, names: &[&str], value: String) -> Option<()> {
    let [name, rest @ ..] = names else { return None };
    match into {
        Node::Map(entries) if !name.is_empty() => {
            let at = match entries.iter().position(|(key, _)| key == name) {
                Some(at) => at,
                None => {
                    let fresh =
                        if rest.is_empty() { Node::Form(String::new().into()) } else { empty_for(rest) };
                    entries.push((Cow::Owned((*name).to_owned()), fresh));
                    entries.len() - 1
                }
            };
            let (_, child) = entries.get_mut(at)?;
            if rest.is_empty() {
                // A value sent twice: the last one counts.
                matches!(child, Node::Form(_)).then(|| *child = Node::Form(value.into()))
            } else {
                place(child, rest, value)
            }
        }
        Node::List(items) if name.is_empty() => {
            let [next, ..] = rest else {
                items.push(Node::Form(value.into()));
                return Some(());
            };
            // `a[][x]=1&a[][y]=2&a[][x]=3`: a name that the last item has begins a new one.
            if items.last().is_none_or(|last| last.get(next).is_some() || matches!(last, Node::Form(_))) {
                items.push(empty_for(rest));
            }
            place(items.last_mut()?, rest, value)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(form: &str) -> Result<String, String> {
        let mut tree = Node::Map(Vec::new());
        decode(form.as_bytes(), &mut tree).map(|()| tree.to_json()).map_err(|e| e.message)
    }

    #[test]
    fn forms_become_trees() {
        for (form, tree) in [
            ("", "{}"),
            ("a=1&b=x+y%20z", r#"{"a":"1","b":"x y z"}"#),
            ("a[b][c]=1&a[b][d]=2", r#"{"a":{"b":{"c":"1","d":"2"}}}"#),
            ("a[]=1&a[]=2", r#"{"a":["1","2"]}"#),
            ("a[0][k]=1&a[1][k]=2", r#"{"a":{"0":{"k":"1"},"1":{"k":"2"}}}"#),
            ("a[][x]=1&a[][y]=2&a[][x]=3", r#"{"a":[{"x":"1","y":"2"},{"x":"3"}]}"#),
            ("a=1&a=2", r#"{"a":"2"}"#),
            ("a", r#"{"a":""}"#),
            ("metadata%5Bk%5D=v", r#"{"metadata":{"k":"v"}}"#),
        ] {
            assert_eq!(json(form).as_deref(), Ok(tree), "{form}");
        }
    }

    #[test]
    fn trees_become_forms() {
        for form in ["a=1&b=x%20y", "types%5B0%5D=v1%2Echarge&page=page_1-2", "created%5Bgte%5D=2026"] {
            let mut tree = Node::Map(Vec::new());
            decode(form.as_bytes(), &mut tree).unwrap();
            assert_eq!(encode(&tree), form);
        }
    }

    #[test]
    fn bad_forms_are_refused_with_a_reason() {
        let bomb = format!("a{}=1", "[b]".repeat(50));
        let many = "a[]=1&".repeat(PAIRS_MAX + 1);
        for form in [
            "%ff=1",
            "a=%c3%28",
            "a[b=1",
            "a]b[=1]",
            "[a]=1",
            "a=1&a[b]=2",
            "a[b]=1&a[]=2",
            "a=%00",
            "a[[b]]=1",
        ] {
            assert!(json(form).is_err(), "{form}");
        }
        assert!(json(&bomb).is_err_and(|e| e.contains("nested")));
        assert!(json(&many).is_err());
    }
}
