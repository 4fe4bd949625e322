//! Webhook endpoints: where events are delivered to (API page "Webhook Endpoints"). What is chosen by is mirrored in
//! [`crate::announce::Listeners`] in the same unit.
mod application_url;
mod health;
mod secrets;
mod types;

pub use application_url::set_application_url;
pub use health::{Failing, STOPPED_AFTER, Turn, WARNED_AFTER, follow, turn};
pub use secrets::{Rolled, roll, secret, signing};
pub(crate) use types::OPT_IN;

use crate::announce::{Listener, Listeners};
use api::{
    Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Place, Stop, access::Application, done,
    secrets::Sealed,
};
use base::{ApiError, Metadata, MetadataPatch, Named, Timestamp, Version};
use url::Url;
use wire::{Hidden, Optional, Patch, Wire};

/// At most this many endpoints in one mode of an account.
const ENDPOINTS_MAX: usize = 16;
/// At most this many characters in an address.
const URL_MAX: usize = 5000;

/// Where events are delivered to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct WebhookEndpoint {
    /// `we_…`.
    pub id: String,
    /// `webhook_endpoint`.
    pub object: String,
    /// The version that events are rendered in; the account's where none is named.
    pub api_version: Option<Version>,
    /// The client id of the application whose connected accounts it hears of.
    pub application: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// The account's own words.
    pub description: Option<String>,
    /// The types that it wants, or `*`.
    pub enabled_events: Vec<String>,
    /// Live or test.
    pub livemode: bool,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// What deliveries are signed with, `whsec_…`; shown once, when it is made.
    pub secret: Optional<String>,
    /// Whether it is delivered to.
    pub status: Status,
    /// The address, with the name and password of Basic authentication where it has them.
    pub url: String,
    /// Whether it hears of connected accounts instead of its own.
    pub connect: Hidden<bool>,
    /// The secret, sealed.
    pub sealed: Hidden<String>,
    /// The client id of the platform that made it on behalf of the account.
    pub by: Hidden<Option<String>>,
    /// The secret before this one, which deliveries are signed with as well for a while.
    pub rolled: Hidden<Option<Rolled>>,
    /// Since when nothing reaches it.
    pub failing: Hidden<Option<Failing>>,
    /// What it is besides, where it was made as an event destination.
    pub destination: Hidden<Option<Destination>>,
}

/// What an endpoint is besides, that was made as an event destination (API v2).
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Destination {
    /// The account's own name for it.
    pub name: String,
    /// Whether events are sent thin: what happened to which object, without the object.
    pub thin: bool,
    /// Whether it hears of the account's own events.
    pub own: bool,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// Whether an endpoint is delivered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It is not.
    Disabled,
    /// It is.
    Enabled,
}

impl Named for WebhookEndpoint {
    const NAME: &'static str = "webhook_endpoint";
    const PREFIX: &'static str = "we";
}
/// How ids of event destinations begin.
pub(crate) const DESTINATION: &str = "ed";

impl Object for WebhookEndpoint {
    const PATH: &'static str = "/v1/webhook_endpoints";
    const PLACE: Place = Place::Mixed(WebhookEndpoint::PREFIX, &[DESTINATION]);
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        let (kind, object) = (vault::Kind::WebhookSecret, self.id.clone());
        let before = self.rolled.0.as_mut().map(|it| &mut it.sealed);
        let texts = std::iter::once(&mut self.sealed.0).chain(before);
        texts.map(|text| Sealed { kind, object: object.clone(), text }).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<WebhookEndpoint>();
/// Nothing is told about endpoints.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let one = "/v1/webhook_endpoints/{id}";
    let all = WebhookEndpoint::PATH;
    vec![
        Endpoint::new("POST", all, "webhook_endpoint", |cx, p| Box::pin(create(cx, p))).tells_secret(),
        Endpoint::new("GET", one, "webhook_endpoint", |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", one, "webhook_endpoint", |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("DELETE", one, "webhook_endpoint", |cx, p| Box::pin(delete(cx, p))),
        Endpoint::list::<Nothing>(all, "webhook_endpoint", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/webhook_endpoints` takes.
#[derive(Debug, Wire)]
pub struct Create {
    api_version: Option<Version>,
    connect: Option<bool>,
    description: Option<String>,
    enabled_events: Option<Vec<String>>,
    metadata: MetadataPatch,
    url: String,
}

/// What `POST /v1/webhook_endpoints/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    description: Patch<String>,
    disabled: Option<bool>,
    enabled_events: Option<Vec<String>>,
    metadata: MetadataPatch,
    url: Option<String>,
}

/// What is left of a deleted endpoint.
#[derive(Debug, Wire)]
pub struct Deleted {
    id: String,
    object: String,
    deleted: bool,
}

impl WebhookEndpoint {
    fn listener(&self) -> Listener {
        Listener {
            id: self.id.clone(),
            connect: self.connect.0,
            enabled: self.status == Status::Enabled,
            events: self.enabled_events.clone(),
            by: self.by.0.clone(),
            own: Optional(self.destination.0.as_ref().map(|it| it.own)),
            thin: Optional(self.destination.0.as_ref().map(|it| it.thin)),
        }
    }
    /// Whether events are sent to it thin.
    pub fn is_thin(&self) -> bool {
        self.destination.0.as_ref().is_some_and(|it| it.thin)
    }
    /// Enables or disables it. What had failed before is forgotten by enabling it.
    pub(crate) fn enable(&mut self, enabled: bool) {
        self.status = if enabled { Status::Enabled } else { Status::Disabled };
        if enabled {
            self.failing.0 = None;
        }
    }
}

/// What a new endpoint of an account is made of.
pub(super) struct New {
    pub(super) account: String,
    pub(super) livemode: bool,
    pub(super) api_version: Option<Version>,
    pub(super) application: Option<String>,
    pub(super) connect: bool,
    pub(super) description: Option<String>,
    pub(super) enabled_events: Vec<String>,
    pub(super) metadata: Metadata,
    pub(super) url: String,
    pub(super) by: Option<String>,
    pub(super) destination: Option<Destination>,
}

/// Writes down a new endpoint, with its secret readable in what is returned.
pub(super) async fn add(cx: &mut Cx<'_>, new: New) -> Result<WebhookEndpoint, Stop> {
    let mut listeners = Listeners::of(cx, &new.account, new.livemode).await?;
    if listeners.endpoints.len() >= ENDPOINTS_MAX {
        let mode = if new.livemode { "live" } else { "test" };
        let message = format!(
            "You have reached the maximum of {ENDPOINTS_MAX} {mode} webhook endpoints. Delete one that is no longer used."
        );
        return Err(ApiError::invalid(400, message).into());
    }
    let id = match new.destination {
        Some(_) => cx.world.new_id(DESTINATION),
        None => cx.new_id::<WebhookEndpoint>(),
    };
    let (secret, sealed) = secrets::fresh(cx, &new.account, &id)?;
    let mut endpoint = WebhookEndpoint {
        id,
        object: WebhookEndpoint::NAME.into(),
        api_version: new.api_version,
        application: new.application,
        created: cx.now(),
        description: new.description,
        enabled_events: new.enabled_events,
        livemode: new.livemode,
        metadata: new.metadata,
        secret: Optional(None),
        status: Status::Enabled,
        url: new.url,
        connect: Hidden(new.connect),
        sealed: Hidden(sealed),
        by: Hidden(new.by),
        rolled: Hidden(None),
        failing: Hidden(None),
        destination: Hidden(new.destination),
    };
    listeners.endpoints.push(endpoint.listener());
    cx.put_of(&new.account, new.livemode, &listeners);
    cx.put_of(&new.account, new.livemode, &endpoint);
    endpoint.secret = Optional(Some(secret));
    Ok(endpoint)
}

/// Writes down a changed endpoint. A secret of old whose time is over goes.
pub(super) async fn change(
    cx: &mut Cx<'_>,
    account: &str,
    endpoint: &mut WebhookEndpoint,
) -> Result<(), Stop> {
    endpoint.rolled.0.take_if(|it| it.until <= cx.now());
    if let Some(destination) = &mut endpoint.destination.0 {
        destination.updated = cx.now();
    }
    let mut listeners = Listeners::of(cx, account, endpoint.livemode).await?;
    listeners.endpoints.retain(|it| it.id != endpoint.id);
    listeners.endpoints.push(endpoint.listener());
    cx.put_of(account, endpoint.livemode, &listeners);
    cx.put_of(account, endpoint.livemode, endpoint);
    Ok(())
}

/// Takes an endpoint away; what is still to be delivered to it is dropped.
pub(super) async fn remove(cx: &mut Cx<'_>, account: &str, endpoint: &WebhookEndpoint) -> Result<(), Stop> {
    let mut listeners = Listeners::of(cx, account, endpoint.livemode).await?;
    listeners.endpoints.retain(|it| it.id != endpoint.id);
    cx.put_of(account, endpoint.livemode, &listeners);
    cx.delete_of(account, endpoint.livemode, endpoint);
    Ok(())
}

/// The types without repetition. Errors: none, or one that does not exist.
pub(super) fn checked_types(types: Vec<String>) -> Result<Vec<String>, ApiError> {
    if types.is_empty() {
        return Err(ApiError::missing("enabled_events"));
    }
    let mut out: Vec<String> = Vec::with_capacity(types.len().min(types::TYPES.len()));
    for (i, kind) in types.into_iter().enumerate() {
        if kind != "*" && types::TYPES.binary_search(&kind.as_str()).is_err() {
            let shown: String = kind.chars().take(100).collect();
            let message = format!(
                "Invalid enabled_events[{i}]: '{shown}' is not a type of event. Name types such as charge.succeeded, or * for all."
            );
            return Err(ApiError::invalid(400, message).param(format!("enabled_events[{i}]")));
        }
        if !out.contains(&kind) {
            out.push(kind);
        }
    }
    Ok(out)
}

/// Checks the address of an endpoint. Errors: not absolute, not http or https, or plain http in live mode, which
/// only `dev` forgives.
pub fn check_url(text: &str, live: bool, dev: bool) -> Result<(), ApiError> {
    let invalid = |message: &str| Err(ApiError::invalid(400, message).code("url_invalid").param("url"));
    if text.len() > URL_MAX {
        return invalid("Invalid URL: it may have up to 5000 characters.");
    }
    // A parser of URLs passes over line breaks, which must not come near a header.
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return invalid("Invalid URL: it must not contain blanks or control characters.");
    }
    let Ok(url) = Url::parse(text) else {
        return invalid("Invalid URL: URL must be absolute and begin with http or https.");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return invalid("Invalid URL: An explicit scheme (such as https) must be provided.");
    }
    if live && !dev && url.scheme() != "https" {
        return invalid("Invalid URL: In live mode, the URL must begin with https.");
    }
    Ok(())
}

// Operations: read, decide, write down.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<WebhookEndpoint> {
    let Create { api_version, connect, description, enabled_events, metadata, url } = p;
    let (account, livemode) = (cx.caller.account.clone(), cx.caller.livemode);
    check_url(&url, livemode, cx.world.dev)?;
    let enabled_events = checked_types(enabled_events.unwrap_or_default())?;
    let connect = connect.unwrap_or(false);
    let application = if connect {
        let of = Application::of(&account, livemode);
        cx.find::<Application>("application_of", &of).await?.map(|application| application.id)
    } else {
        None
    };
    let new = New {
        account,
        livemode,
        api_version,
        application,
        connect,
        description,
        enabled_events,
        metadata: metadata.fresh()?,
        url,
        by: cx.caller.application.clone().filter(|_| cx.caller.is_connect()),
        destination: None,
    };
    done(add(cx, new).await?)
}

/// The endpoint that the URL names. One that was made as an event destination is none here.
async fn named(cx: &mut Cx<'_>) -> Result<WebhookEndpoint, Stop> {
    let endpoint: WebhookEndpoint = cx.must("id", cx.path("id")).await?;
    if endpoint.destination.0.is_some() {
        return Err(ApiError::no_such(WebhookEndpoint::NAME, &endpoint.id, "id").into());
    }
    Ok(endpoint)
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<WebhookEndpoint> {
    done(named(cx).await?)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<WebhookEndpoint> {
    let mut endpoint = named(cx).await?;
    let Update { description, disabled, enabled_events, metadata, url } = p;
    description.apply(&mut endpoint.description);
    if let Some(disabled) = disabled {
        endpoint.enable(!disabled);
    }
    if let Some(types) = enabled_events {
        endpoint.enabled_events = checked_types(types)?;
    }
    metadata.apply(&mut endpoint.metadata)?;
    if let Some(url) = url {
        check_url(&url, endpoint.livemode, cx.world.dev)?;
        endpoint.url = url;
    }
    let account = cx.caller.account.clone();
    change(cx, &account, &mut endpoint).await?;
    done(endpoint)
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let endpoint = named(cx).await?;
    let account = cx.caller.account.clone();
    remove(cx, &account, &endpoint).await?;
    done(Deleted { id: endpoint.id, object: endpoint.object, deleted: true })
}

/// Event destinations are listed by themselves.
async fn list(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    cx.page_where::<WebhookEndpoint>(None, |doc| doc.body.starts_with(br#"{"id":"we_"#)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, test, live, dev) in [
            ("https://example.com/hook", true, true, true),
            ("https://user:pass@example.com/hook?x=1", true, true, true),
            ("http://127.0.0.1:4000/hook", true, false, true),
            ("ftp://example.com/", false, false, false),
            ("not a url", false, false, false),
            ("/hook", false, false, false),
            ("http://", false, false, false),
            ("https://exa\nmple.com/", false, false, false),
            ("https://example.com/a b", false, false, false),
            ("javascript:alert(1)", false, false, false),
            ("", false, false, false),
        ] {
            assert_eq!(check_url(url, false, false).is_ok(), test, "{url}");
            assert_eq!(check_url(url, true, false).is_ok(), live, "{url}");
            assert_eq!(check_url(url, true, true).is_ok(), dev, "{url}");
        }
        assert!(check_url(&format!("https://example.com/{}", "x".repeat(URL_MAX)), false, true).is_err());
    }

    #[test]
    fn types_exist_and_stand_once() {
        let types = |all: &[&str]| checked_types(all.iter().map(|t| (*t).to_owned()).collect());
        assert_eq!(types(&["*"]).unwrap(), ["*"]);
        assert_eq!(types(&["charge.failed", "*", "charge.failed"]).unwrap(), ["charge.failed", "*"]);
        assert_eq!(types(&["*", "no.such"]).unwrap_err().param.as_deref(), Some("enabled_events[1]"));
        assert!(types(&["charge.*"]).is_err());
        assert!(types(&[]).is_err());
    }
}
