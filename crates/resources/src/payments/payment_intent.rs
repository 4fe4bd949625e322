//! Payment intents: a payment from the first thought of it to the money, through whatever the payer's bank wants
//! (API page "PaymentIntents").
mod amounts;
mod cancel;
mod capture;
pub(crate) mod cash;
pub(crate) mod challenge;
pub(crate) mod confirm;
mod create;
mod increment;
pub(crate) mod invoiced;
mod line_items;
mod lookup;
pub(crate) mod microdeposits;
pub(crate) mod next_action;
mod once;
pub(crate) mod options;
pub(crate) mod problem;
mod search;
mod settle;
pub(crate) mod shown;
pub(crate) mod types;
mod update;

pub(crate) use cancel::voided;
pub(crate) use create::one_of;
pub(crate) use settle::{expired, failed, succeeded};

use crate::{
    address::Shipping,
    connect::account::Account,
    payments::{
        charge::{Charge, TransferData, destination::Onward, details::RadarOptions},
        customer::Customer,
        microdeposits::Deposits,
        payment_method::MethodRef,
        payment_method_configuration::Details,
    },
};
use amounts::{AmountDetails, AmountParams, Payment};
use api::{Endpoint, Noun, Object, access::Application};
use base::{Currency, Metadata, Named, Ref, Sublist, Timestamp};
use line_items::LineItem;
use next_action::NextAction;
use options::MethodOptions;
pub use problem::Problem;
use store::IndexKey;
use types::{Automatic, Usage};
use wire::{Hidden, Optional, Wire};

/// A payment, from the first thought of it to the money.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaymentIntent {
    /// `pi_…`.
    pub id: String,
    /// `payment_intent`.
    pub object: String,
    /// The kinds of payment methods that may be offered, where they are named.
    pub allowed_payment_method_types: Option<Vec<String>>,
    /// What is asked for, in minor units.
    pub amount: i64,
    /// What is reserved and can be taken.
    pub amount_capturable: i64,
    /// What the amount is made of.
    pub amount_details: Optional<AmountDetails>,
    /// What was taken.
    pub amount_received: i64,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// What that takes of it, in minor units.
    pub application_fee_amount: Option<i64>,
    /// Whether the kinds of payment methods follow from the account's settings.
    pub automatic_payment_methods: Option<Automatic>,
    /// When it was canceled.
    pub canceled_at: Option<Timestamp>,
    /// Why it was canceled.
    pub cancellation_reason: Option<CancellationReason>,
    /// When the money is taken.
    pub capture_method: CaptureMethod,
    /// Every attempt; shown as a list until it became `latest_charge`.
    pub charges: Sublist<Charge>,
    /// With this, the payer's browser may confirm it.
    pub client_secret: Option<String>,
    /// Who confirms it.
    pub confirmation_method: ConfirmationMethod,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Who pays.
    pub customer: Option<Ref<Customer>>,
    /// The same as an account.
    pub customer_account: Option<String>,
    /// The account's own words.
    pub description: Option<String>,
    /// The kinds of payment methods that may not be offered.
    pub excluded_payment_method_types: Option<Vec<String>>,
    /// Why the last attempt failed.
    pub last_payment_error: Option<Problem>,
    /// The last attempt.
    pub latest_charge: Option<Ref<Charge>>,
    /// Live or test.
    pub livemode: bool,
    /// Whether the installation sells in its own name.
    pub managed_payments: Option<String>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// What the payer has to do.
    pub next_action: Option<NextAction>,
    /// For whom a platform made it.
    pub on_behalf_of: Option<Ref<Account>>,
    /// The references of the order.
    pub payment_details: Optional<PaymentDetails>,
    /// What it is paid with.
    pub payment_method: Option<MethodRef>,
    /// The settings that the kinds of payment methods follow from.
    pub payment_method_configuration_details: Option<Details>,
    /// What was said for each kind of payment method.
    pub payment_method_options: Option<MethodOptions>,
    /// The kinds of payment methods that it can be paid with.
    pub payment_method_types: Vec<String>,
    /// What was paid elsewhere.
    pub payment_record: Option<String>,
    /// How far it is on its way.
    pub processing: Option<String>,
    /// Where a receipt goes.
    pub receipt_email: Option<String>,
    /// The review that is open on it.
    pub review: Option<String>,
    /// Whether the payment method is kept for later.
    pub setup_future_usage: Option<Usage>,
    /// Where goods are sent.
    pub shipping: Option<Shipping>,
    /// What it is paid with under its first name.
    pub source: Option<String>,
    /// What the statement shows instead of the account's text.
    pub statement_descriptor: Option<String>,
    /// What the statement shows after it.
    pub statement_descriptor_suffix: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// To whom its money goes on.
    pub transfer_data: Optional<Onwards>,
    /// What holds it and transfers together.
    pub transfer_group: Option<String>,
    /// Where the payer comes back to.
    pub return_url: Hidden<Optional<String>>,
    /// What names the challenge that the payer was sent to.
    pub challenge: Hidden<Optional<String>>,
    /// The payment method whose holder proved who they are.
    pub authenticated: Hidden<Optional<String>>,
    /// The account of the platform that made it.
    pub platform: Hidden<Optional<String>>,
    /// The invoice that it pays.
    pub invoice: Hidden<Optional<String>>,
    /// What was told for the judgement of risk.
    pub radar_options: Hidden<Optional<RadarOptions>>,
    /// What is sold, line by line.
    pub line_items: Hidden<Optional<Vec<LineItem>>>,
    /// How often more was asked of the bank than was reserved at first.
    pub increments: Hidden<Optional<i64>>,
    /// The deposits that the payer is to tell of.
    pub deposits: Hidden<Optional<Deposits>>,
    /// What it took of the customer's cash balance, in minor units.
    pub applied: Hidden<Optional<i64>>,
}

/// The references of an order.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaymentDetails {
    /// The customer's.
    pub customer_reference: Option<String>,
    /// The order's.
    pub order_reference: Option<String>,
}

/// To whom the money of a payment goes on.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Onwards {
    /// How much of it, in minor units; all of it where it is not said.
    pub amount: Optional<i64>,
    /// What the transfer says.
    pub description: Optional<String>,
    /// To whom.
    pub destination: Ref<Account>,
}

impl From<Onward> for Onwards {
    fn from(it: Onward) -> Self {
        let TransferData { amount, destination } = it.data;
        Onwards { amount: Optional(amount), description: Optional(it.description), destination }
    }
}

impl From<Onwards> for Onward {
    fn from(it: Onwards) -> Self {
        let data = TransferData { amount: it.amount.0, destination: it.destination };
        Onward { data, description: it.description.0 }
    }
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It will not be paid.
    Canceled,
    /// The bank takes its time.
    Processing,
    /// The payer has something to do.
    RequiresAction,
    /// The money is reserved.
    RequiresCapture,
    /// It can be confirmed.
    RequiresConfirmation,
    /// There is nothing to pay it with.
    RequiresPaymentMethod,
    /// It is paid.
    Succeeded,
}

/// Why a payment was canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CancellationReason {
    /// The payer left.
    Abandoned,
    /// What was reserved was not taken in time.
    Automatic,
    /// There are two of it.
    Duplicate,
    /// It looks like fraud.
    Fraudulent,
    /// The payer asked for it.
    RequestedByCustomer,
    /// The invoice that it was to pay is void.
    VoidInvoice,
}

/// When the money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CaptureMethod {
    /// At once.
    Automatic,
    /// At once; the caller does not wait for the books.
    AutomaticAsync,
    /// When the account says so.
    Manual,
}

/// Who confirms a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum ConfirmationMethod {
    /// The payer's browser, or the account.
    Automatic,
    /// The account alone.
    Manual,
}

impl Named for PaymentIntent {
    const NAME: &'static str = "payment_intent";
    const PREFIX: &'static str = "pi";
}
impl Object for PaymentIntent {
    const PATH: &'static str = "/v1/payment_intents";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.customer.iter().map(|it| IndexKey::listed(Customer::NAME, &it.id)).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<PaymentIntent>();
/// Money was reserved that can be taken.
pub const CAPTURABLE: &str = "payment_intent.amount_capturable_updated";
/// It will not be paid.
pub const CANCELED: &str = "payment_intent.canceled";
/// It was made.
pub const CREATED: &str = "payment_intent.created";
/// An attempt failed.
pub const FAILED: &str = "payment_intent.payment_failed";
/// The bank takes its time.
pub const PROCESSING: &str = "payment_intent.processing";
/// The payer has something to do.
pub const REQUIRES_ACTION: &str = "payment_intent.requires_action";
/// It is paid.
pub const SUCCEEDED: &str = "payment_intent.succeeded";
/// What payment intents cause.
pub const EVENTS: &[&str] =
    &[CAPTURABLE, CANCELED, CREATED, FAILED, cash::PARTIALLY_FUNDED, PROCESSING, REQUIRES_ACTION, SUCCEEDED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NOUN: &str = PaymentIntent::NAME;
    vec![
        Endpoint::new("POST", "/v1/payment_intents", NOUN, |cx, p| Box::pin(create::create(cx, p))),
        Endpoint::list::<lookup::List>("/v1/payment_intents", NOUN, |cx, p| Box::pin(lookup::list(cx, p))),
        Endpoint::search(search::PATH, NOUN, |cx, p| Box::pin(search::search(cx, p))),
        Endpoint::new("GET", "/v1/payment_intents/{id}", NOUN, |cx, p| Box::pin(lookup::retrieve(cx, p))).public(),
        Endpoint::new("POST", "/v1/payment_intents/{id}", NOUN, |cx, p| Box::pin(update::update(cx, p))),
        Endpoint::new("POST", "/v1/payment_intents/{id}/apply_customer_balance", NOUN, |cx, p| Box::pin(cash::endpoint(cx, p))),
        Endpoint::new("POST", "/v1/payment_intents/{id}/cancel", NOUN, |cx, p| Box::pin(cancel::cancel(cx, p))),
        Endpoint::new("POST", "/v1/payment_intents/{id}/capture", NOUN, |cx, p| Box::pin(capture::capture(cx, p))),
        Endpoint::new("POST", "/v1/payment_intents/{id}/confirm", NOUN, |cx, p| Box::pin(confirm::endpoint(cx, p))).public(),
        Endpoint::new("POST", "/v1/payment_intents/{id}/increment_authorization", NOUN, |cx, p| Box::pin(increment::increment(cx, p))),
        Endpoint::new("POST", "/v1/payment_intents/{id}/verify_microdeposits", NOUN, |cx, p| Box::pin(microdeposits::verify(cx, p))).public(),
        Endpoint::list::<line_items::List>("/v1/payment_intents/{id}/amount_details_line_items", NOUN, |cx, p| Box::pin(line_items::list(cx, p))),
    ]
}

impl PaymentIntent {
    /// The public object as JSON, for the error that shows it.
    pub(crate) fn public(&self) -> Result<String, api::Stop> {
        String::from_utf8(wire::to_json(self)).map_err(|_| api::fault("a payment intent is no text"))
    }
    /// Applies what was sent of the parts of an amount.
    fn tell_amount(
        &mut self,
        cx: &api::Cx<'_>,
        sent: AmountParams,
        amount: i64,
    ) -> Result<(), base::ApiError> {
        let of = Payment { id: &self.id, amount, lines: &mut self.line_items.0.0 };
        self.amount_details.0.get_or_insert_default().set(cx, sent, of)
    }
    /// Nothing is told of the parts of its amount.
    fn forget_amount(&mut self) {
        self.amount_details.0 = None;
        self.line_items.0.0 = None;
    }
    /// Whether the money is only reserved at first.
    pub(crate) fn is_manual(&self) -> bool {
        let of_card = self.payment_method_options.as_ref().and_then(|it| it.card.0.as_ref());
        self.capture_method == CaptureMethod::Manual
            || of_card.is_some_and(|it| it.capture_method.0.is_some())
    }
    /// Refuses what this status does not allow: `what` was asked, `when` it can be.
    pub(crate) fn unexpected(&self, what: &str, when: &[Status]) -> Result<base::ApiError, api::Stop> {
        let when: Vec<&str> = when.iter().map(|it| it.as_str()).collect();
        let message = format!(
            "{what} because it has a status of {}. Only a PaymentIntent with one of the following statuses allows that: {}.",
            self.status.as_str(),
            when.join(", ")
        );
        let error = base::ApiError::invalid(400, message).code("payment_intent_unexpected_state");
        Ok(error.showing("payment_intent", self.public()?))
    }
}

#[cfg(test)]
mod tests;
