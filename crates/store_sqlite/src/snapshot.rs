//! One moment of the file, walked in order through a read transaction of its own: the writer goes on meanwhile. The
//! write-ahead log cannot start over before the transaction ends.
use crate::{
    Options, Sqlite,
    fault::Broken,
    journal, reader, schema,
    segments::{self, Map},
    writer::BEHIND_MAX,
};
use rusqlite::{
    Connection, Row,
    types::{Type, ValueRef},
};
use std::path::Path;
use store::{
    Doc, Due, DueKey, Fault, Flaw, Fut, GATHERED, Held, IndexKey, Key, Record, Scope, Snapshot, keys,
};

/// Sorts after every name.
const LAST: &str = "\u{10ffff}";

/// The names within a scope: from, inclusive, and to, exclusive, in order.
pub(crate) fn spans(scope: &Scope) -> Vec<(String, String)> {
    // Every name begins with the empty text.
    let spaces = scope.spaces().unwrap_or_else(|| vec![String::new()]);
    spaces.into_iter().map(|space| (space.clone(), space + LAST)).collect()
}

/// Where a walk is.
#[derive(Debug, Clone)]
struct Place {
    part: Part,
    /// Which of the spans of names.
    span: usize,
    /// From which name on, where some of it was walked.
    from: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Docs,
    Counters,
    Due,
    End,
}

const START: Place = Place { part: Part::Docs, span: 0, from: None };

pub(crate) struct Moment {
    conn: Connection,
    /// Every segment that a body may lie in, held open.
    bodies: Map,
    scope: Scope,
    /// Names within scope: from, inclusive, and to, exclusive.
    spans: Vec<(String, String)>,
    at: Place,
}

impl Moment {
    /// The moment of this call: what is committed before it is in, what is committed later is not.
    pub(crate) fn begin(path: &Path, scope: Scope) -> Result<Self, Broken> {
        let conn = schema::open_reader(path)?;
        // Opened before, so that none goes that the moment needs, and after, so that none is missing that it has.
        let mut bodies = segments::listed(path)?;
        conn.execute_batch("BEGIN")?;
        // A transaction begins with its first read.
        conn.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
        bodies.extend(segments::listed(path)?);
        let spans = spans(&scope);
        let mut moment = Moment { conn, bodies, scope, spans, at: START };
        moment.rewind();
        Ok(moment)
    }

    fn gather(&mut self, limit: usize) -> Result<Vec<Record>, Broken> {
        let mut step = Step { limit, bytes: 0, records: Vec::new() };
        while self.at.part != Part::End && !step.full() {
            match self.walk(&mut step)? {
                // The next name there can be: none holds the character that sorts first.
                Some(last) => self.at.from = Some(last + "\0"),
                None => self.turn(),
            }
        }
        Ok(step.records)
    }

    /// Walks on in the span at hand. Returns the last name where the step is full, none where the span has ended.
    fn walk(&self, step: &mut Step) -> Result<Option<String>, Broken> {
        let all = (String::new(), LAST.to_owned());
        let (sql, read, span) = match self.at.part {
            Part::Docs => (DOCS, doc as ReadRow, &self.spans[self.at.span]),
            Part::Counters => (COUNTERS, counter as ReadRow, &self.spans[self.at.span]),
            Part::Due | Part::End => (DUE, due as ReadRow, &all),
        };
        let from = self.at.from.as_ref().unwrap_or(&span.0);
        let mut found = self.conn.prepare_cached(sql)?;
        let mut rows = found.query([from, &span.1])?;
        while let Some(row) = rows.next()? {
            let mut record = read(row)?;
            if let Record::Doc(held) = &mut record
                && !segments::fetch(&self.bodies, std::slice::from_mut(&mut held.doc))?
            {
                return Err(Broken::Lost(format!("the body of {} is missing", held.doc.key.path())));
            }
            let ours = !matches!(&record, Record::Due(due) if !self.scope.holds(&due.key));
            if ours {
                step.bytes += record.weight();
                step.records.push(record);
            }
            if step.full() {
                return Ok(Some(reader::text(row, 0)?.to_owned()));
            }
        }
        Ok(None)
    }

    /// Goes to the next span, or to the first of the next part.
    fn turn(&mut self) {
        let Place { part, span, .. } = self.at;
        let (part, span) = match part {
            Part::Docs | Part::Counters if span + 1 < self.spans.len() => (part, span + 1),
            Part::Docs => (Part::Counters, 0),
            Part::Counters => (Part::Due, 0),
            Part::Due | Part::End => (Part::End, 0),
        };
        self.at = Place { part, span, from: None };
    }
}

/// What one call gathers.
struct Step {
    limit: usize,
    bytes: usize,
    records: Vec<Record>,
}

impl Step {
    fn full(&self) -> bool {
        self.records.len() >= self.limit || self.bytes >= GATHERED
    }
}

const DOCS: &str = "SELECT k, version, expires, keys, coalesce(b.body, o.body) FROM objects o \
                    LEFT JOIN bodies b ON b.n = o.body WHERE k >= ?1 AND k < ?2 ORDER BY k";
const COUNTERS: &str = "SELECT k, n FROM counters WHERE k >= ?1 AND k < ?2 ORDER BY k";
const DUE: &str = "SELECT k, body FROM due WHERE k >= ?1 AND k < ?2 ORDER BY k";

type ReadRow = fn(&Row<'_>) -> rusqlite::Result<Record>;

fn doc(row: &Row<'_>) -> rusqlite::Result<Record> {
    let path = reader::text(row, 0)?;
    let key = Key::parse(path).ok_or_else(|| unreadable("objects", path))?;
    let index = keys(row, 3)?;
    let doc = Doc { key, version: row.get(1)?, body: reader::body(row, 4)? };
    Ok(Record::Doc(Held { doc, index, expires: row.get(2)? }))
}

fn counter(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record::Counter { name: row.get(0)?, value: row.get(1)? })
}

fn due(row: &Row<'_>) -> rusqlite::Result<Record> {
    let path = reader::text(row, 0)?;
    let key = DueKey::parse(path).ok_or_else(|| unreadable("due", path))?;
    Ok(Record::Due(Due { key, body: reader::body(row, 1)? }))
}

fn keys(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<IndexKey>> {
    let kept = match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Blob(kept) => Some(kept),
        other => {
            return Err(rusqlite::Error::InvalidColumnType(column, "keys".into(), other.data_type()));
        }
    };
    Ok(keys::list(kept))
}

fn unreadable(table: &str, path: &str) -> rusqlite::Error {
    let told = format!("{path:?} in {table} is no name that this program writes");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, told.into())
}

impl Snapshot for Moment {
    fn next(&mut self, limit: usize) -> Fut<'_, Result<Vec<Record>, Fault>> {
        let gathered = self.gather(limit).map_err(reader::unread);
        Box::pin(std::future::ready(gathered))
    }

    fn rewind(&mut self) {
        // Of no accounts there is nothing to walk.
        let part = if self.spans.is_empty() { Part::End } else { Part::Docs };
        self.at = Place { part, ..START };
    }

    fn seek(&mut self, path: &str) {
        self.at = Place { from: Some(format!("{path}\0")), ..START };
    }

    fn to_work(&mut self) {
        if !self.spans.is_empty() {
            self.at = Place { part: Part::Due, ..START };
        }
    }

    fn audit<'a>(&'a mut self, tell: &'a mut (dyn FnMut(Flaw) + Send)) -> Fut<'a, Result<(), Fault>> {
        let audited = audit(&self.conn, tell).map_err(reader::unread);
        Box::pin(std::future::ready(audited))
    }
}

/// Compares the tables of index entries with what is kept beside the documents, both ways.
fn audit(conn: &Connection, tell: &mut dyn FnMut(Flaw)) -> rusqlite::Result<()> {
    for table in ["objects", "due"] {
        let mut names = conn.prepare(&format!("SELECT k FROM {table} ORDER BY k"))?;
        let mut rows = names.query([])?;
        while let Some(row) = rows.next()? {
            let name = reader::text(row, 0)?;
            let reads =
                if table == "due" { DueKey::parse(name).is_some() } else { Key::parse(name).is_some() };
            if !reads {
                tell(Flaw::new(name, format!("a name in {table} that can be read"), "something else"));
            }
        }
    }
    documents_have_their_bodies(conn, tell)?;
    documents_have_their_entries(conn, tell)?;
    uniques_have_their_documents(conn, tell)?;
    listed_have_their_documents(conn, tell)
}

/// Settled bodies and the documents that refer to them, both ways; a body in the journal is missed when it is read.
fn documents_have_their_bodies(conn: &Connection, tell: &mut dyn FnMut(Flaw)) -> rusqlite::Result<()> {
    let lost = "SELECT k FROM objects o WHERE typeof(body) = 'integer' \
                AND NOT EXISTS (SELECT 1 FROM bodies b WHERE b.n = o.body) ORDER BY k";
    let mut lost = conn.prepare(lost)?;
    let mut rows = lost.query([])?;
    while let Some(row) = rows.next()? {
        tell(Flaw::new(reader::text(row, 0)?, "a body", "none"));
    }
    let spare = "SELECT n FROM bodies EXCEPT SELECT body FROM objects WHERE typeof(body) = 'integer'";
    let mut spare = conn.prepare(spare)?;
    let mut rows = spare.query([])?;
    while let Some(row) = rows.next()? {
        tell(Flaw::new(format!("body {}", row.get::<_, i64>(0)?), "a document that refers to it", "none"));
    }
    Ok(())
}

fn documents_have_their_entries(conn: &Connection, tell: &mut dyn FnMut(Flaw)) -> rusqlite::Result<()> {
    let mut docs = conn.prepare("SELECT k, keys FROM objects WHERE keys IS NOT NULL ORDER BY k")?;
    let mut owner = conn.prepare("SELECT owner FROM uniques WHERE k = ?1")?;
    let mut listed = conn.prepare("SELECT 1 FROM listed WHERE k = ?1")?;
    let mut rows = docs.query([])?;
    while let Some(row) = rows.next()? {
        let path = reader::text(row, 0)?;
        let Some(key) = Key::parse(path) else { continue };
        for index in keys(row, 1)? {
            if index.unique {
                let at = IndexKey::unique_path(index.index, &index.value);
                let mut found = owner.query([&at])?;
                let found = found.next()?.map(|row| row.get::<_, String>(0)).transpose()?;
                if found.as_deref() != Some(path) {
                    let found = found.map_or("no entry".to_owned(), |other| format!("an entry of {other}"));
                    tell(Flaw::new(path, format!("the unique index entry {at}"), found));
                }
            } else {
                let at = keys::listed_path(&key, index.index, &index.value);
                if !listed.exists([&at])? {
                    tell(Flaw::new(path, format!("the index entry {at}"), "no entry"));
                }
            }
        }
    }
    Ok(())
}

fn uniques_have_their_documents(conn: &Connection, tell: &mut dyn FnMut(Flaw)) -> rusqlite::Result<()> {
    let mut entries = conn.prepare("SELECT k, owner FROM uniques ORDER BY k")?;
    let mut doc = conn.prepare("SELECT k, keys FROM objects WHERE k = ?1")?;
    let mut rows = entries.query([])?;
    while let Some(row) = rows.next()? {
        let (at, owner) = (reader::text(row, 0)?, reader::text(row, 1)?);
        let mut found = doc.query([owner])?;
        let has = match found.next()? {
            Some(row) => keys(row, 1)?
                .iter()
                .any(|index| index.unique && IndexKey::unique_path(index.index, &index.value) == at),
            None => false,
        };
        if !has {
            tell(Flaw::new(at, format!("a document {owner} that has this unique key"), "none"));
        }
    }
    Ok(())
}

fn listed_have_their_documents(conn: &Connection, tell: &mut dyn FnMut(Flaw)) -> rusqlite::Result<()> {
    let mut entries = conn.prepare("SELECT k FROM listed ORDER BY k")?;
    let mut doc = conn.prepare("SELECT k, keys FROM objects WHERE k = ?1")?;
    let mut rows = entries.query([])?;
    while let Some(row) = rows.next()? {
        let at = reader::text(row, 0)?;
        // `account/mode/kind/index=value/id`, where the value may hold slashes and an id may not.
        let parts = Key::parse(at).and_then(|key| Some((key.clone(), key.id.rsplit_once('/')?.1.to_owned())));
        let has = match parts {
            Some((key, id)) => {
                let key = Key { id, ..key };
                let mut found = doc.query([key.path()])?;
                match found.next()? {
                    Some(row) => keys(row, 1)?.iter().any(|index| {
                        !index.unique && keys::listed_path(&key, index.index, &index.value) == at
                    }),
                    None => false,
                }
            }
            None => false,
        };
        if !has {
            tell(Flaw::new(at, "a document that has this index key", "none"));
        }
    }
    Ok(())
}

/// Whether the journal has what the tables have lost.
fn is_behind(path: &Path) -> Result<bool, Broken> {
    journal::is_ahead(&schema::open_reader(path)?, &segments::listed(path)?)
}

/// What a file held at this moment, while its server serves or does not; the file stays as it is.
///
/// # Errors
/// Where there is no database, a newer release wrote it, or it cannot be read.
pub fn look(path: &Path, scope: Scope) -> Result<Box<dyn Snapshot>, Fault> {
    let current = schema::known(path)?;
    // Whoever serves the file keeps it abreast of its journal and of this program; where nobody does, it may be of
    // an earlier release, or have lost to a power cut what the journal has.
    match schema::lock(path) {
        Ok(lock) if !current || is_behind(path).map_err(reader::unread)? => {
            drop(lock);
            drop(Sqlite::open(path, Options::default())?);
        }
        Err(fault) if !current => return Err(fault),
        // Whoever serves it commits its tables within this time.
        Err(_) => std::thread::sleep(BEHIND_MAX * 2),
        Ok(_) => {}
    }
    let moment = Moment::begin(path, scope).map_err(reader::unread)?;
    Ok(Box::new(moment))
}
