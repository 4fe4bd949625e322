//! `GET /subscribe/{account}`: the websocket over which a command line reads along, as `stripe listen` and
//! `stripe logs tail` do. The session ([`cli_session`]) was begun in the API; its id opens the socket.
mod line;
mod requests;
mod webhooks;

use crate::routes::text;
use api::Api;
use base::ApiError;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use hyper::upgrade::OnUpgrade;
use line::Line;
use resources::events::cli_session::{self, CliSession, Feature};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::Bytes;
use tokio::sync::{oneshot, watch};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use worlds::Open;

/// The path, with the account behind it.
pub(crate) const PATH: &str = "/subscribe/";
/// What a listener must hear to begin a session anew.
const UNKNOWN: &str = "Unknown WebSocket ID.";
/// The protocol that listeners of this kind name.
const PROTOCOL: &str = "stripecli-devproxy-v1";

/// Whoever is connected to this process.
pub(crate) struct Subscribers {
    /// Says that the program ends.
    stopped: watch::Receiver<bool>,
    /// Each session's connection. Whoever connects again takes its place, so that nothing is told twice.
    connected: Mutex<Connected>,
}

#[derive(Default)]
struct Connected {
    count: u64,
    of: HashMap<String, (u64, oneshot::Sender<()>)>,
}

impl Subscribers {
    /// Nobody yet.
    pub(crate) fn new(stopped: watch::Receiver<bool>) -> Self {
        Subscribers { stopped, connected: Mutex::default() }
    }
    fn hold(&self) -> MutexGuard<'_, Connected> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The session has a connection now; what is returned ends when the session gets another.
    fn enter(&self, session: &str) -> (u64, oneshot::Receiver<()>) {
        let mut connected = self.hold();
        connected.count += 1;
        let (held, replaced) = oneshot::channel();
        let count = connected.count;
        connected.of.insert(session.to_owned(), (count, held));
        (count, replaced)
    }
    /// Whether nobody has taken the connection's place.
    fn left(&self, session: &str, count: u64) -> bool {
        let mut connected = self.hold();
        let last = connected.of.get(session).is_some_and(|(held, _)| *held == count);
        if last {
            connected.of.remove(session);
        }
        last
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The other side said goodbye, or the session is over.
    Farewell,
    /// The connection broke, or this program ends: the listener is expected again.
    Broken,
}

/// What a connection needs as long as it stands.
struct Connection {
    api: Arc<Api>,
    /// A world that is listened to stays open.
    _open: Option<Arc<Open>>,
    session: Arc<CliSession>,
    websocket_id: String,
}

impl Connection {
    /// Whether the session has not ended meanwhile.
    async fn is_good(&self) -> Result<bool, store::Fault> {
        let world = &self.api.world;
        Ok(cli_session::open(world, &self.session.account, &self.websocket_id).await?.is_some())
    }
}

/// Answers the question for an upgrade, and keeps the connection from there on.
pub(crate) async fn answer(
    server: &Arc<Subscribers>,
    api: &Arc<Api>,
    open: Option<Arc<Open>>,
    head: &Parts,
) -> Response<Bytes> {
    match upgrade(server, api, open, head).await {
        Ok(response) => response,
        Err(stop) => {
            let error = api.to_error("subscribe", stop);
            text(error.status, "application/json", error.to_json(None))
        }
    }
}

async fn upgrade(
    server: &Arc<Subscribers>,
    api: &Arc<Api>,
    open: Option<Arc<Open>>,
    head: &Parts,
) -> Result<Response<Bytes>, api::Stop> {
    let account = head.uri.path().strip_prefix(PATH).unwrap_or_default();
    let (Some(key), Some(on_upgrade)) = (asks(head), head.extensions.get::<OnUpgrade>().cloned()) else {
        let message = "This address speaks WebSocket: ask for an upgrade with GET.";
        return Err(ApiError::invalid(426, message).into());
    };
    let websocket_id = header_text(&head.headers, "websocket-id").unwrap_or_default().to_owned();
    let unknown = || ApiError::invalid(404, UNKNOWN);
    let session = cli_session::open(&api.world, account, &websocket_id).await?.ok_or_else(unknown)?;
    let wanted = head.uri.query().unwrap_or_default();
    let wanted = url::form_urlencoded::parse(wanted.as_bytes()).find(|(name, _)| name == "websocket_feature");
    if wanted.is_some_and(|(_, feature)| feature != session.feature.as_str()) {
        let message = "The session was not begun for this websocket_feature.";
        return Err(ApiError::invalid(400, message).param("websocket_feature").into());
    }
    if session.feature != Feature::RequestLogs {
        // Whoever is told that they are connected misses nothing from then on.
        cli_session::tend(api, &session).await?;
    }
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key)) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    let protocols = header_text(&head.headers, "sec-websocket-protocol").unwrap_or_default();
    if protocols.split(',').any(|it| it.trim() == PROTOCOL) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    }
    let connection = Connection { api: api.clone(), _open: open, session, websocket_id };
    tokio::spawn(run(server.clone(), connection, on_upgrade));
    Ok(response)
}

/// The key of a request for a websocket.
fn asks(head: &Parts) -> Option<&[u8]> {
    let names = |name: &str, wanted: &str| {
        let text = header_text(&head.headers, name).unwrap_or_default();
        text.split(',').any(|it| it.trim().eq_ignore_ascii_case(wanted))
    };
    let fit = head.method == Method::GET
        && names("connection", "upgrade")
        && names("upgrade", "websocket")
        && names("sec-websocket-version", "13");
    head.headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| fit).map(HeaderValue::as_bytes)
}

fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

async fn run(server: Arc<Subscribers>, connection: Connection, on_upgrade: OnUpgrade) {
    let session = connection.session.clone();
    let mut line = match on_upgrade.await {
        Ok(upgraded) => Line::over(upgraded).await,
        Err(error) => return tracing::debug!(%error, "a connection was not upgraded"),
    };
    let (count, replaced) = server.enter(&session.id);
    let mut stopped = server.stopped.clone();
    let work = async {
        match session.feature {
            Feature::Webhooks | Feature::V2Events => webhooks::run(&connection, &mut line).await,
            Feature::RequestLogs => requests::run(&connection, &mut line).await,
        }
    };
    let end = tokio::select! {
        end = work => end,
        _ = replaced => End::Broken,
        _ = stopped.wait_for(|stopped| *stopped) => End::Broken,
    };
    line.close().await;
    let last = server.left(&session.id, count);
    tracing::debug!(
        account = session.account,
        feature = session.feature.as_str(),
        ?end,
        "a listener has left"
    );
    if last
        && end == End::Farewell
        && session.feature != Feature::RequestLogs
        && let Err(stop) = cli_session::leave(&connection.api, &session).await
    {
        // The lease runs out by itself.
        tracing::debug!(?stop, "a lease was not given back");
    }
}
