//! Discounts: what a coupon takes off the lines of an invoice, and how that is shared out among them.
use super::Decimal;

/// What a coupon takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// So many percent of each amount.
    Percent(Decimal),
    /// So much of all together, and never more than there is.
    Amount(i64),
}

/// Shares out `total` in proportion to `weights`, to the last unit: what rounding leaves goes to those who lost most, the
/// first of them first. Nothing is shared out among weights that are all zero. Weights are not negative.
pub fn spread(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum <= 0 {
        return vec![0; weights.len()];
    }
    let sign = i128::from(total.signum());
    let whole = i128::from(total).abs();
    let exact: Vec<(i128, i128)> = weights
        .iter()
        .map(|weight| (whole * i128::from(*weight) / sum, whole * i128::from(*weight) % sum))
        .collect();
    let mut shares: Vec<i128> = exact.iter().map(|(share, _)| *share).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(exact[*at].1));
    let left = whole - shares.iter().sum::<i128>();
    for at in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[at] += 1;
    }
    shares.into_iter().map(|share| i64::try_from(sign * share).unwrap_or(0)).collect()
}

/// What a coupon takes off each of these amounts. Nothing is taken off what is not above zero.
pub fn off(coupon: Off, amounts: &[i64]) -> Vec<i64> {
    let above: Vec<i64> = amounts.iter().map(|amount| (*amount).max(0)).collect();
    let sum = above.iter().fold(0i64, |sum, amount| sum.saturating_add(*amount));
    match coupon {
        Off::Amount(amount) => spread(amount.clamp(0, sum), &above),
        Off::Percent(percent) => {
            // The whole is rounded once, so that lines add up to what the coupon says.
            let total = percent.percent_of(sum).unwrap_or(sum).clamp(0, sum);
            spread(total, &above)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_amount_is_shared_out_and_never_more_than_there_is() {
        assert_eq!(off(Off::Amount(500), &[1000, 2000, 0]), [167, 333, 0]);
        assert_eq!(off(Off::Amount(5000), &[1000, 2000]), [1000, 2000]);
        assert_eq!(off(Off::Amount(500), &[-300, 1000]), [0, 500]);
        assert_eq!(off(Off::Amount(500), &[0, -5]), [0, 0]);
    }

    #[test]
    fn a_percentage_of_the_whole_is_rounded_once() {
        let third = Decimal::parse("33.3333").map(Off::Percent).unwrap_or(Off::Amount(0));
        assert_eq!(off(third, &[1, 1, 1]).iter().sum::<i64>(), 1);
        assert_eq!(off(Off::Percent(Decimal::of(25)), &[1500, 500]), [375, 125]);
        assert_eq!(off(Off::Percent(Decimal::of(100)), &[1500, 500]), [1500, 500]);
    }

    proptest! {
        #[test]
        fn what_is_shared_out_adds_up(total in -1_000_000i64..1_000_000, weights in prop::collection::vec(0i64..1_000_000, 1..9)) {
            let shares = spread(total, &weights);
            let wanted = if weights.iter().all(|it| *it == 0) { 0 } else { total };
            prop_assert_eq!(shares.iter().sum::<i64>(), wanted);
        }
        #[test]
        fn no_amount_falls_below_zero(percent in 0i64..=100, amounts in prop::collection::vec(-1000i64..1_000_000, 1..9)) {
            let taken = off(Off::Percent(Decimal::of(percent)), &amounts);
            prop_assert!(taken.iter().zip(&amounts).all(|(off, amount)| (0..=(*amount).max(0)).contains(off)));
        }
    }
}
