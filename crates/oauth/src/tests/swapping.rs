//! Codes and refresh tokens for access tokens, in both profiles.
use crate::testing::*;
use api::{Profile, done};
use base::Caller;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use resources::connect::account::{Account, Capabilities, CapabilityStatus};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

const READ_ONLY: &str = "response_type=code&client_id=ca_development";

fn grant_error(answer: &Answer) -> String {
    let (status, error, text) = answer.refusal();
    assert_eq!((status, error.as_str()), (400, "invalid_grant"), "{text}");
    text
}

#[tokio::test]
async fn a_code_is_swapped_once() {
    let bench = Bench::new(Profile::Compat).await;
    let code = bench.code(&bench.development("").await).await;
    let tokens = bench.swap(&code).await.ok();
    let keys: Vec<&str> = match &tokens.body {
        wire::Node::Map(entries) => entries.iter().map(|(key, _)| key.as_ref()).collect(),
        _ => Vec::new(),
    };
    assert_eq!(
        keys,
        [
            "access_token",
            "livemode",
            "refresh_token",
            "token_type",
            "stripe_publishable_key",
            "stripe_user_id",
            "scope"
        ]
    );
    assert_eq!(tokens.body.get("livemode"), Some(&wire::Node::Bool(false)));
    for (name, start) in [
        ("access_token", "sk_test_"),
        ("refresh_token", "rt_"),
        ("token_type", "bearer"),
        ("stripe_publishable_key", "pk_test_"),
        ("stripe_user_id", SELLER),
        ("scope", "read_write"),
    ] {
        assert!(tokens.text(name).starts_with(start), "{name}");
    }
    assert_eq!(tokens.text("access_token").len(), 32);
    assert_eq!(bench.account(&tokens.text("access_token"), None).await, (200, SELLER.into()));

    let used =
        "This authorization code has already been used. All tokens issued with this code have been revoked.";
    for _ in 0..2 {
        assert_eq!(grant_error(&bench.swap(&code).await), used);
    }
    assert_eq!(bench.account(&tokens.text("access_token"), None).await.0, 401);
    assert_eq!(bench.account(&tokens.text("stripe_publishable_key"), None).await.0, 401);
    grant_error(&bench.refresh(TEST_KEY, &tokens.text("refresh_token"), "").await);
    // The connection itself stands, and the next code works.
    let next = bench.swap(&bench.code(&bench.development("").await).await).await.ok();
    assert_eq!(bench.account(&next.text("access_token"), None).await.0, 200);
}

#[tokio::test]
async fn one_code_does_not_take_the_tokens_of_another_with_it() {
    let bench = Bench::new(Profile::Compat).await;
    let ask = bench.development("").await;
    let (first, second) = (bench.code(&ask).await, bench.code(&ask).await);
    let kept = bench.swap(&first).await.ok();
    let lost = bench.swap(&second).await.ok();
    assert_eq!(kept.text("stripe_publishable_key"), lost.text("stripe_publishable_key"));
    // What a refresh gave descends from the code, too.
    let rolled = bench.refresh(TEST_KEY, &lost.text("refresh_token"), "&scope=read_only").await.ok();
    grant_error(&bench.swap(&second).await);
    assert_eq!(bench.account(&rolled.text("access_token"), None).await.0, 401);
    assert_eq!(bench.account(&kept.text("access_token"), None).await.0, 200);
    assert_eq!(bench.account(TEST_KEY, Some(SELLER)).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_swaps_at_once_one_wins() {
    let bench = Arc::new(Bench::new(Profile::Compat).await);
    let code = bench.code(&bench.development("").await).await;
    let swaps: Vec<_> = (0..50)
        .map(|_| {
            let (bench, code) = (Arc::clone(&bench), code.clone());
            tokio::spawn(async move { bench.swap(&code).await })
        })
        .collect();
    let mut won = Vec::new();
    for swap in swaps {
        let answer = swap.await.unwrap();
        if answer.status == 200 { won.push(answer) } else { drop(grant_error(&answer)) }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(bench.account(&won[0].text("access_token"), None).await.0, 401);
}

#[tokio::test]
async fn every_refusal_has_its_status_code_and_text() {
    let bench = Bench::new(Profile::Compat).await;
    let nothing = "No authentication was provided. Send your secret API key using the Authorization header, or as a client_secret POST parameter.";
    for (key, form, status, error, text) in [
        ("", "grant_type=authorization_code&code=ac_x", 401, "invalid_client", nothing),
        ("sk_live_no", "grant_type=authorization_code", 401, "invalid_client", "No such API key: sk_live_no"),
        (TEST_KEY, "", 400, "invalid_request", "No grant type specified"),
        (TEST_KEY, "grant_type=", 400, "invalid_request", "No grant type specified"),
        (TEST_KEY, "grant_type[]=authorization_code", 400, "invalid_request", "No grant type specified"),
        (
            TEST_KEY,
            "grant_type=authorization_code",
            400,
            "invalid_request",
            "No authorization code specified",
        ),
        (TEST_KEY, "grant_type=refresh_token", 400, "invalid_request", "No refresh token specified"),
        (
            TEST_KEY,
            "grant_type=authorization_code&code=ac_none",
            400,
            "invalid_grant",
            "Authorization code does not exist: ac_none",
        ),
        (
            TEST_KEY,
            "grant_type=refresh_token&refresh_token=rt_none",
            400,
            "invalid_grant",
            "Refresh token does not exist: rt_none",
        ),
    ] {
        assert_eq!(bench.token(key, form).await.refusal(), (status, error.into(), text.into()), "{form}");
    }
    let other = bench.token(TEST_KEY, "grant_type=password").await.refusal();
    assert_eq!((other.0, other.1.as_str()), (400, "unsupported_grant_type"));
    for form in ["grant_type=%ff", "a[b=1", "a=1&a[b]=2"] {
        assert_eq!(bench.token(TEST_KEY, form).await.refusal().1, "invalid_request", "{form}");
    }
    let pk = keys("platform").publishable_test;
    assert_eq!(bench.token(&pk, "grant_type=refresh_token").await.refusal().1, "invalid_client");
}

#[tokio::test]
async fn a_code_lives_five_minutes_and_belongs_to_its_platform() {
    let bench = Bench::new(Profile::Compat).await;
    let code = bench.code(&bench.development("").await).await;
    let form = format!("grant_type=authorization_code&code={code}");
    let foreign = grant_error(&bench.token(SELLER_KEY, &form).await);
    assert_eq!(foreign, format!("Authorization code does not exist: {code}"));
    bench.clock.advance(299);
    bench.swap(&code).await.ok();
    let code = bench.code(&bench.development("").await).await;
    bench.clock.advance(300);
    assert_eq!(grant_error(&bench.swap(&code).await), "Authorization code expired");
}

#[tokio::test]
async fn the_key_decides_the_mode_where_the_connection_has_both() {
    let bench = Bench::new(Profile::Compat).await;
    let form = |code: &str| format!("grant_type=authorization_code&code={code}");
    let development = bench.code(&bench.development("").await).await;
    grant_error(&bench.token(LIVE_KEY, &form(&development)).await);
    let tokens = bench.swap(&development).await.ok();
    grant_error(&bench.refresh(LIVE_KEY, &tokens.text("refresh_token"), "").await);

    let ask = bench.ask("response_type=code&client_id=ca_production&scope=read_write").await;
    let live = bench.token(LIVE_KEY, &form(&bench.code(&ask).await)).await.ok();
    assert!(live.text("access_token").starts_with("sk_live_"));
    let test = bench.refresh(TEST_KEY, &live.text("refresh_token"), "").await.ok();
    assert!(test.text("access_token").starts_with("sk_test_"));
    assert!(test.text("stripe_publishable_key").starts_with("pk_test_"));
    assert_eq!(test.text("refresh_token"), live.text("refresh_token"));
    for token in [&live, &test] {
        assert_eq!(bench.account(&token.text("access_token"), None).await, (200, SELLER.into()));
    }

    let strict = Bench::new(Profile::Strict).await;
    let ask = strict.ask("response_type=code&client_id=ca_production").await;
    let code = strict.code(&ask).await;
    grant_error(&strict.token(TEST_KEY, &form(&code)).await);
    strict.token(LIVE_KEY, &form(&code)).await.ok();
}

#[tokio::test]
async fn a_refresh_rolls_the_token_of_its_scope_and_mode() {
    let bench = Bench::new(Profile::Compat).await;
    let first = bench.swap(&bench.code(&bench.development("").await).await).await.ok();
    let refresh = first.text("refresh_token");
    let second = bench.refresh(TEST_KEY, &refresh, "").await.ok();
    let narrow = bench.refresh(TEST_KEY, &refresh, "&scope=read_only").await.ok();
    assert_eq!(narrow.text("scope"), "read_only");
    for (tokens, status) in [(&first, 401), (&second, 200), (&narrow, 200)] {
        assert_eq!(bench.account(&tokens.text("access_token"), None).await.0, status);
    }
    let wrong = bench.refresh(TEST_KEY, &refresh, "&scope=all").await.refusal();
    assert_eq!(wrong, (400, "invalid_scope".into(), "Invalid scope provided: all.".into()));
    grant_error(&bench.refresh(SELLER_KEY, &refresh, "").await);

    let read_only = bench.swap(&bench.code(&bench.ask(READ_ONLY).await).await).await.ok();
    assert_eq!(read_only.text("scope"), "read_only");
    let wider = bench.refresh(TEST_KEY, &read_only.text("refresh_token"), "&scope=read_write").await;
    assert_eq!(wider.refusal().1, "invalid_scope");
}

#[tokio::test]
async fn a_challenge_once_given_is_enforced() {
    let verifier = "0123456789-0123456789.0123456789_0123456789~xyz";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    for profile in [Profile::Compat, Profile::Strict] {
        let bench = Bench::new(profile).await;
        let ask = bench.development(&format!("&code_challenge={challenge}&code_challenge_method=S256")).await;
        let code = bench.code(&ask).await;
        let form = format!("grant_type=authorization_code&code={code}");
        for more in
            [String::new(), format!("&code_verifier={verifier}0"), format!("&code_verifier={challenge}")]
        {
            grant_error(&bench.token(TEST_KEY, &format!("{form}{more}")).await);
        }
        bench.token(TEST_KEY, &format!("{form}&code_verifier={verifier}")).await.ok();
        let plain = bench.code(&bench.development("").await).await;
        let stray = format!("grant_type=authorization_code&code={plain}&code_verifier={verifier}");
        let status = if profile == Profile::Strict { 400 } else { 200 };
        assert_eq!(bench.token(TEST_KEY, &stray).await.status, status);
    }
}

#[tokio::test]
async fn what_libraries_add_is_tolerated_and_strictly_must_be_right() {
    for (profile, more, status) in [
        (Profile::Compat, "&redirect_uri=https://other.example&client_id=ca_none&scope=x&y=1", 200),
        (Profile::Strict, "&redirect_uri=https://shop.example/callback&client_id=ca_development", 200),
        (Profile::Strict, "&redirect_uri=https://other.example", 400),
        (Profile::Strict, "", 400),
        (Profile::Strict, "&redirect_uri=https://shop.example/callback&client_id=ca_none", 401),
    ] {
        let bench = Bench::new(profile).await;
        let code = bench.code(&bench.development(&format!("&redirect_uri={HTTPS}")).await).await;
        let form = format!("grant_type=authorization_code&code={code}{more}");
        assert_eq!(bench.token(TEST_KEY, &form).await.status, status, "{more}");
    }
}

#[tokio::test]
async fn strictly_a_refresh_token_is_replaced_and_its_late_use_ends_the_family() {
    let bench = Bench::new(Profile::Strict).await;
    let first = bench.swap(&bench.code(&bench.development("").await).await).await.ok();
    let old = first.text("refresh_token");
    let second = bench.refresh(TEST_KEY, &old, "").await.ok();
    assert_ne!(second.text("refresh_token"), old);
    // The answer may have been lost, so the old one is taken for a moment.
    bench.clock.advance(60);
    let third = bench.refresh(TEST_KEY, &old, "").await.ok();
    assert_eq!(bench.account(&third.text("access_token"), None).await.0, 200);
    bench.clock.advance(1);
    grant_error(&bench.refresh(TEST_KEY, &old, "").await);
    assert_eq!(bench.account(&third.text("access_token"), None).await.0, 401);
    for tokens in [&second, &third] {
        grant_error(&bench.refresh(TEST_KEY, &tokens.text("refresh_token"), "").await);
    }
}

#[tokio::test]
async fn the_metadata_tells_where_everything_is() {
    let bench = Bench::new(Profile::Compat).await;
    let told = Answer::of(crate::metadata(&bench.api)).ok();
    assert_eq!(told.text("issuer"), ORIGIN);
    assert_eq!(told.text("authorization_endpoint"), format!("{ORIGIN}/oauth/authorize"));
    assert_eq!(told.text("token_endpoint"), format!("{ORIGIN}/oauth/token"));
}

#[tokio::test]
async fn who_asserts_capabilities_is_told_which_is_missing() {
    let bench = Bench::new(Profile::Compat).await;
    let code = bench.code(&bench.development("").await).await;
    let swap = |more: &str| format!("grant_type=authorization_code&code={code}{more}");
    let both = "&assert_capabilities[]=transfers&assert_capabilities[]=card_payments";
    let (status, error, text) = bench.token(TEST_KEY, &swap(both)).await.refusal();
    assert_eq!((status, error.as_str()), (400, "invalid_request"));
    assert_eq!(text, "assert_capabilities expects capability: transfers");
    let caller = Caller::system("", false);
    let given = bench.api.transact(&caller, |cx| {
        Box::pin(async move {
            let mut account: Account = cx.must("id", SELLER).await?;
            account.capabilities = Capabilities::own(CapabilityStatus::Active);
            cx.put(&account);
            done(())
        })
    });
    assert!(given.await.is_ok());
    // The refusal used nothing up.
    assert_eq!(bench.token(TEST_KEY, &swap("&assert_capabilities=flying")).await.refusal().0, 400);
    assert_eq!(bench.token(TEST_KEY, &swap(both)).await.ok().text("capabilities"), "transfers card_payments");
}
