//! What had been paid goes back: as refunds of the payment, to the customer's balance, or outside.
use super::{Create, CreditNote, Credits, NoteRefund, Reason, RefundParams, RefundType, count, counted};
use crate::{
    billing::{
        amounts::{not_negative, refused},
        invoice::Invoice,
    },
    payments::{
        charge::Charge,
        customer::{self, Customer},
        customer_balance_transaction::{self, Kind, Move},
        payment_intent::PaymentIntent,
        refund::{self, Refund},
    },
};
use api::{Cx, Stop};
use base::{ApiError, Metadata, Named as _, Ref};

/// How what had been paid goes back.
pub(super) struct Way {
    /// By a new refund, in minor units.
    refund: i64,
    /// By refunds that there are.
    pub(super) refunds: Vec<NoteRefund>,
    /// To the customer's balance.
    credit: i64,
}

/// Checks how `post` of an invoice is to go back. Errors: it does not add up, or there is nothing to be refunded.
pub(super) async fn way(
    cx: &mut Cx<'_>,
    invoice: &Invoice,
    known: &Credits,
    p: &Create,
    post: i64,
) -> Result<Way, Stop> {
    for (name, amount) in [
        ("refund_amount", p.refund_amount),
        ("credit_amount", p.credit_amount),
        ("out_of_band_amount", p.out_of_band_amount),
    ] {
        not_negative(name, amount.unwrap_or(0))?;
    }
    let (refund, credit) = (p.refund_amount.unwrap_or(0), p.credit_amount.unwrap_or(0));
    let refunds = named(cx, invoice, known, &p.refunds).await?;
    let linked = refunds.iter().map(|it| i128::from(it.amount_refunded)).sum::<i128>();
    let sum = [refund, credit, p.out_of_band_amount.unwrap_or(0)].into_iter().map(i128::from).sum::<i128>()
        + linked;
    if sum != i128::from(post) {
        let message = format!(
            "The sum of refund_amount, refunds, credit_amount and out_of_band_amount ({sum}) must equal what was paid of the credit note ({post})."
        );
        return Err(refused(message).into());
    }
    if refund > 0 && paid_by(cx, invoice).await?.is_none() {
        let message = "This invoice was not paid by a charge that could be refunded. Send credit_amount or out_of_band_amount instead.";
        return Err(refused(message).param("refund_amount").into());
    }
    Ok(Way { refund, refunds, credit })
}

/// The charge by which an invoice was paid.
async fn paid_by(cx: &mut Cx<'_>, invoice: &Invoice) -> Result<Option<Charge>, Stop> {
    let Some(intent) = &invoice.payment_intent.0 else { return Ok(None) };
    let Some(intent) = cx.get::<PaymentIntent>(intent).await? else { return Ok(None) };
    let Some(charge) = intent.latest_charge.filter(|_| intent.amount_received > 0) else { return Ok(None) };
    cx.get::<Charge>(&charge.id).await
}

/// The refunds that are named, each as far as no other credit note stands for it.
async fn named(
    cx: &mut Cx<'_>,
    invoice: &Invoice,
    known: &Credits,
    asked: &[RefundParams],
) -> Result<Vec<NoteRefund>, Stop> {
    let (mut all, mut taken) = (Vec::with_capacity(asked.len()), known.refunds.clone());
    for (at, p) in asked.iter().enumerate() {
        let param = format!("refunds[{at}][refund]");
        let refund: Refund = cx.must(&param, &p.refund).await?;
        let paid = paid_by(cx, invoice).await?;
        if paid.is_none_or(|it| refund.charge.as_ref().is_none_or(|of| of.id != it.id)) {
            let message = format!("The refund {} is not one of the payment of this invoice.", refund.id);
            return Err(refused(message).param(param).into());
        }
        if matches!(refund.status, Some(refund::Status::Failed | refund::Status::Canceled)) {
            return Err(refused(format!("The refund {} did not take place.", refund.id)).param(param).into());
        }
        let left = refund.amount - counted(&taken, &refund.id);
        let amount = p.amount_refunded.unwrap_or(left);
        if amount <= 0 || amount > left {
            let message = format!("{left} of the refund {} does not belong to a credit note yet.", refund.id);
            return Err(refused(message).param(format!("refunds[{at}][amount_refunded]")).into());
        }
        count(&mut taken, &refund.id, amount);
        all.push(of(&refund.id, amount));
    }
    Ok(all)
}

fn of(refund: &str, amount: i64) -> NoteRefund {
    NoteRefund {
        amount_refunded: amount,
        payment_record_refund: None,
        refund: Ref::to(refund),
        r#type: Some(RefundType::Refund),
    }
}

/// Gives it back, and notes in the credit note how.
pub(super) async fn give(
    cx: &mut Cx<'_>,
    note: &mut CreditNote,
    invoice: &Invoice,
    before: &Customer,
    way: Way,
) -> Result<(), Stop> {
    note.refunds = way.refunds;
    if way.refund > 0 {
        let Some(charge) = paid_by(cx, invoice).await? else {
            return Err(ApiError::no_such(Charge::NAME, "", "refund_amount").into());
        };
        let ask = refund::Ask {
            amount: Some(way.refund),
            reason: note.reason.map(|it| match it {
                Reason::Duplicate => refund::Reason::Duplicate,
                Reason::Fraudulent => refund::Reason::Fraudulent,
                Reason::OrderChange | Reason::ProductUnsatisfactory => refund::Reason::RequestedByCustomer,
            }),
            metadata: Metadata::default(),
            application_fee: false,
            transfer: false,
        };
        let (_, refund) = refund::make(cx, charge, ask).await?;
        note.refunds.push(of(&refund.id, way.refund));
    }
    if way.credit > 0 {
        let mut customer = before.clone();
        let ask = Move {
            kind: Kind::CreditNote,
            amount: -way.credit,
            currency: Some(note.currency),
            description: None,
            metadata: Metadata::default(),
            invoice: Some(invoice.id.clone()),
            param: "credit_amount",
        };
        let mut moved = customer_balance_transaction::record(cx, &mut customer, ask).await?;
        moved.credit_note = Some(note.id.clone());
        cx.put(&moved);
        cx.put(&customer);
        cx.emit_update(customer::UPDATED, before, &customer);
        note.customer_balance_transaction = Some(Ref::to(moved.id));
    }
    Ok(())
}
