//! Test clocks: customers of test mode who live by a clock of their own, which stands still until somebody moves it
//! (API page "Test Clocks").
//!
//! What is due by a clock lies in the clock itself, so that one document owns the order in which it happens. Moving the
//! clock is due work of the world: one piece a step, each a commit at the time of what it does.
mod advance;

pub(crate) use advance::{end, step};

use crate::{
    due::{self, Task},
    payments::customer::{self, Customer},
};
use api::{Cx, Endpoint, Nothing, Noun, Object, OnClock, Outcome, Page, Stop, done};
use base::{ApiError, Named, Ref, Timestamp};
use wire::{Hidden, Optional, Wire};

/// A clock.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TestClock {
    /// `clock_…`.
    pub id: String,
    /// `test_helpers.test_clock`.
    pub object: String,
    /// When it was made, by the world.
    pub created: Timestamp,
    /// When it is deleted with everything that lives by it, by the world.
    pub deletes_after: Timestamp,
    /// What it shows.
    pub frozen_time: Timestamp,
    /// Always test.
    pub livemode: bool,
    /// What somebody called it.
    pub name: Option<String>,
    /// Whether it moves.
    pub status: Status,
    /// How it moves.
    pub status_details: StatusDetails,
    /// The customers who live by it.
    pub customers: Hidden<Vec<String>>,
    /// What is due by it, in no order.
    pub agenda: Hidden<Vec<Planned>>,
    /// While it moves: the time of what was done last.
    pub hand: Hidden<Timestamp>,
    /// How many plans and steps there were, so that each has a name of its own.
    pub counted: Hidden<i64>,
}

/// Whether a clock moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It moves; what lives by it can't be changed meanwhile.
    Advancing,
    /// It stands.
    Ready,
}

/// How a clock moves.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct StatusDetails {
    /// Where to, while it does.
    pub advancing: Optional<Advancing>,
}

/// Where a clock moves to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Advancing {
    /// What it will show.
    pub target_frozen_time: Timestamp,
}

/// What is due by a clock.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Planned {
    /// When.
    pub at: Timestamp,
    /// Which of those that are due at the same time comes first.
    pub place: i64,
    /// What.
    pub task: Task,
}

impl Named for TestClock {
    const NAME: &'static str = "test_helpers.test_clock";
    const PREFIX: &'static str = "clock";
}
impl Object for TestClock {
    const PATH: &'static str = "/v1/test_helpers/test_clocks";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<TestClock>();
/// A clock has begun to move.
pub const ADVANCING: &str = "test_helpers.test_clock.advancing";
/// A clock was made.
pub const CREATED: &str = "test_helpers.test_clock.created";
/// A clock was deleted.
pub const DELETED: &str = "test_helpers.test_clock.deleted";
/// A clock has arrived.
pub const READY: &str = "test_helpers.test_clock.ready";
/// What clocks cause.
pub const EVENTS: &[&str] = &[ADVANCING, CREATED, DELETED, READY];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = TestClock::NAME;
    vec![
        Endpoint::new("POST", "/v1/test_helpers/test_clocks", NAME, |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<TestClock>("/v1/test_helpers/test_clocks/{id}"),
        Endpoint::list::<Nothing>("/v1/test_helpers/test_clocks", NAME, |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("DELETE", "/v1/test_helpers/test_clocks/{id}", NAME, |cx, p| Box::pin(delete(cx, p))),
        Endpoint::new("POST", "/v1/test_helpers/test_clocks/{id}/advance", NAME, |cx, p| Box::pin(advance::advance(cx, p))),
    ]
}

/// What `POST /v1/test_helpers/test_clocks` takes.
#[derive(Debug, Wire)]
pub struct Create {
    customer: Option<String>,
    frozen_time: i64,
    name: Option<String>,
}

/// What is left of a deleted clock.
#[derive(Debug, Wire)]
pub struct Deleted {
    id: String,
    object: String,
    deleted: bool,
}

/// At most this many customers live by one clock.
const CUSTOMERS_MAX: usize = 3;
/// How long a clock lives by the world, in seconds.
const LIVES: i64 = 30 * Timestamp::DAY;
/// The longest name, in characters.
const NAME_MAX: usize = 300;
/// Clocks show times from 1970 up to the year 2100.
const TIMES: std::ops::Range<i64> = 1..4_102_444_800;

// For whatever belongs to a customer.

/// The decision is about a customer, and from now on lives by their clock where they have one: [`Cx::now`] is its time,
/// and what is planned ([`due::later`]) is due by it. Call it before anything reads the time. Errors: the clock moves at
/// this moment, and whoever asks is not what it does.
pub(crate) async fn enter(cx: &mut Cx<'_>, clock: Option<&Ref<TestClock>>) -> Result<(), Stop> {
    let Some(clock) = clock else { return Ok(()) };
    if cx.on_clock().is_some_and(|entered| entered.id == clock.id) {
        return Ok(());
    }
    let it: TestClock = cx.must("test_clock", &clock.id).await?;
    it.stands()?;
    cx.enter_clock(OnClock { id: it.id, now: it.frozen_time });
    Ok(())
}

/// As [`enter`], for what was due at once by a clock and is done by the world: also while it moves.
pub(crate) async fn resume(cx: &mut Cx<'_>, clock: &str) -> Result<(), Stop> {
    if let Some(it) = cx.get::<TestClock>(clock).await? {
        let now = it.shows();
        cx.enter_clock(OnClock { id: it.id, now });
    }
    Ok(())
}

/// A customer begins to live by a clock, and the decision with them. Errors: there is no such clock, it moves, or it has
/// all the customers that it may have.
pub(crate) async fn join(
    cx: &mut Cx<'_>,
    clock: &str,
    customer: &str,
    param: &str,
) -> Result<Ref<TestClock>, Stop> {
    let mut it: TestClock = cx.must(param, clock).await?;
    it.stands()?;
    it.take_in(customer, param)?;
    cx.put(&it);
    let there = Ref::to(&it.id);
    cx.enter_clock(OnClock { now: it.frozen_time, id: it.id });
    Ok(there)
}

/// A customer lives by a clock no more.
pub(crate) async fn leave(cx: &mut Cx<'_>, clock: &str, customer: &str) -> Result<(), Stop> {
    if let Some(mut it) = cx.get::<TestClock>(clock).await? {
        it.stands()?;
        it.customers.0.retain(|known| known != customer);
        cx.put(&it);
    }
    Ok(())
}

/// Whether the caller has any clock.
pub(crate) async fn any(cx: &Cx<'_>) -> Result<bool, Stop> {
    if cx.caller.livemode {
        return Ok(false);
    }
    Ok(!cx.all_by::<TestClock>(&cx.caller.account, false, None, 1).await?.is_empty())
}

/// Gives what was planned to the clock that the decision entered.
pub async fn keep_plans(cx: &mut Cx<'_>) -> Result<(), Stop> {
    let plans = cx.take_plans();
    let Some(clock) = cx.on_clock().filter(|_| !plans.is_empty()).map(|clock| clock.id.clone()) else {
        return Ok(());
    };
    // It may have been deleted in this very decision.
    let Some(mut it) = cx.get::<TestClock>(&clock).await? else { return Ok(()) };
    for plan in plans {
        let task: Task = wire::from_json(&plan.body)
            .map_err(|bad| api::fault(format!("a plan of {clock} is not readable: {bad:?}")))?;
        it.plan(plan.at, task);
    }
    cx.put(&it);
    Ok(())
}

// Transitions.

impl TestClock {
    /// What it shows at this moment to what it does.
    fn shows(&self) -> Timestamp {
        self.hand.0.max(self.frozen_time)
    }
    fn stands(&self) -> Result<(), ApiError> {
        match self.status {
            Status::Ready => Ok(()),
            Status::Advancing => {
                let message = "Test clock advancement underway - cannot perform modifications. Wait until its status is ready.";
                Err(ApiError::invalid(400, message).code("test_clock_advancing"))
            }
        }
    }
    fn take_in(&mut self, customer: &str, param: &str) -> Result<(), ApiError> {
        if self.customers.0.len() >= CUSTOMERS_MAX {
            let message = format!("A test clock can have up to {CUSTOMERS_MAX} customers.");
            return Err(ApiError::invalid(400, message).param(param));
        }
        self.customers.0.push(customer.to_owned());
        Ok(())
    }
    /// The same happens to an object at one time once.
    fn plan(&mut self, at: Timestamp, task: Task) {
        if !self.agenda.0.iter().any(|it| it.at == at && it.task == task) {
            self.counted.0 += 1;
            self.agenda.0.push(Planned { at, place: self.counted.0, task });
        }
    }
}

fn check_time(time: i64) -> Result<(), ApiError> {
    if TIMES.contains(&time) {
        return Ok(());
    }
    let message = "Invalid timestamp: a test clock shows Unix seconds from 1970 up to the year 2100.";
    Err(ApiError::invalid(400, message).param("frozen_time"))
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<TestClock> {
    if cx.caller.livemode {
        let message = "Test clocks are of test mode alone. Use a test mode key.";
        return Err(ApiError::invalid(400, message).into());
    }
    check_time(p.frozen_time)?;
    let name = p.name.filter(|name| !name.is_empty());
    if name.as_ref().is_some_and(|name| name.chars().count() > NAME_MAX) {
        let message = format!("Name a test clock with at most {NAME_MAX} characters.");
        return Err(ApiError::invalid(400, message).param("name").into());
    }
    let mut clock = TestClock {
        id: cx.new_id::<TestClock>(),
        object: TestClock::NAME.into(),
        created: cx.now(),
        deletes_after: cx.now().plus(LIVES),
        frozen_time: Timestamp(p.frozen_time),
        livemode: false,
        name,
        status: Status::Ready,
        status_details: StatusDetails::default(),
        customers: Hidden(Vec::new()),
        agenda: Hidden(Vec::new()),
        hand: Hidden(Timestamp(p.frozen_time)),
        counted: Hidden(0),
    };
    due::later(cx, due::Kind::ClockEnds, &clock.id, clock.deletes_after);
    if let Some(id) = p.customer {
        let before: Customer = cx.must("customer", &id).await?;
        if before.test_clock.is_some() {
            let message = format!("The customer {id} lives by a test clock already.");
            return Err(ApiError::invalid(400, message).param("customer").into());
        }
        clock.take_in(&id, "customer")?;
        let customer = Customer { test_clock: Some(Ref::to(&clock.id)), ..before.clone() };
        cx.put(&customer);
        cx.emit_update(customer::UPDATED, &before, &customer);
    }
    cx.put(&clock);
    cx.emit(CREATED, &clock);
    done(clock)
}

async fn list(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    cx.page::<TestClock>(None).await
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let clock: TestClock = cx.must("id", &id).await?;
    clock.stands()?;
    remove(cx, clock).await?;
    done(Deleted { id, object: TestClock::NAME.into(), deleted: true })
}

/// Deletes a clock with everybody who lives by it.
async fn remove(cx: &mut Cx<'_>, clock: TestClock) -> Result<(), Stop> {
    cx.enter_clock(OnClock { id: clock.id.clone(), now: clock.shows() });
    for id in &clock.customers.0 {
        if let Some(customer) = cx.get::<Customer>(id).await? {
            customer::remove(cx, customer).await?;
        }
    }
    cx.delete(&clock);
    cx.emit(DELETED, &clock);
    Ok(())
}

#[cfg(test)]
mod tests;
