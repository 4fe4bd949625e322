//! How prices come to be, by whichever of their faces.
use super::{
    BillingScheme, Price, Recurring, RecurringParams, TiersMode, TransformQuantity, Type, UsageType,
    amounts::{Cost, CustomParams, Given, OptionParams, TierParams},
    lookup,
};
use crate::{
    billing::{
        amounts::{ByCurrency, TaxBehavior, bounds, refused},
        meter::{self, Meter},
        own_id::{self, InPlaceOf},
        product::Product,
    },
    payments::card::not_more_than,
};
use api::{Cx, Stop};
use base::{ApiError, Currency, MetadataPatch, Named as _, Ref, Version};
use money::Decimal;
use wire::{Hidden, Included, Optional, Patch, Wire};

/// A price as it is asked for.
pub(crate) struct Ask {
    pub(crate) id: Option<String>,
    pub(crate) active: Option<bool>,
    pub(crate) billing_scheme: Option<BillingScheme>,
    pub(crate) currency: Currency,
    pub(crate) currency_options: Option<ByCurrency<OptionParams>>,
    pub(crate) custom_unit_amount: Option<CustomParams>,
    pub(crate) lookup_key: Option<String>,
    pub(crate) transfer_lookup_key: bool,
    pub(crate) metadata: MetadataPatch,
    pub(crate) nickname: Option<String>,
    pub(crate) recurring: Option<RecurringParams>,
    pub(crate) tax_behavior: Option<TaxBehavior>,
    pub(crate) tiers: Vec<TierParams>,
    pub(crate) tiers_mode: Option<TiersMode>,
    pub(crate) transform_quantity: Option<TransformQuantity>,
    pub(crate) unit_amount: Option<i64>,
    pub(crate) unit_amount_decimal: Option<Decimal>,
}

impl Ask {
    /// A price in a currency, of which nothing else is said.
    pub(crate) fn of(currency: Currency) -> Self {
        Ask {
            id: None,
            active: None,
            billing_scheme: None,
            currency,
            currency_options: None,
            custom_unit_amount: None,
            lookup_key: None,
            transfer_lookup_key: false,
            metadata: MetadataPatch::default(),
            nickname: None,
            recurring: None,
            tax_behavior: None,
            tiers: Vec::new(),
            tiers_mode: None,
            transform_quantity: None,
            unit_amount: None,
            unit_amount_decimal: None,
        }
    }
}

/// `default_price_data` of a new product.
#[derive(Debug, Wire)]
pub(crate) struct DefaultPriceData {
    currency: Currency,
    currency_options: Option<ByCurrency<OptionParams>>,
    custom_unit_amount: Option<CustomParams>,
    metadata: MetadataPatch,
    recurring: Option<DefaultRecurring>,
    tax_behavior: Option<TaxBehavior>,
    unit_amount: Option<i64>,
    unit_amount_decimal: Option<Decimal>,
}

/// `default_price_data[recurring]` of a new product.
#[derive(Debug, Wire)]
struct DefaultRecurring {
    interval: money::Interval,
    interval_count: Option<i64>,
}

/// As what a price is made, which says how its parameters are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// As a price.
    Price,
    /// With its product.
    Default,
    /// For one invoice item.
    Data,
    /// As a plan.
    Plan,
}

impl Face {
    fn param(self, name: &str) -> String {
        match (self, name) {
            (Face::Default, name) => match name.split_once('[') {
                Some((first, rest)) => format!("default_price_data[{first}][{rest}"),
                None => format!("default_price_data[{name}]"),
            },
            (Face::Plan, "unit_amount") => "amount".into(),
            (Face::Plan, "unit_amount_decimal") => "amount_decimal".into(),
            (Face::Plan, "transform_quantity") => "transform_usage".into(),
            (Face::Plan, name) => name.trim_start_matches("recurring[").trim_end_matches(']').into(),
            (Face::Data, name) => format!("price_data[{name}]"),
            (Face::Price, name) => name.into(),
        }
    }
}

/// What is used is counted by meters from this version on.
const METERS: Version = Version::of("2025-03-31.basil");
/// The longest trial, in days.
const TRIAL_MAX: i64 = 730;
/// The longest words, in characters.
const NICKNAME_MAX: usize = 5_000;

pub(crate) fn check_nickname(text: Option<&str>) -> Result<(), ApiError> {
    not_more_than(NICKNAME_MAX, "nickname", text)
}

/// Checks for how many days a subscription is on trial.
pub(crate) fn check_trial(days: Option<i64>, param: &str) -> Result<(), ApiError> {
    days.map_or(Ok(()), |days| bounds(param, days, (1, TRIAL_MAX)))
}

async fn recurring(cx: &mut Cx<'_>, given: RecurringParams, face: Face) -> Result<Recurring, Stop> {
    let count = given.interval_count.unwrap_or(1);
    bounds(&face.param("recurring[interval_count]"), count, (1, given.interval.three_years()))?;
    check_trial(given.trial_period_days, &face.param("recurring[trial_period_days]"))?;
    let usage_type = given.usage_type.unwrap_or(UsageType::Licensed);
    let param = face.param("recurring[meter]");
    match (&given.meter, usage_type) {
        (None, UsageType::Metered) if cx.caller.version.has(METERS) => {
            let message = "A metered price must be backed by a meter. Create one with `POST /v1/billing/meters` and send its id, or use a licensed price.";
            return Err(refused(message).code("parameter_missing").param(param).into());
        }
        (Some(_), UsageType::Licensed) => {
            let message = format!("You can only set {param} where the usage type is metered.");
            return Err(refused(message).param(param).into());
        }
        (Some(id), UsageType::Metered) => {
            let meter: Meter = cx.must(&param, id).await?;
            if meter.status == meter::Status::Inactive {
                return Err(refused(format!("The meter {id} is inactive.")).param(param).into());
            }
        }
        (None, _) => {}
    }
    Ok(Recurring {
        interval: given.interval,
        interval_count: count,
        meter: given.meter,
        trial_period_days: given.trial_period_days,
        usage_type,
    })
}

/// Makes a price of a product, which counts it and is to be written down. Errors: something does not fit.
pub(crate) async fn make(
    cx: &mut Cx<'_>,
    ask: Ask,
    product: &mut Product,
    face: Face,
) -> Result<Price, Stop> {
    let (id, in_place_of) = match face {
        Face::Plan => plan_id(cx, ask.id).await?,
        Face::Price | Face::Default | Face::Data => (cx.new_id::<Price>(), Hidden(Optional(None))),
    };
    check_nickname(ask.nickname.as_deref())?;
    let scheme = ask.billing_scheme.unwrap_or(BillingScheme::PerUnit);
    let names =
        ["unit_amount", "unit_amount_decimal", "custom_unit_amount", "tiers"].map(|name| face.param(name));
    let given = Given {
        unit: (&names[0], ask.unit_amount),
        decimal: (&names[1], ask.unit_amount_decimal),
        custom: (&names[2], ask.custom_unit_amount),
        tiers: (&names[3], ask.tiers),
    };
    let cost = given.cost(scheme)?;
    match (scheme, ask.tiers_mode) {
        (BillingScheme::Tiered, None) => return Err(ApiError::missing(&face.param("tiers_mode")).into()),
        (BillingScheme::PerUnit, Some(_)) => {
            let message = "You can only set tiers_mode where billing_scheme is tiered.";
            return Err(refused(message).param(face.param("tiers_mode")).into());
        }
        _ => {}
    }
    if let Some(transform) = ask.transform_quantity {
        let param = face.param("transform_quantity");
        transform.check(&param)?;
        if scheme == BillingScheme::Tiered {
            return Err(refused(format!("You cannot set {param} where billing_scheme is tiered."))
                .param(param)
                .into());
        }
    }
    let recurring = match ask.recurring {
        Some(given) => Some(recurring(cx, given, face).await?),
        None => None,
    };
    if recurring.is_some() && matches!(cost, Cost::Custom(_)) {
        let param = face.param("custom_unit_amount");
        return Err(refused("What recurs cannot cost what the customer says.").param(param).into());
    }
    let tax_behavior = ask.tax_behavior.or(Some(TaxBehavior::Unspecified));
    let own = cost.option(tax_behavior);
    let mut it = Price {
        id,
        object: Price::NAME.into(),
        active: ask.active != Some(false),
        billing_scheme: scheme,
        created: cx.now(),
        currency: ask.currency,
        currency_options: Included(Some(ByCurrency(vec![(ask.currency, own.clone())]))),
        custom_unit_amount: own.custom_unit_amount,
        livemode: cx.caller.livemode,
        lookup_key: None,
        metadata: ask.metadata.fresh()?,
        nickname: ask.nickname,
        product: Ref::to(&product.id),
        r#type: if recurring.is_some() { Type::Recurring } else { Type::OneTime },
        recurring,
        tax_behavior,
        tiers: Included(own.tiers.0),
        tiers_mode: ask.tiers_mode,
        transform_quantity: ask.transform_quantity,
        unit_amount: own.unit_amount,
        unit_amount_decimal: own.unit_amount_decimal,
        in_place_of,
    };
    it.more_currencies(ask.currency_options.map_or(Patch::Keep, Patch::Set))?;
    lookup::give(cx, &mut it, ask.lookup_key, ask.transfer_lookup_key).await?;
    product.prices.0 += 1;
    cx.put(&it);
    Ok(it)
}

/// The id of a plan. Prices have ids of their own kind, which nobody chooses.
async fn plan_id(cx: &mut Cx<'_>, chosen: Option<String>) -> Result<(String, InPlaceOf), Stop> {
    match chosen {
        None => Ok((cx.world.new_id("plan"), Hidden(Optional(None)))),
        Some(id) if id.starts_with("price_") => {
            Err(refused("The id of a plan cannot start with price_, as those of prices do.")
                .param("id")
                .into())
        }
        Some(id) => own_id::choose::<Price>(cx, Some(id), "id").await,
    }
}

/// Makes a price of `price_data`, for what it was sent with alone: it is not for sale, so that it is not offered again.
/// `param` is where `price_data` stands. Errors: there is no such product; what [`make`] refuses.
pub(crate) async fn make_once(cx: &mut Cx<'_>, ask: Ask, product: &str, param: &str) -> Result<Price, Stop> {
    let mut product: Product = cx.must(&format!("{param}[product]"), product).await?;
    let price = make(cx, ask, &mut product, Face::Data).await?;
    cx.put(&product);
    let kept = Price { active: false, ..price.clone() };
    cx.put(&kept);
    super::tell_created(cx, &kept);
    Ok(price)
}

/// Makes the price that a new product comes with.
pub(crate) async fn make_default(
    cx: &mut Cx<'_>,
    data: DefaultPriceData,
    product: &mut Product,
) -> Result<Price, Stop> {
    let recurring = data.recurring.map(|it| RecurringParams::every(it.interval, it.interval_count));
    let ask = Ask {
        currency_options: data.currency_options,
        custom_unit_amount: data.custom_unit_amount,
        metadata: data.metadata,
        recurring,
        tax_behavior: data.tax_behavior,
        unit_amount: data.unit_amount,
        unit_amount_decimal: data.unit_amount_decimal,
        ..Ask::of(data.currency)
    };
    make(cx, ask, product, Face::Default).await
}
