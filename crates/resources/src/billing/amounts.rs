//! What several nouns of billing share: amounts that may have decimals, values by currency, numbers of JSON.
use crate::payments::charge::rules::MONEY_MAX;
use base::{ApiError, Currency};
use money::Decimal;
use std::borrow::Cow;
use wire::{At, Bad, Node, Shape, Wire};

/// A value for each of some currencies, in the order of their codes.
#[derive(Debug, Clone, PartialEq)]
pub struct ByCurrency<T>(pub Vec<(Currency, T)>);

impl<T> Default for ByCurrency<T> {
    fn default() -> Self {
        ByCurrency(Vec::new())
    }
}

impl<T> ByCurrency<T> {
    /// The value for a currency.
    pub fn get(&self, currency: Currency) -> Option<&T> {
        self.0.iter().find(|(known, _)| *known == currency).map(|(_, it)| it)
    }
    /// Sets the value for a currency.
    pub fn set(&mut self, currency: Currency, it: T) {
        self.0.retain(|(known, _)| *known != currency);
        self.0.push((currency, it));
        self.0.sort_by_key(|(known, _)| *known);
    }
}

impl<T: Wire> Wire for ByCurrency<T> {
    /// Wherever it stands, the API shows it to who expands it; what is small is simply always shown.
    const SHAPE: Shape = Shape::Included;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        let entries = match node {
            Some(Node::Map(entries)) => entries,
            Some(Node::Form(text)) if text.is_empty() => return Ok(Self::default()),
            Some(other) => {
                return Err(Bad::not(at, "object", other.to_json().chars().take(100).collect::<String>()));
            }
            None => return Err(Bad::Missing(at.path())),
        };
        let mut all = Self::default();
        for (code, node) in entries {
            let currency = Currency::read(at, Some(&Node::Text(Cow::Borrowed(code.as_ref()))))?;
            all.set(currency, T::read(&at.child(code), Some(node))?);
        }
        Ok(all)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (at, (currency, it)) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            currency.write(out);
            out.push(b':');
            it.write(out);
        }
        out.push(b'}');
    }
}

/// A decimal that travels as a number, such as `percent_off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl Wire for Number {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        Decimal::read(at, node).map(Number)
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.to_string().as_bytes());
    }
}

/// Whether an amount is with tax or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TaxBehavior {
    /// Tax comes on top.
    Exclusive,
    /// Tax is within.
    Inclusive,
    /// Nobody has said.
    Unspecified,
}

/// What is left of a deleted object.
#[derive(Debug, Wire)]
pub struct Deleted {
    id: String,
    object: String,
    deleted: bool,
}

impl Deleted {
    /// Of the object with this id.
    pub fn of(object: &str, id: &str) -> Self {
        Deleted { id: id.to_owned(), object: object.to_owned(), deleted: true }
    }
}

/// Two parameters of which one may be sent.
pub(crate) fn either(first: &str, second: &str) -> ApiError {
    let message = format!("You may only specify one of these parameters: {first}, {second}.");
    ApiError::invalid(400, message).code("parameters_exclusive").param(second)
}

/// A whole number that is out of its bounds.
pub(crate) fn bounds(param: &str, value: i64, (least, most): (i64, i64)) -> Result<(), ApiError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let (word, bound) = if value < least { ("greater", least) } else { ("less", most) };
    let message = format!(
        "Invalid integer: this value must be {word} than or equal to {bound} (it currently is '{value}')."
    );
    Err(ApiError::invalid(400, message).code("parameter_invalid_integer").param(param))
}

/// The most that a unit costs, in minor units: twelve digits.
const UNIT_MAX: i64 = 999_999_999_999;

/// An amount that is given whole or as a decimal. Errors: both, below zero, or too large.
pub(crate) fn unit(
    (name, whole): (&str, Option<i64>),
    (decimal_name, decimal): (&str, Option<Decimal>),
) -> Result<Option<Decimal>, ApiError> {
    match (whole, decimal) {
        (Some(_), Some(_)) => Err(either(name, decimal_name)),
        (Some(amount), None) => bounds(name, amount, (0, UNIT_MAX)).map(|()| Some(Decimal::of(amount))),
        (None, Some(amount)) if amount < Decimal::ZERO || amount > Decimal::of(UNIT_MAX) => {
            let message = format!("Invalid decimal: must be between 0 and {UNIT_MAX}.");
            Err(ApiError::invalid(400, message).code("parameter_invalid_decimal").param(decimal_name))
        }
        (None, decimal) => Ok(decimal),
    }
}

/// An amount of money of zero or more. Errors: below zero, or more than money can be.
pub(crate) fn not_negative(param: &str, amount: i64) -> Result<(), ApiError> {
    bounds(param, amount, (0, MONEY_MAX))
}

/// An object that has to stay because others need it, or a state that does not allow the change.
pub(crate) fn refused(message: impl Into<String>) -> ApiError {
    ApiError::invalid(400, message)
}
