//! Payouts by hand and by the schedule, asked over the whole pipeline while the clock is moved.
use crate::testing::{Bench, SELLER, SELLER_ID};

const DAY: i64 = 86_400;

fn balance(bench: &Bench) -> (i64, i64) {
    let it = bench.get(SELLER, "/v1/balance").ok();
    (it.number("available.0.amount"), it.number("pending.0.amount"))
}

fn charge(bench: &Bench, amount: i64, source: &str) -> String {
    let form = format!("amount={amount}&currency=usd&source={source}");
    bench.post(SELLER, "/v1/charges", &form).ok().text("id")
}

fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).collect()
}

/// A bench whose seller is paid out when it asks.
fn manual(number: &str) -> Bench {
    let bench = Bench::new();
    bench.bank(SELLER_ID, number);
    let form = "settings[payouts][schedule][interval]=manual";
    bench.post(SELLER, &format!("/v1/accounts/{SELLER_ID}"), form).ok();
    bench.told();
    bench
}

#[test]
fn a_payout_by_hand_leaves_and_arrives() {
    let bench = manual("000123456789");
    charge(&bench, 10_000, "tok_bypassPending");
    bench.settle();
    bench.told();
    let form = "amount=5000&currency=usd&description=rent&statement_descriptor=RENT&metadata[month]=10";
    let payout = bench.post(SELLER, "/v1/payouts", form).ok();
    assert_eq!((payout.text("status"), payout.text("method")), ("pending".into(), "standard".into()));
    assert!(!payout.is("automatic") && payout.text("destination").starts_with("ba_"));
    // Monday's payout arrives on Tuesday.
    assert_eq!(payout.number("arrival_date"), 1_381_104_000 + DAY);
    assert_eq!(balance(&bench), (4680, 0));
    let path = format!("/v1/payouts/{}", payout.text("id"));
    bench.wait(3600);
    assert_eq!(bench.get(SELLER, &path).ok().text("status"), "in_transit");
    assert_eq!(bench.post(SELLER, &format!("{path}/cancel"), "").refusal().0, 400);
    bench.wait(DAY);
    let paid = bench.get(SELLER, &path).ok();
    assert_eq!((paid.text("status"), paid.text("trace_id.status")), ("paid".into(), "supported".into()));
    assert_eq!(kinds(&bench), ["payout.created", "payout.updated", "payout.paid"]);
    let path = format!("/v1/balance_transactions/{}", payout.text("balance_transaction"));
    let moved = bench.get(SELLER, &path).ok();
    assert_eq!((moved.number("amount"), moved.text("type")), (-5000, "payout".into()));
    assert_eq!(moved.text("source"), payout.text("id"));
    let listed = bench.get(SELLER, "/v1/payouts?status=paid").ok();
    assert_eq!(listed.items().len(), 1);
    assert_eq!(bench.get(SELLER, "/v1/payouts?arrival_date[gt]=1381190400").ok().items().len(), 0);
}

#[test]
fn what_cannot_be_paid_out() {
    let bench = manual("000123456789");
    charge(&bench, 10_000, "tok_visa");
    for (form, code, param) in [
        ("amount=1&currency=usd", "balance_insufficient", ""),
        ("amount=0&currency=usd", "parameter_invalid_integer", "amount"),
        ("currency=usd", "parameter_missing", "amount"),
        ("amount=1&currency=eur", "", ""),
        ("amount=1&currency=usd&destination=ba_none", "resource_missing", "destination"),
        ("amount=1&currency=usd&source_type=fpx", "balance_insufficient", "source_type"),
        ("amount=1&currency=usd&method=fast", "", "method"),
        ("amount=1&currency=usd&payout_method=x", "parameter_unknown", "payout_method"),
    ] {
        let (_, had, at) = bench.post(SELLER, "/v1/payouts", form).refusal();
        assert_eq!((had.as_str(), at.as_str()), (code, param), "{form}");
    }
}

#[test]
fn a_payout_is_taken_back() {
    let bench = manual("000123456789");
    charge(&bench, 10_000, "tok_bypassPending");
    let made = |method: &str| {
        bench
            .post(SELLER, "/v1/payouts", &format!("amount=1000&currency=usd&method={method}"))
            .ok()
            .text("id")
    };
    let first = made("standard");
    bench.settle();
    bench.told();
    let canceled = bench.post(SELLER, &format!("/v1/payouts/{first}/cancel"), "").ok();
    assert_eq!(canceled.text("status"), "canceled");
    assert_eq!(balance(&bench), (9680, 0));
    bench.wait(3 * DAY);
    assert_eq!(kinds(&bench), ["payout.canceled"]);

    let second = made("instant");
    let path = format!("/v1/payouts/{second}");
    assert_eq!(bench.get(SELLER, &path).ok().text("status"), "in_transit");
    bench.wait(1800);
    assert_eq!(bench.get(SELLER, &path).ok().text("status"), "paid");
    let reverse = format!("{path}/reverse");
    let reversal = bench.post(SELLER, &reverse, "metadata[why]=twice").ok();
    assert_eq!((reversal.number("amount"), reversal.text("original_payout")), (-1000, second.clone()));
    assert_eq!(bench.get(SELLER, &path).ok().text("reversed_by"), reversal.text("id"));
    assert_eq!(bench.post(SELLER, &reverse, "").refusal().0, 400);
    // It cost 50, which stay with whoever was paid for it.
    assert_eq!(balance(&bench), (8630, 1000));
    bench.wait(3 * DAY);
    assert_eq!(balance(&bench), (9630, 0));
    let path = format!("/v1/payouts/{}", reversal.text("id"));
    assert_eq!(bench.get(SELLER, &path).ok().text("status"), "paid");
}

#[test]
fn the_documented_bank_accounts_refuse_as_documented() {
    for (number, method, code) in [
        ("000111111116", "standard", Some("no_account")),
        ("000111111113", "standard", Some("account_closed")),
        ("000222222227", "standard", Some("insufficient_funds")),
        ("000333333335", "standard", Some("debit_not_authorized")),
        ("000444444440", "standard", Some("invalid_currency")),
        ("000888888883", "standard", None),
        ("000888888883", "instant", Some("could_not_process")),
        ("000999999991", "standard", None),
    ] {
        let bench = manual(number);
        charge(&bench, 10_000, "tok_bypassPending");
        bench.told();
        let form = format!("amount=5000&currency=usd&method={method}");
        let payout = bench.post(SELLER, "/v1/payouts", &form).ok();
        bench.wait(2 * DAY);
        let ended = bench.get(SELLER, &format!("/v1/payouts/{}", payout.text("id"))).ok();
        let Some(code) = code else {
            assert_eq!(ended.text("status"), "paid", "{number}");
            continue;
        };
        assert_eq!((ended.text("status"), ended.text("failure_code")), ("failed".into(), code.into()));
        assert!(!ended.text("failure_message").is_empty());
        let path = format!("/v1/balance_transactions/{}", ended.text("failure_balance_transaction"));
        let back = bench.get(SELLER, &path).ok();
        assert_eq!((back.number("amount"), back.text("type")), (5000, "payout_failure".into()));
        assert_eq!(balance(&bench), (9680, 0));
        let told = kinds(&bench);
        let disabled = "account.external_account.updated";
        assert!(told.contains(&"payout.failed") && told.contains(&disabled), "{number}: {told:?}");
        // Nothing more goes there.
        let account = bench.get(SELLER, "/v1/account").ok();
        assert_eq!(account.text("external_accounts.data.0.status"), "errored");
        assert_eq!(bench.post(SELLER, "/v1/payouts", &form).refusal().1, "bank_account_unusable");
    }
}

#[test]
fn what_arrives_at_once_costs_something() {
    let bench = manual("000123456789");
    charge(&bench, 10_000, "tok_bypassPending");
    let form =
        |amount: i64| format!("amount={amount}&currency=usd&method=instant&expand[]=balance_transaction");
    // All of it leaves nothing to pay with.
    assert_eq!(bench.post(SELLER, "/v1/payouts", &form(9680)).refusal().1, "balance_insufficient");
    let sent = bench.post(SELLER, "/v1/payouts", &form(8000)).ok();
    let moved = |name: &str| sent.number(&format!("balance_transaction.{name}"));
    assert_eq!(
        (sent.number("amount"), moved("amount"), moved("fee"), moved("net")),
        (8000, -8000, 120, -8120)
    );
    assert_eq!(sent.text("balance_transaction.fee_details.0.type"), "stripe_fee");
    assert_eq!(balance(&bench), (1560, 0));

    // Nobody pays for what did not arrive.
    let bench = manual("000888888883");
    charge(&bench, 10_000, "tok_bypassPending");
    bench.post(SELLER, "/v1/payouts", &form(8000)).ok();
    bench.wait(DAY);
    assert_eq!(balance(&bench), (9680, 0));
}
