//! The outside of an answer: status, headers, the error envelope, JSONP.
use crate::{
    Api, Dialect, Reason, Request, World,
    faults::{Fault, Strike},
    idempotency::Remembered,
    log::{Asked, Wrong},
    render,
};
use base::{ApiError, Caller, Version};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::{net::IpAddr, sync::Arc, time::Duration};
use store::Bytes;
use wire::Node;

/// Who asks too often hears 429 from this version on, 400 before (API changelog 2015-09-08).
const TOO_MANY: Version = Version::of("2015-09-08");

/// Beside an answer that nobody gets: the connection ends instead.
#[derive(Debug, Clone, Copy)]
pub struct HangUp;

/// An answer ready to be sent.
pub type Response = http::Response<Bytes>;

/// What is known of an answer while it is made.
pub(crate) struct Answered {
    request: String,
    /// The dialect of the request.
    pub(crate) dialect: Dialect,
    /// The path of the endpoint that was reached, as it is declared.
    pub(crate) route: Option<&'static str>,
    version: Option<Version>,
    caller: Option<Arc<Caller>>,
    status: u16,
    body: Bytes,
    original: Option<String>,
    pub(crate) callback: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    retry: Option<bool>,
    retry_after: Option<u32>,
    limited: Option<Reason>,
    /// What is said of trying again, where it does not follow from the error.
    insists: Option<bool>,
    hangs_up: bool,
    /// What the body is, where it is no JSON.
    pub(crate) content_type: Option<&'static str>,
}

impl Answered {
    pub(crate) fn new(request: &str) -> Self {
        Answered {
            request: request.to_owned(),
            dialect: Dialect::V1,
            route: None,
            version: None,
            caller: None,
            status: 200,
            body: Bytes::new(),
            original: None,
            callback: None,
            idempotency_key: None,
            retry: None,
            retry_after: None,
            limited: None,
            insists: None,
            hangs_up: false,
            content_type: None,
        }
    }
    pub(crate) fn known(&mut self, caller: Arc<Caller>) {
        self.version = Some(caller.version);
        self.caller = Some(caller);
    }
    pub(crate) fn done(&mut self, status: u16, body: Bytes) {
        (self.status, self.body) = (status, body);
    }
    pub(crate) fn replay(&mut self, known: &Remembered) {
        self.done(known.status as u16, Bytes::copy_from_slice(known.body.as_bytes()));
        self.original = Some(known.request.clone());
    }
    /// The envelope of an error in the caller's version.
    pub(crate) fn error_body(&self, world: &World, caller: &Caller, error: &ApiError) -> Bytes {
        let mode = if caller.livemode { "" } else { "test/" };
        let log = format!("{}/dashboard/{mode}logs/{}?t={}", world.origin, self.request, world.clock.now().0);
        let body = self.dialect.named(error).to_json(Some(&log));
        let past = render::passed(world, caller);
        if past.is_empty() {
            return Bytes::from(body);
        }
        let Ok(tree) = Node::parse(&body) else { return Bytes::from(body) };
        let mut tree = tree.into_owned();
        if let Some(inner) = tree.get_mut("error") {
            past.iter().for_each(|change| change.down("error", inner));
        }
        let mut out = Vec::new();
        tree.write(&mut out);
        Bytes::from(out)
    }
    /// The refusal of a caller that asks too often.
    pub(crate) fn limited(&mut self, version: Version, reason: Reason) -> ApiError {
        self.limited = Some(reason);
        let status = if version.has(TOO_MANY) { 429 } else { 400 };
        ApiError::invalid(status, reason.message()).code(ApiError::RATE_LIMIT)
    }
    /// The refusal of a request that goes wrong on purpose.
    pub(crate) fn struck(&mut self, strike: &Strike) -> ApiError {
        self.insists = strike.should_retry;
        // What was known of it before belongs to the answer that is lost.
        (self.original, self.content_type) = (None, None);
        let error = match strike.fault {
            Fault::RateLimit => {
                return self.limited(self.version.unwrap_or(Version::TODAY), Reason::GlobalRate);
            }
            Fault::LockTimeout => return crate::lock_timeout(),
            Fault::Error(status, _) => ApiError::internal().status(status),
            Fault::Dropped(_) | Fault::Latency(_) | Fault::Decline(_) => {
                self.hangs_up = true;
                ApiError::internal()
            }
        };
        ApiError {
            message: format!("This fault was asked for: {} of /_tollbridge/faults.", strike.rule),
            ..error
        }
    }
    pub(crate) fn refuse(&mut self, world: &World, error: &ApiError) {
        if self.limited.is_some() || error.status == 409 || error.status == 429 || error.status >= 500 {
            self.retry = Some(true);
        }
        self.retry = self.insists.or(self.retry);
        (self.status, self.retry_after) = (error.status, error.retry_after());
        self.body = match &self.caller {
            Some(caller) => self.error_body(world, caller, error),
            None => Bytes::from(self.dialect.named(error).to_json(None)),
        };
    }
    pub(crate) fn into_result(self) -> Result<Bytes, ApiError> {
        if self.status == 200 {
            return Ok(self.body);
        }
        let tree = Node::parse(&self.body).ok();
        let of = |name: &str| tree.as_ref()?.get("error")?.get(name)?.as_str().map(str::to_owned);
        let mut error = ApiError::invalid(self.status, of("message").unwrap_or_default());
        (error.code, error.param) = (of("code"), of("param"));
        Err(error)
    }

    /// Leaves a line in the log, where it is known who asked.
    pub(crate) fn log(&self, api: &Api, request: &Request<'_>, client: Option<IpAddr>, took: Duration) {
        let Some(caller) = &self.caller else { return };
        let asked = Asked {
            method: request.method.as_str(),
            path: request.path,
            status: self.status,
            us: took.as_micros() as u64,
            at: api.world.clock.now().0,
            client,
            error: (self.status >= 400).then(|| Wrong::of(&self.body)),
        };
        api.log.note(caller, asked);
    }

    pub(crate) fn into_response(self, asked: &HeaderMap) -> Response {
        let mut headers = HeaderMap::with_capacity(16);
        let mut text = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        text(HeaderName::from_static("request-id"), &self.request);
        if let Some(caller) = self.caller.as_ref().filter(|caller| caller.is_connect()) {
            text(HeaderName::from_static("stripe-account"), &caller.account);
        }
        if let Some(key) = &self.idempotency_key {
            text(HeaderName::from_static("idempotency-key"), key);
            text(
                HeaderName::from_static("original-request"),
                self.original.as_ref().unwrap_or(&self.request),
            );
        }
        if let Some(retry) = self.retry {
            text(HeaderName::from_static("stripe-should-retry"), if retry { "true" } else { "false" });
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(reason) = self.limited {
            headers.insert("stripe-rate-limited-reason", HeaderValue::from_static(reason.as_str()));
        }
        if let Some(version) = self.version {
            headers.insert("stripe-version", HeaderValue::from_static(version.as_str()));
        }
        if self.original.is_some() {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Tollbridge\""));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
        headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
        if asked.contains_key(header::ORIGIN) {
            headers.insert("access-control-expose-headers", HeaderValue::from_static(EXPOSED));
        }
        let (status, kind, body) = match self.callback {
            // A script tag learns nothing from a status, so the answer carries it.
            Some(name) => (200, "text/javascript; charset=utf-8", script(&name, &self.body, self.status)),
            None => {
                let other = self.content_type.filter(|_| self.status == 200);
                (self.status, other.unwrap_or("application/json"), self.body)
            }
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if kind != "application/json" {
            headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
            // Callers chose what is in files; opened by themselves they may do nothing.
            headers.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'; sandbox"),
            );
        }
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = headers;
        if self.hangs_up {
            response.extensions_mut().insert(HangUp);
        }
        response
    }
}

const EXPOSED: &str = "Request-Id, Stripe-Manage-Version, Stripe-Should-Retry, X-Stripe-External-Auth-Required, X-Stripe-Privileged-Session-Required";

/// The answer to a browser's question whether it may ask (CORS pre-flight).
pub fn cors() -> Response {
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set("access-control-allow-origin", "*");
    set("access-control-allow-methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
    set(
        "access-control-allow-headers",
        "authorization, content-type, idempotency-key, stripe-account, stripe-version, x-stripe-user-agent, x-requested-with, x-stripe-client-user-agent",
    );
    set("access-control-expose-headers", EXPOSED);
    set("access-control-max-age", "300");
    response
}

/// The name of a JSONP callback. Errors: not a plain name, which would let the caller write our script.
pub(crate) fn callback_name(name: &str) -> Result<String, ApiError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.');
    if name.is_empty()
        || name.len() > 100
        || !name.chars().all(plain)
        || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(ApiError::invalid(400, "The callback must be a plain function name.").param("callback"));
    }
    Ok(name.to_owned())
}

fn script(name: &str, body: &[u8], status: u16) -> Bytes {
    // JSON allows two line separators that older scripts do not.
    let json = String::from_utf8_lossy(body).replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    Bytes::from(format!("{name}({json}, {status});"))
}
