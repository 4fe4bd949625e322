//! What happens to a subscription by itself: a period begins, a trial ends, its time is over. Each time that something
//! happens, it is written down when the next thing does.
use super::{
    Missing, PAUSED, PausedReason, Reason, Status, Subscription, TRIAL_WILL_END,
    bill::{self, Bill, Pending},
    cancel::{self, End},
    change,
    cycle::Span,
    entries::For,
    follow::{expire, rests},
    upcoming,
};
use crate::{
    billing::{
        invoice::{self, BillingReason, Entry, Invoice},
        subscription_schedule, timing,
    },
    due::{self, Kind},
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::Timestamp;
use money::Cycle;
use wire::Hidden;

/// Plans what happens to it next.
pub(super) fn later(cx: &mut Cx<'_>, it: &Subscription) {
    if let Some(at) = it.next_moment() {
        due::later(cx, Kind::SubscriptionWakes, &it.id, at);
    }
}

/// The time of something has come: all is done that is due, and at most one period begins. Nothing happens where it was
/// changed since.
pub(crate) async fn wakes(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(it) = cx.get::<Subscription>(id).await? else { return Ok(()) };
    let Some(customer) = cx.get::<Customer>(&it.customer.id).await? else { return Ok(()) };
    if !timing::has_come(cx, &customer, (Kind::SubscriptionWakes, id), it.next_moment()).await? {
        return Ok(());
    }
    if it.upcoming_at().is_some_and(|at| at <= cx.now()) {
        upcoming::tell(cx, &it, &customer).await?;
    }
    let it: Subscription = cx.must("id", id).await?;
    if it.trial_warning().is_some_and(|at| at <= cx.now()) {
        warn(cx, &it);
    }
    if let Some(schedule) = it.schedule {
        subscription_schedule::due_now(cx, &schedule.id).await?;
    }
    let come = |cx: &Cx<'_>, at: Option<Timestamp>| at.is_some_and(|at| at <= cx.now());
    let it: Subscription = cx.must("id", id).await?;
    if it.has_ended() {
        return Ok(());
    }
    if it.status == Status::Incomplete && come(cx, it.expires.0) {
        return Box::pin(give_up(cx, it, customer)).await;
    }
    if come(cx, it.cancel_at) {
        let reason = it
            .cancellation_details
            .as_ref()
            .and_then(|it| it.reason)
            .unwrap_or(Reason::CancellationRequested);
        // Who leaves in time pays what is not paid yet.
        let settles = matches!(it.status, Status::Active | Status::PastDue);
        Box::pin(cancel::end(cx, it, End::settling(reason, settles))).await?;
        return Ok(());
    }
    if come(cx, it.pending_update.as_ref().map(|it| it.expires_at)) {
        Box::pin(change::give_up(cx, it, customer.clone())).await?;
    }
    let it: Subscription = cx.must("id", id).await?;
    if come(cx, it.overdue.0) {
        overdue(cx, it).await?;
    }
    let mut it: Subscription = cx.must("id", id).await?;
    if come(cx, it.pause_collection.and_then(|it| it.resumes_at)) {
        let before = it.clone();
        it.pause_collection = None;
        it.keep_changed(cx, &before);
    }
    let goes_on = it.status != Status::Incomplete && it.status != Status::Paused;
    if goes_on && come(cx, it.next_pending_invoice_item_invoice) {
        it = Box::pin(bill_items(cx, it, &customer)).await?;
    }
    if goes_on && come(cx, it.period_end()) {
        Box::pin(renew(cx, it, customer)).await?;
    }
    if let Some(it) = cx.get::<Subscription>(id).await? {
        later(cx, &it);
    }
    Ok(())
}

/// Tells that the trial will end.
pub(super) fn warn(cx: &mut Cx<'_>, it: &Subscription) -> Subscription {
    let it = Subscription { trial_told: Hidden(Some(true)), ..it.clone() };
    cx.put(&it);
    cx.emit(TRIAL_WILL_END, &it);
    it
}

/// The first invoice was not paid in time.
async fn give_up(cx: &mut Cx<'_>, it: Subscription, customer: Customer) -> Result<(), Stop> {
    let latest = it.latest_invoice.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    match cx.get::<Invoice>(&latest).await? {
        Some(invoice) if invoice.is(invoice::Status::Open) => {
            Box::pin(invoice::void_it(cx, invoice, customer)).await.map(drop)
        }
        _ => {
            expire(cx, it);
            Ok(())
        }
    }
}

/// The day of the invoice that was sent last has passed.
async fn overdue(cx: &mut Cx<'_>, before: Subscription) -> Result<(), Stop> {
    let mut it = before.clone();
    it.overdue = Hidden(None);
    let latest = it.latest_invoice.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let open = cx.get::<Invoice>(&latest).await?.is_some_and(|it| it.is(invoice::Status::Open));
    if open && it.status == Status::Active {
        it.status = Status::PastDue;
    }
    it.keep_changed(cx, &before);
    Ok(())
}

impl Subscription {
    /// Whether it cannot go on when its trial ends, because there is nothing to pay by, and what becomes of it then.
    pub(super) fn stops_after_trial(&self, customer: &Customer) -> Option<Missing> {
        let missing = self.trial_settings.as_ref().map(|it| it.end_behavior.missing_payment_method);
        let charged = self.collection_method == invoice::CollectionMethod::ChargeAutomatically;
        missing.filter(|it| charged && *it != Missing::CreateInvoice && !self.can_pay(customer))
    }
}

/// The trial of what cannot go on has ended: it rests, or ends.
pub(super) async fn stop_after_trial(
    cx: &mut Cx<'_>,
    before: &Subscription,
    mut it: Subscription,
    missing: Missing,
) -> Result<Subscription, Stop> {
    if missing == Missing::Cancel {
        return cancel::end(cx, it, End::because(Reason::CancellationRequested)).await;
    }
    rests(&mut it, cx, PausedReason::TrialEndWithoutPaymentMethod);
    it.keep_changed(cx, before);
    cx.emit(PAUSED, &it);
    Ok(it)
}

/// What waits is billed between periods.
async fn bill_items(
    cx: &mut Cx<'_>,
    before: Subscription,
    customer: &Customer,
) -> Result<Subscription, Stop> {
    let mut it = before.clone();
    let Some(every) = it.pending_invoice_item_interval else { return Ok(it) };
    let (Some(at), now) = (it.next_pending_invoice_item_invoice, cx.now()) else { return Ok(it) };
    let cycle = Cycle { anchor: at, interval: every.interval, count: every.interval_count };
    it.next_pending_invoice_item_invoice = Some(cycle.next(now));
    // Where a period ends at this moment, its invoice takes them in.
    let renews = it.period_end().is_some_and(|end| end <= now);
    if renews || bill::waiting(cx, &it, Pending::All).await?.is_empty() {
        it.keep_changed(cx, &before);
        return Ok(it);
    }
    let reason = BillingReason::SubscriptionUpdate;
    let bill = Bill { reason, entries: Vec::new(), pending: Pending::All, period: (at, now) };
    let invoice = Box::pin(bill::make(cx, &mut it, customer, bill)).await?;
    it.keep_changed(cx, &before);
    Box::pin(bill::go_on(cx, &it, invoice)).await?;
    cx.must("id", &it.id).await
}

/// The next period of what has come to its end begins.
async fn renew(cx: &mut Cx<'_>, before: Subscription, customer: Customer) -> Result<(), Stop> {
    let mut it = before.clone();
    let Some(at) = it.period_end() else { return Ok(()) };
    if it.status == Status::Trialing && it.trial_end.is_some_and(|end| end <= at) {
        if let Some(missing) = it.stops_after_trial(&customer) {
            return Box::pin(stop_after_trial(cx, &before, it, missing)).await.map(drop);
        }
        it.status = Status::Active;
    }
    let (entries, period) = next_period(cx, &mut it, at).await?;
    let bill = Bill { reason: BillingReason::SubscriptionCycle, entries, pending: Pending::All, period };
    let invoice = Box::pin(bill::make(cx, &mut it, &customer, bill)).await?;
    Box::pin(bill::go_on(cx, &it, invoice)).await?;
    // Collecting may have changed it further.
    match cx.get::<Subscription>(&it.id).await? {
        Some(after) => after.keep_changed(cx, &before),
        None => it.keep_changed(cx, &before),
    }
    Ok(())
}

/// The next period of what has come to its end by a moment begins: what that costs, and the period that is over.
pub(super) async fn next_period(
    cx: &mut Cx<'_>,
    it: &mut Subscription,
    at: Timestamp,
) -> Result<(Vec<Entry>, (Timestamp, Timestamp)), Stop> {
    let (mut entries, mut looks_back) = (Vec::new(), (at, at));
    for n in 0..it.items.data.len() {
        let item = it.items.data[n].clone();
        if item.current_period_end > at {
            continue;
        }
        looks_back.0 = looks_back.0.min(item.current_period_start);
        let span = Span::from(it.cycle(&item), at, it.cancel_at);
        if item.price.is_metered() {
            entries.push(it.usage(cx, &item, item.current_period_end).await?);
            it.count_from(&item.id, None);
        } else {
            let what = if span.is_part() { For::Part } else { For::Period };
            let amount = span.share(it.amount(&item)?);
            entries.push(it.entry(cx, &item, amount, (span.start, span.end), what).await?);
        }
        it.items.data[n].current_period_start = span.start;
        it.items.data[n].current_period_end = span.end;
    }
    Ok((entries, looks_back))
}
