//! Asking the bank for more than was reserved at first (API page "Increment an authorization").
use super::{CAPTURABLE, PaymentDetails, PaymentIntent, Status, amounts::AmountParams, create::texts};
use crate::payments::charge::{self, Charge, book, capture::TransferPart, destination::check_part, rules};
use acquirer::Movement;
use api::{Cx, Outcome, done, fault};
use base::{ApiError, MetadataPatch};
use wire::{Hidden, Optional, Patch, Wire};

/// What `POST /v1/payment_intents/{id}/increment_authorization` takes.
#[derive(Debug, Wire)]
pub(super) struct Increment {
    amount: i64,
    amount_details: Option<AmountParams>,
    application_fee_amount: Option<i64>,
    description: Option<String>,
    metadata: MetadataPatch,
    payment_details: Patch<PaymentDetails>,
    statement_descriptor: Option<String>,
    transfer_data: Option<TransferPart>,
}

/// So often the bank may be asked for more.
const INCREMENTS_MAX: i64 = 10;

pub(super) async fn increment(cx: &mut Cx<'_>, p: Increment) -> Outcome<PaymentIntent> {
    let id = cx.path("id").to_owned();
    let mut intent: PaymentIntent = cx.must("id", &id).await?;
    if intent.status != Status::RequiresCapture {
        let what = "You cannot increment the authorization of this PaymentIntent";
        return Err(intent.unexpected(what, &[Status::RequiresCapture])?.into());
    }
    let missing = || fault(format!("the charge of {id} is gone"));
    let charge = intent.latest_charge.as_ref().ok_or_else(missing)?.id.clone();
    let before = cx.get::<Charge>(&charge).await?.ok_or_else(missing)?;
    let mut charge = before.clone();
    let card = charge.card_details_mut().filter(|card| card.incremental_authorization.is_possible());
    if card.is_none() || before.is_in_parts() || cx.now() >= before.capture_before() {
        let message = "This PaymentIntent is not eligible for an incremental authorization. Confirm it with payment_method_options[card][request_incremental_authorization]=if_available and a card whose network has it, and see payment_method_details.card.incremental_authorization of its charge.";
        return Err(ApiError::invalid(400, message).code("payment_intent_unexpected_state").into());
    }
    let done_before = intent.increments.0.0.unwrap_or(0);
    if done_before >= INCREMENTS_MAX {
        let message = format!(
            "The authorization of a PaymentIntent can be incremented {INCREMENTS_MAX} times at most."
        );
        return Err(ApiError::invalid(400, message).code("payment_intent_unexpected_state").into());
    }
    rules::amount(p.amount, intent.currency)?;
    if p.amount <= intent.amount {
        let message = format!(
            "The amount must be greater than what is authorized already ({}).",
            intent.currency.display(intent.amount)
        );
        return Err(ApiError::invalid(400, message).code("amount_too_small").param("amount").into());
    }
    texts(p.description.as_deref(), None, None, [p.statement_descriptor.as_deref(), None])?;
    let sends_on = intent.transfer_data.0.is_some();
    if p.application_fee_amount.is_some() {
        let fee = p.application_fee_amount.map(|fee| ("application_fee_amount", fee));
        intent.application_fee_amount = rules::application_fee(cx.caller, fee, p.amount, sends_on)?;
        charge.application_fee_amount = intent.application_fee_amount;
    }
    if let Some(part) = p.transfer_data.and_then(|it| it.amount) {
        const PARAM: &str = "transfer_data[amount]";
        let (Some(data), Some(onward)) = (&mut charge.transfer_data, &mut intent.transfer_data.0) else {
            let message =
                "You can only transfer a part of a payment that was made with transfer_data[destination].";
            return Err(ApiError::invalid(400, message).param(PARAM).into());
        };
        check_part(Some(part), p.amount, intent.application_fee_amount, PARAM)?;
        data.amount = Some(part);
        onward.amount = Optional(Some(part));
    }
    let (world, live) = (cx.world, before.livemode);
    let (amount, currency) = (p.amount, intent.currency);
    let reference = before.authorization.0.0.as_deref().unwrap_or_default();
    cx.outside("increment", |key| async move {
        let ask = Movement { key: &key, reference, amount, currency, livemode: live };
        world.acquirer(live).increment(ask).await.map_err(book::outside)
    })
    .await?;
    charge.authorized(amount);
    charge.description = p.description.clone().or(charge.description);
    charge.statement_descriptor = p.statement_descriptor.clone().or(charge.statement_descriptor);
    intent.increments = Hidden(Optional(Some(done_before + 1)));
    intent.amount = amount;
    intent.amount_capturable = amount;
    intent.description = p.description.or(intent.description);
    intent.statement_descriptor = p.statement_descriptor.or(intent.statement_descriptor);
    p.metadata.apply(&mut intent.metadata)?;
    p.payment_details.apply(&mut intent.payment_details.0);
    if let Some(sent) = p.amount_details {
        intent.tell_amount(cx, sent, amount)?;
    }
    cx.put(&charge);
    cx.put(&intent);
    cx.emit_update(charge::UPDATED, &before, &charge);
    cx.emit(CAPTURABLE, &intent);
    done(intent)
}
