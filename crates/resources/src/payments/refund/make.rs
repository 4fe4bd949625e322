//! How a refund is made: the one core behind all of its endpoints.
use super::{
    CREATED, CardDestination, CardMovement, DestinationDetails, DestinationType, PendingReason, Reason,
    Refund, Status,
    give_back::give_back,
    settle,
};
use crate::{
    connect::{
        application_fee::{self, ApplicationFee},
        fee_refund,
    },
    payments::{
        balance_transaction::{self, FeeDetail, Kind},
        charge::{self, Charge, book, details::UserReport, rules},
        dispute, early_fraud_warning, review,
        transfer::Transfer,
        transfer_reversal::{self, Reversed},
    },
};
use acquirer::{Movement, RefundAnswer};
use api::{Cx, Object as _, Stop};
use base::{ApiError, Metadata, Named as _, Ref};
use money::Refunded;
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

/// The part of an application fee that goes back with a refund.
struct Share {
    platform: String,
    fee: ApplicationFee,
    amount: i64,
}

/// Sends money of a charge back, and what was asked of the application fee with it; answers the charge and the
/// refund as they are afterwards. Money that was only reserved is let go. Processing fees are kept (they went back
/// until 2017). Errors: there is not so much left of the charge.
pub async fn make(cx: &mut Cx<'_>, before: Charge, ask: Ask) -> Result<(Charge, Refund), Stop> {
    let amount = amount(&before, &ask)?;
    if before.disputed {
        must_be_refundable(cx, &before).await?;
    }
    if let Some(sender) = before.sender.0.0.clone() {
        return give_back(cx, &before, &sender, amount, ask).await;
    }
    let pulled = pulled_back(&before, &ask, amount)?;
    let direct = ask.application_fee && pulled.is_none();
    let share = if direct { share(cx, &before, amount).await? } else { None };
    let answer = send_back(cx, &before, amount).await?;

    let mut charge = before.clone();
    charge.amount_refunded += amount;
    charge.refunded = charge.amount_refunded == charge.amount;
    if ask.reason == Some(Reason::Fraudulent) {
        charge.fraud_details.user_report = Optional(Some(UserReport::Fraudulent));
    }
    let pending = answer.as_ref().is_some_and(|answer| !answer.settled);
    let way = match (charge.captured, pending) {
        (false, _) => CardMovement::Reversal,
        (true, true) => CardMovement::Pending,
        (true, false) => CardMovement::Refund,
    };
    let mut refund = Refund {
        id: cx.new_id::<Refund>(),
        object: Refund::NAME.into(),
        amount,
        balance_transaction: None,
        charge: Some(Ref::to(&charge.id)),
        created: cx.now(),
        currency: charge.currency,
        customer: charge.customer.clone(),
        customer_account: None,
        destination_details: Optional(Some(DestinationDetails {
            card: CardDestination { r#type: way },
            r#type: DestinationType::Card,
        })),
        failure_balance_transaction: Optional(None),
        failure_reason: Optional(None),
        metadata: ask.metadata,
        payment_intent: charge.payment_intent.clone(),
        payment_method: charge.payment_method.clone(),
        pending_reason: Optional(pending.then_some(PendingReason::Processing)),
        reason: ask.reason,
        receipt_number: None,
        source_transfer_reversal: None,
        status: Some(if pending { Status::Pending } else { Status::Succeeded }),
        transfer_reversal: None,
        movement: Hidden(Optional(answer.map(|answer| answer.reference))),
    };
    let mut given_back = None;
    if charge.captured {
        if let Some(Share { platform, fee, amount }) = &share {
            let (after, _) = fee_refund::give_back(cx, platform, fee, *amount, Metadata::default())?;
            given_back = Some(after);
        }
        book_refund(cx, &charge, &mut refund, share.as_ref()).await?;
    }
    let mut reversed = None;
    if let Some(transfer) = pulled.filter(|_| charge.captured) {
        let pull = Pull { transfer, amount, fee: ask.application_fee };
        reversed = pull_back(cx, &before, &refund, pull).await?;
        refund.transfer_reversal = reversed.as_ref().map(|it| Ref::to(&it.reversal.id));
    }
    cx.put(&charge);
    cx.put(&refund);
    cx.emit_update(charge::REFUNDED, &before, &charge);
    cx.emit(CREATED, &refund);
    settle::foresee(cx, &charge, &refund);
    if charge.refunded {
        close_cases(cx, &charge, ask.reason).await?;
    }
    if let (Some(share), Some(after)) = (share, given_back) {
        cx.emit_update_of(&share.platform, charge.livemode, application_fee::REFUNDED, &share.fee, &after);
    }
    if let Some(reversed) = reversed {
        reversed.tell(cx);
    }
    Ok((charge, refund))
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
        if sent_on.is_none() && (charge.captured || charge.transfer_data.is_none()) {
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

/// What is pulled back with a refund.
struct Pull {
    transfer: String,
    /// What is refunded of the charge, in minor units.
    amount: i64,
    /// Whether the application fee goes back with it.
    fee: bool,
}

/// Pulls back of the transfer what the refund is of the charge.
async fn pull_back(
    cx: &mut Cx<'_>,
    charge: &Charge,
    refund: &Refund,
    pull: Pull,
) -> Result<Option<Reversed>, Stop> {
    let transfer: Transfer = match cx.get(&pull.transfer).await? {
        Some(it) => it,
        None => return Err(api::fault(format!("the transfer {} of {} is gone", pull.transfer, charge.id))),
    };
    let part = Refunded { of: charge.amount_captured, before: refunded_of_captured(charge), now: pull.amount };
    let amount = money::refunded_share(transfer.amount, transfer.amount_reversed, part);
    if amount == 0 {
        return Ok(None);
    }
    let ask = transfer_reversal::Ask {
        amount,
        metadata: Metadata::default(),
        description: None,
        refund_application_fee: pull.fee,
        source_refund: Some(refund.id.clone()),
    };
    let platform = cx.caller.account.clone();
    transfer_reversal::reverse(cx, &platform, transfer, ask).await.map(Some)
}

/// What of the captured amount went back; what was let go at the capture never was part of it.
fn refunded_of_captured(charge: &Charge) -> i64 {
    charge.amount_refunded - (charge.amount - charge.amount_captured)
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
    if charge.refunded {
        return refuse("charge_already_refunded", format!("Charge {id} has already been refunded."));
    }
    let amount = ask.amount.unwrap_or(left);
    rules::positive("amount", amount)?;
    if amount > left {
        let (asked, left) = (charge.currency.display(amount), charge.currency.display(left));
        let message = format!("Refund amount ({asked}) is greater than unrefunded amount on charge ({left})");
        return Err(ApiError::invalid(400, message).param("amount").into());
    }
    if !charge.captured && amount < left {
        let message = "You cannot partially refund an uncaptured charge. Instead, capture the charge for an amount less than the original amount.";
        return Err(ApiError::invalid(400, message).param("amount").into());
    }
    Ok(amount)
}

/// The part of the application fee that goes back with `amount` of the charge; none where it rounds to nothing.
async fn share(cx: &mut Cx<'_>, charge: &Charge, amount: i64) -> Result<Option<Share>, Stop> {
    let refuse = |message: String| ApiError::invalid(400, message).param("refund_application_fee");
    let (Some(platform), Some(fee)) = (&charge.platform.0.0, &charge.application_fee) else {
        // A fee that was agreed on but not taken yet has nothing to give back.
        if charge.application_fee_amount.is_some() && !charge.captured {
            return Ok(None);
        }
        let message = format!("Charge {} has no application fee that could be refunded.", charge.id);
        return Err(refuse(message).into());
    };
    if cx.caller.platform.as_ref() != Some(platform) {
        let message = "Only the platform that took the application fee can refund it.";
        return Err(refuse(message.into()).into());
    }
    let Some(fee) = cx.get_of::<ApplicationFee>(platform, charge.livemode, &fee.id).await? else {
        return Err(api::fault(format!("the fee {} of {} is gone", fee.id, charge.id)));
    };
    let refund =
        Refunded { of: charge.amount_captured, before: refunded_of_captured(charge), now: amount };
    let amount = money::refunded_share(fee.amount, fee.amount_refunded, refund);
    Ok((amount > 0).then(|| Share { platform: platform.clone(), fee, amount }))
}

/// Asks the acquirer. What was only reserved is let go, and has no answer.
async fn send_back(cx: &mut Cx<'_>, charge: &Charge, amount: i64) -> Result<Option<RefundAnswer>, Stop> {
    let (world, live, captured) = (cx.world, charge.livemode, charge.captured);
    let currency = charge.currency;
    let reference = charge.authorization.0.0.as_deref().unwrap_or_default();
    cx.outside("refund", |key| async move {
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
