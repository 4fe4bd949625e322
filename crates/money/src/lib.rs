//! The rules of money: fees, double entry, payout days. Pure functions over integers in minor currency units;
//! no store, no clock, no network.
mod fees;
mod ledger;
mod payout_schedule;

pub use fees::{FeeProblem, Refunded, Schedule, check_application_fee, dispute_fee, refunded_share};
pub use ledger::{Charge, Entry, LedgerAccount, Posting, Refund, Unbalanced, Withdrawal};
pub use payout_schedule::{Delay, available_on};
