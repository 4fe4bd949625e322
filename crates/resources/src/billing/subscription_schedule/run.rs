//! How a schedule goes from phase to phase, and how it ends.
use super::{
    ABORTED, Anchor, CANCELED, COMPLETED, CurrentPhase, EXPIRING, EndBehavior, Phase, RELEASED, Status,
    SubscriptionSchedule, UPDATED, phases::PHASES_MAX,
};
use crate::{
    billing::{
        amounts::refused,
        subscription::{Proration, Subscription, by_schedule},
        timing,
    },
    due::{self, Kind},
    payments::customer::Customer,
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, done};
use base::{Fut, Named as _, Ref, Timestamp};
use money::{Cycle, Interval};
use wire::{Hidden, Wire};

/// What `POST /v1/subscription_schedules/{id}/cancel` takes.
#[derive(Debug, Wire)]
pub(super) struct Cancel {
    invoice_now: Option<bool>,
    prorate: Option<bool>,
}

/// What `POST /v1/subscription_schedules/{id}/release` takes.
#[derive(Debug, Wire)]
pub(super) struct Release {
    preserve_cancel_date: Option<bool>,
}

/// Plans what happens next.
pub(super) fn later(cx: &mut Cx<'_>, it: &SubscriptionSchedule) {
    if let Some(at) = it.due_at().filter(|_| it.goes_on()) {
        due::later(cx, Kind::ScheduleMoves, &it.id, at);
    }
}

/// The schedule that the URL names and its customer, by whose clock the decision lives. Errors: it is over.
pub(super) async fn named(cx: &mut Cx<'_>) -> Result<(SubscriptionSchedule, Customer), Stop> {
    let id = cx.path("id").to_owned();
    let it: SubscriptionSchedule = cx.must("id", &id).await?;
    let customer: Customer = cx.must("customer", &it.customer.id).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    if !it.goes_on() {
        let message = format!("You cannot change a subscription schedule that is {}.", it.status.as_str());
        return Err(refused(message).into());
    }
    Ok((it, customer))
}

/// The time of a phase has come; nothing happens where that was changed since.
pub(crate) async fn moves(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(it) = cx.get::<SubscriptionSchedule>(id).await?.filter(SubscriptionSchedule::goes_on) else {
        return Ok(());
    };
    let Some(customer) = cx.get::<Customer>(&it.customer.id).await? else { return Ok(()) };
    if timing::has_come(cx, &customer, (Kind::ScheduleMoves, id), it.due_at()).await? {
        let it = do_what_is_due(cx, it).await?;
        later(cx, &it);
    }
    Ok(())
}

/// A subscription is about to do what is due: its schedule goes first.
pub(crate) fn due_now<'a>(cx: &'a mut Cx<'_>, id: &'a str) -> Fut<'a, Result<(), Stop>> {
    Box::pin(async move {
        let held = cx.get::<SubscriptionSchedule>(id).await?.filter(SubscriptionSchedule::goes_on);
        let Some(it) = held.filter(|it| it.due_at().is_some_and(|at| at <= cx.now())) else { return Ok(()) };
        let it = do_what_is_due(cx, it).await?;
        later(cx, &it);
        Ok(())
    })
}

async fn do_what_is_due(cx: &mut Cx<'_>, mut it: SubscriptionSchedule) -> Result<SubscriptionSchedule, Stop> {
    let come = |at: Option<Timestamp>| at.is_some_and(|at| at <= cx.now());
    let moves = come(it.edge());
    if come(it.warning()) {
        it.told = Hidden(it.end());
        cx.put(&it);
        // Where the end itself has come, nobody needs to hear that it comes.
        if it.end().is_some_and(|end| end > cx.now()) {
            cx.emit(EXPIRING, &it);
        }
    }
    if moves { advance(cx, it).await } else { Ok(it) }
}

/// How long before its end a schedule is told to end, in seconds.
const WARNING: i64 = 7 * Timestamp::DAY;

impl SubscriptionSchedule {
    /// When the phase that goes on ends, or the first begins.
    fn edge(&self) -> Option<Timestamp> {
        match self.current_phase {
            Some(it) => Some(it.end_date),
            None => self.phases.first().map(|it| it.start_date),
        }
    }
    /// When it is to be told that its end comes. What is shorter than that ends untold.
    fn warning(&self) -> Option<Timestamp> {
        let end = self.end().filter(|end| self.told.0 != Some(*end))?;
        let start = self.phases.first()?.start_date;
        let ends = self.status == Status::Active && self.end_behavior != EndBehavior::Renew;
        Some(end.plus(-WARNING)).filter(|at| ends && *at > start)
    }
    /// When something happens by it next.
    fn due_at(&self) -> Option<Timestamp> {
        self.edge().into_iter().chain(self.warning()).min()
    }
}

/// Goes to the phase of this moment, or to the end.
pub(super) async fn advance(
    cx: &mut Cx<'_>,
    before: SubscriptionSchedule,
) -> Result<SubscriptionSchedule, Stop> {
    let now = cx.now();
    let mut it = before.clone();
    if it.end().is_some_and(|end| end <= now) {
        if it.end_behavior != EndBehavior::Renew {
            return finish(cx, before).await;
        }
        it.renew(now);
    }
    let Some(phase) = it.phase_at(now).cloned() else { return Ok(before) };
    it.current_phase = Some(CurrentPhase { end_date: phase.end_date, start_date: phase.start_date });
    it.status = Status::Active;
    let held = match &it.subscription {
        Some(held) => cx.get::<Subscription>(&held.id).await?,
        None => None,
    };
    match held {
        Some(_) => {
            cx.put(&it);
            cx.emit_update(UPDATED, &before, &it);
            carry_out(cx, it, None, true).await
        }
        None => {
            let customer: Customer = cx.must("customer", &it.customer.id).await?;
            cx.put(&it);
            let made = Box::pin(by_schedule::begin(cx, &customer, &it, &phase)).await?;
            let Some(made) = made else { return Ok(call_off(cx, it)) };
            it.subscription = Some(Ref::to(&made.id));
            cx.put(&it);
            cx.emit_update(UPDATED, &before, &it);
            Ok(it)
        }
    }
}

/// The subscription becomes what the phase of this moment says, which may begin with that.
pub(super) async fn carry_out(
    cx: &mut Cx<'_>,
    it: SubscriptionSchedule,
    proration: Option<Proration>,
    enters: bool,
) -> Result<SubscriptionSchedule, Stop> {
    let Some(phase) = it.phase_at(cx.now()).cloned() else { return Ok(it) };
    let Some(held) = &it.subscription else { return Ok(it) };
    let Some(held) = cx.get::<Subscription>(&held.id).await?.filter(|it| !it.has_ended()) else {
        return Ok(it);
    };
    Box::pin(by_schedule::follow(cx, &it, held, (&phase, enters), proration)).await?;
    Ok(it)
}

impl SubscriptionSchedule {
    /// Whether periods begin with a phase.
    pub(crate) fn begins_anew(&self, phase: &Phase) -> bool {
        phase.billing_cycle_anchor.unwrap_or(self.default_settings.billing_cycle_anchor) == Anchor::PhaseStart
    }
    /// When the subscription ends with its last phase; none where it goes on.
    pub(crate) fn ends_with(&self) -> Option<Timestamp> {
        self.end().filter(|_| matches!(self.end_behavior, EndBehavior::Cancel | EndBehavior::None))
    }
    /// The last phase comes again, until one goes on.
    fn renew(&mut self, now: Timestamp) {
        while let Some(last) = self.phases.last().filter(|it| it.end_date <= now).cloned() {
            let (start, end) = (last.end_date, last.again());
            let length = end.0 - start.0;
            let trial_end = last.trial_end.map(|at| at.plus(length)).filter(|at| (start..=end).contains(at));
            self.phases.push(Phase { start_date: start, end_date: end, trial_end, ..last });
            if self.phases.len() > PHASES_MAX {
                self.phases.remove(0);
            }
        }
    }
}

impl Phase {
    /// When it would end, if it came again: after as many months, or as many seconds.
    fn again(&self) -> Timestamp {
        /// More than a phase lasts, in months.
        const MOST: i64 = 120;
        let months = |count| Cycle { anchor: self.start_date, interval: Interval::Month, count };
        let whole = (1..=MOST).find(|count| months(*count).boundary(1) >= self.end_date);
        match whole.filter(|count| months(*count).boundary(1) == self.end_date) {
            // From where it began, so that the day of the month comes back.
            Some(count) => months(count).boundary(2),
            None => self.end_date.plus((self.end_date.0 - self.start_date.0).max(1)),
        }
    }
}

/// The last phase is over.
async fn finish(cx: &mut Cx<'_>, before: SubscriptionSchedule) -> Result<SubscriptionSchedule, Stop> {
    if before.end_behavior == EndBehavior::Release {
        return let_go(cx, before, false).await;
    }
    let mut it = before.clone();
    it.status = Status::Completed;
    it.completed_at = Some(cx.now());
    it.current_phase = None;
    cx.put(&it);
    if let Some(held) = &it.subscription
        && let Some(held) = cx.get::<Subscription>(&held.id).await?.filter(|it| !it.has_ended())
    {
        Box::pin(by_schedule::end(cx, held, (false, false))).await?;
    }
    cx.emit(COMPLETED, &it);
    Ok(it)
}

/// The subscription goes on by itself.
async fn let_go(
    cx: &mut Cx<'_>,
    before: SubscriptionSchedule,
    keeps_end: bool,
) -> Result<SubscriptionSchedule, Stop> {
    let mut it = before.clone();
    it.status = Status::Released;
    it.released_at = Some(cx.now());
    it.current_phase = None;
    it.released_subscription = it.subscription.take().map(|it| it.id);
    cx.put(&it);
    if let Some(id) = &it.released_subscription
        && let Some(held) = cx.get::<Subscription>(id).await?
    {
        by_schedule::bind(cx, &held, None);
        if !keeps_end && before.ends_with().is_some() {
            by_schedule::keep_on(cx, id).await?;
        }
    }
    cx.emit(RELEASED, &it);
    Ok(it)
}

pub(super) async fn release(cx: &mut Cx<'_>, p: Release) -> Outcome<SubscriptionSchedule> {
    let (it, _) = named(cx).await?;
    done(let_go(cx, it, p.preserve_cancel_date == Some(true)).await?)
}

pub(super) async fn cancel(cx: &mut Cx<'_>, p: Cancel) -> Outcome<SubscriptionSchedule> {
    let (before, _) = named(cx).await?;
    let mut it = before.clone();
    it.status = Status::Canceled;
    it.canceled_at = Some(cx.now());
    it.current_phase = None;
    cx.put(&it);
    if let Some(held) = &it.subscription
        && let Some(held) = cx.get::<Subscription>(&held.id).await?.filter(|it| !it.has_ended())
    {
        let how = (p.invoice_now != Some(false), p.prorate != Some(false));
        Box::pin(by_schedule::end(cx, held, how)).await?;
    }
    cx.emit(CANCELED, &it);
    done(it)
}

/// The subscription of a schedule ended by itself: so does the schedule.
pub(crate) fn canceled<'a>(cx: &'a mut Cx<'_>, id: &'a str, unpaid: bool) -> Fut<'a, Result<(), Stop>> {
    Box::pin(async move {
        let Some(before) = cx.get::<SubscriptionSchedule>(id).await?.filter(SubscriptionSchedule::goes_on)
        else {
            return Ok(());
        };
        let over = before.ends_with().is_some_and(|end| end <= cx.now());
        let mut it = before;
        it.current_phase = None;
        let kind = if over {
            it.status = Status::Completed;
            it.completed_at = Some(cx.now());
            COMPLETED
        } else {
            it.status = Status::Canceled;
            it.canceled_at = Some(cx.now());
            if unpaid { ABORTED } else { CANCELED }
        };
        cx.put(&it);
        cx.emit(kind, &it);
        Ok(())
    })
}

/// It does not begin any more.
fn call_off(cx: &mut Cx<'_>, mut it: SubscriptionSchedule) -> SubscriptionSchedule {
    it.status = Status::Canceled;
    it.canceled_at = Some(cx.now());
    it.current_phase = None;
    cx.put(&it);
    cx.emit(CANCELED, &it);
    it
}

/// A customer is deleted: what is planned for them does not begin any more.
pub(crate) async fn cancel_all(cx: &mut Cx<'_>, customer: &Customer) -> Result<(), Stop> {
    /// More than anybody has.
    const MOST: usize = 10_000;
    let by = Some((Customer::NAME, customer.id.clone()));
    let all = cx.all_by::<SubscriptionSchedule>(&cx.caller.account, cx.caller.livemode, by, MOST).await?;
    for found in all.into_iter().filter(SubscriptionSchedule::goes_on) {
        if let Some(it) = cx.get::<SubscriptionSchedule>(&found.id).await?.filter(|it| it.goes_on()) {
            call_off(cx, it);
        }
    }
    Ok(())
}
