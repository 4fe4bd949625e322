//! What becomes of a card that is attached to a customer or charged.
use super::{Authentication, TestCard, find};
use crate::{
    Card, Check, Checks, Cvc, Decline, Declined, Expiry, NetworkStatus, Outcome, OutcomeType, Presence,
    RiskLevel,
};
use base::Timestamp;

/// A charge that the simulated bank approves.
#[derive(Debug, Clone, PartialEq)]
pub struct Charged {
    /// The card's entry.
    pub card: &'static TestCard,
    /// What the bank says of cvc and address.
    pub checks: Checks,
    /// The public `outcome`.
    pub outcome: Outcome,
}

/// Whether a number may be entered in this mode, before anything of it is stored: in test mode only a listed test
/// card (which is returned), in live mode none of them.
pub fn admit(number: &str, livemode: bool) -> Result<Option<&'static TestCard>, Decline> {
    match (find(number), livemode) {
        (Some(card), false) => Ok(Some(card)),
        (None, true) => Ok(None),
        (None, false) => Err(Decline::TestmodeDecline),
        (Some(_), true) => Err(Decline::LiveModeTestCard),
    }
}

/// What a bank refuses before it is asked for money: the cardholder's part cannot be had.
pub fn lookup_failed(number: &str) -> Declined {
    Decline::Generic.refuse_charge(find(number).map_or(RiskLevel::Normal, |listed| listed.risk))
}

/// What a bank says when a card is attached to a customer in test mode: its checks, or the refusal that charging
/// it would meet. Some cards attach and fail only when they are charged.
pub fn attach_outcome(card: &Card<'_>) -> Result<Checks, Decline> {
    let listed = find(card.number).ok_or(Decline::TestmodeDecline)?;
    match effective(listed.attach, card) {
        Some(why) => Err(why),
        None => Ok(checks(listed, card)),
    }
}

/// What a bank says to a charge in test mode at this time.
pub fn charge_outcome(card: &Card<'_>, at: Timestamp, presence: Presence) -> Result<Charged, Box<Declined>> {
    let Some(listed) = find(card.number) else {
        return Err(Box::new(Decline::TestmodeDecline.refuse_charge(RiskLevel::Normal)));
    };
    let why = if is_over(card.expiry, at) {
        Some(Decline::ExpiredCard)
    } else if listed.authentication.refuses(presence) {
        Some(Decline::AuthenticationRequired)
    } else if let Authentication::RequiredThenDeclined(why) = listed.authentication {
        Some(why)
    } else {
        effective(listed.charge, card)
    };
    if let Some(why) = why {
        return Err(Box::new(why.refuse_charge(listed.risk)));
    }
    Ok(Charged {
        card: listed,
        checks: checks(listed, card),
        outcome: Outcome {
            kind: OutcomeType::Authorized,
            network_status: NetworkStatus::ApprovedByNetwork,
            reason: None,
            risk_level: listed.risk,
            risk_score: listed.risk.score(),
            seller_message: "Payment complete.".to_owned(),
        },
    })
}

/// A security code that was not given cannot be wrong.
fn effective(why: Option<Decline>, card: &Card<'_>) -> Option<Decline> {
    why.filter(|why| *why != Decline::IncorrectCvc || card.cvc.is_given())
}

/// The bank answers for what was given, and for nothing else.
fn checks(listed: &TestCard, card: &Card<'_>) -> Checks {
    let given = |what: Option<&str>, check: Check| what.filter(|text| !text.is_empty()).map(|_| check);
    Checks {
        cvc: (card.cvc != Cvc::Absent).then_some(listed.cvc),
        line1: given(card.line1, listed.line1),
        zip: given(card.zip, listed.zip),
    }
}

/// Whether the last day of the card's month has passed.
fn is_over(expiry: Expiry, at: Timestamp) -> bool {
    let (year, month, _) = at.date();
    (expiry.year, expiry.month) < (year, month)
}
