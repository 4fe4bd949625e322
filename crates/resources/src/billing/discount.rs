//! Discounts: coupons that somebody redeemed (API page "Discounts"). They are kept for good, because invoices name them; who
//! has one says so by itself.
use super::{
    coupon::{AmountOff, Coupon, Duration},
    promotion_code::{self, PromotionCode},
};
use crate::{
    billing::{
        amounts::{ByCurrency, Number, either},
        coupon, subscription, timing,
    },
    due,
    payments::customer::{self, Customer},
    test_helpers::test_clock,
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Stop, done};
use base::{ApiError, Currency, Named, Ref, Timestamp};
use money::{Cycle, Interval, Off};
use wire::{Hidden, Patch, Wire};

/// A coupon that somebody redeemed.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Discount {
    /// `di_…`.
    pub id: String,
    /// `discount`.
    pub object: String,
    /// The checkout in which it was redeemed.
    pub checkout_session: Option<String>,
    /// Whose it is.
    pub customer: Option<Ref<Customer>>,
    /// The account whose it is, where an account is a customer.
    pub customer_account: Option<String>,
    /// Until when it holds.
    pub end: Option<Timestamp>,
    /// The invoice that it was given to.
    pub invoice: Option<String>,
    /// The invoice item that it was given to.
    pub invoice_item: Option<String>,
    /// The code by which it was redeemed.
    pub promotion_code: Option<Ref<PromotionCode>>,
    /// What it takes off.
    pub source: Source,
    /// Since when it holds.
    pub start: Timestamp,
    /// The subscription that it was given to.
    pub subscription: Option<String>,
    /// The item of a subscription that it was given to.
    pub subscription_item: Option<String>,
    /// What the coupon said when it was redeemed, which stays when it is deleted. Only what is stored by itself has it, not
    /// what is shown within a customer.
    pub terms: Hidden<Option<Terms>>,
}

/// What a discount comes from.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Source {
    /// The coupon.
    pub coupon: Option<Ref<Coupon>>,
    /// `coupon`.
    pub r#type: promotion_code::Type,
}

/// What a coupon says of amounts.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Terms {
    /// How many percent it takes off.
    pub percent_off: Option<Number>,
    /// How much it takes off, by currency.
    pub amounts: Option<ByCurrency<AmountOff>>,
    /// Off what alone.
    pub products: Option<Vec<String>>,
    /// Whether it holds for one invoice.
    pub once: Option<bool>,
}

/// What is left of a discount that was taken away.
#[derive(Debug, Wire)]
pub struct Deleted {
    id: String,
    object: String,
    checkout_session: Option<String>,
    customer: Option<Ref<Customer>>,
    customer_account: Option<String>,
    deleted: bool,
    invoice: Option<String>,
    invoice_item: Option<String>,
    promotion_code: Option<Ref<PromotionCode>>,
    source: Source,
    start: Timestamp,
    subscription: Option<String>,
    subscription_item: Option<String>,
}

impl Named for Discount {
    const NAME: &'static str = "discount";
    const PREFIX: &'static str = "di";
}
impl Object for Discount {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Discount>();
/// A customer or a subscription got a discount.
pub const CREATED: &str = "customer.discount.created";
/// Another coupon took the place of that of a discount.
pub const UPDATED: &str = "customer.discount.updated";
/// A customer or a subscription lost a discount.
pub const DELETED: &str = "customer.discount.deleted";
/// What discounts cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, DELETED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("GET", "/v1/customers/{id}/discount", "discount", |cx, p| Box::pin(retrieve(cx, p))).permission("customer"),
        Endpoint::new("DELETE", "/v1/customers/{id}/discount", "discount", |cx, p| Box::pin(delete(cx, p))).permission("customer"),
    ]
}

/// One of `discounts` as sent.
#[derive(Debug, Wire)]
pub(crate) struct DiscountParams {
    coupon: Option<String>,
    discount: Option<String>,
    promotion_code: Option<String>,
}

impl DiscountParams {
    /// What is kept until its time comes.
    pub(crate) fn of(
        coupon: Option<String>,
        discount: Option<String>,
        promotion_code: Option<String>,
    ) -> Self {
        DiscountParams { coupon, discount, promotion_code }
    }
    /// What is named, one of three. Errors: nothing, more than one, or there is no such thing.
    pub(crate) async fn named(
        self,
        cx: &mut Cx<'_>,
        at: &str,
    ) -> Result<(Option<String>, Option<String>, Option<String>), Stop> {
        let at = |name: &str| format!("{at}[{name}]");
        match (&self.coupon, &self.discount, &self.promotion_code) {
            (Some(id), None, None) => cx.must::<Coupon>(&at("coupon"), id).await.map(drop)?,
            (None, Some(id), None) => cx.must::<Discount>(&at("discount"), id).await.map(drop)?,
            (None, None, Some(id)) => cx.must::<PromotionCode>(&at("promotion_code"), id).await.map(drop)?,
            (None, None, None) => return Err(ApiError::missing(&at("coupon")).into()),
            _ => return Err(either(&at("coupon"), &at("promotion_code")).into()),
        }
        Ok((self.coupon, self.discount, self.promotion_code))
    }
    /// What a discount was redeemed by, to be redeemed again.
    pub(crate) fn again(it: &Discount) -> Self {
        let promotion_code = it.promotion_code.as_ref().map(|it| it.id.clone());
        let coupon = it.source.coupon.as_ref().map(|it| it.id.clone()).filter(|_| promotion_code.is_none());
        DiscountParams { coupon, discount: None, promotion_code }
    }
}

/// What discounts are given to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of<'i> {
    /// An invoice.
    Invoice(&'i str),
    /// An invoice item.
    Item(&'i str),
    /// A subscription.
    Subscription(&'i str),
    /// An item of a subscription: both.
    SubscriptionItem(&'i str, &'i str),
}

// Transitions.

impl Terms {
    fn of(coupon: &Coupon) -> Self {
        Terms {
            percent_off: coupon.percent_off,
            amounts: coupon.currency_options.0.clone(),
            products: coupon.applies_to.0.as_ref().map(|it| it.products.clone()),
            once: Some(coupon.duration == Duration::Once),
        }
    }
}

impl Discount {
    /// What it takes off an invoice in a currency: nothing where its coupon says nothing of that.
    pub(crate) fn off(&self, currency: Currency) -> Off {
        let Some(terms) = &self.terms.0 else { return Off::Amount(0) };
        match terms.percent_off {
            Some(percent) => Off::Percent(percent.0),
            None => {
                let amount = terms.amounts.as_ref().and_then(|all| all.get(currency));
                Off::Amount(amount.map_or(0, |it| it.amount_off))
            }
        }
    }
    /// Whether it takes something off what is sold as this product.
    pub(crate) fn covers(&self, product: Option<&str>) -> bool {
        let Some(only) = self.terms.0.as_ref().and_then(|it| it.products.as_ref()) else { return true };
        product.is_some_and(|product| only.iter().any(|it| it == product))
    }
    /// Whether it holds at a moment.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.end.is_none_or(|end| now < end)
    }
    /// Whether it is used up by one invoice.
    pub(crate) fn is_once(&self) -> bool {
        self.terms.0.as_ref().is_some_and(|it| it.once == Some(true))
    }
}

pub(crate) fn deleted(it: Discount) -> Deleted {
    Deleted {
        id: it.id,
        object: it.object,
        checkout_session: it.checkout_session,
        customer: it.customer,
        customer_account: it.customer_account,
        deleted: true,
        invoice: it.invoice,
        invoice_item: it.invoice_item,
        promotion_code: it.promotion_code,
        source: it.source,
        start: it.start,
        subscription: it.subscription,
        subscription_item: it.subscription_item,
    }
}

// Operations.

/// How a coupon is redeemed.
#[derive(Debug)]
pub(crate) enum By<'p> {
    /// By its id.
    Coupon(&'p str),
    /// By a code, which is named by its id.
    Code(&'p str),
}

/// A discount of a customer, written down. Errors name `param`: what was redeemed cannot be.
pub(crate) async fn redeem(
    cx: &mut Cx<'_>,
    customer: &Customer,
    by: By<'_>,
    param: &str,
) -> Result<Discount, Stop> {
    let (coupon, code) = match by {
        By::Coupon(id) => (coupon::redeem(cx, id, param).await?, None),
        By::Code(id) => (promotion_code::redeem(cx, id, customer, param).await?, Some(Ref::to(id))),
    };
    let it = made(cx, &coupon, code, Some(customer));
    cx.put(&it);
    Ok(it)
}

/// A discount by a coupon. It is to be written down.
fn made(
    cx: &Cx<'_>,
    coupon: &Coupon,
    code: Option<Ref<PromotionCode>>,
    customer: Option<&Customer>,
) -> Discount {
    let start = cx.now();
    let months = coupon.duration_in_months.unwrap_or(1);
    let cycle = Cycle { anchor: start, interval: Interval::Month, count: months };
    Discount {
        id: cx.new_id::<Discount>(),
        object: Discount::NAME.into(),
        checkout_session: None,
        customer: customer.map(|it| Ref::to(&it.id)),
        customer_account: None,
        end: (coupon.duration == Duration::Repeating).then(|| cycle.boundary(1)),
        invoice: None,
        invoice_item: None,
        promotion_code: code,
        source: Source { coupon: Some(Ref::to(&coupon.id)), r#type: promotion_code::Type::Coupon },
        start,
        subscription: None,
        subscription_item: None,
        terms: Hidden(Some(Terms::of(coupon))),
    }
}

/// Discounts that are offered: what they are of is redeemed once the offer is accepted. Errors: what was named cannot be.
pub(crate) async fn offer(
    cx: &mut Cx<'_>,
    customer: Option<&Customer>,
    given: Vec<DiscountParams>,
    param: &str,
) -> Result<Vec<Ref<Discount>>, Stop> {
    let mut all = Vec::with_capacity(given.len());
    for (n, it) in given.into_iter().enumerate() {
        let at = |name: &str| format!("{param}[{n}][{name}]");
        let (coupon, code) = match (&it.coupon, &it.discount, &it.promotion_code) {
            (Some(id), None, None) => (cx.must::<Coupon>(&at("coupon"), id).await?, None),
            (None, None, Some(id)) => {
                let code: PromotionCode = cx.must(&at("promotion_code"), id).await?;
                let coupon = code.promotion.coupon.as_ref().map(|it| it.id.clone()).unwrap_or_default();
                (cx.must::<Coupon>(&at("promotion_code"), &coupon).await?, Some(Ref::to(id)))
            }
            (None, Some(id), None) => {
                let held: Discount = cx.must(&at("discount"), id).await?;
                all.push(Ref::to(held.id));
                continue;
            }
            (None, None, None) => return Err(ApiError::missing(&at("coupon")).into()),
            _ => return Err(either(&at("coupon"), &at("promotion_code")).into()),
        };
        if !coupon.valid {
            let message = format!("The coupon {} is not valid any more.", coupon.id);
            return Err(ApiError::invalid(400, message).param(at("coupon")).into());
        }
        let it = made(cx, &coupon, code, customer);
        cx.put(&it);
        all.push(Ref::to(it.id));
    }
    Ok(all)
}

/// Redeems what is sent as the discounts of an invoice or an item of one, in order; what is a discount already is taken as it
/// is. Errors: what was redeemed cannot be, or is another customer's.
pub(crate) async fn redeem_all(
    cx: &mut Cx<'_>,
    customer: &Customer,
    given: Vec<DiscountParams>,
    of: Of<'_>,
) -> Result<Vec<Ref<Discount>>, Stop> {
    let mut all = Vec::with_capacity(given.len());
    for (n, it) in given.into_iter().enumerate() {
        let at = |name: &str| format!("discounts[{n}][{name}]");
        let by = match (&it.coupon, &it.discount, &it.promotion_code) {
            (Some(id), None, None) => (By::Coupon(id), "coupon"),
            (None, None, Some(id)) => (By::Code(id), "promotion_code"),
            (None, Some(id), None) => {
                let held = cx.get::<Discount>(id).await?;
                let theirs = held.filter(|it| it.customer.as_ref().is_some_and(|it| it.id == customer.id));
                let theirs = theirs.ok_or_else(|| ApiError::no_such(Discount::NAME, id, &at("discount")))?;
                all.push(Ref::to(theirs.id));
                continue;
            }
            (None, None, None) => return Err(ApiError::missing(&at("coupon")).into()),
            _ => return Err(either(&at("coupon"), &at("promotion_code")).into()),
        };
        let it = redeem_for(cx, customer, by.0, of, &at(by.1)).await?;
        all.push(Ref::to(it.id));
    }
    Ok(all)
}

/// Redeems a coupon for something of a customer.
pub(crate) async fn redeem_for(
    cx: &mut Cx<'_>,
    customer: &Customer,
    by: By<'_>,
    of: Of<'_>,
    param: &str,
) -> Result<Discount, Stop> {
    let mut it = redeem(cx, customer, by, param).await?;
    match of {
        Of::Invoice(id) => it.invoice = Some(id.to_owned()),
        Of::Item(id) => it.invoice_item = Some(id.to_owned()),
        Of::Subscription(id) => it.subscription = Some(id.to_owned()),
        Of::SubscriptionItem(id, item) => {
            it.subscription = Some(id.to_owned());
            it.subscription_item = Some(item.to_owned());
        }
    }
    if let (Some(end), Of::Subscription(_) | Of::SubscriptionItem(..)) = (it.end, of) {
        due::later(cx, due::Kind::DiscountEnds, &it.id, end);
    }
    cx.put(&it);
    Ok(it)
}

/// Gives a customer the discount that they are to have, in place of the one that they have. The customer is to be written
/// down, and told first. Errors: what was redeemed cannot be.
pub(crate) async fn set(
    cx: &mut Cx<'_>,
    customer: &mut Customer,
    coupon: Patch<String>,
    code: Patch<String>,
) -> Result<Change, Stop> {
    let new = match (coupon, code) {
        (Patch::Keep, Patch::Keep) => return Ok(Change::None),
        (Patch::Set(_), Patch::Set(_)) => return Err(either("coupon", "promotion_code").into()),
        (Patch::Set(id), _) => Some(redeem(cx, customer, By::Coupon(&id), "coupon").await?),
        (_, Patch::Set(id)) => Some(redeem(cx, customer, By::Code(&id), "promotion_code").await?),
        (Patch::Clear, _) | (_, Patch::Clear) => None,
    };
    let old = std::mem::replace(&mut customer.discount.0, new.clone());
    if let Some(Discount { end: Some(end), id, .. }) = &new {
        due::later(cx, due::Kind::DiscountEnds, id, *end);
    }
    Ok(match (old, new) {
        (None, None) => Change::None,
        (None, Some(new)) => Change::Created(new),
        (Some(old), None) => Change::Deleted(old),
        (Some(old), Some(new)) => Change::Updated(Box::new([old, new])),
    })
}

/// What became of the discount of a customer.
#[derive(Debug)]
#[must_use]
pub(crate) enum Change {
    None,
    Created(Discount),
    Updated(Box<[Discount; 2]>),
    Deleted(Discount),
}

impl Change {
    /// Tells it.
    pub(crate) fn tell(&self, cx: &mut Cx<'_>) {
        match self {
            Change::None => {}
            Change::Created(it) => cx.emit(CREATED, it),
            Change::Updated(both) => cx.emit_update(UPDATED, &both[0], &both[1]),
            Change::Deleted(it) => cx.emit(DELETED, it),
        }
    }
}

/// Takes the discount of a customer away, and tells both.
pub(crate) async fn take_away(cx: &mut Cx<'_>, before: &Customer) -> Result<Option<Discount>, Stop> {
    let mut customer = before.clone();
    let Some(it) = customer.discount.0.take() else { return Ok(None) };
    cx.put(&customer);
    cx.emit_update(customer::UPDATED, before, &customer);
    cx.emit(DELETED, &it);
    Ok(Some(it))
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Discount> {
    let id = cx.path("id").to_owned();
    let customer: Customer = cx.must("id", &id).await?;
    done(customer.discount.0.ok_or_else(|| none(&id))?)
}

fn none(customer: &str) -> ApiError {
    let message = format!("No active discount for customer: {customer}");
    ApiError::invalid(404, message).code("resource_missing")
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let customer: Customer = cx.must("id", &id).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    let it = take_away(cx, &customer).await?;
    done(deleted(it.ok_or_else(|| none(&id))?))
}

/// The time of a discount is over; nothing happens where nobody has it any more.
pub(crate) async fn ends(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(it) = cx.get::<Discount>(id).await? else { return Ok(()) };
    let Some(customer) = it.customer else { return Ok(()) };
    let Some(customer) = cx.get::<Customer>(&customer.id).await? else { return Ok(()) };
    if let Some(subscription) = &it.subscription {
        if timing::has_come(cx, &customer, (due::Kind::DiscountEnds, id), it.end).await? {
            subscription::lose(cx, subscription, &[id.to_owned()]).await?;
        }
        return Ok(());
    }
    let has = customer.discount.0.as_ref().is_some_and(|held| held.id == id);
    if has && timing::has_come(cx, &customer, (due::Kind::DiscountEnds, id), it.end).await? {
        take_away(cx, &customer).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, PLATFORM, SELLER};

    fn kinds(bench: &Bench) -> Vec<&'static str> {
        bench.told().into_iter().map(|(_, kind)| kind).collect()
    }

    #[test]
    fn a_customer_gets_another_and_loses_it() {
        let bench = Bench::new();
        for form in ["percent_off=20&id=twenty", "percent_off=30&id=thirty&duration=forever"] {
            bench.post(PLATFORM, "/v1/coupons", form).ok();
        }
        bench.told();
        let it = bench.post(PLATFORM, "/v1/customers", "coupon=twenty&expand[]=discount.source.coupon").ok();
        assert_eq!(
            (it.text("discount.source.coupon.id"), it.number("discount.source.coupon.times_redeemed")),
            ("twenty".into(), 1)
        );
        assert_eq!(kinds(&bench), ["coupon.updated", "customer.created", super::CREATED]);
        let path = format!("/v1/customers/{}", it.text("id"));
        let it = bench.post(PLATFORM, &path, "coupon=thirty").ok();
        assert_eq!(it.text("discount.source.coupon"), "thirty");
        assert_eq!(kinds(&bench), ["coupon.updated", "customer.updated", super::UPDATED]);
        // Who has it keeps it when the coupon is deleted.
        bench.delete(PLATFORM, "/v1/coupons/thirty").ok();
        let discount = format!("{path}/discount");
        assert_eq!(bench.get(PLATFORM, &discount).ok().text("source.coupon"), "thirty");
        assert_eq!(bench.get(SELLER, &discount).refusal().0, 404);
        kinds(&bench);
        let gone = bench.delete(PLATFORM, &discount).ok();
        assert!(gone.is("deleted") && gone.text("object") == "discount");
        assert_eq!(kinds(&bench), ["customer.updated", super::DELETED]);
        assert_eq!(bench.delete(PLATFORM, &discount).refusal().0, 404);
        assert!(bench.get(PLATFORM, &path).ok().at("discount").is_null());
        bench.post(PLATFORM, &path, "coupon=twenty").ok();
        kinds(&bench);
        bench.post(PLATFORM, &path, "coupon=").ok();
        assert_eq!(kinds(&bench), ["customer.updated", super::DELETED]);
    }

    #[test]
    fn months_end_by_the_clock() {
        let bench = Bench::new();
        bench
            .post(PLATFORM, "/v1/coupons", "percent_off=20&id=some&duration=repeating&duration_in_months=2")
            .ok();
        let it = bench.post(PLATFORM, "/v1/customers", "coupon=some").ok();
        // Monday, 7 October, to 7 December.
        assert_eq!(it.number("discount.end") - it.number("discount.start"), 61 * 86_400);
        let path = format!("/v1/customers/{}/discount", it.text("id"));
        bench.wait(61 * 86_400 - 1);
        bench.get(PLATFORM, &path).ok();
        bench.wait(1);
        assert_eq!(bench.get(PLATFORM, &path).refusal().0, 404);
    }

    #[test]
    fn the_last_redemption_is_one_persons() {
        let bench = Bench::new();
        bench.post(PLATFORM, "/v1/coupons", "percent_off=20&id=last&max_redemptions=1").ok();
        let code = bench
            .post(PLATFORM, "/v1/promotion_codes", "promotion[type]=coupon&promotion[coupon]=last&code=LAST")
            .ok()
            .text("id");
        bench.post(PLATFORM, "/v1/customers", &format!("promotion_code={code}")).ok();
        let coupon = bench.get(PLATFORM, "/v1/coupons/last").ok();
        assert!(!coupon.is("valid") && coupon.number("times_redeemed") == 1);
        let it = bench.get(PLATFORM, &format!("/v1/promotion_codes/{code}")).ok();
        assert!(!it.is("active") && it.number("times_redeemed") == 1);
        assert_eq!(
            bench.post(PLATFORM, "/v1/customers", "coupon=last").refusal(),
            (400, "coupon_expired".into(), "coupon".into())
        );
        assert_eq!(
            bench.post(PLATFORM, "/v1/customers", &format!("promotion_code={code}")).refusal().2,
            "promotion_code"
        );
        assert_eq!(
            bench.post(PLATFORM, "/v1/customers", "coupon=last&promotion_code=x").refusal().2,
            "promotion_code"
        );
    }

    #[test]
    fn some_codes_are_for_who_has_not_paid_yet() {
        let bench = Bench::new();
        bench.post(PLATFORM, "/v1/coupons", "percent_off=20&id=new").ok();
        let form = "promotion[type]=coupon&promotion[coupon]=new&restrictions[first_time_transaction]=true";
        let code = bench.post(PLATFORM, "/v1/promotion_codes", form).ok().text("id");
        let ann = bench.post(PLATFORM, "/v1/customers", "source=tok_visa").ok().text("id");
        bench.post(PLATFORM, "/v1/charges", &format!("amount=500&currency=usd&customer={ann}")).ok();
        let take = |id: &str| {
            bench.post(PLATFORM, &format!("/v1/customers/{id}"), &format!("promotion_code={code}"))
        };
        assert_eq!(take(&ann).refusal().2, "promotion_code");
        let bob = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
        assert_eq!(take(&bob).ok().text("discount.promotion_code"), code);
    }
}
