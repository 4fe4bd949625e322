//! Ephemeral keys, and what they open.
use crate::testing::{Answer, Bench, PLATFORM, SELLER, SELLER_ID, TOKEN, now};
use api::Request;
use http::{HeaderMap, HeaderValue, Method};
use store::Bytes;
use wire::Node;

const VERSION: &str = "2026-10-28.endive";

/// Asks with headers of its own: the key, the version, the account; empty ones are left out.
fn ask(
    bench: &Bench,
    method: &Method,
    [key, version, account]: [&str; 3],
    target: &str,
    form: &str,
) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    let bearer = format!("Bearer {key}");
    for (name, value) in
        [("authorization", bearer.as_str()), ("stripe-version", version), ("stripe-account", account)]
    {
        if !value.is_empty() {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
    }
    let body = Bytes::from(form.to_owned());
    let response = now(bench.api.handle(Request { method, path, query, headers: &headers, body: &body }));
    Answer { status: response.status().as_u16(), body: Node::parse(response.body()).unwrap().into_owned() }
}

/// A customer with a card, and the id of the card.
fn customer(bench: &Bench, key: &str) -> (String, String) {
    let made = bench.post(key, "/v1/customers", "source=tok_visa").ok();
    (made.text("id"), made.text("default_source"))
}

fn key_of(bench: &Bench, key: &str, customer: &str) -> Answer {
    ask(bench, &Method::POST, [key, VERSION, ""], "/v1/ephemeral_keys", &format!("customer={customer}"))
}

#[test]
fn a_key_is_for_one_customer_and_an_hour() {
    let bench = Bench::new();
    let (mine, card) = customer(&bench, SELLER);
    let (other, _) = customer(&bench, SELLER);
    let made = key_of(&bench, SELLER, &mine).ok();
    let secret = made.text("secret");
    assert!(secret.starts_with("ek_test_") && made.text("id").starts_with("ephkey_1"));
    assert_eq!(made.number("expires"), bench.now().0 + 3600);
    assert_eq!(
        (made.text("associated_objects.0.id"), made.text("associated_objects.0.type")),
        (mine.clone(), "customer".into())
    );
    let with =
        |method: Method, target: &str, form: &str| ask(&bench, &method, [&secret, VERSION, ""], target, form);
    let get = |target: &str| with(Method::GET, target, "");
    assert_eq!(get(&format!("/v1/customers/{mine}")).ok().text("id"), mine);
    assert_eq!(get(&format!("/v1/customers/{mine}/sources")).ok().items().len(), 1);
    assert_eq!(get(&format!("/v1/payment_methods?customer={mine}&type=card")).ok().items().len(), 1);
    let method =
        bench.post(SELLER, "/v1/payment_methods", "type=card&card[token]=tok_mastercard").ok().text("id");
    with(Method::POST, &format!("/v1/payment_methods/{method}/attach"), &format!("customer={mine}")).ok();
    with(Method::POST, &format!("/v1/payment_methods/{method}/detach"), "").ok();
    let chosen = with(Method::POST, &format!("/v1/customers/{mine}"), &format!("default_source={card}")).ok();
    assert_eq!(chosen.text("default_source"), card);

    let refused = |answer: Answer| {
        assert!(
            answer
                .text("error.message")
                .ends_with("Having more permissions would allow this request to continue.")
        );
        assert_eq!(answer.refusal(), (403, "more_permissions_required".into(), String::new()));
    };
    for target in [
        format!("/v1/customers/{other}"),
        format!("/v1/customers/{other}/sources"),
        "/v1/customers".into(),
        "/v1/payment_methods".into(),
        format!("/v1/payment_methods?customer={other}"),
        format!("/v1/payment_methods?customer[a]={mine}"),
        "/v1/charges".into(),
        "/v1/balance".into(),
        "/v1/account".into(),
    ] {
        refused(get(&target));
    }
    refused(with(Method::POST, &format!("/v1/customers/{mine}"), "balance=-5000"));
    refused(with(Method::POST, &format!("/v1/customers/{mine}"), &format!("default_source={card}&coupon=x")));
    refused(with(Method::DELETE, &format!("/v1/customers/{mine}"), ""));
    refused(with(Method::POST, "/v1/ephemeral_keys", &format!("customer={mine}")));
    refused(with(
        Method::POST,
        &format!("/v1/payment_methods/{method}/attach"),
        &format!("customer={other}"),
    ));
    let theirs = bench.get(SELLER, &format!("/v1/payment_methods?customer={other}")).ok().text("data.0.id");
    let detached = with(Method::POST, &format!("/v1/payment_methods/{theirs}/detach"), "").refusal();
    assert_eq!(detached, (404, "resource_missing".into(), "id".into()));

    // The version is said each time, and the hour ends.
    let unversioned = ask(&bench, &Method::GET, [&secret, "", ""], &format!("/v1/customers/{mine}"), "");
    assert_eq!(unversioned.status, 400);
    bench.clock.advance(3600);
    let late = get(&format!("/v1/customers/{mine}"));
    assert_eq!(late.refusal(), (401, "api_key_expired".into(), String::new()));
    assert!(
        late.text("error.message").contains("ek_test_****") && !late.text("error.message").contains(&secret)
    );
}

#[test]
fn a_key_that_is_deleted_opens_nothing() {
    let bench = Bench::new();
    let (mine, _) = customer(&bench, SELLER);
    let made = key_of(&bench, SELLER, &mine).ok();
    let seen = || {
        ask(&bench, &Method::GET, [&made.text("secret"), VERSION, ""], &format!("/v1/customers/{mine}"), "")
    };
    seen().ok();
    let path = format!("/v1/ephemeral_keys/{}", made.text("id"));
    assert_eq!(bench.delete(PLATFORM, &path).status, 404);
    let gone = bench.delete(SELLER, &path).ok();
    assert!(gone.text("id") == made.text("id") && gone.body.get("secret").is_none());
    assert_eq!(seen().status, 401);
    assert_eq!(bench.delete(SELLER, &path).status, 404);
}

#[test]
fn what_is_no_key_is_refused() {
    let bench = Bench::new();
    let (mine, _) = customer(&bench, SELLER);
    let post = |version, form: &str| {
        ask(&bench, &Method::POST, [SELLER, version, ""], "/v1/ephemeral_keys", form).refusal()
    };
    assert_eq!(post("", &format!("customer={mine}")), (400, String::new(), String::new()));
    assert_eq!(post(VERSION, ""), (400, "parameter_missing".into(), "customer".into()));
    assert_eq!(post(VERSION, "customer=cus_none"), (400, "resource_missing".into(), "customer".into()));
    assert_eq!(post(VERSION, "issuing_card=ic_1").1, "parameter_missing");
}

#[test]
fn a_platform_makes_keys_for_customers_of_its_accounts() {
    let bench = Bench::new();
    let (mine, _) = customer(&bench, TOKEN);
    let named = [PLATFORM, VERSION, SELLER_ID];
    let made = ask(&bench, &Method::POST, named, "/v1/ephemeral_keys", &format!("customer={mine}")).ok();
    let secret = made.text("secret");
    let path = format!("/v1/customers/{mine}");
    ask(&bench, &Method::GET, [&secret, VERSION, SELLER_ID], &path, "").ok();
    ask(&bench, &Method::GET, [&secret, VERSION, ""], &path, "").ok();
    // A key of the platform's own customer opens no account of somebody else.
    let (own, _) = customer(&bench, PLATFORM);
    let own = key_of(&bench, PLATFORM, &own).ok().text("secret");
    assert_eq!(ask(&bench, &Method::GET, [&own, VERSION, SELLER_ID], &path, "").status, 403);
}
