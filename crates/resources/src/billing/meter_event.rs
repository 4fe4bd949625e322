//! Meter events: what a customer used, when, and how much (API page "Meter Events"). An event is remembered by its
//! identifier for as long as that must be its own; what it counts for lies in the order of time (`usage`).
pub mod usage;

use super::{
    amounts::refused,
    meter::{self, KEY_MAX, Meter},
};
use crate::{
    payments::{card::not_more_than, customer::Customer},
    test_helpers::test_clock,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Stop, done};
use base::{ApiError, Metadata, Named, Timestamp};
use money::Decimal;
use usage::Usage;
use wire::{Hidden, Wire};

/// What a customer used.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MeterEvent {
    /// `billing.meter_event`.
    pub object: String,
    /// When it was sent.
    pub created: Timestamp,
    /// What it is an event of.
    pub event_name: String,
    /// What no other event has.
    pub identifier: String,
    /// Live or test.
    pub livemode: bool,
    /// Who, how much, and whatever else was said.
    pub payload: Metadata,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The digest of the identifier, which may hold anything.
    pub id: Hidden<String>,
    /// What it counts for.
    pub usage: Hidden<String>,
}

impl Named for MeterEvent {
    const NAME: &'static str = "billing.meter_event";
    const PREFIX: &'static str = "";
}
impl Object for MeterEvent {
    fn id(&self) -> &str {
        &self.id.0
    }
    fn expires(&self) -> Option<i64> {
        Some(self.created.plus(REMEMBERED).0)
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<MeterEvent>();
/// What meter events cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/billing/meter_events", MeterEvent::NAME, |cx, p| Box::pin(create(cx, p)))
            .permission(meter::PERMISSION),
    ]
}

/// What `POST /v1/billing/meter_events` takes.
#[derive(Debug, Wire)]
pub struct Create {
    pub(super) event_name: String,
    pub(super) identifier: Option<String>,
    pub(super) payload: Metadata,
    pub(super) timestamp: Option<Timestamp>,
}

/// How long an identifier is its own, in seconds; longer than the day that callers may rely on.
const REMEMBERED: i64 = 2 * Timestamp::DAY;
/// How far back an event may have happened, in seconds.
const PAST_MAX: i64 = 35 * Timestamp::DAY;
/// How far ahead clocks may be, in seconds.
const AHEAD_MAX: i64 = 5 * 60;
/// Keys of a payload beside those that the meter knows.
const MORE_KEYS_MAX: usize = 10;

/// How much an event says that it was; where events are counted, it need not say.
fn value(meter: &Meter, payload: &Metadata) -> Result<Decimal, ApiError> {
    let key = &meter.value_settings.event_payload_key;
    let param = format!("payload[{key}]");
    match payload.0.get(key) {
        None if meter.default_aggregation.formula == meter::Formula::Count => Ok(Decimal::of(1)),
        None => Err(ApiError::missing(&param)),
        Some(text) => Decimal::parse(text).ok_or_else(|| {
            let message = format!("The value of a meter event must be a number with up to 15 digits and 12 decimals, not '{text}'.");
            refused(message).code("meter_event_invalid_value").param(param)
        }),
    }
}

/// The active meter for a name. Errors: there is none.
pub(super) async fn counting(cx: &mut Cx<'_>, event_name: &str) -> Result<Meter, Stop> {
    match meter::counting(cx, event_name).await? {
        Some(it) => Ok(it),
        None => {
            let message =
                format!("No active meter found for event name `{event_name}`. Create a meter for it first.");
            Err(ApiError::invalid(400, message).code("resource_missing").param("event_name").into())
        }
    }
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<MeterEvent> {
    done(record(cx, p).await?)
}

/// What a customer used counts from now on.
pub(super) async fn record(cx: &mut Cx<'_>, p: Create) -> Result<MeterEvent, Stop> {
    let meter = counting(cx, &p.event_name).await?;
    let who = &meter.customer_mapping.event_payload_key;
    let param = format!("payload[{who}]");
    let Some(customer) = p.payload.0.get(who) else { return Err(ApiError::missing(&param).into()) };
    let customer: Customer = cx.must(&param, customer).await?;
    test_clock::enter(cx, customer.test_clock.as_ref()).await?;
    let known = [who, &meter.value_settings.event_payload_key];
    let more = p.payload.0.keys().filter(|key| !known.contains(key)).count();
    if more > MORE_KEYS_MAX {
        let message = format!("A payload can hold up to {MORE_KEYS_MAX} keys beside those of its meter.");
        return Err(refused(message).param("payload").into());
    }
    let value = value(&meter, &p.payload)?;
    not_more_than(KEY_MAX, "identifier", p.identifier.as_deref())?;
    let timestamp = p.timestamp.unwrap_or(cx.now());
    if timestamp < cx.now().plus(-PAST_MAX) || timestamp > cx.now().plus(AHEAD_MAX) {
        let message = "The timestamp must be within the past 35 calendar days and not more than 5 minutes in the future.";
        return Err(refused(message).param("timestamp").into());
    }
    let identifier = p.identifier.unwrap_or_else(|| cx.token(32));
    let id = vault::digest(&identifier);
    let counted = Usage::new(cx, &meter, &customer.id, (timestamp, value), &id);
    if cx.get::<MeterEvent>(&id).await?.is_some() || cx.get::<Usage>(&counted.id).await?.is_some() {
        let message = format!("An event already exists with identifier {identifier}.");
        return Err(ApiError::invalid(400, message)
            .code("resource_already_exists")
            .param("identifier")
            .into());
    }
    let it = MeterEvent {
        object: MeterEvent::NAME.into(),
        created: cx.now(),
        event_name: p.event_name,
        identifier,
        livemode: cx.caller.livemode,
        payload: p.payload,
        timestamp,
        id: Hidden(id),
        usage: Hidden(counted.id.clone()),
    };
    counted.count(cx);
    cx.put(&it);
    Ok(it)
}
