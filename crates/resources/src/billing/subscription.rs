//! Subscriptions: what a customer pays for again and again (API page "Subscriptions"). Each period makes an
//! [invoice](super::invoice), and what becomes of that decides where the subscription stands.
mod anchor;
mod bill;
pub(crate) mod by_item;
pub(crate) mod by_schedule;
mod cancel;
mod change;
mod create;
mod cycle;
mod entries;
mod follow;
mod items;
mod look;
mod metered;
mod migrate;
mod parts;
mod pause;
pub(crate) mod preview;
mod prorate;
pub(crate) mod quoted;
mod resume;
mod search;
mod terms;
pub(crate) mod then;
mod upcoming;
mod update;
mod wake;

pub(crate) use cancel::cancel_all;
pub(crate) use create::{FLEXIBLE, ModeParams};
pub(crate) use cycle::two_intervals_on;
pub(crate) use follow::{ended, failed, lose, of_customer, paid, pays_with, prepared, used};
pub(crate) use items::PriceData as ItemPriceData;
pub use parts::{
    AnchorConfig, AutomaticTax, Behavior, BillingMode, CancellationDetails, EndBehavior, Feedback, Flexible,
    InvoiceSettings, Issuer, ItemInterval, Items, Kept, Missing, Mode, PauseCollection, PausedBy,
    PausedDetails, PausedReason, PausedType, PaymentSettings, PendingUpdate, Reason, Save, StatusDetails,
    TransferData, TrialAnchor, TrialSettings, Waiting,
};
pub use terms::Proration;
pub(crate) use terms::{DAYS_MAX, DESCRIPTION_MAX, Share, TransferDataParams, When, percent};
pub(crate) use wake::wakes;

use super::{
    amounts::Number,
    discount::Discount,
    invoice::{CollectionMethod, Invoice},
    price::Price,
    subscription_item::SubscriptionItem,
    subscription_schedule::SubscriptionSchedule,
    tax_rate::TaxRate,
};
use crate::{
    connect::account::Account,
    payments::{card::Card, customer::Customer, payment_method::MethodRef, setup_intent::SetupIntent},
    test_helpers::test_clock::TestClock,
};
use api::{Endpoint, Noun, Object, access::Application};
use base::{Currency, Metadata, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Hidden, Optional, Wire};

/// What a customer pays for again and again.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Subscription {
    /// `sub_…`.
    pub id: String,
    /// `subscription`.
    pub object: String,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// How many percent of its invoices the platform takes.
    pub application_fee_percent: Option<Number>,
    /// Whether an engine computes its taxes.
    pub automatic_tax: AutomaticTax,
    /// Where one of its periods begins.
    pub billing_cycle_anchor: Timestamp,
    /// By which parts of a date that was said.
    pub billing_cycle_anchor_config: Option<AnchorConfig>,
    /// By which rules it is billed.
    pub billing_mode: BillingMode,
    /// Until when its items are billed ahead: nothing is.
    pub billing_schedules: Vec<String>,
    /// From which amount on it is billed early: none.
    pub billing_thresholds: Option<String>,
    /// When it ends by itself.
    pub cancel_at: Option<Timestamp>,
    /// Whether it ends with its period.
    pub cancel_at_period_end: bool,
    /// When somebody decided that it ends.
    pub canceled_at: Option<Timestamp>,
    /// Why it ends.
    pub cancellation_details: Option<CancellationDetails>,
    /// How its invoices are collected.
    pub collection_method: CollectionMethod,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of its invoices.
    pub currency: Currency,
    /// Who pays.
    pub customer: Ref<Customer>,
    /// The account that pays, where an account is a customer.
    pub customer_account: Option<String>,
    /// How many days after they are sent its invoices are due.
    pub days_until_due: Option<i64>,
    /// What its invoices are paid with, in place of what the customer's are.
    pub default_payment_method: Option<MethodRef>,
    /// The same, of the first years.
    pub default_source: Option<Ref<Card>>,
    /// The taxes of the items that have none of their own.
    pub default_tax_rates: Option<Vec<TaxRate>>,
    /// What customers read.
    pub description: Option<String>,
    /// What is taken off its invoices.
    pub discounts: Vec<Ref<Discount>>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What its invoices say.
    pub invoice_settings: InvoiceSettings,
    /// What is paid for.
    pub items: Items,
    /// Its last invoice.
    pub latest_invoice: Option<Ref<Invoice>>,
    /// Live or test.
    pub livemode: bool,
    /// Whether payments are somebody else's business: they are not.
    pub managed_payments: Option<String>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// When invoice items that wait are billed between periods.
    pub next_pending_invoice_item_invoice: Option<Timestamp>,
    /// For whom a platform sells.
    pub on_behalf_of: Option<Ref<Account>>,
    /// Whether its invoices are not collected for a time.
    pub pause_collection: Option<PauseCollection>,
    /// How its invoices are to be paid.
    pub payment_settings: Option<PaymentSettings>,
    /// How often invoice items that wait are billed between periods.
    pub pending_invoice_item_interval: Option<ItemInterval>,
    /// By what the customer lets the account charge them while they are away.
    pub pending_setup_intent: Option<Ref<SetupIntent>>,
    /// What changes once an invoice is paid.
    pub pending_update: Option<PendingUpdate>,
    /// What changes it by a plan.
    pub schedule: Option<Ref<SubscriptionSchedule>>,
    /// Since when it is billed.
    pub start_date: Timestamp,
    /// Where it stands.
    pub status: Status,
    /// Why it stands there.
    pub status_details: Optional<StatusDetails>,
    /// The clock by which its customer lives.
    pub test_clock: Option<Ref<TestClock>>,
    /// Where the money of its invoices goes on to.
    pub transfer_data: Option<TransferData>,
    /// When its trial ends.
    pub trial_end: Option<Timestamp>,
    /// What becomes of it then.
    pub trial_settings: Option<TrialSettings>,
    /// When its trial began.
    pub trial_start: Option<Timestamp>,
    /// What is to be known of its items beside what they show.
    pub kept: Hidden<Vec<Kept>>,
    /// The account of the platform that made it.
    pub platform: Hidden<Option<String>>,
    /// Whether it was told that its trial will end.
    pub trial_told: Hidden<Option<bool>>,
    /// The end of the period whose renewal was told.
    pub upcoming_told: Hidden<Option<Timestamp>>,
    /// Until when its first invoice is to be paid.
    pub expires: Hidden<Option<Timestamp>>,
    /// When the invoice that was sent last is overdue.
    pub overdue: Hidden<Option<Timestamp>>,
    /// The change that waits for its payment.
    pub waiting: Hidden<Option<Waiting>>,
}

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// All is paid.
    Active,
    /// It has ended.
    Canceled,
    /// Its first invoice is to be paid.
    Incomplete,
    /// Its first invoice was not paid in time.
    IncompleteExpired,
    /// An invoice was not paid yet.
    PastDue,
    /// Its trial ended with nothing to pay by.
    Paused,
    /// It costs nothing yet.
    Trialing,
    /// An invoice was not paid, and nobody tries any more.
    Unpaid,
}

impl Named for Subscription {
    const NAME: &'static str = "subscription";
    const PREFIX: &'static str = "sub";
}
impl Object for Subscription {
    const PATH: &'static str = "/v1/subscriptions";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let ever = IndexKey::listed(EVER, &self.customer.id);
        // What is over is not among what a customer shows.
        let customer = (!self.has_ended()).then(|| IndexKey::listed(Customer::NAME, &self.customer.id));
        let of = |it: &SubscriptionItem| {
            [IndexKey::listed(SubscriptionItem::NAME, &it.id), IndexKey::listed(Price::NAME, &it.price.id)]
        };
        std::iter::once(ever).chain(customer).chain(self.items.data.iter().flat_map(of)).collect()
    }
}

/// The index of all subscriptions of a customer, also of those that are over.
const EVER: &str = "ever";

/// The noun.
pub const NOUN: Noun = Noun::of::<Subscription>();
/// A customer subscribed.
pub const CREATED: &str = "customer.subscription.created";
/// A subscription ended.
pub const DELETED: &str = "customer.subscription.deleted";
/// It rests until there is something to pay by.
pub const PAUSED: &str = "customer.subscription.paused";
/// A change was paid for.
pub const PENDING_APPLIED: &str = "customer.subscription.pending_update_applied";
/// A change was not paid for in time.
pub const PENDING_EXPIRED: &str = "customer.subscription.pending_update_expired";
/// It goes on after it rested.
pub const RESUMED: &str = "customer.subscription.resumed";
/// Its trial ends in three days.
pub const TRIAL_WILL_END: &str = "customer.subscription.trial_will_end";
/// It was changed.
pub const UPDATED: &str = "customer.subscription.updated";
/// What subscriptions cause.
pub const EVENTS: &[&str] =
    &[CREATED, DELETED, PAUSED, PENDING_APPLIED, PENDING_EXPIRED, RESUMED, TRIAL_WILL_END, UPDATED];

/// The most items of a subscription.
pub(crate) const ITEMS_MAX: usize = 20;

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = Subscription::NAME;
    vec![
        Endpoint::new("POST", "/v1/subscriptions", NAME, |cx, p| Box::pin(create::create(cx, p))),
        Endpoint::retrieve::<Subscription>("/v1/subscriptions/{id}"),
        Endpoint::new("POST", "/v1/subscriptions/{id}", NAME, |cx, p| Box::pin(update::update(cx, p))),
        Endpoint::search(search::PATH, NAME, |cx, p| Box::pin(search::search(cx, p))),
        Endpoint::new("POST", "/v1/subscriptions/{id}/migrate", NAME, |cx, p| Box::pin(migrate::migrate(cx, p))),
        Endpoint::new("POST", "/v1/subscriptions/{id}/pause", NAME, |cx, p| Box::pin(pause::pause(cx, p))),
        Endpoint::new("POST", "/v1/subscriptions/{id}/resume", NAME, |cx, p| Box::pin(resume::resume(cx, p))),
        Endpoint::new("DELETE", "/v1/subscriptions/{id}", NAME, |cx, p| Box::pin(cancel::endpoint(cx, p))),
        Endpoint::new("DELETE", "/v1/subscriptions/{id}/discount", NAME, |cx, p| Box::pin(follow::delete_discount(cx, p))),
        Endpoint::new("POST", "/v1/customers/{customer}/subscription", NAME, |cx, p| Box::pin(then::set(cx, p))),
        Endpoint::new("DELETE", "/v1/customers/{customer}/subscription", NAME, |cx, p| Box::pin(then::unset(cx, p))),
        Endpoint::list::<then::List>("/v1/customers/{customer}/subscriptions", NAME, |cx, p| Box::pin(then::list(cx, p))),
        Endpoint::new("POST", "/v1/customers/{customer}/subscriptions", NAME, |cx, p| Box::pin(then::create(cx, p))),
        Endpoint::new("GET", "/v1/customers/{customer}/subscriptions/{subscription}", NAME, |cx, p| Box::pin(then::retrieve(cx, p))),
        Endpoint::new("POST", "/v1/customers/{customer}/subscriptions/{subscription}", NAME, |cx, p| Box::pin(then::update(cx, p))),
        Endpoint::new("DELETE", "/v1/customers/{customer}/subscriptions/{subscription}", NAME, |cx, p| Box::pin(then::delete(cx, p))),
        Endpoint::list::<look::List>("/v1/subscriptions", NAME, |cx, p| Box::pin(look::list(cx, p))),
    ]
}

impl Subscription {
    /// Whether it is over.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status, Status::Canceled | Status::IncompleteExpired)
    }
    /// What is to be known of an item beside what it shows.
    fn kept(&self, item: &str) -> Option<&Kept> {
        self.kept.0.iter().find(|it| it.item == item)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
