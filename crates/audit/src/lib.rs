//! The proof that a state is whole. Each kind of document says what must hold of it and of others ([`Said`]); what it
//! says of others is sorted by whom it is said of ([`sorter`], on disk once it is much), so that one walk and one pass
//! over the sorted statements compare everything, in the same memory for a hundred objects and for a hundred
//! millions.
mod lines;
mod said;
mod sorter;

pub use said::Said;

use lines::{Line, Subject};
use said::Judge;
use sorter::Sorter;
use std::{fmt, io};
use store::{Due, DueKey, Fault, Flaw, Held, IndexKey, Key, Record, Snapshot, within};

/// What a kind of document must be.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The kind, as it stands in keys.
    pub name: &'static str,
    /// Says what must hold.
    pub tell: fn(&Held, &mut Said<'_>),
}

/// What the work of a queue must be.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    /// The queue.
    pub name: &'static str,
    /// Says what must hold.
    pub tell: fn(&Due, &mut Said<'_>),
}

/// Everything that must hold of a state.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Every kind that is stored.
    pub kinds: Vec<Kind>,
    /// Every queue.
    pub queues: Vec<Queue>,
    /// What the counters must be: name and value.
    pub counter: fn(&str, i64, &mut Said<'_>),
    /// The document that makes an account one; none for what is no account.
    pub owner: fn(&str) -> Option<Key>,
    /// Indexes that documents have beside those that they declare.
    pub marks: Vec<&'static str>,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Records that were walked.
    pub records: u64,
    /// Statements of one record about another that were compared.
    pub statements: u64,
}

/// Why it could not be looked at.
#[derive(Debug)]
pub enum Trouble {
    /// The home failed.
    Home(Fault),
    /// The directory for temporary files failed.
    Disk(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Home(fault) => write!(f, "{fault}."),
            Trouble::Disk(error) => write!(
                f,
                "The directory for temporary files can't hold what is sorted: {error}. Name another one with TMPDIR."
            ),
        }
    }
}
impl std::error::Error for Trouble {}
impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Trouble::Home(fault)
    }
}
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::Disk(error)
    }
}

/// Records that are asked of a home at once.
const STEP: usize = 1024;

/// Proves a state: tells every flaw. `walked` hears of records.
///
/// # Errors
/// Where it could not be looked at; what was told until then is true nevertheless.
pub async fn prove(
    snapshot: &mut dyn Snapshot,
    rules: &Rules,
    tell: &mut (dyn FnMut(Flaw) + Send),
    walked: &mut (dyn FnMut(u64) + Send),
) -> Result<Looked, Trouble> {
    snapshot.audit(tell).await?;
    snapshot.rewind();
    let mut looked = Looked::default();
    let mut sorter = Sorter::default();
    let mut account = String::new();
    loop {
        let records = snapshot.next(STEP).await?;
        if records.is_empty() {
            break;
        }
        for record in &records {
            let mut said = Said::new(record, &mut sorter, tell);
            // The walk is in the order of accounts, so one question for each is enough, more or less.
            if let Some(of) = record.account().filter(|of| *of != account) {
                of.clone_into(&mut account);
                if let Some(key) = (rules.owner)(within(of).1) {
                    said.link("account", &key);
                }
            }
            listen(rules, &inside(record, &rules.marks), &mut said);
            said.end()?;
        }
        looked.records += records.len() as u64;
        walked(records.len() as u64);
    }
    let mut judge = Judge::default();
    let mut lines = sorter.sorted()?;
    while let Some(line) = lines.next_line()? {
        looked.statements += 1;
        judge.hear(line, tell);
    }
    judge.end(tell);
    Ok(looked)
}

fn listen(rules: &Rules, record: &Record, said: &mut Said<'_>) {
    match record {
        Record::Doc(held) => match rules.kinds.iter().find(|kind| kind.name == held.doc.key.kind) {
            Some(kind) => (kind.tell)(held, said),
            None => said.flaw("a document of a kind that this release keeps", held.doc.key.kind),
        },
        Record::Counter { name, value } => (rules.counter)(name, *value, said),
        Record::Due(due) => match rules.queues.iter().find(|queue| queue.name == due.key.queue) {
            Some(queue) => (queue.tell)(due, said),
            None => said.flaw("work of a queue that this release has", due.key.queue),
        },
    }
}

/// A record as its own world knows it: rules speak the names of one world.
fn inside(record: &Record, marks: &[&str]) -> Record {
    let inner = |name: &str| within(name).1.to_owned();
    match record {
        Record::Doc(Held { doc, index, expires }) => {
            let own = index.iter().filter(|key| !marks.contains(&key.index));
            let own = own.map(|key| match key.unique {
                true => IndexKey { value: inner(&key.value), ..key.clone() },
                false => key.clone(),
            });
            let index = own.collect();
            let key = Key { account: inner(&doc.key.account), ..doc.key.clone() };
            Record::Doc(Held { doc: store::Doc { key, ..doc.clone() }, index, expires: *expires })
        }
        Record::Counter { name, value } => Record::Counter { name: inner(name), value: *value },
        Record::Due(Due { key, body }) => {
            let key = DueKey { id: inner(&key.id), ..key.clone() };
            Record::Due(Due { key, body: body.clone() })
        }
    }
}

/// What the names of the record's world begin with.
fn world(record: &Record) -> String {
    let name = match record {
        Record::Doc(held) => &held.doc.key.account,
        Record::Counter { name, .. } => name,
        Record::Due(due) => &due.key.id,
    };
    within(name).0.map_or(String::new(), store::world_prefix)
}

/// What a record is called where others speak of it.
fn subject(record: &Record) -> Subject {
    match record {
        Record::Doc(held) => Subject::Doc(held.doc.key.path()),
        Record::Counter { name, .. } => Subject::Counter(name.clone()),
        Record::Due(due) => Subject::Due(due.key.path()),
    }
}

#[cfg(test)]
mod tests;
