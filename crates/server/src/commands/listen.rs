//! `tollbridge listen`: prints the events of an account, and forwards them to a program on this machine as webhooks.
use super::{
    block_on,
    remote::{Remote, Where, told},
    session::{Session, acknowledge},
};
use crate::Failure;
use clap::Args;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{sync::Arc, time::Duration};
use store::Bytes;
use tokio::sync::mpsc;
use tokio_rustls::rustls::{
    self, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use wire::Node;

/// A receiver answers within this time.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// At most so many events wait for a receiver; then no more are taken from the server.
const WAITING_MAX: usize = 256;

/// What is listened to, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Post each event to this URL, signed; a port or a path means this machine
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// Post events of connected accounts to --forward-to, too
    #[arg(long)]
    connect: bool,
    /// Post events of connected accounts to this URL
    #[arg(long, value_name = "URL", conflicts_with = "connect")]
    forward_connect_to: Option<String>,
    /// Only events of these types, separated by commas; `*` stands for any text
    #[arg(long, value_delimiter = ',', default_value = "*", value_name = "TYPES")]
    events: Vec<String>,
    /// Events as today's API version has them, instead of the account's
    #[arg(long)]
    latest: bool,
    /// Print the secret that events are signed with, and end
    #[arg(long)]
    print_secret: bool,
    /// Accept any certificate of the program that events are forwarded to
    #[arg(long)]
    skip_verify: bool,
    /// Print each event whole, as one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: Where,
}

/// Listens until somebody ends it.
pub(crate) fn run(asked: Listen) -> Result<(), Failure> {
    block_on(async {
        let remote = Remote::new(asked.at.clone())?;
        let own = asked.forward_to.as_deref().map(target).transpose()?;
        let connected = match (&asked.forward_connect_to, asked.connect) {
            (Some(url), _) => Some(target(url)?),
            (None, true) => Some(own.clone().ok_or_else(|| {
                Failure("--connect needs --forward-to, which says where events go.".into())
            })?),
            (None, false) => None,
        };
        let form = "device_name=tollbridge&websocket_features[]=webhooks".to_owned();
        let mut session = Session::begin(remote, form).await?;
        if asked.print_secret {
            println!("{}", session.text("secret"));
            return Ok(());
        }
        session.connect().await?;
        let version =
            if asked.latest { session.text("latest_version") } else { session.text("default_version") };
        eprintln!("listening in API version {version}; the signing secret is {}", session.text("secret"));
        let (queue, answers) = forwarder(asked.skip_verify)?;
        let heard = Heard { own, connected, events: asked.events, latest: asked.latest, json: asked.json };
        let ended = tokio::select! {
            ended = heard.keep(&mut session, queue, answers) => ended,
            () = crate::wiring::asked_to_stop() => Ok(()),
        };
        session.end().await;
        ended
    })
}

/// A URL as people write it: with a scheme, or a port or path of this machine.
fn target(text: &str) -> Result<String, Failure> {
    let whole = match text {
        _ if text.contains("://") => text.to_owned(),
        _ if text.starts_with('/') || text.parse::<u16>().is_ok_and(|port| port > 0) => {
            format!("http://localhost:{}", text.trim_start_matches(':')).replace("localhost:/", "localhost/")
        }
        _ => format!("http://{text}"),
    };
    match url::Url::parse(&whole) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url.into()),
        _ => Err(Failure(format!(
            "{text} is no address of a receiver. Give a URL, or a port of this machine."
        ))),
    }
}

/// An event on its way to a receiver.
struct Letter {
    url: String,
    event: String,
    headers: Vec<(String, String)>,
    body: String,
    conversation: String,
    webhook: String,
}

/// What a receiver answered, as the server is told.
type Told = Node<'static>;

/// What becomes of what is heard.
struct Heard {
    own: Option<String>,
    connected: Option<String>,
    events: Vec<String>,
    latest: bool,
    json: bool,
}

impl Heard {
    async fn keep(
        &self,
        session: &mut Session,
        queue: mpsc::Sender<Letter>,
        mut answers: mpsc::Receiver<Told>,
    ) -> Result<(), Failure> {
        loop {
            tokio::select! {
                message = session.next() => {
                    let message = message?;
                    let text = |name: &str| message.get(name).and_then(Node::as_str).unwrap_or_default();
                    let payload = text("event_payload");
                    let Ok(event) = Node::parse(payload.as_bytes()) else { continue };
                    let part = |name: &str| event.get(name).and_then(Node::as_str).unwrap_or_default();
                    let (id, kind) = (part("id"), part("type"));
                    let (conversation, webhook) = (text("webhook_conversation_id"), text("webhook_id"));
                    session.send(&acknowledge(id, conversation, webhook)).await;
                    let version = message.get("endpoint").and_then(|it| it.get("api_version"));
                    let is_latest = version.is_some_and(|it| !it.is_null());
                    if is_latest != self.latest || !self.events.iter().any(|it| fits(it, kind)) {
                        continue;
                    }
                    let account = ["account", "user_id"].iter().find_map(|name| event.get(name)?.as_str());
                    if self.json {
                        println!("{payload}");
                    } else {
                        let of = account.map(|it| format!(" of {it}")).unwrap_or_default();
                        println!("--> {kind} [{id}]{of}");
                    }
                    let to = if account.is_some() { &self.connected } else { &self.own };
                    let Some(url) = to.clone() else { continue };
                    let headers = match message.get("http_headers") {
                        Some(Node::Map(all)) => all
                            .iter()
                            .filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned())))
                            .collect(),
                        _ => Vec::new(),
                    };
                    let letter = Letter {
                        url,
                        event: id.to_owned(),
                        headers,
                        body: payload.to_owned(),
                        conversation: conversation.to_owned(),
                        webhook: webhook.to_owned(),
                    };
                    let _ = queue.send(letter).await;
                }
                Some(told) = answers.recv() => session.send(&told).await,
            }
        }
    }
}

/// Whether a type is meant by a filter, in which `*` stands for any text at its beginning or its end.
fn fits(filter: &str, kind: &str) -> bool {
    match (filter.strip_prefix('*'), filter.strip_suffix('*')) {
        _ if filter == "*" || filter == kind => true,
        (Some(end), _) => kind.ends_with(end),
        (None, Some(begin)) => kind.starts_with(begin),
        (None, None) => false,
    }
}

/// Posts what is queued, one after the other, so that a receiver gets events in their order.
fn forwarder(skip_verify: bool) -> Result<(mpsc::Sender<Letter>, mpsc::Receiver<Told>), Failure> {
    let (queue, mut letters) = mpsc::channel::<Letter>(WAITING_MAX);
    let (tell, answers) = mpsc::channel(WAITING_MAX);
    let http = client(skip_verify)?;
    tokio::spawn(async move {
        while let Some(letter) = letters.recv().await {
            let status = match tokio::time::timeout(ANSWER_MAX, post(&http, &letter)).await {
                Ok(Ok(status)) => {
                    println!("<-- [{status}] POST {} [{}]", letter.url, letter.event);
                    status
                }
                Ok(Err(why)) => {
                    eprintln!("<-- POST {} [{}]: {why}", letter.url, letter.event);
                    continue;
                }
                Err(_) => {
                    eprintln!("<-- POST {} [{}]: no answer within 30 seconds", letter.url, letter.event);
                    continue;
                }
            };
            let text = |text: String| Node::text(text);
            let told = Node::Map(vec![
                ("type".into(), text("webhook_response".into())),
                ("forward_url".into(), text(letter.url)),
                ("status".into(), Node::Integer(i64::from(status))),
                ("webhook_conversation_id".into(), text(letter.conversation)),
                ("webhook_id".into(), text(letter.webhook)),
                ("notification_id".into(), text(letter.event)),
            ]);
            let _ = tell.try_send(told);
        }
    });
    Ok((queue, answers))
}

type Poster = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

fn client(skip_verify: bool) -> Result<Poster, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| Failure(format!("TLS can't be set up: {e}.")))?;
    let config = if skip_verify {
        config.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))).with_no_client_auth()
    } else {
        config.with_webpki_roots().with_no_client_auth()
    };
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

async fn post(http: &Poster, letter: &Letter) -> Result<u16, String> {
    let mut request = Request::post(&letter.url)
        .body(Full::new(Bytes::copy_from_slice(letter.body.as_bytes())))
        .map_err(|e| e.to_string())?;
    for (name, value) in &letter.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            request.headers_mut().insert(name, value);
        }
    }
    let response = http.request(request).await.map_err(|e| told(&e))?;
    Ok(response.status().as_u16())
}

/// Takes any certificate, for receivers on this machine that made their own.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let all = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signed, all)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let all = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signed, all)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_are_named_as_people_write_them() {
        for (text, means) in [
            ("4242", "http://localhost:4242/"),
            ("/hook", "http://localhost/hook"),
            ("localhost:4242/hook", "http://localhost:4242/hook"),
            ("https://shop.example/hook?a=1", "https://shop.example/hook?a=1"),
        ] {
            assert_eq!(target(text).unwrap(), means);
        }
        for text in ["", "ftp://shop.example", "http://"] {
            assert!(target(text).is_err(), "{text}");
        }
    }

    #[test]
    fn filters_mean_types() {
        for (filter, fit) in [
            ("*", true),
            ("charge.*", true),
            ("*.succeeded", true),
            ("charge.succeeded", true),
            ("customer.*", false),
            ("charge", false),
        ] {
            assert_eq!(fits(filter, "charge.succeeded"), fit, "{filter}");
        }
    }
}
