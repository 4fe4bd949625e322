//! A home of the data that is watched, and meddled with.
use crate::testing::Bench;
use base::{Fut, Seeded};
use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};
use store::{Commit, Doc, Due, DueHook, DueKey, Fault, Key, Load, Query, Scope, Snapshot, Store, Unit};

type Meddling = Box<dyn FnOnce() + Send>;

/// A home that keeps a copy of everything that was ever written to it.
struct Watched {
    home: Arc<dyn Store>,
    written: Arc<Mutex<String>>,
    /// What happens just before the first commit, as if somebody else had been quicker.
    before: Mutex<Option<Meddling>>,
}

impl Store for Watched {
    fn get<'a>(&'a self, key: &'a Key) -> Fut<'a, Result<Option<Doc>, Fault>> {
        self.home.get(key)
    }
    fn find<'a>(&'a self, index: &'static str, value: &'a str) -> Fut<'a, Result<Option<Doc>, Fault>> {
        self.home.find(index, value)
    }
    fn list<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<Vec<Doc>, Fault>> {
        self.home.list(query)
    }
    fn count<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<u64, Fault>> {
        self.home.count(query)
    }
    fn counters<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<(String, i64)>, Fault>> {
        self.home.counters(prefix)
    }
    fn commit(&self, unit: Unit) -> Fut<'_, Result<Commit, Fault>> {
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(meddle) = before {
            meddle();
        }
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in &unit.checks {
            *written += &format!("\ncheck {}\n", key.path());
        }
        for put in &unit.puts {
            if put.expect > 0 {
                *written += &format!("\nreplace {}\n", put.key.path());
            }
            *written += &put.key.path();
            put.body.iter().for_each(|body| *written += &String::from_utf8_lossy(body));
        }
        unit.due.iter().for_each(|due| *written += &String::from_utf8_lossy(&due.body));
        self.home.commit(unit)
    }
    fn claim_since<'a>(
        &'a self,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        self.home.claim_since(queue, since_ms, now_ms, lease_ms, limit)
    }
    fn next_due<'a>(&'a self, queue: &'static str) -> Fut<'a, Result<Option<i64>, Fault>> {
        self.home.next_due(queue)
    }
    fn release(&self, key: &DueKey) {
        self.home.release(key);
    }
    fn on_due(&self, hook: DueHook) {
        self.home.on_due(hook);
    }
    fn sweep_in(&self, scope: Scope, over: Range<i64>, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        self.home.sweep_in(scope, over, limit)
    }
    fn snapshot(&self, scope: Scope) -> Fut<'_, Result<Box<dyn Snapshot>, Fault>> {
        self.home.snapshot(scope)
    }
    fn load(&self, load: Load) -> Fut<'_, Result<(), Fault>> {
        self.home.load(load)
    }
}

/// A world, and everything that is written in it from now on.
pub(crate) fn recorded() -> (Bench, Arc<Mutex<String>>) {
    let mut bench = Bench::new();
    let written = Arc::new(Mutex::new(String::new()));
    let home = bench.api.world.store.clone();
    bench.api.world.store = Arc::new(Watched { home, written: written.clone(), before: Mutex::new(None) });
    (bench, written)
}

/// The same world, in which `meddle` is done by somebody else just before the next commit.
pub(crate) fn meddled(bench: &mut Bench, meddle: impl FnOnce(&Bench) + Send + 'static) {
    let home = bench.api.world.store.clone();
    let mut other = Bench::new();
    other.api.world.store = home.clone();
    // Otherwise both would make the same ids.
    other.api.world.entropy = Arc::new(Seeded::from_number(2));
    let before: Meddling = Box::new(move || meddle(&other));
    bench.api.world.store =
        Arc::new(Watched { home, written: Arc::default(), before: Mutex::new(Some(before)) });
}
