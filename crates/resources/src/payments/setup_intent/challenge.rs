//! The answer of a holder who was sent to their bank: the setup moves on.
use super::{
    SetupIntent, Status,
    confirm::{refuse, succeed},
    microdeposits::under_way,
};
use crate::payments::{payment_intent::challenge::not_proven, payment_method::challenges};
use api::{Cx, Outcome, Stop, done};

/// The setup that a challenge is about, while the holder's answer is awaited.
pub(crate) async fn awaited(cx: &mut Cx<'_>, id: &str, secret: &str) -> Result<Option<SetupIntent>, Stop> {
    let intent = cx.get::<SetupIntent>(id).await?;
    Ok(intent.filter(|it| it.status == Status::RequiresAction && it.challenge.0.0.as_deref() == Some(secret)))
}

/// Takes the holder's answer. `None`: no answer is awaited any more.
pub(crate) async fn answer(
    cx: &mut Cx<'_>,
    id: &str,
    secret: &str,
    proven: bool,
) -> Outcome<Option<SetupIntent>> {
    let awaited = awaited(cx, id, secret).await?;
    let Some(intent) = awaited.filter(|it| it.deposits.0.0.is_none()) else { return done(None) };
    if intent.payment_method.is_none() {
        return done(None);
    }
    let (attempt, means) = under_way(cx, &intent).await?;
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
