//! How a subscription ends.
use super::{
    CancellationDetails, DELETED, Reason, Status, Subscription,
    bill::{self, Bill, PaymentBehavior, Pending, waiting},
    terms::CancellationParams,
};
use crate::{
    billing::{
        invoice::{self, BillingReason, CollectionMethod, Invoice},
        invoice_item, subscription_schedule,
    },
    payments::customer::Customer,
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, Named as _};
use wire::{Hidden, Wire};

/// What `DELETE /v1/subscriptions/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Cancel {
    cancellation_details: Option<CancellationParams>,
    invoice_now: Option<bool>,
    prorate: Option<bool>,
}

/// Why it ends, and what becomes of what is not settled.
#[derive(Debug)]
pub(super) struct End {
    reason: Reason,
    /// What waits for an invoice gets one.
    invoice_now: bool,
    /// What is left of its periods is given back.
    prorate: bool,
}

impl End {
    /// It ends because somebody asked for it.
    pub(super) fn with(invoice_now: bool, prorate: bool) -> Self {
        End { invoice_now, prorate, ..End::because(Reason::CancellationRequested) }
    }
    /// It ends by itself: whether what waits for an invoice gets one.
    pub(super) fn settling(reason: Reason, invoice_now: bool) -> Self {
        End { invoice_now, ..End::because(reason) }
    }
    /// It ends, and nothing is given back.
    pub(super) fn because(reason: Reason) -> Self {
        End { reason, invoice_now: false, prorate: false }
    }
}

pub(super) async fn endpoint(cx: &mut Cx<'_>, p: Cancel) -> Outcome<Subscription> {
    let id = cx.path("id").to_owned();
    let mut it: Subscription = cx.must("id", &id).await?;
    test_clock::enter(cx, it.test_clock.as_ref()).await?;
    if it.has_ended() {
        return Err(ApiError::no_such(Subscription::NAME, &id, "id").into());
    }
    if let Some(sent) = p.cancellation_details {
        sent.apply(&mut it.cancellation_details);
    }
    let end = End {
        reason: Reason::CancellationRequested,
        invoice_now: p.invoice_now == Some(true),
        prorate: p.prorate == Some(true),
    };
    done(end_at_once(cx, it, end).await?)
}

/// Ends it at this moment.
async fn end_at_once(cx: &mut Cx<'_>, it: Subscription, end_: End) -> Result<Subscription, Stop> {
    end(cx, it, end_).await
}

/// It ends at this moment. What waits for an invoice of it stays where somebody put it there, and is dropped where it evens
/// out what changed, unless that is billed at once.
pub(super) async fn end(cx: &mut Cx<'_>, mut it: Subscription, how: End) -> Result<Subscription, Stop> {
    let customer: Customer = cx.must("customer", &it.customer.id).await?;
    if how.prorate {
        it.give_back(cx, &customer, cx.now()).await?;
    } else if !how.invoice_now {
        for item in waiting(cx, &it, Pending::Own).await?.into_iter().filter(|item| item.proration) {
            cx.delete(&item);
            cx.emit(invoice_item::DELETED, &item);
        }
    }
    let first = it.status == Status::Incomplete;
    stop_collecting(cx, &it, first, &customer).await?;
    let now = cx.now();
    let entries = if how.invoice_now && it.is_billed() {
        it.all_usage(cx, it.cancel_at.filter(|at| *at <= now).unwrap_or(now)).await?
    } else {
        Vec::new()
    };
    if how.invoice_now && !(entries.is_empty() && waiting(cx, &it, Pending::Own).await?.is_empty()) {
        let reason = BillingReason::SubscriptionUpdate;
        let bill = Bill { reason, entries, pending: Pending::Own, period: (now, now) };
        let customer: Customer = cx.must("customer", &it.customer.id).await?;
        let invoice = Box::pin(bill::make(cx, &mut it, &customer, bill)).await?;
        Box::pin(bill::collect(cx, &it, invoice, (PaymentBehavior::AllowIncomplete, true))).await?;
    }
    it.status = Status::Canceled;
    it.canceled_at = it.canceled_at.or(Some(cx.now()));
    it.ended_at = Some(cx.now());
    it.pending_update = None;
    it.expires = Hidden(None);
    it.cancellation_details.get_or_insert_with(CancellationDetails::default).reason = Some(how.reason);
    cx.put(&it);
    cx.emit(DELETED, &it);
    if let Some(schedule) = it.schedule.clone() {
        subscription_schedule::canceled(cx, &schedule.id, how.reason == Reason::PaymentFailed).await?;
    }
    Ok(it)
}

/// Its last invoice is not collected by itself any more; the first one of all is voided.
async fn stop_collecting(
    cx: &mut Cx<'_>,
    it: &Subscription,
    first: bool,
    customer: &Customer,
) -> Result<(), Stop> {
    let Some(latest) = &it.latest_invoice else { return Ok(()) };
    let Some(before) = cx.get::<Invoice>(&latest.id).await? else { return Ok(()) };
    if first && before.is(invoice::Status::Open) {
        // It ends as canceled, not as expired.
        let settled = Subscription { status: Status::Canceled, ..it.clone() };
        cx.put(&settled);
        return Box::pin(invoice::void_it(cx, before, customer.clone())).await.map(drop);
    }
    let goes_on = before.is(invoice::Status::Draft) || before.is(invoice::Status::Open);
    if goes_on && before.auto_advance && before.collection_method == CollectionMethod::ChargeAutomatically {
        let mut invoice = before.clone();
        invoice.auto_advance = false;
        invoice.automatically_finalizes_at = None;
        invoice.next_payment_attempt = None;
        cx.put(&invoice);
        cx.emit_update(invoice::UPDATED, &before, &invoice);
    }
    Ok(())
}

/// A customer is deleted: all that they subscribed to ends.
pub(crate) async fn cancel_all(cx: &mut Cx<'_>, customer: &Customer) -> Result<(), Stop> {
    /// More than anybody has.
    const MOST: usize = 10_000;
    let by = Some((Customer::NAME, customer.id.clone()));
    let all = cx.all_by::<Subscription>(&cx.caller.account, cx.caller.livemode, by, MOST).await?;
    for found in all {
        if let Some(it) = cx.get::<Subscription>(&found.id).await?.filter(|it| !it.has_ended()) {
            Box::pin(end(cx, it, End::because(Reason::CancellationRequested))).await?;
        }
    }
    subscription_schedule::cancel_all(cx, customer).await
}
