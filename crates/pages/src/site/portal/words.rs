//! What things are called in the portal.

use base::Currency;
use money::Interval;
use resources::billing::portal_configuration::IntervalOption;
use resources::billing::price::{BillingScheme, Price};
use resources::billing::subscription::{Feedback, Subscription};

/// A number of periods in words: `month`, `3 months`.
fn periods(interval: Interval, count: i64) -> String {
    let word = interval.as_str();
    if count == 1 { word.to_owned() } else { format!("{count} {word}s") }
}

/// A time to choose.
pub(super) fn duration(it: &IntervalOption) -> String {
    match it.interval_count {
        1 => format!("1 {}", periods(it.interval, 1)),
        count => periods(it.interval, count),
    }
}

/// What so many of a price cost in a currency, and how often.
pub(super) fn costs(price: &Price, currency: Currency, quantity: i64) -> String {
    let every = price.recurring.as_ref().map_or_else(String::new, |it| {
        let often = if it.interval_count == 1 { "per" } else { "every" };
        format!(" {often} {}", periods(it.interval, it.interval_count))
    });
    let own = (price.currency == currency).then_some(price.unit_amount).flatten();
    let option = price.currency_options.0.as_ref().and_then(|all| all.get(currency));
    let unit = option.and_then(|it| it.unit_amount).or(own);
    match unit.filter(|_| price.billing_scheme == BillingScheme::PerUnit) {
        Some(unit) if price.transform_quantity.is_none() => {
            format!("{}{every}", currency.display(unit.saturating_mul(quantity)))
        }
        _ => format!("Priced by quantity{every}"),
    }
}

/// What a subscription costs.
pub(super) fn costs_of(it: &Subscription) -> String {
    let each = it.items.data.iter();
    let all: Vec<String> =
        each.map(|item| costs(&item.price, it.currency, item.quantity.0.unwrap_or(1))).collect();
    all.join(", and ")
}

/// A reason to leave.
pub(super) fn reason(it: Feedback) -> &'static str {
    match it {
        Feedback::CustomerService => "I was not happy with the customer service",
        Feedback::LowQuality => "It was not good enough",
        Feedback::MissingFeatures => "I miss something that it cannot do",
        Feedback::Other => "Another reason",
        Feedback::SwitchedService => "I use something else now",
        Feedback::TooComplex => "It is too complicated",
        Feedback::TooExpensive => "It costs too much",
        Feedback::Unused => "I do not use it",
    }
}
