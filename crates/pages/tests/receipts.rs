//! The page that `receipt_url` of a charge leads to.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;

use bench::{Bench, ORIGIN, PLATFORM, SELLER};
use bytes::Bytes;
use http::Request;

use api::done;
use base::Caller;
use resources::connect::user::settle;
use resources::payments::charge::Charge;
use wire::Node;

/// Calls the API as the seller in test mode.
async fn call(bench: &Bench, path: &str, params: &[(&str, &str)]) -> Result<Node<'static>, String> {
    let form = |text: &str| Node::Form(text.to_owned().into());
    let params = params.iter().map(|(name, value)| ((*name).to_owned().into(), form(value))).collect();
    let caller = Caller::session(SELLER, false);
    let answer = bench.api.call_as(&caller, "POST", path, Node::Map(params)).await;
    let body = answer.map_err(|error| error.message)?;
    Ok(Node::parse(&body).unwrap().into_owned())
}

fn text(charge: &Node<'_>, name: &str) -> String {
    charge.get(name).and_then(Node::as_str).unwrap().to_owned()
}

/// The path of a charge's `receipt_url`.
fn path(charge: &Node<'_>) -> String {
    text(charge, "receipt_url").strip_prefix(ORIGIN).unwrap().to_owned()
}

const BOWL: [(&str, &str); 4] =
    [("amount", "2750"), ("currency", "usd"), ("source", "tok_visa"), ("statement_descriptor", "CLAY BOWL")];

#[tokio::test]
async fn a_receipt_is_for_everybody_who_has_its_address() {
    let bench = Bench::new().await;
    let charge = call(&bench, "/v1/charges", &BOWL).await.unwrap();
    let (path, mut browser) = (path(&charge), bench.browser());
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in
        ["Receipt from Shop acct_seller", "$27.50", "Visa ending in 4242", "CLAY BOWL", "test mode", "2013"]
    {
        assert!(page.shows(part), "{part} is missing: {}", page.body);
    }
    assert!(page.shows(&text(&charge, "id")) && !page.shows("Refunded"));
    assert!(!page.shows("seller@example.com"), "who signs in is nobody else's business");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert!(browser.cookies.is_empty());

    call(&bench, "/v1/refunds", &[("charge", &text(&charge, "id")), ("amount", "750")]).await.unwrap();
    let page = browser.get(&path).await;
    assert!(page.shows("Refunded") && page.shows("$7.50") && page.shows("$20.00"), "{}", page.body);

    let posted = browser.send(Request::post(path.as_str()).body(Bytes::new()).unwrap()).await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn what_is_only_reserved_is_not_called_paid() {
    let bench = Bench::new().await;
    let reserved = [&BOWL[..], &[("capture", "false")]].concat();
    let charge = call(&bench, "/v1/charges", &reserved).await.unwrap();
    let (path, id, mut browser) = (path(&charge), text(&charge, "id"), bench.browser());
    assert!(browser.get(&path).await.shows("Amount reserved"));
    call(&bench, &format!("/v1/charges/{id}/capture"), &[("amount", "2000")]).await.unwrap();
    let page = browser.get(&path).await;
    assert!(page.shows("Amount paid") && page.shows("$20.00"), "{}", page.body);
    assert!(!page.shows("Refunded"), "what was let go was never paid");

    let charge = call(&bench, "/v1/charges", &reserved).await.unwrap();
    bench.clock.advance(8 * 86_400);
    assert!(browser.get(&self::path(&charge)).await.shows("Amount released"));
}

#[tokio::test]
async fn a_live_charge_has_a_receipt_without_the_test_note() {
    let bench = Bench::new().await;
    let charge = call(&bench, "/v1/charges", &BOWL).await.unwrap();
    let id = text(&charge, "id");
    let test = Caller::system(SELLER, false);
    let id = id.as_str();
    let held = bench
        .api
        .transact(&test, move |cx| Box::pin(async move { done(cx.must::<Charge>("id", id).await?) }));
    let held = settle(held.await.unwrap()).unwrap();
    let live = Charge { id: "ch_live".to_owned(), livemode: true, ..held };
    let (caller, live) = (Caller::system(SELLER, true), &live);
    let put = bench.api.transact(&caller, move |cx| {
        cx.put(live);
        Box::pin(async move { done(()) })
    });
    settle(put.await.unwrap()).unwrap();
    let page = bench.browser().get(&format!("/receipts/{SELLER}/ch_live")).await;
    assert!(page.status == 200 && page.shows("$27.50") && !page.shows("test mode"), "{}", page.body);
}

#[tokio::test]
async fn there_is_no_receipt_where_nothing_was_paid() {
    let bench = Bench::new().await;
    let charge = call(&bench, "/v1/charges", &BOWL).await.unwrap();
    let id = text(&charge, "id");
    let declined = [("amount", "2750"), ("currency", "usd"), ("source", "tok_chargeDeclined")];
    call(&bench, "/v1/charges", &declined).await.unwrap_err();
    let caller = Caller::session(SELLER, false);
    let list = bench.api.call_as(&caller, "GET", "/v1/charges", Node::Map(Vec::new())).await.unwrap();
    let list = Node::parse(&list).unwrap();
    let Some(Node::List(charges)) = list.get("data") else { panic!("no list") };
    let failed = |it: &&Node<'_>| it.get("status").and_then(Node::as_str) == Some("failed");
    let declined = text(charges.iter().find(failed).unwrap(), "id");
    let mut browser = bench.browser();
    for path in [
        format!("/receipts/{SELLER}/{declined}"),
        format!("/receipts/{SELLER}/ch_missing"),
        format!("/receipts/{PLATFORM}/{id}"),
        format!("/receipts/acct_nobody/{id}"),
        format!("/receipts/{SELLER}/{id}/more"),
        format!("/receipts/{SELLER}/%2e%2e"),
        format!("/receipts/{SELLER}"),
        format!("/receipts//{id}"),
        "/receipts".to_owned(),
    ] {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.shows("There is nothing here") && page.header("cache-control") == "no-store", "{path}");
    }
}
