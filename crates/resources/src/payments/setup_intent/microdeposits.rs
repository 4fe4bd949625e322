//! A holder tells of the deposits on their bank account, and the setup goes on.
use super::{
    SetupIntent,
    confirm::{End, refuse, succeed, wait},
};
use crate::{
    due,
    payments::{
        charge::means::Means,
        microdeposits::{self, Seen, Verdict, Verify},
        payment_intent::shown::{self, admit, shown},
        payment_method::{Chosen, MethodRef, find},
        setup_attempt::{self, SetupAttempt, begin},
    },
};
use api::{Cx, Outcome, Reply, Stop, Stored, done};
use base::{ApiError, Named as _};
use wire::{Hidden, Optional};

/// The holder has to tell of deposits first.
pub(super) fn ask(cx: &mut Cx<'_>, mut intent: SetupIntent, mut means: Means) -> Result<End, Stop> {
    means.keep(cx);
    let attempt = begin(cx, &intent, &means, setup_attempt::Status::RequiresAction);
    let (secret, deposits, action) = microdeposits::send(cx, &means, &intent.id)?;
    due::later(cx, due::Kind::DepositsEnd, &intent.id, deposits.ends);
    intent.deposits = Hidden(Optional(Some(deposits)));
    Ok(wait(cx, intent, &attempt, (secret, action)))
}

pub(super) async fn verify(cx: &mut Cx<'_>, p: Verify) -> Outcome<Stored> {
    let id = cx.path("id").to_owned();
    let intent: SetupIntent = cx.must("id", &id).await?;
    admit(cx, SetupIntent::NAME, p.client_secret.as_deref(), intent.client_secret.as_deref())?;
    let seen = p.seen()?;
    if intent.deposits.0.0.is_none() {
        let message = format!(
            "This SetupIntent does not wait for microdeposits to be verified: its status is {}.",
            intent.status.as_str()
        );
        let error = ApiError::invalid(400, message).code("setup_intent_unexpected_state");
        return Err(error.showing("setup_intent", intent.public()?).into());
    }
    match told(cx, intent, &seen).await? {
        (intent, None) => done(shown(cx, wire::to_json(&intent).into())?),
        (_, Some(error)) => Ok(Reply::Refused(shown::error(cx, error)?)),
    }
}

/// Takes what the holder tells of the deposits of an intent.
pub(crate) async fn told(cx: &mut Cx<'_>, mut intent: SetupIntent, seen: &Seen) -> Result<End, Stop> {
    let wrong = intent.deposits.0.0.as_ref().map_or(0, |it| it.wrong);
    match seen.judge(wrong) {
        Verdict::Right => {
            let (attempt, mut means) = under_way(cx, &intent).await?;
            means.verified();
            succeed(cx, intent, attempt, means, None).await
        }
        Verdict::Wrong(error) => {
            if let Some(deposits) = &mut intent.deposits.0.0 {
                deposits.wrong += 1;
            }
            cx.put(&intent);
            let error = error.showing("setup_intent", intent.public()?);
            Ok((intent, Some(error)))
        }
        Verdict::Over(error) => over(cx, intent, error).await,
    }
}

async fn over(cx: &mut Cx<'_>, intent: SetupIntent, error: ApiError) -> Result<End, Stop> {
    let (attempt, means) = under_way(cx, &intent).await?;
    refuse(cx, intent, attempt, means, error)
}

/// The attempt, and what is to be made ready.
pub(super) async fn under_way(cx: &mut Cx<'_>, intent: &SetupIntent) -> Result<(SetupAttempt, Means), Stop> {
    let Some(MethodRef(method)) = intent.payment_method.clone() else {
        return Err(api::fault(format!("{} has nothing to be made ready", intent.id)));
    };
    let customer = intent.customer.as_ref().map(|it| it.id.clone());
    let means = find(cx, Chosen::Id(method, "payment_method"), customer.as_deref()).await?;
    let attempt = match &intent.latest_attempt {
        Some(attempt) => cx.get::<SetupAttempt>(&attempt.id).await?,
        None => None,
    };
    let attempt = attempt.unwrap_or_else(|| begin(cx, intent, &means, setup_attempt::Status::RequiresAction));
    Ok((attempt, means))
}

/// The time of the deposits may be over.
pub(crate) async fn end(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(intent) = cx.get::<SetupIntent>(id).await? else { return Ok(()) };
    match intent.deposits.0.0.as_ref().and_then(|it| it.over(cx.now())) {
        Some(error) => over(cx, intent, error).await.map(drop),
        None => Ok(()),
    }
}
