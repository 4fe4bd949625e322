//! Setup intents: a payment method made ready for later payments (API page "SetupIntents").
mod challenge;
mod confirm;
pub(crate) mod microdeposits;
mod operations;

pub(crate) use challenge::{answer, awaited};
pub(crate) use operations::for_subscription;

use crate::connect::account::Account;
use crate::payments::{
    customer::Customer,
    mandate::Mandate,
    microdeposits::Deposits,
    payment_intent::{
        next_action::NextAction,
        options::{Empty, Network, RequestThreeDSecure, Verification},
        problem::Problem,
        types::{Automatic, Usage},
    },
    payment_method::MethodRef,
    payment_method_configuration::Details,
    setup_attempt::SetupAttempt,
};
use api::{Endpoint, Noun, Object, Stop, access::Application};
use base::{ApiError, Metadata, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Hidden, Optional, Wire};

/// A payment method that is made ready for later payments.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SetupIntent {
    /// `seti_…`.
    pub id: String,
    /// `setup_intent`.
    pub object: String,
    /// The kinds of payment methods that may be offered, where they are named.
    pub allowed_payment_method_types: Option<Vec<String>>,
    /// The application that made it for the account.
    pub application: Option<Ref<Application>>,
    /// Whether what is made ready is the account's own, for what it moves itself.
    pub attach_to_self: Optional<bool>,
    /// Whether the kinds of payment methods follow from the account's settings.
    pub automatic_payment_methods: Option<Automatic>,
    /// Why it was canceled.
    pub cancellation_reason: Option<CancellationReason>,
    /// With this, the holder's browser may confirm it.
    pub client_secret: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// For whom the payment method is kept.
    pub customer: Option<Ref<Customer>>,
    /// The same as an account.
    pub customer_account: Option<String>,
    /// The account's own words.
    pub description: Option<String>,
    /// The kinds of payment methods that may not be offered.
    pub excluded_payment_method_types: Option<Vec<String>>,
    /// In which directions money may move.
    pub flow_directions: Option<Vec<Direction>>,
    /// Why the last attempt failed.
    pub last_setup_error: Option<Problem>,
    /// The last attempt.
    pub latest_attempt: Option<Ref<SetupAttempt>>,
    /// Live or test.
    pub livemode: bool,
    /// What the holder allowed for any number of payments.
    pub mandate: Option<Ref<Mandate>>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// What the holder has to do.
    pub next_action: Option<NextAction>,
    /// For whom a platform made it.
    pub on_behalf_of: Option<Ref<Account>>,
    /// What is made ready.
    pub payment_method: Option<MethodRef>,
    /// The settings that the kinds of payment methods follow from.
    pub payment_method_configuration_details: Option<Details>,
    /// What was said for each kind of payment method.
    pub payment_method_options: Option<SetupOptions>,
    /// The kinds of payment methods that can be made ready.
    pub payment_method_types: Vec<String>,
    /// What the holder allowed for one payment.
    pub single_use_mandate: Option<Ref<Mandate>>,
    /// Where it stands.
    pub status: Status,
    /// What the payment method is kept for.
    pub usage: Usage,
    /// Where the holder comes back to.
    pub return_url: Hidden<Optional<String>>,
    /// What names the challenge that the holder was sent to.
    pub challenge: Hidden<Optional<String>>,
    /// The deposits that the holder is to tell of.
    pub deposits: Hidden<Optional<Deposits>>,
    /// The subscription that is to be paid with what is made ready.
    pub subscription: Hidden<Optional<String>>,
}

/// In which direction money moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Direction {
    /// To the account.
    Inbound,
    /// From it.
    Outbound,
}

/// What was said for each kind of payment method.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct SetupOptions {
    /// For cards.
    pub card: Optional<SetupCard>,
    /// For debits in the euro area.
    pub sepa_debit: Optional<Empty>,
    /// For debits in the United States.
    pub us_bank_account: Optional<SetupBank>,
}

/// For cards.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SetupCard {
    /// What the holder allows for later.
    pub mandate_options: Option<String>,
    /// Over which network it goes.
    pub network: Option<Network>,
    /// Whether the cardholder is asked to take part.
    pub request_three_d_secure: Option<RequestThreeDSecure>,
}

/// For debits in the United States.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SetupBank {
    /// How it is made sure that the account is the holder's.
    pub verification_method: Optional<Verification>,
}

/// Where a setup stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It was given up.
    Canceled,
    /// It takes its time.
    Processing,
    /// The holder has something to do.
    RequiresAction,
    /// It can be confirmed.
    RequiresConfirmation,
    /// There is nothing to make ready.
    RequiresPaymentMethod,
    /// It is ready.
    Succeeded,
}

/// Why a setup was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CancellationReason {
    /// The holder left.
    Abandoned,
    /// There are two of it.
    Duplicate,
    /// The holder asked for it.
    RequestedByCustomer,
}

impl Named for SetupIntent {
    const NAME: &'static str = "setup_intent";
    const PREFIX: &'static str = "seti";
}
impl Object for SetupIntent {
    const PATH: &'static str = "/v1/setup_intents";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let customer = self.customer.iter().map(|it| IndexKey::listed(Customer::NAME, &it.id));
        let method = self.payment_method.iter().map(|it| IndexKey::listed("payment_method", &it.0));
        customer.chain(method).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<SetupIntent>();
/// It was given up.
pub const CANCELED: &str = "setup_intent.canceled";
/// It was made.
pub const CREATED: &str = "setup_intent.created";
/// The holder has something to do.
pub const REQUIRES_ACTION: &str = "setup_intent.requires_action";
/// An attempt failed.
pub const FAILED: &str = "setup_intent.setup_failed";
/// It is ready.
pub const SUCCEEDED: &str = "setup_intent.succeeded";
/// What setup intents cause.
pub const EVENTS: &[&str] = &[CANCELED, CREATED, REQUIRES_ACTION, FAILED, SUCCEEDED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    operations::endpoints()
}

impl SetupIntent {
    /// The public object as JSON, for the error that shows it.
    fn public(&self) -> Result<String, Stop> {
        String::from_utf8(wire::to_json(self)).map_err(|_| api::fault("a setup intent is no text"))
    }
    /// Refuses what this status does not allow.
    fn unexpected(&self, what: &str, when: &[Status]) -> Result<ApiError, Stop> {
        let when: Vec<&str> = when.iter().map(|it| it.as_str()).collect();
        let message = format!(
            "{what} because it has a status of {}. Only a SetupIntent with one of the following statuses allows that: {}.",
            self.status.as_str(),
            when.join(", ")
        );
        let error = ApiError::invalid(400, message).code("setup_intent_unexpected_state");
        Ok(error.showing("setup_intent", self.public()?))
    }
    /// What the holder had to do is over.
    fn moved(&mut self) {
        self.next_action = None;
        self.challenge = Hidden(Optional(None));
        self.deposits = Hidden(Optional(None));
    }
}

#[cfg(test)]
mod tests;
