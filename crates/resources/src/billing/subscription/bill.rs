//! Invoices of a subscription.
use super::{Behavior, Subscription};
use crate::{
    billing::{
        invoice::{self, BillingReason, CollectionMethod, Entry, Invoice, Parent, Status, blank},
        invoice_item::{self, InvoiceItem},
    },
    due,
    payments::{customer::Customer, payment_intent::Onwards},
};
use api::{Cx, Stop};
use base::{ApiError, Ref, Timestamp, Version};
use wire::{Hidden, Optional, Wire};

/// How long the draft of an invoice waits before it is finalised by itself, in seconds.
const WAITS: i64 = 3600;

/// What an invoice is made of.
pub(super) struct Bill {
    pub(super) reason: BillingReason,
    /// What recurs.
    pub(super) entries: Vec<Entry>,
    /// Whether what waits for an invoice is taken in: what is the subscription's own, or that and what is nobody's.
    pub(super) pending: Pending,
    /// The period that it looks back on.
    pub(super) period: (Timestamp, Timestamp),
}

/// Which invoice items are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    /// Those of the subscription, and those of none.
    All,
    /// Those of the subscription.
    Own,
}

/// The invoice items that wait for an invoice of a subscription.
pub(super) async fn waiting(
    cx: &mut Cx<'_>,
    it: &Subscription,
    which: Pending,
) -> Result<Vec<InvoiceItem>, Stop> {
    let mut items = invoice_item::pending(cx, &it.customer.id, Some(it.currency)).await?;
    items.retain(|item| match &item.parent {
        Some(parent) => parent.subscription_details.subscription == it.id,
        None => which == Pending::All,
    });
    Ok(items)
}

/// Makes a draft, which is its subscription's last invoice. Both are written down, and nothing is told yet.
pub(super) async fn make(
    cx: &mut Cx<'_>,
    it: &mut Subscription,
    customer: &Customer,
    bill: Bill,
) -> Result<Invoice, Stop> {
    let mut invoice = blank(cx, customer, it.currency).await?;
    // Whoever asks for a renewal is the clock.
    invoice.application.clone_from(&it.application);
    invoice.platform.clone_from(&it.platform);
    invoice.billing_reason = Some(bill.reason);
    invoice.collection_method = it.collection_method;
    invoice.days_until_due = Hidden(it.days_until_due);
    invoice.default_tax_rates = it.default_tax_rates.clone().unwrap_or_default();
    invoice.description = it.invoice_settings.description.clone().or_else(|| it.description.clone());
    invoice.footer = it.invoice_settings.footer.clone().or(invoice.footer);
    invoice.custom_fields = it.invoice_settings.custom_fields.clone().or(invoice.custom_fields);
    if !it.discounts.is_empty() {
        invoice.discounts.clone_from(&it.discounts);
    }
    invoice.metadata = Some(Default::default());
    invoice.on_behalf_of.clone_from(&it.on_behalf_of);
    invoice.parent = Some(Parent::of(it));
    (invoice.period_start, invoice.period_end) = bill.period;
    invoice.fee_percent = Hidden(it.application_fee_percent);
    if let Some(onward) = &it.transfer_data {
        invoice.transfer_percent = Hidden(onward.amount_percent);
        let destination = onward.destination.clone();
        invoice.transfer_data =
            Hidden(Some(Onwards { amount: Optional(None), description: Optional(None), destination }));
    }
    invoice.recurring = Hidden(bill.entries);
    let mut items = waiting(cx, it, bill.pending).await?;
    items.truncate(invoice::ITEMS_MAX);
    for item in &mut items {
        item.invoice = Some(Ref::to(&invoice.id));
        cx.put(item);
    }
    invoice.items = Hidden(items.iter().map(|item| item.id.clone()).collect());
    Box::pin(invoice.work_out(cx, customer, &items)).await?;
    it.remember_billed(&invoice);
    it.latest_invoice = Some(Ref::to(&invoice.id));
    cx.put(&invoice);
    cx.put(it);
    Ok(invoice)
}

impl Subscription {
    /// What each item was billed with is what is given back of it.
    fn remember_billed(&mut self, invoice: &Invoice) {
        for line in &invoice.all_lines.0 {
            let of = line.parent.as_ref().and_then(|it| it.subscription_item_details.as_ref());
            let Some(of) = of.filter(|it| it.invoice_item.is_none()) else { continue };
            if self.items.data.iter().any(|it| it.id == of.subscription_item && it.price.is_metered()) {
                continue;
            }
            let off: i64 = line.discount_amounts.iter().flatten().map(|it| it.amount).sum();
            if let Some(kept) = self.kept.0.iter_mut().find(|it| it.item == of.subscription_item) {
                kept.billed = line.amount - off;
            }
        }
    }
}

/// A draft goes on by itself, after somebody may have added something. Where its subscription is not collected, it does what
/// was said for that.
pub(super) async fn go_on(cx: &mut Cx<'_>, it: &Subscription, mut invoice: Invoice) -> Result<(), Stop> {
    match it.pause_collection.map(|it| it.behavior) {
        _ if it.status == super::Status::Unpaid => Ok(()),
        None => {
            let at = cx.now().plus(WAITS);
            invoice.auto_advance = true;
            invoice.automatically_finalizes_at = Some(at);
            due::later(cx, due::Kind::InvoiceAdvances, &invoice.id, at);
            cx.put(&invoice);
            cx.emit(invoice::CREATED, &invoice);
            Ok(())
        }
        Some(Behavior::KeepAsDraft) => {
            cx.emit(invoice::CREATED, &invoice);
            Ok(())
        }
        Some(behavior) => {
            cx.emit(invoice::CREATED, &invoice);
            let owner: Customer = cx.must("customer", &it.customer.id).await?;
            let invoice = Box::pin(invoice::finish(cx, invoice, owner)).await?;
            if !invoice.is(Status::Open) {
                return Ok(());
            }
            if behavior == Behavior::Void {
                let owner: Customer = cx.must("customer", &it.customer.id).await?;
                Box::pin(invoice::void_it(cx, invoice, owner)).await?;
            } else {
                invoice::give_up_on(cx, invoice).await?;
            }
            Ok(())
        }
    }
}

/// What becomes of an invoice that is to be paid at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
#[expect(clippy::enum_variant_names, reason = "these are the words of the API")]
pub(crate) enum PaymentBehavior {
    /// Where it is not paid, that is written down.
    AllowIncomplete,
    /// The payer's browser pays it.
    DefaultIncomplete,
    /// Where it is not paid, nothing happens.
    ErrorIfIncomplete,
    /// What changes waits until it is paid.
    PendingIfIncomplete,
}

/// From this version on a first invoice that is not paid leaves an incomplete subscription; before, it left none.
const INCOMPLETE: Version = Version::of("2019-03-14");

/// What becomes of a first invoice where nothing is said.
pub(super) fn usual(cx: &Cx<'_>) -> PaymentBehavior {
    if cx.caller.version.has(INCOMPLETE) {
        PaymentBehavior::AllowIncomplete
    } else {
        PaymentBehavior::ErrorIfIncomplete
    }
}

/// Finalises an invoice and collects it at once, where it is collected by itself; else it goes on as others do. Errors: it
/// was not paid, and nothing is to happen then.
pub(super) async fn collect(
    cx: &mut Cx<'_>,
    it: &Subscription,
    invoice: Invoice,
    (behavior, off_session): (PaymentBehavior, bool),
) -> Result<Invoice, Stop> {
    if invoice.collection_method == CollectionMethod::SendInvoice || it.pause_collection.is_some() {
        let id = invoice.id.clone();
        Box::pin(go_on(cx, it, invoice)).await?;
        return cx.must("invoice", &id).await;
    }
    cx.emit(invoice::CREATED, &invoice);
    let owner: Customer = cx.must("customer", &it.customer.id).await?;
    let invoice = Box::pin(invoice::finish(cx, invoice, owner)).await?;
    if !invoice.is(Status::Open) || behavior == PaymentBehavior::DefaultIncomplete {
        return Ok(invoice);
    }
    let refused = Box::pin(invoice::attempt(cx, &invoice.id, None, off_session)).await?;
    let id = invoice.id.clone();
    let invoice: Invoice = cx.must("invoice", &id).await?;
    if behavior == PaymentBehavior::ErrorIfIncomplete && invoice.is(Status::Open) {
        let message = "Payment for this subscription requires additional user action before it can be completed successfully. Set payment_behavior to allow_incomplete, and let the payer complete the payment of its latest invoice.";
        let waits = || ApiError::card("subscription_payment_intent_requires_action", None, message);
        return Err(refused.unwrap_or_else(waits).into());
    }
    Ok(invoice)
}
