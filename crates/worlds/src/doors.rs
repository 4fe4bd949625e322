//! Doors: by which world a request is answered. What a caller shows (a key, a client id, a session, an address) is
//! a unique index key more of the document that it stands for, in the home that all worlds share: written in the
//! commit of the document, gone with it. The document's account tells the world.
//!
//! The world that names without a tag belong to has no doors: there the documents themselves are looked for first.
use api::{
    Object as _,
    access::{Application, Credential},
};
use base::Named as _;
use resources::connect::{
    account::Account,
    session::Session,
    user::{self, User},
};
use store::{IndexKey, Key};

/// The index of doors.
pub(crate) const INDEX: &str = "door";

/// What a caller shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shown {
    /// The digest of a key or token.
    Key(String),
    /// A client id.
    Client(String),
    /// The digest of a session's token.
    Session(String),
    /// An address that somebody signs in with.
    Email(String),
    /// An account.
    Account(String),
}

impl Shown {
    /// The value of the door.
    pub(crate) fn door(&self) -> String {
        let (letter, rest) = match self {
            Shown::Key(it) => ('k', it),
            Shown::Client(it) => ('c', it),
            Shown::Session(it) => ('s', it),
            Shown::Email(it) => ('e', it),
            Shown::Account(it) => ('a', it),
        };
        format!("{letter}|{rest}")
    }
    /// The document that it stands for, where the world of names without a tag has it; `None` for addresses, which
    /// are found by their index.
    pub(crate) fn key(&self) -> Option<Key> {
        Some(match self {
            Shown::Key(id) => Credential::PLACE.key(Credential::NAME, "", false, id),
            Shown::Client(id) => Application::PLACE.key(Application::NAME, "", false, id),
            Shown::Session(id) => Session::PLACE.key(Session::NAME, "", false, id),
            Shown::Account(id) => Account::PLACE.key(Account::NAME, "", false, id),
            Shown::Email(_) => return None,
        })
    }
    /// Whether another world may have the same: then the door stays with whoever was first. People write down their
    /// own addresses, and a copy of a world has the accounts of its original.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Shown::Email(_) | Shown::Account(_))
    }
    /// The index key.
    pub(crate) fn index(&self) -> IndexKey {
        IndexKey::unique(INDEX, self.door())
    }
}

/// What leads to a document of this kind, whatever its index keys are.
pub(crate) fn of_key(key: &Key) -> Option<Shown> {
    let id = || key.id.clone();
    Some(match key.kind {
        Credential::NAME => Shown::Key(id()),
        Application::NAME => Shown::Client(id()),
        Session::NAME => Shown::Session(id()),
        Account::NAME => Shown::Account(id()),
        _ => return None,
    })
}

/// What leads to documents by these index keys.
pub(crate) fn of_index<'i>(key: &Key, index: &'i [IndexKey]) -> impl Iterator<Item = Shown> + 'i {
    let is_user = key.kind == User::NAME;
    let of = move |it: &&IndexKey| is_user && it.unique && it.index == user::EMAIL;
    index.iter().filter(of).map(|it| Shown::Email(it.value.clone()))
}
