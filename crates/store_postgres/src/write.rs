//! The statements of a commit: what is read and held still first, and what is written at the end. Each goes over whole
//! columns, so that a batch takes as many statements as one unit does.
use crate::{
    judge::{Effects, Found, Left, Row, Wanted},
    place::{join, split},
    session::{Param, Session},
};
use futures_util::future::{BoxFuture, FutureExt as _, join_all, join5};
use tokio_postgres::Error;

/// Places that are empty are held by rows of version 0, which nobody else sees and which go before the end.
const HOLD: &str = "INSERT INTO objects (space, k, version, stamp, body) \
     SELECT w.space, w.k, 0, 0, ''::bytea FROM unnest($1::bytea[], $2::bytea[]) AS w (space, k) \
     ON CONFLICT (space, k) DO NOTHING";
const LET_GO: &str = "DELETE FROM objects o USING unnest($1::bytea[], $2::bytea[]) AS w (space, k) \
     WHERE o.space = w.space AND o.k = w.k AND o.version = 0";
const DOCS: &str = "SELECT o.space, o.k, o.version, o.keys \
     FROM unnest($1::bytea[], $2::bytea[]) AS w (space, k) JOIN objects o ON o.space = w.space AND o.k = w.k \
     ORDER BY o.space, o.k FOR UPDATE OF o";
const UNIQUES: &str = "SELECT u.k, u.space, u.owner FROM unnest($1::bytea[]) AS w (k) JOIN uniques u ON u.k = w.k \
     ORDER BY u.k FOR UPDATE OF u";
const COUNTERS: &str = "SELECT c.space, c.k, c.n \
     FROM unnest($1::bytea[], $2::bytea[]) AS w (space, k) JOIN counters c ON c.space = w.space AND c.k = w.k \
     ORDER BY c.space, c.k FOR UPDATE OF c";

const DELETE: &str = "DELETE FROM objects o USING unnest($1::bytea[], $2::bytea[]) AS w (space, k) \
     WHERE o.space = w.space AND o.k = w.k";
const UPDATE: &str = "UPDATE objects o SET version = w.version, stamp = w.stamp, expires = w.expires, keys = w.keys, body = w.body \
     FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[]) \
     AS w (space, k, version, stamp, expires, keys, body) WHERE o.space = w.space AND o.k = w.k";
pub(crate) const INSERT: &str = "INSERT INTO objects (space, k, version, stamp, expires, keys, body) SELECT * \
     FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[])";
pub(crate) const FREE: &str = "DELETE FROM uniques u USING unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS w (k, space, owner) \
     WHERE u.k = w.k AND u.space = w.space AND u.owner = w.owner";
const OWN: &str =
    "INSERT INTO uniques (k, space, owner) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[])";
pub(crate) const DELIST: &str = "DELETE FROM listed l USING unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS w (space, k, id) \
     WHERE l.space = w.space AND l.k = w.k AND l.id = w.id";
pub(crate) const ENLIST: &str = "INSERT INTO listed (space, k, id) \
     SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) ON CONFLICT (space, k, id) DO NOTHING";
/// A counter that was held still and was not there must not be there yet: it was judged as 0.
const COUNT_FROM_NONE: &str = "INSERT INTO counters (space, k, n) \
     SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[])";
const COUNT: &str = "INSERT INTO counters AS c (space, k, n) \
     SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) \
     ON CONFLICT (space, k) DO UPDATE SET n = c.n + excluded.n";
const DONE: &str = "DELETE FROM due d USING unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS w (queue, at_ms, id) \
     WHERE d.queue = w.queue AND d.at_ms = w.at_ms AND d.id = w.id";
pub(crate) const DUE: &str = "INSERT INTO due (queue, at_ms, id, body) \
     SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[]) \
     ON CONFLICT (queue, at_ms, id) DO UPDATE SET body = excluded.body";
/// Takes the place of the token before, whose fate is known.
const TOKEN: &str = "WITH before AS (DELETE FROM batches WHERE token = $2::bytea) \
     INSERT INTO batches (token, fenced) VALUES ($1::bytea, false)";
/// Whether the token was not there: then its transaction can never be committed any more.
pub(crate) const FENCE: &str = "INSERT INTO batches AS b (token, fenced) VALUES ($1::bytea, true) \
     ON CONFLICT (token) DO UPDATE SET fenced = b.fenced RETURNING fenced";

/// All of them, to be ready before a transaction begins.
pub(crate) const STATEMENTS: &[&str] = &[
    HOLD,
    LET_GO,
    DOCS,
    UNIQUES,
    COUNTERS,
    DELETE,
    UPDATE,
    INSERT,
    FREE,
    OWN,
    DELIST,
    ENLIST,
    COUNT_FROM_NONE,
    COUNT,
    DONE,
    DUE,
    TOKEN,
    FENCE,
];

/// One column of names.
pub(crate) type Names<'a> = Vec<&'a [u8]>;

/// Both columns of paths.
pub(crate) fn columns<'a>(paths: impl IntoIterator<Item = &'a String>) -> (Names<'a>, Names<'a>) {
    paths.into_iter().map(|path| split(path)).unzip()
}

/// Begins a transaction, holds still what is wanted, and reads it, in one round trip.
pub(crate) async fn fetch(session: &Session, wanted: &Wanted) -> Result<Found, Error> {
    let (spaces, ks) = columns(&wanted.docs);
    let (absent_spaces, absent_ks) = columns(&wanted.absent);
    let uniques: Names<'_> = wanted.uniques.iter().map(String::as_bytes).collect();
    let (counter_spaces, counter_ks) = columns(&wanted.counters);
    let (hold, docs): ([Param<'_>; 2], [Param<'_>; 2]) = ([&absent_spaces, &absent_ks], [&spaces, &ks]);
    let (owners, counters): ([Param<'_>; 1], [Param<'_>; 2]) = ([&uniques], [&counter_spaces, &counter_ks]);
    let (begun, held, docs, owners, counters) = join5(
        session.run("BEGIN"),
        unless(absent_ks.is_empty(), session.execute(HOLD, &hold)),
        unless(ks.is_empty(), session.query(DOCS, &docs)),
        unless(uniques.is_empty(), session.query(UNIQUES, &owners)),
        unless(counter_ks.is_empty(), session.query(COUNTERS, &counters)),
    )
    .await;
    begun?;
    held?;
    let mut found = Found::default();
    for row in docs?.unwrap_or_default() {
        let version: i64 = row.try_get(2)?;
        found.docs.insert(
            join(row.try_get(0)?, row.try_get(1)?),
            Row { version: version as u64, keys: row.try_get(3)? },
        );
    }
    for row in owners?.unwrap_or_default() {
        found.uniques.insert(join(row.try_get(0)?, &[]), join(row.try_get(1)?, row.try_get(2)?));
    }
    for row in counters?.unwrap_or_default() {
        found.counters.insert(join(row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
    }
    Ok(found)
}

async fn unless<T>(not: bool, work: impl Future<Output = Result<T, Error>>) -> Result<Option<T>, Error> {
    if not { Ok(None) } else { work.await.map(Some) }
}

/// Rows of documents, column by column.
#[derive(Default)]
pub(crate) struct Docs<'a> {
    spaces: Names<'a>,
    ks: Names<'a>,
    versions: Vec<i64>,
    stamps: Vec<i64>,
    expires: Vec<Option<i64>>,
    keys: Vec<Option<&'a [u8]>>,
    bodies: Names<'a>,
}

impl<'a> Docs<'a> {
    pub(crate) fn push(
        &mut self,
        path: &'a str,
        (version, stamp): (u64, i64),
        expires: Option<i64>,
        keys: Option<&'a [u8]>,
        body: &'a [u8],
    ) {
        let (space, k) = split(path);
        self.spaces.push(space);
        self.ks.push(k);
        self.versions.push(i64::try_from(version).unwrap_or(i64::MAX));
        self.stamps.push(stamp);
        self.expires.push(expires);
        self.keys.push(keys);
        self.bodies.push(body);
    }
    pub(crate) fn params(&self) -> [Param<'_>; 7] {
        let Docs { spaces, ks, versions, stamps, expires, keys, bodies } = self;
        [spaces, ks, versions, stamps, expires, keys, bodies]
    }
}

/// Three columns of names.
pub(crate) type Triples<'a> = (Names<'a>, Names<'a>, Names<'a>);

/// Adds a row.
pub(crate) fn push<'a>(to: &mut Triples<'a>, row: (&'a [u8], &'a [u8], &'a [u8])) {
    to.0.push(row.0);
    to.1.push(row.1);
    to.2.push(row.2);
}

/// Due work, column by column; the queues with their slash.
#[derive(Default)]
pub(crate) struct Dues<'a> {
    pub(crate) queues: Vec<Vec<u8>>,
    pub(crate) times: Vec<i64>,
    pub(crate) ids: Names<'a>,
    pub(crate) bodies: Names<'a>,
}

impl<'a> Dues<'a> {
    pub(crate) fn push(&mut self, key: &'a store::DueKey, body: &'a [u8]) {
        self.queues.push(crate::place::space(key.queue));
        self.times.push(key.at_ms);
        self.ids.push(key.id.as_bytes());
        self.bodies.push(body);
    }
}

/// Writes everything and commits, in one round trip, which begins the transaction too where nothing had to be fetched. Where a statement fails, the COMMIT behind it rolls back, and the
/// first error is returned. `stamps` belong to the documents in their order.
pub(crate) async fn write(
    session: &Session,
    effects: &Effects,
    (wanted, found): (&Wanted, &Found),
    stamps: &[i64],
    (token, before): (&[u8], &[u8]),
) -> Result<(), Error> {
    let (mut deleted, mut updated, mut inserted) =
        ((Vec::new(), Vec::new()), Docs::default(), Docs::default());
    for ((path, left), stamp) in effects.docs.iter().zip(stamps) {
        let Left { before, version, keys, body, expires, .. } = left;
        let (space, k) = split(path);
        if *version == 0 {
            if *before > 0 {
                deleted.0.push(space);
                deleted.1.push(k);
            }
            continue;
        }
        let to = if *before > 0 { &mut updated } else { &mut inserted };
        to.push(path, (*version, *stamp), *expires, keys.as_deref(), body);
    }
    let (absent_spaces, absent_ks) = columns(&wanted.absent);
    let (mut freed, mut owned) = (Triples::default(), Triples::default());
    for (unique, owner) in &effects.freed {
        let (space, k) = split(owner);
        push(&mut freed, (unique.as_bytes(), space, k));
    }
    for (unique, owner) in &effects.owned {
        let Some(owner) = owner else { continue };
        let held = found.uniques.get(unique) == Some(owner)
            && !effects.freed.contains(&(unique.clone(), owner.clone()));
        if !held {
            let (space, k) = split(owner);
            push(&mut owned, (unique.as_bytes(), space, k));
        }
    }
    let (mut delisted, mut enlisted) = (Triples::default(), Triples::default());
    for ((path, id), there) in &effects.listed {
        let (space, k) = split(path);
        push(if *there { &mut enlisted } else { &mut delisted }, (space, k, id.as_bytes()));
    }
    let (mut fresh, mut counted) =
        ((Names::new(), Names::new(), Vec::new()), (Names::new(), Names::new(), Vec::new()));
    for (name, by) in &effects.counters {
        let (space, k) = split(name);
        let absent = wanted.counters.contains(name) && !found.counters.contains_key(name);
        let to = if absent { &mut fresh } else { &mut counted };
        to.0.push(space);
        to.1.push(k);
        to.2.push(*by);
    }
    let (mut done, mut due) = (Dues::default(), Dues::default());
    effects.done.iter().for_each(|key| done.push(key, b""));
    effects.due.iter().for_each(|(key, body)| due.push(key, body));

    let (tokens, held, gone): ([Param<'_>; 2], [Param<'_>; 2], [Param<'_>; 2]) =
        ([&token, &before], [&absent_spaces, &absent_ks], [&deleted.0, &deleted.1]);
    let (update, insert) = (updated.params(), inserted.params());
    let [free, delist, own, enlist] = [&freed, &delisted, &owned, &enlisted].map(params);
    let (from_none, count): ([Param<'_>; 3], [Param<'_>; 3]) =
        ([&fresh.0, &fresh.1, &fresh.2], [&counted.0, &counted.1, &counted.2]);
    let ended: [Param<'_>; 3] = [&done.queues, &done.times, &done.ids];
    let work: [Param<'_>; 4] = [&due.queues, &due.times, &due.ids, &due.bodies];
    let mut steps = Steps { session, all: Vec::with_capacity(16) };
    if wanted.is_empty() {
        steps.all.push(session.run("BEGIN").boxed());
    }
    steps.add(1, TOKEN, &tokens);
    steps.add(absent_ks.len(), LET_GO, &held);
    steps.add(deleted.1.len(), DELETE, &gone);
    steps.add(updated.ks.len(), UPDATE, &update);
    steps.add(inserted.ks.len(), INSERT, &insert);
    steps.add(freed.0.len(), FREE, &free);
    steps.add(delisted.0.len(), DELIST, &delist);
    steps.add(owned.0.len(), OWN, &own);
    steps.add(enlisted.0.len(), ENLIST, &enlist);
    steps.add(fresh.0.len(), COUNT_FROM_NONE, &from_none);
    steps.add(counted.0.len(), COUNT, &count);
    steps.add(done.ids.len(), DONE, &ended);
    steps.add(due.ids.len(), DUE, &work);
    steps.all.push(session.run("COMMIT").boxed());
    join_all(steps.all).await.into_iter().collect()
}

/// Statements that are sent together, in their order.
struct Steps<'a> {
    session: &'a Session,
    all: Vec<BoxFuture<'a, Result<(), Error>>>,
}

impl<'a> Steps<'a> {
    /// A statement over so many rows; over none it is left out.
    fn add(&mut self, rows: usize, sql: &'static str, params: &'a [Param<'a>]) {
        if rows > 0 {
            self.all.push(self.session.execute(sql, params).map(|done| done.map(drop)).boxed());
        }
    }
}

fn params<'a>((one, two, three): &'a Triples<'a>) -> [Param<'a>; 3] {
    [one, two, three]
}
