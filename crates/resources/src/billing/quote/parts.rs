//! The parts of a quote.
use super::Quote;
use crate::{
    billing::{
        amounts::Number,
        discount::Discount,
        quote_line_item::QuoteLineItem,
        subscription::{Flexible, Issuer, Mode},
        tax_rate::TaxRate,
    },
    connect::account::Account,
    payments::customer::CustomField,
};
use base::{Metadata, Ref, Timestamp};
use money::Interval;
use wire::{Optional, Wire};

/// Whether an engine computes taxes.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct AutomaticTax {
    /// Whether it does; no engine is connected.
    pub enabled: bool,
    /// Who owes them.
    pub liability: Option<String>,
    /// Which engine.
    pub provider: Option<String>,
    /// How far it is.
    pub status: Option<String>,
}

/// What is paid at first, and then again and again.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Computed {
    /// Again and again.
    pub recurring: Option<Recurring>,
    /// At first.
    pub upfront: Upfront,
}

/// What is paid again and again.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Recurring {
    /// Before discounts and taxes.
    pub amount_subtotal: i64,
    /// After them.
    pub amount_total: i64,
    /// What its period is counted in.
    pub interval: Interval,
    /// How many of that a period has.
    pub interval_count: i64,
    /// What discounts and taxes come to.
    pub total_details: TotalDetails,
}

/// What is paid at first.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Upfront {
    /// Before discounts and taxes.
    pub amount_subtotal: i64,
    /// After them.
    pub amount_total: i64,
    /// What discounts and taxes come to.
    pub total_details: TotalDetails,
}

/// What discounts and taxes come to.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct TotalDetails {
    /// Discounts.
    pub amount_discount: i64,
    /// Shipping: nothing is shipped.
    pub amount_shipping: Option<i64>,
    /// Taxes, within amounts or on top.
    pub amount_tax: i64,
}

/// What some lines come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Total {
    /// Before discounts and taxes.
    pub subtotal: i64,
    /// After them.
    pub total: i64,
    /// What discounts and taxes come to.
    pub details: TotalDetails,
}

/// The quote that one was made of.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FromQuote {
    /// Whether it takes its place.
    pub is_revision: bool,
    /// It.
    pub quote: Ref<Quote>,
}

/// What invoices say.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct InvoiceSettings {
    /// Lines that they show.
    pub custom_fields: Option<Vec<CustomField>>,
    /// How many days after they are sent they are due.
    pub days_until_due: Option<i64>,
    /// What customers read.
    pub description: Option<String>,
    /// Their footer.
    pub footer: Option<String>,
    /// Who bills.
    pub issuer: Issuer,
}

/// The lines of a quote.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct QuoteLines {
    /// `list`.
    pub object: String,
    /// All of them.
    pub data: Vec<QuoteLineItem>,
    /// Whether there are more.
    pub has_more: bool,
    /// Where they are by themselves.
    pub url: String,
}

/// When a quote came to stand where it stands.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Transitions {
    /// It was accepted.
    pub accepted_at: Option<Timestamp>,
    /// It was withdrawn.
    pub canceled_at: Option<Timestamp>,
    /// It could be accepted.
    pub finalized_at: Option<Timestamp>,
}

/// What the subscription says that becomes of a quote.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionData {
    /// By which rules it is billed.
    pub billing_mode: BillingMode,
    /// What customers read.
    pub description: Option<String>,
    /// When it begins, where that is not when the quote is accepted.
    pub effective_date: Option<Timestamp>,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// For how many days it is on trial.
    pub trial_period_days: Option<i64>,
}

/// By which rules a subscription is billed.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BillingMode {
    /// What the flexible rules say further.
    pub flexible: Optional<Flexible>,
    /// Which rules.
    pub r#type: Mode,
}

/// Where money goes on to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TransferData {
    /// How much of an invoice, in minor units.
    pub amount: Option<i64>,
    /// How many percent of each invoice of a subscription.
    pub amount_percent: Option<Number>,
    /// To whom.
    pub destination: Ref<Account>,
}

/// What is to be known of a line beside what it shows.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Kept {
    /// The line.
    pub line: String,
    /// What is taken off it.
    pub discounts: Vec<Ref<Discount>>,
    /// Its own taxes, in place of those of the quote.
    pub tax_rates: Vec<TaxRate>,
}
