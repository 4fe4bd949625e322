//! Whoever moves the money: the seam to an acquirer, and the simulated card network behind it in test mode.
mod answer;
pub mod bank;
mod card;
mod declined;
mod none;
pub mod simulator;

pub use answer::{
    Answer, Approval, Check, Checks, NetworkStatus, Outcome, OutcomeType, RefundAnswer, RiskLevel,
};
pub use card::{Brand, Card, CardNumber, Cvc, Expiry, RawCard, ValidCard, validate};
pub use declined::{Decline, Declined};
pub use none::NoAcquirer;
pub use simulator::Simulator;

use base::{Currency, Fut, Timestamp};
use std::fmt;

/// Whoever moves real money.
///
/// Every ask carries a key, and the same key must be given the same answer and move money once, however often it
/// is asked: an ask is repeated when its answer was lost.
pub trait Acquirer: Send + Sync {
    /// Reserves money on a card, and takes it at once where the ask says so.
    fn authorize<'a>(&'a self, ask: Authorization<'a>) -> Fut<'a, Result<Answer, Fault>>;
    /// Takes what was reserved, or part of it.
    fn capture<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>>;
    /// Lets go of what was reserved and not taken. The amount of the ask is what is let go.
    fn void<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>>;
    /// Sends back what was taken, or part of it.
    fn refund<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<RefundAnswer, Fault>>;
    /// What became of an authorization whose answer was lost; `None` where the acquirer never heard of the key,
    /// so that it can be asked again.
    fn resolve<'a>(&'a self, key: &'a str) -> Fut<'a, Result<Option<Answer>, Fault>>;
}

/// An ask for money from a card.
#[derive(Debug, Clone, Copy)]
pub struct Authorization<'a> {
    /// Names this ask for ever.
    pub key: &'a str,
    /// In minor units.
    pub amount: i64,
    /// The currency of the amount.
    pub currency: Currency,
    /// Whether real money is meant.
    pub livemode: bool,
    /// When it is asked.
    pub at: Timestamp,
    /// The card.
    pub card: Card<'a>,
    /// Whether to take the money now rather than only reserve it.
    pub capture: bool,
}

/// An ask that follows an approved authorization.
#[derive(Debug, Clone, Copy)]
pub struct Movement<'a> {
    /// Names this ask for ever.
    pub key: &'a str,
    /// [`Approval::reference`] of the authorization.
    pub reference: &'a str,
    /// In minor units.
    pub amount: i64,
    /// The currency of the amount.
    pub currency: Currency,
    /// Whether real money is meant.
    pub livemode: bool,
}

/// Why there is no answer. A refusal by the bank is an answer; this is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No acquirer is configured for this mode; nothing was asked.
    NotConfigured,
    /// The acquirer could not be reached, or its answer was lost: ask again with the same key.
    Unreachable(String),
    /// The acquirer answered what cannot be understood; a person has to look.
    Protocol(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NotConfigured => f.write_str(
                "No acquirer is configured for live mode, so no real money can be moved. Use a test mode key, or configure an acquirer.",
            ),
            Fault::Unreachable(why) => write!(f, "the acquirer cannot be reached: {why}"),
            Fault::Protocol(why) => write!(f, "the acquirer answered something unexpected: {why}"),
        }
    }
}

impl std::error::Error for Fault {}
