//! Refusals of a card: a catalogue of the published codes with their sentences.
use crate::{NetworkStatus, Outcome, OutcomeType, RiskLevel};
use wire::Wire;

/// A refused charge, as the API reports it (402, `card_error`).
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Declined {
    /// `code`.
    pub code: String,
    /// `decline_code`, where the bank gave one.
    pub decline_code: Option<String>,
    /// The sentence, fit to be shown to the buyer.
    pub message: String,
    /// The member of the card that is wrong, such as `exp_year`; without the parameter around it.
    pub param: Option<String>,
    /// The public `outcome` of the failed charge.
    pub outcome: Outcome,
}

/// Every way in which this program refuses a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decline {
    /// The bank gave no reason.
    Generic,
    /// Not enough money.
    InsufficientFunds,
    /// Reported lost.
    LostCard,
    /// Reported stolen.
    StolenCard,
    /// Used too often.
    VelocityExceeded,
    /// Out of date.
    ExpiredCard,
    /// The security code is not that of the card.
    IncorrectCvc,
    /// Something failed on the way.
    ProcessingError,
    /// The cardholder must take part.
    AuthenticationRequired,
    /// Stopped as too risky before the bank was asked.
    Blocked,
    /// A card that is no test card, in test mode.
    TestmodeDecline,
    /// A test card, in live mode.
    LiveModeTestCard,
    /// Not a card number.
    IncorrectNumber,
    /// Not a month, or one that has passed.
    InvalidExpiryMonth,
    /// Not a year, or one that has passed.
    InvalidExpiryYear,
    /// Not a security code.
    InvalidCvc,
}

impl Decline {
    /// `code`, `decline_code`, `param` and the sentence.
    #[rustfmt::skip]
    fn words(self) -> (&'static str, Option<&'static str>, Option<&'static str>, &'static str) {
        const DECLINED: &str = "Your card was declined.";
        match self {
            Decline::Generic => ("card_declined", Some("generic_decline"), None, DECLINED),
            Decline::InsufficientFunds => ("card_declined", Some("insufficient_funds"), None, "Your card has insufficient funds."),
            Decline::LostCard => ("card_declined", Some("lost_card"), None, DECLINED),
            Decline::StolenCard => ("card_declined", Some("stolen_card"), None, DECLINED),
            Decline::Blocked => ("card_declined", Some("fraudulent"), None, DECLINED),
            Decline::VelocityExceeded => ("card_declined", Some("card_velocity_exceeded"), None, DECLINED),
            Decline::ExpiredCard => ("expired_card", None, Some("exp_month"), "Your card has expired."),
            Decline::IncorrectCvc => ("incorrect_cvc", None, Some("cvc"), "Your card's security code is incorrect."),
            Decline::ProcessingError => ("processing_error", None, None,
                "An error occurred while processing your card. Try again in a little bit."),
            Decline::AuthenticationRequired => ("authentication_required", Some("authentication_required"), None,
                "Your card was declined. This transaction requires authentication."),
            Decline::TestmodeDecline => ("card_declined", Some("testmode_decline"), None,
                "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test cards, visit: https://stripe.com/docs/testing."),
            Decline::LiveModeTestCard => ("card_declined", Some("live_mode_test_card"), None,
                "Your card was declined. Your request was in live mode, but used a known test card."),
            Decline::IncorrectNumber => ("incorrect_number", None, Some("number"), "Your card number is incorrect."),
            Decline::InvalidExpiryMonth => ("invalid_expiry_month", None, Some("exp_month"), "Your card's expiration month is invalid."),
            Decline::InvalidExpiryYear => ("invalid_expiry_year", None, Some("exp_year"), "Your card's expiration year is invalid."),
            Decline::InvalidCvc => ("invalid_cvc", None, Some("cvc"), "Your card's security code is invalid."),
        }
    }

    /// `code`.
    pub fn code(self) -> &'static str {
        self.words().0
    }
    /// `decline_code`, where the bank gave one.
    pub fn decline_code(self) -> Option<&'static str> {
        self.words().1
    }
    /// The member of the card that is wrong, such as `exp_year`; without the parameter around it.
    pub fn param(self) -> Option<&'static str> {
        self.words().2
    }
    /// The sentence, fit to be shown to the buyer.
    pub fn message(self) -> &'static str {
        self.words().3
    }

    /// The refusal with this published `code` and `decline_code`; where no `decline_code` is known, the first with
    /// the code.
    pub fn published(code: &str, decline_code: Option<&str>) -> Option<Self> {
        let all = [
            Decline::Generic,
            Decline::InsufficientFunds,
            Decline::LostCard,
            Decline::StolenCard,
            Decline::Blocked,
            Decline::VelocityExceeded,
            Decline::ExpiredCard,
            Decline::IncorrectCvc,
            Decline::ProcessingError,
            Decline::AuthenticationRequired,
            Decline::IncorrectNumber,
            Decline::InvalidExpiryMonth,
            Decline::InvalidExpiryYear,
            Decline::InvalidCvc,
        ];
        all.into_iter()
            .find(|it| it.code() == code && (decline_code.is_none() || decline_code == it.decline_code()))
    }

    /// The refusal of a charge that looks like any other.
    pub fn declined(self) -> Declined {
        self.refuse_charge(RiskLevel::Normal)
    }
    /// The refusal of a charge that looked this risky.
    pub(crate) fn refuse_charge(self, risk_level: RiskLevel) -> Declined {
        let (code, decline_code, param, message) = self.words();
        let (kind, network_status, reason, seller_message) = match self {
            Decline::Blocked => (
                OutcomeType::Blocked,
                NetworkStatus::NotSentToNetwork,
                "highest_risk_level",
                "The payment was blocked as too risky.".to_owned(),
            ),
            Decline::TestmodeDecline | Decline::LiveModeTestCard => (
                OutcomeType::Invalid,
                NetworkStatus::NotSentToNetwork,
                decline_code.unwrap_or(code),
                "The card does not belong to the mode of the key.".to_owned(),
            ),
            Decline::Generic => (
                OutcomeType::IssuerDeclined,
                NetworkStatus::DeclinedByNetwork,
                "generic_decline",
                "The bank did not return any further details with this decline.".to_owned(),
            ),
            _ => {
                let reason = decline_code.unwrap_or(code);
                (
                    OutcomeType::IssuerDeclined,
                    NetworkStatus::DeclinedByNetwork,
                    reason,
                    format!("The bank returned the decline code `{reason}`."),
                )
            }
        };
        let outcome = Outcome {
            kind,
            network_status,
            reason: Some(reason.to_owned()),
            risk_level,
            risk_score: risk_level.score(),
            seller_message,
        };
        Declined {
            code: code.to_owned(),
            decline_code: decline_code.map(str::to_owned),
            message: message.to_owned(),
            param: param.map(str::to_owned),
            outcome,
        }
    }
}

impl RiskLevel {
    /// The score of a level where nobody gave one.
    pub fn score(self) -> i64 {
        match self {
            RiskLevel::Normal => 20,
            RiskLevel::Elevated => 68,
            RiskLevel::Highest => 92,
        }
    }
}
