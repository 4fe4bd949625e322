//! How a clock moves: one step after the other, each at the time of what it does.
use super::{ADVANCING, Advancing, READY, Status, StatusDetails, TestClock, check_time, remove};
use crate::{
    billing::subscription,
    due::{self, Kind, QUEUE, Task},
};
use api::{Cx, OnClock, Outcome, Stop, done};
use base::{ApiError, Timestamp};
use wire::{Optional, Wire};

/// What `POST /v1/test_helpers/test_clocks/{id}/advance` takes.
#[derive(Debug, Wire)]
pub(super) struct Advance {
    frozen_time: i64,
}

/// How far a clock is moved at once where nothing that repeats lives by it, in seconds: two years.
const FARTHEST: i64 = 2 * 366 * Timestamp::DAY;

pub(super) async fn advance(cx: &mut Cx<'_>, p: Advance) -> Outcome<TestClock> {
    let id = cx.path("id").to_owned();
    let before: TestClock = cx.must("id", &id).await?;
    before.stands()?;
    check_time(p.frozen_time)?;
    let target = Timestamp(p.frozen_time);
    if target <= before.frozen_time {
        let message = format!(
            "A test clock moves forward only. Its current frozen time is {}; advance it to a later one.",
            before.frozen_time.0
        );
        return Err(ApiError::invalid(400, message).param("frozen_time").into());
    }
    if target > before.frozen_time.plus(FARTHEST) {
        let message = "A test clock can be advanced by at most two years at once.";
        return Err(ApiError::invalid(400, message).param("frozen_time").into());
    }
    let mut farthest = None;
    for customer in &before.customers.0 {
        farthest = subscription::two_intervals_on(cx, customer, before.frozen_time)
            .await?
            .into_iter()
            .chain(farthest)
            .min();
    }
    if let Some(farthest) = farthest.filter(|farthest| target > *farthest) {
        let message = format!(
            "A test clock can be advanced by at most two intervals of the shortest subscription that lives by it at once, here up to {}. Advance it in several steps.",
            farthest.0
        );
        return Err(ApiError::invalid(400, message).param("frozen_time").into());
    }
    let mut clock = before.clone();
    clock.status = Status::Advancing;
    clock.status_details =
        StatusDetails { advancing: Optional(Some(Advancing { target_frozen_time: target })) };
    next(cx, &mut clock);
    cx.put(&clock);
    cx.emit_update(ADVANCING, &before, &clock);
    done(clock)
}

/// The next step of a clock is due work of the world, at once.
fn next(cx: &mut Cx<'_>, clock: &mut TestClock) {
    clock.counted.0 += 1;
    // Each step has a name of its own: it is written down in the commit that ends the one before.
    let name = format!("{}~{}", clock.id, clock.counted.0);
    let task = Task::new(&cx.caller.account, cx.caller.livemode, Kind::ClockAdvances, &name);
    cx.later(QUEUE, cx.world_now().0.saturating_mul(1000), task.name(), wire::to_json(&task));
}

/// Does what is due next by a clock that moves; where nothing is, it has arrived.
pub(crate) async fn step(cx: &mut Cx<'_>, name: &str) -> Result<(), Stop> {
    let id = name.split('~').next().unwrap_or_default();
    let Some(mut clock) = cx.get::<TestClock>(id).await? else { return Ok(()) };
    let Some(Advancing { target_frozen_time: target }) = clock.status_details.advancing.0 else {
        return Ok(());
    };
    let agenda = &mut clock.agenda.0;
    let first = (0..agenda.len()).min_by_key(|at| (agenda[*at].at, agenda[*at].place));
    let Some(first) = first.filter(|at| agenda[*at].at <= target) else {
        let before = clock.clone();
        clock.frozen_time = target;
        clock.hand.0 = target;
        clock.status = Status::Ready;
        clock.status_details = StatusDetails::default();
        cx.put(&clock);
        cx.emit_update(READY, &before, &clock);
        return Ok(());
    };
    let planned = agenda.swap_remove(first);
    clock.hand.0 = planned.at.max(clock.shows());
    next(cx, &mut clock);
    cx.put(&clock);
    let now = clock.hand.0;
    cx.enter_clock(OnClock { id: clock.id, now });
    due::happen(cx, &planned.task).await
}

/// A clock has lived its time.
pub(crate) async fn end(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    match cx.get::<TestClock>(id).await? {
        Some(clock) => remove(cx, clock).await,
        None => Ok(()),
    }
}
