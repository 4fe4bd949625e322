//! Top-ups, asked over the whole pipeline while the clock is moved.
use crate::testing::{Bench, PLATFORM};

const DAY: i64 = 86_400;

fn made(bench: &Bench, source: &str) -> String {
    let form = format!("amount=5000&currency=usd&source={source}&description=float&transfer_group=may");
    bench.post(PLATFORM, "/v1/topups", &form).ok().text("id")
}

#[test]
fn money_comes_from_the_bank() {
    let bench = Bench::new();
    let id = made(&bench, "btok_us_verified");
    let path = format!("/v1/topups/{id}");
    let topup = bench.get(PLATFORM, &path).ok();
    assert_eq!(
        (topup.text("status"), topup.text("source.ach_debit.last4")),
        ("pending".into(), "6789".into())
    );
    assert_eq!(topup.number("expected_availability_date"), 1_381_104_000 + DAY);
    bench.wait(DAY);
    let topup = bench.get(PLATFORM, &path).ok();
    assert_eq!(topup.text("status"), "succeeded");
    let moved = format!("/v1/balance_transactions/{}", topup.text("balance_transaction"));
    let moved = bench.get(PLATFORM, &moved).ok();
    assert_eq!((moved.number("net"), moved.text("type"), moved.text("source")), (5000, "topup".into(), id));
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("available.0.amount"), 5000);
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(told, ["topup.created", "topup.succeeded", "balance.available"]);
    assert_eq!(bench.post(PLATFORM, &format!("{path}/cancel"), "").refusal().0, 400);
    assert_eq!(bench.post(PLATFORM, &path, "metadata[a]=b&description=").ok().text("metadata.a"), "b");
    assert_eq!(bench.get(PLATFORM, "/v1/topups?status=succeeded&amount[gte]=5000").ok().items().len(), 1);
    assert_eq!(bench.get(PLATFORM, "/v1/topups?status=failed").ok().items().len(), 0);
}

#[test]
fn the_documented_tokens_fail_as_documented() {
    let bench = Bench::new();
    for (source, code) in [
        ("btok_us_verified_noAccount", "no_account"),
        ("btok_us_verified_accountClosed", "account_closed"),
        ("btok_us_verified_insufficientFunds", "insufficient_funds"),
        ("btok_us_verified_debitNotAuthorized", "debit_not_authorized"),
        ("btok_us_verified_invalidCurrency", "invalid_currency"),
    ] {
        let id = made(&bench, source);
        bench.wait(3 * DAY);
        let topup = bench.get(PLATFORM, &format!("/v1/topups/{id}")).ok();
        assert_eq!((topup.text("status"), topup.text("failure_code")), ("failed".into(), code.into()));
    }
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("available.0.amount"), 0);
}

#[test]
fn a_topup_is_called_off() {
    let bench = Bench::new();
    let id = made(&bench, "btok_us_verified");
    let canceled = bench.post(PLATFORM, &format!("/v1/topups/{id}/cancel"), "").ok();
    assert_eq!(canceled.text("status"), "canceled");
    bench.wait(3 * DAY);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("available.0.amount"), 0);
    for (form, param) in [
        ("amount=5&currency=usd&source=tok_visa", "source"),
        ("amount=5&currency=usd&source=btok_none", "source"),
        ("amount=5&currency=eur&source=btok_us_verified", "currency"),
        ("amount=-5&currency=usd&source=btok_us_verified", "amount"),
        (
            "amount=5&currency=usd&source=btok_us_verified&statement_descriptor=SIXTEEN+LETTERS!",
            "statement_descriptor",
        ),
    ] {
        assert_eq!(bench.post(PLATFORM, "/v1/topups", form).refusal().2, param, "{form}");
    }
}

#[test]
fn a_topup_that_names_no_source_debits_the_bank_that_was_set_up_and_money_at_once_is_told_of() {
    let bench = Bench::new();
    let topup = bench.post(PLATFORM, "/v1/topups", "amount=5000&currency=usd").ok();
    assert_eq!((topup.text("status"), topup.at("source")), ("pending".into(), &wire::Node::Null));
    bench.wait(3 * DAY);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("available.0.amount"), 5000);
    bench.told();
    bench.post(PLATFORM, "/v1/charges", "amount=1000&currency=usd&source=tok_bypassPending").ok();
    bench.settle();
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(told, ["charge.succeeded", "balance.available"]);
}

#[test]
fn the_bank_can_take_it_back() {
    let bench = Bench::new();
    let form = "bank_account[country]=US&bank_account[currency]=usd&bank_account[account_holder_type]=individual&bank_account[routing_number]=110000000&bank_account[account_number]=000555555559";
    let token = bench.post(PLATFORM, "/v1/tokens", form).ok().text("id");
    let id = made(&bench, &token);
    bench.wait(3 * DAY);
    let topup = bench.get(PLATFORM, &format!("/v1/topups/{id}")).ok();
    assert_eq!(topup.text("status"), "reversed");
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert!(told.contains(&"topup.succeeded") && told.contains(&"topup.reversed"), "{told:?}");
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("available.0.amount"), 0);
    let moved = bench.get(PLATFORM, "/v1/balance_transactions?type=topup_reversal").ok();
    assert_eq!((moved.number("data.0.net"), moved.text("data.0.source")), (-5000, id));
}

/// A bank account of the platform's own.
fn own(bench: &Bench, number: &str) -> String {
    let form = format!(
        "type=us_bank_account&us_bank_account[account_holder_type]=company&us_bank_account[routing_number]=110000000&us_bank_account[account_number]={number}&billing_details[name]=Acme"
    );
    let method = bench.post(PLATFORM, "/v1/payment_methods", &form).ok().text("id");
    let form = format!(
        "allowed_payment_method_types[]=us_bank_account&attach_to_self=true&flow_directions[]=inbound&confirm=true&payment_method={method}&mandate_data[customer_acceptance][type]=offline"
    );
    let setup = bench.post(PLATFORM, "/v1/setup_intents", &form).ok();
    assert!(setup.is("attach_to_self"));
    let path = format!("/v1/setup_intents/{}/verify_microdeposits", setup.text("id"));
    let ready = bench.post(PLATFORM, &path, "amounts[]=32&amounts[]=45").ok();
    assert_eq!(
        (ready.text("status"), ready.text("flow_directions.0")),
        ("succeeded".into(), "inbound".into())
    );
    method
}

#[test]
fn from_a_payment_method_of_its_own() {
    let bench = Bench::new();
    let method = own(&bench, "000123456789");
    let form = format!(
        "amount=5000&currency=usd&payment_method={method}&payment_method_options[us_bank_account][network]=ach"
    );
    for _ in 0..2 {
        let topup = bench.post(PLATFORM, "/v1/topups", &form).ok();
        assert_eq!(topup.text("payment_method"), method);
        assert_eq!(topup.text("payment_method_options.us_bank_account.network"), "ach");
        bench.wait(4 * DAY);
        let path = format!("/v1/topups/{}", topup.text("id"));
        assert_eq!(bench.get(PLATFORM, &path).ok().text("status"), "succeeded");
    }
    let broke = own(&bench, "000222222227");
    let form = format!("amount=5000&currency=usd&payment_method={broke}");
    let topup = bench.post(PLATFORM, "/v1/topups", &form).ok();
    bench.wait(4 * DAY);
    let path = format!("/v1/topups/{}", topup.text("id"));
    assert_eq!(bench.get(PLATFORM, &path).ok().text("failure_code"), "insufficient_funds");

    // It is for nothing else, and nothing else is for this.
    let pays = format!(
        "amount=500&currency=usd&allowed_payment_method_types[]=us_bank_account&confirm=true&payment_method={method}"
    );
    assert_eq!(
        bench.post(PLATFORM, "/v1/payment_intents", &pays).refusal().1,
        "payment_method_unexpected_state"
    );
    let customer = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
    let attach = format!("/v1/payment_methods/{method}/attach");
    let kept = bench.post(PLATFORM, &attach, &format!("customer={customer}"));
    assert_eq!(kept.refusal().1, "payment_method_unexpected_state");
    let card = bench.post(PLATFORM, "/v1/payment_methods", "type=card&card[token]=tok_visa").ok().text("id");
    for (form, param) in [
        ("payment_method=pm_none".to_owned(), "payment_method"),
        (format!("payment_method={card}"), "payment_method"),
        (format!("payment_method={method}&source=btok_us_verified"), "source"),
        ("payment_method_options[us_bank_account][network]=ach".to_owned(), "payment_method_options"),
    ] {
        let refused = bench.post(PLATFORM, "/v1/topups", &format!("amount=5000&currency=usd&{form}"));
        assert_eq!((refused.refusal().0, refused.refusal().2), (400, param.to_owned()), "{form}");
    }
}
