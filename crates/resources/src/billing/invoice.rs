//! Invoices: what a customer is to pay at once, line by line (API page "Invoices"). A draft can be changed; once it is
//! finalised, its amounts stand, and a payment intent pays it.
mod attach;
mod collect;
mod create;
mod credit;
pub(crate) mod draft;
mod end;
mod entry;
mod figures;
mod finalize;
mod heard;
pub mod hosted;
mod look;
mod preview;
mod properties;
pub(crate) mod quoted;
mod reminders;
mod revise;

pub use attach::Attached;
pub(crate) use collect::{attempt, collects, followed};
pub(crate) use create::{ahead, blank, moment};
pub(crate) use credit::credited;
pub(crate) use draft::owner;
pub(crate) use end::{give_up_on, void_it};
pub use entry::Entry;
pub(crate) use figures::{by_discount, by_rate, credits};
pub(crate) use finalize::{advances, finish};
pub(crate) use heard::told;
pub(crate) use preview::shown_as_upcoming;
pub use properties::{Issuer, IssuerType, PageSize, PaymentSettings, Pdf, Rendering, ShippingCost};
pub(crate) use reminders::falls_due;

use super::{
    amounts::Number,
    credit_note::Credits,
    discount::Discount,
    invoice_payment::InvoicePayment,
    line_item::{DiscountAmount, LineItem, PretaxCredit, TaxAmount},
    subscription::Subscription,
    tax_rate::TaxRate,
};
use crate::{
    address::{Address, Shipping},
    connect::account::Account,
    payments::{
        card::Card,
        customer::{CustomField, Customer, TaxExempt},
        payment_intent::{Onwards, Problem},
        payment_method::MethodRef,
    },
    test_helpers::test_clock::TestClock,
};
use api::{Endpoint, Noun, Object, access::Application};
use base::{ApiError, Currency, Metadata, Named, Ref, Sublist, Timestamp};
use store::IndexKey;
use wire::{Hidden, Included, Optional, Wire};

/// What a customer is to pay at once.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Invoice {
    /// `in_…`.
    pub id: String,
    /// `invoice`.
    pub object: String,
    /// The country of the account: two letters (ISO 3166-1).
    pub account_country: Option<String>,
    /// The name of the account.
    pub account_name: Option<String>,
    /// The tax ids of the account that it shows.
    pub account_tax_ids: Option<Vec<String>>,
    /// What is to be paid, in minor units.
    pub amount_due: i64,
    /// What was paid beyond that.
    pub amount_overpaid: i64,
    /// What was paid.
    pub amount_paid: i64,
    /// What is left to be paid.
    pub amount_remaining: i64,
    /// What shipping costs.
    pub amount_shipping: i64,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// How often it was tried to be paid.
    pub attempt_count: i64,
    /// Whether it was tried to be paid.
    pub attempted: bool,
    /// Whether it is finalised and collected by itself.
    pub auto_advance: bool,
    /// Whether an engine computes its taxes.
    pub automatic_tax: AutomaticTax,
    /// When it is finalised by itself.
    pub automatically_finalizes_at: Option<Timestamp>,
    /// What it was made for.
    pub billing_reason: Option<BillingReason>,
    /// How it is collected.
    pub collection_method: CollectionMethod,
    /// With what the payer's browser confirms its payment.
    pub confirmation_secret: Included<ConfirmationSecret>,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Lines that it shows.
    pub custom_fields: Option<Vec<CustomField>>,
    /// Who is to pay it.
    pub customer: Option<Ref<Customer>>,
    /// The account that is to pay it, where an account is a customer.
    pub customer_account: Option<String>,
    /// Where they lived when it was finalised.
    pub customer_address: Option<Address>,
    /// Where they were written to.
    pub customer_email: Option<String>,
    /// Their name.
    pub customer_name: Option<String>,
    /// Their telephone number.
    pub customer_phone: Option<String>,
    /// Where goods were sent to.
    pub customer_shipping: Option<Shipping>,
    /// Whether tax applied to them.
    pub customer_tax_exempt: Option<TaxExempt>,
    /// Their tax ids.
    pub customer_tax_ids: Optional<Vec<CustomerTaxId>>,
    /// What it is paid with, in place of what the customer's invoices are.
    pub default_payment_method: Option<MethodRef>,
    /// The same, of the first years.
    pub default_source: Option<Ref<Card>>,
    /// The taxes of the lines that have none of their own.
    pub default_tax_rates: Vec<TaxRate>,
    /// What customers read.
    pub description: Option<String>,
    /// What is taken off all of it.
    pub discounts: Vec<Ref<Discount>>,
    /// Until when it is to be paid, where it is sent.
    pub due_date: Option<Timestamp>,
    /// The date that it bears.
    pub effective_at: Option<Timestamp>,
    /// What the customer owed or had to their credit after it.
    pub ending_balance: Option<i64>,
    /// Its footer.
    pub footer: Option<String>,
    /// The invoice that it takes the place of.
    pub from_invoice: Option<FromInvoice>,
    /// Where customers see it.
    pub hosted_invoice_url: Option<String>,
    /// Where it is as a document.
    pub invoice_pdf: Option<String>,
    /// Who bills.
    pub issuer: Issuer,
    /// Why it could not be finalised.
    pub last_finalization_error: Option<Problem>,
    /// The invoice that took its place.
    pub latest_revision: Option<Ref<Invoice>>,
    /// Its first lines.
    pub lines: Lines,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Option<Metadata>,
    /// When it is tried again to be paid.
    pub next_payment_attempt: Option<Timestamp>,
    /// Its number.
    pub number: Option<String>,
    /// For whom a platform made it.
    pub on_behalf_of: Option<Ref<Account>>,
    /// Where it comes from, where that is a subscription or a quote.
    pub parent: Option<Parent>,
    /// How it is to be paid.
    pub payment_settings: PaymentSettings,
    /// Its payments.
    pub payments: Sublist<InvoicePayment>,
    /// The end of the time in which its items were made.
    pub period_end: Timestamp,
    /// The start of that.
    pub period_start: Timestamp,
    /// What was credited after it was paid.
    pub post_payment_credit_notes_amount: i64,
    /// What was credited before.
    pub pre_payment_credit_notes_amount: i64,
    /// The number of the receipt.
    pub receipt_number: Option<String>,
    /// How it looks.
    pub rendering: Option<Rendering>,
    /// What shipping costs, in detail.
    pub shipping_cost: Option<ShippingCost>,
    /// Where goods are sent to.
    pub shipping_details: Option<Shipping>,
    /// What the customer owed or had to their credit before it.
    pub starting_balance: i64,
    /// What the statement shows.
    pub statement_descriptor: Option<String>,
    /// Where it stands.
    pub status: Option<Status>,
    /// When it came to stand there.
    pub status_transitions: Transitions,
    /// What its lines cost, without what is taken off all of it and without taxes on top.
    pub subtotal: i64,
    /// The same without taxes that are within.
    pub subtotal_excluding_tax: Option<i64>,
    /// The clock by which its customer lives.
    pub test_clock: Option<Ref<TestClock>>,
    /// What it comes to.
    pub total: i64,
    /// What each discount takes off.
    pub total_discount_amounts: Option<Vec<DiscountAmount>>,
    /// What it comes to without taxes.
    pub total_excluding_tax: Option<i64>,
    /// What each discount and credit takes off before tax.
    pub total_pretax_credit_amounts: Option<Vec<PretaxCredit>>,
    /// What each tax comes to.
    pub total_taxes: Option<Vec<TaxAmount>>,
    /// When everybody had heard of it.
    pub webhooks_delivered_at: Option<Timestamp>,
    /// All of its lines.
    pub all_lines: Hidden<Vec<LineItem>>,
    /// The invoice items that they are of.
    pub items: Hidden<Vec<String>>,
    /// What the platform takes of it.
    pub application_fee_amount: Hidden<Option<i64>>,
    /// Where its money goes on to.
    pub transfer_data: Hidden<Option<Onwards>>,
    /// The account of the platform that made it.
    pub platform: Hidden<Option<String>>,
    /// The payment intent that pays it.
    pub payment_intent: Hidden<Option<String>>,
    /// The payment that stands for that.
    pub payment: Hidden<Option<String>>,
    /// How many days after it is finalised it is due.
    pub days_until_due: Hidden<Option<i64>>,
    /// What it knows of its credit notes.
    pub credits: Hidden<Option<Credits>>,
    /// Its lines that are of no invoice item.
    pub recurring: Hidden<Vec<Entry>>,
    /// How many percent of it the platform takes.
    pub fee_percent: Hidden<Option<Number>>,
    /// How many percent of its money go on.
    pub transfer_percent: Hidden<Option<Number>>,
    /// The payment method of which the bank said that it will never pay.
    pub hopeless: Hidden<Option<String>>,
    /// The event that told of it, where anybody listened.
    pub told_by: Hidden<Option<String>>,
    /// What else pays it.
    pub attached: Hidden<Vec<Attached>>,
}

/// Where an invoice comes from.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Parent {
    /// The quote.
    pub quote_details: Option<QuoteDetails>,
    /// The subscription.
    pub subscription_details: Option<SubscriptionDetails>,
    /// Which of them.
    pub r#type: ParentType,
}

impl Parent {
    /// A subscription as it is.
    pub(crate) fn of(it: &Subscription) -> Self {
        let details = SubscriptionDetails {
            metadata: Some(it.metadata.clone()),
            subscription: Ref::to(&it.id),
            subscription_proration_date: Optional(None),
        };
        Parent {
            quote_details: None,
            subscription_details: Some(details),
            r#type: ParentType::SubscriptionDetails,
        }
    }
}

/// The quote of an invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct QuoteDetails {
    /// It.
    pub quote: String,
}

/// What an invoice can come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum ParentType {
    /// A quote.
    QuoteDetails,
    /// A subscription.
    SubscriptionDetails,
}

/// The subscription of an invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SubscriptionDetails {
    /// Its keys and values when the invoice was made.
    pub metadata: Option<Metadata>,
    /// It.
    pub subscription: Ref<Subscription>,
    /// From when on what changed is evened out, where a preview was asked for that.
    pub subscription_proration_date: Optional<Timestamp>,
}

/// Whether an engine computes taxes.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct AutomaticTax {
    /// Why it does not.
    pub disabled_reason: Option<String>,
    /// Whether it does; no engine is connected.
    pub enabled: bool,
    /// Who owes them.
    pub liability: Option<String>,
    /// Which engine.
    pub provider: Option<String>,
    /// How far it is.
    pub status: Option<String>,
}

/// What an invoice is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum BillingReason {
    /// By hand.
    Manual,
    /// A subscription began.
    SubscriptionCreate,
    /// A period of a subscription began.
    SubscriptionCycle,
    /// A subscription was changed.
    SubscriptionUpdate,
    /// To show what the next one will be.
    Upcoming,
}

/// How an invoice is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CollectionMethod {
    /// By what the customer's invoices are paid with.
    ChargeAutomatically,
    /// The customer gets it and pays.
    SendInvoice,
}

/// With what a browser confirms a payment.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ConfirmationSecret {
    /// The secret of the payment intent.
    pub client_secret: String,
    /// `payment_intent`.
    pub r#type: String,
}

/// A tax id of a customer.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomerTaxId {
    /// Its kind.
    pub r#type: String,
    /// The number.
    pub value: Option<String>,
}

/// The invoice that another takes the place of.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct FromInvoice {
    /// `revision`.
    pub action: Action,
    /// It.
    pub invoice: Ref<Invoice>,
}

/// What is done with an invoice by making another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Action {
    /// It is written anew.
    Revision,
}

/// The first lines of an invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Lines {
    /// `list`.
    pub object: String,
    /// They.
    pub data: Vec<LineItem>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all.
    pub total_count: i64,
    /// Where all of them are.
    pub url: String,
}

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It can be changed.
    Draft,
    /// It is to be paid.
    Open,
    /// It is paid.
    Paid,
    /// Nobody expects it to be paid.
    Uncollectible,
    /// It was a mistake.
    Void,
}

/// When an invoice came to stand where it stands.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Transitions {
    /// When its amounts came to stand.
    pub finalized_at: Option<Timestamp>,
    /// When it was given up.
    pub marked_uncollectible_at: Option<Timestamp>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// When it was voided.
    pub voided_at: Option<Timestamp>,
}

impl Named for Invoice {
    const NAME: &'static str = "invoice";
    const PREFIX: &'static str = "in";
}
impl Object for Invoice {
    const PATH: &'static str = "/v1/invoices";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let customer = self.customer.iter().map(|it| IndexKey::listed(Customer::NAME, &it.id));
        customer.chain(self.subscription().map(|id| IndexKey::listed(Subscription::NAME, id))).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Invoice>();
/// An invoice was made.
pub const CREATED: &str = "invoice.created";
/// A draft was deleted.
pub const DELETED: &str = "invoice.deleted";
/// Its amounts came to stand.
pub const FINALIZED: &str = "invoice.finalized";
/// It could not be finalised.
pub const FINALIZATION_FAILED: &str = "invoice.finalization_failed";
/// It was to be paid by now.
pub const OVERDUE: &str = "invoice.overdue";
/// More was paid than was due.
pub const OVERPAID: &str = "invoice.overpaid";
/// It is to be paid soon.
pub const WILL_BE_DUE: &str = "invoice.will_be_due";
/// Nobody expects it to be paid.
pub const UNCOLLECTIBLE: &str = "invoice.marked_uncollectible";
/// It is paid, or there was nothing to pay.
pub const PAID: &str = "invoice.paid";
/// The payer's bank wants them to take part.
pub const ACTION_REQUIRED: &str = "invoice.payment_action_required";
/// It was tried to be paid in vain.
pub const PAYMENT_FAILED: &str = "invoice.payment_failed";
/// A payment of it came in.
pub const PAYMENT_SUCCEEDED: &str = "invoice.payment_succeeded";
/// It was sent.
pub const SENT: &str = "invoice.sent";
/// The invoice of a renewal comes in some days.
pub const UPCOMING: &str = "invoice.upcoming";
/// It was changed.
pub const UPDATED: &str = "invoice.updated";
/// It was a mistake.
pub const VOIDED: &str = "invoice.voided";
/// What invoices cause.
pub const EVENTS: &[&str] = &[
    CREATED,
    DELETED,
    FINALIZATION_FAILED,
    FINALIZED,
    UNCOLLECTIBLE,
    OVERDUE,
    OVERPAID,
    PAID,
    ACTION_REQUIRED,
    PAYMENT_FAILED,
    PAYMENT_SUCCEEDED,
    SENT,
    UPCOMING,
    UPDATED,
    VOIDED,
    WILL_BE_DUE,
];

/// The most items of an invoice. The original has 250.
pub(crate) const ITEMS_MAX: usize = 10_000;

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = Invoice::NAME;
    vec![
        Endpoint::new("POST", "/v1/invoices", NAME, |cx, p| Box::pin(create::create(cx, p))),
        Endpoint::new("POST", "/v1/invoices/create_preview", NAME, |cx, p| Box::pin(preview::preview(cx, p))),
        Endpoint::new("GET", "/v1/invoices/upcoming", NAME, |cx, p| Box::pin(preview::preview(cx, p))),
        Endpoint::search(look::PATH, NAME, |cx, p| Box::pin(look::search(cx, p))),
        Endpoint::retrieve::<Invoice>("/v1/invoices/{id}"),
        Endpoint::new("POST", "/v1/invoices/{id}", NAME, |cx, p| Box::pin(draft::update(cx, p))),
        Endpoint::new("DELETE", "/v1/invoices/{id}", NAME, |cx, p| Box::pin(draft::delete(cx, p))),
        Endpoint::new("POST", "/v1/invoices/{id}/finalize", NAME, |cx, p| Box::pin(finalize::finalize(cx, p))),
        Endpoint::new("POST", "/v1/invoices/{id}/attach_payment", NAME, |cx, p| Box::pin(attach::attach(cx, p))),
        Endpoint::new("POST", "/v1/invoices/{id}/pay", NAME, |cx, p| Box::pin(collect::pay(cx, p))),
        Endpoint::new("POST", "/v1/invoices/{id}/send", NAME, |cx, p| Box::pin(finalize::send(cx, p))),
        Endpoint::new("POST", "/v1/invoices/{id}/void", NAME, |cx, p| Box::pin(end::void(cx, p))),
        Endpoint::new("POST", "/v1/invoices/{id}/mark_uncollectible", NAME, |cx, p| Box::pin(end::give_up(cx, p))),
        Endpoint::list::<look::List>("/v1/invoices", NAME, |cx, p| Box::pin(look::list(cx, p))),
    ]
}

impl Invoice {
    /// Whether it stands there.
    pub(crate) fn is(&self, status: Status) -> bool {
        self.status == Some(status)
    }
    /// The subscription that it is for.
    pub(crate) fn subscription(&self) -> Option<&str> {
        Some(&self.parent.as_ref()?.subscription_details.as_ref()?.subscription.id)
    }
    /// Errors: it stands nowhere of these, so it cannot be `done`.
    pub(crate) fn must_be(&self, of: &[Status], done: &str) -> Result<(), ApiError> {
        if of.iter().any(|status| self.is(*status)) {
            return Ok(());
        }
        let word = self.status.map_or("", Status::as_str);
        let wanted: Vec<&str> = of.iter().map(|status| status.as_str()).collect();
        let message = format!(
            "This invoice cannot be {done} because it is {word}; it would have to be {}.",
            wanted.join(" or ")
        );
        let error = ApiError::invalid(400, message);
        Err(if self.is(Status::Draft) { error } else { error.code("invoice_not_editable") })
    }
    /// Shows the first lines.
    fn show_lines(&mut self) {
        let all = &self.all_lines.0;
        self.lines = Lines {
            object: "list".into(),
            data: all.iter().take(LINES_SHOWN).cloned().collect(),
            has_more: all.len() > LINES_SHOWN,
            total_count: all.len() as i64,
            url: format!("{}/{}/lines", Self::PATH, self.id),
        };
    }
}

/// Lines that an invoice shows by itself.
const LINES_SHOWN: usize = 10;

#[cfg(test)]
mod tests;
