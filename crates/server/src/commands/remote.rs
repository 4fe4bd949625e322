//! A server that runs, near or far, as a command talks with it.
use crate::Failure;
use base::Version;
use clap::Args;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::upgrade::Upgraded;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use std::time::Duration;
use store::Bytes;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::client::generate_key, protocol::Role},
};
use wire::Node;

/// An answer takes no longer.
const ANSWER_MAX: Duration = Duration::from_mins(1);
/// No answer is longer, in bytes.
const READ_MAX: usize = 16 << 20;

/// Which server is asked, and with which key.
#[derive(Debug, Clone, Args)]
pub(crate) struct Where {
    /// The secret key of the account
    #[arg(long, env = "TOLLBRIDGE_KEY", hide_env_values = true, default_value = super::PLATFORM, value_name = "KEY")]
    key: String,
    /// Where the server listens: an address, or a URL with https
    #[arg(long, env = "TOLLBRIDGE_SERVER", default_value = "127.0.0.1:7070", value_name = "URL")]
    server: String,
}

/// A way to make requests: HTTP in the clear or over TLS, against the roots that browsers trust.
pub(crate) type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;
/// An open socket.
pub(crate) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The server.
#[derive(Clone)]
pub(crate) struct Remote {
    base: String,
    key: String,
    http: Http,
}

/// What it answered.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Node<'static>,
}

impl Answer {
    /// The body of a success. Errors: what the server said instead.
    pub(crate) fn ok(self) -> Result<Node<'static>, Failure> {
        if self.status < 300 {
            return Ok(self.body);
        }
        let said = self.body.get("error").map_or(self.body.as_str(), |error| {
            error.get("message").and_then(Node::as_str).or(error.as_str())
        });
        Err(Failure(said.map_or_else(|| format!("The server answered {}.", self.status), str::to_owned)))
    }
}

/// A request that does not go through the headers of the API.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers {
    /// The connected account.
    pub(crate) account: Option<String>,
    /// Another key than the command's.
    pub(crate) key: Option<String>,
    /// The version of the API.
    pub(crate) version: Option<Version>,
}

impl Remote {
    /// The server at a place. Errors: the address or the key cannot be one.
    pub(crate) fn new(at: Where) -> Result<Self, Failure> {
        let Where { key, server } = at;
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Failure("A key has neither blanks nor line breaks.".into()));
        }
        let base = if server.contains("://") { server } else { format!("http://{server}") };
        let base = base.trim_end_matches('/').to_owned();
        let uri = base.parse::<Uri>().ok().filter(|it| {
            matches!(it.scheme_str(), Some("http" | "https")) && it.host().is_some() && it.path() == "/"
        });
        if uri.is_none() {
            return Err(Failure(format!(
                "--server {base} is no address. Give one such as 127.0.0.1:7070 or https://connect.example.com."
            )));
        }
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        Ok(Remote { base, key, http: Client::builder(TokioExecutor::new()).build(connector) })
    }

    fn unreachable(&self, why: &str) -> Failure {
        Failure(format!("{} can't be asked: {why}. Is the server running there? See --server.", self.base))
    }

    /// Asks for something of the API. `form`: parameters as a form has them.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        form: &str,
        headers: &Headers,
    ) -> Result<Answer, Failure> {
        let writes = method == "POST";
        let query = if writes || form.is_empty() { String::new() } else { format!("?{form}") };
        let key = headers.key.as_ref().unwrap_or(&self.key);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}{query}", self.base))
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::USER_AGENT, concat!("tollbridge/", env!("CARGO_PKG_VERSION")))
            .header("stripe-version", headers.version.unwrap_or(Version::TODAY).as_str());
        if let Some(account) = &headers.account {
            request = request.header("stripe-account", account);
        }
        let body = if writes { Bytes::copy_from_slice(form.as_bytes()) } else { Bytes::new() };
        let request = request.body(Full::new(body)).map_err(|e| Failure(format!("{method} {path}: {e}.")))?;
        let asked = async {
            let response = self.http.request(request).await.map_err(|e| self.unreachable(&told(&e)))?;
            let status = response.status().as_u16();
            let read = Limited::new(response.into_body(), READ_MAX).collect().await;
            let read = read.map_err(|e| self.unreachable(&e.to_string()))?.to_bytes();
            let body = match Node::parse(&read) {
                Ok(tree) => tree.into_owned(),
                Err(_) => Node::text(String::from_utf8_lossy(&read).into_owned()),
            };
            Ok(Answer { status, body })
        };
        tokio::time::timeout(ANSWER_MAX, asked).await.map_err(|_| self.unreachable("it does not answer"))?
    }

    /// Opens the socket of a session. `None`: the server does not know the session any more.
    pub(crate) async fn socket(&self, url: &str, id: &str, feature: &str) -> Result<Option<Socket>, Failure> {
        // The server may be known to itself by another address than to us.
        let path = url.find("/subscribe/").map_or("", |at| &url[at..]);
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{}{path}?websocket_feature={feature}", self.base))
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, generate_key())
            .header("websocket-id", id)
            .body(Full::new(Bytes::new()))
            .map_err(|e| Failure(format!("{url}: {e}.")))?;
        let response = self.http.request(request).await.map_err(|e| self.unreachable(&told(&e)))?;
        match response.status() {
            StatusCode::SWITCHING_PROTOCOLS => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(self.unreachable(&format!("it answered {status}"))),
        }
        let upgraded = hyper::upgrade::on(response).await.map_err(|e| self.unreachable(&e.to_string()))?;
        Ok(Some(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await))
    }
}

/// An error of the client with its causes.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut all = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        all = format!("{all}: {it}");
        cause = it.source();
    }
    all
}
