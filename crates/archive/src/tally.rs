//! How much there is, and a digest over all of it.
use crate::{Tell, Trouble, code, import};
use sha2::{Digest as _, Sha256};
use store::{Record, Snapshot};

/// What a state amounts to: two are the same where these are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Documents.
    pub docs: u64,
    /// Counters.
    pub counters: u64,
    /// Pieces of due work.
    pub due: u64,
    /// The SHA-256 of all records as a stream holds them, one after the other.
    pub digest: [u8; 32],
}

impl Summary {
    /// All records.
    pub fn records(&self) -> u64 {
        self.docs + self.counters + self.due
    }
}

#[derive(Default)]
pub(crate) struct Tally {
    so_far: Summary,
    hash: Sha256,
}

impl Tally {
    /// Counts a record.
    pub(crate) fn count(&mut self, record: &Record) {
        match record {
            Record::Doc(_) => self.so_far.docs += 1,
            Record::Counter { .. } => self.so_far.counters += 1,
            Record::Due(_) => self.so_far.due += 1,
        }
    }
    /// Takes the bytes of counted records into the digest.
    pub(crate) fn digest(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }
    pub(crate) fn end(self) -> Summary {
        Summary { digest: self.hash.finalize().into(), ..self.so_far }
    }
}

/// Records that are asked of a home at once.
pub(crate) const STEP: usize = 1024;

/// What a snapshot amounts to, without what an import keeps of its own progress.
pub async fn summary(snapshot: &mut dyn Snapshot, tell: Tell<'_>) -> Result<Summary, Trouble> {
    let (mut tally, mut bytes) = (Tally::default(), Vec::new());
    loop {
        let records = snapshot.next(STEP).await?;
        if records.is_empty() {
            return Ok(tally.end());
        }
        bytes.clear();
        for record in records.iter().filter(|record| !import::is_progress(record)) {
            tally.count(record);
            code::put(&mut bytes, record);
        }
        tally.digest(&bytes);
        tell(records.len() as u64);
    }
}
