//! The answer of a holder who was sent to their bank: the setup moves on.
use super::{
    SetupIntent, Status,
    confirm::{refuse, succeed},
};
use crate::payments::{
    payment_intent::challenge::not_proven,
    payment_method::{Chosen, MethodRef, challenges, find},
    setup_attempt::{self, SetupAttempt, begin},
};
use api::{Cx, Outcome, Stop, done};

/// The setup that a challenge is about, while the holder's answer is awaited.
pub(crate) async fn awaited(cx: &mut Cx<'_>, id: &str, secret: &str) -> Result<Option<SetupIntent>, Stop> {
    let intent = cx.get::<SetupIntent>(id).await?;
    Ok(intent.filter(|it| it.status == Status::RequiresAction && it.challenge.0.0.as_deref() == Some(secret)))
}

/// Takes the holder's answer. `None`: no answer is awaited any more.
pub(crate) async fn answer(cx: &mut Cx<'_>, id: &str, secret: &str, proven: bool) -> Outcome<Option<SetupIntent>> {
    let Some(intent) = awaited(cx, id, secret).await? else { return done(None) };
    let Some(MethodRef(method)) = intent.payment_method.clone() else { return done(None) };
    let customer = intent.customer.as_ref().map(|it| it.id.clone());
    let means = find(cx, Chosen::Id(method, "payment_method"), customer.as_deref()).await?;
    let attempt = match &intent.latest_attempt {
        Some(attempt) => cx.get::<SetupAttempt>(&attempt.id).await?,
        None => None,
    };
    let attempt =
        attempt.unwrap_or_else(|| begin(cx, &intent, &means, setup_attempt::Status::RequiresAction));
    if !proven {
        let error = not_proven("setup_intent_authentication_failure");
        return done(Some(refuse(cx, intent, attempt, means, error)?.0));
    }
    let how = match challenges::part(cx, &means, true, false)? {
        challenges::Part::Taken(_, how) => how,
        challenges::Part::Wanted | challenges::Part::Refused(_) => None,
    };
    done(Some(succeed(cx, intent, attempt, means, how).await?.0))
}
