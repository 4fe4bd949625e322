//! What becomes of a charge later, by itself: a debit is told by its bank, and what is only reserved is let go.
use super::{CAPTURED, Charge, EXPIRED, FAILED, SUCCEEDED, Status, book, make::receipt_url, terms::Terms};
use crate::{
    due::{self, Kind},
    payments::{mandate, payment_intent},
};
use acquirer::{
    NetworkStatus, OutcomeType, RiskLevel,
    simulator::banks::{self, Debited},
};
use api::{Cx, Stop};
use base::ApiError;
use wire::{Hidden, Optional};

/// What a debit's authorization begins with; the code with which it fails follows, or what becomes of it.
const DEBIT: &str = "simdebit.";
/// It comes in, and its holder objects.
const DISPUTED: &str = "disputed";

/// Plans what becomes of a debit that is under way; the charge is written by the caller.
pub(super) fn debit_later(cx: &mut Cx<'_>, charge: &mut Charge, debited: Option<Debited>) {
    let (kind, after, mark) = match debited {
        Some(Debited::Succeeds(after)) => (Kind::DebitSucceeds, after, "succeeds"),
        Some(Debited::Disputed(after)) => (Kind::DebitSucceeds, after, DISPUTED),
        Some(Debited::Fails(code, after)) => (Kind::DebitFails, after, code),
        Some(Debited::Never | Debited::Refused(_)) | None => return,
    };
    charge.authorization = Hidden(Optional(Some(format!("{DEBIT}{mark}"))));
    due::later(cx, kind, &charge.id, cx.now().plus(after));
}

/// Plans that what is reserved is let go, if nobody takes it in time.
pub(crate) fn expire_later(cx: &mut Cx<'_>, charge: &Charge) {
    due::later(cx, Kind::ChargeExpires, &charge.id, charge.capture_before());
}

/// A charge that is still under way.
async fn pending(cx: &mut Cx<'_>, id: &str) -> Result<Option<Charge>, Stop> {
    Ok(cx.get::<Charge>(id).await?.filter(|it| it.status == Status::Pending))
}

/// Nobody took what was reserved.
pub(crate) async fn expires(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let reserved = cx.get::<Charge>(id).await?.filter(|it| it.paid && !it.captured && !it.refunded);
    match reserved {
        Some(charge) => expire(cx, &charge).await,
        None => Ok(()),
    }
}

/// The debit comes in.
pub(crate) async fn succeeds(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(mut charge) = pending(cx, id).await? else { return Ok(()) };
    let seller = charge.on_behalf_of.as_ref().map_or(&cx.caller.account, |it| &it.id);
    let terms = Terms::of(cx, seller).await?;
    charge.paid = true;
    charge.captured = true;
    charge.status = Status::Succeeded;
    charge.amount_captured = charge.amount;
    charge.receipt_url = Some(receipt_url(cx, &charge));
    charge.outcome = Some(outcome(OutcomeType::Authorized, NetworkStatus::ApprovedByNetwork, None).into());
    let application = book::application_of(cx, &charge).await?;
    let whole = charge.amount;
    let taken = book::capture(cx, &mut charge, whole, &terms, application.as_ref()).await?;
    due::foresee(cx, &charge);
    cx.put(&charge);
    cx.emit(SUCCEEDED, &charge);
    taken.tell(cx);
    if charge.mark() == DISPUTED {
        due::later(cx, Kind::DebitDisputed, &charge.id, cx.now());
    }
    payment_intent::succeeded(cx, &charge).await
}

/// The debit fails.
pub(crate) async fn fails(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(mut charge) = pending(cx, id).await? else { return Ok(()) };
    let code = charge.mark().to_owned();
    let code = code.as_str();
    let message = banks::failure_message(code);
    charge.status = Status::Failed;
    charge.failure_code = Some(code.to_owned());
    charge.failure_message = Some(message.to_owned());
    charge.outcome =
        Some(outcome(OutcomeType::IssuerDeclined, NetworkStatus::DeclinedByNetwork, Some(code)).into());
    cx.put(&charge);
    cx.emit(FAILED, &charge);
    if ["account_closed", "debit_not_authorized", "no_account"].contains(&code)
        && let Some(id) = charge.mandate().map(str::to_owned)
    {
        mandate::end(cx, &id).await?;
    }
    let error = ApiError::card(code, None, message).charge(&charge.id);
    payment_intent::failed(cx, &charge, error).await
}

/// How an attempt ended that no card network was asked for.
pub(super) fn outcome(
    kind: OutcomeType,
    network_status: NetworkStatus,
    reason: Option<&str>,
) -> acquirer::Outcome {
    let seller_message = match reason {
        None => "Payment complete.".to_owned(),
        Some(code) => format!("The bank refused the debit with the code `{code}`."),
    };
    let (risk_level, risk_score) = (RiskLevel::Normal, 20);
    let reason = reason.map(str::to_owned);
    acquirer::Outcome { kind, network_status, reason, risk_level, risk_score, seller_message }
}

/// The bank let go of the money by itself.
pub(super) async fn expire(cx: &mut Cx<'_>, before: &Charge) -> Result<(), Stop> {
    let mut charge = before.clone();
    if charge.is_in_parts() {
        // What was taken of it stays taken.
        charge.close();
        cx.put(&charge);
        cx.emit_update(CAPTURED, before, &charge);
        return payment_intent::succeeded(cx, &charge).await;
    }
    charge.amount_refunded = charge.amount;
    charge.refunded = true;
    cx.put(&charge);
    cx.emit_update(EXPIRED, before, &charge);
    payment_intent::expired(cx, &charge).await
}

impl Charge {
    /// What becomes of a debit.
    fn mark(&self) -> &str {
        self.authorization.0.0.as_deref().and_then(|it| it.strip_prefix(DEBIT)).unwrap_or_default()
    }
    /// The mandate that allowed it.
    fn mandate(&self) -> Option<&str> {
        let details = self.payment_method_details.as_ref()?;
        let of_us =
            details.us_bank_account.0.as_ref().and_then(|it| it.mandate.0.as_ref()).map(|it| it.id.as_str());
        of_us.or(details.sepa_debit.0.as_ref().and_then(|it| it.mandate.as_deref()))
    }
}
