//! Time as a dependency.
use std::sync::atomic::{AtomicI64, Ordering};
use wire::{At, Bad, Node, Shape, Wire};

/// A moment in Unix seconds, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Seconds in a day.
    pub const DAY: i64 = 86_400;
    /// The moment `seconds` later.
    pub fn plus(self, seconds: i64) -> Self {
        Timestamp(self.0.saturating_add(seconds))
    }
    /// Midnight UTC of the same day.
    pub fn midnight(self) -> Self {
        Timestamp(self.0 - self.0.rem_euclid(Self::DAY))
    }
    /// Midnight UTC of a day of the proleptic Gregorian calendar; the inverse of [`Timestamp::date`].
    pub fn of_date(year: i64, month: i64, day: i64) -> Self {
        let year = year.saturating_sub(i64::from(month <= 2));
        let era = year.div_euclid(400);
        let yoe = year.rem_euclid(400);
        let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        let days = era.saturating_mul(146_097).saturating_add(doe - 719_468);
        Timestamp(days.saturating_mul(Self::DAY))
    }
    /// Year, month (1 to 12) and day (1 to 31) of the proleptic Gregorian calendar, UTC.
    pub fn date(self) -> (i64, i64, i64) {
        // Days since 0000-03-01, so that the leap day is the last of its year.
        let z = self.0.div_euclid(Self::DAY) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
    }
}

impl Wire for Timestamp {
    const SHAPE: Shape = Shape::Time;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        i64::read(at, node).map(Timestamp)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
    /// Unix seconds.
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms().div_euclid(1000))
    }
}

/// A clock that stands still until it is moved; for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        ManualClock(AtomicI64::new(now.0 * 1000))
    }
    /// Moves the clock on.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (at, date) in [
            (0, (1970, 1, 1)),
            (951_782_399, (2000, 2, 28)),
            (951_782_400, (2000, 2, 29)),
            (1_349_654_313, (2012, 10, 7)),
            (-1, (1969, 12, 31)),
            (4_102_444_800, (2100, 1, 1)),
        ] {
            assert_eq!(Timestamp(at).date(), date, "{at}");
            let (year, month, day) = date;
            assert_eq!(Timestamp::of_date(year, month, day), Timestamp(at).midnight());
        }
        assert_eq!(Timestamp(1_381_104_058).midnight(), Timestamp(1_381_104_000));
    }
}
