//! The index keys of a document in the bytes that a home keeps beside it, so that a document can be deleted with all
//! its entries although a deletion brings no list of them.
use crate::{IndexKey, Key, Put, declared};

/// Parts two keys; no UTF-8 text holds it.
const END: u8 = 0xff;
const UNIQUE: u8 = b'u';
const LISTED: u8 = b'l';

/// The text of a document's entry in an index by which it is listed.
pub fn listed_path(key: &Key, index: &str, value: &str) -> String {
    let space = Key::space(&key.account, key.live, key.kind);
    IndexKey::listed_space(&space, index, value) + &key.id
}

/// One index key of a stored document: its name, its value and whether it is unique.
pub struct Held<'a> {
    /// The name of the index.
    pub index: &'a str,
    /// The indexed value.
    pub value: &'a str,
    /// Whether one document owns it.
    pub unique: bool,
}

/// The keys in the bytes.
pub fn read(kept: Option<&[u8]>) -> impl Iterator<Item = Held<'_>> {
    kept.unwrap_or_default().split(|byte| *byte == END).filter_map(|key| {
        let (tag, text) = key.split_first()?;
        let (index, value) = std::str::from_utf8(text).ok()?.split_once('=')?;
        Some(Held { index, value, unique: *tag == UNIQUE })
    })
}

/// The keys as an index has them, sorted.
pub fn list(kept: Option<&[u8]>) -> Vec<IndexKey> {
    let key = |held: Held<'_>| IndexKey {
        index: declared(held.index),
        value: held.value.to_owned(),
        unique: held.unique,
    };
    let mut index: Vec<IndexKey> = read(kept).map(key).collect();
    index.sort();
    index
}

/// The bytes, key by key.
#[derive(Default)]
struct Text(Vec<u8>);

impl Text {
    fn push(&mut self, index: &str, value: &str, unique: bool) {
        let Text(out) = self;
        if !out.is_empty() {
            out.push(END);
        }
        out.push(if unique { UNIQUE } else { LISTED });
        out.extend_from_slice(index.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value.as_bytes());
    }
    fn end(self) -> Option<Vec<u8>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// The bytes of a document that has these keys; `None` where it has none.
pub fn whole(index: &[IndexKey]) -> Option<Vec<u8>> {
    let mut out = Text::default();
    index.iter().for_each(|key| out.push(key.index, &key.value, key.unique));
    out.end()
}

/// The bytes after a put: what was there and is not stale, and what is new.
pub fn written(old: Option<&[u8]>, put: &Put) -> Option<Vec<u8>> {
    let mut out = Text::default();
    let is = |key: &IndexKey, held: &Held<'_>| {
        key.index == held.index && key.value == held.value && key.unique == held.unique
    };
    for held in read(old) {
        if !put.stale.iter().chain(&put.index).any(|key| is(key, &held)) {
            out.push(held.index, held.value, held.unique);
        }
    }
    put.index.iter().for_each(|key| out.push(key.index, &key.value, key.unique));
    out.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_keys_follow_what_was_put() {
        let put = |index, stale| Put {
            key: Key::house("thing", "t"),
            expect: 0,
            body: None,
            index,
            stale,
            expires: None,
        };
        let first = put(vec![IndexKey::unique("email", "a=b\n"), IndexKey::listed("of", "cus_1")], vec![]);
        let kept = written(None, &first);
        let moved = put(vec![IndexKey::listed("of", "cus_2")], vec![IndexKey::listed("of", "cus_1")]);
        let kept = written(kept.as_deref(), &moved);
        let held: Vec<_> = read(kept.as_deref()).map(|k| (k.index, k.value, k.unique)).collect();
        assert_eq!(held, [("email", "a=b\n", true), ("of", "cus_2", false)]);
        let gone = put(vec![], vec![IndexKey::unique("email", "a=b\n"), IndexKey::listed("of", "cus_2")]);
        assert_eq!(written(kept.as_deref(), &gone), None);
    }
}
