//! Shipping rates: what bringing goods costs, and how long it takes (API page "Shipping Rates").
use super::{
    amounts::{ByCurrency, TaxBehavior, bounds, not_negative, refused},
    tax_code::{self, TaxCode},
};
use crate::payments::card::not_more_than;
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use wire::{Optional, Wire};

/// A shipping rate.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ShippingRate {
    /// `shr_…`.
    pub id: String,
    /// `shipping_rate`.
    pub object: String,
    /// Whether it can be used for what begins.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// How long it takes.
    pub delivery_estimate: Option<DeliveryEstimate>,
    /// What customers see.
    pub display_name: Option<String>,
    /// What it costs.
    pub fixed_amount: Optional<FixedAmount>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// Whether that is with tax.
    pub tax_behavior: Option<TaxBehavior>,
    /// What kind of thing it is for taxes.
    pub tax_code: Option<Ref<TaxCode>>,
    /// `fixed_amount`.
    pub r#type: Type,
}

/// How long shipping takes.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct DeliveryEstimate {
    /// At most.
    pub maximum: Option<Duration>,
    /// At least.
    pub minimum: Option<Duration>,
}

/// A time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Duration {
    /// What it is counted in.
    pub unit: Unit,
    /// How many of that.
    pub value: i64,
}

/// What the time of a delivery is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Unit {
    /// Days without weekends.
    BusinessDay,
    /// Days.
    Day,
    /// Hours.
    Hour,
    /// Months.
    Month,
    /// Weeks.
    Week,
}

/// What shipping costs.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FixedAmount {
    /// In minor units.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What it costs in other currencies.
    pub currency_options: Optional<ByCurrency<Other>>,
}

/// What shipping costs in another currency.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Other {
    /// In minor units.
    pub amount: i64,
    /// Whether that is with tax.
    pub tax_behavior: TaxBehavior,
}

/// How shipping is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// Always the same.
    FixedAmount,
}

impl Named for ShippingRate {
    const NAME: &'static str = "shipping_rate";
    const PREFIX: &'static str = "shr";
}
impl Object for ShippingRate {
    const PATH: &'static str = "/v1/shipping_rates";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<ShippingRate>();
/// What shipping rates cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/shipping_rates", "shipping_rate", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<ShippingRate>("/v1/shipping_rates/{id}"),
        Endpoint::new("POST", "/v1/shipping_rates/{id}", "shipping_rate", |cx, p| Box::pin(update(cx, p))),
        Endpoint::list::<List>("/v1/shipping_rates", "shipping_rate", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/shipping_rates` takes.
#[derive(Debug, Wire)]
pub struct Create {
    delivery_estimate: Option<DeliveryEstimate>,
    display_name: String,
    fixed_amount: Option<FixedAmountParams>,
    metadata: MetadataPatch,
    tax_behavior: Option<TaxBehavior>,
    tax_code: Option<String>,
    r#type: Option<Type>,
}

/// `fixed_amount` of a new rate.
#[derive(Debug, Wire)]
struct FixedAmountParams {
    amount: i64,
    currency: Currency,
    currency_options: Option<ByCurrency<OtherParams>>,
}

/// What `POST /v1/shipping_rates/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    active: Option<bool>,
    fixed_amount: Option<MoreAmounts>,
    metadata: MetadataPatch,
    tax_behavior: Option<TaxBehavior>,
}

/// `fixed_amount` of an update: only in further currencies.
#[derive(Debug, Wire)]
struct MoreAmounts {
    currency_options: Option<ByCurrency<OtherParams>>,
}

/// What shipping costs in another currency, as an update sends it.
#[derive(Debug, Wire)]
struct OtherParams {
    amount: Option<i64>,
    tax_behavior: Option<TaxBehavior>,
}

/// What `GET /v1/shipping_rates` filters by.
#[derive(Debug, Wire)]
pub struct List {
    active: Option<bool>,
    created: Option<Range>,
    currency: Option<Currency>,
}

// Transitions.

/// The longest name, in characters.
const NAME_MAX: usize = 100;
/// The most units of a time.
const VALUE_MAX: i64 = 10_000;

impl FixedAmount {
    /// Whether it can be. A currency has one amount.
    fn check(&self) -> Result<(), ApiError> {
        not_negative("fixed_amount[amount]", self.amount)?;
        for (currency, other) in self.currency_options.0.iter().flat_map(|all| &all.0) {
            let at = format!("fixed_amount[currency_options][{currency}]");
            if *currency == self.currency {
                return Err(refused(format!(
                    "The currency of the rate itself, {currency}, cannot be one of its options."
                ))
                .param(at));
            }
            not_negative(&format!("{at}[amount]"), other.amount)?;
        }
        Ok(())
    }
}

impl FixedAmount {
    /// Sets what it costs in other currencies. Errors: something does not fit.
    fn more_currencies(&mut self, given: Option<ByCurrency<OtherParams>>) -> Result<(), ApiError> {
        for (currency, given) in given.unwrap_or_default().0 {
            let at = format!("fixed_amount[currency_options][{currency}]");
            let all = self.currency_options.0.get_or_insert_default();
            let known = all.get(currency);
            let Some(amount) = given.amount.or(known.map(|it| it.amount)) else {
                return Err(ApiError::missing(&format!("{at}[amount]")));
            };
            let mut tax = Some(known.map_or(TaxBehavior::Unspecified, |it| it.tax_behavior));
            decide_tax(&format!("{at}[tax_behavior]"), &mut tax, given.tax_behavior)?;
            all.set(currency, Other { amount, tax_behavior: tax.unwrap_or(TaxBehavior::Unspecified) });
        }
        self.check()
    }
}

fn check_estimate(it: Option<&DeliveryEstimate>) -> Result<(), ApiError> {
    let Some(it) = it else { return Ok(()) };
    for (end, name) in [(it.minimum, "minimum"), (it.maximum, "maximum")] {
        if let Some(end) = end {
            bounds(&format!("delivery_estimate[{name}][value]"), end.value, (1, VALUE_MAX))?;
        }
    }
    Ok(())
}

/// What has been decided on tax stays.
pub(crate) fn decide_tax(
    param: &str,
    field: &mut Option<TaxBehavior>,
    to: Option<TaxBehavior>,
) -> Result<(), ApiError> {
    let Some(to) = to else { return Ok(()) };
    match *field {
        Some(TaxBehavior::Inclusive | TaxBehavior::Exclusive) if *field != Some(to) => {
            Err(refused("You cannot change the tax_behavior once it is inclusive or exclusive.").param(param))
        }
        _ => {
            *field = Some(to);
            Ok(())
        }
    }
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<ShippingRate> {
    done(make(cx, p)?)
}

impl ShippingRate {
    /// What it costs in a currency, in minor units; none where it says nothing of that.
    pub(crate) fn costs(&self, currency: Currency) -> Option<i64> {
        let fixed = self.fixed_amount.0.as_ref()?;
        if fixed.currency == currency {
            return Some(fixed.amount);
        }
        Some(fixed.currency_options.0.as_ref()?.get(currency)?.amount)
    }
}

/// Makes a rate. Errors: something does not fit.
pub(crate) fn make(cx: &mut Cx<'_>, p: Create) -> Result<ShippingRate, ApiError> {
    not_more_than(NAME_MAX, "display_name", Some(&p.display_name))?;
    check_estimate(p.delivery_estimate.as_ref())?;
    let Some(FixedAmountParams { amount, currency, currency_options }) = p.fixed_amount else {
        return Err(ApiError::missing("fixed_amount"));
    };
    let mut fixed = FixedAmount { amount, currency, currency_options: Optional(None) };
    fixed.more_currencies(currency_options)?;
    if let Some(code) = &p.tax_code {
        tax_code::check("tax_code", code)?;
    }
    let it = ShippingRate {
        id: cx.new_id::<ShippingRate>(),
        object: ShippingRate::NAME.into(),
        active: true,
        created: cx.now(),
        delivery_estimate: p.delivery_estimate,
        display_name: Some(p.display_name),
        fixed_amount: Optional(Some(fixed)),
        livemode: cx.caller.livemode,
        metadata: p.metadata.fresh()?,
        tax_behavior: p.tax_behavior.or(Some(TaxBehavior::Unspecified)),
        tax_code: p.tax_code.map(Ref::to),
        r#type: p.r#type.unwrap_or(Type::FixedAmount),
    };
    cx.put(&it);
    Ok(it)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<ShippingRate> {
    let id = cx.path("id").to_owned();
    let mut it: ShippingRate = cx.must("id", &id).await?;
    it.active = p.active.unwrap_or(it.active);
    decide_tax("tax_behavior", &mut it.tax_behavior, p.tax_behavior)?;
    p.metadata.apply(&mut it.metadata)?;
    if let Some(fixed) = it.fixed_amount.0.as_mut() {
        fixed.more_currencies(p.fixed_amount.and_then(|it| it.currency_options))?;
    }
    cx.put(&it);
    done(it)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    cx.page_where::<ShippingRate>(None, |doc| {
        wire::from_json::<ShippingRate>(&doc.body).is_ok_and(|it| {
            p.active.is_none_or(|wanted| it.active == wanted)
                && p.created.is_none_or(|range| range.holds(it.created.0))
                && p.currency
                    .is_none_or(|wanted| it.fixed_amount.0.as_ref().is_some_and(|it| it.currency == wanted))
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, PLATFORM};

    #[test]
    fn a_rate_gains_currencies_and_keeps_what_it_decided() {
        let bench = Bench::new();
        let form = "display_name=Ground&type=fixed_amount&fixed_amount[amount]=500&fixed_amount[currency]=usd\
            &fixed_amount[currency_options][eur][amount]=450&delivery_estimate[minimum][unit]=day&delivery_estimate[minimum][value]=2&tax_code=txcd_92010001";
        let it = bench.post(PLATFORM, "/v1/shipping_rates", form).ok();
        assert_eq!(it.number("fixed_amount.currency_options.eur.amount"), 450);
        assert_eq!(it.number("delivery_estimate.minimum.value"), 2);
        let path = format!("/v1/shipping_rates/{}", it.text("id"));
        let it = bench
            .post(
                PLATFORM,
                &path,
                "fixed_amount[currency_options][gbp][amount]=400&tax_behavior=inclusive&active=false",
            )
            .ok();
        assert_eq!(it.number("fixed_amount.currency_options.gbp.amount"), 400);
        assert_eq!(bench.post(PLATFORM, &path, "tax_behavior=exclusive").refusal().2, "tax_behavior");
        assert_eq!(
            bench.post(PLATFORM, &path, "fixed_amount[currency_options][usd][amount]=1").refusal().0,
            400
        );
        assert_eq!(bench.get(PLATFORM, "/v1/shipping_rates?currency=eur").items().len(), 0);
        let whole = bench.get(PLATFORM, &format!("{path}?expand[]=fixed_amount.currency_options")).ok();
        assert_eq!(whole.number("fixed_amount.currency_options.eur.amount"), 450);
        assert_eq!(bench.post(PLATFORM, "/v1/shipping_rates", "display_name=x").refusal().2, "fixed_amount");
    }
}
