//! More than was authorized at first, and what is sold line by line.
use super::{CARD, made, path};
use crate::testing::{Answer, Bench, PLATFORM, SELLER, SELLER_ID, TOKEN};

const WANTED: &str = "confirm=true&capture_method=manual&payment_method_options[card][request_incremental_authorization]=if_available";

fn reserved(bench: &Bench, key: &str, form: &str) -> Answer {
    let form = format!("{CARD}&{WANTED}&payment_method=pm_card_visa&{form}");
    let intent = bench.post(key, "/v1/payment_intents", &form).ok();
    assert_eq!(intent.text("status"), "requires_capture");
    bench.told();
    intent
}

fn increment(bench: &Bench, key: &str, intent: &Answer, form: &str) -> Answer {
    bench.post(key, &format!("{}/increment_authorization", path(intent)), form)
}

#[test]
fn more_is_authorized_and_taken() {
    let bench = Bench::new();
    let intent = reserved(&bench, SELLER, "");
    let charge = format!("/v1/charges/{}", intent.text("latest_charge"));
    let availability = "payment_method_details.card.incremental_authorization.status";
    assert_eq!(bench.get(SELLER, &charge).ok().text(availability), "available");
    let form = "amount=1500&description=More&metadata[n]=1&statement_descriptor=SHOP";
    let after = increment(&bench, SELLER, &intent, form).ok();
    assert_eq!((after.number("amount"), after.number("amount_capturable")), (1500, 1500));
    assert_eq!((after.text("description"), after.text("metadata.n")), ("More".into(), "1".into()));
    assert_eq!(
        (after.text("status"), after.text("statement_descriptor")),
        ("requires_capture".into(), "SHOP".into())
    );
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(told, ["charge.updated", super::super::CAPTURABLE]);
    let held = bench.get(SELLER, &charge).ok();
    assert_eq!(
        (held.number("amount"), held.number("payment_method_details.card.amount_authorized")),
        (1500, 1500)
    );
    assert_eq!(held.number("payment_method_details.card.overcapture.maximum_amount_capturable"), 1500);
    let taken = bench.post(SELLER, &format!("{}/capture", path(&intent)), "amount_to_capture=1400").ok();
    assert_eq!((taken.text("status"), taken.number("amount_received")), ("succeeded".into(), 1400));
    // 1400 - 2.9% - 30.
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 1329);
    let late = increment(&bench, SELLER, &intent, "amount=1600");
    assert_eq!(late.refusal().1, "payment_intent_unexpected_state");
    assert_eq!(late.text("error.payment_intent.status"), "succeeded");
}

#[test]
fn fees_and_parts_that_go_on_grow_with_it() {
    let bench = Bench::new();
    let direct = reserved(&bench, TOKEN, "application_fee_amount=100");
    let after = increment(&bench, TOKEN, &direct, "amount=2000&application_fee_amount=200").ok();
    assert_eq!(after.number("application_fee_amount"), 200);
    let taken = bench.post(TOKEN, &format!("{}/capture", path(&direct)), "").ok();
    assert_eq!(taken.number("amount_received"), 2000);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount"), 200);

    let onward = format!("transfer_data[destination]={SELLER_ID}&transfer_data[amount]=500");
    let sent_on = reserved(&bench, PLATFORM, &onward);
    let after = increment(&bench, PLATFORM, &sent_on, "amount=2000&transfer_data[amount]=1500").ok();
    assert_eq!(after.number("transfer_data.amount"), 1500);
    bench.post(PLATFORM, &format!("{}/capture", path(&sent_on)), "").ok();
    let transfers = bench.get(PLATFORM, "/v1/transfers").ok();
    assert_eq!(
        (transfers.number("data.0.amount"), transfers.text("data.0.destination")),
        (1500, SELLER_ID.into())
    );
}

#[test]
fn what_cannot_be_incremented() {
    let bench = Bench::new();
    let intent = reserved(&bench, SELLER, "");
    for (form, code, param) in [
        ("", "parameter_missing", "amount"),
        ("amount=1000", "amount_too_small", "amount"),
        ("amount=900", "amount_too_small", "amount"),
        ("amount=100000000", "amount_too_large", "amount"),
        ("amount=1100&application_fee_amount=10", "", "application_fee_amount"),
        ("amount=1100&transfer_data[amount]=10", "", "transfer_data[amount]"),
        ("amount=1100&statement_descriptor=%3C", "", "statement_descriptor"),
        ("amount=1100&capture_method=manual", "parameter_unknown", "capture_method"),
    ] {
        let (status, had, at) = increment(&bench, SELLER, &intent, form).refusal();
        assert_eq!((status, at.as_str()), (400, param), "{form}");
        assert!(code.is_empty() || had == code, "{form}: {had}");
    }
    assert_eq!(increment(&bench, PLATFORM, &intent, "amount=1100").refusal().0, 404);
    // It was not asked for, or the network does not have it.
    for form in [
        "payment_method=pm_card_visa&confirm=true&capture_method=manual".to_owned(),
        format!("payment_method=pm_card_jcb&{WANTED}"),
    ] {
        let other = made(&bench, &form).ok();
        let refused = increment(&bench, SELLER, &other, "amount=1100");
        assert_eq!(refused.refusal().1, "payment_intent_unexpected_state", "{form}");
    }
    for n in 0..10 {
        increment(&bench, SELLER, &intent, &format!("amount={}", 1001 + n)).ok();
    }
    let refused = increment(&bench, SELLER, &intent, "amount=1100");
    assert_eq!(refused.refusal().1, "payment_intent_unexpected_state");
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().number("amount"), 1010);
}

fn lines(of: &[(&str, i64, i64)]) -> String {
    let line = |(i, (name, quantity, cost)): (usize, &(&str, i64, i64))| {
        let at = format!("&amount_details[line_items][{i}]");
        format!("{at}[product_name]={name}{at}[quantity]={quantity}{at}[unit_cost]={cost}")
    };
    of.iter().enumerate().map(line).collect()
}

#[test]
fn what_is_sold_line_by_line() {
    let bench = Bench::new();
    let form = format!(
        "{}&amount_details[line_items][0][product_code]=c1&amount_details[line_items][0][tax][total_tax_amount]=50&amount_details[line_items][0][payment_method_options][card][commodity_code]=44&amount_details[shipping][amount]=50",
        lines(&[("chair", 2, 300), ("table", 1, 300)])
    );
    let intent = made(&bench, &form).ok();
    assert!(intent.at("amount_details").get("error").is_none());
    let listed = bench.get(SELLER, &format!("{}/amount_details_line_items", path(&intent))).ok();
    let first = |name: &str| listed.text(&format!("data.0.{name}"));
    assert_eq!(
        (first("object"), first("product_name")),
        ("payment_intent_amount_details_line_item".into(), "chair".into())
    );
    assert_eq!(
        (first("product_code"), first("payment_method_options.card.commodity_code")),
        ("c1".into(), "44".into())
    );
    assert_eq!((listed.number("data.0.tax.total_tax_amount"), listed.number("data.1.unit_cost")), (50, 300));
    assert_eq!(listed.items().len(), 2);
    let shown = bench.get(SELLER, &format!("{}?expand[]=amount_details.line_items", path(&intent))).ok();
    assert_eq!(shown.text("amount_details.line_items.data.1.product_name"), "table");
    let url = format!("{}/amount_details_line_items", path(&intent));
    assert_eq!(
        (shown.text("amount_details.line_items.url"), shown.is("amount_details.line_items.has_more")),
        (url.clone(), false)
    );
    let second = bench.get(SELLER, &format!("{url}?limit=1&starting_after={}", first("id"))).ok();
    assert_eq!((second.text("data.0.product_name"), second.is("has_more")), ("table".into(), false));

    // They do not add up: told, or refused where the caller wants that.
    let off = lines(&[("chair", 1, 999)]);
    let told = bench.post(SELLER, &path(&intent), &off).ok();
    assert_eq!(told.text("amount_details.error.code"), "amount_details_amount_mismatch");
    let refused = bench.post(
        SELLER,
        &path(&intent),
        &format!("{off}&amount_details[enforce_arithmetic_validation]=true"),
    );
    assert_eq!(refused.refusal(), (400, "amount_details_amount_mismatch".into(), "amount_details".into()));
    let many: Vec<_> = (0..12).map(|_| ("screw", 1, 10)).collect();
    let told = bench.post(SELLER, &path(&intent), &lines(&many)).ok();
    assert!(told.is("amount_details.line_items.has_more"));
    assert_eq!(bench.get(SELLER, &url).ok().items().len(), 10);
    assert_eq!(bench.get(SELLER, &format!("{url}?limit=100")).ok().items().len(), 12);
    let cleared = bench.post(SELLER, &path(&intent), "amount_details[line_items]=").ok();
    assert!(cleared.at("amount_details").get("line_items").is_none());
    assert_eq!(bench.get(SELLER, &url).ok().items().len(), 0);
    assert_eq!(bench.get(PLATFORM, &url).refusal().0, 404);
}

#[test]
fn lines_that_cannot_be() {
    let bench = Bench::new();
    let too_many: Vec<_> = (0..201).map(|_| ("screw", 1, 1)).collect();
    let at = "amount_details[line_items][0]";
    for (form, param) in [
        (lines(&too_many), "amount_details[line_items]".to_owned()),
        (lines(&[("chair", 0, 1)]), format!("{at}[quantity]")),
        (lines(&[("chair", 1, -1)]), format!("{at}[unit_cost]")),
        (format!("{}&{at}[discount_amount]=-1", lines(&[("chair", 1, 1)])), format!("{at}[discount_amount]")),
        (
            format!("{}&{at}[product_code]=1234567890123", lines(&[("chair", 1, 1)])),
            format!("{at}[product_code]"),
        ),
        (format!("{at}[quantity]=1&{at}[unit_cost]=1"), format!("{at}[product_name]")),
        (format!("{}&{at}[color]=red", lines(&[("chair", 1, 1)])), format!("{at}[color]")),
    ] {
        let (status, _, had) = made(&bench, &form).refusal();
        assert_eq!((status, had), (400, param), "{}", &form[..form.len().min(200)]);
    }
}
