//! The unit of work: everything one request changes.
use crate::{Bytes, IndexKey, Key, name};
use std::time::Duration;

/// A document to be written.
#[derive(Debug, Clone)]
pub struct Put {
    /// Where.
    pub key: Key,
    /// The version that it replaces; 0 where nothing may be there.
    pub expect: u64,
    /// What; `None` deletes. It is kept in memory as it is, so it should not be a slice of something larger.
    pub body: Option<Bytes>,
    /// Index keys that the document has from now on and had not before.
    pub index: Vec<IndexKey>,
    /// Index keys that it had and has no more.
    pub stale: Vec<IndexKey>,
    /// When it may be swept away, Unix seconds.
    pub expires: Option<i64>,
}

/// Moves a counter without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Add {
    /// The counter's name, led by account and mode.
    pub counter: String,
    /// By how much.
    pub by: i64,
    /// Refused where the counter would end below this.
    pub floor: Option<i64>,
}

/// The name of a piece of due work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DueKey {
    /// Which queue.
    pub queue: &'static str,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Which; `account/…` where the work belongs to an account and goes with it.
    pub id: String,
}

impl DueKey {
    /// Text that sorts by queue, then time.
    pub fn path(&self) -> String {
        format!("{}/{:014}/{}", self.queue, self.at_ms, self.id)
    }
    /// The reverse of [`DueKey::path`]; `None` where the text is no path.
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.splitn(3, '/');
        let (queue, at, id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(DueKey { queue: name::declared(queue), at_ms: at.parse().ok()?, id: id.to_owned() })
    }
    /// The account to which the work belongs.
    pub fn account(&self) -> Option<&str> {
        self.id.split_once('/').map(|(account, _)| account)
    }
}

/// Something that must happen later, written down in the commit that made it necessary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its name and time.
    pub key: DueKey,
    /// What to do; read by the queue's worker.
    pub body: Bytes,
}

/// How long a unit for which nobody waits may wait for others that become durable at the same price.
pub const PATIENCE: Duration = Duration::from_millis(5);

/// Everything one request changes, committed whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// Versions that were read and must still hold; 0 where nothing was there.
    pub checks: Vec<(Key, u64)>,
    /// Documents.
    pub puts: Vec<Put>,
    /// Counters.
    pub adds: Vec<Add>,
    /// Work to be done later.
    pub due: Vec<Due>,
    /// Work that is done, or was replaced.
    pub done: Vec<DueKey>,
    /// Nobody is kept waiting by it: a home may make it durable together with what comes within [`PATIENCE`].
    pub patient: bool,
}

impl Unit {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.adds.is_empty() && self.due.is_empty() && self.done.is_empty()
    }
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit {
    /// It is durable.
    Done,
    /// Somebody else changed what it had read: look again, decide again.
    Conflict,
    /// A unique index key belongs to another document.
    Duplicate {
        /// The index.
        index: &'static str,
    },
    /// A counter would fall below its floor.
    Floor {
        /// The counter.
        counter: String,
    },
}
