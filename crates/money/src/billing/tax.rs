//! Taxes of an amount: on top of it, or within it.
use super::{Decimal, discount::spread};

/// A tax that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxRule {
    /// How many percent.
    pub percent: Decimal,
    /// Whether the amount includes it.
    pub inclusive: bool,
}

/// What a tax comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tax {
    /// The tax, in minor units.
    pub amount: i64,
    /// What it is a part of, without any tax.
    pub taxable: i64,
}

/// What each of these taxes comes to on an amount from which discounts are taken off already; none where that is too large.
/// Taxes that are included are together a part of the amount, and those on top are of what is left of it then.
pub fn taxes(amount: i64, rules: &[TaxRule]) -> Option<Vec<Tax>> {
    let mut within = Decimal::ZERO;
    for rule in rules.iter().filter(|rule| rule.inclusive) {
        within = within.plus(rule.percent)?;
    }
    let included = within.percent_within(amount)?;
    let taxable = amount.checked_sub(included)?;
    // In proportion to the percentages, counted in their smallest step.
    let weights: Option<Vec<i64>> = rules
        .iter()
        .filter(|rule| rule.inclusive)
        .map(|rule| rule.percent.times(10_000).and_then(Decimal::rounded))
        .collect();
    let mut shares = spread(included, &weights?).into_iter();
    rules
        .iter()
        .map(|rule| {
            let amount = if rule.inclusive { shares.next()? } else { rule.percent.percent_of(taxable)? };
            Some(Tax { amount, taxable })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(percent: i64, inclusive: bool) -> TaxRule {
        TaxRule { percent: Decimal::of(percent), inclusive }
    }
    fn amounts(amount: i64, rules: &[TaxRule]) -> Vec<(i64, i64)> {
        taxes(amount, rules).unwrap_or_default().iter().map(|tax| (tax.amount, tax.taxable)).collect()
    }

    /// Worked by hand: 20 % of $10.00 on top, and within.
    #[test]
    fn on_top_or_within() {
        assert_eq!(amounts(1000, &[rule(20, false)]), [(200, 1000)]);
        assert_eq!(amounts(1000, &[rule(20, true)]), [(167, 833)]);
        assert_eq!(amounts(1000, &[rule(6, false), rule(4, false)]), [(60, 1000), (40, 1000)]);
        assert_eq!(amounts(1100, &[rule(5, true), rule(5, true)]), [(50, 1000), (50, 1000)]);
        assert_eq!(amounts(-1000, &[rule(20, false)]), [(-200, -1000)]);
        assert_eq!(amounts(1000, &[]), []);
    }

    proptest! {
        #[test]
        fn what_is_within_adds_up(amount in 0i64..100_000_000, percents in prop::collection::vec(0i64..50, 1..4)) {
            let rules: Vec<_> = percents.iter().map(|it| rule(*it, true)).collect();
            let all = taxes(amount, &rules).unwrap_or_default();
            let sum: i64 = all.iter().map(|tax| tax.amount).sum();
            prop_assert!(all.iter().all(|tax| tax.amount >= 0 && tax.taxable + sum == amount));
        }
    }
}
