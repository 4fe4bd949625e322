//! Event destinations (API v2, page "Event Destinations"): where events go, as snapshots or thin. A destination of the
//! type `webhook_endpoint`, the only one here, is a webhook endpoint underneath: it is stored as one, delivered to and
//! disabled as one, and each endpoint of `/v1` is shown here, too.
use super::{
    thin_event::{self, ThinEvent, no_type},
    webhook_endpoint::{self, Destination, New, Status, WebhookEndpoint, check_url, checked_types},
};
use crate::announce;
use api::{Cx, Endpoint, Fact, Leaf, Nothing, Noun, Object, Outcome, Stop, access::Application, done};
use base::{ApiError, Metadata, MetadataPatch, Named, Version};
use store::Bytes;
use wire::{Patch, Wire};

const ALL: &str = "/v2/core/event_destinations";
/// What events come from: the account itself.
const SELF: &str = "@self";
/// The accounts that are connected to it.
const ACCOUNTS: &str = "@accounts";
/// What an answer can show beside itself.
const URL: &str = "webhook_endpoint.url";
const SECRET: &str = "webhook_endpoint.signing_secret";
/// At most this many characters in a name or a description.
const TEXT_MAX: usize = 500;
/// The event of a ping.
const PING: &str = "v2.core.event_destination.ping";

/// Where events go.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EventDestination {
    /// `ed_…`, or `we_…` where it was made as a webhook endpoint.
    pub id: String,
    /// `v2.core.event_destination`.
    pub object: String,
    /// Of another type.
    pub amazon_eventbridge: Option<String>,
    /// Of another type.
    pub azure_event_grid: Option<String>,
    /// When it was made.
    pub created: String,
    /// The account's own words.
    pub description: String,
    /// The types that it wants, or `*`.
    pub enabled_events: Vec<String>,
    /// `snapshot` or `thin`.
    pub event_payload: Payload,
    /// Whose events: `@self`, `@accounts`.
    pub events_from: Vec<String>,
    /// Live or test.
    pub livemode: bool,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// The account's own name for it.
    pub name: String,
    /// The version that snapshots are rendered in.
    pub snapshot_api_version: Option<Version>,
    /// Whether it is delivered to.
    pub status: Status,
    /// Why it is not.
    pub status_details: Option<StatusDetails>,
    /// `webhook_endpoint`.
    pub r#type: Type,
    /// When it was last changed.
    pub updated: String,
    /// Where it is delivered to.
    pub webhook_endpoint: Option<Hook>,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Payload {
    /// The object as it was.
    Snapshot,
    /// Which object it was.
    Thin,
}

/// How events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// To a bus of Amazon; not from here.
    AmazonEventbridge,
    /// To a topic of Azure; not from here.
    AzureEventGrid,
    /// Over HTTP.
    WebhookEndpoint,
}

/// Why a destination is not delivered to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct StatusDetails {
    /// It was disabled.
    pub disabled: Option<Disabled>,
}

/// Why a destination was disabled.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Disabled {
    /// `user`.
    pub reason: String,
}

/// Where a destination is delivered to; shown as far as it was asked for.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Hook {
    /// What deliveries are signed with; only when it is made.
    pub signing_secret: Option<String>,
    /// The address.
    pub url: Option<String>,
}

impl Named for EventDestination {
    const NAME: &'static str = "v2.core.event_destination";
    const PREFIX: &'static str = webhook_endpoint::DESTINATION;
}
impl Object for EventDestination {
    const PATH: &'static str = ALL;
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<EventDestination>();
/// A ping is told to the destination that is pinged, thin, and to nobody else.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let one = "/v2/core/event_destinations/{id}";
    let name = EventDestination::NAME;
    let all = vec![
        Endpoint::leaves::<Shows>(ALL, name, |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("POST", ALL, name, |cx, p| Box::pin(create(cx, p))).tells_secret(),
        Endpoint::new("GET", one, name, |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", one, name, |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("DELETE", one, name, |cx, p| Box::pin(delete(cx, p))),
        Endpoint::new("POST", "/v2/core/event_destinations/{id}/disable", name, |cx, p| {
            let Nothing {} = p;
            Box::pin(enable(cx, false))
        }),
        Endpoint::new("POST", "/v2/core/event_destinations/{id}/enable", name, |cx, p| {
            let Nothing {} = p;
            Box::pin(enable(cx, true))
        }),
        Endpoint::new("POST", "/v2/core/event_destinations/{id}/ping", ThinEvent::NAME, |cx, p| {
            Box::pin(ping(cx, p))
        }),
    ];
    // The same right as for what it is underneath.
    all.into_iter().map(|endpoint| endpoint.permission(WebhookEndpoint::NAME)).collect()
}

/// What `POST /v2/core/event_destinations` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amazon_eventbridge: Option<Amazon>,
    azure_event_grid: Option<Azure>,
    description: Option<String>,
    enabled_events: Vec<String>,
    event_payload: Payload,
    events_from: Option<Vec<String>>,
    include: Vec<String>,
    metadata: MetadataPatch,
    name: String,
    snapshot_api_version: Option<Version>,
    r#type: Type,
    webhook_endpoint: Option<Address>,
}

/// A bus of Amazon.
#[derive(Debug, Wire)]
struct Amazon {
    aws_account_id: String,
    aws_region: String,
}

/// A topic of Azure.
#[derive(Debug, Wire)]
struct Azure {
    azure_region: String,
    azure_resource_group_name: String,
    azure_subscription_id: String,
}

impl Create {
    /// Whether it is a destination that this server can send to. Errors: it is in somebody's cloud.
    fn over_http(&self) -> Result<(), ApiError> {
        let amazon = self.amazon_eventbridge.as_ref().map(|Amazon { aws_account_id, aws_region }| {
            (Type::AmazonEventbridge, format!("{aws_account_id} in {aws_region}"))
        });
        let azure = self.azure_event_grid.as_ref().map(
            |Azure { azure_region, azure_resource_group_name, azure_subscription_id }| {
                let group = format!("{azure_resource_group_name} of {azure_subscription_id}");
                (Type::AzureEventGrid, format!("{group} in {azure_region}"))
            },
        );
        match (self.r#type, amazon.or(azure)) {
            (Type::WebhookEndpoint, None) => Ok(()),
            (Type::WebhookEndpoint, Some((cloud, _))) => {
                let message = "a destination of the type webhook_endpoint has no such member.";
                Err(invalid(cloud.as_str(), message))
            }
            (cloud, named) => {
                let where_to = named.map(|(_, place)| format!(" to {place}")).unwrap_or_default();
                let message = format!(
                    "this server sends events over HTTP alone, and none of the type {}{where_to}. Make a webhook_endpoint, and let that pass them on.",
                    cloud.as_str()
                );
                Err(invalid("type", &message))
            }
        }
    }
}

/// Where events are to be sent.
#[derive(Debug, Wire)]
struct Address {
    url: String,
}

/// What `POST /v2/core/event_destinations/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    description: Patch<String>,
    enabled_events: Option<Vec<String>>,
    include: Vec<String>,
    metadata: MetadataPatch,
    name: Option<String>,
    webhook_endpoint: Option<Address>,
}

/// What is to be shown besides.
#[derive(Debug, Wire)]
pub struct Shows {
    include: Vec<String>,
}

/// What is left of a deleted destination.
#[derive(Debug, Wire)]
pub struct Deleted {
    id: String,
    object: String,
}

fn invalid(param: &str, message: &str) -> ApiError {
    ApiError::invalid(400, format!("{param}: {message}")).param(param)
}

/// Whether the address is to be shown, and whether the secret. Errors: something else is asked for, or the secret where
/// it is not made.
fn included(include: &[String], made: bool) -> Result<(bool, bool), ApiError> {
    let known = |it: &str| it == URL || (made && it == SECRET);
    if let Some(at) = include.iter().position(|it| !known(it)) {
        let param = format!("include[{at}]");
        return Err(invalid(
            &param,
            &format!(
                "only {URL} can be included{}.",
                if made { format!(", or {SECRET}") } else { String::new() }
            ),
        ));
    }
    let has = |wanted: &str| include.iter().any(|it| it == wanted);
    Ok((has(URL), has(SECRET)))
}

/// The types of thin events without repetition. Errors: none, or one that does not exist.
fn checked_thin(types: Vec<String>) -> Result<Vec<String>, ApiError> {
    if types.is_empty() {
        return Err(ApiError::missing("enabled_events"));
    }
    let mut out: Vec<String> = Vec::with_capacity(types.len().min(thin_event::TYPES.len()));
    for (i, kind) in types.into_iter().enumerate() {
        if kind != "*" && thin_event::TYPES.binary_search(&kind.as_str()).is_err() {
            return Err(no_type(&format!("enabled_events[{i}]"), &kind));
        }
        if !out.contains(&kind) {
            out.push(kind);
        }
    }
    Ok(out)
}

fn checked(types: Vec<String>, thin: bool) -> Result<Vec<String>, ApiError> {
    if thin { checked_thin(types) } else { checked_types(types) }
}

fn short(param: &str, text: &str) -> Result<(), ApiError> {
    let long = text.chars().count() > TEXT_MAX;
    if long { Err(invalid(param, &format!("it may have up to {TEXT_MAX} characters."))) } else { Ok(()) }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.trim().is_empty() { Err(invalid("name", "it must not be empty.")) } else { short("name", name) }
}

impl EventDestination {
    /// The face of an endpoint, with its address where that is shown.
    fn of(endpoint: &WebhookEndpoint, url: bool) -> Self {
        let own = endpoint.destination.0.as_ref();
        let from = [(SELF, own.map_or(!endpoint.connect.0, |it| it.own)), (ACCOUNTS, endpoint.connect.0)];
        let by_itself = endpoint.failing.0.as_ref().is_some_and(|it| it.stopped.is_some());
        let by_user = endpoint.status == Status::Disabled && !by_itself;
        EventDestination {
            id: endpoint.id.clone(),
            object: EventDestination::NAME.into(),
            amazon_eventbridge: None,
            azure_event_grid: None,
            created: endpoint.created.to_iso(),
            description: endpoint.description.clone().unwrap_or_default(),
            enabled_events: endpoint.enabled_events.clone(),
            event_payload: if endpoint.is_thin() { Payload::Thin } else { Payload::Snapshot },
            events_from: from.iter().filter(|(_, it)| *it).map(|(name, _)| (*name).to_owned()).collect(),
            livemode: endpoint.livemode,
            metadata: endpoint.metadata.clone(),
            name: own.map(|it| it.name.clone()).or_else(|| endpoint.description.clone()).unwrap_or_default(),
            snapshot_api_version: endpoint.api_version.filter(|_| !endpoint.is_thin()),
            status: endpoint.status,
            status_details: by_user
                .then(|| StatusDetails { disabled: Some(Disabled { reason: "user".into() }) }),
            r#type: Type::WebhookEndpoint,
            updated: own.map_or(endpoint.created, |it| it.updated).to_iso(),
            webhook_endpoint: Some(Hook {
                signing_secret: None,
                url: Some(endpoint.url.clone()).filter(|_| url),
            }),
        }
    }
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<EventDestination> {
    p.over_http()?;
    let Create { description, enabled_events, event_payload, events_from, include, metadata, name, .. } = p;
    let (shows_url, shows_secret) = included(&include, true)?;
    let Some(Address { url }) = p.webhook_endpoint else {
        return Err(ApiError::missing("webhook_endpoint").into());
    };
    let (account, livemode) = (cx.caller.account.clone(), cx.caller.livemode);
    check_name(&name)?;
    short("description", description.as_deref().unwrap_or_default())?;
    check_url(&url, livemode, cx.world.dev).map_err(|error| error.param("webhook_endpoint[url]"))?;
    let from = events_from.unwrap_or_else(|| vec![SELF.to_owned()]);
    if let Some(at) = from.iter().position(|it| it != SELF && it != ACCOUNTS) {
        let message = format!("events come from {SELF} or {ACCOUNTS} here.");
        return Err(invalid(&format!("events_from[{at}]"), &message).into());
    }
    if from.is_empty() {
        return Err(invalid("events_from", &format!("name {SELF}, {ACCOUNTS} or both.")).into());
    }
    let thin = event_payload == Payload::Thin;
    if thin && p.snapshot_api_version.is_some() {
        let message = "thin events are not rendered in a version. Remove it.";
        return Err(invalid("snapshot_api_version", message).into());
    }
    let version = match p.snapshot_api_version {
        None if !thin => Some(announce::version_of(cx.world, &account, livemode).await?),
        given => given,
    };
    let (own, connect) = (from.iter().any(|it| it == SELF), from.iter().any(|it| it == ACCOUNTS));
    let application = if connect {
        let of = Application::of(&account, livemode);
        cx.find::<Application>("application_of", &of).await?.map(|application| application.id)
    } else {
        None
    };
    let new = New {
        account,
        livemode,
        api_version: version,
        application,
        connect,
        description,
        enabled_events: checked(enabled_events, thin)?,
        metadata: metadata.fresh()?,
        url,
        by: cx.caller.application.clone().filter(|_| cx.caller.is_connect()),
        destination: Some(Destination { name, thin, own, updated: cx.now() }),
    };
    let endpoint = webhook_endpoint::add(cx, new).await?;
    let mut it = EventDestination::of(&endpoint, shows_url);
    if let Some(hook) = &mut it.webhook_endpoint {
        hook.signing_secret = endpoint.secret.0.filter(|_| shows_secret);
    }
    done(it)
}

/// The endpoint that the URL names.
async fn named(cx: &mut Cx<'_>) -> Result<WebhookEndpoint, Stop> {
    let id = cx.path("id");
    let found = cx.get::<WebhookEndpoint>(id).await?;
    found.ok_or_else(|| ApiError::no_such(EventDestination::NAME, id, "id").into())
}

async fn retrieve(cx: &mut Cx<'_>, p: Shows) -> Outcome<EventDestination> {
    let (url, _) = included(&p.include, false)?;
    done(EventDestination::of(&named(cx).await?, url))
}

async fn list(cx: &mut Cx<'_>, p: Shows) -> Outcome<Leaf> {
    let (url, _) = included(&p.include, false)?;
    let api::Reply::Done(page) = cx.leaf::<WebhookEndpoint>(ALL, None, |_| true).await? else {
        return Err(api::fault("a list was refused"));
    };
    // What an older release wrote is read as it is now; hidden members are not in the public bytes.
    let mut items = Vec::with_capacity(page.items.len());
    for it in &page.items {
        let id = wire::from_json::<Itself>(it).map_err(|bad| api::fault(format!("{bad:?}")))?.id;
        if let Some(endpoint) = cx.peek::<WebhookEndpoint>(&id).await? {
            let mut out = Vec::with_capacity(1024);
            wire::write_struct(&EventDestination::of(&endpoint, url), &mut out);
            items.push(Bytes::from(out));
        }
    }
    done(page.showing(items))
}

/// The id of an object.
#[derive(Wire)]
struct Itself {
    id: String,
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<EventDestination> {
    let Update { description, enabled_events, include, metadata, name, webhook_endpoint: address } = p;
    let (shows_url, _) = included(&include, false)?;
    let mut endpoint = named(cx).await?;
    if let Patch::Set(text) = &description {
        short("description", text)?;
    }
    description.apply(&mut endpoint.description);
    if let Some(types) = enabled_events {
        endpoint.enabled_events = checked(types, endpoint.is_thin())?;
    }
    metadata.apply(&mut endpoint.metadata)?;
    if let Some(name) = name {
        check_name(&name)?;
        match &mut endpoint.destination.0 {
            Some(destination) => destination.name = name,
            // An endpoint of `/v1` has no name but its description.
            None => endpoint.description = Some(name),
        }
    }
    if let Some(Address { url }) = address {
        check_url(&url, endpoint.livemode, cx.world.dev)
            .map_err(|error| error.param("webhook_endpoint[url]"))?;
        endpoint.url = url;
    }
    put(cx, endpoint, shows_url).await
}

async fn enable(cx: &mut Cx<'_>, enabled: bool) -> Outcome<EventDestination> {
    let mut endpoint = named(cx).await?;
    endpoint.enable(enabled);
    put(cx, endpoint, false).await
}

async fn put(cx: &mut Cx<'_>, mut endpoint: WebhookEndpoint, url: bool) -> Outcome<EventDestination> {
    let account = cx.caller.account.clone();
    webhook_endpoint::change(cx, &account, &mut endpoint).await?;
    done(EventDestination::of(&endpoint, url))
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let endpoint = named(cx).await?;
    let account = cx.caller.account.clone();
    webhook_endpoint::remove(cx, &account, &endpoint).await?;
    done(Deleted { id: endpoint.id, object: EventDestination::NAME.into() })
}

/// Sends a destination an event that says nothing but that it is reached.
async fn ping(cx: &mut Cx<'_>, _: Nothing) -> Outcome<ThinEvent> {
    let endpoint = named(cx).await?;
    if endpoint.status == Status::Disabled {
        let message = format!("{} is disabled. Enable it, then ping it.", endpoint.id);
        return Err(ApiError::invalid(400, message).into());
    }
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    let mut object = Vec::with_capacity(512);
    wire::write_struct(&EventDestination::of(&endpoint, false), &mut object);
    let fact = Fact { account, live, kind: PING, object: object.into(), previous: None, only: None };
    let event = announce::tell_endpoint(cx, fact, &endpoint.id).await?;
    let (account, connect) = (&cx.caller.account, cx.caller.is_connect());
    let told = thin_event::thin(cx.world, &wire::to_json(&event), account, connect);
    done(told.ok_or_else(|| api::fault("a ping has no thin face"))?)
}
