//! Subscription schedules: what becomes of a subscription, phase after phase (API page "Subscription Schedules").
mod make;
mod parts;
mod phases;
pub(crate) mod quoted;
mod run;

pub use parts::{
    AddInvoiceItem, Anchor, CurrentPhase, DefaultSettings, EndBehavior, Phase, PhaseDiscount, PhaseItem,
    ScheduleInvoiceSettings, Status,
};
pub(crate) use run::{cancel_all, canceled, due_now, moves};

use super::subscription::{BillingMode, Subscription};
use crate::{
    payments::customer::{Customer, CustomerAccount},
    test_helpers::test_clock::TestClock,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, access::Application};
use base::{Metadata, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Hidden, Wire};

/// What becomes of a subscription, phase after phase.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionSchedule {
    /// `sub_sched_…`.
    pub id: String,
    /// `subscription_schedule`.
    pub object: String,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// By which rules its subscription is billed.
    pub billing_mode: BillingMode,
    /// When it was canceled.
    pub canceled_at: Option<Timestamp>,
    /// When its last phase ended.
    pub completed_at: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// The phase that goes on.
    pub current_phase: Option<CurrentPhase>,
    /// Who subscribes.
    pub customer: Ref<Customer>,
    /// The account that subscribes, where an account is a customer.
    pub customer_account: Option<String>,
    /// What holds where a phase says nothing else.
    pub default_settings: DefaultSettings,
    /// What becomes of the subscription after the last phase.
    pub end_behavior: EndBehavior,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// When its subscription rests: never.
    pub pause_schedules: Vec<String>,
    /// The phases, one after the other.
    pub phases: Vec<Phase>,
    /// When it let its subscription go.
    pub released_at: Option<Timestamp>,
    /// The subscription that it let go.
    pub released_subscription: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// Its subscription.
    pub subscription: Option<Ref<Subscription>>,
    /// The clock by which its customer lives.
    pub test_clock: Option<Ref<TestClock>>,
    /// The account of the platform that made it.
    pub platform: Hidden<Option<String>>,
    /// The end of which it was told that it comes.
    pub told: Hidden<Option<Timestamp>>,
}

impl Named for SubscriptionSchedule {
    const NAME: &'static str = "subscription_schedule";
    const PREFIX: &'static str = "sub_sched";
}
impl Object for SubscriptionSchedule {
    const PATH: &'static str = "/v1/subscription_schedules";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(Customer::NAME, &self.customer.id)]
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<SubscriptionSchedule>();
/// Its subscription ended because nobody paid.
pub const ABORTED: &str = "subscription_schedule.aborted";
/// It was canceled.
pub const CANCELED: &str = "subscription_schedule.canceled";
/// Its last phase is over.
pub const COMPLETED: &str = "subscription_schedule.completed";
/// It was made.
pub const CREATED: &str = "subscription_schedule.created";
/// Its last phase ends in a week.
pub const EXPIRING: &str = "subscription_schedule.expiring";
/// It let its subscription go.
pub const RELEASED: &str = "subscription_schedule.released";
/// It was changed, or another phase began.
pub const UPDATED: &str = "subscription_schedule.updated";
/// What schedules cause.
pub const EVENTS: &[&str] = &[ABORTED, CANCELED, COMPLETED, CREATED, EXPIRING, RELEASED, UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = SubscriptionSchedule::NAME;
    const PERMISSION: &str = "subscription";
    vec![
        Endpoint::new("POST", "/v1/subscription_schedules", NAME, |cx, p| Box::pin(make::create(cx, p))).permission(PERMISSION),
        Endpoint::retrieve::<SubscriptionSchedule>("/v1/subscription_schedules/{id}").permission(PERMISSION),
        Endpoint::new("POST", "/v1/subscription_schedules/{id}", NAME, |cx, p| Box::pin(make::update(cx, p))).permission(PERMISSION),
        Endpoint::new("POST", "/v1/subscription_schedules/{id}/cancel", NAME, |cx, p| Box::pin(run::cancel(cx, p))).permission(PERMISSION),
        Endpoint::new("POST", "/v1/subscription_schedules/{id}/release", NAME, |cx, p| Box::pin(run::release(cx, p))).permission(PERMISSION),
        Endpoint::list::<List>("/v1/subscription_schedules", NAME, |cx, p| Box::pin(list(cx, p))).permission(PERMISSION),
    ]
}

/// What `GET /v1/subscription_schedules` filters by.
#[derive(Debug, Wire)]
pub struct List {
    canceled_at: Option<Range>,
    completed_at: Option<Range>,
    created: Option<Range>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    released_at: Option<Range>,
    scheduled: Option<bool>,
}

impl SubscriptionSchedule {
    /// Whether it still decides about a subscription, or will.
    pub(crate) fn goes_on(&self) -> bool {
        matches!(self.status, Status::Active | Status::NotStarted)
    }
    /// The phase that goes on at a moment.
    fn phase_at(&self, at: Timestamp) -> Option<&Phase> {
        self.phases.iter().find(|it| it.start_date <= at && at < it.end_date)
    }
    /// When its last phase ends.
    fn end(&self) -> Option<Timestamp> {
        self.phases.last().map(|it| it.end_date)
    }
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = p.customer.map(|customer| (Customer::NAME, customer));
    cx.page_where::<SubscriptionSchedule>(by, |doc| {
        wire::from_json::<SubscriptionSchedule>(&doc.body).is_ok_and(|it| {
            let within = |range: Option<Range>, at: Option<Timestamp>| {
                range.is_none_or(|range| at.is_some_and(|at| range.holds(at.0)))
            };
            within(p.canceled_at, it.canceled_at)
                && within(p.completed_at, it.completed_at)
                && within(p.created, Some(it.created))
                && within(p.released_at, it.released_at)
                && (p.scheduled != Some(true) || it.status == Status::NotStarted)
        })
    })
    .await
}

#[cfg(test)]
mod tests;
