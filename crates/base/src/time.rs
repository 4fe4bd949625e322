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

impl Timestamp {
    /// The moment in the words of API v2: `2024-10-22T16:20:09.000Z`.
    pub fn to_iso(self) -> String {
        let (year, month, day) = self.date();
        let second = self.0.rem_euclid(Self::DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
    }
    /// Reads `2024-10-22T16:20:09Z`, with or without a fraction of the second, which is left out, and with an offset such
    /// as `+02:00` instead of `Z`; `None` where the text is something else.
    pub fn from_iso(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = text.get(from..to)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
        if marks.iter().any(|(at, mark)| text.get(*at..at + 1) != Some(mark)) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut rest = text.get(19..)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            rest = fraction.get(digits..).filter(|_| (1..=9).contains(&digits))?;
        }
        let ahead = match rest.split_at_checked(1)? {
            ("Z", "") => 0,
            (sign @ ("+" | "-"), offset) => {
                let (hours, minutes) = offset.split_once(':')?;
                let parse =
                    |digits: &str| digits.parse::<u8>().ok().filter(|_| digits.len() == 2).map(i64::from);
                let (hours, minutes) = (parse(hours)?, parse(minutes)?);
                let seconds = hours * 3600 + minutes * 60;
                if sign == "+" { seconds } else { -seconds }
            }
            _ => return None,
        };
        // Counted in eras of 400 years from the first of March, as in `date`.
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let (yoe, mp) = (shifted.rem_euclid(400), (month + 9) % 12);
        let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + (153 * mp + 2) / 5 + day - 1 - 719_468;
        let midnight = Timestamp(days * Self::DAY);
        // A day that there is not, such as the 30th of February, would be another.
        (midnight.date() == (year, month, day))
            .then(|| midnight.plus(hour * 3600 + minute * 60 + second - ahead))
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
    fn moments_in_words() {
        for (text, at) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2000-02-29T23:59:59.000Z", 951_868_799),
            ("2024-10-22T16:20:09.000Z", 1_729_614_009),
        ] {
            assert_eq!(Timestamp(at).to_iso(), text);
            assert_eq!(Timestamp::from_iso(text), Some(Timestamp(at)), "{text}");
        }
        assert_eq!(Timestamp::from_iso("2024-10-22T18:20:09.931+02:00"), Some(Timestamp(1_729_614_009)));
        assert_eq!(Timestamp::from_iso("2024-10-22T14:20:09-02:00"), Some(Timestamp(1_729_614_009)));
        for bad in [
            "",
            "2024",
            "2024-10-22",
            "2024-10-22T16:20:09",
            "2024-10-22 16:20:09Z",
            "2024-13-01T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-10-22T24:00:00Z",
            "2024-10-22T16:20:09.Z",
            "2024-10-22T16:20:09Z!",
            "2024-10-22T16:20:09+2:00",
            "+024-10-22T16:20:09Z",
            "２０２４-10-22T16:20:09Z",
        ] {
            assert_eq!(Timestamp::from_iso(bad), None, "{bad}");
        }
    }

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
