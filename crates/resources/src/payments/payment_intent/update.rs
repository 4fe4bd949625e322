//! Changing a payment that was not paid yet.
use super::{
    CaptureMethod, PaymentDetails, PaymentIntent, Status,
    amounts::AmountParams,
    confirm::allowed,
    create::{one_of, texts},
    options::{CVC_TOKEN, MethodOptions, OptionsParams},
    types::{self, Usage},
};
use crate::{
    address::Shipping,
    payments::{
        charge::rules,
        customer::Customer,
        payment_method::{MethodData, MethodRef, find},
    },
};
use api::{Cx, Outcome, done};
use base::{ApiError, Currency, MetadataPatch, Named as _, Ref};
use wire::{Patch, Wire};

/// What `POST /v1/payment_intents/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    allowed_payment_method_types: Vec<String>,
    amount: Option<i64>,
    amount_details: Patch<AmountParams>,
    application_fee_amount: Patch<i64>,
    capture_method: Option<CaptureMethod>,
    currency: Option<Currency>,
    customer: Option<String>,
    description: Option<String>,
    excluded_payment_method_types: Vec<String>,
    metadata: MetadataPatch,
    payment_details: Patch<PaymentDetails>,
    payment_method: Option<String>,
    payment_method_configuration: Option<String>,
    payment_method_data: Option<MethodData>,
    payment_method_options: Option<OptionsParams>,
    receipt_email: Patch<String>,
    setup_future_usage: Patch<Usage>,
    shipping: Patch<Shipping>,
    statement_descriptor: Option<String>,
    statement_descriptor_suffix: Option<String>,
    transfer_group: Option<String>,
}

/// While it stands so, everything can be changed; afterwards only what does not touch the money.
const OPEN: &[Status] =
    &[Status::RequiresPaymentMethod, Status::RequiresConfirmation, Status::RequiresAction];

impl Update {
    /// The first parameter that touches the money.
    fn touches(&self) -> Option<&'static str> {
        let sent = [
            ("amount", self.amount.is_some()),
            ("application_fee_amount", self.application_fee_amount != Patch::Keep),
            ("capture_method", self.capture_method.is_some()),
            ("currency", self.currency.is_some()),
            ("customer", self.customer.is_some()),
            ("payment_method", self.payment_method.is_some()),
            ("payment_method_configuration", self.payment_method_configuration.is_some()),
            ("payment_method_data", self.payment_method_data.is_some()),
            ("payment_method_options", self.payment_method_options.is_some()),
            ("allowed_payment_method_types", !self.allowed_payment_method_types.is_empty()),
            ("excluded_payment_method_types", !self.excluded_payment_method_types.is_empty()),
            ("setup_future_usage", self.setup_future_usage != Patch::Keep),
            ("statement_descriptor", self.statement_descriptor.is_some()),
            ("statement_descriptor_suffix", self.statement_descriptor_suffix.is_some()),
        ];
        sent.into_iter().find(|(_, sent)| *sent).map(|(name, _)| name)
    }
}

pub(super) async fn update(cx: &mut Cx<'_>, mut p: Update) -> Outcome<PaymentIntent> {
    let id = cx.path("id").to_owned();
    let mut intent: PaymentIntent = cx.must("id", &id).await?;
    if !OPEN.contains(&intent.status)
        && let Some(name) = p.touches()
    {
        let error = intent.unexpected(&format!("This PaymentIntent's {name} could not be updated"), OPEN)?;
        return Err(error.param(name).into());
    }
    if p.payment_method_options.as_mut().and_then(OptionsParams::take_cvc).is_some() {
        let message = format!("You can only pass in {CVC_TOKEN} when you confirm.");
        let error = ApiError::invalid(400, message).code("payment_intent_invalid_parameter");
        return Err(error.param(CVC_TOKEN).into());
    }
    if intent.applied.0.0.is_some() && (p.amount.is_some() || p.currency.is_some() || p.customer.is_some()) {
        let message = "The customer has sent part of this payment, so its amount, currency and customer stay as they are. Cancel it and make another one.";
        return Err(ApiError::invalid(400, message)
            .code("payment_intent_unexpected_state")
            .param("amount")
            .into());
    }
    let set = |patch: &Patch<String>| match patch {
        Patch::Set(text) => Some(text.clone()),
        _ => None,
    };
    let shipping = if let Patch::Set(it) = &p.shipping { Some(it) } else { None };
    texts(
        p.description.as_deref(),
        set(&p.receipt_email).as_deref(),
        shipping,
        [p.statement_descriptor.as_deref(), p.statement_descriptor_suffix.as_deref()],
    )?;
    let chosen = one_of(p.payment_method, p.payment_method_data, false)?;
    intent.amount = p.amount.unwrap_or(intent.amount);
    intent.currency = p.currency.unwrap_or(intent.currency);
    rules::amount(intent.amount, intent.currency)?;
    match p.application_fee_amount {
        Patch::Keep if intent.application_fee_amount.is_some_and(|fee| fee > intent.amount) => {
            let message = "The application fee of this PaymentIntent is greater than the amount. Send an application_fee_amount, too.";
            let error = ApiError::invalid(400, message).code("amount_too_large");
            return Err(error.param("application_fee_amount").into());
        }
        Patch::Keep => {}
        Patch::Clear => intent.application_fee_amount = None,
        Patch::Set(fee) => {
            let fee = Some(("application_fee_amount", fee));
            intent.application_fee_amount =
                rules::application_fee(cx.caller, fee, intent.amount, intent.transfer_data.0.is_some())?;
        }
    }
    if let Some(customer) = p.customer {
        if cx.peek::<Customer>(&customer).await?.is_none() {
            return Err(ApiError::no_such(Customer::NAME, &customer, "customer").into());
        }
        intent.customer = Some(Ref::to(customer));
    }
    types::one_way(&p.allowed_payment_method_types, &p.excluded_payment_method_types)?;
    let named = p.allowed_payment_method_types.clone();
    let resolves = !named.is_empty() || !p.excluded_payment_method_types.is_empty() || p.currency.is_some();
    if resolves || p.payment_method_configuration.is_some() {
        let automatic = if named.is_empty() { intent.automatic_payment_methods.take() } else { None };
        let kept =
            intent.payment_method_configuration_details.take().filter(|_| named.is_empty()).map(|it| it.id);
        let configuration = p.payment_method_configuration.or(kept);
        let before = if named.is_empty() && automatic.is_none() && configuration.is_none() {
            std::mem::take(&mut intent.payment_method_types)
        } else {
            named
        };
        let found =
            types::resolve(cx, &before, automatic, Some(intent.currency), configuration.as_deref()).await?;
        intent.payment_method_types = types::without(found.kinds, &p.excluded_payment_method_types)?;
        intent.automatic_payment_methods = found.automatic;
        intent.payment_method_configuration_details = found.configuration;
        let said = intent.payment_method_options.take();
        intent.payment_method_options = Some(said.unwrap_or_default().narrowed(&intent.payment_method_types));
        let lists = [
            (&mut intent.allowed_payment_method_types, p.allowed_payment_method_types),
            (&mut intent.excluded_payment_method_types, p.excluded_payment_method_types),
        ];
        for (slot, sent) in lists {
            *slot = Some(sent).filter(|it| !it.is_empty()).or(slot.take());
        }
    }
    if let Some(sent) = p.payment_method_options {
        intent.payment_method_options.get_or_insert_with(MethodOptions::default).set(sent);
    }
    match p.amount_details {
        Patch::Keep => {}
        Patch::Clear => intent.forget_amount(),
        Patch::Set(sent) => intent.tell_amount(cx, sent, intent.amount)?,
    }
    p.payment_details.apply(&mut intent.payment_details.0);
    intent.capture_method = p.capture_method.unwrap_or(intent.capture_method);
    intent.description = p.description.or(intent.description);
    p.metadata.apply(&mut intent.metadata)?;
    p.receipt_email.apply(&mut intent.receipt_email);
    p.setup_future_usage.apply(&mut intent.setup_future_usage);
    p.shipping.apply(&mut intent.shipping);
    intent.statement_descriptor = p.statement_descriptor.or(intent.statement_descriptor);
    intent.statement_descriptor_suffix = p.statement_descriptor_suffix.or(intent.statement_descriptor_suffix);
    intent.transfer_group = p.transfer_group.or(intent.transfer_group);
    if let Some(chosen) = chosen {
        let mut means = find(cx, chosen, intent.customer.as_ref().map(|it| it.id.as_str())).await?;
        allowed(&intent.payment_method_types, &means)?;
        means.keep(cx);
        intent.moved();
        intent.payment_method = Some(MethodRef(means.id().to_owned()));
        intent.status = Status::RequiresConfirmation;
    }
    cx.put(&intent);
    done(intent)
}
