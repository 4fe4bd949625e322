//! Tokens, asked over the whole pipeline.
mod watched;

use crate::testing::{Answer, Bench, LIVE, PLATFORM, PLATFORM_ID, PUBLIC, SELLER, SELLER_ID, TOKEN, now};
use api::Request;
use http::{HeaderMap, HeaderValue, Method};
pub(crate) use watched::{meddled, recorded};
use wire::Node;

/// A test card as a form under `card`.
pub(crate) const CARD: &str =
    "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=987";
const BANK: &str = "bank_account[country]=US&bank_account[currency]=usd&bank_account[routing_number]=110000000&bank_account[account_number]=000123456789";

fn card(number: &str, month: &str, year: &str, cvc: &str) -> String {
    format!("card[number]={number}&card[exp_month]={month}&card[exp_year]={year}&card[cvc]={cvc}")
}

/// Asks with a version of the API, and with an account where a platform acts for it.
pub(crate) fn ask(
    bench: &Bench,
    method: &Method,
    key: &str,
    path: &str,
    form: &str,
    with: [&str; 2],
) -> Answer {
    let [version, account] = with;
    let mut headers = HeaderMap::new();
    for (name, text) in [
        ("authorization", format!("Bearer {key}")),
        ("stripe-version", version.to_owned()),
        ("stripe-account", account.to_owned()),
    ] {
        headers.insert(name, HeaderValue::from_str(&text).unwrap());
    }
    let body = store::Bytes::from(form.to_owned());
    let request = Request { method, path, query: "", headers: &headers, body: &body };
    let response = now(bench.api.handle(request));
    let body = Node::parse(response.body()).unwrap().into_owned();
    Answer { status: response.status().as_u16(), body }
}

#[test]
fn a_card_token() {
    let bench = Bench::new();
    let made =
        bench.post(PUBLIC, "/v1/tokens", &format!("{CARD}&card[name]=Ann&card[address_zip]=94110")).ok();
    assert!(made.text("id").starts_with("tok_1"));
    assert_eq!((made.text("object"), made.text("type")), ("token".into(), "card".into()));
    assert!(!made.is("used") && !made.is("livemode") && made.at("client_ip").is_null());
    assert_eq!((made.text("card.brand"), made.text("card.last4")), ("Visa".into(), "4242".into()));
    assert_eq!((made.text("card.funding"), made.text("card.country")), ("credit".into(), "US".into()));
    assert_eq!((made.number("card.exp_month"), made.number("card.exp_year")), (12, 2034));
    assert_eq!(
        (made.text("card.cvc_check"), made.text("card.address_zip_check")),
        ("unchecked".into(), "unchecked".into())
    );
    assert!(made.at("card.address_line1_check").is_null());
    assert_eq!(made.text("card.name"), "Ann");
    // Who made it in a browser sees less than who may use it.
    assert_eq!(made.text("card.fingerprint"), "");
    let seen = bench.get(TOKEN, &format!("/v1/tokens/{}", made.text("id"))).ok();
    assert_eq!(seen.text("card.fingerprint").len(), 16);
    let refused = bench.get(PUBLIC, &format!("/v1/tokens/{}", made.text("id"))).refusal();
    assert_eq!((refused.0, refused.1.as_str()), (403, "secret_key_required"));
    let then = ["2012-10-26", ""];
    let id = format!("/v1/tokens/{}", made.text("id"));
    let seen = ask(&bench, &Method::GET, PUBLIC, &id, "", then).ok();
    assert_eq!((seen.text("id"), seen.text("card.fingerprint").len()), (made.text("id"), 16));
    assert_eq!(bench.get(PLATFORM, &id).refusal(), (404, "resource_missing".into(), "id".into()));
    assert!(bench.told().is_empty());
}

#[test]
fn what_is_wrong_with_a_card() {
    let bench = Bench::new();
    for (form, status, code, param) in [
        (card("4242424242424241", "12", "2034", "123"), 402, "incorrect_number", "number"),
        (card("", "12", "2034", "123"), 402, "incorrect_number", "number"),
        (card("4242", "12", "2034", "123"), 402, "incorrect_number", "number"),
        (card("4242424242424242", "13", "2034", "123"), 402, "invalid_expiry_month", "exp_month"),
        (card("4242424242424242", "", "2034", "123"), 402, "invalid_expiry_month", "exp_month"),
        (card("4242424242424242", "12", "1970", "123"), 402, "invalid_expiry_year", "exp_year"),
        (card("4242424242424242", "9", "2013", "123"), 402, "invalid_expiry_month", "exp_month"),
        (card("4242424242424242", "12", "2034", "99"), 402, "invalid_cvc", "cvc"),
        (card("378282246310005", "12", "2034", "123"), 402, "invalid_cvc", "cvc"),
        // Right in itself, but nobody's test card.
        (card("4539578763621486", "12", "2034", "123"), 402, "card_declined", ""),
        ("card[exp_month]=12&card[exp_year]=2034".into(), 400, "parameter_missing", "card[number]"),
        (
            "card[number]=4242424242424242&card[exp_year]=34".into(),
            400,
            "parameter_missing",
            "card[exp_month]",
        ),
        (format!("{CARD}&card[colour]=red"), 400, "parameter_unknown", "card[colour]"),
        (format!("{CARD}&card[object]=bank_account"), 400, "", "card[object]"),
        (format!("{CARD}&{BANK}"), 400, "parameters_exclusive", "bank_account"),
        (format!("{CARD}&card[name]={}", "x".repeat(5001)), 400, "", "card[name]"),
        (
            "card[number][x]=4242424242424242&card[exp_month]=12&card[exp_year]=34".into(),
            400,
            "",
            "card[number]",
        ),
        ("card=4242424242424242".into(), 400, "", "card"),
        ("card[]=4242424242424242".into(), 400, "", "card"),
        ("bank_account=000123456789".into(), 400, "", "bank_account"),
        ("card=card_1".into(), 400, "parameter_missing", "customer"),
        ("customer=cus_1".into(), 400, "", "customer"),
        (String::new(), 400, "parameter_missing", "card"),
        ("pii[id_number]=".into(), 400, "parameter_missing", "pii[id_number]"),
        ("pii[id_number]=0&customer=cus_1".into(), 400, "parameters_exclusive", "pii"),
        ("account[colour]=red".into(), 400, "parameter_unknown", "account[colour]"),
    ] {
        let answer = bench.post(PUBLIC, "/v1/tokens", &form);
        assert_eq!(answer.refusal(), (status, code.into(), param.into()), "{form}");
        let kind = if status == 402 { "card_error" } else { "invalid_request_error" };
        assert_eq!(answer.text("error.type"), kind, "{form}");
        let shown = answer.body.to_json();
        assert!(!shown.contains("424242424242") && !shown.contains("4539578763621486"), "{shown}");
    }
    let stranger = bench.post(PUBLIC, "/v1/tokens", &card("4539578763621486", "12", "2034", "123"));
    assert_eq!(stranger.text("error.decline_code"), "testmode_decline");
    let then = ask(&bench, &Method::POST, PUBLIC, "/v1/tokens", "card[exp_month]=12", ["2012-10-26", ""]);
    assert_eq!(then.status, 402);
}

#[test]
fn every_test_card_can_be_typed() {
    let bench = Bench::new();
    for listed in acquirer::simulator::cards() {
        let cvc = if listed.brand == acquirer::Brand::Amex { "1234" } else { "123" };
        let made = bench.post(PUBLIC, "/v1/tokens", &card(listed.number, "12", "34", cvc)).ok();
        assert_eq!(made.text("card.brand"), listed.brand.name());
        assert_eq!(made.text("card.last4"), listed.last4());
        for name in listed.names {
            let seen = bench.get(TOKEN, &format!("/v1/tokens/tok_{name}")).ok();
            assert_eq!(
                (seen.text("card.last4"), seen.text("id")),
                (listed.last4().into(), format!("tok_{name}"))
            );
        }
    }
    assert_eq!(bench.get(LIVE, "/v1/tokens/tok_visa").status, 404);
}

#[test]
fn who_may_send_numbers() {
    let bench = Bench::new();
    bench.post(SELLER, "/v1/tokens", CARD).ok();
    bench.post(PLATFORM, "/v1/tokens", CARD).ok();
    let refused = bench.post(TOKEN, "/v1/tokens", CARD);
    assert_eq!(refused.refusal(), (400, String::new(), "card".into()));
    assert_eq!(
        refused.text("error.message"),
        "Requests made on behalf of a connected account must use card tokens from Stripe.js, but card details were directly provided."
    );
    let named = ask(&bench, &Method::POST, PLATFORM, "/v1/tokens", CARD, ["2026-10-28.endive", SELLER_ID]);
    assert_eq!(named.refusal(), (400, String::new(), "card".into()));
    let then = ask(&bench, &Method::POST, TOKEN, "/v1/tokens", CARD, ["2012-10-26", ""]);
    assert_eq!(then.status, 400);
    assert_eq!(
        then.text("error.message"),
        "OAuth based requests must use card tokens from Stripe.js, but card details were directly provided."
    );
    let live = bench.post(LIVE, "/v1/tokens", CARD);
    assert_eq!((live.status, live.text("error.type")), (402, "invalid_request_error".into()));
    assert!(
        live.text("error.message")
            .starts_with("Sending credit card numbers directly to the Stripe API is generally unsafe.")
    );
    for path in ["/v1/customers", "/v1/charges"] {
        let source = CARD.replace("card[", "source[");
        let refused =
            bench.post(TOKEN, path, &format!("{source}&source[object]=card&amount=500&currency=usd"));
        assert_eq!(refused.status, 400, "{path}");
    }
}

#[test]
fn an_amount_from_the_first_pages() {
    let bench = Bench::new();
    bench.post(PUBLIC, "/v1/tokens", &format!("{CARD}&amount=1000")).ok();
    let refused = bench.post(SELLER, "/v1/tokens", &format!("{CARD}&amount=1000")).refusal();
    assert_eq!(refused.1, "parameter_unknown");
}

#[test]
fn a_token_is_used_once() {
    let bench = Bench::new();
    let id = bench.post(PUBLIC, "/v1/tokens", CARD).ok().text("id");
    bench.post(TOKEN, "/v1/customers", &format!("source={id}")).ok();
    assert!(bench.get(TOKEN, &format!("/v1/tokens/{id}")).ok().is("used"));
    let again = bench.post(TOKEN, "/v1/customers", &format!("source={id}"));
    assert_eq!(again.refusal(), (400, "token_already_used".into(), "source".into()));
    assert_eq!(again.text("error.message"), format!("You cannot use a Stripe token more than once: {id}."));
    let missing = bench.post(TOKEN, "/v1/customers", "source=tok_none");
    assert_eq!(missing.refusal(), (400, "resource_missing".into(), "source".into()));
    assert_eq!(missing.text("error.message"), "No such token: 'tok_none'");
    for _ in 0..3 {
        bench.post(TOKEN, "/v1/customers", "source=tok_visa").ok();
    }
    // A number that nobody came for is swept away, and so is, later, the memory of a token that was used.
    let unused = bench.post(PUBLIC, "/v1/tokens", CARD).ok().text("id");
    now(bench.api.world.store.sweep(bench.now().0 + 86_401, 100)).unwrap();
    assert_eq!(bench.get(TOKEN, &format!("/v1/tokens/{unused}")).status, 404);
    assert!(bench.get(TOKEN, &format!("/v1/tokens/{id}")).ok().is("used"));
}

#[test]
fn a_bank_account_token() {
    let bench = Bench::new();
    let form =
        format!("{BANK}&bank_account[account_holder_name]=Ann&bank_account[account_holder_type]=individual");
    let made = bench.post(PUBLIC, "/v1/tokens", &form).ok();
    assert!(made.text("id").starts_with("btok_1") && made.text("bank_account.id").starts_with("ba_1"));
    assert_eq!(made.text("type"), "bank_account");
    assert_eq!(
        (made.text("bank_account.last4"), made.text("bank_account.bank_name")),
        ("6789".into(), "STRIPE TEST BANK".into())
    );
    assert_eq!(
        (made.text("bank_account.currency"), made.text("bank_account.status")),
        ("usd".into(), "new".into())
    );
    assert!(!made.body.to_json().contains("000123456789"));
    for (change, code, param) in [
        ("[routing_number]=110000001", "routing_number_invalid", "bank_account[routing_number]"),
        ("[account_number]=12x", "account_number_invalid", "bank_account[account_number]"),
        ("[account_number]=55555", "account_number_invalid", "bank_account[account_number]"),
        ("[country]=Austria", "country_code_invalid", "bank_account[country]"),
        ("[currency]=xxx", "", "bank_account[currency]"),
        ("[account_holder_type]=dog", "", "bank_account[account_holder_type]"),
        ("[iban]=1", "parameter_unknown", "bank_account[iban]"),
    ] {
        let name = change.split('=').next().unwrap();
        let kept: Vec<&str> = BANK.split('&').filter(|pair| !pair.contains(name)).collect();
        let form = format!("{}&bank_account{change}", kept.join("&"));
        let refused = bench.post(PUBLIC, "/v1/tokens", &form).refusal();
        assert_eq!(refused, (400, code.into(), param.into()), "{change}");
    }
    let known = bench.get(TOKEN, "/v1/tokens/btok_us_verified").ok();
    assert_eq!(known.text("bank_account.status"), "verified");
}

#[test]
fn a_customer_of_the_platform_becomes_a_token_of_the_account() {
    let bench = Bench::new();
    let mine = bench.post(PLATFORM, "/v1/tokens", CARD).ok().text("id");
    let customer = bench.post(PLATFORM, "/v1/customers", &format!("source={mine}")).ok();
    let (customer, kept) = (customer.text("id"), customer.text("default_source"));
    let ask_for = |form: &str| bench.post(TOKEN, "/v1/tokens", form);
    let shared = ask_for(&format!("customer={customer}")).ok();
    assert_eq!((shared.text("card.last4"), shared.text("type")), ("4242".into(), "card".into()));
    assert!(shared.text("card.id") != kept && shared.body.get("card").unwrap().get("customer").is_none());
    let theirs = bench.get(PLATFORM, &format!("/v1/customers/{customer}/sources/{kept}")).ok();
    assert_ne!(shared.text("card.fingerprint"), theirs.text("fingerprint"));
    let charged =
        bench.post(TOKEN, "/v1/charges", &format!("amount=900&currency=usd&source={}", shared.text("id")));
    assert_eq!(charged.ok().text("source.last4"), "4242");
    ask_for(&format!("customer={customer}&card={kept}")).ok();
    let other = bench.post(PLATFORM, "/v1/customers", "source=tok_visa").ok().text("default_source");
    for (form, code, param) in [
        (format!("customer={customer}&card={other}"), "resource_missing", "card"),
        (format!("customer={customer}&card=card_none"), "resource_missing", "card"),
        (format!("customer={customer}&bank_account=ba_none"), "resource_missing", "bank_account"),
        ("customer=cus_none".to_owned(), "resource_missing", "customer"),
        (format!("customer={customer}&{CARD}"), "", "card"),
    ] {
        assert_eq!(ask_for(&form).refusal(), (400, code.into(), param.into()), "{form}");
    }
    // A customer of the account itself is none of the platform's, and keys without a platform share nothing.
    let own = bench.post(TOKEN, "/v1/customers", "source=tok_visa").ok().text("id");
    assert_eq!(ask_for(&format!("customer={own}")).refusal().1, "resource_missing");
    for key in [SELLER, PUBLIC, PLATFORM] {
        assert_eq!(bench.post(key, "/v1/tokens", &format!("customer={customer}")).status, 400);
    }
    let bare = bench.post(PLATFORM, "/v1/customers", "email=a@b.example").ok().text("id");
    assert_eq!(ask_for(&format!("customer={bare}")).refusal(), (400, "missing".into(), "customer".into()));
    let named = ["2026-10-28.endive", SELLER_ID];
    ask(&bench, &Method::POST, PLATFORM, "/v1/tokens", &format!("customer={customer}"), named).ok();
    assert_eq!(
        ask(&bench, &Method::POST, PLATFORM, "/v1/tokens", &format!("customer={own}"), named).status,
        400
    );
    assert_ne!(PLATFORM_ID, SELLER_ID);
}

#[test]
fn no_number_and_no_security_code_is_written_or_shown() {
    let (bench, written) = recorded();
    // A security code that stands nowhere else by chance: four digits, as the network allows.
    let form = CARD.replace("987", "9071");
    let mut shown = String::new();
    let mut see = |answer: Answer| {
        shown += &answer.body.to_json();
        answer
    };
    let token = see(bench.post(PUBLIC, "/v1/tokens", &form)).ok().text("id");
    see(bench.get(TOKEN, &format!("/v1/tokens/{token}"))).ok();
    let customer = see(bench.post(
        TOKEN,
        "/v1/customers",
        &format!("source={token}&expand[]=sources&expand[]=default_source"),
    ))
    .ok();
    let (id, card) = (customer.text("id"), customer.text("default_source.id"));
    see(bench.get(TOKEN, &format!("/v1/customers/{id}/sources"))).ok();
    see(bench.get(TOKEN, &format!("/v1/customers/{id}/sources/{card}"))).ok();
    see(bench.post(TOKEN, &format!("/v1/customers/{id}/sources/{card}"), "name=Ann&exp_year=2035")).ok();
    see(bench.post(TOKEN, "/v1/charges", &format!("amount=500&currency=usd&customer={id}"))).ok();
    let source = form.replace("card[", "source[");
    see(bench.post(SELLER, "/v1/charges", &format!("amount=500&currency=usd&{source}"))).ok();
    see(bench.post(PUBLIC, "/v1/tokens", &form.replace("4242424242424242", "4539578763621486")));
    see(bench.post(PUBLIC, "/v1/tokens", BANK)).ok();
    see(bench.post(TOKEN, &format!("/v1/customers/{id}/sources"), "source=btok_us_verified")).ok();
    let written = written.lock().unwrap().clone();
    assert!(written.contains("sealed_number") && written.contains("/card/"), "nothing was recorded");
    for secret in ["4242424242424242", "4539578763621486", "000123456789"] {
        assert!(!written.contains(secret) && !shown.contains(secret), "{secret}");
    }
    assert!(!shown.contains("sealed_number") && !shown.contains("cvc_given"));
    // Ids and ciphertexts are made of letters and digits, too, so only a value of its own would be the code.
    for quoted in ["\"9071\"", ":9071", "=9071", " 9071"] {
        assert!(!written.contains(quoted) && !shown.contains(quoted), "{quoted}");
    }
}

#[test]
fn a_number_of_a_person_is_used_once() {
    let (bench, written) = recorded();
    let token = |number: &str| bench.post(PLATFORM, "/v1/tokens", &format!("pii[id_number]={number}")).ok();
    let made = token("222-22-2222");
    let id = made.text("id");
    assert!(id.starts_with("pii_1"), "{id}");
    assert_eq!(
        (made.text("object"), made.text("type"), made.is("used")),
        ("token".into(), "pii".into(), false)
    );
    for name in ["card", "bank_account", "id_number"] {
        assert!(made.body.get(name).is_none(), "{name}");
    }
    let account =
        bench.post(PLATFORM, "/v1/accounts", "type=custom&business_type=individual").ok().text("id");
    let path = format!("/v1/accounts/{account}");
    // A refusal of what comes along uses nothing up.
    let form = format!("individual[id_number]={id}&individual[email]=nobody");
    assert_eq!(bench.post(PLATFORM, &path, &form).refusal().2, "individual[email]");
    let form = format!("individual[id_number]={id}");
    let kept = bench.post(PLATFORM, &path, &form).ok();
    assert!(kept.is("individual.id_number_provided") && kept.is("individual.ssn_last_4_provided"));
    assert!(bench.get(PLATFORM, &format!("/v1/tokens/{id}")).ok().is("used"));
    let again = bench.post(PLATFORM, &path, &form).refusal();
    assert_eq!(again, (400, "token_already_used".into(), "individual[id_number]".into()));

    let company = bench.post(PLATFORM, "/v1/accounts", "type=custom&business_type=company").ok().text("id");
    let persons = format!("/v1/accounts/{company}/persons");
    let second = token("000000000").text("id");
    let twice = format!("id_number={second}&id_number_secondary={second}");
    let refused = bench.post(PLATFORM, &persons, &twice).refusal();
    assert_eq!(refused, (400, "token_already_used".into(), "id_number_secondary".into()));
    let person = bench.post(PLATFORM, &persons, &format!("id_number_secondary={second}")).ok();
    assert!(person.is("id_number_secondary_provided") && !person.is("id_number_provided"));
    let person = format!("{persons}/{}", person.text("id"));
    let third = token("ab 12").text("id");
    let changed = bench.post(PLATFORM, &person, &format!("id_number={third}")).ok();
    assert!(changed.is("id_number_provided") && !changed.is("ssn_last_4_provided"));

    // It is nobody else's, no card, and is not kept for ever.
    let fourth = token("000000000").text("id");
    let card = bench.post(PLATFORM, "/v1/tokens", CARD).ok().text("id");
    for (path, form, code, param) in [
        (person.as_str(), "id_number=pii_none".to_owned(), "resource_missing", "id_number"),
        ("/v1/customers", format!("source={fourth}"), "", "source"),
    ] {
        assert_eq!(bench.post(PLATFORM, path, &form).refusal(), (400, code.into(), param.into()), "{form}");
    }
    assert_eq!(bench.get(SELLER, &format!("/v1/tokens/{fourth}")).status, 404);
    bench.post(PLATFORM, "/v1/customers", &format!("source={card}")).ok();
    now(bench.api.world.store.sweep(bench.now().0 + 86_401, 100)).unwrap();
    let late = bench.post(PLATFORM, &person, &format!("id_number={fourth}")).refusal();
    assert_eq!(late, (400, "resource_missing".into(), "id_number".into()));
    let long = bench.post(PLATFORM, "/v1/tokens", &format!("pii[id_number]={}", "1".repeat(41))).refusal();
    assert_eq!(long, (400, String::new(), "pii[id_number]".into()));
    // What is kept is what the number said.
    let written = written.lock().unwrap().clone();
    assert!(written.contains(&id) && !written.contains("222-22-2222") && !written.contains("\"222222222\""));
}
