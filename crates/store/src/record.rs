//! Everything that a home holds, as data: to be walked in one order in every home, and to be loaded into another.
use crate::{Bytes, Doc, Due, DueKey, Fault, Fut, IndexKey, Key};

/// One thing that a home holds. Documents come first, by path, then counters, by name, then due work, by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A document with all that belongs to it.
    Doc(Held),
    /// A counter.
    Counter {
        /// Its name, led by account and mode.
        name: String,
        /// Where it stands.
        value: i64,
    },
    /// Work that waits. Leases are not part of a record: they end with their process.
    Due(Due),
}

/// A document with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The document, with the version that it has.
    pub doc: Doc,
    /// Every index key that it has, sorted.
    pub index: Vec<IndexKey>,
    /// When it may be swept away, Unix seconds.
    pub expires: Option<i64>,
}

impl Record {
    /// Whose it is; `None` for work that belongs to no account.
    pub fn account(&self) -> Option<&str> {
        match self {
            Record::Doc(held) => Some(&held.doc.key.account),
            Record::Counter { name, .. } => name.split_once('/').map(|(account, _)| account),
            Record::Due(due) => due.key.account(),
        }
    }
    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        match self {
            Record::Doc(Held { doc, index, .. }) => {
                let keys: usize = index.iter().map(|key| key.index.len() + key.value.len()).sum();
                doc.body.len() + doc.key.account.len() + doc.key.kind.len() + doc.key.id.len() + keys
            }
            Record::Counter { name, .. } => name.len() + size_of::<i64>(),
            Record::Due(Due { key, body }) => body.len() + key.queue.len() + key.id.len(),
        }
    }
}

/// Of what a snapshot is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Of everything.
    All,
    /// Of these accounts: their documents, counters and due work.
    Accounts(Vec<String>),
    /// Of everything whose name begins with one of these texts: the paths of documents, the names of counters, the
    /// ids of due work.
    Under(Vec<String>),
}

impl Default for Scope {
    /// Of nothing.
    fn default() -> Self {
        Scope::Under(Vec::new())
    }
}

impl Scope {
    /// What the names of everything in scope begin with, in the order of names; `None` for everything. No two of
    /// them cover the same name.
    pub fn spaces(&self) -> Option<Vec<String>> {
        let mut spaces: Vec<String> = match self {
            Scope::All => return None,
            // Sorted with their slash: `a-b/` comes before `a/`.
            Scope::Accounts(named) => named.iter().map(|account| format!("{account}/")).collect(),
            Scope::Under(beginnings) => beginnings.clone(),
        };
        spaces.sort_unstable();
        // What one of them covers follows right after it.
        spaces.dedup_by(|next, kept| next.starts_with(kept.as_str()));
        Some(spaces)
    }
    /// Whether it covers this work.
    pub fn holds(&self, due: &DueKey) -> bool {
        match self {
            Scope::All => true,
            Scope::Accounts(named) => {
                due.account().is_some_and(|account| named.iter().any(|it| it == account))
            }
            Scope::Under(beginnings) => beginnings.iter().any(|it| due.id.starts_with(it.as_str())),
        }
    }
}

/// How many bytes of records [`Snapshot::next`] gathers before it stops short of its limit.
pub const GATHERED: usize = 1024 * 1024;

/// What a home held at one moment, whatever is written meanwhile.
pub trait Snapshot: Send {
    /// The next records in order: up to `limit`, fewer where they are large, none at the end.
    fn next(&mut self, limit: usize) -> Fut<'_, Result<Vec<Record>, Fault>>;
    /// Goes back to the first record of the same moment.
    fn rewind(&mut self);
    /// Goes to the first document whose path comes after this text. Only for a snapshot of everything.
    fn seek(&mut self, path: &str);
    /// Goes to the first piece of due work, past all documents and counters; a snapshot that cannot stays where it is.
    fn to_work(&mut self) {}
    /// Tells what the home knows to be wrong with its own bookkeeping: keys that cannot be read, entries of
    /// indexes without their documents, documents without their entries. Only for a snapshot of everything.
    fn audit<'a>(&'a mut self, tell: &'a mut (dyn FnMut(Flaw) + Send)) -> Fut<'a, Result<(), Fault>>;
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// What it was found at, such as the path of a document.
    pub at: String,
    /// What must be there.
    pub expected: String,
    /// What is there instead.
    pub found: String,
}

impl Flaw {
    /// A flaw.
    pub fn new(at: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Flaw { at: at.into(), expected: expected.into(), found: found.into() }
    }
}

/// Records to be put into a home as they are, in one transaction. It is no unit of work: nothing is compared with
/// what was read, nobody is woken for a conflict, and a version may fall.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Of what everything is erased first: documents with their index keys, counters and due work.
    pub erase: Scope,
    /// What is put; whatever has the same name is replaced.
    pub records: Vec<Record>,
}

impl Held {
    /// A document without index keys that stays.
    pub fn plain(key: Key, version: u64, body: impl Into<Bytes>) -> Self {
        Held { doc: Doc { key, version, body: body.into() }, index: Vec::new(), expires: None }
    }
}
