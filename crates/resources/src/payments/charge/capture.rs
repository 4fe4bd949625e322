//! Taking what was only reserved.
use super::{
    CAPTURED, Charge, REFUNDED, UPDATED, book,
    destination::{self, TransferData},
    flexible::Part,
    rules, settle,
    terms::Terms,
};
use crate::due;
use acquirer::Movement;
use api::{Cx, Outcome, Reply, Stop, done};
use base::{ApiError, Timestamp};
use wire::{Optional, Wire};

/// What `POST /v1/charges/{id}/capture` takes.
#[derive(Debug, Default, Wire)]
pub(crate) struct Capture {
    pub(crate) amount: Option<i64>,
    pub(crate) application_fee: Option<i64>,
    pub(crate) application_fee_amount: Option<i64>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
    pub(crate) transfer_data: Option<TransferPart>,
    pub(crate) transfer_group: Option<String>,
}

/// How much of a charge goes on, as a parameter.
#[derive(Debug, Wire)]
pub(crate) struct TransferPart {
    pub(crate) amount: Option<i64>,
}

/// What became of a capture; it is written down either way.
pub(crate) enum Captured {
    /// The money was taken.
    Done(Box<Charge>),
    /// It was too late.
    Expired(ApiError),
}

/// Why a charge cannot be captured.
fn refusal(charge: &Charge) -> Option<ApiError> {
    let refuse = |code: &str, message: String| Some(ApiError::invalid(400, message).code(code));
    let id = &charge.id;
    if !charge.paid {
        refuse("capture_unauthorized_payment", format!("Charge {id} failed, so there is nothing to capture."))
    } else if charge.captured {
        refuse("charge_already_captured", format!("Charge {id} has already been captured."))
    } else if charge.refunded {
        refuse("charge_already_refunded", format!("Charge {id} has already been refunded."))
    } else {
        None
    }
}

pub(super) async fn capture(cx: &mut Cx<'_>, p: Capture) -> Outcome<Charge> {
    let id = cx.path("id").to_owned();
    let before: Charge = cx.must("id", &id).await?;
    if let Some(intent) = &before.payment_intent {
        let message = format!(
            "Charge {id} belongs to the PaymentIntent {}. Capture that with POST /v1/payment_intents/{}/capture.",
            intent.id, intent.id
        );
        return Err(ApiError::invalid(400, message).code("charge_invalid_parameter").param("id").into());
    }
    match take(cx, &before, p, true).await? {
        Captured::Done(charge) => done(*charge),
        Captured::Expired(error) => Ok(Reply::Refused(error)),
    }
}

/// Takes what a charge reserved, or part of it; what is left is let go, unless more of it is to be taken later (`last` is
/// false). Errors: there is nothing to take, or not so much.
pub(crate) async fn take(cx: &mut Cx<'_>, before: &Charge, p: Capture, last: bool) -> Result<Captured, Stop> {
    if let Some(error) = refusal(before) {
        return Err(error.into());
    }
    if cx.now() >= before.capture_before() {
        settle::expire(cx, before).await?;
        let message = format!(
            "Charge {} cannot be captured because its authorization has expired. Charges must be captured within {} days.",
            before.id,
            (before.capture_before().0 - before.created.0) / Timestamp::DAY
        );
        let error = ApiError::invalid(400, message).code("charge_expired_for_capture");
        return Ok(Captured::Expired(error));
    }
    let (charge, amount) = decide(cx, before, p, last)?;
    let terms = Terms::of(cx, charge.on_behalf_of.as_ref().map_or(&cx.caller.account, |it| &it.id)).await?;
    let (world, live) = (cx.world, charge.livemode);
    let currency = charge.currency;
    let reference = charge.authorization.0.0.as_deref().unwrap_or_default();
    if amount > 0 {
        cx.outside("capture", |key| async move {
            let ask = Movement { key: &key, reference, amount, currency, livemode: live };
            world.acquirer(live).capture(ask).await.map_err(book::outside)
        })
        .await?;
    }
    Ok(Captured::Done(Box::new(finish(cx, before, charge.clone(), amount, &terms).await?)))
}

/// What of a charge is taken, in minor units. Nothing may be, where parts of it were: what is left is let go then.
fn amount(before: &Charge, asked: Option<i64>, last: bool) -> Result<i64, ApiError> {
    let amount = asked.unwrap_or(before.amount - before.amount_captured);
    if amount == 0 && last && before.is_in_parts() {
        return Ok(0);
    }
    rules::positive("amount", amount)?;
    if amount > before.capturable() {
        let shown = |amount| before.currency.display(amount);
        let what =
            if before.is_in_parts() { "what is left of the authorization" } else { "the authorized amount" };
        let message = format!(
            "The amount to capture ({}) is greater than {what} ({}).",
            shown(amount),
            shown(before.capturable())
        );
        return Err(ApiError::invalid(400, message).code("amount_too_large").param("amount"));
    }
    rules::amount(amount, before.currency)?;
    Ok(amount)
}

/// Whether a charge may be taken in parts as it is asked for. Errors: the bank does not have it; there were too many; what
/// others get of a charge is counted once, from all of it.
fn in_parts(before: &Charge, p: &Capture, last: bool) -> Result<(), ApiError> {
    if last && !before.is_in_parts() {
        return Ok(());
    }
    let refuse = |message: &str| {
        Err(ApiError::invalid(400, message).code("payment_intent_invalid_parameter").param("final_capture"))
    };
    if !before.has_parts() {
        return refuse(
            "This payment can be captured only once, so the capture is final. Leave final_capture out, or confirm with payment_method_options[card][request_multicapture]=if_available and see payment_method_details.card.multicapture of the charge.",
        );
    }
    if !last && !before.has_room() {
        return refuse("A payment can be captured 50 times at most. Send final_capture=true.");
    }
    let others = [
        ("application_fee_amount", p.application_fee_amount.or(p.application_fee).is_some()),
        ("transfer_data[amount]", p.transfer_data.is_some()),
    ];
    if let Some((name, _)) = others.iter().find(|(_, sent)| *sent) {
        let message = format!("You cannot send {name} for a payment that is captured in several parts.");
        return Err(ApiError::invalid(400, message).param(*name));
    }
    Ok(())
}

/// What the captured charge will be, and what of it is taken.
fn decide(cx: &Cx<'_>, before: &Charge, p: Capture, last: bool) -> Result<(Charge, i64), Stop> {
    let fee = rules::fee_of(p.application_fee_amount, p.application_fee)?;
    in_parts(before, &p, last)?;
    let amount = amount(before, p.amount, last)?;
    rules::receipt_email(p.receipt_email.as_deref())?;
    rules::statement_descriptor("statement_descriptor", p.statement_descriptor.as_deref())?;
    rules::statement_descriptor("statement_descriptor_suffix", p.statement_descriptor_suffix.as_deref())?;
    let mut charge = before.clone();
    match fee {
        Some(_) => {
            let sends_on = charge.transfer_data.is_some();
            charge.application_fee_amount = rules::application_fee(cx.caller, fee, amount, sends_on)?;
        }
        // What was agreed on before must still fit into what is taken now.
        None if charge.application_fee_amount.is_some_and(|fee| fee > amount) => {
            let message = "The application fee of this charge is greater than the amount to capture. Send an application_fee_amount with the capture.";
            return Err(ApiError::invalid(400, message)
                .code("amount_too_large")
                .param("application_fee_amount")
                .into());
        }
        None => {}
    }
    if fee.is_some() && charge.transfer_data.is_none() && charge.platform.0.0 != cx.caller.platform {
        let message = "Only the platform that made this charge can take an application fee of it.";
        let error = ApiError::invalid(400, message).code("application_fees_not_allowed");
        return Err(error.param("application_fee_amount").into());
    }
    onward(&mut charge, p.transfer_data, amount)?;
    charge.amount_captured += amount;
    charge.amount = charge.amount.max(charge.amount_captured);
    if last || charge.amount_captured == charge.amount {
        charge.close();
    }
    charge.receipt_email = p.receipt_email.or(charge.receipt_email);
    charge.transfer_group = charge.transfer_group.or(p.transfer_group);
    charge.statement_descriptor = p.statement_descriptor.or(charge.statement_descriptor);
    charge.statement_descriptor_suffix = p.statement_descriptor_suffix.or(charge.statement_descriptor_suffix);
    Ok((charge, amount))
}

/// Which part of what is captured goes on.
fn onward(charge: &mut Charge, part: Option<TransferPart>, amount: i64) -> Result<(), ApiError> {
    const PARAM: &str = "transfer_data[amount]";
    let fee = charge.application_fee_amount;
    match (&mut charge.transfer_data, part.and_then(|it| it.amount)) {
        (Some(data), Some(part)) => {
            destination::check_part(Some(part), amount, fee, PARAM)?;
            data.amount = Some(part);
            Ok(())
        }
        (None, Some(_)) => {
            let message =
                "You can only transfer a part of a charge that was made with transfer_data[destination].";
            Err(ApiError::invalid(400, message).param(PARAM))
        }
        // What was agreed on before must still fit into what is taken now.
        (Some(TransferData { amount: Some(part), .. }), None) if *part > amount => {
            let message = "The part of this charge that is transferred is greater than the amount to capture. Send transfer_data[amount] with the capture.";
            Err(ApiError::invalid(400, message).code("amount_too_large").param(PARAM))
        }
        _ => Ok(()),
    }
}

async fn finish(
    cx: &mut Cx<'_>,
    before: &Charge,
    mut charge: Charge,
    amount: i64,
    terms: &Terms,
) -> Result<Charge, Stop> {
    charge.calculated_statement_descriptor = rules::calculated_descriptor(
        charge.statement_descriptor.as_deref(),
        charge.statement_descriptor_suffix.as_deref(),
        terms.statement_descriptor(),
        terms.statement_descriptor_prefix(),
    );
    let mut taken = book::Taken::default();
    if amount > 0 {
        let application = book::application_of(cx, &charge).await?;
        taken = book::capture(cx, &mut charge, amount, terms, application.as_ref()).await?;
        if let (Some(moved), true) = (&charge.balance_transaction, !charge.captured || before.is_in_parts()) {
            let part = Part { amount, balance_transaction: moved.id.clone() };
            charge.parts.0.0.get_or_insert_default().push(part);
        }
    }
    cx.put(&charge);
    cx.emit_update(if charge.captured { CAPTURED } else { UPDATED }, before, &charge);
    if charge.captured {
        due::foresee(cx, &charge);
    }
    taken.tell(cx);
    Ok(charge)
}

/// Lets go of what a charge reserved, where that has not happened yet.
pub(crate) async fn release(cx: &mut Cx<'_>, before: &Charge) -> Result<(), Stop> {
    if refusal(before).is_some() {
        return Ok(());
    }
    let (world, live) = (cx.world, before.livemode);
    let (amount, currency) = (before.amount, before.currency);
    let reference = before.authorization.0.0.as_deref().unwrap_or_default();
    cx.outside("void", |key| async move {
        let ask = Movement { key: &key, reference, amount, currency, livemode: live };
        world.acquirer(live).void(ask).await.map_err(book::outside)
    })
    .await?;
    let mut charge = before.clone();
    charge.amount_refunded = charge.amount;
    charge.refunded = true;
    if let Some(card) = charge.card_details_mut() {
        card.capture_before = Optional(None);
    }
    cx.put(&charge);
    cx.emit_update(REFUNDED, before, &charge);
    Ok(())
}
