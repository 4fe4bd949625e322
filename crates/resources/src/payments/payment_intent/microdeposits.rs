//! A payer tells of the deposits on their bank account, and the payment goes on.
use super::{
    PaymentIntent,
    confirm::{Ask, End, confirm, refuse, wait},
    shown::{self, admit, shown},
};
use crate::{
    due,
    payments::{
        charge::means::Means,
        microdeposits::{self, Seen, Verdict, Verify},
        payment_method::{Chosen, MethodRef, find},
    },
};
use api::{Cx, Outcome, Reply, Stop, Stored, done};
use base::{ApiError, Named as _};
use wire::{Hidden, Optional};

/// The payer has to tell of deposits first.
pub(super) async fn ask(cx: &mut Cx<'_>, mut intent: PaymentIntent, mut means: Means) -> Result<End, Stop> {
    means.keep(cx);
    let (secret, deposits, action) = microdeposits::send(cx, &means, &intent.id)?;
    due::later(cx, due::Kind::DepositsEnd, &intent.id, deposits.ends);
    intent.deposits = Hidden(Optional(Some(deposits)));
    wait(cx, intent, (secret, action)).await
}

pub(super) async fn verify(cx: &mut Cx<'_>, p: Verify) -> Outcome<Stored> {
    let id = cx.path("id").to_owned();
    let intent: PaymentIntent = cx.must("id", &id).await?;
    admit(cx, PaymentIntent::NAME, p.client_secret.as_deref(), intent.client_secret.as_deref())?;
    let seen = p.seen()?;
    if intent.deposits.0.0.is_none() {
        let message = format!(
            "This PaymentIntent does not wait for microdeposits to be verified: its status is {}.",
            intent.status.as_str()
        );
        let error = ApiError::invalid(400, message).code("payment_intent_unexpected_state");
        return Err(error.showing("payment_intent", intent.public()?).into());
    }
    let End { intent, refused } = told(cx, intent, &seen).await?;
    match refused {
        None => done(shown(cx, wire::to_json(&intent).into())?),
        Some(error) => Ok(Reply::Refused(shown::error(cx, error)?)),
    }
}

/// Takes what the payer tells of the deposits of an intent.
pub(crate) async fn told(cx: &mut Cx<'_>, mut intent: PaymentIntent, seen: &Seen) -> Result<End, Stop> {
    let wrong = intent.deposits.0.0.as_ref().map_or(0, |it| it.wrong);
    match seen.judge(wrong) {
        Verdict::Right => {
            intent.moved();
            let ask = Ask { verified: true, use_stripe_sdk: true, ..Ask::default() };
            confirm(cx, intent, ask).await
        }
        Verdict::Wrong(error) => {
            if let Some(deposits) = &mut intent.deposits.0.0 {
                deposits.wrong += 1;
            }
            cx.put(&intent);
            let error = error.showing("payment_intent", intent.public()?);
            Ok(End { intent, refused: Some(error) })
        }
        Verdict::Over(error) => over(cx, intent, error).await,
    }
}

async fn over(cx: &mut Cx<'_>, intent: PaymentIntent, error: ApiError) -> Result<End, Stop> {
    let Some(MethodRef(method)) = intent.payment_method.clone() else {
        return Err(api::fault(format!("{} has nothing to be verified", intent.id)));
    };
    let customer = intent.customer.as_ref().map(|it| it.id.clone());
    let means = find(cx, Chosen::Id(method, "payment_method"), customer.as_deref()).await?;
    refuse(cx, intent, means, error).await
}

/// The time of the deposits may be over.
pub(crate) async fn end(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(intent) = cx.get::<PaymentIntent>(id).await? else { return Ok(()) };
    match intent.deposits.0.0.as_ref().and_then(|it| it.over(cx.now())) {
        Some(error) => over(cx, intent, error).await.map(drop),
        None => Ok(()),
    }
}
