//! The last requests of an account.
use super::{map, word};
use api::{Api, Logged, Stop};
use base::{ApiError, Caller};
use wire::{Node, Wire};

/// Requests in one answer.
const LIMIT_MAX: i64 = 1_000;

/// How many.
#[derive(Wire)]
pub(super) struct Last {
    limit: Option<i64>,
}

/// The last requests that a caller's account may see, newest first.
pub(super) fn last(api: &Api, caller: &Caller, asked: Last) -> Result<Node<'static>, Stop> {
    let limit = asked.limit.unwrap_or(20);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::invalid(400, format!("Ask for 1 to {LIMIT_MAX} requests."))
            .param("limit")
            .into());
    }
    let lines = api.log.recent(&caller.account, caller.livemode, limit as usize);
    let lines = lines.iter().map(|line| told(line)).collect();
    Ok(map([("object", word("list")), ("data", Node::List(lines))]))
}

/// A request as those are told of it who see them.
pub(crate) fn told(it: &Logged) -> Node<'static> {
    let mut wrong = Vec::new();
    if let Some(error) = &it.error {
        let parts = [
            ("type", &error.kind),
            ("charge", &error.charge),
            ("code", &error.code),
            ("decline_code", &error.decline_code),
            ("message", &error.message),
            ("param", &error.param),
        ];
        wrong.extend(parts.into_iter().filter_map(|(name, part)| Some((name.into(), word(part.clone()?)))));
    }
    map([
        ("created_at", Node::Integer(it.at)),
        ("livemode", Node::Bool(it.livemode)),
        ("method", word(&it.method)),
        ("request_id", word(&it.id)),
        ("status", Node::Integer(i64::from(it.status))),
        ("url", word(&it.path)),
        ("error", Node::Map(wrong)),
    ])
}
