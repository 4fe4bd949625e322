use crate::testing::{Answer, Bench, PUBLIC, SELLER};

fn setup(bench: &Bench, form: &str) -> Answer {
    bench.post(SELLER, "/v1/setup_intents", &format!("allowed_payment_method_types[]=card&{form}"))
}

fn customer(bench: &Bench) -> String {
    bench.post(SELLER, "/v1/customers", "").ok().text("id")
}

/// The secret of the challenge that an intent's payer was sent to.
fn secret(intent: &Answer) -> String {
    intent.text("next_action.use_stripe_sdk.stripe_js").rsplit('/').next().unwrap_or_default().to_owned()
}

#[test]
fn a_card_is_kept_for_later() {
    let bench = Bench::new();
    let customer = customer(&bench);
    let intent =
        setup(&bench, &format!("customer={customer}&payment_method=pm_card_visa&confirm=true&metadata[a]=b"))
            .ok();
    assert_eq!((intent.text("status"), intent.text("usage")), ("succeeded".into(), "off_session".into()));
    let kept = bench.get(SELLER, &format!("/v1/customers/{customer}/payment_methods?type=card")).ok();
    assert_eq!(kept.text("data.0.id"), intent.text("payment_method"));
    let attempts = bench.get(SELLER, &format!("/v1/setup_attempts?setup_intent={}", intent.text("id"))).ok();
    assert_eq!(
        (attempts.text("data.0.id"), attempts.text("data.0.status")),
        (intent.text("latest_attempt"), "succeeded".into())
    );
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(told, ["customer.created", super::CREATED, "payment_method.attached", super::SUCCEEDED]);
    // It pays any number of times.
    for _ in 0..2 {
        let form = format!(
            "amount=500&currency=usd&customer={customer}&payment_method={}&off_session=true&confirm=true",
            kept.text("data.0.id")
        );
        assert_eq!(bench.post(SELLER, "/v1/payment_intents", &form).ok().text("status"), "succeeded");
    }
    assert_eq!(bench.get(SELLER, &format!("/v1/setup_intents?customer={customer}")).ok().items().len(), 1);
    assert_eq!(
        bench
            .get(SELLER, &format!("/v1/setup_intents?payment_method={}", kept.text("data.0.id")))
            .ok()
            .items()
            .len(),
        1
    );
}

#[test]
fn a_holder_who_took_part_need_not_be_there_later() {
    let bench = Bench::new();
    let customer = customer(&bench);
    let pay = |method: &str, away: bool| {
        let form = format!(
            "amount=500&currency=usd&allowed_payment_method_types[]=card&customer={customer}&payment_method={method}&off_session={away}&confirm=true"
        );
        bench.post(SELLER, "/v1/payment_intents", &form)
    };
    let attached = bench
        .post(
            SELLER,
            "/v1/payment_methods/pm_card_authenticationRequiredOnSetup/attach",
            &format!("customer={customer}"),
        )
        .ok()
        .text("id");
    let away = pay(&attached, true);
    assert_eq!((away.refusal().0, away.text("error.code")), (402, "authentication_required".into()));
    assert_eq!(away.text("error.payment_method.id"), attached);

    let intent = setup(&bench, &format!("customer={customer}&payment_method={attached}&confirm=true")).ok();
    assert_eq!(
        (intent.text("status"), intent.text("next_action.type")),
        ("requires_action".into(), "use_stripe_sdk".into())
    );
    let reply = bench.answer_challenge(&intent.text("id"), &secret(&intent), true);
    assert!(reply.is_some_and(|it| it.well && it.goes_on.is_none()));
    let attempt = bench.get(SELLER, &format!("/v1/setup_attempts?setup_intent={}", intent.text("id"))).ok();
    assert_eq!(attempt.text("data.0.payment_method_details.card.three_d_secure.result"), "authenticated");
    assert_eq!(pay(&attached, true).ok().text("status"), "succeeded");
    assert_eq!(pay(&attached, false).ok().text("status"), "succeeded");

    // Some cards want their holder each time.
    let each = bench
        .post(
            SELLER,
            "/v1/payment_methods/pm_card_authenticationRequired/attach",
            &format!("customer={customer}"),
        )
        .ok()
        .text("id");
    assert_eq!(pay(&each, true).text("error.code"), "authentication_required");
    assert_eq!(pay(&each, false).ok().text("status"), "requires_action");
    // And some only while the holder is there.
    let ready = setup(
        &bench,
        &format!(
            "customer={customer}&payment_method=pm_card_authenticationRequiredSetupForOffSession&confirm=true"
        ),
    )
    .ok();
    assert_eq!(ready.text("status"), "succeeded");
    assert_eq!(pay(&ready.text("payment_method"), true).ok().text("status"), "succeeded");
    assert_eq!(pay(&ready.text("payment_method"), false).ok().text("status"), "requires_action");
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let bench = Bench::new();
    let refused = setup(&bench, "payment_method=pm_card_chargeDeclined&confirm=true");
    assert_eq!((refused.refusal().0, refused.text("error.decline_code")), (402, "generic_decline".into()));
    let intent = Answer { status: 200, body: refused.at("error.setup_intent").clone() };
    assert_eq!(
        (intent.text("status"), intent.text("last_setup_error.code")),
        ("requires_payment_method".into(), "card_declined".into())
    );
    let attempts = bench.get(SELLER, &format!("/v1/setup_attempts?setup_intent={}", intent.text("id"))).ok();
    assert_eq!(
        (attempts.text("data.0.status"), attempts.text("data.0.setup_error.code")),
        ("failed".into(), "card_declined".into())
    );
    let path = format!("/v1/setup_intents/{}", intent.text("id"));
    let ready = bench.post(SELLER, &path, "payment_method=pm_card_visa&description=x").ok();
    assert_eq!(
        (ready.text("status"), ready.text("description")),
        ("requires_confirmation".into(), "x".into())
    );
    let gone = bench.post(SELLER, &format!("{path}/cancel"), "cancellation_reason=duplicate").ok();
    assert_eq!(
        (gone.text("status"), gone.text("cancellation_reason")),
        ("canceled".into(), "duplicate".into())
    );
    assert_eq!(
        bench.post(SELLER, &format!("{path}/confirm"), "").refusal().1,
        "setup_intent_unexpected_state"
    );
    assert_eq!(bench.post(SELLER, &path, "payment_method=pm_card_visa").refusal().2, "payment_method");
    for (form, code, param) in [
        ("customer=cus_none", "resource_missing", "customer"),
        ("return_url=https://example.com", "setup_intent_invalid_parameter", "return_url"),
        ("confirm=true", "setup_intent_unexpected_state", ""),
        ("amount=5", "parameter_unknown", "amount"),
    ] {
        let (status, had, at) = setup(&bench, form).refusal();
        assert_eq!((status, had.as_str(), at.as_str()), (400, code, param), "{form}");
    }
    let intent = setup(&bench, "metadata[a]=b").ok();
    let path = format!("/v1/setup_intents/{}", intent.text("id"));
    assert_eq!(bench.get(PUBLIC, &path).refusal().2, "client_secret");
    let form = format!(
        "client_secret={}&payment_method_data[type]=card&payment_method_data[card][token]=tok_visa",
        intent.text("client_secret")
    );
    let done = bench.post(PUBLIC, &format!("{path}/confirm"), &form).ok();
    assert_eq!(done.text("status"), "succeeded");
    assert!(done.body.get("metadata").is_none() && done.body.get("latest_attempt").is_none());
}

#[test]
fn a_bank_account_is_kept_with_its_mandate() {
    let bench = Bench::new();
    let customer = customer(&bench);
    let form = format!(
        "allowed_payment_method_types[]=us_bank_account&customer={customer}&payment_method=pm_usBankAccount_success&confirm=true"
    );
    assert_eq!(bench.post(SELLER, "/v1/setup_intents", &form).refusal().2, "mandate_data");
    let told = "mandate_data[customer_acceptance][type]=online&mandate_data[customer_acceptance][online][ip_address]=127.0.0.1&mandate_data[customer_acceptance][online][user_agent]=test";
    let intent = bench.post(SELLER, "/v1/setup_intents", &format!("{form}&{told}&expand[]=mandate")).ok();
    assert_eq!(
        (intent.text("status"), intent.text("mandate.type")),
        ("succeeded".into(), "multi_use".into())
    );
    let pay = format!(
        "amount=500&currency=usd&allowed_payment_method_types[]=us_bank_account&customer={customer}&payment_method={}&off_session=true&confirm=true",
        intent.text("payment_method")
    );
    let paid = bench.post(SELLER, "/v1/payment_intents", &pay).ok();
    assert_eq!(paid.text("status"), "processing");
    let named = bench
        .post(SELLER, "/v1/payment_intents", &format!("{pay}&mandate={}", intent.text("mandate.id")))
        .ok();
    assert_eq!(named.text("status"), "processing");
    assert_eq!(
        bench.post(SELLER, "/v1/payment_intents", &format!("{pay}&mandate=mandate_none")).refusal().2,
        "mandate"
    );
}

#[test]
fn which_kinds_it_takes() {
    let bench = Bench::new();
    let both = "allowed_payment_method_types[]=us_bank_account&allowed_payment_method_types[]=card";
    let intent = bench.post(SELLER, "/v1/setup_intents", both).ok();
    let path = format!("/v1/setup_intents/{}", intent.text("id"));
    let less = bench.post(SELLER, &path, "excluded_payment_method_types[]=us_bank_account").ok();
    assert_eq!(less.at("payment_method_types").to_json(), r#"["card"]"#);
    assert_eq!(less.text("excluded_payment_method_types.0"), "us_bank_account");
    let none = bench.post(SELLER, &path, "excluded_payment_method_types[]=card");
    assert_eq!(none.refusal().2, "excluded_payment_method_types");
    let confirm = format!("{path}/confirm");
    let other = bench.post(
        SELLER,
        &confirm,
        "allowed_payment_method_types[]=us_bank_account&payment_method=pm_card_visa",
    );
    assert_eq!(other.refusal().2, "payment_method");
    let ready =
        bench.post(SELLER, &confirm, "allowed_payment_method_types[]=card&payment_method=pm_card_visa").ok();
    assert_eq!(ready.text("status"), "succeeded");
}

#[test]
fn for_whom_it_is() {
    let bench = Bench::new();
    let customer = customer(&bench);
    for (form, param) in [
        (format!("attach_to_self=true&customer={customer}"), "attach_to_self"),
        ("flow_directions[]=inbound".to_owned(), "flow_directions"),
        ("attach_to_self=true&flow_directions[]=sideways".to_owned(), "flow_directions[0]"),
        ("attach_to_self=true&confirm=true&payment_method=pm_card_visa".to_owned(), "payment_method"),
        ("on_behalf_of=acct_nobody".to_owned(), "on_behalf_of"),
        ("customer_account=acct_seller".to_owned(), "customer_account"),
    ] {
        assert_eq!(setup(&bench, &form).refusal().2, param, "{form}");
    }
    setup(&bench, "attach_to_self=true").ok();
    setup(&bench, "").ok();
    let own = bench.get(SELLER, "/v1/setup_intents?attach_to_self=true").ok();
    assert_eq!((own.items().len(), own.is("data.0.attach_to_self")), (1, true));
    assert_eq!(bench.get(SELLER, "/v1/setup_intents?attach_to_self=false").ok().items().len(), 1);
    let of = format!("{}&on_behalf_of=acct_seller", "allowed_payment_method_types[]=card");
    let made = bench.post(crate::testing::PLATFORM, "/v1/setup_intents", &of).ok();
    assert_eq!(made.text("on_behalf_of"), "acct_seller");
}
