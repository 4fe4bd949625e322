//! The home in memory: the contract in its plainest form, for tests and for servers that need not remember.
mod records;

use crate::{
    Commit, Doc, Due, DueHook, DueKey, Fault, Fut, Held, IndexKey, Key, Load, Put, Query, Scope, Snapshot,
    Store, Unit, keys::listed_path,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Documents in ordered maps behind one lock.
#[derive(Default)]
pub struct Memory {
    state: Mutex<State>,
    hook: Mutex<Option<DueHook>>,
}

#[derive(Default)]
struct State {
    docs: BTreeMap<String, Held>,
    unique: BTreeMap<String, String>,
    listed: BTreeSet<String>,
    counters: BTreeMap<String, i64>,
    due: BTreeMap<String, Due>,
    leases: HashMap<String, i64>,
}

impl Memory {
    /// An empty home.
    pub fn new() -> Self {
        Memory::default()
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn version(&self, key: &Key) -> u64 {
        self.docs.get(&key.path()).map_or(0, |kept| kept.doc.version)
    }

    /// Everything is looked at before anything is changed, so a refusal leaves no trace.
    fn refusal(&self, unit: &Unit) -> Result<Option<Commit>, Fault> {
        let moved = |(key, version): &(Key, u64)| self.version(key) != *version;
        if unit.checks.iter().any(moved) || unit.puts.iter().any(|put| self.version(&put.key) != put.expect) {
            return Ok(Some(Commit::Conflict));
        }
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for put in &unit.puts {
            for index in put.index.iter().filter(|i| i.unique) {
                let path = IndexKey::unique_path(index.index, &index.value);
                let me = put.key.path();
                let owner = self.unique.get(&path).filter(|owner| {
                    let gives =
                        |p: &Put| (p.body.is_none() || p.stale.contains(index)) && p.key.path() == **owner;
                    !unit.puts.iter().any(gives)
                });
                if owner.is_some_and(|o| *o != me) || taken.insert(path, me.clone()).is_some_and(|o| o != me)
                {
                    return Ok(Some(Commit::Duplicate { index: index.index }));
                }
            }
        }
        let mut ends: BTreeMap<&str, i64> = BTreeMap::new();
        for add in &unit.adds {
            let end = ends
                .entry(&add.counter)
                .or_insert_with(|| self.counters.get(&add.counter).copied().unwrap_or(0));
            *end = end
                .checked_add(add.by)
                .ok_or_else(|| Fault::broken(format!("the counter {} cannot hold so much", add.counter)))?;
            if add.floor.is_some_and(|floor| *end < floor) {
                return Ok(Some(Commit::Floor { counter: add.counter.clone() }));
            }
        }
        Ok(None)
    }

    fn apply(&mut self, unit: Unit) {
        for put in &unit.puts {
            for stale in &put.stale {
                self.drop_entry(&put.key, stale);
            }
        }
        for put in unit.puts {
            let path = put.key.path();
            let Some(body) = put.body else {
                self.remove(&path);
                continue;
            };
            let mut index = self.docs.remove(&path).map(|kept| kept.index).unwrap_or_default();
            index.retain(|key| !put.stale.contains(key));
            index.extend(put.index);
            let doc = Doc { key: put.key, version: put.expect + 1, body };
            self.insert(path, Held { doc, index, expires: put.expires });
        }
        for add in unit.adds {
            *self.counters.entry(add.counter).or_insert(0) += add.by;
        }
        for key in unit.done {
            self.due.remove(&key.path());
            self.leases.remove(&key.path());
        }
        for due in unit.due {
            self.due.insert(due.key.path(), due);
        }
    }

    /// Puts a document with its entries; there is none under its path.
    fn insert(&mut self, path: String, mut held: Held) {
        held.index.sort();
        held.index.dedup();
        for index in &held.index {
            if index.unique {
                self.unique.insert(IndexKey::unique_path(index.index, &index.value), path.clone());
            } else {
                self.listed.insert(listed_path(&held.doc.key, index.index, &index.value));
            }
        }
        self.docs.insert(path, held);
    }

    fn remove(&mut self, path: &str) {
        if let Some(kept) = self.docs.remove(path) {
            for index in &kept.index {
                self.drop_entry(&kept.doc.key, index);
            }
        }
    }

    /// Takes away an entry of a document; a unique key that has gone to another one stays.
    fn drop_entry(&mut self, key: &Key, index: &IndexKey) {
        if !index.unique {
            self.listed.remove(&listed_path(key, index.index, &index.value));
            return;
        }
        let unique = IndexKey::unique_path(index.index, &index.value);
        if self.unique.get(&unique).is_some_and(|owner| *owner == key.path()) {
            self.unique.remove(&unique);
        }
    }

    fn matching(&self, query: &Query) -> Vec<Doc> {
        let space = Key::space(&query.account, query.live, query.kind);
        let of_space = |path: &String| self.docs.get(path).map(|kept| kept.doc.clone());
        let mut docs: Vec<Doc> = match &query.by {
            None => {
                let range = self.docs.range(space.clone()..).take_while(|(path, _)| path.starts_with(&space));
                range.map(|(_, kept)| kept.doc.clone()).collect()
            }
            Some((index, value)) => {
                let prefix = IndexKey::listed_space(&space, index, value);
                let range = self.listed.range(prefix.clone()..).take_while(|path| path.starts_with(&prefix));
                range.filter_map(|path| of_space(&(space.clone() + &path[prefix.len()..]))).collect()
            }
        };
        docs.reverse();
        docs
    }
}

impl Store for Memory {
    fn get<'a>(&'a self, key: &'a Key) -> Fut<'a, Result<Option<Doc>, Fault>> {
        let doc = self.state().docs.get(&key.path()).map(|kept| kept.doc.clone());
        Box::pin(async move { Ok(doc) })
    }

    fn find<'a>(&'a self, index: &'static str, value: &'a str) -> Fut<'a, Result<Option<Doc>, Fault>> {
        let state = self.state();
        let owner = state.unique.get(&IndexKey::unique_path(index, value));
        let doc = owner.and_then(|path| state.docs.get(path)).map(|kept| kept.doc.clone());
        Box::pin(async move { Ok(doc) })
    }

    fn list<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<Vec<Doc>, Fault>> {
        let mut docs = self.state().matching(query);
        if let Some(after) = &query.after {
            docs.retain(|doc| doc.key.id < *after);
        }
        if let Some(before) = &query.before {
            docs.retain(|doc| doc.key.id > *before);
            let from = docs.len().saturating_sub(query.limit);
            docs.drain(..from);
        }
        let page = docs.into_iter().skip(query.skip).take(query.limit).collect();
        Box::pin(async move { Ok(page) })
    }

    fn count<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<u64, Fault>> {
        let count = self.state().matching(query).len() as u64;
        Box::pin(async move { Ok(count) })
    }

    fn counters<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<(String, i64)>, Fault>> {
        let state = self.state();
        let range =
            state.counters.range(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix));
        let found = range.map(|(name, value)| (name.clone(), *value)).collect();
        Box::pin(async move { Ok(found) })
    }

    fn commit(&self, unit: Unit) -> Fut<'_, Result<Commit, Fault>> {
        let mut state = self.state();
        let (refusal, wakes) = (state.refusal(&unit), !unit.due.is_empty());
        if matches!(refusal, Ok(None)) {
            state.apply(unit);
        }
        drop(state);
        if wakes && let Some(hook) = &*self.hook.lock().unwrap_or_else(PoisonError::into_inner) {
            hook();
        }
        Box::pin(async move { Ok(refusal?.unwrap_or(Commit::Done)) })
    }

    fn claim_since<'a>(
        &'a self,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        let mut state = self.state();
        let prefix = format!("{queue}/");
        let ready = state.due.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        let ready = ready.filter(|(path, due)| {
            (since_ms..=now_ms).contains(&due.key.at_ms)
                && state.leases.get(*path).is_none_or(|until| *until <= now_ms)
        });
        let claimed: Vec<Due> = ready.take(limit).map(|(_, due)| due.clone()).collect();
        for due in &claimed {
            state.leases.insert(due.key.path(), now_ms + lease_ms);
        }
        Box::pin(async move { Ok(claimed) })
    }

    fn next_due<'a>(&'a self, queue: &'static str) -> Fut<'a, Result<Option<i64>, Fault>> {
        let state = self.state();
        let prefix = format!("{queue}/");
        let mut waiting = state.due.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        let next = waiting.find(|(path, _)| !state.leases.contains_key(*path)).map(|(_, due)| due.key.at_ms);
        Box::pin(async move { Ok(next) })
    }

    fn release(&self, key: &DueKey) {
        self.state().leases.remove(&key.path());
    }

    fn on_due(&self, hook: DueHook) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    fn sweep_in(&self, scope: Scope, over: Range<i64>, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        let mut state = self.state();
        let spaces = scope.spaces();
        let within = |path: &str| {
            spaces.as_ref().is_none_or(|all| all.iter().any(|space| path.starts_with(space.as_str())))
        };
        let over =
            |path: &str, kept: &Held| kept.expires.is_some_and(|at| over.contains(&at)) && within(path);
        let over = state.docs.iter().filter(|(path, kept)| over(path, kept));
        let paths: Vec<String> = over.take(limit).map(|(path, _)| path.clone()).collect();
        for path in &paths {
            state.remove(path);
        }
        let swept = paths.len() as u64;
        Box::pin(async move { Ok(swept) })
    }

    fn snapshot(&self, scope: Scope) -> Fut<'_, Result<Box<dyn Snapshot>, Fault>> {
        let snapshot: Box<dyn Snapshot> = Box::new(self.state().snapshot(&scope));
        Box::pin(async move { Ok(snapshot) })
    }

    fn load(&self, load: Load) -> Fut<'_, Result<(), Fault>> {
        let loaded = self.state().load(load);
        if loaded == Ok(true)
            && let Some(hook) = &*self.hook.lock().unwrap_or_else(PoisonError::into_inner)
        {
            hook();
        }
        Box::pin(async move { loaded.map(drop) })
    }
}
