//! Money that goes back, of charges and of application fees.
use super::*;
use crate::{
    connect::{application_fee, fee_refund},
    payments::{charge, refund},
};

fn charged(bench: &Bench, form: &str) -> String {
    let id = bench.post(TOKEN, "/v1/charges", &format!("amount=1000&{VISA}&{form}")).ok().text("id");
    bench.told();
    id
}

#[test]
fn in_parts_until_nothing_is_left() {
    let bench = Bench::new();
    let id = charged(&bench, "description=A+chair");
    let form = format!("charge={id}&amount=400&reason=requested_by_customer&metadata[n]=1");
    let part = bench.post(TOKEN, "/v1/refunds", &form).ok();
    assert_eq!((part.text("object"), part.text("status")), ("refund".into(), "succeeded".into()));
    assert_eq!((part.number("amount"), part.text("reason")), (400, "requested_by_customer".into()));
    assert_eq!((part.text("charge"), part.text("metadata.n")), (id.clone(), "1".into()));
    let moved =
        bench.get(SELLER, &format!("/v1/balance_transactions/{}", part.text("balance_transaction"))).ok();
    assert_eq!((moved.number("amount"), moved.number("fee"), moved.number("net")), (-400, 0, -400));
    assert_eq!((moved.text("type"), moved.text("source")), ("refund".into(), part.text("id")));
    assert_eq!(moved.text("description"), "REFUND FOR CHARGE (A chair)");
    let facts = bench.facts();
    assert_eq!(facts.iter().map(|fact| fact.kind).collect::<Vec<_>>(), [charge::REFUNDED, refund::CREATED]);
    assert_eq!(facts[0].previous.as_deref(), Some(r#"{"amount_refunded":0}"#));
    let half = bench.get(TOKEN, &format!("/v1/charges/{id}")).ok();
    assert!(!half.is("refunded"));

    let more = bench.post(TOKEN, "/v1/refunds", &format!("charge={id}&amount=601"));
    assert_eq!(more.refusal(), (400, String::new(), "amount".into()));
    let rest = bench.post(TOKEN, "/v1/refunds", &format!("charge={id}")).ok();
    let whole = bench.get(TOKEN, &format!("/v1/charges/{id}?expand[]=refunds")).ok();
    assert!(whole.is("refunded"));
    assert_eq!((whole.number("refunds.data.0.amount"), whole.number("refunds.data.1.amount")), (600, 400));
    assert_eq!(whole.text("refunds.url"), format!("/v1/charges/{id}/refunds"));
    assert_eq!(
        bench.post(TOKEN, "/v1/refunds", &format!("charge={id}")).refusal().1,
        "charge_already_refunded"
    );
    // Processing is not paid back.
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), -59);

    let path = format!("/v1/refunds/{}", part.text("id"));
    bench.told();
    assert_eq!(bench.post(TOKEN, &path, "metadata[n]=2").ok().text("metadata.n"), "2");
    assert_eq!(
        bench.told().iter().map(|(_, kind)| *kind).collect::<Vec<_>>(),
        [refund::UPDATED, refund::CHARGE_REFUND_UPDATED]
    );
    assert_eq!(bench.get(TOKEN, &path).ok().text("metadata.n"), "2");
    let listed = bench.get(TOKEN, &format!("/v1/refunds?charge={id}")).ok();
    assert_eq!((listed.text("data.0.id"), listed.items().len()), (rest.text("id"), 2));
    let source = format!("/v1/balance_transactions?source={}", rest.text("id"));
    assert_eq!(bench.get(TOKEN, &source).ok().text("data.0.id"), rest.text("balance_transaction"));
    assert_eq!(bench.get(TOKEN, "/v1/balance_transactions?type=refund").ok().items().len(), 2);
    assert_eq!(bench.get(TOKEN, "/v1/balance_transactions?type=payout&currency=usd").ok().items().len(), 0);
}

#[test]
fn the_earlier_forms_do_the_same() {
    let bench = Bench::new();
    let id = charged(&bench, "application_fee=200");
    let part = bench.post(TOKEN, &format!("/v1/charges/{id}/refund"), "amount=400").ok();
    assert_eq!((part.text("object"), part.number("amount_refunded")), ("charge".into(), 400));
    let below = format!("/v1/charges/{id}/refunds");
    let second = bench.post(TOKEN, &below, "amount=100&reason=duplicate").ok();
    assert_eq!((second.text("object"), second.text("reason")), ("refund".into(), "duplicate".into()));
    let listed = bench.get(TOKEN, &below).ok();
    assert_eq!((listed.text("url"), listed.items().len()), (below.clone(), 2));
    let one = format!("{below}/{}", second.text("id"));
    assert_eq!(bench.get(TOKEN, &one).ok().text("id"), second.text("id"));
    assert_eq!(bench.post(TOKEN, &one, "metadata[a]=b").ok().text("metadata.a"), "b");
    let other = charged(&bench, "");
    assert_eq!(bench.get(TOKEN, &format!("/v1/charges/{other}/refunds/{}", second.text("id"))).status, 404);
    assert_eq!(bench.get(TOKEN, "/v1/charges/ch_none/refunds").status, 404);
    let fee = bench.get(PLATFORM, "/v1/application_fees").ok().text("data.0.id");
    let whole = bench.post(PLATFORM, &format!("/v1/application_fees/{fee}/refund"), "").ok();
    assert_eq!((whole.text("object"), whole.is("refunded")), ("application_fee".into(), true));
}

#[test]
fn what_cannot_be_refunded() {
    let bench = Bench::new();
    let id = charged(&bench, "");
    for (form, status, code, param) in [
        (String::new(), 400, "parameter_missing", "charge"),
        ("charge=ch_none".into(), 400, "resource_missing", "charge"),
        (format!("charge={id}&amount=0"), 400, "parameter_invalid_integer", "amount"),
        (format!("charge={id}&reason=whim"), 400, "", "reason"),
        (format!("charge={id}&reverse_transfer=true"), 400, "", "reverse_transfer"),
        (format!("charge={id}&refund_application_fee=true"), 400, "", "refund_application_fee"),
    ] {
        let (had_status, had, at) = bench.post(TOKEN, "/v1/refunds", &form).refusal();
        assert_eq!((had_status, had.as_str(), at.as_str()), (status, code, param), "{form}");
    }
    assert_eq!(bench.post(PLATFORM, "/v1/refunds", &format!("charge={id}")).refusal().1, "resource_missing");
    let suspect = bench.post(TOKEN, "/v1/refunds", &format!("charge={id}&reason=fraudulent")).ok();
    assert_eq!(suspect.text("reason"), "fraudulent");
    let charge = bench.get(TOKEN, &format!("/v1/charges/{id}")).ok();
    assert_eq!(charge.text("fraud_details.user_report"), "fraudulent");
}

#[test]
fn the_application_fee_goes_back_when_asked() {
    let bench = Bench::new();
    let id = charged(&bench, "application_fee_amount=200");
    let fee = bench.get(PLATFORM, "/v1/application_fees").ok().text("data.0.id");
    let returned =
        || bench.get(PLATFORM, &format!("/v1/application_fees/{fee}")).ok().number("amount_refunded");
    bench.post(TOKEN, "/v1/refunds", &format!("charge={id}&amount=500")).ok();
    assert_eq!(returned(), 0);
    // Only who took the fee can give it back.
    let own =
        bench.post(SELLER, "/v1/refunds", &format!("charge={id}&amount=250&refund_application_fee=true"));
    assert_eq!(own.refusal().2, "refund_application_fee");
    bench.told();
    let part =
        bench.post(TOKEN, "/v1/refunds", &format!("charge={id}&amount=250&refund_application_fee=true")).ok();
    assert_eq!(returned(), 50);
    let moved =
        bench.get(SELLER, &format!("/v1/balance_transactions/{}", part.text("balance_transaction"))).ok();
    assert_eq!((moved.number("amount"), moved.number("fee"), moved.number("net")), (-250, -50, -200));
    assert_eq!(
        (moved.text("fee_details.0.type"), moved.number("fee_details.0.amount")),
        ("application_fee".into(), -50)
    );
    assert_eq!(
        bench.told(),
        [
            (SELLER_ID.to_owned(), charge::REFUNDED),
            (SELLER_ID.to_owned(), refund::CREATED),
            (PLATFORM_ID.to_owned(), application_fee::REFUNDED),
        ]
    );
    // 1000 - 59 - 200 - 500 - 250 + 50, and 200 - 50.
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 41);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount"), 150);
}

#[test]
fn the_platform_gives_a_fee_back_by_itself() {
    let bench = Bench::new();
    charged(&bench, "application_fee_amount=200");
    let fee = bench.get(PLATFORM, "/v1/application_fees").ok().text("data.0.id");
    let path = format!("/v1/application_fees/{fee}/refunds");
    let part = bench.post(PLATFORM, &path, "amount=80&metadata[why]=kind").ok();
    assert_eq!(
        (part.text("object"), part.number("amount"), part.text("fee")),
        ("fee_refund".into(), 80, fee.clone())
    );
    assert_eq!(bench.told(), [(PLATFORM_ID.to_owned(), application_fee::REFUNDED)]);
    assert_eq!(bench.post(PLATFORM, &path, "amount=121").refusal().2, "amount");
    assert_eq!(bench.post(PLATFORM, &path, "amount=-1").refusal().2, "amount");
    assert_eq!(bench.post(TOKEN, &path, "").refusal().0, 404);
    let one = format!("{path}/{}", part.text("id"));
    assert_eq!(bench.post(PLATFORM, &one, "metadata[why]=").ok().at("metadata"), &Node::Map(Vec::new()));
    assert_eq!(bench.told(), [(PLATFORM_ID.to_owned(), fee_refund::UPDATED)]);
    assert_eq!(bench.get(PLATFORM, &one).ok().at("metadata"), &Node::Map(Vec::new()));
    assert_eq!(
        bench.get(PLATFORM, &format!("/v1/application_fees/fee_none/refunds/{}", part.text("id"))).status,
        404
    );
    bench.post(PLATFORM, &path, "").ok();
    let whole = bench.get(PLATFORM, &format!("/v1/application_fees/{fee}")).ok();
    assert!(whole.is("refunded"));
    assert_eq!((whole.number("refunds.data.0.amount"), whole.number("refunds.data.1.amount")), (120, 80));
    assert_eq!(whole.at("refunds.data.1.metadata"), &Node::Map(Vec::new()));
    assert_eq!(bench.get(PLATFORM, &path).ok().items().len(), 2);
    assert_eq!(bench.post(PLATFORM, &path, "").status, 400);
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 941);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount"), 0);
    assert_eq!(bench.get(SELLER, "/v1/balance_transactions?type=adjustment").ok().number("data.1.net"), 80);
}

#[test]
fn a_refund_can_be_on_its_way() {
    let bench = Bench::new();
    let form = "amount=1000&currency=usd&source=tok_pendingRefund";
    let id = bench.post(SELLER, "/v1/charges", form).ok().text("id");
    let refund = bench.post(SELLER, "/v1/refunds", &format!("charge={id}")).ok();
    assert_eq!(
        (refund.text("status"), refund.text("pending_reason")),
        ("pending".into(), "processing".into())
    );
    assert_eq!(refund.text("destination_details.card.type"), "pending");
}

#[test]
fn on_the_way_then_there_or_called_back() {
    let bench = Bench::new();
    let pending = |bench: &Bench| {
        let form = "amount=1000&currency=usd&source=tok_pendingRefund";
        let id = bench.post(TOKEN, "/v1/charges", form).ok().text("id");
        let it = bench.post(TOKEN, "/v1/refunds", &format!("charge={id}")).ok();
        assert_eq!((it.text("status"), it.text("pending_reason")), ("pending".into(), "processing".into()));
        bench.told();
        (id, format!("/v1/refunds/{}", it.text("id")))
    };
    let (_, settled) = pending(&bench);
    bench.settle();
    assert_eq!(bench.get(TOKEN, &settled).ok().text("status"), "pending");
    bench.clock.advance(60);
    bench.settle();
    let it = bench.get(TOKEN, &settled).ok();
    assert_eq!(
        (it.text("status"), it.text("destination_details.card.type")),
        ("succeeded".into(), "refund".into())
    );
    assert!(it.at("pending_reason").is_null());
    let kinds: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [refund::UPDATED, refund::CHARGE_REFUND_UPDATED]);
    let late = bench.post(TOKEN, &format!("{settled}/cancel"), "");
    assert_eq!(late.refusal().0, 400);

    let (charge, canceled) = pending(&bench);
    let it = bench.post(TOKEN, &format!("{canceled}/cancel"), "").ok();
    assert_eq!(
        (it.text("status"), it.text("failure_reason")),
        ("canceled".into(), "merchant_request".into())
    );
    bench.clock.advance(60);
    bench.settle();
    assert_eq!(bench.get(TOKEN, &canceled).ok().text("status"), "canceled");
    let charge = bench.get(TOKEN, &format!("/v1/charges/{charge}")).ok();
    assert!(!charge.is("refunded") && charge.number("amount_refunded") == 0);
    assert_eq!(bench.post(crate::testing::PLATFORM, &format!("{canceled}/cancel"), "").refusal().0, 404);
}

#[test]
fn a_refund_that_fails_gives_the_money_back() {
    let bench = Bench::new();
    let form = "amount=1000&currency=usd&source=tok_refundFail";
    let id = bench.post(TOKEN, "/v1/charges", form).ok().text("id");
    let it = bench.post(TOKEN, "/v1/refunds", &format!("charge={id}&amount=400")).ok();
    assert_eq!(it.text("status"), "succeeded");
    bench.told();
    bench.clock.advance(60);
    bench.settle();
    let path = format!("/v1/refunds/{}?expand[]=failure_balance_transaction", it.text("id"));
    let failed = bench.get(TOKEN, &path).ok();
    assert_eq!((failed.text("status"), failed.text("failure_reason")), ("failed".into(), "unknown".into()));
    let moved = |name: &str| failed.text(&format!("failure_balance_transaction.{name}"));
    assert_eq!(
        (moved("type"), moved("reporting_category")),
        ("refund_failure".into(), "refund_failure".into())
    );
    assert_eq!((failed.number("failure_balance_transaction.net"), moved("source")), (400, it.text("id")));
    let told = bench.told();
    assert!(told.iter().any(|(_, kind)| *kind == refund::FAILED));
    let charge = bench.get(TOKEN, &format!("/v1/charges/{id}")).ok();
    assert_eq!(charge.number("amount_refunded"), 0);
    let source = format!("/v1/balance_transactions?source={}", it.text("id"));
    assert_eq!(bench.get(TOKEN, &source).ok().items().len(), 2);
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 1000 - 59);
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
}
