//! Making schedules and changing them.
use super::{
    CREATED, CurrentPhase, DefaultSettings, EndBehavior, Phase, PhaseDiscount, PhaseItem, Status,
    SubscriptionSchedule, UPDATED,
    phases::{DefaultParams, PhaseParams, read_all},
    run,
};
use crate::{
    billing::{
        amounts::refused,
        subscription::{BillingMode, ModeParams, Proration, Subscription, When, by_schedule},
        subscription_item::SubscriptionItem,
    },
    payments::customer::{Customer, CustomerAccount},
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, Metadata, MetadataPatch, Named as _, Ref, Timestamp};
use wire::{Hidden, Wire};

/// What `POST /v1/subscription_schedules` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    billing_mode: Option<ModeParams>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
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

impl Create {
    /// Whether anything is said that a subscription says itself.
    fn says_more(&self) -> bool {
        self.billing_mode.is_some()
            || self.customer.is_some()
            || self.default_settings.is_some()
            || self.end_behavior.is_some()
            || !self.phases.is_empty()
            || self.start_date.is_some()
    }
}

pub(super) async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<SubscriptionSchedule> {
    if let Some(id) = &p.from_subscription {
        if p.says_more() {
            let message = "A schedule that is made from a subscription takes its phase from that, and nothing else can be said. Set the rest when you update it.";
            return Err(refused(message).param("from_subscription").into());
        }
        return done(from_subscription(cx, id, p.metadata).await?);
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
    let mode = p.billing_mode.map_or_else(|| BillingMode::usual(cx), |it| BillingMode::of(it.r#type));
    let phases = read_all(cx, (&customer, mode.r#type), p.phases, start).await?;
    let mut it = blank(cx, &customer, None, phases);
    it.billing_mode = mode;
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

/// A schedule of which nothing is said but its phases.
pub(super) fn blank(
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
        metadata: Some(Metadata::default()),
        pause_schedules: Vec::new(),
        phases,
        released_at: None,
        released_subscription: None,
        status: Status::NotStarted,
        subscription: None,
        test_clock: customer.test_clock.clone(),
        platform: Hidden(cx.caller.platform.clone()),
        told: Hidden(None),
    }
}

impl PhaseItem {
    /// As an item of a subscription is.
    fn of(item: &SubscriptionItem) -> Self {
        PhaseItem {
            billing_thresholds: None,
            discounts: item.discounts.iter().map(PhaseDiscount::held).collect(),
            metadata: Some(item.metadata.clone()),
            plan: Ref::to(&item.price.id),
            price: Ref::to(&item.price.id),
            quantity: item.quantity.clone(),
            tax_rates: item.tax_rates.clone(),
        }
    }
}

impl PhaseDiscount {
    /// What is redeemed already.
    fn held(discount: &Ref<crate::billing::discount::Discount>) -> Self {
        PhaseDiscount { coupon: None, discount: Some(discount.clone()), promotion_code: None }
    }
}

impl Phase {
    /// The current period of a subscription, as that is.
    fn of(it: &Subscription, now: Timestamp) -> Self {
        let items = &it.items.data;
        let start = items.iter().map(|it| it.current_period_start).min().unwrap_or(now);
        Phase {
            add_invoice_items: Vec::new(),
            application_fee_percent: it.application_fee_percent,
            billing_cycle_anchor: None,
            billing_thresholds: None,
            collection_method: None,
            currency: it.currency,
            default_payment_method: None,
            default_tax_rates: it.default_tax_rates.clone(),
            description: None,
            discounts: it.discounts.iter().map(PhaseDiscount::held).collect(),
            end_date: items.iter().map(|it| it.current_period_end).min().unwrap_or(now),
            invoice_settings: None,
            items: items.iter().map(PhaseItem::of).collect(),
            metadata: Some(Metadata::default()),
            on_behalf_of: None,
            proration_behavior: Proration::CreateProrations,
            start_date: start,
            transfer_data: it.transfer_data.clone(),
            trial_end: it.trial_end.filter(|end| *end > start),
        }
    }
}

/// A subscription gets a schedule, whose first phase is as it is.
async fn from_subscription(
    cx: &mut Cx<'_>,
    id: &str,
    metadata: MetadataPatch,
) -> Result<SubscriptionSchedule, Stop> {
    let before: Subscription = cx.must("from_subscription", id).await?;
    let customer: Customer = cx.must("customer", &before.customer.id).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    if before.has_ended() || before.schedule.is_some() {
        let message = "A schedule can be made from a subscription that goes on and has none.";
        return Err(refused(message).param("from_subscription").into());
    }
    let phase = Phase::of(&before, cx.now());
    let current = CurrentPhase { end_date: phase.end_date, start_date: phase.start_date };
    let mut it = blank(cx, &customer, Some(&before), vec![phase]);
    it.metadata = Some(metadata.fresh()?);
    if before.cancel_at_period_end {
        it.end_behavior = EndBehavior::Cancel;
    }
    it.status = Status::Active;
    it.current_phase = Some(current);
    it.subscription = Some(Ref::to(&before.id));
    by_schedule::bind(cx, &before, Some(&it.id));
    cx.put(&it);
    cx.emit(CREATED, &it);
    run::later(cx, &it);
    Ok(it)
}

pub(super) async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<SubscriptionSchedule> {
    let (before, customer) = run::named(cx).await?;
    let mut it = before.clone();
    it.end_behavior = p.end_behavior.unwrap_or(it.end_behavior);
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    let mut changes = p.end_behavior.is_some() || p.default_settings.is_some();
    if let Some(sent) = p.default_settings {
        it.default_settings.set(cx, &customer, sent).await?;
    }
    if let Some(phases) = p.phases {
        changes = true;
        let now = cx.now();
        let start = before
            .current_phase
            .map_or_else(|| before.phases.first().map_or(now, |it| it.start_date), |it| it.start_date);
        it.phases = read_all(cx, (&customer, it.billing_mode.r#type), phases, start).await?;
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
        let enters = it.current_phase.map(|it| it.start_date) != before.current_phase.map(|it| it.start_date);
        it = run::carry_out(cx, it, p.proration_behavior, enters).await?;
    } else if changes && it.phases.first().is_some_and(|it| it.start_date <= cx.now()) {
        it = run::advance(cx, it).await?;
    }
    run::later(cx, &it);
    done(it)
}
