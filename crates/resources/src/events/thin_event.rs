//! Thin events (API v2, page "Events"): that something happened to an object, without the object. What happens to objects
//! of `/v1` is one stored event with two faces, the snapshot ([`super::event`]) and this; what happens to objects of `/v2`
//! has only this.
mod types;

pub(crate) use types::TYPES;

use super::event::{BY_TYPE, Event, KEPT, Outline};
use api::{Cx, Endpoint, Leaf, Noun, Object, Outcome, Stored, World, done};
use base::{ApiError, Named, Timestamp};
use store::Bytes;
use wire::{At, Bad, Node, Optional, Raw, Shape, Wire};

/// What the types of events begin with that are only thin.
pub(crate) const V2: &str = "v2.";
/// What the types of events begin with that have a snapshot, too.
pub(crate) const V1: &str = "v1.";
/// At most this many in `types`.
const TYPES_MAX: usize = 20;
const LIST: &str = "/v2/core/events";

/// A thin event.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ThinEvent {
    /// `evt_test_…` or `evt_live_…`.
    pub id: String,
    /// `v2.core.event`.
    pub object: String,
    /// What changed of the object; not told of objects of `/v1`.
    pub changes: Option<Raw>,
    /// The account as which the event and its object are fetched, where that is not the reader's own.
    pub context: Option<String>,
    /// When it happened.
    pub created: String,
    /// Live or test.
    pub livemode: bool,
    /// Why it happened.
    pub reason: Option<Reason>,
    /// The object that it happened to.
    pub related_object: Option<Related>,
    /// The same event as a snapshot.
    pub snapshot_event: Option<String>,
    /// Such as `v1.customer.created`.
    pub r#type: String,
}

/// Why an event happened.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Reason {
    /// `request`.
    pub r#type: String,
    /// The request that caused it.
    pub request: Option<Request>,
}

/// The request that caused an event.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Request {
    /// `req_…`.
    pub id: String,
    /// The idempotency key that was sent.
    pub idempotency_key: String,
}

/// An object that is named.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Related {
    /// Its id; none where there is only one of its kind.
    pub id: Optional<String>,
    /// Its kind.
    pub r#type: String,
    /// Where it is fetched.
    pub url: String,
}

impl Named for ThinEvent {
    const NAME: &'static str = "v2.core.event";
    const PREFIX: &'static str = "evt";
}
impl Object for ThinEvent {
    const PATH: &'static str = LIST;
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<ThinEvent>();
/// Nothing is told about events.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let permission = "event";
    vec![
        Endpoint::leaves::<List>(LIST, ThinEvent::NAME, |cx, p| Box::pin(list(cx, p))).permission(permission),
        Endpoint::new::<api::Nothing, Stored>("GET", "/v2/core/events/{id}", ThinEvent::NAME, |cx, _| {
            Box::pin(retrieve(cx))
        })
        .permission(permission),
    ]
}

/// What `GET /v2/core/events` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Created>,
    object_id: Option<String>,
    types: Vec<String>,
}

/// A filter on the moment.
#[derive(Debug, Wire)]
struct Created {
    gt: Option<Moment>,
    gte: Option<Moment>,
    lt: Option<Moment>,
    lte: Option<Moment>,
}

/// A moment in the words of API v2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(Timestamp);

impl Wire for Moment {
    const SHAPE: Shape = Shape::Text;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let text = wire::text(at, node)?;
        Timestamp::from_iso(text).map(Moment).ok_or_else(|| Bad::Invalid {
            param: at.path(),
            code: None,
            message: format!("{}: write a moment as 2026-01-31T12:00:00Z.", at.path()),
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, &self.0.to_iso());
    }
}

impl Created {
    fn holds(&self, at: Timestamp) -> bool {
        self.gt.is_none_or(|it| at > it.0)
            && self.gte.is_none_or(|it| at >= it.0)
            && self.lt.is_none_or(|it| at < it.0)
            && self.lte.is_none_or(|it| at <= it.0)
    }
}

/// Whether events of a type are only thin.
pub fn only(kind: &str) -> bool {
    kind.starts_with(V2)
}

/// The type of the thin face of an event; `None` where it has none.
pub(crate) fn thin_type(kind: &str) -> Option<&'static str> {
    let found = |kind: &str| TYPES.binary_search(&kind).ok().map(|at| TYPES[at]);
    if kind.starts_with(V2) { found(kind) } else { found(&[V1, kind].concat()) }
}

/// The id of the thin face of an event.
fn thin_id(id: &str, livemode: bool) -> String {
    let rest = id.strip_prefix("evt_").unwrap_or(id);
    format!("evt_{}_{rest}", if livemode { "live" } else { "test" })
}

/// The id under which the event with this thin id is stored.
fn stored_id(id: &str, livemode: bool) -> Option<String> {
    let mode = if livemode { "evt_live_" } else { "evt_test_" };
    id.strip_prefix(mode).map(|rest| format!("evt_{rest}"))
}

/// The thin face of a stored event; `None` where it has none. `context`: the account, for a reader whose own it is not.
pub fn thin(world: &World, stored: &[u8], account: &str, context: bool) -> Option<ThinEvent> {
    let event: Event = wire::from_json(stored).ok()?;
    let kind = thin_type(&event.r#type)?;
    let object = Node::parse(event.data.object.0.as_bytes()).ok()?;
    let request = event.request.filter(|it| it.id.is_some());
    let reason = request.map(|it| Reason {
        r#type: "request".into(),
        request: Some(Request {
            id: it.id.unwrap_or_default(),
            idempotency_key: it.idempotency_key.unwrap_or_default(),
        }),
    });
    Some(ThinEvent {
        id: thin_id(&event.id, event.livemode),
        object: ThinEvent::NAME.into(),
        changes: None,
        context: context.then(|| account.to_owned()),
        created: event.created.to_iso(),
        livemode: event.livemode,
        reason,
        related_object: if names_no_object(kind) { None } else { related(world, &object, account) },
        snapshot_event: Some(event.id).filter(|_| !kind.starts_with(V2)),
        r#type: kind.into(),
    })
}

/// Connections and external accounts are not fetched by themselves.
fn names_no_object(kind: &str) -> bool {
    kind.starts_with("v1.account.application.") || kind.starts_with("v1.account.external_account.")
}

/// Where an object is fetched.
fn related(world: &World, object: &Node<'_>, account: &str) -> Option<Related> {
    let text = |name: &str| object.get(name).and_then(Node::as_str);
    let kind = text("object")?;
    let id = text("id");
    let url = match (kind, id) {
        ("balance" | "balance_settings", _) | (_, None) => format!("/v1/{kind}"),
        ("person", Some(id)) => format!("/v1/accounts/{account}/persons/{id}"),
        ("capability", Some(id)) => format!("/v1/accounts/{account}/capabilities/{id}"),
        ("card" | "bank_account" | "source", Some(id)) => match text("customer") {
            Some(customer) => format!("/v1/customers/{customer}/sources/{id}"),
            None => format!("/v1/accounts/{account}/external_accounts/{id}"),
        },
        ("tax_id", Some(id)) => match text("customer") {
            Some(customer) => format!("/v1/customers/{customer}/tax_ids/{id}"),
            None => format!("/v1/tax_ids/{id}"),
        },
        ("fee_refund", Some(id)) => format!("/v1/application_fees/{}/refunds/{id}", text("fee")?),
        ("transfer_reversal", Some(id)) => format!("/v1/transfers/{}/reversals/{id}", text("transfer")?),
        ("account", Some(id)) => format!("/v1/accounts/{id}"),
        (kind, Some(id)) => {
            let listed = (world.nouns)(kind).map(|noun| noun.path).filter(|path| !path.is_empty());
            let path = listed.map_or_else(|| format!("/v1/{}s", kind.replace('.', "/")), str::to_owned);
            format!("{path}/{id}")
        }
    };
    let single = url == format!("/v1/{kind}");
    Some(Related { id: Optional(id.filter(|_| !single).map(str::to_owned)), r#type: kind.to_owned(), url })
}

// Operations.

/// Shows a stored event as the caller sees it.
fn shown(cx: &Cx<'_>, stored: &[u8]) -> Option<Bytes> {
    let it = thin(cx.world, stored, &cx.caller.account, cx.caller.is_connect())?;
    let mut out = Vec::with_capacity(512);
    wire::write_struct(&it, &mut out);
    Some(Bytes::from(out))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Leaf> {
    let List { created, object_id, types } = p;
    if types.len() > TYPES_MAX {
        let message = format!("types: you can name up to {TYPES_MAX} at once; you sent {}.", types.len());
        return Err(ApiError::invalid(400, message).param("types").into());
    }
    for (i, kind) in types.iter().enumerate() {
        if TYPES.binary_search(&kind.as_str()).is_err() {
            return Err(no_type(&format!("types[{i}]"), kind).into());
        }
    }
    let oldest = cx.now().plus(-KEPT).0;
    // How the object's id stands in an event's bytes.
    let object = object_id.map(|id| {
        let mut out = b",\"data\":{\"object\":{\"id\":".to_vec();
        wire::write_str(&mut out, &id);
        out
    });
    let by = match &types[..] {
        [one] => Some((BY_TYPE, one.strip_prefix(V1).unwrap_or(one).to_owned())),
        _ => None,
    };
    let page = cx.leaf::<Event>(LIST, by, move |doc| {
        let body = doc.public();
        let Some(it) = Outline::of(&body) else { return false };
        let Some(kind) = thin_type(it.kind) else { return false };
        it.created >= oldest
            && created.as_ref().is_none_or(|range| range.holds(Timestamp(it.created)))
            && (types.is_empty() || types.iter().any(|wanted| wanted == kind))
            && object
                .as_ref()
                .is_none_or(|wanted| body.windows(wanted.len()).any(|at| at == wanted.as_slice()))
    });
    let api::Reply::Done(page) = page.await? else { return Err(api::fault("a list was refused")) };
    let items = page.items.iter().filter_map(|stored| shown(cx, stored)).collect();
    done(page.showing(items))
}

/// The refusal of a type that there is not.
pub(crate) fn no_type(param: &str, kind: &str) -> ApiError {
    let shown: String = kind.chars().take(100).collect();
    let message =
        format!("{param}: '{shown}' is not a type of thin event. Name types such as v1.customer.created.");
    ApiError::invalid(400, message).param(param)
}

async fn retrieve(cx: &mut Cx<'_>) -> Outcome<Stored> {
    let (id, livemode) = (cx.path("id"), cx.caller.livemode);
    let missing = || ApiError::no_such(ThinEvent::NAME, id, "id");
    let stored =
        stored_id(id, livemode).filter(|_| id.len() <= 255 && !id.contains('/')).ok_or_else(missing)?;
    let doc = cx.world.store.get(&cx.key::<Event>(&stored)).await?.ok_or_else(missing)?;
    let body = doc.public();
    let oldest = cx.now().plus(-KEPT).0;
    if Outline::of(&body).is_none_or(|it| it.created < oldest) {
        return Err(missing().into());
    }
    done(Stored(shown(cx, &body).ok_or_else(missing)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_one_id_in_each_face() {
        assert_eq!(thin_id("evt_1Ab", false), "evt_test_1Ab");
        assert_eq!(stored_id("evt_test_1Ab", false).as_deref(), Some("evt_1Ab"));
        assert_eq!(stored_id("evt_test_1Ab", true), None);
        assert_eq!(stored_id(&thin_id("evt_1Ab", true), true).as_deref(), Some("evt_1Ab"));
        assert_eq!(stored_id("evt_1Ab", false), None);
    }

    #[test]
    fn types_of_both_faces() {
        assert_eq!(thin_type("customer.created"), Some("v1.customer.created"));
        assert_eq!(thin_type("v2.core.event_destination.ping"), Some("v2.core.event_destination.ping"));
        assert_eq!(thin_type("v2.no.such"), None);
        assert_eq!(thin_type("payment.created"), None);
    }
}
