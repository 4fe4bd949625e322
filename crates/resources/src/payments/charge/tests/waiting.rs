//! Refunds that the balance does not cover.
use super::*;
use crate::{
    payments::{charge, dispute, refund},
    testing::now,
};
use base::{Caller, Timestamp};

/// A charge of the platform whose money went on, and a refund of it that waits.
fn waiting(bench: &Bench, form: &str) -> (String, String) {
    let charge = "amount=1000&currency=usd&source=tok_bypassPending";
    let charge = bench.post(PLATFORM, "/v1/charges", charge).ok().text("id");
    bench.post(PLATFORM, "/v1/transfers", &format!("amount=900&currency=usd&destination={SELLER_ID}")).ok();
    bench.told();
    let refund = bench.post(PLATFORM, "/v1/refunds", &format!("charge={charge}&{form}")).ok();
    assert_eq!(
        (refund.text("status"), refund.text("pending_reason")),
        ("pending".into(), "insufficient_funds".into())
    );
    assert!(refund.at("balance_transaction").is_null());
    (charge, format!("/v1/refunds/{}", refund.text("id")))
}

fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().filter(|(who, _)| who == PLATFORM_ID).map(|(_, kind)| kind).collect()
}

fn available(bench: &Bench) -> i64 {
    bench.get(PLATFORM, "/v1/balance").ok().number("available.0.amount")
}

#[test]
fn one_waits_until_the_balance_covers_it() {
    let bench = Bench::new();
    let (charge, refund) = waiting(&bench, "amount=600");
    assert_eq!(kinds(&bench), [charge::REFUNDED, refund::CREATED]);
    let charge = format!("/v1/charges/{charge}");
    assert_eq!(bench.get(PLATFORM, &charge).ok().number("amount_refunded"), 600);
    assert_eq!(available(&bench), 41);

    // Too little comes, then enough.
    for (amount, status) in [(500, "pending"), (200, "succeeded")] {
        bench.post(PLATFORM, "/v1/topups", &format!("amount={amount}&currency=usd")).ok();
        bench.wait(3 * Timestamp::DAY);
        assert_eq!(bench.get(PLATFORM, &refund).ok().text("status"), status, "{amount}");
    }
    let sent = bench.get(PLATFORM, &format!("{refund}?expand[]=balance_transaction")).ok();
    assert!(sent.at("pending_reason").is_null());
    assert_eq!(sent.text("destination_details.card.type"), "refund");
    assert_eq!(sent.number("balance_transaction.net"), -600);
    assert_eq!(available(&bench), 41 + 700 - 600);
    assert!(kinds(&bench).ends_with(&[refund::UPDATED, refund::CHARGE_REFUND_UPDATED]));
    assert_eq!(bench.get(PLATFORM, &charge).ok().number("amount_refunded"), 600);
}

#[test]
fn one_that_waits_can_be_called_back() {
    let bench = Bench::new();
    let (charge, refund) = waiting(&bench, "");
    assert!(bench.get(PLATFORM, &format!("/v1/charges/{charge}")).ok().is("refunded"));
    let canceled = bench.post(PLATFORM, &format!("{refund}/cancel"), "").ok();
    assert_eq!(
        (canceled.text("status"), canceled.text("failure_reason")),
        ("canceled".into(), "merchant_request".into())
    );
    assert!(canceled.at("pending_reason").is_null());
    let charge = bench.get(PLATFORM, &format!("/v1/charges/{charge}")).ok();
    assert!(!charge.is("refunded") && charge.number("amount_refunded") == 0);
    bench.post(PLATFORM, "/v1/topups", "amount=5000&currency=usd").ok();
    bench.wait(3 * Timestamp::DAY);
    assert_eq!(bench.get(PLATFORM, &refund).ok().text("status"), "canceled");
    assert_eq!(available(&bench), 41 + 5000);
}

#[test]
fn a_dispute_ends_one_that_waits() {
    let bench = Bench::new();
    let form = "amount=1000&currency=usd&source=tok_bypassPending";
    let charge = bench.post(PLATFORM, "/v1/charges", form).ok().text("id");
    bench.post(PLATFORM, "/v1/transfers", &format!("amount=900&currency=usd&destination={SELLER_ID}")).ok();
    let refund = bench.post(PLATFORM, "/v1/refunds", &format!("charge={charge}")).ok().text("id");
    bench.told();
    let caller = Caller::system(PLATFORM_ID, false);
    let opened = now(bench.api.transact(&caller, |cx| {
        let charge = charge.clone();
        Box::pin(async move {
            let charge: charge::Charge = cx.must("charge", &charge).await?;
            api::done(dispute::open(cx, &charge, dispute::Ask::new(dispute::Reason::Fraudulent)).await?.id)
        })
    }));
    assert!(opened.is_ok(), "{:?}", opened.err());
    let failed = bench.get(PLATFORM, &format!("/v1/refunds/{refund}")).ok();
    assert_eq!(
        (failed.text("status"), failed.text("failure_reason")),
        ("failed".into(), "charge_for_pending_refund_disputed".into())
    );
    let charge = bench.get(PLATFORM, &format!("/v1/charges/{charge}")).ok();
    assert!(charge.is("disputed") && !charge.is("refunded"));
    assert_eq!(bench.get(PLATFORM, "/v1/disputes").ok().number("data.0.amount"), 1000);
    assert!(kinds(&bench).contains(&refund::FAILED));
}

#[test]
fn what_is_pulled_back_waits_with_it() {
    let bench = Bench::new();
    let form = format!(
        "amount=1000&currency=usd&source=tok_bypassPending&transfer_data[destination]={SELLER_ID}&transfer_data[amount]=500"
    );
    let charge = bench.post(PLATFORM, "/v1/charges", &form).ok();
    let (charge, transfer) = (charge.text("id"), charge.text("transfer"));
    // 1000 - 59 - 500.
    assert_eq!(available(&bench), 441);
    bench.post(PLATFORM, "/v1/transfers", &format!("amount=441&currency=usd&destination={SELLER_ID}")).ok();
    let form = format!("charge={charge}&reverse_transfer=true");
    let refund = bench.post(PLATFORM, "/v1/refunds", &form).ok();
    assert_eq!(refund.text("status"), "pending");
    let reversed =
        || bench.get(PLATFORM, &format!("/v1/transfers/{transfer}")).ok().number("amount_reversed");
    assert_eq!(reversed(), 0);
    // What is pulled back pays for its part.
    bench.post(PLATFORM, "/v1/topups", "amount=500&currency=usd").ok();
    bench.wait(3 * Timestamp::DAY);
    let refund = bench.get(PLATFORM, &format!("/v1/refunds/{}", refund.text("id"))).ok();
    assert_eq!((refund.text("status"), reversed(), available(&bench)), ("succeeded".into(), 500, 0));
    assert!(refund.text("transfer_reversal").starts_with("trr_"));
}

#[test]
fn a_debit_does_not_wait() {
    let bench = Bench::new();
    let form = "amount=1000&currency=usd&confirm=true&payment_method=pm_usBankAccount_success&allowed_payment_method_types[]=us_bank_account&mandate_data[customer_acceptance][type]=offline";
    let intent = bench.post(PLATFORM, "/v1/payment_intents", form).ok().text("id");
    bench.wait(20 * Timestamp::DAY);
    let held = available(&bench);
    bench
        .post(PLATFORM, "/v1/transfers", &format!("amount={held}&currency=usd&destination={SELLER_ID}"))
        .ok();
    bench.told();
    let refund = bench.post(PLATFORM, "/v1/refunds", &format!("payment_intent={intent}")).ok();
    assert_eq!(
        (refund.text("status"), refund.text("failure_reason")),
        ("failed".into(), "insufficient_funds".into())
    );
    assert_eq!(kinds(&bench), [refund::CREATED, refund::FAILED]);
    let charge = bench.get(PLATFORM, &format!("/v1/charges/{}", refund.text("charge"))).ok();
    assert_eq!(charge.number("amount_refunded"), 0);
}
