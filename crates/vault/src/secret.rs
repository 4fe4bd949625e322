//! Values that do not print and are wiped when they go.
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::fmt;
use zeroize::Zeroizing;

/// A text that must not reach a log: it prints as stars and its memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text in.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }
    /// The text. Every call of this is a place where a secret could get out.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

/// A master key with the id under which ciphertexts name it.
#[derive(Clone)]
pub struct Key {
    id: String,
    bytes: Zeroizing<[u8; 32]>,
}

/// What is wrong with a key from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// Its id is not 1 to 32 characters out of letters, digits, `-` and `_`.
    Id,
    /// It is not 32 bytes in base64.
    Length,
    /// Two keys of a ring have the same id.
    Twice,
    /// A line of a ring is not `id base64`.
    Line,
    /// A ring without a key.
    Empty,
    /// A ring of more than 64 keys.
    Many,
    /// A key has other bytes than it had under the same id.
    Changed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyError::Id => {
                "the id of a vault key is 1 to 32 characters out of letters, digits, hyphen and underscore"
            }
            KeyError::Length => {
                "a vault key is 32 random bytes in base64, such as `openssl rand -base64 32` prints"
            }
            KeyError::Twice => "two vault keys have the same id",
            KeyError::Line => {
                "several vault keys are written one a line, each as its id, a blank and 32 bytes in base64"
            }
            KeyError::Empty => "there is no vault key in it",
            KeyError::Many => "there are more than 64 vault keys in it",
            KeyError::Changed => {
                "a vault key has other bytes than before; a different key needs an id of its own"
            }
        })
    }
}

impl std::error::Error for KeyError {}

impl Key {
    /// A key of 32 bytes. The id travels in every ciphertext, so it must not change and must not be reused.
    pub fn new(id: &str, bytes: [u8; 32]) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes);
        let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !plain || !(1..=32).contains(&id.len()) {
            return Err(KeyError::Id);
        }
        Ok(Key { id: id.to_owned(), bytes })
    }

    /// A key as a file or a variable holds it: 32 bytes in base64, blanks around it passed over.
    pub fn from_base64(id: &str, text: &str) -> Result<Self, KeyError> {
        let decoded = STANDARD.decode(text.trim()).map(Zeroizing::new).map_err(|_| KeyError::Length)?;
        let bytes: [u8; 32] = decoded.as_slice().try_into().map_err(|_| KeyError::Length)?;
        Self::new(id, bytes)
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ****)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints() {
        let secret = Secret::new("4242424242424242");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(****) Some(Secret(****))");
        assert_eq!(secret.reveal(), "4242424242424242");
        let key = Key::new("2026-01", [7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "Key(2026-01, ****)");
    }

    #[test]
    fn keys_from_outside() {
        let text = "\tBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n";
        assert_eq!(Key::from_base64("k1", text).unwrap().bytes(), &[7; 32]);
        assert_eq!(Key::from_base64("k1", "BwcH").unwrap_err(), KeyError::Length);
        assert_eq!(Key::from_base64("k1", "no base64!").unwrap_err(), KeyError::Length);
        for id in ["", "a.b", "a b", "ä", "a2345678901234567890123456789012x"] {
            assert_eq!(Key::new(id, [7; 32]).unwrap_err(), KeyError::Id, "{id}");
        }
    }
}
