//! What a person decides, and what it leaves behind.
use crate::{
    connect::{self, Registration},
    deauthorize,
    testing::*,
};
use api::Profile;
use base::Scope;
use resources::connect::{
    account::Account,
    session::{self, signed_in},
    user,
};

#[tokio::test]
async fn yes_sends_a_code_and_connects() {
    let bench = Bench::new(Profile::Compat).await;
    let ask = bench.development(&format!("&redirect_uri={PLAIN}&state=s")).await;
    let found = connect::candidates(&bench.api, &ask, &bench.seller).await.unwrap();
    assert_eq!((found.len(), found[0].id.as_str(), found[0].connected), (1, SELLER, None));
    assert_eq!(connect::already_connected(&bench.api, &ask, &bench.seller).await.unwrap(), None);
    assert_eq!(bench.account(TEST_KEY, Some(SELLER)).await.0, 403);
    bench.facts();

    let url = connect::approve(&bench.api, &ask, &bench.seller, SELLER).await.unwrap().unwrap();
    let code = param(&url, "code").unwrap();
    assert_eq!(url, format!("{PLAIN}&scope=read_write&code={code}&state=s"));
    assert!(code.starts_with("ac_") && code.len() == 35);
    let facts = bench.facts();
    assert_eq!(facts.len(), 1);
    let fact = &facts[0];
    assert_eq!(
        (fact.account.as_str(), fact.live, fact.kind),
        (SELLER, false, "account.application.authorized")
    );
    assert_eq!(fact.only.as_deref(), Some(DEVELOPMENT));
    let shown = br#"{"id":"ca_development","object":"application","name":"Acme"}"#;
    assert_eq!(fact.object.as_ref(), shown);
    assert_eq!(bench.account(TEST_KEY, Some(SELLER)).await, (200, SELLER.into()));

    // Connected now: no question, and no word of it.
    let again = connect::already_connected(&bench.api, &ask, &bench.seller).await.unwrap().unwrap();
    assert_ne!(param(&again, "code"), Some(code));
    assert!(bench.facts().is_empty());
    let prompted = bench.development("&always_prompt=true").await;
    assert_eq!(connect::already_connected(&bench.api, &prompted, &bench.seller).await.unwrap(), None);
}

#[tokio::test]
async fn nobody_connects_what_is_not_theirs() {
    let bench = Bench::new(Profile::Compat).await;
    let ask = bench.development("").await;
    for account in [PLATFORM, "acct_none", "", "a/b"] {
        let refused = connect::approve(&bench.api, &ask, &bench.seller, account).await.unwrap();
        assert_eq!(refused.unwrap_err().status, 400, "{account}");
    }
    let mut liar = bench.seller.clone();
    liar.accounts.push(PLATFORM.into());
    assert!(connect::approve(&bench.api, &ask, &liar, PLATFORM).await.unwrap().is_err());
    assert_eq!(bench.account(TEST_KEY, Some("acct_none")).await.0, 403);
}

#[tokio::test]
async fn a_wider_scope_is_asked_for_again_and_a_narrower_one_takes_nothing_back() {
    let bench = Bench::new(Profile::Compat).await;
    let narrow = bench.ask("response_type=code&client_id=ca_development&scope=read_only").await;
    bench.code(&narrow).await;
    let wide = bench.development("").await;
    assert_eq!(connect::already_connected(&bench.api, &wide, &bench.seller).await.unwrap(), None);
    bench.code(&wide).await;
    bench.code(&narrow).await;
    let found = connect::candidates(&bench.api, &wide, &bench.seller).await.unwrap();
    assert_eq!(found[0].connected, Some(Scope::ReadWrite));
}

#[tokio::test]
async fn the_account_form_opens_connects_and_signs_in_at_once() {
    let bench = Bench::new(Profile::Compat).await;
    let ask = bench.ask("response_type=code&client_id=ca_production&scope=read_write").await;
    let hash = vault::hash_password("correct horse", &*bench.api.world.entropy).unwrap();
    let mut new = Registration {
        email: " Ann@Pottery.example ".into(),
        password_hash: hash,
        form: form(),
        old_token: None,
    };
    let done = connect::register(&bench.api, &ask, &new).await.unwrap().unwrap();
    let code = param(&done.url, "code").unwrap();
    let tokens = bench.token(LIVE_KEY, &format!("grant_type=authorization_code&code={code}")).await.ok();
    let id = tokens.text("stripe_user_id");
    let user = signed_in(&bench.api, &done.started.token).await.unwrap().unwrap();
    assert_eq!((user.email.as_str(), user.accounts.as_slice()), ("Ann@Pottery.example", &[id.clone()][..]));
    let account: Account = user::accounts(&bench.api, &user).await.unwrap().remove(0);
    assert!(account.details_submitted && account.charges_enabled && account.payouts_enabled);
    assert_eq!(account.bank().map(|bank| bank.last4.as_str()), Some("6789"));
    assert_eq!(bench.account(&tokens.text("access_token"), None).await, (200, id));

    // The address is taken now, in whatever case, and nothing is left of the attempt.
    new.email = "ann@POTTERY.example".into();
    new.form.born = (2013, 1, 1);
    let problems = connect::register(&bench.api, &ask, &new).await.unwrap().err().unwrap();
    let fields: Vec<&str> = problems.iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, ["dob", "email"]);
}

#[tokio::test]
async fn the_form_can_be_skipped_in_development_only() {
    let bench = Bench::new(Profile::Compat).await;
    let ask = bench.development("&stripe_user[email]=a@b.example").await;
    let url = connect::skip_form(&bench.api, &ask).await.unwrap().unwrap();
    let tokens = bench.swap(&param(&url, "code").unwrap()).await.ok();
    let (status, id) = bench.account(&tokens.text("access_token"), None).await;
    assert_eq!((status, id), (200, tokens.text("stripe_user_id")));
    let ask = bench.ask("response_type=code&client_id=ca_production").await;
    assert!(connect::skip_form(&bench.api, &ask).await.unwrap().is_err());
}

#[tokio::test]
async fn revoking_ends_everything_at_once_and_says_so() {
    let bench = Bench::new(Profile::Compat).await;
    let ask = bench.development("").await;
    let code = bench.code(&ask).await;
    let tokens = bench.swap(&code).await.ok();
    let pending = bench.code(&ask).await;
    bench.facts();
    let stranger = user::User { id: "user_none".into(), ..bench.seller.clone() };
    assert!(!deauthorize::revoke(&bench.api, &stranger, SELLER, DEVELOPMENT).await.unwrap());
    assert!(deauthorize::revoke(&bench.api, &bench.seller, SELLER, DEVELOPMENT).await.unwrap());
    assert!(!deauthorize::revoke(&bench.api, &bench.seller, SELLER, DEVELOPMENT).await.unwrap());

    let facts = bench.facts();
    assert_eq!((facts.len(), facts[0].kind), (1, "account.application.deauthorized"));
    assert_eq!((facts[0].account.as_str(), facts[0].only.as_deref()), (SELLER, Some(DEVELOPMENT)));
    assert_eq!(bench.account(&tokens.text("access_token"), None).await.0, 401);
    assert_eq!(bench.account(&tokens.text("stripe_publishable_key"), None).await.0, 401);
    assert_eq!(bench.account(TEST_KEY, Some(SELLER)).await.0, 403);
    assert_eq!(bench.account(SELLER_KEY, None).await.0, 200);
    let refresh = bench.refresh(TEST_KEY, &tokens.text("refresh_token"), "").await;
    assert_eq!(refresh.refusal().1, "invalid_grant");

    // A new connection does not bring back what belonged to the old one.
    bench.code(&ask).await;
    assert_eq!(bench.swap(&pending).await.refusal().1, "invalid_grant");
    assert_eq!(bench.swap(&code).await.refusal().1, "invalid_grant");
    assert_eq!(bench.account(TEST_KEY, Some(SELLER)).await.0, 200);
}

#[tokio::test]
async fn a_platform_deauthorizes() {
    let bench = Bench::new(Profile::Compat).await;
    let tokens = bench.swap(&bench.code(&bench.development("").await).await).await.ok();
    let ask = async |key: &str, form: &str| {
        Answer::of(crate::deauthorize(&bench.api, &bearer(key), form.as_bytes()).await)
    };
    let right = "client_id=ca_development&stripe_user_id=acct_seller";
    let gone =
        "This application is not connected to stripe account acct_none, or that account does not exist.";
    for (key, form, status, error, text) in [
        (TEST_KEY, "", 400, "invalid_request", None),
        (TEST_KEY, "client_id=ca_development", 400, "invalid_request", None),
        (TEST_KEY, "stripe_user_id=acct_seller", 400, "invalid_request", None),
        (TEST_KEY, "client_id=ca_development&stripe_user_id=acct_none", 401, "invalid_client", Some(gone)),
        (TEST_KEY, "client_id=ca_development&stripe_user_id=a/b", 401, "invalid_client", None),
        (TEST_KEY, "client_id=ca_none&stripe_user_id=acct_seller", 401, "invalid_client", None),
        (TEST_KEY, "client_id=ca_production&stripe_user_id=acct_seller", 401, "invalid_client", None),
        (LIVE_KEY, right, 401, "invalid_client", None),
        (SELLER_KEY, right, 401, "invalid_client", None),
        ("", right, 401, "invalid_client", None),
        ("sk_live_nobody", right, 401, "invalid_client", Some("No such API key: sk_live_nobody")),
    ] {
        let (found_status, found, description) = ask(key, form).await.refusal();
        assert_eq!((found_status, found.as_str()), (status, error), "{key} {form}");
        assert!(text.is_none_or(|text| text == description), "{description}");
    }
    assert_eq!(bench.account(&tokens.text("access_token"), None).await.0, 200);
    assert_eq!(ask(TEST_KEY, right).await.ok().text("stripe_user_id"), SELLER);
    assert_eq!(bench.account(&tokens.text("access_token"), None).await.0, 401);
    assert_eq!(ask(TEST_KEY, right).await.status, 401);
}

#[tokio::test]
async fn sessions_rotate_end_and_grow_old() {
    let bench = Bench::new(Profile::Compat).await;
    let first = session::start_for(&bench.api, &bench.seller, None).await.unwrap().token;
    let second = session::start_for(&bench.api, &bench.seller, Some(&first)).await.unwrap().token;
    assert_eq!(signed_in(&bench.api, &first).await.unwrap(), None);
    assert_eq!(
        signed_in(&bench.api, &second).await.unwrap().map(|user| user.id),
        Some(bench.seller.id.clone())
    );
    assert_ne!(session::csrf(&first), session::csrf(&second));
    session::sign_out(&bench.api, &second).await.unwrap();
    assert_eq!(signed_in(&bench.api, &second).await.unwrap(), None);
    let third = session::start_for(&bench.api, &bench.seller, None).await.unwrap().token;
    bench.clock.advance(session::LIFETIME);
    assert_eq!(signed_in(&bench.api, &third).await.unwrap(), None);
}

#[tokio::test]
async fn guessing_is_slowed_down_and_a_right_password_forgives() {
    let bench = Bench::new(Profile::Compat).await;
    let attempt =
        async |email: &str, address: &str| session::attempt(&bench.api, email, address).await.unwrap();
    for _ in 0..10 {
        assert!(attempt("Seller@shop.example", "192.0.2.1").await.is_ok());
    }
    let wait = attempt("seller@shop.example", "192.0.2.1").await.err().unwrap().wait;
    assert_eq!(wait, 900);
    // Somebody else's guessing does not keep the person out, unless it comes from everywhere.
    let mut let_in = 0;
    for n in 0..100 {
        let_in += usize::from(attempt("seller@shop.example", &format!("198.51.100.{n}")).await.is_ok());
    }
    assert_eq!(let_in, 40);
    bench.clock.advance(wait);
    let right = attempt("seller@shop.example", "192.0.2.1").await.ok().unwrap();
    assert!(session::sign_in(&bench.api, &right, None, None).await.unwrap().is_some());
    assert!(attempt("nobody@shop.example", "192.0.2.1").await.ok().unwrap().verify("x").is_ok_and(|it| !it));
    let mut let_in = 0;
    for n in 0..200 {
        let_in += usize::from(attempt(&format!("{n}@shop.example"), "192.0.2.9").await.is_ok());
    }
    assert_eq!(let_in, 100);
}
