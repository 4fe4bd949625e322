//! Whose work it is: the worlds that share a home share its queues.
use crate::Turn;
use api::Api;
use base::{Clock, Fut};
use std::sync::Arc;
use store::{Due, Fault, Store};

/// Where a piece of work is done.
#[derive(Clone)]
pub struct Site {
    /// Tells the world from others of the same home; empty where there is only one.
    pub name: Arc<str>,
    /// The API of the world.
    pub api: Arc<Api>,
    /// Whose turn it is to do its work.
    pub turn: Arc<Turn>,
    /// The turn at which a piece was claimed.
    pub claimed: u64,
    /// The whole home, for work that is done once for all worlds; it belongs to the world whose names have no tag.
    pub home: Arc<dyn Store>,
}

impl Site {
    /// The site for what is claimed at this moment.
    pub fn at_present(&self) -> Self {
        Site { claimed: self.turn.now(), ..self.clone() }
    }
}

/// The home in which work waits, and the worlds that it belongs to.
pub trait Sites: Send + Sync {
    /// Where the work of all worlds waits.
    fn store(&self) -> &Arc<dyn Store>;
    /// The time by which it waits there.
    fn clock(&self) -> &Arc<dyn Clock>;
    /// Claims up to `limit` pieces of work that are due there, each with its world and as that world knows it.
    fn claim(
        &self,
        queue: &'static str,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'_, Result<Vec<(Site, Due)>, Fault>>;
    /// Sweeps away what has expired in one of the worlds whose clocks do not go by the home's, each time in another one:
    /// up to `limit` documents, and returns how many.
    fn sweep_moved(&self, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        let _ = limit;
        Box::pin(std::future::ready(Ok(0)))
    }
}

/// Work that became due so many milliseconds ago or less is new.
const NEW_MS: i64 = 2_000;

/// Claims up to `limit` pieces of work that are due in a home; where all of them have waited, as many that are new
/// besides, so that a long line makes nobody wait who has just come.
pub async fn claim(
    store: &dyn Store,
    queue: &'static str,
    now_ms: i64,
    lease_ms: i64,
    limit: usize,
) -> Result<Vec<Due>, Fault> {
    let mut claimed = store.claim(queue, now_ms, lease_ms, limit).await?;
    let since_ms = now_ms.saturating_sub(NEW_MS);
    if claimed.len() >= limit && claimed.last().is_some_and(|due| due.key.at_ms < since_ms) {
        claimed.extend(store.claim_since(queue, since_ms, now_ms, lease_ms, limit).await?);
    }
    Ok(claimed)
}

/// The one world of a home.
pub(crate) struct Only(pub(crate) Site);

impl Sites for Only {
    fn store(&self) -> &Arc<dyn Store> {
        &self.0.api.world.store
    }
    fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.api.world.clock
    }
    fn claim(
        &self,
        queue: &'static str,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'_, Result<Vec<(Site, Due)>, Fault>> {
        Box::pin(async move {
            let claimed = claim(&**self.store(), queue, self.clock().now_ms(), lease_ms, limit).await?;
            Ok(claimed.into_iter().map(|due| (self.0.clone(), due)).collect())
        })
    }
}
