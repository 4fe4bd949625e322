//! Events as they are delivered to webhook endpoints, to one session.
use super::{
    Connection, End,
    line::{Came, Line},
};
use base::{Named as _, Version};
use clockwork::Reader;
use resources::{
    announce,
    events::{
        cli_session::{self, Feature, heard},
        event::Event,
        thin_event,
    },
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use store::{Doc, Fault, Key};
use tokio::time::MissedTickBehavior;
use wire::Node;

/// How often is looked after the session, and for what other nodes wrote down where there are none.
const TICK: Duration = Duration::from_secs(1);
/// How often the lease is looked at.
const TEND: Duration = Duration::from_secs(5);
/// At most so many events are on their way.
const WINDOW: usize = 64;
/// An event must be acknowledged within this time.
const ACKNOWLEDGE_MAX: Duration = Duration::from_secs(30);

/// What is on its way, by conversation.
type Sent = BTreeMap<String, (Doc, heard::HeardEvent, Instant)>;

pub(super) async fn run(of: &Connection, line: &mut Line) -> End {
    match listen(of, line).await {
        Ok(end) => end,
        Err(fault) => {
            tracing::error!(%fault, account = of.session.account, "a listener was disconnected");
            End::Broken
        }
    }
}

async fn listen(of: &Connection, line: &mut Line) -> Result<End, Fault> {
    let Connection { api, session, .. } = of;
    let mut bell = api.bell.listen();
    let others = api.world.store.others_every();
    let mut tick = tokio::time::interval(others.unwrap_or(TICK));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tended: Option<Instant> = None;
    let mut sent = Sent::new();
    let mut look = true;
    loop {
        if tended.is_none_or(|at| at.elapsed() > TEND) {
            if !of.is_good().await? {
                return Ok(End::Farewell);
            }
            match cli_session::tend(api, session).await {
                Ok(()) => tended = Some(Instant::now()),
                Err(api::Stop::Fault(fault)) => return Err(fault),
                Err(stop) => tracing::debug!(?stop, "a lease was not renewed yet"),
            }
        }
        if look && sent.len() < WINDOW {
            look = false;
            if !send_waiting(of, line, &mut sent).await? {
                return Ok(End::Broken);
            }
        }
        tokio::select! {
            came = line.next() => match came {
                Came::Text(text) => {
                    if let Some((doc, it, _)) = acknowledged(&text).and_then(|it| sent.remove(&it)) {
                        look |= sent.len() + 1 == WINDOW;
                        heard::acknowledged(&api.world, &[(doc, it)]).await?;
                    }
                }
                Came::Nothing => {}
                Came::Farewell => return Ok(End::Farewell),
                Came::Broken => return Ok(End::Broken),
            },
            _ = bell.changed() => look = true,
            _ = tick.tick() => {
                look |= others.is_some();
                if !line.is_alive().await {
                    return Ok(End::Broken);
                }
                if sent.values().any(|(_, _, at)| at.elapsed() > ACKNOWLEDGE_MAX) {
                    tracing::debug!(account = session.account, "a listener does not acknowledge events");
                    return Ok(End::Broken);
                }
            }
        }
    }
}

/// The conversation that a message acknowledges.
fn acknowledged(text: &str) -> Option<String> {
    let tree = Node::parse(text.as_bytes()).ok()?;
    if tree.get("type")?.as_str()? != "event_ack" {
        return None;
    }
    // A thin event has no conversation; there its destination is named after it.
    let text = |name: &str| tree.get(name).and_then(Node::as_str).filter(|text| !text.is_empty());
    text("webhook_conversation_id").or(text("webhook_id")).map(str::to_owned)
}

/// Sends what waits, as far as the window allows. `false`: it is not taken.
async fn send_waiting(of: &Connection, line: &mut Line, sent: &mut Sent) -> Result<bool, Fault> {
    let world = &of.api.world;
    let waiting = heard::waiting(world, &of.session, WINDOW + sent.len()).await?;
    for (doc, it) in waiting {
        let conversation = it.id.replacen("heard_", "wc_", 1);
        if sent.len() >= WINDOW || sent.contains_key(&conversation) {
            continue;
        }
        let key = Key::new(&it.account, of.session.livemode, Event::NAME, &it.event);
        let Some(event) = world.store.get(&key).await? else {
            // Swept away since.
            heard::acknowledged(world, &[(doc, it)]).await?;
            continue;
        };
        let event = event.public();
        let mut messages = Vec::new();
        if of.session.thin {
            messages.extend(thin(of, &it, &event, &conversation));
        }
        if of.session.feature == Feature::Webhooks {
            for latest in [false, true] {
                messages.push(message(of, &it, &event, &conversation, latest).await?);
            }
        }
        if messages.is_empty() {
            // It has no thin face, and nobody asked for the other one.
            heard::acknowledged(world, &[(doc, it)]).await?;
            continue;
        }
        for text in messages {
            if !line.send(text).await {
                return Ok(false);
            }
        }
        sent.insert(conversation, (doc, it, Instant::now()));
    }
    Ok(true)
}

/// An event as its listener gets it: what would be posted to an endpoint, signed with the secret of the session.
/// Each goes out twice, in the version of the account and (`latest`) in today's; the listener takes the one it wants.
async fn message(
    of: &Connection,
    it: &heard::HeardEvent,
    event: &[u8],
    conversation: &str,
    latest: bool,
) -> Result<String, Fault> {
    let (world, session) = (&of.api.world, &of.session);
    let version = match latest {
        true => Version::TODAY,
        false => announce::version_of(world, &session.account, session.livemode).await?,
    };
    let connect = it.account != session.account;
    let reader = Reader { account: &it.account, livemode: session.livemode, connect, version };
    let body = clockwork::letter_body(world, event, reader).await?;
    let payload = String::from_utf8(body.to_vec()).map_err(|_| Fault::broken("an event is no text"))?;
    let text = |text: &str| Node::text(text.to_owned());
    let api_version = if latest { text(Version::TODAY.as_str()) } else { Node::Null };
    let told = Node::Map(vec![
        ("type".into(), text("webhook_event")),
        ("endpoint".into(), Node::Map(vec![("api_version".into(), api_version)])),
        ("http_headers".into(), headers(of, payload.as_bytes())),
        ("event_payload".into(), Node::text(payload)),
        ("webhook_conversation_id".into(), text(conversation)),
        ("webhook_id".into(), Node::text(format!("wh_{}", &session.id[..24.min(session.id.len())]))),
    ]);
    Ok(told.to_json())
}

/// The thin face of an event; `None` where it has none.
fn thin(of: &Connection, it: &heard::HeardEvent, event: &[u8], conversation: &str) -> Option<String> {
    let connect = it.account != of.session.account;
    let thin = thin_event::thin(&of.api.world, event, &it.account, connect)?;
    let payload = String::from_utf8(wire::to_json(&thin)).ok()?;
    let told = Node::Map(vec![
        ("type".into(), Node::text("v2_event")),
        ("http_headers".into(), headers(of, payload.as_bytes())),
        ("payload".into(), Node::text(payload)),
        ("destination_id".into(), Node::text(conversation.to_owned())),
    ]);
    Some(told.to_json())
}

/// The headers with which a body is posted, signed with the secret of the session.
fn headers(of: &Connection, body: &[u8]) -> Node<'static> {
    let (world, session) = (&of.api.world, &of.session);
    let secret = cli_session::secret(world, &session.account, session.livemode);
    let signature = clockwork::signature(&[&secret], world.wall.now().0, body, session.livemode);
    let headers = [
        ("Accept", "*/*; q=0.5, application/xml"),
        ("Cache-Control", "no-cache"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
        ("Stripe-Signature", &signature),
    ];
    Node::Map(headers.map(|(name, value)| (name.into(), Node::text(value.to_owned()))).into())
}
