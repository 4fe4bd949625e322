//! The journal: what makes a batch durable, and where bodies lie until there is time to settle them.
//!
//! A batch is written once, in one piece, to the end of the journal and synced; that is its acknowledgement. The
//! tables are changed in the same step but committed later and without a sync of their own: of a body they hold only
//! its place here. What an error or a power cut takes from them is carried out again from the position that they say
//! they have reached.
//!
//! Bodies are settled into the tables when nobody is waiting ([`Settling`]), and a segment of which all is settled
//! is deleted. So a quiet database is its one file.
use crate::{
    fault::Broken,
    redo::{self, Draft, HEADER, Op},
    segments::{self, Map, Segment, Segments},
};
use rusqlite::{Connection, OptionalExtension, params};
use std::{io, path::Path, sync::Arc};

/// A segment that has grown to this is followed by another one.
const SEGMENT: u64 = 16 * 1024 * 1024;
/// About how much of a segment is settled in one transaction.
const STEP: usize = 256 * 1024;

/// The writer's side of the journal.
pub(crate) struct Journal {
    segments: Arc<Segments>,
    /// The segment that is written to, and where it starts.
    open: Option<(u64, Segment)>,
    /// Where the next record will stand.
    end: u64,
    /// Something may stand there that was not acknowledged.
    dirty: bool,
    settling: Option<Settling>,
    /// A sync of the tables has failed once. The system may have dropped what it could not write, and a later sync
    /// does not tell; so the journal stays whole, from which the next start can do it again.
    distrusted: bool,
}

/// How far the oldest segment is settled.
struct Settling {
    start: u64,
    end: u64,
    at: u64,
}

impl Journal {
    /// The journal beside a database, with everything in the tables that it holds.
    pub(crate) fn recover(conn: &Connection, segments: Arc<Segments>) -> Result<Self, Broken> {
        let map = segments.held();
        let applied = mark(conn, APPLIED)?;
        reaches(&map, mark(conn, SETTLED)?, applied)?;
        let (end, records) = carry_out(conn, &map, u64::MAX)?;
        if records > 0 {
            tracing::info!(records, "carried out again what the journal had and the tables had lost");
        }
        let open = match map.range(..=end).next_back() {
            Some((start, segment)) => Some((*start, segment_to_write(segment.clone())?)),
            None => None,
        };
        // What stands behind the last whole record was never acknowledged.
        Ok(Journal { segments, open, end, dirty: true, settling: None, distrusted: false })
    }

    /// Carries out in the tables, which have no transaction open, what they have lost of what was acknowledged.
    pub(crate) fn carry_out(&self, conn: &Connection) -> Result<(), Broken> {
        let (end, _) = carry_out(conn, &self.segments.held(), self.end)?;
        if end < self.end {
            return Err(Broken::Lost(format!("{} bytes of its journal cannot be read", self.end - end)));
        }
        Ok(())
    }

    /// Where the next record will stand.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }
    /// How much is in it, in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.segments.first().map_or(0, |first| self.end.saturating_sub(first))
    }
    /// Whether there is nothing to settle, or it must stay where it is.
    pub(crate) fn is_settled(&self) -> bool {
        self.distrusted || self.segments.first().is_none()
    }

    /// Writes a record to the end and waits until it is durable. It counts from [`Journal::accept`] on; until then
    /// the next one takes its place.
    pub(crate) fn append(&mut self, draft: &mut Draft) -> Result<(), Broken> {
        debug_assert_eq!(draft.start(), self.end);
        if self.open.as_ref().is_none_or(|(start, _)| self.end - start >= SEGMENT) {
            self.open = Some((self.end, self.segments.create(self.end)?));
            self.dirty = false;
        }
        let Some((start, segment)) = &self.open else { return Ok(()) };
        let at = self.end - start;
        if self.dirty {
            segment.file.set_len(at)?;
        }
        self.dirty = true;
        // A record of which a part is missing is none.
        segments::write_at(&segment.file, draft.sealed(), at)?;
        match segment.file.sync_data() {
            Ok(()) => Ok(()),
            Err(error) => Err(self.take_back(error.into())),
        }
    }
    /// The record that was appended counts.
    pub(crate) fn accept(&mut self, draft: &Draft) {
        self.end = draft.end();
        self.dirty = false;
    }
    /// Takes the record that was appended away, because of an error; the answer says whether it is gone for sure.
    pub(crate) fn take_back(&mut self, because: Broken) -> Broken {
        let Some((start, segment)) = &self.open else { return because };
        let gone = segment.file.set_len(self.end - start).and_then(|()| segment.file.sync_data());
        match gone {
            Ok(()) => because,
            Err(error) => Broken::Unsure(error),
        }
    }

    /// Settles some bodies of the oldest segment in a transaction of their own. Where all of it is settled and
    /// durable, the segment is deleted. Returns whether anything is left to do.
    pub(crate) fn settle(&mut self, conn: &Connection, database: &Path) -> Result<bool, Broken> {
        if self.distrusted {
            return Ok(false);
        }
        let map = self.segments.held();
        let Some((start, segment)) = map.first_key_value().map(|(start, it)| (*start, it.clone())) else {
            return Ok(false);
        };
        if self.settling.as_ref().is_none_or(|settling| settling.start != start) {
            if self.open.as_ref().is_some_and(|(open, _)| *open == start) {
                // What is written from now on goes elsewhere.
                self.open = None;
            }
            let next = map.keys().nth(1).copied();
            self.settling = Some(Settling { start, end: next.unwrap_or(self.end), at: start });
        }
        let Some(settling) = &mut self.settling else { return Ok(false) };
        if settling.at < settling.end {
            settling.at = step(conn, &segment, settling)?;
            return Ok(true);
        }
        set_mark(conn, SETTLED, settling.end)?;
        // The tables refer to nothing in it any more; that must be durable before the bodies go.
        if let Err(error) = sync_log(database) {
            self.distrust();
            return Err(error.into());
        }
        self.segments.remove(start)?;
        self.settling = None;
        Ok(!self.is_settled())
    }
    /// From now on no segment is deleted.
    pub(crate) fn distrust(&mut self) {
        self.distrusted = true;
    }
}

/// Carries out every record before `until` that the tables do not have; returns where the last of them ended, and how
/// many there were.
fn carry_out(conn: &Connection, map: &Map, until: u64) -> Result<(u64, u32), Broken> {
    let (mut end, mut records) = (mark(conn, APPLIED)?, 0);
    while end < until
        && let Some((start, segment)) = map.range(..=end).next_back()
        && let Some(payload) = record(segment, *start, end)?
    {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for op in redo::ops(&payload, end) {
            let unreadable = || Broken::Lost(format!("the record at {end} of its journal cannot be read"));
            redo::carry_out(conn, &op.ok_or_else(unreadable)?)?;
        }
        end += (HEADER + payload.len()) as u64;
        set_mark(conn, APPLIED, end)?;
        conn.execute_batch("COMMIT")?;
        records += 1;
    }
    Ok((end, records))
}

/// Whether the segments hold everything between what is settled and what the tables have carried out.
fn reaches(map: &Map, settled: u64, applied: u64) -> Result<(), Broken> {
    let held = map.range(..=settled).next_back().is_some();
    let missing = match map.range(..=applied).next_back() {
        Some((start, segment)) if held => applied.saturating_sub(start + segment.file.metadata()?.len()),
        _ => applied - settled.min(applied),
    };
    if missing > 0 {
        return Err(Broken::Lost(format!(
            "{missing} bytes of its journal are missing: the files with -journal- in their names belong to it"
        )));
    }
    Ok(())
}

/// Makes everything durable that the tables have.
pub(crate) fn sync_log(database: &Path) -> io::Result<()> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    match std::fs::OpenOptions::new().write(true).open(log) {
        Ok(log) => log.sync_data(),
        // All of it was copied back, which is not done without a sync.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The same segment, to be written to.
fn segment_to_write(segment: Segment) -> io::Result<Segment> {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(&segment.path)?;
    Ok(Segment { file: Arc::new(file), ..segment })
}

/// The position up to which the tables have what the journal says.
pub(crate) const APPLIED: &str = "applied";
/// The position up to which they need nothing of it.
const SETTLED: &str = "settled";

/// A position that the tables keep.
fn mark(conn: &Connection, name: &str) -> rusqlite::Result<u64> {
    let mut found = conn.prepare_cached("SELECT v FROM meta WHERE k = ?1")?;
    // A schema without a journal has carried out nothing of it.
    let found: Option<i64> = found.query_row([name], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0) as u64)
}

/// Moves a position that the tables keep.
pub(crate) fn set_mark(conn: &Connection, name: &str, at: u64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE meta SET v = ?1 WHERE k = ?2")?.execute(params![at as i64, name]).map(drop)
}

/// Whether the journal has a record that the tables do not.
pub(crate) fn is_ahead(conn: &Connection, map: &Map) -> Result<bool, Broken> {
    let applied = mark(conn, APPLIED)?;
    match map.range(..=applied).next_back() {
        Some((start, segment)) => Ok(record(segment, *start, applied)?.is_some()),
        None => Ok(false),
    }
}

/// The payload of the record at a position; `None` where there is none or it is not whole.
fn record(segment: &Segment, start: u64, at: u64) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; HEADER];
    let end_of_file = |error: io::Error| {
        if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) }
    };
    if let Err(error) = segments::read_at(&segment.file, &mut header, at - start) {
        return end_of_file(error);
    }
    let Some(len) = redo::payload_len(&header, at) else { return Ok(None) };
    let left = segment.file.metadata()?.len().saturating_sub(at - start);
    if (len + HEADER) as u64 > left {
        return Ok(None);
    }
    let mut payload = vec![0; len];
    if let Err(error) = segments::read_at(&segment.file, &mut payload, at - start + HEADER as u64) {
        return end_of_file(error);
    }
    Ok(redo::is_whole(&header, at, &payload).then_some(payload))
}

/// Settles the bodies of the next records; returns how far it got.
fn step(conn: &Connection, segment: &Segment, settling: &Settling) -> Result<u64, Broken> {
    let Settling { start, end, mut at } = *settling;
    let mut bytes = 0;
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let mut next: i64 = conn.query_row("SELECT coalesce(max(n), 0) + 1 FROM bodies", [], |row| row.get(0))?;
    let mut refer = conn.prepare_cached("UPDATE objects SET body = ?3 WHERE k = ?1 AND body = ?2")?;
    let mut settle = conn.prepare_cached("INSERT INTO bodies (n, body) VALUES (?1, ?2)")?;
    while at < end && bytes < STEP {
        let broken = || Broken::Lost(format!("the record at {at} of its journal is damaged"));
        let payload = record(segment, start, at)?.ok_or_else(broken)?;
        for op in redo::ops(&payload, at) {
            if let Op::Put { k, body, place, .. } | Op::Update { k, body, place, .. } =
                op.ok_or_else(broken)?
            {
                // What was written over or deleted since is not settled.
                if refer.execute(params![k, place.text(), next])? > 0 {
                    settle.execute(params![next, body])?;
                    next += 1;
                }
            }
        }
        bytes += payload.len();
        at += (HEADER + payload.len()) as u64;
    }
    conn.execute_batch("COMMIT")?;
    Ok(at)
}
