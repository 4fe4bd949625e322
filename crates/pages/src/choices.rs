//! What select lists offer.

use crate::views::Choice;
use resources::connect::country_spec::COUNTRIES;

/// The currencies of [`COUNTRIES`] by their names.
const CURRENCIES: &[(&str, &str)] = &[
    ("aud", "Australian dollar (AUD)"),
    ("brl", "Brazilian real (BRL)"),
    ("cad", "Canadian dollar (CAD)"),
    ("czk", "Czech koruna (CZK)"),
    ("dkk", "Danish krone (DKK)"),
    ("eur", "Euro (EUR)"),
    ("gip", "Gibraltar pound (GIP)"),
    ("hkd", "Hong Kong dollar (HKD)"),
    ("huf", "Hungarian forint (HUF)"),
    ("inr", "Indian rupee (INR)"),
    ("jpy", "Japanese yen (JPY)"),
    ("myr", "Malaysian ringgit (MYR)"),
    ("mxn", "Mexican peso (MXN)"),
    ("nzd", "New Zealand dollar (NZD)"),
    ("nok", "Norwegian krone (NOK)"),
    ("pln", "Polish złoty (PLN)"),
    ("gbp", "Pound sterling (GBP)"),
    ("ron", "Romanian leu (RON)"),
    ("sgd", "Singapore dollar (SGD)"),
    ("sek", "Swedish krona (SEK)"),
    ("chf", "Swiss franc (CHF)"),
    ("thb", "Thai baht (THB)"),
    ("aed", "UAE dirham (AED)"),
    ("usd", "US dollar (USD)"),
];

const BUSINESS_TYPES: &[(&str, &str)] = &[
    ("sole_prop", "Individual or sole proprietor"),
    ("corporation", "Corporation"),
    ("llc", "Limited liability company"),
    ("partnership", "Partnership"),
    ("non_profit", "Non-profit organization"),
];

/// Countries for a select list, by their names.
pub fn countries() -> Vec<Choice> {
    let mut all = COUNTRIES.to_vec();
    all.sort_by_key(|(_, name, _)| *name);
    all.into_iter().map(|(code, name, _)| Choice { value: code.into(), label: name.into() }).collect()
}

/// Currencies of bank accounts for a select list.
pub fn currencies() -> Vec<Choice> {
    Choice::list(CURRENCIES)
}

/// Kinds of business, as `stripe_user[business_type]` knows them, for a select list.
pub fn business_types() -> Vec<Choice> {
    Choice::list(BUSINESS_TYPES)
}

/// Name of a country by its code.
pub fn country_name(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(known, ..)| *known == code).map(|(_, name, _)| *name)
}

/// The currency a country's bank accounts are usually in.
pub fn country_currency(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(known, ..)| *known == code).map(|(.., currency)| *currency)
}

pub(crate) fn is_currency(code: &str) -> bool {
    CURRENCIES.iter().any(|(known, _)| *known == code)
}

pub(crate) fn is_business_type(value: &str) -> bool {
    BUSINESS_TYPES.iter().any(|(known, _)| *known == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_currency_that_can_be_chosen() {
        for (code, _, currency) in COUNTRIES {
            assert!(is_currency(currency), "{code}");
            assert!(base::Currency::parse(currency).is_some(), "{currency}");
        }
    }
}
