//! What charges and disputes cost, and the rates of conversion: the tables `[[fees]]`, `[dispute-fees]` and
//! `[exchange-rates]` of the configuration file.
use crate::{Failure, config::Settings};
use base::Currency;
use money::{Pricing, Rate, Rates, Rule, Schedule};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A schedule of fees, and for which charges it is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Fee {
    /// The country of the account, such as US; all where it is not said.
    country: Option<String>,
    /// The currency that the charge settles in, such as usd; all where it is not said.
    currency: Option<String>,
    /// The way of paying, such as card; all where it is not said.
    method: Option<String>,
    /// The share of the amount in percent.
    percent: f64,
    /// The fixed part in main units of the currency.
    fixed: f64,
    /// The further share for cards of other countries, in percent.
    international: f64,
    /// The further share where money is converted, in percent.
    conversion: f64,
    /// The most that it costs, in main units of the currency.
    most: Option<f64>,
    /// The least that it costs, in main units of the currency.
    least: f64,
}

/// The most that a fixed part or a dispute can cost, in hundredths of a main unit.
const MOST: i64 = 100_000_000;
/// All of it, in hundredths of a percent.
const WHOLE: i64 = 10_000;

/// Percent as ten-thousandths, or main units as hundredths. Errors: it is negative, too much, or finer than that.
fn hundredths(what: &str, number: f64, most: i64) -> Result<u32, Failure> {
    // Through its decimal form, which is what was written down.
    let exact =
        money::decimal(&number.to_string(), 2).filter(|(hundredths, exact)| *exact && *hundredths <= most);
    exact.and_then(|(hundredths, _)| u32::try_from(hundredths).ok()).ok_or_else(|| {
        Failure(format!(
            "{what} = {number} in the configuration file is no price: give a number from 0 to {} with at most two decimals.",
            most / 100
        ))
    })
}

fn currency(what: &str, code: &str) -> Result<Currency, Failure> {
    let unknown = || Failure(format!("{what} in the configuration file names no currency: {code}."));
    Currency::parse(code).ok_or_else(unknown)
}

impl Fee {
    fn rule(&self) -> Result<Rule, Failure> {
        let country = self.country.as_ref().map(|it| it.to_ascii_uppercase());
        if country.as_ref().is_some_and(|it| it.len() != 2) {
            return Err(Failure("A country in [[fees]] is written as two letters, such as US.".into()));
        }
        Ok(Rule {
            country,
            currency: self.currency.as_deref().map(|code| currency("[[fees]]", code)).transpose()?,
            method: self.method.clone(),
            schedule: Schedule {
                rate: hundredths("percent", self.percent, WHOLE)?,
                fixed: hundredths("fixed", self.fixed, MOST)?,
                international: hundredths("international", self.international, WHOLE)?,
                conversion: hundredths("conversion", self.conversion, WHOLE)?,
                most: self.most.map(|most| hundredths("most", most, MOST)).transpose()?,
                least: hundredths("least", self.least, MOST)?,
            },
        })
    }
}

impl Settings {
    /// What charges and disputes cost, and the rates of conversion. `dev` converts by built-in rates where none are
    /// configured; `serve` then converts nothing, since no rate is right for ever. Errors: a line makes no sense.
    pub(crate) fn pricing(&self, dev: bool) -> Result<Pricing, Failure> {
        let disputes = self.dispute_fees.iter().map(|(code, fee)| {
            let what = "[dispute-fees]";
            Ok((currency(what, code)?, hundredths(what, *fee, MOST)?))
        });
        let rates = match &self.exchange_rates {
            None if dev => Rates::usual(),
            None => Rates::default(),
            Some(told) => {
                let mut rates = Rates::default();
                for (code, number) in told {
                    let rate = Rate::parse(&number.to_string()).ok_or_else(|| {
                        Failure(format!(
                            "{code} = {number} in [exchange-rates] is no rate: say how much of it one US dollar gives."
                        ))
                    })?;
                    rates.set(currency("[exchange-rates]", code)?, rate);
                }
                rates
            }
        };
        Ok(Pricing {
            rules: self.fees.iter().map(Fee::rule).collect::<Result<_, _>>()?,
            disputes: disputes.collect::<Result<_, Failure>>()?,
            rates,
            recovery: self.recovery.rules()?,
        })
    }
}

/// `[dispute-fees]`: main units by currency.
pub(crate) type DisputeFees = BTreeMap<String, f64>;
/// `[exchange-rates]`: how much of each currency one US dollar gives.
pub(crate) type ExchangeRates = BTreeMap<String, f64>;

#[cfg(test)]
mod tests {
    use super::*;

    fn pricing(file: &str) -> Result<Pricing, Failure> {
        toml::from_str::<Settings>(file).map_err(|e| Failure(e.to_string()))?.pricing(false)
    }

    #[test]
    fn a_file_says_the_prices() {
        let said = pricing(
            "[[fees]]\npercent = 1.4\nfixed = 0.25\n\n[[fees]]\ncountry = \"de\"\nmethod = \"card\"\npercent = 1\nmost = 5\n\n\
             [[fees]]\nmethod = \"instant_payout\"\npercent = 1.2\nleast = 0.4\n\n\
             [dispute-fees]\neur = 20\n\n[exchange-rates]\neur = 0.9\n",
        )
        .unwrap();
        let euro = Currency::parse("eur").unwrap();
        assert_eq!(said.schedule("US", Currency::USD, "card"), Schedule::plain(140, 25));
        assert_eq!(
            said.schedule("DE", euro, "card"),
            Schedule { most: Some(500), ..Schedule::plain(100, 0) }
        );
        let instant = said.instant_payout("US", Currency::USD);
        assert_eq!(instant, Schedule { least: 40, ..Schedule::plain(120, 0) });
        assert_eq!((said.dispute_fee(euro), said.dispute_fee(Currency::USD)), (2_000, 1_500));
        assert_eq!(said.exchange(euro, Currency::USD).map(|it| it.convert(900)), Some(1_000));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for file in [
            "[[fees]]\npercent = 101",
            "[[fees]]\npercent = 2.905",
            "[[fees]]\nfixed = -1",
            "[[fees]]\ncountry = \"Germany\"",
            "[[fees]]\ncurrency = \"xyz\"",
            "[[fees]]\nshare = 1",
            "[dispute-fees]\nusd = -15",
            "[exchange-rates]\neur = 0",
            "[exchange-rates]\nxyz = 1",
        ] {
            assert!(pricing(file).is_err(), "{file}");
        }
    }

    #[test]
    fn serve_converts_by_what_is_configured_alone() {
        let euro = Currency::parse("eur").unwrap();
        let nothing = Settings::default();
        assert!(nothing.pricing(false).unwrap().exchange(euro, Currency::USD).is_none());
        assert!(nothing.pricing(true).unwrap().exchange(euro, Currency::USD).is_some());
    }
}
