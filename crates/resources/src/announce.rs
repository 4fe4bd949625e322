//! From what happened to who hears of it: one event for each fact, and one piece of due work for each endpoint that
//! listens, in the commit of the change itself.
mod listeners;

pub(crate) use listeners::is_connected;
pub use listeners::{Lease, Link, Listener, Listeners, connected, disconnected, pinned, version_of};

use crate::{
    billing::invoice,
    connect::{account, application},
    events::{
        cli_session::heard::HeardEvent,
        event::{Data, Event, Request},
    },
    mail,
    payments::settlement,
    test_helpers::test_clock,
};
use api::{Announce, Cx, Fact, Stop, access::Application};
use base::{Fut, Named, Timestamp, Version};
use wire::{Optional, Raw, Wire};

/// The queue of deliveries.
pub const QUEUE: &str = "webhook";

/// A delivery to be made: one event to one endpoint. The body of a piece of due work.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Delivery {
    /// Whose event it is.
    pub account: String,
    /// The mode of the event.
    pub livemode: bool,
    /// `evt_…`.
    pub event: String,
    /// Whose endpoint it is.
    pub owner: String,
    /// The mode of the endpoint.
    pub owner_livemode: bool,
    /// `we_…`.
    pub endpoint: String,
    /// How many attempts have failed.
    pub failed: i64,
    /// The context in which it happened (W3C Trace Context), where that is recorded.
    pub traceparent: Optional<String>,
    /// What tells it from others of the event to the endpoint, where somebody asked for it by hand. It is tried once.
    pub manual: Optional<String>,
}

impl Delivery {
    /// The name of the work, led by the account that it goes with: an event goes to an endpoint once by itself.
    pub fn id(&self) -> String {
        let Delivery { account, event, endpoint, .. } = self;
        match &self.manual.0 {
            Some(manual) => format!("{account}/{event}!{manual}.{endpoint}"),
            None => format!("{account}/{event}.{endpoint}"),
        }
    }
}

/// Turns facts into events and deliveries, and writes down the settlement of what moved with them and what is due by a
/// clock of its own.
#[derive(Debug, Default, Clone, Copy)]
pub struct Announcer;

impl Announce for Announcer {
    fn announce<'a>(&'a self, cx: &'a mut Cx<'_>, facts: Vec<Fact>) -> Fut<'a, Result<(), Stop>> {
        Box::pin(async move {
            let changed = |fact: &&Fact| fact.kind == account::UPDATED;
            let changed: Vec<_> =
                facts.iter().filter(changed).map(|fact| (fact.account.clone(), fact.live)).collect();
            settlement::follow(cx, &changed).await?;
            mail::follow(cx, &facts).await?;
            test_clock::keep_plans(cx).await?;
            // What a unit says of connections it writes into the rosters itself.
            let connects = facts.iter().any(|fact| fact.only.is_some());
            for fact in facts {
                match fact.only.clone() {
                    Some(client_id) => tell_application(cx, fact, &client_id).await?,
                    None => tell_account(cx, fact, connects).await?,
                }
            }
            Ok(())
        })
    }
}

/// Tells an application of its connection, and takes the connection up in the roster, or out of it: whoever was
/// welcomed hears of the account from now on. The farewell reaches it although the connection has ended.
async fn tell_application(cx: &mut Cx<'_>, fact: Fact, client_id: &str) -> Result<(), Stop> {
    let application = cx.peek::<Application>(client_id).await?;
    let Some(Application { platform, livemode, .. }) = application else { return Ok(()) };
    match fact.kind {
        application::AUTHORIZED => {
            connected(cx, &fact.account, livemode.0, client_id, &platform.0).await?;
        }
        application::DEAUTHORIZED => disconnected(cx, &fact.account, livemode.0, client_id).await?,
        _ => {}
    }
    let theirs = Listeners::peek(cx.world, &platform.0, livemode.0).await?;
    let audience = theirs.map_or(Vec::new(), |it| {
        let mut audience = ears(&platform.0, livemode.0, &it, true, fact.kind);
        audience.extend(sessions(cx, &platform.0, livemode.0, &it));
        audience
    });
    let version = version_of(cx.world, &fact.account, fact.live).await?;
    write(cx, fact, version, audience);
    Ok(())
}

async fn tell_account(cx: &mut Cx<'_>, fact: Fact, connects: bool) -> Result<(), Stop> {
    let own = match Listeners::peek(cx.world, &fact.account, fact.live).await? {
        Some(own) => own,
        None => {
            // The first event of the account in this mode; the next one finds the roster at once.
            let own = Listeners::of(cx, &fact.account, fact.live).await?;
            if !connects {
                cx.put_of(&fact.account, fact.live, &own);
            }
            own
        }
    };
    let audience = of_account(cx, &fact, &own).await?;
    let (account, live) = (fact.account.clone(), fact.live);
    let event = write(cx, fact, own.version, audience);
    if event.r#type == invoice::CREATED && event.pending_webhooks > 0 {
        Box::pin(invoice::told(cx, &account, live, &event)).await?;
    }
    Ok(())
}

/// Tells one endpoint of the account, and nobody else.
pub(crate) async fn tell_endpoint(cx: &mut Cx<'_>, fact: Fact, endpoint: &str) -> Result<Event, Stop> {
    let version = version_of(cx.world, &fact.account, fact.live).await?;
    let ear = Ear {
        owner: fact.account.clone(),
        livemode: fact.live,
        endpoint: endpoint.to_owned(),
        is_session: false,
    };
    Ok(write(cx, fact, version, vec![ear]))
}

/// Writes down the event and its deliveries.
fn write(cx: &mut Cx<'_>, fact: Fact, version: Version, audience: Vec<Ear>) -> Event {
    let object = std::str::from_utf8(&fact.object).unwrap_or("null").to_owned();
    let event = Event {
        id: cx.new_id::<Event>(),
        object: Event::NAME.into(),
        api_version: Some(version),
        created: cx.world_now(),
        data: Data { object: Raw(object), previous_attributes: Optional(fact.previous.map(Raw)) },
        livemode: fact.live,
        pending_webhooks: audience.iter().filter(|ear| !ear.is_session).count() as i64,
        request: Some(Request {
            // What is due has a name of its own, for the asks that it may have; nobody requested it.
            id: Some(cx.caller.request.clone()).filter(|id| id.starts_with("req_")),
            idempotency_key: cx.caller.idempotency_key.clone(),
        }),
        r#type: fact.kind.into(),
    };
    cx.put_of(&fact.account, fact.live, &event);
    let traceparent = api::trace::traceparent();
    for Ear { owner, livemode, endpoint, is_session } in audience {
        if is_session {
            overhear(cx, &owner, livemode, &endpoint, &fact.account, &event.id);
            continue;
        }
        let delivery = Delivery {
            account: fact.account.clone(),
            livemode: fact.live,
            event: event.id.clone(),
            owner,
            owner_livemode: livemode,
            endpoint,
            failed: 0,
            traceparent: Optional(traceparent.clone()),
            manual: Optional(None),
        };
        let Timestamp(now) = cx.world_now();
        cx.later(QUEUE, now.saturating_mul(1000), delivery.id(), wire::to_json(&delivery));
    }
    event
}

/// Writes down that the sessions that listen to `owner` have yet to hear of an event of `account`.
pub(crate) async fn tell_sessions(
    cx: &mut Cx<'_>,
    owner: &str,
    livemode: bool,
    account: &str,
    event: &str,
) -> Result<(), Stop> {
    let Some(roster) = Listeners::peek(cx.world, owner, livemode).await? else { return Ok(()) };
    for ear in sessions(cx, owner, livemode, &roster) {
        overhear(cx, owner, livemode, &ear.endpoint, account, event);
    }
    Ok(())
}

/// Writes down that a session has yet to hear of an event of `account`.
fn overhear(cx: &mut Cx<'_>, owner: &str, livemode: bool, session: &str, account: &str, event: &str) {
    let heard = HeardEvent {
        id: cx.new_id::<HeardEvent>(),
        object: HeardEvent::NAME.into(),
        session: session.to_owned(),
        account: account.to_owned(),
        event: event.to_owned(),
        created: cx.world_now(),
    };
    cx.put_of(owner, livemode, &heard);
}

/// An endpoint that hears of an event, or a session.
struct Ear {
    owner: String,
    livemode: bool,
    endpoint: String,
    is_session: bool,
}

fn ears(owner: &str, livemode: bool, of: &Listeners, connect: bool, kind: &str) -> Vec<Ear> {
    let wanting = of.endpoints.iter().filter(|it| it.hears(connect) && it.wants(kind));
    let ear =
        |it: &Listener| Ear { owner: owner.to_owned(), livemode, endpoint: it.id.clone(), is_session: false };
    wanting.map(ear).collect()
}

/// The sessions that listen to an account. They hear everything of its mode and choose for themselves.
fn sessions(cx: &Cx<'_>, owner: &str, livemode: bool, of: &Listeners) -> Vec<Ear> {
    if of.sessions.is_empty() {
        return Vec::new();
    }
    let now_ms = cx.world.wall.now_ms();
    let listening = of.sessions.iter().filter(|lease| lease.until_ms > now_ms);
    let ear = |lease: &Lease| Ear {
        owner: owner.to_owned(),
        livemode,
        endpoint: lease.session.clone(),
        is_session: true,
    };
    listening.map(ear).collect()
}

/// The account's own endpoints, and those of the platforms that are connected to it. An endpoint of test mode
/// hears of test events through either client id; one of live mode hears of both modes, through the production
/// client id.
async fn of_account(cx: &Cx<'_>, fact: &Fact, own: &Listeners) -> Result<Vec<Ear>, Stop> {
    let mut links = Vec::with_capacity(own.connections.len());
    for link in &own.connections {
        if listeners::is_connected(cx, &fact.account, link.livemode, &link.application).await? {
            links.push(link);
        }
    }
    let mut audience = ears(&fact.account, fact.live, own, false, fact.kind);
    audience.retain(|ear| {
        let by = own.endpoints.iter().find(|it| it.id == ear.endpoint).and_then(|it| it.by.as_ref());
        by.is_none_or(|by| links.iter().any(|link| link.application == *by))
    });
    audience.extend(sessions(cx, &fact.account, fact.live, own));
    // A platform may be connected with both of its client ids; its endpoints hear of an event once.
    let mut told: Vec<(&str, bool)> = Vec::new();
    for link in links {
        let modes: &[bool] = match (link.livemode, fact.live) {
            (true, true) => &[true],
            (true, false) => &[true, false],
            (false, false) => &[false],
            (false, true) => &[],
        };
        for live in modes {
            if told.contains(&(&link.platform, *live)) {
                continue;
            }
            told.push((&link.platform, *live));
            if let Some(theirs) = Listeners::peek(cx.world, &link.platform, *live).await? {
                audience.extend(ears(&link.platform, *live, &theirs, true, fact.kind));
                if *live == fact.live {
                    audience.extend(sessions(cx, &link.platform, *live, &theirs));
                }
            }
        }
    }
    Ok(audience)
}
