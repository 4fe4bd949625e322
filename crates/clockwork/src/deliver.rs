//! Webhooks: one event to one endpoint.
mod address;
mod outcome;

use crate::{
    Answer, Egress, Letter, Site, Slot, Unsent, Verdict, Work,
    letter::{self, Reader},
    meters, sign,
};
use address::{address, shown};
use api::{Object as _, World, trace};
use base::{Fut, Named as _};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use outcome::Outcome;
use resources::{
    announce::{self, Delivery},
    events::{
        event::{Event, Outline},
        thin_event,
        webhook_endpoint::{self, Status, WebhookEndpoint},
    },
};
use std::{sync::Arc, time::Instant};
use store::{Doc, Due, DueKey, Fault, Unit};
use tracing::{Instrument as _, Span, field::Empty};
use url::Url;

const USER_AGENT: HeaderValue = HeaderValue::from_static("Stripe/1.0 (+https://stripe.com/docs/webhooks)");
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// The queue of deliveries.
pub(crate) struct Webhooks {
    egress: Arc<dyn Egress>,
}

impl Webhooks {
    pub(crate) fn new(egress: Arc<dyn Egress>) -> Self {
        Webhooks { egress }
    }
}

impl Work for Webhooks {
    fn queue(&self) -> &'static str {
        announce::QUEUE
    }
    fn lane(&self, due: &Due) -> String {
        // The name of the work ends with the endpoint.
        due.key.id.rsplit_once('.').map_or(due.key.id.as_str(), |(_, endpoint)| endpoint).to_owned()
    }
    fn in_order(&self) -> bool {
        true
    }
    fn can_be_cut(&self) -> bool {
        true
    }
    fn perform<'a>(&'a self, site: &'a Site, due: Due, slot: Slot) -> Fut<'a, Result<Verdict, Fault>> {
        Box::pin(async move {
            let Ok(delivery) = wire::from_json::<Delivery>(&due.body) else {
                tracing::error!(work = due.key.id, "a delivery is not readable and was dropped");
                return drop_it(&site.api.world, due.key).await;
            };
            let span = trace::following(delivery.traceparent.0.as_deref(), || {
                tracing::info_span!(
                    target: trace::TARGET,
                    "deliver webhook",
                    otel.kind = "client",
                    event = delivery.event,
                    endpoint = delivery.endpoint,
                    attempt = delivery.failed + 1,
                    http.response.status_code = Empty,
                    otel.status_code = Empty,
                )
            });
            self.deliver(site, due.key, delivery, slot).instrument(span).await
        })
    }
}

/// What an attempt is made of.
struct Attempted {
    delivery: Delivery,
    endpoint: Arc<WebhookEndpoint>,
    /// The event as it is stored.
    event: Doc,
    /// Its type.
    kind: String,
    /// The endpoint's address as it may be shown.
    shown: String,
    /// What was sent, where it came to that.
    sent: Option<Sent>,
    ms: i64,
    /// Whether nobody waits until it is written down.
    patient: bool,
}

/// What was sent.
struct Sent {
    version: Option<&'static str>,
    headers: HeaderMap,
    bytes: usize,
}

impl Webhooks {
    async fn deliver(
        &self,
        site: &Site,
        key: DueKey,
        delivery: Delivery,
        slot: Slot,
    ) -> Result<Verdict, Fault> {
        let world = &site.api.world;
        let Delivery { owner, owner_livemode, account, livemode, .. } = &delivery;
        let place = WebhookEndpoint::PLACE;
        let at = place.key(WebhookEndpoint::NAME, owner, *owner_livemode, &delivery.endpoint);
        // A deleted endpoint hears nothing more, and an event that has expired is told no more.
        let Some(endpoint) = world.peek::<WebhookEndpoint>(&at).await? else {
            return drop_it(world, key).await;
        };
        let at = Event::PLACE.key(Event::NAME, account, *livemode, &delivery.event);
        let Some(event) = world.store.get(&at).await? else { return drop_it(world, key).await };
        let kind = match Outline::of(&event.public()) {
            Some(outline) => outline.kind.to_owned(),
            None => return Err(Fault::broken(format!("{} is not readable", at.path()))),
        };
        let address = address(&endpoint);
        let shown = address.as_ref().map_or_else(|_| String::new(), |(url, _)| shown(url));
        let mut it = Attempted { delivery, endpoint, event, kind, shown, sent: None, ms: 0, patient: false };
        if it.endpoint.status == Status::Disabled {
            return outcome::write_down(site, key, it, Outcome::Disabled).await;
        }
        let (url, basic) = match address {
            Ok(it) => it,
            Err(why) => return outcome::write_down(site, key, it, Outcome::Unsent(why)).await,
        };
        let (letter, version) = letter(world, &it, url, basic).await?;
        it.sent = Some(Sent { version, headers: letter.headers.clone(), bytes: letter.body.len() });
        let began = Instant::now();
        let answer = self.egress.post(letter).await;
        let took = began.elapsed();
        it.ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        meters::tried(&answer, took);
        told(&answer);
        let well = answer.as_ref().is_ok_and(Answer::is_receipt);
        it.patient = slot.leave(if well { Verdict::Well } else { Verdict::Badly });
        let outcome = answer.map_or_else(|unsent| Outcome::Unsent(unsent.to_string()), Outcome::Answered);
        outcome::write_down(site, key, it, outcome).await
    }
}

/// The letter, and the version of its event where it has one.
async fn letter(
    world: &World,
    it: &Attempted,
    url: Url,
    basic: Option<HeaderValue>,
) -> Result<(Letter, Option<&'static str>), Fault> {
    let Attempted { delivery, endpoint, event, kind, .. } = it;
    // Whoever hears of both is told whose it is where it is not their own.
    let connect =
        endpoint.connect.0 && (endpoint.destination.0.is_none() || delivery.owner != delivery.account);
    if endpoint.is_thin() || thin_event::only(kind) {
        let thin = thin_event::thin(world, &event.public(), &delivery.account, connect)
            .ok_or_else(|| Fault::broken(format!("{} has no thin face", event.key.path())))?;
        let body = Bytes::from(wire::to_json(&thin));
        let headers = headers(world, it, &body, basic)?;
        return Ok((Letter { url, headers, body }, None));
    }
    let version = match endpoint.api_version {
        Some(version) => version,
        None => announce::version_of(world, &delivery.owner, delivery.owner_livemode).await?,
    };
    let reader = Reader { account: &delivery.account, livemode: delivery.livemode, connect, version };
    let body = letter::body(world, &event.public(), reader).await?;
    let headers = headers(world, it, &body, basic)?;
    Ok((Letter { url, headers, body }, Some(version.as_str())))
}

fn headers(
    world: &World,
    it: &Attempted,
    body: &Bytes,
    basic: Option<HeaderValue>,
) -> Result<HeaderMap, Fault> {
    let Attempted { delivery, endpoint, .. } = it;
    let secrets = webhook_endpoint::signing(world, &delivery.owner, endpoint, world.clock.now())
        .map_err(|error| Fault::broken(format!("the secret of {}: {error}", endpoint.id)))?;
    let secrets: Vec<&str> = secrets.iter().map(|it| it.reveal()).collect();
    // The receiver compares with the time on its own wall, wherever the world's clock was moved to. Where it was
    // moved, a repetition may fall into the second of the attempt before, and must not look like it.
    let t = world.wall.now().plus(delivery.failed).0;
    let signature = sign::signature(&secrets, t, body, delivery.livemode);
    let signature =
        HeaderValue::from_str(&signature).map_err(|e| Fault::broken(format!("a signature: {e}")))?;
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    headers.insert(header::USER_AGENT, USER_AGENT);
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*; q=0.5, application/xml"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("stripe-signature", signature);
    if let Some(traceparent) = trace::traceparent().and_then(|it| HeaderValue::try_from(it).ok()) {
        headers.insert("traceparent", traceparent);
    }
    if let Some(basic) = basic {
        headers.insert(header::AUTHORIZATION, basic);
    }
    Ok(headers)
}

/// Tells the trace what became of an attempt.
fn told(answer: &Result<Answer, Unsent>) {
    let span = Span::current();
    if let Ok(answer) = answer {
        span.record("http.response.status_code", i64::from(answer.status));
    }
    if !answer.as_ref().is_ok_and(Answer::is_receipt) {
        span.record("otel.status_code", "ERROR");
    }
}

/// The work is done, and there is nothing to count.
async fn drop_it(world: &World, key: DueKey) -> Result<Verdict, Fault> {
    world.commit(Unit { done: vec![key], ..Unit::default() }).await?;
    Ok(Verdict::Well)
}
