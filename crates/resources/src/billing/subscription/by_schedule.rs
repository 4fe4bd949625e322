//! What a schedule does with its subscription.
use super::{
    Subscription,
    bill::PaymentBehavior,
    cancel::{self, End},
    change::{self, Step},
    create::{self, Beginning},
    items::Ordered,
    terms::{CancelAt, Proration, When},
};
use crate::{
    billing::{
        discount::{Discount, Of, Source},
        invoice::CollectionMethod,
        invoice_item,
        price::Price,
        subscription_schedule::{Phase, PhaseDiscount, PhaseItem, SubscriptionSchedule},
    },
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::{MetadataPatch, Ref};
use wire::Patch;

/// A subscription has this schedule from now on, or none.
pub(crate) fn bind(cx: &mut Cx<'_>, before: &Subscription, schedule: Option<&str>) {
    let it = Subscription { schedule: schedule.map(Ref::to), ..before.clone() };
    it.keep_changed(cx, before);
}

fn asked(n: usize, item: &PhaseItem) -> Ordered {
    Ordered {
        at: format!("phases[items][{n}]"),
        discounts: None,
        metadata: MetadataPatch::default(),
        plan: None,
        price: None,
        price_data: None,
        quantity: item.quantity.0,
        tax_rates: None,
    }
}

impl PhaseDiscount {
    /// Whether a discount comes from what it names.
    fn made(&self, discount: &Discount) -> bool {
        let Source { coupon, .. } = &discount.source;
        let same = |named: Option<&str>, of: Option<&str>| named.is_some() && named == of;
        same(self.discount.as_ref().map(|it| it.id.as_str()), Some(&discount.id))
            || same(self.coupon.as_ref().map(|it| it.id.as_str()), coupon.as_ref().map(|it| it.id.as_str()))
            || same(
                self.promotion_code.as_ref().map(|it| it.id.as_str()),
                discount.promotion_code.as_ref().map(|it| it.id.as_str()),
            )
    }
}

/// The discounts that a phase gives. Those that are had already stay as they are, unless the phase begins with this; what
/// cannot be redeemed any more is left out.
async fn discounts(
    cx: &mut Cx<'_>,
    customer: &Customer,
    (named, held): (&[PhaseDiscount], &[Ref<Discount>]),
    (of, enters): (Of<'_>, bool),
) -> Result<Vec<Ref<Discount>>, Stop> {
    let mut all = Vec::with_capacity(named.len());
    for wanted in named {
        let mut stays = None;
        for it in held.iter().filter(|_| !enters) {
            let known = cx.get::<Discount>(&it.id).await?.filter(|it| wanted.made(it));
            stays = stays.or(known.map(|it| it.id));
        }
        let id = match stays {
            Some(id) => Some(id),
            None => wanted.redeem(cx, customer, of).await?,
        };
        all.extend(id.map(Ref::to));
    }
    Ok(all)
}

impl Subscription {
    /// Takes over what a phase says beside its prices.
    async fn take_phase(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        of: &SubscriptionSchedule,
        (phase, enters): (&Phase, bool),
    ) -> Result<(), Stop> {
        let usual = &of.default_settings;
        self.schedule = Some(Ref::to(&of.id));
        self.application_fee_percent = phase.application_fee_percent.or(usual.application_fee_percent);
        self.transfer_data = phase.transfer_data.clone().or_else(|| usual.transfer_data.clone());
        if self.transfer_data.as_ref().is_some_and(|it| it.amount_percent.is_some()) {
            // One of both says what the platform keeps; where the phase says one, the other is not meant.
            self.application_fee_percent = phase.application_fee_percent;
        }
        self.on_behalf_of = phase.on_behalf_of.clone().or_else(|| usual.on_behalf_of.clone());
        self.collection_method =
            phase.collection_method.or(usual.collection_method).unwrap_or(self.collection_method);
        let said = phase.invoice_settings.as_ref();
        self.days_until_due = match self.collection_method {
            CollectionMethod::SendInvoice => said
                .and_then(|it| it.days_until_due)
                .or(usual.invoice_settings.days_until_due)
                .or(self.days_until_due)
                .or(Some(30)),
            CollectionMethod::ChargeAutomatically => None,
        };
        let settings = said.unwrap_or(&usual.invoice_settings);
        self.invoice_settings.custom_fields.clone_from(&settings.custom_fields);
        self.invoice_settings.description.clone_from(&settings.description);
        self.invoice_settings.footer.clone_from(&settings.footer);
        let method = phase.default_payment_method.clone().or_else(|| usual.default_payment_method.clone());
        self.default_payment_method = method.or(self.default_payment_method.take());
        self.description = phase.description.clone().or_else(|| usual.description.clone());
        if phase.default_tax_rates.as_ref().is_some_and(|rates| !rates.is_empty()) {
            self.default_tax_rates.clone_from(&phase.default_tax_rates);
        }
        for (key, value) in phase.metadata.iter().flat_map(|it| &it.0) {
            self.metadata.0.insert(key.clone(), value.clone());
        }
        for n in 0..self.items.data.len() {
            let item = &mut self.items.data[n];
            let Some(said) = phase.items.iter().find(|it| it.price.id == item.price.id) else { continue };
            item.tax_rates.clone_from(&said.tax_rates);
            item.metadata = said.metadata.clone().unwrap_or_default();
            let (held, id) = (item.discounts.clone(), item.id.clone());
            let to = (Of::SubscriptionItem(&self.id, &id), enters);
            let given = discounts(cx, customer, (&said.discounts, &held), to).await?;
            self.items.data[n].discounts = given;
        }
        let held = std::mem::take(&mut self.discounts);
        self.discounts =
            discounts(cx, customer, (&phase.discounts, &held), (Of::Subscription(&self.id), enters)).await?;
        Ok(())
    }
    /// What is paid once with a phase waits for the next invoice.
    async fn take_extras(&self, cx: &mut Cx<'_>, customer: &Customer, phase: &Phase) -> Result<(), Stop> {
        for extra in &phase.add_invoice_items {
            invoice_item::add_kept(cx, customer, extra, self, (phase.start_date, phase.end_date)).await?;
        }
        Ok(())
    }
}

/// What a phase orders. A price that was deleted meanwhile is left out.
async fn ordered(cx: &mut Cx<'_>, phase: &Phase) -> Result<Vec<(Ordered, Price)>, Stop> {
    let mut items = Vec::with_capacity(phase.items.len());
    for (n, item) in phase.items.iter().enumerate() {
        items.extend(cx.get::<Price>(&item.price.id).await?.map(|price| (asked(n, item), price)));
    }
    Ok(items)
}

/// The first phase begins with a subscription of its own; with none where there is nothing left to subscribe to.
pub(crate) async fn begin(
    cx: &mut Cx<'_>,
    customer: &Customer,
    of: &SubscriptionSchedule,
    phase: &Phase,
) -> Result<Option<Subscription>, Stop> {
    let items = ordered(cx, phase).await?;
    if items.is_empty() {
        return Ok(None);
    }
    let terms = (Some(phase.currency), Some(of.billing_mode.r#type));
    let mut it = create::start_with(cx, customer, terms, items).await?;
    it.application.clone_from(&of.application);
    it.platform.clone_from(&of.platform);
    it.take_phase(cx, customer, of, (phase, true)).await?;
    it.start_trial(cx, (phase.trial_end.filter(|end| *end > cx.now()).map(When::At), None, None), &[])?;
    it.begin_periods();
    it.end_with(cx, of.ends_with().map_or(Patch::Keep, |at| Patch::Set(CancelAt::At(at))), None)?;
    it.take_extras(cx, customer, phase).await?;
    // Nobody is there who could be told that there is nothing to pay by.
    let behavior = if it.can_pay(customer) {
        PaymentBehavior::AllowIncomplete
    } else {
        PaymentBehavior::DefaultIncomplete
    };
    let beginning =
        Beginning { prorates: phase.proration_behavior != Proration::None, behavior, off_session: true };
    create::begin(cx, customer, it, beginning).await.map(Some)
}

/// A subscription becomes what a phase says, which may begin with that.
pub(crate) async fn follow(
    cx: &mut Cx<'_>,
    of: &SubscriptionSchedule,
    before: Subscription,
    (phase, enters): (&Phase, bool),
    proration: Option<Proration>,
) -> Result<(), Stop> {
    let customer: Customer = cx.must("customer", &before.customer.id).await?;
    let mut it = before.clone();
    let wanted = ordered(cx, phase).await?;
    if !wanted.is_empty() {
        for item in &before.items.data {
            if !wanted.iter().any(|(_, price)| price.id == item.price.id) {
                it.remove_item(&item.id, "items")?;
            }
        }
    }
    for (order, price) in wanted {
        match it.items.data.iter_mut().find(|item| item.price.id == price.id) {
            Some(item) => item.quantity.0 = order.quantity,
            None => it.add_item(cx, &customer, order, price).await?,
        }
    }
    it.items.total_count = it.items.data.len() as i64;
    it.take_phase(cx, &customer, of, (phase, enters)).await?;
    if enters {
        it.take_extras(cx, &customer, phase).await?;
    }
    let now = cx.now();
    let on_trial = before.trial_end.is_some_and(|end| end > now);
    let trial_end = match phase.trial_end.filter(|end| *end > now) {
        Some(end) if before.trial_end != Some(end) => Some(When::At(end)),
        None if on_trial => Some(When::Now),
        _ => None,
    };
    let step = Step {
        reset: of.begins_anew(phase) && phase.start_date == now,
        trial_end,
        cancel_at: match of.ends_with() {
            Some(at) if before.cancel_at != Some(at) => Patch::Set(CancelAt::At(at)),
            None if before.cancel_at.is_some() => Patch::Clear,
            _ => Patch::Keep,
        },
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
