//! The answer of a payer who was sent to their bank: the intent moves on.
use super::{
    ConfirmationMethod, FAILED, PaymentIntent, Status,
    confirm::{Ask, confirm, refuse},
};
use crate::payments::payment_method::{Chosen, MethodRef, find};
use api::{Cx, Outcome, Stop, done};
use base::ApiError;
use wire::{Hidden, Optional};

/// The error of a payer who did not prove who they are.
pub(crate) fn not_proven(code: &str) -> ApiError {
    let message = "We are unable to authenticate your payment method. Please choose a different payment method and try again.";
    ApiError::card(code, None, message)
}

/// The intent that a challenge is about, while the payer's answer is awaited.
pub(crate) async fn awaited(cx: &mut Cx<'_>, id: &str, secret: &str) -> Result<Option<PaymentIntent>, Stop> {
    let intent = cx.get::<PaymentIntent>(id).await?;
    Ok(intent.filter(|it| it.status == Status::RequiresAction && it.challenge.0.0.as_deref() == Some(secret)))
}

/// Takes the payer's answer. `None`: no answer is awaited any more.
pub(crate) async fn answer(
    cx: &mut Cx<'_>,
    id: &str,
    secret: &str,
    proven: bool,
) -> Outcome<Option<PaymentIntent>> {
    let awaited = awaited(cx, id, secret).await?;
    let Some(mut intent) = awaited.filter(|it| it.deposits.0.0.is_none()) else { return done(None) };
    let method = intent.payment_method.clone();
    intent.moved();
    if !proven {
        let customer = intent.customer.as_ref().map(|it| it.id.clone());
        let error = not_proven("payment_intent_authentication_failure");
        let Some(MethodRef(method)) = method else {
            intent.waits();
            cx.put(&intent);
            cx.emit(FAILED, &intent);
            return done(Some(intent));
        };
        let means = find(cx, Chosen::Id(method, "payment_method"), customer.as_deref()).await?;
        return done(Some(refuse(cx, intent, means, error).await?.intent));
    }
    intent.authenticated = Hidden(Optional(method.map(|MethodRef(id)| id)));
    if intent.confirmation_method == ConfirmationMethod::Manual {
        intent.status = Status::RequiresConfirmation;
        cx.put(&intent);
        return done(Some(intent));
    }
    // What the bank says of the payment is the intent's business; the payer comes back either way.
    let ask = Ask { use_stripe_sdk: true, ..Ask::default() };
    done(Some(confirm(cx, intent, ask).await?.intent))
}
