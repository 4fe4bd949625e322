//! What a quantity costs: so much a unit, by tiers, or in packages.
use super::Decimal;

/// How a quantity is priced.
#[derive(Debug, Clone, PartialEq)]
pub enum Scheme {
    /// Each unit costs the same.
    PerUnit(Decimal),
    /// Each unit costs what the tier in which it lies says; every tier that is entered adds its flat amount.
    Graduated(Vec<Tier>),
    /// All units cost what the tier in which the last one lies says, and its flat amount is added.
    Volume(Vec<Tier>),
}

/// A tier. Tiers stand in rising order, and the last has no end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// The last quantity within it; none for the last.
    pub up_to: Option<i64>,
    /// What a unit costs, in minor units.
    pub unit: Decimal,
    /// What is added once.
    pub flat: Decimal,
}

impl Scheme {
    /// What a quantity costs, in minor units, rounded once; none where that is too large or negative quantities are asked
    /// for.
    pub fn amount(&self, quantity: i64) -> Option<i64> {
        if quantity < 0 {
            return None;
        }
        let exact = match self {
            Scheme::PerUnit(unit) => unit.times(quantity)?,
            Scheme::Volume(tiers) => {
                let tier =
                    tiers.iter().find(|tier| tier.up_to.is_none_or(|end| quantity <= end)).or(tiers.last())?;
                tier.unit.times(quantity)?.plus(tier.flat)?
            }
            Scheme::Graduated(tiers) => {
                let (mut sum, mut from) = (Decimal::ZERO, 0);
                for (at, tier) in tiers.iter().enumerate() {
                    // The first is entered even by nothing: its flat amount is a base fee.
                    if at > 0 && from >= quantity {
                        break;
                    }
                    let end = tier.up_to.unwrap_or(i64::MAX).min(quantity);
                    sum = sum.plus(tier.unit.times((end - from).max(0))?)?.plus(tier.flat)?;
                    from = from.max(end);
                }
                sum
            }
        };
        exact.rounded()
    }
}

/// Units that are sold in packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Units of a package, at least one.
    pub size: i64,
    /// Whether a package that is begun counts.
    pub up: bool,
}

impl Package {
    /// How many packages a quantity is.
    pub fn count(self, quantity: i64) -> i64 {
        let size = self.size.max(1);
        let begun = self.up && quantity.rem_euclid(size) > 0;
        quantity.div_euclid(size) + i64::from(begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tier(up_to: Option<i64>, unit: i64, flat: i64) -> Tier {
        Tier { up_to, unit: Decimal::of(unit), flat: Decimal::of(flat) }
    }

    /// The example of the page "Tiered pricing" of the public documentation: 1 to 5 at $7, 6 to 10 at $6.50, then $6.
    #[test]
    fn volume_and_graduated_differ() {
        let tiers = vec![tier(Some(5), 700, 0), tier(Some(10), 650, 0), tier(None, 600, 0)];
        let (volume, graduated) = (Scheme::Volume(tiers.clone()), Scheme::Graduated(tiers));
        for (quantity, by_volume, by_steps) in
            [(1, 700, 700), (5, 3500, 3500), (6, 3900, 4150), (20, 12_000, 12_750)]
        {
            assert_eq!(volume.amount(quantity), Some(by_volume), "{quantity}");
            assert_eq!(graduated.amount(quantity), Some(by_steps), "{quantity}");
        }
        assert_eq!(volume.amount(-1), None);
    }

    #[test]
    fn flat_amounts_are_added_for_each_tier_that_is_entered() {
        let tiers = vec![tier(Some(5), 500, 1000), tier(Some(10), 400, 2000), tier(None, 300, 3000)];
        let graduated = Scheme::Graduated(tiers.clone());
        assert_eq!(
            [0, 5, 6, 12].map(|n| graduated.amount(n)),
            [Some(1000), Some(3500), Some(5900), Some(11_100)]
        );
        assert_eq!([0, 6].map(|n| Scheme::Volume(tiers.clone()).amount(n)), [Some(1000), Some(4400)]);
    }

    #[test]
    fn parts_of_a_minor_unit_are_rounded_once() {
        let unit = Decimal::parse("0.5").unwrap_or_default();
        assert_eq!([1, 2, 3].map(|n| Scheme::PerUnit(unit).amount(n)), [Some(1), Some(1), Some(2)]);
    }

    #[test]
    fn packages() {
        let (up, down) = (Package { size: 5, up: true }, Package { size: 5, up: false });
        assert_eq!([0, 1, 5, 6].map(|n| up.count(n)), [0, 1, 1, 2]);
        assert_eq!([0, 4, 5, 9].map(|n| down.count(n)), [0, 0, 1, 1]);
    }

    proptest! {
        /// One more unit never makes a graduated price smaller, and tiers that cost the same are as one.
        #[test]
        fn graduated_prices_rise(ends in prop::collection::btree_set(1i64..500, 0..5), unit in 0i64..1000, n in 0i64..1000) {
            let mut tiers: Vec<Tier> = ends.into_iter().map(|end| tier(Some(end), unit, 0)).collect();
            tiers.push(tier(None, unit, 0));
            let it = Scheme::Graduated(tiers);
            prop_assert_eq!(it.amount(n), Scheme::PerUnit(Decimal::of(unit)).amount(n));
            prop_assert!(it.amount(n + 1) >= it.amount(n));
        }
    }
}
