//! The ring of master keys and the text in which operators keep it.
use crate::{Key, KeyError, Secret};
use base::Entropy;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// The id of a key that stands alone in its text, without one of its own.
pub const FIRST_ID: &str = "k1";
/// At most this many keys in a ring.
const KEYS_MAX: usize = 64;

/// One current key, which seals, and older ones, which open only.
///
/// As text: one key a line, the current one first, as `id base64`; empty lines and lines that begin with `#` are
/// passed over, and a comma ends a line, too. A single key may stand without id and is then `k1`.
#[derive(Debug, Clone)]
pub struct Ring {
    pub(crate) current: Key,
    pub(crate) older: Vec<Key>,
}

impl Ring {
    /// A ring. `older`: newest first. Errors: two keys have one id.
    pub fn new(current: Key, older: Vec<Key>) -> Result<Self, KeyError> {
        let ring = Ring { current, older };
        let mut ids = ring.ids();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(KeyError::Twice);
        }
        Ok(ring)
    }

    /// Reads the text of a ring. Errors: a line is no key, an id stands twice, there are no keys or too many.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let lines = lines.flat_map(|line| line.split(',')).map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        if let [alone] = lines[..]
            && !alone.contains(char::is_whitespace)
        {
            return Ring::new(Key::from_base64(FIRST_ID, alone)?, Vec::new());
        }
        let mut keys = Vec::new();
        for line in lines {
            let (id, key) = line.split_once(char::is_whitespace).ok_or(KeyError::Line)?;
            keys.push(Key::from_base64(id, key)?);
        }
        if keys.is_empty() {
            return Err(KeyError::Empty);
        }
        if keys.len() > KEYS_MAX {
            return Err(KeyError::Many);
        }
        let current = keys.remove(0);
        Ring::new(current, keys)
    }

    /// The text that [`Ring::parse`] reads.
    pub fn to_text(&self) -> Secret {
        let mut out = Zeroizing::new(String::from(
            "# Vault keys of Tollbridge: the current one first, then those that still open older data.\n",
        ));
        for key in self.keys() {
            // Room is made beforehand, so that no copy stays behind in a grown buffer.
            out.reserve_exact(key.id().len() + 64);
            out.push_str(key.id());
            out.push(' ');
            STANDARD.encode_string(key.bytes(), &mut out);
            out.push('\n');
        }
        Secret::new(out.as_str())
    }

    /// The ring with a random key in front, whose id is random, too: ids must not be used twice, even by somebody
    /// who rotates a copy.
    pub fn rotated(&self, entropy: &dyn Entropy) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        entropy.fill(&mut *bytes);
        let key = Key::new(&format!("k{}", entropy.token(10)), *bytes)?;
        let mut older = vec![self.current.clone()];
        older.extend(self.older.iter().cloned());
        Ring::new(key, older)
    }

    /// The ring without an older key; `None` where `id` names the current key, or none.
    pub fn without(&self, id: &str) -> Option<Self> {
        let older: Vec<Key> = self.older.iter().filter(|key| key.id() != id).cloned().collect();
        (older.len() < self.older.len()).then(|| Ring { current: self.current.clone(), older })
    }

    /// The id of the key that seals.
    pub fn current_id(&self) -> &str {
        self.current.id()
    }

    /// Every id, the current one first.
    pub fn ids(&self) -> Vec<&str> {
        self.keys().map(Key::id).collect()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.older)
    }
    pub(crate) fn key(&self, id: &str) -> Option<&Key> {
        self.keys().find(|key| key.id() == id)
    }
    pub(crate) fn oldest(&self) -> &Key {
        self.older.last().unwrap_or(&self.current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Seeded;

    const ONE: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    const TWO: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

    #[test]
    fn a_single_key_needs_no_id() {
        let ring = Ring::parse(&format!(" {ONE}\n")).unwrap();
        assert_eq!(ring.ids(), [FIRST_ID]);
        assert_eq!(ring.current.bytes(), &[7; 32]);
    }

    #[test]
    fn several_keys_the_current_one_first() {
        for text in [format!("# keys\n\nb {TWO}\n  a\t{ONE}"), format!("b {TWO}, a {ONE}")] {
            let ring = Ring::parse(&text).unwrap();
            assert_eq!((ring.current_id(), ring.ids()), ("b", vec!["b", "a"]));
            assert_eq!(ring.key("a").unwrap().bytes(), &[7; 32]);
        }
    }

    #[test]
    fn what_is_no_ring_is_refused() {
        let many: String = (0..65).map(|n| format!("k{n} {ONE}\n")).collect();
        for (text, error) in [
            (String::new(), KeyError::Empty),
            ("# only words\n".into(), KeyError::Empty),
            ("k1".into(), KeyError::Length),
            (format!("{ONE}\n{TWO}"), KeyError::Line),
            (format!("a {ONE}\na {TWO}"), KeyError::Twice),
            (format!("a.b {ONE}"), KeyError::Id),
            (format!("a {ONE} {TWO}"), KeyError::Length),
            (many, KeyError::Many),
        ] {
            assert_eq!(Ring::parse(&text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn rings_grow_shrink_and_read_back() {
        let chance = Seeded::from_number(1);
        let mut ring = Ring::parse(ONE).unwrap();
        for _ in 0..20 {
            let next = ring.rotated(&chance).unwrap();
            assert_eq!(next.ids()[1..], ring.ids());
            let read = Ring::parse(next.to_text().reveal()).unwrap();
            assert_eq!(read.ids(), next.ids());
            assert!(read.keys().zip(next.keys()).all(|(a, b)| a.bytes() == b.bytes()));
            ring = next;
        }
        assert!(ring.without(ring.current_id()).is_none() && ring.without("other").is_none());
        let less = ring.without(FIRST_ID).unwrap();
        assert_eq!(less.ids(), ring.ids()[..20]);
    }
}
