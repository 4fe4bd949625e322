//! The way to the service: one signed POST, and its answer with the signature looked at.
use crate::sign;
use base::Clock;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::{error::Error, net::IpAddr, sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// For the connection alone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection waits for the next ask.
const IDLE: Duration = Duration::from_secs(20);
/// No answer is longer.
const ANSWER_MAX: usize = 64 * 1024;
/// The shortest secret, in characters.
const SECRET_MIN: usize = 32;

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
    /// Whether the service signed it, for this ask, with the shared secret.
    pub signed: bool,
}

impl Reply {
    /// Whether the service wants to be asked again: it is busy, restarting, or still at work on the same ask.
    pub fn is_for_later(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..=599)
    }
    /// The beginning of the body, for a message.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().filter(|c| !c.is_control()).take(200).collect()
    }
}

/// There is no answer.
#[derive(Debug, Clone)]
pub struct Lost {
    /// Whether the ask may have reached the service.
    pub sent: bool,
    /// The cause in one line.
    pub why: String,
}

/// The way to a service.
pub struct Channel {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    secret: Zeroizing<Vec<u8>>,
    clock: Arc<dyn Clock>,
}

impl Channel {
    /// The way to a service at this address; `clock` must be the wall's. Errors, as a sentence: the address is none
    /// that a card number may be sent to, or the secret is short.
    pub fn new(url: &str, secret: &str, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let base = url.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().map_err(|e| format!("The acquirer's URL {url} is not valid: {e}."))?;
        if uri.query().is_some() {
            return Err(format!("The acquirer's URL {url} must have no query."));
        }
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => {}
            (Some("http"), Some(host)) if is_loopback(host) => {}
            (Some("http"), Some(_)) => {
                return Err(format!(
                    "Card numbers would travel to {url} in the clear. Give the acquirer an https URL, or run it on this machine."
                ));
            }
            _ => return Err(format!("The acquirer's URL {url} must begin with https:// and name a host.")),
        }
        let secret = secret.trim();
        if secret.chars().count() < SECRET_MIN {
            return Err(format!(
                "The acquirer's secret is shorter than {SECRET_MIN} characters. Make one with `openssl rand -hex 32`."
            ));
        }
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Ok(Channel { client, base, secret: Zeroizing::new(secret.as_bytes().to_vec()), clock })
    }

    /// Signs an ask and sends it once.
    pub async fn post(&self, path: &str, body: &[u8]) -> Result<Reply, Lost> {
        let (t, signature) = self.signature(path, body, 0);
        self.send(path, body, Some((t, &signature))).await
    }

    /// The time of an ask, moved by some seconds, and its signature.
    pub(crate) fn signature(&self, path: &str, body: &[u8], moved: i64) -> (i64, String) {
        let t = self.clock.now().0 + moved;
        let whole = self.uri(path).map(|uri| uri.path().to_owned()).unwrap_or_default();
        (t, sign::of_ask(&self.secret, t, &whole, body))
    }

    fn uri(&self, path: &str) -> Result<Uri, Lost> {
        let uri = format!("{}/{path}", self.base);
        uri.parse().map_err(|e| Lost { sent: false, why: format!("{uri} is not valid: {e}") })
    }

    /// Sends an ask once, with this time and signature.
    pub(crate) async fn send(
        &self,
        path: &str,
        body: &[u8],
        signed: Option<(i64, &str)>,
    ) -> Result<Reply, Lost> {
        let mut request = Request::new(Full::new(Bytes::copy_from_slice(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri(path)?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("Tollbridge"));
        if let Some((t, signature)) = signed {
            let value = HeaderValue::from_str(&sign::header(t, signature));
            headers.insert(sign::HEADER, value.map_err(|e| Lost { sent: false, why: e.to_string() })?);
        }
        let answer = self
            .client
            .request(request)
            .await
            .map_err(|error| Lost { sent: !error.is_connect(), why: causes(&error) })?;
        let status = answer.status().as_u16();
        let header = answer.headers().get(sign::HEADER).and_then(|it| it.to_str().ok()).map(str::to_owned);
        let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await;
        let body = body.map_err(|error| Lost { sent: true, why: causes(&*error) })?.to_bytes();
        let signed = signed.is_some_and(|(_, ask)| {
            let expected = sign::of_answer(&self.secret, ask, status, &body);
            header.and_then(|it| it.strip_prefix("v1=").map(|it| same(it, &expected))).unwrap_or(false)
        });
        Ok(Reply { status, body, signed })
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

/// Compares in a time that tells nothing of where they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// The causes of an error in one line.
fn causes(error: &(dyn Error + 'static)) -> String {
    let (mut causes, mut at) = (Vec::new(), Some(error));
    while let Some(cause) = at {
        causes.push(cause.to_string());
        at = cause.source();
    }
    causes.dedup();
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{ManualClock, Timestamp};

    fn refused(url: &str, secret: &str) -> Option<String> {
        Channel::new(url, secret, Arc::new(ManualClock::at(Timestamp(0)))).err()
    }

    #[test]
    fn card_numbers_stay_out_of_the_clear() {
        let secret = "x".repeat(32);
        for url in
            ["https://pay.example/tollbridge", "http://127.0.0.1:7071", "http://localhost/", "http://[::1]:1"]
        {
            assert_eq!(refused(url, &secret), None, "{url}");
        }
        for (url, says) in [
            ("http://pay.example", "in the clear"),
            ("http://127.0.0.1.evil.example", "in the clear"),
            ("ftp://pay.example", "https://"),
            ("pay.example", "https://"),
            ("https://pay.example/?a=b", "query"),
        ] {
            assert!(refused(url, &secret).is_some_and(|it| it.contains(says)), "{url}");
        }
        assert!(refused("https://pay.example", "short").is_some_and(|it| it.contains("32 characters")));
    }
}
