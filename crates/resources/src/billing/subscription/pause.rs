//! `POST /v1/subscriptions/{id}/pause`: it rests, and is not billed, until it is resumed.
use super::{
    PAUSED, PausedReason, PausedType, Status, Subscription,
    bill::{self, Bill, PaymentBehavior, Pending, waiting},
    follow::rests,
    update::named,
};
use crate::billing::{amounts::refused, invoice::BillingReason};
use api::{Cx, Outcome, done};
use wire::Wire;

/// What it takes.
#[derive(Debug, Wire)]
pub(super) struct Pause {
    bill_for: Option<BillFor>,
    invoicing_behavior: Option<Invoicing>,
    r#type: Option<PausedType>,
}

/// `bill_for` as sent.
#[derive(Debug, Default, Wire)]
struct BillFor {
    outstanding_usage_through: Option<UsageParams>,
    unused_time_from: Option<UnusedParams>,
}

#[derive(Debug, Wire)]
struct UsageParams {
    r#type: Through,
}

/// Until when what was used is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Through {
    None,
    Now,
}

#[derive(Debug, Wire)]
struct UnusedParams {
    r#type: From,
}

/// From when on what was paid for is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum From {
    ItemCurrentPeriodStart,
    None,
    Now,
}

/// What becomes of what that comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Invoicing {
    Invoice,
    PendingInvoiceItem,
}

pub(super) async fn pause(cx: &mut Cx<'_>, p: Pause) -> Outcome<Subscription> {
    let id = cx.path("id").to_owned();
    let (before, customer) = named(cx, &id).await?;
    if !matches!(before.status, Status::Active | Status::PastDue | Status::Trialing | Status::Unpaid) {
        let message = format!("A subscription that is {} cannot be paused.", before.status.as_str());
        return Err(refused(message).into());
    }
    let now = cx.now();
    let mut it = before.clone();
    let asked = p.bill_for.unwrap_or_default();
    if before.is_billed() {
        if asked.outstanding_usage_through.is_none_or(|it| it.r#type == Through::Now) {
            it.settle_changed(cx, &customer, (&before, now), true).await?;
        }
        match asked.unused_time_from.map_or(From::Now, |it| it.r#type) {
            From::None => {}
            From::Now => before.give_back(cx, &customer, now).await?,
            From::ItemCurrentPeriodStart => {
                let start = before.items.data.iter().map(|it| it.current_period_start).min();
                before.give_back(cx, &customer, start.unwrap_or(now)).await?;
            }
        }
    }
    rests(&mut it, cx, PausedReason::PauseRequested);
    it.pending_update = None;
    if p.invoicing_behavior == Some(Invoicing::Invoice) && !waiting(cx, &it, Pending::Own).await?.is_empty() {
        let reason = BillingReason::SubscriptionUpdate;
        let bill = Bill { reason, entries: Vec::new(), pending: Pending::Own, period: (now, now) };
        let invoice = Box::pin(bill::make(cx, &mut it, &customer, bill)).await?;
        it.keep_changed(cx, &before);
        cx.emit(PAUSED, &it);
        let collected = bill::collect(cx, &it, invoice, (PaymentBehavior::AllowIncomplete, true));
        Box::pin(collected).await?;
        return done(cx.must("id", &id).await?);
    }
    it.keep_changed(cx, &before);
    cx.emit(PAUSED, &it);
    super::wake::later(cx, &it);
    done(it)
}
