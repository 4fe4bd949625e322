//! How an endpoint fares: where nothing reached it for days its owner is warned, and at last nothing more is sent to it.
//! Answering well once is enough to be in good standing again.
use super::{Status, WebhookEndpoint, change};
use api::{Cx, Stop};
use base::Timestamp;
use wire::{Hidden, Wire};

/// Seconds of nothing but failures after which the owner is warned.
pub const WARNED_AFTER: i64 = 3 * Timestamp::DAY;
/// Seconds of nothing but failures after which the endpoint is disabled.
pub const STOPPED_AFTER: i64 = 9 * Timestamp::DAY;

/// An endpoint that fails.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Failing {
    /// The first failure since it last answered well.
    pub since: Timestamp,
    /// When the owner was warned.
    pub warned: Option<Timestamp>,
    /// When it was disabled for it.
    pub stopped: Option<Timestamp>,
}

/// What an outcome means for an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing that is not written down already.
    Nothing,
    /// It began to fail.
    Began,
    /// Its owner is to be warned.
    Warned,
    /// It is disabled.
    Stopped,
    /// It answers again.
    Recovered,
}

/// What an outcome means: whether it was good, for an endpoint that fares so.
pub fn turn(failing: Option<&Failing>, well: bool, now: Timestamp) -> Turn {
    match failing {
        None if well => Turn::Nothing,
        None => Turn::Began,
        Some(_) if well => Turn::Recovered,
        Some(Failing { since, warned, .. }) => match now.0 - since.0 {
            STOPPED_AFTER.. => Turn::Stopped,
            WARNED_AFTER.. if warned.is_none() => Turn::Warned,
            _ => Turn::Nothing,
        },
    }
}

/// Writes down what an outcome means for an endpoint of the caller; returns what that was.
pub async fn follow(cx: &mut Cx<'_>, id: &str, well: bool) -> Result<Turn, Stop> {
    let Some(mut endpoint) = cx.get::<WebhookEndpoint>(id).await? else { return Ok(Turn::Nothing) };
    let now = cx.now();
    // One that was disabled meanwhile is as its owner left it.
    if endpoint.status == Status::Disabled {
        return Ok(Turn::Nothing);
    }
    let turn = turn(endpoint.failing.0.as_ref(), well, now);
    let failing = endpoint.failing.0.take().unwrap_or(Failing { since: now, warned: None, stopped: None });
    endpoint.failing = Hidden(match turn {
        Turn::Nothing => return Ok(turn),
        Turn::Began => Some(failing),
        Turn::Warned => Some(Failing { warned: Some(now), ..failing }),
        Turn::Stopped => Some(Failing { stopped: Some(now), ..failing }),
        Turn::Recovered => None,
    });
    if turn == Turn::Stopped {
        endpoint.status = Status::Disabled;
    }
    let account = cx.caller.account.clone();
    change(cx, &account, &mut endpoint).await?;
    Ok(turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_failures_warn_and_stop() {
        let since = Timestamp(1_000_000);
        let failing = |warned| Failing { since, warned, stopped: None };
        let (fresh, told) = (failing(None), failing(Some(since.plus(WARNED_AFTER))));
        assert_eq!(turn(None, true, since), Turn::Nothing);
        assert_eq!(turn(None, false, since), Turn::Began);
        for (failing, after, meant) in [
            (&fresh, 0, Turn::Nothing),
            (&fresh, WARNED_AFTER - 1, Turn::Nothing),
            (&fresh, WARNED_AFTER, Turn::Warned),
            (&told, WARNED_AFTER + 1, Turn::Nothing),
            (&told, STOPPED_AFTER - 1, Turn::Nothing),
            (&told, STOPPED_AFTER, Turn::Stopped),
            (&fresh, STOPPED_AFTER + 5, Turn::Stopped),
        ] {
            assert_eq!(turn(Some(failing), false, since.plus(after)), meant, "{after}");
            assert_eq!(turn(Some(failing), true, since.plus(after)), Turn::Recovered, "{after}");
        }
    }
}
