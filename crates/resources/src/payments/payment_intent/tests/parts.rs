//! What was reserved is taken in several parts, for longer, or above what was reserved.
use super::{CARD, path};
use crate::testing::{Answer, Bench, PLATFORM, SELLER, SELLER_ID, TOKEN};

const HELD: &str = "confirm=true&capture_method=manual";

fn asks(what: &str) -> String {
    format!("payment_method_options[card][request_{what}]=if_available")
}

fn reserved(bench: &Bench, key: &str, form: &str) -> Answer {
    let form = format!("{CARD}&{HELD}&{form}");
    let intent = bench.post(key, "/v1/payment_intents", &form).ok();
    assert_eq!(intent.text("status"), "requires_capture");
    bench.told();
    intent
}

fn capture(bench: &Bench, key: &str, intent: &Answer, form: &str) -> Answer {
    bench.post(key, &format!("{}/capture", path(intent)), form)
}

fn charge(bench: &Bench, key: &str, intent: &Answer) -> Answer {
    bench.get(key, &format!("/v1/charges/{}", intent.text("latest_charge"))).ok()
}

fn told(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).collect()
}

#[test]
fn in_several_parts() {
    let bench = Bench::new();
    let intent =
        reserved(&bench, SELLER, &format!("payment_method=pm_card_bypassPending&{}", asks("multicapture")));
    assert_eq!(
        charge(&bench, SELLER, &intent).text("payment_method_details.card.multicapture.status"),
        "available"
    );
    let first = capture(&bench, SELLER, &intent, "amount_to_capture=300&final_capture=false").ok();
    assert_eq!(
        (first.text("status"), first.number("amount_capturable"), first.number("amount_received")),
        ("requires_capture".into(), 700, 300)
    );
    assert_eq!(told(&bench), ["charge.updated", super::super::CAPTURABLE]);
    let held = charge(&bench, SELLER, &intent);
    assert!(!held.is("captured") && held.at("payment_method_details.card").get("capture_before").is_some());
    assert_eq!((held.number("amount_captured"), held.number("amount_refunded")), (300, 0));

    // Only what was taken can go back while more may be taken.
    let refund = format!("payment_intent={}", intent.text("id"));
    let more = bench.post(SELLER, "/v1/refunds", &format!("{refund}&amount=301"));
    assert_eq!(more.refusal().2, "amount");
    bench.post(SELLER, "/v1/refunds", &format!("{refund}&amount=100")).ok();
    bench.post(SELLER, "/v1/refunds", &refund).ok();
    assert_eq!(bench.post(SELLER, "/v1/refunds", &refund).refusal().1, "charge_already_refunded");
    bench.told();

    capture(&bench, SELLER, &intent, "amount_to_capture=500&final_capture=false").ok();
    let canceled = bench.post(SELLER, &format!("{}/cancel", path(&intent)), "");
    assert_eq!(canceled.refusal().1, "payment_intent_unexpected_state");
    assert!(canceled.text("error.message").contains("amount_to_capture=0"));
    bench.told();
    let last = capture(&bench, SELLER, &intent, "amount_to_capture=0").ok();
    assert_eq!(
        (last.text("status"), last.number("amount_capturable"), last.number("amount_received")),
        ("succeeded".into(), 0, 800)
    );
    assert_eq!(told(&bench), ["charge.captured", super::super::SUCCEEDED]);
    let taken = charge(&bench, SELLER, &intent);
    assert!(taken.is("captured") && !taken.is("refunded"));
    // 300 were refunded, and 200 let go.
    assert_eq!((taken.number("amount_captured"), taken.number("amount_refunded")), (800, 500));
    let moved = bench.get(SELLER, &format!("/v1/balance_transactions?source={}", taken.text("id"))).ok();
    let amounts: Vec<_> = moved.items().iter().map(|it| it.number("amount")).collect();
    assert_eq!(amounts, [500, 300]);
    assert_eq!(taken.text("balance_transaction"), moved.text("data.0.id"));
    assert_eq!(bench.post(SELLER, "/v1/refunds", &refund).ok().number("amount"), 500);
}

#[test]
fn the_last_part_ends_it() {
    let bench = Bench::new();
    let wanted = format!("payment_method=pm_card_createDispute&{}", asks("multicapture"));
    let intent = reserved(&bench, SELLER, &wanted);
    capture(&bench, SELLER, &intent, "amount_to_capture=400&final_capture=false").ok();
    bench.settle();
    assert!(!charge(&bench, SELLER, &intent).is("disputed"), "nobody disputes what is not taken yet");
    let whole = capture(&bench, SELLER, &intent, "final_capture=false").ok();
    assert_eq!((whole.text("status"), whole.number("amount_received")), ("succeeded".into(), 1000));
    bench.settle();
    let disputes = bench.get(SELLER, "/v1/disputes").ok();
    assert_eq!((disputes.items().len(), disputes.number("data.0.amount")), (1, 1000));

    // Nobody takes the rest: what was taken stays.
    let intent = reserved(&bench, SELLER, &format!("payment_method=pm_card_visa&{}", asks("multicapture")));
    capture(&bench, SELLER, &intent, "amount_to_capture=400&final_capture=false").ok();
    bench.wait(8 * 86_400);
    bench.settle();
    let over = bench.get(SELLER, &path(&intent)).ok();
    assert_eq!((over.text("status"), over.number("amount_received")), ("succeeded".into(), 400));
    let ended = charge(&bench, SELLER, &intent);
    assert_eq!((ended.is("captured"), ended.number("amount_refunded")), (true, 600));
}

#[test]
fn what_cannot_be_taken_in_parts() {
    let bench = Bench::new();
    let plain = reserved(&bench, SELLER, "payment_method=pm_card_visa");
    let wanted = format!("payment_method=pm_card_visa&{}", asks("multicapture"));
    let with_fee = reserved(&bench, TOKEN, &format!("{wanted}&application_fee_amount=10"));
    let onward = reserved(&bench, PLATFORM, &format!("{wanted}&transfer_data[destination]={SELLER_ID}"));
    for (key, intent) in [(SELLER, &plain), (TOKEN, &with_fee), (PLATFORM, &onward)] {
        let refused = capture(&bench, key, intent, "amount_to_capture=300&final_capture=false");
        let (status, code, param) = refused.refusal();
        assert_eq!(
            (status, code.as_str(), param.as_str()),
            (400, "payment_intent_invalid_parameter", "final_capture")
        );
    }
    let intent = reserved(&bench, PLATFORM, &wanted);
    let transfer = format!("amount=10&currency=usd&destination={SELLER_ID}");
    for (form, param) in [
        ("amount_to_capture=0&final_capture=false", "amount_to_capture"),
        ("amount_to_capture=0", "amount_to_capture"),
        ("amount_to_capture=1001&final_capture=false", "amount_to_capture"),
        ("amount_to_capture=300&final_capture=false&application_fee_amount=3", "application_fee_amount"),
        ("amount_to_capture=300&final_capture=false&transfer_data[amount]=3", "transfer_data[amount]"),
    ] {
        let (status, _, had) = capture(&bench, PLATFORM, &intent, form).refusal();
        assert_eq!((status, had.as_str()), (400, param), "{form}");
    }
    capture(&bench, PLATFORM, &intent, "amount_to_capture=300&final_capture=false").ok();
    let more = capture(&bench, PLATFORM, &intent, "amount_to_capture=701");
    assert_eq!(more.refusal().1, "amount_too_large");
    let of = format!("{transfer}&source_transaction={}", intent.text("latest_charge"));
    assert_eq!(bench.post(PLATFORM, "/v1/transfers", &of).refusal().0, 400);
}

#[test]
fn above_and_longer() {
    let bench = Bench::new();
    let both = format!("{}&{}", asks("overcapture"), asks("extended_authorization"));
    let intent = reserved(&bench, SELLER, &format!("payment_method=pm_card_visa&{both}"));
    let options = bench.get(SELLER, &path(&intent)).ok();
    assert_eq!(options.text("payment_method_options.card.request_overcapture"), "if_available");
    let held = charge(&bench, SELLER, &intent);
    let card = |name: &str| held.at(&format!("payment_method_details.card.{name}"));
    assert_eq!(held.number("payment_method_details.card.overcapture.maximum_amount_capturable"), 1150);
    assert_eq!(held.text("payment_method_details.card.extended_authorization.status"), "enabled");
    assert_eq!(
        held.number("payment_method_details.card.capture_before"),
        held.number("created") + 30 * 86_400
    );
    assert!(card("overcapture").get("status").is_some());
    let above = capture(&bench, SELLER, &intent, "amount_to_capture=1151");
    assert_eq!(above.refusal().1, "amount_too_large");
    bench.wait(20 * 86_400);
    let taken = capture(&bench, SELLER, &intent, "amount_to_capture=1150").ok();
    assert_eq!((taken.number("amount"), taken.number("amount_received")), (1150, 1150));
    let after = charge(&bench, SELLER, &intent);
    assert_eq!((after.number("amount"), after.number("amount_refunded")), (1150, 0));
    assert_eq!(after.number("payment_method_details.card.amount_authorized"), 1000);

    // A network that has neither.
    let other = reserved(&bench, SELLER, &format!("payment_method=pm_card_jcb&{both}"));
    let held = charge(&bench, SELLER, &other);
    assert_eq!(held.number("payment_method_details.card.overcapture.maximum_amount_capturable"), 1000);
    assert_eq!(held.text("payment_method_details.card.extended_authorization.status"), "disabled");
}
