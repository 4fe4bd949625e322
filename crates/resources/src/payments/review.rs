//! Reviews: charges that look risky wait for somebody who looks at them (API page "Reviews"). The money is taken
//! meanwhile.
use crate::payments::{charge::Charge, payment_intent::PaymentIntent};
use acquirer::RiskLevel;
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Named, Ref, Timestamp};
use wire::{Optional, Wire};

/// A charge that somebody shall look at.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Review {
    /// `prv_…`.
    pub id: String,
    /// `review`.
    pub object: String,
    /// The postal code of who paid.
    pub billing_zip: Option<String>,
    /// The charge.
    pub charge: Option<Ref<Charge>>,
    /// How it ended.
    pub closed_reason: Option<ClosedReason>,
    /// When it was opened.
    pub created: Timestamp,
    /// From where it was paid.
    pub ip_address: Option<String>,
    /// Where that is.
    pub ip_address_location: Option<Location>,
    /// Live or test.
    pub livemode: bool,
    /// Whether somebody shall look at it.
    pub open: bool,
    /// Why it was opened.
    pub opened_reason: OpenedReason,
    /// The payment that the charge was an attempt at.
    pub payment_intent: Optional<Ref<PaymentIntent>>,
    /// Why it is open, or how it ended.
    pub reason: String,
    /// The browser that paid.
    pub session: Option<Session>,
}

/// Where an IP address is; nobody is asked, so it is never known.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Location {
    /// City.
    pub city: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: Option<String>,
    /// State or region.
    pub region: Option<String>,
}

/// A browser; never known, as the place.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Session {
    /// Its name.
    pub browser: Option<String>,
    /// The machine.
    pub device: Option<String>,
    /// The system.
    pub platform: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

/// How a review ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum ClosedReason {
    /// Somebody looked and found it good.
    Approved,
    /// The charge was disputed.
    Disputed,
    /// The charge was refunded.
    Refunded,
    /// The charge was refunded as fraud.
    RefundedAsFraud,
}

/// Why a review was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum OpenedReason {
    /// The rule about elevated risk.
    Rule,
}

impl Named for Review {
    const NAME: &'static str = "review";
    const PREFIX: &'static str = "prv";
}
impl Object for Review {
    const PATH: &'static str = "/v1/reviews";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Review>();
/// A review ended.
pub const CLOSED: &str = "review.closed";
/// A review was opened.
pub const OPENED: &str = "review.opened";
/// What reviews cause.
pub const EVENTS: &[&str] = &[CLOSED, OPENED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/reviews", "review", |cx, p| Box::pin(list(cx, p))),
        Endpoint::retrieve::<Review>("/v1/reviews/{id}"),
        Endpoint::new("POST", "/v1/reviews/{id}/approve", "review", |cx, p| Box::pin(approve(cx, p))),
    ]
}

/// What `GET /v1/reviews` filters by: it shows those that are open.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
}

/// What `POST /v1/reviews/{id}/approve` takes.
#[derive(Debug, Wire)]
pub struct Approve {}

// Transitions.

fn closed(review: &Review, why: ClosedReason) -> Review {
    Review { open: false, closed_reason: Some(why), reason: why.as_str().into(), ..review.clone() }
}

// Operations.

/// Opens a review where a charge looks risky; the charge, which the caller writes, names it.
pub(crate) fn consider(cx: &mut Cx<'_>, charge: &mut Charge) {
    if charge.outcome.as_ref().is_none_or(|it| it.risk_level != RiskLevel::Elevated) {
        return;
    }
    let review = Review {
        id: cx.new_id::<Review>(),
        object: Review::NAME.into(),
        billing_zip: charge.billing_details.address.postal_code.clone(),
        charge: Some(Ref::to(&charge.id)),
        closed_reason: None,
        created: cx.now(),
        ip_address: None,
        ip_address_location: None,
        livemode: charge.livemode,
        open: true,
        opened_reason: OpenedReason::Rule,
        payment_intent: Optional(charge.payment_intent.clone()),
        reason: OpenedReason::Rule.as_str().into(),
        session: None,
    };
    charge.review = Some(Ref::to(&review.id));
    cx.put(&review);
    cx.emit(OPENED, &review);
}

/// Ends the review of a charge, where one is open.
pub(crate) async fn close(cx: &mut Cx<'_>, charge: &Charge, why: ClosedReason) -> Result<(), Stop> {
    let Some(review) = &charge.review else { return Ok(()) };
    if let Some(before) = cx.get::<Review>(&review.id).await?.filter(|it| it.open) {
        let after = closed(&before, why);
        cx.put(&after);
        cx.emit_update(CLOSED, &before, &after);
    }
    Ok(())
}

async fn approve(cx: &mut Cx<'_>, _: Approve) -> Outcome<Review> {
    let id = cx.path("id").to_owned();
    let before: Review = cx.must("id", &id).await?;
    if !before.open {
        let message = format!("This review is already closed: {}.", before.reason);
        return Err(ApiError::invalid(400, message).into());
    }
    let after = closed(&before, ClosedReason::Approved);
    cx.put(&after);
    cx.emit_update(CLOSED, &before, &after);
    done(after)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    cx.page_where::<Review>(None, |doc| {
        wire::from_json::<Review>(&doc.body)
            .is_ok_and(|it| it.open && p.created.is_none_or(|range| range.holds(it.created.0)))
    })
    .await
}
