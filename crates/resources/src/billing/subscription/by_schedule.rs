//! What a schedule does with its subscription.
use super::{
    BillingMode, Flexible, Mode, Subscription,
    bill::PaymentBehavior,
    cancel::{self, End},
    change::{self, Step},
    create::{self, Beginning},
    items::Ordered,
    terms::{CancelAt, Proration, When, percent},
};
use crate::{
    billing::{
        amounts::Number,
        discount::{self, DiscountParams, Of},
        invoice::CollectionMethod,
        price::Price,
        subscription_schedule::{Phase, SubscriptionSchedule},
    },
    payments::{
        charge::rules::{self, MONEY_MAX},
        customer::Customer,
    },
};
use api::{Cx, Stop};
use base::{ApiError, MetadataPatch, Ref};
use wire::{Optional, Patch};

impl BillingMode {
    /// The rules that hold where nothing is said.
    pub(crate) fn usual(cx: &Cx<'_>) -> Self {
        let mode = create::usual_mode(cx);
        BillingMode {
            flexible: (mode == Mode::Flexible).then(Flexible::default),
            r#type: mode,
            updated_at: Optional(None),
        }
    }
}

/// Errors: nobody may take so much, or who asks may not take anything.
pub(crate) fn admit_fee(cx: &Cx<'_>, fee: Number, param: &'static str) -> Result<(), ApiError> {
    percent(param, Some(fee))?;
    rules::application_fee(cx.caller, Some((param, 1)), MONEY_MAX, false).map(drop)
}

/// A subscription has this schedule from now on, or none.
pub(crate) fn bind(cx: &mut Cx<'_>, before: &Subscription, schedule: Option<&str>) {
    let it = Subscription { schedule: schedule.map(Ref::to), ..before.clone() };
    it.keep_changed(cx, before);
}

fn asked(phase: &Phase) -> Vec<(Ordered, String)> {
    let one = |(n, item): (usize, &crate::billing::subscription_schedule::PhaseItem)| {
        let ordered = Ordered {
            at: format!("phases[items][{n}]"),
            discounts: None,
            metadata: MetadataPatch::default(),
            plan: None,
            price: Some(item.price.id.clone()),
            price_data: None,
            quantity: item.quantity.0,
            tax_rates: None,
        };
        (ordered, item.price.id.clone())
    };
    phase.items.iter().enumerate().map(one).collect()
}

impl Subscription {
    /// Takes over what a phase says beside its prices.
    async fn take_phase(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        of: &SubscriptionSchedule,
        phase: &Phase,
    ) -> Result<(), Stop> {
        let usual = &of.default_settings;
        self.schedule = Some(Ref::to(&of.id));
        self.application_fee_percent =
            phase.application_fee_percent.or(usual.application_fee_percent).or(self.application_fee_percent);
        self.collection_method =
            phase.collection_method.or(usual.collection_method).unwrap_or(self.collection_method);
        self.days_until_due = match self.collection_method {
            CollectionMethod::SendInvoice => {
                usual.invoice_settings.days_until_due.or(self.days_until_due).or(Some(30))
            }
            CollectionMethod::ChargeAutomatically => None,
        };
        let method = phase.default_payment_method.clone().or_else(|| usual.default_payment_method.clone());
        self.default_payment_method = method.or(self.default_payment_method.take());
        self.description =
            phase.description.clone().or_else(|| usual.description.clone()).or(self.description.take());
        if phase.default_tax_rates.as_ref().is_some_and(|rates| !rates.is_empty()) {
            self.default_tax_rates.clone_from(&phase.default_tax_rates);
        }
        for (key, value) in phase.metadata.iter().flat_map(|it| &it.0) {
            self.metadata.0.insert(key.clone(), value.clone());
        }
        for item in &mut self.items.data {
            if let Some(said) = phase.items.iter().find(|it| it.price.id == item.price.id) {
                item.tax_rates.clone_from(&said.tax_rates);
                item.metadata = said.metadata.clone().unwrap_or_default();
            }
        }
        let discounts = phase.discounts.iter().map(|it| {
            DiscountParams::of(
                it.coupon.as_ref().map(|it| it.id.clone()),
                it.discount.as_ref().map(|it| it.id.clone()),
                it.promotion_code.as_ref().map(|it| it.id.clone()),
            )
        });
        self.discounts =
            discount::redeem_all(cx, customer, discounts.collect(), Of::Subscription(&self.id)).await?;
        Ok(())
    }
}

/// The first phase begins with a subscription of its own.
pub(crate) async fn begin(
    cx: &mut Cx<'_>,
    customer: &Customer,
    of: &SubscriptionSchedule,
    phase: &Phase,
) -> Result<Subscription, Stop> {
    let items = asked(phase).into_iter().map(|(ordered, _)| ordered).collect();
    let mut it =
        create::start(cx, customer, Some(phase.currency), Some(of.billing_mode.r#type), items).await?;
    it.application.clone_from(&of.application);
    it.take_phase(cx, customer, of, phase).await?;
    it.start_trial(cx, (phase.trial_end.filter(|end| *end > cx.now()).map(When::At), None, None), &[])?;
    it.begin_periods();
    it.end_with(cx, of.ends_with().map_or(Patch::Keep, |at| Patch::Set(CancelAt::At(at))), None)?;
    // Nobody is there who could be told that there is nothing to pay by.
    let behavior = if it.can_pay(customer) {
        PaymentBehavior::AllowIncomplete
    } else {
        PaymentBehavior::DefaultIncomplete
    };
    let beginning =
        Beginning { prorates: phase.proration_behavior != Proration::None, behavior, off_session: true };
    create::begin(cx, customer, it, beginning).await
}

/// A subscription becomes what a phase says.
pub(crate) async fn follow(
    cx: &mut Cx<'_>,
    of: &SubscriptionSchedule,
    before: Subscription,
    phase: &Phase,
    proration: Option<Proration>,
) -> Result<(), Stop> {
    let customer: Customer = cx.must("customer", &before.customer.id).await?;
    let mut it = before.clone();
    let wanted = asked(phase);
    for item in &before.items.data {
        if !wanted.iter().any(|(_, price)| *price == item.price.id) {
            it.remove_item(&item.id, "items")?;
        }
    }
    for (ordered, price) in wanted {
        let held = it.items.data.iter_mut().find(|item| item.price.id == price);
        match held {
            Some(item) => item.quantity.0 = ordered.quantity.or(item.quantity.0),
            None => {
                let price: Price = cx.must("phases", &price).await?;
                it.add_item(cx, &customer, ordered, price).await?;
            }
        }
    }
    it.items.total_count = it.items.data.len() as i64;
    it.take_phase(cx, &customer, of, phase).await?;
    let now = cx.now();
    let step = Step {
        reset: of.begins_anew(phase) && phase.start_date == now,
        trial_end: phase.trial_end.filter(|end| *end > now).map(When::At),
        cancel_at: of.ends_with().map_or(Patch::Keep, |at| Patch::Set(CancelAt::At(at))),
        ..Step::of(Some(proration.unwrap_or(phase.proration_behavior)), None)
    };
    change::carry_out(cx, &customer, &before, it, step, (PaymentBehavior::AllowIncomplete, true))
        .await
        .map(drop)
}

/// A subscription ends with its schedule: whether what waits is billed, and what is left is given back.
pub(crate) async fn end(
    cx: &mut Cx<'_>,
    it: Subscription,
    (invoice_now, prorate): (bool, bool),
) -> Result<(), Stop> {
    cancel::end(cx, it, End::with(invoice_now, prorate)).await.map(drop)
}

/// A subscription does not end with its schedule any more.
pub(crate) async fn keep_on(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Subscription>(id).await?.filter(|it| !it.has_ended()) else { return Ok(()) };
    let mut it = before.clone();
    it.end_with(cx, Patch::Clear, None)?;
    it.keep_changed(cx, &before);
    super::wake::later(cx, &it);
    Ok(())
}
