//! The page that `hosted_invoice_url` leads to, and the documents of invoices and credit notes.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;

use base::Caller;
use bench::{Answer, Bench, Browser, ORIGIN, SELLER};
use wire::Node;

/// Calls the API as the seller in test mode, with a form.
async fn call(bench: &Bench, path: &str, form: &str) -> Node<'static> {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let mut params: Vec<(std::borrow::Cow<'static, str>, Node<'static>)> = Vec::new();
    for (name, value) in pairs {
        params.push((name.to_owned().into(), Node::Form(value.to_owned().into())));
    }
    let answer = bench.api.call_as(&Caller::session(SELLER, false), "POST", path, Node::Map(params)).await;
    Node::parse(&answer.map_err(|error| error.message).unwrap()).unwrap().into_owned()
}

fn text(it: &Node<'_>, name: &str) -> String {
    it.get(name).and_then(Node::as_str).unwrap().to_owned()
}

/// An invoice over 27.50 that is to be paid.
async fn invoice(bench: &Bench) -> Node<'static> {
    let customer = text(&call(bench, "/v1/customers", "name=Zoë&email=zoe@example.com").await, "id");
    call(
        bench,
        "/v1/invoiceitems",
        &format!("customer={customer}&currency=usd&amount=2750&description=A clay <bowl>"),
    )
    .await;
    let form = format!("customer={customer}&pending_invoice_items_behavior=include&footer=Thank you");
    let draft = call(bench, "/v1/invoices", &form).await;
    assert!(draft.get("hosted_invoice_url").unwrap().is_null());
    call(bench, &format!("/v1/invoices/{}/finalize", text(&draft, "id")), "").await
}

fn path(it: &Node<'_>, name: &str) -> String {
    text(it, name).strip_prefix(ORIGIN).unwrap().to_owned()
}

async fn pay(browser: &mut Browser<'_>, path: &str, number: &str) -> Answer {
    browser.post(path, &[("number", number), ("expiry", "12 / 44"), ("cvc", "123"), ("name", "Zoë")]).await
}

#[tokio::test]
async fn whoever_has_the_address_sees_and_pays_it() {
    let bench = Bench::new().await;
    let invoice = invoice(&bench).await;
    let (path, mut browser) = (path(&invoice, "hosted_invoice_url"), bench.browser());
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in [
        "Shop acct_seller",
        "$27.50 due",
        "Zoë",
        "A clay &lt;bowl&gt;",
        "Thank you",
        "Pay $27.50",
        "test mode",
        &text(&invoice, "number"),
    ] {
        assert!(page.shows(part), "{part} is missing: {}", page.body);
    }
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    let declined = pay(&mut browser, &path, "4000 0000 0000 0002").await;
    assert!(declined.status == 402 && declined.shows("Your card was declined"), "{}", declined.body);
    assert!(!declined.shows("4000"), "what was typed is not sent back");
    let wrong = browser
        .post(&path, &[("number", "4242424242424242"), ("expiry", ""), ("cvc", "123"), ("name", "Z")])
        .await;
    assert!(wrong.status == 402 && wrong.shows("when the card expires"));
    let asked = pay(&mut browser, &path, "4000002760003184").await;
    assert_eq!(asked.status, 302, "{}", asked.body);
    let challenge = asked.location().strip_prefix(ORIGIN).unwrap().to_owned();
    assert!(challenge.starts_with("/challenges/"));
    browser.get(&challenge).await;
    let back = browser.post(&challenge, &[("do", "complete")]).await;
    assert!(back.location().starts_with(&format!("{ORIGIN}{path}?payment_intent=")), "{}", back.location());
    let page = browser.get(back.location().strip_prefix(ORIGIN).unwrap()).await;
    assert!(
        page.shows("This invoice is paid") && page.shows("$27.50 paid on") && !page.shows("Pay $27.50"),
        "{}",
        page.body
    );
    // Whoever still has the form open pays nothing more.
    let again = pay(&mut browser, &path, "4242424242424242").await;
    assert_eq!((again.status, again.location()), (303, path.as_str()));
}

#[tokio::test]
async fn documents_are_drawn() {
    let bench = Bench::new().await;
    let invoice = invoice(&bench).await;
    let note = call(
        &bench,
        "/v1/credit_notes",
        &format!("invoice={}&amount=500&memo=One was broken", text(&invoice, "id")),
    )
    .await;
    let mut browser = bench.browser();
    for (path, parts) in [
        (path(&invoice, "invoice_pdf"), ["A clay <bowl>", "$22.50 due", "Thank you"]),
        (path(&note, "pdf"), ["$5.00 credited", "One was broken", "-CN-01"]),
    ] {
        let answer = browser.get(&path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/pdf"));
        assert!(answer.body.starts_with("%PDF-"));
        for part in parts {
            assert!(answer.body.contains(part), "{part}");
        }
    }
}

#[tokio::test]
async fn a_wrong_address_leads_nowhere() {
    let bench = Bench::new().await;
    let invoice = invoice(&bench).await;
    let path = path(&invoice, "hosted_invoice_url");
    let mut browser = bench.browser();
    browser.get(&path).await;
    let (without, _) = path.rsplit_once('/').unwrap();
    for wrong in [
        format!("{without}/x"),
        without.to_owned(),
        format!("{without}/x/pdf"),
        path.replace(SELLER, "acct_platform"),
    ] {
        assert_eq!(browser.get(&wrong).await.status, 404, "{wrong}");
    }
    assert_eq!(pay(&mut browser, &format!("{without}/x"), "4242424242424242").await.status, 303);
    assert!(browser.get(&path).await.shows("Pay $27.50"));
    call(&bench, &format!("/v1/invoices/{}/void", text(&invoice, "id")), "").await;
    assert!(browser.get(&path).await.shows("This invoice is void"));
}
