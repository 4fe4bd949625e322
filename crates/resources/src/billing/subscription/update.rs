//! `POST /v1/subscriptions/{id}`.
use super::{
    PauseCollection, Status, Subscription,
    bill::PaymentBehavior,
    change::{self, Step},
    create::check_trial_end,
    items::{Changed, Ordered},
    terms::{
        Anchor, CancelAt, CancellationParams, Common, IntervalParams, InvoiceSettingsParams,
        PaymentSettingsParams, Proration, TransferDataParams, TrialSettingsParams, When,
    },
};
use crate::{
    billing::{
        amounts::{Number, refused},
        discount::{self, DiscountParams, Of},
        invoice::CollectionMethod,
        invoice_item::{self, Extra},
        tax_rate,
    },
    payments::{customer::Customer, payment_intent::confirm::OffSession},
    test_helpers::test_clock,
};
use api::{Cx, Outcome, Stop, done};
use base::{ApiError, MetadataPatch, Timestamp};
use wire::{Hidden, Patch, Wire};

/// What `POST /v1/subscriptions/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    add_invoice_items: Vec<Extra>,
    application_fee_percent: Patch<Number>,
    billing_cycle_anchor: Option<Anchor>,
    cancel_at: Patch<CancelAt>,
    cancel_at_period_end: Option<bool>,
    cancellation_details: Option<CancellationParams>,
    collection_method: Option<CollectionMethod>,
    days_until_due: Option<i64>,
    default_payment_method: Option<String>,
    default_source: Patch<String>,
    default_tax_rates: Option<Vec<String>>,
    description: Patch<String>,
    discounts: Option<Vec<DiscountParams>>,
    invoice_settings: Option<InvoiceSettingsParams>,
    items: Vec<Changed>,
    metadata: MetadataPatch,
    off_session: Option<OffSession>,
    on_behalf_of: Patch<String>,
    pause_collection: Patch<PauseCollection>,
    payment_behavior: Option<PaymentBehavior>,
    payment_settings: Option<PaymentSettingsParams>,
    pending_invoice_item_interval: Patch<IntervalParams>,
    proration_behavior: Option<Proration>,
    proration_date: Option<Timestamp>,
    transfer_data: Patch<TransferDataParams>,
    trial_end: Option<When>,
    trial_from_plan: Option<bool>,
    trial_settings: Option<TrialSettingsParams>,
}

impl Update {
    /// The first of what cannot wait for a payment.
    fn cannot_wait(&self) -> Option<&'static str> {
        fn sent<T>(patch: &Patch<T>) -> bool {
            !matches!(patch, Patch::Keep)
        }
        let all = [
            ("application_fee_percent", sent(&self.application_fee_percent)),
            ("cancel_at", sent(&self.cancel_at)),
            ("cancel_at_period_end", self.cancel_at_period_end.is_some()),
            ("collection_method", self.collection_method.is_some()),
            ("days_until_due", self.days_until_due.is_some()),
            ("default_payment_method", self.default_payment_method.is_some()),
            ("default_source", sent(&self.default_source)),
            ("default_tax_rates", self.default_tax_rates.is_some()),
            ("description", sent(&self.description)),
            ("discounts", self.discounts.is_some()),
            ("invoice_settings", self.invoice_settings.is_some()),
            ("on_behalf_of", sent(&self.on_behalf_of)),
            ("pause_collection", sent(&self.pause_collection)),
            ("payment_settings", self.payment_settings.is_some()),
            ("pending_invoice_item_interval", sent(&self.pending_invoice_item_interval)),
            ("transfer_data", sent(&self.transfer_data)),
            ("trial_settings", self.trial_settings.is_some()),
        ];
        all.iter().find(|(_, sent)| *sent).map(|(name, _)| *name)
    }
    /// Whether anything was sent that a subscription which ended does not take.
    fn is_more_than_words(&self) -> bool {
        self.cannot_wait().is_some()
            || !self.items.is_empty()
            || self.trial_end.is_some()
            || !self.add_invoice_items.is_empty()
    }
}

/// The subscription that the URL names and its customer, by whose clock the decision lives.
pub(super) async fn named(cx: &mut Cx<'_>, id: &str) -> Result<(Subscription, Customer), Stop> {
    let it: Subscription = cx.must("id", id).await?;
    let customer: Customer = cx.must("customer", &it.customer.id).await?;
    test_clock::enter(cx, it.test_clock.as_ref().or(customer.test_clock.as_ref())).await?;
    Ok((it, customer))
}

pub(super) async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Subscription> {
    let id = cx.path("id").to_owned();
    let (before, customer) = named(cx, &id).await?;
    let waits = p.payment_behavior == Some(PaymentBehavior::PendingIfIncomplete);
    if let (true, Some(param)) = (waits, p.cannot_wait()) {
        let message =
            format!("You cannot set {param} when `payment_behavior` is set to `pending_if_incomplete`.");
        return Err(refused(message).param(param).into());
    }
    if before.has_ended() && p.is_more_than_words() {
        let message = "A canceled subscription can only update its cancellation_details and metadata.";
        return Err(refused(message).into());
    }
    let ends = p.cancel_at_period_end.is_some() || !matches!(p.cancel_at, Patch::Keep);
    if let (true, Some(schedule)) = (ends, &before.schedule) {
        let message = format!(
            "The subscription is managed by the subscription schedule `{}`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.",
            schedule.id
        );
        return Err(refused(message)
            .param(if p.cancel_at_period_end.is_some() { "cancel_at_period_end" } else { "cancel_at" })
            .into());
    }
    let mut it = before.clone();
    p.metadata.apply(&mut it.metadata)?;
    if let Some(sent) = p.cancellation_details {
        sent.apply(&mut it.cancellation_details);
    }
    if before.has_ended() {
        it.keep_changed(cx, &before);
        return done(it);
    }
    let common = Common {
        application_fee_percent: p.application_fee_percent,
        collection_method: p.collection_method,
        days_until_due: p.days_until_due,
        default_payment_method: p.default_payment_method,
        default_source: p.default_source,
        description: p.description,
        invoice_settings: p.invoice_settings,
        on_behalf_of: p.on_behalf_of,
        payment_settings: p.payment_settings,
        transfer_data: p.transfer_data,
        trial_settings: p.trial_settings,
    };
    it.set_terms(cx, &customer, common).await?;
    it.bill_items_every(cx, p.pending_invoice_item_interval)?;
    if let Some(rates) = p.default_tax_rates {
        it.default_tax_rates = Some(tax_rate::named(cx, &rates, "default_tax_rates").await?);
    }
    if let Some(discounts) = p.discounts {
        it.discounts = discount::redeem_all(cx, &customer, discounts, Of::Subscription(&it.id)).await?;
    }
    if let Patch::Set(PauseCollection { resumes_at: Some(at), .. }) = &p.pause_collection
        && *at <= cx.now()
    {
        let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
        return Err(refused(message).param("pause_collection[resumes_at]").into());
    }
    p.pause_collection.apply(&mut it.pause_collection);
    it.change_items(cx, &customer, p.items).await?;
    for (n, extra) in p.add_invoice_items.into_iter().enumerate() {
        invoice_item::add(cx, &customer, extra, &it, &format!("add_invoice_items[{n}]")).await?;
    }
    let step = Step {
        proration: p.proration_behavior.unwrap_or(Proration::CreateProrations),
        at: p.proration_date,
        reset: p.billing_cycle_anchor == Some(Anchor::Now),
        trial_end: trial_end(cx, &before, &it, p.trial_end, p.trial_from_plan)?,
        cancel_at: p.cancel_at,
        cancel_at_period_end: p.cancel_at_period_end,
    };
    let payment = p.payment_behavior.unwrap_or(PaymentBehavior::AllowIncomplete);
    let off_session = p.off_session.is_some_and(OffSession::is_on);
    done(change::carry_out(cx, &customer, &before, it, step, (payment, off_session)).await?)
}

/// When the trial is to end, where that changes.
fn trial_end(
    cx: &Cx<'_>,
    before: &Subscription,
    it: &Subscription,
    end: Option<When>,
    from_plan: Option<bool>,
) -> Result<Option<When>, ApiError> {
    match end {
        Some(When::At(at)) => {
            check_trial_end(cx, at)?;
            Ok(Some(When::At(at)))
        }
        Some(When::Now) => Ok((before.status == Status::Trialing).then_some(When::Now)),
        None if from_plan == Some(true) => {
            let days = it.items.data.iter().filter_map(|item| item.plan.trial_period_days).max();
            Ok(days.map(|days| When::At(cx.now().plus(days * Timestamp::DAY))))
        }
        None => Ok(None),
    }
}

impl Subscription {
    /// Adds, changes and removes items. What that costs is another matter.
    pub(super) async fn change_items(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        all: Vec<Changed>,
    ) -> Result<(), Stop> {
        for (n, item) in all.into_iter().enumerate() {
            let at = format!("items[{n}]");
            let Changed { id, deleted, .. } = &item;
            match (id.clone(), *deleted == Some(true)) {
                (Some(id), true) => self.remove_item(&id, &format!("{at}[id]"))?,
                (None, true) => return Err(ApiError::missing(&format!("{at}[id]")).into()),
                (Some(id), false) => self.change_item(cx, customer, &id, item.ask(at)).await?,
                (None, false) => {
                    let mut asked = item.ask(at);
                    let price = asked
                        .find_price(cx)
                        .await?
                        .ok_or_else(|| ApiError::missing(&asked.param("price")))?;
                    self.add_item(cx, customer, asked, price).await?;
                }
            }
        }
        self.items.total_count = self.items.data.len() as i64;
        if self.items.data.is_empty() {
            return Err(refused("A subscription must have at least one active plan. If you would like to cancel the subscription, please use the cancellation endpoint.").param("items").into());
        }
        self.check_items("items")
    }
    /// Removes an item. Errors: there is none with this id.
    pub(super) fn remove_item(&mut self, id: &str, param: &str) -> Result<(), ApiError> {
        let before = self.items.data.len();
        self.items.data.retain(|it| it.id != id);
        self.kept = Hidden(std::mem::take(&mut self.kept.0).into_iter().filter(|it| it.item != id).collect());
        if self.items.data.len() == before {
            Err(ApiError::no_such("subscription_item", id, param))
        } else {
            Ok(())
        }
    }
    /// Changes an item. Errors: there is none with this id.
    pub(super) async fn change_item(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        id: &str,
        mut asked: Ordered,
    ) -> Result<(), Stop> {
        let place = self.items.data.iter().position(|it| it.id == id);
        let place = place.ok_or_else(|| ApiError::no_such("subscription_item", id, &asked.param("id")))?;
        let mut item = self.items.data[place].clone();
        self.describe_item(cx, customer, &mut asked, &mut item).await?;
        let price = asked.find_price(cx).await?.filter(|price| price.id != item.price.id);
        let sent =
            asked.quantity.or(item.quantity.0.filter(|_| price.as_ref().is_none_or(|it| !it.is_metered())));
        let of = price.as_ref().unwrap_or(&item.price);
        item.quantity.0 = of.quantity(sent, &asked.param("quantity"))?;
        if let Some(price) = price {
            self.price_item(&mut item, price, &asked.param("price"))?;
        }
        self.items.data[place] = item;
        Ok(())
    }
}
