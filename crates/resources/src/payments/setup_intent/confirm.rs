//! Confirming a setup: the bank is asked, the holder where the bank wants it, and the payment method is kept.
use super::{FAILED, REQUIRES_ACTION, SUCCEEDED, SetupIntent, Status, microdeposits};
use crate::billing::subscription;
use crate::payments::{
    card::refused,
    charge::{
        details::{MethodType, ThreeDSecure},
        means::Means,
    },
    mandate::Acceptance,
    microdeposits as deposits,
    payment_intent::{
        confirm::allowed,
        next_action::{NextAction, challenge},
        options::RequestThreeDSecure,
        problem::{self, Problem},
        types::{needs_return, no_return},
    },
    payment_method::{Chosen, MethodRef, after, challenges, find, mandate_data::agree},
    setup_attempt::{self, SetupAttempt, begin},
};
use acquirer::simulator::{self, Authentication};
use api::{Cx, Stop};
use base::{ApiError, Ref};
use wire::{Hidden, Optional};

/// How a setup is to be confirmed.
#[derive(Debug, Default)]
pub(super) struct Ask {
    /// What to make ready; what the intent has where it is not said.
    pub(super) chosen: Option<Chosen>,
    /// What the holder agreed to.
    pub(super) acceptance: Option<Acceptance>,
    /// Where the holder comes back to.
    pub(super) return_url: Option<String>,
    /// The browser's library handles what the holder has to do.
    pub(super) use_stripe_sdk: bool,
}

/// What became of a confirmation: the intent, and the error where it was refused.
pub(crate) type End = (SetupIntent, Option<ApiError>);

/// Confirms a setup, and writes down what becomes of it. Errors: there is nothing to make ready, or it cannot be used.
pub(super) async fn confirm(cx: &mut Cx<'_>, mut intent: SetupIntent, ask: Ask) -> Result<End, Stop> {
    let kept = intent.payment_method.take().map(|MethodRef(id)| Chosen::Id(id, "payment_method"));
    let Some(chosen) = ask.chosen.or(kept) else {
        let message = "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and confirm it again, or confirm it with a payment method or ConfirmationToken.";
        let error = ApiError::invalid(400, message).code("setup_intent_unexpected_state");
        return Err(error.showing("setup_intent", intent.public()?).into());
    };
    let mut means = find(cx, chosen, intent.customer.as_ref().map(|it| it.id.as_str())).await?;
    allowed(&intent.payment_method_types, &means)?;
    if intent.attach_to_self.0 == Some(true) && means.kind() != MethodType::UsBankAccount {
        let message = "Only a bank account in the United States can be made ready for your own account. Send a payment method of the type us_bank_account.";
        let error = ApiError::invalid(400, message).code("setup_intent_invalid_parameter");
        return Err(error.param("payment_method").into());
    }
    if ask.return_url.is_some() {
        intent.return_url = Hidden(Optional(ask.return_url));
    }
    let can_return = intent.return_url.0.0.is_some() || ask.use_stripe_sdk;
    if needs_return(intent.automatic_payment_methods.as_ref()) && !can_return {
        return Err(no_return().into());
    }
    if let Some(mandate) = agree(cx, &mut means, ask.acceptance, None, None).await? {
        intent.mandate = Some(Ref::to(mandate));
    }
    intent.payment_method = Some(MethodRef(means.id().to_owned()));
    if let Err(error) = admitted(cx, &means)? {
        let attempt = begin(cx, &intent, &means, setup_attempt::Status::Failed);
        return refuse(cx, intent, attempt, means, error);
    }
    let options = intent.payment_method_options.as_ref();
    let verification = options.and_then(|it| it.us_bank_account.0.as_ref()?.verification_method.0);
    if deposits::are_wanted(cx, &means, verification)? {
        return microdeposits::ask(cx, intent, means);
    }
    let wanted = options.and_then(|it| it.card.0.as_ref());
    let wanted = wanted.and_then(|it| it.request_three_d_secure).is_some_and(RequestThreeDSecure::is_wanted);
    // A card that counts as set up need not be set up.
    let part = if is_ready(cx, &means)? {
        challenges::Part::Taken(acquirer::Presence::Unproven, None)
    } else {
        challenges::part(cx, &means, false, wanted)?
    };
    match part {
        challenges::Part::Taken(_, how) => {
            let attempt = begin(cx, &intent, &means, setup_attempt::Status::Succeeded);
            succeed(cx, intent, attempt, means, how).await
        }
        challenges::Part::Refused(error) => {
            let attempt = begin(cx, &intent, &means, setup_attempt::Status::Failed);
            refuse(cx, intent, attempt, means, error)
        }
        challenges::Part::Wanted => {
            means.keep(cx);
            let attempt = begin(cx, &intent, &means, setup_attempt::Status::RequiresAction);
            let return_url = intent.return_url.0.0.clone();
            let asked = challenge(cx, &intent.id, return_url.as_deref(), ask.use_stripe_sdk);
            Ok(wait(cx, intent, &attempt, asked))
        }
    }
}

/// The intent waits for what the holder was asked: under which secret they answer, and what they shall do.
pub(super) fn wait(
    cx: &mut Cx<'_>,
    mut intent: SetupIntent,
    attempt: &SetupAttempt,
    (secret, action): (String, NextAction),
) -> End {
    intent.challenge = Hidden(Optional(Some(secret)));
    intent.next_action = Some(action);
    intent.status = Status::RequiresAction;
    intent.latest_attempt = Some(Ref::to(&attempt.id));
    cx.put(attempt);
    cx.put(&intent);
    cx.emit(REQUIRES_ACTION, &intent);
    (intent, None)
}

/// What the bank says of a card that is kept for later. Live mode has no way to ask without charging.
fn admitted(cx: &Cx<'_>, means: &Means) -> Result<Result<(), ApiError>, Stop> {
    if cx.caller.livemode || means.kind().needs_mandate() {
        return Ok(Ok(()));
    }
    let card = means.network_card(cx)?;
    Ok(simulator::attach_outcome(&card.ask()).map(drop).map_err(|why| refused(cx, why)))
}

fn is_ready(cx: &Cx<'_>, means: &Means) -> Result<bool, Stop> {
    if cx.caller.livemode || means.kind().needs_mandate() {
        return Ok(false);
    }
    let card = means.network_card(cx)?;
    let listed = simulator::find(card.ask().number);
    Ok(listed.is_some_and(|it| it.authentication == Authentication::RequiredOnSession))
}

/// The payment method is ready, and kept where there is a customer to keep it for.
pub(super) async fn succeed(
    cx: &mut Cx<'_>,
    mut intent: SetupIntent,
    mut attempt: SetupAttempt,
    mut means: Means,
    how: Option<ThreeDSecure>,
) -> Result<End, Stop> {
    let customer = intent.customer.as_ref().map(|it| it.id.clone());
    after(cx, &mut means, customer.as_deref(), Some(intent.usage)).await?;
    if intent.attach_to_self.0 == Some(true) {
        means.own();
    }
    means.keep(cx);
    if let Some(card) = &mut attempt.payment_method_details.card.0 {
        card.three_d_secure = how.map(Into::into);
    }
    attempt.status = setup_attempt::Status::Succeeded;
    cx.put(&attempt);
    intent.moved();
    intent.last_setup_error = None;
    intent.latest_attempt = Some(Ref::to(&attempt.id));
    intent.status = Status::Succeeded;
    cx.put(&intent);
    cx.emit(SUCCEEDED, &intent);
    subscription::prepared(cx, &intent).await?;
    Ok((intent, None))
}

/// The attempt failed: the intent waits for something else to make ready.
pub(super) fn refuse(
    cx: &mut Cx<'_>,
    mut intent: SetupIntent,
    mut attempt: SetupAttempt,
    mut means: Means,
    error: ApiError,
) -> Result<End, Stop> {
    means.keep(cx);
    let method = problem::shown(cx, &means)?;
    let problem = Problem::of(&error, Some(method.clone()));
    attempt.status = setup_attempt::Status::Failed;
    attempt.setup_error = Some(problem.clone());
    cx.put(&attempt);
    intent.moved();
    intent.last_setup_error = Some(problem);
    intent.latest_attempt = Some(Ref::to(&attempt.id));
    intent.payment_method = None;
    intent.status = Status::RequiresPaymentMethod;
    cx.put(&intent);
    cx.emit(FAILED, &intent);
    let error = error.showing("payment_method", method).showing("setup_intent", intent.public()?);
    Ok((intent, Some(error)))
}
