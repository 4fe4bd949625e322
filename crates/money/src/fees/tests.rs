use super::*;
use proptest::prelude::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("a currency")
}

#[test]
fn the_published_price() {
    for (amount, code, fee) in [
        (500, "usd", 45),
        (100, "usd", 33),
        (1_000, "usd", 59),
        (10_000, "usd", 320),
        (50, "usd", 31),
        (1, "usd", 30),
        (0, "usd", 0),
        (-5, "usd", 0),
        (99_999_999, "eur", 2_900_030),
        // A third of a yen is too little to count, three tenths of a dinar are 300 of its minor unit.
        (1_000, "jpy", 29),
        (1_024, "jpy", 30),
        (1_000, "kwd", 329),
        (i64::MAX, "usd", 267_477_789_068_788_528),
    ] {
        assert_eq!(Schedule::default().processing_fee(amount, currency(code)), fee, "{amount} {code}");
    }
    assert_eq!(Schedule::FREE.processing_fee(1_000, Currency::USD), 0);
    assert_eq!(Schedule::plain(u32::MAX, 0).processing_fee(i64::MAX, Currency::USD), i64::MAX);
}

#[test]
fn application_fees_fit_into_what_processing_leaves() {
    for (amount, fee, processing, says) in [
        (1_000, 123, 59, Ok(())),
        (1_000, 941, 59, Ok(())),
        (1_000, 942, 59, Err(FeeProblem::AboveNet { most: 941 })),
        (1_000, 1_000, 59, Err(FeeProblem::AboveNet { most: 941 })),
        (1_000, 1_000, 0, Ok(())),
        (1_000, 1_001, 59, Err(FeeProblem::AboveAmount)),
        (1_000, 0, 59, Err(FeeProblem::NotPositive)),
        (1_000, -1, 59, Err(FeeProblem::NotPositive)),
        (30, 1, 31, Err(FeeProblem::AboveNet { most: -1 })),
        (1_000, i64::MAX, i64::MAX, Err(FeeProblem::AboveAmount)),
    ] {
        assert_eq!(check_application_fee(amount, fee, processing), says, "{amount} {fee} {processing}");
    }
}

#[test]
fn a_full_refund_returns_the_whole_and_a_part_its_share() {
    let of = |of, before, now| Refunded { of, before, now };
    assert_eq!(refunded_share(123, 0, of(1_000, 0, 1_000)), 123);
    assert_eq!(refunded_share(123, 0, of(1_000, 0, 500)), 62);
    assert_eq!(refunded_share(123, 62, of(1_000, 500, 500)), 61);
    // The platform had given most of it back by itself.
    assert_eq!(refunded_share(123, 100, of(1_000, 0, 1_000)), 23);
    assert_eq!(refunded_share(123, 123, of(1_000, 0, 1_000)), 0);
    assert_eq!(refunded_share(0, 0, of(1_000, 0, 1_000)), 0);
    assert_eq!(refunded_share(123, 0, of(0, 0, 0)), 0);
    assert_eq!(refunded_share(i64::MAX, 0, of(i64::MAX, 0, i64::MAX)), i64::MAX);
}

proptest! {
    #[test]
    fn successive_refunds_return_exactly_the_whole(
        whole in 0i64..=1_000_000_000_000,
        parts in prop::collection::vec(1i64..=100_000_000, 1..40),
    ) {
        let of: i64 = parts.iter().sum();
        let (mut before, mut returned) = (0, 0);
        for now in parts {
            let share = refunded_share(whole, returned, Refunded { of, before, now });
            prop_assert!(share >= 0);
            before += now;
            returned += share;
            prop_assert!(returned <= whole);
        }
        prop_assert_eq!(returned, whole);
    }

    #[test]
    fn never_more_than_is_left_whatever_was_returned(
        whole in 0i64..=i64::MAX, returned in 0i64..=i64::MAX,
        of in any::<i64>(), before in any::<i64>(), now in any::<i64>(),
    ) {
        let share = refunded_share(whole, returned, Refunded { of, before, now });
        prop_assert!(share >= 0 && share <= (whole - returned.min(whole)));
    }

    #[test]
    fn a_fee_that_passes_leaves_a_net_that_is_not_negative(
        amount in 1i64..=99_999_999, fee in -10i64..=100_000_000,
    ) {
        let processing = Schedule::default().processing_fee(amount, Currency::USD);
        if check_application_fee(amount, fee, processing).is_ok() {
            prop_assert!(fee > 0 && amount - processing - fee >= 0);
        } else {
            prop_assert!(fee <= 0 || fee + processing > amount);
        }
    }
}
