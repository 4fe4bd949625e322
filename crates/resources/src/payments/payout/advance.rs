//! What the clock does to a payout: it leaves, and arrives or fails.
use super::{
    Destination, FAILED, PAID, Payout, RECONCILED, Reconciliation, Status, TraceId, UPDATED, external,
    give_back, make,
};
use crate::{
    connect::account::{self, Account},
    payments::balance_transaction::Kind,
};
use api::{Cx, Stop};

/// The next step of a payout of the caller, if it is not there yet.
pub(crate) async fn advance(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Payout>(id).await? else { return Ok(()) };
    let mut payout = before.clone();
    match before.status {
        Status::Pending => {
            payout.status = Status::InTransit;
            payout.trace_id = Some(TraceId { status: "pending".into(), value: None });
            cx.put(&payout);
            make::send_later(cx, &payout);
            cx.emit_update(UPDATED, &before, &payout);
        }
        Status::InTransit => match &before.refusal.0.0 {
            None => arrive(cx, &before, payout),
            Some(code) => fail(cx, &before, payout, code).await?,
        },
        Status::Canceled | Status::Failed | Status::Paid => {}
    }
    Ok(())
}

fn arrive(cx: &mut Cx<'_>, before: &Payout, mut payout: Payout) {
    payout.status = Status::Paid;
    payout.trace_id = Some(TraceId { status: "supported".into(), value: Some(trace(&payout.id)) });
    if payout.automatic {
        payout.reconciliation_status = Reconciliation::Completed;
    }
    cx.put(&payout);
    cx.emit_update(PAID, before, &payout);
    if payout.automatic {
        cx.emit_update(RECONCILED, before, &payout);
    }
}

/// The number by which a bank would find it: digits that are the same for the same payout.
fn trace(id: &str) -> String {
    let hash = id.bytes().fold(0u64, |hash, b| hash.wrapping_mul(131).wrapping_add(u64::from(b)));
    format!("{:015}", hash % 1_000_000_000_000_000)
}

/// The money comes back to the balance, and nothing more goes to a bank account that refused it.
async fn fail(cx: &mut Cx<'_>, before: &Payout, mut payout: Payout, code: &str) -> Result<(), Stop> {
    payout.status = Status::Failed;
    payout.failure_code = Some(code.to_owned());
    payout.failure_message = Some(message(code).to_owned());
    payout.failure_balance_transaction =
        Some(give_back(cx, before, Kind::PayoutFailure, cx.now().midnight())?);
    if payout.automatic {
        payout.reconciliation_status = Reconciliation::Completed;
    }
    cx.put(&payout);
    cx.emit_update(FAILED, before, &payout);
    if let Some(Destination(bank)) = &payout.destination {
        disable(cx, bank).await?;
    }
    Ok(())
}

async fn disable(cx: &mut Cx<'_>, bank: &str) -> Result<(), Stop> {
    let id = cx.caller.account.clone();
    let Some(before) = cx.get::<Account>(&id).await? else { return Ok(()) };
    let mut after = before.clone();
    let Some(list) = &mut after.external_accounts.0 else { return Ok(()) };
    let Some(refused) = list.data.iter_mut().find(|it| it.id() == bank) else { return Ok(()) };
    refused.disable(external::ERRORED);
    account::save(cx, &before, after)?;
    Ok(())
}

/// What a failure code means.
fn message(code: &str) -> &'static str {
    match code {
        "account_closed" => "The bank account has been closed.",
        "account_frozen" => "The bank account has been frozen.",
        "debit_not_authorized" => "Debit transactions are not approved on your bank account.",
        "insufficient_funds" => "The bank account has insufficient funds to cover this debit.",
        "invalid_currency" => "The bank was unable to process this payout because of its currency.",
        "no_account" => {
            "The bank account details on file are probably incorrect. No bank account could be located with those details."
        }
        "could_not_process" => "The bank could not process this payout.",
        _ => "The bank refused this payout.",
    }
}
