//! When money can be spent.
use base::Timestamp;

/// How long the money of a charge is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// Days from Monday to Friday. Public holidays count as business days.
    BusinessDays(u16),
    /// Days of the calendar.
    CalendarDays(u16),
}

/// Countries that count business days ("Payouts", schedule).
const BUSINESS_DAYS: [&str; 8] = ["AE", "AU", "IN", "JP", "MY", "NZ", "TH", "US"];

impl Delay {
    /// The usual delay of accounts in this country (two upper-case letters): two business days in the United
    /// States, seven days elsewhere.
    pub fn usual(country: &str) -> Self {
        Delay::of(country, if country == "US" { 2 } else { 7 })
    }
    /// This many days, as this country counts them.
    pub fn of(country: &str, days: u16) -> Self {
        if BUSINESS_DAYS.contains(&country) { Delay::BusinessDays(days) } else { Delay::CalendarDays(days) }
    }
    /// The number of days, as `delay_days` shows it.
    pub fn days(self) -> u16 {
        match self {
            Delay::BusinessDays(days) | Delay::CalendarDays(days) => days,
        }
    }
}

/// The day on which the money of a charge can be spent: midnight UTC, the delay counted from the day of the
/// charge. Without delay it is the midnight before.
pub fn available_on(created: Timestamp, delay: Delay) -> Timestamp {
    let day = created.midnight();
    let days = match delay {
        Delay::CalendarDays(days) => i64::from(days),
        Delay::BusinessDays(days) => {
            // 0 is Monday; the epoch was a Thursday.
            let weekday = (day.0.div_euclid(Timestamp::DAY) + 3).rem_euclid(7);
            let (weeks, rest) = (i64::from(days / 5), i64::from(days % 5));
            // On a weekend the count starts as on the Friday before it.
            let (from, lag) = if weekday > 4 && days > 0 { (4, weekday - 4) } else { (weekday, 0) };
            let weekend = if from + rest > 4 && rest > 0 { 2 } else { 0 };
            weeks * 7 + rest + weekend - lag
        }
    };
    day.plus(days * Timestamp::DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Monday, 7 October 2013, 00:00 UTC.
    const MONDAY: i64 = 1_381_104_000;

    #[test]
    fn days_that_count() {
        use Delay::*;
        // (day of the week, 0 is Monday; delay; days later)
        for (weekday, delay, later) in [
            (0, BusinessDays(2), 2),
            (2, BusinessDays(2), 2),
            (3, BusinessDays(2), 4),
            (4, BusinessDays(2), 4),
            (5, BusinessDays(2), 3),
            (6, BusinessDays(2), 2),
            (0, BusinessDays(7), 9),
            (5, BusinessDays(5), 6),
            (5, BusinessDays(0), 0),
            (5, CalendarDays(2), 2),
            (2, CalendarDays(7), 7),
        ] {
            let midnight = Timestamp(MONDAY + weekday * Timestamp::DAY);
            let expected = midnight.plus(later * Timestamp::DAY);
            assert_eq!(available_on(midnight, delay), expected, "{weekday} {delay:?}");
            assert_eq!(available_on(midnight.plus(86_399), delay), expected, "{weekday} {delay:?}");
        }
        assert_eq!(available_on(Timestamp(MONDAY + 58), CalendarDays(0)), Timestamp(MONDAY));
    }

    #[test]
    fn countries() {
        assert_eq!(Delay::usual("US"), Delay::BusinessDays(2));
        assert_eq!(Delay::usual("DE"), Delay::CalendarDays(7));
        assert_eq!(Delay::of("JP", 4), Delay::BusinessDays(4));
        assert_eq!(Delay::usual("US").days(), 2);
    }

    proptest! {
        /// The formula against counting on fingers.
        #[test]
        fn business_days_are_counted(start in -1_000_000_000i64..=4_000_000_000, days in 0u16..40) {
            let weekend = |at: Timestamp| (at.0.div_euclid(Timestamp::DAY) + 3).rem_euclid(7) > 4;
            let (mut at, mut left) = (Timestamp(start).midnight(), days);
            while left > 0 {
                at = at.plus(Timestamp::DAY);
                left -= u16::from(!weekend(at));
            }
            prop_assert_eq!(available_on(Timestamp(start), Delay::BusinessDays(days)), at);
        }
    }
}
