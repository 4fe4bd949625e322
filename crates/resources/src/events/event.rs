//! Events: what happened to an object, with the object as it was then (API page "Events"). They are written by
//! [`crate::announce`] and kept for 30 days.
mod retry;

pub use retry::{Resend, resend};

use super::thin_event::V2;
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Range, Stored};
use base::{ApiError, Named, Timestamp, Version};
use store::IndexKey;
use wire::{Optional, Raw, Wire};

/// How long events are kept, in seconds.
pub const KEPT: i64 = 30 * Timestamp::DAY;
/// The index by the type: an account may have a million events, of which a list wants few.
pub(super) const BY_TYPE: &str = "type";
/// At most this many in `types`.
const TYPES_MAX: usize = 20;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Event {
    /// `evt_…`.
    pub id: String,
    /// `event`.
    pub object: String,
    /// The API version of the account when it happened.
    pub api_version: Option<Version>,
    /// When it happened.
    pub created: Timestamp,
    /// What it happened to.
    pub data: Data,
    /// Live or test.
    pub livemode: bool,
    /// How many endpoints have not answered well yet.
    pub pending_webhooks: i64,
    /// The request that caused it.
    pub request: Option<Request>,
    /// Such as `charge.succeeded`.
    pub r#type: String,
}

/// What an event happened to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Data {
    /// The object as it was then.
    pub object: Raw,
    /// What an update changed, with the old values.
    pub previous_attributes: Optional<Raw>,
}

/// The request that caused an event.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Request {
    /// `req_…`; none where the program acted by itself.
    pub id: Option<String>,
    /// The idempotency key that was sent.
    pub idempotency_key: Option<String>,
}

impl Named for Event {
    const NAME: &'static str = "event";
    const PREFIX: &'static str = "evt";
}
impl Object for Event {
    const PATH: &'static str = "/v1/events";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(BY_TYPE, self.r#type.as_str())]
    }
    fn expires(&self) -> Option<i64> {
        Some(self.created.plus(KEPT).0)
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Event>();
/// Nothing is told about events.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/events", "event", |cx, p| Box::pin(list(cx, p))),
        Endpoint::new::<Nothing, Stored>("GET", "/v1/events/{id}", "event", |cx, p| {
            let Nothing {} = p;
            Box::pin(retry::retrieve(cx))
        }),
        Endpoint::new("POST", "/v1/events/{id}/retry", "event", |cx, p| Box::pin(retry::retry(cx, p))),
    ]
}

/// What `GET /v1/events` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    delivery_success: Option<bool>,
    r#type: Option<String>,
    types: Vec<String>,
}

/// What a list needs to know of an event, found in its bytes: an event holds a whole object, and a list passes
/// over many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline<'b> {
    /// When it happened.
    pub created: i64,
    /// How many endpoints have not answered well yet.
    pub pending: i64,
    /// Its type.
    pub kind: &'b str,
}

/// How the count of endpoints that have not answered stands in an event's bytes. No text of a caller can look like
/// it: quotes inside a JSON text are escaped.
const PENDING: &[u8] = b",\"pending_webhooks\":";

impl<'b> Outline<'b> {
    /// Reads the outline of an event's JSON as [`Event`] is written; `None` where it is something else.
    pub fn of(json: &'b [u8]) -> Option<Self> {
        // `created` stands before the object, the others behind it: the object may hold the same words.
        let created = number(after(json, b",\"created\":", false)?)?;
        let pending = number(after(json, PENDING, true)?)?;
        let kind = after(json, b",\"type\":\"", true)?;
        let end = kind.iter().position(|b| *b == b'"')?;
        Some(Outline { created, pending, kind: std::str::from_utf8(&kind[..end]).ok()? })
    }
}

impl Event {
    /// The id of the object that it is about.
    pub(crate) fn about(&self) -> Option<&str> {
        // The id leads every object.
        self.data.object.0.strip_prefix("{\"id\":\"")?.split('"').next()
    }
}

/// The same event with another count of endpoints that have not answered; `None` where it is no event.
pub fn with_pending(json: &[u8], pending: i64) -> Option<Vec<u8>> {
    let rest = after(json, PENDING, true)?;
    let head = json.len() - rest.len();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut out = Vec::with_capacity(json.len() + 2);
    out.extend_from_slice(&json[..head]);
    out.extend_from_slice(pending.max(0).to_string().as_bytes());
    out.extend_from_slice(&rest[digits..]);
    Some(out)
}

fn after<'b>(json: &'b [u8], what: &[u8], last: bool) -> Option<&'b [u8]> {
    let mut places = json.windows(what.len());
    let at = if last { places.rposition(|w| w == what) } else { places.position(|w| w == what) };
    at.map(|at| &json[at + what.len()..])
}

fn number(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit() || **b == b'-').count();
    std::str::from_utf8(&text[..digits]).ok()?.parse().ok()
}

/// Whether a type is meant by a filter, in which `*` stands for any text.
fn means(filter: &str, kind: &str) -> bool {
    let Some((head, rest)) = filter.split_once('*') else { return filter == kind };
    let Some(mut left) = kind.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    true
}

// Operations.

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { created, delivery_success, r#type, types } = p;
    if r#type.is_some() && !types.is_empty() {
        let message = "You may only specify one of these parameters: type, types.";
        return Err(ApiError::invalid(400, message).param("types").into());
    }
    if types.len() > TYPES_MAX {
        let message = format!("You can filter by up to {TYPES_MAX} types at once; you sent {}.", types.len());
        return Err(ApiError::invalid(400, message).param("types").into());
    }
    let filters: Vec<String> = r#type.into_iter().chain(types).collect();
    let oldest = cx.now().plus(-KEPT).0;
    let by = match &filters[..] {
        [one] if !one.contains('*') => Some((BY_TYPE, one.clone())),
        _ => None,
    };
    cx.page_where::<Event>(by, move |doc| {
        let body = doc.public();
        let Some(it) = Outline::of(&body) else { return false };
        it.created >= oldest
            && !it.kind.starts_with(V2)
            && created.is_none_or(|range| range.holds(it.created))
            && delivery_success.is_none_or(|done| done == (it.pending == 0))
            && (filters.is_empty() || filters.iter().any(|filter| means(filter, it.kind)))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            id: "evt_1".into(),
            object: "event".into(),
            api_version: Some(Version::TODAY),
            created: Timestamp(1_700_000_000),
            data: Data {
                object: Raw(
                    r#"{"created":1,"x":",\"pending_webhooks\":9","pending_webhooks":7,"type":"card"}"#
                        .into(),
                ),
                previous_attributes: Optional(None),
            },
            livemode: false,
            pending_webhooks: 12,
            request: Some(Request {
                id: Some("req_1".into()),
                idempotency_key: Some("a\",\"type\":\"b".into()),
            }),
            r#type: "charge.succeeded".into(),
        }
    }

    #[test]
    fn the_outline_is_that_of_the_event_not_of_its_object() {
        let json = wire::to_json(&event());
        let outline = Outline { created: 1_700_000_000, pending: 12, kind: "charge.succeeded" };
        assert_eq!(Outline::of(&json), Some(outline));
        assert_eq!(Outline::of(b"{}"), None);
        let fewer = with_pending(&json, 9).unwrap();
        assert_eq!(wire::from_json::<Event>(&fewer).unwrap(), Event { pending_webhooks: 9, ..event() });
    }

    #[test]
    fn filters_with_stars() {
        for (filter, kind, meant) in [
            ("charge.succeeded", "charge.succeeded", true),
            ("charge.succeeded", "charge.failed", false),
            ("charge.*", "charge.failed", true),
            ("charge.*", "customer.created", false),
            ("*", "customer.created", true),
            ("*.created", "customer.created", true),
            ("*.created", "customer.updated", false),
            ("customer.*.created", "customer.source.created", true),
            ("customer.*.created", "customer.created", false),
            ("", "customer.created", false),
        ] {
            assert_eq!(means(filter, kind), meant, "{filter} {kind}");
        }
    }
}
