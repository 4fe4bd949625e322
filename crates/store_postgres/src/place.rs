//! Names as they lie in the tables: what comes up to the first slash, and what comes after it.
use store::{IndexKey, Key, Scope};

/// Sorts after every name: no UTF-8 text holds it.
pub(crate) const LAST: &[u8] = &[0xff];

/// The two columns of a path; the first ends with its slash, so that both together sort as the path does.
pub(crate) fn split(path: &str) -> (&[u8], &[u8]) {
    let at = path.find('/').map_or(0, |slash| slash + 1);
    let (space, rest) = path.as_bytes().split_at(at);
    (space, rest)
}

/// The path of two columns; bytes that are no text are shown as far as they can be.
pub(crate) fn join(space: &[u8], rest: &[u8]) -> String {
    let mut path = String::with_capacity(space.len() + rest.len());
    path.push_str(&String::from_utf8_lossy(space));
    path.push_str(&String::from_utf8_lossy(rest));
    path
}

/// The space of an account.
pub(crate) fn space(account: &str) -> Vec<u8> {
    [account.as_bytes(), b"/"].concat()
}

/// What the keys of one kind of object begin with, within their space.
pub(crate) fn of_kind(live: bool, kind: &str) -> Vec<u8> {
    split(&Key::space("", live, kind)).1.to_vec()
}

/// The key of all entries of one value of an index, within their space.
pub(crate) fn entries(live: bool, kind: &str, index: &str, value: &str) -> Vec<u8> {
    let mut out = of_kind(live, kind);
    out.extend_from_slice(IndexKey::unique_path(index, value).as_bytes());
    out
}

/// What sorts just after everything that begins so.
pub(crate) fn past(prefix: &[u8]) -> Vec<u8> {
    let mut past = prefix.to_vec();
    // No UTF-8 text holds the byte that could not be raised.
    match past.last_mut() {
        Some(last) => *last += 1,
        None => past.extend_from_slice(LAST),
    }
    past
}

/// Names from (inclusive) and to (exclusive), both in two columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: (Vec<u8>, Vec<u8>),
    pub(crate) to: (Vec<u8>, Vec<u8>),
}

/// The names within a scope, in order.
pub(crate) fn spans(scope: &Scope) -> Vec<Span> {
    // Every name begins with the empty text.
    let beginnings = scope.spaces().unwrap_or_else(|| vec![String::new()]);
    let span = |beginning: String| match split(&beginning) {
        (b"", beginning) => {
            Span { from: (beginning.to_vec(), Vec::new()), to: (past(beginning), Vec::new()) }
        }
        (space, rest) => Span { from: (space.to_vec(), rest.to_vec()), to: (space.to_vec(), past(rest)) },
    };
    beginnings.into_iter().map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_sort_as_paths_do() {
        let mut paths = ["a/x", "a-b/x", "a/x/y", "ab/x", "~/t/k/1"];
        paths.sort_unstable();
        assert!(paths.is_sorted_by_key(|path| split(path)));
        assert!(paths.iter().all(|path| {
            let (space, rest) = split(path);
            join(space, rest) == *path
        }));
        assert_eq!(of_kind(true, "charge"), b"l/charge/");
        assert_eq!(entries(false, "charge", "customer", "cus/1"), b"t/charge/customer=cus/1");
        assert_eq!(past(b"t/charge/"), b"t/charge0");
        assert_eq!(past(b""), LAST);
    }

    #[test]
    fn a_span_holds_what_begins_so() {
        let names = ["a-b/t/k/1", "a/t/k/1", "a/t/kind/1", "ab/t/k/1"];
        let held = |scope: Scope| {
            let within = |name: &&str, span: &Span| {
                let (space, rest) = split(name);
                let at = (space.to_vec(), rest.to_vec());
                span.from <= at && at < span.to
            };
            let spans = spans(&scope);
            let held = names.iter().filter(|name| spans.iter().any(|span| within(name, span)));
            held.copied().collect::<Vec<_>>()
        };
        assert_eq!(held(Scope::All), names);
        assert_eq!(held(Scope::Accounts(vec!["a".into()])), names[1..3]);
        assert_eq!(held(Scope::Under(vec!["a".into()])), names);
        assert_eq!(held(Scope::Under(vec!["a/t/kin".into(), "a-".into()])), [names[0], names[2]]);
        assert_eq!(held(Scope::default()), [""; 0]);
    }
}
