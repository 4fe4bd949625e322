//! Line items: what an invoice is made of (API page "Invoice Line Items"). They lie in their invoice.
use super::{
    amounts::TaxBehavior, discount::Discount, invoice::Invoice, price::Price, subscription::Subscription,
};
use crate::connect::account;
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, done};
use base::{Currency, Metadata, Named, Ref, Timestamp};
use money::Decimal;
use wire::{Optional, Wire};

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct LineItem {
    /// `il_…`.
    pub id: String,
    /// `line_item`.
    pub object: String,
    /// What it costs, in minor units, before discounts and taxes on top.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What customers read.
    pub description: Option<String>,
    /// What each discount takes off it.
    pub discount_amounts: Option<Vec<DiscountAmount>>,
    /// Whether discounts of the invoice cover it.
    pub discountable: bool,
    /// Its own discounts.
    pub discounts: Vec<Ref<Discount>>,
    /// The invoice.
    pub invoice: Option<String>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// Where it comes from.
    pub parent: Option<Parent>,
    /// The time that it is for.
    pub period: Period,
    /// What credits take off it.
    pub pretax_credit_amounts: Option<Vec<PretaxCredit>>,
    /// What a unit costs.
    pub pricing: Option<Pricing>,
    /// How many.
    pub quantity: Option<i64>,
    /// How many, with decimals.
    pub quantity_decimal: Option<Decimal>,
    /// The subscription that it is for.
    pub subscription: Option<Ref<Subscription>>,
    /// What it costs before any discount and tax.
    pub subtotal: i64,
    /// What each tax comes to.
    pub taxes: Option<Vec<TaxAmount>>,
}

/// What a discount takes off.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct DiscountAmount {
    /// In minor units.
    pub amount: i64,
    /// The discount.
    pub discount: Ref<Discount>,
}

/// What a credit takes off before tax.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PretaxCredit {
    /// In minor units.
    pub amount: i64,
    /// The discount that it is.
    pub discount: Optional<Ref<Discount>>,
    /// What it is.
    pub r#type: CreditType,
}

/// What takes something off before tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CreditType {
    /// A discount.
    Discount,
}

/// Where a line comes from.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Parent {
    /// The invoice item.
    pub invoice_item_details: Option<InvoiceItemDetails>,
    /// The item of a subscription.
    pub subscription_item_details: Option<SubscriptionItemDetails>,
    /// Which of them.
    pub r#type: ParentType,
}

/// What a line can come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum ParentType {
    /// An invoice item.
    InvoiceItemDetails,
    /// The item of a subscription.
    SubscriptionItemDetails,
}

/// The invoice item of a line.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct InvoiceItemDetails {
    /// It.
    pub invoice_item: String,
    /// Whether it evens out a change.
    pub proration: bool,
    /// What it evens out.
    pub proration_details: Option<ProrationDetails>,
    /// The subscription that it is for.
    pub subscription: Option<String>,
}

/// The item of a subscription of a line.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionItemDetails {
    /// The invoice item, where it came by one.
    pub invoice_item: Option<String>,
    /// Whether it evens out a change.
    pub proration: bool,
    /// What it evens out.
    pub proration_details: Option<ProrationDetails>,
    /// The subscription.
    pub subscription: Option<String>,
    /// Its item.
    pub subscription_item: String,
}

/// What is evened out.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct ProrationDetails {
    /// The lines of an invoice of which a part is given back.
    pub credited_items: Option<CreditedItems>,
}

/// Lines of an invoice of which a part is given back.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CreditedItems {
    /// The invoice.
    pub invoice: String,
    /// Its lines.
    pub invoice_line_items: Vec<String>,
}

/// The time that something is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Period {
    /// Its end, which is its start where it is a moment.
    pub end: Timestamp,
    /// Its start.
    pub start: Timestamp,
}

/// What a unit costs.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Pricing {
    /// The price.
    pub price_details: Optional<PriceDetails>,
    /// `price_details`.
    pub r#type: PricingType,
    /// What a unit costs, in minor units.
    pub unit_amount_decimal: Option<Decimal>,
}

/// How a unit is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum PricingType {
    /// By a price.
    PriceDetails,
}

/// A price and its product.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PriceDetails {
    /// The price.
    pub price: Ref<Price>,
    /// The product.
    pub product: String,
}

/// What a tax comes to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TaxAmount {
    /// In minor units.
    pub amount: i64,
    /// Whether it is within the amount.
    pub tax_behavior: TaxBehavior,
    /// The rate.
    pub tax_rate_details: Option<TaxRateDetails>,
    /// Why it is so much.
    pub taxability_reason: TaxabilityReason,
    /// What it is a part of.
    pub taxable_amount: Option<i64>,
    /// `tax_rate_details`.
    pub r#type: TaxType,
}

/// The rate of a tax.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TaxRateDetails {
    /// The tax rate.
    pub tax_rate: String,
}

/// How a tax came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TaxType {
    /// By a rate.
    TaxRateDetails,
}

/// Why a tax is so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TaxabilityReason {
    /// The customer pays none.
    CustomerExempt,
    /// Nobody has asked an engine.
    NotAvailable,
    /// The customer accounts for it.
    ReverseCharge,
}

impl Named for LineItem {
    const NAME: &'static str = "line_item";
    const PREFIX: &'static str = "il";
}
impl Object for LineItem {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<LineItem>();
/// What line items cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/invoices/{id}/lines", "line_item", |cx, p| Box::pin(list(cx, p)))
            .permission("invoice"),
    ]
}

/// What `GET /v1/invoices/{id}/lines` filters by: nothing.
#[derive(Debug, Wire)]
pub struct List {}

async fn list(cx: &mut Cx<'_>, _: List) -> Outcome<Page> {
    let id = cx.path("id").to_owned();
    let invoice: Invoice = cx.must("id", &id).await?;
    let items = invoice.all_lines.0.into_iter().map(|it| (it.id.clone(), account::json(it))).collect();
    done(account::slice(cx, LineItem::NAME, format!("{}/{id}/lines", Invoice::PATH), items)?)
}
