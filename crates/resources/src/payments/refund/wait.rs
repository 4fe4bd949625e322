//! Refunds that wait for money: what the balance does not cover is sent when it does (API page "Refund and cancel
//! payments").
use super::{
    CREATED, FAILED, Refund, Status,
    make::send,
    parts::Parts,
    settle::{self, tell},
};
use crate::{
    connect::{account::Account, liability},
    due,
    payments::{
        balance_transaction::{self, Counter},
        charge::{self, Charge},
    },
};
use api::{Cx, Stop, fault};
use base::{Currency, Named as _};
use store::IndexKey;
use wire::Wire;

/// What else was asked of a refund that waits.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Waits {
    /// Whether the platform gives back its share of the application fee.
    pub application_fee: bool,
    /// Whether the transfer is pulled back, and the fee of that with it.
    pub pulls: Option<bool>,
}

/// The index of refunds that wait, by the currency of their charges.
const WAITING: &str = "refund_waiting";
/// How many are looked at when money comes; the others follow with the next.
const AT_ONCE: usize = 100;
/// The step by which the acquirer is asked for a refund.
pub(super) const STEP: &str = "refund";
/// Why a refund failed that the balance did not cover.
const INSUFFICIENT: &str = "insufficient_funds";
/// Why a refund failed whose charge the bank took back while it waited.
const DISPUTED: &str = "charge_for_pending_refund_disputed";

/// The key by which a refund is found while it waits.
pub(super) fn key(refund: &Refund) -> Option<IndexKey> {
    refund.waits.0.0.as_ref().map(|_| IndexKey::listed(WAITING, "balance"))
}

/// Whether the balance can give what a refund of `amount` takes of it: the money of the charge is still pending, so
/// that it is taken from there; there is enough available; or somebody answers for what is owed, be it the platform
/// or the account's bank, which is debited.
pub(super) async fn is_covered(
    cx: &mut Cx<'_>,
    charge: &Charge,
    amount: i64,
    parts: &Parts,
) -> Result<bool, Stop> {
    let now = cx.world_now();
    if charge.available_on.0.0.is_some_and(|day| day > now) {
        return Ok(true);
    }
    let exchange = balance_transaction::exchange_of(cx, charge).await?;
    let settled = |amount| exchange.map_or(amount, |it| it.convert(amount));
    let currency = exchange.map_or(charge.currency, |it| it.to);
    let mut needed = settled(amount) - parts.share.as_ref().map_or(0, |share| settled(share.amount));
    if let Some(pull) = &parts.pull
        && pull.transfer.currency == currency
        && pull.transfer.available_on.0 <= now
    {
        needed -= pull.amount;
    }
    let account = cx.caller.account.clone();
    if needed <= 0 || available(cx, &account, currency).await? >= needed {
        return Ok(true);
    }
    // Whoever was asked for it may have done it, so it must be written down whatever the balance has by now.
    if cx.asked(STEP).await? || liability::platform_answers(cx, &account).await? {
        return Ok(true);
    }
    let holder = cx.peek::<Account>(&account).await?;
    Ok(holder
        .is_some_and(|it| it.settings.payouts.debit_negative_balances && it.destination(currency).is_some()))
}

/// What an account can spend of a currency, in minor units.
async fn available(cx: &Cx<'_>, account: &str, currency: Currency) -> Result<i64, Stop> {
    let now = cx.world_now();
    let all = Counter::all_of(cx, account, cx.caller.livemode).await?;
    Ok(all.iter().filter(|it| it.currency == currency && it.day <= now).map(|it| it.amount).sum())
}

/// A refund that does not go to a card cannot wait: it fails, and nothing moves.
pub(super) fn refused(cx: &mut Cx<'_>, mut refund: Refund) -> Refund {
    end(&mut refund, Status::Failed, INSUFFICIENT);
    cx.put(&refund);
    cx.emit(CREATED, &refund);
    cx.emit(FAILED, &refund);
    refund
}

fn end(refund: &mut Refund, status: Status, why: &str) {
    refund.status = Some(status);
    refund.pending_reason.0 = None;
    refund.failure_reason.0 = Some(why.to_owned());
    refund.waits.0.0 = None;
}

/// Money of the caller's became available: what waits for it is tried again, the oldest first. Answers whether
/// anything waits for money of a currency.
pub(crate) async fn money_came(cx: &mut Cx<'_>) -> Result<Vec<Currency>, Stop> {
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    let by = Some((WAITING, "balance".to_owned()));
    let waiting: Vec<Refund> = cx.all_by(&account, live, by, AT_ONCE).await?;
    let mut currencies = Vec::new();
    for refund in waiting.iter().rev() {
        let id = refund.charge.as_ref().map_or("", |it| &it.id);
        let Some(charge) = cx.peek::<Charge>(id).await? else { continue };
        let exchange = balance_transaction::exchange_of(cx, &charge).await?;
        currencies.push(exchange.map_or(charge.currency, |it| it.to));
        due::later(cx, due::Kind::RefundGoes, &refund.id, cx.world_now());
    }
    Ok(currencies)
}

/// A refund that waits is sent, if the balance covers it by now.
pub(crate) async fn goes(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Refund>(id).await? else { return Ok(()) };
    let Some(waits) = before.waits.0.0.clone() else { return Ok(()) };
    let charge = before.charge.as_ref().map_or("", |it| &it.id);
    let Some(charge) = cx.get::<Charge>(charge).await? else {
        return Err(fault(format!("the charge of {id} is gone")));
    };
    // The charge as it was without it.
    let without = Charge { amount_refunded: charge.amount_refunded - before.amount, ..charge.clone() };
    let parts = match (waits.pulls, &charge.transfer.0) {
        (Some(fee), Some(transfer)) => Parts::pulled(cx, &without, &transfer.id, before.amount, fee).await?,
        _ if waits.application_fee => Parts::shared(cx, &without, before.amount).await?,
        _ => Parts::default(),
    };
    if !is_covered(cx, &charge, before.amount, &parts).await? {
        return Ok(());
    }
    let mut refund = before.clone();
    let moved = send(cx, &charge, &mut refund, parts).await?;
    cx.put(&charge);
    cx.put(&refund);
    tell(cx, &before, &refund);
    settle::foresee(cx, &charge, &refund);
    moved.tell(cx, charge.livemode);
    Ok(())
}

/// Gives a refund up that waits: nothing moved, and the charge counts as paid again.
pub(super) async fn give_up(
    cx: &mut Cx<'_>,
    before: &Refund,
    status: Status,
    why: &str,
) -> Result<Refund, Stop> {
    let id = before.charge.as_ref().map_or("", |it| &it.id);
    let Some(paid) = cx.get::<Charge>(id).await? else {
        return Err(fault(format!("the charge of {} is gone", before.id)));
    };
    let charge = given_up(&paid, before.amount);
    let mut refund = before.clone();
    end(&mut refund, status, why);
    cx.put(&charge);
    cx.put(&refund);
    cx.emit_update(charge::UPDATED, &paid, &charge);
    Ok(refund)
}

fn given_up(charge: &Charge, amount: i64) -> Charge {
    Charge { amount_refunded: charge.amount_refunded - amount, refunded: false, ..charge.clone() }
}

/// The bank takes the money of a charge back: refunds of it that wait fail, so that it does not go back twice. Answers
/// the charge as it is without them; it is written by the caller.
pub(crate) async fn disputed(cx: &mut Cx<'_>, charge: &Charge) -> Result<Charge, Stop> {
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    let of: Vec<Refund> = cx.all_by(&account, live, Some((Charge::NAME, charge.id.clone())), AT_ONCE).await?;
    let mut charge = charge.clone();
    for it in of.iter().filter(|it| it.waits.0.0.is_some()) {
        let Some(before) = cx.get::<Refund>(&it.id).await?.filter(|it| it.waits.0.0.is_some()) else {
            continue;
        };
        let mut refund = before.clone();
        end(&mut refund, Status::Failed, DISPUTED);
        charge = given_up(&charge, refund.amount);
        cx.put(&refund);
        tell(cx, &before, &refund);
        cx.emit_update(FAILED, &before, &refund);
    }
    Ok(charge)
}
