//! Money neither appears nor vanishes, whatever is done in whatever order.
use super::*;
use crate::testing::{Answer, now};
use ::money::{Entry, LedgerAccount, Posting};
use api::Object as _;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Something that a platform or an account does.
#[derive(Debug, Clone)]
enum Step {
    Charge { amount: i64, fee: i64, capture: bool, by: &'static str, at_once: bool },
    Capture { which: usize, amount: i64 },
    Refund { which: usize, amount: i64, fee: bool },
    FeeRefund { which: usize, amount: i64 },
    Wait { days: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![50i64..200, 500i64..1200, Just(99_999_999)];
    let part = prop_oneof![Just(0i64), 1i64..300, 300i64..1500];
    let charge = (
        amount,
        0i64..400,
        any::<bool>(),
        prop_oneof![Just(TOKEN), Just(SELLER), Just(PLATFORM)],
        any::<bool>(),
    );
    prop_oneof![
        3 => charge.prop_map(|(amount, fee, capture, by, at_once)| Step::Charge { amount, fee, capture, by, at_once }),
        2 => (0usize..20, part.clone()).prop_map(|(which, amount)| Step::Capture { which, amount }),
        4 => (0usize..20, part.clone(), any::<bool>()).prop_map(|(which, amount, fee)| Step::Refund { which, amount, fee }),
        2 => (0usize..20, part).prop_map(|(which, amount)| Step::FeeRefund { which, amount }),
        1 => (0i64..9).prop_map(|days| Step::Wait { days }),
    ]
}

fn with_amount(amount: i64) -> String {
    if amount > 0 { format!("&amount={amount}") } else { String::new() }
}

fn act(bench: &Bench, step: &Step) {
    let pick = |key: &str, path: &str, which: usize| {
        let all = bench.get(key, &format!("{path}?limit=100")).ok().items();
        if all.is_empty() { None } else { Some(all[which % all.len()].text("id")) }
    };
    match step {
        Step::Charge { amount, fee, capture, by, at_once } => {
            let source = if *at_once { "tok_bypassPending" } else { "tok_visa" };
            let mut form = format!("amount={amount}&currency=usd&source={source}&capture={capture}");
            if *by == TOKEN && *fee > 0 {
                form += &format!("&application_fee_amount={fee}");
            }
            bench.post(by, "/v1/charges", &form);
        }
        Step::Capture { which, amount } => {
            if let Some(id) = pick(TOKEN, "/v1/charges", *which) {
                bench.post(TOKEN, &format!("/v1/charges/{id}/capture"), &with_amount(*amount));
            }
        }
        Step::Refund { which, amount, fee } => {
            if let Some(id) = pick(TOKEN, "/v1/charges", *which) {
                let form = format!("charge={id}{}&refund_application_fee={fee}", with_amount(*amount));
                bench.post(TOKEN, "/v1/refunds", &form);
            }
        }
        Step::FeeRefund { which, amount } => {
            if let Some(id) = pick(PLATFORM, "/v1/application_fees", *which) {
                bench.post(PLATFORM, &format!("/v1/application_fees/{id}/refunds"), &with_amount(*amount));
            }
        }
        Step::Wait { days } => bench.clock.advance(days * 86_400),
    }
}

fn every(bench: &Bench, key: &str, path: &str) -> Vec<Answer> {
    bench.get(key, &format!("{path}?limit=100")).ok().items()
}

/// The ledger entries of an account in the order of their transactions.
fn entries(bench: &Bench, account: &str) -> Vec<Vec<Entry>> {
    use crate::payments::balance_transaction::BalanceTransaction;
    let query = store::Query {
        account: account.into(),
        live: false,
        kind: <BalanceTransaction as base::Named>::NAME,
        by: None,
        after: None,
        before: None,
        skip: 0,
        limit: 1000,
    };
    let docs = now(bench.api.world.store.list(&query)).unwrap_or_default();
    let read = |doc: &store::Doc| {
        wire::from_json::<BalanceTransaction>(&doc.body).map(|it| {
            assert!(!it.id().is_empty());
            it.entries.0
        })
    };
    docs.iter().map(|doc| read(doc).unwrap_or_else(|e| panic!("{e:?}"))).collect()
}

fn holds(bench: &Bench) {
    let mut clearing = 0;
    for (key, account) in [(SELLER, SELLER_ID), (PLATFORM, PLATFORM_ID)] {
        let mut on_balance: BTreeMap<i64, i64> = BTreeMap::new();
        for posting in entries(bench, account) {
            for entry in &posting {
                if entry.account == LedgerAccount::Balance {
                    let day = entry.available_on.0.map_or(-1, |day| day.0);
                    assert_eq!(day % 86_400, 0);
                    *on_balance.entry(day).or_default() += entry.amount;
                }
                clearing += if entry.account == LedgerAccount::ApplicationFees { entry.amount } else { 0 };
            }
            assert!(Posting::new(posting).is_ok());
        }
        let transactions = every(bench, key, "/v1/balance_transactions");
        for it in &transactions {
            assert_eq!(it.number("amount") - it.number("fee"), it.number("net"));
            let parts = match it.at("fee_details") {
                Node::List(parts) => parts.iter().filter_map(|part| part.get("amount")?.as_i64()).sum(),
                _ => 0,
            };
            assert_eq!(it.number("fee"), parts);
            let due = it.number("available_on") <= bench.now().0;
            assert_eq!(it.text("status"), if due { "available" } else { "pending" });
        }
        let balance = bench.get(key, "/v1/balance").ok();
        let (available, pending) = (balance.number("available.0.amount"), balance.number("pending.0.amount"));
        let sum = |state: &str| -> i64 {
            transactions.iter().filter(|it| it.text("status") == state).map(|it| it.number("net")).sum()
        };
        assert_eq!((available, pending), (sum("available"), sum("pending")));
        assert_eq!(available + pending, on_balance.values().sum::<i64>());
    }
    // What the connected account set aside for the platform is what the platform had of it.
    assert_eq!(clearing, 0);

    for charge in every(bench, SELLER, "/v1/charges") {
        let refunds = every(bench, SELLER, &format!("/v1/charges/{}/refunds", charge.text("id")));
        let back: i64 = refunds.iter().map(|it| it.number("amount")).sum();
        let (amount, gone) = (charge.number("amount"), charge.number("amount_refunded"));
        assert!(gone <= amount && charge.is("refunded") == (gone == amount));
        if charge.is("captured") {
            let captured = charge.number("amount_captured");
            assert_eq!(back, gone - (amount - captured));
            let path = format!("/v1/balance_transactions/{}", charge.text("balance_transaction"));
            let moved = bench.get(SELLER, &path).ok();
            assert_eq!(moved.number("fee") + moved.number("net"), captured);
        }
    }
    for fee in every(bench, PLATFORM, "/v1/application_fees") {
        let refunds = every(bench, PLATFORM, &format!("/v1/application_fees/{}/refunds", fee.text("id")));
        let back: i64 = refunds.iter().map(|it| it.number("amount")).sum();
        assert_eq!(back, fee.number("amount_refunded"));
        assert!(back <= fee.number("amount") && fee.is("refunded") == (back == fee.number("amount")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_is_done(steps in prop::collection::vec(step(), 1..24)) {
        let bench = Bench::new();
        for step in &steps {
            act(&bench, step);
        }
        holds(&bench);
    }
}

#[test]
fn a_fee_that_is_refunded_in_parts_goes_back_whole() {
    let bench = Bench::new();
    let form = format!("amount=1000&{VISA}&application_fee_amount=101");
    let id = bench.post(TOKEN, "/v1/charges", &form).ok().text("id");
    for _ in 0..3 {
        bench.post(TOKEN, "/v1/refunds", &format!("charge={id}&amount=333&refund_application_fee=true")).ok();
    }
    bench.post(TOKEN, "/v1/refunds", &format!("charge={id}&refund_application_fee=true")).ok();
    let fee = bench.get(PLATFORM, "/v1/application_fees").ok();
    assert_eq!(fee.number("data.0.amount_refunded"), 101);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount"), 0);
    holds(&bench);
}
