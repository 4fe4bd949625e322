//! Money between a platform and the accounts that are connected to it, asked over the whole pipeline.
use crate::testing::{Answer, Bench, PLATFORM, PLATFORM_ID, SELLER, SELLER_ID, TOKEN};

const VISA: &str = "currency=usd&source=tok_visa";
const AT_ONCE: &str = "currency=usd&source=tok_bypassPending";

fn balance(bench: &Bench, key: &str) -> (i64, i64) {
    let it = bench.get(key, "/v1/balance").ok();
    (it.number("available.0.amount"), it.number("pending.0.amount"))
}

fn moved(bench: &Bench, key: &str, it: &Answer) -> (String, i64, i64, i64) {
    let path = format!("/v1/balance_transactions/{}", it.text("balance_transaction"));
    let moved = bench.get(key, &path).ok();
    (moved.text("type"), moved.number("amount"), moved.number("fee"), moved.number("net"))
}

#[test]
fn a_destination_charge_with_an_application_fee() {
    // The worked example: +1000 -59 -1000 +123 = +64 for the platform, 877 for the seller.
    let bench = Bench::new();
    let form =
        format!("amount=1000&{VISA}&application_fee_amount=123&transfer_data[destination]={SELLER_ID}");
    let charge = bench.post(PLATFORM, "/v1/charges", &form).ok();
    let id = charge.text("id");
    assert_eq!(charge.text("transfer_data.destination"), SELLER_ID);
    assert_eq!(charge.text("transfer_group"), format!("group_{id}"));
    assert_eq!(moved(&bench, PLATFORM, &charge), ("charge".into(), 1000, 59, 941));

    let transfer = bench.get(PLATFORM, &format!("/v1/transfers/{}", charge.text("transfer"))).ok();
    assert_eq!((transfer.number("amount"), transfer.text("source_transaction")), (1000, id.clone()));
    assert_eq!(moved(&bench, PLATFORM, &transfer), ("transfer".into(), -1000, 0, -1000));
    let payment = bench.get(SELLER, &format!("/v1/charges/{}", transfer.text("destination_payment"))).ok();
    assert!(payment.text("id").starts_with("py_"));
    assert_eq!((payment.number("amount"), payment.text("source_transfer")), (1000, transfer.text("id")));
    assert_eq!(moved(&bench, SELLER, &payment), ("payment".into(), 1000, 123, 877));
    let fee = bench.get(PLATFORM, &format!("/v1/application_fees/{}", charge.text("application_fee"))).ok();
    assert_eq!((fee.number("amount"), fee.text("charge")), (123, payment.text("id")));
    assert_eq!((fee.text("account"), fee.text("originating_transaction")), (SELLER_ID.into(), id));

    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((0, 64), (0, 877)));
    bench.clock.advance(2 * 86_400);
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((64, 0), (877, 0)));
    let told: Vec<_> = bench.told();
    assert_eq!(
        told,
        [
            (PLATFORM_ID.to_owned(), "charge.succeeded"),
            (PLATFORM_ID.to_owned(), "transfer.created"),
            (SELLER_ID.to_owned(), "charge.succeeded"),
            (PLATFORM_ID.to_owned(), "application_fee.created"),
        ]
    );
}

#[test]
fn a_destination_charge_is_refunded_with_its_transfer_and_fee() {
    let bench = Bench::new();
    let form =
        format!("amount=1000&{VISA}&application_fee_amount=101&transfer_data[destination]={SELLER_ID}");
    let charge = bench.post(PLATFORM, "/v1/charges", &form).ok();
    let refused = bench.post(
        PLATFORM,
        "/v1/refunds",
        &format!("charge={}&refund_application_fee=true", charge.text("id")),
    );
    assert_eq!(refused.refusal().2, "refund_application_fee");
    for amount in [333, 333, 334] {
        let form = format!(
            "charge={}&amount={amount}&reverse_transfer=true&refund_application_fee=true",
            charge.text("id")
        );
        let refund = bench.post(PLATFORM, "/v1/refunds", &form).ok();
        let path = format!(
            "/v1/transfers/{}/reversals/{}",
            charge.text("transfer"),
            refund.text("transfer_reversal")
        );
        let reversal = bench.get(PLATFORM, &path).ok();
        assert_eq!((reversal.number("amount"), reversal.text("source_refund")), (amount, refund.text("id")));
        let back =
            bench.get(SELLER, &format!("/v1/refunds/{}", reversal.text("destination_payment_refund"))).ok();
        assert!(back.text("id").starts_with("pyr_"));
        assert_eq!(back.text("source_transfer_reversal"), reversal.text("id"));
    }
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((0, -59), (0, 0)));
    let transfer = bench.get(PLATFORM, &format!("/v1/transfers/{}", charge.text("transfer"))).ok();
    assert!(transfer.is("reversed") && transfer.number("amount_reversed") == 1000);
    assert_eq!(transfer.number("reversals.total_count"), 3);
    assert!(
        bench
            .get(SELLER, &format!("/v1/charges/{}", transfer.text("destination_payment")))
            .ok()
            .is("refunded")
    );
}

#[test]
fn a_refund_alone_is_borne_by_the_platform() {
    let bench = Bench::new();
    let form = format!("amount=1000&{VISA}&transfer_data[destination]={SELLER_ID}&transfer_data[amount]=877");
    let charge = bench.post(PLATFORM, "/v1/charges", &form).ok();
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((0, 64), (0, 877)));
    bench.post(PLATFORM, "/v1/refunds", &format!("charge={}", charge.text("id"))).ok();
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((0, -936), (0, 877)));
    // The seller may give the payment back, too.
    let payment = bench.get(SELLER, "/v1/charges").ok().text("data.0.id");
    let refund =
        bench.post(SELLER, "/v1/refunds", &format!("charge={payment}&amount=77&reason=duplicate")).ok();
    assert!(refund.text("source_transfer_reversal").starts_with("trr_"));
    assert_eq!((refund.text("reason"), refund.text("status")), ("duplicate".into(), "succeeded".into()));
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((0, -859), (0, 800)));
    let transfer = bench.get(PLATFORM, &format!("/v1/transfers/{}", charge.text("transfer"))).ok();
    assert_eq!(transfer.number("amount_reversed"), 77);
}

#[test]
fn a_platform_debits_an_account() {
    let bench = Bench::new();
    let debit =
        |form: &str| bench.post(PLATFORM, "/v1/charges", &format!("currency=usd&source={SELLER_ID}&{form}"));
    assert_eq!(debit("amount=500").refusal().1, "balance_insufficient");
    bench.post(SELLER, "/v1/charges", &format!("amount=1000&{AT_ONCE}")).ok();
    bench.told();
    let charge = debit("amount=500&description=rent&metadata[month]=10").ok();
    assert!(charge.text("id").starts_with("py_") && charge.text("source_transfer").starts_with("tr_"));
    assert_eq!((charge.text("description"), charge.text("metadata.month")), ("rent".into(), "10".into()));
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((500, 0), (441, 0)));
    assert_eq!(
        bench.told(),
        [(SELLER_ID.to_owned(), "transfer.created"), (PLATFORM_ID.to_owned(), "charge.succeeded")]
    );
    let transfer = bench.get(SELLER, &format!("/v1/transfers/{}", charge.text("source_transfer"))).ok();
    assert_eq!((transfer.text("destination"), transfer.number("amount")), (PLATFORM_ID.into(), 500));
    let refund =
        bench.post(PLATFORM, "/v1/refunds", &format!("charge={}&amount=200", charge.text("id"))).ok();
    assert_eq!(refund.number("amount"), 200);
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((300, 0), (641, 0)));
    for (form, param) in [
        ("amount=642", ""),
        ("amount=0", "amount"),
        ("amount=5&capture=false", "capture"),
        ("amount=5&customer=cus_1", "customer"),
        ("amount=5&application_fee_amount=1", "application_fee_amount"),
    ] {
        assert_eq!(debit(form).refusal().2, param, "{form}");
    }
    let foreign = format!("amount=5&currency=usd&source={PLATFORM_ID}");
    assert_eq!(bench.post(TOKEN, "/v1/charges", &foreign).refusal().2, "source");
}

#[test]
fn what_is_captured_later_goes_on_then() {
    let bench = Bench::new();
    let form = format!("amount=1000&{VISA}&capture=false&destination={SELLER_ID}&application_fee=100");
    let charge = bench.post(PLATFORM, "/v1/charges", &form).ok();
    assert!(charge.body.get("transfer").is_none());
    assert_eq!(balance(&bench, SELLER), (0, 0));
    let path = format!("/v1/charges/{}/capture", charge.text("id"));
    let refused = bench.post(PLATFORM, &path, "transfer_data[amount]=5").refusal();
    assert_eq!(refused.1, "parameters_exclusive");
    let charge = bench.post(PLATFORM, &path, "amount=500&application_fee_amount=50").ok();
    assert!(charge.text("transfer").starts_with("tr_"));
    assert_eq!(balance(&bench, SELLER), (0, 450));
}

#[test]
fn a_transfer_spends_what_is_available() {
    let bench = Bench::new();
    let send = |amount: i64| {
        bench.post(
            PLATFORM,
            "/v1/transfers",
            &format!("amount={amount}&currency=usd&destination={SELLER_ID}"),
        )
    };
    assert_eq!(send(1).refusal().1, "balance_insufficient");
    bench.post(PLATFORM, "/v1/charges", &format!("amount=10000&{VISA}")).ok();
    assert_eq!(send(1).refusal().1, "balance_insufficient");
    bench.post(PLATFORM, "/v1/charges", &format!("amount=1000&{AT_ONCE}")).ok();
    assert_eq!(send(942).refusal().1, "balance_insufficient");
    send(900).ok();
    // The pot holds 41; the rest lies in the day that has come.
    bench.clock.advance(2 * 86_400);
    send(7000).ok();
    send(2000).ok();
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((721, 0), (9900, 0)));
    assert_eq!(send(722).refusal().1, "balance_insufficient");
    send(721).ok();
    assert_eq!(balance(&bench, PLATFORM), (0, 0));
    let listed = bench.get(PLATFORM, &format!("/v1/transfers?destination={SELLER_ID}")).ok();
    assert_eq!(listed.items().len(), 4);
}

#[test]
fn a_transfer_of_a_charge_waits_for_its_money() {
    let bench = Bench::new();
    let charge = bench.post(PLATFORM, "/v1/charges", &format!("amount=10000&{VISA}")).ok();
    let form = |amount: i64| {
        let id = charge.text("id");
        format!("amount={amount}&currency=usd&destination={SELLER_ID}&source_transaction={id}")
    };
    let first = bench.post(PLATFORM, "/v1/transfers", &form(7000)).ok();
    assert_eq!(first.text("transfer_group"), format!("group_{}", charge.text("id")));
    bench.post(PLATFORM, "/v1/transfers", &form(2000)).ok();
    let refused = bench.post(PLATFORM, "/v1/transfers", &form(1001)).refusal();
    assert_eq!((refused.1.as_str(), refused.2.as_str()), ("balance_insufficient", "amount"));
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((0, 680), (0, 9000)));
    let kept = bench.get(PLATFORM, &format!("/v1/charges/{}", charge.text("id"))).ok();
    assert_eq!(kept.text("transfer_group"), first.text("transfer_group"));
    for (more, param) in [
        ("&source_transaction=ch_none", "source_transaction"),
        (&format!("&source_transaction={}&currency=eur", charge.text("id")), "currency"),
    ] {
        let form = format!("amount=5&currency=usd&destination={SELLER_ID}{more}");
        assert_eq!(bench.post(PLATFORM, "/v1/transfers", &form).refusal().2, param);
    }
}

#[test]
fn reversals() {
    let bench = Bench::new();
    bench.post(PLATFORM, "/v1/charges", &format!("amount=10000&{AT_ONCE}")).ok();
    let form =
        format!("amount=5000&currency=usd&destination={SELLER_ID}&description=for+May&transfer_group=may");
    let transfer = bench.post(PLATFORM, "/v1/transfers", &form).ok();
    let path = format!("/v1/transfers/{}/reversals", transfer.text("id"));
    bench.told();
    let reversal = bench.post(PLATFORM, &path, "amount=1500&metadata[why]=returned").ok();
    assert_eq!(moved(&bench, PLATFORM, &reversal), ("transfer_refund".into(), 1500, 0, 1500));
    assert_eq!((balance(&bench, PLATFORM), balance(&bench, SELLER)), ((6180, 0), (3500, 0)));
    assert_eq!(
        bench.told(),
        [
            (PLATFORM_ID.to_owned(), "transfer.reversed"),
            (SELLER_ID.to_owned(), "charge.refunded"),
            (SELLER_ID.to_owned(), "refund.created"),
        ]
    );
    for (form, param) in [
        ("amount=3501", "amount"),
        ("amount=0", "amount"),
        ("refund_application_fee=true", "refund_application_fee"),
    ] {
        assert_eq!(bench.post(PLATFORM, &path, form).refusal().2, param, "{form}");
    }
    let one = format!("{path}/{}", reversal.text("id"));
    assert_eq!(bench.post(PLATFORM, &one, "metadata[why]=lost").ok().text("metadata.why"), "lost");
    let kept = bench.get(PLATFORM, &format!("/v1/transfers/{}", transfer.text("id"))).ok();
    assert_eq!(kept.text("reversals.data.0.metadata.why"), "lost");
    bench.post(PLATFORM, &path, "").ok();
    assert_eq!(bench.post(PLATFORM, &path, "").refusal().0, 400);
    assert_eq!(bench.get(PLATFORM, &path).ok().items().len(), 2);
    // Nobody answers for a standard account: what it has spent cannot be pulled back.
    let again = bench
        .post(PLATFORM, "/v1/transfers", &format!("amount=100&currency=usd&destination={SELLER_ID}"))
        .ok();
    let at_once = bench.post(SELLER, "/v1/charges", &format!("amount=100&{AT_ONCE}")).ok();
    bench.post(SELLER, "/v1/refunds", &format!("charge={}", at_once.text("id"))).ok();
    let path = format!("/v1/transfers/{}/reversals", again.text("id"));
    assert_eq!(bench.post(PLATFORM, &path, "").refusal().1, "balance_insufficient");
}

#[test]
fn who_can_be_sent_money() {
    let bench = Bench::new();
    for (destination, param) in [
        ("acct_other", "transfer_data[destination]"),
        (PLATFORM_ID, "transfer_data[destination]"),
        ("a/b", "transfer_data[destination]"),
    ] {
        let form = format!("amount=1000&{VISA}&transfer_data[destination]={destination}");
        assert_eq!(bench.post(PLATFORM, "/v1/charges", &form).refusal().2, param, "{destination}");
    }
    for (form, param) in [
        ("transfer_data[amount]=5", "transfer_data[destination]"),
        ("transfer_data[destination]=acct_seller&transfer_data[amount]=1001", "transfer_data[amount]"),
        ("transfer_data[destination]=acct_seller&transfer_data[amount]=0", "transfer_data[amount]"),
        ("transfer_data[destination]=acct_seller&destination=acct_seller", "destination"),
        (
            "destination[account]=acct_seller&destination[amount]=5&application_fee_amount=5",
            "destination[amount]",
        ),
        ("transfer_data[destination]=acct_seller&application_fee_amount=1001", "application_fee_amount"),
    ] {
        let form = format!("amount=1000&{VISA}&{form}");
        assert_eq!(bench.post(PLATFORM, "/v1/charges", &form).refusal().2, param, "{form}");
    }
    // The seller has nobody connected to it.
    let form = format!("amount=1000&{VISA}&transfer_data[destination]={PLATFORM_ID}");
    assert_eq!(bench.post(TOKEN, "/v1/charges", &form).refusal().1, "resource_missing");
    assert!(bench.told().is_empty());
}

#[test]
fn money_of_one_account_moves_without_conflict() {
    // What is neither read nor replaced cannot be in anybody's way: only counters move, and those never conflict.
    let (bench, written) = crate::payments::token::tests::recorded();
    let onward =
        format!("amount=1000&{VISA}&application_fee_amount=123&transfer_data[destination]={SELLER_ID}");
    let send = format!("amount=10&currency=usd&destination={SELLER_ID}");
    let all = || {
        bench.post(PLATFORM, "/v1/charges", &format!("amount=1000&{AT_ONCE}")).ok();
        bench.post(PLATFORM, "/v1/charges", &onward).ok();
        bench.post(TOKEN, "/v1/charges", &format!("amount=1000&{VISA}&application_fee_amount=123")).ok();
        bench.post(PLATFORM, "/v1/transfers", &send).ok();
    };
    // The first movements of a day write down its settlement.
    all();
    written.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    all();
    let written = written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let held: Vec<_> =
        written.lines().filter(|line| line.starts_with("check ") || line.starts_with("replace ")).collect();
    assert!(held.is_empty() && written.contains("/transfer/"), "{held:?}");
}

#[test]
fn payments_are_listed_among_charges_by_time() {
    let bench = Bench::new();
    let mut made = Vec::new();
    for round in 0..4 {
        let charge = bench.post(SELLER, "/v1/charges", &format!("amount=1000&{VISA}")).ok().text("id");
        made.push(charge);
        let form = format!("amount=1000&{VISA}&transfer_data[destination]={SELLER_ID}");
        bench.post(PLATFORM, "/v1/charges", &form).ok();
        made.push(bench.get(SELLER, "/v1/charges").ok().text("data.0.id"));
        bench.clock.advance(round + 1);
    }
    made.reverse();
    let ids = |target: &str| -> Vec<String> {
        bench.get(SELLER, target).ok().items().iter().map(|it| it.text("id")).collect()
    };
    assert_eq!(ids("/v1/charges?limit=100"), made);
    assert!(made[0].starts_with("py_") && made[1].starts_with("ch_"));
    assert_eq!(ids(&format!("/v1/charges?limit=2&starting_after={}", made[2])), made[3..5]);
    assert_eq!(ids(&format!("/v1/charges?limit=2&ending_before={}", made[2])), made[..2]);
    // A payment answers to its own id only.
    let other = made[0].replace("py_", "ch_");
    assert_eq!(bench.get(SELLER, &format!("/v1/charges/{other}")).status, 404);
    assert_eq!(bench.post(SELLER, &format!("/v1/charges/{other}"), "description=x").status, 404);
}
