//! `POST /v1/subscriptions`.
use super::{
    AnchorConfig, AutomaticTax, BillingMode, CREATED, Flexible, InvoiceSettings, Issuer, Items, Mode,
    PaymentSettings, Save, Status, Subscription, TrialSettings, UPDATED,
    bill::{self, Bill, PaymentBehavior, Pending},
    cycle::Span,
    entries::For,
    items::{New, Ordered},
    terms::{
        self, CancelAt, Common, IntervalParams, InvoiceSettingsParams, PaymentSettingsParams, Proration,
        TransferDataParams, TrialSettingsParams, When,
    },
    then::ASKS_FOR_TRIAL,
    wake,
};
use crate::{
    billing::{
        amounts::{Number, bounds, either, refused},
        discount::{self, DiscountParams, Of},
        invoice::{BillingReason, CollectionMethod, Entry, Invoice, IssuerType},
        invoice_item::{self, Extra},
        price::Price,
        promotion_code,
        subscription_item::SubscriptionItem,
        tax_rate,
    },
    payments::{
        customer::{Customer, CustomerAccount},
        payment_intent::confirm::OffSession,
        setup_intent,
    },
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, Currency, MetadataPatch, Named as _, Ref, Timestamp, Version};
use wire::{Hidden, Optional, Patch, Wire};

/// What `POST /v1/subscriptions` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    add_invoice_items: Vec<Extra>,
    application_fee_percent: Patch<Number>,
    backdate_start_date: Option<Timestamp>,
    billing_cycle_anchor: Option<Timestamp>,
    billing_cycle_anchor_config: Option<AnchorConfig>,
    billing_mode: Option<ModeParams>,
    cancel_at: Option<CancelAt>,
    cancel_at_period_end: Option<bool>,
    collection_method: Option<CollectionMethod>,
    currency: Option<Currency>,
    customer: String,
    customer_account: Option<CustomerAccount>,
    days_until_due: Option<i64>,
    default_payment_method: Option<String>,
    default_source: Option<String>,
    default_tax_rates: Vec<String>,
    description: Option<String>,
    discounts: Vec<DiscountParams>,
    invoice_settings: Option<InvoiceSettingsParams>,
    items: Vec<New>,
    metadata: MetadataPatch,
    off_session: Option<OffSession>,
    on_behalf_of: Option<String>,
    payment_behavior: Option<PaymentBehavior>,
    payment_settings: Option<PaymentSettingsParams>,
    pending_invoice_item_interval: Patch<IntervalParams>,
    proration_behavior: Option<Proration>,
    transfer_data: Option<TransferDataParams>,
    trial_end: Option<When>,
    trial_from_plan: Option<bool>,
    trial_period_days: Option<i64>,
    trial_settings: Option<TrialSettingsParams>,
}

/// `billing_mode` as sent.
#[derive(Debug, Wire)]
pub(crate) struct ModeParams {
    pub(crate) r#type: Mode,
}

/// From this version on the flexible rules hold where nothing else is said.
pub(crate) const FLEXIBLE: Version = Version::of("2025-09-30.clover");
/// How long a first invoice can be paid, in seconds.
const EXPIRES: i64 = 23 * 3600;
/// The longest trial, in days.
const TRIAL_MAX: i64 = 730;

fn set<T>(it: Option<T>) -> Patch<T> {
    it.map_or(Patch::Keep, Patch::Set)
}

pub(super) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Subscription> {
    let customer: Customer = cx.must("customer", &p.customer).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    let behavior = p.payment_behavior.unwrap_or_else(|| bill::usual(cx));
    if behavior == PaymentBehavior::PendingIfIncomplete {
        let message = "The payment_behavior pending_if_incomplete is for what changes a subscription; a new one cannot have it.";
        return Err(refused(message).param("payment_behavior").into());
    }
    let asked = p.items.into_iter().enumerate().map(|(n, item)| item.ask(format!("items[{n}]"))).collect();
    let mut it = start(cx, &customer, p.currency, p.billing_mode.map(|it| it.r#type), asked).await?;
    let prices: Vec<Price> = it.items.data.iter().map(|item| item.price.clone()).collect();
    it.metadata = p.metadata.fresh()?;
    let common = Common {
        application_fee_percent: p.application_fee_percent,
        collection_method: p.collection_method,
        days_until_due: p.days_until_due,
        default_payment_method: p.default_payment_method,
        default_source: set(p.default_source),
        description: set(p.description),
        invoice_settings: p.invoice_settings,
        on_behalf_of: set(p.on_behalf_of),
        payment_settings: p.payment_settings,
        transfer_data: set(p.transfer_data),
        trial_settings: p.trial_settings,
    };
    it.set_terms(cx, &customer, common).await?;
    it.default_tax_rates = Some(tax_rate::named(cx, &p.default_tax_rates, "default_tax_rates").await?);
    it.discounts = discount::redeem_all(cx, &customer, p.discounts, Of::Subscription(&it.id)).await?;
    let said = p.trial_end.is_some() || p.trial_period_days.is_some();
    let from_plan = p.trial_from_plan.or((!said && !cx.caller.version.has(ASKS_FOR_TRIAL)).then_some(true));
    it.start_trial(cx, (p.trial_end, p.trial_period_days, from_plan), &prices)?;
    it.start_cycle(cx, p.billing_cycle_anchor, p.billing_cycle_anchor_config)?;
    it.begin_periods();
    it.backdate(cx, p.backdate_start_date)?;
    it.bill_items_every(cx, p.pending_invoice_item_interval)?;
    it.end_with(cx, p.cancel_at.map_or(Patch::Keep, Patch::Set), p.cancel_at_period_end)?;
    for (n, extra) in p.add_invoice_items.into_iter().enumerate() {
        invoice_item::add(cx, &customer, extra, &it, &format!("add_invoice_items[{n}]")).await?;
    }
    let beginning = Beginning {
        prorates: p.proration_behavior != Some(Proration::None),
        behavior,
        off_session: p.off_session.is_some_and(OffSession::is_on),
    };
    done(begin(cx, &customer, it, beginning).await?)
}

/// How a subscription begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    /// Whether what is left of a first period is paid.
    pub(super) prorates: bool,
    /// What becomes of its first invoice.
    pub(super) behavior: PaymentBehavior,
    /// Whether the payer is away.
    pub(super) off_session: bool,
}

/// A subscription of which all is said begins, with its first invoice. Errors: that is not paid, and had to be.
pub(super) async fn begin(
    cx: &mut Cx<'_>,
    customer: &Customer,
    mut it: Subscription,
    how: Beginning,
) -> Result<Subscription, Stop> {
    if it.period_end().is_none_or(|end| end.0 == 0) {
        it.begin_periods();
    }
    let entries = it.first_entries(cx, how.prorates).await?;
    if it.trial_end.is_none() {
        let bought = entries.iter().fold(0i64, |sum, it| sum.saturating_add(it.amount));
        promotion_code::enough(cx, &it.discounts, (bought, it.currency), "discounts").await?;
    }
    let period = (cx.now(), cx.now());
    let bill = Bill { reason: BillingReason::SubscriptionCreate, entries, pending: Pending::All, period };
    cx.put(&it);
    let invoice = Box::pin(bill::make(cx, &mut it, customer, bill)).await?;
    it.admit_payment(customer, &invoice, how.behavior)?;
    let charged = it.collection_method == CollectionMethod::ChargeAutomatically;
    if charged && invoice.amount_due == 0 && !it.can_pay(customer) {
        let intent = setup_intent::for_subscription(cx, &customer.id, &it.id).await?;
        it.pending_setup_intent = Some(Ref::to(intent));
        cx.put(&it);
    }
    if it.status == Status::Incomplete {
        it.expires = Hidden(Some(cx.now().plus(EXPIRES)));
        cx.put(&it);
    }
    cx.emit(CREATED, &it);
    Box::pin(bill::collect(cx, &it, invoice, (how.behavior, how.off_session))).await?;
    let mut it: Subscription = cx.must("id", &it.id).await?;
    if it.trial_warning().is_some_and(|at| at <= cx.now()) {
        it = wake::warn(cx, &it);
    }
    // In this order: what is told already is not what happens next.
    wake::later(cx, &it);
    Ok(it)
}

/// The rules that hold where nothing is said.
fn usual_mode(cx: &Cx<'_>) -> Mode {
    if cx.caller.version.has(FLEXIBLE) { Mode::Flexible } else { Mode::Classic }
}

impl BillingMode {
    /// These rules, from the beginning.
    pub(crate) fn of(mode: Mode) -> Self {
        let flexible = (mode == Mode::Flexible).then(Flexible::default);
        BillingMode { flexible, r#type: mode, updated_at: Optional(None) }
    }
    /// The rules that hold where nothing is said.
    pub(crate) fn usual(cx: &Cx<'_>) -> Self {
        BillingMode::of(usual_mode(cx))
    }
}

/// A subscription to these items, of which nothing else is said. Errors: there is none, or they do not go together.
pub(super) async fn start(
    cx: &mut Cx<'_>,
    customer: &Customer,
    currency: Option<Currency>,
    mode: Option<Mode>,
    all: Vec<Ordered>,
) -> Result<Subscription, Stop> {
    let mut asked = Vec::with_capacity(all.len());
    for mut item in all {
        let price = item.find_price(cx).await?.ok_or_else(|| ApiError::missing(&item.param("price")))?;
        asked.push((item, price));
    }
    start_with(cx, customer, (currency, mode), asked).await
}

/// The same, to prices that were found.
pub(super) async fn start_with(
    cx: &mut Cx<'_>,
    customer: &Customer,
    (currency, mode): (Option<Currency>, Option<Mode>),
    all: Vec<(Ordered, Price)>,
) -> Result<Subscription, Stop> {
    let Some((_, first)) = all.first() else { return Err(ApiError::missing("items").into()) };
    let currency = terms::currency(currency, customer, first)?;
    let mut it = blank(cx, customer, currency, mode.unwrap_or_else(|| usual_mode(cx)));
    for (item, price) in all {
        it.add_item(cx, customer, item, price).await?;
    }
    Ok(it)
}

/// A subscription with nothing in it.
fn blank(cx: &Cx<'_>, customer: &Customer, currency: Currency, mode: Mode) -> Subscription {
    let (id, now) = (cx.new_id::<Subscription>(), cx.now());
    Subscription {
        object: Subscription::NAME.into(),
        application: cx.caller.application.as_deref().map(Ref::to),
        application_fee_percent: None,
        automatic_tax: AutomaticTax::default(),
        billing_cycle_anchor: now,
        billing_cycle_anchor_config: None,
        billing_mode: BillingMode::of(mode),
        billing_schedules: Vec::new(),
        billing_thresholds: None,
        cancel_at: None,
        cancel_at_period_end: false,
        canceled_at: None,
        cancellation_details: Some(Default::default()),
        collection_method: CollectionMethod::ChargeAutomatically,
        created: now,
        currency,
        customer: Ref::to(&customer.id),
        customer_account: None,
        days_until_due: None,
        default_payment_method: None,
        default_source: None,
        default_tax_rates: Some(Vec::new()),
        description: None,
        discounts: Vec::new(),
        ended_at: None,
        invoice_settings: InvoiceSettings {
            account_tax_ids: None,
            custom_fields: None,
            description: None,
            footer: None,
            issuer: Issuer { r#type: IssuerType::Self_ },
        },
        items: Items::of(&id, Vec::new()),
        latest_invoice: None,
        livemode: cx.caller.livemode,
        managed_payments: None,
        metadata: Default::default(),
        next_pending_invoice_item_invoice: None,
        on_behalf_of: None,
        pause_collection: None,
        payment_settings: Some(PaymentSettings {
            save_default_payment_method: Some(Save::Off),
            ..PaymentSettings::default()
        }),
        pending_invoice_item_interval: None,
        pending_setup_intent: None,
        pending_update: None,
        schedule: None,
        start_date: now,
        status: Status::Incomplete,
        status_details: Optional(None),
        test_clock: customer.test_clock.clone(),
        transfer_data: None,
        trial_end: None,
        trial_settings: Some(TrialSettings::default()),
        trial_start: None,
        kept: Hidden(Vec::new()),
        platform: Hidden(cx.caller.platform.clone()),
        trial_told: Hidden(None),
        upcoming_told: Hidden(None),
        expires: Hidden(None),
        overdue: Hidden(None),
        waiting: Hidden(None),
        id,
    }
}

/// Checks the end of a trial.
pub(super) fn check_trial_end(cx: &Cx<'_>, at: Timestamp) -> Result<(), ApiError> {
    if at <= cx.now() {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(refused(message).param("trial_end"));
    }
    if at > cx.now().plus(TRIAL_MAX * Timestamp::DAY) {
        let message = "Invalid timestamp: can be no more than two years in the future.";
        return Err(refused(message).param("trial_end"));
    }
    Ok(())
}

impl Subscription {
    /// It begins with a trial, where that is said: until when, for how long, or that its prices say so.
    pub(super) fn start_trial(
        &mut self,
        cx: &Cx<'_>,
        (end, days, from_plan): (Option<When>, Option<i64>, Option<bool>),
        prices: &[Price],
    ) -> Result<(), ApiError> {
        let end = match (end, days) {
            (Some(_), Some(_)) => return Err(either("trial_end", "trial_period_days")),
            (Some(When::Now), None) => None,
            (Some(When::At(at)), None) => {
                check_trial_end(cx, at)?;
                Some(at)
            }
            (None, Some(days)) => {
                bounds("trial_period_days", days, (0, TRIAL_MAX))?;
                (days > 0).then(|| cx.now().plus(days * Timestamp::DAY))
            }
            (None, None) if from_plan == Some(true) => {
                let days = prices.iter().filter_map(|it| it.recurring.as_ref()?.trial_period_days).max();
                days.map(|days| cx.now().plus(days * Timestamp::DAY))
            }
            (None, None) => None,
        };
        if let Some(end) = end {
            self.status = Status::Trialing;
            self.trial_start = Some(cx.now());
            self.trial_end = Some(end);
            self.anchor_trial(end);
        }
        if self.status == Status::Incomplete && self.collection_method == CollectionMethod::SendInvoice {
            self.status = Status::Active;
        }
        Ok(())
    }

    /// The first period of each item begins: it is the trial where there is one.
    pub(super) fn begin_periods(&mut self) {
        let start = self.created;
        for n in 0..self.items.data.len() {
            let cycle = self.cycle(&self.items.data[n]);
            let end = self.trial_end.unwrap_or_else(|| cycle.next(start));
            let item = &mut self.items.data[n];
            item.current_period_start = start;
            item.current_period_end = end;
        }
        self.items.total_count = self.items.data.len() as i64;
    }

    /// Sets when it ends by itself. Errors: that is not ahead.
    pub(super) fn end_with(
        &mut self,
        cx: &Cx<'_>,
        at: Patch<CancelAt>,
        with_period: Option<bool>,
    ) -> Result<(), ApiError> {
        if with_period == Some(true) && matches!(at, Patch::Set(_)) {
            return Err(either("cancel_at", "cancel_at_period_end"));
        }
        let at = match at {
            Patch::Keep => None,
            Patch::Clear => Some(None),
            Patch::Set(CancelAt::At(at)) if at <= cx.now() => {
                let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
                return Err(refused(message).param("cancel_at"));
            }
            Patch::Set(CancelAt::At(at)) => Some(Some(at)),
            Patch::Set(CancelAt::MinPeriodEnd) => Some(self.period_end()),
            Patch::Set(CancelAt::MaxPeriodEnd) => Some(self.last_period_end()),
        };
        let at = match (at, with_period) {
            (None, Some(true)) => Some(self.last_period_end()),
            (None, Some(false)) if self.cancel_at_period_end => Some(None),
            (at, _) => at,
        };
        let Some(at) = at else { return Ok(()) };
        self.cancel_at = at;
        self.cancel_at_period_end = with_period == Some(true);
        self.canceled_at = at.map(|_| cx.now());
        let reason = at.map(|_| super::Reason::CancellationRequested);
        self.cancellation_details.get_or_insert_default().reason = reason;
        Ok(())
    }

    /// What the first invoice is for: the trial, or what is left of the first period.
    pub(super) async fn first_entries(
        &mut self,
        cx: &mut Cx<'_>,
        prorates: bool,
    ) -> Result<Vec<Entry>, Stop> {
        let items: Vec<SubscriptionItem> = self.items.data.clone();
        let mut entries = if prorates { self.backdated(cx).await? } else { Vec::new() };
        for (n, item) in items.iter().enumerate() {
            let (amount, span, what) = if self.status == Status::Trialing {
                (0, (item.current_period_start, item.current_period_end), For::Trial)
            } else {
                let span = Span::from(self.cycle(item), item.current_period_start, self.cancel_at);
                self.items.data[n].current_period_end = span.end;
                let whole = self.amount(item)?;
                let amount = if span.is_part() && !prorates { 0 } else { span.share(whole) };
                let what = match item.price.is_metered() {
                    true => For::Used(0),
                    false if span.is_part() => For::Part,
                    false => For::Period,
                };
                (amount, (span.start, span.end), what)
            };
            entries.push(self.entry(cx, item, amount, span, what).await?);
        }
        Ok(entries)
    }

    /// Errors: something is to be paid at once, and there is nothing to pay it by.
    fn admit_payment(
        &self,
        customer: &Customer,
        invoice: &Invoice,
        behavior: PaymentBehavior,
    ) -> Result<(), ApiError> {
        let by_itself = self.collection_method == CollectionMethod::ChargeAutomatically;
        if !by_itself
            || behavior == PaymentBehavior::DefaultIncomplete
            || invoice.amount_due == 0
            || self.can_pay(customer)
        {
            return Ok(());
        }
        let message = "This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://docs.stripe.com/billing/subscriptions/payment-methods-setting.";
        Err(ApiError::invalid(400, message).code("resource_missing"))
    }

    /// Whether there is something to pay its invoices by.
    pub(super) fn can_pay(&self, customer: &Customer) -> bool {
        self.default_payment_method.is_some()
            || self.default_source.is_some()
            || customer.invoice_settings.default_payment_method.is_some()
            || customer.default_source.is_some()
    }

    /// Something of it changed: it is written down, and told.
    pub(super) fn keep_changed(&self, cx: &mut Cx<'_>, before: &Subscription) {
        cx.put(self);
        cx.emit_update(UPDATED, before, self);
    }
}
