//! Early fraud warnings: a bank says that a charge was fraud before the cardholder objects (API page "Early fraud
//! warnings").
use crate::payments::{charge::Charge, payment_intent::PaymentIntent};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop};
use base::{ApiError, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Optional, Wire};

/// What a bank said of a charge.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct EarlyFraudWarning {
    /// `issfr_…`.
    pub id: String,
    /// `radar.early_fraud_warning`.
    pub object: String,
    /// Whether a refund can still prevent a dispute.
    pub actionable: bool,
    /// The charge.
    pub charge: Ref<Charge>,
    /// When it was said.
    pub created: Timestamp,
    /// What kind of fraud it is.
    pub fraud_type: String,
    /// Live or test.
    pub livemode: bool,
    /// The payment that the charge was an attempt at.
    pub payment_intent: Optional<Ref<PaymentIntent>>,
}

impl Named for EarlyFraudWarning {
    const NAME: &'static str = "radar.early_fraud_warning";
    const PREFIX: &'static str = "issfr";
}
impl Object for EarlyFraudWarning {
    const PATH: &'static str = "/v1/radar/early_fraud_warnings";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let intent = self.payment_intent.0.as_ref().map(|it| IndexKey::listed(PaymentIntent::NAME, &it.id));
        [Some(IndexKey::listed(Charge::NAME, &self.charge.id)), intent].into_iter().flatten().collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<EarlyFraudWarning>();
/// A bank warned.
pub const CREATED: &str = "radar.early_fraud_warning.created";
/// A warning cannot be acted on any more.
pub const UPDATED: &str = "radar.early_fraud_warning.updated";
/// What warnings cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED];
/// Somebody else used the card.
pub const UNAUTHORIZED: &str = "unauthorized_use_of_card";
/// What banks say.
pub const FRAUD_TYPES: &[&str] = &[
    "card_never_received",
    "fraudulent_card_application",
    "made_with_counterfeit_card",
    "made_with_lost_card",
    "made_with_stolen_card",
    "misc",
    UNAUTHORIZED,
];
/// Warnings of one charge that are looked at.
const OF_CHARGE_MAX: usize = 100;

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/radar/early_fraud_warnings", EarlyFraudWarning::NAME, |cx, p| Box::pin(list(cx, p))).permission("early_fraud_warning"),
        Endpoint::retrieve::<EarlyFraudWarning>("/v1/radar/early_fraud_warnings/{id}").permission("early_fraud_warning"),
    ]
}

/// What `GET /v1/radar/early_fraud_warnings` filters by.
#[derive(Debug, Wire)]
pub struct List {
    charge: Option<String>,
    created: Option<Range>,
    payment_intent: Option<String>,
}

// Operations.

/// A bank warns of a charge of the caller's account. Errors: the charge took no money, or the word is none that banks
/// say.
pub async fn warn(cx: &mut Cx<'_>, charge: &Charge, fraud_type: &str) -> Result<EarlyFraudWarning, Stop> {
    if !charge.paid || !charge.captured {
        let message = format!("Charge {} took no money, so no bank warns of it.", charge.id);
        return Err(ApiError::invalid(400, message).param("charge").into());
    }
    if !FRAUD_TYPES.contains(&fraud_type) {
        let message = format!("Invalid fraud_type: must be one of {}.", FRAUD_TYPES.join(", "));
        return Err(ApiError::invalid(400, message).param("fraud_type").into());
    }
    let warning = EarlyFraudWarning {
        id: cx.new_id::<EarlyFraudWarning>(),
        object: EarlyFraudWarning::NAME.into(),
        actionable: !charge.refunded && !charge.disputed,
        charge: Ref::to(&charge.id),
        created: cx.now(),
        fraud_type: fraud_type.to_owned(),
        livemode: charge.livemode,
        payment_intent: Optional(charge.payment_intent.clone()),
    };
    cx.put(&warning);
    cx.emit(CREATED, &warning);
    Ok(warning)
}

/// A charge was refunded or disputed: its warnings cannot be acted on any more.
pub(crate) async fn settled(cx: &mut Cx<'_>, charge: &str) -> Result<(), Stop> {
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    let by = Some((Charge::NAME, charge.to_owned()));
    for seen in cx.all_by::<EarlyFraudWarning>(&account, live, by, OF_CHARGE_MAX).await? {
        let Some(before) = cx.get::<EarlyFraudWarning>(&seen.id).await? else { continue };
        let after = EarlyFraudWarning { actionable: false, ..before.clone() };
        if before.actionable {
            cx.put(&after);
            cx.emit_update(UPDATED, &before, &after);
        }
    }
    Ok(())
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { charge, created, payment_intent } = p;
    let by = match (charge, &payment_intent) {
        (Some(charge), _) => Some((Charge::NAME, charge)),
        (None, Some(intent)) => Some((PaymentIntent::NAME, intent.clone())),
        (None, None) => None,
    };
    cx.page_where::<EarlyFraudWarning>(by, |doc| {
        if created.is_none() && payment_intent.is_none() {
            return true;
        }
        wire::from_json::<EarlyFraudWarning>(&doc.body).is_ok_and(|it| {
            created.is_none_or(|range| range.holds(it.created.0))
                && payment_intent
                    .as_ref()
                    .is_none_or(|wanted| it.payment_intent.0.is_some_and(|has| has.id == *wanted))
        })
    })
    .await
}
