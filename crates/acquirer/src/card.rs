//! Cards as they are given, and whether what was given can be a card at all.
use crate::Decline;
use base::Timestamp;
use std::fmt;
use zeroize::Zeroizing;

/// The digits of a card number. It prints as stars and its last four digits, and is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct CardNumber(Zeroizing<String>);

impl CardNumber {
    /// Takes blanks and hyphens out; what is left must be 12 to 19 digits whose check digit is right.
    pub fn parse(given: &str) -> Option<Self> {
        // Never grown, so that no copy of the digits stays behind.
        let mut digits = Zeroizing::new(String::with_capacity(given.len().min(64)));
        for c in given.chars() {
            match c {
                '0'..='9' if digits.len() < 19 => digits.push(c),
                ' ' | '-' => {}
                _ => return None,
            }
        }
        (digits.len() >= 12 && luhn(&digits)).then_some(CardNumber(digits))
    }
    /// The digits. Every call of this is a place where they could get out.
    pub fn reveal(&self) -> &str {
        &self.0
    }
    /// The last four digits, which are public.
    pub fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }
    /// The brand that the first digits tell.
    pub fn brand(&self) -> Brand {
        Brand::of(&self.0)
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "************{}", self.last4())
    }
}

/// The check digit of ISO/IEC 7812: every second digit from the right doubled, the sum divisible by ten.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') << (place % 2);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whose name stands on the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brand {
    /// American Express.
    Amex,
    /// Diners Club.
    Diners,
    /// Discover.
    Discover,
    /// JCB.
    Jcb,
    /// Mastercard.
    Mastercard,
    /// UnionPay.
    UnionPay,
    /// Visa.
    Visa,
    /// None of these.
    Unknown,
}

impl Brand {
    /// The name on cards and tokens, such as `American Express`.
    pub fn name(self) -> &'static str {
        match self {
            Brand::Amex => "American Express",
            Brand::Diners => "Diners Club",
            Brand::Discover => "Discover",
            Brand::Jcb => "JCB",
            Brand::Mastercard => "MasterCard",
            Brand::UnionPay => "UnionPay",
            Brand::Visa => "Visa",
            Brand::Unknown => "Unknown",
        }
    }
    /// The word in payment method details, such as `amex`.
    pub fn code(self) -> &'static str {
        match self {
            Brand::Amex => "amex",
            Brand::Diners => "diners",
            Brand::Discover => "discover",
            Brand::Jcb => "jcb",
            Brand::Mastercard => "mastercard",
            Brand::UnionPay => "unionpay",
            Brand::Visa => "visa",
            Brand::Unknown => "unknown",
        }
    }
    /// The brand that the first digits of a number tell.
    pub fn of(digits: &str) -> Self {
        let first = |count: usize| digits.get(..count).and_then(|head| head.parse::<u32>().ok()).unwrap_or(0);
        match (first(2), first(3), first(4)) {
            (34 | 37, ..) => Brand::Amex,
            (36 | 38 | 39, ..) | (_, 300..=305, _) => Brand::Diners,
            (35, ..) => Brand::Jcb,
            (40..=49, ..) => Brand::Visa,
            (51..=55, ..) | (_, _, 2221..=2720) => Brand::Mastercard,
            (64 | 65, ..) | (_, _, 6011) => Brand::Discover,
            (62, ..) => Brand::UnionPay,
            _ => Brand::Unknown,
        }
    }
}

/// The security code of an ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cvc<'a> {
    /// Not given.
    Absent,
    /// Given when the card was entered and, as it must not be kept, no longer known.
    WasGiven,
    /// Given now.
    Given(&'a str),
}

impl Cvc<'_> {
    /// Whether it is or was given.
    pub fn is_given(self) -> bool {
        !matches!(self, Cvc::Absent)
    }
}

impl fmt::Debug for Cvc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_given() { "***" } else { "none" })
    }
}

/// When a card ends: the last day of this month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// 1 to 12.
    pub month: i64,
    /// Four digits.
    pub year: i64,
}

/// A card as the network sees it. It never prints what must stay secret.
#[derive(Clone, Copy)]
pub struct Card<'a> {
    /// The digits.
    pub number: &'a str,
    /// When it ends.
    pub expiry: Expiry,
    /// The security code.
    pub cvc: Cvc<'a>,
    /// The name on it.
    pub name: Option<&'a str>,
    /// The first line of the billing address, to be checked.
    pub line1: Option<&'a str>,
    /// The postal code of the billing address, to be checked.
    pub zip: Option<&'a str>,
}

impl fmt::Debug for Card<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last4 = self.number.len().checked_sub(4).and_then(|at| self.number.get(at..)).unwrap_or("");
        write!(f, "Card(************{last4}, cvc {:?})", self.cvc)
    }
}

/// A card as a caller typed it: texts, none of them trusted. It prints nothing.
#[derive(Clone, Copy)]
pub struct RawCard<'a> {
    /// `number`.
    pub number: &'a str,
    /// `exp_month`.
    pub exp_month: &'a str,
    /// `exp_year`, of two or four digits.
    pub exp_year: &'a str,
    /// `cvc`; empty counts as not given.
    pub cvc: Option<&'a str>,
}

impl fmt::Debug for RawCard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawCard(****)")
    }
}

/// What of a typed card is kept: never the security code, only that there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidCard {
    /// The number.
    pub number: CardNumber,
    /// When it ends.
    pub expiry: Expiry,
    /// Whether a security code came with it.
    pub cvc_given: bool,
}

/// No card is made for longer than this many years.
const LONGEST: i64 = 50;

/// Checks what was typed: the number, then the expiry, then the security code. A card is good until the end of
/// its month (UTC).
pub fn validate(raw: RawCard<'_>, now: Timestamp) -> Result<ValidCard, Decline> {
    let number = CardNumber::parse(raw.number).ok_or(Decline::IncorrectNumber)?;
    let expiry = validate_expiry(raw.exp_month, raw.exp_year, now)?;
    let cvc = raw.cvc.map(str::trim).filter(|cvc| !cvc.is_empty());
    if let Some(cvc) = cvc {
        let shortest = if number.brand() == Brand::Amex { 4 } else { 3 };
        if !(shortest..=4).contains(&cvc.len()) || !cvc.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Decline::InvalidCvc);
        }
    }
    Ok(ValidCard { number, expiry, cvc_given: cvc.is_some() })
}

/// Checks the month, then the year: in this year, a month that has passed is the month's mistake.
fn validate_expiry(month: &str, year: &str, now: Timestamp) -> Result<Expiry, Decline> {
    let number = |text: &str, longest: usize| {
        let digits = (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if digits { text.parse::<i64>().ok() } else { None }
    };
    let (month, year) = (month.trim(), year.trim());
    let month = number(month, 2).filter(|month| (1..=12).contains(month));
    let month = month.ok_or(Decline::InvalidExpiryMonth)?;
    let (this_year, this_month, _) = now.date();
    let year = match (number(year, 4), year.len()) {
        (Some(short), 1 | 2) => Some(2000 + short),
        (Some(full), 4) => Some(full),
        _ => None,
    };
    let year = year.filter(|year| (this_year..=this_year + LONGEST).contains(year));
    let year = year.ok_or(Decline::InvalidExpiryYear)?;
    if year == this_year && month < this_month {
        return Err(Decline::InvalidExpiryMonth);
    }
    Ok(Expiry { month, year })
}

#[cfg(test)]
mod tests;
