//! From records to a stream.
use crate::{
    BLOCK_BYTES, BLOCK_MAX, CHECKSUM, END, FORMAT, MAGIC, RECORDS, Summary, Tell, Trouble, code, import,
    tally::{STEP, Tally},
};
use sha2::{Digest as _, Sha256};
use std::io::Write;
use store::{Record, Snapshot};

/// The usual level: most of what the highest would save, at a speed at which the disk is what one waits for.
const LEVEL: i32 = 3;

/// Writes a stream, record by record.
pub struct Writer<W> {
    out: W,
    /// Of every byte so far.
    chain: Sha256,
    tally: Tally,
    block: Vec<u8>,
    records: u32,
    packer: zstd::bulk::Compressor<'static>,
}

impl<W: Write> Writer<W> {
    /// Begins a stream of documents of this generation.
    pub fn new(out: W, documents: u32) -> Result<Self, Trouble> {
        let packer = zstd::bulk::Compressor::new(LEVEL)?;
        let (chain, tally) = (Sha256::new(), Tally::default());
        let mut writer = Writer { out, chain, tally, block: Vec::new(), records: 0, packer };
        writer.part(&[MAGIC, &FORMAT.to_le_bytes(), &documents.to_le_bytes()])?;
        Ok(writer)
    }

    /// Adds a record; they come in the order in which a snapshot gives them.
    pub fn put(&mut self, record: &Record) -> Result<(), Trouble> {
        if import::is_progress(record) {
            return Err(Trouble::Half);
        }
        if record.weight() > BLOCK_MAX / 2 {
            let name = match record {
                Record::Doc(held) => held.doc.key.path(),
                Record::Counter { name, .. } => name.clone(),
                Record::Due(due) => due.key.path(),
            };
            return Err(Trouble::TooLarge(name));
        }
        code::put(&mut self.block, record);
        self.tally.count(record);
        self.records += 1;
        if self.block.len() >= BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    /// Ends the stream; it is on its way once the writer beneath has been flushed.
    pub fn finish(mut self) -> Result<(Summary, W), Trouble> {
        if self.records > 0 {
            self.end_block()?;
        }
        let summary = std::mem::take(&mut self.tally).end();
        let counts = [summary.docs, summary.counters, summary.due].map(u64::to_le_bytes);
        self.part(&[&[END], counts.as_flattened(), &summary.digest])?;
        self.out.flush()?;
        Ok((summary, self.out))
    }

    fn end_block(&mut self) -> Result<(), Trouble> {
        let block = std::mem::take(&mut self.block);
        self.tally.digest(&block);
        let packed = self.packer.compress(&block)?;
        let lengths = [self.records, block.len() as u32, packed.len() as u32].map(u32::to_le_bytes);
        self.part(&[&[RECORDS], lengths.as_flattened(), &packed])?;
        self.records = 0;
        self.block = block;
        self.block.clear();
        Ok(())
    }

    /// Writes a part and the checksum of everything up to its end.
    fn part(&mut self, pieces: &[&[u8]]) -> Result<(), Trouble> {
        for piece in pieces {
            self.chain.update(piece);
            self.out.write_all(piece)?;
        }
        let sum = self.chain.clone().finalize();
        let sum = &sum[..CHECKSUM];
        self.chain.update(sum);
        self.out.write_all(sum)?;
        Ok(())
    }
}

/// Writes all of a snapshot.
pub async fn write<W: Write>(
    snapshot: &mut dyn Snapshot,
    out: W,
    documents: u32,
    tell: Tell<'_>,
) -> Result<(Summary, W), Trouble> {
    let mut writer = Writer::new(out, documents)?;
    loop {
        let records = snapshot.next(STEP).await?;
        if records.is_empty() {
            return writer.finish();
        }
        for record in &records {
            writer.put(record)?;
        }
        tell(records.len() as u64);
    }
}
