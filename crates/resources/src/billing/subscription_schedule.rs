//! Subscription schedules: what becomes of a subscription, phase after phase (API page "Subscription Schedules").
mod phases;
mod run;

pub(crate) use run::{canceled, due_now, moves};

use super::{
    amounts::Number,
    coupon::Coupon,
    discount::Discount,
    invoice::CollectionMethod,
    plan::Plan,
    price::Price,
    promotion_code::PromotionCode,
    subscription::{BillingMode, InvoiceSettings, Proration, Subscription, TransferData},
    tax_rate::TaxRate,
};
use crate::{
    connect::account::Account,
    payments::{customer::Customer, payment_method::MethodRef},
    test_helpers::test_clock::TestClock,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, access::Application};
use base::{Currency, Metadata, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Optional, Wire};

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
}

/// From when to when a phase goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct CurrentPhase {
    /// Its end.
    pub end_date: Timestamp,
    /// Its start.
    pub start_date: Timestamp,
}

/// What holds where a phase says nothing else.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct DefaultSettings {
    /// How many percent the platform takes.
    pub application_fee_percent: Option<Number>,
    /// Whether an engine computes taxes.
    pub automatic_tax: super::subscription::AutomaticTax,
    /// Where periods begin.
    pub billing_cycle_anchor: Anchor,
    /// From which amount on it is billed early: none.
    pub billing_thresholds: Option<String>,
    /// How invoices are collected.
    pub collection_method: Option<CollectionMethod>,
    /// What invoices are paid with.
    pub default_payment_method: Option<MethodRef>,
    /// What customers read.
    pub description: Option<String>,
    /// What invoices say.
    pub invoice_settings: ScheduleInvoiceSettings,
    /// For whom a platform sells.
    pub on_behalf_of: Option<Ref<Account>>,
    /// Where the money goes on to.
    pub transfer_data: Option<TransferData>,
}

/// What invoices say.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ScheduleInvoiceSettings {
    /// The tax ids of the account that they show.
    pub account_tax_ids: Option<Vec<String>>,
    /// Lines that they show.
    pub custom_fields: Option<Vec<String>>,
    /// How many days after they are sent they are due.
    pub days_until_due: Option<i64>,
    /// What customers read.
    pub description: Option<String>,
    /// Their footer.
    pub footer: Option<String>,
    /// Who bills.
    pub issuer: super::subscription::Issuer,
}

/// Where periods begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Anchor {
    /// Where they began before.
    Automatic,
    /// With the phase.
    PhaseStart,
}

/// What becomes of a subscription after the last phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum EndBehavior {
    /// It ends.
    Cancel,
    /// It goes on by itself.
    Release,
}

/// Where a schedule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// A phase goes on.
    Active,
    /// It was canceled with its subscription.
    Canceled,
    /// Its last phase is over, and its subscription with it.
    Completed,
    /// Its first phase lies ahead.
    NotStarted,
    /// It let its subscription go.
    Released,
}

/// A phase.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Phase {
    /// What is paid once with it: nothing.
    pub add_invoice_items: Vec<String>,
    /// How many percent the platform takes.
    pub application_fee_percent: Option<Number>,
    /// Where periods begin.
    pub billing_cycle_anchor: Option<Anchor>,
    /// From which amount on it is billed early: none.
    pub billing_thresholds: Option<String>,
    /// How invoices are collected.
    pub collection_method: Option<CollectionMethod>,
    /// The currency.
    pub currency: Currency,
    /// What invoices are paid with.
    pub default_payment_method: Option<MethodRef>,
    /// The taxes of the items that have none of their own.
    pub default_tax_rates: Option<Vec<TaxRate>>,
    /// What customers read.
    pub description: Option<String>,
    /// What is taken off.
    pub discounts: Vec<PhaseDiscount>,
    /// Its end.
    pub end_date: Timestamp,
    /// What invoices say.
    pub invoice_settings: Option<ScheduleInvoiceSettings>,
    /// What is paid for.
    pub items: Vec<PhaseItem>,
    /// What the subscription's own keys and values gain.
    pub metadata: Option<Metadata>,
    /// For whom a platform sells.
    pub on_behalf_of: Option<Ref<Account>>,
    /// How its beginning is evened out.
    pub proration_behavior: Proration,
    /// Its start.
    pub start_date: Timestamp,
    /// Where the money goes on to.
    pub transfer_data: Option<TransferData>,
    /// Until when it costs nothing.
    pub trial_end: Option<Timestamp>,
}

/// What is taken off in a phase.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PhaseDiscount {
    /// A coupon.
    pub coupon: Option<Ref<Coupon>>,
    /// What was redeemed already.
    pub discount: Option<Ref<Discount>>,
    /// A code.
    pub promotion_code: Option<Ref<PromotionCode>>,
}

/// What is paid for in a phase.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PhaseItem {
    /// From which use on it is billed early: none.
    pub billing_thresholds: Option<String>,
    /// What is taken off it: nothing by itself.
    pub discounts: Vec<PhaseDiscount>,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// The price, as it was shown first.
    pub plan: Ref<Plan>,
    /// The price.
    pub price: Ref<Price>,
    /// How many.
    pub quantity: Optional<i64>,
    /// Its own taxes.
    pub tax_rates: Option<Vec<TaxRate>>,
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
/// It let its subscription go.
pub const RELEASED: &str = "subscription_schedule.released";
/// It was changed, or another phase began.
pub const UPDATED: &str = "subscription_schedule.updated";
/// What schedules cause.
pub const EVENTS: &[&str] = &[ABORTED, CANCELED, COMPLETED, CREATED, RELEASED, UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = SubscriptionSchedule::NAME;
    const PERMISSION: &str = "subscription";
    vec![
        Endpoint::new("POST", "/v1/subscription_schedules", NAME, |cx, p| Box::pin(phases::create(cx, p))).permission(PERMISSION),
        Endpoint::retrieve::<SubscriptionSchedule>("/v1/subscription_schedules/{id}").permission(PERMISSION),
        Endpoint::new("POST", "/v1/subscription_schedules/{id}", NAME, |cx, p| Box::pin(phases::update(cx, p))).permission(PERMISSION),
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
    /// When something happens by it next.
    fn next_moment(&self, now: Timestamp) -> Option<Timestamp> {
        let edges = self.phases.iter().flat_map(|it| [it.start_date, it.end_date]);
        edges.filter(|at| *at > now).min().filter(|_| self.goes_on())
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

/// What invoices say where nothing is said.
fn usual_invoice_settings(of: Option<&InvoiceSettings>) -> ScheduleInvoiceSettings {
    ScheduleInvoiceSettings {
        account_tax_ids: None,
        custom_fields: None,
        days_until_due: None,
        description: of.and_then(|it| it.description.clone()),
        footer: of.and_then(|it| it.footer.clone()),
        issuer: super::subscription::Issuer { r#type: super::invoice::IssuerType::Self_ },
    }
}

#[cfg(test)]
mod tests;
