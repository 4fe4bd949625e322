//! Who works on which due work, across nodes. A lease ends at its time, or when its node has not been heard of for a
//! while; the time of a lease is the caller's, the life of a node is told by the database's clock.
use crate::{Shared, place, session::Session, trouble::Trouble, write::Dues};
use bytes::Bytes;
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use store::{Due, DueKey, Fault, Fut};
use tokio::sync::Notify;

/// How often a node says that it lives.
const BEAT: Duration = Duration::from_secs(3);

const NAME: &str = "SELECT gen_random_uuid()::text";
const BEATS: &str =
    "INSERT INTO nodes (id, seen) VALUES ($1, now()) ON CONFLICT (id) DO UPDATE SET seen = excluded.seen";
const FORGET: &str = "DELETE FROM nodes WHERE seen < now() - interval '1 day'";
const FAREWELL: &str = "DELETE FROM nodes WHERE id = $1";
/// Written as a common table, so that the rows are chosen and locked once. A node that was not heard of for four beats
/// is taken for dead; if it is not, its work is done twice, as after any lease that ended.
const CLAIM: &str = "WITH ready AS MATERIALIZED ( \
       SELECT d.queue, d.at_ms, d.id FROM due d WHERE d.queue = $1 AND d.at_ms >= $6 AND d.at_ms <= $2 \
       AND (d.lease_until_ms IS NULL OR d.lease_until_ms <= $2 OR NOT EXISTS \
         (SELECT 1 FROM nodes n WHERE n.id = d.holder AND n.seen > now() - interval '12 seconds')) \
       ORDER BY d.queue, d.at_ms, d.id LIMIT $3 FOR UPDATE OF d SKIP LOCKED) \
     UPDATE due d SET lease_until_ms = $4, holder = $5 FROM ready r \
     WHERE d.queue = r.queue AND d.at_ms = r.at_ms AND d.id = r.id RETURNING d.at_ms, d.id, d.body";
const NEXT: &str =
    "SELECT at_ms FROM due WHERE queue = $1 AND lease_until_ms IS NULL ORDER BY queue, at_ms LIMIT 1";
const RELEASE: &str = "UPDATE due d SET lease_until_ms = NULL, holder = NULL \
     FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS w (queue, at_ms, id) \
     WHERE d.queue = w.queue AND d.at_ms = w.at_ms AND d.id = w.id AND d.holder = $4";

/// Leases that are to be given back.
#[derive(Default)]
pub(crate) struct Returned {
    keys: Mutex<Vec<DueKey>>,
    bell: Notify,
    /// Held while they are given back, so that a claim that follows finds them free.
    turn: tokio::sync::Mutex<()>,
}

impl Returned {
    pub(crate) fn push(&self, key: DueKey) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key);
        self.bell.notify_one();
    }
    fn take(&self) -> Vec<DueKey> {
        std::mem::take(&mut self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Gives back what is to be given back.
async fn give_back(shared: &Shared) -> Result<(), Fault> {
    let _turn = shared.returned.turn.lock().await;
    let keys = shared.returned.take();
    if keys.is_empty() {
        return Ok(());
    }
    let (keys, node) = (&keys, shared.node.as_bytes());
    let release = move |on: Arc<Session>| -> Fut<'_, Result<(), Trouble>> {
        Box::pin(async move {
            let mut dues = Dues::default();
            keys.iter().for_each(|key| dues.push(key, b""));
            on.execute(RELEASE, &[&dues.queues, &dues.times, &dues.ids, &node]).await?;
            Ok(())
        })
    };
    shared.pool.with("a lease could not be given back", release).await
}

/// Leases due work that became due at `since_ms` or later.
pub(crate) async fn claim(
    shared: &Shared,
    queue: &'static str,
    since_ms: i64,
    now_ms: i64,
    lease_ms: i64,
    limit: usize,
) -> Result<Vec<Due>, Fault> {
    give_back(shared).await?;
    let (name, node) = (&place::space(queue), shared.node.as_bytes());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let claim = move |on: Arc<Session>| -> Fut<'_, Result<Vec<Due>, Trouble>> {
        Box::pin(async move {
            let until = now_ms.saturating_add(lease_ms);
            let rows = on.query(CLAIM, &[name, &now_ms, &limit, &until, &node, &since_ms]).await?;
            let mut claimed = Vec::with_capacity(rows.len());
            for row in rows {
                let id = String::from_utf8_lossy(row.try_get(1)?).into_owned();
                let key = DueKey { queue, at_ms: row.try_get(0)?, id };
                claimed.push(Due { key, body: Bytes::copy_from_slice(row.try_get(2)?) });
            }
            claimed.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(claimed)
        })
    };
    shared.pool.with("due work could not be claimed", claim).await
}

/// When the next unleased work is due.
pub(crate) async fn next_due(shared: &Shared, queue: &'static str) -> Result<Option<i64>, Fault> {
    give_back(shared).await?;
    let name = &place::space(queue);
    let next = move |on: Arc<Session>| -> Fut<'_, Result<Option<i64>, Trouble>> {
        Box::pin(async move {
            let rows = on.query(NEXT, &[name]).await?;
            Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
        })
    };
    shared.pool.with("due work could not be looked up", next).await
}

/// A name for a node, which no other has, and word that it lives.
pub(crate) async fn arrive(on: Arc<Session>) -> Result<String, Trouble> {
    let rows = on.query(NAME, &[]).await?;
    let node: String = rows.first().map_or(Ok(String::new()), |row| row.try_get(0))?;
    beat(on, &node).await?;
    Ok(node)
}

async fn beat(on: Arc<Session>, node: &str) -> Result<(), Trouble> {
    on.execute(BEATS, &[&node.as_bytes()]).await?;
    Ok(())
}

/// Says again and again that this node lives, and gives leases back, until the store is gone.
pub(crate) async fn keep_alive(shared: Weak<Shared>, returned: Arc<Returned>) {
    loop {
        let _ = tokio::time::timeout(BEAT, returned.bell.notified()).await;
        let Some(shared) = shared.upgrade() else { return };
        if shared.is_closed() {
            return;
        }
        if let Err(fault) = give_back(&shared).await {
            tracing::warn!(%fault, "it ends by itself");
        }
        let beats =
            shared.pool.with("this node could not say that it lives", |on| Box::pin(beat(on, &shared.node)));
        if let Err(fault) = beats.await {
            tracing::warn!(%fault, "others may take over its work");
        }
    }
}

/// The last thing that a node says: all its leases end with it.
pub(crate) async fn farewell(shared: &Shared) -> Result<(), Fault> {
    let node = shared.node.as_bytes();
    let farewell = move |on: Arc<Session>| -> Fut<'_, Result<(), Trouble>> {
        Box::pin(async move {
            on.execute(FAREWELL, &[&node]).await?;
            on.execute(FORGET, &[]).await?;
            Ok(())
        })
    };
    shared.pool.with("this node could not take its leave", farewell).await
}
