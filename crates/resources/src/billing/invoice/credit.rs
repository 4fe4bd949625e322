//! What credit notes do to an invoice: there is less to be paid, or less was.
use super::{Invoice, Status, UPDATED, collect::paid};
use crate::{
    billing::invoice_payment::{self, Status as PaymentStatus},
    payments::payment_intent::{self, invoiced},
};
use api::{Cx, Stop};

/// Credit notes move an invoice by so much before and after its payment (below zero where one is voided). Where nothing is
/// left to be paid, it is paid. Errors: its payment is under way.
pub(crate) async fn credited(cx: &mut Cx<'_>, mut it: Invoice, (pre, post): (i64, i64)) -> Result<(), Stop> {
    let Some(before) = cx.get::<Invoice>(&it.id).await? else { return Ok(()) };
    it.pre_payment_credit_notes_amount += pre;
    it.post_payment_credit_notes_amount += post;
    it.amount_due -= pre;
    it.amount_remaining -= pre;
    if pre != 0
        && it.amount_remaining > 0
        && let Some(intent) = &it.payment_intent.0
    {
        invoiced::amend(cx, intent, it.amount_remaining).await?;
        invoice_payment::request(cx, it.payment.0.as_deref(), it.amount_remaining).await?;
    }
    cx.put(&it);
    if (it.is(Status::Open) || it.is(Status::Uncollectible)) && it.amount_remaining == 0 {
        if let Some(intent) = &it.payment_intent.0 {
            payment_intent::voided(cx, intent).await?;
        }
        invoice_payment::end(cx, it.payment.0.as_deref(), PaymentStatus::Canceled).await?;
        paid(cx, it).await?;
    } else {
        cx.emit_update(UPDATED, &before, &it);
    }
    Ok(())
}
