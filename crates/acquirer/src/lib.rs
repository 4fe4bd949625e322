//! Whoever moves the money: the seam to an acquirer, and the simulated card network behind it in test mode.
mod answer;
pub mod bank;
mod card;
mod declined;
mod none;
pub mod simulator;

pub use answer::{
    Abandoned, Answer, Approval, Check, Checks, NetworkStatus, Outcome, OutcomeType, RefundAnswer, RiskLevel,
};
pub use card::{Brand, Card, CardNumber, Cvc, Expiry, RawCard, ValidCard, validate};
pub use declined::{Decline, Declined};
pub use none::NoAcquirer;
pub use simulator::Simulator;

use base::{Currency, Fut, Timestamp};
use std::{fmt, time::Duration};

/// Whoever moves real money.
///
/// Every ask carries a key, and the same key must be given the same answer and move money once, however often it
/// is asked: an ask is repeated when its answer was lost.
pub trait Acquirer: Send + Sync {
    /// Reserves money on a card, and takes it at once where the ask says so.
    fn authorize<'a>(&'a self, ask: Authorization<'a>) -> Fut<'a, Result<Answer, Fault>>;
    /// Takes what was reserved, or part of it.
    fn capture<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>>;
    /// Reserves more than before; the amount of the ask is the new whole. Who cannot do that refuses.
    fn increment<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        let _ = ask;
        Box::pin(async { Err(Fault::Refused("more than was authorized cannot be asked for".into())) })
    }
    /// Lets go of what was reserved and not taken. The amount of the ask is what is let go.
    fn void<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>>;
    /// Sends back what was taken, or part of it.
    fn refund<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<RefundAnswer, Fault>>;
    /// Makes sure that nothing moves by an ask, whether it was heard of or not: what it reserved or took from a card is
    /// let go, and the key is dead from then on.
    fn abandon<'a>(&'a self, key: &'a str, livemode: bool) -> Fut<'a, Result<Abandoned, Fault>>;
    /// How long an ask may take, where asking has effects outside of this process: each is then written down before
    /// it is sent. `None` where the answer follows from the ask alone, so that a lost one is worth nothing.
    fn patience(&self) -> Option<Duration> {
        None
    }
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
    /// What part the cardholder took.
    pub presence: Presence,
}

/// What part the cardholder took in a payment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Presence {
    /// None that the bank would know of.
    #[default]
    Unproven,
    /// None now, but the card was set up with the cardholder's part for payments while they are away.
    SetUp,
    /// They proved to their bank that they are there (3-D Secure).
    Authenticated,
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
    /// The acquirer could not be reached: nothing was asked.
    Unsent(String),
    /// The ask was sent and its answer was lost: ask again with the same key.
    Unanswered(String),
    /// The acquirer will not do it, and nothing has moved: a sentence of its own.
    Refused(String),
    /// The key was abandoned, or used for another ask: nothing more moves by it.
    Spent,
    /// The acquirer answered what cannot be understood; a person has to look.
    Protocol(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NotConfigured => f.write_str(
                "No acquirer is configured for live mode, so no real money can be moved. Use a test mode key, or configure an acquirer.",
            ),
            Fault::Unsent(why) => write!(f, "the acquirer cannot be reached: {why}"),
            Fault::Unanswered(why) => write!(f, "the acquirer did not answer: {why}"),
            Fault::Spent => f.write_str("the acquirer knows the key as one that is spent"),
            Fault::Refused(why) => write!(f, "The acquirer refused: {why}"),
            Fault::Protocol(why) => write!(f, "the acquirer answered something unexpected: {why}"),
        }
    }
}

impl std::error::Error for Fault {}
