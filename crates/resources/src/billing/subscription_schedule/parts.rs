//! The parts of a subscription schedule.
use crate::{
    billing::{
        amounts::Number,
        coupon::Coupon,
        discount::Discount,
        invoice::CollectionMethod,
        invoice_item::ExtraPeriod,
        plan::Plan,
        price::Price,
        promotion_code::PromotionCode,
        subscription::{AutomaticTax, Issuer, Proration, TransferData},
        tax_rate::TaxRate,
    },
    connect::account::Account,
    payments::{customer::CustomField, payment_method::MethodRef},
};
use base::{Currency, Metadata, Ref, Timestamp};
use wire::{Optional, Wire};

/// From when to when a phase goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct CurrentPhase {
    /// Its end.
    pub end_date: Timestamp,
    /// Its start.
    pub start_date: Timestamp,
}

/// What holds where a phase says nothing else.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct DefaultSettings {
    /// How many percent the platform takes.
    pub application_fee_percent: Option<Number>,
    /// Whether an engine computes taxes.
    pub automatic_tax: AutomaticTax,
    /// Where periods begin.
    pub billing_cycle_anchor: Anchor,
    /// From which amount on it is billed early: none.
    pub billing_thresholds: Option<String>,
    /// How invoices are collected.
    pub collection_method: Option<CollectionMethod>,
    /// What invoices are paid with.
    pub default_payment_method: Option<MethodRef>,
    /// What customers read.
    pub description: Option<String>,
    /// What invoices say.
    pub invoice_settings: ScheduleInvoiceSettings,
    /// For whom a platform sells.
    pub on_behalf_of: Option<Ref<Account>>,
    /// Where the money goes on to.
    pub transfer_data: Option<TransferData>,
}

/// What invoices say.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ScheduleInvoiceSettings {
    /// The tax ids of the account that they show.
    pub account_tax_ids: Option<Vec<String>>,
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

/// Where periods begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Anchor {
    /// Where they began before.
    Automatic,
    /// With the phase.
    PhaseStart,
}

/// What becomes of a subscription after the last phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum EndBehavior {
    /// It ends.
    Cancel,
    /// It ends; the word of the first versions.
    None,
    /// It goes on by itself.
    Release,
    /// The last phase comes again, and again.
    Renew,
}

/// Where a schedule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// A phase goes on.
    Active,
    /// It was canceled with its subscription.
    Canceled,
    /// Its last phase is over, and its subscription with it.
    Completed,
    /// Its first phase lies ahead.
    NotStarted,
    /// It let its subscription go.
    Released,
}

/// A phase.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Phase {
    /// What is paid once, with its first invoice.
    pub add_invoice_items: Vec<AddInvoiceItem>,
    /// How many percent the platform takes.
    pub application_fee_percent: Option<Number>,
    /// Where periods begin.
    pub billing_cycle_anchor: Option<Anchor>,
    /// From which amount on it is billed early: none.
    pub billing_thresholds: Option<String>,
    /// How invoices are collected.
    pub collection_method: Option<CollectionMethod>,
    /// The currency.
    pub currency: Currency,
    /// What invoices are paid with.
    pub default_payment_method: Option<MethodRef>,
    /// The taxes of the items that have none of their own.
    pub default_tax_rates: Option<Vec<TaxRate>>,
    /// What customers read.
    pub description: Option<String>,
    /// What is taken off.
    pub discounts: Vec<PhaseDiscount>,
    /// Its end.
    pub end_date: Timestamp,
    /// What invoices say.
    pub invoice_settings: Option<ScheduleInvoiceSettings>,
    /// What is paid for.
    pub items: Vec<PhaseItem>,
    /// What the subscription's own keys and values gain.
    pub metadata: Option<Metadata>,
    /// For whom a platform sells.
    pub on_behalf_of: Option<Ref<Account>>,
    /// How its beginning is evened out.
    pub proration_behavior: Proration,
    /// Its start.
    pub start_date: Timestamp,
    /// Where the money goes on to.
    pub transfer_data: Option<TransferData>,
    /// Until when it costs nothing.
    pub trial_end: Option<Timestamp>,
}

/// What is taken off in a phase.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PhaseDiscount {
    /// A coupon.
    pub coupon: Option<Ref<Coupon>>,
    /// What was redeemed already.
    pub discount: Option<Ref<Discount>>,
    /// A code.
    pub promotion_code: Option<Ref<PromotionCode>>,
}

/// What is paid for in a phase.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PhaseItem {
    /// From which use on it is billed early: none.
    pub billing_thresholds: Option<String>,
    /// What is taken off it.
    pub discounts: Vec<PhaseDiscount>,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// The price, as it was shown first.
    pub plan: Ref<Plan>,
    /// The price.
    pub price: Ref<Price>,
    /// How many.
    pub quantity: Optional<i64>,
    /// Its own taxes.
    pub tax_rates: Option<Vec<TaxRate>>,
}

/// What is paid once with a phase.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AddInvoiceItem {
    /// Whether discounts of the invoice are taken off.
    pub discountable: Option<bool>,
    /// What is taken off it.
    pub discounts: Vec<PhaseDiscount>,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// For which time.
    pub period: ExtraPeriod,
    /// The price.
    pub price: Ref<Price>,
    /// How many.
    pub quantity: Option<i64>,
    /// Its own taxes.
    pub tax_rates: Option<Vec<TaxRate>>,
}
