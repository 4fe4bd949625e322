//! Pages of documents, counts of them, and counters.
use crate::{
    place::{self, LAST, past, split},
    session::Session,
    trouble::Trouble,
};
use bytes::Bytes;
use std::sync::Arc;
use store::{Doc, Key, Query};

const DOWN: &str = "SELECT k, version, body FROM objects WHERE space = $1 AND k > $2 AND k < $3 \
     ORDER BY k DESC LIMIT $4 OFFSET $5";
const UP: &str = "SELECT k, version, body FROM objects WHERE space = $1 AND k > $2 AND k < $3 \
     ORDER BY k LIMIT $4 OFFSET $5";
const DOWN_BY: &str = "SELECT l.id, o.version, o.body FROM listed l \
     JOIN objects o ON o.space = l.space AND o.k = $6::bytea || l.id \
     WHERE l.space = $1 AND l.k = $7 AND l.id > $2 AND l.id < $3 ORDER BY l.id DESC LIMIT $4 OFFSET $5";
const UP_BY: &str = "SELECT l.id, o.version, o.body FROM listed l \
     JOIN objects o ON o.space = l.space AND o.k = $6::bytea || l.id \
     WHERE l.space = $1 AND l.k = $7 AND l.id > $2 AND l.id < $3 ORDER BY l.id LIMIT $4 OFFSET $5";
const COUNT: &str = "SELECT count(*) FROM objects WHERE space = $1 AND k > $2 AND k < $3";
const COUNT_BY: &str = "SELECT count(*) FROM listed WHERE space = $1 AND k = $2";
const COUNTERS: &str =
    "SELECT space, k, n FROM counters WHERE space = $1 AND k >= $2 AND k < $3 ORDER BY space, k";
/// For names that do not say whose they are.
const COUNTERS_OF_ALL: &str =
    "SELECT space, k, n FROM counters WHERE space >= $1 AND space < $2 ORDER BY space, k";

/// One statement, so one snapshot: documents that were written together are listed together.
pub(crate) async fn list(session: Arc<Session>, query: &Query) -> Result<Vec<Doc>, Trouble> {
    // Going back, the ones next to the cursor are chosen first and what is passed over is taken from those.
    let back = query.before.is_some();
    let space = place::space(&query.account);
    let kind = place::of_kind(query.live, query.kind);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let skip = if back { 0 } else { i64::try_from(query.skip).unwrap_or(i64::MAX) };
    let (before, after) = (query.before.as_deref().unwrap_or_default(), query.after.as_deref());
    let (rows, prefix) = match &query.by {
        None => {
            let low = [&kind, before.as_bytes()].concat();
            let high = after.map_or_else(|| past(&kind), |after| [&kind, after.as_bytes()].concat());
            let sql = if back { UP } else { DOWN };
            (session.query(sql, &[&space, &low, &high, &limit, &skip]).await?, kind.len())
        }
        Some((index, value)) => {
            let entries = place::entries(query.live, query.kind, index, value);
            let (low, high) = (before.as_bytes(), after.map_or(LAST, str::as_bytes));
            let sql = if back { UP_BY } else { DOWN_BY };
            (session.query(sql, &[&space, &low, &high, &limit, &skip, &kind, &entries]).await?, 0)
        }
    };
    let mut docs = Vec::with_capacity(rows.len());
    for row in rows {
        let (name, version): (&[u8], i64) = (row.try_get(0)?, row.try_get(1)?);
        let id = String::from_utf8_lossy(name.get(prefix..).unwrap_or_default()).into_owned();
        let key = Key::new(query.account.as_str(), query.live, query.kind, id);
        let body = Bytes::copy_from_slice(row.try_get(2)?);
        docs.push(Doc { key, version: version as u64, body });
    }
    if back {
        docs.reverse();
        docs.drain(..query.skip.min(docs.len()));
    }
    Ok(docs)
}

/// How many documents a query without its limit and cursors holds.
pub(crate) async fn count(session: Arc<Session>, query: &Query) -> Result<u64, Trouble> {
    let space = place::space(&query.account);
    let rows = match &query.by {
        None => {
            let kind = place::of_kind(query.live, query.kind);
            session.query(COUNT, &[&space, &kind, &past(&kind)]).await?
        }
        Some((index, value)) => {
            let entries = place::entries(query.live, query.kind, index, value);
            session.query(COUNT_BY, &[&space, &entries]).await?
        }
    };
    let counted: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    Ok(counted as u64)
}

/// The counters whose name starts so, by name.
pub(crate) async fn counters(session: Arc<Session>, prefix: &str) -> Result<Vec<(String, i64)>, Trouble> {
    let (space, k) = split(prefix);
    let rows = if space.is_empty() {
        session.query(COUNTERS_OF_ALL, &[&k, &past(k)]).await?
    } else {
        session.query(COUNTERS, &[&space, &k, &past(k)]).await?
    };
    let counter =
        |row: tokio_postgres::Row| Ok((place::join(row.try_get(0)?, row.try_get(1)?), row.try_get(2)?));
    rows.into_iter().map(counter).collect()
}
