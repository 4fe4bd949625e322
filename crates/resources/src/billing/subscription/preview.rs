//! What the next invoice of a subscription would be, as it is or as it is asked to become. It is made as it will be made,
//! and then forgotten.
use super::{
    Status, Subscription,
    bill::{self, Bill, Pending, waiting},
    change::{self, Step},
    create,
    items::Changed,
    terms::{Anchor, CancelAt, Proration, When},
    update::named,
    wake,
};
use crate::{
    billing::{
        discount::{self, DiscountParams, Of},
        invoice::{BillingReason, CollectionMethod, Invoice, shown_as_upcoming},
        tax_rate,
    },
    payments::customer::Customer,
    test_helpers::test_clock,
};
use api::{Cx, OnClock, Stop};
use base::{ApiError, Currency, MetadataPatch, Timestamp};
use wire::{Optional, Patch, Wire};

/// `subscription_details` of a preview.
#[derive(Debug, Default, Wire)]
pub(crate) struct Details {
    billing_cycle_anchor: Option<Anchor>,
    cancel_at: Patch<CancelAt>,
    cancel_at_period_end: Option<bool>,
    cancel_now: Option<bool>,
    default_tax_rates: Option<Vec<String>>,
    items: Vec<Changed>,
    metadata: MetadataPatch,
    proration_behavior: Option<Proration>,
    proration_date: Option<Timestamp>,
    trial_end: Option<When>,
}

/// Which subscription a preview is of.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) customer: Option<String>,
    pub(crate) currency: Option<Currency>,
    pub(crate) discounts: Option<Vec<DiscountParams>>,
    pub(crate) subscription: Option<String>,
    pub(crate) details: Option<Details>,
}

/// How long after the period the draft would be paid, in seconds.
const PAID_AFTER: i64 = 3600;

/// The subscription of a customer whose invoice is next.
pub(crate) async fn next_of(cx: &mut Cx<'_>, customer: &str) -> Result<Option<String>, Stop> {
    /// More than anybody has.
    const MOST: usize = 1_000;
    let by = Some(("customer", customer.to_owned()));
    let all = cx.all_by::<Subscription>(&cx.caller.account, cx.caller.livemode, by, MOST).await?;
    let bills = |it: &&Subscription| {
        let ends = it.cancel_at.is_some_and(|at| it.period_end().is_none_or(|end| at <= end));
        matches!(it.status, Status::Active | Status::PastDue | Status::Trialing | Status::Unpaid) && !ends
    };
    Ok(all.iter().filter(bills).min_by_key(|it| it.period_end()).map(|it| it.id.clone()))
}

fn none(subscription: &str) -> Stop {
    let message = format!("No upcoming invoices for subscription: {subscription}");
    ApiError::invalid(404, message).code("invoice_upcoming_none").into()
}

/// Works out what is asked for; nothing is written down.
pub(crate) async fn preview(cx: &mut Cx<'_>, p: Ask) -> Result<Invoice, Stop> {
    let details = p.details.unwrap_or_default();
    let date = details.proration_date;
    let mut invoice = match p.subscription {
        Some(id) => of_one(cx, &id, p.customer.as_deref(), p.discounts, details).await?,
        None => {
            let customer = p.customer.ok_or_else(|| ApiError::missing("customer"))?;
            of_new(cx, &customer, p.currency, p.discounts, details).await?
        }
    };
    cx.forget();
    invoice.billing_reason = Some(BillingReason::Upcoming);
    if invoice.collection_method == CollectionMethod::ChargeAutomatically {
        invoice.next_payment_attempt = Some(invoice.created.plus(PAID_AFTER));
    }
    if let Some(of) = invoice.parent.as_mut().and_then(|it| it.subscription_details.as_mut()) {
        of.subscription_proration_date = Optional(date);
    }
    Ok(shown_as_upcoming(invoice))
}

/// Of a subscription that there is.
async fn of_one(
    cx: &mut Cx<'_>,
    id: &str,
    customer: Option<&str>,
    discounts: Option<Vec<DiscountParams>>,
    p: Details,
) -> Result<Invoice, Stop> {
    let held = cx
        .get::<Subscription>(id)
        .await?
        .filter(|it| customer.is_none_or(|customer| it.customer.id == customer));
    let held = held.ok_or_else(|| ApiError::no_such("subscription", id, "subscription"))?;
    let (before, customer) = named(cx, &held.id).await?;
    if before.has_ended() {
        return Err(none(id));
    }
    let mut it = before.clone();
    p.metadata.apply(&mut it.metadata)?;
    if let Some(rates) = p.default_tax_rates {
        it.default_tax_rates =
            Some(tax_rate::named(cx, &rates, "subscription_details[default_tax_rates]").await?);
    }
    if let Some(discounts) = discounts {
        it.discounts = discount::redeem_all(cx, &customer, discounts, Of::Subscription(&it.id)).await?;
    }
    let ends_now = p.cancel_now == Some(true);
    if !p.items.is_empty() {
        it.change_items(cx, &customer, p.items).await?;
    }
    let step = Step {
        proration: p.proration_behavior.unwrap_or(Proration::CreateProrations),
        at: p.proration_date,
        reset: p.billing_cycle_anchor == Some(Anchor::Now),
        trial_end: p.trial_end,
        cancel_at: p.cancel_at,
        cancel_at_period_end: p.cancel_at_period_end,
    };
    if ends_now {
        if step.proration != Proration::None {
            it.give_back(cx, &customer, step.at.unwrap_or(cx.now())).await?;
        }
        let now = cx.now();
        return of_waiting(cx, it, &customer, now).await;
    }
    let (it, invoice) = change::work_out(cx, &customer, &before, it, step).await?;
    if let Some(invoice) = invoice {
        return Ok(invoice);
    }
    let (end, last) = (it.cancel_at.unwrap_or(cx.now()), it.clone());
    match foreseen(cx, it, &customer).await? {
        Some(invoice) => Ok(invoice),
        None => of_waiting(cx, last, &customer, end).await,
    }
}

/// The invoice of the next period, as it will be made then; none where no period begins any more. The decision lives at that
/// time afterwards, and what was written down is to be forgotten.
pub(super) async fn foreseen(
    cx: &mut Cx<'_>,
    mut it: Subscription,
    customer: &Customer,
) -> Result<Option<Invoice>, Stop> {
    let next =
        it.period_end().filter(|end| it.status != Status::Paused && it.cancel_at.is_none_or(|at| at > *end));
    let Some(at) = next else { return Ok(None) };
    let clock = cx.on_clock().map(|clock| clock.id.clone()).unwrap_or_default();
    cx.enter_clock(OnClock { id: clock, now: at });
    let (entries, period) = wake::next_period(cx, &mut it, at).await?;
    let bill = Bill { reason: BillingReason::Upcoming, entries, pending: Pending::All, period };
    bill::make(cx, &mut it, customer, bill).await.map(Some)
}

/// Of what waits and of what was used until its end, where no period begins any more.
async fn of_waiting(
    cx: &mut Cx<'_>,
    mut it: Subscription,
    customer: &Customer,
    end: Timestamp,
) -> Result<Invoice, Stop> {
    let entries = if it.is_billed() { it.all_usage(cx, end).await? } else { Vec::new() };
    if entries.is_empty() && waiting(cx, &it, Pending::Own).await?.is_empty() {
        return Err(none(&it.id));
    }
    let now = cx.now();
    let bill = Bill { reason: BillingReason::Upcoming, entries, pending: Pending::Own, period: (now, now) };
    bill::make(cx, &mut it, customer, bill).await
}

/// Of a subscription that there is not yet.
async fn of_new(
    cx: &mut Cx<'_>,
    customer: &str,
    currency: Option<Currency>,
    discounts: Option<Vec<DiscountParams>>,
    p: Details,
) -> Result<Invoice, Stop> {
    let customer: Customer = cx.must("customer", customer).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    let asked = p
        .items
        .into_iter()
        .enumerate()
        .map(|(n, item)| item.ask(format!("subscription_details[items][{n}]")))
        .collect();
    let mut it = create::start(cx, &customer, currency, None, asked).await?;
    it.metadata = p.metadata.fresh()?;
    if let Some(rates) = p.default_tax_rates {
        it.default_tax_rates =
            Some(tax_rate::named(cx, &rates, "subscription_details[default_tax_rates]").await?);
    }
    it.discounts =
        discount::redeem_all(cx, &customer, discounts.unwrap_or_default(), Of::Subscription(&it.id)).await?;
    it.start_trial(cx, (p.trial_end, None, None), &[])?;
    it.begin_periods();
    it.end_with(cx, p.cancel_at, p.cancel_at_period_end)?;
    let entries = it.first_entries(cx, p.proration_behavior != Some(Proration::None)).await?;
    let period = (cx.now(), cx.now());
    let bill = Bill { reason: BillingReason::Upcoming, entries, pending: Pending::All, period };
    let mut invoice = bill::make(cx, &mut it, &customer, bill).await?;
    // Nobody can ask for a subscription that there is not.
    invoice.parent = None;
    Ok(invoice)
}
