//! Coupons: what may be taken off, for how long, and how often (API page "Coupons").
use super::{
    amounts::{ByCurrency, Deleted, Number, bounds, refused},
    own_id::{self, Chosen, InPlaceOf},
    product::Product,
    promotion_code,
};
use crate::{
    due,
    payments::{card::not_more_than, charge::rules::positive},
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Timestamp};
use money::Decimal;
use store::IndexKey;
use wire::{Included, Patch, Wire};

/// What may be taken off.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Coupon {
    /// What the account chose, or what was made up.
    pub id: String,
    /// `coupon`.
    pub object: String,
    /// How much, in minor units of the currency.
    pub amount_off: Option<i64>,
    /// Off what.
    pub applies_to: Included<AppliesTo>,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amount.
    pub currency: Option<Currency>,
    /// How much in each of its currencies, the first included.
    pub currency_options: Included<ByCurrency<AmountOff>>,
    /// For how long it holds for whoever redeemed it.
    pub duration: Duration,
    /// For how many months, where it repeats.
    pub duration_in_months: Option<i64>,
    /// Live or test.
    pub livemode: bool,
    /// How often it can be redeemed in all.
    pub max_redemptions: Option<i64>,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// What customers see.
    pub name: Option<String>,
    /// How many percent.
    pub percent_off: Option<Number>,
    /// Until when it can be redeemed.
    pub redeem_by: Option<Timestamp>,
    /// How often it has been redeemed.
    pub times_redeemed: i64,
    /// Whether it can be redeemed.
    pub valid: bool,
    /// The id that it would have had, where the account chose one.
    pub in_place_of: InPlaceOf,
}

/// Off what a coupon takes something.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AppliesTo {
    /// These products.
    pub products: Vec<String>,
}

/// What a coupon takes off in one of its currencies.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AmountOff {
    /// In minor units.
    pub amount_off: i64,
}

/// For how long a coupon holds for whoever redeemed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Duration {
    /// For all invoices.
    Forever,
    /// For one invoice.
    Once,
    /// For the invoices of some months.
    Repeating,
}

impl Named for Coupon {
    const NAME: &'static str = "coupon";
    const PREFIX: &'static str = "coup";
}
impl Object for Coupon {
    const PATH: &'static str = "/v1/coupons";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.chosen().into_iter().collect()
    }
}
impl Chosen for Coupon {
    fn in_place_of(&self) -> &InPlaceOf {
        &self.in_place_of
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Coupon>();
/// A coupon was made.
pub const CREATED: &str = "coupon.created";
/// A coupon was changed.
pub const UPDATED: &str = "coupon.updated";
/// A coupon was deleted.
pub const DELETED: &str = "coupon.deleted";
/// What coupons cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, DELETED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/coupons", "coupon", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<Coupon>("/v1/coupons/{id}"),
        Endpoint::new("POST", "/v1/coupons/{id}", "coupon", |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("DELETE", "/v1/coupons/{id}", "coupon", |cx, p| Box::pin(delete(cx, p))),
        Endpoint::list::<List>("/v1/coupons", "coupon", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/coupons` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount_off: Option<i64>,
    applies_to: Option<AppliesTo>,
    currency: Option<Currency>,
    currency_options: Option<ByCurrency<AmountOff>>,
    duration: Option<Duration>,
    duration_in_months: Option<i64>,
    id: Option<String>,
    max_redemptions: Option<i64>,
    metadata: MetadataPatch,
    name: Option<String>,
    percent_off: Option<Number>,
    redeem_by: Option<Timestamp>,
}

/// What `POST /v1/coupons/{id}` takes: what it takes off stays as it is.
#[derive(Debug, Wire)]
pub struct Update {
    currency_options: Option<ByCurrency<AmountOff>>,
    metadata: MetadataPatch,
    name: Patch<String>,
}

/// What `GET /v1/coupons` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
}

// Transitions.

/// The longest name, in characters.
const NAME_MAX: usize = 40;
/// The most redemptions.
const REDEMPTIONS_MAX: i64 = 1_000_000_000;
/// The longest time to redeem a coupon in, in days.
const REDEEM_DAYS_MAX: i64 = 5 * 366;
/// The most months of a coupon.
const MONTHS_MAX: i64 = 1_200;
/// Decimals of a percentage.
const PLACES_MAX: usize = 2;

/// Checks a moment that must lie ahead, and not too far.
pub(crate) fn ahead(param: &str, at: Option<Timestamp>, now: Timestamp) -> Result<(), ApiError> {
    match at {
        Some(at) if at <= now || at > now.plus(REDEEM_DAYS_MAX * Timestamp::DAY) => {
            let message = "Invalid timestamp: must be an integer Unix timestamp in the future, and within the next five years.";
            Err(ApiError::invalid(400, message).param(param))
        }
        _ => Ok(()),
    }
}

/// Checks how often something can be redeemed.
pub(crate) fn redemptions(param: &str, most: Option<i64>) -> Result<(), ApiError> {
    most.map_or(Ok(()), |most| bounds(param, most, (1, REDEMPTIONS_MAX)))
}

impl Coupon {
    /// Whether it could be redeemed at a moment.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.redeem_by.is_none_or(|end| now < end)
            && self.max_redemptions.is_none_or(|most| self.times_redeemed < most)
    }
    /// Sets what it takes off in other currencies.
    fn more_currencies(&mut self, given: Option<ByCurrency<AmountOff>>) -> Result<(), ApiError> {
        let Some(given) = given else { return Ok(()) };
        let Some(all) = self.currency_options.0.as_mut() else {
            let message = "You can only set currency_options on a coupon with an amount_off.";
            return Err(refused(message).param("currency_options"));
        };
        for (currency, it) in given.0 {
            positive(&format!("currency_options[{currency}][amount_off]"), it.amount_off)?;
            if Some(currency) == self.currency {
                let message =
                    format!("The currency of the coupon itself, {currency}, cannot be one of its options.");
                return Err(refused(message).param(format!("currency_options[{currency}]")));
            }
            all.set(currency, it);
        }
        Ok(())
    }
}

/// How much is taken off: so much of a currency, or so many percent.
fn off(p: &Create) -> Result<Option<(Currency, i64)>, ApiError> {
    match (p.amount_off, p.percent_off, p.currency) {
        (Some(_), Some(_), _) | (None, None, _) => {
            Err(refused("You must pass either amount_off or percent_off, and not both.").param("percent_off"))
        }
        (Some(amount), None, Some(currency)) => {
            positive("amount_off", amount).map(|()| Some((currency, amount)))
        }
        (Some(_), None, None) => Err(ApiError::missing("currency")),
        (None, Some(percent), _) => {
            if percent.0 <= Decimal::ZERO || percent.0 > Decimal::of(100) || percent.0.places() > PLACES_MAX {
                let message =
                    "Invalid percent_off: must be above 0 and at most 100, with up to two decimal places.";
                return Err(ApiError::invalid(400, message).param("percent_off"));
            }
            Ok(None)
        }
    }
}

fn months(duration: Duration, months: Option<i64>) -> Result<(), ApiError> {
    match (duration, months) {
        (Duration::Repeating, None) => Err(ApiError::missing("duration_in_months")),
        (Duration::Repeating, Some(months)) => bounds("duration_in_months", months, (1, MONTHS_MAX)),
        (_, None) => Ok(()),
        (_, Some(_)) => Err(refused("You can only set duration_in_months where duration is repeating.")
            .param("duration_in_months")),
    }
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Coupon> {
    let amount = off(&p)?;
    let duration = p.duration.unwrap_or(Duration::Once);
    months(duration, p.duration_in_months)?;
    redemptions("max_redemptions", p.max_redemptions)?;
    ahead("redeem_by", p.redeem_by, cx.now())?;
    not_more_than(NAME_MAX, "name", p.name.as_deref())?;
    for (at, product) in p.applies_to.iter().flat_map(|it| &it.products).enumerate() {
        cx.must::<Product>(&format!("applies_to[products][{at}]"), product).await?;
    }
    let (id, in_place_of) = own_id::choose::<Coupon>(cx, p.id, "id").await?;
    let mut it = Coupon {
        id,
        object: Coupon::NAME.into(),
        amount_off: p.amount_off,
        applies_to: Included(p.applies_to.filter(|it| !it.products.is_empty())),
        created: cx.now(),
        currency: amount.map(|(currency, _)| currency),
        currency_options: Included(
            amount.map(|(currency, amount_off)| ByCurrency(vec![(currency, AmountOff { amount_off })])),
        ),
        duration,
        duration_in_months: p.duration_in_months,
        livemode: cx.caller.livemode,
        max_redemptions: p.max_redemptions,
        metadata: Some(p.metadata.fresh()?),
        name: p.name,
        percent_off: p.percent_off,
        redeem_by: p.redeem_by,
        times_redeemed: 0,
        valid: true,
        in_place_of,
    };
    it.more_currencies(p.currency_options)?;
    cx.put(&it);
    cx.emit(CREATED, &it);
    if let Some(at) = it.redeem_by {
        due::later(cx, due::Kind::CouponExpires, &it.id, at);
    }
    done(it)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Coupon> {
    let id = cx.path("id").to_owned();
    let before: Coupon = cx.must("id", &id).await?;
    let mut it = before.clone();
    it.more_currencies(p.currency_options)?;
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    p.name.apply(&mut it.name);
    not_more_than(NAME_MAX, "name", it.name.as_deref())?;
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    done(it)
}

/// Whoever redeemed it keeps what they have.
async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let it: Coupon = cx.must("id", &id).await?;
    cx.delete(&it);
    cx.emit(DELETED, &it);
    promotion_code::end_all(cx, &it.id).await?;
    done(Deleted::of(Coupon::NAME, &it.id))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    own_id::page::<Coupon>(cx, None, |it| p.created.is_none_or(|range| range.holds(it.created.0))).await
}

/// Its time to be redeemed is over. Nothing happens where the id is another coupon's by now, whose time is not.
pub(crate) async fn expires(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<Coupon>(id).await? else { return Ok(()) };
    settle(cx, &before, before.clone()).await
}

/// Writes a coupon down with what follows: whether it can be redeemed, and what becomes of its codes.
async fn settle(cx: &mut Cx<'_>, before: &Coupon, mut it: Coupon) -> Result<(), Stop> {
    it.valid = it.holds(cx.now());
    cx.put(&it);
    cx.emit_update(UPDATED, before, &it);
    if before.valid && !it.valid {
        promotion_code::end_all(cx, &it.id).await?;
    }
    Ok(())
}

/// Counts a redemption. Errors: it cannot be redeemed. The coupon, read and written, is what two that redeem the last of it
/// cannot both have.
pub(crate) async fn redeem(cx: &mut Cx<'_>, id: &str, param: &str) -> Result<Coupon, Stop> {
    let before: Coupon = cx.must(param, id).await?;
    if !before.holds(cx.now()) {
        let message = format!("Coupon expired: {id}");
        return Err(ApiError::invalid(400, message).code("coupon_expired").param(param).into());
    }
    let it = Coupon { times_redeemed: before.times_redeemed + 1, ..before.clone() };
    settle(cx, &before, it.clone()).await?;
    Ok(it)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, PLATFORM};

    #[test]
    fn a_coupon_is_made_changed_and_deleted() {
        let bench = Bench::new();
        let it = bench
            .post(
                PLATFORM,
                "/v1/coupons",
                "percent_off=25.5&duration=repeating&duration_in_months=3&id=SAVE&name=Save",
            )
            .ok();
        assert_eq!(
            (it.at("percent_off").to_json(), it.number("duration_in_months"), it.is("valid")),
            ("25.5".into(), 3, true)
        );
        assert_eq!(
            bench.post(PLATFORM, "/v1/coupons", "percent_off=5&id=SAVE").refusal().1,
            "resource_already_exists"
        );
        let it = bench.post(PLATFORM, "/v1/coupons/SAVE", "name=&metadata[a]=b").ok();
        assert!(it.at("name").is_null() && it.text("metadata.a") == "b");
        assert_eq!(
            bench.post(PLATFORM, "/v1/coupons/SAVE", "percent_off=5").refusal().1,
            "parameter_unknown"
        );
        bench.delete(PLATFORM, "/v1/coupons/SAVE").ok();
        assert_eq!(
            bench.get(PLATFORM, "/v1/coupons/SAVE").refusal(),
            (404, "resource_missing".into(), "id".into())
        );
        let kinds: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, [super::CREATED, super::UPDATED, super::DELETED]);
    }

    #[test]
    fn amounts_in_several_currencies_for_some_products() {
        let bench = Bench::new();
        let product = bench.post(PLATFORM, "/v1/products", "name=Gold").ok().text("id");
        let form = format!(
            "amount_off=500&currency=usd&currency_options[eur][amount_off]=450&applies_to[products][]={product}&id=FIVE"
        );
        assert!(bench.post(PLATFORM, "/v1/coupons", &form).ok().at("applies_to").is_null());
        let it = bench.get(PLATFORM, "/v1/coupons/FIVE?expand[]=applies_to&expand[]=currency_options").ok();
        assert_eq!(
            (
                it.text("applies_to.products.0"),
                it.number("currency_options.usd.amount_off"),
                it.number("currency_options.eur.amount_off")
            ),
            (product, 500, 450)
        );
        assert_eq!(
            bench.post(PLATFORM, "/v1/coupons/FIVE", "currency_options[usd][amount_off]=1").refusal().2,
            "currency_options[usd]"
        );
    }

    #[test]
    fn its_time_ends_by_the_clock() {
        let bench = Bench::new();
        let until = bench.now().plus(3600).0;
        bench.post(PLATFORM, "/v1/coupons", &format!("percent_off=5&id=SOON&redeem_by={until}")).ok();
        bench.told();
        bench.wait(3599);
        assert!(bench.get(PLATFORM, "/v1/coupons/SOON").ok().is("valid"));
        bench.wait(2);
        assert!(!bench.get(PLATFORM, "/v1/coupons/SOON").ok().is("valid"));
        assert_eq!(bench.told(), [("acct_platform".to_owned(), super::UPDATED)]);
    }

    #[test]
    fn what_cannot_be_a_coupon() {
        let bench = Bench::new();
        for (form, param) in [
            ("", "percent_off"),
            ("percent_off=5&amount_off=5&currency=usd", "percent_off"),
            ("percent_off=0", "percent_off"),
            ("percent_off=100.01", "percent_off"),
            ("amount_off=5", "currency"),
            ("amount_off=-5&currency=usd", "amount_off"),
            ("percent_off=5&duration=repeating", "duration_in_months"),
            ("percent_off=5&duration=once&duration_in_months=3", "duration_in_months"),
            ("percent_off=5&redeem_by=5", "redeem_by"),
            ("percent_off=5&max_redemptions=0", "max_redemptions"),
            ("percent_off=5&applies_to[products][]=nowhere", "applies_to[products][0]"),
            ("percent_off=5&currency_options[eur][amount_off]=5", "currency_options"),
        ] {
            assert_eq!(bench.post(PLATFORM, "/v1/coupons", form).refusal().2, param, "{form}");
        }
    }
}
