//! What became of an attempt, written down in one commit: the attempt itself, the receipt in the event or the time of the
//! next attempt, and the end of this work.
use super::Attempted;
use crate::{Answer, Site, Verdict, meters, schedule};
use api::{Object as _, Stop, World, done};
use base::{Caller, Named as _, Timestamp};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, header};
use resources::{
    announce::Delivery,
    events::{
        attempt::{self, Attempt, Header, Response},
        event::{self, Outline},
        webhook_endpoint::{self, Turn},
    },
};
use store::{Commit, Due, DueKey, Fault, Put, Query, Unit};
use wire::Optional;

/// How often it is tried to count a receipt while others count theirs.
const COUNT_ATTEMPTS: usize = 32;
/// Headers of an answer that are kept, and the bytes of them.
const HEADERS_KEPT: usize = 24;
const HEADER_BYTES_KEPT: usize = 2048;

/// What became of an attempt.
pub(super) enum Outcome {
    /// The endpoint is disabled: nobody was asked.
    Disabled,
    /// There was no answer, for this reason.
    Unsent(String),
    /// There was one.
    Answered(Answer),
}

impl Outcome {
    fn is_receipt(&self) -> bool {
        matches!(self, Outcome::Answered(answer) if answer.is_receipt())
    }
    fn in_words(&self) -> String {
        match self {
            Outcome::Disabled => "the endpoint is disabled".into(),
            Outcome::Unsent(why) => why.clone(),
            Outcome::Answered(answer) if answer.is_receipt() => "delivered".into(),
            Outcome::Answered(Answer { status: status @ 300..=399, .. }) => {
                format!("answered {status}: redirects are not followed")
            }
            Outcome::Answered(answer) => format!("answered {}", answer.status),
        }
    }
}

/// Writes an attempt and what follows from it down.
pub(super) async fn write_down(
    site: &Site,
    key: DueKey,
    it: Attempted,
    outcome: Outcome,
) -> Result<Verdict, Fault> {
    let world = &site.api.world;
    let now_ms = world.clock.now_ms();
    let well = outcome.is_receipt();
    let by_hand = it.delivery.manual.0.is_some();
    let mut delivery = it.delivery.clone();
    delivery.failed = delivery.failed.saturating_add(1);
    let after = schedule::next(delivery.livemode, delivery.failed).filter(|_| !well && !by_hand);
    let next_ms = after.map(|seconds| now_ms.saturating_add(seconds * 1000));
    let told = attempt(world, &key, &it, &outcome, next_ms);
    let (done, puts) = (vec![key.clone()], vec![put(&it, &told)]);
    let mut unit = Unit { done, puts, patient: it.patient, ..Unit::default() };
    if let Some(at_ms) = next_ms {
        let key = DueKey { at_ms, ..key };
        unit.due.push(Due { key, body: Bytes::from(wire::to_json(&delivery)) });
    }
    let Attempt { event, endpoint, outcome: said, ms, .. } = &told;
    match (well, told.next.0) {
        (true, _) => tracing::debug!(event, endpoint, ms, "delivered"),
        (false, Some(next)) => {
            tracing::info!(
                event,
                endpoint,
                outcome = said,
                next = next.0,
                "not delivered; it is tried again"
            );
        }
        (false, None) if by_hand => tracing::info!(event, endpoint, outcome = said, "not delivered by hand"),
        (false, None) => {
            meters::given_up();
            tracing::warn!(event, endpoint, outcome = said, "not delivered; it is tried no more");
        }
    }
    let counts = well && (!by_hand || settles(world, &it.delivery).await?);
    let written = if counts { count(world, &it, unit).await } else { commit(world, unit).await };
    written?;
    if matches!(outcome, Outcome::Disabled) {
        return Ok(Verdict::Unasked);
    }
    follow(site, &it, well).await?;
    Ok(if well { Verdict::Well } else { Verdict::Badly })
}

async fn commit(world: &World, unit: Unit) -> Result<(), Fault> {
    match world.commit(unit).await? {
        Commit::Done => Ok(()),
        other => Err(Fault::broken(format!("an attempt could not be written down: {other:?}"))),
    }
}

/// The attempt as it is kept.
fn attempt(world: &World, key: &DueKey, it: &Attempted, outcome: &Outcome, next_ms: Option<i64>) -> Attempt {
    let Attempted { delivery, kind, shown, sent, ms, .. } = it;
    let response = match outcome {
        Outcome::Answered(answer) => Some(Response {
            status: i64::from(answer.status),
            headers: kept(&answer.headers),
            body: String::from_utf8_lossy(&answer.body).into_owned(),
            cut: answer.cut,
        }),
        Outcome::Disabled | Outcome::Unsent(_) => None,
    };
    Attempt {
        id: id(world, key),
        object: Attempt::NAME.into(),
        at: world.clock.now(),
        account: delivery.account.clone(),
        livemode: delivery.livemode,
        event: delivery.event.clone(),
        r#type: kind.clone(),
        endpoint: delivery.endpoint.clone(),
        url: shown.clone(),
        attempt: delivery.failed.saturating_add(1),
        manual: Optional(delivery.manual.0.is_some().then_some(true)),
        outcome: outcome.in_words(),
        ms: *ms,
        next: Optional(next_ms.map(|at_ms| Timestamp(at_ms.div_euclid(1000)))),
        version: Optional(sent.as_ref().and_then(|it| it.version).map(str::to_owned)),
        request_headers: sent.as_ref().map_or_else(Vec::new, |it| kept(&it.headers)),
        request_bytes: sent.as_ref().map_or(0, |it| i64::try_from(it.bytes).unwrap_or(i64::MAX)),
        response: Optional(response),
    }
}

/// An id that rises with time and follows from the work: chance is left to requests, so that with a seed theirs repeat
/// whenever deliveries come between.
fn id(world: &World, key: &DueKey) -> String {
    let digest = vault::digest(&key.path());
    format!("{}_{:014}{}", Attempt::PREFIX, world.clock.now_ms(), digest.get(..12).unwrap_or(&digest))
}

fn put(it: &Attempted, told: &Attempt) -> Put {
    let Delivery { owner, owner_livemode, .. } = &it.delivery;
    Put {
        key: Attempt::PLACE.key(Attempt::NAME, owner, *owner_livemode, &told.id),
        expect: 0,
        body: Some(Bytes::from(wire::to_stored(told))),
        index: told.indexes(),
        stale: Vec::new(),
        expires: told.expires(),
    }
}

/// Headers as they are kept: the first of them, and none that carries a secret.
fn kept(headers: &HeaderMap) -> Vec<Header> {
    let secret = |name: &HeaderName| {
        [header::AUTHORIZATION, header::SET_COOKIE, header::COOKIE, header::PROXY_AUTHORIZATION]
            .contains(name)
    };
    let mut left = HEADER_BYTES_KEPT;
    let mut kept = Vec::new();
    for (name, value) in headers.iter().take(HEADERS_KEPT) {
        let shown = if secret(name) { "…".into() } else { String::from_utf8_lossy(value.as_bytes()) };
        let size = name.as_str().len() + shown.len();
        if size > left {
            break;
        }
        left -= size;
        kept.push(Header { name: name.as_str().to_owned(), value: shown.into_owned() });
    }
    kept
}

/// Counts the receipt in the event, in the commit that ends the work.
async fn count(world: &World, it: &Attempted, unit: Unit) -> Result<(), Fault> {
    let mut doc = it.event.clone();
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
        let mut unit = unit.clone();
        unit.puts.push(put);
        if world.commit(unit).await? == Commit::Done {
            return Ok(());
        }
        match world.store.get(&doc.key).await? {
            Some(fresh) => doc = fresh,
            None => break,
        }
    }
    commit(world, unit).await
}

/// Whether a delivery by hand that arrived settles what the endpoint owed.
async fn settles(world: &World, delivery: &Delivery) -> Result<bool, Fault> {
    let Delivery { owner, owner_livemode, event, endpoint, .. } = delivery;
    let by = Some((attempt::BY_EVENT, event.clone()));
    let query = Query::newest(owner.as_str(), *owner_livemode, Attempt::NAME, by, attempt::OF_EVENT_MAX);
    let found = world.store.list(&query).await?;
    let attempts: Vec<Attempt> = found.iter().filter_map(|doc| wire::from_json(&doc.body).ok()).collect();
    Ok(attempt::settles(attempts.iter().filter(|it| it.endpoint == *endpoint)))
}

/// Writes down what the outcome means for the endpoint, where it means anything.
async fn follow(site: &Site, it: &Attempted, well: bool) -> Result<(), Fault> {
    let Attempted { delivery, endpoint, .. } = it;
    let now = site.api.world.clock.now();
    if webhook_endpoint::turn(endpoint.failing.0.as_ref(), well, now) == Turn::Nothing {
        return Ok(());
    }
    let caller = Caller::system(delivery.owner.as_str(), delivery.owner_livemode);
    let id = endpoint.id.as_str();
    let follow = site.api.transact(&caller, move |cx| {
        Box::pin(async move { done(webhook_endpoint::follow(cx, id, well).await?) })
    });
    let turn = match follow.await {
        Ok(api::Reply::Done(turn)) => turn,
        Ok(api::Reply::Refused(_)) | Err(Stop::Api(_) | Stop::Again) => Turn::Nothing,
        Err(Stop::Fault(fault)) => return Err(fault),
    };
    let url = &it.shown;
    match turn {
        Turn::Nothing | Turn::Began => {}
        Turn::Recovered => tracing::info!(endpoint = id, url, "an endpoint that had failed answers again"),
        Turn::Warned => tracing::warn!(endpoint = id, url, "nothing has reached this endpoint for days"),
        Turn::Stopped => {
            meters::endpoint_disabled();
            tracing::warn!(endpoint = id, url, "disabled, because nothing had reached it for nine days");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn headers_are_kept_without_secrets_and_not_without_end() {
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("session=1"));
        headers.insert("x-request-id", HeaderValue::from_static("7"));
        let shown: Vec<(String, String)> = kept(&headers).into_iter().map(|it| (it.name, it.value)).collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(shown, [pair("set-cookie", "…"), pair("x-request-id", "7")]);
        for i in 0..100 {
            headers.append("x-more", HeaderValue::from_str(&i.to_string().repeat(40)).unwrap());
        }
        let kept = kept(&headers);
        assert!(kept.len() <= HEADERS_KEPT);
        let bytes: usize = kept.iter().map(|it| it.name.len() + it.value.len()).sum();
        assert!(bytes <= HEADER_BYTES_KEPT);
    }
}
