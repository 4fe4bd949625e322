//! Customers, asked over the whole pipeline.
use crate::testing::{Bench, PLATFORM, TOKEN};

#[test]
fn a_customer_lives() {
    let bench = Bench::new();
    let form = "email=ann@example.com&name=Ann&description=First&phone=123&metadata[a]=b&balance=-5&preferred_locales[]=de\
        &address[line1]=1+Main&shipping[name]=Ann&shipping[address][line1]=1+Main&invoice_prefix=ABC123&next_invoice_sequence=7\
        &invoice_settings[footer]=Thanks&invoice_settings[custom_fields][0][name]=VAT&invoice_settings[custom_fields][0][value]=1\
        &invoice_settings[rendering_options][amount_tax_display]=exclude_tax&business_name=Ann+Ltd&individual_name=Ann+B";
    let made = bench.post(TOKEN, "/v1/customers", form).ok();
    let path = format!("/v1/customers/{}", made.text("id"));
    assert_eq!((made.text("email"), made.number("balance")), ("ann@example.com".into(), -5));
    assert_eq!((made.text("invoice_prefix"), made.number("next_invoice_sequence")), ("ABC123".into(), 7));
    assert_eq!(made.text("invoice_settings.custom_fields.0.name"), "VAT");
    assert_eq!(made.text("invoice_settings.rendering_options.amount_tax_display"), "exclude_tax");
    assert_eq!(made.text("business_name"), "Ann Ltd");
    assert_eq!(bench.get(TOKEN, &path).ok().body, made.body);
    bench.told();
    let changed = bench
        .post(TOKEN, &path, "name=Ann+B.&description=&metadata[a]=&metadata[c]=d&invoice_settings[footer]=&invoice_settings[custom_fields]=")
        .ok();
    assert_eq!((changed.text("name"), changed.text("email")), ("Ann B.".into(), "ann@example.com".into()));
    assert!(changed.at("description").is_null() && changed.at("invoice_settings.footer").is_null());
    assert!(changed.at("metadata.a").is_null() && changed.at("invoice_settings.custom_fields").is_null());
    let facts = bench.facts();
    assert_eq!((facts.len(), facts[0].kind), (1, "customer.updated"));
    assert!(facts[0].previous.as_ref().is_some_and(|old| old.contains("\"name\":\"Ann\"")));
    bench.post(TOKEN, &path, "name=Ann+B.").ok();
    assert!(bench.told().is_empty(), "nothing changed");
    assert_eq!(bench.get(PLATFORM, &path).refusal(), (404, "resource_missing".into(), "id".into()));
}

#[test]
fn a_deleted_customer_leaves_a_stone() {
    let bench = Bench::new();
    let id = bench.post(TOKEN, "/v1/customers", "email=a@b.example&source=tok_visa").ok().text("id");
    let other = bench.post(TOKEN, "/v1/customers", "email=a@b.example").ok().text("id");
    let path = format!("/v1/customers/{id}");
    let charge =
        bench.post(TOKEN, "/v1/charges", &format!("amount=500&currency=usd&customer={id}")).ok().text("id");
    bench.told();
    let gone = bench.delete(TOKEN, &path).ok();
    assert_eq!(gone.body.to_json(), format!("{{\"id\":\"{id}\",\"object\":\"customer\",\"deleted\":true}}"));
    assert_eq!(bench.told().last().map(|(_, kind)| *kind), Some("customer.deleted"));
    assert_eq!(bench.get(TOKEN, &path).ok().body, gone.body);
    let left: Vec<String> = bench
        .get(TOKEN, "/v1/customers?email=a@b.example")
        .ok()
        .items()
        .iter()
        .map(|it| it.text("id"))
        .collect();
    assert_eq!(left, [other]);
    for answer in [
        bench.post(TOKEN, &path, "name=x"),
        bench.delete(TOKEN, &path),
        bench.get(TOKEN, &format!("{path}/sources")),
        bench.post(TOKEN, &format!("{path}/sources"), "source=tok_visa"),
    ] {
        assert_eq!((answer.status, answer.text("error.code")), (404, "resource_missing".into()));
    }
    let refused =
        bench.post(TOKEN, "/v1/charges", &format!("amount=500&currency=usd&customer={id}")).refusal();
    assert_eq!(refused, (400, "resource_missing".into(), "customer".into()));
    let charge = bench.get(TOKEN, &format!("/v1/charges/{charge}?expand[]=customer")).ok();
    assert!(charge.is("customer.deleted"));
}

#[test]
fn what_a_customer_cannot_be() {
    let bench = Bench::new();
    let id = bench.post(TOKEN, "/v1/customers", "source=tok_visa").ok().text("id");
    let update = format!("/v1/customers/{id}");
    let long = |name: &str, count: usize| format!("{name}={}", "ä".repeat(count));
    for (form, code, param) in [
        (long("name", 257), "", "name"),
        (long("description", 351), "", "description"),
        (long("phone", 21), "", "phone"),
        (long("business_name", 151), "", "business_name"),
        (format!("email={}@b.example", "a".repeat(510)), "", "email"),
        ("email=nobody".into(), "email_invalid", "email"),
        ("invoice_prefix=ab".into(), "", "invoice_prefix"),
        ("invoice_prefix=abc".into(), "", "invoice_prefix"),
        ("next_invoice_sequence=0".into(), "parameter_invalid_integer", "next_invoice_sequence"),
        ("next_invoice_sequence=x".into(), "parameter_invalid_integer", "next_invoice_sequence"),
        ("balance=9223372036854775808".into(), "parameter_invalid_integer", "balance"),
        ("tax_exempt=maybe".into(), "", "tax_exempt"),
        ("source=tok_none".into(), "resource_missing", "source"),
        ("source=".into(), "parameter_invalid_empty", "source"),
        (
            "invoice_settings[default_payment_method]=pm_1".into(),
            "resource_missing",
            "invoice_settings[default_payment_method]",
        ),
        (
            long("invoice_settings[custom_fields][0][value]=1&invoice_settings[custom_fields][0][name]", 41),
            "",
            "invoice_settings[custom_fields][0][name]",
        ),
        ("foo=1".into(), "parameter_unknown", "foo"),
    ] {
        for path in ["/v1/customers", &update] {
            assert_eq!(
                bench.post(TOKEN, path, &form).refusal(),
                (400, code.into(), param.into()),
                "{path} {form}"
            );
        }
    }
    for (form, code, param) in [
        ("default_source=card_none", "resource_missing", "default_source"),
        ("default_source=card_none&source=tok_visa", "parameters_exclusive", "default_source"),
    ] {
        assert_eq!(bench.post(TOKEN, &update, form).refusal(), (400, code.into(), param.into()), "{form}");
    }
    assert_eq!(bench.get(TOKEN, "/v1/customers/a%2Fb").status, 404);
}

#[test]
fn accounts_that_are_customers_are_not_known() {
    let bench = Bench::new();
    let account = "customer_account=acct_1CustomerOfAnother";
    let intent = "amount=1000&currency=usd";
    for (path, form) in [
        ("/v1/payment_intents", intent),
        ("/v1/setup_intents", "usage=on_session"),
        ("/v1/promotion_codes", "promotion[type]=coupon&promotion[coupon]=c"),
        ("/v1/quotes", "description=d"),
        ("/v1/subscription_schedules", "start_date=now"),
        ("/v1/billing_portal/sessions", "return_url=https://example.com"),
    ] {
        let refused = bench.post(TOKEN, path, &format!("{form}&{account}"));
        assert_eq!(refused.refusal(), (400, "resource_missing".into(), "customer_account".into()), "{path}");
        assert!(refused.text("error.message").starts_with("No such customer_account"));
    }
    for path in [
        "/v1/payment_intents",
        "/v1/setup_intents",
        "/v1/payment_methods",
        "/v1/invoices",
        "/v1/subscriptions",
        "/v1/quotes",
        "/v1/subscription_schedules",
    ] {
        let refused = bench.get(TOKEN, &format!("{path}?{account}"));
        assert_eq!(refused.refusal(), (400, "resource_missing".into(), "customer_account".into()), "{path}");
    }
}

#[test]
fn where_they_are_for_tax() {
    let bench = Bench::new();
    let form =
        "address[country]=DE&tax[ip_address]=203.0.113.7&tax[validate_location]=immediately&expand[]=tax";
    let made = bench.post(TOKEN, "/v1/customers", form).ok();
    assert_eq!(
        (made.text("tax.location.country"), made.text("tax.location.source"), made.text("tax.ip_address")),
        ("DE".into(), "billing_address".into(), "203.0.113.7".into())
    );
    assert_eq!(made.text("tax.automatic_tax"), "not_collecting");
    let path = format!("/v1/customers/{}", made.text("id"));
    assert!(bench.get(TOKEN, &path).ok().body.get("tax").is_none());
    let moved = "shipping[name]=Ann&shipping[address][line1]=1&shipping[address][country]=US&shipping[address][postal_code]=94107&shipping[address][state]=CA&expand[]=tax";
    let moved = bench.post(TOKEN, &path, moved).ok();
    assert_eq!(
        (
            moved.text("tax.location.country"),
            moved.text("tax.location.state"),
            moved.text("tax.location.source")
        ),
        ("US".into(), "CA".into(), "shipping_destination".into())
    );
    let nowhere = bench.post(TOKEN, "/v1/customers", "tax[ip_address]=203.0.113.7&expand[]=tax").ok();
    assert_eq!(nowhere.text("tax.automatic_tax"), "unrecognized_location");
    for (form, code, param) in [
        ("tax[ip_address]=somewhere", "", "tax[ip_address]"),
        (
            "address[country]=US&tax[validate_location]=immediately",
            "customer_tax_location_invalid",
            "address",
        ),
        ("tax[validate_location]=soon", "", "tax[validate_location]"),
    ] {
        let (status, had, at) = bench.post(TOKEN, "/v1/customers", form).refusal();
        assert_eq!((status, at.as_str()), (400, param), "{form}");
        assert!(code.is_empty() || had == code, "{form}: {had}");
    }
}
