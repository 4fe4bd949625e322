//! Confirming an intent: from what to pay with to the money, or to what stands between.
use super::{
    CAPTURABLE, CaptureMethod, ConfirmationMethod, FAILED, PROCESSING, PaymentDetails, PaymentIntent,
    REQUIRES_ACTION, SUCCEEDED, Status,
    amounts::AmountParams,
    cash, create, microdeposits,
    next_action::{NextAction, challenge},
    once::Once,
    options::{MethodOptions, OptionsParams},
    problem::{self, Problem},
    shown::{self, admit, shown},
    types::{Usage, check_return_url, needs_return, no_return},
    update::Kinds,
};
use crate::{
    address::Shipping,
    billing::invoice,
    payments::{
        charge::{
            self,
            details::{MethodType, RadarOptions},
            make::{Made, Order, make},
            means::Means,
            rules,
        },
        confirmation_token, mandate, microdeposits as deposits,
        payment_method::{
            self, Chosen, MethodData, MethodRef, challenges, find,
            mandate_data::{MandateData, agree},
        },
    },
};
use api::{Cx, Object as _, Outcome, Reply, Stop, Stored, done};
use base::{ApiError, Named as _, Ref, Via};
use mandate::{Acceptance, SingleUse};
use wire::{At, Bad, Hidden, Node, Optional, Patch, Shape, Wire};

/// What `POST /v1/payment_intents/{id}/confirm` takes.
#[derive(Debug, Wire)]
pub(super) struct Confirm {
    allowed_payment_method_types: Vec<String>,
    amount_details: Patch<AmountParams>,
    amount_to_confirm: Option<i64>,
    capture_method: Option<CaptureMethod>,
    client_secret: Option<String>,
    confirmation_token: Option<String>,
    error_on_requires_action: Option<bool>,
    excluded_payment_method_types: Vec<String>,
    expected_payment_method_type: Option<String>,
    mandate: Option<String>,
    mandate_data: Option<MandateData>,
    off_session: Option<OffSession>,
    payment_details: Patch<PaymentDetails>,
    payment_method: Option<String>,
    payment_method_data: Option<MethodData>,
    payment_method_options: Option<OptionsParams>,
    radar_options: Option<RadarOptions>,
    receipt_email: Patch<String>,
    return_url: Option<String>,
    setup_future_usage: Patch<Usage>,
    shipping: Patch<Shipping>,
    use_stripe_sdk: Option<bool>,
}

/// `off_session`: whether the payer is away, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OffSession {
    /// They are there.
    No,
    /// They are away.
    Yes,
}

impl OffSession {
    pub(crate) fn is_on(self) -> bool {
        self == OffSession::Yes
    }
}

impl Wire for OffSession {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        if let Some("one_off" | "recurring") = node.and_then(Node::as_str) {
            return Ok(OffSession::Yes);
        }
        bool::read(at, node).map(|yes| if yes { OffSession::Yes } else { OffSession::No })
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.is_on().write(out);
    }
}

/// How an intent is to be confirmed.
#[derive(Debug, Default)]
pub(crate) struct Ask {
    /// What to pay with; what the intent has where it is not said.
    pub(crate) chosen: Option<Chosen>,
    /// What the holder agreed to.
    pub(crate) acceptance: Option<Acceptance>,
    /// Fail rather than ask the payer.
    pub(crate) error_on_requires_action: bool,
    /// The mandate that allows it.
    pub(crate) mandate: Option<String>,
    /// The payer is away.
    pub(crate) off_session: bool,
    /// What is said of a card for this time only.
    pub(crate) once: Once,
    /// Where the payer comes back to.
    pub(crate) return_url: Option<String>,
    /// The browser's library handles what the payer has to do.
    pub(crate) use_stripe_sdk: bool,
    /// The customer has sent all of the money.
    pub(crate) funded: bool,
    /// The payer has proved that the bank account is theirs.
    pub(crate) verified: bool,
}

/// How a confirmation ended; what became of it is written down either way.
pub(crate) struct End {
    /// The intent as it is.
    pub(crate) intent: PaymentIntent,
    /// Why the caller sees an error.
    pub(crate) refused: Option<ApiError>,
}

impl End {
    /// The answer to a caller who sees all of it.
    pub(super) fn reply(self) -> Outcome<PaymentIntent> {
        match self.refused {
            None => done(self.intent),
            Some(error) => Ok(Reply::Refused(error)),
        }
    }
}

/// From which statuses an intent can be confirmed.
const CONFIRMABLE: &[Status] =
    &[Status::RequiresPaymentMethod, Status::RequiresConfirmation, Status::RequiresAction];

pub(super) async fn endpoint(cx: &mut Cx<'_>, mut p: Confirm) -> Outcome<Stored> {
    let id = cx.path("id").to_owned();
    let mut intent: PaymentIntent = cx.must("id", &id).await?;
    admit(cx, PaymentIntent::NAME, p.client_secret.as_deref(), intent.client_secret.as_deref())?;
    if cx.caller.via == Via::PublishableKey {
        only_secret(&p, &intent)?;
    }
    if !CONFIRMABLE.contains(&intent.status) {
        return Err(intent.unexpected("You cannot confirm this PaymentIntent", CONFIRMABLE)?.into());
    }
    if p.amount_to_confirm.is_some_and(|amount| amount != intent.amount) {
        let message = format!(
            "The amount to confirm is not the amount of this PaymentIntent, which is {}.",
            intent.currency.display(intent.amount)
        );
        let error = ApiError::invalid(400, message).code("payment_intent_invalid_parameter");
        return Err(error.param("amount_to_confirm").into());
    }
    check_return_url(p.return_url.as_deref())?;
    let kinds = Kinds { allowed: p.allowed_payment_method_types, excluded: p.excluded_payment_method_types };
    intent.take(cx, kinds, None, false).await?;
    let mut chosen = create::one_of(p.payment_method, p.payment_method_data, p.confirmation_token.is_some())?;
    let mut ask = Ask {
        chosen: None,
        acceptance: p.mandate_data.map(|it| it.accepted(cx)).transpose()?,
        error_on_requires_action: p.error_on_requires_action == Some(true),
        verified: false,
        funded: false,
        mandate: p.mandate,
        off_session: p.off_session.is_some_and(OffSession::is_on),
        once: p.payment_method_options.as_mut().map(OptionsParams::take_once).unwrap_or_default(),
        return_url: p.return_url,
        use_stripe_sdk: p.use_stripe_sdk == Some(true),
    };
    if let Some(token) = p.confirmation_token {
        chosen = Some(confirmation_token::spend(cx, &token, &mut intent, &mut ask).await?);
    }
    ask.chosen = chosen;
    if let Patch::Set(email) = &p.receipt_email {
        rules::receipt_email(Some(email))?;
    }
    if let Patch::Set(shipping) = &p.shipping {
        rules::shipping(Some(shipping))?;
    }
    match p.amount_details {
        Patch::Keep => {}
        Patch::Clear => intent.forget_amount(),
        Patch::Set(sent) => intent.tell_amount(cx, sent, intent.amount)?,
    }
    p.payment_details.apply(&mut intent.payment_details.0);
    p.receipt_email.apply(&mut intent.receipt_email);
    p.shipping.apply(&mut intent.shipping);
    p.setup_future_usage.apply(&mut intent.setup_future_usage);
    intent.capture_method = p.capture_method.unwrap_or(intent.capture_method);
    if let Some(sent) = p.payment_method_options {
        intent.payment_method_options.get_or_insert_default().set(sent);
    }
    if p.radar_options.is_some() {
        intent.radar_options = Hidden(Optional(p.radar_options));
    }
    if let Some(kind) = &p.expected_payment_method_type
        && !intent.payment_method_types.contains(kind)
    {
        let message = format!("This PaymentIntent does not take payment methods of the type {kind}.");
        let error = ApiError::invalid(400, message).code("payment_intent_invalid_parameter");
        return Err(error.param("expected_payment_method_type").into());
    }
    let End { intent, refused } = confirm(cx, intent, ask).await?;
    match refused {
        None => done(shown(cx, wire::to_json(&intent).into())?),
        Some(error) => Ok(Reply::Refused(shown::error(cx, error)?)),
    }
}

/// Refuses what a browser may not decide.
fn only_secret(p: &Confirm, intent: &PaymentIntent) -> Result<(), ApiError> {
    if intent.confirmation_method == ConfirmationMethod::Manual {
        let message = "This PaymentIntent has confirmation_method set to manual, so it can only be confirmed with a secret key. Confirm it on your server.";
        return Err(ApiError::invalid(400, message).code("payment_intent_invalid_parameter"));
    }
    let sent = [
        ("allowed_payment_method_types", !p.allowed_payment_method_types.is_empty()),
        ("amount_details", !matches!(p.amount_details, Patch::Keep)),
        ("excluded_payment_method_types", !p.excluded_payment_method_types.is_empty()),
        ("payment_details", !matches!(p.payment_details, Patch::Keep)),
        ("capture_method", p.capture_method.is_some()),
        ("error_on_requires_action", p.error_on_requires_action.is_some()),
        ("mandate", p.mandate.is_some()),
        ("off_session", p.off_session.is_some()),
        ("radar_options", p.radar_options.is_some()),
    ];
    let Some((name, _)) = sent.iter().find(|(_, sent)| *sent) else { return Ok(()) };
    let message =
        format!("The parameter {name} cannot be passed in with a publishable key. Use a secret key.");
    Err(ApiError::invalid(400, message).code("secret_key_required").param(*name))
}

/// Whether an intent takes a kind of payment method.
pub(crate) fn allowed(kinds: &[String], means: &Means) -> Result<(), ApiError> {
    let kind = means.kind().as_str();
    if kinds.iter().any(|it| it == kind) {
        return Ok(());
    }
    let message = format!(
        "The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: {}. Alternatively update the allowed payment_method_types for this PaymentIntent to include \"{kind}\".",
        kinds.join(", ")
    );
    Err(ApiError::invalid(400, message)
        .code("payment_intent_incompatible_payment_method")
        .param("payment_method"))
}

/// Confirms an intent, and writes down what becomes of it. Errors: there is nothing to pay with, or it cannot be used.
pub(super) async fn confirm(cx: &mut Cx<'_>, mut intent: PaymentIntent, mut ask: Ask) -> Result<End, Stop> {
    let customer = intent.customer.as_ref().map(|it| it.id.clone());
    let kept = intent.payment_method.take().map(|MethodRef(id)| Chosen::Id(id, "payment_method"));
    let Some(chosen) = ask.chosen.take().or(kept) else {
        let message = "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.";
        let error = ApiError::invalid(400, message).code("payment_intent_unexpected_state");
        return Err(error.showing("payment_intent", intent.public()?).into());
    };
    let mut means = find(cx, chosen, customer.as_deref()).await?;
    allowed(&intent.payment_method_types, &means)?;
    ask.once.apply(cx, &mut means).await?;
    if ask.return_url.is_some() {
        check_return_url(ask.return_url.as_deref())?;
        intent.return_url = Hidden(Optional(ask.return_url.take()));
    }
    let can_return = intent.return_url.0.0.is_some() || ask.use_stripe_sdk || ask.off_session;
    if needs_return(intent.automatic_payment_methods.as_ref()) && !can_return {
        return Err(no_return().into());
    }
    let once = intent
        .usage(&means)
        .is_none()
        .then_some(SingleUse { amount: intent.amount, currency: intent.currency });
    agree(cx, &mut means, ask.acceptance.take(), ask.mandate.take(), once).await?;
    intent.payment_method = Some(MethodRef(means.id().to_owned()));
    if ask.verified {
        means.verified();
    }
    if means.kind() != MethodType::CustomerBalance {
        cash::release(cx, &mut intent).await?;
    } else if !ask.funded {
        match cash::pay(cx, intent, means).await? {
            cash::Paid::Whole(whole, with) => (intent, means) = (*whole, with),
            cash::Paid::Ended(end) => return Ok(*end),
        }
    }
    let verification = intent.payment_method_options.as_ref().and_then(|it| it.verification());
    if deposits::are_wanted(cx, &means, verification)? {
        if ask.error_on_requires_action {
            return refuse(cx, intent, means, action_required()).await;
        }
        return microdeposits::ask(cx, intent, means).await;
    }
    let (presence, three_d_secure) = if let Some(part) = ask.part(&means) {
        part
    } else {
        let proven = intent.authenticated.0.0.as_deref() == Some(means.id());
        let wanted = intent.payment_method_options.as_ref().is_some_and(|it| it.wants_cardholder());
        match challenges::part(cx, &means, proven, wanted)? {
            challenges::Part::Taken(presence, how) => (presence, how),
            challenges::Part::Refused(error) => return refuse(cx, intent, means, error).await,
            challenges::Part::Wanted if ask.error_on_requires_action => {
                return refuse(cx, intent, means, action_required()).await;
            }
            challenges::Part::Wanted => return ask_payer(cx, intent, means, ask.use_stripe_sdk).await,
        }
    };
    let order = Order {
        through: (intent.application.as_ref().map(|it| it.id.clone()), intent.platform.0.0.clone()),
        amount: intent.amount,
        currency: intent.currency,
        application_fee_amount: intent.application_fee_amount,
        capture: !intent.is_manual(),
        credential: intent.payment_method_options.as_ref().map_or([None; 2], MethodOptions::credential),
        description: intent.description.clone(),
        metadata: intent.metadata.clone(),
        moto: ask.once.moto == Some(true),
        on_behalf_of: intent.on_behalf_of.as_ref().map(|it| it.id.clone()),
        onward: intent.transfer_data.0.clone().map(Into::into),
        payment_intent: Some(Ref::to(&intent.id)),
        presence,
        radar_options: intent.radar_options.0.0.clone(),
        receipt_email: intent.receipt_email.clone(),
        shipping: intent.shipping.clone(),
        statement_descriptor: intent.statement_descriptor.clone(),
        statement_descriptor_suffix: intent.statement_descriptor_suffix.clone(),
        three_d_secure,
        transfer_group: intent.transfer_group.clone(),
        wanted: intent.payment_method_options.as_ref().map(MethodOptions::wanted).unwrap_or_default(),
    };
    match make(cx, order, means).await? {
        Made::Charged(charge, means) => charged(cx, intent, &charge, means, customer.as_deref()).await,
        Made::Declined(charge, means, error) => {
            intent.latest_charge = Some(Ref::to(charge.id()));
            refuse(cx, intent, means, error).await
        }
    }
}

/// The error of a payment that may not ask the payer.
fn action_required() -> ApiError {
    let message =
        "This payment required an authentication action to complete, but `error_on_requires_action` was set.";
    ApiError::card("authentication_required", None, message)
}

/// The payer's bank wants them to take part.
async fn ask_payer(cx: &mut Cx<'_>, intent: PaymentIntent, mut means: Means, sdk: bool) -> Result<End, Stop> {
    means.keep(cx);
    let asked = challenge(cx, &intent.id, intent.return_url.0.0.as_deref(), sdk);
    wait(cx, intent, asked).await
}

/// The intent waits for what the payer was asked: under which secret they answer, and what they shall do.
pub(super) async fn wait(
    cx: &mut Cx<'_>,
    mut intent: PaymentIntent,
    (secret, action): (String, NextAction),
) -> Result<End, Stop> {
    intent.challenge = Hidden(Optional(Some(secret)));
    intent.next_action = Some(action);
    intent.status = Status::RequiresAction;
    cx.put(&intent);
    cx.emit(REQUIRES_ACTION, &intent);
    invoice::followed(cx, &intent).await?;
    Ok(End { intent, refused: None })
}

/// The attempt failed: the intent waits for something else to pay with.
pub(super) async fn refuse(
    cx: &mut Cx<'_>,
    mut intent: PaymentIntent,
    mut means: Means,
    error: ApiError,
) -> Result<End, Stop> {
    means.keep(cx);
    let method = problem::shown(cx, &means)?;
    intent.last_payment_error = Some(Problem::of(&error, Some(method.clone())));
    intent.waits();
    cx.put(&intent);
    cx.emit(FAILED, &intent);
    invoice::followed(cx, &intent).await?;
    let error = error.showing("payment_intent", intent.public()?).showing("payment_method", method);
    Ok(End { intent, refused: Some(error) })
}

impl PaymentIntent {
    /// What its payment method is kept for.
    fn usage(&self, means: &Means) -> Option<Usage> {
        let usual = self.setup_future_usage;
        self.payment_method_options.as_ref().map_or(usual, |it| it.usage(means.kind().as_str(), usual))
    }
    /// It waits for something to pay with.
    pub(super) fn waits(&mut self) {
        self.status = Status::RequiresPaymentMethod;
        self.payment_method = None;
        self.moved();
    }
    /// What the payer had to do is over.
    pub(super) fn moved(&mut self) {
        self.next_action = None;
        self.challenge = Hidden(Optional(None));
        self.authenticated = Hidden(Optional(None));
        self.deposits = Hidden(Optional(None));
    }
}

/// The charge succeeded or is under way: the payment method is kept or used up, and the intent moves on.
async fn charged(
    cx: &mut Cx<'_>,
    mut intent: PaymentIntent,
    charge: &charge::Charge,
    mut means: Means,
    customer: Option<&str>,
) -> Result<End, Stop> {
    let usage = intent.usage(&means);
    payment_method::after(cx, &mut means, customer, usage).await?;
    means.keep(cx);
    intent.latest_charge = Some(Ref::to(charge.id()));
    intent.last_payment_error = None;
    intent.moved();
    let event = if charge.status == charge::Status::Pending {
        intent.status = Status::Processing;
        PROCESSING
    } else if charge.captured {
        intent.status = Status::Succeeded;
        intent.amount_received = charge.amount_captured;
        SUCCEEDED
    } else {
        intent.status = Status::RequiresCapture;
        intent.amount_capturable = charge.amount;
        CAPTURABLE
    };
    cx.put(&intent);
    cx.emit(event, &intent);
    invoice::followed(cx, &intent).await?;
    Ok(End { intent, refused: None })
}
