//! Prices: what a product costs, and how often (API page "Prices"). [Plans](super::plan) are the older face of those that
//! recur.
mod amounts;
mod lookup;
mod make;
mod search;

use super::{
    amounts::{ByCurrency, TaxBehavior, refused},
    own_id::{self, Chosen, InPlaceOf},
    plan::{self, Plan},
    product::{self, Product},
    shipping_rate::decide_tax,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Place, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use money::{Decimal, Interval};
use store::IndexKey;
use wire::{Included, Patch, Wire};

pub use amounts::{CurrencyOption, CustomUnitAmount, Tier, TransformQuantity};
pub(crate) use amounts::{OptionParams, TierParams};
pub use lookup::LookupKey;
pub(crate) use make::{
    Ask, DefaultPriceData, Face, check_nickname, check_trial, make, make_default, make_once,
};

/// What a product costs.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Price {
    /// `price_…`; `plan_…`, or what the account chose, where it was made as a plan.
    pub id: String,
    /// `price`.
    pub object: String,
    /// Whether it can be used for what begins.
    pub active: bool,
    /// By unit, or by tiers.
    pub billing_scheme: BillingScheme,
    /// When it was made.
    pub created: Timestamp,
    /// The currency.
    pub currency: Currency,
    /// What it is in each of its currencies, the first included.
    pub currency_options: Included<ByCurrency<CurrencyOption>>,
    /// Between which bounds the customer says what to pay.
    pub custom_unit_amount: Option<CustomUnitAmount>,
    /// Live or test.
    pub livemode: bool,
    /// The name by which code finds it; one price of the account has it.
    pub lookup_key: Option<String>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// The account's own words.
    pub nickname: Option<String>,
    /// What it is the price of.
    pub product: Ref<Product>,
    /// How often it is due.
    pub recurring: Option<Recurring>,
    /// Whether it is with tax.
    pub tax_behavior: Option<TaxBehavior>,
    /// What units cost by their number.
    pub tiers: Included<Vec<Tier>>,
    /// How tiers are counted.
    pub tiers_mode: Option<TiersMode>,
    /// How units make packages.
    pub transform_quantity: Option<TransformQuantity>,
    /// Once, or again and again.
    pub r#type: Type,
    /// What a unit costs in minor units, where that is a whole number.
    pub unit_amount: Option<i64>,
    /// What a unit costs in minor units.
    pub unit_amount_decimal: Option<Decimal>,
    /// The id that it would have had, where the account chose one.
    pub in_place_of: InPlaceOf,
}

/// How often a price is due.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Recurring {
    /// What its period is counted in.
    pub interval: Interval,
    /// How many of that a period has.
    pub interval_count: i64,
    /// The meter that counts what is used.
    pub meter: Option<String>,
    /// For how many days a subscription is on trial that asks for that.
    pub trial_period_days: Option<i64>,
    /// What is billed: what was ordered, or what was used.
    pub usage_type: UsageType,
}

/// How a price is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum BillingScheme {
    /// Each unit costs the same.
    PerUnit,
    /// Units cost what their tier says.
    Tiered,
}

/// How tiers are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TiersMode {
    /// Each unit by its own tier.
    Graduated,
    /// All units by the tier of the last.
    Volume,
}

/// How often there is something to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// Once.
    OneTime,
    /// Again and again.
    Recurring,
}

/// What is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum UsageType {
    /// What was ordered.
    Licensed,
    /// What was used.
    Metered,
}

impl Named for Price {
    const NAME: &'static str = "price";
    const PREFIX: &'static str = "price";
}
impl Object for Price {
    /// Those that were made as plans stand between the others, by their time.
    const PLACE: Place = Place::Mixed("price_", &["plan_"]);
    const PATH: &'static str = "/v1/prices";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        [IndexKey::listed(Product::NAME, &self.product.id)].into_iter().chain(self.chosen()).collect()
    }
}
impl Chosen for Price {
    fn in_place_of(&self) -> &InPlaceOf {
        &self.in_place_of
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Price>();
/// A price was made.
pub const CREATED: &str = "price.created";
/// A price was changed.
pub const UPDATED: &str = "price.updated";
/// A price was deleted, which only plans can be.
pub const DELETED: &str = "price.deleted";
/// What prices cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, DELETED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/prices", "price", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<Price>("/v1/prices/{id}"),
        Endpoint::new("POST", "/v1/prices/{id}", "price", |cx, p| Box::pin(update(cx, p))),
        Endpoint::search(search::PATH, "price", |cx, p| Box::pin(search::search(cx, p))),
        Endpoint::list::<List>("/v1/prices", "price", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/prices` takes.
#[derive(Debug, Wire)]
pub struct Create {
    active: Option<bool>,
    billing_scheme: Option<BillingScheme>,
    currency: Currency,
    currency_options: Option<ByCurrency<OptionParams>>,
    custom_unit_amount: Option<amounts::CustomParams>,
    lookup_key: Option<String>,
    metadata: MetadataPatch,
    nickname: Option<String>,
    product: Option<String>,
    product_data: Option<product::New>,
    recurring: Option<RecurringParams>,
    tax_behavior: Option<TaxBehavior>,
    tiers: Vec<TierParams>,
    tiers_mode: Option<TiersMode>,
    transfer_lookup_key: Option<bool>,
    transform_quantity: Option<TransformQuantity>,
    unit_amount: Option<i64>,
    unit_amount_decimal: Option<Decimal>,
}

/// `recurring` as sent.
#[derive(Debug, Wire)]
pub(crate) struct RecurringParams {
    pub(super) interval: Interval,
    pub(super) interval_count: Option<i64>,
    pub(super) meter: Option<String>,
    pub(super) trial_period_days: Option<i64>,
    pub(super) usage_type: Option<UsageType>,
}

impl RecurringParams {
    /// Due with each period of this length.
    pub(crate) fn every(interval: Interval, interval_count: Option<i64>) -> Self {
        RecurringParams { interval, interval_count, meter: None, trial_period_days: None, usage_type: None }
    }
}

/// What `POST /v1/prices/{id}` takes: what it costs stays as it is, and further currencies may come.
#[derive(Debug, Wire)]
pub struct Update {
    active: Option<bool>,
    currency_options: Patch<ByCurrency<OptionParams>>,
    lookup_key: Patch<String>,
    metadata: MetadataPatch,
    nickname: Patch<String>,
    tax_behavior: Option<TaxBehavior>,
    transfer_lookup_key: Option<bool>,
}

/// What `GET /v1/prices` filters by.
#[derive(Debug, Wire)]
pub struct List {
    active: Option<bool>,
    created: Option<Range>,
    currency: Option<Currency>,
    lookup_keys: Vec<String>,
    product: Option<String>,
    recurring: Option<ListRecurring>,
    r#type: Option<Type>,
}

/// `recurring` as a list filters by it.
#[derive(Debug, Wire)]
struct ListRecurring {
    interval: Option<Interval>,
    meter: Option<String>,
    usage_type: Option<UsageType>,
}

/// At most so many lookup keys in a list.
const LOOKUP_KEYS_MAX: usize = 10;

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Price> {
    let data = match (p.product, p.product_data) {
        (Some(id), None) => (product::ProductData::Named(id), "product"),
        (None, Some(new)) => (product::ProductData::New(Box::new(new)), "product_data"),
        (Some(_), Some(_)) => return Err(super::amounts::either("product", "product_data").into()),
        (None, None) => return Err(ApiError::missing("product").into()),
    };
    let mut product = product::given(cx, data.0, data.1).await?;
    let ask = Ask {
        active: p.active,
        billing_scheme: p.billing_scheme,
        currency_options: p.currency_options,
        custom_unit_amount: p.custom_unit_amount,
        lookup_key: p.lookup_key,
        transfer_lookup_key: p.transfer_lookup_key == Some(true),
        metadata: p.metadata,
        nickname: p.nickname,
        recurring: p.recurring,
        tax_behavior: p.tax_behavior,
        tiers: p.tiers,
        tiers_mode: p.tiers_mode,
        transform_quantity: p.transform_quantity,
        unit_amount: p.unit_amount,
        unit_amount_decimal: p.unit_amount_decimal,
        ..Ask::of(p.currency)
    };
    let it = make(cx, ask, &mut product, Face::Price).await?;
    cx.put(&product);
    tell_created(cx, &it);
    done(it)
}

/// Tells that a price was made, as both of its faces.
pub(crate) fn tell_created(cx: &mut Cx<'_>, it: &Price) {
    cx.emit(CREATED, it);
    if let Some(plan) = Plan::of(it) {
        cx.emit(plan::CREATED, &plan);
    }
}

/// Tells that a price was changed, as both of its faces.
pub(crate) fn tell_updated(cx: &mut Cx<'_>, before: &Price, it: &Price) {
    cx.emit_update(UPDATED, before, it);
    if let (Some(before), Some(after)) = (Plan::of(before), Plan::of(it)) {
        cx.emit_update(plan::UPDATED, &before, &after);
    }
}

impl Price {
    /// Makes it active or not. Errors: it is what its product costs where nothing else is named.
    pub(crate) async fn activate(&mut self, cx: &mut Cx<'_>, active: Option<bool>) -> Result<(), Stop> {
        if active == Some(false) {
            self.not_default(cx, "archived", "active").await?;
        }
        self.active = active.unwrap_or(self.active);
        Ok(())
    }
    /// Errors: it is what its product costs where nothing else is named.
    pub(crate) async fn not_default(&self, cx: &mut Cx<'_>, done: &str, param: &str) -> Result<(), Stop> {
        let product = cx.get::<Product>(&self.product.id).await?;
        if product.and_then(|it| it.default_price).is_some_and(|it| it.id == self.id) {
            let message =
                format!("This price cannot be {done} because it is the default price of its product.");
            return Err(refused(message).param(param).into());
        }
        Ok(())
    }
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Price> {
    let id = cx.path("id").to_owned();
    let before: Price = cx.must("id", &id).await?;
    let mut it = before.clone();
    it.activate(cx, p.active).await?;
    decide_tax("tax_behavior", &mut it.tax_behavior, p.tax_behavior)?;
    it.more_currencies(p.currency_options)?;
    p.metadata.apply(&mut it.metadata)?;
    p.nickname.apply(&mut it.nickname);
    check_nickname(it.nickname.as_deref())?;
    match p.lookup_key {
        Patch::Keep => {}
        Patch::Clear => lookup::give(cx, &mut it, None, false).await?,
        Patch::Set(key) => lookup::give(cx, &mut it, Some(key), p.transfer_lookup_key == Some(true)).await?,
    }
    cx.put(&it);
    tell_updated(cx, &before, &it);
    done(it)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    if p.lookup_keys.len() > LOOKUP_KEYS_MAX {
        let message = format!("You can list by up to {LOOKUP_KEYS_MAX} lookup keys.");
        return Err(refused(message).param("lookup_keys").into());
    }
    let by = p.product.clone().map(|product| (Product::NAME, product));
    own_id::page::<Price>(cx, by, |it| p.holds(it)).await
}

impl List {
    fn holds(&self, it: &Price) -> bool {
        let known = |key: &String| self.lookup_keys.contains(key);
        self.active.is_none_or(|wanted| it.active == wanted)
            && self.created.is_none_or(|range| range.holds(it.created.0))
            && self.currency.is_none_or(|wanted| it.currency == wanted)
            && (self.lookup_keys.is_empty() || it.lookup_key.as_ref().is_some_and(known))
            && self.r#type.is_none_or(|wanted| it.r#type == wanted)
            && self.recurring.as_ref().is_none_or(|wanted| {
                it.recurring.as_ref().is_some_and(|it| {
                    wanted.interval.is_none_or(|interval| it.interval == interval)
                        && wanted.usage_type.is_none_or(|usage| it.usage_type == usage)
                        && (wanted.meter.is_none() || it.meter == wanted.meter)
                })
            })
    }
}

#[cfg(test)]
mod tests;
