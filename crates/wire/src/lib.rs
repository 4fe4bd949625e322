//! What travels: the shape of a struct, reading it from a form or from JSON with errors that name the
//! parameter, and writing it as JSON bytes straight from its fields.
//!
//! A field's meaning is its type: `Option` is nullable, [`Optional`] is left out where there is none,
//! [`Hidden`] is stored and never shown, [`Included`] only where the caller expands it, [`Patch`] tells "not sent" from "cleared".
// The derive names this crate by its path.
#[cfg(test)]
extern crate self as wire;

mod bad;
mod node;
mod read;
mod types;
mod write;

pub use bad::{At, Bad};
pub use node::Node;
pub use read::{Reader, from_json, from_params, read_struct, read_struct_where, text};
pub use types::{Hidden, Included, Optional, Patch, Raw};
pub use wire_derive::Wire;
pub use write::{Writer, to_json, to_stored, write_str, write_struct};

/// What a value looks like, for expansion, documents and comparison with the published API.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// `true` or `false`.
    Bool,
    /// A whole number; amounts are in minor currency units.
    Integer,
    /// Any text.
    Text,
    /// Unix seconds.
    Time,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Text keys to text values.
    Metadata,
    /// The id of an object of this kind, expandable into it.
    Reference(&'static str),
    /// May be `null`.
    Nullable(&'static Shape),
    /// Left out where there is none.
    Optional(&'static Shape),
    /// Stored, never shown.
    Hidden,
    /// Stored beside the object, and shown only where the caller expands it.
    Included,
    /// A list of these.
    List(&'static Shape),
    /// A page of the objects of this kind that belong to this one, loaded where it is shown.
    Sublist(&'static str),
    /// A hash with these fields.
    Object(&'static [Field]),
    /// Anything.
    Any,
}

/// One field of a struct: its name on the wire, its doc comment and its shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// The doc comment of the field.
    pub doc: &'static str,
    /// What its value looks like.
    pub shape: Shape,
}

/// A value that travels.
pub trait Wire: Sized {
    /// What it looks like.
    const SHAPE: Shape;
    /// Stored beside the public object and never shown.
    const HIDDEN: bool = false;
    /// Reads the value at `at`; `None` means that it was not sent.
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad>;
    /// Appends the value as JSON.
    fn write(&self, out: &mut Vec<u8>);
    /// Whether the whole field is left out when written.
    fn is_absent(&self) -> bool {
        false
    }
}

/// A struct whose fields are known by name; written by `derive(Wire)`.
pub trait Shaped: Sized {
    /// The doc comment of the struct.
    const DOC: &'static str;
    /// Its fields in order.
    const FIELDS: &'static [Field];
    /// Reads every field.
    fn read_fields(from: &mut Reader<'_, '_>) -> Result<Self, Bad>;
    /// Writes the public fields.
    fn write_fields(&self, to: &mut Writer<'_>);
    /// Writes the hidden fields.
    fn write_hidden(&self, to: &mut Writer<'_>);
}

#[cfg(test)]
mod tests;
