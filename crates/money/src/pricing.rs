//! What the operator charges for: a schedule for each country, currency and way of paying, what a dispute costs, and
//! the rates at which money is converted.
use crate::{
    billing::Recovery,
    fees::{Schedule, saturate},
    rates::{Exchange, Rates},
};
use base::Currency;

/// A schedule, and for which charges it is. What is not said holds for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The country of the account: two upper-case letters.
    pub country: Option<String>,
    /// The currency that the charge settles in.
    pub currency: Option<Currency>,
    /// The way of paying, such as `card`.
    pub method: Option<String>,
    /// The schedule.
    pub schedule: Schedule,
}

impl Rule {
    /// How closely it fits; none where it does not.
    fn fits(&self, country: &str, currency: Currency, method: &str) -> Option<usize> {
        let said = [
            self.country.as_deref().map(|it| it == country),
            self.currency.map(|it| it == currency),
            self.method.as_deref().map(|it| it == method),
        ];
        let said = said.into_iter().flatten();
        said.clone().all(|fits| fits).then(|| said.count())
    }
}

/// What a dispute costs in hundredths of the main unit, where nothing else is said: $15.
const DISPUTE: u32 = 1_500;

/// What schedules call the payouts that arrive at once.
const INSTANT_PAYOUT: &str = "instant_payout";

/// The prices of an installation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pricing {
    /// The operator's schedules; they go before the usual ones.
    pub rules: Vec<Rule>,
    /// What a dispute costs in hundredths of a currency's main unit, where the operator says so.
    pub disputes: Vec<(Currency, u32)>,
    /// The rates of conversion; where there are none, everything settles in the currency of the charge.
    pub rates: Rates,
    /// What becomes of invoices of subscriptions that are not paid.
    pub recovery: Recovery,
}

/// Where cards of one country are not foreign in another.
const ECONOMIC_AREA: &str =
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK";

/// Whether a card of this country is foreign to an account of that one.
pub fn is_international(card: &str, account: &str) -> bool {
    let within = |country: &str| ECONOMIC_AREA.split(' ').any(|it| it == country);
    card != account && !(within(card) && within(account))
}

/// The usual prices by country and way of paying, as they are published: share, fixed part, further shares for cards
/// from abroad and for conversion.
fn usual(country: &str, method: &str) -> Schedule {
    let price = |rate, fixed, international, conversion| Schedule {
        international,
        conversion,
        ..Schedule::plain(rate, fixed)
    };
    match method {
        "us_bank_account" => return Schedule { most: Some(500), ..Schedule::plain(80, 0) },
        "sepa_debit" => return Schedule::plain(0, 35),
        _ => {}
    }
    match country {
        "AU" => price(170, 30, 180, 200),
        "CA" => price(290, 30, 80, 200),
        "GB" => price(150, 20, 175, 200),
        "JP" => price(360, 0, 0, 200),
        country if ECONOMIC_AREA.split(' ').any(|it| it == country) => price(150, 25, 175, 200),
        _ => Schedule::default(),
    }
}

impl Pricing {
    /// The schedule of a charge: the operator's that fits most closely, of equals the later one; else the usual one.
    pub fn schedule(&self, country: &str, currency: Currency, method: &str) -> Schedule {
        let fitting =
            self.rules.iter().filter_map(|rule| Some((rule.fits(country, currency, method)?, rule)));
        let best = fitting.max_by_key(|(closely, _)| *closely);
        best.map_or_else(|| usual(country, method), |(_, rule)| rule.schedule)
    }

    /// The schedule of instant payouts: the operator's for the method `instant_payout`, else the usual one. What is said for
    /// all methods is about charges.
    pub fn instant_payout(&self, country: &str, currency: Currency) -> Schedule {
        let fitting = self.rules.iter().filter(|rule| rule.method.as_deref() == Some(INSTANT_PAYOUT));
        let fitting = fitting.filter_map(|rule| Some((rule.fits(country, currency, INSTANT_PAYOUT)?, rule)));
        let best = fitting.max_by_key(|(closely, _)| *closely);
        let usual = Schedule { least: 50, ..Schedule::plain(if country == "US" { 150 } else { 100 }, 0) };
        best.map_or(usual, |(_, rule)| rule.schedule)
    }

    /// What a dispute costs, in minor units.
    pub fn dispute_fee(&self, currency: Currency) -> i64 {
        let said = self.disputes.iter().rev().find(|(of, _)| *of == currency).map(|(_, fee)| *fee);
        let hundredths = i128::from(said.unwrap_or(DISPUTE));
        saturate(hundredths * 10i128.pow(currency.decimals()) / 100)
    }

    /// How a charge of this currency settles in that one; none where it is the same, or nobody knows a rate.
    pub fn exchange(&self, from: Currency, to: Currency) -> Option<Exchange> {
        if from == to {
            return None;
        }
        Some(Exchange { from, to, rate: self.rates.between(from, to)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Circumstances;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn the_rule_that_fits_most_closely() {
        let rule = |country: Option<&str>, code: Option<&str>, method: Option<&str>, rate| Rule {
            country: country.map(str::to_owned),
            currency: code.map(currency),
            method: method.map(str::to_owned),
            schedule: Schedule::plain(rate, 0),
        };
        let pricing = Pricing {
            rules: vec![
                rule(None, None, Some("card"), 1),
                rule(Some("DE"), None, None, 2),
                rule(Some("DE"), Some("usd"), None, 3),
                rule(Some("FR"), None, None, 4),
                rule(Some("FR"), None, None, 5),
            ],
            ..Pricing::default()
        };
        let rate = |country, code, method| pricing.schedule(country, currency(code), method).rate;
        assert_eq!((rate("US", "usd", "card"), rate("DE", "usd", "card")), (1, 3));
        assert_eq!((rate("DE", "eur", "sepa_debit"), rate("FR", "eur", "sepa_debit")), (2, 5));
        assert_eq!(rate("GB", "gbp", "bacs_debit"), 150);
        // What holds for all charges is not about payouts.
        assert_eq!(pricing.instant_payout("DE", currency("eur")).rate, 100);
    }

    #[test]
    fn the_usual_prices() {
        let pricing = Pricing::default();
        let fee = |country: &str, code, method: &str, amount, international, converted| {
            let it = pricing.schedule(country, currency(code), method);
            it.fee(amount, currency(code), Circumstances { international, converted })
        };
        assert_eq!(fee("US", "usd", "card", 1_000, false, false), 59);
        assert_eq!(fee("US", "usd", "card", 1_000, true, false), 74);
        assert_eq!(fee("US", "usd", "card", 1_000, true, true), 84);
        assert_eq!(fee("DE", "eur", "card", 1_000, false, false), 40);
        assert_eq!(fee("GB", "gbp", "card", 1_000, false, false), 35);
        assert_eq!(fee("JP", "jpy", "card", 1_000, false, false), 36);
        assert_eq!(fee("US", "usd", "us_bank_account", 10_000, false, false), 80);
        assert_eq!(fee("US", "usd", "us_bank_account", 1_000_000, false, false), 500);
        assert_eq!(fee("DE", "eur", "sepa_debit", 1_000, false, false), 35);
        let instant = |country: &str, amount| {
            pricing.instant_payout(country, currency("usd")).processing_fee(amount, currency("usd"))
        };
        assert_eq!((instant("US", 10_000), instant("US", 1_000), instant("GB", 10_000)), (150, 50, 100));
        assert!(is_international("FR", "US") && is_international("US", "DE"));
        assert!(!is_international("FR", "DE") && !is_international("US", "US"));
    }

    #[test]
    fn what_a_dispute_costs() {
        let pricing = Pricing { disputes: vec![(currency("eur"), 2_000)], ..Pricing::default() };
        let fees = ["usd", "eur", "jpy", "kwd"].map(|code| pricing.dispute_fee(currency(code)));
        assert_eq!(fees, [1_500, 2_000, 15, 15_000]);
    }
}
