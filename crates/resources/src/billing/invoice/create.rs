//! `POST /v1/invoices`, and what the next one would be.
use super::{
    Action, AutomaticTax, BillingReason, CREATED, CollectionMethod, ITEMS_MAX, Invoice, Issuer, IssuerType,
    Lines, Parent, PaymentSettings, Rendering, Status, Transitions, properties, properties::Properties,
    revise,
};
use crate::{
    billing::{
        amounts::{bounds, either, refused},
        discount::{self, DiscountParams, Of},
        invoice_item,
        subscription::{self, Subscription},
        tax_rate,
    },
    due,
    payments::{
        card::{Card, not_more_than},
        charge::{
            destination::{self, TransferDataParams},
            rules::{self, MONEY_MAX},
            terms::Terms,
        },
        customer::{CustomField, Customer, CustomerAccount, TaxExempt, check_custom_fields},
        payment_method::{self, MethodRef},
    },
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, Currency, MetadataPatch, Named as _, Ref, Sublist, Timestamp, Version};
use wire::{Hidden, Included, Optional, Patch, Wire};

/// What `POST /v1/invoices` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    account_tax_ids: Patch<Vec<String>>,
    application_fee_amount: Option<i64>,
    auto_advance: Option<bool>,
    automatically_finalizes_at: Option<Timestamp>,
    collection_method: Option<CollectionMethod>,
    currency: Option<Currency>,
    custom_fields: Vec<CustomField>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    days_until_due: Option<i64>,
    default_payment_method: Option<String>,
    default_source: Option<String>,
    default_tax_rates: Vec<String>,
    description: Option<String>,
    discounts: Option<Vec<DiscountParams>>,
    due_date: Option<Timestamp>,
    effective_at: Option<Timestamp>,
    footer: Option<String>,
    from_invoice: Option<FromInvoiceParams>,
    issuer: Option<properties::IssuerParams>,
    metadata: MetadataPatch,
    number: Option<String>,
    on_behalf_of: Option<String>,
    payment_settings: Option<properties::PaymentSettingsParams>,
    pending_invoice_items_behavior: Option<Pending>,
    rendering: Option<properties::RenderingParams>,
    shipping_cost: Option<properties::ShippingCostParams>,
    shipping_details: Option<properties::ShippingDetailsParams>,
    statement_descriptor: Option<String>,
    subscription: Option<String>,
    transfer_data: Option<TransferDataParams>,
}

/// `from_invoice` as sent.
#[derive(Debug, Wire)]
pub(super) struct FromInvoiceParams {
    pub(super) action: Action,
    pub(super) invoice: String,
}

/// What becomes of the items that wait for an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Pending {
    Exclude,
    Include,
}

/// Items that wait are left out from this version on, where nothing is said.
const EXCLUDES: Version = Version::of("2022-08-01");
/// How long a draft waits before it is finalised by itself, in seconds.
pub(super) const WAITS: i64 = 3600;
/// The latest moment that can be named: the end of the year 9999.
const LAST: Timestamp = Timestamp(253_402_300_799);
/// The most days until an invoice is due.
const DAYS_MAX: i64 = 3_650;

/// Checks the texts of an invoice.
pub(super) fn texts(it: &Invoice) -> Result<(), ApiError> {
    not_more_than(1_500, "description", it.description.as_deref())?;
    not_more_than(5_000, "footer", it.footer.as_deref())?;
    not_more_than(26, "number", it.number.as_deref())?;
    rules::statement_descriptor("statement_descriptor", it.statement_descriptor.as_deref())?;
    check_custom_fields(it.custom_fields.as_deref().unwrap_or_default(), "custom_fields")
}

/// Checks a moment. Errors: it is not ahead, or beyond all calendars.
pub(crate) fn ahead(cx: &Cx<'_>, param: &str, at: Option<Timestamp>) -> Result<(), ApiError> {
    match at {
        Some(at) if at <= cx.now() || at > LAST => {
            Err(refused("Invalid timestamp: must be an integer Unix timestamp in the future.").param(param))
        }
        _ => Ok(()),
    }
}

/// Checks a moment that may have passed.
pub(crate) fn moment(param: &str, at: Option<Timestamp>) -> Result<(), ApiError> {
    match at {
        Some(at) if at.0 < 0 || at > LAST => {
            Err(refused("Invalid timestamp: must be an integer Unix timestamp.").param(param))
        }
        _ => Ok(()),
    }
}

impl Invoice {
    /// Sets when it is due, where it is sent.
    pub(super) fn due_on(
        &mut self,
        cx: &Cx<'_>,
        days: Option<i64>,
        date: Option<Timestamp>,
    ) -> Result<(), ApiError> {
        let name = if days.is_some() { "days_until_due" } else { "due_date" };
        match (days, date) {
            (None, None) => return Ok(()),
            (Some(_), Some(_)) => return Err(either("days_until_due", "due_date")),
            _ if self.collection_method != CollectionMethod::SendInvoice => {
                let message = format!("You can only set {name} where collection_method is send_invoice.");
                return Err(refused(message).param(name));
            }
            (Some(days), None) => bounds("days_until_due", days, (0, DAYS_MAX))?,
            (None, date) => ahead(cx, "due_date", date)?,
        }
        self.days_until_due = Hidden(days);
        self.due_date = date.or(days.map(|days| cx.now().plus(days * Timestamp::DAY)));
        Ok(())
    }
    /// Sets what it is paid with, which must be the customer's.
    pub(super) async fn pay_with(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        method: Option<String>,
        source: Option<String>,
    ) -> Result<(), Stop> {
        if let Some(id) = method {
            let kept = payment_method::kept_by(cx, &id, &customer.id).await?;
            let kept =
                kept.ok_or_else(|| ApiError::no_such("payment method", &id, "default_payment_method"))?;
            self.default_payment_method = Some(MethodRef(kept));
        }
        if let Some(id) = source {
            let kept = cx.get::<Card>(&id).await?.filter(|card| card.belongs_to(&customer.id));
            let card = kept.ok_or_else(|| ApiError::no_such("source", &id, "default_source"))?;
            self.default_source = Some(Ref::to(card.id));
        }
        Ok(())
    }
    /// Takes over who the customer is.
    pub(super) fn address_to(&mut self, customer: &Customer) {
        self.customer_address.clone_from(&customer.address);
        self.customer_email.clone_from(&customer.email);
        self.customer_name.clone_from(&customer.name);
        self.customer_phone.clone_from(&customer.phone);
        self.customer_shipping.clone_from(&customer.shipping);
        self.customer_tax_exempt = customer.tax_exempt.or(Some(TaxExempt::None));
    }
}

/// A draft with nothing in it.
pub(crate) async fn blank(cx: &mut Cx<'_>, customer: &Customer, currency: Currency) -> Result<Invoice, Stop> {
    let terms = Terms::of(cx, &cx.caller.account).await?;
    let (id, now) = (cx.new_id::<Invoice>(), cx.now());
    let mut it = Invoice {
        object: Invoice::NAME.into(),
        account_country: Some(terms.country().to_owned()),
        account_name: terms.statement_descriptor().map(str::to_owned),
        account_tax_ids: None,
        amount_due: 0,
        amount_overpaid: 0,
        amount_paid: 0,
        amount_remaining: 0,
        amount_shipping: 0,
        application: cx.caller.application.as_deref().map(Ref::to),
        attempt_count: 0,
        attempted: false,
        auto_advance: false,
        automatic_tax: AutomaticTax::default(),
        automatically_finalizes_at: None,
        billing_reason: Some(BillingReason::Manual),
        collection_method: CollectionMethod::ChargeAutomatically,
        confirmation_secret: Included(None),
        created: now,
        currency,
        custom_fields: None,
        customer: Some(Ref::to(&customer.id)),
        customer_account: None,
        customer_address: None,
        customer_email: None,
        customer_name: None,
        customer_phone: None,
        customer_shipping: None,
        customer_tax_exempt: None,
        customer_tax_ids: Optional(Some(Vec::new())),
        default_payment_method: None,
        default_source: None,
        default_tax_rates: Vec::new(),
        description: None,
        discounts: customer.discount.0.iter().map(|it| Ref::to(&it.id)).collect(),
        due_date: None,
        effective_at: None,
        ending_balance: None,
        footer: customer.invoice_settings.footer.clone(),
        from_invoice: None,
        hosted_invoice_url: None,
        invoice_pdf: None,
        issuer: Issuer { account: Optional(None), r#type: IssuerType::Self_ },
        last_finalization_error: None,
        latest_revision: None,
        lines: Lines {
            object: "list".into(),
            data: Vec::new(),
            has_more: false,
            total_count: 0,
            url: String::new(),
        },
        livemode: cx.caller.livemode,
        metadata: None,
        next_payment_attempt: None,
        number: None,
        on_behalf_of: None,
        parent: None,
        payment_settings: PaymentSettings::default(),
        payments: Sublist::NEW,
        period_end: now,
        period_start: now,
        post_payment_credit_notes_amount: 0,
        pre_payment_credit_notes_amount: 0,
        receipt_number: None,
        rendering: Rendering::of(customer),
        shipping_cost: None,
        shipping_details: None,
        starting_balance: 0,
        statement_descriptor: None,
        status: Some(Status::Draft),
        status_transitions: Transitions::default(),
        subtotal: 0,
        subtotal_excluding_tax: None,
        test_clock: customer.test_clock.clone(),
        total: 0,
        total_discount_amounts: None,
        total_excluding_tax: None,
        total_pretax_credit_amounts: None,
        total_taxes: None,
        webhooks_delivered_at: None,
        all_lines: Hidden(Vec::new()),
        items: Hidden(Vec::new()),
        application_fee_amount: Hidden(None),
        transfer_data: Hidden(None),
        platform: Hidden(cx.caller.platform.clone()),
        payment_intent: Hidden(None),
        payment: Hidden(None),
        days_until_due: Hidden(None),
        credits: Hidden(None),
        recurring: Hidden(Vec::new()),
        fee_percent: Hidden(None),
        transfer_percent: Hidden(None),
        hopeless: Hidden(None),
        told_by: Hidden(None),
        attached: Hidden(Vec::new()),
        id,
    };
    it.address_to(customer);
    it.custom_fields.clone_from(&customer.invoice_settings.custom_fields);
    Ok(it)
}

/// The currency of an invoice where it is not said: the customer's, else that of what waits, else the account's.
pub(crate) async fn currency_for(cx: &mut Cx<'_>, customer: &Customer) -> Result<Currency, Stop> {
    if let Some(currency) = customer.currency {
        return Ok(currency);
    }
    let waiting = invoice_item::pending(cx, &customer.id, None).await?;
    match waiting.first() {
        Some(item) => Ok(item.currency),
        None => Ok(Terms::of(cx, &cx.caller.account).await?.default_currency()),
    }
}

/// Takes over what a platform takes of it, and where its money goes on to. Errors: it may not.
pub(super) async fn onward(
    cx: &mut Cx<'_>,
    it: &mut Invoice,
    fee: Option<i64>,
    transfer: Option<TransferDataParams>,
) -> Result<(), Stop> {
    if let Some(transfer) = transfer {
        let onward = destination::onward(cx, Some(transfer), None, MONEY_MAX, fee).await?;
        it.transfer_data = Hidden(onward.map(Into::into));
    }
    if fee.is_some() {
        let fee = fee.map(|fee| ("application_fee_amount", fee));
        let sends_on = it.transfer_data.0.is_some();
        it.application_fee_amount = Hidden(rules::application_fee(cx.caller, fee, MONEY_MAX, sends_on)?);
    }
    Ok(())
}

pub(super) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Invoice> {
    let revised = match &p.from_invoice {
        Some(from) => Some(revise::named(cx, from).await?),
        None => None,
    };
    let named = revised.as_ref().and_then(|it| it.customer.as_ref()).map(|it| it.id.clone());
    let named = match (p.customer, named) {
        (Some(customer), Some(of)) if customer != of => {
            let message = "A revision is for the customer of the invoice that it takes the place of.";
            return Err(refused(message).param("customer").into());
        }
        (customer, of) => customer.or(of).ok_or_else(|| ApiError::missing("customer"))?,
    };
    let customer: Customer = cx.must("customer", &named).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    let currency = match (&revised, p.currency) {
        (Some(revised), Some(currency)) if currency != revised.currency => {
            let message = "A revision has the currency of the invoice that it takes the place of.";
            return Err(refused(message).param("currency").into());
        }
        (Some(revised), _) => revised.currency,
        (None, Some(currency)) => currency,
        (None, None) => currency_for(cx, &customer).await?,
    };
    let mut it = blank(cx, &customer, currency).await?;
    if let Some(revised) = &revised {
        it.continues(revised);
    }
    it.collection_method = p.collection_method.unwrap_or(it.collection_method);
    it.custom_fields = Some(p.custom_fields).filter(|it| !it.is_empty()).or(it.custom_fields);
    it.description = p.description.or(it.description);
    it.effective_at = p.effective_at;
    it.footer = p.footer.or(it.footer);
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    it.number = p.number;
    it.statement_descriptor = p.statement_descriptor.or(it.statement_descriptor);
    texts(&it)?;
    moment("effective_at", it.effective_at)?;
    it.due_on(cx, p.days_until_due, p.due_date)?;
    if it.collection_method == CollectionMethod::SendInvoice && it.due_date.is_none() {
        return Err(ApiError::missing("days_until_due").into());
    }
    it.pay_with(cx, &customer, p.default_payment_method, p.default_source).await?;
    if !p.default_tax_rates.is_empty() {
        it.default_tax_rates = tax_rate::named(cx, &p.default_tax_rates, "default_tax_rates").await?;
    }
    let properties = Properties {
        account_tax_ids: p.account_tax_ids,
        issuer: p.issuer,
        on_behalf_of: p.on_behalf_of.map_or(Patch::Keep, Patch::Set),
        payment_settings: p.payment_settings,
        rendering: p.rendering,
        shipping_cost: p.shipping_cost.map_or(Patch::Keep, Patch::Set),
        shipping_details: p.shipping_details.map_or(Patch::Keep, Patch::Set),
    };
    Box::pin(properties.apply(cx, &mut it)).await?;
    onward(cx, &mut it, p.application_fee_amount, p.transfer_data).await?;
    if let Some(discounts) = p.discounts {
        it.discounts = discount::redeem_all(cx, &customer, discounts, Of::Invoice(&it.id)).await?;
    }
    advance(cx, &mut it, p.auto_advance, p.automatically_finalizes_at)?;
    let usual = if cx.caller.version.has(EXCLUDES) { Pending::Exclude } else { Pending::Include };
    let mut items = match p.pending_invoice_items_behavior.unwrap_or(usual) {
        Pending::Exclude => Vec::new(),
        Pending::Include => invoice_item::pending(cx, &customer.id, Some(currency)).await?,
    };
    if let Some(id) = &p.subscription {
        let id = subscription::of_customer(cx, id, &customer.id).await?;
        items
            .retain(|item| item.parent.as_ref().is_some_and(|it| it.subscription_details.subscription == id));
        it.parent = cx.get::<Subscription>(&id).await?.map(|it| Parent::of(&it));
    }
    if let Some(revised) = &revised {
        items.splice(0..0, Box::pin(revise::copies(cx, revised)).await?);
    }
    items.truncate(ITEMS_MAX);
    it.period_start = items.iter().map(|item| item.date).min().unwrap_or(it.period_start);
    for item in &mut items {
        item.invoice = Some(Ref::to(&it.id));
        cx.put(item);
    }
    it.items = Hidden(items.iter().map(|item| item.id.clone()).collect());
    it.work_out(cx, &customer, &items).await?;
    it.bought_enough(cx).await?;
    cx.put(&it);
    cx.emit(CREATED, &it);
    done(it)
}

/// Sets whether it goes on by itself, and plans when it is finalised then.
pub(super) fn advance(
    cx: &mut Cx<'_>,
    it: &mut Invoice,
    auto: Option<bool>,
    at: Option<Timestamp>,
) -> Result<(), ApiError> {
    ahead(cx, "automatically_finalizes_at", at)?;
    if at.is_some() && auto == Some(false) {
        let message = "You cannot set automatically_finalizes_at where auto_advance is false.";
        return Err(refused(message).param("automatically_finalizes_at"));
    }
    if auto.is_none() && at.is_none() {
        return Ok(());
    }
    it.auto_advance = auto.unwrap_or(true);
    it.automatically_finalizes_at = None;
    if it.auto_advance && it.is(Status::Draft) {
        let at = at.unwrap_or(cx.now().plus(WAITS));
        it.automatically_finalizes_at = Some(at);
        due::later(cx, due::Kind::InvoiceAdvances, &it.id, at);
    }
    Ok(())
}
