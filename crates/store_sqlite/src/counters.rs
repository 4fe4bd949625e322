//! Counters as the writer knows them: read once, moved in memory, written once a batch however often they moved.
use crate::{Outcome, redo::Draft};
use rusqlite::{OptionalExtension, Statement, params};
use std::collections::{BTreeMap, HashMap};
use store::{Add, Commit, Fault};

/// How many are remembered between batches.
const KNOWN_MAX: usize = 16 * 1024;

#[derive(Default)]
pub(crate) struct Counters {
    /// As the batches before left them.
    known: HashMap<String, i64>,
    /// As moved by the batch at work.
    moved: HashMap<String, i64>,
}

impl Counters {
    /// Where a unit's moves would end, or why they may not be made.
    pub(crate) fn ends<'u>(
        &mut self,
        adds: &'u [Add],
        read: &mut Statement<'_>,
    ) -> rusqlite::Result<Result<BTreeMap<&'u str, i64>, Outcome>> {
        let mut ends: BTreeMap<&str, i64> = BTreeMap::new();
        for add in adds {
            let from = match ends.get(add.counter.as_str()) {
                Some(end) => *end,
                None => self.value(&add.counter, read)?,
            };
            let Some(end) = from.checked_add(add.by) else {
                return Ok(Err(Err(Fault::broken(format!(
                    "the counter {} cannot hold so much",
                    add.counter
                )))));
            };
            if add.floor.is_some_and(|floor| end < floor) {
                return Ok(Err(Ok(Commit::Floor { counter: add.counter.clone() })));
            }
            ends.insert(&add.counter, end);
        }
        Ok(Ok(ends))
    }

    fn value(&mut self, name: &str, read: &mut Statement<'_>) -> rusqlite::Result<i64> {
        if let Some(value) = self.moved.get(name).or_else(|| self.known.get(name)) {
            return Ok(*value);
        }
        // Counters are flushed last in a batch, so what the tables say is what the batches before left.
        let value = read.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0);
        self.known.insert(name.to_owned(), value);
        Ok(value)
    }

    /// Moves them in memory.
    pub(crate) fn set(&mut self, ends: BTreeMap<&str, i64>) {
        for (name, end) in ends {
            match self.moved.get_mut(name) {
                Some(value) => *value = end,
                None => {
                    self.moved.insert(name.to_owned(), end);
                }
            }
        }
    }

    /// Writes what moved; the last thing of a batch.
    pub(crate) fn flush(&self, write: &mut Statement<'_>, draft: &mut Draft) -> rusqlite::Result<()> {
        self.moved.iter().try_for_each(|(name, value)| {
            draft.counter(name, *value);
            write.execute(params![name, value]).map(drop)
        })
    }

    pub(crate) fn committed(&mut self) {
        self.known.extend(self.moved.drain());
        if self.known.len() > KNOWN_MAX {
            self.known = HashMap::new();
        }
    }

    /// Takes back what the batch moved.
    pub(crate) fn roll_back(&mut self) {
        self.moved.clear();
    }

    /// Forgets everything, where the file may not be what it was believed to be.
    pub(crate) fn forget(&mut self) {
        self.moved.clear();
        self.known.clear();
    }
}
