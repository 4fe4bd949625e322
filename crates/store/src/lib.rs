//! The store contract: read, list, and commit one unit of work. It knows documents with versions, declared
//! index keys, counters that move without being read, and due work. It knows no resources.
//!
//! The rules that every home must keep, each a test in [`suite`]:
//! 1. a unit is committed whole or not at all, and is durable before `commit` answers;
//! 2. every version that a unit read or replaces must still hold, else the answer is [`Commit::Conflict`];
//! 3. counters never conflict with each other; a floor is checked at commit;
//! 4. a unique index key has one owner at a time in the whole store;
//! 5. a list is a snapshot without protection from phantoms: an invariant over many objects needs an owner
//!    (an object that is read and written, a counter with a floor, or a unique index key);
//! 6. what was acknowledged is seen by every read that starts afterwards;
//! 7. a snapshot is what was there at one moment, in the same order in every home; what is loaded from it into an
//!    empty home reads, lists and is walked as it did before.
pub mod cache;
mod fault;
mod key;
pub mod keys;
mod memory;
mod meters;
mod name;
mod record;
pub mod suite;
mod unit;

pub use base::Fut;
pub use bytes::Bytes;
pub use fault::Fault;
pub use key::{HOUSE, IndexKey, Key, WORLD, within, world_prefix};
pub use memory::Memory;
pub use meters::Meters;
pub use name::declared;
pub use record::{Flaw, GATHERED, Held, Load, Record, Scope, Snapshot};
pub use unit::{Add, Commit, Due, DueKey, PATIENCE, Put, Unit};

use std::{ops::Range, sync::Arc, time::Duration};

/// A stored document: the public JSON, optionally a newline and the hidden fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// Where it is stored.
    pub key: Key,
    /// Rises by one with each write, from 1.
    pub version: u64,
    /// What was put.
    pub body: Bytes,
}

impl Doc {
    /// The public JSON.
    pub fn public(&self) -> Bytes {
        let end = self.body.iter().position(|b| *b == b'\n').unwrap_or(self.body.len());
        self.body.slice(..end)
    }
}

/// What to list: the objects of one account, mode and kind, newest first.
#[derive(Debug, Clone)]
pub struct Query {
    /// Whose.
    pub account: String,
    /// Live or test.
    pub live: bool,
    /// Which kind.
    pub kind: &'static str,
    /// Only those with this value in this declared index.
    pub by: Option<(&'static str, String)>,
    /// Only those older than this id.
    pub after: Option<String>,
    /// Only those newer than this id; the ones next to it are chosen.
    pub before: Option<String>,
    /// How many to pass over first.
    pub skip: usize,
    /// How many at most.
    pub limit: usize,
}

impl Query {
    /// The newest `limit` of a kind, by a declared index where `by` is given.
    pub fn newest(
        account: impl Into<String>,
        live: bool,
        kind: &'static str,
        by: Option<(&'static str, String)>,
        limit: usize,
    ) -> Self {
        Query { account: account.into(), live, kind, by, after: None, before: None, skip: 0, limit }
    }
}

/// Called after a commit that wrote down due work, so that nobody has to poll for it.
pub type DueHook = Arc<dyn Fn() + Send + Sync>;

/// A home of the data.
pub trait Store: Send + Sync {
    /// The document under a key.
    fn get<'a>(&'a self, key: &'a Key) -> Fut<'a, Result<Option<Doc>, Fault>>;
    /// The document that owns a unique index key.
    fn find<'a>(&'a self, index: &'static str, value: &'a str) -> Fut<'a, Result<Option<Doc>, Fault>>;
    /// A page of documents, newest first.
    fn list<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<Vec<Doc>, Fault>>;
    /// How many documents a query without its limit and cursors holds.
    fn count<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<u64, Fault>>;
    /// The counters whose name starts so, by name.
    fn counters<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<(String, i64)>, Fault>>;
    /// Commits a unit of work; durable when it answers [`Commit::Done`].
    fn commit(&self, unit: Unit) -> Fut<'_, Result<Commit, Fault>>;
    /// Leases up to `limit` pieces of due work whose time has come. A lease that is not followed by `done` in a
    /// commit ends after `lease_ms`, or with the process that held it.
    fn claim<'a>(
        &'a self,
        queue: &'static str,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        self.claim_since(queue, i64::MIN, now_ms, lease_ms, limit)
    }
    /// As [`Store::claim`], only work that became due at `since_ms` or later: what is new, past a long line of what is
    /// not.
    fn claim_since<'a>(
        &'a self,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>>;
    /// When the next unleased work of a queue is due, in milliseconds.
    fn next_due<'a>(&'a self, queue: &'static str) -> Fut<'a, Result<Option<i64>, Fault>>;
    /// Gives a lease back before its end.
    fn release(&self, key: &DueKey);
    /// Sets what is called after a commit that wrote down due work.
    fn on_due(&self, hook: DueHook);
    /// How often to look for due work although no hook was called, where other processes write into the same home or
    /// leave work behind when they die; `None` where this process is the only one.
    fn others_every(&self) -> Option<Duration> {
        None
    }
    /// Deletes up to `limit` documents whose `expires` lies before `now` (Unix seconds); returns how many.
    fn sweep(&self, now: i64, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        self.sweep_in(Scope::All, i64::MIN..now, limit)
    }
    /// As [`Store::sweep`], of a scope, and of what expires within these times.
    fn sweep_in(&self, scope: Scope, over: Range<i64>, limit: usize) -> Fut<'_, Result<u64, Fault>>;
    /// Everything of a scope as it is at this moment, including what was acknowledged before.
    fn snapshot(&self, scope: Scope) -> Fut<'_, Result<Box<dyn Snapshot>, Fault>>;
    /// Puts records into the home as they are, and erases accounts; durable when it answers, whole or not at all.
    ///
    /// # Errors
    /// Where a unique index key belongs to a document that is neither erased nor replaced, or the home fails.
    fn load(&self, load: Load) -> Fut<'_, Result<(), Fault>>;
    /// The last call: gives back what would otherwise be found out only after a while, such as leases that other
    /// processes wait for.
    fn close(&self) -> Fut<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
