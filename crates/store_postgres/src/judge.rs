//! A batch of units judged in memory, in their order, against what the database said while it held the rows still;
//! what is to be written in the end is gathered as they pass. A refused unit leaves no trace, because it is looked at
//! whole before anything of it is noted.
//!
//! New ids and new unique keys are not looked up at first: that they are free says the database itself when they are
//! inserted. If they are not, the batch is judged again, carefully, with everything looked up.
use crate::place;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{Add, Commit, DueKey, Fault, IndexKey, Key, Put, Unit, keys};

/// The answer to a unit.
pub(crate) type Outcome = Result<Commit, Fault>;

/// What must be read and held still before a batch can be judged, in the order in which it is locked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Paths of documents.
    pub(crate) docs: BTreeSet<String>,
    /// Of these, those that are believed to be absent and that their unit does not write: nobody else may, either.
    pub(crate) absent: BTreeSet<String>,
    /// Unique keys.
    pub(crate) uniques: BTreeSet<String>,
    /// Names of counters.
    pub(crate) counters: BTreeSet<String>,
}

impl Wanted {
    /// Whether a batch can be judged without a question.
    pub(crate) fn is_empty(&self) -> bool {
        self.docs.is_empty() && self.uniques.is_empty() && self.counters.is_empty()
    }
    pub(crate) fn by(units: &[Unit], careful: bool) -> Self {
        let mut wanted = Wanted::default();
        for unit in units {
            for (key, version) in &unit.checks {
                let path = key.path();
                if *version == 0 && !unit.puts.iter().any(|put| put.key == *key) {
                    wanted.absent.insert(path.clone());
                }
                wanted.docs.insert(path);
            }
            for put in &unit.puts {
                if careful || put.expect > 0 || put.body.is_none() {
                    wanted.docs.insert(put.key.path());
                }
                if careful && put.body.is_some() {
                    let unique = put.index.iter().filter(|key| key.unique);
                    wanted.uniques.extend(unique.map(|key| IndexKey::unique_path(key.index, &key.value)));
                }
            }
        }
        // Where one is held still, all are, in one order: else two batches could wait for each other.
        if units.iter().flat_map(|unit| &unit.adds).any(|add| add.floor.is_some()) {
            wanted.counters =
                units.iter().flat_map(|unit| &unit.adds).map(|add| add.counter.clone()).collect();
        }
        wanted
    }
}

/// A document as the database has it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) version: u64,
    pub(crate) keys: Option<Vec<u8>>,
}

/// What the database said.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) docs: HashMap<String, Row>,
    /// Owners of unique keys: paths.
    pub(crate) uniques: HashMap<String, String>,
    pub(crate) counters: HashMap<String, i64>,
}

/// A document as the batch leaves it.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) key: Key,
    /// The version that it had before the batch; 0 where it was not there.
    pub(crate) before: u64,
    /// 0 where it is gone.
    pub(crate) version: u64,
    pub(crate) keys: Option<Vec<u8>>,
    pub(crate) body: Bytes,
    pub(crate) expires: Option<i64>,
}

/// Everything that a batch changes, each thing once. Sorted, so that two nodes write in one order.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) docs: BTreeMap<String, Left>,
    /// Unique keys that an owner gives up, with its path.
    pub(crate) freed: BTreeSet<(String, String)>,
    /// Unique keys with the path of their owner, none where it was given up again.
    pub(crate) owned: BTreeMap<String, Option<String>>,
    /// Entries of indexes by which documents are listed: (path of the values' entries, id), there or not.
    pub(crate) listed: BTreeMap<(String, String), bool>,
    pub(crate) counters: BTreeMap<String, i64>,
    pub(crate) done: BTreeSet<DueKey>,
    pub(crate) due: BTreeMap<DueKey, Bytes>,
}

impl Effects {
    /// Whether nothing is to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.docs.is_empty() && self.counters.is_empty() && self.done.is_empty() && self.due.is_empty()
    }
}

/// A verdict that rests on something that was not looked up.
#[derive(Debug)]
pub(crate) struct Careless;

/// Judges units one after the other.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) found: Found,
    pub(crate) effects: Effects,
    careful: bool,
}

impl Judge {
    pub(crate) fn new(found: Found, careful: bool) -> Self {
        Judge { found, effects: Effects::default(), careful }
    }

    /// What becomes of all units.
    pub(crate) fn all(&mut self, units: &[Unit]) -> Result<Vec<Outcome>, Careless> {
        units.iter().map(|unit| self.unit(unit)).collect()
    }

    fn unit(&mut self, unit: &Unit) -> Result<Outcome, Careless> {
        if let Some(refusal) = self.refusal(unit)? {
            return Ok(refusal);
        }
        self.apply(unit);
        Ok(Ok(Commit::Done))
    }

    fn version(&self, key: &Key) -> u64 {
        let path = key.path();
        let left = self.effects.docs.get(&path).map(|left| left.version);
        left.or_else(|| self.found.docs.get(&path).map(|row| row.version)).unwrap_or(0)
    }

    /// Conflicts come first, since a decision made on what is no longer so says nothing about keys and floors.
    fn refusal(&self, unit: &Unit) -> Result<Option<Outcome>, Careless> {
        let moved = |key, version| self.version(key) != version;
        if unit.checks.iter().any(|(key, version)| moved(key, *version))
            || unit.puts.iter().any(|put| moved(&put.key, put.expect))
        {
            return Ok(Some(Ok(Commit::Conflict)));
        }
        if let Some(index) = self.taken(unit) {
            return Ok(Some(Ok(Commit::Duplicate { index })));
        }
        let refused = self.ends(&unit.adds).err();
        // Before a floor is the reason, everything else must be known not to be.
        let looked_up =
            |put: &Put| put.expect > 0 && !put.index.iter().any(|key| key.unique) || put.body.is_none();
        if refused.is_some() && !self.careful && !unit.puts.iter().all(looked_up) {
            return Err(Careless);
        }
        Ok(refused)
    }

    /// The first index of the unit whose key belongs to a document that the unit does not take it from.
    fn taken(&self, unit: &Unit) -> Option<&'static str> {
        let mut taken: HashMap<String, String> = HashMap::new();
        for put in unit.puts.iter().filter(|put| put.body.is_some()) {
            for key in put.index.iter().filter(|key| key.unique) {
                let unique = IndexKey::unique_path(key.index, &key.value);
                let me = put.key.path();
                if let Some(owner) = self.owner(&unique).filter(|owner| **owner != me) {
                    let gives = |other: &Put| {
                        (other.body.is_none() || other.stale.contains(key)) && other.key.path() == *owner
                    };
                    if !unit.puts.iter().any(gives) {
                        return Some(key.index);
                    }
                }
                if taken.insert(unique, me.clone()).is_some_and(|other| other != me) {
                    return Some(key.index);
                }
            }
        }
        None
    }

    /// The path of the document that owns a unique key, as far as that is known.
    fn owner(&self, unique: &str) -> Option<&String> {
        match self.effects.owned.get(unique) {
            Some(owner) => owner.as_ref(),
            None => self.found.uniques.get(unique),
        }
    }

    fn ends(&self, adds: &[Add]) -> Result<(), Outcome> {
        let mut ends: BTreeMap<&str, i64> = BTreeMap::new();
        for add in adds {
            let end = ends.entry(&add.counter).or_insert_with(|| {
                let moved = self.effects.counters.get(&add.counter).copied().unwrap_or(0);
                self.found.counters.get(&add.counter).copied().unwrap_or(0).saturating_add(moved)
            });
            let Some(moved) = end.checked_add(add.by) else {
                let told = format!("the counter {} cannot hold so much", add.counter);
                return Err(Err(Fault::broken(told)));
            };
            *end = moved;
            if add.floor.is_some_and(|floor| moved < floor) {
                return Err(Ok(Commit::Floor { counter: add.counter.clone() }));
            }
        }
        Ok(())
    }

    fn apply(&mut self, unit: &Unit) {
        for put in &unit.puts {
            put.stale
                .iter()
                .for_each(|stale| self.drop_entry(&put.key, stale.index, &stale.value, stale.unique));
        }
        for put in &unit.puts {
            self.put(put);
        }
        for Add { counter, by, .. } in &unit.adds {
            let moved = self.effects.counters.entry(counter.clone()).or_insert(0);
            *moved = moved.saturating_add(*by);
        }
        for key in &unit.done {
            self.effects.due.remove(key);
            self.effects.done.insert(key.clone());
        }
        for due in &unit.due {
            self.effects.due.insert(due.key.clone(), due.body.clone());
        }
    }

    fn put(&mut self, put: &Put) {
        let path = put.key.path();
        let (before, old) = match (self.effects.docs.remove(&path), self.found.docs.get(&path)) {
            (Some(left), _) => (left.before, left.keys),
            (None, Some(row)) => (row.version, row.keys.clone()),
            (None, None) => (0, None),
        };
        let left = match &put.body {
            Some(body) => {
                for key in &put.index {
                    if key.unique {
                        let unique = IndexKey::unique_path(key.index, &key.value);
                        self.effects.owned.insert(unique, Some(path.clone()));
                    } else {
                        self.effects.listed.insert(entry(&put.key, key.index, &key.value), true);
                    }
                }
                Left {
                    version: put.expect + 1,
                    keys: keys::written(old.as_deref(), put),
                    body: body.clone(),
                    expires: put.expires,
                    key: put.key.clone(),
                    before,
                }
            }
            None => {
                for held in keys::read(old.as_deref()) {
                    self.drop_entry(&put.key, held.index, held.value, held.unique);
                }
                Left {
                    version: 0,
                    keys: None,
                    body: Bytes::new(),
                    expires: None,
                    key: put.key.clone(),
                    before,
                }
            }
        };
        self.effects.docs.insert(path, left);
    }

    /// Takes away an entry of a document; a unique key that has gone to another one stays.
    fn drop_entry(&mut self, key: &Key, index: &str, value: &str, unique: bool) {
        if !unique {
            self.effects.listed.insert(entry(key, index, value), false);
            return;
        }
        let (unique, me) = (IndexKey::unique_path(index, value), key.path());
        if self.owner(&unique).is_none_or(|owner| *owner == me) {
            self.effects.owned.insert(unique.clone(), None);
        }
        self.effects.freed.insert((unique, me));
    }
}

/// The names of an entry by which a document is listed: the path of all entries of the value, and the id.
fn entry(key: &Key, index: &str, value: &str) -> (String, String) {
    let rest = place::entries(key.live, key.kind, index, value);
    (place::join(&place::space(&key.account), &rest), key.id.clone())
}

#[cfg(test)]
mod tests;
