//! Giving a payment up.
use super::{CANCELED, CancellationReason, PaymentIntent, Status, cash};
use crate::payments::charge::{self, Charge, capture::release};
use api::{Cx, Outcome, Stop, done};
use base::ApiError;
use wire::Wire;

/// What `POST /v1/payment_intents/{id}/cancel` takes.
#[derive(Debug, Wire)]
pub(super) struct Cancel {
    cancellation_reason: Option<Reason>,
}

/// Why somebody gives a payment up.
#[derive(Debug, Clone, Copy, Wire)]
enum Reason {
    Abandoned,
    Duplicate,
    Fraudulent,
    RequestedByCustomer,
}

impl From<Reason> for CancellationReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Abandoned => CancellationReason::Abandoned,
            Reason::Duplicate => CancellationReason::Duplicate,
            Reason::Fraudulent => CancellationReason::Fraudulent,
            Reason::RequestedByCustomer => CancellationReason::RequestedByCustomer,
        }
    }
}

const CANCELABLE: &[Status] = &[
    Status::RequiresPaymentMethod,
    Status::RequiresCapture,
    Status::RequiresConfirmation,
    Status::RequiresAction,
    Status::Processing,
];

pub(super) async fn cancel(cx: &mut Cx<'_>, p: Cancel) -> Outcome<PaymentIntent> {
    let id = cx.path("id").to_owned();
    let mut intent: PaymentIntent = cx.must("id", &id).await?;
    if !CANCELABLE.contains(&intent.status) {
        return Err(intent.unexpected("You cannot cancel this PaymentIntent", CANCELABLE)?.into());
    }
    if intent.invoice.0.0.is_some() {
        let message =
            "You cannot cancel this PaymentIntent, because it pays an invoice. Void the invoice instead.";
        return Err(ApiError::invalid(400, message).code("payment_intent_unexpected_state").into());
    }
    if intent.status == Status::RequiresCapture && intent.amount_received > 0 {
        let message = "You cannot cancel this PaymentIntent, because a part of it has been captured. Release the rest by a capture with amount_to_capture=0 and final_capture=true.";
        let error = ApiError::invalid(400, message).code("payment_intent_unexpected_state");
        return Err(error.showing("payment_intent", intent.public()?).into());
    }
    if matches!(intent.status, Status::RequiresCapture | Status::Processing) {
        let_go(cx, &intent).await?;
    }
    cash::release(cx, &mut intent).await?;
    intent.end(cx, p.cancellation_reason.map(CancellationReason::from));
    cx.put(&intent);
    cx.emit(CANCELED, &intent);
    done(intent)
}

impl PaymentIntent {
    /// It will not be paid.
    pub(super) fn end(&mut self, cx: &Cx<'_>, reason: Option<CancellationReason>) {
        self.moved();
        self.amount_capturable = 0;
        self.status = Status::Canceled;
        self.canceled_at = Some(cx.now());
        self.cancellation_reason = reason;
    }
}

/// The invoice that it pays is void.
pub(crate) async fn voided(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(mut intent) = cx.get::<PaymentIntent>(id).await? else { return Ok(()) };
    if matches!(intent.status, Status::Succeeded | Status::Canceled) {
        return Ok(());
    }
    if intent.status == Status::Processing {
        let_go(cx, &intent).await?;
    }
    cash::release(cx, &mut intent).await?;
    intent.end(cx, Some(CancellationReason::VoidInvoice));
    cx.put(&intent);
    cx.emit(CANCELED, &intent);
    Ok(())
}

/// What was reserved is let go; a debit that is under way is called back.
async fn let_go(cx: &mut Cx<'_>, intent: &PaymentIntent) -> Result<(), Stop> {
    let Some(latest) = &intent.latest_charge else { return Ok(()) };
    let Some(before) = cx.get::<Charge>(&latest.id).await? else { return Ok(()) };
    if before.status == charge::Status::Pending {
        let message = "The payment was canceled before the bank made it.";
        let mut after = before;
        after.status = charge::Status::Failed;
        after.failure_code = Some("payment_intent_payment_attempt_failed".into());
        after.failure_message = Some(message.into());
        cx.put(&after);
        cx.emit(charge::FAILED, &after);
        return Ok(());
    }
    release(cx, &before).await
}
