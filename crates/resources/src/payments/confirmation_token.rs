//! Confirmation tokens: what a browser collected for one confirmation (API page "Confirmation Tokens").
use crate::{
    address::Shipping,
    payments::{
        charge::{details::BillingDetails, means::Means, rules},
        mandate::Acceptance,
        payment_intent::{
            PaymentIntent,
            confirm::Ask,
            types::{Usage, check_return_url},
        },
        payment_method::{
            AllowRedisplay, Chosen, MethodCard, MethodData, MethodType, PaymentMethod, SepaDebit,
            UsBankAccount, find, mandate_data::MandateData,
        },
    },
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Stop, done};
use base::{ApiError, Metadata, Named, Ref, Timestamp, Via};
use wire::{Hidden, Optional, Raw, Wire};

/// What a browser collected for one confirmation.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ConfirmationToken {
    /// `ctoken_…`.
    pub id: String,
    /// `confirmation_token`.
    pub object: String,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it can be used.
    pub expires_at: Option<Timestamp>,
    /// Live or test.
    pub livemode: bool,
    /// What the holder agreed to.
    pub mandate_data: Optional<TokenMandate>,
    /// The keys and values that a payment method made of it gets.
    pub metadata: Option<Metadata>,
    /// The payment that it was used for.
    pub payment_intent: Option<String>,
    /// What was said for the kind of its payment method.
    pub payment_method_options: Option<Raw>,
    /// What is paid with.
    pub payment_method_preview: Option<Preview>,
    /// Where the payer comes back to.
    pub return_url: Option<String>,
    /// Whether the payment method is kept for later.
    pub setup_future_usage: Option<Usage>,
    /// The setup that it was used for.
    pub setup_intent: Option<String>,
    /// Where goods are sent.
    pub shipping: Option<TokenShipping>,
    /// Whether the browser's library handles what the payer has to do.
    pub use_stripe_sdk: bool,
    /// The payment method as it will be.
    pub method: Hidden<Optional<Held>>,
}

/// What the holder agreed to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TokenMandate {
    /// How.
    pub customer_acceptance: Acceptance,
}

/// The payment method of a token: typed, with its sealed number, or the id of a kept one.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Held {
    /// `pm_…`.
    pub id: String,
}

/// Where goods are sent.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TokenShipping {
    /// Where.
    pub address: crate::address::Address,
    /// To whom.
    pub name: String,
    /// Their telephone number.
    pub phone: Option<String>,
}

/// What a payment method made of a token will be.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Preview {
    /// Whether it may be shown again.
    pub allow_redisplay: Optional<AllowRedisplay>,
    /// Who pays.
    pub billing_details: BillingDetails,
    /// The card.
    pub card: Optional<MethodCard>,
    /// Whose it is.
    pub customer: Option<Ref<crate::payments::customer::Customer>>,
    /// The same as an account.
    pub customer_account: Option<String>,
    /// The bank account in the euro area.
    pub sepa_debit: Optional<SepaDebit>,
    /// Which of its kinds it is.
    pub r#type: MethodType,
    /// The bank account in the United States.
    pub us_bank_account: Optional<UsBankAccount>,
}

impl Named for ConfirmationToken {
    const NAME: &'static str = "confirmation_token";
    const PREFIX: &'static str = "ctoken";
}
impl Object for ConfirmationToken {
    fn id(&self) -> &str {
        &self.id
    }
    /// It is known for a while after it can be used.
    fn expires(&self) -> Option<i64> {
        Some(self.created.plus(KEPT).0)
    }
}

/// How long a token can be used, in seconds.
const USABLE: i64 = Timestamp::DAY / 2;
/// How long a token is known, in seconds.
const KEPT: i64 = 30 * Timestamp::DAY;

/// The noun.
pub const NOUN: Noun = Noun::of::<ConfirmationToken>();
/// What it causes.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NOUN: &str = ConfirmationToken::NAME;
    vec![
        Endpoint::retrieve::<ConfirmationToken>("/v1/confirmation_tokens/{id}"),
        // Browsers make them; the test helper lets servers do so, too.
        Endpoint::new("POST", "/v1/confirmation_tokens", NOUN, |cx, p| Box::pin(collect(cx, p))).public(),
        Endpoint::new("POST", "/v1/test_helpers/confirmation_tokens", NOUN, |cx, p| Box::pin(create(cx, p))),
    ]
}

/// What `POST /v1/test_helpers/confirmation_tokens` takes.
#[derive(Debug, Wire)]
pub struct Create {
    payment_method: Option<String>,
    payment_method_data: Option<MethodData>,
    return_url: Option<String>,
    setup_future_usage: Option<Usage>,
    shipping: Option<TokenShipping>,
}

/// What `POST /v1/confirmation_tokens` takes from a browser.
#[derive(Debug, Wire)]
pub struct Collect {
    mandate_data: Option<MandateData>,
    payment_method: Option<String>,
    payment_method_data: Option<MethodData>,
    return_url: Option<String>,
    setup_future_usage: Option<Usage>,
    shipping: Option<TokenShipping>,
    use_stripe_sdk: Option<bool>,
}

async fn collect(cx: &mut Cx<'_>, p: Collect) -> Outcome<ConfirmationToken> {
    if cx.caller.via != Via::PublishableKey {
        let message = "Confirmation tokens are made in the browser with a publishable key. To test, use POST /v1/test_helpers/confirmation_tokens.";
        return Err(ApiError::invalid(400, message).into());
    }
    let acceptance = p.mandate_data.map(|it| it.accepted(cx)).transpose()?;
    let sdk = p.use_stripe_sdk == Some(true);
    let Collect { payment_method, payment_method_data, return_url, setup_future_usage, shipping, .. } = p;
    let rest = Create { payment_method, payment_method_data, return_url, setup_future_usage, shipping };
    make(cx, rest, acceptance, sdk).await
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<ConfirmationToken> {
    if cx.caller.livemode {
        let message = "Test helpers work in test mode only. Use a test mode key.";
        return Err(ApiError::invalid(400, message).into());
    }
    make(cx, p, None, true).await
}

async fn make(
    cx: &mut Cx<'_>,
    p: Create,
    acceptance: Option<Acceptance>,
    use_stripe_sdk: bool,
) -> Outcome<ConfirmationToken> {
    check_return_url(p.return_url.as_deref())?;
    let chosen = match (p.payment_method, p.payment_method_data) {
        (Some(_), Some(_)) => {
            let message =
                "You may only specify one of these parameters: payment_method, payment_method_data.";
            let error = ApiError::invalid(400, message).code("parameters_exclusive");
            return Err(error.param("payment_method_data").into());
        }
        (Some(id), None) => Some(Chosen::Id(id, "payment_method")),
        (None, Some(data)) => Some(Chosen::Typed(Box::new(data))),
        (None, None) => None,
    };
    let Some(chosen) = chosen else {
        return Err(ApiError::missing("payment_method_data").into());
    };
    let kept = match &chosen {
        Chosen::Id(id, _) => cx.get::<PaymentMethod>(id).await?.and_then(|it| it.customer).map(|it| it.id),
        Chosen::Typed(_) => None,
    };
    let mut means = find(cx, chosen, kept.as_deref()).await?;
    means.keep(cx);
    let Means::Method { method, .. } = means else {
        return Err(ApiError::no_such("PaymentMethod", means.id(), "payment_method").into());
    };
    let token = ConfirmationToken {
        id: cx.new_id::<ConfirmationToken>(),
        object: ConfirmationToken::NAME.into(),
        created: cx.now(),
        expires_at: Some(cx.now().plus(USABLE)),
        livemode: cx.caller.livemode,
        mandate_data: Optional(acceptance.map(|customer_acceptance| TokenMandate { customer_acceptance })),
        metadata: None,
        payment_intent: None,
        payment_method_options: None,
        payment_method_preview: Some(Preview {
            allow_redisplay: method.allow_redisplay.clone(),
            billing_details: method.billing_details.clone(),
            card: method.card.clone(),
            customer: method.customer.clone(),
            customer_account: None,
            sepa_debit: method.sepa_debit.clone(),
            r#type: method.r#type,
            us_bank_account: method.us_bank_account.clone(),
        }),
        return_url: p.return_url,
        setup_future_usage: p.setup_future_usage,
        setup_intent: None,
        shipping: p.shipping,
        use_stripe_sdk,
        method: Hidden(Optional(Some(Held { id: method.id.clone() }))),
    };
    cx.put(&token);
    done(token)
}

/// Uses a token up for an intent: `used` notes for which. Errors: there is no such token; it was used, or is too old.
pub(crate) async fn take(
    cx: &mut Cx<'_>,
    id: &str,
    used: impl FnOnce(&mut ConfirmationToken),
) -> Result<ConfirmationToken, Stop> {
    let Some(mut token) = cx.get::<ConfirmationToken>(id).await? else {
        return Err(ApiError::no_such("confirmation token", id, "confirmation_token").into());
    };
    let refuse = |message: String| Err(ApiError::invalid(400, message).param("confirmation_token").into());
    if token.payment_intent.is_some() || token.setup_intent.is_some() {
        return refuse(format!("The confirmation token {id} was used already. Collect another one."));
    }
    if token.expires_at.is_some_and(|at| at <= cx.now()) {
        return refuse(format!("The confirmation token {id} has expired. Collect another one."));
    }
    used(&mut token);
    token.expires_at = None;
    cx.put(&token);
    Ok(token)
}

impl ConfirmationToken {
    /// What it says to pay with.
    pub(crate) fn chosen(&self) -> Result<Chosen, Stop> {
        let held =
            self.method.0.0.as_ref().ok_or_else(|| api::fault(format!("{} holds nothing", self.id)))?;
        Ok(Chosen::Id(held.id.clone(), "confirmation_token"))
    }
}

/// Takes over what a token collected into a payment that is confirmed with it; answers what to pay with.
pub(crate) async fn spend(
    cx: &mut Cx<'_>,
    id: &str,
    intent: &mut PaymentIntent,
    ask: &mut Ask,
) -> Result<Chosen, Stop> {
    let used_for = intent.id.clone();
    let token = take(cx, id, |token| token.payment_intent = Some(used_for)).await?;
    ask.use_stripe_sdk |= token.use_stripe_sdk && ask.return_url.is_none() && token.return_url.is_none();
    ask.return_url = ask.return_url.take().or(token.return_url.clone());
    ask.acceptance = ask.acceptance.take().or(token.mandate_data.0.clone().map(|it| it.customer_acceptance));
    intent.setup_future_usage = token.setup_future_usage.or(intent.setup_future_usage);
    if let Some(TokenShipping { address, name, phone }) = &token.shipping {
        let shipping = Shipping {
            address: address.clone(),
            carrier: None,
            name: Some(name.clone()),
            phone: phone.clone(),
            tracking_number: None,
        };
        rules::shipping(Some(&shipping))?;
        intent.shipping = Some(shipping);
    }
    token.chosen()
}
