//! Meter event adjustments of API v2 (page "Meter Event Adjustment" of v2): the same as those of v1
//! ([`super::meter_event_adjustment`]).
use super::{
    meter,
    meter_event_adjustment::{Status, Type, cancel},
};
use api::{Cx, Endpoint, Noun, Object, Outcome, done};
use base::Named;
use wire::Wire;

/// An event that does not count, as v2 shows it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MeterEventAdjustmentV2 {
    /// `mtrea_…`.
    pub id: String,
    /// `v2.billing.meter_event_adjustment`.
    pub object: String,
    /// Which event.
    pub cancel: Cancel,
    /// When it was made.
    pub created: String,
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
    pub identifier: String,
}

impl Named for MeterEventAdjustmentV2 {
    const NAME: &'static str = "v2.billing.meter_event_adjustment";
    const PREFIX: &'static str = "mtrea";
}
impl Object for MeterEventAdjustmentV2 {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<MeterEventAdjustmentV2>();
/// What adjustments cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = MeterEventAdjustmentV2::NAME;
    vec![
        Endpoint::new("POST", "/v2/billing/meter_event_adjustments", NAME, |cx, p| Box::pin(create(cx, p)))
            .permission(meter::PERMISSION),
    ]
}

/// What `POST /v2/billing/meter_event_adjustments` takes.
#[derive(Debug, Wire)]
pub struct Create {
    cancel: Cancel,
    event_name: String,
    r#type: Type,
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<MeterEventAdjustmentV2> {
    cancel(cx, &p.event_name, Some(&p.cancel.identifier)).await?;
    done(MeterEventAdjustmentV2 {
        id: cx.new_id::<MeterEventAdjustmentV2>(),
        object: MeterEventAdjustmentV2::NAME.into(),
        cancel: p.cancel,
        created: cx.now().to_iso(),
        event_name: p.event_name,
        livemode: cx.caller.livemode,
        status: Status::Complete,
        r#type: p.r#type,
    })
}
