//! What has expired goes, with its entries, in one transaction.
use crate::{
    Shared,
    place::{self, join},
    session::Session,
    trouble::Trouble,
    write::{DELIST, FREE},
};
use std::sync::Arc;
use store::{Fault, IndexKey, Key, keys};

/// Another node that sweeps at the same time takes other rows.
const EXPIRED: &str = "WITH over AS MATERIALIZED ( \
       SELECT space, k FROM objects WHERE expires < $1 ORDER BY expires LIMIT $2 FOR UPDATE SKIP LOCKED) \
     DELETE FROM objects o USING over v WHERE o.space = v.space AND o.k = v.k RETURNING o.space, o.k, o.keys";
/// Tokens of batches that nobody will ask about any more.
const TOKENS: &str = "DELETE FROM batches WHERE at < now() - interval '1 day'";

pub(crate) async fn sweep(shared: &Shared, now: i64, limit: usize) -> Result<u64, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sweeping =
        shared.pool.with("what has expired could not be swept away", |on| Box::pin(once(on, now, limit)));
    sweeping.await
}

async fn once(session: Arc<Session>, now: i64, limit: i64) -> Result<u64, Trouble> {
    session.run("BEGIN").await?;
    let rows = session.query(EXPIRED, &[&now, &limit]).await?;
    let mut gone = Entries::default();
    for row in &rows {
        gone.add(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    }
    gone.delete(&session).await?;
    session.execute(TOKENS, &[]).await?;
    session.run("COMMIT").await?;
    Ok(rows.len() as u64)
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
