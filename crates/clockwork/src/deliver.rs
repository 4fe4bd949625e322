//! Webhooks: one event to one endpoint.
use crate::{
    Attempt, Egress, Letter, Site, Unsent, Verdict, Work,
    letter::{self, Reader},
    meters, schedule, sign,
};
use api::{World, trace};
use base::{Fut, Named as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use resources::{
    announce::{self, Delivery},
    events::{
        event::{self, Event, Outline},
        webhook_endpoint::{self, Status, WebhookEndpoint},
    },
};
use std::{sync::Arc, time::Instant};
use store::{Commit, Doc, Due, DueKey, Fault, Key, Put, Unit};
use tracing::{Instrument as _, Span, field::Empty};
use url::Url;

const USER_AGENT: HeaderValue = HeaderValue::from_static("Stripe/1.0 (+https://stripe.com/docs/webhooks)");
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// How often it is tried to count a receipt while others count theirs.
const COUNT_ATTEMPTS: usize = 32;

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
    fn perform<'a>(&'a self, site: &'a Site, due: Due) -> Fut<'a, Result<Verdict, Fault>> {
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
            self.deliver(site, due.key, delivery).instrument(span).await
        })
    }
}

impl Webhooks {
    async fn deliver(&self, site: &Site, key: DueKey, delivery: Delivery) -> Result<Verdict, Fault> {
        let world = &site.api.world;
        let at =
            Key::new(&delivery.owner, delivery.owner_livemode, WebhookEndpoint::NAME, &delivery.endpoint);
        // A deleted endpoint hears nothing more, and an event that has expired is told no more.
        let Some(doc) = world.store.get(&at).await? else { return drop_it(world, key).await };
        let endpoint: WebhookEndpoint = wire::from_json(&doc.body)
            .map_err(|bad| Fault::broken(format!("{} is not readable: {bad:?}", at.path())))?;
        let at = Key::new(&delivery.account, delivery.livemode, Event::NAME, &delivery.event);
        let Some(doc) = world.store.get(&at).await? else { return drop_it(world, key).await };
        let event = doc.public();
        let Some(outline) = Outline::of(&event) else {
            return Err(Fault::broken(format!("{} is not readable", at.path())));
        };
        let started = Instant::now();
        let outcome = if endpoint.status == Status::Disabled {
            Err("the endpoint is disabled".to_owned())
        } else {
            match address(&endpoint) {
                Ok((url, basic)) => {
                    let letter = self.letter(world, &event, &delivery, &endpoint, url, basic).await?;
                    let began = Instant::now();
                    let answer = self.egress.post(letter).await;
                    meters::tried(&answer, began.elapsed());
                    told(&answer);
                    answer.map_err(|unsent: Unsent| unsent.to_string())
                }
                Err(why) => Err(why),
            }
        };
        let mut attempt = Attempt {
            at: world.clock.now().0,
            account: delivery.account.clone(),
            event: delivery.event.clone(),
            r#type: outline.kind.to_owned(),
            endpoint: delivery.endpoint.clone(),
            url: shown(&endpoint.url),
            attempt: delivery.failed + 1,
            status: outcome.as_ref().ok().map(|status| i64::from(*status)),
            outcome: String::new(),
            ms: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
            next: None,
        };
        match outcome {
            Ok(200..=299) => {
                count(world, doc, key).await?;
                attempt.outcome = "delivered".into();
                tracing::debug!(
                    event = attempt.event,
                    endpoint = attempt.endpoint,
                    ms = attempt.ms,
                    "delivered"
                );
                site.log.push(attempt);
                return Ok(Verdict::Well);
            }
            Ok(status @ 300..=399) => {
                attempt.outcome = format!("answered {status}: redirects are not followed");
            }
            Ok(status) => attempt.outcome = format!("answered {status}"),
            Err(why) => attempt.outcome = why,
        }
        self.failed(site, key, delivery, attempt).await
    }

    /// Writes down when it is tried again, or that it is tried no more.
    async fn failed(
        &self,
        site: &Site,
        key: DueKey,
        mut delivery: Delivery,
        mut attempt: Attempt,
    ) -> Result<Verdict, Fault> {
        let world = &site.api.world;
        delivery.failed = delivery.failed.saturating_add(1);
        let mut unit = Unit { done: vec![key.clone()], ..Unit::default() };
        let now_ms = world.clock.now_ms();
        if let Some(seconds) = schedule::next(delivery.livemode, delivery.failed) {
            let at_ms = now_ms + seconds * 1000;
            attempt.next = Some(at_ms / 1000);
            let key = DueKey { at_ms, ..key };
            unit.due.push(Due { key, body: Bytes::from(wire::to_json(&delivery)) });
        }
        let Attempt { event, endpoint, outcome, .. } = &attempt;
        match attempt.next {
            Some(next) => tracing::info!(event, endpoint, outcome, next, "not delivered; it is tried again"),
            None => {
                meters::given_up();
                tracing::warn!(event, endpoint, outcome, "not delivered; it is tried no more");
            }
        }
        site.log.push(attempt);
        world.commit(unit).await?;
        Ok(Verdict::Badly)
    }

    async fn letter(
        &self,
        world: &World,
        event: &[u8],
        delivery: &Delivery,
        endpoint: &WebhookEndpoint,
        url: Url,
        basic: Option<HeaderValue>,
    ) -> Result<Letter, Fault> {
        let version = match endpoint.api_version {
            Some(version) => version,
            None => announce::version_of(world, &delivery.owner, delivery.owner_livemode).await?,
        };
        let reader = Reader {
            account: &delivery.account,
            livemode: delivery.livemode,
            connect: endpoint.connect.0,
            version,
        };
        let body = letter::body(world, event, reader).await?;
        let secret = webhook_endpoint::secret(world, &delivery.owner, endpoint)
            .map_err(|error| Fault::broken(format!("the secret of {}: {error}", endpoint.id)))?;
        // The receiver compares with the time on its own wall, wherever the world's clock was moved to. Where it was
        // moved, a repetition may fall into the second of the attempt before, and must not look like it.
        let t = world.wall.now().plus(delivery.failed).0;
        let signature = sign::signature(secret.reveal(), t, &body);
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
        Ok(Letter { url, headers, body })
    }
}

/// Tells the trace what became of an attempt.
fn told(answer: &Result<u16, Unsent>) {
    let span = Span::current();
    if let Ok(status) = answer {
        span.record("http.response.status_code", i64::from(*status));
    }
    if !matches!(answer, Ok(200..=299)) {
        span.record("otel.status_code", "ERROR");
    }
}

/// The address of an endpoint, and its name and password as Basic authentication.
fn address(endpoint: &WebhookEndpoint) -> Result<(Url, Option<HeaderValue>), String> {
    let mut url = Url::parse(&endpoint.url).map_err(|e| format!("the URL is not valid: {e}"))?;
    if url.username().is_empty() && url.password().is_none() {
        return Ok((url, None));
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = decode(url.username());
    pair.push(b':');
    pair.extend(decode(url.password().unwrap_or_default()));
    let basic = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair)));
    let mut basic = basic.map_err(|e| format!("the URL's credentials are not valid: {e}"))?;
    basic.set_sensitive(true);
    // These cannot fail for a URL with a host.
    let plain = url.set_username("").and_then(|()| url.set_password(None));
    plain.map_err(|()| "the URL has no host".to_owned())?;
    Ok((url, Some(basic)))
}

/// An address as it may be shown: without credentials and query, which may be secrets.
fn shown(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
        }
        Err(_) => String::new(),
    }
}

/// The work is done, and there is nothing to count.
async fn drop_it(world: &World, key: DueKey) -> Result<Verdict, Fault> {
    world.commit(Unit { done: vec![key], ..Unit::default() }).await?;
    Ok(Verdict::Well)
}

/// Counts the receipt in the event, in the commit that ends the work.
async fn count(world: &World, mut doc: Doc, key: DueKey) -> Result<(), Fault> {
    for _ in 0..COUNT_ATTEMPTS {
        let unreadable = || Fault::broken(format!("{} is not readable", doc.key.path()));
        let Outline { created, pending, .. } = Outline::of(&doc.body).ok_or_else(unreadable)?;
        let body = event::with_pending(&doc.body, pending - 1).ok_or_else(unreadable)?;
        let put = Put {
            key: doc.key.clone(),
            expect: doc.version,
            body: Some(Bytes::from(body)),
            index: Vec::new(),
            stale: Vec::new(),
            expires: Some(created + event::KEPT),
        };
        let unit = Unit { puts: vec![put], done: vec![key.clone()], ..Unit::default() };
        if world.commit(unit).await? == Commit::Done {
            return Ok(());
        }
        match world.store.get(&doc.key).await? {
            Some(fresh) => doc = fresh,
            None => break,
        }
    }
    world.commit(Unit { done: vec![key], ..Unit::default() }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn addresses_are_shown_without_their_secrets() {
        assert_eq!(shown("https://user:pass@example.com:8443/hook?key=1#x"), "https://example.com:8443/hook");
        assert_eq!(shown("http://[::1]:80/"), "http://[::1]/");
        assert_eq!(shown("nonsense"), "");
    }
}
