//! Tokens of accounts, of persons and of security codes.
use crate::{
    connect::account::{Keys, NewAccount, open},
    payments::token::tests::recorded,
    testing::{Bench, LIVE, LIVE_PUBLIC, PLATFORM, PLATFORM_ID, PUBLIC, SELLER, SELLER_ID, TOKEN, now},
};
use base::{Caller, Currency};

/// A person as their browser tells of them.
const ANN: &str = "account[business_type]=individual&account[individual][first_name]=Ann&account[individual][last_name]=Lee\
    &account[individual][dob][day]=1&account[individual][dob][month]=1&account[individual][dob][year]=1901\
    &account[individual][id_number]=222-22-2222&account[individual][email]=ann@shop.example\
    &account[tos_shown_and_accepted]=true";

/// An account token of the platform.
fn account_token(bench: &Bench, form: &str) -> String {
    let made = bench.post(PLATFORM, "/v1/tokens", form).ok();
    assert_eq!((made.text("type"), made.is("used")), ("account".into(), false));
    made.text("id")
}

#[test]
fn what_a_browser_tells_of_an_account_is_taken_in_once() {
    let (bench, written) = recorded();
    let id = account_token(&bench, ANN);
    assert!(id.starts_with("ct_1"), "{id}");
    let seen = bench.get(PLATFORM, &format!("/v1/tokens/{id}")).ok();
    assert!(["account", "individual", "sealed_details", "card"].iter().all(|it| seen.body.get(it).is_none()));

    let open = format!("type=custom&country=US&account_token={id}");
    // A refusal of what comes along uses nothing up.
    let refused = bench.post(PLATFORM, "/v1/accounts", &format!("{open}&email=nobody")).refusal();
    assert_eq!(refused.2, "email");
    let made = bench.post(PLATFORM, "/v1/accounts", &open).ok();
    assert_eq!(made.text("business_type"), "individual");
    assert_eq!(
        (made.text("individual.first_name"), made.number("individual.dob.year")),
        ("Ann".into(), 1901)
    );
    assert!(made.is("individual.id_number_provided"));
    assert_eq!(made.number("tos_acceptance.date"), bench.now().0);
    assert!(bench.get(PLATFORM, &format!("/v1/tokens/{id}")).ok().is("used"));
    let again = bench.post(PLATFORM, "/v1/accounts", &open).refusal();
    assert_eq!(again, (400, "token_already_used".into(), "account_token".into()));

    // An account that is there takes in another, and what is said beside it comes after it.
    let path = format!("/v1/accounts/{}", made.text("id"));
    let next =
        account_token(&bench, "account[individual][first_name]=Anna&account[individual][last_name]=Lou");
    let form = format!("account_token={next}&individual[last_name]=Luu");
    let changed = bench.post(PLATFORM, &path, &form).ok();
    assert_eq!(
        (changed.text("individual.first_name"), changed.text("individual.last_name")),
        ("Anna".into(), "Luu".into())
    );
    // Nothing of what was typed lay open, not even while the token waited.
    let written = written.lock().unwrap().clone();
    let row = written.split('\n').find(|row| row.contains("sealed_details") && row.contains("v1.")).unwrap();
    assert!(!row.contains("222") && !row.contains("ann@shop.example"), "{row}");
    assert!(!written.contains("222-22-2222"));
}

#[test]
fn a_company_signs_where_the_token_is_made() {
    let bench = Bench::new();
    let form = "account[business_type]=company&account[company][name]=Shop&account[company][tax_id]=000000000\
        &account[company][ownership_declaration_shown_and_signed]=true&account[tos_shown_and_accepted]=true";
    let id = account_token(&bench, form);
    bench.clock.advance(60);
    let made = bench.post(PLATFORM, "/v1/accounts", &format!("type=custom&account_token={id}")).ok();
    let typed = bench.now().0 - 60;
    assert_eq!(made.number("company.ownership_declaration.date"), typed);
    assert_eq!((made.number("tos_acceptance.date"), made.text("company.name")), (typed, "Shop".into()));
    let plain = "type=custom&company[ownership_declaration_shown_and_signed]=true";
    let refused = bench.post(PLATFORM, "/v1/accounts", plain).refusal();
    assert_eq!(refused.1, "parameter_unknown");
}

#[test]
fn a_person_by_token() {
    let bench = Bench::new();
    let company = bench.post(PLATFORM, "/v1/accounts", "type=custom&business_type=company").ok().text("id");
    let persons = format!("/v1/accounts/{company}/persons");
    let token = |form: &str| bench.post(PLATFORM, "/v1/tokens", form).ok().text("id");
    let id = token("person[first_name]=Bo&person[id_number]=000000000&person[relationship][owner]=true");
    assert!(id.starts_with("cpt_1"), "{id}");
    let made = bench.post(PLATFORM, &persons, &format!("person_token={id}&relationship[title]=CFO")).ok();
    assert_eq!((made.text("first_name"), made.text("relationship.title")), ("Bo".into(), "CFO".into()));
    assert!(made.is("relationship.owner") && made.is("id_number_provided"));
    let one = format!("{persons}/{}", made.text("id"));
    let again = bench.post(PLATFORM, &one, &format!("person_token={id}")).refusal();
    assert_eq!(again, (400, "token_already_used".into(), "person_token".into()));
    let next = token("person[last_name]=Lee&person[metadata][a]=b");
    let changed = bench.post(PLATFORM, &one, &format!("person_token={next}")).ok();
    assert_eq!((changed.text("last_name"), changed.text("metadata.a")), ("Lee".into(), "b".into()));
    // Each token stands for its kind alone, and for nobody else.
    let account = account_token(&bench, ANN);
    let person = token("person[first_name]=Cy");
    let theirs = bench.post(SELLER, "/v1/tokens", "person[first_name]=Di").ok().text("id");
    for (path, form, code, param) in [
        (&one, format!("person_token={account}"), "", "person_token"),
        (&one, format!("person_token={theirs}"), "resource_missing", "person_token"),
        (&one, "person_token=cpt_none".to_owned(), "resource_missing", "person_token"),
        (&"/v1/accounts".to_owned(), format!("type=custom&account_token={person}"), "", "account_token"),
        (&"/v1/customers".to_owned(), format!("source={person}"), "", "source"),
        (
            &"/v1/accounts".to_owned(),
            format!("type=custom&business_type=individual&individual[person_token]={person}"),
            "parameter_unknown",
            "individual[person_token]",
        ),
    ] {
        assert_eq!(bench.post(PLATFORM, path, &form).refusal(), (400, code.into(), param.into()), "{form}");
    }
    assert!(!bench.get(PLATFORM, &format!("/v1/tokens/{person}")).ok().is("used"));
}

#[test]
fn what_cannot_be_kept_becomes_no_token() {
    let bench = Bench::new();
    for (form, code, param) in [
        ("account[company][phone]=x", "", "account[company][phone]"),
        ("account[individual][email]=x", "email_invalid", "account[individual][email]"),
        (
            "account[individual][relationship][authorizer]=true",
            "parameter_unknown",
            "account[individual][relationship][authorizer]",
        ),
        ("account[legal_entity][type]=x", "parameter_unknown", "account[legal_entity]"),
        ("account[business_type]=x", "", "account[business_type]"),
        ("person[dob][day]=31&person[dob][month]=2&person[dob][year]=1990", "", "person[dob]"),
        ("person[person_token]=cpt_1", "parameter_unknown", "person[person_token]"),
        ("person[address][country]=XYZ", "country_code_invalid", "person[address][country]"),
        ("person[first_name]=A&pii[id_number]=1", "parameters_exclusive", "pii"),
        ("account[business_type]=company&card[number]=4242", "", "card[exp_month]"),
    ] {
        let refused = bench.post(PUBLIC, "/v1/tokens", form).refusal();
        let expected = match param {
            "card[exp_month]" => (400, "parameters_exclusive".into(), "card, bank_account, customer".into()),
            _ => (400, code.to_owned(), param.to_owned()),
        };
        assert_eq!(refused, expected, "{form}");
    }
    // An account is opened by somebody who accepted the terms, and says what it is.
    for (form, param) in [
        (
            "account[business_type]=individual&account[individual][first_name]=Ann",
            "tos_shown_and_accepted=true",
        ),
        ("account[individual][first_name]=Ann&account[tos_shown_and_accepted]=true", "business_type"),
    ] {
        let id = account_token(&bench, form);
        let refused = bench.post(PLATFORM, "/v1/accounts", &format!("type=custom&account_token={id}"));
        assert_eq!(refused.refusal(), (400, String::new(), "account_token".into()));
        assert!(refused.text("error.message").contains(param), "{}", refused.text("error.message"));
    }
    // In live mode, servers tell nothing of people.
    assert_eq!(bench.post(LIVE, "/v1/tokens", ANN).refusal(), (400, String::new(), "account".into()));
    bench.post(LIVE_PUBLIC, "/v1/tokens", ANN).ok();
}

#[test]
fn a_french_platform_opens_accounts_by_token() {
    let bench = Bench::new();
    let caller = Caller::system(PLATFORM_ID, false);
    let made = now(bench.api.transact(&caller, |cx| {
        Box::pin(async move {
            let mut new =
                NewAccount::new(None, Some("a@shop.example"), "FR", Currency::parse("eur").unwrap());
            new.id = Some(PLATFORM_ID.into());
            let text = |prefix: &str| format!("{prefix}_test_of_a_french_platform");
            new.keys = Some(Keys {
                secret_test: text("sk"),
                publishable_test: text("pk"),
                secret_live: None,
                publishable_live: None,
            });
            open(cx, new);
            api::done(())
        })
    }));
    assert!(made.is_ok());
    let refused = bench.post(PLATFORM, "/v1/accounts", "type=custom&country=FR").refusal();
    assert_eq!(refused, (400, String::new(), "account_token".into()));
    let id = account_token(&bench, ANN);
    bench.post(PLATFORM, "/v1/accounts", &format!("type=custom&country=FR&account_token={id}")).ok();
    bench.post(PLATFORM, "/v1/accounts", "type=express&country=FR").ok();
}

#[test]
fn a_security_code_is_typed_again() {
    let bench = Bench::new();
    bench.bank(SELLER_ID, "000123456789");
    let cvc = |code: &str| bench.post(PUBLIC, "/v1/tokens", &format!("cvc_update[cvc]={code}"));
    let made = cvc("314").ok();
    let id = made.text("id");
    assert!(id.starts_with("cvctok_1"), "{id}");
    assert_eq!((made.text("type"), made.is("used")), ("cvc_update".into(), false));
    for (code, status) in [("12", 402), ("12345", 402), ("abc", 402)] {
        assert_eq!(cvc(code).refusal(), (status, "invalid_cvc".into(), "cvc_update[cvc]".into()));
    }
    assert_eq!(
        bench.post(PUBLIC, "/v1/tokens", "cvc_update[x]=1").refusal(),
        (400, "parameter_missing".into(), "cvc_update[cvc]".into())
    );
    // A card without a code: the bank says nothing of one, until it is typed.
    let method = bench
        .post(
            PUBLIC,
            "/v1/payment_methods",
            "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034",
        )
        .ok()
        .text("id");
    let customer = bench.post(TOKEN, "/v1/customers", "").ok().text("id");
    bench.post(TOKEN, &format!("/v1/payment_methods/{method}/attach"), &format!("customer={customer}")).ok();
    let pay = |extra: &str| {
        let form = format!(
            "amount=1000&currency=usd&customer={customer}&payment_method={method}&confirm=true&return_url=https://a.example&expand[]=latest_charge{extra}"
        );
        bench.post(TOKEN, "/v1/payment_intents", &form)
    };
    let check = "latest_charge.payment_method_details.card.checks.cvc_check";
    assert_eq!(pay("").ok().text(check), "");
    let with = format!("&payment_method_options[card][cvc_token]={id}");
    let paid = pay(&with).ok();
    assert_eq!(paid.text(check), "pass");
    assert!(paid.at("payment_method_options.card").get("cvc_token").is_none());
    let param = "payment_method_options[card][cvc_token]";
    assert_eq!(pay(&with).refusal(), (400, "token_already_used".into(), param.into()));
    // It is for a confirmation alone.
    let open = bench
        .post(TOKEN, "/v1/payment_intents", &format!("amount=1000&currency=usd&customer={customer}"))
        .ok();
    let path = format!("/v1/payment_intents/{}", open.text("id"));
    let second = cvc("1234").ok().text("id");
    let form = format!("{param}={second}");
    for (path, form) in
        [(path.as_str(), form.clone()), ("/v1/payment_intents", format!("amount=1000&currency=usd&{form}"))]
    {
        let refused = bench.post(TOKEN, path, &form).refusal();
        assert_eq!(refused, (400, "payment_intent_invalid_parameter".into(), param.into()));
    }
    let form = format!("payment_method={method}&return_url=https://a.example&{form}");
    assert_eq!(bench.post(TOKEN, &format!("{path}/confirm"), &form).ok().text("status"), "succeeded");
    assert!(bench.get(TOKEN, &format!("/v1/tokens/{second}")).ok().is("used"));
}
