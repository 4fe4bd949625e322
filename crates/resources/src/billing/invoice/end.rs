//! Giving an invoice up, or voiding it.
use super::{Invoice, Status, UNCOLLECTIBLE, UPDATED, VOIDED, draft};
use crate::{
    billing::{
        invoice_payment::{self, Status as PaymentStatus},
        subscription,
    },
    payments::{
        customer::{self, Customer},
        customer_balance_transaction::{self, Kind, Move},
        payment_intent,
    },
};
use api::{Cx, Nothing, Outcome, Stop, done};
use base::Metadata;

/// It was a mistake: nothing is to be paid, and what it took of the customer's balance is given back.
pub(super) async fn void(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Invoice> {
    let (before, owner) = draft::named(cx).await?;
    before.must_be(&[Status::Open, Status::Uncollectible], "voided")?;
    done(void_it(cx, before, owner).await?)
}

/// Voids an invoice that is finalised and not paid.
pub(crate) async fn void_it(cx: &mut Cx<'_>, before: Invoice, owner: Customer) -> Result<Invoice, Stop> {
    let mut it = before.clone();
    if let Some(intent) = &it.payment_intent.0 {
        payment_intent::voided(cx, intent).await?;
    }
    invoice_payment::end(cx, it.payment.0.as_deref(), PaymentStatus::Canceled).await?;
    let back = it.starting_balance - it.ending_balance.unwrap_or(it.starting_balance);
    if back != 0 {
        let mut customer = owner.clone();
        let ask = Move {
            kind: Kind::UnappliedFromInvoice,
            amount: back,
            currency: Some(it.currency),
            description: None,
            metadata: Metadata::default(),
            invoice: Some(it.id.clone()),
            param: "customer",
        };
        customer_balance_transaction::record(cx, &mut customer, ask).await?;
        cx.put(&customer);
        cx.emit_update(customer::UPDATED, &owner, &customer);
    }
    it.status = Some(Status::Void);
    it.status_transitions.voided_at = Some(cx.now());
    it.auto_advance = false;
    it.next_payment_attempt = None;
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    cx.emit(VOIDED, &it);
    subscription::ended(cx, &it).await?;
    Ok(it)
}

/// Nobody expects it to be paid; it still can be.
pub(super) async fn give_up(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Invoice> {
    let (before, _) = draft::named(cx).await?;
    before.must_be(&[Status::Open], "marked as uncollectible")?;
    done(give_up_on(cx, before).await?)
}

/// Gives an open invoice up.
pub(crate) async fn give_up_on(cx: &mut Cx<'_>, before: Invoice) -> Result<Invoice, Stop> {
    let mut it = before.clone();
    it.status = Some(Status::Uncollectible);
    it.status_transitions.marked_uncollectible_at = Some(cx.now());
    it.auto_advance = false;
    it.next_payment_attempt = None;
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    cx.emit(UNCOLLECTIBLE, &it);
    subscription::ended(cx, &it).await?;
    Ok(it)
}
