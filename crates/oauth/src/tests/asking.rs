//! What may be asked, and how a bad ask is answered.
use crate::{Landing, Refusal, authorize, testing::*};
use api::Profile;
use base::Scope;

async fn refused(bench: &Bench, query: &str) -> Refusal {
    match authorize::read(&bench.api, query).await.unwrap() {
        Err(refusal) => refusal,
        Ok(ask) => panic!("taken: {query}: {ask:?}"),
    }
}

#[tokio::test]
async fn an_ask_is_read() {
    let bench = Bench::new(Profile::Compat).await;
    let ask = bench.ask("response_type=code&client_id=ca_development&unknown=1&nonce=2").await;
    assert_eq!((ask.scope, ask.landing, ask.always_prompt), (Scope::ReadOnly, Landing::SignIn, false));
    assert_eq!(
        (ask.redirect_uri.as_str(), ask.host(), ask.return_origin()),
        (HTTPS, "shop.example", "https://shop.example")
    );
    assert_eq!((ask.state, ask.iss, ask.challenge), (None, None, None));

    let ask = bench
        .development("&redirect_uri=http://localhost:3000/cb&always_prompt=true&stripe_user%5Bemail%5D=a%40b.example&stripe_user[x]=%ff")
        .await;
    assert_eq!((ask.scope, ask.landing, ask.always_prompt), (Scope::ReadWrite, Landing::Register, true));
    assert_eq!(ask.redirect_uri, "http://localhost:3000/cb");
    assert_eq!(ask.prefill, [("stripe_user[email]".to_owned(), "a@b.example".to_owned())]);
    assert_eq!(bench.development("&stripe_landing=login").await.landing, Landing::SignIn);
    let read_only = "response_type=code&client_id=ca_development&stripe_landing=register";
    assert_eq!(bench.ask(read_only).await.landing, Landing::Register);
}

#[tokio::test]
async fn a_bad_ask_is_told_on_the_spot() {
    let bench = Bench::new(Profile::Compat).await;
    for (query, error, description) in [
        (
            "client_id=ca_development",
            "invalid_request",
            "No response type specified. Send response_type=code.",
        ),
        (
            "client_id=ca_development&response_type=token",
            "unsupported_response_type",
            "Only 'code' response_type is supported, but 'token' was provided",
        ),
        (
            "client_id=ca_development&response_type=code&scope=admin",
            "invalid_scope",
            "Invalid scope provided: admin.",
        ),
        (
            "client_id=ca_development&response_type=code&redirect_uri=http://evil.example",
            "invalid_redirect_uri",
            "Invalid redirect URI 'http://evil.example'. Ensure this uri exactly matches one of the uris specified in your application settings",
        ),
        (
            "client_id=ca_development&response_type=token&redirect_uri=http://evil.example",
            "invalid_redirect_uri",
            "Invalid redirect URI 'http://evil.example'. Ensure this uri exactly matches one of the uris specified in your application settings",
        ),
        (
            "client_id=ca_development&response_type=code&code_challenge=x",
            "invalid_request",
            "Only the 'S256' code_challenge_method is supported, but 'plain' was provided",
        ),
        (
            "client_id=ca_development&response_type=code&code_challenge=x&code_challenge_method=S256",
            "invalid_request",
            "Invalid code_challenge: send the base64url of the SHA-256 of the verifier, which has 43 characters.",
        ),
    ] {
        let refusal = refused(&bench, &format!("{query}&state=a%20b")).await;
        assert_eq!(
            (refusal.status, refusal.error, refusal.description.as_str(), refusal.state.as_deref()),
            (400, Some(error), description, Some("a b")),
            "{query}"
        );
        let answer = Answer::of(refusal.into_response("req_1"));
        assert_eq!((answer.text("error").as_str(), answer.text("state").as_str()), (error, "a b"));
    }
    for query in ["", "client_id=", "response_type=code&client_id=ca_none", "client_id=%ff", "client_id=a/b"]
    {
        let refusal = refused(&bench, query).await;
        let json = r#"{"error":{"message":"No application matches the supplied client identifier"}}"#;
        assert_eq!((refusal.status, refusal.to_json().as_ref()), (400, json.as_bytes()), "{query}");
    }
    let long = format!("client_id=ca_development&state={}", "x".repeat(40_000));
    assert_eq!(refused(&bench, &long).await.status, 400);
}

#[tokio::test]
async fn the_production_client_id_wants_https_from_its_list() {
    let bench = Bench::new(Profile::Compat).await;
    let query = "response_type=code&client_id=ca_production";
    assert_eq!(bench.ask(query).await.redirect_uri, HTTPS);
    for uri in [PLAIN, "http://localhost:3000/cb", "https://localhost/cb"] {
        assert_eq!(
            refused(&bench, &format!("{query}&redirect_uri={uri}")).await.error,
            Some("invalid_redirect_uri")
        );
    }
    assert_eq!(bench.development(&format!("&redirect_uri={PLAIN}")).await.redirect_uri, PLAIN);
}

#[tokio::test]
async fn of_repeated_values_the_one_that_is_checked_is_the_one_that_is_used() {
    let bench = Bench::new(Profile::Compat).await;
    let good_then_bad = format!("redirect_uri={HTTPS}&redirect_uri=https://evil.example");
    let query = format!("response_type=code&client_id=ca_development&{good_then_bad}");
    assert_eq!(refused(&bench, &query).await.error, Some("invalid_redirect_uri"));
    let ask = bench.development(&format!("&redirect_uri=https://evil.example&redirect_uri={HTTPS}")).await;
    assert!(ask.denied().starts_with(HTTPS));

    let strict = Bench::new(Profile::Strict).await;
    let query = format!("response_type=code&client_id=ca_development&state=a&state=b&redirect_uri={HTTPS}");
    assert_eq!(refused(&strict, &query).await.error, Some("invalid_request"));
}

#[tokio::test]
async fn the_state_comes_back_byte_for_byte() {
    let bench = Bench::new(Profile::Compat).await;
    for (sent, back) in [
        ("plain", "plain"),
        ("a+b%20c", "a%20b%20c"),
        ("%41%25zz", "A%25zz"),
        ("%ff%00%0d%0a", "%FF%00%0D%0A"),
        ("%3Cscript%3E&x=1", "%3Cscript%3E"),
        ("%C3%BC", "%C3%BC"),
    ] {
        let ask = bench.development(&format!("&state={sent}")).await;
        assert_eq!(param(&ask.denied(), "state").as_deref(), Some(back), "{sent}");
    }
    let none = bench.development("").await.denied();
    assert_eq!(
        none,
        format!("{HTTPS}?error=access_denied&error_description=The%20user%20denied%20your%20request")
    );
}

#[tokio::test]
async fn who_answers_is_said_to_those_who_ask_strictly() {
    let bench = Bench::new(Profile::Compat).await;
    let iss = "https%3A%2F%2Fbridge.example";
    let challenge = format!("&code_challenge={}&code_challenge_method=S256", "x".repeat(43));
    for (more, expected) in [("", None), ("&iss=1", Some(iss)), (challenge.as_str(), Some(iss))] {
        assert_eq!(param(&bench.development(more).await.denied(), "iss").as_deref(), expected);
    }
    let strict = Bench::new(Profile::Strict).await;
    assert_eq!(param(&strict.development("").await.denied(), "iss").as_deref(), Some(iss));
}
