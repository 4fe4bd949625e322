//! Keys: account first, then mode, kind and id. Their text sorts as they do.
use crate::name;

/// The account under which the installation keeps what belongs to no account: people, sessions, applications.
pub const HOUSE: &str = "~";

/// Begins every name that belongs to a world of its own (`<tag>acct_1/t/charge/ch_1`): no account, address or id
/// that people choose begins so.
pub const WORLD: char = '<';
/// Ends the tag of a world.
const TAG_END: char = '>';

/// The tag of the world that a stored name belongs to, and the name as that world knows it: names of accounts,
/// counters and due work, and values of unique index keys.
pub fn within(name: &str) -> (Option<&str>, &str) {
    match name.strip_prefix(WORLD).and_then(|rest| rest.split_once(TAG_END)) {
        Some((tag, inner)) => (Some(tag), inner),
        None => (None, name),
    }
}

/// What the names of a world begin with.
pub fn world_prefix(tag: &str) -> String {
    format!("{WORLD}{tag}{TAG_END}")
}

/// Where a document is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Whose: `acct_…`, or [`HOUSE`].
    pub account: String,
    /// Live or test.
    pub live: bool,
    /// Which kind.
    pub kind: &'static str,
    /// The id of the object.
    pub id: String,
}

impl Key {
    /// A key.
    pub fn new(account: impl Into<String>, live: bool, kind: &'static str, id: impl Into<String>) -> Self {
        Key { account: account.into(), live, kind, id: id.into() }
    }
    /// A key of the installation itself.
    pub fn house(kind: &'static str, id: impl Into<String>) -> Self {
        Key::new(HOUSE, false, kind, id)
    }
    /// `acct_1…/t/charge/ch_1…`. Ids that could be mistaken for a path are refused before they get here.
    pub fn path(&self) -> String {
        let mut out = Key::space(&self.account, self.live, self.kind);
        out.push_str(&self.id);
        out
    }
    /// The reverse of [`Key::path`]; `None` where the text is no path.
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.splitn(4, '/');
        let (account, mode) = (parts.next()?, parts.next()?);
        let (kind, id) = (parts.next()?, parts.next()?);
        let live = match mode {
            "l" => true,
            "t" => false,
            _ => return None,
        };
        Some(Key::new(account, live, name::declared(kind), id))
    }
    /// The path up to the id: what all keys of one kind start with.
    pub fn space(account: &str, live: bool, kind: &str) -> String {
        let mut out = String::with_capacity(account.len() + kind.len() + 36);
        out.push_str(account);
        out.push_str(if live { "/l/" } else { "/t/" });
        out.push_str(kind);
        out.push('/');
        out
    }
}

/// One entry of a declared index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexKey {
    /// The name of the index.
    pub index: &'static str,
    /// The indexed value.
    pub value: String,
    /// Unique in the whole store, or a way to list within the account, mode and kind of its object.
    pub unique: bool,
}

impl IndexKey {
    /// A key by which objects are listed.
    pub fn listed(index: &'static str, value: impl Into<String>) -> Self {
        IndexKey { index, value: value.into(), unique: false }
    }
    /// A key that one object owns.
    pub fn unique(index: &'static str, value: impl Into<String>) -> Self {
        IndexKey { index, value: value.into(), unique: true }
    }
    /// The text of a unique key.
    pub fn unique_path(index: &str, value: &str) -> String {
        format!("{index}={value}")
    }
    /// The text that all entries of one value start with.
    pub fn listed_space(space: &str, index: &str, value: &str) -> String {
        format!("{space}{index}={value}/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_world() {
        assert_eq!(within("acct_1/t/x"), (None, "acct_1/t/x"));
        assert_eq!(within("<7f>acct_1"), (Some("7f"), "acct_1"));
        assert_eq!(within(&(world_prefix("7f") + "a>b")), (Some("7f"), "a>b"));
        assert_eq!(within("<"), (None, "<"));
    }

    #[test]
    fn a_path_reads_back() {
        for key in [Key::new("acct_1", true, "charge", "ch_1"), Key::house("session", "a/b")] {
            assert_eq!(Key::parse(&key.path()), Some(key));
        }
        assert_eq!(Key::parse("acct_1/t"), None);
        assert_eq!(Key::parse("acct_1/x/charge/ch_1"), None);
    }
}
