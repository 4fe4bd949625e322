//! The rules of recurring billing: amounts with decimals, tiers and packages, periods, proration, discounts, taxes.
//! What is rounded is rounded once, half away from zero, and what is shared out adds up to what was there.
mod decimal;
mod discount;
mod invoice;
mod period;
mod proration;
mod recovery;
mod tax;
mod tiers;

pub use decimal::Decimal;
pub use discount::{Off, off, spread};
pub use invoice::{Drawn, Due, Line, draw, due};
pub use period::{Cycle, Interval};
pub use proration::prorated;
pub use recovery::{Recovery, Then};
pub use tax::{Tax, TaxRule, taxes};
pub use tiers::{Package, Scheme, Tier};
