//! A tree as it arrived: a form with brackets or a JSON document, borrowed from its bytes where possible.
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

/// One value of a tree. Forms and JSON documents are both read from it.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// JSON `null`.
    Null,
    /// A JSON boolean.
    Bool(bool),
    /// A JSON integer.
    Integer(i64),
    /// A JSON number that is not an integer; kept so that a document survives, never used for money.
    Float(f64),
    /// A JSON string.
    Text(Cow<'a, str>),
    /// A form value: always text, with `""` meaning "unset".
    Form(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// A hash, in the order of arrival.
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// The child called `name` of a hash.
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        match self {
            Node::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, node)| node),
            _ => None,
        }
    }
    /// Takes the child called `name` out of a hash.
    pub fn take(&mut self, name: &str) -> Option<Node<'a>> {
        match self {
            Node::Map(entries) => {
                let at = entries.iter().position(|(key, _)| key == name)?;
                Some(entries.remove(at).1)
            }
            _ => None,
        }
    }
    /// Sets the child called `name` of a hash; other nodes are left as they are.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, node: Node<'a>) {
        let name = name.into();
        if let Node::Map(entries) = self {
            entries.retain(|(key, _)| *key != name);
            entries.push((name, node));
        }
    }
    /// The child called `name` of a hash, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        match self {
            Node::Map(entries) => entries.iter_mut().find(|(key, _)| key == name).map(|(_, node)| node),
            _ => None,
        }
    }
    /// Gives the child called `from` the name `to`, in its place.
    pub fn rename(&mut self, from: &str, to: &'static str) {
        if let Node::Map(entries) = self
            && let Some((key, _)) = entries.iter_mut().find(|(key, _)| key == from)
        {
            *key = Cow::Borrowed(to);
        }
    }
    /// A JSON string.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Node::Text(text.into())
    }
    /// Reads a JSON document.
    pub fn parse(json: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }
    /// The integer of a JSON number.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Node::Integer(n) => Some(*n),
            _ => None,
        }
    }
    /// Whether it is JSON `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Node::Null)
    }
    /// The same tree, borrowed from nothing.
    pub fn into_owned(self) -> Node<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Node::Null => Node::Null,
            Node::Bool(it) => Node::Bool(it),
            Node::Integer(it) => Node::Integer(it),
            Node::Float(it) => Node::Float(it),
            Node::Text(it) => Node::Text(own(it)),
            Node::Form(it) => Node::Form(own(it)),
            Node::List(items) => Node::List(items.into_iter().map(Node::into_owned).collect()),
            Node::Map(entries) => {
                Node::Map(entries.into_iter().map(|(key, node)| (own(key), node.into_owned())).collect())
            }
        }
    }
    /// A form that was written as JSON, as it came: its texts read as numbers, too. Borrowed from nothing.
    pub fn into_form(self) -> Node<'static> {
        match self {
            Node::Text(text) => Node::Form(Cow::Owned(text.into_owned())),
            Node::List(items) => Node::List(items.into_iter().map(Node::into_form).collect()),
            Node::Map(entries) => Node::Map(
                entries
                    .into_iter()
                    .map(|(key, node)| (Cow::Owned(key.into_owned()), node.into_form()))
                    .collect(),
            ),
            other => other.into_owned(),
        }
    }
    /// The text of a string or form value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Node::Text(text) | Node::Form(text) => Some(text),
            _ => None,
        }
    }
    /// Appends the tree as JSON, keys in order.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Node::Null => out.extend_from_slice(b"null"),
            Node::Bool(true) => out.extend_from_slice(b"true"),
            Node::Bool(false) => out.extend_from_slice(b"false"),
            Node::Integer(n) => crate::write::write_i64(out, *n),
            Node::Float(n) => out.extend_from_slice(n.to_string().as_bytes()),
            Node::Text(text) | Node::Form(text) => crate::write_str(out, text),
            Node::List(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Node::Map(entries) => {
                out.push(b'{');
                for (i, (key, node)) in entries.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    crate::write_str(out, key);
                    out.push(b':');
                    node.write(out);
                }
                out.push(b'}');
            }
        }
    }
    /// The tree as JSON text.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }
    fn visit_bool<E: Error>(self, it: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(it))
    }
    fn visit_i64<E: Error>(self, it: i64) -> Result<Node<'de>, E> {
        Ok(Node::Integer(it))
    }
    fn visit_u64<E: Error>(self, it: u64) -> Result<Node<'de>, E> {
        i64::try_from(it).map(Node::Integer).map_err(|_| E::custom("a number beyond 64 bits"))
    }
    fn visit_f64<E: Error>(self, it: f64) -> Result<Node<'de>, E> {
        Ok(Node::Float(it))
    }
    fn visit_borrowed_str<E: Error>(self, it: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(it)))
    }
    fn visit_str<E: Error>(self, it: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(it.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(KeyOf(key)) = map.next_key()? {
            entries.push((key, map.next_value()?));
        }
        Ok(Node::Map(entries))
    }
}

/// A map key, borrowed where the document allows it.
struct KeyOf<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for KeyOf<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = KeyOf<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: Error>(self, it: &'de str) -> Result<KeyOf<'de>, E> {
                Ok(KeyOf(Cow::Borrowed(it)))
            }
            fn visit_str<E: Error>(self, it: &str) -> Result<KeyOf<'de>, E> {
                Ok(KeyOf(Cow::Owned(it.to_owned())))
            }
        }
        from.deserialize_str(V)
    }
}
