//! Meter event adjustments: an event that was sent by mistake does not count (API page "Meter Event Adjustment").
use super::{
    meter,
    meter_event::{self, MeterEvent, usage::Usage},
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Stop, done};
use base::{ApiError, Named};
use wire::Wire;

/// An event that does not count.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MeterEventAdjustment {
    /// `billing.meter_event_adjustment`.
    pub object: String,
    /// Which event.
    pub cancel: Option<Cancel>,
    /// The name of the event.
    pub event_name: String,
    /// Live or test.
    pub livemode: bool,
    /// Whether it is done.
    pub status: Status,
    /// `cancel`.
    pub r#type: Type,
}

/// Which event does not count.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Cancel {
    /// Its identifier.
    pub identifier: Option<String>,
}

/// Whether an adjustment is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It is.
    Complete,
}

/// What an adjustment can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Type {
    /// An event does not count.
    Cancel,
}

impl Named for MeterEventAdjustment {
    const NAME: &'static str = "billing.meter_event_adjustment";
    const PREFIX: &'static str = "";
}
impl Object for MeterEventAdjustment {
    fn id(&self) -> &str {
        &self.event_name
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<MeterEventAdjustment>();
/// What adjustments cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = MeterEventAdjustment::NAME;
    vec![
        Endpoint::new("POST", "/v1/billing/meter_event_adjustments", NAME, |cx, p| Box::pin(create(cx, p)))
            .permission(meter::PERMISSION),
    ]
}

/// What `POST /v1/billing/meter_event_adjustments` takes.
#[derive(Debug, Wire)]
pub struct Create {
    cancel: Option<Cancel>,
    event_name: String,
    r#type: Type,
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<MeterEventAdjustment> {
    let identifier = p.cancel.as_ref().and_then(|it| it.identifier.as_deref());
    cancel(cx, &p.event_name, identifier).await?;
    done(MeterEventAdjustment {
        object: MeterEventAdjustment::NAME.into(),
        cancel: p.cancel,
        event_name: p.event_name,
        livemode: cx.caller.livemode,
        status: Status::Complete,
        r#type: p.r#type,
    })
}

/// An event does not count any more.
pub(super) async fn cancel(cx: &mut Cx<'_>, event_name: &str, identifier: Option<&str>) -> Result<(), Stop> {
    meter_event::counting(cx, event_name).await?;
    let Some(identifier) = identifier else { return Err(ApiError::missing("cancel[identifier]").into()) };
    let event = cx.get::<MeterEvent>(&vault::digest(identifier)).await?;
    let counted = match &event {
        Some(it) if it.event_name == event_name => cx.get::<Usage>(&it.usage.0).await?,
        _ => None,
    };
    let Some(counted) = counted else {
        let message = format!(
            "There is no event `{event_name}` with the identifier {identifier} that was sent within the last day and still counts."
        );
        return Err(ApiError::invalid(404, message)
            .code("resource_missing")
            .param("cancel[identifier]")
            .into());
    };
    // The event stays: its identifier is not free.
    counted.take_back(cx);
    Ok(())
}
