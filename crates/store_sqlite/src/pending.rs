//! What was acknowledged and readers of the file do not see yet, because the transaction of the tables that holds it
//! is still open. The cache has it; whoever must read the file asks here first, and has the writer commit where it is
//! missed.
use std::{
    collections::HashSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use store::cache::Hashed;

/// The hashes of what has changed: documents, spaces of documents, unique keys. That two are the same by chance costs
/// a COMMIT and nothing else.
#[derive(Default)]
pub(crate) struct Pending {
    any: AtomicBool,
    names: Mutex<HashSet<u64, Hashed>>,
}

impl Pending {
    fn names(&self) -> MutexGuard<'_, HashSet<u64, Hashed>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Before anything of it is made known.
    pub(crate) fn add(&self, hashes: impl IntoIterator<Item = u64>) {
        self.names().extend(hashes);
        self.any.store(true, Ordering::Release);
    }
    /// After a COMMIT.
    pub(crate) fn clear(&self) {
        self.any.store(false, Ordering::Release);
        self.names().clear();
    }
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }
    pub(crate) fn has(&self, hash: u64) -> bool {
        self.any() && self.names().contains(&hash)
    }
}
