//! Subscriptions as they were first: beneath their customer, of a plan, and until 2014 one to a customer.
use super::{
    Subscription,
    bill::{self, PaymentBehavior},
    cancel::{self, End},
    change::{self, Step},
    create::{self, Beginning},
    items::Ordered,
    terms::{CancelAt, Proration, When},
    update::named,
};
use crate::{
    billing::{
        amounts::Number,
        discount::{self, By, Of},
    },
    payments::{
        card::Source,
        customer::{self, Customer},
    },
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Page, Reply, Stop, done};
use base::{ApiError, MetadataPatch, Named as _, Ref, Version};
use wire::{Patch, Wire};

/// What `POST /v1/customers/{customer}/subscription` and its followers take.
#[derive(Debug, Default, Wire)]
pub(crate) struct Params {
    application_fee_percent: Patch<Number>,
    card: Option<Source>,
    coupon: Patch<String>,
    metadata: MetadataPatch,
    plan: Option<String>,
    prorate: Option<bool>,
    quantity: Option<i64>,
    source: Option<Source>,
    trial_end: Option<When>,
}

/// What `DELETE` of them takes.
#[derive(Debug, Wire)]
pub(super) struct Delete {
    at_period_end: Option<bool>,
}

/// What `GET /v1/customers/{customer}/subscriptions` filters by: nothing.
#[derive(Debug, Wire)]
pub(super) struct List {}

/// A plan's own trial is had without asking before this version.
pub(super) const ASKS_FOR_TRIAL: Version = Version::of("2018-05-21");

/// A new customer subscribes with the same request before this version.
const APART: Version = Version::of("2018-08-23");

/// The customer that the URL names, by whose clock the decision lives.
async fn owner(cx: &mut Cx<'_>) -> Result<Customer, Stop> {
    let id = cx.path("customer").to_owned();
    let customer: Customer = cx.must("id", &id).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    Ok(customer)
}

/// The subscription of a customer that was made last and goes on.
async fn newest(cx: &mut Cx<'_>, customer: &str) -> Result<Option<Subscription>, Stop> {
    let by = Some((Customer::NAME, customer.to_owned()));
    let found = cx.all_by::<Subscription>(&cx.caller.account, cx.caller.livemode, by, 1).await?;
    match found.first() {
        Some(it) => cx.get::<Subscription>(&it.id).await,
        None => Ok(None),
    }
}

fn none(customer: &str) -> Stop {
    ApiError::invalid(404, format!("Customer {customer} does not have an active subscription."))
        .code("resource_missing")
        .into()
}

/// The subscription that the URL names beneath its customer. Errors: it is another's.
async fn beneath(cx: &mut Cx<'_>, customer: &Customer) -> Result<Subscription, Stop> {
    let id = cx.path("subscription").to_owned();
    let held = cx.get::<Subscription>(&id).await?.filter(|it| it.customer.id == customer.id);
    held.ok_or_else(|| ApiError::no_such(Subscription::NAME, &id, "id").into())
}

impl Params {
    /// To what a new customer subscribes; none where they do not. Errors: nobody does so any more, or nothing is named.
    pub(crate) fn of_customer(
        cx: &Cx<'_>,
        plan: Option<String>,
        quantity: Option<i64>,
        trial_end: Option<When>,
    ) -> Result<Option<Self>, Stop> {
        let sent =
            [("plan", plan.is_some()), ("quantity", quantity.is_some()), ("trial_end", trial_end.is_some())];
        let sent: Vec<String> =
            sent.iter().filter(|(_, sent)| *sent).map(|(name, _)| (*name).to_owned()).collect();
        if sent.is_empty() {
            return Ok(None);
        }
        if cx.caller.version.has(APART) {
            return Err(wire::Bad::Unknown(sent).into());
        }
        if plan.is_none() {
            return Err(ApiError::missing("plan").into());
        }
        Ok(Some(Params { plan, quantity, trial_end, ..Params::default() }))
    }
    /// What the customer pays with from now on.
    async fn take_card(&mut self, cx: &mut Cx<'_>, before: &Customer) -> Result<Customer, Stop> {
        let Some(source) = self.card.take().or(self.source.take()) else { return Ok(before.clone()) };
        let mut after = before.clone();
        customer::replace(cx, &mut after, source, true).await?;
        cx.put(&after);
        cx.emit_update(customer::UPDATED, before, &after);
        Ok(after)
    }
    /// The item that is sent.
    fn item(&mut self) -> Ordered {
        Ordered {
            at: String::new(),
            discounts: None,
            metadata: MetadataPatch::default(),
            plan: self.plan.take(),
            price: None,
            price_data: None,
            quantity: self.quantity,
            tax_rates: None,
        }
    }
}

/// A customer subscribes to a plan. Errors: it is not paid.
pub(crate) async fn begin(cx: &mut Cx<'_>, customer: &Customer, mut p: Params) -> Result<Subscription, Stop> {
    let customer = p.take_card(cx, customer).await?;
    if p.plan.is_none() {
        return Err(ApiError::missing("plan").into());
    }
    let item = p.item();
    let mut it = create::start(cx, &customer, None, None, vec![item]).await?;
    it.metadata = p.metadata.fresh()?;
    it.set_onward(cx, p.application_fee_percent, Patch::Keep, Patch::Keep).await?;
    it.take_coupon(cx, &customer, p.coupon).await?;
    let from_plan = Some(!cx.caller.version.has(ASKS_FOR_TRIAL));
    let prices: Vec<_> = it.items.data.iter().map(|it| it.price.clone()).collect();
    it.start_trial(cx, (p.trial_end, None, from_plan.filter(|_| p.trial_end.is_none())), &prices)?;
    let beginning =
        Beginning { prorates: p.prorate != Some(false), behavior: bill::usual(cx), off_session: true };
    create::begin(cx, &customer, it, beginning).await
}

/// Another plan, another quantity, or what else is sent.
async fn switch(cx: &mut Cx<'_>, before: Subscription, mut p: Params) -> Result<Subscription, Stop> {
    let (before, customer) = named(cx, &before.id).await?;
    let customer = p.take_card(cx, &customer).await?;
    let mut it = before.clone();
    std::mem::take(&mut p.metadata).apply(&mut it.metadata)?;
    it.set_onward(cx, std::mem::take(&mut p.application_fee_percent), Patch::Keep, Patch::Keep).await?;
    it.take_coupon(cx, &customer, std::mem::take(&mut p.coupon)).await?;
    let [held] = &it.items.data[..] else {
        let message = "This subscription has several items. Change them by /v1/subscription_items.";
        return Err(ApiError::invalid(400, message).param("plan").into());
    };
    let id = held.id.clone();
    // Another plan begins with one of it, where nothing else is said.
    if p.plan.as_ref().is_some_and(|plan| *plan != held.price.id) {
        p.quantity = p.quantity.or(Some(1));
    }
    let item = p.item();
    it.change_item(cx, &customer, &id, item).await?;
    let proration = if p.prorate == Some(false) { Proration::None } else { Proration::CreateProrations };
    let step = Step { trial_end: p.trial_end, ..Step::of(Some(proration), None) };
    change::carry_out(cx, &customer, &before, it, step, (PaymentBehavior::AllowIncomplete, true)).await
}

impl Subscription {
    /// Sets what is taken off, by the coupon alone.
    async fn take_coupon(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        coupon: Patch<String>,
    ) -> Result<(), Stop> {
        match coupon {
            Patch::Keep => {}
            Patch::Clear => self.discounts.clear(),
            Patch::Set(id) => {
                let it =
                    discount::redeem_for(cx, customer, By::Coupon(&id), Of::Subscription(&self.id), "coupon")
                        .await?;
                self.discounts = vec![Ref::to(it.id)];
            }
        }
        Ok(())
    }
}

/// The one subscription of a customer begins or changes.
pub(super) async fn set(cx: &mut Cx<'_>, p: Params) -> Outcome<Subscription> {
    let customer = owner(cx).await?;
    match newest(cx, &customer.id).await? {
        Some(held) => done(Box::pin(switch(cx, held, p)).await?),
        None => done(Box::pin(begin(cx, &customer, p)).await?),
    }
}

pub(super) async fn create(cx: &mut Cx<'_>, p: Params) -> Outcome<Subscription> {
    let customer = owner(cx).await?;
    done(Box::pin(begin(cx, &customer, p)).await?)
}

pub(super) async fn update(cx: &mut Cx<'_>, p: Params) -> Outcome<Subscription> {
    let customer = owner(cx).await?;
    let held = beneath(cx, &customer).await?;
    done(Box::pin(switch(cx, held, p)).await?)
}

pub(super) async fn retrieve(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<Subscription> {
    let customer = owner(cx).await?;
    done(beneath(cx, &customer).await?)
}

pub(super) async fn list(cx: &mut Cx<'_>, _: List) -> Outcome<Page> {
    let customer = owner(cx).await?;
    let reply = cx.page::<Subscription>(Some((Customer::NAME, customer.id.clone()))).await?;
    let Reply::Done(page) = reply else { return Ok(reply) };
    done(Page { url: format!("{}/{}/subscriptions", <Customer as api::Object>::PATH, customer.id), ..page })
}

/// Ends the one subscription of a customer.
pub(super) async fn unset(cx: &mut Cx<'_>, p: Delete) -> Outcome<Subscription> {
    let customer = owner(cx).await?;
    let held = newest(cx, &customer.id).await?.ok_or_else(|| none(&customer.id))?;
    done(stop(cx, held, p).await?)
}

pub(super) async fn delete(cx: &mut Cx<'_>, p: Delete) -> Outcome<Subscription> {
    let customer = owner(cx).await?;
    let held = beneath(cx, &customer).await?;
    if held.has_ended() {
        return Err(ApiError::no_such(Subscription::NAME, &held.id, "id").into());
    }
    done(stop(cx, held, p).await?)
}

/// Ends it at once, or with its period.
async fn stop(cx: &mut Cx<'_>, before: Subscription, p: Delete) -> Result<Subscription, Stop> {
    if p.at_period_end != Some(true) {
        return cancel::end(cx, before, End::because(super::Reason::CancellationRequested)).await;
    }
    let mut it = before.clone();
    it.end_with(cx, Patch::<CancelAt>::Keep, Some(true))?;
    it.keep_changed(cx, &before);
    super::wake::later(cx, &it);
    Ok(it)
}
