//! From what happened to who hears of it: one event for each fact, and one piece of due work for each endpoint that
//! listens, in the commit of the change itself.
mod listeners;

pub use listeners::{Link, Listener, Listeners, connected, disconnected, opened, pinned, version_of};

use crate::events::event::{Data, Event, Request};
use api::{Announce, Cx, Fact, Stop, access::Application};
use base::{Fut, Named, Timestamp};
use wire::{Optional, Raw, Wire};

/// The queue of deliveries.
pub const QUEUE: &str = "webhook";

/// A delivery to be made: one event to one endpoint. The body of a piece of due work.
#[derive(Debug, Clone, PartialEq, Eq, Wire)]
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
}

impl Delivery {
    /// The name of the work: an event goes to an endpoint once.
    pub fn id(&self) -> String {
        format!("{}.{}", self.event, self.endpoint)
    }
}

/// Turns facts into events and deliveries.
#[derive(Debug, Default, Clone, Copy)]
pub struct Announcer;

impl Announce for Announcer {
    fn announce<'a>(&'a self, cx: &'a mut Cx<'_>, facts: Vec<Fact>) -> Fut<'a, Result<(), Stop>> {
        Box::pin(async move {
            for fact in facts {
                tell(cx, fact).await?;
            }
            Ok(())
        })
    }
}

async fn tell(cx: &mut Cx<'_>, fact: Fact) -> Result<(), Stop> {
    let own = Listeners::peek(cx.world, &fact.account, fact.live).await?;
    let version = match &own {
        Some(own) => own.version,
        None => listeners::default_version(cx.world, &fact.account).await?,
    };
    let audience = match &fact.only {
        Some(client_id) => of_application(cx, client_id, fact.kind).await?,
        None => of_account(cx, &fact, own.as_ref()).await?,
    };
    let text = |json: &[u8]| String::from_utf8_lossy(json).into_owned();
    let event = Event {
        id: cx.new_id::<Event>(),
        object: Event::NAME.into(),
        api_version: Some(version),
        created: cx.now(),
        data: Data { object: Raw(text(&fact.object)), previous_attributes: Optional(fact.previous.map(Raw)) },
        livemode: fact.live,
        pending_webhooks: audience.len() as i64,
        request: Some(Request {
            id: Some(cx.caller.request.clone()).filter(|id| !id.is_empty()),
            idempotency_key: cx.caller.idempotency_key.clone(),
        }),
        r#type: fact.kind.into(),
    };
    cx.put_of(&fact.account, fact.live, &event);
    for Ear { owner, livemode, endpoint } in audience {
        let delivery = Delivery {
            account: fact.account.clone(),
            livemode: fact.live,
            event: event.id.clone(),
            owner,
            owner_livemode: livemode,
            endpoint,
            failed: 0,
        };
        let Timestamp(now) = cx.now();
        cx.later(QUEUE, now.saturating_mul(1000), delivery.id(), wire::to_json(&delivery));
    }
    Ok(())
}

/// An endpoint that hears of an event.
struct Ear {
    owner: String,
    livemode: bool,
    endpoint: String,
}

fn ears(owner: &str, livemode: bool, of: &Listeners, connect: bool, kind: &str) -> Vec<Ear> {
    let wanting = of.endpoints.iter().filter(|it| it.connect == connect && it.wants(kind));
    wanting.map(|it| Ear { owner: owner.to_owned(), livemode, endpoint: it.id.clone() }).collect()
}

/// The endpoints of one application: its farewell reaches it although the connection has ended.
async fn of_application(cx: &Cx<'_>, client_id: &str, kind: &str) -> Result<Vec<Ear>, Stop> {
    let Some(application) = cx.peek::<Application>(client_id).await? else { return Ok(Vec::new()) };
    let (platform, live) = (&application.platform.0, application.livemode.0);
    let listeners = Listeners::peek(cx.world, platform, live).await?;
    Ok(listeners.map_or(Vec::new(), |it| ears(platform, live, &it, true, kind)))
}

/// The account's own endpoints, and those of the platforms that are connected to it. An endpoint of test mode
/// hears of test events through either client id; one of live mode hears of both modes, through the production
/// client id.
async fn of_account(cx: &Cx<'_>, fact: &Fact, own: Option<&Listeners>) -> Result<Vec<Ear>, Stop> {
    let Some(own) = own else { return Ok(Vec::new()) };
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
            }
        }
    }
    Ok(audience)
}
