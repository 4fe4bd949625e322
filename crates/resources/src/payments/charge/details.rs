//! The parts of a charge: how it ended, what it was paid with, and who paid.
use crate::address::Address;
use acquirer::{Check, NetworkStatus, OutcomeType, RiskLevel};
use base::Timestamp;
use wire::{Optional, Wire};

/// How a charge ended at the network.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Outcome {
    /// What to do about a decline.
    pub advice_code: Option<String>,
    /// The network's own word for that.
    pub network_advice_code: Option<String>,
    /// The network's own code of the decline.
    pub network_decline_code: Option<String>,
    /// Who ended it.
    pub network_status: Option<NetworkStatus>,
    /// The decline code, or the rule that stopped it.
    pub reason: Option<String>,
    /// How risky it looked.
    pub risk_level: RiskLevel,
    /// The same from 0 to 100.
    pub risk_score: i64,
    /// A sentence for the seller; not to be shown to the buyer.
    pub seller_message: Option<String>,
    /// How it ended.
    pub r#type: OutcomeType,
}

impl From<acquirer::Outcome> for Outcome {
    fn from(from: acquirer::Outcome) -> Self {
        Outcome {
            advice_code: None,
            network_advice_code: None,
            network_decline_code: None,
            network_status: Some(from.network_status),
            reason: from.reason,
            risk_level: from.risk_level,
            risk_score: from.risk_score,
            seller_message: Some(from.seller_message),
            r#type: from.kind,
        }
    }
}

/// Who paid.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct BillingDetails {
    /// Where they live.
    pub address: Address,
    /// Where they are written to.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their tax number.
    pub tax_id: Option<String>,
}

/// What is thought of a charge's honesty.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct FraudDetails {
    /// What the network reported.
    pub stripe_report: Optional<String>,
    /// What the account reported.
    pub user_report: Optional<UserReport>,
}

/// What an account can report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum UserReport {
    /// It was fraud.
    Fraudulent,
    /// It was not.
    Safe,
}

/// What the caller tells for the judgement of risk.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct RadarOptions {
    /// The browser's session.
    pub session: Optional<String>,
}

/// What a charge was paid with.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaymentMethodDetails {
    /// The card.
    pub card: CardDetails,
    /// Which member is there.
    pub r#type: MethodType,
}

/// Kinds of payment methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum MethodType {
    /// A card.
    Card,
}

/// The card that a charge was paid with, as it was then.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CardDetails {
    /// What was reserved, in minor units.
    pub amount_authorized: Option<i64>,
    /// The bank's code of the authorization.
    pub authorization_code: Option<String>,
    /// Such as `visa`.
    pub brand: Option<String>,
    /// Until when what was reserved can be captured; only while it is not.
    pub capture_before: Optional<Timestamp>,
    /// What the bank said of cvc and address.
    pub checks: Option<CardChecks>,
    /// Where the card was issued: two letters.
    pub country: Option<String>,
    /// How the cardholder took part.
    pub electronic_commerce_indicator: Option<String>,
    /// 1 to 12.
    pub exp_month: i64,
    /// Four digits.
    pub exp_year: i64,
    /// Whether the authorization lasts longer than usual.
    pub extended_authorization: Enabled,
    /// The same for the same number.
    pub fingerprint: Option<String>,
    /// Credit, debit, prepaid or unknown.
    pub funding: Option<String>,
    /// Whether more can be reserved later.
    pub incremental_authorization: Possible,
    /// The instalments it is paid in.
    pub installments: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    /// The mandate that allowed it.
    pub mandate: Option<String>,
    /// Whether it can be captured in several parts.
    pub multicapture: Possible,
    /// Over which network it went.
    pub network: Option<String>,
    /// Whether the network's token stood for the number.
    pub network_token: NetworkToken,
    /// The network's name of the transaction.
    pub network_transaction_id: Option<String>,
    /// Whether more than was reserved can be captured.
    pub overcapture: Overcapture,
    /// Whether its interchange is regulated.
    pub regulated_status: Option<String>,
    /// How the cardholder was authenticated.
    pub three_d_secure: Option<String>,
    /// What links this to other transactions.
    pub transaction_link_id: Option<String>,
    /// The wallet that gave the card.
    pub wallet: Option<String>,
}

/// What the bank said; `null` where it was not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Wire)]
pub struct CardChecks {
    /// The first line of the address.
    pub address_line1_check: Option<Check>,
    /// The postal code.
    pub address_postal_code_check: Option<Check>,
    /// The security code.
    pub cvc_check: Option<Check>,
}

/// Whether something is on.
#[derive(Debug, Clone, Copy, PartialEq, Wire)]
pub struct Enabled {
    status: OnOff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum OnOff {
    Disabled,
    Enabled,
}

impl Enabled {
    /// It is not.
    pub const NO: Self = Enabled { status: OnOff::Disabled };
}

/// Whether something can be done.
#[derive(Debug, Clone, Copy, PartialEq, Wire)]
pub struct Possible {
    status: Availability,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Availability {
    Available,
    Unavailable,
}

impl Possible {
    /// It cannot.
    pub const NO: Self = Possible { status: Availability::Unavailable };
}

/// How much more than was reserved can be captured.
#[derive(Debug, Clone, Copy, PartialEq, Wire)]
pub struct Overcapture {
    /// In minor units.
    maximum_amount_capturable: i64,
    status: Availability,
}

impl Overcapture {
    /// Nothing above what was reserved.
    pub fn none(reserved: i64) -> Self {
        Overcapture { maximum_amount_capturable: reserved, status: Availability::Unavailable }
    }
}

/// Whether the network's token stood for the number.
#[derive(Debug, Clone, Copy, PartialEq, Wire)]
pub struct NetworkToken {
    /// Whether it did.
    pub used: bool,
}
