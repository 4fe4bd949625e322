//! The connect flow: what a person sees between an application's button and the return to it.
//!
//! Every form posts to [`Flow::action`] with a field `do`: `sign_in`, `register`, `skip`, `approve`, `deny` or `sign_out`.

use serde::Serialize;

use super::{ApplicationCard, Choice, Chrome, Permission};
use crate::{Form, View};

/// Who asks for what; on every page of the flow.
#[derive(Clone, Debug, Serialize)]
pub struct Flow {
    /// Who asks.
    pub application: ApplicationCard,
    /// For what.
    pub scope: Permission,
    /// Whether the request came with the development client id.
    pub development: bool,
    /// Whether the account form may be skipped; shows the control for it.
    pub skip: bool,
    /// Where forms post: the authorize path with its query exactly as it came, so that nothing of it is lost.
    pub action: String,
    /// The same request with the other of sign-in and account form first.
    pub switch_url: String,
}

/// Sign-in on the way to consent. Fields: `email`, `password`.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectSignIn {
    /// The frame.
    pub chrome: Chrome,
    /// The request.
    pub flow: Flow,
    /// What was typed.
    pub form: Form,
}

impl View for ConnectSignIn {
    const TEMPLATE: &'static str = "connect_sign_in.html";
}

/// The account application form; [`crate::account_form`] fills and checks it.
///
/// Fields carry the names of the prefill parameters `stripe_user[…]` where there is one: `country`, `business_type`,
/// `business_name`, `url`, `product_description`, `statement_descriptor`, `first_name`, `last_name`, `dob_month`, `dob_day`,
/// `dob_year` (problems with any of the three go under `dob`), `phone_number`, `street_address`, `city`, `state`, `zip`,
/// `bank_country`, `currency`, `routing_number`, `account_number`, `email`, `password`.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectAccountForm {
    /// The frame.
    pub chrome: Chrome,
    /// The request.
    pub flow: Flow,
    /// What was typed or prefilled.
    pub form: Form,
    /// Countries of accounts and banks.
    pub countries: Vec<Choice>,
    /// Currencies of bank accounts.
    pub currencies: Vec<Choice>,
    /// Kinds of business; see [`crate::choices`].
    pub business_types: Vec<Choice>,
    /// Fewest characters a password may have.
    pub password_min: u32,
    /// The operator's account terms.
    pub terms_url: Option<String>,
}

impl View for ConnectAccountForm {
    const TEMPLATE: &'static str = "connect_account_form.html";
}

/// Consent. Field: `account`.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectConsent {
    /// The frame.
    pub chrome: Chrome,
    /// The request.
    pub flow: Flow,
    /// What was chosen, and what was wrong with it.
    pub form: Form,
    /// The person's accounts; a choice is offered when there are several.
    pub accounts: Vec<ConsentAccount>,
    /// The account marked at first; with none marked the person must choose.
    pub chosen: Option<String>,
    /// Email of the person.
    pub signed_in_as: String,
}

impl View for ConnectConsent {
    const TEMPLATE: &'static str = "connect_consent.html";
}

/// An account that could be connected.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentAccount {
    /// `acct_…`.
    pub id: String,
    /// Business name, or the email.
    pub name: String,
    /// Whether this application has access to it already.
    pub connected: bool,
}

/// A request that must not be answered by a redirect: unknown client or redirect URI.
#[derive(Clone, Debug, Serialize)]
pub struct OauthError {
    /// OAuth error code.
    pub code: String,
    /// What is wrong, for the developer.
    pub message: String,
    /// The offending value, as received.
    pub detail: Option<String>,
    /// How to put it right, where the server knows.
    pub hint: Option<String>,
    /// Id under which the log knows the request.
    pub request_id: Option<String>,
}

impl View for OauthError {
    const TEMPLATE: &'static str = "oauth_error.html";
}
