//! Metadata: the caller's own keys and values (API page "Metadata").
use std::collections::BTreeMap;
use wire::{At, Bad, Node, Shape, Wire};

/// At most this many keys.
const KEYS_MAX: usize = 50;
/// At most this many characters in a key.
const KEY_MAX: usize = 40;
/// At most this many characters in a value.
const VALUE_MAX: usize = 500;

/// Keys and values as stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(pub BTreeMap<String, String>);

/// Metadata as sent: an update merges it, an empty value deletes its key, an empty whole clears everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataPatch {
    clear: bool,
    set: Vec<(String, Option<String>)>,
}

impl MetadataPatch {
    /// Applies the patch. Errors: more than 50 keys.
    pub fn apply(self, to: &mut Metadata) -> Result<(), Bad> {
        if self.clear {
            to.0.clear();
        }
        for (key, value) in self.set {
            match value {
                Some(value) => to.0.insert(key, value),
                None => to.0.remove(&key),
            };
        }
        if to.0.len() > KEYS_MAX {
            let message = format!(
                "You can only store up to {KEYS_MAX} keys of metadata; this would make {}.",
                to.0.len()
            );
            return Err(Bad::Invalid { param: "metadata".into(), code: None, message });
        }
        Ok(())
    }
    /// The metadata of a new object.
    pub fn fresh(self) -> Result<Metadata, Bad> {
        let mut it = Metadata::default();
        self.apply(&mut it)?;
        Ok(it)
    }
}

impl Wire for Metadata {
    const SHAPE: Shape = Shape::Metadata;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            None | Some(Node::Null) => Ok(Metadata::default()),
            Some(Node::Map(entries)) => {
                let one = |(key, value): &(std::borrow::Cow<'_, str>, Node<'_>)| {
                    Ok((key.to_string(), String::read(&at.child(key), Some(value))?))
                };
                entries.iter().map(one).collect::<Result<_, _>>().map(Metadata)
            }
            Some(other) => Err(Bad::not(at, "object", other.to_json())),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (i, (key, value)) in self.0.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            wire::write_str(out, key);
            out.push(b':');
            wire::write_str(out, value);
        }
        out.push(b'}');
    }
}

impl Wire for MetadataPatch {
    const SHAPE: Shape = Shape::Metadata;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let entries = match node {
            None => return Ok(MetadataPatch::default()),
            Some(Node::Form(text)) if text.is_empty() => {
                return Ok(MetadataPatch { clear: true, set: Vec::new() });
            }
            Some(Node::Map(entries)) => entries,
            Some(other) => return Err(Bad::not(at, "object", other.to_json())),
        };
        let mut set = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let place = at.child(key);
            let invalid = |message: String| Bad::Invalid { param: place.path(), code: None, message };
            if key.is_empty() || key.chars().count() > KEY_MAX {
                return Err(invalid(format!("Metadata keys must be 1 to {KEY_MAX} characters long.")));
            }
            if key.contains(['[', ']']) {
                return Err(invalid("Metadata keys can't contain square brackets.".into()));
            }
            let value = match value {
                Node::Null => None,
                Node::Form(text) | Node::Text(text) if text.is_empty() => None,
                Node::Form(text) | Node::Text(text) => Some(text.to_string()),
                _ => {
                    let message = "Metadata values must be strings, but you passed in a hash or an array.";
                    return Err(invalid(message.into()));
                }
            };
            if value.as_ref().is_some_and(|v| v.chars().count() > VALUE_MAX) {
                return Err(invalid(format!("Metadata values can have up to {VALUE_MAX} characters.")));
            }
            set.push((key.to_string(), value));
        }
        Ok(MetadataPatch { clear: false, set })
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.clone().fresh().unwrap_or_default().write(out);
    }
}
