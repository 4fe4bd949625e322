//! Who listens: one small document per account and mode, kept beside the endpoints and connections themselves in
//! the same unit of work, so that an event finds its audience with a point read or two.
use crate::{
    connect::account::Account,
    events::{thin_event::thin_type, webhook_endpoint::OPT_IN},
};
use api::{Cx, Object, Stop, World};
use base::{Named, Version};
use std::sync::Arc;
use store::{Fault, Key};
use wire::{Optional, Wire};

/// The one document of its kind in an account and mode.
const ID: &str = "all";

/// Who listens to the events of an account in one mode.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Listeners {
    /// Always the same: there is one per account and mode.
    pub id: String,
    /// `listeners`.
    pub object: String,
    /// The API version of the account where nothing else is named.
    pub version: Version,
    /// The account's webhook endpoints of this mode.
    pub endpoints: Vec<Listener>,
    /// The connections through which platforms hear of this account in this mode.
    pub connections: Vec<Link>,
    /// Sessions of a command line that listen to the account, and through it to those connected to it.
    pub sessions: Vec<Lease>,
}

/// A session that listens, for as long as it says so again and again.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Lease {
    /// The session, as it is kept.
    pub session: String,
    /// Until when, in milliseconds of the wall's clock: where the world's is moved, nobody has gone away.
    pub until_ms: i64,
}

/// A webhook endpoint, as much of it as the choice needs.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Listener {
    /// `we_…`.
    pub id: String,
    /// Whether it hears of connected accounts instead of its own.
    pub connect: bool,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Types of events, or `*`.
    pub events: Vec<String>,
    /// The client id of the platform that made the endpoint on behalf of the account; it falls silent with the
    /// connection.
    pub by: Option<String>,
    /// Whether it hears of its own account's events; where nothing is said, the other of `connect`.
    pub own: Optional<bool>,
    /// Whether events are sent to it thin, and named so.
    pub thin: Optional<bool>,
}

/// A connection, as much of it as the choice needs.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Link {
    /// The client id.
    pub application: String,
    /// The account of the platform.
    pub platform: String,
    /// Whether it is a production client id.
    pub livemode: bool,
}

impl Named for Listeners {
    const NAME: &'static str = "listeners";
    const PREFIX: &'static str = "listeners";
}
impl Object for Listeners {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listener {
    /// Whether it hears of connected accounts (`connect`), or of its own.
    pub fn hears(&self, connect: bool) -> bool {
        if connect { self.connect } else { self.own.0.unwrap_or(!self.connect) }
    }
    /// Whether it wants events of this type.
    pub fn wants(&self, kind: &str) -> bool {
        if !self.enabled {
            return false;
        }
        let name = match self.thin.0 {
            Some(true) => thin_type(kind),
            _ => Some(kind),
        };
        let any = |wanted: &String| wanted == "*" && !OPT_IN.contains(&kind);
        name.is_some_and(|name| self.events.iter().any(|wanted| wanted == name || any(wanted)))
    }
}

impl Listeners {
    /// Where the document of an account and mode is kept.
    pub(crate) fn key(account: &str, live: bool) -> Key {
        Key::new(account, live, Listeners::NAME, ID)
    }
    fn empty(version: Version) -> Self {
        Listeners {
            id: ID.into(),
            object: Listeners::NAME.into(),
            version,
            endpoints: Vec::new(),
            connections: Vec::new(),
            sessions: Vec::new(),
        }
    }
    /// How many sessions listen at this time, in milliseconds of the wall's clock.
    pub(crate) fn listening(&self, now_ms: i64) -> usize {
        self.sessions.iter().filter(|lease| lease.until_ms > now_ms).count()
    }
    /// Until when a session listens.
    pub(crate) fn until(&self, session: &str) -> Option<i64> {
        self.sessions.iter().find(|lease| lease.session == session).map(|lease| lease.until_ms)
    }
    /// The document of an account and mode, to be changed.
    pub(crate) async fn of(cx: &mut Cx<'_>, account: &str, live: bool) -> Result<Self, Stop> {
        match cx.get_of(account, live, ID).await? {
            Some(it) => Ok(it),
            None => Ok(Listeners::empty(default_version(cx.world, account).await?)),
        }
    }
    /// The document as it may be a moment old.
    pub(crate) async fn peek(world: &World, account: &str, live: bool) -> Result<Option<Self>, Fault> {
        look(world, Listeners::key(account, live)).await
    }
}

/// Reads an object of the program's own past the unit of work.
async fn look<T: Object + Clone>(world: &World, key: Key) -> Result<Option<T>, Fault> {
    Ok(world.peek::<T>(&key).await?.map(Arc::unwrap_or_clone))
}

/// The API version of an account where the caller names none, as it was a moment ago.
pub async fn version_of(world: &World, account: &str, live: bool) -> Result<Version, Fault> {
    match Listeners::peek(world, account, live).await? {
        Some(it) => Ok(it.version),
        None => default_version(world, account).await,
    }
}

/// The API version of an account that is in no roster yet.
pub(crate) async fn default_version(world: &World, account: &str) -> Result<Version, Fault> {
    let key = Account::PLACE.key(Account::NAME, account, false, account);
    Ok(look::<Account>(world, key).await?.map_or(Version::TODAY, |it| it.version.0))
}

/// The API version of an account changed in this unit.
pub async fn pinned(cx: &mut Cx<'_>, account: &str, version: Version) -> Result<(), Stop> {
    for live in [false, true] {
        let mut it = Listeners::of(cx, account, live).await?;
        it.version = version;
        cx.put_of(account, live, &it);
    }
    Ok(())
}

/// A connection was made in this unit: from now on `platform` hears of `account`. `live`: made with the production
/// client id, which hears of live and test events. The announcer calls this when the application is welcomed.
pub async fn connected(
    cx: &mut Cx<'_>,
    account: &str,
    live: bool,
    client_id: &str,
    platform: &str,
) -> Result<(), Stop> {
    for mode in modes(live) {
        let mut it = Listeners::of(cx, account, *mode).await?;
        it.connections.retain(|link| link.application != client_id);
        it.connections.push(Link {
            application: client_id.to_owned(),
            platform: platform.to_owned(),
            livemode: live,
        });
        cx.put_of(account, *mode, &it);
    }
    Ok(())
}

/// A connection ended in this unit. `live` as it was in [`connected`].
pub async fn disconnected(cx: &mut Cx<'_>, account: &str, live: bool, client_id: &str) -> Result<(), Stop> {
    for mode in modes(live) {
        let mut it = Listeners::of(cx, account, *mode).await?;
        let before = it.connections.len();
        it.connections.retain(|link| link.application != client_id);
        if it.connections.len() != before {
            cx.put_of(account, *mode, &it);
        }
    }
    Ok(())
}

/// The modes whose events a connection tells.
fn modes(live: bool) -> &'static [bool] {
    if live { &[true, false] } else { &[false] }
}

/// Whether a connection is there. Asked for each event, so that whoever lost access hears nothing more, whatever
/// the roster says.
pub(crate) async fn is_connected(
    cx: &Cx<'_>,
    account: &str,
    live: bool,
    client_id: &str,
) -> Result<bool, Stop> {
    let key = Key::new(account, live, api::access::Connection::NAME, client_id);
    Ok(cx.world.store.get(&key).await?.is_some())
}
