//! Sessions, forged forms, throttling, and the dashboard.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;

use bench::{Bench, DEVELOPMENT, ORIGIN, PASSWORD, PLATFORM, SELLER, authorize};
use bytes::Bytes;
use http::Request;
use resources::connect::session;
use wire::Node;

#[tokio::test]
async fn a_form_without_its_token_does_nothing() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("seller@example.com").await;
    browser.get("/dashboard").await;
    let (csrf, mut stranger) = (browser.csrf.clone(), bench.browser());
    stranger.get("/sign-in").await;
    let approve = [("do", "approve"), ("account", SELLER)];
    for token in ["", "x", &stranger.csrf] {
        let mut fields = vec![("csrf", token)];
        fields.extend_from_slice(&approve);
        assert_eq!(browser.post_raw(&authorize(""), &fields, &[]).await.status, 403, "{token}");
    }
    let mut fields = vec![("csrf", csrf.as_str())];
    fields.extend_from_slice(&approve);
    for headers in [
        [("origin", "https://evil.example"), ("host", "127.0.0.1:7070")],
        [("sec-fetch-site", "cross-site"), ("origin", "null")],
        [("sec-fetch-site", "same-site"), ("origin", "null")],
    ] {
        assert_eq!(browser.post_raw(&authorize(""), &fields, &headers).await.status, 403, "{headers:?}");
    }
    let own = [("origin", "http://localhost:7070"), ("host", "localhost:7070")];
    assert_eq!(browser.post_raw(&authorize(""), &fields, &own).await.status, 302);
    assert_eq!(bench.browser().post("/sign-out", &[]).await.status, 403, "nobody has no token");
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    browser.get("/sign-in").await;
    let wrong = [("email", "seller@example.com"), ("password", "guess")];
    let mut last = browser.post("/sign-in", &wrong).await;
    assert_eq!(last.status, 422);
    for _ in 0..30 {
        last = browser.post("/sign-in", &wrong).await;
        if last.status == 429 {
            break;
        }
    }
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").parse::<i64>().unwrap() > 0);
    let right = [("email", "seller@example.com"), ("password", PASSWORD)];
    assert_eq!(browser.post("/sign-in", &right).await.status, 429);
    bench.clock.advance(3600);
    assert_eq!(browser.post("/sign-in", &right).await.status, 303);
}

#[tokio::test]
async fn the_way_after_sign_in_stays_here() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    let asked = browser.get("/dashboard/account?x=1").await;
    assert_eq!((asked.status, asked.location()), (303, "/sign-in?next=%2Fdashboard%2Faccount%3Fx%3D1"));
    browser.get("/sign-in").await;
    let seller = |next| [("email", "seller@example.com"), ("password", PASSWORD), ("next", next)];
    let evil = browser.post("/sign-in", &seller("//evil.example")).await;
    assert_eq!(evil.location(), "/dashboard");
    browser.get("/dashboard").await;
    let out = browser.post("/sign-out", &[]).await;
    assert_eq!((out.status, out.location()), (303, "/sign-in"));
    assert!(browser.get("/sign-in").await.shows("You are signed out."));
    assert!(!browser.get("/sign-in").await.shows("You are signed out."), "it is said once");
    let back = browser.post("/sign-in", &seller("/dashboard/account")).await;
    assert_eq!(back.location(), "/dashboard/account");
}

#[tokio::test]
async fn a_session_that_was_signed_out_is_dead_everywhere() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("seller@example.com").await;
    assert_eq!(browser.get("/dashboard").await.status, 200);
    let stolen = browser.cookies.clone();
    browser.post("/sign-out", &[]).await;
    let mut thief = bench.browser();
    thief.cookies = stolen;
    assert_eq!(thief.get("/dashboard").await.status, 303);
}

#[tokio::test]
async fn over_https_cookies_are_kept_to_their_host() {
    let bench = Bench::at("https://connect.example").await;
    let browser = bench.signed_in("seller@example.com").await;
    assert!(browser.cookies.contains_key("__Host-tollbridge_session"), "{:?}", browser.cookies.keys());
}

#[tokio::test]
async fn signing_up_opens_an_account() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    browser.get("/sign-up").await;
    let form = |email, password| {
        [("business_name", "Kiosk"), ("country", "DE"), ("email", email), ("password", password)]
    };
    let refused = browser.post("/sign-up", &form("nobody", "short")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.shows("id=\"e-email\"") && refused.shows("id=\"e-password\""));
    let taken = browser.post("/sign-up", &form("seller@example.com", "a long password")).await;
    assert!(taken.status == 422 && taken.shows("id=\"e-email\""));
    let made = browser.post("/sign-up", &form("kiosk@example.com", "a long password")).await;
    assert_eq!((made.status, made.location()), (303, "/dashboard"), "{}", made.body);
    let home = browser.get("/dashboard").await;
    assert!(home.shows("Kiosk") && home.shows("Your account is open"));
}

#[tokio::test]
async fn a_network_opens_so_many_accounts_in_a_while() {
    let bench = Bench::serving().await;
    let mut browser = bench.browser();
    browser.get("/sign-up").await;
    let form = |email| {
        [("business_name", "Kiosk"), ("country", "DE"), ("email", email), ("password", "a long password")]
    };
    let made = browser.post("/sign-up", &form("one@example.com")).await;
    assert_eq!(made.status, 303, "{}", made.body);
    for _ in 0..29 {
        assert!(session::enrolment(&bench.api, "127.0.0.1").await.unwrap().is_ok());
    }
    let mut browser = bench.browser();
    browser.get("/sign-up").await;
    let refused = browser.post("/sign-up", &form("two@example.com")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "900"), "{}", refused.body);
    assert!(
        refused.shows("Try again in 16 minutes") && refused.shows("href=\"/sign-up\""),
        "{}",
        refused.body
    );
    assert!(session::enrolment(&bench.api, "192.0.2.1").await.unwrap().is_ok(), "others are let in");
    bench.clock.advance(901);
    browser.get("/sign-up").await;
    assert_eq!(browser.post("/sign-up", &form("two@example.com")).await.status, 303);
}

#[tokio::test]
async fn the_owner_revokes_and_the_platform_disconnects() {
    let bench = Bench::new().await;
    let connect = [("do", "approve"), ("account", SELLER)];
    let mut seller = bench.signed_in("seller@example.com").await;
    seller.get(&authorize("")).await;
    seller.post(&authorize(""), &connect).await;
    let page = seller.get("/dashboard/authorized-applications").await;
    assert!(page.shows("Revoke access") && page.shows("Read and write"));
    let grant = [("account", SELLER), ("client_id", DEVELOPMENT)];
    let mut other = bench.signed_in("both@example.com").await;
    other.get("/dashboard").await;
    other.post("/dashboard/authorized-applications/revoke", &grant).await;
    assert!(other.get("/dashboard").await.shows("not one of yours"));
    other.post("/dashboard/connected-accounts/disconnect", &grant).await;
    assert!(seller.get("/dashboard/authorized-applications").await.shows("Revoke access"));
    let done = seller.post("/dashboard/authorized-applications/revoke", &grant).await;
    assert_eq!(done.status, 303);
    assert!(seller.get(done.location()).await.shows("No application has access to this account."));

    seller.post(&authorize(""), &connect).await;
    let mut platform = bench.signed_in("platform@example.com").await;
    let list = platform.get("/dashboard/connected-accounts").await;
    assert!(list.shows(SELLER) && list.shows("Disconnect account"));
    let done = platform.post("/dashboard/connected-accounts/disconnect", &grant).await;
    assert!(platform.get(done.location()).await.shows("No accounts yet"));
}

#[tokio::test]
async fn a_key_is_replaced_by_its_owner_and_shown_once() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("seller@example.com").await;
    let page = browser.get("/dashboard/account").await;
    let key = page.body.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut other = bench.signed_in("both@example.com").await;
    other.get("/dashboard/account").await;
    let refused = other.post("/dashboard/account/keys/roll", &[("key", &key)]).await;
    assert_eq!(refused.status, 303);
    let rolled = browser.post("/dashboard/account/keys/roll", &[("key", &key)]).await;
    assert!(rolled.status == 200 && rolled.shows("Your new secret key"));
    assert!(!browser.get("/dashboard/account").await.shows("Your new secret key"));
    assert_eq!(
        browser.post("/dashboard/account/keys/roll", &[("key", &key)]).await.status,
        303,
        "it is gone"
    );
}

#[tokio::test]
async fn an_application_with_an_icon_and_webhooks() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("seller@example.com").await;
    assert!(browser.get("/dashboard/application").await.shows("Register an application"));
    let refused =
        browser.post("/dashboard/application", &[("name", ""), ("redirect_uris", "javascript:x")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.shows("id=\"e-name\"") && refused.shows("id=\"e-redirect_uris\""));

    let mut body = Vec::new();
    for (name, value) in [
        ("csrf", browser.csrf.as_str()),
        ("name", "Kiosk & Sons"),
        ("url", "https://kiosk.example"),
        ("redirect_uris", "https://kiosk.example/cb\r\nhttp://localhost:3000/cb"),
        ("webhook_development", "https://kiosk.example/hook"),
        ("webhook_production", ""),
    ] {
        body.extend_from_slice(
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
        );
    }
    body.extend_from_slice(b"--b\r\nContent-Disposition: form-data; name=\"icon\"; filename=\"i.png\"\r\nContent-Type: text/html\r\n\r\n\x89PNG\r\n\x1a\n....\r\n--b--\r\n");
    let request = Request::post("/dashboard/application")
        .header("accept", "text/html")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Bytes::from(body))
        .unwrap();
    let saved = browser.send(request).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    assert!(saved.shows("whsec_") && saved.shows("Webhook signing secrets") && saved.shows("ca_"));
    let page = browser.get("/dashboard/application").await;
    assert!(page.shows("Kiosk &amp; Sons") && !page.shows("Webhook signing secrets"));
    let icon = page.body.split("src=\"/application-icons/").nth(1);
    let icon = format!("/application-icons/{}", icon.unwrap().split('"').next().unwrap());
    let picture = browser.get(&icon).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    assert!(picture.header("content-security-policy").contains("sandbox"));

    let replaced =
        browser.post("/dashboard/application/webhook-secret", &[("endpoint", "development")]).await;
    assert!(replaced.status == 200 && replaced.shows("whsec_"));
    let none = browser.post("/dashboard/application/webhook-secret", &[("endpoint", "production")]).await;
    assert_eq!(none.status, 303);
}

#[tokio::test]
async fn people_with_several_accounts_look_at_one_of_them() {
    let bench = Bench::new().await;
    let mut browser = bench.signed_in("both@example.com").await;
    assert!(browser.get("/dashboard").await.shows("<h1>Shop acct_first</h1>"));
    browser.post("/dashboard/switch", &[("account", "acct_second")]).await;
    assert!(browser.get("/dashboard").await.shows("<h1>Shop acct_second</h1>"));
    browser.post("/dashboard/switch", &[("account", PLATFORM)]).await;
    assert!(browser.get("/dashboard").await.shows("<h1>Shop acct_second</h1>"));
}

#[tokio::test]
async fn pages_for_everybody() {
    let bench = Bench::new().await;
    let mut browser = bench.browser();
    let home = browser.get("/").await;
    assert!(home.shows("Your Connect server is running") && home.shows(ORIGIN));
    assert!(home.header("content-security-policy").contains("frame-ancestors 'none'"));
    let landing = browser.get("/connect/default/oauth/test?scope=read_write&code=ac_abc&state=x").await;
    assert!(landing.shows("ac_abc") && landing.shows("curl"));
    let injected = browser.get("/connect/default/oauth/test?code=ac_%24(reboot)").await;
    assert!(!injected.shows("reboot"));
    assert!(browser.get("/dashboard/test/logs/req_abc?t=1").await.shows("req_abc"));
    let asset = browser.get("/assets/connect-dark.svg").await;
    assert_eq!((asset.status, asset.header("content-type")), (200, "image/svg+xml"));
    let held = Request::get("/assets/connect-dark.svg").header("if-none-match", asset.header("etag"));
    assert_eq!(browser.send(held.body(Bytes::new()).unwrap()).await.status, 304);
    assert_eq!(browser.get("/favicon.ico").await.status, 200);

    let missing = browser.get("/nothing").await;
    assert!(missing.status == 404 && missing.header("content-type").starts_with("text/html"));
    let program =
        Request::get("/v9/nothing").header("accept", "application/json").body(Bytes::new()).unwrap();
    let missing = browser.send(program).await;
    assert!(
        missing.status == 404 && missing.body.contains("\"type\":\"invalid_request_error\""),
        "{}",
        missing.body
    );
    let wrong = browser.send(Request::put("/sign-in").body(Bytes::new()).unwrap()).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET, HEAD, POST"));
    assert_eq!(browser.get("/oauth/token").await.status, 405);
    let head = browser.send(Request::head("/sign-in").body(Bytes::new()).unwrap()).await;
    assert!(
        head.status == 200 && head.body.is_empty() && head.header("content-type").starts_with("text/html")
    );
}

#[tokio::test]
async fn the_bank_objects_to_a_payment() {
    let bench = Bench::new().await;
    let form = |text: &str| Node::Form(text.to_owned().into());
    let paid = ["amount", "currency", "source", "description"]
        .into_iter()
        .zip(["4200", "usd", "tok_visa", "A chair"]);
    let params = paid.map(|(name, value)| (name.into(), form(value))).collect();
    let caller = base::Caller::session(SELLER, false);
    let made = bench.api.call_as(&caller, "POST", "/v1/charges", Node::Map(params)).await.unwrap();
    let id = Node::parse(&made).unwrap().get("id").and_then(Node::as_str).unwrap().to_owned();

    let mut other = bench.signed_in("platform@example.com").await;
    assert!(other.get("/dashboard/payments").await.shows("No payments yet"));
    let dispute = [("charge", id.as_str()), ("kind", "dispute")];
    other.post("/dashboard/payments/dispute", &dispute).await;
    assert!(other.get("/dashboard/payments").await.shows("Nothing of that payment can be disputed"));

    let mut seller = bench.signed_in("seller@example.com").await;
    let page = seller.get("/dashboard/payments").await;
    assert!(page.shows("A chair") && page.shows("42.00") && page.shows("Open a dispute"), "{}", page.body);
    let done = seller.post("/dashboard/payments/dispute", &dispute).await;
    assert_eq!((done.status, done.location()), (303, "/dashboard/payments"));
    let page = seller.get(done.location()).await;
    assert!(page.shows("The bank has objected") && page.shows("Disputed") && !page.shows("Open a dispute"));
    assert!(seller.get("/dashboard/payments?live=1").await.shows("No payments yet"));
    assert_eq!(seller.get("/dashboard/payments?after=ch_nothing").await.status, 400);
}
