//! The page that a payer is sent to by their bank (3-D Secure).

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;

use base::Caller;
use bench::{Bench, ORIGIN, SELLER};
use wire::Node;

const RETURN: &str = "https://shop.example/done?order=7";

async fn call(bench: &Bench, method: &str, path: &str, params: &[(&str, &str)]) -> Node<'static> {
    let form = |text: &str| Node::Form(text.to_owned().into());
    let params = params.iter().map(|(name, value)| ((*name).to_owned().into(), form(value))).collect();
    let caller = Caller { request: bench.api.world.new_id("req"), ..Caller::session(SELLER, false) };
    let answer = bench.api.call_as(&caller, method, path, Node::Map(params)).await;
    Node::parse(&answer.map_err(|error| error.message).unwrap()).unwrap().into_owned()
}

fn text(of: &Node<'_>, path: &str) -> String {
    path.split('.').fold(of, |at, name| at.get(name).unwrap()).as_str().unwrap().to_owned()
}

/// An intent that waits for its payer, and the path of the page.
async fn waiting(bench: &Bench) -> (Node<'static>, String) {
    let params = [
        ("amount", "2750"),
        ("currency", "usd"),
        ("confirm", "true"),
        ("payment_method", "pm_card_threeDSecure2Required"),
        ("return_url", RETURN),
    ];
    let intent = call(bench, "POST", "/v1/payment_intents", &params).await;
    assert_eq!(text(&intent, "status"), "requires_action");
    let url = text(&intent, "next_action.redirect_to_url.url");
    (intent, url.strip_prefix(ORIGIN).unwrap().to_owned())
}

#[tokio::test]
async fn a_payer_who_proves_who_they_are_has_paid() {
    let bench = Bench::new().await;
    let (intent, path) = waiting(&bench).await;
    let mut browser = bench.browser();
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in
        ["$27.50", "Shop acct_seller", "ending in 3220", "Complete authentication", "Fail authentication"]
    {
        assert!(page.shows(part), "{part} is missing: {}", page.body);
    }
    assert!(page.header("content-security-policy").contains("form-action 'self' https://shop.example"));
    let gone = browser.post(&path, &[("do", "complete")]).await;
    let id = text(&intent, "id");
    let expected = format!(
        "{RETURN}&payment_intent={id}&payment_intent_client_secret={}&redirect_status=succeeded",
        text(&intent, "client_secret")
    );
    assert_eq!((gone.status, gone.header("location")), (302, expected.as_str()));
    let paid = call(&bench, "GET", &format!("/v1/payment_intents/{id}"), &[]).await;
    assert_eq!(text(&paid, "status"), "succeeded");
    let charge = call(&bench, "GET", &format!("/v1/charges/{}", text(&paid, "latest_charge")), &[]).await;
    assert_eq!(text(&charge, "payment_method_details.card.three_d_secure.result"), "authenticated");
    // An answer counts once, and nobody guesses the address.
    assert_eq!(browser.post(&path, &[("do", "fail")]).await.status, 404);
    assert_eq!(browser.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_payer_who_fails_comes_back_with_the_intent_waiting() {
    let bench = Bench::new().await;
    let (intent, path) = waiting(&bench).await;
    let mut browser = bench.browser();
    let wrong = format!("{}x", path);
    assert_eq!(browser.get(&wrong).await.status, 404);
    browser.get(&path).await;
    let gone = browser.post(&path, &[("do", "fail")]).await;
    assert!(gone.header("location").ends_with("&redirect_status=failed"), "{}", gone.header("location"));
    let intent = call(&bench, "GET", &format!("/v1/payment_intents/{}", text(&intent, "id")), &[]).await;
    assert_eq!(text(&intent, "status"), "requires_payment_method");
    assert_eq!(text(&intent, "last_payment_error.code"), "payment_intent_authentication_failure");
}

#[tokio::test]
async fn a_card_is_kept_for_later_and_nobody_is_sent_anywhere() {
    let bench = Bench::new().await;
    let params = [
        ("confirm", "true"),
        ("payment_method", "pm_card_authenticationRequiredOnSetup"),
        ("use_stripe_sdk", "true"),
    ];
    let intent = call(&bench, "POST", "/v1/setup_intents", &params).await;
    let url = text(&intent, "next_action.use_stripe_sdk.stripe_js");
    let path = url.strip_prefix(ORIGIN).unwrap().to_owned();
    let mut browser = bench.browser();
    assert!(browser.get(&path).await.shows("kept for later"));
    let done = browser.post(&path, &[("do", "complete")]).await;
    assert!(done.status == 200 && done.shows("You can close this page"), "{}", done.body);
    let intent = call(&bench, "GET", &format!("/v1/setup_intents/{}", text(&intent, "id")), &[]).await;
    assert_eq!(text(&intent, "status"), "succeeded");
}

#[tokio::test]
async fn a_mandate_can_be_looked_at() {
    let bench = Bench::new().await;
    let params = [
        ("amount", "2750"),
        ("currency", "eur"),
        ("confirm", "true"),
        ("payment_method", "pm_sepaDebit_success_at"),
        ("return_url", RETURN),
    ];
    let mut params: Vec<_> =
        params.iter().map(|(name, value)| ((*name).into(), Node::Form((*value).into()))).collect();
    let offline = Node::Map(vec![("type".into(), Node::Form("offline".into()))]);
    params.push(("mandate_data".into(), Node::Map(vec![("customer_acceptance".into(), offline)])));
    let caller = Caller { request: bench.api.world.new_id("req"), ..Caller::session(SELLER, false) };
    let made = bench.api.call_as(&caller, "POST", "/v1/payment_intents", Node::Map(params)).await;
    let intent = Node::parse(&made.map_err(|error| error.message).unwrap()).unwrap().into_owned();
    let charge = call(&bench, "GET", &format!("/v1/charges/{}", text(&intent, "latest_charge")), &[]).await;
    let mandate = text(&charge, "payment_method_details.sepa_debit.mandate");
    let mandate = call(&bench, "GET", &format!("/v1/mandates/{mandate}"), &[]).await;
    let url = text(&mandate, "payment_method_details.sepa_debit.url");
    let page = bench.browser().get(url.strip_prefix(ORIGIN).unwrap()).await;
    assert!(page.status == 200 && page.shows("27.50") && page.shows("Shop acct_seller"), "{}", page.body);
    assert!(page.shows(&text(&mandate, "payment_method_details.sepa_debit.reference")));
}
