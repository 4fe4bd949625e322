//! Requests as they are answered by this process, to one session.
use super::{
    Connection, End,
    line::{Came, Line},
};
use api::Logged;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use wire::Node;

/// How often is looked whether the listener and the session are still there.
const TICK: Duration = Duration::from_secs(5);

pub(super) async fn run(of: &Connection, line: &mut Line) -> End {
    let mut log = of.api.log.follow();
    let mut tick = tokio::time::interval(TICK);
    let session = &of.session;
    loop {
        tokio::select! {
            told = log.recv() => match told {
                Ok(it) if it.concerns(&session.account, session.livemode)
                    && session.filters.fit(&it, &session.account) =>
                {
                    if !line.send(message(&it)).await {
                        return End::Broken;
                    }
                }
                Ok(_) => {}
                // What passed a slow listener by is gone; what comes next is not.
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "a listener is too slow"),
                Err(RecvError::Closed) => return End::Broken,
            },
            came = line.next() => match came {
                // Acknowledged or not, nothing follows from it.
                Came::Text(_) | Came::Nothing => {}
                Came::Farewell => return End::Farewell,
                Came::Broken => return End::Broken,
            },
            _ = tick.tick() => {
                if !line.is_alive().await || matches!(of.is_good().await, Ok(false)) {
                    return End::Broken;
                }
            }
        }
    }
}

/// A request as its listeners are told of it.
fn message(it: &Logged) -> String {
    let text = |text: &str| Node::text(text.to_owned());
    let payload = crate::dev::told(it);
    let id = it.id.replacen("req_", "resp_", 1);
    Node::Map(vec![
        ("type".into(), text("request_log_event")),
        ("request_log_id".into(), Node::text(id)),
        ("event_payload".into(), Node::text(payload.to_json())),
    ])
    .to_json()
}
