//! Proration: the part of an amount that falls on a part of a period, to the second.
use super::decimal::ratio;
use base::Timestamp;

/// The part of an amount for a period (`start`, `end`) that falls on what is left of it after a moment, rounded; none
/// where the period has no length.
pub fn prorated(amount: i64, period: (Timestamp, Timestamp), after: Timestamp) -> Option<i64> {
    let (start, end) = (period.0.0, period.1.0);
    let whole = i128::from(end) - i128::from(start);
    let left = i128::from(end) - i128::from(after.0.clamp(start, end.max(start)));
    if whole <= 0 { None } else { ratio(i128::from(amount) * left, whole) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MONTH: (Timestamp, Timestamp) = (Timestamp(0), Timestamp(30 * Timestamp::DAY));

    /// The example of the page "Prorations" of the public documentation: from $10 to $20 in the middle of the period.
    #[test]
    fn an_upgrade_at_half_time() {
        let half = Timestamp(15 * Timestamp::DAY);
        assert_eq!((prorated(-1000, MONTH, half), prorated(2000, MONTH, half)), (Some(-500), Some(1000)));
        assert_eq!(
            (prorated(1000, MONTH, MONTH.1), prorated(1000, MONTH, Timestamp(-5))),
            (Some(0), Some(1000))
        );
        assert_eq!(prorated(1000, (Timestamp(5), Timestamp(5)), Timestamp(5)), None);
    }

    proptest! {
        /// Changing there and back in the same second costs nothing.
        #[test]
        fn there_and_back_cancels_out(a in 0i64..100_000_000, b in 0i64..100_000_000, at in 0i64..30 * 86_400) {
            let share = |amount| prorated(amount, MONTH, Timestamp(at)).unwrap_or(i64::MAX / 8);
            prop_assert_eq!(share(-a) + share(b) + share(-b) + share(a), 0);
        }
        /// What is left never becomes more.
        #[test]
        fn less_is_left_later(amount in 0i64..100_000_000, at in 0i64..30 * 86_400 - 1) {
            prop_assert!(prorated(amount, MONTH, Timestamp(at)) >= prorated(amount, MONTH, Timestamp(at + 1)));
        }
    }
}
