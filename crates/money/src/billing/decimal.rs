//! Decimal amounts: minor units with up to twelve decimals, as `unit_amount_decimal` has them.
use std::fmt;
use wire::{At, Bad, Node, Shape, Wire};

/// A number with up to twelve decimals. On the wire it is a text, such as `"0.5"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(i128);

/// Decimals that are kept.
const PLACES: usize = 12;
/// What one is counted in.
const ONE: i128 = 1_000_000_000_000;
/// Digits before the point; more are no amount.
const WHOLE_MAX: usize = 15;

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Decimal(0);

    /// A whole number.
    pub fn of(whole: i64) -> Self {
        Decimal(i128::from(whole) * ONE)
    }
    /// The number that a text says; none where it has more than twelve decimals, is too large or is no plain number.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, part) = rest.split_once('.').unwrap_or((rest, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let part = part.trim_end_matches('0');
        if whole.len() > WHOLE_MAX || part.len() > PLACES {
            return None;
        }
        let number: i128 = format!("0{whole}{part:0<PLACES$}").parse().ok()?;
        Some(Decimal(sign * number))
    }
    /// The whole number that it is; none where it has decimals.
    pub fn whole(self) -> Option<i64> {
        if self.0 % ONE == 0 { i64::try_from(self.0 / ONE).ok() } else { None }
    }
    /// How many decimals it needs.
    pub fn places(self) -> usize {
        format!("{:012}", self.0.unsigned_abs() % ONE.unsigned_abs()).trim_end_matches('0').len()
    }
    /// The whole number at or below it, and what is left of it above that, counted in millionths of a
    /// millionth. None where the whole number is too large.
    pub fn split(self) -> Option<(i64, i64)> {
        let part = i64::try_from(self.0.rem_euclid(ONE)).ok()?;
        Some((i64::try_from(self.0.div_euclid(ONE)).ok()?, part))
    }
    /// What [`Decimal::split`] took apart, or the sum of several such.
    pub fn joined(whole: i64, part: i64) -> Self {
        Decimal(i128::from(whole) * ONE + i128::from(part))
    }
    /// Its product with a whole number; none where that is too large.
    pub fn times(self, by: i64) -> Option<Self> {
        self.0.checked_mul(i128::from(by)).map(Decimal)
    }
    /// Its sum with another; none where that is too large.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Decimal)
    }
    /// The nearest whole number, halves away from zero; none where that is too large.
    pub fn rounded(self) -> Option<i64> {
        let half = self.0.signum() * (ONE / 2);
        i64::try_from(self.0.checked_add(half)? / ONE).ok()
    }
    /// So many percent of an amount, rounded; none where that is too large.
    pub fn percent_of(self, amount: i64) -> Option<i64> {
        ratio(self.0.checked_mul(i128::from(amount))?, 100 * ONE)
    }
    /// The part of an amount that is so many percent on top of the rest, rounded; none where that is too large.
    pub fn percent_within(self, amount: i64) -> Option<i64> {
        ratio(self.0.checked_mul(i128::from(amount))?, (100 * ONE).checked_add(self.0)?)
    }
}

/// A quotient, rounded half away from zero; none where it is no amount. `by` is above zero.
pub(super) fn ratio(of: i128, by: i128) -> Option<i64> {
    let twice = of.checked_mul(2)?;
    let rounded = twice.checked_add(of.signum().checked_mul(by)?)? / by.checked_mul(2)?;
    i64::try_from(rounded).ok()
}

/// Without needless zeros.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (number, one) = (self.0.unsigned_abs(), ONE.unsigned_abs());
        let digits = format!("{:012}", number % one);
        match digits.trim_end_matches('0') {
            "" => write!(f, "{sign}{}", number / one),
            part => write!(f, "{sign}{}.{part}", number / one),
        }
    }
}

impl Wire for Decimal {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let read = match node {
            None => return Err(Bad::Missing(at.path())),
            Some(Node::Form(text)) if text.is_empty() => return Err(Bad::Empty(at.path())),
            Some(Node::Integer(n)) => Some(Decimal::of(*n)),
            Some(Node::Float(n)) => Decimal::parse(&n.to_string()),
            Some(Node::Form(text) | Node::Text(text)) => Decimal::parse(text),
            Some(_) => None,
        };
        read.ok_or_else(|| {
            let got: String = node.map_or(String::new(), Node::to_json).chars().take(100).collect();
            let message = format!(
                "Invalid decimal: {got}; must be a plain number with at most {PLACES} decimal places."
            );
            Bad::Invalid { param: at.path(), code: Some("parameter_invalid_decimal"), message }
        })
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, &self.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn plain_numbers_are_read_and_written() {
        for (text, shown) in [
            ("0", "0"),
            ("1500", "1500"),
            ("0.50", "0.5"),
            ("-0.000000000001", "-0.000000000001"),
            ("007", "7"),
        ] {
            assert_eq!(dec(text).to_string(), shown);
        }
        for bad in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1e3",
            "+1",
            "0x1",
            "1,5",
            "0.0000000000001",
            "1234567890123456",
            "NaN",
            "1 ",
        ] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
        assert_eq!(
            (dec("0.05").places(), dec("5").places(), dec("7.25").whole(), dec("7.0").whole()),
            (2, 0, None, Some(7))
        );
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (text, rounded) in [("0.5", 1), ("-0.5", -1), ("0.4999", 0), ("1.5", 2), ("-1.4", -1)] {
            assert_eq!(dec(text).rounded(), Some(rounded), "{text}");
        }
        // 7.25 % of $10.00 on top, and the VAT of 19 % in 119.00.
        assert_eq!(dec("7.25").percent_of(1000), Some(73));
        assert_eq!(dec("19").percent_within(11_900), Some(1900));
        assert_eq!(Decimal::of(i64::MAX).times(i64::MAX), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(n in -1_000_000_000_000_000_000_000i128..1_000_000_000_000_000_000_000) {
            let it = Decimal(n);
            prop_assert_eq!(Decimal::parse(&it.to_string()), Some(it));
            prop_assert!((it.rounded().map_or(0, i128::from) * ONE - n).abs() * 2 <= ONE);
        }
    }
}
