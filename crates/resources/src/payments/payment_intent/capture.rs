//! Taking what a payment reserved.
use super::{CAPTURABLE, PaymentIntent, SUCCEEDED, Status, amounts::AmountParams, create::texts};
use crate::payments::charge::{
    Charge,
    capture::{Capture as Taking, Captured, TransferPart, take},
};
use api::{Cx, Outcome, Reply, done, fault};
use base::MetadataPatch;
use wire::{Patch, Wire};

/// What `POST /v1/payment_intents/{id}/capture` takes.
#[derive(Debug, Wire)]
pub(super) struct Capture {
    amount_details: Option<AmountParams>,
    amount_to_capture: Option<i64>,
    application_fee_amount: Option<i64>,
    final_capture: Option<bool>,
    metadata: MetadataPatch,
    payment_details: Patch<super::PaymentDetails>,
    statement_descriptor: Option<String>,
    statement_descriptor_suffix: Option<String>,
    transfer_data: Option<TransferPart>,
}

pub(super) async fn capture(cx: &mut Cx<'_>, p: Capture) -> Outcome<PaymentIntent> {
    let id = cx.path("id").to_owned();
    let mut intent: PaymentIntent = cx.must("id", &id).await?;
    if intent.status != Status::RequiresCapture {
        let what = "This PaymentIntent could not be captured";
        return Err(intent.unexpected(what, &[Status::RequiresCapture])?.into());
    }
    texts(None, None, None, [p.statement_descriptor.as_deref(), p.statement_descriptor_suffix.as_deref()])?;
    let missing = || fault(format!("the charge of {id} is gone"));
    let charge = intent.latest_charge.as_ref().ok_or_else(missing)?.id.clone();
    let before = cx.get::<Charge>(&charge).await?.ok_or_else(missing)?;
    let taking = Taking {
        amount: p.amount_to_capture,
        application_fee_amount: p.application_fee_amount,
        statement_descriptor: p.statement_descriptor.clone(),
        statement_descriptor_suffix: p.statement_descriptor_suffix.clone(),
        transfer_data: p.transfer_data,
        ..Taking::default()
    };
    let last = p.final_capture != Some(false);
    let taken =
        take(cx, &before, taking, last).await.map_err(|stop| renamed(stop, "amount", "amount_to_capture"))?;
    let charge = match taken {
        Captured::Done(charge) => charge,
        Captured::Expired(error) => return Ok(Reply::Refused(error)),
    };
    p.metadata.apply(&mut intent.metadata)?;
    if let Some(sent) = p.amount_details {
        intent.tell_amount(cx, sent, charge.amount_captured)?;
    }
    p.payment_details.apply(&mut intent.payment_details.0);
    intent.application_fee_amount = charge.application_fee_amount;
    intent.statement_descriptor = p.statement_descriptor.or(intent.statement_descriptor);
    intent.statement_descriptor_suffix = p.statement_descriptor_suffix.or(intent.statement_descriptor_suffix);
    intent.amount = charge.amount;
    intent.amount_received = charge.amount_captured;
    intent.amount_capturable = if charge.captured { 0 } else { charge.amount - charge.amount_captured };
    if charge.captured {
        intent.status = Status::Succeeded;
    }
    cx.put(&intent);
    cx.emit(if charge.captured { SUCCEEDED } else { CAPTURABLE }, &intent);
    done(intent)
}

/// An error names the parameter as it is called here.
fn renamed(stop: api::Stop, from: &str, to: &str) -> api::Stop {
    match stop {
        api::Stop::Api(mut error) if error.param.as_deref() == Some(from) => {
            error.param = Some(to.to_owned());
            api::Stop::Api(error)
        }
        other => other,
    }
}
