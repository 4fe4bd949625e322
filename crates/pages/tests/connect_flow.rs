//! The connect flow, walked by calling the pages directly.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;

use bench::{Bench, CALLBACK, DEVELOPMENT, PASSWORD, PRODUCTION, SECOND, SELLER, authorize};
use bytes::Bytes;
use http::Request;

const SELLER_SIGN_IN: [(&str, &str); 3] =
    [("do", "sign_in"), ("email", "seller@example.com"), ("password", PASSWORD)];

#[tokio::test]
async fn sign_in_consent_and_straight_back_the_second_time() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    let url = authorize("&stripe_landing=login");
    let page = browser.get(&url).await;
    assert_eq!(page.status, 200);
    assert!(page.shows("Sign in to connect with") && page.shows("Skip this account form"));
    assert!(page.header("content-security-policy").ends_with("form-action 'self' https://acme.example"));
    assert_eq!(page.header("cache-control"), "no-store");
    let before = browser.cookies.clone();

    let wrong =
        browser.post(&url, &[("do", "sign_in"), ("email", "seller@example.com"), ("password", "no")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.shows("do not match") && wrong.shows("seller@example.com") && !wrong.shows("value=\"no\""));

    let entered = browser.post(&url, &SELLER_SIGN_IN).await;
    assert_eq!((entered.status, entered.location()), (303, url.as_str()));
    assert!(
        before.values().all(|old| !browser.cookies.values().any(|new| new == old)),
        "the session rotates"
    );

    let consent = browser.get(&url).await;
    assert!(
        consent.shows("Connect my account")
            && consent.shows("Take payments")
            && consent.shows("acme.example")
    );
    let back = browser.post(&url, &[("do", "approve"), ("account", SELLER)]).await;
    assert_eq!(back.status, 302);
    assert!(
        back.location().starts_with(&format!("{CALLBACK}?scope=read_write&code=ac_")),
        "{}",
        back.location()
    );
    assert!(back.location().ends_with("&state=s%201"), "{}", back.location());

    let again = browser.get(&authorize("")).await;
    assert_eq!(again.status, 302);
    assert_ne!(again.param("code"), back.param("code"));
    let asked = browser.get(&authorize("&always_prompt=true")).await;
    assert_eq!(asked.status, 200);
    assert!(asked.shows("Connected"));
}

#[tokio::test]
async fn denying_needs_no_sign_in() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    let url = authorize("&stripe_landing=login");
    browser.get(&url).await;
    let back = browser.post(&url, &[("do", "deny")]).await;
    assert_eq!(back.status, 302);
    assert_eq!(
        back.location(),
        format!(
            "{CALLBACK}?error=access_denied&error_description=The%20user%20denied%20your%20request&state=s%201"
        )
    );
}

#[tokio::test]
async fn skipping_is_for_the_development_client_alone() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    let url = authorize("");
    assert!(browser.get(&url).await.shows("Open account and connect"), "read_write begins with the form");
    let back = browser.post(&url, &[("do", "skip")]).await;
    assert_eq!(back.status, 302);
    assert!(back.param("code").is_some());

    let live = url.replace(DEVELOPMENT, PRODUCTION);
    assert!(!browser.get(&live).await.shows("Skip this account form"));
    let refused = browser.post(&live, &[("do", "skip")]).await;
    assert_eq!((refused.status, refused.location()), (400, ""));
}

const FORM: [(&str, &str); 22] = [
    ("do", "register"),
    ("country", "US"),
    ("business_type", "llc"),
    ("business_name", "Atelier <Mara>"),
    ("url", "https://atelier.example"),
    ("product_description", "Notebooks"),
    ("statement_descriptor", "ATELIER MARA"),
    ("first_name", "Mara"),
    ("last_name", "Lind"),
    ("dob_month", "5"),
    ("dob_day", "17"),
    ("dob_year", "1984"),
    ("street_address", "510 Townsend St"),
    ("city", "San Francisco"),
    ("state", "CA"),
    ("zip", "94103"),
    ("bank_country", "US"),
    ("currency", "usd"),
    ("routing_number", "110000000"),
    ("account_number", "000123456789"),
    ("email", "mara@atelier.example"),
    ("password", "three unrelated words"),
];

fn with(field: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    FORM.iter().map(|(name, old)| (*name, if *name == field { value } else { *old })).collect()
}

#[tokio::test]
async fn the_account_form_with_mistakes_and_without() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    let url = authorize("&stripe_user[email]=mara@atelier.example&stripe_user[password]=x");
    let page = browser.get(&url).await;
    assert!(page.shows("value=\"mara@atelier.example\""));

    let refused = browser.post(&url, &with("password", "short")).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.shows("id=\"e-password\"")
            && refused.shows("510 Townsend St")
            && !refused.shows("value=\"short\"")
    );
    assert!(refused.shows("Atelier &lt;Mara&gt;"));
    let taken = browser.post(&url, &with("email", "Seller@Example.com")).await;
    assert_eq!(taken.status, 422);
    assert!(taken.shows("id=\"e-email\""));

    let back = browser.post(&url, &FORM).await;
    assert_eq!(back.status, 302, "{}", back.body);
    assert!(back.param("code").is_some());
    // The person is signed in and connected.
    assert_eq!(browser.get(&authorize("")).await.status, 302);
    let account = browser.get("/dashboard/account").await;
    assert!(
        account.shows("ATELIER MARA") && account.shows("ending in 6789") && !account.shows("000123456789")
    );
    assert!(account.shows("pk_test_") && account.shows("sk_test_***"));
}

#[tokio::test]
async fn several_accounts_are_a_choice() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("both@example.com").await;
    let url = authorize("");
    let page = browser.get(&url).await;
    assert!(page.shows("Which account?") && page.shows(SECOND));
    let foreign = browser.post(&url, &[("do", "approve"), ("account", SELLER)]).await;
    assert_eq!((foreign.status, foreign.location()), (422, ""));
    assert!(foreign.shows("Choose the account"));
    let none = browser.post(&url, &[("do", "approve")]).await;
    assert_eq!(none.status, 422);
    let back = browser.post(&url, &[("do", "approve"), ("account", SECOND)]).await;
    assert_eq!(back.status, 302);
    assert!(browser.get("/dashboard/authorized-applications").await.shows("Acme"));
}

#[tokio::test]
async fn a_platform_is_not_connected_to_itself() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("platform@example.com").await;
    let page = browser.get(&authorize("")).await;
    assert!(page.shows("no account that could be connected") && !page.shows("value=\"approve\""));
    let left = browser.post(&authorize(""), &[("do", "sign_out")]).await;
    assert_eq!(left.status, 303);
    assert!(browser.get(left.location()).await.shows("Sign in to connect with"));
}

#[tokio::test]
async fn what_is_wrong_with_the_question_is_said_and_never_redirected() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    for (url, code) in [
        (authorize("").replace(DEVELOPMENT, "ca_nobody"), "invalid_client"),
        (authorize("&redirect_uri=https://evil.example/"), "invalid_redirect_uri"),
        (authorize("&redirect_uri=https://acme.example/callback/../x"), "invalid_redirect_uri"),
        (authorize("&redirect_uri=https://acme.example@evil.example/callback"), "invalid_redirect_uri"),
        (authorize("&redirect_uri=//evil.example"), "invalid_redirect_uri"),
        (authorize("&redirect_uri=javascript:alert(1)"), "invalid_redirect_uri"),
        (authorize("").replace("response_type=code", "response_type=token"), "unsupported_response_type"),
        (authorize("").replace("read_write", "admin"), "invalid_scope"),
    ] {
        let page = browser.get(&url).await;
        assert_eq!((page.status, page.location()), (400, ""), "{url}");
        assert!(page.header("content-type").starts_with("text/html") && page.shows(code), "{url}");
        let posted = browser.post(&url, &[("do", "deny")]).await;
        assert_eq!(posted.location(), "", "{url}");
        let program = Request::get(&url).header("accept", "*/*").body(Bytes::new()).unwrap();
        let json = browser.send(program).await;
        assert_eq!((json.status, json.header("content-type")), (400, "application/json"), "{url}");
        assert!(json.body.starts_with("{\"error\":"), "{}", json.body);
    }
}

#[tokio::test]
async fn the_address_of_a_development_connection_may_be_any_loopback() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("seller@example.com").await;
    let url = authorize("&redirect_uri=http%3A%2F%2Flocalhost%3A4567%2Fcb%3Fshop%3D7");
    let page = browser.get(&url).await;
    assert!(page.header("content-security-policy").ends_with("form-action 'self' http://localhost:4567"));
    let back = browser.post(&url, &[("do", "approve"), ("account", SELLER)]).await;
    assert!(
        back.location().starts_with("http://localhost:4567/cb?shop=7&scope=read_write&code="),
        "{}",
        back.location()
    );
}

#[tokio::test]
async fn an_account_without_the_form_is_activated_in_the_dashboard() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("seller@example.com").await;
    assert!(browser.get("/dashboard").await.shows("Activate your account"));
    let page = browser.get("/dashboard/account/activate").await;
    assert!(page.shows("value=\"Shop acct_seller\"") && !page.shows("name=\"password\""));
    let refused = browser.post("/dashboard/account/activate", &with("routing_number", "110000001")).await;
    assert!(refused.status == 422 && refused.shows("id=\"e-routing_number\""));
    let done = browser.post("/dashboard/account/activate", &FORM).await;
    assert_eq!((done.status, done.location()), (303, "/dashboard"), "{}", done.body);
    let home = browser.get("/dashboard").await;
    assert!(home.shows("Your account is active") && !home.shows("Activate your account"));
    assert_eq!(browser.get("/dashboard/account/activate").await.status, 303);
}
