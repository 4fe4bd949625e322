//! What the items of a subscription make of its invoices: amounts, and what customers read.
use super::{Subscription, cycle::interval};
use crate::{
    billing::{
        amounts::ByCurrency,
        discount::Discount,
        invoice::Entry,
        line_item::{
            Parent, ParentType, Period, PriceDetails, Pricing, PricingType, ProrationDetails,
            SubscriptionItemDetails,
        },
        price::{BillingScheme, Price},
        product::Product,
        subscription_item::SubscriptionItem,
    },
    payments::charge::rules::MONEY_MAX,
};
use api::{Cx, Stop};
use base::{ApiError, Named as _, Ref, Timestamp};
use money::{Interval, Line};
use wire::{Included, Optional};

/// For what a line of an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// A period.
    Period,
    /// A part of a period.
    Part,
    /// A trial.
    Trial,
    /// So much of what a meter counted.
    Used(i64),
}

fn too_large() -> Stop {
    ApiError::invalid(400, "The subscription costs more in a period than can be charged.")
        .code("amount_too_large")
        .param("items")
        .into()
}

impl Subscription {
    /// The price of an item with its amounts, also where it was deleted meanwhile.
    fn price(&self, item: &SubscriptionItem) -> Price {
        let option = self.kept(&item.id).map(|it| it.option.clone());
        let options = option.map(|it| ByCurrency(vec![(self.currency, it)]));
        Price { currency_options: Included(options), ..item.price.clone() }
    }
    /// What a period of an item costs ahead: nothing, where it is counted by what is used. Errors: more than can be charged.
    pub(super) fn amount(&self, item: &SubscriptionItem) -> Result<i64, Stop> {
        if item.price.is_metered() { Ok(0) } else { self.amount_of(item, item.count()) }
    }
    /// What so many of an item cost. Errors: more than can be charged.
    pub(super) fn amount_of(&self, item: &SubscriptionItem, count: i64) -> Result<i64, Stop> {
        let amount = self.price(item).amount(count, self.currency);
        amount.filter(|it| *it <= MONEY_MAX).ok_or_else(too_large)
    }
    /// What a period of each item costs, after what is taken off at this moment.
    pub(super) async fn net_amounts(
        &self,
        cx: &mut Cx<'_>,
        items: &[SubscriptionItem],
    ) -> Result<Vec<i64>, Stop> {
        let shared = held(cx, &self.discounts).await?;
        let mut lines = Vec::with_capacity(items.len());
        for item in items {
            let own = held(cx, &item.discounts).await?;
            lines.push(Line {
                amount: self.amount(item)?,
                own: own.iter().map(|it| it.off(self.currency)).collect(),
                covered: shared.iter().map(|it| it.covers(Some(&item.price.product.id))).collect(),
                taxes: Vec::new(),
            });
        }
        let offs: Vec<_> = shared.iter().map(|it| it.off(self.currency)).collect();
        let drawn = money::draw(&lines, &offs).ok_or_else(too_large)?;
        Ok(drawn.into_iter().map(|it| it.left).collect())
    }
    /// What an item makes of an invoice.
    pub(super) async fn entry(
        &self,
        cx: &Cx<'_>,
        item: &SubscriptionItem,
        amount: i64,
        (start, end): (Timestamp, Timestamp),
        what: For,
    ) -> Result<Entry, Stop> {
        let name = name(cx, item).await?;
        let count = if let For::Used(count) = what { count } else { item.count() };
        let description = match what {
            For::Trial => format!("Trial period for {name}"),
            For::Period | For::Part | For::Used(_) => format!("{count} × {name}{}", self.rate(item)),
        };
        let proration = what == For::Part;
        Ok(Entry {
            amount,
            description: Some(description),
            discountable: true,
            discounts: item.discounts.clone(),
            metadata: self.metadata.clone(),
            parent: Parent {
                invoice_item_details: None,
                subscription_item_details: Some(SubscriptionItemDetails {
                    invoice_item: None,
                    proration,
                    proration_details: proration.then(ProrationDetails::default),
                    subscription: Some(self.id.clone()),
                    subscription_item: item.id.clone(),
                }),
                r#type: ParentType::SubscriptionItemDetails,
            },
            period: Period { end, start },
            pricing: Some(self.pricing(item)),
            product: Some(item.price.product.id.clone()),
            quantity: count,
            tax_rates: item.tax_rates.clone().unwrap_or_default(),
        })
    }
    /// What a unit of an item costs.
    pub(super) fn pricing(&self, item: &SubscriptionItem) -> Pricing {
        let details = PriceDetails { price: Ref::to(&item.price.id), product: item.price.product.id.clone() };
        let unit_amount_decimal = self.kept(&item.id).and_then(|it| it.option.unit_amount_decimal);
        Pricing {
            price_details: Optional(Some(details)),
            r#type: PricingType::PriceDetails,
            unit_amount_decimal,
        }
    }
    /// What a unit of an item costs in words, such as ` (at $10.00 / month)`.
    fn rate(&self, item: &SubscriptionItem) -> String {
        let unit = self.kept(&item.id).and_then(|it| it.option.unit_amount);
        let (interval, count) = interval(item);
        let word = word(interval);
        match unit.filter(|_| {
            item.price.billing_scheme == BillingScheme::PerUnit && item.price.transform_quantity.is_none()
        }) {
            Some(unit) if count == 1 => format!(" (at {} / {word})", self.currency.display(unit)),
            Some(unit) => format!(" (at {} every {count} {word}s)", self.currency.display(unit)),
            None => String::new(),
        }
    }
}

fn word(interval: Interval) -> &'static str {
    match interval {
        Interval::Day => "day",
        Interval::Week => "week",
        Interval::Month => "month",
        Interval::Year => "year",
    }
}

/// What customers call an item: its product.
pub(super) async fn name(cx: &Cx<'_>, item: &SubscriptionItem) -> Result<String, Stop> {
    let product = cx.peek::<Product>(&item.price.product.id).await?;
    Ok(product.map_or_else(|| Product::NAME.to_owned(), |it| it.name))
}

/// The discounts of these that hold.
async fn held(cx: &mut Cx<'_>, all: &[Ref<Discount>]) -> Result<Vec<Discount>, Stop> {
    let mut held = Vec::with_capacity(all.len());
    for it in all {
        held.extend(cx.get::<Discount>(&it.id).await?.filter(|it| it.holds(cx.now())));
    }
    Ok(held)
}
