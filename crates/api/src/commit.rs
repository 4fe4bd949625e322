//! Committing as an operator sees it: how often, how long, and what came of it.
use crate::World;
use metrics::{Counter, Histogram, counter, histogram};
use std::{sync::LazyLock, time::Instant};
use store::{Commit, Fault, Unit};

struct Meters {
    seconds: Histogram,
    done: Counter,
    conflict: Counter,
    duplicate: Counter,
    floor: Counter,
    failed: Counter,
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
    }
});

impl World {
    /// Commits a unit of work, as [`store::Store::commit`] does; everybody above the store commits here.
    pub async fn commit(&self, unit: Unit) -> Result<Commit, Fault> {
        let meters = &*METERS;
        let written: Vec<_> = unit.due.iter().map(|due| due.key.queue).collect();
        let ended: Vec<_> = unit.done.iter().map(|key| key.queue).collect();
        let began = Instant::now();
        let outcome = self.store.commit(unit).await;
        meters.seconds.record(began.elapsed());
        match &outcome {
            Ok(Commit::Done) => &meters.done,
            Ok(Commit::Conflict) => &meters.conflict,
            Ok(Commit::Duplicate { .. }) => &meters.duplicate,
            Ok(Commit::Floor { .. }) => &meters.floor,
            Err(_) => &meters.failed,
        }
        .increment(1);
        if outcome == Ok(Commit::Done) {
            let pieces = |queue, name| counter!(name, "queue" => queue).increment(1);
            written.into_iter().for_each(|queue| pieces(queue, "tollbridge_due_work_written_total"));
            ended.into_iter().for_each(|queue| pieces(queue, "tollbridge_due_work_ended_total"));
        }
        outcome
    }
}
