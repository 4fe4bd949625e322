//! `/v1/setup_intents`.
use super::{
    CANCELED, CREATED, CancellationReason, Direction, SetupBank, SetupCard, SetupIntent, SetupOptions,
    Status,
    confirm::{self, Ask},
    microdeposits,
};
use crate::payments::{
    charge::{rules, terms::Terms},
    confirmation_token,
    customer::{Customer, CustomerAccount},
    payment_intent::{
        confirm::allowed,
        one_of,
        options::{Empty, Network, RequestThreeDSecure, Verification},
        shown::{admit, new_secret, shown},
        types::{self, Automatic, Resolved, Usage, check_return_url},
    },
    payment_method::{Chosen, MethodData, MethodRef, find, mandate_data::MandateData},
    setup_attempt::{self, SetupAttempt},
};
use api::{Cx, Endpoint, Outcome, Page, Range, Reply, Stop, Stored, done};
use base::{ApiError, MetadataPatch, Named as _, Ref, Timestamp, Via};
use wire::{Hidden, Optional, Wire};

#[rustfmt::skip]
pub(super) fn endpoints() -> Vec<Endpoint> {
    const NOUN: &str = SetupIntent::NAME;
    vec![
        Endpoint::new("POST", "/v1/setup_intents", NOUN, |cx, p| Box::pin(create(cx, p))),
        Endpoint::list::<List>("/v1/setup_intents", NOUN, |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("GET", "/v1/setup_intents/{id}", NOUN, |cx, p| Box::pin(retrieve(cx, p))).public(),
        Endpoint::new("POST", "/v1/setup_intents/{id}", NOUN, |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("POST", "/v1/setup_intents/{id}/cancel", NOUN, |cx, p| Box::pin(cancel(cx, p))),
        Endpoint::new("POST", "/v1/setup_intents/{id}/confirm", NOUN, |cx, p| Box::pin(confirm_it(cx, p))).public(),
        Endpoint::new("POST", "/v1/setup_intents/{id}/verify_microdeposits", NOUN, |cx, p| Box::pin(microdeposits::verify(cx, p))).public(),
    ]
}

/// What `POST /v1/setup_intents` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    allowed_payment_method_types: Vec<String>,
    attach_to_self: Option<bool>,
    automatic_payment_methods: Option<Automatic>,
    confirm: Option<bool>,
    confirmation_token: Option<String>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    description: Option<String>,
    excluded_payment_method_types: Vec<String>,
    flow_directions: Option<Vec<Direction>>,
    mandate_data: Option<MandateData>,
    metadata: MetadataPatch,
    on_behalf_of: Option<String>,
    payment_method: Option<String>,
    payment_method_configuration: Option<String>,
    payment_method_data: Option<MethodData>,
    payment_method_options: Option<OptionsParams>,
    return_url: Option<String>,
    usage: Option<Usage>,
    use_stripe_sdk: Option<bool>,
}

/// What `POST /v1/setup_intents/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    allowed_payment_method_types: Vec<String>,
    attach_to_self: Option<bool>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    description: Option<String>,
    excluded_payment_method_types: Vec<String>,
    flow_directions: Option<Vec<Direction>>,
    metadata: MetadataPatch,
    payment_method: Option<String>,
    payment_method_configuration: Option<String>,
    payment_method_data: Option<MethodData>,
    payment_method_options: Option<OptionsParams>,
}

/// What `POST /v1/setup_intents/{id}/confirm` takes.
#[derive(Debug, Wire)]
pub(super) struct Confirm {
    allowed_payment_method_types: Vec<String>,
    client_secret: Option<String>,
    confirmation_token: Option<String>,
    expected_payment_method_type: Option<String>,
    mandate_data: Option<MandateData>,
    payment_method: Option<String>,
    payment_method_data: Option<MethodData>,
    payment_method_options: Option<OptionsParams>,
    return_url: Option<String>,
    use_stripe_sdk: Option<bool>,
}

/// What `POST /v1/setup_intents/{id}/cancel` takes.
#[derive(Debug, Wire)]
pub(super) struct Cancel {
    cancellation_reason: Option<CancellationReason>,
}

/// What `GET /v1/setup_intents/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Retrieve {
    client_secret: Option<String>,
}

/// What `GET /v1/setup_intents` filters by.
#[derive(Debug, Wire)]
pub(super) struct List {
    attach_to_self: Option<bool>,
    created: Option<Range>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    payment_method: Option<String>,
}

/// `payment_method_options` as sent.
#[derive(Debug, Wire)]
struct OptionsParams {
    card: Option<CardParams>,
    us_bank_account: Option<BankParams>,
}

#[derive(Debug, Wire)]
struct CardParams {
    network: Option<Network>,
    request_three_d_secure: Option<RequestThreeDSecure>,
}

#[derive(Debug, Wire)]
struct BankParams {
    verification_method: Option<Verification>,
}

const CARD: SetupCard = SetupCard {
    mandate_options: None,
    network: None,
    request_three_d_secure: Some(RequestThreeDSecure::Automatic),
};

impl SetupOptions {
    /// What holds for these kinds where nobody says anything.
    fn usual(kinds: &[String]) -> Self {
        let has = |kind: &str| kinds.iter().any(|it| it == kind);
        let bank = SetupBank { verification_method: Optional(Some(Verification::Automatic)) };
        SetupOptions {
            card: Optional(has("card").then_some(CARD)),
            sepa_debit: Optional(has("sepa_debit").then_some(Empty {})),
            us_bank_account: Optional(has("us_bank_account").then_some(bank)),
        }
    }
    fn set(&mut self, p: OptionsParams) {
        if let Some(sent) = p.card {
            let card = self.card.0.get_or_insert(CARD);
            card.network = sent.network.or(card.network);
            card.request_three_d_secure = sent.request_three_d_secure.or(card.request_three_d_secure);
        }
        if let Some(sent) = p.us_bank_account {
            let bank =
                self.us_bank_account.0.get_or_insert(SetupBank { verification_method: Optional(None) });
            bank.verification_method = Optional(sent.verification_method.or(bank.verification_method.0));
        }
    }
}

async fn customer(cx: &Cx<'_>, id: Option<&String>) -> Result<(), Stop> {
    match id {
        Some(id) if cx.peek::<Customer>(id).await?.is_none() => {
            Err(ApiError::no_such(Customer::NAME, id, "customer").into())
        }
        _ => Ok(()),
    }
}

/// One of which nothing is said but what kinds of payment methods it can make ready.
fn blank(cx: &Cx<'_>, kinds: Vec<String>) -> SetupIntent {
    let id = cx.new_id::<SetupIntent>();
    SetupIntent {
        object: SetupIntent::NAME.into(),
        allowed_payment_method_types: None,
        application: cx.caller.application.as_deref().map(Ref::to),
        attach_to_self: Optional(None),
        automatic_payment_methods: None,
        cancellation_reason: None,
        client_secret: Some(new_secret(cx, &id)),
        created: cx.now(),
        customer: None,
        customer_account: None,
        description: None,
        excluded_payment_method_types: None,
        flow_directions: None,
        last_setup_error: None,
        latest_attempt: None,
        livemode: cx.caller.livemode,
        mandate: None,
        metadata: Default::default(),
        next_action: None,
        on_behalf_of: None,
        payment_method: None,
        payment_method_configuration_details: None,
        payment_method_options: Some(SetupOptions::usual(&kinds)),
        payment_method_types: kinds,
        single_use_mandate: None,
        status: Status::RequiresPaymentMethod,
        usage: Usage::OffSession,
        return_url: Hidden(Optional(None)),
        challenge: Hidden(Optional(None)),
        deposits: Hidden(Optional(None)),
        subscription: Hidden(Optional(None)),
        id,
    }
}

/// Makes the one by which a customer can get ready what a subscription is paid with; returns its id.
pub(crate) async fn for_subscription(
    cx: &mut Cx<'_>,
    customer: &str,
    subscription: &str,
) -> Result<String, Stop> {
    let Resolved { kinds, configuration, .. } = types::resolve(cx, &[], None, None, None).await?;
    let intent = SetupIntent {
        customer: Some(Ref::to(customer)),
        payment_method_configuration_details: configuration,
        subscription: Hidden(Optional(Some(subscription.to_owned()))),
        ..blank(cx, kinds)
    };
    cx.put(&intent);
    cx.emit(CREATED, &intent);
    Ok(intent.id)
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<SetupIntent> {
    let mut chosen = one_of(p.payment_method, p.payment_method_data, p.confirmation_token.is_some())?;
    let mut ask = Ask {
        chosen: None,
        acceptance: p.mandate_data.map(|it| it.accepted(cx)).transpose()?,
        return_url: p.return_url,
        use_stripe_sdk: p.use_stripe_sdk == Some(true),
    };
    let confirms = p.confirm == Some(true);
    if !confirms {
        let sent = [
            ("confirmation_token", p.confirmation_token.is_some()),
            ("mandate_data", ask.acceptance.is_some()),
            ("return_url", ask.return_url.is_some()),
        ];
        if let Some((name, _)) = sent.iter().find(|(_, sent)| *sent) {
            let message =
                format!("You can only pass in {name} together with confirm=true, or when you confirm.");
            let error = ApiError::invalid(400, message).code("setup_intent_invalid_parameter");
            return Err(error.param(*name).into());
        }
    }
    rules::description(p.description.as_deref())?;
    check_return_url(ask.return_url.as_deref())?;
    customer(cx, p.customer.as_ref()).await?;
    Terms::made_for(cx, p.on_behalf_of.as_deref()).await?;
    types::one_way(&p.allowed_payment_method_types, &p.excluded_payment_method_types)?;
    let named = &p.allowed_payment_method_types;
    let configuration = p.payment_method_configuration.as_deref();
    let Resolved { kinds, automatic, configuration } =
        types::resolve(cx, named, p.automatic_payment_methods, None, configuration).await?;
    let kinds = types::without(kinds, &p.excluded_payment_method_types)?;
    let mut options = SetupOptions::usual(&kinds);
    if let Some(sent) = p.payment_method_options {
        options.set(sent);
    }
    let mut intent = SetupIntent {
        allowed_payment_method_types: Some(p.allowed_payment_method_types).filter(|it| !it.is_empty()),
        attach_to_self: Optional(p.attach_to_self),
        automatic_payment_methods: automatic,
        customer: p.customer.map(Ref::to),
        description: p.description,
        excluded_payment_method_types: Some(p.excluded_payment_method_types).filter(|it| !it.is_empty()),
        flow_directions: p.flow_directions,
        metadata: p.metadata.fresh()?,
        on_behalf_of: p.on_behalf_of.map(Ref::to),
        payment_method_configuration_details: configuration,
        payment_method_options: Some(options),
        usage: p.usage.unwrap_or(Usage::OffSession),
        ..blank(cx, kinds)
    };
    intent.check_own()?;
    if !confirms {
        if let Some(chosen) = chosen {
            choose(cx, &mut intent, chosen).await?;
        }
        cx.put(&intent);
        cx.emit(CREATED, &intent);
        return done(intent);
    }
    if let Some(token) = p.confirmation_token {
        chosen = Some(spend(cx, &token, &mut intent, &mut ask).await?);
    }
    ask.chosen = chosen;
    cx.emit(CREATED, &intent);
    let (intent, refused) = confirm::confirm(cx, intent, ask).await?;
    match refused {
        None => done(intent),
        Some(error) => Ok(Reply::Refused(error)),
    }
}

impl SetupIntent {
    /// What is the account's own is nobody else's. Errors: it is a customer's, too; directions are said of anything else.
    fn check_own(&self) -> Result<(), ApiError> {
        let own = self.attach_to_self.0 == Some(true);
        let refuse = |param: &str, message: &str| {
            Err(ApiError::invalid(400, message).code("setup_intent_invalid_parameter").param(param))
        };
        if own && self.customer.is_some() {
            return refuse(
                "attach_to_self",
                "attach_to_self is for a payment method of your own account, so it cannot be true together with a customer.",
            );
        }
        if self.flow_directions.is_some() && !own {
            return refuse(
                "flow_directions",
                "You can only send flow_directions together with attach_to_self=true.",
            );
        }
        Ok(())
    }
    /// Takes other kinds of payment methods, where something was said of them: those that may be offered, and those that
    /// may not. Errors: both ways were said; a kind is none; none is left.
    async fn take(
        &mut self,
        cx: &mut Cx<'_>,
        (allowed, excluded): (Vec<String>, Vec<String>),
        configuration: Option<String>,
    ) -> Result<(), Stop> {
        types::one_way(&allowed, &excluded)?;
        if allowed.is_empty() && excluded.is_empty() && configuration.is_none() {
            return Ok(());
        }
        let only_excludes = allowed.is_empty() && configuration.is_none();
        if !only_excludes {
            let found = types::resolve(cx, &allowed, None, None, configuration.as_deref()).await?;
            (self.payment_method_types, self.automatic_payment_methods) = (found.kinds, found.automatic);
            self.payment_method_configuration_details = found.configuration;
            self.allowed_payment_method_types = Some(allowed).filter(|it| !it.is_empty());
        }
        self.payment_method_types =
            types::without(std::mem::take(&mut self.payment_method_types), &excluded)?;
        self.excluded_payment_method_types = Some(excluded).filter(|it| !it.is_empty());
        self.payment_method_options = Some(SetupOptions::usual(&self.payment_method_types));
        Ok(())
    }
}

/// Notes what is to be made ready.
async fn choose(cx: &mut Cx<'_>, intent: &mut SetupIntent, chosen: Chosen) -> Result<(), Stop> {
    let mut means = find(cx, chosen, intent.customer.as_ref().map(|it| it.id.as_str())).await?;
    allowed(&intent.payment_method_types, &means)?;
    means.keep(cx);
    intent.moved();
    intent.payment_method = Some(MethodRef(means.id().to_owned()));
    intent.status = Status::RequiresConfirmation;
    Ok(())
}

/// Takes over what a confirmation token collected; answers what is to be made ready.
async fn spend(cx: &mut Cx<'_>, id: &str, intent: &mut SetupIntent, ask: &mut Ask) -> Result<Chosen, Stop> {
    let used_for = intent.id.clone();
    let token = confirmation_token::take(cx, id, |token| token.setup_intent = Some(used_for)).await?;
    ask.use_stripe_sdk |= token.use_stripe_sdk && ask.return_url.is_none() && token.return_url.is_none();
    ask.return_url = ask.return_url.take().or(token.return_url.clone());
    ask.acceptance = ask.acceptance.take().or(token.mandate_data.0.clone().map(|it| it.customer_acceptance));
    intent.usage = token.setup_future_usage.unwrap_or(intent.usage);
    token.chosen()
}

/// While it stands so, it can be changed and given up.
const OPEN: &[Status] =
    &[Status::RequiresPaymentMethod, Status::RequiresConfirmation, Status::RequiresAction];

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<SetupIntent> {
    let id = cx.path("id").to_owned();
    let mut intent: SetupIntent = cx.must("id", &id).await?;
    let sent = [
        ("customer", p.customer.is_some()),
        ("payment_method", p.payment_method.is_some()),
        ("payment_method_data", p.payment_method_data.is_some()),
        ("payment_method_options", p.payment_method_options.is_some()),
        ("allowed_payment_method_types", !p.allowed_payment_method_types.is_empty()),
        ("attach_to_self", p.attach_to_self.is_some()),
        ("excluded_payment_method_types", !p.excluded_payment_method_types.is_empty()),
        ("flow_directions", p.flow_directions.is_some()),
    ];
    if !OPEN.contains(&intent.status)
        && let Some((name, _)) = sent.iter().find(|(_, sent)| *sent)
    {
        let error = intent.unexpected(&format!("This SetupIntent's {name} could not be updated"), OPEN)?;
        return Err(error.param(*name).into());
    }
    rules::description(p.description.as_deref())?;
    customer(cx, p.customer.as_ref()).await?;
    intent.customer = p.customer.map(Ref::to).or(intent.customer);
    intent.description = p.description.or(intent.description);
    p.metadata.apply(&mut intent.metadata)?;
    intent.attach_to_self = Optional(p.attach_to_self.or(intent.attach_to_self.0));
    intent.flow_directions = p.flow_directions.or(intent.flow_directions);
    intent.check_own()?;
    let lists = (p.allowed_payment_method_types, p.excluded_payment_method_types);
    intent.take(cx, lists, p.payment_method_configuration).await?;
    if let Some(sent) = p.payment_method_options {
        intent.payment_method_options.get_or_insert_default().set(sent);
    }
    if let Some(chosen) = one_of(p.payment_method, p.payment_method_data, false)? {
        choose(cx, &mut intent, chosen).await?;
    }
    cx.put(&intent);
    done(intent)
}

async fn confirm_it(cx: &mut Cx<'_>, p: Confirm) -> Outcome<Stored> {
    let id = cx.path("id").to_owned();
    let mut intent: SetupIntent = cx.must("id", &id).await?;
    admit(cx, SetupIntent::NAME, p.client_secret.as_deref(), intent.client_secret.as_deref())?;
    if !OPEN.contains(&intent.status) {
        return Err(intent.unexpected("You cannot confirm this SetupIntent", OPEN)?.into());
    }
    check_return_url(p.return_url.as_deref())?;
    if cx.caller.via == Via::PublishableKey && !p.allowed_payment_method_types.is_empty() {
        let message = "The parameter allowed_payment_method_types cannot be passed in with a publishable key. Use a secret key.";
        let error = ApiError::invalid(400, message).code("secret_key_required");
        return Err(error.param("allowed_payment_method_types").into());
    }
    intent.take(cx, (p.allowed_payment_method_types, Vec::new()), None).await?;
    let mut chosen = one_of(p.payment_method, p.payment_method_data, p.confirmation_token.is_some())?;
    let mut ask = Ask {
        chosen: None,
        acceptance: p.mandate_data.map(|it| it.accepted(cx)).transpose()?,
        return_url: p.return_url,
        use_stripe_sdk: p.use_stripe_sdk == Some(true),
    };
    if let Some(token) = p.confirmation_token {
        chosen = Some(spend(cx, &token, &mut intent, &mut ask).await?);
    }
    ask.chosen = chosen;
    if let Some(sent) = p.payment_method_options {
        intent.payment_method_options.get_or_insert_default().set(sent);
    }
    if let Some(kind) = &p.expected_payment_method_type
        && !intent.payment_method_types.contains(kind)
    {
        let message = format!("This SetupIntent does not take payment methods of the type {kind}.");
        let error = ApiError::invalid(400, message).code("setup_intent_invalid_parameter");
        return Err(error.param("expected_payment_method_type").into());
    }
    let (intent, refused) = confirm::confirm(cx, intent, ask).await?;
    match refused {
        None => done(shown(cx, wire::to_json(&intent).into())?),
        Some(error) => Ok(Reply::Refused(crate::payments::payment_intent::shown::error(cx, error)?)),
    }
}

async fn cancel(cx: &mut Cx<'_>, p: Cancel) -> Outcome<SetupIntent> {
    let id = cx.path("id").to_owned();
    let mut intent: SetupIntent = cx.must("id", &id).await?;
    if !OPEN.contains(&intent.status) {
        return Err(intent.unexpected("You cannot cancel this SetupIntent", OPEN)?.into());
    }
    if let Some(attempt) = &intent.latest_attempt
        && let Some(mut attempt) = cx.get::<SetupAttempt>(&attempt.id).await?
        && attempt.status == setup_attempt::Status::RequiresAction
    {
        attempt.status = setup_attempt::Status::Abandoned;
        cx.put(&attempt);
    }
    intent.moved();
    intent.status = Status::Canceled;
    intent.cancellation_reason = p.cancellation_reason;
    cx.put(&intent);
    cx.emit(CANCELED, &intent);
    done(intent)
}

async fn retrieve(cx: &mut Cx<'_>, p: Retrieve) -> Outcome<Stored> {
    let id = cx.path("id");
    let missing = || ApiError::no_such(SetupIntent::NAME, id, "id");
    if id.len() > 255 || id.contains('/') {
        return Err(missing().into());
    }
    let doc = cx.world.store.get(&cx.key::<SetupIntent>(id)).await?.ok_or_else(missing)?;
    if p.client_secret.is_some() || cx.caller.via == Via::PublishableKey {
        let intent = cx.peek::<SetupIntent>(id).await?.ok_or_else(missing)?;
        admit(cx, SetupIntent::NAME, p.client_secret.as_deref(), intent.client_secret.as_deref())?;
    }
    done(shown(cx, doc.public())?)
}

/// What a filter looks at.
#[derive(Debug, Wire)]
struct Seen {
    attach_to_self: Option<bool>,
    created: Timestamp,
    payment_method: Option<String>,
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { attach_to_self, created, customer, payment_method, .. } = p;
    let by = match (&customer, &payment_method) {
        (Some(customer), _) => Some((Customer::NAME, customer.clone())),
        (None, Some(method)) => Some(("payment_method", method.clone())),
        (None, None) => None,
    };
    cx.page_where::<SetupIntent>(by, move |doc| {
        (attach_to_self.is_none() && created.is_none() && payment_method.is_none())
            || wire::from_json::<Seen>(&doc.body).is_ok_and(|it| {
                created.is_none_or(|range| range.holds(it.created.0))
                    && attach_to_self.is_none_or(|own| own == (it.attach_to_self == Some(true)))
                    && (payment_method.is_none() || payment_method == it.payment_method)
            })
    })
    .await
}
