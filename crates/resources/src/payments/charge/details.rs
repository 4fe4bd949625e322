//! The parts of a charge: how it ended, what it was paid with, and who paid.
pub use crate::payments::payment_method::MethodType;
use crate::{
    address::Address,
    payments::{
        card::Card,
        mandate::Mandate,
        payment_method::{CashMethod, HolderType, UsAccountType},
    },
};
use acquirer::{Check, Checks, NetworkStatus, OutcomeType, RiskLevel};
use base::{Ref, Timestamp};
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
#[derive(Debug, Clone, Default, PartialEq, Wire)]
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

impl BillingDetails {
    /// What a card of the first years says of who holds it.
    pub(crate) fn of_card(card: &Card) -> Self {
        BillingDetails {
            address: Address {
                city: card.address_city.clone(),
                country: card.address_country.clone(),
                line1: card.address_line1.clone(),
                line2: card.address_line2.clone(),
                postal_code: card.address_zip.clone(),
                state: card.address_state.clone(),
            },
            email: None,
            name: card.name.clone(),
            phone: None,
            tax_id: None,
        }
    }
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
    pub card: Optional<CardDetails>,
    /// The customer's cash balance.
    pub customer_balance: Optional<CashMethod>,
    /// The bank account in the euro area.
    pub sepa_debit: Optional<SepaDebitDetails>,
    /// Which member is there.
    pub r#type: MethodType,
    /// The bank account in the United States.
    pub us_bank_account: Optional<UsBankAccountDetails>,
}

/// The bank account in the euro area that a charge was paid with, as it was then.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SepaDebitDetails {
    /// The number of the bank.
    pub bank_code: Option<String>,
    /// The number of the branch.
    pub branch_code: Option<String>,
    /// Where it is: two letters.
    pub country: Option<String>,
    /// The same for the same account.
    pub fingerprint: Option<String>,
    /// The last four characters of the IBAN.
    pub last4: Option<String>,
    /// The mandate that allowed it.
    pub mandate: Option<String>,
}

/// The bank account in the United States that a charge was paid with, as it was then.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct UsBankAccountDetails {
    /// A company's or a person's.
    pub account_holder_type: Option<HolderType>,
    /// For payments or for savings.
    pub account_type: Option<UsAccountType>,
    /// The bank.
    pub bank_name: Option<String>,
    /// The same for the same account.
    pub fingerprint: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    /// The mandate that allowed it.
    pub mandate: Optional<Ref<Mandate>>,
    /// What the statement shows.
    pub payment_reference: Option<String>,
    /// The number of the bank.
    pub routing_number: Option<String>,
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
    /// Whether the order came by mail or telephone.
    pub moto: Optional<bool>,
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
    /// What the credential is kept for.
    pub setup_credential_usage: Optional<CredentialUsage>,
    /// What the kept credential was used for.
    pub stored_credential_usage: Optional<CredentialUsage>,
    /// How the cardholder was authenticated.
    pub three_d_secure: Option<ThreeDSecure>,
    /// What links this to other transactions.
    pub transaction_link_id: Option<String>,
    /// The wallet that gave the card.
    pub wallet: Option<String>,
}

/// What a card that is kept is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CredentialUsage {
    /// The parts of one payment.
    Installment,
    /// Payments at regular times.
    Recurring,
    /// Payments at any time.
    Unscheduled,
}

/// How a cardholder was authenticated.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ThreeDSecure {
    /// Whether they were asked.
    pub authentication_flow: Option<AuthenticationFlow>,
    /// The network's code of the outcome.
    pub electronic_commerce_indicator: Option<String>,
    /// Why they did not need to be asked.
    pub exemption_indicator: Option<String>,
    /// How it ended.
    pub result: Option<AuthenticationResult>,
    /// Why it ended so.
    pub result_reason: Option<String>,
    /// The network's name of it.
    pub transaction_id: Option<String>,
    /// The version of the protocol.
    pub version: Option<String>,
}

/// Whether a cardholder was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum AuthenticationFlow {
    /// They were.
    Challenge,
    /// The bank was convinced without.
    Frictionless,
}

/// How an authentication ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum AuthenticationResult {
    /// The cardholder never joined; the bank answers for it all the same.
    AttemptAcknowledged,
    /// They proved who they are.
    Authenticated,
    /// They did not.
    Failed,
    /// It failed on the way.
    ProcessingError,
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

impl From<Checks> for CardChecks {
    fn from(said: Checks) -> Self {
        CardChecks {
            address_line1_check: said.line1,
            address_postal_code_check: said.zip,
            cvc_check: said.cvc,
        }
    }
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
    /// It is.
    pub const YES: Self = Enabled { status: OnOff::Enabled };
    /// Whether it is.
    pub fn is_on(self) -> bool {
        self == Self::YES
    }
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
    /// It can.
    pub const YES: Self = Possible { status: Availability::Available };
    /// Whether it can.
    pub fn is_possible(self) -> bool {
        self == Self::YES
    }
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
    /// Up to this much, in minor units.
    pub fn up_to(most: i64) -> Self {
        Overcapture { maximum_amount_capturable: most, status: Availability::Available }
    }
    /// How much can be captured, where that may be more than was reserved.
    pub fn limit(self) -> Option<i64> {
        (self.status == Availability::Available).then_some(self.maximum_amount_capturable)
    }
}

/// Whether the network's token stood for the number.
#[derive(Debug, Clone, Copy, PartialEq, Wire)]
pub struct NetworkToken {
    /// Whether it did.
    pub used: bool,
}
