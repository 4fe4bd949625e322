//! Quotes: what a customer would pay, which becomes a subscription or an invoice once they accept it (API page "Quotes").
mod accept;
mod figures;
mod look;
mod params;
mod parts;
mod pdf;
mod steps;
mod terms;

pub use parts::{
    AutomaticTax, Computed, FromQuote, InvoiceSettings, Kept, QuoteLines, Recurring, SubscriptionData, Total,
    TotalDetails, TransferData, Transitions, Upfront,
};
pub(crate) use steps::expires;

use super::{
    amounts::Number,
    discount::Discount,
    invoice::{CollectionMethod, Invoice},
    quote_line_item::QuoteLineItem,
    subscription::Subscription,
    subscription_schedule::SubscriptionSchedule,
    tax_rate::TaxRate,
};
use crate::{connect::account::Account, payments::customer::Customer, test_helpers::test_clock::TestClock};
use api::{Endpoint, Noun, Object, access::Application};
use base::{Currency, Metadata, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Hidden, Included, Wire};

/// What a customer would pay.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Quote {
    /// `qt_…`.
    pub id: String,
    /// `quote`.
    pub object: String,
    /// What its lines cost, once each, before discounts and taxes.
    pub amount_subtotal: i64,
    /// The same after them.
    pub amount_total: i64,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// What the platform takes of its invoice.
    pub application_fee_amount: Option<i64>,
    /// How many percent of each invoice the platform takes, where it becomes a subscription.
    pub application_fee_percent: Option<Number>,
    /// Whether an engine computes its taxes.
    pub automatic_tax: AutomaticTax,
    /// How what becomes of it is collected.
    pub collection_method: CollectionMethod,
    /// What is paid at first, and then again and again.
    pub computed: Computed,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of its lines.
    pub currency: Option<Currency>,
    /// Whom it is for.
    pub customer: Option<Ref<Customer>>,
    /// The account that it is for, where an account is a customer.
    pub customer_account: Option<String>,
    /// The taxes of the lines that have none of their own.
    pub default_tax_rates: Vec<Ref<TaxRate>>,
    /// What customers read.
    pub description: Option<String>,
    /// What is taken off all of it.
    pub discounts: Vec<Ref<Discount>>,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// Its footer.
    pub footer: Option<String>,
    /// The quote that it was made of.
    pub from_quote: Option<FromQuote>,
    /// What stands above it.
    pub header: Option<String>,
    /// The invoice that became of it.
    pub invoice: Option<Ref<Invoice>>,
    /// What the invoices say.
    pub invoice_settings: InvoiceSettings,
    /// Its lines.
    pub line_items: Included<QuoteLines>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// Its number.
    pub number: Option<String>,
    /// For whom a platform sells.
    pub on_behalf_of: Option<Ref<Account>>,
    /// Where it stands.
    pub status: Status,
    /// When it came to stand there.
    pub status_transitions: Transitions,
    /// The subscription that became of it.
    pub subscription: Option<Ref<Subscription>>,
    /// What that says.
    pub subscription_data: SubscriptionData,
    /// The schedule that became of it, where the subscription begins later.
    pub subscription_schedule: Option<Ref<SubscriptionSchedule>>,
    /// The clock by which its customer lives.
    pub test_clock: Option<Ref<TestClock>>,
    /// What discounts and taxes come to.
    pub total_details: TotalDetails,
    /// Where the money goes on to.
    pub transfer_data: Option<TransferData>,
    /// What is to be known of its lines beside what they show.
    pub kept: Hidden<Vec<Kept>>,
}

/// Where a quote stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// The customer has accepted it.
    Accepted,
    /// It is not to be accepted any more.
    Canceled,
    /// It can be changed.
    Draft,
    /// It can be accepted.
    Open,
}

impl Named for Quote {
    const NAME: &'static str = "quote";
    const PREFIX: &'static str = "qt";
}
impl Object for Quote {
    const PATH: &'static str = "/v1/quotes";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.customer.iter().map(|it| IndexKey::listed(Customer::NAME, &it.id)).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Quote>();
/// A customer accepted a quote.
pub const ACCEPTED: &str = "quote.accepted";
/// It was withdrawn, or its time is over.
pub const CANCELED: &str = "quote.canceled";
/// It was made.
pub const CREATED: &str = "quote.created";
/// It can be accepted.
pub const FINALIZED: &str = "quote.finalized";
/// What quotes cause.
pub const EVENTS: &[&str] = &[ACCEPTED, CANCELED, CREATED, FINALIZED];

/// The most lines of a quote.
const LINES_MAX: usize = 20;

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = Quote::NAME;
    const LINE: &str = QuoteLineItem::NAME;
    vec![
        Endpoint::new("POST", "/v1/quotes", NAME, |cx, p| Box::pin(terms::create(cx, p))),
        Endpoint::retrieve::<Quote>("/v1/quotes/{id}"),
        Endpoint::new("POST", "/v1/quotes/{id}", NAME, |cx, p| Box::pin(terms::update(cx, p))),
        Endpoint::new("POST", "/v1/quotes/{id}/accept", NAME, |cx, p| Box::pin(accept::accept(cx, p))),
        Endpoint::new("POST", "/v1/quotes/{id}/cancel", NAME, |cx, p| Box::pin(steps::cancel(cx, p))),
        Endpoint::new("POST", "/v1/quotes/{id}/finalize", NAME, |cx, p| Box::pin(steps::finalize(cx, p))),
        Endpoint::new("GET", "/v1/quotes/{id}/pdf", NAME, |cx, p| Box::pin(pdf::pdf(cx, p))).content_type("application/pdf"),
        Endpoint::list::<look::List>("/v1/quotes", NAME, |cx, p| Box::pin(look::list(cx, p))),
        Endpoint::list::<look::Nothing>("/v1/quotes/{id}/line_items", LINE, |cx, p| Box::pin(look::lines(cx, p))).permission(NAME),
        Endpoint::list::<look::Nothing>("/v1/quotes/{id}/computed_upfront_line_items", LINE, |cx, p| Box::pin(look::upfront(cx, p))).permission(NAME),
    ]
}

#[cfg(test)]
mod tests;
