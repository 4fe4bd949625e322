//! Subscription items: what a subscription is for, each a price and how many (API page "Subscription Items"). They lie in
//! their subscription.
use super::{
    discount::Discount,
    plan::Plan,
    price::Price,
    subscription::{Subscription, by_item},
    tax_rate::TaxRate,
};
use crate::connect::account;
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Stop, done};
use base::{ApiError, Metadata, Named, Ref, Timestamp};
use wire::{Optional, Wire};

/// A price and how many.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionItem {
    /// `si_…`.
    pub id: String,
    /// `subscription_item`.
    pub object: String,
    /// From which use on it is billed early: none.
    pub billing_thresholds: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When its period ends.
    pub current_period_end: Timestamp,
    /// When that began.
    pub current_period_start: Timestamp,
    /// The offer by which it is on trial: none.
    pub current_trial: Option<String>,
    /// What is taken off it.
    pub discounts: Vec<Ref<Discount>>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// The price, as it was shown first.
    pub plan: Plan,
    /// The price, as it was when it was chosen.
    pub price: Price,
    /// How many.
    pub quantity: Optional<i64>,
    /// The subscription.
    pub subscription: String,
    /// Its own taxes, in place of those of the subscription.
    pub tax_rates: Option<Vec<TaxRate>>,
}

impl Named for SubscriptionItem {
    const NAME: &'static str = "subscription_item";
    const PREFIX: &'static str = "si";
}
impl Object for SubscriptionItem {
    const PATH: &'static str = "/v1/subscription_items";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<SubscriptionItem>();
/// What subscription items cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = SubscriptionItem::NAME;
    vec![
        Endpoint::new("GET", "/v1/subscription_items/{id}", NAME, |cx, p| Box::pin(retrieve(cx, p))).permission("subscription"),
        Endpoint::new("POST", "/v1/subscription_items", NAME, |cx, p| Box::pin(by_item::create(cx, p))).permission("subscription"),
        Endpoint::new("POST", "/v1/subscription_items/{id}", NAME, |cx, p| Box::pin(by_item::update(cx, p))).permission("subscription"),
        Endpoint::new("DELETE", "/v1/subscription_items/{id}", NAME, |cx, p| Box::pin(by_item::delete(cx, p))).permission("subscription"),
        Endpoint::list::<List>("/v1/subscription_items", NAME, |cx, p| Box::pin(list(cx, p))).permission("subscription"),
    ]
}

/// What `GET /v1/subscription_items` filters by.
#[derive(Debug, Wire)]
pub struct List {
    subscription: String,
}

impl SubscriptionItem {
    /// How many.
    pub(crate) fn count(&self) -> i64 {
        self.quantity.0.unwrap_or(1)
    }
}

/// The subscription that has an item. Errors: none has.
pub(crate) async fn of(cx: &mut Cx<'_>, id: &str) -> Result<Subscription, Stop> {
    let by = Some((SubscriptionItem::NAME, id.to_owned()));
    let found = cx.all_by::<Subscription>(&cx.caller.account, cx.caller.livemode, by, 1).await?;
    let held = match found.first() {
        Some(it) => cx.get::<Subscription>(&it.id).await?,
        None => None,
    };
    let held = held.filter(|it| it.items.data.iter().any(|item| item.id == id));
    held.ok_or_else(|| ApiError::no_such(SubscriptionItem::NAME, id, "id").into())
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<SubscriptionItem> {
    let id = cx.path("id").to_owned();
    let subscription = of(cx, &id).await?;
    let item = subscription.items.data.into_iter().find(|it| it.id == id);
    done(item.ok_or_else(|| ApiError::no_such(SubscriptionItem::NAME, &id, "id"))?)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let subscription: Subscription = cx.must("subscription", &p.subscription).await?;
    let items = subscription.items.data.into_iter().map(|it| (it.id.clone(), account::json(it))).collect();
    done(account::slice(cx, SubscriptionItem::NAME, SubscriptionItem::PATH.into(), items)?)
}
