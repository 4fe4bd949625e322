//! Committing as an operator sees it: how often, how long, and what came of it.
use crate::{World, trace};
use metrics::{Counter, Histogram, counter, histogram};
use std::{sync::LazyLock, time::Instant};
use store::{Commit, Fault, Store, Unit};
use tracing::{Instrument as _, field::Empty};

/// The kind of events, which a deployment wants counted.
const EVENT: &str = "event";

struct Meters {
    seconds: Histogram,
    done: Counter,
    conflict: Counter,
    duplicate: Counter,
    floor: Counter,
    failed: Counter,
    events: Counter,
}

static METERS: LazyLock<Meters> = LazyLock::new(|| {
    let outcome = |word: &'static str| counter!("tollbridge_commits_total", "outcome" => word);
    Meters {
        seconds: histogram!("tollbridge_commit_duration_seconds"),
        done: outcome("done"),
        conflict: outcome("conflict"),
        duplicate: outcome("duplicate"),
        floor: outcome("floor"),
        failed: outcome("failed"),
        events: counter!("tollbridge_events_total"),
    }
});

/// Commits what is no unit of work of a world, such as the moving of its clock, as [`Store::commit`] does.
pub async fn commit(store: &dyn Store, unit: Unit) -> Result<Commit, Fault> {
    let meters = &*METERS;
    let began = Instant::now();
    let outcome = store.commit(unit).await;
    meters.seconds.record(began.elapsed());
    match &outcome {
        Ok(Commit::Done) => &meters.done,
        Ok(Commit::Conflict) => &meters.conflict,
        Ok(Commit::Duplicate { .. }) => &meters.duplicate,
        Ok(Commit::Floor { .. }) => &meters.floor,
        Err(_) => &meters.failed,
    }
    .increment(1);
    outcome
}

impl World {
    /// Commits a unit of work, as [`Store::commit`] does; everybody above the store commits here.
    pub async fn commit(&self, unit: Unit) -> Result<Commit, Fault> {
        // The home says how many units shared the transaction.
        let span = trace::beneath(|| {
            let (documents, due_work) = (unit.puts.len() as i64, unit.due.len() as i64);
            tracing::info_span!(target: trace::TARGET, "commit", documents, due_work, batch_units = Empty, outcome = Empty)
        });
        let outcome = self.measured(unit).instrument(span.clone()).await;
        span.record("outcome", word(&outcome));
        outcome
    }

    async fn measured(&self, unit: Unit) -> Result<Commit, Fault> {
        let written: Vec<_> = unit.due.iter().map(|due| due.key.queue).collect();
        let ended: Vec<_> = unit.done.iter().map(|key| key.queue).collect();
        let events = unit.puts.iter().filter(|put| put.expect == 0 && put.key.kind == EVENT).count();
        let outcome = commit(&*self.store, unit).await;
        if outcome == Ok(Commit::Done) {
            METERS.events.increment(events as u64);
            let pieces = |queue, name| counter!(name, "queue" => queue).increment(1);
            written.into_iter().for_each(|queue| pieces(queue, "tollbridge_due_work_written_total"));
            ended.into_iter().for_each(|queue| pieces(queue, "tollbridge_due_work_ended_total"));
        }
        outcome
    }
}

fn word(outcome: &Result<Commit, Fault>) -> &'static str {
    match outcome {
        Ok(Commit::Done) => "done",
        Ok(Commit::Conflict) => "conflict",
        Ok(Commit::Duplicate { .. }) => "duplicate",
        Ok(Commit::Floor { .. }) => "floor",
        Err(_) => "failed",
    }
}
