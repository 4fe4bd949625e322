//! A session with a server that is kept up: begun, connected, connected anew, begun again.
use super::remote::{Headers, Remote, Socket};
use crate::Failure;
use futures_util::{SinkExt as _, StreamExt as _};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use wire::Node;

/// The pause before it is tried again to connect, at first and at most.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A session.
pub(super) struct Session {
    remote: Remote,
    form: String,
    begun: Node<'static>,
    socket: Option<Socket>,
}

impl Session {
    /// Begins a session. `form`: what is sent with `POST /v1/stripecli/sessions`. Errors: the server refuses it.
    pub(super) async fn begin(remote: Remote, form: String) -> Result<Self, Failure> {
        let begun = begin(&remote, &form).await?;
        Ok(Session { remote, form, begun, socket: None })
    }
    /// A member of what the server answered.
    pub(super) fn text(&self, name: &str) -> String {
        self.begun.get(name).and_then(Node::as_str).unwrap_or_default().to_owned()
    }

    /// Connects where nothing is connected. Errors: the server refuses the key.
    pub(super) async fn connect(&mut self) -> Result<(), Failure> {
        let mut pause = PAUSE;
        while self.socket.is_none() {
            let (url, id) = (self.text("websocket_url"), self.text("websocket_id"));
            match self.remote.socket(&url, &id, &self.text("websocket_authorized_feature")).await {
                Ok(Some(socket)) => self.socket = Some(socket),
                Ok(None) => self.begun = begin(&self.remote, &self.form).await?,
                Err(failure) => {
                    eprintln!("{failure} It is tried again.");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
        Ok(())
    }

    /// The next message, over as many connections as it takes.
    pub(super) async fn next(&mut self) -> Result<Node<'static>, Failure> {
        loop {
            self.connect().await?;
            let Some(socket) = &mut self.socket else { continue };
            match socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    if let Ok(tree) = Node::parse(text.as_bytes()) {
                        return Ok(tree.into_owned());
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => {
                    self.socket = None;
                    tokio::time::sleep(PAUSE).await;
                }
                Some(Ok(_)) => {}
            }
        }
    }

    /// Sends a message; what is not sent is not missed, because the server tells again what nobody acknowledged.
    pub(super) async fn send(&mut self, message: &Node<'_>) {
        if let Some(socket) = &mut self.socket
            && socket.send(Message::text(message.to_json())).await.is_err()
        {
            self.socket = None;
        }
    }

    /// Says goodbye.
    pub(super) async fn end(mut self) {
        if let Some(socket) = &mut self.socket {
            let _ = tokio::time::timeout(Duration::from_secs(1), socket.close(None)).await;
        }
    }
}

async fn begin(remote: &Remote, form: &str) -> Result<Node<'static>, Failure> {
    remote.ask("POST", "/v1/stripecli/sessions", form, &Headers::default()).await?.ok()
}

/// The acknowledgement of an event.
pub(super) fn acknowledge(event: &str, conversation: &str, webhook: &str) -> Node<'static> {
    let text = |text: &str| Node::text(text.to_owned());
    Node::Map(vec![
        ("type".into(), text("event_ack")),
        ("webhook_conversation_id".into(), text(conversation)),
        ("event_id".into(), text(event)),
        ("webhook_id".into(), text(webhook)),
    ])
}
