//! The types that carry meaning, and the plain ones.
use crate::{At, Bad, Node, Shape, Wire, read::shown, text};

/// Left out where there is none (`Option` is written as `null` instead).
#[derive(Debug, Clone, PartialEq)]
pub struct Optional<T>(pub Option<T>);

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Optional(None)
    }
}

impl<T: Wire> Wire for Optional<T> {
    const SHAPE: Shape = Shape::Optional(&T::SHAPE);
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        Option::read(at, node).map(Optional)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

/// Stored beside the object and never shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hidden<T>(pub T);

impl<T: Wire> Wire for Hidden<T> {
    const SHAPE: Shape = Shape::Hidden;
    const HIDDEN: bool = true;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        T::read(at, node).map(Hidden)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn is_absent(&self) -> bool {
        self.0.is_absent()
    }
}

/// Stored beside the object, and shown only where the caller expands it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Included<T>(pub Option<T>);

impl<T: Wire> Wire for Included<T> {
    const SHAPE: Shape = Shape::Included;
    const HIDDEN: bool = true;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        Option::read(at, node).map(Included)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

/// A parameter of an update: not sent, cleared by `""`, or set.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Patch<T> {
    /// Not sent: leave it as it is.
    #[default]
    Keep,
    /// Sent as the empty string: unset it.
    Clear,
    /// Sent.
    Set(T),
}

impl<T> Patch<T> {
    /// Applies the patch to a nullable field; returns whether it was sent.
    pub fn apply(self, field: &mut Option<T>) -> bool {
        match self {
            Patch::Keep => false,
            Patch::Clear => {
                *field = None;
                true
            }
            Patch::Set(it) => {
                *field = Some(it);
                true
            }
        }
    }
}

impl<T: Wire> Wire for Patch<T> {
    const SHAPE: Shape = Shape::Nullable(&T::SHAPE);
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            None => Ok(Patch::Keep),
            Some(Node::Null) => Ok(Patch::Clear),
            Some(Node::Form(text)) if text.is_empty() => Ok(Patch::Clear),
            node => T::read(at, node).map(Patch::Set),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Patch::Set(it) => it.write(out),
            Patch::Keep | Patch::Clear => out.extend_from_slice(b"null"),
        }
    }
    fn is_absent(&self) -> bool {
        matches!(self, Patch::Keep)
    }
}

/// JSON that is carried as it is: the snapshot in an event, a remembered answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw(pub String);

impl Wire for Raw {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        node.map(|node| Raw(node.to_json())).ok_or_else(|| Bad::Missing(at.path()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
}

impl Wire for i64 {
    const SHAPE: Shape = Shape::Integer;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            Some(Node::Integer(n)) => Ok(*n),
            Some(Node::Form(text)) if text.is_empty() => Err(Bad::Empty(at.path())),
            Some(Node::Form(text)) => {
                // `parse` takes a leading plus, the API does not.
                let plain = text.strip_prefix('-').unwrap_or(text);
                let digits = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_digit());
                let parsed = if digits { text.parse().ok() } else { None };
                parsed.ok_or_else(|| Bad::not(at, "integer", shown(&Node::Form(text.clone()))))
            }
            Some(other) => Err(Bad::not(at, "integer", shown(other))),
            None => Err(Bad::Missing(at.path())),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        crate::write::write_i64(out, *self);
    }
}

impl Wire for bool {
    const SHAPE: Shape = Shape::Bool;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            Some(Node::Bool(it)) => Ok(*it),
            Some(Node::Form(text)) => match text.as_ref() {
                "true" => Ok(true),
                "false" => Ok(false),
                "" => Err(Bad::Empty(at.path())),
                _ => Err(Bad::not(at, "boolean", shown(&Node::Form(text.clone())))),
            },
            Some(other) => Err(Bad::not(at, "boolean", shown(other))),
            None => Err(Bad::Missing(at.path())),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Wire for String {
    const SHAPE: Shape = Shape::Text;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        text(at, node).map(str::to_owned)
    }
    fn write(&self, out: &mut Vec<u8>) {
        crate::write_str(out, self);
    }
}

impl<T: Wire> Wire for Option<T> {
    const SHAPE: Shape = Shape::Nullable(&T::SHAPE);
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            None | Some(Node::Null) => Ok(None),
            // A text that is sent empty on creation is simply not set.
            Some(Node::Form(sent)) if sent.is_empty() && matches!(T::SHAPE, Shape::Text) => Ok(None),
            node => T::read(at, node).map(Some),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(it) => it.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

/// The items of a hash whose keys are numbers, in their order: a form may number its items (`a[0]=x&a[1]=y`). It stands by
/// itself so that one sort serves all types.
fn numbered<'n>(node: &'n Node<'_>) -> Option<Vec<(&'n str, &'n Node<'n>)>> {
    let Node::Map(entries) = node else { return None };
    let items = entries.iter().map(|(key, item)| Some((key.parse::<u32>().ok()?, key.as_ref(), item)));
    let mut items: Vec<_> = items.collect::<Option<_>>()?;
    items.sort_by_key(|(number, _, _)| *number);
    Some(items.into_iter().map(|(_, key, item)| (key, item)).collect())
}

impl<T: Wire> Wire for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node {
            None => Ok(Vec::new()),
            Some(Node::Form(sent)) if sent.is_empty() => Ok(Vec::new()),
            Some(Node::List(items)) => {
                let one = |(i, item): (usize, &Node<'_>)| T::read(&at.child(&i.to_string()), Some(item));
                items.iter().enumerate().map(one).collect()
            }
            Some(other) => match numbered(other) {
                Some(items) => {
                    items.into_iter().map(|(key, item)| T::read(&at.child(key), Some(item))).collect()
                }
                None => Err(Bad::not(at, "array", shown(other))),
            },
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (i, item) in self.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            item.write(out);
        }
        out.push(b']');
    }
}

impl<T: Wire> Wire for Box<T> {
    const SHAPE: Shape = T::SHAPE;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        T::read(at, node).map(Box::new)
    }
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }
    fn is_absent(&self) -> bool {
        T::is_absent(self)
    }
}
