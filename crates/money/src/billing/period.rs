//! Periods: from one date to the same date of the next month, as far as that month has it.
use base::Timestamp;
use wire::Wire;

/// What a period is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Interval {
    /// Days of 86,400 seconds, UTC.
    Day,
    /// Calendar months.
    Month,
    /// Seven days.
    Week,
    /// Twelve months.
    Year,
}

impl Interval {
    /// How many of it are three years, which no period may pass.
    pub fn three_years(self) -> i64 {
        match self {
            Interval::Day => 1095,
            Interval::Week => 156,
            Interval::Month => 36,
            Interval::Year => 3,
        }
    }
}

/// Periods of one length, side by side, of which one begins at the anchor. All is counted in UTC, so daylight saving moves
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cycle {
    /// Where one of them begins.
    pub anchor: Timestamp,
    /// What they are counted in.
    pub interval: Interval,
    /// How many of that each has, at least one.
    pub count: i64,
}

impl Cycle {
    /// Where the period that is `steps` after the one at the anchor begins. Counted from the anchor, so that the 31st of
    /// January leads to the 28th of February and on to the 31st of March.
    pub fn boundary(&self, steps: i64) -> Timestamp {
        let by = steps.saturating_mul(self.count.max(1));
        match self.interval {
            Interval::Day => self.anchor.plus(by.saturating_mul(Timestamp::DAY)),
            Interval::Week => self.anchor.plus(by.saturating_mul(7 * Timestamp::DAY)),
            Interval::Month => months_on(self.anchor, by),
            Interval::Year => months_on(self.anchor, by.saturating_mul(12)),
        }
    }
    /// The first boundary after a moment.
    pub fn next(&self, after: Timestamp) -> Timestamp {
        let mut steps = self.guess(after);
        while self.boundary(steps) <= after {
            steps += 1;
        }
        while self.boundary(steps - 1) > after {
            steps -= 1;
        }
        self.boundary(steps)
    }
    /// The period in which a moment lies: its beginning, and where the next begins.
    pub fn around(&self, at: Timestamp) -> (Timestamp, Timestamp) {
        let mut steps = self.guess(at);
        while self.boundary(steps + 1) <= at {
            steps += 1;
        }
        while self.boundary(steps) > at {
            steps -= 1;
        }
        (self.boundary(steps), self.boundary(steps + 1))
    }
    /// About how many steps lie between the anchor and a moment.
    fn guess(&self, at: Timestamp) -> i64 {
        let days = match self.interval {
            Interval::Day => 1,
            Interval::Week => 7,
            Interval::Month => 31,
            Interval::Year => 366,
        };
        (at.0.saturating_sub(self.anchor.0)) / (days * Timestamp::DAY) / self.count.max(1)
    }
}

/// The same time of the same day so many months on, or of the last day of that month.
fn months_on(from: Timestamp, months: i64) -> Timestamp {
    let (year, month, day) = from.date();
    let sum = year.saturating_mul(12).saturating_add(month - 1).saturating_add(months);
    let (year, month) = (sum.div_euclid(12), sum.rem_euclid(12) + 1);
    let midnight = Timestamp::of_date(year, month, day.min(days_of(year, month)));
    midnight.plus(from.0 - from.midnight().0)
}

/// How many days a month has.
fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn on(year: i64, month: i64, day: i64) -> Timestamp {
        Timestamp::of_date(year, month, day).plus(3661)
    }

    fn monthly(anchor: Timestamp) -> Cycle {
        Cycle { anchor, interval: Interval::Month, count: 1 }
    }

    /// The examples of the page "Billing cycle" of the public documentation.
    #[test]
    fn months_are_clipped_and_come_back() {
        let it = monthly(on(2023, 1, 31));
        let days: Vec<_> = (1..=4).map(|n| it.boundary(n)).collect();
        assert_eq!(days, [on(2023, 2, 28), on(2023, 3, 31), on(2023, 4, 30), on(2023, 5, 31)]);
        assert_eq!(monthly(on(2024, 1, 30)).boundary(1), on(2024, 2, 29));
        let leap = Cycle { anchor: on(2024, 2, 29), interval: Interval::Year, count: 1 };
        assert_eq!([1, 4].map(|n| leap.boundary(n)), [on(2025, 2, 28), on(2028, 2, 29)]);
        assert_eq!(it.boundary(-2), on(2022, 11, 30));
    }

    #[test]
    fn a_boundary_begins_the_next_period() {
        let it = monthly(on(2023, 1, 31));
        assert_eq!(it.around(on(2023, 2, 28)), (on(2023, 2, 28), on(2023, 3, 31)));
        assert_eq!(it.around(on(2023, 2, 28).plus(-1)), (on(2023, 1, 31), on(2023, 2, 28)));
        assert_eq!(it.next(on(2023, 2, 28)), on(2023, 3, 31));
        let weeks = Cycle { anchor: on(2023, 1, 1), interval: Interval::Week, count: 2 };
        assert_eq!(weeks.around(on(2023, 1, 20)), (on(2023, 1, 15), on(2023, 1, 29)));
    }

    proptest! {
        /// Periods lie side by side, and any moment lies in exactly the one that it is said to lie in.
        #[test]
        fn periods_cover_time(
            anchor in 0i64..4_000_000_000, at in 0i64..4_000_000_000,
            interval in prop::sample::select(vec![Interval::Day, Interval::Week, Interval::Month, Interval::Year]),
            count in 1i64..14,
        ) {
            let it = Cycle { anchor: Timestamp(anchor), interval, count };
            let (start, end) = it.around(Timestamp(at));
            prop_assert!(start.0 <= at && at < end.0);
            prop_assert_eq!(it.around(end).0, end);
            prop_assert_eq!(it.next(Timestamp(at)), end);
            prop_assert_eq!(it.around(start), (start, end));
        }
    }
}
