//! Parts that people and companies have in common, as they are kept and as they are sent.
use super::{NamedFile, form::is_country};
use crate::address::Address;
use crate::{
    files::file::{File, Purpose},
    payments::token::Origin,
};
use base::{ApiError, Ref, Timestamp};
use wire::{At, Bad, Node, Optional, Patch, Shape, Wire};

/// A postal address in Japan, in kana or kanji.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct JapanAddress {
    /// City or ward.
    pub city: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: Option<String>,
    /// Block or building.
    pub line1: Option<String>,
    /// Building details.
    pub line2: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Prefecture.
    pub state: Option<String>,
    /// Town or cho-me.
    pub town: Option<String>,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Wire)]
pub struct Day {
    /// 1 to 31.
    pub day: Option<i64>,
    /// 1 to 12.
    pub month: Option<i64>,
    /// Four digits.
    pub year: Option<i64>,
}

/// That somebody declared something.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Declaration {
    /// When.
    pub date: Option<Timestamp>,
    /// From where.
    pub ip: Option<String>,
    /// With what browser.
    pub user_agent: Option<String>,
}

/// Both sides of a document.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct Document {
    /// The file with its back.
    pub back: Option<Ref<File>>,
    /// What is wrong with it, for people.
    pub details: Option<String>,
    /// What is wrong with it.
    pub details_code: Option<String>,
    /// The file with its front.
    pub front: Option<Ref<File>>,
}

/// A share in percent, 0 to 100, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Percent(String);

impl Wire for Percent {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let text = match node {
            Some(Node::Form(text)) if text.is_empty() => return Err(Bad::Empty(at.path())),
            Some(Node::Form(text)) => text.to_string(),
            Some(Node::Integer(_) | Node::Float(_)) => node.map(Node::to_json).unwrap_or_default(),
            Some(other) => return Err(Bad::not(at, "number", other.to_json())),
            None => return Err(Bad::Missing(at.path())),
        };
        let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        if !digits(whole, 3) || !digits(part, 10) {
            return Err(Bad::not(at, "number", text.chars().take(40).collect::<String>()));
        }
        let number: u16 = whole.parse().unwrap_or(u16::MAX);
        if number > 100 || (number == 100 && part.bytes().any(|b| b != b'0')) {
            let message = "A share of ownership is 0 to 100 percent.".to_owned();
            return Err(Bad::Invalid { param: at.path(), code: None, message });
        }
        let part = part.trim_end_matches('0');
        Ok(Percent(if part.is_empty() { number.to_string() } else { format!("{number}.{part}") }))
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }
}

/// Makes an address as it is sent, each part of which is set, cleared or left as it was.
macro_rules! address_params {
    ($(#[doc = $doc:tt])* $params:ident of $address:ident: $($part:ident),*) => {
        $(#[doc = $doc])*
        #[derive(Debug, Wire)]
        pub(crate) struct $params {
            $($part: Patch<String>,)*
        }
        impl $params {
            /// Applies what was sent under the parameter `param`. Errors: no country of two letters; too long a text.
            pub(crate) fn apply(self, param: &str, to: &mut $address) -> Result<(), ApiError> {
                country(&format!("{param}[country]"), &self.country)?;
                $(text(&format!("{param}[{}]", stringify!($part)), self.$part, &mut to.$part)?;)*
                Ok(())
            }
        }
    };
}

address_params! {
    /// An address as sent.
    AddressParams of Address: city, country, line1, line2, postal_code, state
}
address_params! {
    /// A Japanese address as sent.
    JapanAddressParams of JapanAddress: city, country, line1, line2, postal_code, state, town
}

/// A day as sent: all of it.
#[derive(Debug, Clone, Copy, Wire)]
pub(crate) struct DayParams {
    day: i64,
    month: i64,
    year: i64,
}

impl DayParams {
    /// The day. Errors: there is no such day.
    pub(crate) fn day(self, param: &str) -> Result<Day, ApiError> {
        let DayParams { day, month, year } = self;
        if !super::form::is_day((year, month, day)) {
            let message = format!("There is no such day: {year}-{month}-{day}.");
            return Err(ApiError::invalid(400, message).param(param));
        }
        Ok(Day { day: Some(day), month: Some(month), year: Some(year) })
    }
}

/// A declaration as sent.
#[derive(Debug, Wire)]
pub(crate) struct DeclarationParams {
    date: Option<Timestamp>,
    ip: Patch<String>,
    user_agent: Patch<String>,
}

impl DeclarationParams {
    /// That somebody declared something where a token was made.
    pub(crate) fn of(origin: &Origin) -> Self {
        let set = |text: &Option<String>| text.clone().map_or(Patch::Keep, Patch::Set);
        DeclarationParams {
            date: Some(origin.date),
            ip: set(&origin.ip),
            user_agent: set(&origin.user_agent),
        }
    }
    /// Applies what was sent. Errors: a date to come; an address of a machine that is none.
    pub(crate) fn apply(self, param: &str, now: Timestamp, to: &mut Declaration) -> Result<(), ApiError> {
        if let Some(date) = self.date {
            past(&format!("{param}[date]"), date, now)?;
            to.date = Some(date);
        }
        ip(&format!("{param}[ip]"), &self.ip)?;
        self.ip.apply(&mut to.ip);
        text(&format!("{param}[user_agent]"), self.user_agent, &mut to.user_agent)
    }
}

/// `verification[document]` as sent.
#[derive(Debug, Wire)]
pub(crate) struct DocumentParams {
    back: Patch<String>,
    front: Patch<String>,
}

impl DocumentParams {
    /// The files that were named under the parameter `param`.
    pub(crate) fn named(&self, param: &str, purposes: &'static [Purpose]) -> Vec<NamedFile> {
        let sides = [("back", &self.back), ("front", &self.front)];
        let named = |(side, patch)| NamedFile::patch(format!("{param}[{side}]"), patch, purposes);
        sides.into_iter().filter_map(named).collect()
    }
    /// Applies what was sent. What was wrong before is wrong no more.
    pub(crate) fn apply(self, to: &mut Document) {
        put_file(self.back, &mut to.back);
        put_file(self.front, &mut to.front);
        (to.details, to.details_code) = (None, None);
    }
}

/// Sets or clears a file.
pub(crate) fn put_file(patch: Patch<String>, to: &mut Option<Ref<File>>) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *to = None,
        Patch::Set(id) => *to = Some(Ref::to(id)),
    }
}

/// The longest text, in characters.
const TEXT_MAX: usize = 5000;
/// Terms were first accepted after this moment, the first of 2009.
const EARLIEST: i64 = 1_230_768_000;

/// Sets or clears a text.
pub(crate) fn text(param: &str, patch: Patch<String>, to: &mut Option<String>) -> Result<(), ApiError> {
    if let Patch::Set(text) = &patch {
        crate::payments::card::not_more_than(TEXT_MAX, param, Some(text))?;
    }
    patch.apply(to);
    Ok(())
}

/// Sets or clears a text that is left out where there is none.
pub(crate) fn member(
    param: &str,
    patch: Patch<String>,
    to: &mut Optional<Option<String>>,
) -> Result<(), ApiError> {
    if patch == Patch::Keep {
        return Ok(());
    }
    let mut value = to.0.take().flatten();
    text(param, patch, &mut value)?;
    to.0 = Some(value);
    Ok(())
}

/// What happened must have happened. Errors: it is to come, or was before there were any terms.
pub(crate) fn past(param: &str, date: Timestamp, now: Timestamp) -> Result<(), ApiError> {
    // The clock of the caller may be a little ahead.
    if date.0 < EARLIEST || date > now.plus(300) {
        let message = "Invalid date: it must be a Unix timestamp between January 1, 2009 and now.";
        return Err(ApiError::invalid(400, message).param(param));
    }
    Ok(())
}

/// The address of a machine.
pub(crate) fn ip(param: &str, patch: &Patch<String>) -> Result<(), ApiError> {
    match patch {
        Patch::Set(text) if text.parse::<std::net::IpAddr>().is_err() => {
            let message =
                "Invalid IP address: send the IPv4 or IPv6 address that the terms were accepted from.";
            Err(ApiError::invalid(400, message).param(param))
        }
        _ => Ok(()),
    }
}

fn country(param: &str, patch: &Patch<String>) -> Result<(), ApiError> {
    match patch {
        Patch::Set(code) if !is_country(code) => Err(unknown_country(param, code)),
        _ => Ok(()),
    }
}

/// The error for a country that is none.
pub(crate) fn unknown_country(param: &str, code: &str) -> ApiError {
    let shown: String = code.chars().take(20).collect();
    let message = format!(
        "Country '{shown}' is unknown. Try using a 2-character alphanumeric country code instead, such as 'US', 'EG', or 'GB'. A full list of country codes is available at https://stripe.com/docs/standards#country-codes."
    );
    ApiError::invalid(400, message).code("country_code_invalid").param(param)
}

/// A telephone number: digits and what people put between them.
pub(crate) fn phone(param: &str, patch: &Patch<String>) -> Result<(), ApiError> {
    let plain = |text: &str| {
        (5..=25).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit() || b"+-(). ".contains(&b))
            && text.bytes().filter(u8::is_ascii_digit).count() >= 5
    };
    match patch {
        Patch::Set(text) if !plain(text) => {
            let shown: String = text.chars().take(40).collect();
            Err(ApiError::invalid(400, format!("\"{shown}\" is not a valid phone number")).param(param))
        }
        _ => Ok(()),
    }
}
