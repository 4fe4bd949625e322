//! Who answers what: the API, OAuth, the browser library, the pages, and what only `dev` has.
use crate::{
    client::{Client, Peer, Proxies},
    dev::{self, beset},
    listen::{self, Answers},
    metrics::{Counted, Requests},
    operating::Operating,
    subscribe::{self, Subscribers},
    traces,
};
use api::{Api, Request};
use base::ApiError;
use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};
use std::{sync::Arc, time::Instant};
use store::Bytes;
use tracing::{Instrument as _, Span};
use wire::Node;
use worlds::{Open, Worlds};

/// Everything that answers.
pub(crate) struct Server {
    /// The API and its world.
    pub(crate) api: Arc<Api>,
    /// The pages.
    pub(crate) pages: pages::Site,
    /// What `dev` alone has: worlds side by side.
    pub(crate) dev: Option<Dev>,
    /// Whoever reads along at a terminal.
    pub(crate) subscribers: Arc<Subscribers>,
    /// What operators ask.
    pub(crate) operating: Arc<Operating>,
    /// The meters of requests.
    pub(crate) requests: Requests,
    /// Whose word is taken for where a request came from.
    pub(crate) proxies: Proxies,
    /// Which requests are traced, where any are.
    pub(crate) traces: Option<traces::Requests>,
    /// Whether every request is logged where less than each detail is.
    pub(crate) access_log: bool,
}

/// Browsers that have once seen a server by TLS come by TLS alone, for a year.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

impl Server {
    /// Whether people must come by TLS. In `dev` a browser would carry that over to whatever else is on this machine.
    fn tls_only(&self) -> bool {
        self.dev.is_none() && self.api.world.origin.starts_with("https://")
    }
}

/// What `dev` alone has.
pub(crate) struct Dev {
    /// The worlds.
    pub(crate) worlds: Arc<Worlds>,
    /// Wakes the workers after a clock was moved.
    pub(crate) wake: Arc<dyn Fn() + Send + Sync>,
}

/// Logs a request. A level must be known when this is compiled, so that a line that nobody wants costs nothing.
macro_rules! say {
    ($level:expr, $head:ident, $client:ident, $took:ident, $response:ident) => {
        tracing::event!(
            $level,
            request = $response.headers().get("request-id").and_then(|id| id.to_str().ok()).unwrap_or_default(),
            method = %$head.method,
            // Never the query: a browser without CORS has the card in it.
            path = $head.uri.path(),
            status = $response.status().as_u16(),
            us = $took.as_micros() as u64,
            client = %$client.address.to_canonical(),
            "answered"
        )
    };
}

impl Answers for Server {
    async fn answer(&self, peer: Peer, head: &Parts, body: Bytes) -> Response<Bytes> {
        let (_running, began) = (self.requests.begun(), Instant::now());
        let path = head.uri.path();
        let client = self.proxies.client(peer, &head.headers);
        let span = self.traces.as_ref().map_or_else(Span::none, |traces| traces.begin(head));
        let (mut response, route) = answer(self, client, head, body, path).instrument(span.clone()).await;
        traces::answered(&span, route, head, &response);
        if client.secure != Some(false) && self.tls_only() {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
        }
        let took = began.elapsed();
        self.requests.answered(route, &head.method, response.status(), took);
        if self.access_log {
            say!(tracing::Level::INFO, head, client, took, response);
        } else {
            say!(tracing::Level::DEBUG, head, client, took, response);
        }
        response
    }
    /// A body is large where it brings a file, and only from whoever has a key: room is not given to strangers.
    async fn room(&self, head: &Parts) -> usize {
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_form = |kind: &str| {
            kind.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("multipart/form-data"))
        };
        let path = head.uri.path();
        let uploads = head.method == Method::POST
            && path.strip_suffix('/').unwrap_or(path) == "/v1/files"
            && kind.is_some_and(is_form);
        if !uploads {
            return listen::BODY_MAX;
        }
        let shown = api::shown_key(&head.headers, &mut Node::Map(Vec::new())).ok().flatten();
        let known = match shown {
            // Any key leads to a world.
            Some(_) if self.dev.is_some() => true,
            Some(key) => matches!(Box::pin(api::credential(&self.api.world, &key)).await, Ok(Some(_))),
            None => false,
        };
        if known { listen::UPLOAD_MAX } else { listen::BODY_MAX }
    }
    fn connected(&self) -> Option<Counted> {
        Some(self.requests.connected())
    }
}

/// What is asked for under no known path, as a label of metrics.
const NOWHERE: &str = "other";

/// The answer, and the route that led to it as a label of metrics.
async fn answer(
    server: &Server,
    client: Client,
    head: &Parts,
    body: Bytes,
    path: &str,
) -> (Response<Bytes>, &'static str) {
    if let Some(answered) = server.operating.answer(&head.method, path, server.dev.is_none()).await {
        return answered;
    }
    if client.secure == Some(false) && server.tls_only() {
        return (to_tls(server, head), "plain_http");
    }
    if matches!(head.method, Method::GET | Method::HEAD)
        // `/v1` without the slash is a call of the API that lost its way.
        && path != "/v1"
        && let Some(script) = browser::find(path)
        && !head.uri.query().is_some_and(|query| query.contains("callback="))
    {
        return (the_script(script, head), script.path);
    }
    // What is rarely asked has futures of its own: this one is moved whole for every request.
    // In `dev` whoever asks is led to a world of their own; `serve` has one.
    let open = match &server.dev {
        Some(dev) => match dev::whose(dev, head, &body).await {
            Ok(open) => Some(open),
            Err(stop) => return (dev::refusal(&server.api, stop), NOWHERE),
        },
        None => None,
    };
    let answered = in_world(server, client, head, body, open.as_ref()).await;
    if let (Some(dev), Some(open)) = (&server.dev, &open) {
        dev.worlds.keep_up(open).await;
    }
    answered
}

/// The answer of a world, or in `serve` of the one that there is.
async fn in_world(
    server: &Server,
    client: Client,
    head: &Parts,
    body: Bytes,
    open: Option<&Arc<Open>>,
) -> (Response<Bytes>, &'static str) {
    let path = head.uri.path();
    let api = open.map_or(&server.api, |open| &open.site.api);
    if path == "/v1" || path.starts_with("/v1/") || path.starts_with("/v2/") {
        if head.method == Method::OPTIONS {
            return (api::cors(), "preflight");
        }
        let query = head.uri.query().unwrap_or_default();
        let request = Request { method: &head.method, path, query, headers: &head.headers, body: &body };
        let (response, route) = api.handle_routed(request, Some(client.address)).await;
        return (response, route.unwrap_or(NOWHERE));
    }
    if path.starts_with(subscribe::PATH) {
        let response = Box::pin(subscribe::answer(&server.subscribers, api, open.cloned(), head)).await;
        return (response, "/subscribe/{account}");
    }
    match (path, &head.method) {
        ("/oauth/token", &Method::POST) => {
            let answer = Box::pin(oauth::token(api, &head.headers, &body));
            return (beset(api.world.faults.as_deref(), head, answer).await, "/oauth/token");
        }
        ("/oauth/deauthorize", &Method::POST) => {
            let answer = Box::pin(oauth::deauthorize(api, &head.headers, &body));
            return (beset(api.world.faults.as_deref(), head, answer).await, "/oauth/deauthorize");
        }
        ("/.well-known/oauth-authorization-server", &Method::GET) => {
            return (oauth::metadata(api), "/.well-known/oauth-authorization-server");
        }
        _ => {}
    }
    if path.starts_with("/_tollbridge/")
        && let (Some(dev), Some(open)) = (&server.dev, open)
    {
        return (Box::pin(dev::answer(dev, open, head, &body)).await, "/_tollbridge");
    }
    let route = pages::route(path).unwrap_or(NOWHERE);
    (Box::pin(server.pages.answer(api, client.address, head, body)).await, route)
}

/// What came in the clear is not done: a browser is led to TLS, a program is told to use it.
fn to_tls(server: &Server, head: &Parts) -> Response<Bytes> {
    let origin = &server.api.world.origin;
    let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
    let is_api = path.starts_with("/v1/") && browser::find(head.uri.path()).is_none();
    let asks = matches!(head.method, Method::GET | Method::HEAD) && !is_api;
    if asks && let Ok(there) = HeaderValue::from_str(&format!("{origin}{path}")) {
        let mut response = text(308, "text/plain; charset=utf-8", "");
        response.headers_mut().insert(header::LOCATION, there);
        return response;
    }
    let message = format!(
        "This request came over plain HTTP. Send it to {origin}, and replace the key that it carried."
    );
    text(403, "application/json", ApiError::invalid(403, message).to_json(None))
}

fn the_script(script: &browser::Script, head: &Parts) -> Response<Bytes> {
    let etag = script.etag();
    let known =
        head.headers.get(header::IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == etag.as_bytes());
    let mut response = Response::new(Bytes::from_static(if known { b"" } else { script.body.as_bytes() }));
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    for (name, value) in browser::HEADERS {
        response.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// A plain answer.
pub(crate) fn text(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
