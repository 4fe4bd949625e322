//! The network: HTTP/1.1 over TCP and TLS, to addresses that were looked at first.
use crate::{Answer, Egress, Letter, Unsent, address::Rules};
use base::Fut;
use bytes::{Bytes, BytesMut};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, dns::Name},
    },
    rt::{TokioExecutor, TokioTimer},
};
use std::{
    error::Error,
    fmt, io,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use url::Host;

/// From the first byte out to the last byte in.
const TIMEOUT: Duration = Duration::from_secs(30);
/// For the body of an answer, whose head says it all: a receiver that dribbles holds nobody up.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);
/// For the connection alone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection waits for the next letter.
const IDLE: Duration = Duration::from_secs(20);
/// Idle connections kept for one receiver: as many as a lane of deliveries has under way at most.
const IDLE_MAX: usize = 64;
/// What is read of the body of an answer; a connection on which more comes is closed.
const BODY_MAX: usize = 64 * 1024;
/// What is kept of it.
const BODY_KEPT: usize = 1024;
/// What the head of an answer may take.
const HEAD_MAX: usize = 32 * 1024;

/// Looks up the addresses of a name.
type Lookup = Arc<dyn Fn(&str) -> Fut<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Posts over the network.
pub struct Network {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
    rules: Arc<Rules>,
    timeout: Duration,
    body_timeout: Duration,
}

impl Network {
    /// A network in which only public addresses are reached, and those in `allowed` (`10.0.0.0/8`, or one address).
    /// `dev`: the machine itself and private networks, too. Errors: a range that cannot be read.
    pub fn new(dev: bool, allowed: &[String]) -> Result<Self, String> {
        Network::resolving(dev, allowed, |name| {
            let name = name.to_owned();
            Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) })
        })
    }

    /// As [`Network::new`], where names mean what `lookup` says of them.
    pub fn resolving(
        dev: bool,
        allowed: &[String],
        lookup: impl Fn(&str) -> Fut<'static, io::Result<Vec<SocketAddr>>> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let rules = Arc::new(Rules::new(dev, allowed)?);
        let resolver = Resolver { rules: rules.clone(), lookup: Arc::new(lookup) };
        let mut tcp = HttpConnector::new_with_resolver(resolver);
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
            .pool_max_idle_per_host(IDLE_MAX)
            .http1_max_buf_size(HEAD_MAX)
            // Header names have no case, but there are receivers that think so.
            .http1_title_case_headers(true)
            .build(connector);
        Ok(Network { client, rules, timeout: TIMEOUT, body_timeout: BODY_TIMEOUT })
    }

    /// The same, with other patience than half a minute for an answer, and five seconds of it for the body.
    pub fn patient(self, timeout: Duration, body_timeout: Duration) -> Self {
        Network { timeout, body_timeout, ..self }
    }

    async fn send(&self, letter: Letter) -> Result<Answer, Unsent> {
        let Letter { mut url, headers, body } = letter;
        // The connector looks names up through our resolver, but takes an address that is written out as it is.
        let written = match url.host() {
            Some(Host::Ipv4(it)) => Some(it.into()),
            Some(Host::Ipv6(it)) => Some(it.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if let Some(address) = written.filter(|it| !self.rules.allow(*it)) {
            return Err(Unsent::Forbidden(Refusal::of(&address.to_string()).0));
        }
        // These cannot fail for a URL with a host; where they do, nothing is sent.
        let plain = url.set_username("").and_then(|()| url.set_password(None));
        plain.map_err(|()| Unsent::Forbidden("the URL has no host".into()))?;
        url.set_fragment(None);
        let uri: Uri =
            url.as_str().parse().map_err(|e| Unsent::Unreachable(format!("the URL is not valid: {e}")))?;
        let mut request = Request::new(Full::new(body));
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (Method::POST, uri, headers);
        let answer = self.client.request(request).await.map_err(|error| unsent(&error))?;
        let (head, mut body) = answer.into_parts();
        let mut answer = Answer { headers: head.headers, ..Answer::of(head.status.as_u16()) };
        let (mut kept, mut read) = (BytesMut::new(), 0);
        // Reading to the end lets the connection serve again. The receipt is the status, however the body ends.
        let reading = async {
            while let Some(Ok(frame)) = body.frame().await {
                let data = frame.data_ref().map_or(&[][..], |data| data);
                kept.extend_from_slice(&data[..data.len().min(BODY_KEPT - kept.len())]);
                read += data.len();
                if read > BODY_MAX {
                    break;
                }
            }
        };
        answer.cut = tokio::time::timeout(self.body_timeout, reading).await.is_err() || read > kept.len();
        answer.body = kept.freeze();
        Ok(answer)
    }
}

impl Egress for Network {
    fn post(&self, letter: Letter) -> Fut<'_, Result<Answer, Unsent>> {
        Box::pin(async move {
            tokio::time::timeout(self.timeout, self.send(letter)).await.unwrap_or(Err(Unsent::TimedOut))
        })
    }
}

/// The cause in one line, without the URL.
fn unsent(error: &(dyn Error + 'static)) -> Unsent {
    let (mut causes, mut at) = (Vec::new(), Some(error));
    while let Some(cause) = at {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return Unsent::Forbidden(refusal.0.clone());
        }
        if cause.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::TimedOut) {
            return Unsent::TimedOut;
        }
        causes.push(cause.to_string());
        at = cause.source();
    }
    causes.dedup();
    Unsent::Unreachable(causes.join(": "))
}

/// An address that may not be delivered to.
#[derive(Debug)]
struct Refusal(String);

impl Refusal {
    fn of(host: &str) -> Self {
        Refusal(format!(
            "{host} is not a public address; the setting allow_webhooks_to names the private ones that may be delivered to"
        ))
    }
}
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl Error for Refusal {}

/// Looks names up and leaves only addresses that may be delivered to. The connector connects to what it returns, so
/// a name cannot mean something else a moment later.
#[derive(Clone)]
struct Resolver {
    rules: Arc<Rules>,
    lookup: Lookup,
}

impl tower_service::Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Fut<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, name: Name) -> Self::Future {
        let (rules, found) = (self.rules.clone(), (self.lookup)(name.as_str()));
        Box::pin(async move {
            let found = found.await?.into_iter();
            let allowed: Vec<SocketAddr> = found.filter(|it| rules.allow(it.ip())).collect();
            if allowed.is_empty() { Err(Refusal::of(name.as_str()).into()) } else { Ok(allowed.into_iter()) }
        })
    }
}
