use crate::testing::{Answer, Bench, PLATFORM, PLATFORM_ID};
use wire::Node;

fn customer(bench: &Bench) -> String {
    let id = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
    bench.told();
    id
}

fn fund(bench: &Bench, customer: &str, form: &str) -> Answer {
    bench.post(PLATFORM, &format!("/v1/test_helpers/customers/{customer}/fund_cash_balance"), form)
}

fn cash(bench: &Bench, customer: &str, currency: &str) -> Option<i64> {
    let it = bench.get(PLATFORM, &format!("/v1/customers/{customer}/cash_balance")).ok();
    it.at("available").get(currency).and_then(Node::as_i64)
}

const US: &str = "payment_method_options[customer_balance][funding_type]=bank_transfer&payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer";

fn pay(bench: &Bench, customer: &str, amount: i64, form: &str) -> Answer {
    let form = format!(
        "amount={amount}&currency=usd&customer={customer}&allowed_payment_method_types[]=customer_balance&payment_method_data[type]=customer_balance&confirm=true&{form}"
    );
    bench.post(PLATFORM, "/v1/payment_intents", &form)
}

fn seen(bench: &Bench, intent: &Answer) -> Answer {
    bench.get(PLATFORM, &format!("/v1/payment_intents/{}", intent.text("id"))).ok()
}

fn moves(bench: &Bench, customer: &str) -> Vec<(String, i64, i64)> {
    let listed = bench.get(PLATFORM, &format!("/v1/customers/{customer}/cash_balance_transactions")).ok();
    let tell = |it: &Answer| (it.text("type"), it.number("net_amount"), it.number("ending_balance"));
    listed.items().iter().map(tell).collect()
}

fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().filter(|(who, _)| who == PLATFORM_ID).map(|(_, kind)| kind).collect()
}

#[test]
fn money_that_is_there_pays() {
    let bench = Bench::new();
    let id = customer(&bench);
    assert_eq!(cash(&bench, &id, "usd"), None);
    let funded = fund(&bench, &id, "amount=1500&currency=usd&reference=R1").ok();
    assert_eq!((funded.text("type"), funded.number("net_amount")), ("funded".into(), 1500));
    assert_eq!(funded.text("funded.bank_transfer.type"), "us_bank_transfer");
    assert_eq!(funded.text("funded.bank_transfer.reference"), "R1");
    assert_eq!(kinds(&bench), ["customer_cash_balance_transaction.created", super::FUNDS_AVAILABLE]);
    let intent = pay(&bench, &id, 1000, "").ok();
    assert_eq!((intent.text("status"), intent.number("amount_received")), ("succeeded".into(), 1000));
    let charge = bench.get(PLATFORM, &format!("/v1/charges/{}", intent.text("latest_charge"))).ok();
    assert_eq!(charge.text("payment_method_details.type"), "customer_balance");
    assert_eq!(charge.text("customer"), id);
    assert_eq!(cash(&bench, &id, "usd"), Some(500));
    assert_eq!(
        moves(&bench, &id),
        [("applied_to_payment".to_owned(), -1000, 500), ("funded".to_owned(), 1500, 1500)]
    );
    let held = bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount");
    assert!((900..1000).contains(&held), "{held}");
    let path = format!("/v1/customers/{id}?expand[]=cash_balance");
    assert_eq!(bench.get(PLATFORM, &path).ok().number("cash_balance.available.usd"), 500);
    // A refund goes back to where it came from.
    let refund =
        bench.post(PLATFORM, "/v1/refunds", &format!("charge={}&amount=400", charge.text("id"))).ok();
    assert_eq!(refund.text("status"), "succeeded");
    assert_eq!(cash(&bench, &id, "usd"), Some(900));
    assert_eq!(moves(&bench, &id)[0], ("refunded_from_payment".to_owned(), 400, 900));
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount"), held - 400);
    let one = bench
        .get(PLATFORM, &format!("/v1/customers/{id}/cash_balance_transactions/{}", funded.text("id")))
        .ok();
    assert_eq!(one.text("id"), funded.text("id"));
    let other = customer(&bench);
    let foreign = bench
        .get(PLATFORM, &format!("/v1/customers/{other}/cash_balance_transactions/{}", funded.text("id")));
    assert_eq!(foreign.refusal().0, 404);
}

#[test]
fn who_lacks_money_is_told_where_to_send_it() {
    let bench = Bench::new();
    let id = customer(&bench);
    let intent = pay(&bench, &id, 1000, US).ok();
    assert_eq!(intent.text("status"), "requires_action");
    let told =
        |it: &Answer, name: &str| it.text(&format!("next_action.display_bank_transfer_instructions.{name}"));
    assert_eq!((told(&intent, "type"), told(&intent, "currency")), ("us_bank_transfer".into(), "usd".into()));
    assert_eq!(told(&intent, "financial_addresses.0.aba.routing_number"), "110000000");
    assert_eq!(told(&intent, "financial_addresses.1.type"), "swift");
    let lacks = |it: &Answer| it.number("next_action.display_bank_transfer_instructions.amount_remaining");
    assert_eq!(lacks(&intent), 1000);
    let younger = pay(
        &bench,
        &id,
        300,
        &format!(
            "{US}&payment_method_options[customer_balance][bank_transfer][requested_address_types][]=swift"
        ),
    )
    .ok();
    assert_eq!(told(&younger, "financial_addresses.0.type"), "swift");
    bench.told();
    // The older one takes first; a part is not enough.
    fund(&bench, &id, "amount=400&currency=usd").ok();
    assert_eq!(
        kinds(&bench),
        [
            "customer_cash_balance_transaction.created",
            "customer_cash_balance_transaction.created",
            "payment_intent.partially_funded"
        ]
    );
    assert_eq!(lacks(&seen(&bench, &intent)), 600);
    // What names the younger one goes there.
    fund(&bench, &id, &format!("amount=350&currency=usd&reference={}", told(&younger, "reference"))).ok();
    assert_eq!(seen(&bench, &younger).text("status"), "succeeded");
    assert_eq!(lacks(&seen(&bench, &intent)), 550);
    bench.told();
    fund(&bench, &id, "amount=600&currency=usd").ok();
    let paid = seen(&bench, &intent);
    assert_eq!((paid.text("status"), paid.at("next_action").is_null()), ("succeeded".into(), true));
    assert_eq!(cash(&bench, &id, "usd"), Some(50));
    let told = kinds(&bench);
    assert!(told.contains(&"payment_intent.succeeded") && told.contains(&super::FUNDS_AVAILABLE), "{told:?}");
    // Another currency pays nothing.
    let waits = pay(&bench, &id, 100, US).ok();
    fund(&bench, &id, "amount=500&currency=eur").ok();
    assert_eq!(lacks(&seen(&bench, &waits)), 50);
}

#[test]
fn what_is_given_up_gives_back() {
    let bench = Bench::new();
    let id = customer(&bench);
    fund(&bench, &id, "amount=400&currency=usd").ok();
    let intent = pay(&bench, &id, 1000, US).ok();
    assert_eq!(intent.number("next_action.display_bank_transfer_instructions.amount_remaining"), 600);
    assert_eq!(cash(&bench, &id, "usd"), None);
    let path = format!("/v1/payment_intents/{}", intent.text("id"));
    assert_eq!(bench.post(PLATFORM, &path, "amount=300").refusal().2, "amount");
    bench.post(PLATFORM, &format!("{path}/cancel"), "").ok();
    assert_eq!(cash(&bench, &id, "usd"), Some(400));
    assert_eq!(moves(&bench, &id)[0].0, "unapplied_from_payment");
    // So does one that is paid otherwise.
    let intent = pay(&bench, &id, 1000, &format!("{US}&allowed_payment_method_types[]=card")).ok();
    assert_eq!(cash(&bench, &id, "usd"), None);
    let path = format!("/v1/payment_intents/{}/confirm", intent.text("id"));
    let paid = bench.post(PLATFORM, &path, "payment_method=pm_card_visa").ok();
    assert_eq!((paid.text("status"), cash(&bench, &id, "usd")), ("succeeded".into(), Some(400)));
}

#[test]
fn the_account_can_reconcile_by_hand() {
    let bench = Bench::new();
    let id = customer(&bench);
    let at = format!("/v1/customers/{id}/cash_balance");
    let set = bench.post(PLATFORM, &at, "settings[reconciliation_mode]=manual").ok();
    assert_eq!(
        (set.text("settings.reconciliation_mode"), set.is("settings.using_merchant_default")),
        ("manual".into(), false)
    );
    let intent = pay(&bench, &id, 1000, US).ok();
    fund(&bench, &id, "amount=1200&currency=usd").ok();
    assert_eq!(seen(&bench, &intent).text("status"), "requires_action");
    let path = format!("/v1/payment_intents/{}/apply_customer_balance", intent.text("id"));
    for (form, param) in [("amount=1300", "amount"), ("amount=0", "amount"), ("currency=eur", "currency")] {
        assert_eq!(bench.post(PLATFORM, &path, form).refusal().2, param, "{form}");
    }
    let part = bench.post(PLATFORM, &path, "amount=400").ok();
    assert_eq!(part.number("next_action.display_bank_transfer_instructions.amount_remaining"), 600);
    assert_eq!(bench.post(PLATFORM, &path, "").ok().text("status"), "succeeded");
    assert_eq!(cash(&bench, &id, "usd"), Some(200));
    assert_eq!(bench.post(PLATFORM, &path, "").refusal().1, "payment_intent_unexpected_state");
    let back = bench.post(
        PLATFORM,
        &format!("/v1/customers/{id}"),
        "cash_balance[settings][reconciliation_mode]=merchant_default",
    );
    back.ok();
    assert!(bench.get(PLATFORM, &at).ok().is("settings.using_merchant_default"));
}

#[test]
fn what_cannot_be_paid_so() {
    let bench = Bench::new();
    let id = customer(&bench);
    for (form, param) in
        [("amount=0&currency=usd", "amount"), ("amount=5&currency=chf", "currency"), ("amount=5", "currency")]
    {
        assert_eq!(fund(&bench, &id, form).refusal().2, param, "{form}");
    }
    assert_eq!(fund(&bench, "cus_nobody", "amount=5&currency=usd").refusal().0, 404);
    let bank = "payment_method_options[customer_balance][bank_transfer]";
    for (form, param) in [
        (US.replace("us_bank", "eu_bank"), format!("{bank}[type]")),
        (
            format!("{US}&{bank}[requested_address_types][]=iban"),
            format!("{bank}[requested_address_types][0]"),
        ),
        (format!("{US}&capture_method=manual"), "capture_method".to_owned()),
        (format!("{US}&{bank}[eu_bank_transfer][country]=DE"), format!("{bank}[eu_bank_transfer]")),
    ] {
        assert_eq!(pay(&bench, &id, 1000, &form).refusal().2, param, "{form}");
    }
    let short = pay(&bench, &id, 1000, "");
    assert_eq!(short.refusal().0, 402);
    let nobody = "amount=1000&currency=usd&allowed_payment_method_types[]=customer_balance&payment_method_data[type]=customer_balance&confirm=true";
    assert_eq!(bench.post(PLATFORM, "/v1/payment_intents", nobody).refusal().2, "customer");
    let method = bench.post(PLATFORM, "/v1/payment_methods", "type=customer_balance").ok();
    assert!(method.at("customer_balance").get("any").is_none());
    let path = format!("/v1/payment_methods/{}/attach", method.text("id"));
    assert_eq!(
        bench.post(PLATFORM, &path, &format!("customer={id}")).refusal().1,
        "payment_method_unsupported_type"
    );
    let setup = bench.post(PLATFORM, "/v1/setup_intents", "allowed_payment_method_types[]=customer_balance");
    assert_eq!(setup.refusal().0, 400);
}

#[test]
fn funding_instructions_stay_the_same() {
    let bench = Bench::new();
    let id = customer(&bench);
    let path = format!("/v1/customers/{id}/funding_instructions");
    let form = "currency=eur&funding_type=bank_transfer&bank_transfer[type]=eu_bank_transfer&bank_transfer[eu_bank_transfer][country]=DE";
    let told = bench.post(PLATFORM, &path, form).ok();
    assert_eq!(
        (told.text("object"), told.text("bank_transfer.country")),
        ("funding_instructions".into(), "DE".into())
    );
    let iban = told.text("bank_transfer.financial_addresses.0.iban.iban");
    assert!(iban.starts_with("DE") && iban.len() == 22, "{iban}");
    assert_eq!(
        bench.post(PLATFORM, &path, form).ok().text("bank_transfer.financial_addresses.0.iban.iban"),
        iban
    );
    for (form, param) in [
        (
            "currency=eur&funding_type=bank_transfer&bank_transfer[type]=eu_bank_transfer",
            "bank_transfer[eu_bank_transfer][country]",
        ),
        (
            "currency=usd&funding_type=bank_transfer&bank_transfer[type]=eu_bank_transfer",
            "bank_transfer[type]",
        ),
        ("currency=usd&funding_type=card&bank_transfer[type]=us_bank_transfer", "funding_type"),
    ] {
        assert_eq!(bench.post(PLATFORM, &path, form).refusal().2, param, "{form}");
    }
}

#[test]
fn what_no_payment_took_goes_back_to_the_bank() {
    let bench = Bench::new();
    let id = customer(&bench);
    fund(&bench, &id, "amount=1000&currency=usd").ok();
    bench.told();
    let from = format!("origin=customer_balance&customer={id}&currency=usd");
    let refund = bench
        .post(
            PLATFORM,
            "/v1/refunds",
            &format!("{from}&amount=400&instructions_email=a@b.example&metadata[a]=b"),
        )
        .ok();
    assert_eq!(
        (refund.text("status"), refund.text("customer"), refund.text("instructions_email")),
        ("pending".into(), id.clone(), "a@b.example".into())
    );
    assert_eq!(refund.text("destination_details.type"), "us_bank_transfer");
    assert_eq!((refund.at("charge"), refund.at("balance_transaction")), (&Node::Null, &Node::Null));
    assert_eq!(kinds(&bench), ["customer_cash_balance_transaction.created", "refund.created"]);
    assert_eq!(cash(&bench, &id, "usd"), Some(600));
    bench.wait(3600);
    let path = format!("/v1/refunds/{}", refund.text("id"));
    assert_eq!(bench.get(PLATFORM, &path).ok().text("status"), "succeeded");
    assert_eq!(bench.post(PLATFORM, &format!("{path}/cancel"), "").refusal().0, 400);

    // Called back in time.
    let second = bench.post(PLATFORM, "/v1/refunds", &format!("{from}&amount=600")).ok();
    let path = format!("/v1/refunds/{}", second.text("id"));
    let canceled = bench.post(PLATFORM, &format!("{path}/cancel"), "").ok();
    assert_eq!(
        (canceled.text("status"), canceled.text("failure_reason")),
        ("canceled".into(), "merchant_request".into())
    );
    let moved = moves(&bench, &id);
    assert_eq!(moved[0], ("return_canceled".into(), 600, 600));
    assert_eq!(moved[1], ("return_initiated".into(), -600, 0));
    bench.wait(3600);
    assert_eq!(bench.get(PLATFORM, &path).ok().text("status"), "canceled");

    for (form, param) in [
        (format!("{from}&amount=601"), "amount"),
        (format!("{from}&amount=0"), "amount"),
        (from.clone(), "amount"),
        (format!("origin=customer_balance&customer={id}&amount=1"), "currency"),
        ("origin=customer_balance&currency=usd&amount=1".to_owned(), "customer"),
        ("origin=customer_balance&currency=usd&amount=1&customer=cus_none".to_owned(), "customer"),
        (format!("{from}&amount=1&charge=ch_1"), "charge"),
        (format!("{from}&amount=1&instructions_email=nobody"), "instructions_email"),
        (format!("charge=ch_1&customer={id}"), "customer"),
        ("charge=ch_1&currency=usd".to_owned(), "currency"),
    ] {
        let (status, _, had) = bench.post(PLATFORM, "/v1/refunds", &form).refusal();
        assert_eq!((status, had.as_str()), (400, param), "{form}");
    }
}

#[test]
fn refunds_of_debits_and_of_cash_say_where_they_go() {
    let bench = Bench::new();
    let id = customer(&bench);
    fund(&bench, &id, "amount=1000&currency=usd").ok();
    let paid = pay(&bench, &id, 1000, "").ok();
    let refund = bench.post(PLATFORM, "/v1/refunds", &format!("payment_intent={}", paid.text("id"))).ok();
    assert_eq!(refund.text("destination_details.type"), "customer_cash_balance");
    for (kind, currency, method, where_to) in [
        ("us_bank_account", "usd", "pm_usBankAccount_success", "us_bank_transfer"),
        ("sepa_debit", "eur", "pm_sepaDebit_success_at", "eu_bank_transfer"),
    ] {
        let form = format!(
            "amount=1000&currency={currency}&allowed_payment_method_types[]={kind}&payment_method={method}&confirm=true&mandate_data[customer_acceptance][type]=offline"
        );
        let intent = bench.post(PLATFORM, "/v1/payment_intents", &form).ok();
        bench.wait(20 * 86_400);
        let refund =
            bench.post(PLATFORM, "/v1/refunds", &format!("payment_intent={}", intent.text("id"))).ok();
        assert_eq!(refund.text("destination_details.type"), where_to);
        assert!(refund.at("destination_details").get("card").is_none());
    }
}
