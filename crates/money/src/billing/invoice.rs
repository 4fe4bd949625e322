//! The arithmetic of an invoice: what discounts take off its lines, what taxes come to, and what of it is due.
use super::{Off, Tax, TaxRule, off, taxes};

/// A line before anything is taken off.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it costs, in minor units; below zero where it gives something back.
    pub amount: i64,
    /// What is taken off it alone, one after the other.
    pub own: Vec<Off>,
    /// Whether each of the discounts of the invoice covers it.
    pub covered: Vec<bool>,
    /// The taxes that apply to it.
    pub taxes: Vec<TaxRule>,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// What each discount of its own took off.
    pub own: Vec<i64>,
    /// What each discount of the invoice took off.
    pub shared: Vec<i64>,
    /// What is left without taxes on top.
    pub left: i64,
    /// What each tax comes to.
    pub taxes: Vec<Tax>,
}

/// Draws the lines up: first what is taken off each alone, then what is taken off all together, then taxes of what is left.
/// None where an amount is too large.
pub fn draw(lines: &[Line], shared: &[Off]) -> Option<Vec<Drawn>> {
    let mut drawn: Vec<Drawn> = Vec::with_capacity(lines.len());
    for line in lines {
        let (mut left, mut own) = (line.amount, Vec::with_capacity(line.own.len()));
        for coupon in &line.own {
            let taken = off(*coupon, &[left]).first().copied().unwrap_or(0);
            left -= taken;
            own.push(taken);
        }
        drawn.push(Drawn { own, shared: Vec::with_capacity(shared.len()), left, taxes: Vec::new() });
    }
    for (n, coupon) in shared.iter().enumerate() {
        let covered = |at: usize| lines[at].covered.get(n).copied().unwrap_or(false);
        let amounts: Vec<i64> =
            drawn.iter().enumerate().map(|(at, it)| if covered(at) { it.left } else { 0 }).collect();
        for (it, taken) in drawn.iter_mut().zip(off(*coupon, &amounts)) {
            it.left -= taken;
            it.shared.push(taken);
        }
    }
    for (it, line) in drawn.iter_mut().zip(lines) {
        it.taxes = taxes(it.left, &line.taxes)?;
    }
    Some(drawn)
}

/// What of an invoice is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// What is to be paid, in minor units.
    pub amount: i64,
    /// What the customer then owes (positive) or has to their credit (negative) beside it.
    pub balance: i64,
}

/// What is due of a total, where the customer owes or has to their credit `balance` already. What is below `least`, the
/// smallest amount that can be charged, is owed until the next invoice. None where it is too large.
pub fn due(total: i64, balance: i64, least: i64) -> Option<Due> {
    let sum = total.checked_add(balance)?;
    Some(if sum < least.max(1) { Due { amount: 0, balance: sum } } else { Due { amount: sum, balance: 0 } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::Decimal;
    use proptest::prelude::*;

    fn line(amount: i64, percent: i64, inclusive: bool) -> Line {
        let taxes = vec![TaxRule { percent: Decimal::of(percent), inclusive }];
        Line { amount, own: Vec::new(), covered: vec![true], taxes }
    }

    /// Worked by hand: $30.00 and $10.00, 25 % off both, then 10 % tax on top.
    #[test]
    fn discounts_come_before_taxes() {
        let lines = [line(3000, 10, false), line(1000, 10, false)];
        let drawn = draw(&lines, &[Off::Percent(Decimal::of(25))]).unwrap_or_default();
        let seen: Vec<_> = drawn.iter().map(|it| (it.shared[0], it.left, it.taxes[0].amount)).collect();
        assert_eq!(seen, [(750, 2250, 225), (250, 750, 75)]);
    }

    #[test]
    fn own_discounts_come_first_and_only_what_is_covered_is_discounted() {
        let first = Line { own: vec![Off::Amount(500)], ..line(1000, 0, false) };
        let second = Line { covered: vec![false], ..line(1000, 0, false) };
        let drawn = draw(&[first, second], &[Off::Percent(Decimal::of(50))]).unwrap_or_default();
        assert_eq!((drawn[0].own[0], drawn[0].shared[0], drawn[0].left), (500, 250, 250));
        assert_eq!((drawn[1].shared[0], drawn[1].left), (0, 1000));
    }

    #[test]
    fn balances_are_applied() {
        let cases = [
            ((1000, 0), (1000, 0)),
            ((1000, -300), (700, 0)),
            ((1000, -1500), (0, -500)),
            ((1000, 200), (1200, 0)),
            ((-400, 0), (0, -400)),
            ((30, 0), (0, 30)),
            ((0, 0), (0, 0)),
        ];
        for ((total, balance), (amount, left)) in cases {
            assert_eq!(due(total, balance, 50), Some(Due { amount, balance: left }), "{total} {balance}");
        }
        assert_eq!(due(i64::MAX, 1, 50), None);
    }

    proptest! {
        /// Nothing is lost: what a line cost is what was taken off and what is left, and no line ends below zero by it.
        #[test]
        fn lines_add_up(
            amounts in prop::collection::vec(-10_000i64..1_000_000, 1..6), percent in 0i64..=100, fixed in 0i64..500_000, tax in 0i64..40,
            inclusive: bool,
        ) {
            let lines: Vec<Line> = amounts
                .iter()
                .map(|amount| Line { own: vec![Off::Amount(fixed / 7)], covered: vec![true, true], ..line(*amount, tax, inclusive) })
                .collect();
            let drawn = draw(&lines, &[Off::Percent(Decimal::of(percent)), Off::Amount(fixed)]).unwrap_or_default();
            for (line, it) in lines.iter().zip(&drawn) {
                let taken: i64 = it.own.iter().chain(&it.shared).sum();
                prop_assert_eq!(line.amount - taken, it.left);
                prop_assert!(it.left >= line.amount.min(0));
                if inclusive {
                    prop_assert_eq!(it.taxes[0].amount + it.taxes[0].taxable, it.left);
                }
            }
        }
        /// What is due and what moves the balance are together what the invoice comes to.
        #[test]
        fn nothing_is_due_twice(total in -1_000_000i64..1_000_000, balance in -1_000_000i64..1_000_000) {
            let it = due(total, balance, 50).unwrap_or(Due { amount: 0, balance: 0 });
            prop_assert_eq!(it.amount + it.balance, total + balance);
            prop_assert!(it.amount == 0 || it.amount >= 50);
        }
    }
}
