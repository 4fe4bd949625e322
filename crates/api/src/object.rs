//! What the pipeline must know of a noun: its name, where its objects are kept, and what they are listed by.
use crate::secrets::{Revise, Sealed, revise};
use base::{Named, Timestamp};
use std::borrow::Cow;
use store::{HOUSE, IndexKey, Key};
use wire::{Field, Node, Shaped};

/// Under which account and mode the objects of a noun are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Under the account and mode of the caller.
    Own,
    /// The same, where ids of one noun begin in several ways: keys begin in the first, so that they rise with time
    /// whatever the ids begin with.
    Mixed(&'static str, &'static [&'static str]),
    /// Under its own id, in no mode: accounts.
    Itself,
    /// Under the installation: people, sessions, applications, keys.
    House,
}

impl Place {
    /// An id as it stands in keys.
    pub fn in_key(self, id: &str) -> Cow<'_, str> {
        let Place::Mixed(first, others) = self else { return Cow::Borrowed(id) };
        match others.iter().find_map(|other| id.strip_prefix(other)) {
            Some(rest) => Cow::Owned([first, rest].concat()),
            None => Cow::Borrowed(id),
        }
    }
    /// The key of an object.
    pub fn key(self, kind: &'static str, account: &str, live: bool, id: &str) -> Key {
        match self {
            Place::Own => Key::new(account, live, kind, id),
            Place::Mixed(..) => Key::new(account, live, kind, self.in_key(id).as_ref()),
            Place::Itself => Key::new(id, false, kind, id),
            Place::House => Key::new(HOUSE, false, kind, id),
        }
    }
}

/// With whom an object lies that a reference leads to, where that is not the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abroad {
    /// With the platform that acts for the caller's account; with the caller where none does.
    Platform,
    /// With the account that this member names.
    Member(&'static str),
}

/// Brings the public JSON of a stored object up to the time of the answer.
pub type Fresh = fn(&mut Node<'static>, Timestamp);

/// Shows the public JSON of an object of a mode as another noun, where a reference leads to that; `None` where it cannot.
pub type Face = fn(&Node<'static>, bool, Timestamp) -> Option<Node<'static>>;

/// A stored noun.
pub trait Object: Named + Shaped + Send + Sync + 'static {
    /// Where its objects are kept.
    const PLACE: Place = Place::Own;
    /// Where the API lists them, such as `/v1/charges`; empty where it does not.
    const PATH: &'static str = "";
    /// References to what lies with somebody else: the door that review looks at.
    const ABROAD: &'static [(&'static str, Abroad)] = &[];
    /// What of it follows from the time of the answer.
    const FRESH: Option<Fresh> = None;
    /// The nouns as which it can be shown.
    const FACES: &'static [(&'static str, Face)] = &[];
    /// The public JSON of those that are part of the program and not stored, by their ids.
    const KNOWN: Option<fn(&str) -> Option<Vec<u8>>> = None;
    /// The noun that it is stored as, where it is only another face of that.
    const KEPT_AS: &'static str = Self::NAME;
    /// The id of the object.
    fn id(&self) -> &str;
    /// The keys under which the object is found and listed.
    fn indexes(&self) -> Vec<IndexKey> {
        Vec::new()
    }
    /// Every secret of it that the vault sealed, to be sealed again under another key.
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        Vec::new()
    }
    /// When the object may be swept away, Unix seconds.
    fn expires(&self) -> Option<i64> {
        None
    }
}

/// A noun as data, for rendering: what is expandable, where it is kept, where it is listed.
#[derive(Debug, Clone, Copy)]
pub struct Noun {
    /// The `object` value.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// The public JSON of those that are part of the program, by their ids.
    pub known: Option<fn(&str) -> Option<Vec<u8>>>,
    /// The noun that its objects are stored as.
    pub kept_as: &'static str,
    /// Where its objects are kept.
    pub place: Place,
    /// Where the API lists them.
    pub path: &'static str,
    /// References to what lies with somebody else.
    pub abroad: &'static [(&'static str, Abroad)],
    /// What of it follows from the time of the answer.
    pub fresh: Option<Fresh>,
    /// The nouns as which it can be shown.
    pub faces: &'static [(&'static str, Face)],
    /// How its secrets are sealed again.
    pub revise: Revise,
}

impl Noun {
    /// The noun of a type.
    pub const fn of<T: Object>() -> Self {
        Noun {
            name: T::NAME,
            known: T::KNOWN,
            kept_as: T::KEPT_AS,
            fields: T::FIELDS,
            place: T::PLACE,
            path: T::PATH,
            abroad: T::ABROAD,
            fresh: T::FRESH,
            faces: T::FACES,
            revise: revise::<T>,
        }
    }
}
