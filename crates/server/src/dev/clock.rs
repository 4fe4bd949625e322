//! The clock of a world over HTTP.
use super::map;
use crate::routes::Dev;
use api::Stop;
use base::{ApiError, Clock as _};
use std::{sync::Arc, time::Duration};
use wire::{Node, Wire};
use worlds::{Asked, Moved, Open, To};

/// The farthest that a clock is moved at once, in seconds: twenty years.
const FARTHEST: i64 = 20 * 366 * 86_400;
/// How long an answer waits for a clock to arrive, in seconds, where nobody says.
const WAIT: i64 = 600;

/// What `POST /_tollbridge/clock` takes.
#[derive(Wire)]
pub(super) struct Params {
    /// On by so many seconds.
    advance: Option<i64>,
    /// To this time, Unix seconds.
    now: Option<i64>,
    /// Whether it stands from there on, until it is moved again.
    frozen: Option<bool>,
    /// How many seconds the answer waits for it to arrive.
    wait: Option<i64>,
}

impl Params {
    fn asked(&self, open: &Open) -> Result<Asked, ApiError> {
        let to = match (self.advance, self.now) {
            (Some(_), Some(_)) => {
                let message = "You may only specify one of these parameters: advance, now.";
                return Err(ApiError::invalid(400, message).code("parameters_exclusive").param("now"));
            }
            (Some(seconds), None) => {
                if !(0..=FARTHEST).contains(&seconds) {
                    let message = "The clock moves forward only: advance by 0 seconds up to twenty years.";
                    return Err(ApiError::invalid(400, message).param("advance"));
                }
                Some(To::By(seconds))
            }
            (None, Some(at)) => {
                let now = open.clock.now().0;
                if !(now..=now.saturating_add(FARTHEST)).contains(&at) {
                    let message = format!(
                        "The clock moves forward only: it shows {now}. Set it to a later time, up to twenty years on."
                    );
                    return Err(ApiError::invalid(400, message).param("now"));
                }
                Some(To::At(at))
            }
            (None, None) if self.frozen.is_none() => return Err(ApiError::missing("advance")),
            (None, None) => None,
        };
        Ok(Asked { to, frozen: self.frozen })
    }
}

/// Moves it, and answers when it has arrived, or when the answer has waited for long enough: then it goes on.
pub(super) async fn moved(dev: &Dev, open: &Arc<Open>, params: Params) -> Result<Node<'static>, Stop> {
    let asked = params.asked(open)?;
    let wait = params.wait.unwrap_or(WAIT);
    if !(0..=WAIT).contains(&wait) {
        let message = format!("An answer waits for 0 up to {WAIT} seconds.");
        return Err(ApiError::invalid(400, message).param("wait").into());
    }
    let (worlds, wake, open_there) = (dev.worlds.clone(), dev.wake.clone(), open.clone());
    // A caller who goes away must not leave it half way.
    let moving = tokio::spawn(async move {
        let moved = worlds.move_clock(&open_there, asked).await;
        wake();
        moved
    });
    match tokio::time::timeout(Duration::from_secs(wait as u64), moving).await {
        Ok(Ok(moved)) => Ok(shown(open, Some(moved?))),
        Ok(Err(error)) => Err(api::fault(format!("the clock was not moved: {error}"))),
        Err(_) => Ok(shown(open, None)),
    }
}

/// What it shows, whether it stands, whether it is on its way; and what came of moving it.
pub(super) fn shown(open: &Open, moved: Option<Moved>) -> Node<'static> {
    let clock = &open.clock;
    let Node::Map(mut told) = map([
        ("now", Node::Integer(clock.now().0)),
        ("frozen", Node::Bool(clock.is_frozen())),
        ("moving", Node::Bool(clock.is_moving())),
    ]) else {
        return Node::Null;
    };
    if let Some(Moved { done, under_way }) = moved {
        let number = |n: u64| Node::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        told.push(("done".into(), number(done)));
        told.push(("under_way".into(), number(under_way)));
    }
    Node::Map(told)
}
