//! Changing a payment that was not paid yet.
use super::{
    CaptureMethod, PaymentDetails, PaymentIntent, Status,
    amounts::AmountParams,
    confirm::allowed,
    create::{one_of, texts},
    options::{MethodOptions, OptionsParams},
    types::{self, Usage},
};
use crate::{
    address::Shipping,
    payments::{
        charge::rules,
        customer::{Customer, CustomerAccount},
        payment_method::{MethodData, MethodRef, find},
    },
};
use api::{Cx, Outcome, Stop, done};
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
    customer_account: Option<CustomerAccount>,
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
    if let Some(name) = p.payment_method_options.as_mut().and_then(|it| it.take_once().named()) {
        let message = format!("You can only pass in {name} when you confirm.");
        let error = ApiError::invalid(400, message).code("payment_intent_invalid_parameter");
        return Err(error.param(name).into());
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
    let anew = p.currency.is_some();
    let kinds = Kinds { allowed: p.allowed_payment_method_types, excluded: p.excluded_payment_method_types };
    intent.take(cx, kinds, p.payment_method_configuration, anew).await?;
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

/// Which kinds of payment methods an intent takes, as sent.
pub(super) struct Kinds {
    /// Those that may be offered.
    pub(super) allowed: Vec<String>,
    /// Those that may not.
    pub(super) excluded: Vec<String>,
}

impl PaymentIntent {
    /// Takes other kinds of payment methods, where something was said of them or what they follow from has changed
    /// (`anew`). Errors: both ways were said; a kind is none; none is left.
    pub(super) async fn take(
        &mut self,
        cx: &mut Cx<'_>,
        sent: Kinds,
        configuration: Option<String>,
        anew: bool,
    ) -> Result<(), Stop> {
        let Kinds { allowed, excluded } = sent;
        types::one_way(&allowed, &excluded)?;
        if allowed.is_empty() && excluded.is_empty() && configuration.is_none() && !anew {
            return Ok(());
        }
        let automatic = if allowed.is_empty() { self.automatic_payment_methods.take() } else { None };
        let kept =
            self.payment_method_configuration_details.take().filter(|_| allowed.is_empty()).map(|it| it.id);
        let configuration = configuration.or(kept);
        let before = if allowed.is_empty() && automatic.is_none() && configuration.is_none() {
            std::mem::take(&mut self.payment_method_types)
        } else {
            allowed.clone()
        };
        let found =
            types::resolve(cx, &before, automatic, Some(self.currency), configuration.as_deref()).await?;
        self.payment_method_types = types::without(found.kinds, &excluded)?;
        self.automatic_payment_methods = found.automatic;
        self.payment_method_configuration_details = found.configuration;
        let said = self.payment_method_options.take();
        self.payment_method_options = Some(said.unwrap_or_default().narrowed(&self.payment_method_types));
        let lists = [
            (&mut self.allowed_payment_method_types, allowed),
            (&mut self.excluded_payment_method_types, excluded),
        ];
        for (slot, sent) in lists {
            *slot = Some(sent).filter(|it| !it.is_empty()).or(slot.take());
        }
        Ok(())
    }
}
