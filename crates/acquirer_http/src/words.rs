//! The bodies of asks and answers.
use acquirer::{
    Abandoned, Answer, Approval, Authorization, Check, Checks, Cvc, Decline, Declined, Fault, Movement,
    NetworkStatus, Outcome, OutcomeType, RefundAnswer, RiskLevel,
};
use base::Currency;
use wire::Wire;

/// An ask for money from a card.
#[derive(Wire)]
pub(crate) struct Authorize {
    key: String,
    amount: i64,
    currency: Currency,
    livemode: bool,
    capture: bool,
    card: CardAsk,
}

#[derive(Wire)]
struct CardAsk {
    number: String,
    exp_month: i64,
    exp_year: i64,
    cvc: Option<String>,
    cvc_given: bool,
    name: Option<String>,
    line1: Option<String>,
    postal_code: Option<String>,
}

impl Authorize {
    pub(crate) fn of(ask: &Authorization<'_>) -> Self {
        let card = &ask.card;
        let text = |it: Option<&str>| it.map(str::to_owned);
        Authorize {
            key: ask.key.to_owned(),
            amount: ask.amount,
            currency: ask.currency,
            livemode: ask.livemode,
            capture: ask.capture,
            card: CardAsk {
                number: card.number.to_owned(),
                exp_month: card.expiry.month,
                exp_year: card.expiry.year,
                cvc: match card.cvc {
                    Cvc::Given(code) => Some(code.to_owned()),
                    Cvc::Absent | Cvc::WasGiven => None,
                },
                cvc_given: card.cvc.is_given(),
                name: text(card.name),
                line1: text(card.line1),
                postal_code: text(card.zip),
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum AuthorizeStatus {
    Approved,
    Declined,
}

/// What became of it.
#[derive(Debug, Wire)]
pub(crate) struct AuthorizeAnswer {
    status: AuthorizeStatus,
    reference: Option<String>,
    checks: Option<ChecksAnswer>,
    available_at_once: Option<bool>,
    risk_level: Option<RiskLevel>,
    risk_score: Option<i64>,
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
    blocked: Option<bool>,
}

#[derive(Debug, Wire)]
struct ChecksAnswer {
    cvc: Option<Check>,
    line1: Option<Check>,
    postal_code: Option<Check>,
}

impl AuthorizeAnswer {
    pub(crate) fn into_answer(self) -> Result<Answer, Fault> {
        let risk_level = self.risk_level.unwrap_or(RiskLevel::Normal);
        let risk_score = self.risk_score.unwrap_or(risk_level.score()).clamp(0, 100);
        if self.status == AuthorizeStatus::Declined {
            return Ok(Answer::Declined(self.into_declined(risk_level, risk_score)));
        }
        let Some(reference) = self.reference.filter(|it| !it.is_empty() && it.len() <= 255) else {
            let why = "authorizations: an approval needs a reference of 1 to 255 bytes";
            return Err(Fault::Protocol(why.into()));
        };
        let checks = self.checks.map_or_else(Checks::default, |it| Checks {
            cvc: it.cvc,
            line1: it.line1,
            zip: it.postal_code,
        });
        Ok(Answer::Approved(Approval {
            reference,
            checks,
            outcome: Outcome {
                kind: OutcomeType::Authorized,
                network_status: NetworkStatus::ApprovedByNetwork,
                reason: None,
                risk_level,
                risk_score,
                seller_message: "Payment complete.".into(),
            },
            immediately_available: self.available_at_once == Some(true),
        }))
    }

    fn into_declined(self, risk_level: RiskLevel, risk_score: i64) -> Declined {
        let code = self.code.as_deref().unwrap_or("card_declined");
        let known = Decline::published(code, self.decline_code.as_deref());
        // A code that nobody published would be one that no client understands.
        let like = known.or_else(|| Decline::published(code, None)).unwrap_or(Decline::Generic);
        let decline_code = self.decline_code.or_else(|| like.decline_code().map(str::to_owned));
        let reason = decline_code.clone().unwrap_or_else(|| like.code().to_owned());
        let (kind, network_status, seller_message) = if self.blocked == Some(true) {
            let message = "The payment was blocked as too risky.".to_owned();
            (OutcomeType::Blocked, NetworkStatus::NotSentToNetwork, message)
        } else {
            let message = format!("The bank returned the decline code `{reason}`.");
            (OutcomeType::IssuerDeclined, NetworkStatus::DeclinedByNetwork, message)
        };
        Declined {
            code: like.code().to_owned(),
            message: self.message.unwrap_or_else(|| like.message().to_owned()),
            param: like.param().map(str::to_owned),
            outcome: Outcome {
                kind,
                network_status,
                reason: Some(reason),
                risk_level,
                risk_score,
                seller_message,
            },
            decline_code,
        }
    }
}

/// A capture, a void or a refund of an authorization.
#[derive(Debug, Wire)]
pub(crate) struct Moving {
    key: String,
    reference: String,
    amount: i64,
    currency: Currency,
    livemode: bool,
}

impl Moving {
    pub(crate) fn of(ask: &Movement<'_>) -> Self {
        Moving {
            key: ask.key.to_owned(),
            reference: ask.reference.to_owned(),
            amount: ask.amount,
            currency: ask.currency,
            livemode: ask.livemode,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum MoveStatus {
    Done,
    Refused,
}

/// What became of a capture or a void.
#[derive(Debug, Wire)]
pub(crate) struct MoveAnswer {
    status: MoveStatus,
    message: Option<String>,
}

fn refused(message: Option<String>) -> Fault {
    Fault::Refused(message.unwrap_or_else(|| "it gave no reason.".into()))
}

impl MoveAnswer {
    pub(crate) fn into_result(self) -> Result<(), Fault> {
        match self.status {
            MoveStatus::Done => Ok(()),
            MoveStatus::Refused => Err(refused(self.message)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum RefundStatus {
    Succeeded,
    Pending,
    Refused,
}

/// What became of a refund.
#[derive(Debug, Wire)]
pub(crate) struct Refunded {
    status: RefundStatus,
    reference: Option<String>,
    message: Option<String>,
}

impl Refunded {
    pub(crate) fn into_answer(self) -> Result<RefundAnswer, Fault> {
        match (self.status, self.reference) {
            (RefundStatus::Refused, _) => Err(refused(self.message)),
            (status, Some(reference)) if !reference.is_empty() => {
                Ok(RefundAnswer { reference, settled: status == RefundStatus::Succeeded })
            }
            _ => Err(Fault::Protocol("refunds: a refund needs a reference".into())),
        }
    }
}

/// An ask to make sure that nothing moves by an earlier one.
#[derive(Debug, Wire)]
pub(crate) struct Abandonment {
    pub(crate) key: String,
    pub(crate) livemode: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum AbandonmentStatus {
    Nothing,
    Moved,
}

/// What it has moved.
#[derive(Debug, Wire)]
pub(crate) struct AbandonmentAnswer {
    status: AbandonmentStatus,
}

impl AbandonmentAnswer {
    pub(crate) fn into_abandoned(self) -> Abandoned {
        match self.status {
            AbandonmentStatus::Nothing => Abandoned::Nothing,
            AbandonmentStatus::Moved => Abandoned::Moved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Answer, Fault> {
        wire::from_json::<AuthorizeAnswer>(json.as_bytes()).unwrap().into_answer()
    }

    fn declined(json: &str) -> Declined {
        match read(json) {
            Ok(Answer::Declined(it)) => it,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_approval_needs_no_more_than_a_reference() {
        let Ok(Answer::Approved(it)) = read(r#"{"status":"approved","reference":"r1"}"#) else { panic!() };
        assert_eq!(
            (it.reference.as_str(), it.checks, it.immediately_available),
            ("r1", Checks::default(), false)
        );
        assert_eq!((it.outcome.risk_level, it.outcome.risk_score), (RiskLevel::Normal, 20));
        for bad in [r#"{"status":"approved"}"#, r#"{"status":"approved","reference":""}"#] {
            assert!(matches!(read(bad), Err(Fault::Protocol(_))), "{bad}");
        }
    }

    #[test]
    fn declines_speak_the_published_codes() {
        let it =
            declined(r#"{"status":"declined","code":"card_declined","decline_code":"insufficient_funds"}"#);
        assert_eq!(
            (it.code.as_str(), it.message.as_str()),
            ("card_declined", "Your card has insufficient funds.")
        );
        let it = declined(r#"{"status":"declined","code":"expired_card"}"#);
        assert_eq!(
            (it.code.as_str(), it.param.as_deref(), it.decline_code),
            ("expired_card", Some("exp_month"), None)
        );
        // One that the catalogue does not know keeps its decline code, under a code that clients understand.
        let it = declined(r#"{"status":"declined","code":"card_declined","decline_code":"do_not_honor"}"#);
        assert_eq!((it.code.as_str(), it.decline_code.as_deref()), ("card_declined", Some("do_not_honor")));
        let it = declined(r#"{"status":"declined","code":"out_of_coffee"}"#);
        assert_eq!(
            (it.code.as_str(), it.decline_code.as_deref()),
            ("card_declined", Some("generic_decline"))
        );
        let it = declined(r#"{"status":"declined","blocked":true,"risk_level":"highest"}"#);
        assert_eq!(it.outcome.network_status, NetworkStatus::NotSentToNetwork);
        assert_eq!((it.outcome.kind, it.outcome.risk_score), (OutcomeType::Blocked, 92));
    }
}
