//! Further payments of an invoice, beside the one that it made for itself: payment intents that pay a part of it, or all.
use super::{Invoice, OVERPAID, Status, UPDATED, collect::paid, draft};
use crate::{
    billing::{
        amounts::refused,
        invoice_payment::{self, Status as PaymentStatus},
    },
    payments::payment_intent::{self, PaymentIntent, invoiced},
};
use api::{Cx, Outcome, Stop, done};
use base::ApiError;
use wire::{Hidden, Optional, Wire};

/// What `POST /v1/invoices/{id}/attach_payment` takes.
#[derive(Debug, Wire)]
pub(super) struct Attach {
    payment_intent: Option<String>,
}

/// A payment intent that pays a part of an invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Attached {
    /// It.
    pub intent: String,
    /// The payment that stands for it.
    pub payment: String,
}

pub(super) async fn attach(cx: &mut Cx<'_>, p: Attach) -> Outcome<Invoice> {
    let (mut it, customer) = draft::named(cx).await?;
    it.must_be(&[Status::Open], "paid by another payment")?;
    let id = p.payment_intent.ok_or_else(|| ApiError::missing("payment_intent"))?;
    let mut intent: PaymentIntent = cx.must("payment_intent", &id).await?;
    let refuse = |message: &str| Stop::from(refused(message).param("payment_intent"));
    if intent.invoice.0.0.is_some() {
        return Err(refuse("This PaymentIntent pays an invoice already."));
    }
    if intent.currency != it.currency {
        return Err(refuse("The PaymentIntent must have the currency of the invoice."));
    }
    if intent.customer.as_ref().is_none_or(|of| of.id != customer.id) {
        return Err(refuse("The PaymentIntent must be the invoice's customer's."));
    }
    if intent.status == payment_intent::Status::Canceled {
        return Err(refuse("The PaymentIntent is canceled."));
    }
    intent.invoice = Hidden(Optional(Some(it.id.clone())));
    cx.put(&intent);
    let payment = invoice_payment::attach(cx, &it.id, &intent);
    it.attached.0.push(Attached { intent: intent.id.clone(), payment });
    cx.put(&it);
    if intent.status == payment_intent::Status::Succeeded {
        came(cx, it, &intent).await?;
    }
    let id = cx.path("id").to_owned();
    done(cx.must::<Invoice>("id", &id).await?)
}

/// A further payment moved: what it brought is paid of the invoice, and its own payment asks for the rest.
pub(super) async fn came(cx: &mut Cx<'_>, before: Invoice, intent: &PaymentIntent) -> Result<(), Stop> {
    let attached = before.attached.0.iter().find(|it| it.intent == intent.id).map(|it| it.payment.clone());
    if intent.status != payment_intent::Status::Succeeded || attached.is_none() {
        return Ok(());
    }
    let mut it = before.clone();
    let paid_by_it = intent.amount_received.min(it.amount_remaining);
    it.amount_paid += paid_by_it;
    it.amount_remaining -= paid_by_it;
    it.amount_overpaid += intent.amount_received - paid_by_it;
    it.attempted = true;
    cx.put(&it);
    invoice_payment::end(cx, attached.as_deref(), PaymentStatus::Paid).await?;
    if it.amount_remaining > 0 {
        if let Some(own) = &it.payment_intent.0 {
            invoiced::amend(cx, own, it.amount_remaining).await?;
            invoice_payment::request(cx, it.payment.0.as_deref(), it.amount_remaining).await?;
        }
        cx.emit_update(UPDATED, &before, &it);
        return Ok(());
    }
    if let Some(own) = &it.payment_intent.0 {
        payment_intent::voided(cx, own).await?;
    }
    invoice_payment::end(cx, it.payment.0.as_deref(), PaymentStatus::Canceled).await?;
    let it = paid(cx, it).await?;
    if it.amount_overpaid > before.amount_overpaid {
        cx.emit(OVERPAID, &it);
    }
    Ok(())
}
