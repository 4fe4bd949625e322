//! What becomes of a refund that is on its way: the bank takes it, sends it back, or it is called back before.
use super::{
    CHARGE_REFUND_UPDATED, CardMovement, DestinationDetails, FAILED, Refund, Status, UPDATED, from_cash, wait,
};
use crate::{
    due,
    payments::{
        balance_transaction::{self, Kind, Movement},
        charge::{self, Charge},
    },
};
use acquirer::simulator::{self, Later};
use api::{Cx, Outcome, Stop, done, fault};
use base::{ApiError, Ref};
use money::Posting;
use wire::{Optional, Wire};

/// How long the banks of the test cards take over a refund, in seconds.
pub(super) const TEST_BANK_TAKES: i64 = 60;
/// Why the refunds of the test card fail.
const UNKNOWN: &str = "unknown";
/// Why a refund did not reach the cardholder that was called back.
const CALLED_BACK: &str = "merchant_request";

/// What `POST /v1/refunds/{id}/cancel` takes.
#[derive(Debug, Wire)]
pub(super) struct Cancel {}

/// Plans what a test card does with a refund.
pub(super) fn foresee(cx: &mut Cx<'_>, charge: &Charge, refund: &Refund) {
    if charge.livemode || !charge.is_taken() || refund.waits.0.0.is_some() {
        return;
    }
    let at = cx.now().plus(TEST_BANK_TAKES);
    match simulator::later(charge.authorization.0.0.as_deref().unwrap_or_default()) {
        Later::PendingRefund => due::later(cx, due::Kind::RefundSettles, &refund.id, at),
        Later::FailingRefund => due::later(cx, due::Kind::RefundFails, &refund.id, at),
        _ => {}
    }
}

/// The bank takes it.
pub(crate) async fn settles(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Refund>(id).await? else { return Ok(()) };
    if before.status != Some(Status::Pending) || before.waits.0.0.is_some() {
        return Ok(());
    }
    let mut refund = before.clone();
    refund.status = Some(Status::Succeeded);
    refund.pending_reason.0 = None;
    if let Some(card) = refund.destination_details.0.as_mut().and_then(DestinationDetails::card_mut) {
        card.r#type = CardMovement::Refund;
    }
    cx.put(&refund);
    tell(cx, &before, &refund);
    Ok(())
}

/// The bank sends it back.
pub(crate) async fn fails(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Refund>(id).await? else { return Ok(()) };
    if !matches!(before.status, Some(Status::Pending | Status::Succeeded)) {
        return Ok(());
    }
    let refund = come_back(cx, &before, Status::Failed, Some(UNKNOWN)).await?;
    tell(cx, &before, &refund);
    cx.emit_update(FAILED, &before, &refund);
    Ok(())
}

/// Calls a refund back that has not reached the bank.
pub(super) async fn cancel(cx: &mut Cx<'_>, _: Cancel) -> Outcome<Refund> {
    let id = cx.path("id").to_owned();
    let before: Refund = cx.must("id", &id).await?;
    if before.status != Some(Status::Pending) {
        let status = before.status.map_or("unknown", Status::as_str);
        let message = format!(
            "You cannot cancel this refund because it has a status of {status}. Only a refund that is pending can be canceled."
        );
        return Err(ApiError::invalid(400, message).into());
    }
    let refund = if before.waits.0.0.is_some() {
        wait::give_up(cx, &before, Status::Canceled, CALLED_BACK).await?
    } else if before.charge.is_none() {
        from_cash::called_back(cx, &before, CALLED_BACK).await?
    } else {
        come_back(cx, &before, Status::Canceled, Some(CALLED_BACK)).await?
    };
    tell(cx, &before, &refund);
    done(refund)
}

pub(super) fn tell(cx: &mut Cx<'_>, before: &Refund, refund: &Refund) {
    cx.emit_update(UPDATED, before, refund);
    cx.emit_update(CHARGE_REFUND_UPDATED, before, refund);
}

/// The money is the account's again, and the charge counts as paid again. What the platform gave back of its fee
/// stays given, and what was pulled back of a transfer stays with the account: it sends it on by another transfer.
async fn come_back(
    cx: &mut Cx<'_>,
    before: &Refund,
    status: Status,
    reason: Option<&str>,
) -> Result<Refund, Stop> {
    let mut refund = before.clone();
    refund.status = Some(status);
    refund.pending_reason.0 = None;
    refund.failure_reason.0 = reason.map(str::to_owned);
    let id = before.charge.as_ref().map_or("", |it| &it.id);
    let Some(paid) = cx.get::<Charge>(id).await? else {
        return Err(fault(format!("the charge of {} is gone", before.id)));
    };
    let mut charge = paid.clone();
    charge.amount_refunded -= refund.amount;
    charge.refunded = false;
    let today = cx.now().midnight();
    let available_on = charge.available_on.0.0.map_or(today, |day| day.max(today));
    let (currency, amount) = (refund.currency, refund.amount);
    let exchange = balance_transaction::exchange_of(cx, &charge).await?;
    let transaction = balance_transaction::record_exchanged(
        cx,
        Movement {
            account: &cx.caller.account,
            live: charge.livemode,
            kind: Kind::RefundFailure,
            amount,
            currency,
            fees: Vec::new(),
            available_on,
            description: Some(format!("REFUND FAILURE FOR CHARGE {}", charge.id)),
            source: refund.id.clone(),
            posting: Posting::refund_returned(currency, amount, available_on),
        },
        exchange,
    )?;
    refund.failure_balance_transaction = Optional(Some(Ref::to(transaction)));
    cx.put(&charge);
    cx.put(&refund);
    cx.emit_update(charge::UPDATED, &paid, &charge);
    Ok(refund)
}
