//! Drafts that go on by themselves wait for those who listen.
use crate::world::{Bench, PLATFORM, form};
use wire::Node;

const HOUR: i64 = 3_600;

async fn post(bench: &Bench, path: &str, fields: &[(&'static str, &str)]) -> Node<'static> {
    let params: Vec<_> = fields.iter().map(|(name, value)| (*name, form(value))).collect();
    bench.call(PLATFORM, false, "POST", path, &params).await.unwrap()
}

fn text(it: &Node<'_>, name: &str) -> String {
    it.get(name).and_then(Node::as_str).unwrap_or_default().to_owned()
}

/// A draft that goes on by itself, of which an endpoint is told; returns its path.
async fn draft(bench: &mut Bench) -> String {
    let customer = text(&post(bench, "/v1/customers", &[]).await, "id");
    let item = [("customer", customer.as_str()), ("amount", "2000"), ("currency", "usd")];
    post(bench, "/v1/invoiceitems", &item).await;
    let fields = [
        ("customer", customer.as_str()),
        ("auto_advance", "true"),
        ("pending_invoice_items_behavior", "include"),
    ];
    let made = post(bench, "/v1/invoices", &fields).await;
    assert!(made.get("webhooks_delivered_at").is_some_and(Node::is_null));
    bench.next().await;
    format!("/v1/invoices/{}", text(&made, "id"))
}

async fn look(bench: &Bench, path: &str) -> Node<'static> {
    bench.call(PLATFORM, false, "GET", path, &[]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_waits_until_everybody_heard_of_it() {
    let mut bench = Bench::new().await;
    bench.endpoint(PLATFORM, false, "https://shop.example/hook", &["invoice.created"], false).await;
    bench.says(|_| Some(500));
    let path = draft(&mut bench).await;
    let at = async |bench: &Bench| {
        look(bench, &path).await.get("automatically_finalizes_at").and_then(Node::as_i64)
    };
    let first = at(&bench).await;
    bench.advance(HOUR + 1);
    bench.until("it waits another hour", async || at(&bench).await > first).await;
    assert_eq!(text(&look(&bench, &path).await, "status"), "draft");

    bench.says(|_| Some(200));
    bench.advance(3 * HOUR);
    let event = bench.next().await.text("id").to_owned();
    bench.until("it was heard", async || bench.pending(PLATFORM, &event).await == 0).await;
    bench.advance(HOUR + 1);
    bench.until("it is finalised", async || text(&look(&bench, &path).await, "status") == "open").await;
    assert!(look(&bench, &path).await.get("webhooks_delivered_at").and_then(Node::as_i64).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_waited_for_longer_than_three_days() {
    let mut bench = Bench::new().await;
    bench.endpoint(PLATFORM, false, "https://shop.example/hook", &["invoice.created"], false).await;
    bench.says(|_| Some(500));
    let path = draft(&mut bench).await;
    bench.advance(72 * HOUR + 1);
    bench.until("it is finalised", async || text(&look(&bench, &path).await, "status") == "open").await;
}
