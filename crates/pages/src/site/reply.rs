//! Answers: pages with their headers, redirects, files, and refusals that say what to do next.

use api::Stop;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::assets::Found;
use crate::headers::{CONTENT_SECURITY_POLICY, PAGE_HEADERS, content_security_policy};
use crate::{View, render};

/// What a handler returns.
pub(crate) type Answer = Result<Response<Bytes>, Trouble>;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// What the API says; a fault of the server among it.
    Stop(Stop),
    /// A refusal of the pages.
    Refusal(Refusal),
    /// Go there first: to the sign-in page, for one.
    Elsewhere(String),
}

impl<T: Into<Stop>> From<T> for Trouble {
    fn from(stop: T) -> Self {
        Trouble::Stop(stop.into())
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Trouble::Refusal(refusal)
    }
}

/// A refusal that becomes an error page.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// HTTP status.
    pub(crate) status: u16,
    /// What happened.
    pub(crate) title: &'static str,
    /// What to do next.
    pub(crate) message: String,
    /// Where to go from here: path and text of the link.
    pub(crate) back: Option<(String, &'static str)>,
    /// Methods that the path knows, with status 405.
    pub(crate) allow: Option<&'static str>,
    /// Seconds to wait.
    pub(crate) retry_after: Option<i64>,
}

impl Refusal {
    /// A refusal without any link.
    pub(crate) fn new(status: u16, title: &'static str, message: impl Into<String>) -> Self {
        Refusal { status, title, message: message.into(), back: None, allow: None, retry_after: None }
    }

    /// With a link to go on by.
    pub(crate) fn back(mut self, url: impl Into<String>, label: &'static str) -> Self {
        self.back = Some((url.into(), label));
        self
    }

    /// There is nothing at the path.
    pub(crate) fn not_found() -> Self {
        Refusal::new(404, "There is nothing here", "The address may be mistyped, or the page has moved.")
            .back("/", "Go to the start page")
    }

    /// The path does not know the method.
    pub(crate) fn method(allow: &'static str) -> Self {
        let message = "This address is meant to be used in another way. Go back and try from there.";
        Refusal { allow: Some(allow), ..Refusal::new(405, "That does not work here", message) }
            .back("/", "Go to the start page")
    }

    /// A form came from elsewhere, or after its session had ended.
    pub(crate) fn forged(back: impl Into<String>) -> Self {
        let message = "The form was too old, or it came from another site. Nothing was changed. Open the page again and repeat what you did.";
        Refusal::new(403, "This form is no longer valid", message).back(back, "Open the page again")
    }
}

/// A page. `return_to` is the redirect URI that its forms may lead to.
pub(crate) fn page<V: View>(status: u16, view: &V, return_to: Option<&str>) -> Answer {
    let html = render(view).map_err(|error| api::fault(error.to_string()))?;
    let mut response = plain(status, Bytes::from(html));
    for (name, value) in PAGE_HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(return_to)) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// A JSON document that nobody else may keep.
pub(crate) fn json(status: u16, body: Vec<u8>) -> Response<Bytes> {
    let mut response = plain(status, Bytes::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    response
}

/// After a form: show that page, by GET.
pub(crate) fn see_other(path: &str) -> Answer {
    redirect(303, path)
}

/// Back to the application, as OAuth has it.
pub(crate) fn found(url: &str) -> Answer {
    redirect(302, url)
}

fn redirect(status: u16, to: &str) -> Answer {
    let mut response = plain(status, Bytes::new());
    let to = HeaderValue::from_str(to).map_err(|_| api::fault("an address that is no header value"))?;
    let headers = response.headers_mut();
    headers.insert(LOCATION, to);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// A static file, or word that the browser has it already.
pub(crate) fn file(found: Found, asked: &HeaderMap) -> Response<Bytes> {
    let etag = &found.asset.etag;
    let held = asked.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let fresh = held.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag || tag.trim() == "*");
    let mut response =
        if fresh { plain(304, Bytes::new()) } else { plain(200, Bytes::from_static(found.asset.body)) };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(found.asset.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(found.cache_control));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    // Platforms put the buttons on their own pages, some of which admit only what says it may be embedded.
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(ETAG, etag);
    }
    response
}

/// A response with a status and nothing else said about it.
pub(crate) fn plain(status: u16, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// The headers that a refusal carries beside those of its page.
pub(crate) fn mark(response: &mut Response<Bytes>, refusal: &Refusal) {
    if let Some(allow) = refusal.allow {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    }
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}
