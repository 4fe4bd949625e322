//! Rates of conversion, as integers: what is rounded is rounded once.
use crate::fees::saturate;
use base::Currency;
use std::fmt;
use wire::{At, Bad, Node, Shape, Wire};

/// What a rate is counted in: a billionth.
const ONE: i128 = 1_000_000_000;

/// How much of one currency a main unit of another gives, in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(i64);

impl Rate {
    /// A rate in billionths; none where it is not above zero.
    pub fn of_billionths(billionths: i64) -> Option<Self> {
        (billionths > 0).then_some(Rate(billionths))
    }
    /// The rate that a decimal number such as `1.0825` says, to nine decimals; none where it is not above zero, too
    /// large or no number.
    pub fn parse(text: &str) -> Option<Self> {
        decimal(text, DECIMALS).map(|(billionths, _)| billionths).and_then(Rate::of_billionths)
    }
}

/// Decimals of a rate.
const DECIMALS: usize = 9;

/// A decimal number with so many decimals as an integer, rounded down, and whether nothing was lost; none where it is
/// negative, no number or too large.
pub fn decimal(text: &str, decimals: usize) -> Option<(i64, bool)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let (kept, lost) = part.split_at(part.len().min(decimals));
    let number = format!("{whole}{kept:0<decimals$}").parse().ok()?;
    Some((number, lost.bytes().all(|b| b == b'0')))
}

/// As a decimal number without needless zeros.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (i128::from(self.0) / ONE, i128::from(self.0) % ONE);
        let digits = format!("{part:09}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            part => write!(f, "{whole}.{part}"),
        }
    }
}

/// A JSON number.
impl Wire for Rate {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let read = match node {
            Some(Node::Integer(n)) => n.checked_mul(ONE as i64).and_then(Rate::of_billionths),
            Some(Node::Float(n)) => Rate::parse(&n.to_string()),
            Some(Node::Form(text)) => Rate::parse(text),
            _ => None,
        };
        read.ok_or_else(|| Bad::not(at, "number", node.map_or(String::new(), Node::to_json)))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.to_string().as_bytes());
    }
}

/// How much of each currency a dollar gives, in billionths.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rates(Vec<(Currency, Rate)>);

/// What `dev` converts by where nothing is configured: somewhere near the market of 2025, and always the same.
const USUAL: &str = "aed 3.6725 aud 1.53 bgn 1.7 brl 5.4 cad 1.38 chf 0.8 clp 950 cny 7.15 cop 4050 czk 21.2 dkk 6.45 \
     eur 0.865 gbp 0.75 hkd 7.8 huf 341 idr 16400 ils 3.4 inr 87.5 isk 122 jpy 148 krw 1390 kwd 0.306 bhd 0.376 jod 0.709 \
     omr 0.3845 tnd 2.92 mxn 18.7 myr 4.23 nok 10.1 nzd 1.7 php 57 pln 3.69 ron 4.39 sar 3.75 sek 9.6 sgd 1.29 thb 32.4 \
     try 41 twd 30 vnd 26200 zar 17.7";

impl Rates {
    /// The rates by which `dev` converts where nothing is configured.
    pub fn usual() -> Self {
        let mut words = USUAL.split_ascii_whitespace();
        let mut rates = Rates::default();
        while let (Some(code), Some(number)) = (words.next(), words.next()) {
            if let (Some(currency), Some(rate)) = (Currency::parse(code), Rate::parse(number)) {
                rates.set(currency, rate);
            }
        }
        rates
    }
    /// Says how much of a currency a dollar gives.
    pub fn set(&mut self, currency: Currency, a_dollar: Rate) {
        self.0.retain(|(of, _)| *of != currency);
        self.0.push((currency, a_dollar));
        self.0.sort();
    }
    /// The currencies that can be converted, by their codes; the dollar is among them where any other is.
    pub fn currencies(&self) -> Vec<Currency> {
        let mut all: Vec<Currency> = self.0.iter().map(|(currency, _)| *currency).collect();
        if !all.is_empty() && !all.contains(&Currency::USD) {
            all.push(Currency::USD);
        }
        all.sort();
        all
    }
    fn a_dollar(&self, currency: Currency) -> Option<Rate> {
        let said = self.0.iter().find(|(of, _)| *of == currency).map(|(_, rate)| *rate);
        said.or((currency == Currency::USD).then_some(Rate(ONE as i64)))
    }
    /// The rate from one currency to another; none where nobody knows it, or it is too small to be written.
    pub fn between(&self, from: Currency, to: Currency) -> Option<Rate> {
        let (from, to) = (i128::from(self.a_dollar(from)?.0), i128::from(self.a_dollar(to)?.0));
        Rate::of_billionths(saturate((to * ONE + from / 2) / from))
    }
}

/// A conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// Of what is paid.
    pub from: Currency,
    /// Of what is settled.
    pub to: Currency,
    /// How much of `to` a main unit of `from` gives.
    pub rate: Rate,
}

impl Exchange {
    /// An amount of `from` in `to`, both in minor units: rounded to the nearest, halves away from zero.
    pub fn convert(self, amount: i64) -> i64 {
        let sign = if amount < 0 { -1 } else { 1 };
        let amount = i128::from(amount).unsigned_abs() as i128;
        let up = i128::from(self.rate.0) * 10i128.pow(self.to.decimals());
        let down = ONE * 10i128.pow(self.from.decimals());
        sign * saturate(amount.saturating_mul(up).saturating_add(down / 2) / down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn exchange(from: &str, to: &str) -> Exchange {
        let (from, to) = (currency(from), currency(to));
        Exchange { from, to, rate: Rates::usual().between(from, to).unwrap() }
    }

    #[test]
    fn minor_units_are_minded() {
        let euros =
            Exchange { from: currency("eur"), to: Currency::USD, rate: Rate::parse("1.234").unwrap() };
        assert_eq!((euros.convert(1_000), euros.convert(-1_000), euros.convert(1)), (1_234, -1_234, 1));
        assert_eq!(exchange("usd", "jpy").convert(1_000), 1_480);
        assert_eq!(exchange("jpy", "usd").convert(1_480), 1_000);
        assert_eq!(exchange("usd", "kwd").convert(1_000), 3_060);
        assert_eq!(exchange("kwd", "jpy").convert(3_060), 1_480);
        assert!(Rates::default().between(currency("eur"), Currency::USD).is_none());
        assert_eq!(Rates::usual().currencies().len(), USUAL.split_ascii_whitespace().count() / 2 + 1);
    }

    #[test]
    fn rates_are_decimal_numbers() {
        for shown in ["1", "0.75", "148", "1.156069364", "0.000000001"] {
            let rate = Rate::parse(shown).unwrap();
            assert_eq!(rate.to_string(), shown);
            let node = Node::parse(shown.as_bytes()).unwrap();
            assert_eq!(Rate::read(&At::top(true), Some(&node)), Ok(rate));
        }
        for text in ["0", "0.0000000001", "-1", "", ".5", "1e3", "NaN", "inf", "99999999999999999999"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
        assert_eq!(Rate::parse("1.00000000099"), Rate::parse("1.0"));
        assert_eq!((decimal("2.905", 2), decimal("2.90", 2)), (Some((290, false)), Some((290, true))));
    }

    proptest! {
        /// There and back again loses less than the smallest units of both sides are worth.
        #[test]
        fn there_and_back(amount in 0i64..=99_999_999) {
            let (there, back) = (exchange("usd", "eur"), exchange("eur", "usd"));
            prop_assert!((back.convert(there.convert(amount)) - amount).abs() <= 1 + amount / 10_000_000);
            prop_assert_eq!(there.convert(-amount), -there.convert(amount));
        }
    }
}
