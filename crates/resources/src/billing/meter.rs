//! Meters: what of a customer's use is counted, and how (API page "Meters"). The document of an event name, read and
//! written with each meter that takes it, is what two active meters cannot both have.
#[cfg(test)]
mod tests;

use super::amounts::refused;
use crate::payments::card::not_more_than;
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Stop, done};
use base::{ApiError, Named, Timestamp};
use wire::{Hidden, Wire};

/// What of a customer's use is counted.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Meter {
    /// `mtr_…`.
    pub id: String,
    /// `billing.meter`.
    pub object: String,
    /// When it was made.
    pub created: Timestamp,
    /// Where an event says whose use it was.
    pub customer_mapping: CustomerMapping,
    /// How events become one number.
    pub default_aggregation: Aggregation,
    /// What the account calls it.
    pub display_name: String,
    /// The name of the events that it counts.
    pub event_name: String,
    /// In which window of time only the last event counts.
    pub event_time_window: Option<Window>,
    /// Live or test.
    pub livemode: bool,
    /// Whether it counts.
    pub status: Status,
    /// When it came to that.
    pub status_transitions: Transitions,
    /// When it was changed.
    pub updated: Timestamp,
    /// Where an event says how much it was.
    pub value_settings: ValueSettings,
    /// Whether sums of its days are kept.
    pub daily: Hidden<Option<bool>>,
}

/// Where an event says whose use it was.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomerMapping {
    /// The key of its payload.
    pub event_payload_key: String,
    /// How it names them.
    pub r#type: MappingType,
}

/// How an event names a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum MappingType {
    /// By the id.
    ById,
}

/// How events become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub struct Aggregation {
    /// By which rule.
    pub formula: Formula,
}

/// By which rule events become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Formula {
    /// How many there are.
    Count,
    /// What the last says.
    Last,
    /// What all say together.
    Sum,
}

/// A window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Window {
    /// A day of UTC.
    Day,
    /// An hour.
    Hour,
}

impl Window {
    /// How long it is, in seconds.
    pub(crate) fn seconds(self) -> i64 {
        match self {
            Window::Day => Timestamp::DAY,
            Window::Hour => 3_600,
        }
    }
}

/// Whether a meter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It does.
    Active,
    /// It does not.
    Inactive,
}

/// When a meter came to count or not.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Transitions {
    /// When it stopped.
    pub deactivated_at: Option<Timestamp>,
}

/// Where an event says how much it was.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ValueSettings {
    /// The key of its payload.
    pub event_payload_key: String,
}

impl Named for Meter {
    const NAME: &'static str = "billing.meter";
    const PREFIX: &'static str = "mtr";
}
impl Object for Meter {
    const PATH: &'static str = "/v1/billing/meters";
    fn id(&self) -> &str {
        &self.id
    }
}

/// Which meter counts the events of a name.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EventName {
    /// The digest of the name, which may hold anything.
    pub id: String,
    /// `meter_event_name`.
    pub object: String,
    /// The meter.
    pub meter: String,
}

impl Named for EventName {
    const NAME: &'static str = "meter_event_name";
    const PREFIX: &'static str = "";
}
impl Object for EventName {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Meter>();
/// A meter was made.
pub const CREATED: &str = "billing.meter.created";
/// It does not count any more.
pub const DEACTIVATED: &str = "billing.meter.deactivated";
/// It counts again.
pub const REACTIVATED: &str = "billing.meter.reactivated";
/// It was changed.
pub const UPDATED: &str = "billing.meter.updated";
/// What meters cause.
pub const EVENTS: &[&str] = &[CREATED, DEACTIVATED, REACTIVATED, UPDATED];

/// The permission of a restricted key that all of metering goes by.
pub(super) const PERMISSION: &str = "billing_meter";

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = Meter::NAME;
    let all = vec![
        Endpoint::new("POST", "/v1/billing/meters", NAME, |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<Meter>("/v1/billing/meters/{id}"),
        Endpoint::new("POST", "/v1/billing/meters/{id}", NAME, |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("POST", "/v1/billing/meters/{id}/deactivate", NAME, |cx, p| Box::pin(deactivate(cx, p))),
        Endpoint::new("POST", "/v1/billing/meters/{id}/reactivate", NAME, |cx, p| Box::pin(reactivate(cx, p))),
        Endpoint::list::<List>("/v1/billing/meters", NAME, |cx, p| Box::pin(list(cx, p))),
    ];
    all.into_iter().map(|it| it.permission(PERMISSION)).collect()
}

/// What `POST /v1/billing/meters` takes.
#[derive(Debug, Wire)]
pub struct Create {
    customer_mapping: Option<CustomerMapping>,
    default_aggregation: Aggregation,
    display_name: String,
    event_name: String,
    event_time_window: Option<Window>,
    value_settings: Option<ValueSettings>,
}

/// What `POST /v1/billing/meters/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    display_name: Option<String>,
}

/// What `GET /v1/billing/meters` filters by.
#[derive(Debug, Wire)]
pub struct List {
    status: Option<Status>,
}

/// The longest name of a meter, in characters.
const NAME_MAX: usize = 250;
/// The longest name of an event, or of a key of its payload, in characters.
pub(super) const KEY_MAX: usize = 100;

// Operations.

/// The meter that counts the events of a name; none where none does.
pub(super) async fn counting(cx: &mut Cx<'_>, event_name: &str) -> Result<Option<Meter>, Stop> {
    match cx.get::<EventName>(&vault::digest(event_name)).await? {
        Some(it) => cx.get::<Meter>(&it.meter).await,
        None => Ok(None),
    }
}

/// Takes the name of its events. Errors: another meter counts them.
async fn take_name(cx: &mut Cx<'_>, it: &Meter) -> Result<(), Stop> {
    if let Some(other) = counting(cx, &it.event_name).await? {
        let message =
            format!("There is an active meter ({}) for events named `{}` already.", other.id, it.event_name);
        return Err(ApiError::invalid(400, message)
            .code("resource_already_exists")
            .param("event_name")
            .into());
    }
    let id = vault::digest(&it.event_name);
    cx.put(&EventName { id, object: EventName::NAME.into(), meter: it.id.clone() });
    Ok(())
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Meter> {
    let mapping = p.customer_mapping.unwrap_or(CustomerMapping {
        event_payload_key: "stripe_customer_id".into(),
        r#type: MappingType::ById,
    });
    let value = p.value_settings.unwrap_or(ValueSettings { event_payload_key: "value".into() });
    for (param, text, most) in [
        ("display_name", &p.display_name, NAME_MAX),
        ("event_name", &p.event_name, KEY_MAX),
        ("customer_mapping[event_payload_key]", &mapping.event_payload_key, KEY_MAX),
        ("value_settings[event_payload_key]", &value.event_payload_key, KEY_MAX),
    ] {
        if text.is_empty() {
            return Err(ApiError::missing(param).into());
        }
        not_more_than(most, param, Some(text))?;
    }
    let it = Meter {
        id: cx.new_id::<Meter>(),
        object: Meter::NAME.into(),
        created: cx.now(),
        customer_mapping: mapping,
        default_aggregation: p.default_aggregation,
        display_name: p.display_name,
        event_name: p.event_name,
        event_time_window: p.event_time_window,
        livemode: cx.caller.livemode,
        status: Status::Active,
        status_transitions: Transitions::default(),
        updated: cx.now(),
        value_settings: value,
        daily: Hidden(Some(true)),
    };
    take_name(cx, &it).await?;
    cx.put(&it);
    cx.emit(CREATED, &it);
    done(it)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Meter> {
    let id = cx.path("id").to_owned();
    let before: Meter = cx.must("id", &id).await?;
    let mut it = before.clone();
    not_more_than(NAME_MAX, "display_name", p.display_name.as_deref())?;
    it.display_name = p.display_name.unwrap_or(it.display_name);
    it.updated = cx.now();
    cx.put(&it);
    cx.emit_update(UPDATED, &before, &it);
    done(it)
}

/// The meter that the URL names, on its way to another status. Errors: it has it already.
async fn moving(cx: &mut Cx<'_>, to: Status) -> Result<(Meter, Meter), Stop> {
    let id = cx.path("id").to_owned();
    let before: Meter = cx.must("id", &id).await?;
    if before.status == to {
        return Err(refused(format!("This meter is {} already.", to.as_str())).into());
    }
    let after = Meter { status: to, updated: cx.now(), ..before.clone() };
    Ok((before, after))
}

async fn deactivate(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Meter> {
    let (before, mut it) = moving(cx, Status::Inactive).await?;
    it.status_transitions.deactivated_at = Some(cx.now());
    if let Some(held) = cx.get::<EventName>(&vault::digest(&it.event_name)).await? {
        cx.delete(&held);
    }
    cx.put(&it);
    cx.emit_update(DEACTIVATED, &before, &it);
    done(it)
}

async fn reactivate(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Meter> {
    let (before, mut it) = moving(cx, Status::Active).await?;
    it.status_transitions.deactivated_at = None;
    take_name(cx, &it).await?;
    cx.put(&it);
    cx.emit_update(REACTIVATED, &before, &it);
    done(it)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    cx.page_where::<Meter>(None, |doc| {
        p.status.is_none() || wire::from_json::<Meter>(&doc.body).is_ok_and(|it| Some(it.status) == p.status)
    })
    .await
}
