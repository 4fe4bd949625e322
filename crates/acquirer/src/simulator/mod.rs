//! The test mode's card network: the documented test cards and bank accounts, and what each of them does. One file
//! a family of cards. It keeps nothing and asks no clock: the same ask always has the same answer.
mod authentication;
pub mod banks;
mod brands;
mod bypass;
mod countries;
mod declines;
mod disputes;
mod fraud;
mod outcome;
mod payouts;
mod table;
mod verification;

pub use outcome::{Charged, admit, attach_outcome, charge_outcome, lookup_failed};
pub use table::{Authentication, Demand, Funding, Later, Payout, TestCard};

use crate::{
    Abandoned, Acquirer, Answer, Approval, Authorization, Decline, Expiry, Fault, Movement, RefundAnswer,
    RiskLevel,
};
use base::{Fut, Timestamp};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, sync::LazyLock};

/// Every test card.
pub fn cards() -> impl Iterator<Item = &'static TestCard> {
    let families = [
        brands::CARDS,
        countries::CARDS,
        declines::CARDS,
        fraud::CARDS,
        disputes::CARDS,
        bypass::CARDS,
        authentication::CARDS,
        verification::CARDS,
        payouts::CARDS,
    ];
    families.into_iter().flatten()
}

/// The test card with this number (digits only); `None` where it is no listed test card.
pub fn find(number: &str) -> Option<&'static TestCard> {
    static BY_NUMBER: LazyLock<HashMap<&'static str, &'static TestCard>> =
        LazyLock::new(|| cards().map(|card| (card.number, card)).collect());
    BY_NUMBER.get(number).copied()
}

/// The test card of a documented token or payment method, such as `tok_visa` or `pm_card_chargeDeclined`. Cards
/// that are named rather than typed count as given with a security code, and with [`TestCard::address`].
pub fn named(id: &str) -> Option<&'static TestCard> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static TestCard>> =
        LazyLock::new(|| cards().flat_map(|card| card.names.iter().map(move |name| (*name, card))).collect());
    let name = id.strip_prefix("tok_").or_else(|| id.strip_prefix("pm_card_"))?;
    BY_NAME.get(name).copied()
}

/// When a card that is named rather than typed ends: a year from now.
pub fn named_expiry(now: Timestamp) -> Expiry {
    let (year, month, _) = now.date();
    Expiry { month, year: year + 1 }
}

/// The simulated network.
#[derive(Debug, Clone, Copy, Default)]
pub struct Simulator;

/// What stands in a reference before the number of a card whose charges have a later. Test numbers are public.
const MARK: &str = "_later_";

impl Simulator {
    fn decide(ask: &Authorization<'_>) -> Result<Answer, Fault> {
        if ask.livemode {
            // It has no real money to give, and says of its own cards why.
            return match find(ask.card.number) {
                Some(_) => Ok(Answer::Declined(Decline::LiveModeTestCard.refuse_charge(RiskLevel::Normal))),
                None => Err(Fault::NotConfigured),
            };
        }
        Ok(match charge_outcome(&ask.card, ask.at, ask.presence) {
            Err(declined) => Answer::Declined(*declined),
            Ok(Charged { card, checks, outcome }) => {
                let mut reference = reference("sim", ask.key);
                if card.later != Later::Nothing {
                    reference.push_str(MARK);
                    reference.push_str(card.number);
                }
                Answer::Approved(Approval {
                    reference,
                    checks,
                    outcome,
                    immediately_available: card.bypass_pending,
                })
            }
        })
    }

    fn follow(ask: &Movement<'_>) -> Result<(), Fault> {
        if ask.livemode { Err(Fault::NotConfigured) } else { Ok(()) }
    }
}

/// What becomes of what was charged under this authorization of the simulator, and of its refunds.
pub fn later(reference: &str) -> Later {
    let number = reference.rsplit_once(MARK).map(|(_, number)| number);
    number.and_then(find).map_or(Later::Nothing, |card| card.later)
}

/// A name that follows from the key alone.
fn reference(prefix: &str, key: &str) -> String {
    [prefix, "_", &HEXLOWER.encode(&Sha256::digest(key.as_bytes())[..12])].concat()
}

impl Acquirer for Simulator {
    fn authorize<'a>(&'a self, ask: Authorization<'a>) -> Fut<'a, Result<Answer, Fault>> {
        Box::pin(std::future::ready(Self::decide(&ask)))
    }
    fn capture<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        Box::pin(std::future::ready(Self::follow(&ask)))
    }
    fn increment<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        Box::pin(std::future::ready(Self::follow(&ask)))
    }
    fn void<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        Box::pin(std::future::ready(Self::follow(&ask)))
    }
    fn refund<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<RefundAnswer, Fault>> {
        let answer = Self::follow(&ask).map(|()| RefundAnswer {
            reference: reference("simre", ask.key),
            settled: later(ask.reference) != Later::PendingRefund,
        });
        Box::pin(std::future::ready(answer))
    }
    /// It keeps nothing, so there is nothing to let go.
    fn abandon<'a>(&'a self, _: &'a str, _: bool) -> Fut<'a, Result<Abandoned, Fault>> {
        Box::pin(std::future::ready(Ok(Abandoned::Nothing)))
    }
}

#[cfg(test)]
mod tests;
