//! The account application form: what may be prefilled, what must be right, and what comes out of it.

use crate::{Form, choices};

/// A person must be this old to open an account, in years.
const MIN_AGE: i64 = 13;
const MAX_PASSWORD: usize = 256;
/// Countries without postal codes.
const WITHOUT_ZIP: &[&str] = &["AE", "HK"];
/// Countries whose bank accounts are known by IBAN alone.
const BY_IBAN: &[&str] = &[
    "AE", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GI", "GR", "HR", "HU",
    "IE", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A filled-in form without mistakes.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountApplication {
    /// Two letters.
    pub country: String,
    /// One of `sole_prop`, `corporation`, `llc`, `partnership`, `non_profit`.
    pub business_type: String,
    /// Name of the business.
    pub business_name: String,
    /// An http(s) address.
    pub url: String,
    /// What is sold.
    pub product_description: String,
    /// 5 to 22 characters.
    pub statement_descriptor: String,
    /// First name of the person.
    pub first_name: String,
    /// Last name of the person.
    pub last_name: String,
    /// Date of birth: year, month, day.
    pub born: (i64, i64, i64),
    /// Phone, digits with an optional leading plus.
    pub phone: Option<String>,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// State or region.
    pub state: Option<String>,
    /// Postal code; only where the country has them.
    pub zip: Option<String>,
    /// Where payouts go.
    pub bank: BankAccount,
    /// Sign-in.
    pub email: String,
    /// Password in the clear, to be hashed at once.
    pub password: String,
}

/// A bank account as it was typed, without spaces. Not to be logged.
#[derive(Clone, PartialEq, Eq)]
pub struct BankAccount {
    /// Two letters.
    pub country: String,
    /// Three lower-case letters.
    pub currency: String,
    /// Routing number, sort code or the like; none with an IBAN.
    pub routing_number: Option<String>,
    /// Account number or IBAN.
    pub account_number: String,
}

// By hand: neither the password nor the account number belongs in a log.
impl std::fmt::Debug for AccountApplication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountApplication")
            .field("business_name", &self.business_name)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BankAccount").field("country", &self.country).finish_non_exhaustive()
    }
}

/// The form as a person first sees it: what the application knows of them (`stripe_user[…]` in the query of authorize),
/// and defaults for the rest. What is not valid is left out without a word; a password or bank account is never taken.
pub fn prefilled<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>, default_country: &str) -> Form {
    let known = Form::filled(query.into_iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("stripe_user[")?.strip_suffix(']')?;
        Some((name, value))
    }));
    let mut form = Form::default();
    let country =
        Some(known.text("country").to_ascii_uppercase()).filter(|code| choices::country_name(code).is_some());
    let named_country = country.is_some();
    let country = country.unwrap_or_else(|| default_country.to_owned());
    let currency = known.text("currency");
    let currency = if named_country && choices::is_currency(currency) {
        currency
    } else {
        choices::country_currency(&country).unwrap_or_default()
    };
    form.set("currency", currency);
    form.set("bank_country", country.clone());
    form.set("country", country.clone());
    let kind = match known.text("business_type") {
        "individual" => "sole_prop",
        "company" => "corporation",
        other => other,
    };
    if choices::is_business_type(kind) {
        form.set("business_type", kind);
    }
    for name in [
        "business_name",
        "url",
        "product_description",
        "first_name",
        "last_name",
        "street_address",
        "city",
        "email",
    ] {
        let value = known.text(name);
        if text_problem(name, value).is_none() {
            form.set(name, value);
        }
    }
    let zip = known.text("zip");
    if !zip.is_empty() && zip_problem(&country, zip).is_none() {
        form.set("zip", zip);
    }
    let state = known.text("state");
    if named_country && state.len() == 2 && state.chars().all(|c| c.is_ascii_alphabetic()) {
        form.set("state", state.to_ascii_uppercase());
    }
    let phone = known.text("phone_number");
    if named_country && phone.len() == 10 && phone.bytes().all(|byte| byte.is_ascii_digit()) {
        form.set("phone_number", phone);
    }
    let part = |name: &str| known.text(name).parse::<i64>().ok();
    if let (Some(year), Some(month), Some(day)) = (part("dob_year"), part("dob_month"), part("dob_day"))
        && exists(year, month, day)
    {
        form.set("dob_year", year.to_string());
        form.set("dob_month", month.to_string());
        form.set("dob_day", day.to_string());
    }
    form
}

/// What the form says, or `None` after noting in it what is wrong.
///
/// `today` is year, month and day; `password_min` the fewest characters of a password. Without it no sign-in is asked
/// for: the person has one, and email and password stay empty.
pub fn check(
    form: &mut Form,
    today: (i64, i64, i64),
    password_min: Option<usize>,
) -> Option<AccountApplication> {
    let own = |form: &Form, name: &str| form.text(name).to_owned();
    let optional = |form: &Form, name: &str| Some(form.text(name).to_owned()).filter(|text| !text.is_empty());
    let country = own(form, "country");
    if choices::country_name(&country).is_none() {
        form.refuse("country", "Choose the country of your business");
    }
    if !choices::is_business_type(form.text("business_type")) {
        form.refuse("business_type", "Choose the kind of your business");
    }
    for name in
        ["business_name", "url", "product_description", "statement_descriptor", "first_name", "last_name"]
    {
        if let Some(problem) = text_problem(name, form.text(name)) {
            form.refuse(name, problem);
        }
    }
    let born = born(form, today);
    let phone = optional(form, "phone_number").map(|phone| compact(&phone));
    if phone.as_deref().is_some_and(|phone| !is_phone(phone)) {
        form.refuse("phone_number", "Enter a phone number of 7 to 15 digits, or leave it empty");
    }
    for name in ["street_address", "city"] {
        if let Some(problem) = text_problem(name, form.text(name)) {
            form.refuse(name, problem);
        }
    }
    let state = optional(form, "state");
    if country == "US"
        && !state.as_deref().is_some_and(|s| s.len() == 2 && s.bytes().all(|b| b.is_ascii_alphabetic()))
    {
        form.refuse("state", "Enter the two letters of the state, such as CA");
    }
    let zip = optional(form, "zip");
    if let Some(problem) = zip_problem(&country, form.text("zip")) {
        form.refuse("zip", problem);
    }
    let bank = bank(form);
    if let Some(password_min) = password_min {
        if let Some(problem) = text_problem("email", form.text("email")) {
            form.refuse("email", problem);
        }
        check_password(form, password_min);
    }
    if !form.is_sound() {
        return None;
    }
    Some(AccountApplication {
        country,
        business_type: own(form, "business_type"),
        business_name: own(form, "business_name"),
        url: own(form, "url"),
        product_description: own(form, "product_description"),
        statement_descriptor: own(form, "statement_descriptor"),
        first_name: own(form, "first_name"),
        last_name: own(form, "last_name"),
        born: born?,
        phone,
        street: own(form, "street_address"),
        city: own(form, "city"),
        state,
        zip,
        bank,
        email: own(form, "email"),
        password: form.raw("password").to_owned(),
    })
}

/// Checks the short form of a person who comes without an application: the currency of their country, or `None` after
/// noting in the form what is wrong.
pub fn check_entry(form: &mut Form, password_min: usize) -> Option<&'static str> {
    for name in ["business_name", "email"] {
        if let Some(problem) = text_problem(name, form.text(name)) {
            form.refuse(name, problem);
        }
    }
    let currency = choices::country_currency(form.text("country"));
    if currency.is_none() {
        form.refuse("country", "Choose your country");
    }
    check_password(form, password_min);
    currency.filter(|_| form.is_sound())
}

/// Refuses a password that is too short, far too long, or the email itself.
pub fn check_password(form: &mut Form, password_min: usize) {
    let password = form.raw("password");
    let length = password.chars().count();
    let problem = if length < password_min {
        format!("Choose a password of at least {password_min} characters")
    } else if length > MAX_PASSWORD {
        format!("Choose a password of at most {MAX_PASSWORD} characters")
    } else if password.eq_ignore_ascii_case(form.text("email")) {
        "Choose a password that is not your email".to_owned()
    } else {
        return;
    };
    form.refuse("password", problem);
}

/// Whether a text looks like an email address. Only a letter to it could tell more.
pub fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '"' | '@');
    text.len() <= 254
        && !name.is_empty()
        && name.len() <= 64
        && text.chars().filter(|c| *c != '@').all(plain)
        && !name.contains('@')
        && host.contains('.')
        && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// Whether a text is an http(s) address of a website.
pub fn is_website(text: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let head = text.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
    });
    let Some(rest) = rest else { return false };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    text.len() <= 2048
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\'))
        && !authority.contains('@')
        && (host == "localhost" || host.contains('.'))
        && host.split('.').all(|label| !label.is_empty())
}

fn text_problem(name: &str, value: &str) -> Option<String> {
    let (what, max) = match name {
        "business_name" => ("the name of your business", 100),
        "product_description" => ("what you sell", 1000),
        "first_name" => ("your first name", 100),
        "last_name" => ("your last name", 100),
        "street_address" => ("the street and number", 200),
        "city" => ("the city", 100),
        "url" => {
            return (!is_website(value))
                .then(|| "Enter a full address, such as https://example.com".to_owned());
        }
        "email" => {
            return (!is_email(value)).then(|| "Enter an email address, such as name@example.com".to_owned());
        }
        _ => return descriptor_problem(value),
    };
    let control =
        |c: char| c.is_control() && !(name == "product_description" && matches!(c, '\n' | '\r' | '\t'));
    if value.is_empty() {
        Some(format!("Enter {what}"))
    } else if value.chars().count() > max {
        Some(format!("Use at most {max} characters"))
    } else if value.chars().any(control) {
        Some(format!("Enter {what} without special characters"))
    } else {
        None
    }
}

fn descriptor_problem(value: &str) -> Option<String> {
    let length = value.chars().count();
    if !(5..=22).contains(&length) || !value.chars().any(|c| c.is_ascii_alphabetic()) {
        Some("Use 5 to 22 characters, at least one of them a letter".to_owned())
    } else if value
        .chars()
        .any(|c| !matches!(c, ' '..='~') || matches!(c, '<' | '>' | '\\' | '\'' | '"' | '*'))
    {
        Some("Use plain letters, digits and spaces, without < > \\ ' \" or *".to_owned())
    } else {
        None
    }
}

fn zip_problem(country: &str, zip: &str) -> Option<&'static str> {
    if zip.is_empty() {
        return (!WITHOUT_ZIP.contains(&country)).then_some("Enter the ZIP or postal code");
    }
    if country == "US" {
        let (five, four) = zip.split_once('-').unwrap_or((zip, "0000"));
        let digits =
            |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        return (!digits(five, 5) || !digits(four, 4)).then_some("A ZIP code has five digits, such as 94103");
    }
    let plain = zip.len() <= 16 && zip.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'));
    (!plain).then_some("Use letters, digits, spaces and hyphens")
}

fn born(form: &mut Form, today: (i64, i64, i64)) -> Option<(i64, i64, i64)> {
    let part = |name: &str| form.text(name).parse::<i64>().ok();
    let date = match (part("dob_year"), part("dob_month"), part("dob_day")) {
        (Some(year), Some(month), Some(day)) => (year, month, day),
        _ => {
            form.refuse("dob", "Enter your date of birth in digits, such as 11 30 1987");
            return None;
        }
    };
    let (year, month, day) = date;
    if !exists(year, month, day) {
        form.refuse("dob", "Enter a day that exists: month, day and four-digit year");
        return None;
    }
    if (year + MIN_AGE, month, day) > today {
        form.refuse("dob", format!("You must be at least {MIN_AGE} years old"));
        return None;
    }
    Some(date)
}

/// Whether a person alive can be born on this day of the calendar.
fn exists(year: i64, month: i64, day: i64) -> bool {
    (1901..=9999).contains(&year) && (1..=days_in(year, month)).contains(&day)
}

/// Days of a month; none for a month that does not exist.
fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

fn bank(form: &mut Form) -> BankAccount {
    let country = form.text("bank_country").to_owned();
    let currency = form.text("currency").to_owned();
    let routing = compact(form.text("routing_number"));
    let account = compact(form.text("account_number")).to_ascii_uppercase();
    if choices::country_name(&country).is_none() {
        form.refuse("bank_country", "Choose the country of your bank");
    }
    if !choices::is_currency(&currency) {
        form.refuse("currency", "Choose the currency of the account");
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let iban = account.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && country != "US";
    if country == "US" {
        if routing.len() != 9 || !digits(&routing) {
            form.refuse("routing_number", "A routing number has nine digits");
        } else if !is_routing_number(&routing) {
            form.refuse("routing_number", "This is no routing number of a bank: check each digit");
        }
        if !(4..=17).contains(&account.len()) || !digits(&account) {
            form.refuse("account_number", "An account number has 4 to 17 digits");
        }
    } else if iban {
        if !is_iban(&account) {
            form.refuse("account_number", "This is not a valid IBAN: check each character");
        } else if !account.starts_with(&country) && !country.is_empty() {
            form.refuse("account_number", "This IBAN is of another country than the bank");
        }
    } else if account.is_empty() {
        form.refuse("account_number", "Enter the account number or IBAN");
    } else if BY_IBAN.contains(&country.as_str()) {
        form.refuse("account_number", "Enter the IBAN: it begins with the two letters of the country");
    } else {
        if account.len() > 34 || !account.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            form.refuse("account_number", "Enter the account number in letters and digits");
        }
        if routing.is_empty() && country != "NZ" && country != "MX" {
            form.refuse("routing_number", "Enter the sort code, transit number or BSB of your bank");
        } else if routing.len() > 16 || !routing.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            form.refuse("routing_number", "Enter the number of your bank in letters and digits");
        }
    }
    let routing_number = Some(routing).filter(|routing| !routing.is_empty() && !iban);
    BankAccount { country, currency, routing_number, account_number: account }
}

/// The text without the spaces, hyphens, dots and parentheses that people group digits with.
fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '(' | ')')).collect()
}

fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The check digit of the ABA: weights 3, 7, 1 and a sum divisible by ten.
fn is_routing_number(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .zip([3, 7, 1].into_iter().cycle())
        .map(|(d, weight)| u32::from(d - b'0') * weight)
        .sum();
    sum > 0 && sum.is_multiple_of(10)
}

/// The check of ISO 13616: the first four characters moved to the end, letters as 10 to 35, remainder 1 by 97.
fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !(15..=34).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let (head, tail) = bytes.split_at(4);
    let shaped = head[..2].iter().all(u8::is_ascii_alphabetic) && head[2..].iter().all(u8::is_ascii_digit);
    let remainder = tail.iter().chain(head).fold(0_u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    shaped && remainder == 1
}

#[cfg(test)]
mod tests;
