//! Listening: connections, bounds on what they may send, and an end that lets running requests finish.
use crate::{client::Peer, metrics::Counted, tls::Tls};
use http::{Response, StatusCode, request::Parts};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{fmt, pin::pin, sync::Arc, time::Duration};
use store::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{Semaphore, mpsc, watch},
};

/// At most this much of a request's body, in bytes; an icon must fit.
pub(crate) const BODY_MAX: usize = 1 << 20;
/// At most this much of a body that brings a file, in bytes: the largest file, and the form around it.
pub(crate) const UPLOAD_MAX: usize = 65 << 20;
/// At most this much of all bodies that bring files, in bytes. Each of them is held several times until it is durable.
const UPLOADS_MAX: usize = 2 * UPLOAD_MAX;
/// Who brings a file waits this long for others who do.
const TURN_MAX: Duration = Duration::from_secs(10);
/// The unit in which that room is given out, in bytes.
const ROOM: usize = 1 << 10;
/// At most this much of a request's head, in bytes.
const HEAD_MAX: usize = 64 << 10;
/// A head must arrive within this time, and so must a body.
const READ_MAX: Duration = Duration::from_secs(30);
/// A body that brings a file must arrive within this time.
const UPLOAD_READ_MAX: Duration = Duration::from_mins(2);
/// Running requests may take this long after the server was asked to stop.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Whoever answers requests.
pub(crate) trait Answers: Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, peer: Peer, head: &Parts, body: Bytes) -> impl Future<Output = Response<Bytes>> + Send;
    /// How much of a request's body is read, in bytes.
    fn room(&self, head: &Parts) -> impl Future<Output = usize> + Send;
    /// A connection is open for as long as what is returned is held.
    fn connected(&self) -> Option<Counted>;
}

/// Answers connections until `stop` says so, then lets running requests finish.
pub(crate) async fn serve<A: Answers>(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    server: Arc<A>,
    mut stop: watch::Receiver<bool>,
) {
    // Held by every connection; whoever waits for it hears when the last has ended.
    let (open, mut all_ended) = mpsc::channel::<()>(1);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, usually: wait for some to be given back.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (server, tls, stop, held) = (server.clone(), tls.clone(), stop.clone(), open.clone());
        tokio::spawn(async move {
            let _open = (server.connected(), held);
            let peer = Peer { address: peer.ip(), tls: tls.is_some() };
            match tls {
                None => talk(stream, peer, server, stop).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(stream, peer, server, stop).await,
                    Err(error) => tracing::debug!(%error, "a handshake failed"),
                },
            }
        });
    }
    drop((listener, open));
    if tokio::time::timeout(DRAIN_MAX, all_ended.recv()).await.is_err() {
        tracing::warn!("some requests were still running when the server stopped");
    }
}

/// Answers what comes over one connection.
async fn talk<A: Answers>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    server: Arc<A>,
    mut stop: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| answer(server.clone(), peer, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_MAX)
        .max_buf_size(HEAD_MAX)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer<A: Answers>(
    server: Arc<A>,
    peer: Peer,
    request: http::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, HungUp> {
    let (head, body) = request.into_parts();
    if body.is_end_stream() {
        return sent(server.answer(peer, &head, Bytes::new()).await);
    }
    let room = server.room(&head).await;
    let (most, within) = if room > BODY_MAX { (room, UPLOAD_READ_MAX) } else { (BODY_MAX, READ_MAX) };
    // Who says how much it is takes no more room than that.
    let announced = body.size_hint().upper().and_then(|it| usize::try_from(it).ok()).unwrap_or(most);
    let _held = if announced > BODY_MAX && most > BODY_MAX {
        let rooms = u32::try_from(announced.min(most).div_ceil(ROOM)).unwrap_or(u32::MAX);
        match tokio::time::timeout(TURN_MAX, UPLOADS.acquire_many(rooms)).await {
            Ok(Ok(held)) => Some(held),
            _ => return Ok(busy()),
        }
    } else {
        None
    };
    let body = match tokio::time::timeout(within, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!(
                "The request body is too large. Requests like this one can carry up to {} MB.",
                most >> 20
            );
            return Ok(refuse(413, &message));
        }
        Ok(Err(_)) => return Ok(refuse(400, "The request body could not be read.")),
        Err(_) => return Ok(refuse(408, "The request body did not arrive in time.")),
    };
    sent(server.answer(peer, &head, body).await)
}

/// Why a connection ends without an answer.
#[derive(Debug)]
struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is not sent, on purpose")
    }
}
impl std::error::Error for HungUp {}

/// An answer on its way, except one that nobody shall get.
fn sent(response: Response<Bytes>) -> Result<Response<Full<Bytes>>, HungUp> {
    if response.extensions().get::<api::HangUp>().is_some() {
        return Err(HungUp);
    }
    Ok(response.map(Full::new))
}

/// The room for bodies that bring files.
static UPLOADS: Semaphore = Semaphore::const_new(UPLOADS_MAX / ROOM);

fn busy() -> Response<Full<Bytes>> {
    let message =
        "Too many files are being uploaded at this moment. Send the request again in a few seconds.";
    let mut response = refuse(503, message);
    response.headers_mut().insert(http::header::RETRY_AFTER, http::HeaderValue::from_static("5"));
    response
}

fn refuse(status: u16, message: &str) -> Response<Full<Bytes>> {
    let body = Bytes::from(base::ApiError::invalid(status, message).to_json(None));
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    // What is left of the body would be taken for the next request.
    response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
    response
}
