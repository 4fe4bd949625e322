//! What follows for a subscription from its invoices, and from the discounts that it has.
use super::{
    PausedReason, RESUMED, Reason, Save, Status, Subscription, UPDATED,
    cancel::{self, End},
    change, wake,
};
use crate::{
    billing::{
        discount::{self, Discount},
        invoice::{BillingReason, CollectionMethod, Invoice},
    },
    payments::{
        customer::Customer,
        payment_intent::PaymentIntent,
        payment_method::{self, MethodRef},
        setup_intent::SetupIntent,
    },
    test_helpers::test_clock,
};
use api::{Cx, Nothing, Outcome, Stop, done};
use base::{ApiError, Fut, Named as _};
use money::Then;
use wire::{Hidden, Optional};

/// The subscription of an invoice, where it has not ended.
async fn of(cx: &mut Cx<'_>, invoice: &Invoice) -> Result<Option<Subscription>, Stop> {
    let Some(id) = invoice.subscription() else { return Ok(None) };
    Ok(cx.get::<Subscription>(id).await?.filter(|it| !it.has_ended()))
}

/// A subscription of a customer that goes on, by its id. Errors: there is none.
pub(crate) async fn of_customer(cx: &mut Cx<'_>, id: &str, customer: &str) -> Result<String, Stop> {
    let held = cx.get::<Subscription>(id).await?.filter(|it| it.customer.id == customer && !it.has_ended());
    Ok(held.ok_or_else(|| ApiError::no_such(Subscription::NAME, id, "subscription"))?.id)
}

/// What the invoices of a subscription are paid with, in place of what the customer's are.
pub(crate) async fn pays_with(
    cx: &mut Cx<'_>,
    id: &str,
    customer: &Customer,
) -> Result<Option<String>, Stop> {
    let Some(it) = cx.get::<Subscription>(id).await? else { return Ok(None) };
    let named = [it.default_payment_method.map(|MethodRef(id)| id), it.default_source.map(|it| it.id)];
    for id in named.into_iter().flatten() {
        // The customer may have given it up meanwhile.
        if let Some(kept) = payment_method::kept_by(cx, &id, &customer.id).await? {
            return Ok(Some(kept));
        }
    }
    Ok(None)
}

/// An invoice was finalised: discounts for one invoice are used up by it, and where it is sent, it has its day.
pub(crate) async fn used(cx: &mut Cx<'_>, invoice: &Invoice) -> Result<(), Stop> {
    let Some(it) = of(cx, invoice).await? else { return Ok(()) };
    let mut once = Vec::new();
    for taken in invoice.total_discount_amounts.iter().flatten() {
        let id = &taken.discount.id;
        let theirs = it
            .discounts
            .iter()
            .chain(it.items.data.iter().flat_map(|item| &item.discounts))
            .any(|it| it.id == *id);
        if theirs && cx.get::<Discount>(id).await?.is_some_and(|it| it.is_once()) {
            once.push(id.clone());
        }
    }
    lose(cx, &it.id, &once).await?;
    if invoice.collection_method == CollectionMethod::SendInvoice
        && let Some(due) = invoice.due_date
        && let Some(mut it) = cx.get::<Subscription>(&it.id).await?
    {
        it.overdue = Hidden(Some(due));
        cx.put(&it);
        wake::later(cx, &it);
    }
    Ok(())
}

/// A subscription loses discounts.
pub(crate) async fn lose(cx: &mut Cx<'_>, id: &str, discounts: &[String]) -> Result<(), Stop> {
    let Some(before) = cx.get::<Subscription>(id).await?.filter(|it| !it.has_ended()) else { return Ok(()) };
    let mut it = before.clone();
    it.discounts.retain(|held| !discounts.contains(&held.id));
    for item in &mut it.items.data {
        item.discounts.retain(|held| !discounts.contains(&held.id));
    }
    if it == before {
        return Ok(());
    }
    it.keep_changed(cx, &before);
    for id in discounts {
        if let Some(discount) = cx.get::<Discount>(id).await? {
            cx.emit(discount::DELETED, &discount);
        }
    }
    Ok(())
}

/// What a subscription is to be paid with is ready: nothing waits for that any more.
pub(crate) fn prepared<'a>(cx: &'a mut Cx<'_>, intent: &'a SetupIntent) -> Fut<'a, Result<(), Stop>> {
    Box::pin(async move {
        let Some(id) = &intent.subscription.0.0 else { return Ok(()) };
        let Some(before) = cx.get::<Subscription>(id).await?.filter(|it| !it.has_ended()) else {
            return Ok(());
        };
        let mut it = before.clone();
        it.pending_setup_intent = None;
        if it.saves_method() {
            it.default_payment_method = intent.payment_method.clone().or(it.default_payment_method);
        }
        it.keep_changed(cx, &before);
        Ok(())
    })
}

impl Subscription {
    /// Whether what pays one invoice pays the next ones.
    fn saves_method(&self) -> bool {
        let settings = self.payment_settings.as_ref();
        settings.is_some_and(|it| it.save_default_payment_method == Some(Save::OnSubscription))
    }
}

/// An invoice is paid.
pub(crate) fn paid<'a>(cx: &'a mut Cx<'_>, invoice: &'a Invoice) -> Fut<'a, Result<(), Stop>> {
    Box::pin(async move {
        let Some(before) = of(cx, invoice).await? else { return Ok(()) };
        let mut it = before.clone();
        if let (true, Some(intent)) = (it.saves_method(), &invoice.payment_intent.0)
            && let Some(intent) = cx.get::<PaymentIntent>(intent).await?
            && let Some(MethodRef(id)) = intent.payment_method
        {
            it.default_payment_method = Some(MethodRef(id));
        }
        let applies = it.waiting.0.take_if(|it| it.invoice == invoice.id);
        let applied = applies.is_some();
        if let Some(waiting) = applies {
            it.apply_waiting(waiting);
        }
        let latest = it.latest_invoice.as_ref().is_some_and(|latest| latest.id == invoice.id);
        let first = invoice.billing_reason == Some(BillingReason::SubscriptionCreate);
        let rested = it.status == Status::Paused;
        match it.status {
            Status::Incomplete if first => {
                it.status = Status::Active;
                it.expires = Hidden(None);
            }
            Status::PastDue | Status::Unpaid | Status::Paused if latest => {
                it.status = Status::Active;
                it.status_details = Optional(None);
            }
            _ => {}
        }
        if latest {
            it.overdue = Hidden(None);
        }
        if it == before {
            return Ok(());
        }
        it.keep_changed(cx, &before);
        if rested && it.status == Status::Active {
            cx.emit(RESUMED, &it);
        }
        if applied {
            change::tell_pending(cx, &it, true);
        }
        if applied || it.status != before.status {
            wake::later(cx, &it);
        }
        Ok(())
    })
}

/// An invoice was tried to be paid in vain; `over` where nobody tries again.
pub(crate) fn failed<'a>(cx: &'a mut Cx<'_>, invoice: &'a Invoice, over: bool) -> Fut<'a, Result<(), Stop>> {
    Box::pin(async move {
        let Some(before) = of(cx, invoice).await? else { return Ok(()) };
        let mut it = before.clone();
        // What changes waits; what was paid for goes on.
        if it.waiting.0.as_ref().is_some_and(|it| it.invoice == invoice.id) {
            return Ok(());
        }
        if matches!(it.status, Status::Active | Status::Trialing) {
            it.status = Status::PastDue;
        }
        let pursued = over && matches!(it.status, Status::PastDue | Status::Unpaid);
        if pursued && cx.world.pricing.recovery.then == Then::Unpaid {
            it.status = Status::Unpaid;
        }
        if it != before {
            it.keep_changed(cx, &before);
        }
        if pursued && cx.world.pricing.recovery.then == Then::Cancel {
            Box::pin(cancel::end(cx, it, End::because(Reason::PaymentFailed))).await?;
        }
        Ok(())
    })
}

/// An invoice was voided, or nobody expects it to be paid.
pub(crate) fn ended<'a>(cx: &'a mut Cx<'_>, invoice: &'a Invoice) -> Fut<'a, Result<(), Stop>> {
    Box::pin(async move {
        let Some(before) = of(cx, invoice).await? else { return Ok(()) };
        let first = invoice.billing_reason == Some(BillingReason::SubscriptionCreate);
        if before.status == Status::Incomplete && first {
            expire(cx, before);
        }
        Ok(())
    })
}

/// The first invoice is not paid any more.
pub(super) fn expire(cx: &mut Cx<'_>, before: Subscription) {
    let mut it = before.clone();
    it.status = Status::IncompleteExpired;
    it.ended_at = Some(cx.now());
    it.expires = Hidden(None);
    it.keep_changed(cx, &before);
}

/// Why a subscription rests.
pub(super) fn rests(it: &mut Subscription, cx: &Cx<'_>, reason: PausedReason) {
    use super::{PausedBy, PausedDetails, PausedType, StatusDetails};
    it.status = Status::Paused;
    let paused = PausedDetails {
        subscription: PausedBy { r#type: reason },
        transitioned_at: cx.now(),
        r#type: PausedType::Subscription,
    };
    it.status_details = Optional(Some(StatusDetails { paused }));
}

pub(super) async fn delete_discount(cx: &mut Cx<'_>, _: Nothing) -> Outcome<discount::Deleted> {
    let id = cx.path("id").to_owned();
    let before: Subscription = cx.must("id", &id).await?;
    test_clock::enter(cx, before.test_clock.as_ref()).await?;
    let none = || {
        let message = format!("No active discount for subscription: {id}");
        ApiError::invalid(404, message).code("resource_missing")
    };
    let held = before.discounts.last().ok_or_else(none)?;
    let held: Discount = cx.must("discount", &held.id).await?;
    let mut it = before.clone();
    it.discounts.pop();
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    cx.emit(discount::DELETED, &held);
    done(discount::deleted(held))
}
