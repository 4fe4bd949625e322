//! What a charge costs, what a platform may take of it, and what of both goes back with a refund.
use base::Currency;
use std::fmt;

/// The price of a successful charge: a share of its amount and a fixed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The share in ten-thousandths of the amount: 290 is 2.9 %.
    pub rate: u32,
    /// The fixed part in hundredths of the currency's main unit, whatever its minor unit is: 30 is $0.30,
    /// 0.300 of a dinar, and 0.3 yen.
    pub fixed: u32,
}

impl Default for Schedule {
    /// The published card price: 2.9 % + 30 cents.
    fn default() -> Self {
        Schedule { rate: 290, fixed: 30 }
    }
}

impl Schedule {
    /// No fee at all.
    pub const FREE: Self = Schedule { rate: 0, fixed: 0 };

    /// The processing fee of a charge over `amount` minor units, in minor units. It is rounded once, half up,
    /// after both parts are added: 500 cents cost 14.5 + 30 = 44.5, that is 45. Nothing costs nothing. On a
    /// very small charge the fee may be above the amount.
    pub fn processing_fee(self, amount: i64, currency: Currency) -> i64 {
        if amount <= 0 {
            return 0;
        }
        let share = i128::from(amount) * i128::from(self.rate);
        let fixed = i128::from(self.fixed) * 10i128.pow(currency.decimals()) * 100;
        saturate((share + fixed + 5_000).div_euclid(10_000))
    }
}

/// What a dispute costs in hundredths of the currency's main unit: $15.
const DISPUTE: i128 = 1_500;

/// What a dispute costs, in minor units.
pub fn dispute_fee(currency: Currency) -> i64 {
    saturate(DISPUTE * 10i128.pow(currency.decimals()) / 100)
}

/// Why a platform cannot take this application fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeProblem {
    /// It is zero or less.
    NotPositive,
    /// It is more than the charge.
    AboveAmount,
    /// Together with the processing fee it is more than the charge; at most `most` can be taken, which is
    /// zero or less where the processing fee alone uses the charge up.
    AboveNet {
        /// The highest fee that would do, in minor units.
        most: i64,
    },
}

impl fmt::Display for FeeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FeeProblem::NotPositive => f.write_str("The application fee must be a positive integer."),
            FeeProblem::AboveAmount => {
                f.write_str("The application fee cannot be greater than the amount of the charge.")
            }
            FeeProblem::AboveNet { most } if *most > 0 => write!(
                f,
                "The application fee and the processing fee together are greater than the amount of the charge; the application fee can be at most {most}."
            ),
            FeeProblem::AboveNet { .. } => f.write_str(
                "The processing fee leaves nothing of this charge to take an application fee from.",
            ),
        }
    }
}

impl std::error::Error for FeeProblem {}

/// Checks an application fee against the charge it is taken from, all in minor units. It comes out of what the
/// processing fee leaves, so the connected account never pays for being paid.
pub fn check_application_fee(
    amount: i64,
    application_fee: i64,
    processing_fee: i64,
) -> Result<(), FeeProblem> {
    let most = amount.saturating_sub(processing_fee);
    if application_fee <= 0 {
        Err(FeeProblem::NotPositive)
    } else if application_fee > amount {
        Err(FeeProblem::AboveAmount)
    } else if application_fee > most {
        Err(FeeProblem::AboveNet { most })
    } else {
        Ok(())
    }
}

/// A refund seen against its charge, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refunded {
    /// The amount of the charge.
    pub of: i64,
    /// What earlier refunds of it sent back.
    pub before: i64,
    /// What this refund sends back.
    pub now: i64,
}

/// The part of a fee (`whole`, in minor units) that goes back with a refund, where `returned` of it went back
/// before. It follows the amount refunded in all, not this refund alone, so the roundings of successive partial
/// refunds cancel out: together they return exactly the whole, and never more at any time.
pub fn refunded_share(whole: i64, returned: i64, refund: Refunded) -> i64 {
    if whole <= 0 || refund.of <= 0 {
        return 0;
    }
    let of = i128::from(refund.of);
    let upto = |refunded: i128| {
        let refunded = refunded.clamp(0, of);
        (i128::from(whole) * refunded * 2 + of).div_euclid(of * 2)
    };
    let before = i128::from(refund.before);
    let share = upto(before + i128::from(refund.now.max(0))) - upto(before);
    saturate(share.min(i128::from(whole) - i128::from(returned)).max(0))
}

fn saturate(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
