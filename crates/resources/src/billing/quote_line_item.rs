//! Lines of quotes: a price and how many (API page "Line Item"). They lie in their quote.
use super::price::Price;
use api::{Endpoint, Noun, Object};
use base::{Currency, Metadata, Named};
use wire::Wire;

/// A price and how many.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct QuoteLineItem {
    /// `li_…`.
    pub id: String,
    /// `item`.
    pub object: String,
    /// Between which bounds the customer chooses how many: they do not.
    pub adjustable_quantity: Option<String>,
    /// What is taken off it.
    pub amount_discount: i64,
    /// What it costs before discounts and taxes.
    pub amount_subtotal: i64,
    /// What its taxes come to.
    pub amount_tax: i64,
    /// What it costs after them.
    pub amount_total: i64,
    /// The currency.
    pub currency: Currency,
    /// What is sold.
    pub description: Option<String>,
    /// The account's own keys and values: none.
    pub metadata: Option<Metadata>,
    /// The price, as it was when it was chosen.
    pub price: Option<Price>,
    /// How many.
    pub quantity: Option<i64>,
}

impl Named for QuoteLineItem {
    const NAME: &'static str = "item";
    const PREFIX: &'static str = "li";
}
impl Object for QuoteLineItem {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<QuoteLineItem>();
/// Nothing is told of them.
pub const EVENTS: &[&str] = &[];

/// They are seen with their quote.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
