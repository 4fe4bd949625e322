//! Webhooks of an account: its endpoints, what became of each delivery, and what can be done about it by hand.

use api::{Stop, done};
use base::{Caller, Version};
use resources::connect::user::settle;
use resources::events::attempt::{self, Attempt, Header};
use resources::events::event::{Resend, resend};
use resources::events::webhook_endpoint::{self, STOPPED_AFTER, Status, WebhookEndpoint};
use url::Url;
use wire::Node;

use super::fields::pairs;
use super::platform::{encode, masked};
use super::reply::{Answer, Refusal, page, see_other};
use super::visit::{Notice, Visit};
use crate::views::{
    AnswerShown, AttemptRow, EndpointRow, ShownOnce, Trouble, Webhook, WebhookAttempt, Webhooks,
};

/// Where they are.
pub(crate) const WEBHOOKS: &str = "/dashboard/webhooks";
/// One of them.
pub(crate) const ENDPOINT: &str = "/dashboard/webhooks/endpoint";
/// One attempt to deliver.
pub(crate) const ATTEMPT: &str = "/dashboard/webhooks/attempt";
/// What is done by hand.
pub(crate) const ACT: &str = "/dashboard/webhooks/act";
/// Endpoints and attempts on one page.
const ENDPOINTS_MAX: usize = 100;
const ATTEMPTS_MAX: usize = 100;

/// What a page was asked for.
struct Asked {
    caller: Caller,
    query: Vec<(String, String)>,
}

impl Asked {
    fn of(visit: &Visit<'_>) -> Result<Self, super::reply::Trouble> {
        let query = pairs(visit.query().as_bytes());
        let live = query.iter().any(|(key, _)| key == "live");
        Ok(Asked { caller: caller(visit, live)?, query })
    }
    fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn caller(visit: &Visit<'_>, live: bool) -> Result<Caller, super::reply::Trouble> {
    let account = visit.person()?.current().id.clone();
    Ok(Caller { request: visit.request.clone(), ..Caller::session(&account, live) })
}

/// The address of an endpoint's page.
fn at(id: &str, live: bool) -> String {
    format!("{ENDPOINT}?{}id={}", if live { "live=1&" } else { "" }, encode(id))
}

fn standing(it: &WebhookEndpoint) -> &'static str {
    match (it.status, &it.failing.0) {
        (Status::Disabled, _) => "Disabled",
        (Status::Enabled, Some(_)) => "Failing",
        (Status::Enabled, None) => "Enabled",
    }
}

fn row(it: &WebhookEndpoint) -> EndpointRow {
    let own = it.destination.0.as_ref().map_or(!it.connect.0, |it| it.own);
    let hears = match (own, it.connect.0) {
        (true, true) => "This account and connected accounts",
        (false, true) => "Connected accounts",
        (true | false, false) => "This account",
    };
    let name = it.destination.0.as_ref().map(|it| it.name.clone()).or_else(|| it.description.clone());
    EndpointRow {
        id: it.id.clone(),
        page: at(&it.id, it.livemode),
        url: without_secrets(&it.url),
        name,
        hears: hears.to_owned(),
        standing: standing(it).to_owned(),
    }
}

/// An address without what may be a secret of it.
fn without_secrets(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return String::new() };
    // These fail only for what has no host.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// `live`: the mode of the endpoint.
fn attempt_row(it: &Attempt, live: bool) -> AttemptRow {
    let mode = if live { "live=1&" } else { "" };
    AttemptRow {
        id: it.id.clone(),
        page: format!("{ATTEMPT}?{mode}id={}", encode(&it.id)),
        event_page: format!("{}&event={}", at(&it.endpoint, live), encode(&it.event)),
        event: it.event.clone(),
        kind: it.r#type.clone(),
        at: it.at.0,
        number: it.attempt,
        by_hand: it.by_hand(),
        delivered: it.delivered(),
        outcome: it.outcome.clone(),
        ms: it.ms,
        next: it.next.0.map(|at| at.0),
    }
}

/// `GET /dashboard/webhooks`.
pub(crate) async fn list(visit: &mut Visit<'_>) -> Answer {
    let asked = Asked::of(visit)?;
    let caller = &asked.caller;
    let found = visit.api.transact(caller, |cx| {
        Box::pin(async move {
            let (account, live) = (&cx.caller.account, cx.caller.livemode);
            done(cx.all_by::<WebhookEndpoint>(account, live, None, ENDPOINTS_MAX).await?)
        })
    });
    let endpoints = settle(found.await?)?.iter().map(row).collect();
    page(200, &Webhooks { chrome: visit.chrome(), livemode: caller.livemode, endpoints }, None)
}

/// `GET /dashboard/webhooks/endpoint`.
pub(crate) async fn show(visit: &mut Visit<'_>) -> Answer {
    let asked = Asked::of(visit)?;
    let (id, event) = (asked.value("id").unwrap_or_default(), asked.value("event"));
    endpoint(visit, &asked.caller, id, event, None).await
}

async fn endpoint(
    visit: &mut Visit<'_>,
    caller: &Caller,
    id: &str,
    event: Option<&str>,
    secret: Option<String>,
) -> Answer {
    let found = visit.api.transact(caller, move |cx| {
        Box::pin(async move {
            let Some(it) = cx.peek::<WebhookEndpoint>(id).await? else { return done(None) };
            let attempts = match event {
                Some(event) => {
                    let all = attempt::of_event(cx, event).await?;
                    all.into_iter().filter(|attempt| attempt.endpoint == it.id).collect()
                }
                None => attempt::of_endpoint(cx, &it.id, ATTEMPTS_MAX).await?,
            };
            done(Some((it, attempts, cx.now())))
        })
    });
    let Some((it, attempts, now)) = settle(found.await?)? else {
        return Err(Refusal::not_found().into());
    };
    let known = webhook_endpoint::secret(&visit.api.world, &caller.account, &it);
    let trouble = it.failing.0.as_ref().filter(|it| it.warned.is_some() || it.stopped.is_some());
    let view = Webhook {
        chrome: visit.chrome(),
        livemode: caller.livemode,
        endpoint: row(&it),
        events: it.enabled_events.clone(),
        version: if it.is_thin() {
            None
        } else {
            Some(it.api_version.map_or("the version of the account".into(), |it| it.as_str().to_owned()))
        },
        secret_shown: known.map_or("whsec_…".to_owned(), |secret| masked(secret.reveal())),
        rolled_until: it.rolled.0.as_ref().map(|it| it.until).filter(|until| now < *until).map(|it| it.0),
        secret: secret.map(|value| ShownOnce { label: "Signing secret".into(), value }),
        trouble: trouble.map(|it| Trouble {
            since: it.since.0,
            until: it.stopped.is_none().then(|| it.since.plus(STOPPED_AFTER).0),
        }),
        event: event.map(str::to_owned),
        attempts: attempts.iter().map(|it| attempt_row(it, caller.livemode)).collect(),
    };
    page(200, &view, None)
}

/// The attempt of the caller's with this id.
async fn find(visit: &Visit<'_>, caller: &Caller, id: &str) -> Result<Option<Attempt>, Stop> {
    let found =
        visit.api.transact(caller, move |cx| Box::pin(async move { done(cx.get::<Attempt>(id).await?) }));
    settle(found.await?)
}

fn headers(of: &[Header]) -> String {
    of.iter().map(|it| format!("{}: {}\n", it.name, it.value)).collect()
}

/// `GET /dashboard/webhooks/attempt`.
pub(crate) async fn attempt(visit: &mut Visit<'_>) -> Answer {
    let asked = Asked::of(visit)?;
    let caller = &asked.caller;
    let Some(it) = find(visit, caller, asked.value("id").unwrap_or_default()).await? else {
        return Err(Refusal::not_found().into());
    };
    let body = sent_body(visit, &it).await;
    let view = WebhookAttempt {
        chrome: visit.chrome(),
        livemode: caller.livemode,
        attempt: attempt_row(&it, caller.livemode),
        endpoint: it.endpoint.clone(),
        endpoint_page: at(&it.endpoint, caller.livemode),
        url: it.url.clone(),
        request_headers: headers(&it.request_headers),
        can_resend: body.is_some(),
        request_body: body.filter(|_| it.request_bytes > 0),
        response: it.response.0.as_ref().map(|response| AnswerShown {
            status: response.status,
            headers: headers(&response.headers),
            body: response.body.clone(),
            cut: response.cut,
        }),
    };
    page(200, &view, None)
}

/// The event as it was sent; `None` where it is gone. It belongs to whoever was told, since it was sent to them.
async fn sent_body(visit: &Visit<'_>, it: &Attempt) -> Option<String> {
    let version = it.version.0.as_deref().and_then(Version::parse);
    let caller = Caller {
        version: version.unwrap_or(Version::TODAY),
        ..Caller::session(it.account.as_str(), it.livemode)
    };
    let path = match version {
        Some(_) => format!("/v1/events/{}", it.event),
        None => {
            let mode = if it.livemode { "live" } else { "test" };
            format!("/v2/core/events/evt_{mode}_{}", it.event.strip_prefix("evt_").unwrap_or(&it.event))
        }
    };
    let body = visit.api.call_as(&caller, "GET", &path, Node::Map(Vec::new())).await.ok()?;
    let mut out = String::new();
    laid_out(&Node::parse(&body).ok()?, 0, &mut out);
    Some(out)
}

/// JSON as a person reads it, a member a line.
fn laid_out(node: &Node<'_>, depth: usize, out: &mut String) {
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match node {
        Node::Map(entries) if !entries.is_empty() => {
            out.push('{');
            for (i, (key, child)) in entries.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                line(out, depth + 1);
                out.push_str(&Node::text(key.as_ref()).to_json());
                out.push_str(": ");
                laid_out(child, depth + 1, out);
            }
            line(out, depth);
            out.push('}');
        }
        Node::List(items) if !items.is_empty() => {
            out.push('[');
            for (i, child) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                line(out, depth + 1);
                laid_out(child, depth + 1, out);
            }
            line(out, depth);
            out.push(']');
        }
        other => out.push_str(&other.to_json()),
    }
}

/// `POST /dashboard/webhooks/act`: enables, disables, rolls the secret, sends again.
pub(crate) async fn act(visit: &mut Visit<'_>) -> Answer {
    let text = |name: &str| visit.fields.text(name).to_owned();
    let (what, id, given, keep) = (text("do"), text("endpoint"), text("attempt"), text("keep"));
    let caller = caller(visit, !text("live").is_empty())?;
    let outcome = match what.as_str() {
        "roll" => match roll(visit, &caller, &id, keep.parse().unwrap_or(0)).await {
            Ok(secret) => return endpoint(visit, &caller, &id, None, Some(secret)).await,
            Err(stop) => Err(stop),
        },
        "enable" | "disable" => {
            // One way for both kinds: an endpoint of /v1 is a destination, too.
            let path = format!("/v2/core/event_destinations/{}/{what}", encode(&id));
            let done = visit.api.call_as(&caller, "POST", &path, Node::Map(Vec::new())).await;
            done.map(|_| Notice::SAVED).map_err(Stop::from)
        }
        "resend" => send_again(visit, &caller, &given).await.map(|()| Notice::RESENT),
        _ => Ok(Notice::NOT_RESENT),
    };
    match outcome {
        Ok(notice) => visit.tell(notice),
        Err(Stop::Api(_)) => visit.tell(Notice::NOT_RESENT),
        Err(stop) => return Err(stop.into()),
    }
    see_other(&at(&id, caller.livemode))
}

async fn roll(visit: &Visit<'_>, caller: &Caller, id: &str, keep: i64) -> Result<String, Stop> {
    let made = visit.api.transact(caller, move |cx| {
        Box::pin(async move { done(webhook_endpoint::roll(cx, id, keep).await?) })
    });
    settle(made.await?)
}

async fn send_again(visit: &Visit<'_>, caller: &Caller, id: &str) -> Result<(), Stop> {
    let Some(it) = find(visit, caller, id).await? else {
        return Err(base::ApiError::invalid(404, "That attempt is gone.").into());
    };
    let to = Resend {
        account: it.account,
        livemode: it.livemode,
        event: it.event,
        owner: caller.account.clone(),
        owner_livemode: caller.livemode,
        endpoint: it.endpoint,
    };
    let sent = visit.api.transact(caller, |cx| {
        let to = to.clone();
        Box::pin(async move { done(resend(cx, to).await?) })
    });
    settle(sent.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out() {
        let mut out = String::new();
        laid_out(&Node::parse(br#"{"a":[1,{"b":"x\"y"}],"c":{},"d":[]}"#).unwrap(), 0, &mut out);
        let lines = ["{", "  \"a\": [", "    1,", "    {", "      \"b\": \"x\\\"y\"", "    }", "  ],"];
        assert!(out.starts_with(&lines.join("\n")), "{out}");
        assert!(out.ends_with("  \"c\": {},\n  \"d\": []\n}"), "{out}");
    }

    #[test]
    fn addresses_are_shown_without_their_secrets() {
        assert_eq!(without_secrets("https://u:p@a.example:8443/hook?key=1#x"), "https://a.example:8443/hook");
        assert_eq!(without_secrets("nonsense"), "");
    }
}
