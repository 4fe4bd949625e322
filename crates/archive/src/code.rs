//! Records as bytes, and back. Numbers are little-endian; a text is its length (four bytes) and its UTF-8.
use store::{Bytes, Doc, Due, DueKey, Held, IndexKey, Key, Record, declared};

const DOC: u8 = 1;
const COUNTER: u8 = 2;
const DUE: u8 = 3;

/// Adds a record.
pub(crate) fn put(out: &mut Vec<u8>, record: &Record) {
    match record {
        Record::Doc(Held { doc, index, expires }) => {
            out.push(DOC);
            text(out, doc.key.path().as_bytes());
            out.extend_from_slice(&doc.version.to_le_bytes());
            out.push(u8::from(expires.is_some()));
            if let Some(expires) = expires {
                out.extend_from_slice(&expires.to_le_bytes());
            }
            out.extend_from_slice(&(index.len() as u32).to_le_bytes());
            for IndexKey { index, value, unique } in index {
                out.push(u8::from(*unique));
                text(out, index.as_bytes());
                text(out, value.as_bytes());
            }
            text(out, &doc.body);
        }
        Record::Counter { name, value } => {
            out.push(COUNTER);
            text(out, name.as_bytes());
            out.extend_from_slice(&value.to_le_bytes());
        }
        Record::Due(Due { key, body }) => {
            out.push(DUE);
            text(out, key.queue.as_bytes());
            out.extend_from_slice(&key.at_ms.to_le_bytes());
            text(out, key.id.as_bytes());
            text(out, body);
        }
    }
}

fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Records that stand one after the other, up to the end; `None` where the bytes are none that [`put`] made.
pub(crate) fn all(bytes: &Bytes, count: usize) -> Option<Vec<Record>> {
    let mut from = Cursor { bytes, at: 0 };
    let mut records = Vec::with_capacity(count.min(bytes.len()));
    for _ in 0..count {
        records.push(from.record()?);
    }
    (from.at == bytes.len()).then_some(records)
}

struct Cursor<'b> {
    bytes: &'b Bytes,
    at: usize,
}

impl Cursor<'_> {
    fn record(&mut self) -> Option<Record> {
        match self.array::<1>()? {
            [DOC] => {
                let key = Key::parse(&self.text()?)?;
                let version = u64::from_le_bytes(self.array()?);
                let expires = if self.flag()? { Some(i64::from_le_bytes(self.array()?)) } else { None };
                let count = u32::from_le_bytes(self.array()?);
                let mut index = Vec::new();
                for _ in 0..count {
                    let unique = self.flag()?;
                    let name = declared(&self.text()?);
                    index.push(IndexKey { index: name, value: self.text()?, unique });
                }
                let doc = Doc { key, version, body: self.slice()? };
                Some(Record::Doc(Held { doc, index, expires }))
            }
            [COUNTER] => {
                let name = self.text()?;
                Some(Record::Counter { name, value: i64::from_le_bytes(self.array()?) })
            }
            [DUE] => {
                let queue = declared(&self.text()?);
                let at_ms = i64::from_le_bytes(self.array()?);
                let key = DueKey { queue, at_ms, id: self.text()? };
                Some(Record::Due(Due { key, body: self.slice()? }))
            }
            _ => None,
        }
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let end = self.at.checked_add(N)?;
        let found = self.bytes.get(self.at..end)?.try_into().ok();
        self.at = end;
        found
    }

    fn flag(&mut self) -> Option<bool> {
        match self.array::<1>()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn slice(&mut self) -> Option<Bytes> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        let found = self.bytes.slice(self.at..end);
        self.at = end;
        Some(found)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.slice()?.to_vec()).ok()
    }
}
