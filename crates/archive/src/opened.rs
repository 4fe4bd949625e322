//! A stream walked as if it were a home.
use crate::{Reader, Trouble};
use std::{
    collections::VecDeque,
    fs::File,
    io::{BufReader, Seek as _},
};
use store::{Fault, Flaw, Fut, Record, Snapshot};

/// The records of a file with an export.
pub struct Opened {
    file: File,
    documents: u32,
    reader: Option<Reader<BufReader<File>>>,
    pending: VecDeque<Record>,
    /// Documents up to this path are passed over.
    past: Option<String>,
}

impl Opened {
    /// Opens a file; `documents` is the generation of documents that this program writes.
    pub fn new(file: File, documents: u32) -> Result<Self, Trouble> {
        let mut opened = Opened { file, documents, reader: None, pending: VecDeque::new(), past: None };
        opened.reader = Some(opened.start()?);
        Ok(opened)
    }

    fn start(&self) -> Result<Reader<BufReader<File>>, Trouble> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Reader::new(BufReader::new(file), self.documents)
    }

    fn gather(&mut self, limit: usize) -> Result<Vec<Record>, Trouble> {
        if self.reader.is_none() {
            self.reader = Some(self.start()?);
        }
        while self.pending.is_empty() {
            let block = match &mut self.reader {
                Some(reader) => reader.block()?,
                None => None,
            };
            let Some(block) = block else { break };
            let past = self.past.as_deref();
            let before = |it: &Record| matches!((it, past), (Record::Doc(held), Some(past)) if held.doc.key.path().as_str() <= past);
            self.pending.extend(block.records()?.into_iter().filter(|record| !before(record)));
        }
        let count = limit.min(self.pending.len());
        Ok(self.pending.drain(..count).collect())
    }

    fn audit_order(&mut self, tell: &mut (dyn FnMut(Flaw) + Send)) -> Result<(), Trouble> {
        self.rewind();
        let mut last: Option<(u8, String)> = None;
        loop {
            let records = self.gather(crate::tally::STEP)?;
            if records.is_empty() {
                self.rewind();
                return Ok(());
            }
            for record in records {
                let name = match record {
                    Record::Doc(held) => (0, held.doc.key.path()),
                    Record::Counter { name, .. } => (1, name),
                    Record::Due(due) => (2, due.key.path()),
                };
                if let Some(last) = last.take().filter(|last| *last >= name) {
                    tell(Flaw::new(name.1.clone(), format!("a name that comes after {}", last.1), "another"));
                }
                last = Some(name);
            }
        }
    }
}

fn broken(trouble: Trouble) -> Fault {
    Fault::broken(trouble.to_string().trim_end_matches('.'))
}

impl Snapshot for Opened {
    fn next(&mut self, limit: usize) -> Fut<'_, Result<Vec<Record>, Fault>> {
        let gathered = self.gather(limit).map_err(broken);
        Box::pin(std::future::ready(gathered))
    }
    fn rewind(&mut self) {
        self.reader = None;
        self.pending.clear();
        self.past = None;
    }
    fn seek(&mut self, path: &str) {
        self.rewind();
        self.past = Some(path.to_owned());
    }
    /// Names that stand out of order or twice: an export keeps no other books.
    fn audit<'a>(&'a mut self, tell: &'a mut (dyn FnMut(Flaw) + Send)) -> Fut<'a, Result<(), Fault>> {
        let audited = self.audit_order(tell).map_err(broken);
        Box::pin(std::future::ready(audited))
    }
}
