//! Changing a subscription by one of its items: `/v1/subscription_items`.
use super::{
    Subscription,
    bill::PaymentBehavior,
    change::{self, Step},
    items::{Ordered, PriceData},
    terms::Proration,
    update::named,
};
use crate::{
    billing::{
        amounts::{Deleted, refused},
        discount::DiscountParams,
        subscription_item::{self, SubscriptionItem},
    },
    payments::payment_intent::confirm::OffSession,
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, MetadataPatch, Named as _, Timestamp};
use wire::Wire;

/// What `POST /v1/subscription_items` takes.
#[derive(Debug, Wire)]
pub(crate) struct Create {
    discounts: Option<Vec<DiscountParams>>,
    metadata: MetadataPatch,
    payment_behavior: Option<PaymentBehavior>,
    plan: Option<String>,
    price: Option<String>,
    price_data: Option<PriceData>,
    proration_behavior: Option<Proration>,
    proration_date: Option<Timestamp>,
    quantity: Option<i64>,
    subscription: String,
    tax_rates: Option<Vec<String>>,
}

/// What `POST /v1/subscription_items/{id}` takes.
#[derive(Debug, Wire)]
pub(crate) struct Update {
    discounts: Option<Vec<DiscountParams>>,
    metadata: MetadataPatch,
    off_session: Option<OffSession>,
    payment_behavior: Option<PaymentBehavior>,
    plan: Option<String>,
    price: Option<String>,
    price_data: Option<PriceData>,
    proration_behavior: Option<Proration>,
    proration_date: Option<Timestamp>,
    quantity: Option<i64>,
    tax_rates: Option<Vec<String>>,
}

/// What `DELETE /v1/subscription_items/{id}` takes.
#[derive(Debug, Wire)]
pub(crate) struct Delete {
    /// Meters keep what they counted, so there is nothing to clear.
    clear_usage: Option<bool>,
    payment_behavior: Option<PaymentBehavior>,
    proration_behavior: Option<Proration>,
    proration_date: Option<Timestamp>,
}

fn payment(behavior: Option<PaymentBehavior>, off_session: Option<OffSession>) -> (PaymentBehavior, bool) {
    (behavior.unwrap_or(PaymentBehavior::AllowIncomplete), off_session.is_some_and(OffSession::is_on))
}

/// Errors: it is over, so nothing of it changes.
fn goes_on(it: &Subscription) -> Result<(), ApiError> {
    if it.has_ended() {
        Err(refused("The items of a subscription that has ended cannot be changed.").param("subscription"))
    } else {
        Ok(())
    }
}

pub(crate) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<SubscriptionItem> {
    let held: Subscription = cx.must("subscription", &p.subscription).await?;
    let (before, customer) = named(cx, &held.id).await?;
    goes_on(&before)?;
    let mut it = before.clone();
    let Create { discounts, metadata, plan, price, price_data, quantity, tax_rates, .. } = p;
    let mut asked =
        Ordered { at: String::new(), discounts, metadata, plan, price, price_data, quantity, tax_rates };
    let price = asked.find_price(cx).await?.ok_or_else(|| ApiError::missing("price"))?;
    it.add_item(cx, &customer, asked, price).await?;
    it.items.total_count = it.items.data.len() as i64;
    let id = it.items.data.last().map(|it| it.id.clone()).unwrap_or_default();
    let step = Step::of(p.proration_behavior, p.proration_date);
    let it = change::carry_out(cx, &customer, &before, it, step, payment(p.payment_behavior, None)).await?;
    shown(it, &id)
}

/// An item of a subscription. One that waits for its payment is not there yet, and shown as it will be.
fn shown(it: Subscription, id: &str) -> Outcome<SubscriptionItem> {
    let waiting = it.waiting.0.map(|it| it.items).unwrap_or_default();
    let item = it.items.data.into_iter().chain(waiting).find(|it| it.id == id);
    done(item.ok_or_else(|| ApiError::no_such(SubscriptionItem::NAME, id, "id"))?)
}

/// The subscription of the item that the URL names, and as it is to become.
async fn of_item(
    cx: &mut Cx<'_>,
    id: &str,
) -> Result<(Subscription, crate::payments::customer::Customer), Stop> {
    let held = subscription_item::of(cx, id).await?;
    let found = named(cx, &held.id).await?;
    goes_on(&found.0)?;
    Ok(found)
}

pub(crate) async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<SubscriptionItem> {
    let id = cx.path("id").to_owned();
    let (before, customer) = of_item(cx, &id).await?;
    let mut it = before.clone();
    let Update { discounts, metadata, plan, price, price_data, quantity, tax_rates, .. } = p;
    let asked =
        Ordered { at: String::new(), discounts, metadata, plan, price, price_data, quantity, tax_rates };
    it.change_item(cx, &customer, &id, asked).await?;
    it.check_items("price")?;
    let step = Step::of(p.proration_behavior, p.proration_date);
    let it = change::carry_out(cx, &customer, &before, it, step, payment(p.payment_behavior, p.off_session))
        .await?;
    shown(it, &id)
}

pub(crate) async fn delete(cx: &mut Cx<'_>, p: Delete) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let (before, customer) = of_item(cx, &id).await?;
    let mut it = before.clone();
    it.remove_item(&id, "id")?;
    it.items.total_count = it.items.data.len() as i64;
    if it.items.data.is_empty() {
        let message = "A subscription must have at least one active plan. If you would like to cancel the subscription, please use the cancellation endpoint.";
        return Err(refused(message).into());
    }
    let step = Step::of(p.proration_behavior, p.proration_date);
    change::carry_out(cx, &customer, &before, it, step, payment(p.payment_behavior, None)).await?;
    done(Deleted::of(SubscriptionItem::NAME, &id))
}
