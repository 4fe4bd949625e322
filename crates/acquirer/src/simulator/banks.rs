//! The documented test bank accounts: what becomes of a payout to each, and of a debit.
pub mod sepa;

use super::Payout;
use crate::{Declined, NetworkStatus, Outcome, OutcomeType, RiskLevel, bank::BankProblem};

/// A test bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestBank {
    /// The routing number.
    pub routing: &'static str,
    /// The account number. Test numbers are public.
    pub account: &'static str,
    /// Its name as a payment method, after `pm_usBankAccount_`.
    pub payment_method: Option<&'static str>,
    /// Its name as a token, after `btok_us_`.
    pub token: Option<&'static str>,
    /// What becomes of a payout to it.
    pub payout: Payout,
    /// What becomes of a debit from it.
    pub debit: Debit,
    /// How its owner is verified, where that is special.
    pub ownership: Option<Ownership>,
}

/// What becomes of a debit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Debit {
    /// It succeeds.
    Succeeds,
    /// It fails with this code.
    Fails(&'static str),
    /// It is stopped as too risky.
    Blocked,
    /// It stays under way for ever.
    Processing,
    /// It succeeds and is disputed.
    Disputed,
    /// The account's limit for a week is reached.
    WeeklyLimitExceeded,
    /// The two small deposits that would verify the account fail.
    MicrodepositsFail,
    /// The account cannot be entered for debits; with the code that says so.
    Unusable(&'static str),
}

/// What a bank says to a debit in test mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Debited {
    /// It is refused at once, with this code.
    Refused(&'static str),
    /// It succeeds after this many seconds.
    Succeeds(i64),
    /// It succeeds after this many seconds, and its holder objects.
    Disputed(i64),
    /// It fails with this code after this many seconds.
    Fails(&'static str, i64),
    /// It stays under way until it is canceled.
    Never,
}

impl Debit {
    /// What becomes of a debit, where the bank takes `after` seconds.
    pub fn outcome(self, after: i64) -> Debited {
        match self {
            Debit::Succeeds | Debit::MicrodepositsFail => Debited::Succeeds(after),
            Debit::Disputed => Debited::Disputed(after),
            Debit::Fails(code) => Debited::Fails(code, after),
            Debit::WeeklyLimitExceeded => Debited::Fails("charge_exceeds_weekly_limit", after),
            Debit::Blocked => Debited::Refused("payment_intent_payment_attempt_failed"),
            Debit::Unusable(code) => Debited::Refused(code),
            Debit::Processing => Debited::Never,
        }
    }
}

/// The refusal of a debit before it is under way.
pub fn refusal(code: &str) -> Declined {
    let outcome = Outcome {
        kind: OutcomeType::Blocked,
        network_status: NetworkStatus::NotSentToNetwork,
        reason: Some("highest_risk_level".into()),
        risk_level: RiskLevel::Highest,
        risk_score: RiskLevel::Highest.score(),
        seller_message: "The payment was blocked as too risky.".into(),
    };
    let message = "The payment was blocked. Use another payment method.".into();
    Declined { code: code.into(), decline_code: None, message, param: None, outcome }
}

/// What the payer is told of a debit that failed.
pub fn failure_message(code: &str) -> &'static str {
    match code {
        "account_closed" => "The customer's bank account has been closed.",
        "no_account" => "The customer's bank account could not be located.",
        "insufficient_funds" => "The customer's account has insufficient funds to cover this payment.",
        "debit_not_authorized" => "The customer has notified their bank that this payment was unauthorized.",
        "invalid_currency" => "The bank was unable to process this payment because of its currency.",
        "charge_exceeds_source_limit" => "The payment is more than this bank account may pay in a week.",
        "charge_exceeds_weekly_limit" => {
            "The payment is more than may be debited from this bank account in a week."
        }
        _ => "The customer's bank refused this payment.",
    }
}

/// What a bank says to a debit from an account of the United States in test mode.
pub fn debit_us(routing: &str, account: &str) -> Debited {
    find(routing, account).map_or(Debited::Refused("account_number_invalid"), |bank| bank.debit.outcome(0))
}

/// What a bank says to a debit from an IBAN in test mode.
pub fn debit_iban(iban: &str) -> Debited {
    sepa::find(iban)
        .map_or(Debited::Refused("invalid_bank_account_iban"), |it| it.debit.0.outcome(it.debit.1))
}

/// How the owner of a bank account is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// By itself.
    Automatic,
    /// By documents.
    NeedsDocuments,
}

/// The routing number of all test bank accounts in the United States.
pub const ROUTING: &str = "110000000";
/// The name of the bank behind it.
pub const BANK_NAME: &str = "STRIPE TEST BANK";

const fn bank(
    account: &'static str,
    payment_method: Option<&'static str>,
    token: Option<&'static str>,
    payout: Payout,
    debit: Debit,
) -> TestBank {
    TestBank { routing: ROUTING, account, payment_method, token, payout, debit, ownership: None }
}

const fn failing(
    account: &'static str,
    name: &'static str,
    token: &'static str,
    code: &'static str,
) -> TestBank {
    bank(account, Some(name), Some(token), Payout::Fails(code), Debit::Fails(code))
}

const fn owned(account: &'static str, ownership: Ownership) -> TestBank {
    TestBank { ownership: Some(ownership), ..bank(account, None, None, Payout::Paid, Debit::Succeeds) }
}

#[rustfmt::skip]
static BANKS: &[TestBank] = &[
    bank("000123456789", Some("success"), Some("verified"), Payout::Paid, Debit::Succeeds),
    failing("000111111113", "accountClosed", "verified_accountClosed", "account_closed"),
    failing("000111111116", "noAccount", "verified_noAccount", "no_account"),
    failing("000222222227", "insufficientFunds", "verified_insufficientFunds", "insufficient_funds"),
    failing("000333333335", "debitNotAuthorized", "verified_debitNotAuthorized", "debit_not_authorized"),
    failing("000444444440", "invalidCurrency", "verified_invalidCurrency", "invalid_currency"),
    bank("000000004954", Some("riskLevelHighest"), None, Payout::Paid, Debit::Blocked),
    bank("000666666661", Some("failMicrodeposits"), None, Payout::Paid, Debit::MicrodepositsFail),
    bank("000555555559", Some("dispute"), None, Payout::Paid, Debit::Disputed),
    bank("000000000009", Some("processing"), None, Payout::Paid, Debit::Processing),
    bank("000777777771", Some("weeklyLimitExceeded"), None, Payout::Paid, Debit::WeeklyLimitExceeded),
    bank("000888888885", None, None, Payout::Paid, Debit::Succeeds),
    bank("000888888883", None, None, Payout::NotInstant, Debit::Succeeds),
    owned("000999999991", Ownership::Automatic),
    owned("000999999992", Ownership::NeedsDocuments),
];

/// Every test bank account.
pub fn banks() -> impl Iterator<Item = &'static TestBank> {
    BANKS.iter()
}

/// The test bank account with these numbers (digits only).
pub fn find(routing: &str, account: &str) -> Option<&'static TestBank> {
    banks().find(|bank| bank.routing == routing && bank.account == account)
}

/// The test bank account of a documented token (`btok_us_verified`) or payment method
/// (`pm_usBankAccount_success`).
pub fn named(id: &str) -> Option<&'static TestBank> {
    if let Some(name) = id.strip_prefix("btok_us_") {
        banks().find(|bank| bank.token == Some(name))
    } else {
        let name = id.strip_prefix("pm_usBankAccount_")?;
        banks().find(|bank| bank.payment_method == Some(name))
    }
}

/// Whether a bank account of the United States may be entered in test mode.
pub fn admit(routing: &str, account: &str) -> Result<&'static TestBank, BankProblem> {
    find(routing, account).ok_or(BankProblem::NotATestAccount)
}

/// The name of the bank behind a routing number, as far as test mode knows it.
pub fn bank_name(routing: &str) -> Option<&'static str> {
    (routing == ROUTING).then_some(BANK_NAME)
}

#[cfg(test)]
mod tests;
