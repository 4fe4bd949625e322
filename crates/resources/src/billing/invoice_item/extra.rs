//! What is paid once beside what recurs: `add_invoice_items` of subscriptions, and of the phases of their schedules.
use super::{
    CREATED, Parent, fresh,
    given::{Amounts, PriceData, Priced},
};
use crate::{
    billing::{
        amounts::refused,
        discount::{self, DiscountParams},
        line_item::Period,
        price::Price,
        subscription::Subscription,
        subscription_schedule::AddInvoiceItem,
        tax_rate,
    },
    payments::customer::Customer,
};
use api::{Cx, Stop};
use base::{ApiError, Currency, MetadataPatch, Ref, Timestamp};
use wire::{Optional, Wire};

/// One of `add_invoice_items`.
#[derive(Debug, Wire)]
pub(crate) struct Extra {
    discountable: Option<bool>,
    discounts: Vec<DiscountParams>,
    metadata: MetadataPatch,
    period: Option<ExtraPeriod>,
    price: Option<String>,
    price_data: Option<PriceData>,
    quantity: Option<i64>,
    tax_rates: Vec<String>,
}

/// For which time something is that is paid once.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ExtraPeriod {
    /// Until when.
    pub end: ExtraEnd,
    /// Since when.
    pub start: ExtraStart,
}

/// Until when something is that is paid once.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ExtraEnd {
    /// The moment, where it is said.
    pub timestamp: Optional<Timestamp>,
    /// Of what it is the end.
    pub r#type: EndType,
}

/// Of what a time is the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum EndType {
    /// The period of an item that ends first.
    MinItemPeriodEnd,
    /// The phase.
    PhaseEnd,
    /// What is said.
    Timestamp,
}

/// Since when something is that is paid once.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ExtraStart {
    /// The moment, where it is said.
    pub timestamp: Optional<Timestamp>,
    /// Of what it is the start.
    pub r#type: StartType,
}

/// Of what a time is the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum StartType {
    /// The period of an item that began last.
    MaxItemPeriodStart,
    /// The present.
    Now,
    /// The phase.
    PhaseStart,
    /// What is said.
    Timestamp,
}

impl Default for ExtraPeriod {
    fn default() -> Self {
        ExtraPeriod {
            end: ExtraEnd { timestamp: Optional(None), r#type: EndType::MinItemPeriodEnd },
            start: ExtraStart { timestamp: Optional(None), r#type: StartType::MaxItemPeriodStart },
        }
    }
}

impl ExtraPeriod {
    /// Errors: what stands at `at` has no such start or end, or names no moment, or ends before it starts.
    fn check(&self, at: &str, of_phase: bool) -> Result<(), ApiError> {
        let refuse = |name: &str, message: &str| Err(refused(message).param(format!("{at}[period]{name}")));
        match self.start.r#type {
            StartType::Now if of_phase => return refuse("[start][type]", "A phase begins by its schedule."),
            StartType::PhaseStart if !of_phase => {
                return refuse("[start][type]", "Only what is added by a schedule has a phase.");
            }
            _ => {}
        }
        if self.end.r#type == EndType::PhaseEnd && !of_phase {
            return refuse("[end][type]", "Only what is added by a schedule has a phase.");
        }
        if (self.start.r#type == StartType::Timestamp) != self.start.timestamp.0.is_some() {
            return refuse(
                "[start][timestamp]",
                "A timestamp goes with the type `timestamp`, and with no other.",
            );
        }
        if (self.end.r#type == EndType::Timestamp) != self.end.timestamp.0.is_some() {
            return refuse(
                "[end][timestamp]",
                "A timestamp goes with the type `timestamp`, and with no other.",
            );
        }
        if let (Some(start), Some(end)) = (self.start.timestamp.0, self.end.timestamp.0)
            && end < start
        {
            return refuse("[end][timestamp]", "The period must not end before it starts.");
        }
        Ok(())
    }
    /// The time that it means for a subscription, in its phase where it has one.
    fn of(&self, it: &Subscription, phase: Option<(Timestamp, Timestamp)>, now: Timestamp) -> Period {
        // An item whose period is not set yet begins with what it is added to.
        let set = || it.items.data.iter().filter(|item| item.current_period_end.0 > 0);
        let start = match self.start.r#type {
            StartType::MaxItemPeriodStart => set().map(|item| item.current_period_start).max(),
            StartType::Now => None,
            StartType::PhaseStart => phase.map(|it| it.0),
            StartType::Timestamp => self.start.timestamp.0,
        };
        let end = match self.end.r#type {
            EndType::MinItemPeriodEnd => set().map(|item| item.current_period_end).min(),
            EndType::PhaseEnd => phase.map(|it| it.1),
            EndType::Timestamp => self.end.timestamp.0,
        };
        let start = start.unwrap_or(now);
        Period { start, end: end.unwrap_or(start).max(start) }
    }
}

impl Extra {
    /// What it costs. Errors: no price, or none in this currency.
    async fn priced(
        &mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        currency: Currency,
        at: &str,
    ) -> Result<Priced, Stop> {
        let amounts = Amounts {
            amount: None,
            currency: Some(currency),
            price: self.price.take(),
            price_data: self.price_data.take(),
            quantity: self.quantity,
            unit_amount_decimal: None,
        };
        if amounts.price.is_none() && amounts.price_data.is_none() {
            return Err(ApiError::missing(&format!("{at}[price]")).into());
        }
        amounts.read(cx, customer).await.map_err(|stop| stop_at(stop, at))
    }
    /// As a phase of a schedule keeps it until it begins. Errors: it names what there is not.
    pub(crate) async fn keep(
        mut self,
        cx: &mut Cx<'_>,
        customer: &Customer,
        currency: Currency,
        at: &str,
    ) -> Result<AddInvoiceItem, Stop> {
        let period = self.period.take().unwrap_or_default();
        period.check(at, true)?;
        let priced = self.priced(cx, customer, currency, at).await?;
        let price = priced.pricing.price_details.0.map(|it| it.price);
        let mut discounts = Vec::with_capacity(self.discounts.len());
        for (n, discount) in self.discounts.into_iter().enumerate() {
            discounts.push(discount.keep(cx, &format!("{at}[discounts][{n}]")).await?);
        }
        Ok(AddInvoiceItem {
            discountable: self.discountable,
            discounts,
            metadata: Some(self.metadata.fresh()?),
            period,
            price: price.ok_or_else(|| ApiError::missing(&format!("{at}[price]")))?,
            quantity: Some(priced.quantity),
            tax_rates: Some(tax_rate::named(cx, &self.tax_rates, &format!("{at}[tax_rates]")).await?),
        })
    }
}

/// An item that waits for the next invoice of a subscription. Errors name what stands at `at`.
pub(crate) async fn add(
    cx: &mut Cx<'_>,
    customer: &Customer,
    mut extra: Extra,
    of: &Subscription,
    at: &str,
) -> Result<(), Stop> {
    let period = extra.period.take().unwrap_or_default();
    period.check(at, false)?;
    let priced = extra.priced(cx, customer, of.currency, at).await?;
    let mut it = fresh(cx, customer, priced);
    it.discountable = extra.discountable.unwrap_or(it.discountable);
    it.metadata = Some(extra.metadata.fresh()?);
    it.parent = Some(Parent::of(&of.id, None));
    it.period = period.of(of, None, cx.now());
    it.tax_rates = Some(tax_rate::named(cx, &extra.tax_rates, &format!("{at}[tax_rates]")).await?);
    it.discounts =
        Some(discount::redeem_all(cx, customer, extra.discounts, discount::Of::Item(&it.id)).await?);
    cx.put(&it);
    cx.emit(CREATED, &it);
    Ok(())
}

/// A phase of a schedule begins, with what is paid once. What was deleted meanwhile is left out.
pub(crate) async fn add_kept(
    cx: &mut Cx<'_>,
    customer: &Customer,
    kept: &AddInvoiceItem,
    of: &Subscription,
    phase: (Timestamp, Timestamp),
) -> Result<(), Stop> {
    let Some(price) = cx.get::<Price>(&kept.price.id).await? else { return Ok(()) };
    let asked = (kept.quantity.unwrap_or(1), of.currency);
    let priced = match Priced::by(cx, &price, asked, "price").await {
        Err(Stop::Api(_)) => return Ok(()),
        priced => priced?,
    };
    let mut it = fresh(cx, customer, priced);
    it.discountable = kept.discountable.unwrap_or(it.discountable);
    it.metadata.clone_from(&kept.metadata);
    it.parent = Some(Parent::of(&of.id, None));
    it.period = kept.period.of(of, Some(phase), cx.now());
    it.tax_rates.clone_from(&kept.tax_rates);
    let mut discounts = Vec::with_capacity(kept.discounts.len());
    for discount in &kept.discounts {
        discounts.extend(discount.redeem(cx, customer, discount::Of::Item(&it.id)).await?.map(Ref::to));
    }
    it.discounts = Some(discounts);
    cx.put(&it);
    cx.emit(CREATED, &it);
    Ok(())
}

/// The same error about what stands at `at`.
fn stop_at(stop: Stop, at: &str) -> Stop {
    let Stop::Api(mut error) = stop else { return stop };
    if let Some(param) = error.param.take() {
        let name = param.strip_prefix("pricing[").and_then(|it| it.strip_suffix(']')).unwrap_or(&param);
        let (first, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
        error.param = Some(format!("{at}[{first}]{rest}"));
    }
    Stop::Api(error)
}
