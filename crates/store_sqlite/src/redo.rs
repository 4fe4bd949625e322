//! What a batch changes, as bytes: written to the journal before it is acknowledged, and carried out again where
//! the tables have lost it. Carrying it out twice is the same as once.
use crate::segments::Place;
use rusqlite::{Connection, params};

/// The header of a record: a mark that is no text, the length of what follows, the position of the record itself,
/// and a checksum of both and the rest.
pub(crate) const HEADER: usize = 20;
const MARK: [u8; 4] = [0xff, b'T', b'B', 1];

const PUT: u8 = 1;
const UPDATE: u8 = 2;
const GONE: u8 = 3;
const OWN: u8 = 4;
const DISOWN: u8 = 5;
const ENLIST: u8 = 6;
const DELIST: u8 = 7;
const DUE: u8 = 8;
const DONE: u8 = 9;
const COUNTER: u8 = 10;

/// How much room a draft keeps for the next batch, in bytes.
const KEPT: usize = 8 * 1024 * 1024;

/// How a missing value is written where the column may have none.
const NONE: u32 = u32::MAX;

/// A record that is being written.
pub(crate) struct Draft {
    /// Where the record will stand.
    start: u64,
    bytes: Vec<u8>,
}

impl Draft {
    pub(crate) fn new() -> Self {
        Draft { start: 0, bytes: vec![0; HEADER] }
    }
    /// Begins anew, to stand at this position.
    pub(crate) fn begin(&mut self, start: u64) {
        self.start = start;
        self.bytes.truncate(HEADER);
        // What one large batch needed is not kept for good.
        self.bytes.shrink_to(KEPT);
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER
    }
    /// How much is written, for [`Draft::take_back`].
    pub(crate) fn mark(&self) -> usize {
        self.bytes.len()
    }
    /// Takes back what was written since a mark.
    pub(crate) fn take_back(&mut self, mark: usize) {
        self.bytes.truncate(mark);
    }
    /// The position after the record.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
    pub(crate) fn start(&self) -> u64 {
        self.start
    }
    /// The whole record, with its header.
    pub(crate) fn sealed(&mut self) -> &[u8] {
        let len = (self.bytes.len() - HEADER) as u32;
        let sum = checksum(self.start, &self.bytes[HEADER..]);
        self.bytes[..4].copy_from_slice(&MARK);
        self.bytes[4..8].copy_from_slice(&len.to_le_bytes());
        self.bytes[8..16].copy_from_slice(&self.start.to_le_bytes());
        self.bytes[16..20].copy_from_slice(&sum.to_le_bytes());
        &self.bytes
    }

    fn blob(&mut self, blob: Option<&[u8]>) {
        let len = blob.map_or(NONE, |blob| blob.len() as u32);
        self.bytes.extend_from_slice(&len.to_le_bytes());
        self.bytes.extend_from_slice(blob.unwrap_or_default());
    }
    fn number(&mut self, number: i64) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }
    fn op(&mut self, op: u8, k: &str) {
        self.bytes.push(op);
        self.blob(Some(k.as_bytes()));
    }
    fn body(&mut self, body: &[u8]) -> Place {
        self.blob(Some(body));
        Place { at: self.end() - body.len() as u64, len: body.len() as u32 }
    }
    /// A document with its index keys; returns where the body will stand.
    pub(crate) fn put(
        &mut self,
        k: &str,
        version: u64,
        expires: Option<i64>,
        keys: Option<&[u8]>,
        body: &[u8],
    ) -> Place {
        self.op(PUT, k);
        self.number(version as i64);
        self.number(expires.unwrap_or(i64::MIN));
        self.blob(keys);
        self.body(body)
    }
    /// A document whose index keys stay; returns where the body will stand.
    pub(crate) fn update(&mut self, k: &str, version: u64, expires: Option<i64>, body: &[u8]) -> Place {
        self.op(UPDATE, k);
        self.number(version as i64);
        self.number(expires.unwrap_or(i64::MIN));
        self.body(body)
    }
    pub(crate) fn gone(&mut self, k: &str) {
        self.op(GONE, k);
    }
    pub(crate) fn own(&mut self, k: &str, owner: &str) {
        self.op(OWN, k);
        self.blob(Some(owner.as_bytes()));
    }
    pub(crate) fn disown(&mut self, k: &str, owner: &str) {
        self.op(DISOWN, k);
        self.blob(Some(owner.as_bytes()));
    }
    pub(crate) fn enlist(&mut self, k: &str) {
        self.op(ENLIST, k);
    }
    pub(crate) fn delist(&mut self, k: &str) {
        self.op(DELIST, k);
    }
    pub(crate) fn due(&mut self, k: &str, body: &[u8]) {
        self.op(DUE, k);
        self.body(body);
    }
    pub(crate) fn done(&mut self, k: &str) {
        self.op(DONE, k);
    }
    pub(crate) fn counter(&mut self, k: &str, n: i64) {
        self.op(COUNTER, k);
        self.number(n);
    }
}

fn checksum(start: u64, payload: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&start.to_le_bytes());
    sum.update(payload);
    sum.finalize()
}

/// How long the payload of a record is, by its header; `None` where no record begins at this position.
pub(crate) fn payload_len(header: &[u8; HEADER], at: u64) -> Option<usize> {
    let here = header[..4] == MARK && header[8..16] == at.to_le_bytes();
    here.then(|| u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize)
}

/// Whether a payload is what its header says.
pub(crate) fn is_whole(header: &[u8; HEADER], at: u64, payload: &[u8]) -> bool {
    header[16..20] == checksum(at, payload).to_le_bytes()
}

/// One change of a record.
#[derive(Debug, PartialEq)]
pub(crate) enum Op<'r> {
    Put {
        k: &'r str,
        version: i64,
        expires: Option<i64>,
        keys: Option<&'r [u8]>,
        body: &'r [u8],
        place: Place,
    },
    Update {
        k: &'r str,
        version: i64,
        expires: Option<i64>,
        body: &'r [u8],
        place: Place,
    },
    Gone {
        k: &'r str,
    },
    Own {
        k: &'r str,
        owner: &'r str,
    },
    Disown {
        k: &'r str,
        owner: &'r str,
    },
    Enlist {
        k: &'r str,
    },
    Delist {
        k: &'r str,
    },
    Due {
        k: &'r str,
        body: &'r [u8],
    },
    Done {
        k: &'r str,
    },
    Counter {
        k: &'r str,
        n: i64,
    },
}

/// The changes of a payload, which stands at this position.
pub(crate) struct Ops<'r> {
    payload: &'r [u8],
    at: u64,
    read: usize,
}

/// The changes of a payload that follows a header at `start`.
pub(crate) fn ops(payload: &[u8], start: u64) -> Ops<'_> {
    Ops { payload, at: start + HEADER as u64, read: 0 }
}

/// An expiry as it is written: the least number where there is none.
fn expiry(written: i64) -> Option<i64> {
    (written != i64::MIN).then_some(written)
}

impl<'r> Ops<'r> {
    fn take(&mut self, len: usize) -> Option<&'r [u8]> {
        let taken = self.payload.get(self.read..self.read.checked_add(len)?)?;
        self.read += len;
        Some(taken)
    }
    fn len(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
    fn blob(&mut self) -> Option<&'r [u8]> {
        let len = self.len()?;
        self.take(len as usize)
    }
    fn text(&mut self) -> Option<&'r str> {
        std::str::from_utf8(self.blob()?).ok()
    }
    fn number(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
    fn body(&mut self) -> Option<(&'r [u8], Place)> {
        let body = self.blob()?;
        Some((body, Place { at: self.at + (self.read - body.len()) as u64, len: body.len() as u32 }))
    }
    fn op(&mut self) -> Option<Op<'r>> {
        let (op, k) = (self.take(1)?[0], self.text()?);
        Some(match op {
            PUT => {
                let (version, expires) = (self.number()?, expiry(self.number()?));
                let keys = match self.len()? {
                    NONE => None,
                    len => Some(self.take(len as usize)?),
                };
                let (body, place) = self.body()?;
                Op::Put { k, version, expires, keys, body, place }
            }
            UPDATE => {
                let (version, expires) = (self.number()?, expiry(self.number()?));
                let (body, place) = self.body()?;
                Op::Update { k, version, expires, body, place }
            }
            GONE => Op::Gone { k },
            OWN => Op::Own { k, owner: self.text()? },
            DISOWN => Op::Disown { k, owner: self.text()? },
            ENLIST => Op::Enlist { k },
            DELIST => Op::Delist { k },
            DUE => Op::Due { k, body: self.body()?.0 },
            DONE => Op::Done { k },
            COUNTER => Op::Counter { k, n: self.number()? },
            _ => return None,
        })
    }
}

impl<'r> Iterator for Ops<'r> {
    /// `None` where what follows cannot be read.
    type Item = Option<Op<'r>>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.read >= self.payload.len() {
            return None;
        }
        let op = self.op();
        if op.is_none() {
            self.read = self.payload.len();
        }
        Some(op)
    }
}

/// Takes the settled body of a document away, where it has one; before the document is written over or deleted.
pub(crate) const UNSETTLE: &str = "DELETE FROM bodies WHERE n = (SELECT body FROM objects WHERE k = ?1)";

/// Carries a change out in the tables.
pub(crate) fn carry_out(conn: &Connection, op: &Op<'_>) -> rusqlite::Result<()> {
    let run =
        |sql: &str, values: &[&dyn rusqlite::ToSql]| conn.prepare_cached(sql)?.execute(values).map(drop);
    if let Op::Put { k, .. } | Op::Update { k, .. } | Op::Gone { k } = op {
        run(UNSETTLE, params![k])?;
    }
    match *op {
        Op::Put { k, version, expires, keys, place, .. } => run(
            "INSERT INTO objects (k, version, expires, keys, body) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (k) DO UPDATE SET version = excluded.version, expires = excluded.expires, \
             keys = excluded.keys, body = excluded.body",
            params![k, version, expires, keys, place.text()],
        ),
        Op::Update { k, version, expires, place, .. } => run(
            "UPDATE objects SET version = ?2, expires = ?3, body = ?4 WHERE k = ?1",
            params![k, version, expires, place.text()],
        ),
        Op::Gone { k } => run("DELETE FROM objects WHERE k = ?1", params![k]),
        Op::Own { k, owner } => run(
            "INSERT INTO uniques (k, owner) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET owner = excluded.owner",
            params![k, owner],
        ),
        Op::Disown { k, owner } => run("DELETE FROM uniques WHERE k = ?1 AND owner = ?2", params![k, owner]),
        Op::Enlist { k } => run("INSERT INTO listed (k) VALUES (?1) ON CONFLICT (k) DO NOTHING", params![k]),
        Op::Delist { k } => run("DELETE FROM listed WHERE k = ?1", params![k]),
        Op::Due { k, body } => run(
            "INSERT INTO due (k, body) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET body = excluded.body",
            params![k, body],
        ),
        Op::Done { k } => run("DELETE FROM due WHERE k = ?1", params![k]),
        Op::Counter { k, n } => run(
            "INSERT INTO counters (k, n) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET n = excluded.n",
            params![k, n],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> (Draft, Place) {
        let mut draft = Draft::new();
        draft.begin(1000);
        let place = draft.put("a/t/thing/1", 1, Some(7), Some(b"ue=x"), b"{\"a\":1}\nx");
        draft.update("a/t/thing/1", 2, None, b"{}");
        draft.own("e=x", "a/t/thing/1");
        let mark = draft.mark();
        draft.delist("never");
        draft.take_back(mark);
        draft.counter("a/t/usd", -5);
        (draft, place)
    }

    #[test]
    fn a_record_reads_back_with_the_places_of_its_bodies() {
        let (mut draft, place) = record();
        let end = draft.end();
        let bytes = draft.sealed().to_vec();
        assert_eq!(end, 1000 + bytes.len() as u64);
        let from = (place.at - 1000) as usize;
        assert_eq!(&bytes[from..from + place.len as usize], b"{\"a\":1}\nx");
        let header = bytes[..HEADER].try_into().unwrap();
        assert_eq!(payload_len(&header, 1000), Some(bytes.len() - HEADER));
        assert_eq!(payload_len(&header, 1001), None, "a record is one at its own position only");
        assert!(is_whole(&header, 1000, &bytes[HEADER..]));
        let read: Vec<Op<'_>> = ops(&bytes[HEADER..], 1000).map(Option::unwrap).collect();
        assert_eq!(read.len(), 4);
        let put = Op::Put {
            k: "a/t/thing/1",
            version: 1,
            expires: Some(7),
            keys: Some(b"ue=x"),
            body: b"{\"a\":1}\nx",
            place,
        };
        assert_eq!(read[0], put);
        assert_eq!(read[3], Op::Counter { k: "a/t/usd", n: -5 });
    }

    #[test]
    fn a_damaged_record_is_none() {
        let (mut draft, _) = record();
        let whole = draft.sealed().to_vec();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            let header: [u8; HEADER] = bytes[..HEADER].try_into().unwrap();
            let taken = payload_len(&header, 1000)
                .and_then(|len| bytes.get(HEADER..HEADER + len))
                .is_some_and(|payload| is_whole(&header, 1000, payload));
            assert!(!taken, "byte {at}");
        }
    }
}
