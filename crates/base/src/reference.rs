//! References between objects: an id on the wire, expandable into the object.
use std::{fmt, marker::PhantomData};
use wire::{At, Bad, Node, Shape, Wire};

/// A noun: a type whose objects have a name and an id prefix.
pub trait Named {
    /// The `object` value, such as `charge`; also the kind under which it is stored.
    const NAME: &'static str;
    /// The prefix of its ids, without the underscore.
    const PREFIX: &'static str;
}

/// A reference to a `T`: written as its id, or as the object where the caller expands it.
pub struct Ref<T> {
    /// The id of the object.
    pub id: String,
    kind: PhantomData<fn() -> T>,
}

impl<T> Ref<T> {
    /// A reference to the object with this id.
    pub fn to(id: impl Into<String>) -> Self {
        Ref { id: id.into(), kind: PhantomData }
    }
}
impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        Ref::to(self.id.clone())
    }
}
impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}
impl<T: Named> Wire for Ref<T> {
    const SHAPE: Shape = Shape::Reference(T::NAME);
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        String::read(at, node).map(Ref::to)
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, &self.id);
    }
}

/// A page of the `T`s that belong to this object. Nothing of it is stored; it is left out of an answer unless
/// the caller expands it (or an older version wants it), and then loaded through the index named after the
/// owner's kind.
pub struct Sublist<T>(PhantomData<fn() -> T>);

impl<T> Sublist<T> {
    /// The place of the page.
    pub const NEW: Self = Sublist(PhantomData);
}
impl<T> Clone for Sublist<T> {
    fn clone(&self) -> Self {
        Self::NEW
    }
}
impl<T> PartialEq for Sublist<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl<T> fmt::Debug for Sublist<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
impl<T: Named> Wire for Sublist<T> {
    const SHAPE: Shape = Shape::Sublist(T::NAME);
    fn read(_: &At<'_>, _: Option<&Node<'_>>) -> Result<Self, Bad> {
        Ok(Self::NEW)
    }
    fn write(&self, _: &mut Vec<u8>) {}
    fn is_absent(&self) -> bool {
        true
    }
}
