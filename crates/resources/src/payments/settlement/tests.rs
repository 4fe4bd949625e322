//! Days that come: money becomes available and is paid out by the schedule.
use crate::testing::{Bench, PLATFORM, PLATFORM_ID, SELLER, SELLER_ID};

const DAY: i64 = 86_400;

fn balance(bench: &Bench) -> (i64, i64) {
    let it = bench.get(SELLER, "/v1/balance").ok();
    (it.number("available.0.amount"), it.number("pending.0.amount"))
}

fn charge(bench: &Bench, amount: i64, source: &str) -> String {
    let form = format!("amount={amount}&currency=usd&source={source}");
    bench.post(SELLER, "/v1/charges", &form).ok().text("id")
}

fn schedule(bench: &Bench, form: &str) {
    let form = format!("settings[payouts][schedule]{form}");
    bench.post(SELLER, &format!("/v1/accounts/{SELLER_ID}"), &form).ok();
}

fn payouts(bench: &Bench) -> Vec<(i64, i64)> {
    let all = bench.get(SELLER, "/v1/payouts?limit=100").ok().items();
    let day = |at: i64| (at - 1_381_104_000) / DAY;
    all.iter().rev().map(|it| (day(it.number("created")), it.number("amount"))).collect()
}

#[test]
fn each_day_pays_out_what_came() {
    let bench = Bench::new();
    bench.bank(SELLER_ID, "000123456789");
    let first = charge(&bench, 1000, "tok_visa");
    bench.wait(DAY);
    charge(&bench, 2000, "tok_visa");
    bench.told();
    bench.wait(3 * DAY);
    // Monday's money comes on Wednesday, Tuesday's on Thursday.
    assert_eq!(payouts(&bench), [(2, 941), (3, 1912)]);
    assert_eq!(balance(&bench), (0, 0));
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(
        told,
        [
            "balance.available",
            "payout.created",
            "payout.updated",
            "balance.available",
            "payout.created",
            "payout.paid",
            "payout.reconciliation_completed",
            "payout.updated",
            "payout.paid",
            "payout.reconciliation_completed",
        ]
    );
    let all = bench.get(SELLER, "/v1/payouts").ok().items();
    for payout in &all {
        assert!(payout.is("automatic") && payout.text("reconciliation_status") == "completed");
        let path = format!("/v1/balance_transactions?payout={}", payout.text("id"));
        let movements = bench.get(SELLER, &path).ok().items();
        let sum: i64 = movements.iter().map(|it| it.number("net")).sum();
        assert_eq!((movements.len(), sum), (2, 0), "what came, and the payout itself");
        assert_eq!(
            bench.post(SELLER, &format!("/v1/payouts/{}/cancel", payout.text("id")), "").refusal().0,
            400
        );
    }
    let path = format!("/v1/balance_transactions?payout={}&type=charge", all[1].text("id"));
    assert_eq!(bench.get(SELLER, &path).ok().text("data.0.source"), first);
    // Nothing more happens where nothing comes.
    bench.wait(30 * DAY);
    assert_eq!((payouts(&bench).len(), bench.told().len()), (2, 0));
}

#[test]
fn weekly_monthly_and_never() {
    let bench = Bench::new();
    bench.bank(SELLER_ID, "000123456789");
    schedule(&bench, "[interval]=weekly&settings[payouts][schedule][weekly_anchor]=friday");
    charge(&bench, 1000, "tok_bypassPending");
    bench.wait(10 * DAY);
    assert_eq!(payouts(&bench), [(4, 941)]);
    schedule(&bench, "[interval]=monthly&settings[payouts][schedule][monthly_anchor]=31");
    charge(&bench, 2000, "tok_bypassPending");
    bench.wait(20 * DAY);
    assert_eq!(payouts(&bench)[1..], [(24, 1912)]);
    schedule(&bench, "[interval]=manual");
    charge(&bench, 3000, "tok_bypassPending");
    bench.wait(60 * DAY);
    assert_eq!(payouts(&bench).len(), 2);
    assert_eq!(balance(&bench), (2883, 0));
    let payout = bench.post(SELLER, "/v1/payouts", "amount=883&currency=usd").ok().text("id");
    let refused = bench.get(SELLER, &format!("/v1/balance_transactions?payout={payout}")).refusal();
    assert_eq!(refused.2, "payout");
    assert_eq!(bench.get(SELLER, "/v1/balance_transactions?payout=po_none").refusal().1, "resource_missing");
}

#[test]
fn what_is_owed_is_collected_from_the_bank() {
    let bench = Bench::new();
    bench.bank(SELLER_ID, "000123456789");
    let id = charge(&bench, 1000, "tok_bypassPending");
    bench.post(SELLER, "/v1/refunds", &format!("charge={id}")).ok();
    assert_eq!(balance(&bench), (-59, 0));
    bench.wait(DAY);
    assert_eq!((payouts(&bench), balance(&bench)), (vec![(1, -59)], (0, 0)));
    bench.wait(5 * DAY);
    assert_eq!((payouts(&bench), balance(&bench)), (vec![(1, -59)], (0, 0)));
}

#[test]
fn income_that_comes_covers_what_is_owed() {
    let bench = Bench::new();
    bench.bank(SELLER_ID, "000123456789");
    let id = charge(&bench, 1000, "tok_bypassPending");
    bench.post(SELLER, "/v1/refunds", &format!("charge={id}")).ok();
    charge(&bench, 2000, "tok_visa");
    bench.wait(4 * DAY);
    assert_eq!(payouts(&bench), [(2, 1853)]);
}

#[test]
fn a_bank_that_refuses_is_not_asked_again() {
    let bench = Bench::new();
    bench.bank(SELLER_ID, "000111111116");
    charge(&bench, 1000, "tok_visa");
    bench.wait(10 * DAY);
    assert_eq!((payouts(&bench), balance(&bench)), (vec![(2, 941)], (941, 0)));
    // Another bank account takes it.
    bench.bank(SELLER_ID, "000123456789");
    charge(&bench, 1000, "tok_visa");
    bench.wait(5 * DAY);
    assert_eq!((payouts(&bench).len(), payouts(&bench)[1].1, balance(&bench)), (2, 1882, (0, 0)));
}

#[test]
fn a_platform_without_a_bank_keeps_its_money() {
    let bench = Bench::new();
    let form = "amount=1000&currency=usd&source=tok_visa";
    bench.post(PLATFORM, "/v1/charges", form).ok();
    bench.told();
    bench.wait(9 * DAY);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("available.0.amount"), 941);
    assert_eq!(bench.told(), [(PLATFORM_ID.to_owned(), "balance.available")]);
}
