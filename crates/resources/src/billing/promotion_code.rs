//! Promotion codes: what customers type in to get what a coupon takes off (API page "Promotion Codes").
mod codes;

use super::{
    amounts::{ByCurrency, not_negative, refused},
    coupon::{self, Coupon},
    discount::Discount,
};
use crate::{
    due,
    payments::customer::{Customer, CustomerAccount},
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
pub use codes::Codes;
use store::IndexKey;
use wire::{Optional, Wire};

/// What customers type in.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PromotionCode {
    /// `promo_…`.
    pub id: String,
    /// `promotion_code`.
    pub object: String,
    /// Whether it can be redeemed.
    pub active: bool,
    /// What is typed in, whatever the case.
    pub code: String,
    /// When it was made.
    pub created: Timestamp,
    /// Who alone can redeem it.
    pub customer: Option<Ref<Customer>>,
    /// The account that alone can redeem it, where an account is a customer.
    pub customer_account: Option<String>,
    /// Until when it can be redeemed.
    pub expires_at: Option<Timestamp>,
    /// Live or test.
    pub livemode: bool,
    /// How often it can be redeemed in all.
    pub max_redemptions: Option<i64>,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// What one gets for it.
    pub promotion: Promotion,
    /// For what it can be redeemed.
    pub restrictions: Restrictions,
    /// How often it has been redeemed.
    pub times_redeemed: i64,
}

/// What one gets for a code.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Promotion {
    /// The coupon.
    pub coupon: Option<Ref<Coupon>>,
    /// `coupon`.
    pub r#type: Type,
}

/// What one can get for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// What a coupon takes off.
    Coupon,
}

/// For what a code can be redeemed.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Restrictions {
    /// The least amount in other currencies.
    pub currency_options: Optional<ByCurrency<Minimum>>,
    /// Only by whoever has not paid anything yet.
    pub first_time_transaction: bool,
    /// The least amount, in minor units.
    pub minimum_amount: Option<i64>,
    /// The currency of that.
    pub minimum_amount_currency: Option<Currency>,
}

/// The least amount in a currency.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Minimum {
    /// In minor units.
    pub minimum_amount: i64,
}

impl Named for PromotionCode {
    const NAME: &'static str = "promotion_code";
    const PREFIX: &'static str = "promo";
}
impl Object for PromotionCode {
    const PATH: &'static str = "/v1/promotion_codes";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.coupon().into_iter().map(|coupon| IndexKey::listed(Coupon::NAME, coupon)).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<PromotionCode>();
/// A promotion code was made.
pub const CREATED: &str = "promotion_code.created";
/// A promotion code was changed.
pub const UPDATED: &str = "promotion_code.updated";
/// What promotion codes cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/promotion_codes", "promotion_code", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<PromotionCode>("/v1/promotion_codes/{id}"),
        Endpoint::new("POST", "/v1/promotion_codes/{id}", "promotion_code", |cx, p| Box::pin(update(cx, p))),
        Endpoint::list::<List>("/v1/promotion_codes", "promotion_code", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/promotion_codes` takes.
#[derive(Debug, Wire)]
pub struct Create {
    active: Option<bool>,
    code: Option<String>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    expires_at: Option<Timestamp>,
    max_redemptions: Option<i64>,
    metadata: MetadataPatch,
    promotion: PromotionParams,
    restrictions: Option<RestrictionsParams>,
}

/// `promotion` as sent.
#[derive(Debug, Wire)]
struct PromotionParams {
    coupon: String,
    r#type: Type,
}

/// `restrictions` as sent.
#[derive(Debug, Wire)]
struct RestrictionsParams {
    currency_options: Option<ByCurrency<Minimum>>,
    first_time_transaction: Option<bool>,
    minimum_amount: Option<i64>,
    minimum_amount_currency: Option<Currency>,
}

/// What `POST /v1/promotion_codes/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    active: Option<bool>,
    metadata: MetadataPatch,
    restrictions: Option<MoreMinimums>,
}

/// `restrictions` of an update: only in further currencies.
#[derive(Debug, Wire)]
struct MoreMinimums {
    currency_options: Option<ByCurrency<Minimum>>,
}

/// What `GET /v1/promotion_codes` filters by.
#[derive(Debug, Wire)]
pub struct List {
    active: Option<bool>,
    code: Option<String>,
    coupon: Option<String>,
    created: Option<Range>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
}

// Transitions.

/// At most so many codes end with their coupon in one go.
const OF_COUPON_MAX: usize = 1_000;

impl Restrictions {
    fn read(p: Option<RestrictionsParams>) -> Result<Self, ApiError> {
        let p = p.unwrap_or(RestrictionsParams {
            currency_options: None,
            first_time_transaction: None,
            minimum_amount: None,
            minimum_amount_currency: None,
        });
        let at = |member: &str| format!("restrictions[{member}]");
        match (p.minimum_amount, p.minimum_amount_currency) {
            (Some(_), None) => return Err(ApiError::missing(&at("minimum_amount_currency"))),
            (None, Some(_)) => return Err(ApiError::missing(&at("minimum_amount"))),
            (Some(amount), Some(_)) => not_negative(&at("minimum_amount"), amount)?,
            (None, None) => {}
        }
        let mut it = Restrictions {
            currency_options: Optional(None),
            first_time_transaction: p.first_time_transaction == Some(true),
            minimum_amount: p.minimum_amount,
            minimum_amount_currency: p.minimum_amount_currency,
        };
        it.more_currencies(p.currency_options)?;
        Ok(it)
    }
    fn more_currencies(&mut self, given: Option<ByCurrency<Minimum>>) -> Result<(), ApiError> {
        let Some(given) = given else { return Ok(()) };
        for (currency, it) in given.0 {
            let at = format!("restrictions[currency_options][{currency}]");
            if self.minimum_amount.is_none() || Some(currency) == self.minimum_amount_currency {
                let message = "You can only set least amounts in currencies beside that of minimum_amount.";
                return Err(refused(message).param(at));
            }
            not_negative(&format!("{at}[minimum_amount]"), it.minimum_amount)?;
            self.currency_options.0.get_or_insert_default().set(currency, it);
        }
        Ok(())
    }
}

impl PromotionCode {
    /// The coupon that one gets for it.
    pub(crate) fn coupon(&self) -> Option<&str> {
        self.promotion.coupon.as_ref().map(|it| it.id.as_str())
    }
    /// Whether it could be redeemed at a moment, as far as it knows itself.
    fn holds(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
            && self.max_redemptions.is_none_or(|most| self.times_redeemed < most)
    }
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<PromotionCode> {
    let PromotionParams { coupon: id, r#type } = p.promotion;
    let coupon: Coupon = cx.must("promotion[coupon]", &id).await?;
    if let Some(customer) = &p.customer {
        cx.must::<Customer>("customer", customer).await?;
    }
    coupon::ahead("expires_at", p.expires_at, cx.now())?;
    coupon::redemptions("max_redemptions", p.max_redemptions)?;
    if !coupon.holds(cx.now()) {
        return Err(refused(
            "This coupon cannot be redeemed any more, so no promotion code can be made for it.",
        )
        .param("promotion[coupon]")
        .into());
    }
    if exceeds(p.expires_at, coupon.redeem_by) {
        return Err(refused("The code cannot expire after its coupon does.").param("expires_at").into());
    }
    if exceeds(p.max_redemptions, coupon.max_redemptions) {
        return Err(refused("The code cannot be redeemed more often than its coupon.")
            .param("max_redemptions")
            .into());
    }
    let mut it = PromotionCode {
        id: cx.new_id::<PromotionCode>(),
        object: PromotionCode::NAME.into(),
        active: false,
        code: codes::choose(cx, p.code)?,
        created: cx.now(),
        customer: p.customer.map(Ref::to),
        customer_account: None,
        expires_at: p.expires_at,
        livemode: cx.caller.livemode,
        max_redemptions: p.max_redemptions,
        metadata: Some(p.metadata.fresh()?),
        promotion: Promotion { coupon: Some(Ref::to(id)), r#type },
        restrictions: Restrictions::read(p.restrictions)?,
        times_redeemed: 0,
    };
    if p.active != Some(false) {
        codes::take(cx, &it, "code").await?;
        it.active = true;
    }
    cx.put(&it);
    cx.emit(CREATED, &it);
    if let Some(at) = it.expires_at {
        due::later(cx, due::Kind::PromotionCodeExpires, &it.id, at);
    }
    done(it)
}

/// Whether a bound of the code lies beyond that of its coupon.
fn exceeds<T: PartialOrd>(own: Option<T>, coupon: Option<T>) -> bool {
    own.zip(coupon).is_some_and(|(own, coupon)| own > coupon)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<PromotionCode> {
    let id = cx.path("id").to_owned();
    let before: PromotionCode = cx.must("id", &id).await?;
    let mut it = before.clone();
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    it.restrictions.more_currencies(p.restrictions.and_then(|it| it.currency_options))?;
    match p.active {
        Some(true) if !it.active => {
            let coupon = match it.coupon() {
                Some(coupon) => cx.get::<Coupon>(coupon).await?,
                None => None,
            };
            if !it.holds(cx.now()) || coupon.is_none_or(|coupon| !coupon.holds(cx.now())) {
                let message = "This promotion code cannot be activated, because it, or its coupon, cannot be redeemed any more.";
                return Err(refused(message).param("active").into());
            }
            codes::take(cx, &it, "active").await?;
            it.active = true;
        }
        Some(false) => end(cx, &mut it).await?,
        _ => {}
    }
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    done(it)
}

/// It is not active any more, and its code is free.
async fn end(cx: &mut Cx<'_>, it: &mut PromotionCode) -> Result<(), Stop> {
    if it.active {
        codes::free(cx, it).await?;
        it.active = false;
    }
    Ok(())
}

async fn end_one(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<PromotionCode>(id).await?.filter(|it| it.active) else { return Ok(()) };
    let mut it = before.clone();
    end(cx, &mut it).await?;
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    Ok(())
}

/// Its time is over.
pub(crate) async fn expires(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    end_one(cx, id).await
}

/// The coupon of these codes cannot be redeemed any more.
pub(crate) async fn end_all(cx: &mut Cx<'_>, coupon: &str) -> Result<(), Stop> {
    let by = Some((Coupon::NAME, coupon.to_owned()));
    let all = cx.all_by::<PromotionCode>(&cx.caller.account, cx.caller.livemode, by, OF_COUPON_MAX).await?;
    for it in all.into_iter().filter(|it| it.active) {
        end_one(cx, &it.id).await?;
    }
    Ok(())
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = p.coupon.clone().map(|coupon| (Coupon::NAME, coupon));
    cx.page_where::<PromotionCode>(by, |doc| {
        wire::from_json::<PromotionCode>(&doc.body).is_ok_and(|it| {
            p.active.is_none_or(|wanted| it.active == wanted)
                && p.code.as_ref().is_none_or(|wanted| it.code.eq_ignore_ascii_case(wanted))
                && p.created.is_none_or(|range| range.holds(it.created.0))
                && p.customer
                    .as_ref()
                    .is_none_or(|wanted| it.customer.as_ref().is_some_and(|it| it.id == *wanted))
        })
    })
    .await
}

/// Counts a redemption of an active code by a customer, for an amount where one is known, and returns its coupon, which is
/// redeemed with it. Errors: it cannot be redeemed by them, or for so little.
pub(crate) async fn redeem(
    cx: &mut Cx<'_>,
    id: &str,
    customer: &Customer,
    param: &str,
) -> Result<Coupon, Stop> {
    let before: PromotionCode = cx.must(param, id).await?;
    let theirs = before.customer.as_ref().is_none_or(|it| it.id == customer.id);
    if !before.active || !before.holds(cx.now()) || !theirs {
        let message = format!(
            "This promotion code cannot be redeemed: {id}. It is not active, or is another customer's."
        );
        return Err(ApiError::invalid(400, message).code("promotion_code_expired").param(param).into());
    }
    if before.restrictions.first_time_transaction && has_paid(cx, &customer.id).await? {
        let message =
            "This promotion code cannot be redeemed because the associated customer has prior transactions.";
        return Err(refused(message).param(param).into());
    }
    let Some(coupon) = before.coupon() else { return Err(ApiError::no_such(Coupon::NAME, id, param).into()) };
    let coupon = coupon::redeem(cx, coupon, param).await?;
    // The coupon may have ended with this, and its codes with it.
    let mut it = cx.get::<PromotionCode>(id).await?.unwrap_or_else(|| before.clone());
    it.times_redeemed += 1;
    if !it.holds(cx.now()) {
        end(cx, &mut it).await?;
    }
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    Ok(coupon)
}

impl Restrictions {
    /// Whether so much may be bought with a code. Errors: it is too little, or in a currency that the code does not know.
    fn admit(&self, bought: i64, currency: Currency, param: &str) -> Result<(), ApiError> {
        let Some(first) = self.minimum_amount else { return Ok(()) };
        let others = self.currency_options.0.as_ref();
        let least = if self.minimum_amount_currency == Some(currency) {
            Some(first)
        } else {
            others.and_then(|all| all.get(currency)).map(|it| it.minimum_amount)
        };
        match least {
            Some(least) if bought >= least => Ok(()),
            Some(least) => {
                let message = format!(
                    "This promotion code cannot be redeemed because the amount is below its minimum of {}.",
                    currency.display(least)
                );
                Err(refused(message).param(param))
            }
            None => {
                let message = format!("This promotion code cannot be redeemed in {currency}.");
                Err(refused(message).param(param))
            }
        }
    }
}

/// Looks whether what is bought is enough for the codes by which this decision redeemed some of these discounts. Errors: it
/// is not.
pub(crate) async fn enough(
    cx: &mut Cx<'_>,
    discounts: &[Ref<Discount>],
    (bought, currency): (i64, Currency),
    param: &str,
) -> Result<(), Stop> {
    for fresh in cx.written::<Discount>()? {
        let given = discounts.iter().any(|it| it.id == fresh.id);
        if let (true, Some(code)) = (given, &fresh.promotion_code)
            && let Some(code) = cx.get::<PromotionCode>(&code.id).await?
        {
            code.restrictions.admit(bought, currency, param)?;
        }
    }
    Ok(())
}

/// Whether a customer has paid anything yet.
async fn has_paid(cx: &Cx<'_>, customer: &str) -> Result<bool, Stop> {
    use crate::payments::charge::{Charge, Status};
    let by = Some((Customer::NAME, customer.to_owned()));
    let charges = cx.all_by::<Charge>(&cx.caller.account, cx.caller.livemode, by, OF_COUPON_MAX).await?;
    Ok(charges.iter().any(|it| it.status == Status::Succeeded))
}

#[cfg(test)]
mod tests;
