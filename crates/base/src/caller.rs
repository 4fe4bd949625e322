//! Who calls, for which account, with which rights.
use crate::Version;
use std::net::IpAddr;

/// What the caller showed to get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, wire::Wire)]
pub enum Via {
    /// A secret key of the account itself, or of a platform that names a connected account.
    SecretKey,
    /// A publishable key: may create tokens, little else.
    PublishableKey,
    /// A restricted key: only what its permissions name.
    RestrictedKey,
    /// An OAuth access token of a connection.
    AccessToken,
    /// A key for an hour, for what one customer has.
    EphemeralKey,
    /// A person signed in on the pages.
    Session,
    /// Nobody in particular: the program itself, or a visitor.
    Anonymous,
}

/// What a connection allows (the OAuth `scope`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, wire::Wire)]
pub enum Scope {
    /// Reading only.
    ReadOnly,
    /// Reading and writing.
    ReadWrite,
}

impl Scope {
    /// The scope that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "read_only" => Some(Scope::ReadOnly),
            "read_write" => Some(Scope::ReadWrite),
            _ => None,
        }
    }
}

/// One caller of one request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose data: `acct_…`. Every key of the store is led by it.
    pub account: String,
    /// Live data or test data of that account.
    pub livemode: bool,
    /// What was shown.
    pub via: Via,
    /// The platform that acts for the account, through an access token or `Stripe-Account`.
    pub platform: Option<String>,
    /// The client id of the platform's application, `ca_…`, where a platform acts.
    pub application: Option<String>,
    /// What the caller may do.
    pub scope: Scope,
    /// What a restricted key may do, as `charge_write`.
    pub permissions: Vec<String>,
    /// The API version of the answer.
    pub version: Version,
    /// The key as it may be shown in a message: `sk_test_****1234`.
    pub shown_key: String,
    /// `req_…` of this request.
    pub request: String,
    /// The idempotency key that the caller sent.
    pub idempotency_key: Option<String>,
    /// The customer whose things are all that an ephemeral key opens.
    pub customer: Option<String>,
    /// Whether the request itself named the version.
    pub names_version: bool,
    /// The machine that asked, where it is known.
    pub client: Option<IpAddr>,
    /// What that machine says of its program (`User-Agent`).
    pub user_agent: Option<String>,
}

impl Caller {
    /// The program itself, acting on an account.
    pub fn system(account: impl Into<String>, livemode: bool) -> Self {
        Caller {
            account: account.into(),
            livemode,
            via: Via::Anonymous,
            platform: None,
            application: None,
            scope: Scope::ReadWrite,
            permissions: Vec::new(),
            version: Version::TODAY,
            shown_key: String::new(),
            request: String::new(),
            idempotency_key: None,
            customer: None,
            names_version: false,
            client: None,
            user_agent: None,
        }
    }
    /// A person who is signed in and acts on an account of theirs.
    pub fn session(account: impl Into<String>, livemode: bool) -> Self {
        Caller { via: Via::Session, ..Caller::system(account, livemode) }
    }
    /// Whether a platform acts for the account.
    pub fn is_connect(&self) -> bool {
        self.platform.is_some()
    }
}
