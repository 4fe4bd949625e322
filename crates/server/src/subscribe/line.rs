//! The socket itself, and the bounds on whoever is at its other end: they may be slow, silent or talk too much.
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

/// At most this much in one message, in bytes: an answer comes back with the event that it was to.
const MESSAGE_MAX: usize = 4 << 20;
/// What is sent must be taken within this time.
const SEND_MAX: Duration = Duration::from_secs(10);
/// Who says nothing is asked whether they are there after this time,
const SILENT: Duration = Duration::from_secs(15);
/// and given up after this.
const SILENT_MAX: Duration = Duration::from_secs(45);

/// An open socket.
pub(super) struct Line {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    heard: Instant,
    pinged: Instant,
}

/// What came.
pub(super) enum Came {
    /// A text.
    Text(String),
    /// Nothing that means anything here.
    Nothing,
    /// Goodbye.
    Farewell,
    /// The connection broke.
    Broken,
}

impl Line {
    /// The server's end of an upgraded connection.
    pub(super) async fn over(upgraded: Upgraded) -> Self {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_MAX))
            .max_frame_size(Some(MESSAGE_MAX))
            .read_buffer_size(16 << 10)
            .write_buffer_size(0)
            .max_write_buffer_size(MESSAGE_MAX);
        let io = TokioIo::new(upgraded);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        Line { socket, heard: Instant::now(), pinged: Instant::now() }
    }

    /// Sends a text. `false`: the other side does not take it.
    pub(super) async fn send(&mut self, text: String) -> bool {
        self.put(Message::text(text)).await
    }

    async fn put(&mut self, message: Message) -> bool {
        matches!(tokio::time::timeout(SEND_MAX, self.socket.send(message)).await, Ok(Ok(())))
    }

    /// What comes next. Nothing is lost where somebody stops waiting for it.
    pub(super) async fn next(&mut self) -> Came {
        let came = self.socket.next().await;
        self.heard = Instant::now();
        match came {
            Some(Ok(Message::Text(text))) => Came::Text(text.as_str().to_owned()),
            Some(Ok(Message::Close(_))) => Came::Farewell,
            Some(Ok(_)) => Came::Nothing,
            Some(Err(_)) | None => Came::Broken,
        }
    }

    /// Asks whoever has been silent whether they are there. `false`: they are not.
    pub(super) async fn is_alive(&mut self) -> bool {
        let silent = self.heard.elapsed();
        if silent > SILENT_MAX {
            return false;
        }
        if silent > SILENT && self.pinged.elapsed() > SILENT {
            self.pinged = Instant::now();
            return self.put(Message::Ping(store::Bytes::new())).await;
        }
        true
    }

    /// Says goodbye.
    pub(super) async fn close(&mut self) {
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        let _ = tokio::time::timeout(SEND_MAX, self.socket.close(Some(frame))).await;
    }
}
