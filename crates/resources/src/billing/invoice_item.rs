//! Invoice items: what a customer is to pay with an invoice (API page "Invoice Items"). A pending one waits for the next
//! invoice; one with an invoice is a line of it, as long as that is a draft.
mod extra;
mod given;

use super::{
    amounts::{Deleted, TaxBehavior, refused},
    discount::{self, Discount, DiscountParams},
    invoice::{self, Invoice, draft},
    line_item::{Period, Pricing},
    subscription,
    tax_rate::{self, TaxRate},
};
use crate::{
    payments::{
        card::not_more_than,
        customer::{Customer, CustomerAccount},
    },
    test_helpers::test_clock::{self, TestClock},
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
pub use extra::{EndType, ExtraEnd, ExtraPeriod, ExtraStart, StartType};
pub(crate) use extra::{Extra, add, add_kept};
use given::Amounts;
pub(crate) use given::{PriceData, Priced};
use money::Decimal;
use store::IndexKey;
use wire::{Hidden, Optional, Wire};

/// What a customer is to pay with an invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct InvoiceItem {
    /// `ii_…`.
    pub id: String,
    /// `invoiceitem`.
    pub object: String,
    /// What it costs, in minor units; below zero where it gives something back.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// Who is to pay it.
    pub customer: Ref<Customer>,
    /// The account that is to pay it, where an account is a customer.
    pub customer_account: Option<String>,
    /// When it was made.
    pub date: Timestamp,
    /// What customers read.
    pub description: Option<String>,
    /// Whether discounts of the invoice cover it.
    pub discountable: bool,
    /// Its own discounts.
    pub discounts: Option<Vec<Ref<Discount>>>,
    /// The invoice that it is a line of.
    pub invoice: Option<Ref<Invoice>>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// Where it comes from, where that is a subscription.
    pub parent: Option<Parent>,
    /// The time that it is for.
    pub period: Period,
    /// What a unit costs.
    pub pricing: Option<Pricing>,
    /// Whether it evens out a change.
    pub proration: bool,
    /// How many.
    pub quantity: i64,
    /// How many, with decimals.
    pub quantity_decimal: Decimal,
    /// Its own taxes, in place of those of the invoice.
    pub tax_rates: Option<Vec<TaxRate>>,
    /// The clock by which its customer lives.
    pub test_clock: Option<Ref<TestClock>>,
    /// What is sold, where its price says so.
    pub product: Hidden<Option<String>>,
}

/// Where an invoice item comes from.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Parent {
    /// The subscription.
    pub subscription_details: SubscriptionDetails,
    /// `subscription_details`.
    pub r#type: ParentType,
}

/// What an invoice item can come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum ParentType {
    /// A subscription.
    SubscriptionDetails,
}

/// The subscription of an invoice item.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionDetails {
    /// It.
    pub subscription: String,
    /// Its item, where the invoice item evens out a change of that.
    pub subscription_item: Optional<String>,
}

impl Parent {
    /// A subscription, or an item of it.
    pub(crate) fn of(subscription: &str, item: Option<&str>) -> Self {
        let subscription_item = Optional(item.map(str::to_owned));
        let subscription_details =
            SubscriptionDetails { subscription: subscription.to_owned(), subscription_item };
        Parent { subscription_details, r#type: ParentType::SubscriptionDetails }
    }
}

impl Named for InvoiceItem {
    const NAME: &'static str = "invoiceitem";
    const PREFIX: &'static str = "ii";
}
impl Object for InvoiceItem {
    const PATH: &'static str = "/v1/invoiceitems";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let of = IndexKey::listed(Customer::NAME, &self.customer.id);
        let then = match &self.invoice {
            Some(invoice) => IndexKey::listed(Invoice::NAME, &invoice.id),
            None => IndexKey::listed(PENDING, &self.customer.id),
        };
        vec![of, then]
    }
}

/// The index of those that wait for an invoice, by their customer.
const PENDING: &str = "pending";

/// The noun.
pub const NOUN: Noun = Noun::of::<InvoiceItem>();
/// An invoice item was made.
pub const CREATED: &str = "invoiceitem.created";
/// An invoice item was deleted.
pub const DELETED: &str = "invoiceitem.deleted";
/// What invoice items cause.
pub const EVENTS: &[&str] = &[CREATED, DELETED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = InvoiceItem::NAME;
    vec![
        Endpoint::new("POST", "/v1/invoiceitems", NAME, |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<InvoiceItem>("/v1/invoiceitems/{id}"),
        Endpoint::new("POST", "/v1/invoiceitems/{id}", NAME, |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("DELETE", "/v1/invoiceitems/{id}", NAME, |cx, p| Box::pin(delete(cx, p))),
        Endpoint::list::<List>("/v1/invoiceitems", NAME, |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/invoiceitems` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount: Option<i64>,
    currency: Option<Currency>,
    customer: String,
    customer_account: Option<CustomerAccount>,
    description: Option<String>,
    discountable: Option<bool>,
    discounts: Vec<DiscountParams>,
    invoice: Option<String>,
    metadata: MetadataPatch,
    period: Option<Period>,
    price_data: Option<PriceData>,
    pricing: Option<PricingParams>,
    quantity: Option<i64>,
    subscription: Option<String>,
    tax_behavior: Option<TaxBehavior>,
    tax_rates: Vec<String>,
    unit_amount_decimal: Option<Decimal>,
}

/// `pricing` as sent.
#[derive(Debug, Wire)]
struct PricingParams {
    price: Option<String>,
}

/// What `POST /v1/invoiceitems/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    amount: Option<i64>,
    description: Option<String>,
    discountable: Option<bool>,
    discounts: Option<Vec<DiscountParams>>,
    metadata: MetadataPatch,
    period: Option<Period>,
    price_data: Option<PriceData>,
    pricing: Option<PricingParams>,
    quantity: Option<i64>,
    tax_rates: Option<Vec<String>>,
    unit_amount_decimal: Option<Decimal>,
}

/// What `GET /v1/invoiceitems` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    invoice: Option<String>,
    pending: Option<bool>,
}

/// The longest description, in characters.
const DESCRIPTION_MAX: usize = 500;

fn check_period(period: Option<Period>) -> Result<(), ApiError> {
    match period {
        Some(Period { start, end }) if end < start || start.0 < 0 || end.0 > 253_402_300_799 => {
            Err(refused("The period must not end before it starts.").param("period[end]"))
        }
        _ => Ok(()),
    }
}

// Operations.

/// An item that waits for an invoice, of which nothing is said but what it costs. It is to be written down.
pub(crate) fn fresh(cx: &Cx<'_>, customer: &Customer, priced: Priced) -> InvoiceItem {
    let now = cx.now();
    InvoiceItem {
        id: cx.new_id::<InvoiceItem>(),
        object: InvoiceItem::NAME.into(),
        amount: priced.amount,
        currency: priced.currency,
        customer: Ref::to(&customer.id),
        customer_account: None,
        date: now,
        description: priced.description,
        discountable: priced.amount >= 0,
        discounts: Some(Vec::new()),
        invoice: None,
        livemode: cx.caller.livemode,
        metadata: Some(Metadata::default()),
        parent: None,
        period: Period { end: now, start: now },
        pricing: Some(priced.pricing),
        proration: false,
        quantity: priced.quantity,
        quantity_decimal: Decimal::of(priced.quantity),
        tax_rates: Some(Vec::new()),
        test_clock: customer.test_clock.clone(),
        product: Hidden(priced.product),
    }
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<InvoiceItem> {
    let customer: Customer = cx.must("customer", &p.customer).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    not_more_than(DESCRIPTION_MAX, "description", p.description.as_deref())?;
    check_period(p.period)?;
    let mut invoice = match &p.invoice {
        Some(id) => Some(draft::open(cx, id, &customer, "invoice").await?),
        None => None,
    };
    let amounts = Amounts {
        amount: p.amount,
        currency: p.currency.or(invoice.as_ref().map(|it| it.currency)),
        price: p.pricing.and_then(|it| it.price),
        price_data: p.price_data,
        quantity: p.quantity,
        unit_amount_decimal: p.unit_amount_decimal,
    };
    let priced = amounts.read(cx, &customer).await?;
    if invoice.as_ref().is_some_and(|it| it.currency != priced.currency) {
        return Err(refused("The currency of an invoice item must be that of its invoice.")
            .param("currency")
            .into());
    }
    let subscription = match p.subscription {
        Some(id) => Some(subscription::of_customer(cx, &id, &customer.id).await?),
        None => None,
    };
    let mut it = fresh(cx, &customer, priced);
    it.description = p.description.or(it.description);
    it.discountable = p.discountable.unwrap_or(it.discountable);
    it.metadata = Some(p.metadata.fresh()?);
    it.parent = subscription.map(|id| Parent::of(&id, None));
    it.period = p.period.unwrap_or(it.period);
    it.tax_rates = Some(tax_rate::named(cx, &p.tax_rates, "tax_rates").await?);
    let own = discount::redeem_all(cx, &customer, p.discounts, discount::Of::Item(&it.id)).await?;
    it.discounts = Some(own);
    cx.put(&it);
    if let Some(invoice) = &mut invoice {
        draft::add(cx, invoice, &mut it).await?;
    }
    cx.emit(CREATED, &it);
    done(it)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<InvoiceItem> {
    let id = cx.path("id").to_owned();
    let mut it: InvoiceItem = cx.must("id", &id).await?;
    let mut invoice = draft::of_item(cx, &it).await?;
    let customer: Customer = cx.must("customer", &it.customer.id).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    not_more_than(DESCRIPTION_MAX, "description", p.description.as_deref())?;
    check_period(p.period)?;
    let price = p.pricing.and_then(|it| it.price);
    let changes = p.amount.is_some()
        || p.price_data.is_some()
        || price.is_some()
        || p.quantity.is_some()
        || p.unit_amount_decimal.is_some();
    if changes {
        let kept = p.amount.is_none()
            && p.price_data.is_none()
            && price.is_none()
            && p.unit_amount_decimal.is_none();
        let held = it.pricing.clone();
        let named = held.as_ref().and_then(|it| it.price_details.0.as_ref()).map(|it| it.price.id.clone());
        let unit = held.and_then(|it| it.unit_amount_decimal);
        let amounts = Amounts {
            amount: p.amount,
            currency: Some(it.currency),
            unit_amount_decimal: if kept && named.is_none() { unit } else { p.unit_amount_decimal },
            price: if kept { named } else { price },
            price_data: p.price_data,
            quantity: p.quantity.or((p.amount.is_none()).then_some(it.quantity)),
        };
        let priced = amounts.read(cx, &customer).await?;
        if priced.currency != it.currency {
            return Err(refused("The currency of an invoice item cannot be changed.")
                .param("price_data[currency]")
                .into());
        }
        it.amount = priced.amount;
        it.quantity = priced.quantity;
        it.quantity_decimal = Decimal::of(priced.quantity);
        it.pricing = Some(priced.pricing);
        it.product = Hidden(priced.product);
    }
    it.description = p.description.or(it.description);
    it.discountable = p.discountable.unwrap_or(it.discountable);
    p.metadata.apply(it.metadata.get_or_insert_default())?;
    it.period = p.period.unwrap_or(it.period);
    if let Some(rates) = p.tax_rates {
        it.tax_rates = Some(tax_rate::named(cx, &rates, "tax_rates").await?);
    }
    if let Some(discounts) = p.discounts {
        it.discounts =
            Some(discount::redeem_all(cx, &customer, discounts, discount::Of::Item(&it.id)).await?);
    }
    cx.put(&it);
    if let Some(invoice) = &mut invoice {
        draft::settle(cx, invoice).await?;
    }
    done(it)
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let it: InvoiceItem = cx.must("id", &id).await?;
    if let Some(mut invoice) = draft::of_item(cx, &it).await? {
        invoice.items.0.retain(|held| *held != it.id);
        draft::settle(cx, &mut invoice).await?;
    }
    cx.delete(&it);
    cx.emit(DELETED, &it);
    done(Deleted::of(InvoiceItem::NAME, &it.id))
}

/// The items of a customer that wait for an invoice in a currency, oldest first. They enter the read set.
pub(crate) async fn pending(
    cx: &mut Cx<'_>,
    customer: &str,
    currency: Option<Currency>,
) -> Result<Vec<InvoiceItem>, Stop> {
    let by = Some((PENDING, customer.to_owned()));
    let found =
        cx.all_by::<InvoiceItem>(&cx.caller.account, cx.caller.livemode, by, invoice::ITEMS_MAX).await?;
    let mut all = Vec::with_capacity(found.len());
    for it in found.into_iter().rev() {
        if currency.is_none_or(|currency| it.currency == currency)
            && let Some(it) = cx.get::<InvoiceItem>(&it.id).await?.filter(|it| it.invoice.is_none())
        {
            all.push(it);
        }
    }
    // What this decision itself made.
    for it in cx.written::<InvoiceItem>()? {
        let waits = it.customer.id == customer
            && it.invoice.is_none()
            && currency.is_none_or(|currency| it.currency == currency);
        if waits && !all.iter().any(|known| known.id == it.id) {
            all.push(it);
        }
    }
    Ok(all)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = match (&p.invoice, &p.customer) {
        (Some(invoice), _) => Some((Invoice::NAME, invoice.clone())),
        (None, Some(customer)) if p.pending == Some(true) => Some((PENDING, customer.clone())),
        (None, Some(customer)) => Some((Customer::NAME, customer.clone())),
        (None, None) => None,
    };
    cx.page_where::<InvoiceItem>(by, |doc| {
        wire::from_json::<InvoiceItem>(&doc.body).is_ok_and(|it| {
            p.created.is_none_or(|range| range.holds(it.date.0))
                && p.customer.as_ref().is_none_or(|wanted| it.customer.id == *wanted)
                && p.pending.is_none_or(|wanted| it.invoice.is_none() == wanted)
        })
    })
    .await
}
