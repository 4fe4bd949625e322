//! `POST /v1/payment_intents`.
use super::{
    CREATED, CaptureMethod, ConfirmationMethod, PaymentDetails, PaymentIntent, Status,
    amounts::{AmountDetails, AmountParams},
    confirm::{self, Ask, OffSession},
    options::{MethodOptions, OptionsParams},
    shown::new_secret,
    types::{self, Automatic, Resolved, Usage, check_return_url},
};
use crate::{
    address::Shipping,
    payments::{
        charge::{
            destination::{self, TransferDataParams},
            details::RadarOptions,
            rules,
        },
        confirmation_token,
        customer::{Customer, CustomerAccount},
        payment_method::{Chosen, MethodData, MethodRef, find, mandate_data::MandateData},
    },
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, Currency, MetadataPatch, Named as _, Ref, Sublist, Version};
use wire::{Hidden, Optional, Wire};

/// What `POST /v1/payment_intents` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    amount: i64,
    currency: Currency,
    allowed_payment_method_types: Vec<String>,
    amount_details: Option<AmountParams>,
    application_fee_amount: Option<i64>,
    automatic_payment_methods: Option<Automatic>,
    capture_method: Option<CaptureMethod>,
    confirm: Option<bool>,
    confirmation_method: Option<ConfirmationMethod>,
    confirmation_token: Option<String>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    description: Option<String>,
    error_on_requires_action: Option<bool>,
    excluded_payment_method_types: Vec<String>,
    mandate: Option<String>,
    mandate_data: Option<MandateData>,
    metadata: MetadataPatch,
    off_session: Option<OffSession>,
    on_behalf_of: Option<String>,
    payment_details: Option<PaymentDetails>,
    payment_method: Option<String>,
    payment_method_configuration: Option<String>,
    payment_method_data: Option<MethodData>,
    payment_method_options: Option<OptionsParams>,
    radar_options: Option<RadarOptions>,
    receipt_email: Option<String>,
    return_url: Option<String>,
    setup_future_usage: Option<Usage>,
    shipping: Option<Shipping>,
    statement_descriptor: Option<String>,
    statement_descriptor_suffix: Option<String>,
    transfer_data: Option<TransferDataParams>,
    transfer_group: Option<String>,
    use_stripe_sdk: Option<bool>,
}

/// From this version on, callers do not wait for the books where they do not say so.
const ASYNC: Version = Version::of("2024-04-10");

pub(super) async fn create(cx: &mut Cx<'_>, mut p: Create) -> Outcome<PaymentIntent> {
    let mut chosen =
        one_of(p.payment_method.take(), p.payment_method_data.take(), p.confirmation_token.is_some())?;
    let ask = Ask {
        chosen: None,
        acceptance: p.mandate_data.take().map(|it| it.accepted(cx)).transpose()?,
        error_on_requires_action: p.error_on_requires_action == Some(true),
        verified: false,
        funded: false,
        mandate: p.mandate.take(),
        off_session: p.off_session.is_some_and(OffSession::is_on),
        once: p.payment_method_options.as_mut().map(OptionsParams::take_once).unwrap_or_default(),
        return_url: p.return_url.take(),
        use_stripe_sdk: p.use_stripe_sdk == Some(true),
    };
    let confirms = p.confirm == Some(true);
    let token = p.confirmation_token.take();
    if !confirms {
        only_confirmed(&ask, p.off_session.is_some(), token.is_some())?;
    }
    let mut intent = blank(cx, p).await?;
    if !confirms {
        if let Some(chosen) = chosen {
            let mut means = find(cx, chosen, intent.customer.as_ref().map(|it| it.id.as_str())).await?;
            confirm::allowed(&intent.payment_method_types, &means)?;
            means.keep(cx);
            intent.payment_method = Some(MethodRef(means.id().to_owned()));
            intent.status = Status::RequiresConfirmation;
        }
        cx.put(&intent);
        cx.emit(CREATED, &intent);
        return done(intent);
    }
    let mut ask = ask;
    if let Some(token) = token {
        chosen = Some(confirmation_token::spend(cx, &token, &mut intent, &mut ask).await?);
    }
    ask.chosen = chosen;
    cx.emit(CREATED, &intent);
    confirm::confirm(cx, intent, ask).await?.reply()
}

/// What was chosen to pay with, which can be said in one way only.
pub(crate) fn one_of(
    id: Option<String>,
    data: Option<MethodData>,
    token: bool,
) -> Result<Option<Chosen>, ApiError> {
    let said = [
        ("payment_method", id.is_some()),
        ("payment_method_data", data.is_some()),
        ("confirmation_token", token),
    ];
    let mut said = said.iter().filter(|(_, is)| *is).map(|(name, _)| *name);
    if let (Some(first), Some(second)) = (said.next(), said.next()) {
        let message = format!("You may only specify one of these parameters: {first}, {second}.");
        return Err(ApiError::invalid(400, message).code("parameters_exclusive").param(second));
    }
    Ok(match (id, data) {
        (Some(id), _) => Some(Chosen::Id(id, "payment_method")),
        (None, Some(data)) => Some(Chosen::Typed(Box::new(data))),
        (None, None) => None,
    })
}

/// Refuses what means something only while an intent is confirmed.
fn only_confirmed(ask: &Ask, off_session: bool, token: bool) -> Result<(), ApiError> {
    let sent = [
        ("confirmation_token", token),
        ("error_on_requires_action", ask.error_on_requires_action),
        ("mandate", ask.mandate.is_some()),
        ("mandate_data", ask.acceptance.is_some()),
        ("off_session", off_session),
        ("return_url", ask.return_url.is_some()),
    ];
    let sent = sent.iter().find(|(_, sent)| *sent).map(|(name, _)| (*name).to_owned());
    let Some(name) = sent.or_else(|| ask.once.named()) else { return Ok(()) };
    let message = format!("You can only pass in {name} together with confirm=true, or when you confirm.");
    Err(ApiError::invalid(400, message).code("payment_intent_invalid_parameter").param(name))
}

/// The intent before anything was paid. Errors: a part of it cannot be.
pub(super) async fn blank(cx: &mut Cx<'_>, p: Create) -> Result<PaymentIntent, Stop> {
    rules::amount(p.amount, p.currency)?;
    let fee = p.application_fee_amount.map(|fee| ("application_fee_amount", fee));
    let application_fee_amount = rules::application_fee(cx.caller, fee, p.amount, p.transfer_data.is_some())?;
    let onward = destination::onward(cx, p.transfer_data, None, p.amount, application_fee_amount).await?;
    texts(
        p.description.as_deref(),
        p.receipt_email.as_deref(),
        p.shipping.as_ref(),
        [p.statement_descriptor.as_deref(), p.statement_descriptor_suffix.as_deref()],
    )?;
    check_return_url(p.return_url.as_deref())?;
    if let Some(customer) = &p.customer
        && cx.peek::<Customer>(customer).await?.is_none()
        // Who is made by this very decision is seen by it alone.
        && cx.get::<Customer>(customer).await?.is_none()
    {
        return Err(ApiError::no_such(Customer::NAME, customer, "customer").into());
    }
    types::one_way(&p.allowed_payment_method_types, &p.excluded_payment_method_types)?;
    let named = &p.allowed_payment_method_types;
    let configuration = p.payment_method_configuration.as_deref();
    let Resolved { kinds, automatic, configuration } =
        types::resolve(cx, named, p.automatic_payment_methods, Some(p.currency), configuration).await?;
    let kinds = types::without(kinds, &p.excluded_payment_method_types)?;
    let mut options = MethodOptions::usual(&kinds);
    if let Some(sent) = p.payment_method_options {
        options.set(sent);
    }
    let tip = p.amount_details.is_none().then(Default::default);
    let amount_details = AmountDetails { tip: Optional(tip), ..AmountDetails::default() };
    let usual =
        if cx.caller.version.has(ASYNC) { CaptureMethod::AutomaticAsync } else { CaptureMethod::Automatic };
    let id = cx.new_id::<PaymentIntent>();
    let mut intent = PaymentIntent {
        object: PaymentIntent::NAME.into(),
        allowed_payment_method_types: Some(p.allowed_payment_method_types).filter(|it| !it.is_empty()),
        amount: p.amount,
        amount_capturable: 0,
        amount_details: Optional(Some(amount_details)),
        amount_received: 0,
        application: cx.caller.application.as_deref().map(Ref::to),
        application_fee_amount,
        automatic_payment_methods: automatic,
        canceled_at: None,
        cancellation_reason: None,
        capture_method: p.capture_method.unwrap_or(usual),
        charges: Sublist::NEW,
        client_secret: Some(new_secret(cx, &id)),
        confirmation_method: p.confirmation_method.unwrap_or(ConfirmationMethod::Automatic),
        created: cx.now(),
        currency: p.currency,
        customer: p.customer.map(Ref::to),
        customer_account: None,
        description: p.description,
        excluded_payment_method_types: Some(p.excluded_payment_method_types).filter(|it| !it.is_empty()),
        last_payment_error: None,
        latest_charge: None,
        livemode: cx.caller.livemode,
        managed_payments: None,
        metadata: p.metadata.fresh()?,
        next_action: None,
        on_behalf_of: p.on_behalf_of.map(Ref::to),
        payment_details: Optional(p.payment_details),
        payment_method: None,
        payment_method_configuration_details: configuration,
        payment_method_options: Some(options),
        payment_method_types: kinds,
        payment_record: None,
        processing: None,
        receipt_email: p.receipt_email,
        review: None,
        setup_future_usage: p.setup_future_usage,
        shipping: p.shipping,
        source: None,
        statement_descriptor: p.statement_descriptor,
        statement_descriptor_suffix: p.statement_descriptor_suffix,
        status: Status::RequiresPaymentMethod,
        transfer_data: Optional(onward.map(Into::into)),
        transfer_group: p.transfer_group,
        return_url: Hidden(Optional(None)),
        challenge: Hidden(Optional(None)),
        authenticated: Hidden(Optional(None)),
        platform: Hidden(Optional(cx.caller.platform.clone())),
        invoice: Hidden(Optional(None)),
        radar_options: Hidden(Optional(p.radar_options)),
        line_items: Hidden(Optional(None)),
        increments: Hidden(Optional(None)),
        deposits: Hidden(Optional(None)),
        applied: Hidden(Optional(None)),
        id,
    };
    if let Some(sent) = p.amount_details {
        intent.tell_amount(cx, sent, p.amount)?;
    }
    Ok(intent)
}

/// Checks the texts of an intent.
pub(super) fn texts(
    description: Option<&str>,
    receipt_email: Option<&str>,
    shipping: Option<&Shipping>,
    [descriptor, suffix]: [Option<&str>; 2],
) -> Result<(), ApiError> {
    rules::description(description)?;
    rules::receipt_email(receipt_email)?;
    rules::shipping(shipping)?;
    rules::statement_descriptor("statement_descriptor", descriptor)?;
    rules::statement_descriptor("statement_descriptor_suffix", suffix)
}
