//! Sessions of a command line: somebody at a terminal who reads along with the events or the requests of their
//! account, as `stripe listen` and `stripe logs tail` do. A session is begun with a key, and from then on its id
//! stands for the key. While a connection is open the session has a lease in the account's roster
//! ([`crate::announce::Listeners`]), and each event that it hears of is written down for it in the commit of the
//! event ([`heard`]), whichever node that happens on.
pub mod heard;

use crate::announce::{Lease, Listeners};
use api::{
    Api, Cx, Endpoint, Noun, Object, Outcome, Place, Stop, World,
    access::{Application, Credential},
    done,
};
use base::{ApiError, Caller, Named, Timestamp, Version};
use std::sync::Arc;
use store::{Fault, Query};
use wire::{Node, Optional, Wire};

/// How long a session lives, in seconds of the world's clock. Whoever still listens then begins another.
pub const LIFETIME: i64 = Timestamp::DAY;
/// After this many seconds a listener connects anew.
const RECONNECT: i64 = 600;
/// How long a lease is good for after it was renewed, in milliseconds of the wall's clock: a process may die, and a
/// listener may be gone for a moment.
const LEASE_MS: i64 = 60_000;
/// A lease is renewed when less than this is left of it.
const RENEW_MS: i64 = 30_000;
/// At most this many sessions of one mode of an account listen at once.
const LISTENING_MAX: usize = 16;
/// At most this many characters of what is sent along.
const TEXT_MAX: usize = 5_000;

/// What a session may read along with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Feature {
    /// Events as they are delivered to webhook endpoints.
    Webhooks,
    /// The requests of the account.
    RequestLogs,
    /// Events as they are delivered to event destinations: thin.
    V2Events,
}

/// Somebody's terminal.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CliSession {
    /// The digest of its id, which is a secret and kept nowhere.
    pub id: String,
    /// `cli_session`.
    pub object: String,
    /// Whose.
    pub account: String,
    /// Live or test.
    pub livemode: bool,
    /// What it reads along with.
    pub feature: Feature,
    /// Whether it hears of events as thin ones, too.
    pub thin: bool,
    /// Which requests, where it reads along with them.
    pub filters: Filters,
    /// The key that it was begun with, as it may be shown. It ends with the key.
    pub key: String,
    /// When it was begun.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// Which requests a session wants to see: those that fit every filter that is set.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Filters {
    /// `self`, `connect_in` or `connect_out`: whether a platform asked, and who.
    pub filter_account: Vec<String>,
    /// Addresses that requests come from.
    pub filter_ip_address: Vec<String>,
    /// Methods.
    pub filter_http_method: Vec<String>,
    /// Paths.
    pub filter_request_path: Vec<String>,
    /// `SUCCEEDED` or `FAILED`.
    pub filter_request_status: Vec<String>,
    /// `API` or `DASHBOARD`.
    pub filter_source: Vec<String>,
    /// Statuses.
    pub filter_status_code: Vec<String>,
    /// `200`, `400` or `500`: the hundred that the status is of.
    pub filter_status_code_type: Vec<String>,
}

impl Filters {
    /// Whether a request fits, as `account` sees it.
    pub fn fit(&self, line: &api::Logged, account: &str) -> bool {
        let among = |wanted: &[String], is: &str| {
            wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(is))
        };
        let part = match &line.platform {
            None => "self",
            Some(platform) if platform == account => "connect_out",
            Some(_) => "connect_in",
        };
        let outcome = if line.status < 300 { "SUCCEEDED" } else { "FAILED" };
        let client = line.client.map(|it| it.to_canonical().to_string()).unwrap_or_default();
        among(&self.filter_account, part)
            && among(&self.filter_ip_address, &client)
            && among(&self.filter_http_method, &line.method)
            && among(&self.filter_request_path, &line.path)
            && among(&self.filter_request_status, outcome)
            && among(&self.filter_source, "API")
            && among(&self.filter_status_code, &line.status.to_string())
            && among(&self.filter_status_code_type, &format!("{}00", line.status / 100))
    }
}

impl Named for CliSession {
    const NAME: &'static str = "cli_session";
    const PREFIX: &'static str = "cliws";
}
impl Object for CliSession {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires.0)
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<CliSession>();
/// Sessions cause no events.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/stripecli/sessions", CliSession::NAME, |cx, p| Box::pin(begin(cx, p)))
            .tells_secret(),
    ]
}

/// What `POST /v1/stripecli/sessions` takes.
#[derive(Debug, Wire)]
pub struct Begin {
    device_name: Option<String>,
    filters: Option<String>,
    forward_connect_to_url: Option<String>,
    forward_thin_connect_to_url: Option<String>,
    forward_thin_to_url: Option<String>,
    forward_to_url: Option<String>,
    websocket_features: Vec<Feature>,
}

/// What it answers.
#[derive(Debug, Wire)]
pub struct Begun {
    default_version: Version,
    device_token: String,
    display_connect_filter_warning: bool,
    latest_version: Version,
    reconnect_delay: i64,
    secret: Optional<String>,
    websocket_authorized_feature: Feature,
    websocket_id: String,
    websocket_url: String,
}

/// What events are signed with for the sessions of an account in a mode: the same each time, so that a program that
/// was told it once verifies what it hears tomorrow. It is kept nowhere.
pub fn secret(world: &World, account: &str, live: bool) -> String {
    let scope = format!("cli_session {account} {}", if live { "live" } else { "test" });
    let part = |name| world.vault.fingerprint(&scope, name);
    format!("whsec_{}{}", part("one"), part("two"))
}

async fn begin(cx: &mut Cx<'_>, p: Begin) -> Outcome<Begun> {
    if cx.caller.is_connect() {
        let message = "Sessions listen to the account that the key belongs to. Leave the connected account out: its events arrive with those of the platform.";
        return Err(ApiError::invalid(403, message).code("account_invalid").into());
    }
    let texts = [
        ("device_name", &p.device_name),
        ("filters", &p.filters),
        ("forward_connect_to_url", &p.forward_connect_to_url),
        ("forward_thin_connect_to_url", &p.forward_thin_connect_to_url),
        ("forward_thin_to_url", &p.forward_thin_to_url),
        ("forward_to_url", &p.forward_to_url),
    ];
    for (name, text) in texts {
        if text.as_ref().is_some_and(|text| text.len() > TEXT_MAX) {
            let message = format!("Invalid {name}: it can be at most {TEXT_MAX} characters.");
            return Err(ApiError::invalid(400, message).param(name).into());
        }
    }
    let thin = p.websocket_features.contains(&Feature::V2Events);
    let others = || p.websocket_features.iter().filter(|it| **it != Feature::V2Events);
    let feature = others().next().copied().or(thin.then_some(Feature::V2Events));
    let feature = feature.ok_or_else(|| ApiError::missing("websocket_features"))?;
    if others().any(|it| *it != feature) || thin && feature == Feature::RequestLogs {
        let message =
            "A session is for events (webhooks, v2_events) or for request_logs. Begin one for each.";
        return Err(ApiError::invalid(400, message).param("websocket_features").into());
    }
    let (account, livemode) = (cx.caller.account.clone(), cx.caller.livemode);
    let filters = filters(p.filters.as_deref())?;
    let roster = Listeners::peek(cx.world, &account, livemode).await?;
    let listening = roster.as_ref().map_or(0, |it| it.listening(cx.world.wall.now_ms()));
    let hears = feature != Feature::RequestLogs;
    if hears && listening >= LISTENING_MAX {
        let message = format!("{LISTENING_MAX} sessions listen already. End one of them first.");
        return Err(ApiError::invalid(429, message).code(ApiError::RATE_LIMIT).into());
    }
    let is_platform = cx.find::<Application>("application_of", &Application::of(&account, livemode)).await?;
    let websocket_id = format!("{}_{}", CliSession::PREFIX, cx.token(32));
    let session = CliSession {
        id: vault::digest(&websocket_id),
        object: CliSession::NAME.into(),
        account: account.clone(),
        livemode,
        feature,
        thin,
        key: cx.caller.shown_key.clone(),
        created: cx.now(),
        expires: cx.now().plus(LIFETIME),
        filters,
    };
    cx.put(&session);
    let origin = cx.world.origin.replacen("http", "ws", 1);
    done(Begun {
        default_version: crate::announce::version_of(cx.world, &account, livemode).await?,
        device_token: format!("device_{}", cx.token(24)),
        display_connect_filter_warning: !session.filters.filter_account.is_empty() && is_platform.is_none(),
        latest_version: Version::TODAY,
        reconnect_delay: RECONNECT,
        secret: Optional(hears.then(|| secret(cx.world, &account, livemode))),
        websocket_authorized_feature: feature,
        websocket_id,
        websocket_url: format!("{origin}/subscribe/{account}"),
    })
}

/// Filters as they are sent: JSON in a text.
fn filters(text: Option<&str>) -> Result<Filters, ApiError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Filters::default()) };
    let unreadable = |why: String| ApiError::invalid(400, format!("Invalid filters: {why}")).param("filters");
    let tree = Node::parse(text.as_bytes()).map_err(|e| unreadable(e.to_string()))?;
    wire::from_params(&tree).map_err(|bad| unreadable(ApiError::from(bad).message))
}

/// The session with this id, where it has not ended and its key is still good. Errors: the home failed.
pub async fn open(
    world: &World,
    account: &str,
    websocket_id: &str,
) -> Result<Option<Arc<CliSession>>, Fault> {
    let key = CliSession::PLACE.key(CliSession::NAME, "", false, &vault::digest(websocket_id));
    let Some(it) = world.peek::<CliSession>(&key).await? else { return Ok(None) };
    if it.account != account || it.expires <= world.clock.now() || !has_key(world, &it).await? {
        return Ok(None);
    }
    Ok(Some(it))
}

/// Whether the key that a session was begun with has not been revoked since.
async fn has_key(world: &World, it: &CliSession) -> Result<bool, Fault> {
    let mode = if it.livemode { 'l' } else { 't' };
    let by = Some(("holder", format!("{}|{mode}", it.account)));
    let query = Query::newest(store::HOUSE, false, Credential::NAME, by, 100);
    let held = world.store.list(&query).await?;
    let shows = |body: &[u8]| wire::from_json::<Credential>(body).is_ok_and(|key| key.shown == it.key);
    Ok(held.iter().any(|doc| shows(&doc.body)))
}

/// Gives a session its lease, or renews it where it is about to run out: what happens from here on is kept for it.
pub async fn tend(api: &Api, it: &CliSession) -> Result<(), Stop> {
    let now_ms = api.world.wall.now_ms();
    let roster = Listeners::peek(&api.world, &it.account, it.livemode).await?;
    let left_ms = roster.and_then(|roster| roster.until(&it.id)).map_or(0, |until| until - now_ms);
    if left_ms > RENEW_MS {
        return Ok(());
    }
    lease(api, it, Some(now_ms + LEASE_MS)).await
}

/// Ends a session's lease: its listener has said goodbye.
pub async fn leave(api: &Api, it: &CliSession) -> Result<(), Stop> {
    lease(api, it, None).await
}

async fn lease(api: &Api, it: &CliSession, until: Option<i64>) -> Result<(), Stop> {
    let caller = Caller::system(it.account.as_str(), it.livemode);
    let written = api
        .transact(&caller, |cx| {
            Box::pin(async move {
                let mut roster = Listeners::of(cx, &it.account, it.livemode).await?;
                let now_ms = cx.world.wall.now_ms();
                roster.sessions.retain(|lease| lease.until_ms > now_ms && lease.session != it.id);
                if let Some(until_ms) = until {
                    roster.sessions.push(Lease { session: it.id.clone(), until_ms });
                }
                cx.put_of(&it.account, it.livemode, &roster);
                done(())
            })
        })
        .await?;
    crate::connect::user::settle(written)
}

#[cfg(test)]
mod tests;
