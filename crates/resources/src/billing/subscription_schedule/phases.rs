//! Phases as they are sent, and making schedules of them.
use super::{
    Anchor, CREATED, CurrentPhase, DefaultSettings, EndBehavior, Phase, PhaseDiscount, PhaseItem, Status,
    SubscriptionSchedule, UPDATED, run, usual_invoice_settings,
};
use crate::{
    billing::{
        amounts::{Number, bounds, either, refused},
        discount::DiscountParams,
        invoice::CollectionMethod,
        price::{Price, Type},
        subscription::{AutomaticTax, BillingMode, Proration, Subscription, When, by_schedule},
        tax_rate,
    },
    payments::{
        customer::Customer,
        payment_method::{self, MethodRef},
    },
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, MetadataPatch, Named as _, Ref, Timestamp};
use money::{Cycle, Interval};
use wire::{Optional, Wire};

/// What `POST /v1/subscription_schedules` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    customer: Option<String>,
    default_settings: Option<DefaultParams>,
    end_behavior: Option<EndBehavior>,
    from_subscription: Option<String>,
    metadata: MetadataPatch,
    phases: Vec<PhaseParams>,
    start_date: Option<When>,
}

/// What `POST /v1/subscription_schedules/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    default_settings: Option<DefaultParams>,
    end_behavior: Option<EndBehavior>,
    metadata: MetadataPatch,
    phases: Option<Vec<PhaseParams>>,
    proration_behavior: Option<Proration>,
}

/// `default_settings` as sent.
#[derive(Debug, Wire)]
struct DefaultParams {
    application_fee_percent: Option<Number>,
    billing_cycle_anchor: Option<Anchor>,
    collection_method: Option<CollectionMethod>,
    default_payment_method: Option<String>,
    description: Option<String>,
    invoice_settings: Option<InvoiceSettingsParams>,
}

/// `invoice_settings` as sent.
#[derive(Debug, Wire)]
struct InvoiceSettingsParams {
    days_until_due: Option<i64>,
}

/// A phase as sent.
#[derive(Debug, Wire)]
struct PhaseParams {
    billing_cycle_anchor: Option<Anchor>,
    collection_method: Option<CollectionMethod>,
    default_payment_method: Option<String>,
    default_tax_rates: Option<Vec<String>>,
    description: Option<String>,
    discounts: Vec<DiscountParams>,
    duration: Option<Duration>,
    end_date: Option<Timestamp>,
    items: Vec<ItemParams>,
    metadata: Option<MetadataPatch>,
    proration_behavior: Option<Proration>,
    start_date: Option<When>,
    trial: Option<bool>,
    trial_end: Option<Timestamp>,
}

#[derive(Debug, Wire)]
struct Duration {
    interval: Interval,
    interval_count: Option<i64>,
}

#[derive(Debug, Wire)]
struct ItemParams {
    metadata: Option<MetadataPatch>,
    plan: Option<String>,
    price: Option<String>,
    quantity: Option<i64>,
    tax_rates: Option<Vec<String>>,
}

/// The most phases that lie ahead.
const PHASES_MAX: usize = 10;

impl ItemParams {
    async fn read(self, cx: &mut Cx<'_>, at: &str) -> Result<(PhaseItem, Price), Stop> {
        let (id, param) = match (self.price, self.plan) {
            (Some(_), Some(_)) => return Err(either(&format!("{at}[price]"), &format!("{at}[plan]")).into()),
            (Some(id), None) => (id, format!("{at}[price]")),
            (None, Some(id)) => (id, format!("{at}[plan]")),
            (None, None) => return Err(ApiError::missing(&format!("{at}[price]")).into()),
        };
        let price: Price = cx.must(&param, &id).await?;
        if price.r#type != Type::Recurring || !price.active {
            let message = format!("The price {id} must be active and recurring.");
            return Err(refused(message).param(param).into());
        }
        if let Some(quantity) = self.quantity {
            bounds(&format!("{at}[quantity]"), quantity, (0, 999_999_999))?;
        }
        let tax_rates = match self.tax_rates {
            Some(rates) => tax_rate::named(cx, &rates, &format!("{at}[tax_rates]")).await?,
            None => Vec::new(),
        };
        let item = PhaseItem {
            billing_thresholds: None,
            discounts: Vec::new(),
            metadata: Some(self.metadata.unwrap_or_default().fresh()?),
            plan: Ref::to(&price.id),
            price: Ref::to(&price.id),
            quantity: Optional(Some(self.quantity.unwrap_or(1))),
            tax_rates: Some(tax_rates),
        };
        Ok((item, price))
    }
}

impl DiscountParams {
    /// As a phase keeps it until it begins. Errors: there is no such thing.
    async fn keep(self, cx: &mut Cx<'_>, at: &str) -> Result<PhaseDiscount, Stop> {
        let (coupon, discount, code) = self.named(cx, at).await?;
        Ok(PhaseDiscount {
            coupon: coupon.map(Ref::to),
            discount: discount.map(Ref::to),
            promotion_code: code.map(Ref::to),
        })
    }
}

impl PhaseParams {
    /// Reads a phase that begins at a moment. Errors: it has no items, or no length.
    async fn read(
        self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        start: Timestamp,
        at: &str,
    ) -> Result<Phase, Stop> {
        if self.items.is_empty() {
            return Err(ApiError::missing(&format!("{at}[items]")).into());
        }
        let (mut items, mut prices) = (Vec::new(), Vec::new());
        for (n, item) in self.items.into_iter().enumerate() {
            let (item, price) = item.read(cx, &format!("{at}[items][{n}]")).await?;
            items.push(item);
            prices.push(price);
        }
        let first = &prices[0];
        let end = match (self.end_date, self.duration) {
            (Some(_), Some(_)) => {
                return Err(either(&format!("{at}[end_date]"), &format!("{at}[duration]")).into());
            }
            (Some(end), None) => end,
            (None, Some(it)) => {
                let count = it.interval_count.unwrap_or(1);
                bounds(&format!("{at}[duration][interval_count]"), count, (1, it.interval.three_years()))?;
                Cycle { anchor: start, interval: it.interval, count }.boundary(1)
            }
            (None, None) => {
                let (interval, count) = first
                    .recurring
                    .as_ref()
                    .map_or((Interval::Month, 1), |it| (it.interval, it.interval_count));
                Cycle { anchor: start, interval, count }.boundary(1)
            }
        };
        let refuse =
            |name: &str, message: &str| Err(Stop::from(refused(message).param(format!("{at}[{name}]"))));
        if end <= start {
            return refuse("end_date", "A phase must end after it starts.");
        }
        let trial_end = match (self.trial, self.trial_end) {
            (Some(true), Some(_)) => {
                return Err(either(&format!("{at}[trial]"), &format!("{at}[trial_end]")).into());
            }
            (Some(true), None) => Some(end),
            (_, trial_end) => trial_end,
        };
        if trial_end.is_some_and(|trial| trial <= start || trial > end) {
            return refuse("trial_end", "The trial of a phase must end within it.");
        }
        let method = match self.default_payment_method {
            Some(id) => {
                Some(MethodRef(kept(cx, customer, &id, &format!("{at}[default_payment_method]")).await?))
            }
            None => None,
        };
        let mut discounts = Vec::with_capacity(self.discounts.len());
        for (n, discount) in self.discounts.into_iter().enumerate() {
            discounts.push(discount.keep(cx, &format!("{at}[discounts][{n}]")).await?);
        }
        let default_tax_rates = match self.default_tax_rates {
            Some(rates) => tax_rate::named(cx, &rates, &format!("{at}[default_tax_rates]")).await?,
            None => Vec::new(),
        };
        Ok(Phase {
            add_invoice_items: Vec::new(),
            application_fee_percent: None,
            billing_cycle_anchor: self.billing_cycle_anchor,
            billing_thresholds: None,
            collection_method: self.collection_method,
            currency: customer.currency.unwrap_or(first.currency),
            default_payment_method: method,
            default_tax_rates: Some(default_tax_rates),
            description: self.description,
            discounts,
            end_date: end,
            invoice_settings: None,
            items,
            metadata: Some(self.metadata.unwrap_or_default().fresh()?),
            on_behalf_of: None,
            proration_behavior: self.proration_behavior.unwrap_or(Proration::CreateProrations),
            start_date: start,
            transfer_data: None,
            trial_end,
        })
    }
}

/// A payment method that the customer keeps.
async fn kept(cx: &mut Cx<'_>, customer: &Customer, id: &str, param: &str) -> Result<String, Stop> {
    let kept = payment_method::kept_by(cx, id, &customer.id).await?;
    Ok(kept.ok_or_else(|| ApiError::no_such("payment method", id, param))?)
}

/// Reads phases, each of which begins where the one before ends.
async fn read_all(
    cx: &mut Cx<'_>,
    customer: &Customer,
    all: Vec<PhaseParams>,
    mut start: Timestamp,
) -> Result<Vec<Phase>, Stop> {
    if all.is_empty() {
        return Err(ApiError::missing("phases").into());
    }
    if all.len() > PHASES_MAX {
        return Err(refused(format!("A schedule can have up to {PHASES_MAX} phases."))
            .param("phases")
            .into());
    }
    let mut phases = Vec::with_capacity(all.len());
    for (n, phase) in all.into_iter().enumerate() {
        let at = format!("phases[{n}]");
        match phase.start_date {
            Some(When::At(said)) if n > 0 && said != start => {
                return Err(refused("A phase must start where the one before ends.")
                    .param(format!("{at}[start_date]"))
                    .into());
            }
            Some(When::At(said)) => start = said,
            Some(When::Now) if n == 0 => start = cx.now(),
            _ => {}
        }
        let phase = phase.read(cx, customer, start, &at).await?;
        start = phase.end_date;
        phases.push(phase);
    }
    Ok(phases)
}

impl DefaultSettings {
    fn usual(of: Option<&Subscription>) -> Self {
        DefaultSettings {
            application_fee_percent: of.and_then(|it| it.application_fee_percent),
            automatic_tax: AutomaticTax::default(),
            billing_cycle_anchor: Anchor::Automatic,
            billing_thresholds: None,
            collection_method: Some(
                of.map_or(CollectionMethod::ChargeAutomatically, |it| it.collection_method),
            ),
            default_payment_method: of.and_then(|it| it.default_payment_method.clone()),
            description: of.and_then(|it| it.description.clone()),
            invoice_settings: usual_invoice_settings(of.map(|it| &it.invoice_settings)),
            on_behalf_of: of.and_then(|it| it.on_behalf_of.clone()),
            transfer_data: of.and_then(|it| it.transfer_data.clone()),
        }
    }
    async fn set(&mut self, cx: &mut Cx<'_>, customer: &Customer, sent: DefaultParams) -> Result<(), Stop> {
        if let Some(percent) = sent.application_fee_percent {
            by_schedule::admit_fee(cx, percent, "default_settings[application_fee_percent]")?;
            self.application_fee_percent = Some(percent);
        }
        self.billing_cycle_anchor = sent.billing_cycle_anchor.unwrap_or(self.billing_cycle_anchor);
        self.collection_method = sent.collection_method.or(self.collection_method);
        self.description = sent.description.or(self.description.take());
        if let Some(InvoiceSettingsParams { days_until_due: Some(days) }) = sent.invoice_settings {
            bounds("default_settings[invoice_settings][days_until_due]", days, (0, 365))?;
            self.invoice_settings.days_until_due = Some(days);
        }
        if let Some(id) = sent.default_payment_method {
            let kept = kept(cx, customer, &id, "default_settings[default_payment_method]").await?;
            self.default_payment_method = Some(MethodRef(kept));
        }
        if self.collection_method == Some(CollectionMethod::SendInvoice)
            && self.invoice_settings.days_until_due.is_none()
        {
            return Err(ApiError::missing("default_settings[invoice_settings][days_until_due]").into());
        }
        Ok(())
    }
}

pub(super) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<SubscriptionSchedule> {
    if let Some(id) = p.from_subscription {
        if !p.phases.is_empty() || p.customer.is_some() || p.start_date.is_some() {
            let message = "A schedule that is made from a subscription takes its phase from that. Set phases when you update it.";
            return Err(refused(message).param("from_subscription").into());
        }
        return from_subscription(cx, &id, p.metadata).await;
    }
    let id = p.customer.ok_or_else(|| ApiError::missing("customer"))?;
    let customer: Customer = cx.must("customer", &id).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    let start = match p.start_date {
        None | Some(When::Now) => cx.now(),
        Some(When::At(at)) if at < cx.now() => {
            return Err(refused("The start_date of a schedule must not lie in the past.")
                .param("start_date")
                .into());
        }
        Some(When::At(at)) => at,
    };
    let phases = read_all(cx, &customer, p.phases, start).await?;
    let mut it = blank(cx, &customer, None, phases);
    it.end_behavior = p.end_behavior.unwrap_or(EndBehavior::Release);
    it.metadata = Some(p.metadata.fresh()?);
    if let Some(sent) = p.default_settings {
        it.default_settings.set(cx, &customer, sent).await?;
    }
    cx.put(&it);
    cx.emit(CREATED, &it);
    if it.phases.first().is_some_and(|it| it.start_date <= cx.now()) {
        it = run::advance(cx, it).await?;
    }
    run::later(cx, &it);
    done(it)
}

fn blank(
    cx: &Cx<'_>,
    customer: &Customer,
    of: Option<&Subscription>,
    phases: Vec<Phase>,
) -> SubscriptionSchedule {
    SubscriptionSchedule {
        id: cx.new_id::<SubscriptionSchedule>(),
        object: SubscriptionSchedule::NAME.into(),
        application: cx.caller.application.as_deref().map(Ref::to),
        billing_mode: of.map_or_else(|| BillingMode::usual(cx), |it| it.billing_mode.clone()),
        canceled_at: None,
        completed_at: None,
        created: cx.now(),
        current_phase: None,
        customer: Ref::to(&customer.id),
        customer_account: None,
        default_settings: DefaultSettings::usual(of),
        end_behavior: EndBehavior::Release,
        livemode: cx.caller.livemode,
        metadata: Some(Default::default()),
        pause_schedules: Vec::new(),
        phases,
        released_at: None,
        released_subscription: None,
        status: Status::NotStarted,
        subscription: None,
        test_clock: customer.test_clock.clone(),
    }
}

/// A subscription gets a schedule, whose first phase is as it is.
async fn from_subscription(
    cx: &mut Cx<'_>,
    id: &str,
    metadata: MetadataPatch,
) -> Outcome<SubscriptionSchedule> {
    let before: Subscription = cx.must("from_subscription", id).await?;
    let customer: Customer = cx.must("customer", &before.customer.id).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    if before.has_ended() || before.schedule.is_some() {
        let message = "A schedule can be made from a subscription that goes on and has none.";
        return Err(refused(message).param("from_subscription").into());
    }
    let start = before.items.data.iter().map(|it| it.current_period_start).min().unwrap_or(cx.now());
    let end = before.items.data.iter().map(|it| it.current_period_end).min().unwrap_or(cx.now());
    let item = |it: &crate::billing::subscription_item::SubscriptionItem| PhaseItem {
        billing_thresholds: None,
        discounts: Vec::new(),
        metadata: Some(it.metadata.clone()),
        plan: Ref::to(&it.price.id),
        price: Ref::to(&it.price.id),
        quantity: it.quantity.clone(),
        tax_rates: it.tax_rates.clone(),
    };
    let phase = Phase {
        add_invoice_items: Vec::new(),
        application_fee_percent: before.application_fee_percent,
        billing_cycle_anchor: None,
        billing_thresholds: None,
        collection_method: None,
        currency: before.currency,
        default_payment_method: None,
        default_tax_rates: before.default_tax_rates.clone(),
        description: None,
        discounts: before
            .discounts
            .iter()
            .map(|it| PhaseDiscount { coupon: None, discount: Some(it.clone()), promotion_code: None })
            .collect(),
        end_date: end,
        invoice_settings: None,
        items: before.items.data.iter().map(item).collect(),
        metadata: Some(Default::default()),
        on_behalf_of: None,
        proration_behavior: Proration::CreateProrations,
        start_date: start,
        transfer_data: None,
        trial_end: before.trial_end.filter(|end| *end > start),
    };
    let mut it = blank(cx, &customer, Some(&before), vec![phase]);
    it.metadata = Some(metadata.fresh()?);
    it.status = Status::Active;
    it.current_phase = Some(CurrentPhase { end_date: end, start_date: start });
    it.subscription = Some(Ref::to(&before.id));
    by_schedule::bind(cx, &before, Some(&it.id));
    cx.put(&it);
    cx.emit(CREATED, &it);
    run::later(cx, &it);
    done(it)
}

pub(super) async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<SubscriptionSchedule> {
    let (before, customer) = run::named(cx).await?;
    let mut it = before.clone();
    it.end_behavior = p.end_behavior.unwrap_or(it.end_behavior);
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    if let Some(sent) = p.default_settings {
        it.default_settings.set(cx, &customer, sent).await?;
    }
    let changes = p.phases.is_some();
    if let Some(phases) = p.phases {
        let now = cx.now();
        let start = before
            .current_phase
            .map_or_else(|| before.phases.first().map_or(now, |it| it.start_date), |it| it.start_date);
        it.phases = read_all(cx, &customer, phases, start).await?;
        let current =
            it.phase_at(now).map(|it| CurrentPhase { end_date: it.end_date, start_date: it.start_date });
        if before.status == Status::Active && current.is_none() {
            return Err(refused("One of the phases must go on at this moment.").param("phases").into());
        }
        it.current_phase = current.filter(|_| before.status == Status::Active);
    }
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    if changes && it.status == Status::Active {
        it = run::carry_out(cx, it, p.proration_behavior).await?;
    } else if changes && it.phases.first().is_some_and(|it| it.start_date <= cx.now()) {
        it = run::advance(cx, it).await?;
    }
    run::later(cx, &it);
    done(it)
}
