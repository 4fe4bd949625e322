//! Who works on which due work. Leases live in memory: they end with the process that held them, and a file has
//! one process.
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use store::DueKey;

/// Until when (milliseconds) the work under a path is leased.
#[derive(Default)]
pub(crate) struct Leases(Mutex<HashMap<String, i64>>);

impl Leases {
    /// The lock is held while the file is read for work: the writer ends a lease after the COMMIT that took the
    /// work away, so work whose lease has ended is no longer seen by a read that begins under the lock.
    pub(crate) fn hold(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn end<'a>(&self, done: impl IntoIterator<Item = &'a DueKey>) {
        let mut done = done.into_iter().peekable();
        if done.peek().is_none() {
            return;
        }
        let mut leases = self.hold();
        for key in done {
            leases.remove(&key.path());
        }
    }
}
