//! What a person decides about an ask.
use crate::{Ask, Refusal};
use api::{Api, Stop};
use base::Scope;
use resources::connect::{
    account::{ApplicationForm, Problems},
    session::Started,
    user::User,
};

/// An account that a person could connect.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// `acct_…`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What the application may do there already.
    pub connected: Option<Scope>,
}

/// Somebody who fills in the account form on the way.
#[derive(Clone)]
pub struct Registration {
    /// Their address.
    pub email: String,
    /// The hash of their password, from [`vault::hash_password`].
    pub password_hash: String,
    /// The rest of the form.
    pub form: ApplicationForm,
    /// The token of the browser's session, which is replaced.
    pub old_token: Option<String>,
}

/// What came of a registration.
#[derive(Clone)]
pub struct Registered {
    /// The session that has begun.
    pub started: Started,
    /// Where the person goes now: back to the application.
    pub url: String,
}

/// The accounts of a person that could be connected: all but the platform's own.
pub async fn candidates(api: &Api, ask: &Ask, user: &User) -> Result<Vec<Candidate>, Stop> {
    let _ = (api, ask, user);
    Err(api::fault("in the making"))
}
/// Where somebody goes who need not be asked: their only account is connected already and `always_prompt` is not set.
pub async fn already_connected(api: &Api, ask: &Ask, user: &User) -> Result<Option<String>, Stop> {
    let _ = (api, ask, user);
    Err(api::fault("in the making"))
}
/// The person says yes for one of their accounts; returns where they go now. Errors: not their account.
pub async fn approve(
    api: &Api,
    ask: &Ask,
    user: &User,
    account: &str,
) -> Result<Result<String, Refusal>, Stop> {
    let _ = (api, ask, user, account);
    Err(api::fault("in the making"))
}
/// The account form, handed in: the person, the account and the connection, or nothing of it.
pub async fn register(api: &Api, ask: &Ask, it: &Registration) -> Result<Result<Registered, Problems>, Stop> {
    let _ = (api, ask, it);
    Err(api::fault("in the making"))
}
/// The account form is skipped: an account that is not activated is opened and connected. Errors: not with the
/// production client id.
pub async fn skip_form(api: &Api, ask: &Ask) -> Result<Result<String, Refusal>, Stop> {
    let _ = (api, ask);
    Err(api::fault("in the making"))
}
