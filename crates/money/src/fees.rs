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
    /// The further share where the card is from another country.
    pub international: u32,
    /// The further share where the money is converted.
    pub conversion: u32,
    /// The most that it costs, in hundredths of the main unit; no limit where there is none.
    pub most: Option<u32>,
    /// The least that it costs, in hundredths of the main unit.
    pub least: u32,
}

/// What a charge costs more for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The card is from another country than the account.
    pub international: bool,
    /// The money is converted into the currency of the account.
    pub converted: bool,
}

impl Default for Schedule {
    /// The published card price: 2.9 % + 30 cents, 1.5 % for cards from abroad, 1 % for a conversion.
    fn default() -> Self {
        Schedule { international: 150, conversion: 100, ..Schedule::plain(290, 30) }
    }
}

impl Schedule {
    /// No fee at all.
    pub const FREE: Self = Schedule::plain(0, 0);

    /// A share (ten-thousandths) and a fixed part (hundredths of the main unit), and nothing more.
    pub const fn plain(rate: u32, fixed: u32) -> Self {
        Schedule { rate, fixed, international: 0, conversion: 0, most: None, least: 0 }
    }

    /// The processing fee of a charge over `amount` minor units, in minor units. It is rounded once, half up,
    /// after both parts are added: 500 cents cost 14.5 + 30 = 44.5, that is 45. Nothing costs nothing. On a
    /// very small charge the fee may be above the amount.
    pub fn processing_fee(self, amount: i64, currency: Currency) -> i64 {
        self.fee(amount, currency, Circumstances::default())
    }

    /// As [`Schedule::processing_fee`], with what the circumstances add: all shares are of the amount, and still it
    /// is rounded once.
    pub fn fee(self, amount: i64, currency: Currency, circumstances: Circumstances) -> i64 {
        if amount <= 0 {
            return 0;
        }
        let more = |is: bool, share: u32| if is { u64::from(share) } else { 0 };
        let rate = u64::from(self.rate)
            + more(circumstances.international, self.international)
            + more(circumstances.converted, self.conversion);
        let hundredths = |n: u32| i128::from(n) * 10i128.pow(currency.decimals()) * 100;
        let whole = i128::from(amount) * i128::from(rate) + hundredths(self.fixed);
        let whole = whole.max(hundredths(self.least));
        let whole = self.most.map_or(whole, |most| whole.min(hundredths(most)));
        saturate((whole + 5_000).div_euclid(10_000))
    }
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

pub(crate) fn saturate(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
