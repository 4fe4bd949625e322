//! Sending an event again by hand: once, whatever became of it before.
use super::{Event, KEPT, Outline};
use crate::{
    announce::{self, Delivery, Listeners, QUEUE},
    events::{
        attempt::Attempt,
        thin_event::V2,
        webhook_endpoint::{Status, WebhookEndpoint},
    },
};
use api::{Cx, Object as _, Outcome, Stop, Stored, done};
use base::{ApiError, Named as _, Timestamp};
use store::Bytes;
use wire::{Optional, Wire};

/// What `POST /v1/events/{id}/retry` takes.
#[derive(Debug, Wire)]
pub(super) struct Retry {
    account: Option<String>,
    for_stripecli: Option<bool>,
    webhook_endpoint: Option<String>,
}

/// Where an event is sent again.
#[derive(Debug, Clone)]
pub struct Resend {
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
    /// The endpoint.
    pub endpoint: String,
}

/// Writes down that an event is sent again to an endpoint. Errors: the event is gone or older than events are kept,
/// there is no such endpoint, or it is disabled.
pub async fn resend(cx: &mut Cx<'_>, to: Resend) -> Result<(), Stop> {
    let Resend { account, livemode, event, owner, owner_livemode, endpoint } = to;
    find(cx, &account, livemode, &event).await?;
    let Some(it) = cx.get_of::<WebhookEndpoint>(&owner, owner_livemode, &endpoint).await? else {
        return Err(ApiError::no_such(WebhookEndpoint::NAME, &endpoint, "webhook_endpoint").into());
    };
    if it.status == Status::Disabled {
        let message = format!("The endpoint {endpoint} is disabled. Enable it, then send the event again.");
        return Err(ApiError::invalid(400, message).param("webhook_endpoint").into());
    }
    let delivery = Delivery {
        account,
        livemode,
        event,
        owner,
        owner_livemode,
        endpoint,
        failed: 0,
        traceparent: Optional(api::trace::traceparent()),
        manual: Optional(Some(cx.new_id::<Attempt>())),
    };
    let Timestamp(now) = cx.now();
    cx.later(QUEUE, now.saturating_mul(1000), delivery.id(), wire::to_json(&delivery));
    Ok(())
}

/// The public JSON of an event that is not older than events are kept.
async fn find(cx: &Cx<'_>, account: &str, livemode: bool, id: &str) -> Result<Bytes, Stop> {
    let missing = || ApiError::no_such(Event::NAME, id, "id");
    if id.len() > 255 || id.contains('/') {
        return Err(missing().into());
    }
    let key = Event::PLACE.key(Event::NAME, account, livemode, id);
    let body = cx.world.store.get(&key).await?.ok_or_else(missing)?.public();
    let oldest = cx.now().plus(-KEPT).0;
    if Outline::of(&body).is_none_or(|it| it.created < oldest || it.kind.starts_with(V2)) {
        return Err(missing().into());
    }
    Ok(body)
}

/// `GET /v1/events/{id}`.
pub(super) async fn retrieve(cx: &mut Cx<'_>) -> Outcome<Stored> {
    let (account, livemode, id) = (&cx.caller.account, cx.caller.livemode, cx.path("id"));
    done(Stored(find(cx, account, livemode, id).await?))
}

/// `POST /v1/events/{id}/retry`: to the endpoint that is named, to the sessions of a command line that listen, or to
/// each of the account's own endpoints that listens to such events. `account`: one that is connected to the caller's,
/// whose event it is.
pub(super) async fn retry(cx: &mut Cx<'_>, p: Retry) -> Outcome<Stored> {
    let Retry { account, for_stripecli, webhook_endpoint } = p;
    let (owner, livemode, event) = (cx.caller.account.clone(), cx.caller.livemode, cx.path("id").to_owned());
    let account = account.unwrap_or_else(|| owner.clone());
    if account != owner && !hears_of(cx, &owner, &account, livemode).await? {
        let message = format!(
            "The provided key '{}' does not have access to account '{}' (or that account does not exist). Application access may have been revoked.",
            cx.caller.shown_key,
            account.chars().take(255).collect::<String>()
        );
        return Err(ApiError::invalid(403, message).code("account_invalid").into());
    }
    let body = find(cx, &account, livemode, &event).await?;
    if for_stripecli == Some(true) && webhook_endpoint.is_none() {
        announce::tell_sessions(cx, &owner, livemode, &account, &event).await?;
        return done(Stored(body));
    }
    let kind = Outline::of(&body).map_or(String::new(), |it| it.kind.to_owned());
    // A platform that acts for an account may mean an endpoint of its own, which hears of the account.
    let platform = cx.caller.platform.clone().or_else(|| (account != owner).then_some(owner));
    let mut to: Vec<(String, String)> = Vec::new();
    match webhook_endpoint {
        Some(endpoint) => {
            let mut owner = account.clone();
            if let Some(platform) = platform
                && cx.peek_of::<WebhookEndpoint>(&account, livemode, &endpoint).await?.is_none()
            {
                owner = platform;
            }
            to.push((owner, endpoint));
        }
        None => {
            let owners = [(Some(account.clone()), false), (platform, true)];
            for (owner, connect) in owners {
                let Some(owner) = owner else { continue };
                let theirs = Listeners::peek(cx.world, &owner, livemode).await?;
                let listens = theirs.iter().flat_map(|it| &it.endpoints);
                let listens = listens.filter(|it| it.hears(connect) && it.wants(&kind));
                to.extend(listens.map(|it| (owner.clone(), it.id.clone())));
            }
        }
    }
    for (owner, endpoint) in to {
        let (account, event) = (account.clone(), event.clone());
        let to = Resend { account, livemode, event, owner, owner_livemode: livemode, endpoint };
        resend(cx, to).await?;
    }
    done(Stored(body))
}

/// Whether a platform hears of an account's events in a mode.
async fn hears_of(cx: &Cx<'_>, platform: &str, account: &str, livemode: bool) -> Result<bool, Stop> {
    if account.contains('/') {
        return Ok(false);
    }
    let Some(theirs) = Listeners::peek(cx.world, account, livemode).await? else { return Ok(false) };
    for link in theirs.connections.iter().filter(|link| link.platform == platform) {
        if announce::is_connected(cx, account, link.livemode, &link.application).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
