//! Bank accounts as they are given.
use std::fmt;
use zeroize::Zeroizing;

/// A bank account whose numbers can be numbers of an account. It prints only the last four digits.
#[derive(Clone, PartialEq, Eq)]
pub struct ValidBank {
    /// The routing number, where the country has one.
    pub routing: Option<String>,
    account: Zeroizing<String>,
}

impl ValidBank {
    /// The account number. Every call of this is a place where it could get out.
    pub fn reveal(&self) -> &str {
        &self.account
    }
    /// The last four characters, which are public.
    pub fn last4(&self) -> &str {
        &self.account[self.account.len().saturating_sub(4)..]
    }
}

impl fmt::Debug for ValidBank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValidBank(****{})", self.last4())
    }
}

/// What is wrong with a bank account; an `invalid_request_error` for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankProblem {
    /// The routing number is missing or its check digit is wrong.
    Routing,
    /// The account number has a wrong length or characters.
    Account,
    /// A bank account that is no test account, in test mode.
    NotATestAccount,
}

impl BankProblem {
    /// The `code`.
    pub fn code(self) -> &'static str {
        match self {
            BankProblem::Routing => "routing_number_invalid",
            BankProblem::Account | BankProblem::NotATestAccount => "account_number_invalid",
        }
    }
    /// The member of the bank account that is wrong, without the parameter around it.
    pub fn param(self) -> &'static str {
        match self {
            BankProblem::Routing => "routing_number",
            BankProblem::Account | BankProblem::NotATestAccount => "account_number",
        }
    }
    /// A sentence for the caller.
    pub fn message(self) -> &'static str {
        match self {
            BankProblem::Routing => {
                "The routing number is invalid. A routing number of the United States has nine digits, the last of which checks the others."
            }
            BankProblem::Account => {
                "The account number is invalid. An account number of the United States has up to 17 digits."
            }
            BankProblem::NotATestAccount => {
                "You must use a test bank account number in test mode. Try 000123456789 with the routing number 110000000."
            }
        }
    }
}

/// Checks a bank account of this country (two letters). Blanks and hyphens are taken out. In the United States both
/// numbers are checked; of other countries only that there is an account number of at most 34 letters and digits,
/// as an IBAN has.
pub fn validate(country: &str, routing: Option<&str>, account: &str) -> Result<ValidBank, BankProblem> {
    let strip = |text: &str| -> String { text.chars().filter(|c| !matches!(c, ' ' | '-')).collect() };
    let account = Zeroizing::new(strip(account));
    let routing = routing.map(strip).filter(|routing| !routing.is_empty());
    if country.eq_ignore_ascii_case("US") {
        if !routing.as_deref().is_some_and(routing_is_valid) {
            return Err(BankProblem::Routing);
        }
        if !(1..=17).contains(&account.len()) || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BankProblem::Account);
        }
    } else if !(1..=34).contains(&account.len()) || !account.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(BankProblem::Account);
    } else if routing
        .as_ref()
        .is_some_and(|it| it.len() > 34 || !it.bytes().all(|b| b.is_ascii_alphanumeric()))
    {
        return Err(BankProblem::Routing);
    }
    Ok(ValidBank { routing, account })
}

/// Checks an IBAN (ISO 13616), blanks taken out: two letters, two digits, up to thirty more characters, and the
/// whole, rearranged and read as a number, leaves 1 when it is divided by 97.
pub fn iban_is_valid(iban: &str) -> bool {
    let plain = (15..=34).contains(&iban.len())
        && iban.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && iban.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && iban.bytes().skip(2).take(2).all(|b| b.is_ascii_digit());
    let digit = |sum: u32, b: u8| {
        let value = if b.is_ascii_digit() { b - b'0' } else { b - b'A' + 10 };
        (sum * if value < 10 { 10 } else { 100 } + u32::from(value)) % 97
    };
    plain && iban.bytes().skip(4).chain(iban.bytes().take(4)).fold(0, digit) == 1
}

/// Nine digits whose sum, weighted 3, 7 and 1 in turn, is divisible by ten and not zero.
pub fn routing_is_valid(routing: &str) -> bool {
    if routing.len() != 9 || !routing.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let sum: u32 =
        routing.bytes().zip([3, 7, 1].into_iter().cycle()).map(|(b, w)| u32::from(b - b'0') * w).sum();
    sum != 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routing_numbers() {
        for (routing, valid) in [
            ("110000000", true),
            ("021000021", true),
            ("110000001", false),
            ("000000000", false),
            ("11000000", false),
            ("1100000000", false),
            ("11000000x", false),
            ("", false),
        ] {
            assert_eq!(routing_is_valid(routing), valid, "{routing}");
        }
    }

    #[test]
    fn ibans() {
        for it in crate::simulator::banks::sepa::ibans() {
            assert!(iban_is_valid(it.iban), "{}", it.iban);
        }
        for wrong in [
            "AT611904300234573202",
            "at611904300234573201",
            "AT61",
            "",
            "1161190430023457320",
            "ATÉ1904300234573201",
        ] {
            assert!(!iban_is_valid(wrong), "{wrong}");
        }
    }

    #[test]
    fn bank_accounts() {
        for (country, routing, account, says) in [
            ("US", Some("110000000"), "000123456789", Ok("6789")),
            ("us", Some("110-000 000"), "000-123456789", Ok("6789")),
            ("US", None, "000123456789", Err(BankProblem::Routing)),
            ("US", Some("110000001"), "000123456789", Err(BankProblem::Routing)),
            ("US", Some("110000000"), "", Err(BankProblem::Account)),
            ("US", Some("110000000"), "12x", Err(BankProblem::Account)),
            ("US", Some("110000000"), "123456789012345678", Err(BankProblem::Account)),
            ("AT", None, "AT61 1904 3002 3457 3201", Ok("3201")),
            ("GB", Some("108800"), "00012345", Ok("2345")),
            ("GB", Some("1088é0"), "00012345", Err(BankProblem::Routing)),
            ("AT", None, "é", Err(BankProblem::Account)),
            ("US", Some("110000000"), "9", Ok("9")),
        ] {
            let bank = validate(country, routing, account);
            assert_eq!(bank.as_ref().map(ValidBank::last4).map_err(|e| *e), says, "{country} {account}");
        }
        let bank = validate("US", Some("110000000"), "000123456789").unwrap();
        assert_eq!((bank.reveal(), format!("{bank:?}").as_str()), ("000123456789", "ValidBank(****6789)"));
    }
}
