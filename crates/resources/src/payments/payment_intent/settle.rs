//! What becomes of an intent later, with its charge.
use super::{CANCELED, CancellationReason, FAILED, PaymentIntent, SUCCEEDED, Status, problem::Problem};
use crate::{
    billing::invoice,
    payments::{charge::Charge, payment_method::PaymentMethod},
};
use api::{Cx, Stop};
use base::ApiError;

/// The intent of a charge, while that is its last attempt.
async fn of(cx: &mut Cx<'_>, charge: &Charge) -> Result<Option<PaymentIntent>, Stop> {
    let Some(intent) = &charge.payment_intent else { return Ok(None) };
    let id = intent.id.clone();
    let intent = cx.get::<PaymentIntent>(&id).await?;
    Ok(intent.filter(|it| it.latest_charge.as_ref().is_some_and(|latest| latest.id == charge.id)))
}

/// The debit came in, or what was taken of a reservation is all that will be.
pub(crate) async fn succeeded(cx: &mut Cx<'_>, charge: &Charge) -> Result<(), Stop> {
    let Some(mut intent) = of(cx, charge).await? else { return Ok(()) };
    intent.status = Status::Succeeded;
    intent.amount_capturable = 0;
    intent.amount_received = charge.amount_captured;
    cx.put(&intent);
    cx.emit(SUCCEEDED, &intent);
    invoice::followed(cx, &intent).await
}

/// The debit failed.
pub(crate) async fn failed(cx: &mut Cx<'_>, charge: &Charge, error: ApiError) -> Result<(), Stop> {
    let Some(mut intent) = of(cx, charge).await? else { return Ok(()) };
    let method = match &charge.payment_method {
        Some(id) => cx.peek::<PaymentMethod>(id).await?,
        None => None,
    };
    let method = method.map(|it| it.public()).transpose()?;
    intent.last_payment_error = Some(Problem::of(&error, method));
    intent.waits();
    cx.put(&intent);
    cx.emit(FAILED, &intent);
    invoice::followed(cx, &intent).await
}

/// What was reserved was not taken in time.
pub(crate) async fn expired(cx: &mut Cx<'_>, charge: &Charge) -> Result<(), Stop> {
    let Some(mut intent) = of(cx, charge).await? else { return Ok(()) };
    intent.end(cx, Some(CancellationReason::Automatic));
    cx.put(&intent);
    cx.emit(CANCELED, &intent);
    Ok(())
}
