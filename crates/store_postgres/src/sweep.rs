//! What has expired goes, with its entries, in one transaction.
use crate::{
    Shared,
    place::{self, Span, join},
    session::Session,
    trouble::Trouble,
    write::{DELIST, FREE},
};
use std::{ops::Range, sync::Arc};
use store::{Fault, IndexKey, Key, Scope, keys};
use tokio_postgres::types::ToSql;

/// Another node that sweeps at the same time takes other rows.
const EXPIRED: &str = "WITH over AS MATERIALIZED ( \
       SELECT space, k FROM objects WHERE expires >= $1 AND expires < $2 AND (space, k) >= ($3, $4) AND (space, k) < ($5, $6) \
       ORDER BY expires LIMIT $7 FOR UPDATE SKIP LOCKED) \
     DELETE FROM objects o USING over v WHERE o.space = v.space AND o.k = v.k RETURNING o.space, o.k, o.keys";
/// Tokens of batches that nobody will ask about any more.
const TOKENS: &str = "DELETE FROM batches WHERE at < now() - interval '1 day'";

pub(crate) async fn sweep(
    shared: &Shared,
    scope: Scope,
    over: Range<i64>,
    limit: usize,
) -> Result<u64, Fault> {
    let mut swept = 0;
    for span in place::spans(&scope) {
        let left = i64::try_from(limit).unwrap_or(i64::MAX) - swept;
        let (span, over) = (&span, &over);
        let sweeping = shared.pool.with("what has expired could not be swept away", |on| {
            Box::pin(once(on, span.clone(), over.clone(), left))
        });
        swept += sweeping.await?;
    }
    Ok(swept.unsigned_abs())
}

async fn once(session: Arc<Session>, span: Span, over: Range<i64>, limit: i64) -> Result<i64, Trouble> {
    session.run("BEGIN").await?;
    let Span { from, to } = &span;
    let wanted: [&(dyn ToSql + Sync); 7] = [&over.start, &over.end, &from.0, &from.1, &to.0, &to.1, &limit];
    let rows = session.query(EXPIRED, &wanted).await?;
    let mut gone = Entries::default();
    for row in &rows {
        gone.add(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    }
    gone.delete(&session).await?;
    session.execute(TOKENS, &[]).await?;
    session.run("COMMIT").await?;
    Ok(rows.len() as i64)
}

/// The index entries of documents that are deleted.
#[derive(Default)]
pub(crate) struct Entries {
    unique: (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<Vec<u8>>),
    listed: (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<Vec<u8>>),
}

impl Entries {
    /// Those of one document.
    pub(crate) fn add(&mut self, space: &[u8], k: &[u8], kept: Option<&[u8]>) {
        let Some(key) = Key::parse(&join(space, k)) else { return };
        for held in keys::read(kept) {
            let (to, row) = if held.unique {
                let unique = IndexKey::unique_path(held.index, held.value).into_bytes();
                (&mut self.unique, (unique, space.to_vec(), k.to_vec()))
            } else {
                let entries = place::entries(key.live, key.kind, held.index, held.value);
                (&mut self.listed, (space.to_vec(), entries, key.id.clone().into_bytes()))
            };
            to.0.push(row.0);
            to.1.push(row.1);
            to.2.push(row.2);
        }
    }

    pub(crate) async fn delete(&self, session: &Session) -> Result<(), Trouble> {
        for (sql, (one, two, three)) in [(FREE, &self.unique), (DELIST, &self.listed)] {
            if !one.is_empty() {
                session.execute(sql, &[one, two, three]).await?;
            }
        }
        Ok(())
    }
}
