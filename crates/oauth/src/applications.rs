//! A platform's application: one form, two client ids.
use api::{Api, Stop, access::Application};
use base::{Scope, Timestamp};
use resources::connect::{account::Problems, user::User};

/// The settings of an application, as a person edits them. Fields of [`Problems`]: `name`, `url`, `icon`,
/// `redirect_uris`, `webhook_development`, `webhook_production`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What people see when they are asked to connect.
    pub name: String,
    /// The platform's website.
    pub url: Option<String>,
    /// A new icon: the bytes of the file. None keeps the one there is.
    pub icon: Option<Vec<u8>>,
    /// Whether to take the icon away.
    pub remove_icon: bool,
    /// Where codes may be sent; the development client id may use all of them, the production one those that
    /// begin with https. The first is the default.
    pub redirect_uris: Vec<String>,
    /// Where test events go.
    pub webhook_development: Option<String>,
    /// Where test and live events go.
    pub webhook_production: Option<String>,
}

/// The largest icon, in bytes.
pub const ICON_MAX: usize = 128 * 1024;

/// Both faces of an application.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// With the development client id.
    pub development: Application,
    /// With the production client id.
    pub production: Application,
}

/// What came of saving.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The application.
    pub pair: Pair,
    /// Signing secrets that were made just now, to be shown once: `development` or `production`, and the secret.
    pub secrets: Vec<(&'static str, String)>,
}

/// Ids that an application must have (the well-known one of `dev`).
#[derive(Debug, Clone)]
pub struct Ids {
    /// The development client id.
    pub development: String,
    /// The production client id.
    pub production: String,
}

/// An account that is connected to a platform.
#[derive(Debug, Clone)]
pub struct ConnectedAccount {
    /// `acct_…`.
    pub account: String,
    /// What people call it.
    pub name: String,
    /// The client id.
    pub client_id: String,
    /// What was allowed.
    pub scope: Scope,
    /// Whether through the production client id.
    pub livemode: bool,
    /// Since when.
    pub created: Timestamp,
}

/// What one account gave to one application.
#[derive(Debug, Clone)]
pub struct Authorized {
    /// `acct_…`.
    pub account: String,
    /// To whom.
    pub application: Application,
    /// What for.
    pub scope: Scope,
    /// Whether through the production client id.
    pub livemode: bool,
    /// Since when.
    pub created: Timestamp,
}

/// The application of a platform, if it has registered one.
pub async fn of(api: &Api, platform: &str) -> Result<Option<Pair>, Stop> {
    let _ = (api, platform);
    Err(api::fault("in the making"))
}
/// Registers the application of a platform, or changes it. `ids` matter at the first time only.
pub async fn save(
    api: &Api,
    platform: &str,
    it: &Settings,
    ids: Option<&Ids>,
) -> Result<Result<Saved, Problems>, Stop> {
    let _ = (api, platform, it, ids);
    Err(api::fault("in the making"))
}
/// The application with a client id, for showing its name and icon.
pub async fn by_client_id(api: &Api, client_id: &str) -> Result<Option<Application>, Stop> {
    let _ = (api, client_id);
    Err(api::fault("in the making"))
}
/// A picture as it may be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icon {
    /// `image/png` or `image/jpeg`.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}
/// The icon of an application. Its address should carry [`Application::icon`], which changes with it.
pub async fn icon(api: &Api, client_id: &str) -> Result<Option<Icon>, Stop> {
    let _ = (api, client_id);
    Err(api::fault("in the making"))
}
/// The accounts connected to a platform in a mode, newest first, older than the account `after`.
pub async fn connected(
    api: &Api,
    platform: &str,
    live: bool,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<ConnectedAccount>, Stop> {
    let _ = (api, platform, live, after, limit);
    Err(api::fault("in the making"))
}
/// What all accounts of a person gave to applications.
pub async fn authorized(api: &Api, user: &User) -> Result<Vec<Authorized>, Stop> {
    let _ = (api, user);
    Err(api::fault("in the making"))
}
