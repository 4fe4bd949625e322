//! Reading the file, on the thread of whoever asks: a point read of a file in memory costs less than handing the
//! question to another thread.
use crate::{
    fault::{self, Broken},
    schema,
    segments::Segments,
    snapshot::Moment,
};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params, types::ValueRef};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::{Doc, Fault, IndexKey, Key, Query, Scope, Snapshot};

/// Connections that only read. As many are open as threads read at once; `keep` of them stay open.
pub(crate) struct Readers {
    path: PathBuf,
    segments: Arc<Segments>,
    keep: usize,
    idle: Mutex<Vec<Connection>>,
}

/// How often documents are looked at again whose bodies are settled meanwhile; a segment goes once in many commits.
const LOOKS: usize = 8;

/// What is wrong where the file could not be read.
pub(crate) fn unread(error: impl Into<Broken>) -> Fault {
    fault::of("the database could not be read", &error.into())
}

impl Readers {
    pub(crate) fn new(path: PathBuf, segments: Arc<Segments>, keep: usize) -> Self {
        Readers { path, segments, keep, idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads with a connection of its own; one that failed is not used again.
    pub(crate) fn with<R>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<R>) -> Result<R, Fault> {
        let idle = self.idle().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => schema::open_reader(&self.path).map_err(unread)?,
        };
        let found = read(&conn).map_err(unread)?;
        let mut idle = self.idle();
        if idle.len() < self.keep {
            idle.push(conn);
        }
        Ok(found)
    }

    /// Reads documents with their bodies, wherever those lie.
    pub(crate) fn docs<C>(
        &self,
        read: impl Fn(&Connection) -> rusqlite::Result<C>,
        docs: impl Fn(&mut C) -> &mut [Doc],
    ) -> Result<C, Fault> {
        for _ in 0..LOOKS {
            let mut found = self.with(&read)?;
            if self.segments.fetch(docs(&mut found)).map_err(unread)? {
                return Ok(found);
            }
        }
        Err(unread(Broken::Moved))
    }

    /// A moment of the file, on a connection of its own.
    pub(crate) fn moment(&self, scope: Scope) -> Result<Box<dyn Snapshot>, Fault> {
        Ok(Box::new(Moment::begin(&self.path, scope).map_err(unread)?))
    }

    /// Closes those that wait.
    pub(crate) fn close(&self) {
        self.idle().clear();
    }
}

/// The column as it is: of a document, the body or its place.
pub(crate) fn body(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    match row.get_ref(column)? {
        ValueRef::Blob(body) => Ok(Bytes::copy_from_slice(body)),
        other => Err(rusqlite::Error::InvalidColumnType(column, "body".into(), other.data_type())),
    }
}

pub(crate) fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a str> {
    Ok(row.get_ref(column)?.as_str()?)
}

/// What sorts just after everything that starts with `prefix`, which ends with a slash.
pub(crate) fn past(prefix: &str) -> String {
    let mut past = prefix.to_owned();
    past.pop();
    // What follows a slash.
    past.push('0');
    past
}

pub(crate) fn get(conn: &Connection, key: &Key) -> rusqlite::Result<Option<Doc>> {
    let mut found = conn.prepare_cached("SELECT version, coalesce(b.body, o.body) FROM objects o LEFT JOIN bodies b ON b.n = o.body WHERE k = ?1")?;
    let doc = |row: &Row<'_>| Ok(Doc { key: key.clone(), version: row.get(0)?, body: body(row, 1)? });
    found.query_row([key.path()], doc).optional()
}

/// The document that owns a unique key; nothing where its path cannot be read.
pub(crate) fn find(conn: &Connection, unique: &str) -> rusqlite::Result<Option<Doc>> {
    let sql = "SELECT o.version, coalesce(b.body, o.body), o.k FROM uniques u JOIN objects o ON o.k = u.owner \
               LEFT JOIN bodies b ON b.n = o.body WHERE u.k = ?1";
    let mut found = conn.prepare_cached(sql)?;
    let doc = |row: &Row<'_>| {
        let Some(key) = Key::parse(text(row, 2)?) else { return Ok(None) };
        Ok(Some(Doc { key, version: row.get(0)?, body: body(row, 1)? }))
    };
    Ok(found.query_row([unique], doc).optional()?.flatten())
}

/// The range of keys that a query covers, and how long the part before the ids is, in characters.
struct Range {
    low: String,
    high: String,
    space: String,
    prefix: i64,
}

fn range(query: &Query) -> Range {
    let space = Key::space(&query.account, query.live, query.kind);
    let prefix = match &query.by {
        None => space.clone(),
        Some((index, value)) => IndexKey::listed_space(&space, index, value),
    };
    let low = prefix.clone() + query.before.as_deref().unwrap_or_default();
    let high = query.after.as_ref().map_or_else(|| past(&prefix), |after| prefix.clone() + after);
    Range { low, high, space, prefix: prefix.chars().count() as i64 }
}

/// One statement, so one snapshot: documents that were written together are listed together.
pub(crate) fn list(conn: &Connection, query: &Query) -> rusqlite::Result<Vec<Doc>> {
    const PLAIN: [&str; 2] = [
        "SELECT version, coalesce(b.body, o.body), substr(k, ?3 + 1) FROM objects o \
         LEFT JOIN bodies b ON b.n = o.body WHERE k > ?1 AND k < ?2 ORDER BY k DESC LIMIT ?4 OFFSET ?5",
        "SELECT version, coalesce(b.body, o.body), substr(k, ?3 + 1) FROM objects o \
         LEFT JOIN bodies b ON b.n = o.body WHERE k > ?1 AND k < ?2 ORDER BY k ASC LIMIT ?4 OFFSET ?5",
    ];
    const BY: [&str; 2] = [
        "SELECT o.version, coalesce(b.body, o.body), substr(l.k, ?3 + 1) FROM listed l CROSS JOIN objects o \
         ON o.k = ?6 || substr(l.k, ?3 + 1) LEFT JOIN bodies b ON b.n = o.body \
         WHERE l.k > ?1 AND l.k < ?2 ORDER BY l.k DESC LIMIT ?4 OFFSET ?5",
        "SELECT o.version, coalesce(b.body, o.body), substr(l.k, ?3 + 1) FROM listed l CROSS JOIN objects o \
         ON o.k = ?6 || substr(l.k, ?3 + 1) LEFT JOIN bodies b ON b.n = o.body \
         WHERE l.k > ?1 AND l.k < ?2 ORDER BY l.k ASC LIMIT ?4 OFFSET ?5",
    ];
    // Going back, the ones next to the cursor are chosen first and what is passed over is taken from those.
    let back = query.before.is_some();
    let sql = if query.by.is_none() { PLAIN } else { BY }[usize::from(back)];
    let Range { low, high, space, prefix } = range(query);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let skip = if back { 0 } else { i64::try_from(query.skip).unwrap_or(i64::MAX) };
    let mut found = conn.prepare_cached(sql)?;
    let mut rows = match query.by {
        None => found.query(params![low, high, prefix, limit, skip])?,
        Some(_) => found.query(params![low, high, prefix, limit, skip, space])?,
    };
    let mut docs = Vec::with_capacity(query.limit.min(100));
    while let Some(row) = rows.next()? {
        let key = Key::new(query.account.as_str(), query.live, query.kind, text(row, 2)?);
        docs.push(Doc { key, version: row.get(0)?, body: body(row, 1)? });
    }
    if back {
        docs.reverse();
        docs.drain(..query.skip.min(docs.len()));
    }
    Ok(docs)
}

pub(crate) fn count(conn: &Connection, query: &Query) -> rusqlite::Result<u64> {
    let range = range(&Query { after: None, before: None, ..query.clone() });
    if query.by.is_none() {
        let mut found = conn.prepare_cached("SELECT count(*) FROM objects WHERE k > ?1 AND k < ?2")?;
        return found.query_row([range.low, range.high], |row| row.get(0));
    }
    // A value may hold a slash, an id may not: entries of a longer value are not ours.
    let sql = "SELECT count(*) FROM listed WHERE k > ?1 AND k < ?2 AND instr(substr(k, ?3 + 1), '/') = 0";
    let mut found = conn.prepare_cached(sql)?;
    found.query_row(params![range.low, range.high, range.prefix], |row| row.get(0))
}

pub(crate) fn counters(conn: &Connection, prefix: &str) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut found = conn.prepare_cached("SELECT k, n FROM counters WHERE k >= ?1 ORDER BY k")?;
    let mut rows = found.query([prefix])?;
    let mut counters = Vec::new();
    while let Some(row) = rows.next()? {
        let name = text(row, 0)?;
        if !name.starts_with(prefix) {
            break;
        }
        counters.push((name.to_owned(), row.get(1)?));
    }
    Ok(counters)
}

/// Where the work of a queue lies.
pub(crate) fn queue(name: &str) -> String {
    [name, "/"].concat()
}

/// What the path of work in this queue says: when it is due (milliseconds), and its id.
pub(crate) fn due<'p>(space: &str, path: &'p str) -> Option<(i64, &'p str)> {
    let (at, id) = path.strip_prefix(space)?.split_once('/')?;
    Some((at.parse().ok()?, id))
}

/// Walks the work of a queue in order of time, from a path on, for as long as `visit` says so.
pub(crate) fn walk(
    conn: &Connection,
    queue: &'static str,
    from: &str,
    mut visit: impl FnMut(&str, i64, &str, &Row<'_>) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    let space = self::queue(queue);
    let mut found = conn.prepare_cached("SELECT k, body FROM due WHERE k >= ?1 AND k < ?2 ORDER BY k")?;
    let mut rows = found.query([from, &past(&space)])?;
    while let Some(row) = rows.next()? {
        let path = text(row, 0)?;
        let Some((at, id)) = due(&space, path) else { continue };
        if !visit(path, at, id, row)? {
            break;
        }
    }
    Ok(())
}
