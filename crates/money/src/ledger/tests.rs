use super::*;
use proptest::prelude::*;

const USD: Currency = Currency::USD;
const DAY: Timestamp = Timestamp(1_381_104_000);

fn entry(account: LedgerAccount, currency: Currency, amount: i64) -> Entry {
    Entry { account, currency, amount, available_on: Optional(None) }
}

fn charge(gross: i64, processing_fee: i64, application_fee: i64) -> Charge {
    Charge { currency: USD, gross, processing_fee, application_fee, available_on: DAY }
}

fn refund(gross: i64, processing_fee: i64, application_fee: i64) -> Refund {
    Refund { currency: USD, gross, processing_fee, application_fee, available_on: DAY }
}

#[test]
fn a_direct_charge_with_an_application_fee() {
    let posting = charge(1_000, 59, 123).post().unwrap();
    let moved: Vec<_> = posting.entries().iter().map(|e| (e.account, e.amount, e.available_on.0)).collect();
    assert_eq!(
        moved,
        [
            (LedgerAccount::CardNetwork, -1_000, None),
            (LedgerAccount::ProcessingFees, 59, None),
            (LedgerAccount::ApplicationFees, 123, None),
            (LedgerAccount::Balance, 818, Some(DAY)),
        ]
    );
    assert_eq!(posting.net(USD), 818);
    let income = Posting::application_fee_income(USD, 123, DAY);
    assert_eq!((income.net(USD), income.gained(LedgerAccount::ApplicationFees, USD)), (123, -123));
}

#[test]
fn what_is_nothing_makes_no_entry() {
    assert_eq!(charge(1_000, 0, 0).post().unwrap().entries().len(), 2);
    assert!(Posting::application_fee_income(USD, 0, DAY).entries().is_empty());
}

#[test]
fn refunds_with_and_without_the_fees() {
    assert_eq!(refund(1_000, 0, 0).post().unwrap().net(USD), -1_000);
    assert_eq!(refund(1_000, 0, 123).post().unwrap().net(USD), -877);
    assert_eq!(refund(1_000, 59, 123).post().unwrap().net(USD), -818);
    assert_eq!(Posting::application_fee_refund_paid(USD, 123, DAY).net(USD), -123);
    assert_eq!(Posting::application_fee_refund_received(USD, 123, DAY).net(USD), 123);
}

#[test]
fn unbalanced_entries_are_refused_per_currency() {
    let eur = Currency::parse("eur").unwrap();
    // In sum they are zero, but not in each currency.
    let entries = vec![entry(LedgerAccount::CardNetwork, USD, -100), entry(LedgerAccount::Balance, eur, 100)];
    assert_eq!(Posting::new(entries).unwrap_err(), Unbalanced { currency: USD, off_by: -100 });
    let entries = vec![
        entry(LedgerAccount::CardNetwork, USD, -100),
        entry(LedgerAccount::CardNetwork, eur, -90),
        entry(LedgerAccount::Balance, eur, 91),
        entry(LedgerAccount::Balance, USD, 100),
    ];
    assert_eq!(Posting::new(entries).unwrap_err(), Unbalanced { currency: eur, off_by: 1 });
    let wrapped = vec![entry(LedgerAccount::Balance, USD, i64::MAX); 2];
    assert!(Posting::new(wrapped).is_err());
    assert!(Posting::new(Vec::new()).is_ok());
    assert!(charge(i64::MAX, -i64::MAX, 0).post().is_err());
    assert!(charge(i64::MIN, 0, 0).post().is_err());
}

/// A balance transaction as far as this matters.
#[derive(Debug, PartialEq, Wire)]
struct Transaction {
    /// What moved.
    entries: Vec<Entry>,
}

#[test]
fn entries_are_stored_and_read_back() {
    let transaction = Transaction { entries: charge(1_000, 59, 123).post().unwrap().into_entries() };
    let mut out = Vec::new();
    transaction.write(&mut out);
    let json = String::from_utf8(out).unwrap();
    let first = r#"{"entries":[{"account":"card_network","currency":"usd","amount":-1000}"#;
    assert!(json.starts_with(first), "{json}");
    assert_eq!(wire::from_json::<Transaction>(json.as_bytes()).unwrap(), transaction);
}

fn sum(posting: &Posting) -> i128 {
    posting.entries().iter().map(|entry| i128::from(entry.amount)).sum()
}

proptest! {
    #[test]
    fn every_posting_sums_to_zero(gross in any::<i64>(), processing in any::<i64>(), fee in any::<i64>()) {
        let posted = [charge(gross, processing, fee).post(), refund(gross, processing, fee).post()];
        for posting in posted.into_iter().flatten() {
            prop_assert_eq!(sum(&posting), 0);
        }
        for make in [
            Posting::application_fee_income,
            Posting::application_fee_refund_paid,
            Posting::application_fee_refund_received,
        ] {
            prop_assert_eq!(sum(&make(USD, gross, DAY)), 0);
        }
    }

    #[test]
    fn gross_is_net_and_both_fees(gross in 0i64..=1_000_000_000_000, fee in 0i64..=1_000_000_000_000) {
        let processing = crate::Schedule::default().processing_fee(gross, USD);
        let posting = charge(gross, processing, fee).post().unwrap();
        prop_assert_eq!(posting.net(USD) + processing + fee, gross);
        prop_assert_eq!(posting.gained(LedgerAccount::CardNetwork, USD), -gross);
    }

    /// A charge and all its refunds, fees included, leave nothing behind on either side.
    #[test]
    fn a_charge_refunded_in_parts_leaves_nothing(
        parts in prop::collection::vec(100i64..=10_000_000, 1..20), taken in 0i64..=100,
    ) {
        let of: i64 = parts.iter().sum();
        let processing = crate::Schedule::default().processing_fee(of, USD);
        let fee = (of - processing) * taken / 100;
        let mut user = charge(of, processing, fee).post().unwrap().net(USD);
        let mut platform = Posting::application_fee_income(USD, fee, DAY).net(USD);
        let (mut before, mut costs, mut fees) = (0, 0, 0);
        for now in parts {
            let part = crate::Refunded { of, before, now };
            let cost = crate::refunded_share(processing, costs, part);
            let back = crate::refunded_share(fee, fees, part);
            user += refund(now, cost, back).post().unwrap().net(USD);
            platform += Posting::application_fee_refund_paid(USD, back, DAY).net(USD);
            (before, costs, fees) = (before + now, costs + cost, fees + back);
            prop_assert!(platform >= 0);
        }
        prop_assert_eq!((user, platform), (0, 0));
    }

    /// What is converted is balanced in both currencies.
    #[test]
    fn a_conversion_is_balanced(gross in 1i64..=99_999_999, net in -1_000_000i64..=99_999_999, fee in 0i64..=100_000) {
        let yen = Currency::parse("jpy").unwrap();
        let paid = charge(gross, 0, gross / 10).post().unwrap();
        let posting = exchanged(&paid, yen, net, fee, DAY).unwrap();
        prop_assert_eq!((posting.net(yen), posting.net(USD)), (net, 0));
        prop_assert_eq!(posting.gained(LedgerAccount::CardNetwork, USD), -gross);
        prop_assert_eq!(posting.gained(LedgerAccount::ProcessingFees, yen), fee);
        prop_assert_eq!(posting.gained(LedgerAccount::Conversion, USD), gross - gross / 10);
    }
}
