//! What payments take of a cash balance, and give back to it.
use super::{CashBalance, record};
use crate::payments::{
    charge::Charge,
    customer::Customer,
    customer_cash_balance_transaction::What,
    payment_intent::{self, PaymentIntent},
    refund::Refund,
};
use api::{Cx, Stop};
use base::{Currency, Named as _};
use wire::{Hidden, Optional};

/// So many payments of a customer are looked at for those that wait for money.
const INTENTS_MAX: usize = 500;

/// A payment takes of a cash balance what it lacks, but not more than `most`; answers how much. Both are put by the
/// caller.
pub(crate) fn apply(
    cx: &mut Cx<'_>,
    customer: &mut Customer,
    intent: &mut PaymentIntent,
    most: i64,
) -> Result<i64, Stop> {
    let has = CashBalance::of(customer).has(intent.currency);
    let taken = has.min(intent.lacks()).min(most);
    if taken > 0 {
        record(cx, customer, intent.currency, -taken, What::Applied(intent.id.clone()))?;
        intent.applied = Hidden(Optional(Some(intent.applied.0.0.unwrap_or(0) + taken)));
    }
    Ok(taken.max(0))
}

/// A payment gives back what it took; it is put by the caller.
pub(crate) async fn unapply(cx: &mut Cx<'_>, intent: &mut PaymentIntent) -> Result<(), Stop> {
    let Some(taken) = intent.applied.0.0.take() else { return Ok(()) };
    let Some(owner) = &intent.customer else { return Ok(()) };
    let Some(mut customer) = cx.get::<Customer>(&owner.id).await? else { return Ok(()) };
    record(cx, &mut customer, intent.currency, taken, What::Unapplied(intent.id.clone()))?;
    cx.put(&customer);
    Ok(())
}

/// A payment that was made of a cash balance is refunded to it.
pub(crate) async fn refunded(cx: &mut Cx<'_>, charge: &Charge, refund: &Refund) -> Result<(), Stop> {
    let Some(owner) = &charge.customer else { return Ok(()) };
    let Some(mut customer) = cx.get::<Customer>(&owner.id).await? else { return Ok(()) };
    record(cx, &mut customer, refund.currency, refund.amount, What::Refunded(refund.id.clone()))?;
    cx.put(&customer);
    Ok(())
}

/// Payments that wait for money of a currency take it: the one that the reference names first, then the oldest. The
/// customer is put by the caller.
pub(super) async fn automatically(
    cx: &mut Cx<'_>,
    customer: &mut Customer,
    currency: Currency,
    reference: Option<&str>,
) -> Result<(), Stop> {
    let by = Some((Customer::NAME, customer.id.clone()));
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    let mut waiting: Vec<PaymentIntent> = cx.all_by(&account, live, by, INTENTS_MAX).await?;
    waiting.retain(|it| it.currency == currency && it.awaits_transfer());
    waiting.reverse();
    let named = |it: &PaymentIntent| reference.is_some() && it.transfer_reference() == reference;
    waiting.sort_by_key(|it| !named(it));
    for it in waiting {
        if CashBalance::of(customer).has(currency) == 0 {
            break;
        }
        // Reading it again lets it enter the read set.
        let Some(intent) = cx.get::<PaymentIntent>(&it.id).await?.filter(PaymentIntent::awaits_transfer)
        else {
            continue;
        };
        payment_intent::cash::fund(cx, customer, intent, i64::MAX).await?;
    }
    Ok(())
}
