//! Reading: from a tree into a struct, field by field, with errors that name the parameter.
use crate::{At, Bad, Node, Shaped, Wire};
use std::borrow::Cow;

/// Hands out the fields of one hash and remembers which keys nobody asked for.
pub struct Reader<'n, 'a> {
    at: &'n At<'n>,
    entries: &'n [(Cow<'a, str>, Node<'a>)],
    /// A second hash that the first does not answer for: the hidden fields of a stored object.
    beside: &'n [(Cow<'a, str>, Node<'a>)],
    next: usize,
    known: Vec<&'static str>,
}

impl<'n, 'a> Reader<'n, 'a> {
    /// Reads the field called `name`.
    pub fn field<T: Wire>(&mut self, name: &'static str) -> Result<T, Bad> {
        if self.at.strict {
            self.known.push(name);
        }
        let node = if T::HIDDEN { find(self.beside, name) } else { self.find(name) };
        T::read(&self.at.child(name), node)
    }

    /// Stored objects are written in the order of their fields, so the wanted key is nearly always the next.
    fn find(&mut self, name: &str) -> Option<&'n Node<'a>> {
        if let Some((key, node)) = self.entries.get(self.next)
            && key == name
        {
            self.next += 1;
            return Some(node);
        }
        let at = self.entries.iter().position(|(key, _)| key == name)?;
        self.next = at + 1;
        Some(&self.entries[at].1)
    }

    fn unknown(&self) -> Vec<String> {
        let strangers = self.entries.iter().filter(|(key, _)| !self.known.contains(&key.as_ref()));
        strangers.map(|(key, _)| self.at.child(key).path()).collect()
    }
}

fn find<'n, 'a>(entries: &'n [(Cow<'a, str>, Node<'a>)], name: &str) -> Option<&'n Node<'a>> {
    entries.iter().find(|(key, _)| key == name).map(|(_, node)| node)
}

/// Reads a struct from a hash.
pub fn read_struct<T: Shaped>(at: &At<'_>, node: Option<&Node<'_>>) -> Result<T, Bad> {
    read_struct_where(at, node, &[])
}

/// Reads a struct from a hash, its hidden fields from `beside`.
pub fn read_struct_where<'n, 'a, T: Shaped>(
    at: &'n At<'n>,
    node: Option<&'n Node<'a>>,
    beside: &'n [(Cow<'a, str>, Node<'a>)],
) -> Result<T, Bad> {
    let entries = match node {
        Some(Node::Map(entries)) => entries,
        Some(Node::Form(text)) if text.is_empty() => return Err(Bad::Empty(at.path())),
        Some(other) => return Err(Bad::not(at, "object", shown(other))),
        None => return Err(Bad::Missing(at.path())),
    };
    let mut from = Reader { at, entries, beside, next: 0, known: Vec::new() };
    let it = T::read_fields(&mut from)?;
    if at.strict {
        let unknown = from.unknown();
        if !unknown.is_empty() {
            return Err(Bad::Unknown(unknown));
        }
    }
    Ok(it)
}

/// Reads the parameters of a request: keys that no field names are errors.
pub fn from_params<T: Shaped>(params: &Node<'_>) -> Result<T, Bad> {
    // A missing parameter is reported before an unknown one, as the API does; both need the whole struct.
    read_struct(&At::top(true), Some(params))
}

/// Reads a stored object: `body` is the public JSON, optionally followed by a newline and the hidden fields.
pub fn from_json<T: Shaped>(body: &[u8]) -> Result<T, Bad> {
    let (node, beside) = halves(body)?;
    read_struct_where(&At::top(false), Some(&node), &beside)
}

/// The fields of a hash, in their order.
type Entries<'a> = Vec<(Cow<'a, str>, Node<'a>)>;

/// The public JSON and the hidden fields of a stored object.
fn halves(body: &[u8]) -> Result<(Node<'_>, Entries<'_>), Bad> {
    let bad = |message| Bad::Invalid { param: String::new(), code: None, message };
    let parsed = |json| serde_json::from_slice::<Node<'_>>(json).map_err(|error| bad(error.to_string()));
    let end = body.iter().position(|b| *b == b'\n').unwrap_or(body.len());
    let node = parsed(&body[..end])?;
    match body.get(end + 1..).filter(|rest| !rest.is_empty()).map(parsed).transpose()? {
        None => Ok((node, Vec::new())),
        Some(Node::Map(beside)) => Ok((node, beside)),
        Some(_) => Err(bad("hidden fields are no hash".into())),
    }
}

/// The longest text of a parameter, in characters; most have limits of their own below this.
const TEXT_MAX: usize = 40_000;

/// The text of a string, which must be there and not be empty.
pub fn text<'n>(at: &At<'_>, node: Option<&'n Node<'_>>) -> Result<&'n str, Bad> {
    match node {
        Some(Node::Form(text)) if text.is_empty() => Err(Bad::Empty(at.path())),
        Some(Node::Form(text)) if text.len() > TEXT_MAX && text.chars().count() > TEXT_MAX => {
            let message = format!("Invalid string: must be at most {TEXT_MAX} characters.");
            Err(Bad::Invalid { param: at.path(), code: None, message })
        }
        Some(Node::Text(text) | Node::Form(text)) => Ok(text),
        Some(other) => Err(Bad::not(at, "string", shown(other))),
        None => Err(Bad::Missing(at.path())),
    }
}

/// A value for an error message: bounded, so that a hostile body is not echoed whole.
pub(crate) fn shown(node: &Node<'_>) -> String {
    let text = match node {
        Node::Text(text) | Node::Form(text) => text.to_string(),
        other => other.to_json(),
    };
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
