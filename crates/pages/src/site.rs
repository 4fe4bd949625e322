//! Every path that a person opens: what answers it, and with which headers.

mod activate;
mod authorize;
mod card;
mod challenge;
mod cookies;
mod emails;
mod entry;
mod express;
mod fields;
mod file;
mod grants;
mod invoice;
mod keys;
mod logs;
mod mandate;
mod overview;
mod payments;
mod people;
mod platform;
mod portal;
mod public;
mod receipt;
mod reply;
mod setup;
mod visit;
mod webhooks;

use std::net::IpAddr;
use std::sync::Arc;

use api::Api;
use base::{ApiError, Fut};
use bytes::Bytes;
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response};

use crate::assets;
use crate::views::ErrorPage;
use reply::{Answer, Refusal, Trouble};
use visit::Visit;

/// Where the connect flow begins.
const AUTHORIZE: &str = "/oauth/authorize";

/// What a request for a page shows of who asks, and for what: enough to tell in which of several worlds it is to be
/// answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// A client id.
    Client(String),
    /// The address that somebody signs in with.
    Email(String),
    /// The token of a session.
    Session(String),
    /// The account that a receipt or a challenge is of, or that a link leads to.
    Account(String),
}

/// What a request shows, the most telling first.
pub fn shows(origin: &str, head: &Parts, body: &Bytes) -> Vec<Shows> {
    let path = head.uri.path();
    let mut shown = Vec::new();
    let mut pairs = fields::pairs(head.uri.query().unwrap_or_default().as_bytes());
    let entry = matches!(path, "/sign-in" | "/sign-up");
    if entry && head.method == Method::POST {
        pairs.extend(fields::pairs(body));
    }
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    shown.extend(value("client_id").map(Shows::Client));
    if entry {
        // They come from an application's ask and go back to it.
        let next = value("next").unwrap_or_default();
        let query =
            next.split_once('?').map(|(_, query)| fields::pairs(query.as_bytes())).unwrap_or_default();
        let asked = query.into_iter().find(|(key, _)| key == "client_id");
        shown.extend(asked.map(|(_, value)| Shows::Client(value)));
        shown.extend(value("email").map(Shows::Email));
    }
    shown.extend(path.strip_prefix(platform::ICONS).map(|it| Shows::Client(it.to_owned())));
    shown.extend(setup::account_of(path).map(|account| Shows::Account(account.to_owned())));
    shown.extend(receipt::ids(path).map(|(account, _)| Shows::Account(account.to_owned())));
    shown.extend(file::ids(path).map(|(account, _)| Shows::Account(account.to_owned())));
    shown.extend(mandate::ids(path).map(|(account, _)| Shows::Account(account.to_owned())));
    shown.extend(invoice::place(path).map(|(_, [account, ..])| Shows::Account(account.to_owned())));
    shown.extend(portal::ask(path).map(|ask| Shows::Account(ask.account.to_owned())));
    shown.extend(challenge::ids(path).map(|[account, ..]| Shows::Account(account.to_owned())));
    shown.extend(cookies::Jar::of(origin).read(&head.headers, cookies::SESSION).map(Shows::Session));
    shown
}

/// What the pages must be told; the rest they find in the world of the API.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether this is a `dev` server, whose home page invites to try what exists from its first start.
    pub dev: bool,
}

/// The pages of a server.
#[derive(Debug)]
pub struct Site {
    options: Options,
}

impl Site {
    /// Pages with these options.
    pub fn new(options: Options) -> Self {
        Site { options }
    }

    /// Answers a request for a page, an asset, or a path that nothing is at.
    ///
    /// `peer` is who is connected; sign-in attempts are counted by it. Every answer carries `Request-Id`.
    pub async fn answer(&self, api: &Arc<Api>, peer: IpAddr, head: &Parts, body: Bytes) -> Response<Bytes> {
        let id = api.world.new_id("req");
        let mut response = match asset(head) {
            Some(response) => response,
            None => self.answer_page(api, peer, head, body, &id).await,
        };
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HeaderName::from_static("request-id"), id);
        }
        if head.method == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        response
    }

    async fn answer_page(
        &self,
        api: &Arc<Api>,
        peer: IpAddr,
        head: &Parts,
        body: Bytes,
        id: &str,
    ) -> Response<Bytes> {
        let mut cookies = Vec::new();
        let answer = match Visit::begin(api, &self.options, peer, head, id.to_owned()).await {
            Ok(mut visit) => {
                let answer = dispatch(&mut visit, &body).await;
                cookies = visit.take_cookies();
                answer
            }
            Err(trouble) => Err(trouble),
        };
        let mut response = match answer {
            Ok(response) => response,
            Err(trouble) => refuse(api, head, id, trouble),
        };
        for line in cookies {
            if let Ok(line) = HeaderValue::from_str(&line) {
                response.headers_mut().append(SET_COOKIE, line);
            }
        }
        response
    }
}

/// The route that a path belongs to, as it may stand in logs and metrics: with names in place of ids.
pub fn route(path: &str) -> Option<&'static str> {
    let path = match path.strip_suffix('/') {
        Some(rest) if !rest.is_empty() => rest,
        _ => path,
    };
    if let Some(known) = ROUTES.iter().find(|known| **known == path) {
        return Some(known);
    }
    if logs::named(path).is_some() {
        return Some("/dashboard/logs/{id}");
    }
    if receipt::ids(path).is_some() {
        return Some("/receipts/{account}/{charge}");
    }
    if file::ids(path).is_some() {
        return Some("/links/{account}/{secret}");
    }
    if mandate::ids(path).is_some() {
        return Some("/mandates/{account}/{mandate}");
    }
    if let Some((place, _)) = invoice::place(path) {
        return Some(place.route());
    }
    if let Some(ask) = portal::ask(path) {
        return Some(ask.place.route());
    }
    if challenge::ids(path).is_some() {
        return Some("/challenges/{account}/{intent}/{secret}");
    }
    if let (Some(_), Some((place, rest))) = (setup::account_of(path), setup::split(path)) {
        return Some(match place {
            setup::Place::Setup => "/connect/setup/{account}/{secret}",
            setup::Place::Form => "/connect/onboarding/{account}",
            setup::Place::Login => "/connect/login/{account}/{secret}",
            setup::Place::Express if rest.ends_with("/leave") => "/connect/express/{account}/leave",
            setup::Place::Express => "/connect/express/{account}",
        });
    }
    if path.starts_with(platform::ICONS) {
        return Some("/application-icons/{id}");
    }
    matches!(path, "/favicon.ico" | "/favicon.svg")
        .then_some("/assets/{name}")
        .or_else(|| assets::find(path).map(|_| "/assets/{name}"))
}

/// The paths of [`dispatch`] that have no ids in them.
const ROUTES: &[&str] = &[
    "/",
    "/sign-in",
    "/sign-up",
    "/sign-out",
    AUTHORIZE,
    "/oauth/token",
    "/oauth/deauthorize",
    "/connect/default/oauth/test",
    "/dashboard",
    "/dashboard/switch",
    logs::LOGS,
    payments::PAYMENTS,
    "/dashboard/payments/dispute",
    emails::EMAILS,
    emails::EMAIL,
    emails::BODY,
    emails::CHOOSE,
    webhooks::WEBHOOKS,
    webhooks::ENDPOINT,
    webhooks::ATTEMPT,
    webhooks::ACT,
    "/dashboard/account",
    overview::ACTIVATE,
    "/dashboard/account/keys/roll",
    "/dashboard/authorized-applications",
    "/dashboard/authorized-applications/revoke",
    "/dashboard/connected-accounts",
    "/dashboard/connected-accounts/disconnect",
    "/dashboard/application",
    "/dashboard/application/webhook-secret",
    "/.well-known/oauth-authorization-server",
];

/// The table of the pages. A path that is here with another method answers 405.
async fn dispatch(visit: &mut Visit<'_>, body: &Bytes) -> Answer {
    let path = visit.path().to_owned();
    let path = match path.strip_suffix('/') {
        Some(rest) if !rest.is_empty() => rest,
        _ => &path,
    };
    // Nothing can be reached that would have no name in the metrics.
    if route(path).is_none() {
        return Err(nothing_here(visit));
    }
    let posted = visit.head.method == Method::POST;
    let allow = match path {
        "/sign-in" | "/sign-up" | AUTHORIZE | overview::ACTIVATE | "/dashboard/application" => {
            "GET, HEAD, POST"
        }
        "/"
        | "/dashboard"
        | "/dashboard/account"
        | logs::LOGS
        | payments::PAYMENTS
        | emails::EMAILS
        | emails::EMAIL
        | emails::BODY
        | webhooks::WEBHOOKS
        | webhooks::ENDPOINT
        | webhooks::ATTEMPT
        | "/dashboard/connected-accounts"
        | "/dashboard/authorized-applications"
        | "/connect/default/oauth/test" => "GET, HEAD",
        "/sign-out"
        | "/dashboard/switch"
        | "/dashboard/payments/dispute"
        | emails::CHOOSE
        | webhooks::ACT
        | "/dashboard/application/webhook-secret"
        | "/dashboard/connected-accounts/disconnect"
        | "/dashboard/authorized-applications/revoke"
        | "/dashboard/account/keys/roll" => "POST",
        // The program answers these itself where the method is right.
        "/oauth/token" | "/oauth/deauthorize" => "POST",
        "/.well-known/oauth-authorization-server" => "GET",
        _ if challenge::ids(path).is_some() => "GET, HEAD, POST",
        _ if portal::ask(path).is_some() => portal::ask(path).map_or("", |ask| ask.place.allows()),
        _ if invoice::place(path).is_some_and(|(place, _)| place == invoice::Place::Invoice) => {
            "GET, HEAD, POST"
        }
        _ if setup::account_of(path).is_some() => match setup::split(path) {
            Some((setup::Place::Form, _)) => "GET, HEAD, POST",
            Some((setup::Place::Express, rest)) if rest.ends_with("/leave") => "POST",
            _ => "GET, HEAD",
        },
        _ if logs::named(path).is_some()
            || receipt::ids(path).is_some()
            || mandate::ids(path).is_some()
            || file::ids(path).is_some()
            || invoice::place(path).is_some()
            || path.starts_with(platform::ICONS) =>
        {
            "GET, HEAD"
        }
        _ => return Err(nothing_here(visit)),
    };
    if !allow.split(", ").any(|method| method == visit.head.method.as_str()) {
        return Err(Refusal::method(allow).into());
    }
    if posted {
        visit.take_form(body).await?;
    }
    handler(visit, path, posted).await
}

/// Who answers. Each is boxed where it is made, before any of them runs: what the largest of them holds would else lie
/// on the stack below all of them.
fn handler<'v>(visit: &'v mut Visit<'_>, path: &'v str, posted: bool) -> Fut<'v, Answer> {
    let already = |answer: Answer| -> Fut<'v, Answer> { Box::pin(std::future::ready(answer)) };
    match (path, posted) {
        ("/", _) => Box::pin(public::home(visit)),
        ("/connect/default/oauth/test", _) => already(public::default_redirect(visit)),
        (AUTHORIZE, false) => Box::pin(authorize::show(visit)),
        (AUTHORIZE, true) => Box::pin(authorize::act(visit)),
        ("/sign-in", false) => already(entry::show_sign_in(visit)),
        ("/sign-in", true) => Box::pin(entry::sign_in(visit)),
        ("/sign-up", false) => already(entry::show_sign_up(visit)),
        ("/sign-up", true) => Box::pin(entry::sign_up(visit)),
        ("/sign-out", _) => Box::pin(entry::sign_out(visit)),
        ("/dashboard", _) => Box::pin(overview::home(visit)),
        ("/dashboard/switch", _) => already(overview::switch(visit)),
        (payments::PAYMENTS, _) => Box::pin(payments::show(visit)),
        ("/dashboard/payments/dispute", _) => Box::pin(payments::act(visit)),
        (logs::LOGS, _) => already(logs::list(visit)),
        (emails::EMAILS, _) => Box::pin(emails::list(visit)),
        (emails::EMAIL, _) => Box::pin(emails::show(visit)),
        (emails::BODY, _) => Box::pin(emails::body(visit)),
        (emails::CHOOSE, _) => Box::pin(emails::choose(visit)),
        (webhooks::WEBHOOKS, _) => Box::pin(webhooks::list(visit)),
        (webhooks::ENDPOINT, _) => Box::pin(webhooks::show(visit)),
        (webhooks::ATTEMPT, _) => Box::pin(webhooks::attempt(visit)),
        (webhooks::ACT, _) => Box::pin(webhooks::act(visit)),
        ("/dashboard/account", _) => Box::pin(overview::account(visit, None)),
        (overview::ACTIVATE, false) => Box::pin(activate::show(visit)),
        (overview::ACTIVATE, true) => Box::pin(activate::hand_in(visit)),
        ("/dashboard/account/keys/roll", _) => Box::pin(overview::roll_key(visit)),
        ("/dashboard/authorized-applications", _) => Box::pin(grants::authorized(visit)),
        ("/dashboard/authorized-applications/revoke", _) => Box::pin(grants::revoke(visit)),
        ("/dashboard/connected-accounts", _) => Box::pin(grants::connected(visit)),
        ("/dashboard/connected-accounts/disconnect", _) => Box::pin(grants::disconnect(visit)),
        ("/dashboard/application", false) => Box::pin(platform::show(visit)),
        ("/dashboard/application", true) => Box::pin(platform::save(visit)),
        ("/dashboard/application/webhook-secret", _) => Box::pin(platform::replace_secret(visit)),
        _ if setup::account_of(path).is_some() => match (setup::split(path), posted) {
            (Some((setup::Place::Setup, rest)), _) => Box::pin(setup::enter(visit, rest, false)),
            (Some((setup::Place::Login, rest)), _) => Box::pin(setup::enter(visit, rest, true)),
            (Some((setup::Place::Form, account)), false) => Box::pin(setup::show(visit, account)),
            (Some((setup::Place::Form, account)), true) => Box::pin(setup::act(visit, account)),
            (Some((setup::Place::Express, account)), false) => Box::pin(express::show(visit, account)),
            _ => already(express::leave(visit)),
        },
        _ => {
            if let Some(ids) = challenge::ids(path) {
                return if posted {
                    Box::pin(challenge::act(visit, ids))
                } else {
                    Box::pin(challenge::show(visit, ids))
                };
            }
            if let Some(ask) = portal::ask(path) {
                return Box::pin(portal::answer(visit, ask, posted));
            }
            if let Some((place, ids)) = invoice::place(path) {
                return match (place, posted) {
                    (invoice::Place::Invoice, false) => Box::pin(invoice::show(visit, ids)),
                    (invoice::Place::Invoice, true) => Box::pin(invoice::pay(visit, ids)),
                    (place, _) => Box::pin(invoice::document(visit, place, ids)),
                };
            }
            if let Some((account, secret)) = file::ids(path) {
                return Box::pin(file::show(visit, account, secret));
            }
            if let Some((account, mandate)) = mandate::ids(path) {
                return Box::pin(mandate::show(visit, account, mandate));
            }
            match (path.strip_prefix(platform::ICONS), receipt::ids(path)) {
                (Some(client_id), _) => Box::pin(platform::icon(visit, client_id)),
                (None, Some((account, charge))) => Box::pin(receipt::show(visit, account, charge)),
                (None, None) => already(logs::show(visit, path)),
            }
        }
    }
}

/// The answer for a path that nothing is at, in the language of whoever asks.
fn nothing_here(visit: &Visit<'_>) -> Trouble {
    if visit.wants_page() {
        return Refusal::not_found().into();
    }
    let shown: String = visit.path().chars().take(200).collect();
    let message = format!("Unrecognized request URL ({}: {shown}).", visit.head.method);
    Trouble::Stop(ApiError::invalid(404, message).into())
}

fn asset(head: &Parts) -> Option<Response<Bytes>> {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return None;
    }
    let path = match head.uri.path() {
        // Browsers ask for it by themselves, on documents that are no pages of ours.
        "/favicon.ico" | "/favicon.svg" => "/assets/favicon.svg",
        path => path,
    };
    assets::find(path).map(|found| reply::file(found, &head.headers))
}

/// What becomes of a trouble: JSON for programs, a page for people, or the way to the sign-in page.
fn refuse(api: &Api, head: &Parts, id: &str, trouble: Trouble) -> Response<Bytes> {
    let refusal = match trouble {
        Trouble::Elsewhere(path) => {
            return reply::see_other(&path).unwrap_or_else(|_| reply::plain(500, Bytes::new()));
        }
        Trouble::Refusal(refusal) => refusal,
        Trouble::Stop(stop) => {
            let error = api.to_error(id, stop);
            let accept = head.headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok());
            if !accept.is_some_and(|accept| accept.contains("text/html")) {
                let mut response = reply::json(error.status, error.to_json(None));
                reply::mark(&mut response, &of_error(&error));
                return response;
            }
            of_error(&error)
        }
    };
    let (back_url, back_label) = refusal.back.clone().unzip();
    let view = ErrorPage {
        status: refusal.status,
        title: refusal.title.to_owned(),
        message: refusal.message.clone(),
        back_url,
        back_label: back_label.unwrap_or_default().to_owned(),
        request_id: Some(id.to_owned()),
    };
    let mut response = match reply::page(refusal.status, &view, None) {
        Ok(response) => response,
        Err(_) => reply::plain(500, Bytes::from_static(b"This page cannot be shown.\n")),
    };
    reply::mark(&mut response, &refusal);
    response
}

/// An error of the API in the words of a page.
fn of_error(error: &ApiError) -> Refusal {
    match error.status {
        503 => Refusal {
            retry_after: error.retry_after().map(i64::from),
            ..Refusal::new(503, "Not right now", error.message.clone())
        },
        500.. => {
            let message = "Something went wrong on our side. Try again in a moment; if it happens again, tell whoever runs this server the number below.";
            Refusal::new(500, "That did not work", message)
        }
        404 => Refusal::not_found(),
        status => Refusal::new(status, "That did not work", error.message.clone())
            .back("/dashboard", "Go to the dashboard"),
    }
}
