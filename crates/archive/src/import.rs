//! From a stream into an empty home, a block a transaction. How far it came is kept in the home, written in the same
//! transaction as the records, so that a crash costs at most the block at hand.
use crate::{Block, Reader, Summary, Tell, Trouble, summary};
use data_encoding::HEXLOWER;
use std::io::Read;
use store::{Held, Key, Load, Record, Scope, Store};

const KIND: &str = "import";

/// Where an import keeps how far it came; whatever opens a home to serve it must find nothing there.
pub fn progress_key() -> Key {
    Key::house(KIND, "progress")
}

pub(crate) fn is_progress(record: &Record) -> bool {
    matches!(record, Record::Doc(held) if held.doc.key.kind == KIND && held.doc.key == progress_key())
}

/// Whether an import was begun in this home and has not ended.
pub async fn is_half(store: &dyn Store) -> Result<bool, Trouble> {
    Ok(store.get(&progress_key()).await?.is_some())
}

/// How far an import came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Progress {
    /// Blocks that are in the home.
    blocks: u64,
    /// The checksum of the stream up to the last of them: another stream has another.
    checksum: String,
}

impl Progress {
    fn after(&self, block: &Block) -> Self {
        Progress { blocks: self.blocks + 1, checksum: HEXLOWER.encode(&block.checksum) }
    }
    fn record(&self) -> Record {
        let body = serde_json::json!({
            "id": "progress", "object": KIND, "blocks": self.blocks, "checksum": self.checksum,
        });
        Record::Doc(Held::plain(progress_key(), self.blocks, body.to_string()))
    }
    fn read(body: &[u8]) -> Option<Self> {
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        Some(Progress {
            blocks: body.get("blocks")?.as_u64()?,
            checksum: body.get("checksum")?.as_str()?.to_owned(),
        })
    }
}

/// Takes a stream into an empty home, or goes on with it, and compares at the end what the home holds with what the
/// stream says. `tell` hears of bytes of the stream, then, from `compare` on, of records.
///
/// # Errors
/// Where the home holds anything else, or the stream is damaged: what was taken in until then stays, so prove it
/// first ([`crate::prove`]).
pub async fn import(
    store: &dyn Store,
    from: impl Read,
    documents: u32,
    tell: Tell<'_>,
    compare: &mut (dyn FnMut() + Send),
) -> Result<Summary, Trouble> {
    let begun = begun(store).await?;
    let mut reader = Reader::new(from, documents)?;
    let mut progress = Progress { blocks: 0, checksum: String::new() };
    while let Some(block) = reader.block()? {
        progress = progress.after(&block);
        let known = begun.as_ref().filter(|begun| progress.blocks <= begun.blocks);
        match known {
            Some(begun) if progress.blocks == begun.blocks && progress != *begun => {
                return Err(Trouble::OtherStream);
            }
            Some(_) => {}
            None => {
                let mut records = block.records()?;
                records.push(progress.record());
                store.load(Load { records, ..Load::default() }).await?;
            }
        }
        tell(block.stream_bytes());
    }
    if begun.is_some_and(|begun| begun.blocks > progress.blocks) {
        return Err(Trouble::OtherStream);
    }
    let Some(expected) = reader.summary().cloned() else { return Err(Trouble::Differs) };
    compare();
    let mut snapshot = store.snapshot(Scope::All).await?;
    let found = summary(&mut *snapshot, tell).await?;
    drop(snapshot);
    if found != expected {
        return Err(Trouble::Differs);
    }
    store.load(Load { erase: Scope::Under(vec![progress_key().path()]), records: Vec::new() }).await?;
    Ok(expected)
}

/// How far an earlier import came; none where the home is empty.
async fn begun(store: &dyn Store) -> Result<Option<Progress>, Trouble> {
    match store.get(&progress_key()).await? {
        Some(doc) => Progress::read(&doc.body).map(Some).ok_or(Trouble::OtherStream),
        None if store.snapshot(Scope::All).await?.next(1).await?.is_empty() => Ok(None),
        None => Err(Trouble::NotEmpty),
    }
}
