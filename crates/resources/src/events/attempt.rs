//! The delivery log: one document for each attempt to deliver an event to an endpoint, with what was sent and what was
//! answered. It belongs to whoever owns the endpoint, and is read in the dashboard.
//!
//! The body that was sent is not kept: it follows from the event and the version, byte for byte, as long as the event is
//! there, and that is longer than its attempts are.
use api::{Cx, Object, Stop};
use base::{Named, Timestamp};
use store::IndexKey;
use wire::{Optional, Wire};

/// How long attempts are kept, in seconds: as long as an event can be sent again by hand in the dashboard.
pub const KEPT: i64 = 15 * Timestamp::DAY;
/// The index by the endpoint.
pub const BY_ENDPOINT: &str = "endpoint";
/// The index by the event.
pub const BY_EVENT: &str = "event";
/// Attempts of one event that are looked at: more than all endpoints of a platform make by themselves.
pub const OF_EVENT_MAX: usize = 500;

/// An attempt to deliver.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Attempt {
    /// `whatt_…`.
    pub id: String,
    /// `webhook_attempt`.
    pub object: String,
    /// When it ended.
    pub at: Timestamp,
    /// Whose event it is.
    pub account: String,
    /// The mode of the event.
    pub livemode: bool,
    /// `evt_…`.
    pub event: String,
    /// Such as `charge.succeeded`.
    pub r#type: String,
    /// The endpoint.
    pub endpoint: String,
    /// The address, without credentials and query.
    pub url: String,
    /// Which attempt of its delivery it was, from 1.
    pub attempt: i64,
    /// Whether somebody asked for it by hand.
    pub manual: Optional<bool>,
    /// What became of it: `delivered`, or what went wrong.
    pub outcome: String,
    /// How long the answer took, in milliseconds.
    pub ms: i64,
    /// When it is tried again; none where it is not.
    pub next: Optional<Timestamp>,
    /// The version in which the event was sent; none where it was sent thin.
    pub version: Optional<String>,
    /// The headers that were sent; secrets in them are left out.
    pub request_headers: Vec<Header>,
    /// The bytes of the body that was sent.
    pub request_bytes: i64,
    /// The answer, where there was one.
    pub response: Optional<Response>,
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, Wire)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What was answered, as much of it as is kept.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Response {
    /// The status.
    pub status: i64,
    /// The first headers.
    pub headers: Vec<Header>,
    /// The beginning of the body; what is no UTF-8 in it is replaced.
    pub body: String,
    /// Whether the body went on.
    pub cut: bool,
}

impl Named for Attempt {
    const NAME: &'static str = "webhook_attempt";
    const PREFIX: &'static str = "whatt";
}
impl Object for Attempt {
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![
            IndexKey::listed(BY_ENDPOINT, self.endpoint.as_str()),
            IndexKey::listed(BY_EVENT, self.event.as_str()),
        ]
    }
    fn expires(&self) -> Option<i64> {
        Some(self.at.plus(KEPT).0)
    }
}

impl Attempt {
    /// Whether the receiver took it.
    pub fn delivered(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }
    /// The status of the answer, where there was one.
    pub fn status(&self) -> Option<i64> {
        self.response.0.as_ref().map(|it| it.status)
    }
    /// Whether somebody asked for it by hand.
    pub fn by_hand(&self) -> bool {
        self.manual.0 == Some(true)
    }
}

/// The attempts that were made to deliver an event to the endpoints of the caller, newest first.
pub async fn of_event(cx: &Cx<'_>, event: &str) -> Result<Vec<Attempt>, Stop> {
    let by = Some((BY_EVENT, event.to_owned()));
    cx.all_by::<Attempt>(&cx.caller.account, cx.caller.livemode, by, OF_EVENT_MAX).await
}

/// The last attempts to deliver to an endpoint of the caller, newest first.
pub async fn of_endpoint(cx: &Cx<'_>, endpoint: &str, limit: usize) -> Result<Vec<Attempt>, Stop> {
    let by = Some((BY_ENDPOINT, endpoint.to_owned()));
    cx.all_by::<Attempt>(&cx.caller.account, cx.caller.livemode, by, limit).await
}

/// Whether a delivery by hand that arrived settles what the endpoint owed: the deliveries of the program itself had
/// been given up, and none by hand arrived since. `attempts` are those of the event to that endpoint, newest first.
pub fn settles<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> bool {
    for it in attempts {
        if it.delivered() {
            return false;
        }
        if !it.by_hand() {
            return it.next.0.is_none();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(status: i64, manual: bool, next: bool) -> Attempt {
        let response = Response { status, headers: Vec::new(), body: String::new(), cut: false };
        Attempt {
            id: "whatt_1".into(),
            object: Attempt::NAME.into(),
            at: Timestamp(5),
            account: "acct_1".into(),
            livemode: false,
            event: "evt_1".into(),
            r#type: "charge.succeeded".into(),
            endpoint: "we_1".into(),
            url: String::new(),
            attempt: 1,
            manual: Optional(Some(true).filter(|_| manual)),
            outcome: String::new(),
            ms: 1,
            next: Optional(Some(Timestamp(9)).filter(|_| next)),
            version: Optional(None),
            request_headers: Vec::new(),
            request_bytes: 2,
            response: Optional(Some(response)),
        }
    }

    #[test]
    fn a_delivery_by_hand_counts_where_nothing_else_will() {
        let (given_up, waits, arrived) =
            (attempt(500, false, false), attempt(500, false, true), attempt(200, false, false));
        let (by_hand, in_vain) = (attempt(200, true, false), attempt(500, true, false));
        assert!(settles([&given_up].into_iter()));
        assert!(settles([&in_vain, &given_up].into_iter()));
        assert!(!settles([&waits].into_iter()), "it is tried again by itself");
        assert!(!settles([&arrived].into_iter()));
        assert!(!settles([&by_hand, &given_up].into_iter()), "it was counted before");
        assert!(!settles(std::iter::empty()));
    }
}
