//! How a dispute goes on and ends, and what of it moves on the balance.
use super::{
    CLOSED, CaseType, Dispute, FUNDS_REINSTATED, FUNDS_WITHDRAWN, Status, UPDATED,
    evidence::{SubmittedBy, must_be_sendable},
    open::{due_by, plan},
};
use crate::{
    due,
    payments::{
        balance_transaction::{self, BalanceTransaction, FeeDetail, Kind, Movement},
        charge::Charge,
        refund,
    },
};
use api::{Cx, Stop, fault};
use base::{ApiError, Named as _};
use money::{Exchange, Posting, Withdrawal};

/// How the bank decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// For the account: the money comes back.
    Won,
    /// For the cardholder.
    Lost,
    /// An inquiry becomes a dispute.
    Escalated,
}

/// The texts by which a test says how the bank shall decide (API page "Testing").
const TEXTS: &[(&str, Verdict)] = &[
    ("winning_evidence", Verdict::Won),
    ("losing_evidence", Verdict::Lost),
    ("escalate_inquiry_evidence", Verdict::Escalated),
];
/// Disputes of one charge that are looked at.
const OF_CHARGE_MAX: usize = 100;

/// The disputes of a charge, newest first; a snapshot. The charge owns them: whoever changes their number writes it.
pub(crate) async fn of_charge(cx: &Cx<'_>, charge: &str) -> Result<Vec<Dispute>, Stop> {
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    cx.all_by(&account, live, Some((Charge::NAME, charge.to_owned())), OF_CHARGE_MAX).await
}

/// Sends the evidence to the bank. Errors: there is none, it lacks something, or it comes too late.
pub(super) fn submit(cx: &mut Cx<'_>, dispute: &mut Dispute) -> Result<(), Stop> {
    must_be_sendable(dispute)?;
    let details = &mut dispute.evidence_details;
    if details.due_by.is_some_and(|due_by| cx.now() > due_by) {
        let message =
            "Evidence for this dispute can't be submitted any more: it was due by evidence_details[due_by].";
        return Err(ApiError::invalid(400, message).param("submit").into());
    }
    details.submission_count += 1;
    details.submission_method = SubmittedBy::Manual;
    dispute.status =
        if dispute.status.is_inquiry() { Status::WarningUnderReview } else { Status::UnderReview };
    if foreseen(dispute).is_some() {
        due::later(cx, due::Kind::DisputeDecided, &dispute.id, cx.now());
    }
    Ok(())
}

/// How the bank will decide, where the evidence of a test says it.
fn foreseen(dispute: &Dispute) -> Option<Verdict> {
    let said = dispute.evidence.uncategorized_text.as_deref()?.trim();
    let (_, verdict) = TEXTS.iter().find(|(text, _)| !dispute.livemode && *text == said)?;
    (*verdict != Verdict::Escalated || dispute.status.is_inquiry()).then_some(*verdict)
}

/// The bank has read the evidence of a test.
pub(crate) async fn decided(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(dispute) = cx.get::<Dispute>(id).await? else { return Ok(()) };
    let waits = matches!(dispute.status, Status::UnderReview | Status::WarningUnderReview);
    if let Some(verdict) = foreseen(&dispute).filter(|_| waits) {
        decide(cx, dispute, verdict).await?;
    }
    Ok(())
}

/// The day of the answer has passed.
pub(crate) async fn overdue(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Dispute>(id).await? else { return Ok(()) };
    // An inquiry that became a dispute has another day.
    let passed = before.evidence_details.due_by.is_some_and(|due_by| cx.now() > due_by);
    if !before.status.takes_evidence() || !passed {
        return Ok(());
    }
    let mut dispute = before.clone();
    dispute.evidence_details.past_due = true;
    if before.status.is_inquiry() {
        cx.put(&dispute);
        cx.emit_update(UPDATED, &before, &dispute);
    } else {
        dispute.status = Status::Lost;
        cx.put(&dispute);
        cx.emit_update(CLOSED, &before, &dispute);
    }
    Ok(())
}

/// An inquiry that did not become a dispute ends.
pub(crate) async fn inquiry_ends(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Dispute>(id).await? else { return Ok(()) };
    if before.status.is_inquiry() && !before.status.is_closed() {
        decide(cx, before, Verdict::Lost).await?;
    }
    Ok(())
}

/// A charge went back whole: the bank has no more questions.
pub(crate) async fn refunded(cx: &mut Cx<'_>, charge: &str) -> Result<(), Stop> {
    for dispute in of_charge(cx, charge).await? {
        inquiry_ends(cx, &dispute.id).await?;
    }
    Ok(())
}

/// Decides an open dispute and writes down what follows. An inquiry has nothing to win or lose: it ends, or becomes a
/// dispute.
pub async fn decide(cx: &mut Cx<'_>, before: Dispute, verdict: Verdict) -> Result<Dispute, Stop> {
    before.must_be_open()?;
    let mut dispute = before.clone();
    let inquiry = before.status.is_inquiry();
    match verdict {
        Verdict::Escalated if inquiry => return escalate(cx, before).await,
        Verdict::Escalated => {
            let message = "Only an inquiry can become a dispute; this is one already.";
            return Err(ApiError::invalid(400, message).into());
        }
        Verdict::Won | Verdict::Lost if inquiry => dispute.status = Status::WarningClosed,
        Verdict::Won => dispute.status = Status::Won,
        Verdict::Lost => dispute.status = Status::Lost,
    }
    let closed = dispute.clone();
    if dispute.status == Status::Won {
        reinstate(cx, &mut dispute).await?;
    }
    cx.put(&dispute);
    cx.emit_update(CLOSED, &before, &dispute);
    if dispute.status == Status::Won {
        cx.emit_update(FUNDS_REINSTATED, &closed, &dispute);
    }
    Ok(dispute)
}

async fn escalate(cx: &mut Cx<'_>, before: Dispute) -> Result<Dispute, Stop> {
    let Some(charge) = cx.get::<Charge>(&before.charge.id).await? else {
        return Err(fault(format!("the charge of {} is gone", before.id)));
    };
    let charge = refund::disputed(cx, &charge).await?;
    let mut dispute = before.clone();
    dispute.status = Status::NeedsResponse;
    dispute.is_charge_refundable = false;
    // What was refunded meanwhile is not taken a second time.
    dispute.amount = dispute.amount.min(charge.unrefunded());
    dispute.evidence_details.due_by = Some(due_by(cx.now()));
    dispute.evidence_details.past_due = false;
    dispute.closes.0.0 = None;
    if let Some(case) = dispute.payment_method_details.0.as_mut().and_then(|it| it.card.0.as_mut()) {
        case.case_type = CaseType::Chargeback;
    }
    let opened = dispute.clone();
    withdraw(cx, &charge, &mut dispute, true).await?;
    // The charge stands for its disputes: a refund that is decided at the same time must see this.
    cx.put(&charge);
    cx.put(&dispute);
    cx.emit_update(UPDATED, &before, &opened);
    tell_withdrawn(cx, &opened, &dispute);
    plan(cx, &dispute);
    Ok(dispute)
}

/// Tells that money was taken, where some was.
pub(super) fn tell_withdrawn(cx: &mut Cx<'_>, before: &Dispute, dispute: &Dispute) {
    if !dispute.balance_transactions.is_empty() {
        cx.emit_update(FUNDS_WITHDRAWN, before, dispute);
    }
}

/// Takes the disputed amount from the balance, with the fee for it where one is due.
pub(super) async fn withdraw(
    cx: &mut Cx<'_>,
    charge: &Charge,
    dispute: &mut Dispute,
    costs: bool,
) -> Result<(), Stop> {
    let today = cx.now().midnight();
    // While the money of the charge is pending it is taken from there.
    let available_on = charge.available_on.0.0.map_or(today, |day| day.max(today));
    let (currency, gross) = (dispute.currency, dispute.amount);
    let exchange = balance_transaction::exchange_of(cx, charge).await?;
    let settles_in = exchange.map_or(currency, |it| it.to);
    let fee = if costs { cx.world.pricing.dispute_fee(settles_in) } else { 0 };
    // A conversion posts the fee by itself, in the currency that is settled.
    let posted = if exchange.is_none() { fee } else { 0 };
    let posting = Withdrawal { currency, gross, fee: posted, available_on }
        .post()
        .map_err(balance_transaction::unbalanced)?;
    let fees = if fee > 0 { vec![FeeDetail::dispute(fee, settles_in)] } else { Vec::new() };
    let description = Some(format!("Chargeback withdrawal for {}", charge.id));
    book(
        cx,
        dispute,
        Movement {
            account: &cx.caller.account,
            live: dispute.livemode,
            kind: Kind::Adjustment,
            amount: -gross,
            currency,
            fees,
            available_on,
            description,
            source: dispute.id.clone(),
            posting,
        },
        exchange,
    )
    .await
}

/// Gives the amount back; the fee is kept (it came back with the money until 2017).
async fn reinstate(cx: &mut Cx<'_>, dispute: &mut Dispute) -> Result<(), Stop> {
    let today = cx.now().midnight();
    let taken = dispute.balance_transactions.first().map_or(today, |it| it.available_on);
    let available_on = taken.max(today);
    let (currency, amount) = (dispute.currency, dispute.amount);
    let description = Some(format!("Chargeback reversal for {}", dispute.charge.id));
    let exchange = match cx.peek::<Charge>(&dispute.charge.id).await? {
        Some(charge) => balance_transaction::exchange_of(cx, &charge).await?,
        None => None,
    };
    book(
        cx,
        dispute,
        Movement {
            account: &cx.caller.account,
            live: dispute.livemode,
            kind: Kind::Adjustment,
            amount,
            currency,
            fees: Vec::new(),
            available_on,
            description,
            source: dispute.id.clone(),
            posting: Posting::dispute_reinstated(currency, amount, available_on),
        },
        exchange,
    )
    .await
}

async fn book(
    cx: &mut Cx<'_>,
    dispute: &mut Dispute,
    movement: Movement<'_>,
    exchange: Option<Exchange>,
) -> Result<(), Stop> {
    let id = balance_transaction::record_exchanged(cx, movement, exchange)?;
    let written = cx.get::<BalanceTransaction>(&id).await?;
    let written = written.ok_or_else(|| fault(format!("{id} was not written down")))?;
    dispute.balance_transactions.push(written);
    Ok(())
}
