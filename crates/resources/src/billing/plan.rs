//! Plans: the older face of prices that recur (API page "Plans"). Nothing of them is stored; what is made here is a
//! [price](super::price), and every price that recurs is shown here.
use super::{
    amounts::Deleted,
    own_id,
    price::{
        self, Ask, BillingScheme, Face, LookupKey, Price, Tier, TierParams, TiersMode, TransformQuantity,
        UsageType,
    },
    product::{self, Product, ProductData},
};
use crate::connect::account;
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Range, Reply, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use money::{Decimal, Interval};
use wire::{Included, Patch, Wire};

/// A price that recurs, as it was shown first.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Plan {
    /// That of the price.
    pub id: String,
    /// `plan`.
    pub object: String,
    /// Whether it can be used for what begins.
    pub active: bool,
    /// What a unit costs in minor units, where that is a whole number.
    pub amount: Option<i64>,
    /// What a unit costs in minor units.
    pub amount_decimal: Option<Decimal>,
    /// By unit, or by tiers.
    pub billing_scheme: BillingScheme,
    /// When it was made.
    pub created: Timestamp,
    /// The currency.
    pub currency: Currency,
    /// What its period is counted in.
    pub interval: Interval,
    /// How many of that a period has.
    pub interval_count: i64,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// The meter that counts what is used.
    pub meter: Option<String>,
    /// The account's own words.
    pub nickname: Option<String>,
    /// What it is the price of.
    pub product: Option<Ref<Product>>,
    /// What units cost by their number.
    pub tiers: Included<Vec<Tier>>,
    /// How tiers are counted.
    pub tiers_mode: Option<TiersMode>,
    /// How units make packages.
    pub transform_usage: Option<TransformQuantity>,
    /// For how many days a subscription is on trial that asks for that.
    pub trial_period_days: Option<i64>,
    /// What is billed: what was ordered, or what was used.
    pub usage_type: UsageType,
}

impl Named for Plan {
    const NAME: &'static str = "plan";
    const PREFIX: &'static str = "plan";
}
impl Object for Plan {
    const PLACE: api::Place = Price::PLACE;
    const PATH: &'static str = "/v1/plans";
    /// What it shows to who expands it lies with the price.
    const KEPT_AS: &'static str = Price::NAME;
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Plan>();
/// A plan was made.
pub const CREATED: &str = "plan.created";
/// A plan was changed.
pub const UPDATED: &str = "plan.updated";
/// A plan was deleted.
pub const DELETED: &str = "plan.deleted";
/// What plans cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, DELETED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/plans", "plan", |cx, p| Box::pin(create(cx, p))),
        Endpoint::new("GET", "/v1/plans/{id}", "plan", |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", "/v1/plans/{id}", "plan", |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("DELETE", "/v1/plans/{id}", "plan", |cx, p| Box::pin(delete(cx, p))),
        Endpoint::list::<List>("/v1/plans", "plan", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/plans` takes.
#[derive(Debug, Wire)]
pub struct Create {
    active: Option<bool>,
    amount: Option<i64>,
    amount_decimal: Option<Decimal>,
    billing_scheme: Option<BillingScheme>,
    currency: Currency,
    id: Option<String>,
    interval: Interval,
    interval_count: Option<i64>,
    metadata: MetadataPatch,
    meter: Option<String>,
    nickname: Option<String>,
    product: ProductData,
    tiers: Vec<TierParams>,
    tiers_mode: Option<TiersMode>,
    transform_usage: Option<TransformQuantity>,
    trial_period_days: Option<i64>,
    usage_type: Option<UsageType>,
}

/// What `POST /v1/plans/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    active: Option<bool>,
    metadata: MetadataPatch,
    nickname: Patch<String>,
    product: Option<String>,
    trial_period_days: Option<i64>,
}

/// What `GET /v1/plans` filters by.
#[derive(Debug, Wire)]
pub struct List {
    active: Option<bool>,
    created: Option<Range>,
    product: Option<String>,
}

impl Plan {
    /// A price as a plan; none where it does not recur.
    pub fn of(price: &Price) -> Option<Self> {
        let recurring = price.recurring.clone()?;
        let price = price.clone();
        Some(Plan {
            id: price.id,
            object: Plan::NAME.into(),
            active: price.active,
            amount: price.unit_amount,
            amount_decimal: price.unit_amount_decimal,
            billing_scheme: price.billing_scheme,
            created: price.created,
            currency: price.currency,
            interval: recurring.interval,
            interval_count: recurring.interval_count,
            livemode: price.livemode,
            metadata: Some(price.metadata),
            meter: recurring.meter,
            nickname: price.nickname,
            product: Some(price.product),
            tiers: price.tiers,
            tiers_mode: price.tiers_mode,
            transform_usage: price.transform_quantity,
            trial_period_days: recurring.trial_period_days,
            usage_type: recurring.usage_type,
        })
    }
}

// Operations.

/// A price and the plan that it is. Errors: there is no such plan.
async fn named(cx: &mut Cx<'_>) -> Result<(Price, Plan), Stop> {
    let id = cx.path("id").to_owned();
    let price = cx.get::<Price>(&id).await?;
    let both = price.and_then(|price| Plan::of(&price).map(|plan| (price, plan)));
    both.ok_or_else(|| ApiError::no_such(Plan::NAME, &id, "id").into())
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Plan> {
    let mut product = product::given(cx, p.product, "product").await?;
    let ask = Ask {
        id: p.id,
        active: p.active,
        billing_scheme: p.billing_scheme,
        metadata: p.metadata,
        nickname: p.nickname,
        recurring: Some(price::RecurringParams {
            interval: p.interval,
            interval_count: p.interval_count,
            meter: p.meter,
            trial_period_days: p.trial_period_days,
            usage_type: p.usage_type,
        }),
        tiers: p.tiers,
        tiers_mode: p.tiers_mode,
        transform_quantity: p.transform_usage,
        unit_amount: p.amount,
        unit_amount_decimal: p.amount_decimal,
        ..Ask::of(p.currency)
    };
    let price = price::make(cx, ask, &mut product, Face::Plan).await?;
    cx.put(&product);
    price::tell_created(cx, &price);
    shown(&price)
}

fn shown(price: &Price) -> Outcome<Plan> {
    done(Plan::of(price).ok_or_else(|| api::fault(format!("{} is no plan", price.id)))?)
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Plan> {
    done(named(cx).await?.1)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Plan> {
    let (before, _) = named(cx).await?;
    let mut it = before.clone();
    it.activate(cx, p.active).await?;
    p.metadata.apply(&mut it.metadata)?;
    p.nickname.apply(&mut it.nickname);
    price::check_nickname(it.nickname.as_deref())?;
    price::check_trial(p.trial_period_days, "trial_period_days")?;
    if let Some(recurring) = it.recurring.as_mut() {
        recurring.trial_period_days = p.trial_period_days.or(recurring.trial_period_days);
    }
    if let Some(product) = p.product.filter(|product| *product != it.product.id) {
        it.not_default(cx, "moved", "product").await?;
        let mut to: Product = cx.must("product", &product).await?;
        to.prices.0 += 1;
        cx.put(&to);
        leave(cx, &it).await?;
        it.product = Ref::to(product);
    }
    cx.put(&it);
    price::tell_updated(cx, &before, &it);
    shown(&it)
}

/// Its product has one price less.
async fn leave(cx: &mut Cx<'_>, it: &Price) -> Result<(), Stop> {
    if let Some(mut from) = cx.get::<Product>(&it.product.id).await? {
        from.prices.0 -= 1;
        cx.put(&from);
    }
    Ok(())
}

/// Who subscribes to it already keeps what it was.
async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let (it, plan) = named(cx).await?;
    it.not_default(cx, "deleted", "plan").await?;
    leave(cx, &it).await?;
    if let Some(key) = &it.lookup_key
        && let Some(held) = cx.get::<LookupKey>(&vault::digest(key)).await?
    {
        cx.delete(&held);
    }
    cx.delete(&it);
    cx.emit(DELETED, &plan);
    cx.emit(price::DELETED, &it);
    done(Deleted::of(Plan::NAME, &it.id))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = p.product.clone().map(|product| (Product::NAME, product));
    let reply = own_id::page::<Price>(cx, by, |it| {
        it.recurring.is_some()
            && p.active.is_none_or(|wanted| it.active == wanted)
            && p.created.is_none_or(|range| range.holds(it.created.0))
    })
    .await?;
    let Reply::Done(mut page) = reply else { return Ok(reply) };
    for item in &mut page.items {
        if let Some(plan) = Plan::of(&wire::from_json(item)?) {
            *item = account::json(plan);
        }
    }
    page.url = Plan::PATH.into();
    done(page)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, PLATFORM, SELLER};

    fn kinds(bench: &Bench) -> Vec<&'static str> {
        bench.told().into_iter().map(|(_, kind)| kind).collect()
    }

    #[test]
    fn a_plan_is_a_price() {
        let bench = Bench::new();
        let form = "id=gold&amount=2000&currency=usd&interval=month&interval_count=3&trial_period_days=7&nickname=Gold&product[name]=Gold&metadata[a]=b";
        let plan = bench.post(PLATFORM, "/v1/plans", form).ok();
        assert_eq!(
            (plan.text("id"), plan.text("object"), plan.text("amount_decimal")),
            ("gold".into(), "plan".into(), "2000".into())
        );
        assert_eq!(kinds(&bench), ["product.created", "price.created", "plan.created"]);
        let price = bench.get(PLATFORM, "/v1/prices/gold").ok();
        assert_eq!(
            (
                price.number("unit_amount"),
                price.text("recurring.interval"),
                price.number("recurring.interval_count")
            ),
            (2000, "month".into(), 3)
        );
        assert_eq!(price.text("product"), plan.text("product"));
        bench.post(PLATFORM, "/v1/plans/gold", "nickname=Silver&trial_period_days=9").ok();
        assert_eq!(kinds(&bench), ["price.updated", "plan.updated"]);
        assert_eq!(bench.get(PLATFORM, "/v1/prices/gold").ok().text("nickname"), "Silver");
        assert_eq!(bench.get(PLATFORM, "/v1/plans").ok().items()[0].number("trial_period_days"), 9);
        assert_eq!(bench.get(SELLER, "/v1/plans/gold").refusal().0, 404);
        assert!(bench.delete(PLATFORM, "/v1/plans/gold").ok().is("deleted"));
        assert_eq!(kinds(&bench), ["plan.deleted", "price.deleted"]);
        assert_eq!(bench.get(PLATFORM, "/v1/prices/gold").refusal().0, 404);
        let product = format!("/v1/products/{}", plan.text("product"));
        bench.delete(PLATFORM, &product).ok();
    }

    #[test]
    fn a_price_that_recurs_is_a_plan() {
        let bench = Bench::new();
        let tiers = "billing_scheme=tiered&tiers_mode=graduated&tiers[0][up_to]=5&tiers[0][unit_amount]=100&tiers[1][up_to]=inf&tiers[1][flat_amount]=50";
        let form = format!("currency=usd&product_data[name]=Gold&recurring[interval]=year&{tiers}");
        let id = bench.post(PLATFORM, "/v1/prices", &form).ok().text("id");
        bench.post(PLATFORM, "/v1/prices", "currency=usd&product_data[name]=Once&unit_amount=5").ok();
        let plan = bench.get(PLATFORM, &format!("/v1/plans/{id}?expand[]=tiers")).ok();
        assert_eq!((plan.number("tiers.0.unit_amount"), plan.at("amount").is_null()), (100, true));
        let listed = bench.get(PLATFORM, "/v1/plans?expand[]=data.tiers").ok();
        assert_eq!((listed.items().len(), listed.number("data.0.tiers.1.flat_amount")), (1, 50));
        assert_eq!(listed.text("url"), "/v1/plans");
    }

    #[test]
    fn a_plan_moves_to_another_product() {
        let bench = Bench::new();
        for id in ["one", "two"] {
            bench.post(PLATFORM, "/v1/products", &format!("name={id}&id={id}")).ok();
        }
        bench.post(PLATFORM, "/v1/plans", "id=gold&amount=5&currency=usd&interval=day&product=one").ok();
        // Newest first, whatever the ids are.
        let mut made = vec!["gold".to_owned()];
        for form in ["id=zinc&", "", "id=ash&"] {
            let form = format!("{form}amount=5&currency=usd&interval=day&product[name]=a");
            made.insert(0, bench.post(PLATFORM, "/v1/plans", &form).ok().text("id"));
        }
        let listed = |query: &str| -> Vec<String> {
            let page = bench.get(PLATFORM, &format!("/v1/plans?{query}")).ok();
            page.items().iter().map(|it| it.text("id")).collect()
        };
        assert_eq!(listed(""), made);
        assert_eq!(listed(&format!("limit=2&starting_after={}", made[1])), made[2..]);
        assert_eq!(listed(&format!("ending_before={}", made[2])), made[..2]);
        assert_eq!(bench.post(PLATFORM, "/v1/plans/gold", "product=two").ok().text("product"), "two");
        bench.delete(PLATFORM, "/v1/products/one").ok();
        assert_eq!(bench.delete(PLATFORM, "/v1/products/two").refusal().0, 400);
        assert_eq!(bench.get(PLATFORM, "/v1/plans?product=two").ok().items().len(), 1);
        assert_eq!(bench.post(PLATFORM, "/v1/plans/gold", "product=nowhere").refusal().2, "product");
    }

    #[test]
    fn what_cannot_be_a_plan() {
        let bench = Bench::new();
        for (form, param) in [
            ("amount=5&interval=month&product[name]=a", "currency"),
            ("amount=5&currency=usd&product[name]=a", "interval"),
            ("currency=usd&interval=month&product[name]=a", "amount"),
            ("amount=5&currency=usd&interval=month", "product"),
            ("amount=5&currency=usd&interval=month&product[name]=", "product[name]"),
            ("amount=5&currency=usd&interval=month&interval_count=37&product[name]=a", "interval_count"),
            ("amount=5&currency=usd&interval=month&product[name]=a&id=price_a", "id"),
            ("amount=5&currency=usd&interval=month&product[name]=a&trial_period_days=0", "trial_period_days"),
            (
                "amount=5&currency=usd&interval=month&product[name]=a&transform_usage[divide_by]=0&transform_usage[round]=up",
                "transform_usage[divide_by]",
            ),
        ] {
            assert_eq!(bench.post(PLATFORM, "/v1/plans", form).refusal().2, param, "{form}");
        }
    }
}
