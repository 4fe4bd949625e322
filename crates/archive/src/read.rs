//! From a stream back to records.
use crate::{BLOCK_MAX, CHECKSUM, END, FORMAT, MAGIC, RECORDS, Summary, Tell, Trouble, code, tally::Tally};
use sha2::{Digest as _, Sha256};
use std::io::{ErrorKind, Read};
use store::{Bytes, Record};

/// Reads a stream, block by block. What it gives is what was written: a checksum is compared before anything else.
pub struct Reader<R> {
    from: R,
    chain: Sha256,
    /// Bytes read.
    at: u64,
    /// Where the part at hand begins.
    part: u64,
    end: Option<Summary>,
    documents: u32,
}

/// Records that were compressed together.
#[derive(Debug)]
pub struct Block {
    at: u64,
    count: usize,
    length: usize,
    packed: Vec<u8>,
    /// Of the stream up to here.
    pub(crate) checksum: [u8; CHECKSUM],
}

impl Block {
    /// Its bytes in the stream.
    pub fn stream_bytes(&self) -> u64 {
        self.packed.len() as u64
    }
    fn unpack(&self) -> Result<Bytes, Trouble> {
        let damaged = |what| Trouble::Damaged { at: self.at, what };
        let bytes = zstd::bulk::decompress(&self.packed, self.length)
            .map_err(|_| damaged("a block can't be decompressed"))?;
        if bytes.len() == self.length {
            Ok(Bytes::from(bytes))
        } else {
            Err(damaged("a block has another length than it says"))
        }
    }
    /// Its records.
    pub fn records(&self) -> Result<Vec<Record>, Trouble> {
        let what = "a block does not hold the records that it says";
        code::all(&self.unpack()?, self.count).ok_or(Trouble::Damaged { at: self.at, what })
    }
}

impl<R: Read> Reader<R> {
    /// Begins to read: refuses what is no stream, and what a later release wrote. `documents` is the generation of
    /// documents that this program writes.
    pub fn new(from: R, documents: u32) -> Result<Self, Trouble> {
        let mut reader = Reader { from, chain: Sha256::new(), at: 0, part: 0, end: None, documents: 0 };
        let magic = reader.array::<12>().map_err(|trouble| match trouble {
            Trouble::Damaged { .. } => Trouble::Foreign,
            other => other,
        })?;
        if magic != *MAGIC {
            return Err(Trouble::Foreign);
        }
        let format = u32::from_le_bytes(reader.array()?);
        if format > FORMAT {
            return Err(Trouble::Newer(format));
        }
        reader.documents = u32::from_le_bytes(reader.array()?);
        reader.checksum()?;
        if reader.documents > documents {
            return Err(Trouble::NewerDocuments(reader.documents));
        }
        if format != FORMAT || reader.documents == 0 {
            return Err(Trouble::Foreign);
        }
        Ok(reader)
    }

    /// The generation of its documents.
    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// The next block; none once the end was reached, and found to be right.
    pub fn block(&mut self) -> Result<Option<Block>, Trouble> {
        if self.end.is_some() {
            return Ok(None);
        }
        self.part = self.at;
        match self.array::<1>()? {
            [RECORDS] => {
                let count = u32::from_le_bytes(self.array()?) as usize;
                let length = u32::from_le_bytes(self.array()?) as usize;
                let size = u32::from_le_bytes(self.array()?) as usize;
                if length > BLOCK_MAX || size > BLOCK_MAX {
                    return Err(self.damaged("a block has an impossible length"));
                }
                let packed = self.bytes(size)?;
                let checksum = self.checksum()?;
                Ok(Some(Block { at: self.part, count, length, packed, checksum }))
            }
            [END] => {
                let docs = u64::from_le_bytes(self.array()?);
                let counters = u64::from_le_bytes(self.array()?);
                let due = u64::from_le_bytes(self.array()?);
                let digest = self.array()?;
                self.checksum()?;
                let mut more = [0u8];
                if self.from.read(&mut more)? != 0 {
                    self.part = self.at;
                    return Err(self.damaged("something follows its end"));
                }
                self.end = Some(Summary { docs, counters, due, digest });
                Ok(None)
            }
            _ => Err(self.damaged("a part is of no kind that there is")),
        }
    }

    /// What the stream says of itself at its end, once that was reached.
    pub fn summary(&self) -> Option<&Summary> {
        self.end.as_ref()
    }

    fn damaged(&self, what: &'static str) -> Trouble {
        Trouble::Damaged { at: self.part, what }
    }

    fn checksum(&mut self) -> Result<[u8; CHECKSUM], Trouble> {
        let sum = self.chain.clone().finalize();
        let found = self.array::<CHECKSUM>()?;
        if sum[..CHECKSUM] == found { Ok(found) } else { Err(self.damaged("a checksum does not match")) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Trouble> {
        let mut out = [0u8; N];
        self.from.read_exact(&mut out).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => self.damaged("it ends too early"),
            _ => Trouble::Io(error),
        })?;
        self.chain.update(out);
        self.at += N as u64;
        Ok(out)
    }

    fn bytes(&mut self, size: usize) -> Result<Vec<u8>, Trouble> {
        // Taken as it comes: a damaged length must not ask for memory that no stream fills.
        let mut out = Vec::new();
        (&mut self.from).take(size as u64).read_to_end(&mut out)?;
        if out.len() != size {
            return Err(self.damaged("it ends too early"));
        }
        self.chain.update(&out);
        self.at += size as u64;
        Ok(out)
    }
}

/// Reads a stream to its end and compares every checksum, the counts and the digest over everything.
pub fn prove(from: impl Read, documents: u32, tell: Tell<'_>) -> Result<Summary, Trouble> {
    let mut reader = Reader::new(from, documents)?;
    let mut tally = Tally::default();
    while let Some(block) = reader.block()? {
        let bytes = block.unpack()?;
        let what = "a block does not hold the records that it says";
        let records = code::all(&bytes, block.count).ok_or(Trouble::Damaged { at: block.at, what })?;
        records.iter().for_each(|record| tally.count(record));
        tally.digest(&bytes);
        tell(block.stream_bytes());
    }
    let found = tally.end();
    match reader.summary() {
        Some(summary) if *summary == found => Ok(found),
        _ => Err(reader.damaged("its end does not count what it holds")),
    }
}
