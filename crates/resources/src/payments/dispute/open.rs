//! How a dispute begins: the bank tells of it.
use super::{
    CREATED, CardCase, CaseType, Dispute, Evidence, PaymentMethodDetails, Reason, Status,
    evidence::{
        CompellingEligibility, CompellingStatus, ComplianceEligibility, ComplianceStatus,
        EnhancedEligibility, EvidenceDetails, SubmittedBy, missing,
    },
    settle,
};
use crate::{
    due,
    payments::{charge::Charge, early_fraud_warning, refund, review},
};
use api::{Cx, Stop};
use base::{ApiError, Metadata, Named as _, Ref, Timestamp};
use wire::{Hidden, Optional};

/// What the bank tells.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// In minor units; what is left of the charge where it is not said.
    pub amount: Option<i64>,
    /// Why the cardholder objects.
    pub reason: Reason,
    /// What kind of case it is.
    pub case: CaseType,
    /// Whether earlier charges may speak for this one (Visa's compelling evidence 3.0).
    pub compelling: bool,
}

impl Ask {
    /// An objection to all that is left.
    pub fn new(reason: Reason) -> Self {
        Ask { amount: None, reason, case: CaseType::Chargeback, compelling: false }
    }
}

/// How long evidence is waited for, in days; the last one counts as a whole.
const ANSWER_DAYS: i64 = 20;
/// How long an inquiry is open, in days.
const INQUIRY_DAYS: i64 = 120;

/// Until when evidence is waited for that is asked for at this time.
pub(super) fn due_by(asked: Timestamp) -> Timestamp {
    asked.plus(ANSWER_DAYS * Timestamp::DAY).midnight().plus(Timestamp::DAY - 1)
}

/// How a reason is called by a network.
fn network_code(brand: &str, reason: Reason) -> Option<&'static str> {
    let (visa, mastercard) = match reason {
        Reason::Fraudulent | Reason::Unrecognized => ("10.4", "4837"),
        Reason::Duplicate => ("12.6.1", "4834"),
        Reason::ProductNotReceived => ("13.1", "4855"),
        Reason::ProductUnacceptable => ("13.3", "4853"),
        Reason::CreditNotProcessed => ("13.6", "4860"),
        Reason::SubscriptionCanceled => ("13.2", "4841"),
        Reason::General => ("13.5", "4853"),
        _ => return None,
    };
    match brand {
        "visa" => Some(visa),
        "mastercard" => Some(mastercard),
        _ => None,
    }
}

/// What of a charge nobody took back yet, in minor units: neither refunds nor disputes. Errors: it cannot be disputed,
/// or not to this amount.
async fn amount(cx: &mut Cx<'_>, charge: &Charge, wanted: Option<i64>) -> Result<i64, Stop> {
    let refuse = |message: String| Err(ApiError::invalid(400, message).param("charge").into());
    if !charge.paid || !charge.captured {
        return refuse(format!("Charge {} took no money, so nobody can dispute it.", charge.id));
    }
    let earlier = settle::of_charge(cx, &charge.id).await?;
    let taken = |it: &&Dispute| !matches!(it.status, Status::Won | Status::WarningClosed);
    let disputed: i64 = earlier.iter().filter(taken).map(|it| it.amount).sum();
    let left = charge.unrefunded() - disputed;
    if left <= 0 {
        return refuse(format!("Nothing is left of charge {} that could be disputed.", charge.id));
    }
    let amount = wanted.unwrap_or(left);
    if !(1..=left).contains(&amount) {
        let message = format!("Dispute an amount from 1 to {left}, which is left of the charge.");
        return Err(ApiError::invalid(400, message).code("parameter_invalid_integer").param("amount").into());
    }
    Ok(amount)
}

/// Opens a dispute of a charge of the caller's account: writes it down, takes the money where it is no question, and
/// plans what happens where nobody answers. Errors: the charge cannot be disputed.
pub async fn open(cx: &mut Cx<'_>, before: &Charge, ask: Ask) -> Result<Dispute, Stop> {
    let Ask { reason, case, compelling, .. } = ask;
    let takes = !matches!(case, CaseType::Inquiry);
    let mut charge = if takes { refund::disputed(cx, before).await? } else { before.clone() };
    let amount = amount(cx, &charge, ask.amount).await?;
    let card = charge.payment_method_details.as_ref().and_then(|it| it.card.0.as_ref());
    let is_card = card.is_some();
    let brand = card.and_then(|it| it.brand.clone()).unwrap_or_default();
    let network = card.and_then(|it| it.network.clone()).unwrap_or_else(|| brand.clone());
    let code = network_code(&brand, reason).map(str::to_owned);
    let (now, live) = (cx.now(), charge.livemode);
    let status = match case {
        CaseType::Block | CaseType::Resolution => Status::Prevented,
        CaseType::Chargeback | CaseType::Compliance => Status::NeedsResponse,
        CaseType::Inquiry => Status::WarningNeedsResponse,
    };
    let closes = (case == CaseType::Inquiry).then(|| now.plus(INQUIRY_DAYS * Timestamp::DAY));
    let (eligibility, types) = eligibility(&brand, case, compelling);
    let mut dispute = Dispute {
        id: cx.new_id::<Dispute>(),
        object: Dispute::NAME.into(),
        amount,
        balance_transactions: Vec::new(),
        charge: Ref::to(&charge.id),
        created: now,
        currency: charge.currency,
        enhanced_eligibility_types: types,
        evidence: Evidence::default(),
        evidence_details: EvidenceDetails {
            due_by: status.takes_evidence().then(|| due_by(now)),
            enhanced_eligibility: eligibility,
            has_evidence: false,
            past_due: false,
            submission_count: 0,
            submission_method: SubmittedBy::NotSubmitted,
        },
        intended_submission_method: None,
        is_charge_refundable: case == CaseType::Inquiry,
        livemode: live,
        metadata: Metadata::default(),
        network_reason_code: Optional(code.clone()),
        payment_intent: charge.payment_intent.clone(),
        // Debits have none.
        payment_method_details: Optional(is_card.then(|| PaymentMethodDetails {
            card: Optional(Some(CardCase { brand, case_type: case, network, network_reason_code: code })),
            r#type: "card".into(),
        })),
        reason,
        status,
        closes: Hidden(Optional(closes)),
    };
    let opened = dispute.clone();
    match case {
        CaseType::Chargeback | CaseType::Compliance => {
            settle::withdraw(cx, &charge, &mut dispute, true).await?;
        }
        CaseType::Resolution => settle::withdraw(cx, &charge, &mut dispute, false).await?,
        CaseType::Block | CaseType::Inquiry => {}
    }
    charge.disputed = true;
    charge.dispute = Optional(Some(Ref::to(&dispute.id)));
    cx.put(&charge);
    cx.put(&dispute);
    cx.emit(CREATED, &dispute);
    settle::tell_withdrawn(cx, &opened, &dispute);
    plan(cx, &dispute);
    review::close(cx, &charge, review::ClosedReason::Disputed).await?;
    early_fraud_warning::settled(cx, &charge.id).await?;
    Ok(dispute)
}

/// Plans what happens where nobody answers in time.
pub(super) fn plan(cx: &mut Cx<'_>, dispute: &Dispute) {
    if let Some(due_by) = dispute.evidence_details.due_by {
        due::later(cx, due::Kind::DisputeDue, &dispute.id, due_by.plus(1));
    }
    if let Some(closes) = dispute.closes.0.0 {
        due::later(cx, due::Kind::InquiryEnds, &dispute.id, closes);
    }
}

/// What the networks' programmes ask for, and their names.
fn eligibility(brand: &str, case: CaseType, compelling: bool) -> (EnhancedEligibility, Vec<String>) {
    let mut it = EnhancedEligibility::default();
    let mut types = Vec::new();
    let compliance = ComplianceEligibility { status: ComplianceStatus::RequiresFeeAcknowledgement };
    if case == CaseType::Compliance {
        if brand == "mastercard" {
            it.mastercard_compliance.0 = Some(compliance);
            types.push("mastercard_compliance".to_owned());
        } else {
            it.visa_compliance.0 = Some(compliance);
            types.push("visa_compliance".to_owned());
        }
    }
    if compelling {
        it.visa_compelling_evidence_3.0 = Some(CompellingEligibility {
            required_actions: missing(None),
            status: CompellingStatus::RequiresAction,
        });
        types.push("visa_compelling_evidence_3".to_owned());
    }
    (it, types)
}
