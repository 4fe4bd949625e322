//! One moment of the database, walked in order through a transaction of its own.
use crate::{
    Shared, audit,
    place::{self, Span, join},
    session::{Session, within},
    trouble::Trouble,
};
use bytes::Bytes;
use std::{collections::VecDeque, time::Duration};
use store::{
    Doc, Due, DueKey, Fault, Flaw, Fut, GATHERED, Held, Key, Record, Scope, Snapshot, declared, keys,
};
use tokio::time::Instant;
use tokio_postgres::Row;

/// How many rows are fetched at once.
const ROWS: i64 = 200;
/// How long the database may take for them.
const FETCH_MAX: Duration = Duration::from_mins(1);

/// The moment stands still from the first question on, however long the walk takes.
const BEGIN: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
     BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM meta";

const DOCS: &str = "SELECT space, k, version, expires, keys, body FROM objects \
     WHERE (space, k) >= ($1, $2) AND (space, k) < ($3, $4) ORDER BY space, k LIMIT $5";
const COUNTERS: &str = "SELECT space, k, n FROM counters \
     WHERE (space, k) >= ($1, $2) AND (space, k) < ($3, $4) ORDER BY space, k LIMIT $5";
const DUE: &str = "SELECT queue, at_ms, id, body FROM due WHERE (queue, at_ms, id) >= ($1, $2, $3) \
     ORDER BY queue, at_ms, id LIMIT $4";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Docs,
    Counters,
    Due,
    End,
}

/// Where a walk is.
#[derive(Debug, Clone)]
struct Place {
    part: Part,
    /// Which of the spans of names.
    nth: usize,
    /// From which name on, where some of it was walked.
    from: Option<(Vec<u8>, Vec<u8>)>,
    /// The time of due work from which on.
    at_ms: i64,
}

impl Place {
    fn start(part: Part, nth: usize) -> Self {
        Place { part, nth, from: None, at_ms: i64::MIN }
    }
}

struct Moment {
    session: Session,
    scope: Scope,
    spans: Vec<Span>,
    at: Place,
    /// Fetched and not yet handed out.
    fetched: VecDeque<Record>,
}

/// The moment of this call: what is committed before it is in, what is committed later is not.
pub(crate) async fn begin(shared: &Shared, scope: Scope) -> Result<Box<dyn Snapshot>, Fault> {
    let deadline = Instant::now() + shared.patience;
    let begun = async {
        let session = shared.connector.open().await?;
        session.run(BEGIN).await?;
        Ok::<_, Trouble>(session)
    };
    let session = within(deadline, begun).await.map_err(unread)?;
    let (spans, at) = (place::spans(&scope), Place::start(Part::End, 0));
    let mut moment = Moment { session, scope, spans, at, fetched: VecDeque::new() };
    moment.rewind();
    Ok(Box::new(moment))
}

fn unread(why: Trouble) -> Fault {
    let told = format!("{}: {why}", crate::READING);
    if why.passes() { Fault::unavailable(told) } else { Fault::broken(told) }
}

impl Moment {
    async fn gather(&mut self, limit: usize) -> Result<Vec<Record>, Trouble> {
        let (mut bytes, mut records) = (0, Vec::new());
        while records.len() < limit && bytes < GATHERED {
            match self.fetched.pop_front() {
                Some(record) => {
                    bytes += record.weight();
                    records.push(record);
                }
                None if self.at.part == Part::End => break,
                None => within(Instant::now() + FETCH_MAX, self.fetch()).await?,
            }
        }
        Ok(records)
    }

    /// Fetches the next rows, or turns to the next space or part.
    async fn fetch(&mut self) -> Result<(), Trouble> {
        let Place { part, nth, from, at_ms } = &self.at;
        let nothing = Default::default();
        let rows = match (part, self.spans.get(*nth)) {
            (Part::Docs | Part::Counters, Some(span)) => {
                let (sql, from) = (if *part == Part::Docs { DOCS } else { COUNTERS }, from.as_ref());
                let ((space, k), (to_space, to_k)) = (from.unwrap_or(&span.from), &span.to);
                self.session.query(sql, &[space, k, to_space, to_k, &ROWS]).await?
            }
            (Part::Due, _) => {
                let (queue, id) = from.as_ref().unwrap_or(&nothing);
                self.session.query(DUE, &[queue, at_ms, id, &ROWS]).await?
            }
            _ => Vec::new(),
        };
        for row in &rows {
            let record = match self.at.part {
                Part::Docs => doc(row)?,
                Part::Counters => {
                    Record::Counter { name: join(row.try_get(0)?, row.try_get(1)?), value: row.try_get(2)? }
                }
                Part::Due | Part::End => due(row)?,
            };
            if !matches!(&record, Record::Due(due) if !self.scope.holds(&due.key)) {
                self.fetched.push_back(record);
            }
        }
        if let Some(last) = rows.last() {
            let mut rest: Vec<u8> = last.try_get(if self.at.part == Part::Due { 2 } else { 1 })?;
            // The next name that there can be.
            rest.push(0);
            self.at.from = Some((last.try_get(0)?, rest));
            if self.at.part == Part::Due {
                self.at.at_ms = last.try_get(1)?;
            }
        }
        if rows.len() < ROWS as usize {
            self.turn();
        }
        Ok(())
    }

    fn turn(&mut self) {
        let next = self.at.nth + 1;
        let more = next < self.spans.len();
        let (part, nth) = match self.at.part {
            part @ (Part::Docs | Part::Counters) if more => (part, next),
            Part::Docs => (Part::Counters, 0),
            Part::Counters => (Part::Due, 0),
            Part::Due | Part::End => (Part::End, 0),
        };
        self.at = Place::start(part, nth);
    }
}

fn doc(row: &Row) -> Result<Record, Trouble> {
    let path = join(row.try_get(0)?, row.try_get(1)?);
    let unreadable = || Trouble::Broken(format!("{path:?} is no name that this program writes"));
    let key = Key::parse(&path).ok_or_else(unreadable)?;
    let (version, body): (i64, &[u8]) = (row.try_get(2)?, row.try_get(5)?);
    let doc = Doc { key, version: version as u64, body: Bytes::copy_from_slice(body) };
    let index = keys::list(row.try_get(4)?);
    Ok(Record::Doc(Held { doc, index, expires: row.try_get(3)? }))
}

fn due(row: &Row) -> Result<Record, Trouble> {
    let (queue, id): (&[u8], &[u8]) = (row.try_get(0)?, row.try_get(2)?);
    let queue = String::from_utf8_lossy(queue.strip_suffix(b"/").unwrap_or(queue)).into_owned();
    let id = String::from_utf8_lossy(id).into_owned();
    let key = DueKey { queue: declared(&queue), at_ms: row.try_get(1)?, id };
    Ok(Record::Due(Due { key, body: Bytes::copy_from_slice(row.try_get(3)?) }))
}

impl Snapshot for Moment {
    fn next(&mut self, limit: usize) -> Fut<'_, Result<Vec<Record>, Fault>> {
        Box::pin(async move { self.gather(limit).await.map_err(unread) })
    }

    fn rewind(&mut self) {
        // Of no names there is nothing to walk.
        let part = if self.spans.is_empty() { Part::End } else { Part::Docs };
        self.at = Place::start(part, 0);
        self.fetched.clear();
    }

    fn seek(&mut self, path: &str) {
        let (space, rest) = place::split(path);
        let from = (space.to_vec(), [rest, b"\0"].concat());
        self.at = Place { from: Some(from), ..Place::start(Part::Docs, 0) };
        self.fetched.clear();
    }

    fn to_work(&mut self) {
        if !self.spans.is_empty() {
            self.at = Place::start(Part::Due, 0);
            self.fetched.clear();
        }
    }

    fn audit<'a>(&'a mut self, tell: &'a mut (dyn FnMut(Flaw) + Send)) -> Fut<'a, Result<(), Fault>> {
        Box::pin(async move { audit::audit(&self.session, tell).await.map_err(unread) })
    }
}
