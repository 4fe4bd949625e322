//! The parameters of quotes.
use crate::{
    billing::{
        amounts::{Number, TaxBehavior},
        discount::DiscountParams,
        invoice::CollectionMethod,
        subscription::ModeParams,
    },
    payments::customer::{CustomField, CustomerAccount},
};
use base::{Currency, MetadataPatch, Timestamp};
use money::{Decimal, Interval};
use wire::{Patch, Wire};

/// What `POST /v1/quotes` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    pub(super) application_fee_amount: Patch<i64>,
    pub(super) application_fee_percent: Patch<Number>,
    pub(super) collection_method: Option<CollectionMethod>,
    pub(super) customer: Option<String>,
    pub(super) customer_account: Option<CustomerAccount>,
    pub(super) default_tax_rates: Option<Vec<String>>,
    pub(super) description: Patch<String>,
    pub(super) discounts: Option<Vec<DiscountParams>>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) footer: Patch<String>,
    pub(super) from_quote: Option<FromParams>,
    pub(super) header: Patch<String>,
    pub(super) invoice_settings: Option<InvoiceParams>,
    pub(super) line_items: Option<Vec<LineParams>>,
    pub(super) metadata: MetadataPatch,
    pub(super) on_behalf_of: Patch<String>,
    pub(super) subscription_data: Option<NewData>,
    pub(super) transfer_data: Patch<TransferParams>,
}

/// What `POST /v1/quotes/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    pub(super) application_fee_amount: Patch<i64>,
    pub(super) application_fee_percent: Patch<Number>,
    pub(super) collection_method: Option<CollectionMethod>,
    pub(super) customer: Option<String>,
    pub(super) customer_account: Option<CustomerAccount>,
    pub(super) default_tax_rates: Option<Vec<String>>,
    pub(super) description: Patch<String>,
    pub(super) discounts: Option<Vec<DiscountParams>>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) footer: Patch<String>,
    pub(super) header: Patch<String>,
    pub(super) invoice_settings: Option<InvoiceParams>,
    pub(super) line_items: Option<Vec<ChangedLine>>,
    pub(super) metadata: MetadataPatch,
    pub(super) on_behalf_of: Patch<String>,
    pub(super) subscription_data: Option<DataParams>,
    pub(super) transfer_data: Patch<TransferParams>,
}

#[derive(Debug, Wire)]
pub(super) struct FromParams {
    pub(super) is_revision: Option<bool>,
    pub(super) quote: String,
}

#[derive(Debug, Wire)]
pub(super) struct InvoiceParams {
    pub(super) custom_fields: Patch<Vec<CustomField>>,
    pub(super) days_until_due: Option<i64>,
    pub(super) description: Patch<String>,
    pub(super) footer: Patch<String>,
}

#[derive(Debug, Wire)]
pub(super) struct LineParams {
    pub(super) discounts: Option<Vec<DiscountParams>>,
    pub(super) price: Option<String>,
    pub(super) price_data: Option<PriceData>,
    pub(super) quantity: Option<i64>,
    pub(super) tax_rates: Option<Vec<String>>,
}

#[derive(Debug, Wire)]
pub(super) struct ChangedLine {
    pub(super) discounts: Option<Vec<DiscountParams>>,
    pub(super) id: Option<String>,
    pub(super) price: Option<String>,
    pub(super) price_data: Option<PriceData>,
    pub(super) quantity: Option<i64>,
    pub(super) tax_rates: Option<Vec<String>>,
}

/// `price_data` as sent: a price that is made for this line.
#[derive(Debug, Wire)]
pub(super) struct PriceData {
    pub(super) currency: Currency,
    pub(super) product: String,
    pub(super) recurring: Option<PeriodParams>,
    pub(super) tax_behavior: Option<TaxBehavior>,
    pub(super) unit_amount: Option<i64>,
    pub(super) unit_amount_decimal: Option<Decimal>,
}

#[derive(Debug, Wire)]
pub(super) struct PeriodParams {
    pub(super) interval: Interval,
    pub(super) interval_count: Option<i64>,
}

#[derive(Debug, Wire)]
pub(super) struct NewData {
    pub(super) billing_mode: Option<ModeParams>,
    pub(super) description: Patch<String>,
    pub(super) effective_date: Patch<Timestamp>,
    pub(super) metadata: MetadataPatch,
    pub(super) trial_period_days: Patch<i64>,
}

#[derive(Debug, Wire)]
pub(super) struct DataParams {
    pub(super) description: Patch<String>,
    pub(super) effective_date: Patch<Timestamp>,
    pub(super) metadata: MetadataPatch,
    pub(super) trial_period_days: Patch<i64>,
}

#[derive(Debug, Wire)]
pub(super) struct TransferParams {
    pub(super) amount: Option<i64>,
    pub(super) amount_percent: Option<Number>,
    pub(super) destination: String,
}
