//! Walking and loading the home in memory.
use super::State;
use crate::{Fault, Flaw, Fut, GATHERED, Held, IndexKey, Load, Record, Scope, Snapshot, keys::listed_path};
use std::{collections::BTreeMap, collections::BTreeSet, ops::Bound};

/// Copies of the records; bodies are shared with the home.
pub(super) struct Copied {
    records: Vec<Record>,
    at: usize,
    flaws: Vec<Flaw>,
}

/// The entries of an ordered map whose names begin so.
fn of<'m, T>(map: &'m BTreeMap<String, T>, space: &str) -> impl Iterator<Item = (&'m String, &'m T)> {
    let from = (Bound::Included(space), Bound::Unbounded);
    map.range::<str, _>(from).take_while(move |(name, _)| name.starts_with(space))
}

impl State {
    pub(super) fn snapshot(&self, scope: &Scope) -> Copied {
        let mut records = Vec::new();
        let doc = |(_, held): (&String, &Held)| Record::Doc(held.clone());
        let counter = |(name, value): (&String, &i64)| Record::Counter { name: name.clone(), value: *value };
        match scope.spaces() {
            None => {
                records.extend(self.docs.iter().map(doc));
                records.extend(self.counters.iter().map(counter));
            }
            Some(spaces) => {
                spaces.iter().for_each(|space| records.extend(of(&self.docs, space).map(doc)));
                spaces.iter().for_each(|space| records.extend(of(&self.counters, space).map(counter)));
            }
        }
        let waiting = self.due.values().filter(|due| scope.holds(&due.key));
        records.extend(waiting.cloned().map(Record::Due));
        let flaws = if *scope == Scope::All { self.flaws() } else { Vec::new() };
        Copied { records, at: 0, flaws }
    }

    /// What the indexes say and the documents do not, and the other way round.
    fn flaws(&self) -> Vec<Flaw> {
        let (mut unique, mut listed) = (BTreeMap::new(), BTreeSet::new());
        for (path, held) in &self.docs {
            for index in &held.index {
                if index.unique {
                    unique.insert(IndexKey::unique_path(index.index, &index.value), path.clone());
                } else {
                    listed.insert(listed_path(&held.doc.key, index.index, &index.value));
                }
            }
        }
        let mut flaws = Vec::new();
        let entry = |at: &String, found: &str| Flaw::new(at.as_str(), "an entry as its document says", found);
        let odd = self.listed.symmetric_difference(&listed);
        flaws.extend(odd.map(|at| entry(at, if listed.contains(at) { "no entry" } else { "no document" })));
        let odd = unique.iter().filter(|(at, owner)| self.unique.get(*at) != Some(owner));
        flaws.extend(odd.map(|(at, _)| entry(at, "no entry of its owner")));
        let odd = self.unique.iter().filter(|(at, _)| !unique.contains_key(*at));
        flaws.extend(odd.map(|(at, _)| entry(at, "no document")));
        flaws
    }

    /// Whether work was loaded. Everything is looked at before anything is changed.
    pub(super) fn load(&mut self, load: Load) -> Result<bool, Fault> {
        let Load { erase, records } = load;
        self.refuse(&erase, &records)?;
        // The text that every name begins with is none.
        for space in erase.spaces().unwrap_or_else(|| vec![String::new()]) {
            let paths: Vec<String> = of(&self.docs, &space).map(|(path, _)| path.clone()).collect();
            paths.iter().for_each(|path| self.remove(path));
            let names: Vec<String> = of(&self.counters, &space).map(|(name, _)| name.clone()).collect();
            for name in &names {
                self.counters.remove(name);
            }
        }
        let gone: Vec<String> =
            self.due.values().filter(|due| erase.holds(&due.key)).map(|due| due.key.path()).collect();
        for path in gone {
            self.due.remove(&path);
            self.leases.remove(&path);
        }
        let mut wakes = false;
        for record in records {
            match record {
                Record::Doc(held) => {
                    let path = held.doc.key.path();
                    self.remove(&path);
                    self.insert(path, held);
                }
                Record::Counter { name, value } => {
                    self.counters.insert(name, value);
                }
                Record::Due(due) => {
                    wakes = true;
                    self.due.insert(due.key.path(), due);
                }
            }
        }
        Ok(wakes)
    }

    fn refuse(&self, erase: &Scope, records: &[Record]) -> Result<(), Fault> {
        let docs =
            || records.iter().filter_map(|it| if let Record::Doc(held) = it { Some(held) } else { None });
        let put: BTreeSet<String> = docs().map(|held| held.doc.key.path()).collect();
        let spaces = erase.spaces();
        let erased = |owner: &str| {
            spaces.as_ref().is_none_or(|spaces| spaces.iter().any(|space| owner.starts_with(space.as_str())))
        };
        let goes = |owner: &str| put.contains(owner) || erased(owner);
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for held in docs() {
            let me = held.doc.key.path();
            for index in held.index.iter().filter(|index| index.unique) {
                let path = IndexKey::unique_path(index.index, &index.value);
                let owned = self.unique.get(&path).is_some_and(|owner| *owner != me && !goes(owner));
                if owned || taken.insert(path.clone(), me.clone()).is_some_and(|other| other != me) {
                    return Err(Fault::broken(format!(
                        "{me} cannot be loaded: {path} belongs to another document"
                    )));
                }
            }
        }
        Ok(())
    }
}

impl Snapshot for Copied {
    fn next(&mut self, limit: usize) -> Fut<'_, Result<Vec<Record>, Fault>> {
        let mut bytes = 0;
        let left = &self.records[self.at..];
        let fits = left.iter().take(limit).take_while(|record| {
            let fits = bytes < GATHERED;
            bytes += record.weight();
            fits
        });
        let next: Vec<Record> = fits.cloned().collect();
        self.at += next.len();
        Box::pin(std::future::ready(Ok(next)))
    }

    fn rewind(&mut self) {
        self.at = 0;
    }

    fn seek(&mut self, path: &str) {
        let before =
            |record: &Record| matches!(record, Record::Doc(held) if held.doc.key.path().as_str() <= path);
        self.at = self.records.partition_point(before);
    }

    fn audit<'a>(&'a mut self, tell: &'a mut (dyn FnMut(Flaw) + Send)) -> Fut<'a, Result<(), Fault>> {
        self.flaws.iter().cloned().for_each(tell);
        Box::pin(std::future::ready(Ok(())))
    }
}
