//! Items of a subscription as they are sent.
use super::{Kept, Subscription, terms::within};
use crate::{
    billing::{
        amounts::{TaxBehavior, bounds, either, refused},
        discount::{self, DiscountParams, Of},
        plan::Plan,
        price::{Ask, Price, RecurringParams, Type, UsageType, make_once},
        subscription_item::SubscriptionItem,
        tax_rate,
    },
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named as _, Timestamp};
use money::{Decimal, Interval};
use wire::{Optional, Wire};

/// `price_data` as sent: a price that is made for this item.
#[derive(Debug, Wire)]
pub(crate) struct PriceData {
    currency: Currency,
    product: String,
    recurring: PriceDataRecurring,
    tax_behavior: Option<TaxBehavior>,
    unit_amount: Option<i64>,
    unit_amount_decimal: Option<Decimal>,
}

#[derive(Debug, Wire)]
struct PriceDataRecurring {
    interval: Interval,
    interval_count: Option<i64>,
}

/// An item of a new subscription.
#[derive(Debug, Wire)]
pub(super) struct New {
    discounts: Option<Vec<DiscountParams>>,
    metadata: MetadataPatch,
    plan: Option<String>,
    price: Option<String>,
    price_data: Option<PriceData>,
    quantity: Option<i64>,
    tax_rates: Option<Vec<String>>,
}

impl New {
    /// What is sent, and where it stands.
    pub(super) fn ask(self, at: String) -> Ordered {
        let New { discounts, metadata, plan, price, price_data, quantity, tax_rates } = self;
        Ordered { at, discounts, metadata, plan, price, price_data, quantity, tax_rates }
    }
}

/// An item of a subscription that is changed.
#[derive(Debug, Wire)]
pub(super) struct Changed {
    /// Meters keep what they counted, so there is nothing to clear.
    clear_usage: Option<bool>,
    pub(super) deleted: Option<bool>,
    discounts: Option<Vec<DiscountParams>>,
    pub(super) id: Option<String>,
    metadata: MetadataPatch,
    plan: Option<String>,
    price: Option<String>,
    price_data: Option<PriceData>,
    quantity: Option<i64>,
    tax_rates: Option<Vec<String>>,
}

impl Changed {
    /// What is sent, and where it stands.
    pub(super) fn ask(self, at: String) -> Ordered {
        let Changed { discounts, metadata, plan, price, price_data, quantity, tax_rates, .. } = self;
        Ordered { at, discounts, metadata, plan, price, price_data, quantity, tax_rates }
    }
}

/// What is sent of an item, whether it is a new one or not.
#[derive(Debug)]
pub(super) struct Ordered {
    /// Where it stands in the request, such as `items[0]`; empty where it stands for itself.
    pub(super) at: String,
    pub(super) discounts: Option<Vec<DiscountParams>>,
    pub(super) metadata: MetadataPatch,
    pub(super) plan: Option<String>,
    pub(super) price: Option<String>,
    pub(super) price_data: Option<PriceData>,
    pub(super) quantity: Option<i64>,
    pub(super) tax_rates: Option<Vec<String>>,
}

/// The most of one thing.
const QUANTITY_MAX: i64 = 999_999_999;

impl Ordered {
    /// The name of a parameter.
    pub(super) fn param(&self, name: &str) -> String {
        within(&self.at, name)
    }
    /// The price that it names; none where it names none. Errors: it names more than one, or one that does not recur.
    pub(super) async fn find_price(&mut self, cx: &mut Cx<'_>) -> Result<Option<Price>, Stop> {
        let sent = [
            ("plan", self.plan.is_some()),
            ("price", self.price.is_some()),
            ("price_data", self.price_data.is_some()),
        ];
        let sent: Vec<String> =
            sent.iter().filter(|(_, sent)| *sent).map(|(name, _)| self.param(name)).collect();
        let param = match &sent[..] {
            [] => return Ok(None),
            [one] => one.clone(),
            [first, second, ..] => return Err(either(first, second).into()),
        };
        let price = match (self.plan.take().or(self.price.take()), self.price_data.take()) {
            (Some(id), _) => cx.must::<Price>(&param, &id).await?,
            (None, Some(data)) => data.price(cx, &param).await?,
            (None, None) => return Ok(None),
        };
        if price.r#type != Type::Recurring {
            let message = format!(
                "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`: {}",
                price.id
            );
            return Err(refused(message).param(param).into());
        }
        if !price.active {
            let message = format!(
                "The price specified is inactive. This field only accepts active prices: {}",
                price.id
            );
            return Err(refused(message).param(param).into());
        }
        if price
            .recurring
            .as_ref()
            .is_some_and(|it| it.usage_type == UsageType::Metered && it.meter.is_none())
        {
            let message =
                "A metered price must be backed by a meter: what is used without one is not counted.";
            return Err(refused(message).param(param).into());
        }
        Ok(Some(price))
    }
}

impl Price {
    /// Whether it is counted by what is used.
    pub(crate) fn is_metered(&self) -> bool {
        self.recurring.as_ref().is_some_and(|it| it.usage_type == UsageType::Metered)
    }
    /// How many of it somebody orders; one where nothing is said, and none where its meter counts. Errors: too many, or its
    /// meter counts.
    pub(crate) fn quantity(&self, sent: Option<i64>, param: &str) -> Result<Option<i64>, ApiError> {
        if let Some(quantity) = sent {
            bounds(param, quantity, (0, QUANTITY_MAX))?;
            if self.is_metered() {
                let message = "Quantity should not be specified where usage_type is `metered`: what is used is counted by its meter.";
                return Err(refused(message).param(param));
            }
        }
        Ok((!self.is_metered()).then(|| sent.unwrap_or(1)))
    }
}

impl PriceData {
    /// The price that is made of it.
    pub(crate) async fn price(self, cx: &mut Cx<'_>, param: &str) -> Result<Price, Stop> {
        let PriceDataRecurring { interval, interval_count } = self.recurring;
        let ask = Ask {
            recurring: Some(RecurringParams::every(interval, interval_count)),
            tax_behavior: self.tax_behavior,
            unit_amount: self.unit_amount,
            unit_amount_decimal: self.unit_amount_decimal,
            ..Ask::of(self.currency)
        };
        make_once(cx, ask, &self.product, param).await
    }
}

impl Subscription {
    /// Adds an item with a price. Its period is to be set. Errors: the price has no amount in the currency, or does not go
    /// with the others.
    pub(super) async fn add_item(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        mut asked: Ordered,
        price: Price,
    ) -> Result<(), Stop> {
        let quantity = price.quantity(asked.quantity, &asked.param("quantity"))?;
        let id = cx.new_id::<SubscriptionItem>();
        let plan = Plan::of(&price).ok_or_else(|| api::fault(format!("{} does not recur", price.id)))?;
        let mut item = SubscriptionItem {
            object: SubscriptionItem::NAME.into(),
            billing_thresholds: None,
            created: cx.now(),
            current_period_end: Timestamp(0),
            current_period_start: Timestamp(0),
            current_trial: None,
            discounts: Vec::new(),
            metadata: Metadata::default(),
            plan,
            price: price.clone(),
            quantity: Optional(quantity),
            subscription: self.id.clone(),
            tax_rates: Some(Vec::new()),
            id,
        };
        self.describe_item(cx, customer, &mut asked, &mut item).await?;
        self.price_item(&mut item, price, &asked.param("price"))?;
        self.items.data.push(item);
        self.check_items(&asked.at)
    }
    /// Sets what of an item changes nothing of what it costs by itself.
    pub(super) async fn describe_item(
        &self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        asked: &mut Ordered,
        item: &mut SubscriptionItem,
    ) -> Result<(), Stop> {
        std::mem::take(&mut asked.metadata).apply(&mut item.metadata)?;
        if let Some(rates) = asked.tax_rates.take() {
            item.tax_rates = Some(tax_rate::named(cx, &rates, &asked.param("tax_rates")).await?);
        }
        if let Some(discounts) = asked.discounts.take() {
            item.discounts =
                discount::redeem_all(cx, customer, discounts, Of::SubscriptionItem(&self.id, &item.id))
                    .await?;
        }
        Ok(())
    }
    /// Gives an item a price.
    pub(super) fn price_item(
        &mut self,
        item: &mut SubscriptionItem,
        price: Price,
        param: &str,
    ) -> Result<(), ApiError> {
        let option = price.currency_options.0.as_ref().and_then(|all| all.get(self.currency)).cloned();
        let Some(option) = option else {
            let message = format!(
                "The price specified only supports `{}`. This doesn't match the expected currency: `{}`.",
                price.currency, self.currency
            );
            return Err(refused(message).param(param));
        };
        if let Some(plan) = Plan::of(&price) {
            item.plan = plan;
        }
        item.price = price;
        let (billed, used_since) = self.kept(&item.id).map_or((0, None), |it| (it.billed, it.used_since));
        self.kept.0.retain(|it| it.item != item.id);
        self.kept.0.push(Kept { item: item.id.clone(), option, billed, used_since });
        Ok(())
    }
    /// Errors: too many items, one price twice, or intervals that do not go together.
    pub(super) fn check_items(&self, param: &str) -> Result<(), Stop> {
        let items = &self.items.data;
        let refuse = |message: String| Err(refused(message).param(param).into());
        if items.len() > super::ITEMS_MAX {
            return refuse(format!("A subscription can have up to {} items.", super::ITEMS_MAX));
        }
        for (n, item) in items.iter().enumerate() {
            if items.iter().take(n).any(|other| other.price.id == item.price.id) {
                return refuse(format!(
                    "Cannot add multiple subscription items with the same plan: {}",
                    item.price.id
                ));
            }
            if self.billing_mode.r#type == super::Mode::Classic
                && super::cycle::interval(item) != super::cycle::interval(&items[0])
            {
                return refuse("Currently, all plans on a subscription must have the same `plan.interval` and `plan.interval_count`, unless its billing_mode is flexible.".into());
            }
        }
        Ok(())
    }
}
