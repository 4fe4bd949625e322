//! Payment method configurations, and what intents take from them.
use crate::testing::{APPLICATION, Bench, LIVE, PLATFORM, PLATFORM_ID, SELLER, SELLER_ID, TOKEN};

const PATH: &str = "/v1/payment_method_configurations";

/// A world in which both accounts have handed in their form.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.bank(SELLER_ID, "000123456789");
    bench.bank(PLATFORM_ID, "000123456789");
    bench
}

fn kinds(bench: &Bench, key: &str, form: &str) -> (String, String) {
    let made = bench.post(key, "/v1/payment_intents", &format!("amount=1000&currency=usd&{form}")).ok();
    (made.at("payment_method_types").to_json(), made.text("payment_method_configuration_details.id"))
}

#[test]
fn every_account_has_one_without_making_it() {
    let bench = bench();
    let listed = bench.get(SELLER, PATH).ok();
    let all = listed.items();
    assert_eq!(all.len(), 1);
    let own = &all[0];
    assert!(own.text("id").starts_with("pmc_") && own.is("is_default") && own.is("active"));
    assert_eq!(
        (own.text("name"), own.text("parent"), own.text("application")),
        ("Default".into(), String::new(), String::new())
    );
    assert!(own.is("card.available") && !own.is("klarna.available"));
    assert_eq!(
        own.at("card.display_preference").to_json(),
        r#"{"overridable":null,"preference":"on","value":"on"}"#
    );
    assert_eq!(own.text("klarna.display_preference.value"), "off");
    let (all, details) = kinds(&bench, SELLER, "");
    assert_eq!((all.as_str(), details), (r#"["card","us_bank_account"]"#, own.text("id")));
    // What is changed there holds for every intent that says nothing.
    let path = format!("{PATH}/{}", own.text("id"));
    let form =
        "us_bank_account[display_preference][preference]=off&klarna[display_preference][preference]=on";
    let changed = bench.post(SELLER, &path, form).ok();
    assert!(!changed.is("us_bank_account.available") && !changed.is("klarna.available"));
    assert_eq!(changed.text("klarna.display_preference.value"), "on");
    assert_eq!(bench.get(SELLER, &path).ok().body, changed.body);
    assert_eq!(bench.get(SELLER, PATH).ok().items().len(), 1);
    assert_eq!(kinds(&bench, SELLER, "automatic_payment_methods[enabled]=true").0, r#"["card"]"#);
    assert_eq!(kinds(&bench, SELLER, "allowed_payment_method_types[]=us_bank_account").1, "");
    let setup = bench.post(SELLER, "/v1/setup_intents", "").ok();
    assert_eq!(setup.at("payment_method_types").to_json(), r#"["card","sepa_debit"]"#);
    assert_eq!(setup.text("payment_method_configuration_details.id"), own.text("id"));
    let off = "card[display_preference][preference]=off";
    bench.post(SELLER, &path, off).ok();
    let nothing = bench.post(SELLER, "/v1/payment_intents", "amount=1000&currency=usd");
    assert_eq!(nothing.refusal(), (400, String::new(), String::new()));
    assert!(nothing.text("error.message").starts_with("No valid payment method types"));
    assert_eq!(bench.post(SELLER, &path, "active=false").refusal().2, "active");
    // Modes know nothing of each other.
    assert!(bench.get(LIVE, &path).ok().is("card.available"));
}

#[test]
fn an_intent_names_another() {
    let bench = bench();
    let form = "name=Cards&us_bank_account[display_preference][preference]=off";
    let made = bench.post(SELLER, PATH, form).ok();
    let (id, path) = (made.text("id"), format!("{PATH}/{}", made.text("id")));
    assert!(id.starts_with("pmc_1") && !made.is("is_default"));
    let with = format!("payment_method_configuration={id}");
    assert_eq!(kinds(&bench, SELLER, &with), (r#"["card"]"#.into(), id.clone()));
    let open = bench.post(SELLER, "/v1/payment_intents", "amount=1000&currency=usd").ok();
    let intent = format!("/v1/payment_intents/{}", open.text("id"));
    let moved = bench.post(SELLER, &intent, &with).ok();
    assert_eq!(moved.at("payment_method_types").to_json(), r#"["card"]"#);
    assert_eq!(
        moved.at("payment_method_configuration_details").to_json(),
        format!(r#"{{"id":"{id}","parent":null}}"#)
    );
    // It goes on by it when the currency changes, until kinds are named.
    let euro = bench.post(SELLER, &intent, "currency=eur").ok();
    assert_eq!(euro.at("payment_method_types").to_json(), r#"["card","sepa_debit"]"#);
    assert_eq!(euro.text("payment_method_configuration_details.id"), id);
    let named = bench.post(SELLER, &intent, "allowed_payment_method_types[]=card").ok();
    assert!(named.at("payment_method_configuration_details").is_null());
    let setup = bench.post(SELLER, "/v1/setup_intents", &with).ok();
    assert_eq!(setup.at("payment_method_types").to_json(), r#"["card","sepa_debit"]"#);

    let param = "payment_method_configuration";
    for (form, code) in [
        (format!("{with}&allowed_payment_method_types[]=card"), "parameters_exclusive"),
        (format!("{with}&automatic_payment_methods[enabled]=false"), "payment_intent_invalid_parameter"),
        (format!("{param}=pmc_none"), "resource_missing"),
    ] {
        let form = format!("amount=1000&currency=usd&{form}");
        let refused = bench.post(SELLER, "/v1/payment_intents", &form).refusal();
        assert_eq!(refused, (400, code.into(), param.into()), "{form}");
    }
    assert!(!bench.post(SELLER, &path, "active=false").ok().is("active"));
    let form = format!("amount=1000&currency=usd&{with}");
    assert_eq!(
        bench.post(SELLER, "/v1/payment_intents", &form).refusal(),
        (400, String::new(), param.into())
    );
    let count = |query: &str| bench.get(SELLER, &format!("{PATH}?{query}")).ok().items().len();
    assert_eq!((count(""), count("active=true"), count("active=false")), (2, 1, 1));
    for (form, code, param) in [
        ("active=true", "parameter_unknown", "active"),
        ("parent=pmc_x", "", "parent"),
        ("card[display_preference][preference]=maybe", "", "card[display_preference][preference]"),
        ("card[available]=true", "parameter_unknown", "card[available]"),
        ("cards[display_preference][preference]=on", "parameter_unknown", "cards"),
    ] {
        assert_eq!(bench.post(SELLER, PATH, form).refusal(), (400, code.into(), param.into()), "{form}");
    }
    assert_eq!(bench.post(PLATFORM, &path, "name=x").status, 404);
}

#[test]
fn a_platform_has_its_own_for_each_account() {
    let bench = bench();
    let all = bench.get(TOKEN, PATH).ok().items();
    assert_eq!(all.len(), 2);
    let child = all.iter().find(|it| it.text("application") == APPLICATION).unwrap();
    let parent = bench.get(PLATFORM, PATH).ok().text("data.0.id");
    assert_eq!((child.text("parent"), child.is("is_default")), (parent.clone(), true));
    assert_eq!(
        child.at("card.display_preference").to_json(),
        r#"{"overridable":true,"preference":"none","value":"on"}"#
    );
    assert_eq!(kinds(&bench, TOKEN, ""), (r#"["card","us_bank_account"]"#.into(), child.text("id")));
    // It follows the parent wherever nothing else is wanted.
    let off = "us_bank_account[display_preference][preference]=off";
    bench.post(PLATFORM, &format!("{PATH}/{parent}"), off).ok();
    assert_eq!(kinds(&bench, TOKEN, "").0, r#"["card"]"#);
    let path = format!("{PATH}/{}", child.text("id"));
    assert_eq!(bench.get(TOKEN, &path).ok().text("us_bank_account.display_preference.value"), "off");
    let on = "us_bank_account[display_preference][preference]=on";
    assert!(bench.post(TOKEN, &path, on).ok().is("us_bank_account.available"));
    let (both, details) = kinds(&bench, TOKEN, "");
    assert_eq!((both.as_str(), details), (r#"["card","us_bank_account"]"#, child.text("id")));
    // The account's own is the account's, and the platform's the platform's.
    let own = all.iter().find(|it| it.text("application").is_empty()).unwrap().text("id");
    assert_eq!(kinds(&bench, SELLER, "").1, own);
    assert_eq!(bench.post(TOKEN, &format!("{PATH}/{own}"), off).status, 403);
    bench.get(TOKEN, &format!("{PATH}/{own}")).ok();
    let made = bench.post(TOKEN, PATH, &format!("name=Shops&parent={parent}")).ok();
    assert_eq!((made.text("application"), made.text("parent")), (APPLICATION.into(), parent.clone()));
    assert_eq!(bench.post(SELLER, &format!("{PATH}/{}", made.text("id")), "name=x").status, 403);
    assert_eq!(bench.post(TOKEN, PATH, "parent=pmc_none").refusal().2, "parent");
    let only = |query: &str| bench.get(TOKEN, &format!("{PATH}?{query}")).ok().items().len();
    assert_eq!(
        (only(&format!("application={APPLICATION}")), only("application="), only("application=ca_none")),
        (2, 1, 0)
    );
}
