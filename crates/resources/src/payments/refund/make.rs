//! How a refund is made: the one core behind all of its endpoints.
use super::{
    CREATED, CardMovement, DestinationDetails, PendingReason, Reason, Refund, Status,
    give_back::give_back,
    parts::{Moved, Parts, Share, may_share, pull_back},
    settle,
    wait::{self, Waits},
};
use crate::{
    connect::fee_refund,
    payments::{
        balance_transaction::{self, FeeDetail, Kind},
        cash_balance,
        charge::{self, Charge, book, details::UserReport, rules},
        dispute, early_fraud_warning, review,
    },
};
use acquirer::{Movement, RefundAnswer};
use api::{Cx, Object as _, Stop};
use base::{ApiError, Metadata, Ref};
use wire::{Hidden, Optional};

/// A refund that is asked for.
#[derive(Debug)]
pub struct Ask {
    /// In minor units; the rest of the charge where it is not said.
    pub amount: Option<i64>,
    /// Why.
    pub reason: Option<Reason>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// Whether the platform gives back its share of the application fee.
    pub application_fee: bool,
    /// Whether the transfer that the charge made is pulled back.
    pub transfer: bool,
}

/// Sends money of a charge back, and what was asked of the application fee with it; answers the charge and the
/// refund as they are afterwards. Money that was only reserved is let go. Processing fees are kept (they went back
/// until 2017). What the balance does not cover waits until it does. Errors: there is not so much left of the charge.
pub async fn make(cx: &mut Cx<'_>, before: Charge, ask: Ask) -> Result<(Charge, Refund), Stop> {
    let amount = amount(&before, &ask)?;
    if before.disputed {
        must_be_refundable(cx, &before).await?;
    }
    if let Some(sender) = before.sender.0.0.clone() {
        return give_back(cx, &before, &sender, amount, ask).await;
    }
    let pulled = pulled_back(&before, &ask, amount)?.filter(|_| before.is_taken());
    let fee = ask.application_fee && pulled.is_none() && may_share(cx, &before)?;
    let parts = match pulled {
        Some(transfer) => Parts::pulled(cx, &before, &transfer, amount, ask.application_fee).await?,
        None if fee => Parts::shared(cx, &before, amount).await?,
        None => Parts::default(),
    };
    let mut charge = before.clone();
    charge.amount_refunded += amount;
    charge.refunded = charge.amount_refunded == charge.amount;
    if ask.reason == Some(Reason::Fraudulent) {
        charge.fraud_details.user_report = Optional(Some(UserReport::Fraudulent));
    }
    let reason = ask.reason;
    let waits = Waits { application_fee: fee, pulls: ask.transfer.then_some(ask.application_fee) };
    let mut refund = blank(cx, &charge, ask, amount);
    let moved = if !charge.is_taken() || wait::is_covered(cx, &charge, amount, &parts).await? {
        send(cx, &charge, &mut refund, parts).await?
    } else if charge.is_of_card() {
        refund.waits = Hidden(Optional(Some(waits)));
        Moved::default()
    } else {
        return Ok((before, wait::refused(cx, refund)));
    };
    cx.put(&charge);
    cx.put(&refund);
    cx.emit_update(charge::REFUNDED, &before, &charge);
    cx.emit(CREATED, &refund);
    settle::foresee(cx, &charge, &refund);
    if charge.refunded {
        close_cases(cx, &charge, reason).await?;
    }
    moved.tell(cx, charge.livemode);
    Ok((charge, refund))
}

/// The refund before anything moved: it waits for the money.
fn blank(cx: &Cx<'_>, charge: &Charge, ask: Ask, amount: i64) -> Refund {
    Refund {
        charge: Some(Ref::to(&charge.id)),
        customer: charge.customer.clone(),
        destination_details: Optional(Some(DestinationDetails::of(charge))),
        metadata: ask.metadata,
        payment_intent: charge.payment_intent.clone(),
        payment_method: charge.payment_method.clone(),
        pending_reason: Optional(Some(PendingReason::InsufficientFunds)),
        reason: ask.reason,
        ..Refund::plain(cx, cx.new_id::<Refund>(), amount, charge.currency)
    }
}

/// Asks the acquirer, and writes down what moves; the refund itself is written by the caller.
pub(super) async fn send(
    cx: &mut Cx<'_>,
    charge: &Charge,
    refund: &mut Refund,
    parts: Parts,
) -> Result<Moved, Stop> {
    let answer = send_back(cx, charge, refund.amount).await?;
    let settled = answer.as_ref().is_none_or(|answer| answer.settled);
    refund.waits = Hidden(Optional(None));
    refund.status = Some(if settled { Status::Succeeded } else { Status::Pending });
    refund.pending_reason = Optional((!settled).then_some(PendingReason::Processing));
    if let Some(card) = refund.destination_details.0.as_mut().and_then(DestinationDetails::card_mut) {
        card.r#type = match (charge.is_taken(), settled) {
            (false, _) => CardMovement::Reversal,
            (true, false) => CardMovement::Pending,
            (true, true) => CardMovement::Refund,
        };
    }
    refund.movement = Hidden(Optional(answer.map(|answer| answer.reference)));
    let mut moved = Moved::default();
    if !charge.is_taken() {
        return Ok(moved);
    }
    book_refund(cx, charge, refund, parts.share.as_ref()).await?;
    if charge.is_of_cash() {
        cash_balance::refunded(cx, charge, refund).await?;
    }
    if let Some(share) = parts.share {
        let (after, _) =
            fee_refund::give_back(cx, &share.platform, &share.fee, share.amount, Metadata::default())?;
        moved.given_back = Some((share, after));
    }
    if let Some(pull) = parts.pull {
        let reversed = pull_back(cx, refund, pull).await?;
        refund.transfer_reversal = Some(Ref::to(&reversed.reversal.id));
        moved.reversed = Some(reversed);
    }
    Ok(moved)
}

/// The bank took the money already, or will: it must not go back twice. While it only asks, the money may.
async fn must_be_refundable(cx: &mut Cx<'_>, charge: &Charge) -> Result<(), Stop> {
    if dispute::of_charge(cx, &charge.id).await?.iter().all(|it| it.is_charge_refundable) {
        return Ok(());
    }
    let message = format!("Charge {} has been charged back; cannot issue a refund.", charge.id);
    Err(ApiError::invalid(400, message).code("charge_disputed").into())
}

/// What was open about a charge has no object any more once all of it went back.
async fn close_cases(cx: &mut Cx<'_>, charge: &Charge, reason: Option<Reason>) -> Result<(), Stop> {
    let why = match reason {
        Some(Reason::Fraudulent) => review::ClosedReason::RefundedAsFraud,
        _ => review::ClosedReason::Refunded,
    };
    review::close(cx, charge, why).await?;
    early_fraud_warning::settled(cx, &charge.id).await?;
    if charge.disputed {
        dispute::refunded(cx, &charge.id).await?;
    }
    Ok(())
}

/// The transfer that is pulled back with a refund; none where none is. Errors: there is none to be pulled back, or the
/// fee of one shall be given back that is not.
fn pulled_back(charge: &Charge, ask: &Ask, amount: i64) -> Result<Option<String>, ApiError> {
    let sent_on = charge.transfer.0.as_ref().map(|it| it.id.clone());
    if ask.transfer {
        // What was not captured was not sent on either.
        if sent_on.is_none() && (charge.is_taken() || charge.transfer_data.is_none()) {
            let message = format!(
                "Cannot reverse transfer on charge {} because it does not have an associated transfer.",
                charge.id
            );
            return Err(ApiError::invalid(400, message).param("reverse_transfer"));
        }
        return Ok(sent_on.filter(|_| amount > 0));
    }
    if ask.application_fee && charge.transfer_data.is_some() {
        let message = "The application fee of a charge with transfer_data can only be refunded together with the transfer: send reverse_transfer=true.";
        return Err(ApiError::invalid(400, message).param("refund_application_fee"));
    }
    Ok(None)
}

/// What goes back, in minor units.
fn amount(charge: &Charge, ask: &Ask) -> Result<i64, Stop> {
    let refuse = |code: &str, message: String| Err(ApiError::invalid(400, message).code(code).into());
    let (id, left) = (&charge.id, charge.unrefunded());
    if !charge.paid {
        return refuse(
            "charge_not_refundable",
            format!("Charge {id} failed, so there is nothing to refund."),
        );
    }
    if charge.refunded || left == 0 {
        return refuse("charge_already_refunded", format!("Charge {id} has already been refunded."));
    }
    let amount = ask.amount.unwrap_or(left);
    rules::positive("amount", amount)?;
    if amount > left {
        let (asked, left) = (charge.currency.display(amount), charge.currency.display(left));
        let message = format!("Refund amount ({asked}) is greater than unrefunded amount on charge ({left})");
        return Err(ApiError::invalid(400, message).param("amount").into());
    }
    if !charge.is_taken() && amount < left {
        let message = "You cannot partially refund an uncaptured charge. Instead, capture the charge for an amount less than the original amount.";
        return Err(ApiError::invalid(400, message).param("amount").into());
    }
    Ok(amount)
}

/// Asks the acquirer. What was only reserved is let go, and has no answer.
async fn send_back(cx: &mut Cx<'_>, charge: &Charge, amount: i64) -> Result<Option<RefundAnswer>, Stop> {
    let (world, live, captured) = (cx.world, charge.livemode, charge.is_taken());
    let currency = charge.currency;
    let reference = charge.authorization.0.0.as_deref().unwrap_or_default();
    if charge.is_of_cash() {
        return Ok(Some(RefundAnswer { reference: reference.to_owned(), settled: true }));
    }
    cx.outside(wait::STEP, |key| async move {
        let ask = Movement { key: &key, reference, amount, currency, livemode: live };
        let acquirer = world.acquirer(live);
        if captured {
            acquirer.refund(ask).await.map(Some).map_err(book::outside)
        } else {
            acquirer.void(ask).await.map(|()| None).map_err(book::outside)
        }
    })
    .await
}

/// Writes down what the account's balance gives: the amount less what the platform gave back of its fee.
async fn book_refund(
    cx: &mut Cx<'_>,
    charge: &Charge,
    refund: &mut Refund,
    share: Option<&Share>,
) -> Result<(), Stop> {
    let (currency, gross) = (charge.currency, refund.amount);
    // While the money of the charge is pending it is taken from there.
    let today = cx.now().midnight();
    let available_on = charge.available_on.0.0.map_or(today, |day| day.max(today));
    let application_fee = share.map_or(0, |share| share.amount);
    let posting = money::Refund { currency, gross, processing_fee: 0, application_fee, available_on }
        .post()
        .map_err(balance_transaction::unbalanced)?;
    let mut fees = Vec::new();
    if let Some(Share { fee, amount, .. }) = share {
        let application = book::application_of(cx, charge).await?;
        let name = application.as_ref().and_then(|it| it.name.as_deref());
        fees.push(FeeDetail::application(-amount, currency, fee.application.id.clone(), name));
    }
    let description = match &charge.description {
        Some(text) => format!("REFUND FOR CHARGE ({text})"),
        None => "REFUND FOR CHARGE".to_owned(),
    };
    let exchange = balance_transaction::exchange_of(cx, charge).await?;
    let transaction = balance_transaction::record_exchanged(
        cx,
        balance_transaction::Movement {
            account: &cx.caller.account,
            live: charge.livemode,
            kind: Kind::Refund,
            amount: -gross,
            currency,
            fees,
            available_on,
            description: Some(description),
            source: refund.id().to_owned(),
            posting,
        },
        exchange,
    )?;
    refund.balance_transaction = Some(Ref::to(transaction));
    Ok(())
}
