//! What a home must hold, said as plainly as possible: one map of documents, looked through from end to end for
//! everything. No index is kept here, so none can be wrong.
use crate::*;
use std::collections::{BTreeMap, BTreeSet};

/// The state that a home must be in.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Reference {
    /// By path.
    pub(super) docs: BTreeMap<String, Held>,
    pub(super) counters: BTreeMap<String, i64>,
    /// By path, with the end of the lease.
    pub(super) due: BTreeMap<String, (Due, Option<i64>)>,
}

/// What a home may answer to a unit; where several keys or floors are in the way, it may name any of them.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Done,
    Conflict,
    Duplicate(BTreeSet<&'static str>),
    Floor(BTreeSet<String>),
    /// Two documents of the unit want the same key, and floors are in the way: the home may say either.
    Muddled(BTreeSet<&'static str>, BTreeSet<String>),
}

impl Verdict {
    pub(super) fn admits(&self, outcome: &Commit) -> bool {
        match (self, outcome) {
            (Verdict::Done, Commit::Done) | (Verdict::Conflict, Commit::Conflict) => true,
            (Verdict::Duplicate(indexes), Commit::Duplicate { index }) => indexes.contains(index),
            (Verdict::Floor(counters), Commit::Floor { counter }) => counters.contains(counter),
            (Verdict::Muddled(indexes, _), Commit::Duplicate { index }) => indexes.contains(index),
            (Verdict::Muddled(_, counters), Commit::Floor { counter }) => counters.contains(counter),
            _ => false,
        }
    }
}

impl Reference {
    pub(super) fn held(&self, key: &Key) -> Option<&Held> {
        self.docs.get(&key.path())
    }
    pub(super) fn version(&self, key: &Key) -> u64 {
        self.held(key).map_or(0, |held| held.doc.version)
    }
    pub(super) fn owner(&self, key: &IndexKey) -> Option<&Held> {
        self.docs.values().find(|held| held.index.contains(key))
    }

    fn write(&mut self, put: &Put) {
        let before = self.docs.remove(&put.key.path());
        let Some(body) = &put.body else { return };
        let mut index = before.map(|held| held.index).unwrap_or_default();
        index.retain(|key| !put.stale.contains(key));
        index.extend(put.index.iter().cloned());
        index.sort();
        index.dedup();
        let doc = Doc { key: put.key.clone(), version: put.expect + 1, body: body.clone() };
        self.docs.insert(put.key.path(), Held { doc, index, expires: put.expires });
    }

    /// What a unit must be told; what it changes is changed where that is [`Verdict::Done`].
    pub(super) fn commit(&mut self, unit: &Unit) -> Verdict {
        let read = unit.checks.iter().map(|(key, version)| (key, *version));
        let replaced = unit.puts.iter().map(|put| (&put.key, put.expect));
        if read.chain(replaced).any(|(key, version)| self.version(key) != version) {
            return Verdict::Conflict;
        }
        let mut after = self.clone();
        unit.puts.iter().for_each(|put| after.write(put));
        let wanted = || unit.puts.iter().flat_map(|put| &put.index).filter(|key| key.unique);
        let (mut twice, mut muddled) = (BTreeSet::new(), true);
        for key in wanted() {
            if after.docs.values().filter(|held| held.index.contains(key)).count() > 1 {
                twice.insert(key.index);
                muddled &= wanted().filter(|other| *other == key).count() > 1;
            }
        }
        let mut below = BTreeSet::new();
        for add in &unit.adds {
            let value = after.counters.entry(add.counter.clone()).or_insert(0);
            *value += add.by;
            if add.floor.is_some_and(|floor| *value < floor) {
                below.insert(add.counter.clone());
            }
        }
        match (twice.is_empty(), below.is_empty()) {
            (true, true) => {}
            (true, false) => return Verdict::Floor(below),
            (false, false) if muddled => return Verdict::Muddled(twice, below),
            (false, _) => return Verdict::Duplicate(twice),
        }
        for key in &unit.done {
            after.due.remove(&key.path());
        }
        for due in &unit.due {
            after.due.insert(due.key.path(), (due.clone(), None));
        }
        *self = after;
        Verdict::Done
    }

    /// All that a query covers, newest first, without its cursors.
    fn covered(&self, query: &Query) -> Vec<&Doc> {
        let by = query.by.as_ref().map(|(index, value)| IndexKey::listed(index, value.as_str()));
        let covers = |held: &&Held| {
            let key = &held.doc.key;
            key.account == query.account
                && key.live == query.live
                && key.kind == query.kind
                && by.as_ref().is_none_or(|by| held.index.contains(by))
        };
        let mut docs: Vec<&Doc> = self.docs.values().filter(covers).map(|held| &held.doc).collect();
        docs.sort_by(|a, b| b.key.id.cmp(&a.key.id));
        docs
    }
    pub(super) fn count(&self, query: &Query) -> u64 {
        self.covered(query).len() as u64
    }
    pub(super) fn list(&self, query: &Query) -> Vec<Doc> {
        let mut docs = self.covered(query);
        docs.retain(|doc| query.after.as_ref().is_none_or(|after| doc.key.id < *after));
        if let Some(before) = &query.before {
            docs.retain(|doc| doc.key.id > *before);
            // The ones next to the cursor are the page.
            docs.drain(..docs.len().saturating_sub(query.limit));
        }
        docs.into_iter().skip(query.skip).take(query.limit).cloned().collect()
    }

    /// What a claim must hand out; it is leased from then on.
    pub(super) fn claim(&mut self, queue: &str, now_ms: i64, lease_ms: i64, limit: usize) -> Vec<Due> {
        let ready = self.due.values_mut().filter(|(due, lease)| {
            due.key.queue == queue && due.key.at_ms <= now_ms && lease.is_none_or(|until| until <= now_ms)
        });
        let claimed = ready.take(limit).map(|(due, lease)| {
            *lease = Some(now_ms + lease_ms);
            due.clone()
        });
        claimed.collect()
    }
    /// Whether this may be said of when the next work of a queue is due. Whether a lease that is over has been
    /// forgotten yet is the home's own affair.
    pub(super) fn may_be_next(&self, queue: &str, now_ms: i64, next: Option<i64>) -> bool {
        let free = self.due.values().filter(|(due, lease)| due.key.queue == queue && lease.is_none());
        let first_free = free.map(|(due, _)| due.key.at_ms).min();
        let over = |(due, lease): &(Due, Option<i64>)| {
            due.key.queue == queue
                && lease.is_some_and(|until| until <= now_ms)
                && Some(due.key.at_ms) == next
        };
        let earlier = first_free.is_none_or(|first| next.is_some_and(|at| at < first));
        next == first_free || (earlier && self.due.values().any(over))
    }

    pub(super) fn expired(&self, now: i64) -> Vec<Key> {
        let over = self.docs.values().filter(|held| held.expires.is_some_and(|at| at < now));
        over.map(|held| held.doc.key.clone()).collect()
    }

    /// Everything of a scope, in the order of records.
    pub(super) fn records(&self, scope: &Scope) -> Vec<Record> {
        let within = |name: &str, account: Option<&str>| match scope {
            Scope::All => true,
            Scope::Accounts(accounts) => account.is_some_and(|one| accounts.iter().any(|it| it == one)),
            Scope::Under(beginnings) => beginnings.iter().any(|it| name.starts_with(it)),
        };
        let first = |name: &str| name.split_once('/').map(|(account, _)| account.to_owned());
        let docs = self.docs.iter().filter(|(path, held)| within(path, Some(&held.doc.key.account)));
        let counters = self.counters.iter().filter(|(name, _)| within(name, first(name).as_deref()));
        let due = self.due.values().filter(|(due, _)| within(&due.key.id, first(&due.key.id).as_deref()));
        docs.map(|(_, held)| Record::Doc(held.clone()))
            .chain(counters.map(|(name, value)| Record::Counter { name: name.clone(), value: *value }))
            .chain(due.map(|(due, _)| Record::Due(due.clone())))
            .collect()
    }

    /// Erases and puts; whether it must be refused, in which case nothing is changed.
    pub(super) fn load(&mut self, load: &Load) -> bool {
        let mut after = self.clone();
        for record in self.records(&load.erase) {
            match record {
                Record::Doc(held) => drop(after.docs.remove(&held.doc.key.path())),
                Record::Counter { name, .. } => drop(after.counters.remove(&name)),
                Record::Due(due) => drop(after.due.remove(&due.key.path())),
            }
        }
        for record in load.records.clone() {
            match record {
                Record::Doc(held) => drop(after.docs.insert(held.doc.key.path(), held)),
                Record::Counter { name, value } => drop(after.counters.insert(name, value)),
                Record::Due(due) => {
                    let lease = after.due.get(&due.key.path()).and_then(|(_, lease)| *lease);
                    after.due.insert(due.key.path(), (due, lease));
                }
            }
        }
        let mut owned = BTreeSet::new();
        let keys = after.docs.values().flat_map(|held| &held.index).filter(|key| key.unique);
        let refused = !keys.into_iter().all(|key| owned.insert(key));
        if !refused {
            *self = after;
        }
        refused
    }
}
