//! Connections: one application has access to one account. Kept in the account that gave the access, and
//! mirrored on the platform's side so that it can list its connected accounts.
use crate::Object;
use base::{Named, Scope, Timestamp};
use wire::Wire;

/// What an account gave to an application; its id is the client id.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Connection {
    /// The client id of the application.
    pub id: String,
    /// `connection`.
    pub object: String,
    /// The account of the platform.
    pub platform: String,
    /// The account that is connected.
    pub account: String,
    /// Whether it was made with the production client id.
    pub livemode: bool,
    /// What the person allowed.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
    /// Another text each time the pair is connected anew: codes and refresh tokens of an earlier connection are
    /// worth nothing.
    pub generation: String,
    /// How often tokens were rolled; written with each roll, so that two at once meet here.
    pub rolled: i64,
    /// The publishable key in test mode that came with it.
    pub publishable_test: Option<String>,
    /// The publishable key in live mode that came with it.
    pub publishable_live: Option<String>,
}

impl Named for Connection {
    const NAME: &'static str = "connection";
    const PREFIX: &'static str = "conn";
}
impl Object for Connection {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The platform's side of a connection; its id is the connected account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Connected {
    /// The account that is connected.
    pub id: String,
    /// `connected_account`.
    pub object: String,
    /// The client id that it was connected with.
    pub application: String,
    /// What the person allowed.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
}

impl Named for Connected {
    const NAME: &'static str = "connected_account";
    const PREFIX: &'static str = "conn";
}
impl Object for Connected {
    fn id(&self) -> &str {
        &self.id
    }
}
