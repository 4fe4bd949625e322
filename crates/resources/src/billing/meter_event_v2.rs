//! Meter events of API v2 (pages "Meter Event" and "Meter Event Stream" of v2): the same events ([`super::meter_event`]), one by
//! one or many in a request. What is streamed is counted when it is answered, all of it or nothing.
use super::{
    meter,
    meter_event::{self, MeterEvent},
    meter_event_session::{self, STREAM},
};
use crate::payments::customer::Customer;
use api::{Cx, Endpoint, Noun, Object, Outcome, Stop, done};
use base::{ApiError, Metadata, Named, Timestamp};
use wire::Wire;

/// What a customer used, as v2 shows it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MeterEventV2 {
    /// `v2.billing.meter_event`.
    pub object: String,
    /// When it was sent.
    pub created: String,
    /// What it is an event of.
    pub event_name: String,
    /// What no other event has.
    pub identifier: String,
    /// Live or test.
    pub livemode: bool,
    /// Who, how much, and whatever else was said.
    pub payload: Metadata,
    /// When it happened.
    pub timestamp: String,
}

impl Named for MeterEventV2 {
    const NAME: &'static str = "v2.billing.meter_event";
    const PREFIX: &'static str = "";
}
impl Object for MeterEventV2 {
    fn id(&self) -> &str {
        &self.identifier
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<MeterEventV2>();
/// What meter events cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = MeterEventV2::NAME;
    vec![
        Endpoint::new("POST", "/v2/billing/meter_events", NAME, |cx, p| Box::pin(create(cx, p)))
            .permission(meter::PERMISSION),
        Endpoint::new("POST", "/v2/billing/meter_event_stream", NAME, |cx, p| Box::pin(stream(cx, p)))
            .permission(STREAM),
    ]
}

/// What `POST /v2/billing/meter_events` takes, and each event of a stream.
#[derive(Debug, Wire)]
pub struct Create {
    event_name: String,
    identifier: Option<String>,
    payload: Metadata,
    timestamp: Option<String>,
}

/// What `POST /v2/billing/meter_event_stream` takes.
#[derive(Debug, Wire)]
pub struct Stream {
    events: Vec<Create>,
}

/// The answer to a stream: everything was counted.
#[derive(Debug, Wire)]
pub struct Counted {}

/// Events in one request.
const EVENTS_MAX: usize = 100;

async fn record(cx: &mut Cx<'_>, p: Create) -> Result<MeterEvent, Stop> {
    let Create { event_name, identifier, payload, timestamp } = p;
    let timestamp = match timestamp.as_deref().map(Timestamp::from_iso) {
        Some(None) => {
            let message = "timestamp: write a moment such as 2024-10-22T16:20:09.000Z.";
            return Err(ApiError::invalid(400, message).param("timestamp").into());
        }
        at => at.flatten(),
    };
    meter_event::record(cx, meter_event::Create { event_name, identifier, payload, timestamp }).await
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<MeterEventV2> {
    let it = record(cx, p).await?;
    done(MeterEventV2 {
        object: MeterEventV2::NAME.into(),
        created: it.created.to_iso(),
        event_name: it.event_name,
        identifier: it.identifier,
        livemode: it.livemode,
        payload: it.payload,
        timestamp: it.timestamp.to_iso(),
    })
}

async fn stream(cx: &mut Cx<'_>, p: Stream) -> Outcome<Counted> {
    meter_event_session::check(cx)?;
    if p.events.is_empty() {
        return Err(ApiError::missing("events").into());
    }
    if p.events.len() > EVENTS_MAX {
        let message = format!("events: send up to {EVENTS_MAX} events at once.");
        return Err(ApiError::invalid(400, message).param("events").into());
    }
    for (at, event) in p.events.into_iter().enumerate() {
        if let Err(stop) = one(cx, event).await {
            return Err(match stop {
                Stop::Api(error) => {
                    let param = error.param.as_deref().unwrap_or_default().to_owned();
                    error.param(format!("events[{at}].{param}")).into()
                }
                other => other,
            });
        }
    }
    done(Counted {})
}

/// Counts an event of a stream. A decision lives by one clock, so customers who have one of their own are not streamed.
async fn one(cx: &mut Cx<'_>, event: Create) -> Result<(), Stop> {
    let meter = meter_event::counting(cx, &event.event_name).await?;
    if let Some(customer) = event.payload.0.get(&meter.customer_mapping.event_payload_key)
        && let Some(customer) = cx.peek::<Customer>(customer).await?
        && customer.test_clock.is_some()
    {
        let message = "payload: what a customer uses who lives by a test clock is sent to /v2/billing/meter_events, event by event.";
        return Err(ApiError::invalid(400, message).param("payload").into());
    }
    record(cx, event).await.map(drop)
}
