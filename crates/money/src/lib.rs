//! The rules of money: fees, double entry, payout days, recurring billing. Pure functions over integers in minor currency units;
//! no store, no clock, no network.
mod billing;
mod fees;
mod ledger;
mod payout_schedule;
mod pricing;
mod rates;

pub use billing::{
    Cycle, Decimal, Drawn, Due, Interval, Line, Off, Package, Recovery, Scheme, Tax, TaxRule, Then, Tier,
    draw, due, off, prorated, spread, taxes,
};
pub use fees::{Circumstances, FeeProblem, Refunded, Schedule, check_application_fee, refunded_share};
pub use ledger::{Charge, Entry, LedgerAccount, Posting, Refund, Unbalanced, Withdrawal, exchanged};
pub use payout_schedule::{Delay, available_on};
pub use pricing::{Pricing, Rule, is_international};
pub use rates::{Exchange, Rate, Rates, decimal};
