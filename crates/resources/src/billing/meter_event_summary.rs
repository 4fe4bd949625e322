//! Meter event summaries: what a customer used in a span of time (API page "Meter Event Summary"); worked out when asked.
use super::{
    amounts::{Number, refused},
    meter::{self, Meter, Window},
    meter_event::usage,
};
use crate::{connect::account, payments::customer::Customer};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, done};
use base::{ApiError, Named, Timestamp};
use wire::Wire;

/// What a customer used in a span of time.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct MeterEventSummary {
    /// `mtrusg_…`.
    pub id: String,
    /// `billing.meter_event_summary`.
    pub object: String,
    /// How much it was, by the rule of the meter.
    pub aggregated_value: Number,
    /// The end of the span, which is not in it.
    pub end_time: Timestamp,
    /// Live or test.
    pub livemode: bool,
    /// The meter.
    pub meter: String,
    /// The start of the span.
    pub start_time: Timestamp,
}

impl Named for MeterEventSummary {
    const NAME: &'static str = "billing.meter_event_summary";
    const PREFIX: &'static str = "mtrusg";
}
impl Object for MeterEventSummary {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<MeterEventSummary>();
/// What summaries cause.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const NAME: &str = MeterEventSummary::NAME;
    vec![
        Endpoint::list::<List>("/v1/billing/meters/{id}/event_summaries", NAME, |cx, p| {
            Box::pin(list(cx, p))
        })
        .permission(meter::PERMISSION),
    ]
}

/// What `GET /v1/billing/meters/{id}/event_summaries` takes.
#[derive(Debug, Wire)]
pub struct List {
    customer: String,
    end_time: Timestamp,
    start_time: Timestamp,
    value_grouping_window: Option<Window>,
}

/// Spans that are worked out at once: the hours of a year.
const SPANS_MAX: i64 = 366 * 24;

/// Checks a bound. Errors: it is not where a minute, or a window, begins.
fn aligned(param: &str, at: Timestamp, window: Option<Window>) -> Result<(), ApiError> {
    let (length, word) = match window {
        None => (60, "minute"),
        Some(Window::Hour) => (Window::Hour.seconds(), "hour"),
        Some(Window::Day) => (Window::Day.seconds(), "day"),
    };
    if at.0 >= 0 && at.0 % length == 0 {
        return Ok(());
    }
    Err(refused(format!("This timestamp must be aligned with {word} boundaries (UTC).")).param(param))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let id = cx.path("id").to_owned();
    let meter: Meter = cx.must("id", &id).await?;
    let customer: Customer = cx.must("customer", &p.customer).await?;
    aligned("start_time", p.start_time, p.value_grouping_window)?;
    aligned("end_time", p.end_time, p.value_grouping_window)?;
    let length = p.value_grouping_window.map_or(p.end_time.0.saturating_sub(p.start_time.0), Window::seconds);
    let spans = (p.end_time.0 - p.start_time.0).checked_div(length).unwrap_or(0);
    if p.end_time <= p.start_time || spans > SPANS_MAX {
        let message = format!(
            "The end_time must lie after the start_time, with {SPANS_MAX} windows between them at most."
        );
        return Err(refused(message).param("end_time").into());
    }
    let entries = usage::entries(cx, &meter.id, &customer.id, (p.start_time, p.end_time)).await?;
    let mut left = entries.as_slice();
    let mut items = Vec::new();
    // The latest first, as the entries are.
    for nth in (0..spans).rev() {
        let start = p.start_time.plus(nth * length);
        let count = left.iter().take_while(|it| it.timestamp >= start).count();
        let (within, rest) = left.split_at(count);
        left = rest;
        let end = start.plus(length);
        let digest = vault::digest(&format!("{}:{}:{}:{}", meter.id, customer.id, start.0, end.0));
        let it = MeterEventSummary {
            id: format!("{}_{}", MeterEventSummary::PREFIX, digest.get(..24).unwrap_or(&digest)),
            object: MeterEventSummary::NAME.into(),
            aggregated_value: Number(usage::total(&meter, within)),
            end_time: end,
            livemode: cx.caller.livemode,
            meter: meter.id.clone(),
            start_time: start,
        };
        items.push((it.id.clone(), account::json(it)));
    }
    done(account::slice(cx, MeterEventSummary::NAME, format!("{}/{id}/event_summaries", Meter::PATH), items)?)
}
