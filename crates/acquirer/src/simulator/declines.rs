//! Cards that are declined.
use super::table::{Funding::Debit, TestCard, card, visa};
use crate::{Brand::Visa, Decline};

/// The numbers that end in 9037, 9110 and 9905 are not published: the names of these cards are, so they need
/// some number. They count as test cards like the others.
#[rustfmt::skip]
pub(super) static CARDS: &[TestCard] = &[
    visa("4000000000000002", &["visa_chargeDeclined", "chargeDeclined"]).declines(Decline::Generic),
    visa("4000000000009995", &["visa_chargeDeclinedInsufficientFunds", "chargeDeclinedInsufficientFunds"])
        .declines(Decline::InsufficientFunds),
    card("4000056655669905", Visa, Debit, "US", &["visa_debit_chargeDeclinedInsufficientFunds"])
        .declines(Decline::InsufficientFunds),
    visa("4000000000009987", &["visa_chargeDeclinedLostCard", "chargeDeclinedLostCard"]).declines(Decline::LostCard),
    visa("4000000000009979", &["visa_chargeDeclinedStolenCard", "chargeDeclinedStolenCard"]).declines(Decline::StolenCard),
    visa("4000000000000069", &["chargeDeclinedExpiredCard", "visa_chargeDeclinedExpiredCard"]).declines(Decline::ExpiredCard),
    visa("4000000000000127", &["chargeDeclinedIncorrectCvc", "visa_chargeDeclinedIncorrectCvc"]).declines(Decline::IncorrectCvc),
    visa("4000000000000119", &["chargeDeclinedProcessingError", "visa_chargeDeclinedProcessingError"])
        .declines(Decline::ProcessingError),
    visa("4000000000006975", &["visa_chargeDeclinedVelocityLimitExceeded", "chargeDeclinedVelocityLimitExceeded"])
        .declines(Decline::VelocityExceeded),
    visa("4000000000000341", &["chargeCustomerFail", "visa_chargeCustomerFail"]).declines_charge(Decline::Generic),
    visa("4000000000009037", &["visa_chargeCustomerFailLostCard"]).declines_charge(Decline::LostCard),
    visa("4000000000009110", &["visa_chargeCustomerFailStolenCard"]).declines_charge(Decline::StolenCard),
];
