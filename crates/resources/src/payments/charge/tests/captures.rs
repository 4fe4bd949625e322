//! Reserving now, taking later.
use super::*;

fn reserved(bench: &Bench, form: &str) -> String {
    let charge = bench.post(TOKEN, "/v1/charges", &format!("amount=2000&{VISA}&capture=false&{form}")).ok();
    assert!(charge.is("paid") && !charge.is("captured"));
    assert_eq!((charge.at("balance_transaction"), charge.number("amount_captured")), (&Node::Null, 0));
    assert_eq!(
        charge.number("payment_method_details.card.capture_before"),
        charge.number("created") + 7 * 86_400
    );
    charge.text("id")
}

#[test]
fn in_part_with_another_fee() {
    let bench = Bench::new();
    let id = reserved(&bench, "application_fee_amount=300");
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 0);
    assert_eq!(bench.get(PLATFORM, "/v1/application_fees").ok().items().len(), 0);
    bench.told();
    let path = format!("/v1/charges/{id}/capture");
    let taken = bench
        .post(TOKEN, &path, "amount=1500&application_fee_amount=100&statement_descriptor_suffix=ORDER")
        .ok();
    assert!(taken.is("captured") && !taken.is("refunded"));
    assert_eq!((taken.number("amount_captured"), taken.number("amount_refunded")), (1500, 500));
    assert_eq!(taken.number("application_fee_amount"), 100);
    assert_eq!(
        bench.told(),
        [
            (SELLER_ID.to_owned(), crate::payments::charge::CAPTURED),
            (PLATFORM_ID.to_owned(), crate::connect::application_fee::CREATED),
        ]
    );
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 1500 - 74 - 100);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount"), 100);
    assert_eq!(bench.post(TOKEN, &path, "").refusal().1, "charge_already_captured");
    // What was let go is no refund, and cannot be refunded again.
    assert_eq!(bench.get(SELLER, &format!("/v1/refunds?charge={id}")).ok().items().len(), 0);
    let more = bench.post(SELLER, "/v1/refunds", &format!("charge={id}&amount=1501"));
    assert_eq!(
        more.text("error.message"),
        "Refund amount ($15.01) is greater than unrefunded amount on charge ($15.00)"
    );
    // The fee goes back in proportion to what was taken.
    bench.post(TOKEN, "/v1/refunds", &format!("charge={id}&amount=750&refund_application_fee=true")).ok();
    assert_eq!(bench.get(PLATFORM, "/v1/application_fees").ok().number("data.0.amount_refunded"), 50);
}

#[test]
fn what_cannot_be_captured() {
    let bench = Bench::new();
    let id = reserved(&bench, "application_fee_amount=300");
    let path = format!("/v1/charges/{id}/capture");
    for (form, code, param) in [
        ("amount=2001", "amount_too_large", "amount"),
        ("amount=0", "parameter_invalid_integer", "amount"),
        ("amount=49", "amount_too_small", "amount"),
        ("amount=299", "amount_too_large", "application_fee_amount"),
        ("amount=500&application_fee_amount=501", "amount_too_large", "application_fee_amount"),
        ("colour=blue", "parameter_unknown", "colour"),
    ] {
        let (status, had, at) = bench.post(TOKEN, &path, form).refusal();
        assert_eq!((status, had.as_str(), at.as_str()), (400, code, param), "{form}");
    }
    // The account itself takes no fee of its own charge, but the fee that was agreed on stays.
    assert_eq!(
        bench.post(SELLER, &path, "application_fee_amount=10").refusal().1,
        "application_fees_not_allowed"
    );
    let taken = bench.post(SELLER, &path, "").ok();
    assert!(!taken.text("application_fee").is_empty());
    assert_eq!(bench.post(SELLER, "/v1/charges/ch_none/capture", "").refusal().0, 404);
}

#[test]
fn a_reservation_ends_after_seven_days() {
    let bench = Bench::new();
    let (late, lost) = (reserved(&bench, ""), reserved(&bench, ""));
    bench.clock.advance(7 * 86_400 - 1);
    bench.post(TOKEN, &format!("/v1/charges/{late}/capture"), "").ok();
    bench.clock.advance(1);
    bench.told();
    let path = format!("/v1/charges/{lost}/capture");
    assert_eq!(bench.post(TOKEN, &path, "").refusal().1, "charge_expired_for_capture");
    assert_eq!(bench.told(), [(SELLER_ID.to_owned(), crate::payments::charge::EXPIRED)]);
    assert!(bench.get(TOKEN, &format!("/v1/charges/{lost}")).ok().is("refunded"));
    assert_eq!(bench.post(TOKEN, &path, "").refusal().1, "charge_already_refunded");
}

#[test]
fn a_refund_lets_go_of_what_was_reserved() {
    let bench = Bench::new();
    let id = reserved(&bench, "application_fee_amount=300");
    let part = bench.post(SELLER, "/v1/refunds", &format!("charge={id}&amount=100"));
    assert_eq!(part.refusal().2, "amount");
    let refund = bench.post(SELLER, "/v1/refunds", &format!("charge={id}")).ok();
    assert_eq!((refund.at("balance_transaction"), refund.number("amount")), (&Node::Null, 2000));
    assert_eq!(refund.text("destination_details.card.type"), "reversal");
    let charge = bench.get(SELLER, &format!("/v1/charges/{id}")).ok();
    assert!(charge.is("refunded") && !charge.is("captured"));
    assert_eq!(
        bench.post(SELLER, &format!("/v1/charges/{id}/capture"), "").refusal().1,
        "charge_already_refunded"
    );
    assert_eq!(bench.get(SELLER, "/v1/balance_transactions").ok().items().len(), 0);
}

#[test]
fn what_nobody_captures_expires() {
    let bench = Bench::new();
    let form = format!("amount=1000&{VISA}&capture=false");
    let id = bench.post(SELLER, "/v1/charges", &form).ok().text("id");
    bench.told();
    bench.wait(7 * 86_400);
    let charge = bench.get(SELLER, &format!("/v1/charges/{id}")).ok();
    assert!(charge.is("refunded") && !charge.is("captured"));
    assert_eq!(bench.told(), [(SELLER_ID.to_owned(), "charge.expired")]);
    let late = bench.post(SELLER, &format!("/v1/charges/{id}/capture"), "");
    assert_eq!(late.refusal().0, 400);
}
