//! What a bank may grant beyond reserving an amount for a week: more of it later, for longer, to be taken in several
//! parts, or more than was reserved (API page "Flexible acquiring").
use super::{
    Charge,
    details::{CardDetails, Enabled, Overcapture, Possible},
};
use crate::payments::balance_transaction::BalanceTransaction;
use base::{Ref, Timestamp};
use wire::{Optional, Wire};

/// What is asked of the bank of a card, where the bank has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// More than was reserved may be taken.
    pub(crate) above: bool,
    /// More may be reserved later.
    pub(crate) increments: bool,
    /// It is reserved for longer.
    pub(crate) longer: bool,
    /// It may be taken in several parts.
    pub(crate) parts: bool,
}

/// A part of what was reserved that was taken.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Part {
    /// In minor units.
    pub amount: i64,
    /// The balance transaction that it moved.
    pub balance_transaction: String,
}

/// So many parts of a payment may be taken.
const PARTS_MAX: usize = 50;
/// How long what was reserved can usually be captured, in seconds.
const USUAL: i64 = 7 * Timestamp::DAY;
/// The same where the bank reserves it for longer.
const LONGER: i64 = 30 * Timestamp::DAY;
/// How much of an amount Visa lets be taken, in per cent, whatever the seller's trade; the other networks ask for trades.
const ABOVE: i64 = 115;

/// Whether a card runs on one of these networks.
fn runs_on(card: &CardDetails, networks: &[&str]) -> bool {
    card.network.as_deref().is_some_and(|has| networks.contains(&has))
}

impl Wanted {
    /// Writes down what the bank of a card grants for a payment of `amount` that is only reserved. `alone`: nobody but
    /// the account gets of it; what others get is counted once, when all of it is taken.
    pub(super) fn grant(self, card: &mut CardDetails, amount: i64, alone: bool) {
        if self.increments && runs_on(card, &["amex", "discover", "mastercard", "unionpay", "visa"]) {
            card.incremental_authorization = Possible::YES;
        }
        if self.longer && runs_on(card, &["amex", "discover", "mastercard", "visa"]) {
            card.extended_authorization = Enabled::YES;
        }
        let several =
            ["amex", "cartes_bancaires", "diners", "discover", "jcb", "mastercard", "unionpay", "visa"];
        if self.parts && alone && runs_on(card, &several) {
            card.multicapture = Possible::YES;
        }
        if self.above && runs_on(card, &["visa"]) {
            card.overcapture = Overcapture::up_to(above(amount));
        }
    }
}

/// How much can be taken of what was reserved, where more is allowed.
fn above(amount: i64) -> i64 {
    amount.saturating_mul(ABOVE) / 100
}

impl Charge {
    /// Until when it can be captured.
    pub fn capture_before(&self) -> Timestamp {
        let card = self.payment_method_details.as_ref().and_then(|it| it.card.0.as_ref());
        let longer = card.is_some_and(|card| card.extended_authorization.is_on());
        self.created.plus(if longer { LONGER } else { USUAL })
    }
    /// How much can be taken by the next capture at most.
    pub(super) fn capturable(&self) -> i64 {
        let card = self.payment_method_details.as_ref().and_then(|it| it.card.0.as_ref());
        let above = card.and_then(|card| card.overcapture.limit());
        above.unwrap_or(self.amount) - self.amount_captured
    }
    /// Whether it can be taken in several parts.
    pub(crate) fn has_parts(&self) -> bool {
        let card = self.payment_method_details.as_ref().and_then(|it| it.card.0.as_ref());
        card.is_some_and(|card| card.multicapture.is_possible())
    }
    /// Whether one more part can be taken before the last.
    pub(super) fn has_room(&self) -> bool {
        self.parts.0.0.as_ref().map_or(0, Vec::len) < PARTS_MAX - 1
    }
    /// Whether some of it was taken.
    pub fn is_taken(&self) -> bool {
        self.captured || self.amount_captured > 0
    }
    /// Whether some of it was taken, and more of it may be.
    pub(crate) fn is_in_parts(&self) -> bool {
        !self.captured && self.amount_captured > 0
    }
    /// All of it was taken that will be: the rest is let go, which makes no refund of its own (API changelog 2025-03-31).
    pub(super) fn close(&mut self) {
        self.captured = true;
        self.amount_refunded += self.amount - self.amount_captured;
        self.refunded = self.amount_refunded == self.amount;
        if let Some(card) = self.card_details_mut() {
            card.capture_before = Optional(None);
        }
    }
    /// The balance transactions of what was taken, newest first.
    pub(crate) fn movements(self) -> Vec<Ref<BalanceTransaction>> {
        match self.parts.0.0 {
            Some(parts) => parts.iter().rev().map(|it| Ref::to(&it.balance_transaction)).collect(),
            None => self.balance_transaction.into_iter().collect(),
        }
    }
    /// What of the money that was taken went back, in minor units; what was let go never was part of that.
    pub fn given_back(&self) -> i64 {
        let let_go = if self.captured { self.amount - self.amount_captured } else { 0 };
        self.amount_refunded - let_go
    }
    /// The bank reserved this much instead.
    pub(crate) fn authorized(&mut self, amount: i64) {
        self.amount = amount;
        if let Some(card) = self.card_details_mut() {
            card.amount_authorized = Some(amount);
            card.overcapture = match card.overcapture.limit() {
                Some(_) => Overcapture::up_to(above(amount)),
                None => Overcapture::none(amount),
            };
        }
    }
}
