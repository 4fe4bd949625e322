//! A home that fails: what it is asked takes its time, is refused now and then, or is done and its answer is lost.
use crate::crew::{Dice, turn};
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{
    Commit, Doc, Due, DueHook, DueKey, Fault, Fut, Key, Load, Memory, Query, Scope, Snapshot, Store, Unit,
};

/// Of so many asks one is refused.
const REFUSED: u64 = 400;
/// Of so many commits one is refused, and one is done without an answer.
const COMMIT_REFUSED: u64 = 40;

/// The home.
pub(crate) struct Troubled {
    pub(crate) memory: Arc<Memory>,
    pub(crate) dice: Dice,
    pub(crate) calm: Arc<AtomicBool>,
}

impl Troubled {
    fn fails(&self, one_in: u64) -> bool {
        !self.calm.load(Ordering::SeqCst) && self.dice.one_in(one_in)
    }
    async fn step(&self) -> Result<(), Fault> {
        turn().await;
        if self.fails(REFUSED) { Err(Fault::unavailable("the home is busy")) } else { Ok(()) }
    }
}

impl Store for Troubled {
    fn get<'a>(&'a self, key: &'a Key) -> Fut<'a, Result<Option<Doc>, Fault>> {
        Box::pin(async move {
            self.step().await?;
            self.memory.get(key).await
        })
    }
    fn find<'a>(&'a self, index: &'static str, value: &'a str) -> Fut<'a, Result<Option<Doc>, Fault>> {
        Box::pin(async move {
            self.step().await?;
            self.memory.find(index, value).await
        })
    }
    fn list<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<Vec<Doc>, Fault>> {
        Box::pin(async move {
            self.step().await?;
            self.memory.list(query).await
        })
    }
    fn count<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<u64, Fault>> {
        Box::pin(async move {
            self.step().await?;
            self.memory.count(query).await
        })
    }
    fn counters<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<(String, i64)>, Fault>> {
        Box::pin(async move {
            self.step().await?;
            self.memory.counters(prefix).await
        })
    }
    fn commit(&self, unit: Unit) -> Fut<'_, Result<Commit, Fault>> {
        Box::pin(async move {
            turn().await;
            if self.fails(COMMIT_REFUSED) {
                return Err(Fault::unavailable("the home is full"));
            }
            let committed = self.memory.commit(unit).await?;
            // Whoever asked may die here.
            turn().await;
            if committed == Commit::Done && self.fails(COMMIT_REFUSED) {
                return Err(Fault::broken("the answer of a commit was lost"));
            }
            Ok(committed)
        })
    }
    fn claim_since<'a>(
        &'a self,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        Box::pin(async move {
            self.step().await?;
            self.memory.claim_since(queue, since_ms, now_ms, lease_ms, limit).await
        })
    }
    fn next_due<'a>(&'a self, queue: &'static str) -> Fut<'a, Result<Option<i64>, Fault>> {
        self.memory.next_due(queue)
    }
    fn release(&self, key: &DueKey) {
        self.memory.release(key);
    }
    fn on_due(&self, hook: DueHook) {
        self.memory.on_due(hook);
    }
    fn others_every(&self) -> Option<Duration> {
        Some(Duration::from_secs(1))
    }
    fn sweep_in(&self, scope: Scope, over: Range<i64>, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        self.memory.sweep_in(scope, over, limit)
    }
    fn snapshot(&self, scope: Scope) -> Fut<'_, Result<Box<dyn Snapshot>, Fault>> {
        self.memory.snapshot(scope)
    }
    fn load(&self, load: Load) -> Fut<'_, Result<(), Fault>> {
        self.memory.load(load)
    }
}
