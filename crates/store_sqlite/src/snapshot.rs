//! One moment of the file, walked in order through a read transaction of its own: the writer goes on meanwhile. The
//! write-ahead log cannot start over before the transaction ends.
use crate::{fault, reader, schema};
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
    scope: Scope,
    /// Names within scope: from, inclusive, and to, exclusive.
    spans: Vec<(String, String)>,
    at: Place,
}

impl Moment {
    /// The moment of this call: what is committed before it is in, what is committed later is not.
    pub(crate) fn begin(path: &Path, scope: Scope) -> rusqlite::Result<Self> {
        let conn = schema::open_reader(path)?;
        conn.execute_batch("BEGIN")?;
        // A transaction begins with its first read.
        conn.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
        let spans = spans(&scope);
        let mut moment = Moment { conn, scope, spans, at: START };
        moment.rewind();
        Ok(moment)
    }

    fn gather(&mut self, limit: usize) -> rusqlite::Result<Vec<Record>> {
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
    fn walk(&self, step: &mut Step) -> rusqlite::Result<Option<String>> {
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
            let record = read(row)?;
            let ours = !matches!(&record, Record::Due(due) if !self.scope.holds(&due.key));
            if ours {
                step.bytes += record.weight();
                step.records.push(record);
            }
            if step.full() {
                return reader::text(row, 0).map(|name| Some(name.to_owned()));
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

const DOCS: &str = "SELECT k, version, expires, keys, body FROM objects WHERE k >= ?1 AND k < ?2 ORDER BY k";
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

fn broken(error: rusqlite::Error) -> Fault {
    fault::of("the database could not be read", &error)
}

impl Snapshot for Moment {
    fn next(&mut self, limit: usize) -> Fut<'_, Result<Vec<Record>, Fault>> {
        let gathered = self.gather(limit).map_err(broken);
        Box::pin(std::future::ready(gathered))
    }

    fn rewind(&mut self) {
        // Of no accounts there is nothing to walk.
        let part = if self.spans.is_empty() { Part::End } else { Part::Docs };
        self.at = Place { part, ..START };
    }

    fn audit<'a>(&'a mut self, tell: &'a mut (dyn FnMut(Flaw) + Send)) -> Fut<'a, Result<(), Fault>> {
        let audited = audit(&self.conn, tell).map_err(broken);
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
    documents_have_their_entries(conn, tell)?;
    uniques_have_their_documents(conn, tell)?;
    listed_have_their_documents(conn, tell)
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

/// What a file held at this moment, while its server serves or does not; the file stays as it is.
///
/// # Errors
/// Where there is no database, a newer release wrote it, or it cannot be read.
pub fn look(path: &Path, scope: Scope) -> Result<Box<dyn Snapshot>, Fault> {
    schema::known(path)?;
    let moment = Moment::begin(path, scope).map_err(broken)?;
    Ok(Box::new(moment))
}
