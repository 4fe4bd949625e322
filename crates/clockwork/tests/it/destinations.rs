//! Event destinations of API v2, and thin events.

use crate::world::{Bench, DEVELOPMENT, PLATFORM, SELLER, form};
use base::Caller;
use clockwork::signature;
use wire::Node;

const ALL: &str = "/v2/core/event_destinations";
const BOTH: &str = r#"["webhook_endpoint.signing_secret","webhook_endpoint.url"]"#;

/// Calls an endpoint of `/v2` with JSON.
async fn call(
    bench: &Bench,
    account: &str,
    method: &str,
    path: &str,
    json: &str,
) -> Result<Node<'static>, base::ApiError> {
    let params = Node::parse(json.as_bytes()).unwrap().into_owned();
    let body = bench.api.call_as(&Caller::session(account, false), method, path, params).await?;
    Ok(Node::parse(&body).unwrap().into_owned())
}

fn text(node: &Node<'_>, path: &str) -> String {
    let found = path.split('.').try_fold(node, |node, name| node.get(name));
    found.and_then(Node::as_str).unwrap_or_default().to_owned()
}

async fn make(bench: &Bench, account: &str, url: &str, rest: &str) -> Node<'static> {
    let json = format!(
        r#"{{"name":"mine","type":"webhook_endpoint","webhook_endpoint":{{"url":"{url}"}},"include":{BOTH},{rest}}}"#
    );
    call(bench, account, "POST", ALL, &json).await.unwrap()
}

#[tokio::test]
async fn a_thin_event_names_its_object_and_is_fetched() {
    let mut bench = Bench::new().await;
    let made = make(
        &bench,
        PLATFORM,
        "https://thin.example",
        r#""event_payload":"thin","enabled_events":["v1.customer.created"]"#,
    )
    .await;
    assert!(text(&made, "id").starts_with("ed_"));
    assert_eq!(text(&made, "webhook_endpoint.url"), "https://thin.example");
    assert_eq!(text(&made, "event_payload"), "thin");
    let secret = text(&made, "webhook_endpoint.signing_secret");
    let customer = bench.customer(PLATFORM, false).await;
    let came = bench.next().await;
    assert_eq!((came.text("object"), came.text("type")), ("v2.core.event", "v1.customer.created"));
    assert_eq!(came.text("related_object.id"), customer);
    assert_eq!(came.text("related_object.type"), "customer");
    assert_eq!(came.text("related_object.url"), format!("/v1/customers/{customer}"));
    assert_eq!(came.text("created"), "2023-11-14T22:13:20.000Z");
    assert!(came.at("data").is_none() && came.text("context").is_empty());
    let header = came.header("stripe-signature");
    let t = header[2..].split(',').next().unwrap().parse().unwrap();
    assert_eq!(header, signature(&[&secret], t, &came.letter.body, false));

    let fetched = call(&bench, PLATFORM, "GET", &format!("/v2/core/events/{}", came.text("id")), "{}").await;
    assert_eq!(fetched.unwrap(), came.event);
    let snapshot = came.text("snapshot_event").to_owned();
    assert_eq!(text(&bench.event(PLATFORM, false, &snapshot).await, "data.object.id"), customer);
    bench.until("the receipt counts", async || bench.pending(PLATFORM, &snapshot).await == 0).await;
}

#[tokio::test]
async fn whose_events_a_destination_hears() {
    let mut bench = Bench::new().await;
    for (host, from) in
        [("own", r#"["@self"]"#), ("theirs", r#"["@accounts"]"#), ("both", r#"["@self","@accounts"]"#)]
    {
        let rest = format!(
            r#""event_payload":"thin","events_from":{from},"enabled_events":["v1.customer.created"]"#
        );
        make(&bench, PLATFORM, &format!("https://{host}.example"), &rest).await;
    }
    let snapshot = r#""event_payload":"snapshot","events_from":["@self","@accounts"],"enabled_events":["customer.created"],"snapshot_api_version":"2016-07-06""#;
    make(&bench, PLATFORM, "https://snapshot.example", snapshot).await;
    bench.connect(DEVELOPMENT).await;
    for (account, expected) in
        [(PLATFORM, ["both", "own", "snapshot"]), (SELLER, ["both", "snapshot", "theirs"])]
    {
        bench.customer(account, false).await;
        let mut hosts = Vec::new();
        for _ in 0..3 {
            let came = bench.next().await;
            let host = came.host().replace(".example", "");
            let context = if account == SELLER { SELLER } else { "" };
            let told = if host == "snapshot" { "user_id" } else { "context" };
            assert_eq!(came.text(told), context, "{host}");
            if host == "snapshot" {
                assert_eq!(came.text("api_version"), "2016-07-06");
            }
            hosts.push(host);
        }
        hosts.sort();
        assert_eq!(hosts, expected);
    }
    assert!(bench.rest().is_empty());
}

#[tokio::test]
async fn a_ping_reaches_who_is_pinged() {
    let mut bench = Bench::new().await;
    let rest = r#""event_payload":"thin","enabled_events":["*"]"#;
    let made = make(&bench, PLATFORM, "https://one.example", rest).await;
    make(&bench, PLATFORM, "https://other.example", rest).await;
    let one = format!("{ALL}/{}", text(&made, "id"));
    let pinged = call(&bench, PLATFORM, "POST", &format!("{one}/ping"), "{}").await.unwrap();
    let came = bench.next().await;
    assert_eq!(came.host(), "one.example");
    assert_eq!(came.event, pinged);
    assert_eq!(text(&pinged, "type"), "v2.core.event_destination.ping");
    assert_eq!(text(&pinged, "related_object.url"), one);
    assert!(bench.rest().is_empty());
    // It has no snapshot, and stands in no list of those.
    let listed = bench.call(PLATFORM, false, "GET", "/v1/events", &[]).await.unwrap();
    assert_eq!(listed.get("data"), Some(&Node::List(Vec::new())));
    let listed = call(&bench, PLATFORM, "GET", "/v2/core/events", "{}").await.unwrap();
    assert_eq!(listed.get("data"), Some(&Node::List(vec![pinged])));
    call(&bench, PLATFORM, "POST", &format!("{one}/disable"), "{}").await.unwrap();
    assert_eq!(call(&bench, PLATFORM, "POST", &format!("{one}/ping"), "{}").await.unwrap_err().status, 400);
}

#[tokio::test]
async fn destinations_are_changed_and_listed() {
    let bench = Bench::new().await;
    let made = make(
        &bench,
        PLATFORM,
        "https://own.example",
        r#""event_payload":"snapshot","enabled_events":["*"],"metadata":{"a":"1","b":"2"}"#,
    )
    .await;
    let one = format!("{ALL}/{}", text(&made, "id"));
    assert_eq!(text(&made, "snapshot_api_version"), base::Version::TODAY.as_str());
    let plain = call(&bench, PLATFORM, "GET", &one, "{}").await.unwrap();
    let hook = r#"{"signing_secret":null,"url":null}"#;
    assert_eq!(plain.get("webhook_endpoint").unwrap().to_json(), hook);
    bench.advance(60);
    let json = r#"{"name":"renamed","description":"words","metadata":{"a":null,"c":"3"},"enabled_events":["charge.failed"],"webhook_endpoint":{"url":"https://new.example"},"include":["webhook_endpoint.url"]}"#;
    let changed = call(&bench, PLATFORM, "POST", &one, json).await.unwrap();
    assert_eq!(text(&changed, "name"), "renamed");
    assert_eq!(changed.get("metadata").unwrap().to_json(), r#"{"b":"2","c":"3"}"#);
    assert_eq!(text(&changed, "webhook_endpoint.url"), "https://new.example");
    assert_ne!(text(&changed, "updated"), text(&changed, "created"));
    let disabled = call(&bench, PLATFORM, "POST", &format!("{one}/disable"), "{}").await.unwrap();
    assert_eq!(text(&disabled, "status_details.disabled.reason"), "user");
    let enabled = call(&bench, PLATFORM, "POST", &format!("{one}/enable"), "{}").await.unwrap();
    assert_eq!(text(&enabled, "status"), "enabled");

    // An endpoint of /v1 is a destination, and a destination is none of its endpoints.
    let (hook, _) = bench.endpoint(PLATFORM, false, "https://v1.example", &["*"], true).await;
    let listed = call(&bench, PLATFORM, "GET", ALL, r#"{"limit":1}"#).await.unwrap();
    let Some(Node::List(items)) = listed.get("data") else { panic!() };
    assert_eq!((items.len(), text(&items[0], "id")), (1, hook.clone()));
    assert_eq!(items[0].get("events_from").unwrap().to_json(), r#"["@accounts"]"#);
    let next = text(&listed, "next_page_url");
    let (path, query) = next.split_once('?').unwrap();
    assert_eq!(path, ALL);
    let page = query.split('&').find_map(|pair| pair.strip_prefix("page=")).unwrap();
    let older = format!(r#"{{"limit":1,"page":"{page}"}}"#);
    let older = call(&bench, PLATFORM, "GET", ALL, &older).await.unwrap();
    assert!(older.get("data").unwrap().to_json().contains("renamed"));
    assert!(
        older.get("next_page_url").unwrap().is_null() && text(&older, "previous_page_url").contains("page_")
    );
    let v1 = bench.call(PLATFORM, false, "GET", "/v1/webhook_endpoints", &[]).await.unwrap().to_json();
    assert!(v1.contains(&hook) && !v1.contains("renamed"));
    let ed = text(&made, "id");
    assert_eq!(
        bench
            .call(PLATFORM, false, "GET", &format!("/v1/webhook_endpoints/{ed}"), &[])
            .await
            .unwrap_err()
            .status,
        404
    );
    let alias = ed.replacen("ed_", "we_", 1);
    assert_eq!(
        bench
            .call(PLATFORM, false, "GET", &format!("/v1/webhook_endpoints/{alias}"), &[])
            .await
            .unwrap_err()
            .status,
        404
    );

    let gone = call(&bench, PLATFORM, "DELETE", &one, "{}").await.unwrap();
    assert_eq!(gone.to_json(), format!(r#"{{"id":"{ed}","object":"v2.core.event_destination"}}"#));
    assert_eq!(call(&bench, PLATFORM, "GET", &one, "{}").await.unwrap_err().status, 404);
    assert_eq!(call(&bench, SELLER, "GET", &format!("{ALL}/{hook}"), "{}").await.unwrap_err().status, 404);
}

#[tokio::test]
async fn what_a_destination_must_not_be() {
    let bench = Bench::new().await;
    let whole = r#""name":"n","type":"webhook_endpoint","event_payload":"thin","enabled_events":["v1.customer.created"],"webhook_endpoint":{"url":"https://a.example"}"#;
    for (change, param) in [
        ((r#""name":"n","#, ""), "name"),
        ((r#""type":"webhook_endpoint","#, ""), "type"),
        ((r#""type":"webhook_endpoint""#, r#""type":"amazon_eventbridge""#), "type"),
        ((r#""event_payload":"thin","#, ""), "event_payload"),
        ((r#"["v1.customer.created"]"#, "[]"), "enabled_events"),
        ((r#"["v1.customer.created"]"#, r#"["customer.created"]"#), "enabled_events[0]"),
        ((r#""thin""#, r#""snapshot""#), "enabled_events[0]"),
        ((r#","webhook_endpoint":{"url":"https://a.example"}"#, ""), "webhook_endpoint"),
        (("https://a.example", "ftp://a.example"), "webhook_endpoint[url]"),
        ((r#""n""#, "7"), "name"),
        ((r#""name":"n","#, r#""name":"n","snapshot_api_version":"2016-07-06","#), "snapshot_api_version"),
        ((r#""name":"n","#, r#""name":"n","events_from":["@organization_members"],"#), "events_from[0]"),
        ((r#""name":"n","#, r#""name":"n","include":["secret"],"#), "include[0]"),
        ((r#""name":"n","#, r#""name":"n","colour":"red","#), "colour"),
    ] {
        let json = format!("{{{}}}", whole.replacen(change.0, change.1, 1));
        let error = call(&bench, PLATFORM, "POST", ALL, &json).await.unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(param)), "{json}");
    }
    call(&bench, PLATFORM, "POST", ALL, &format!("{{{whole}}}")).await.unwrap();
    for (query, param) in [
        (r#"{"types":["customer.created"]}"#, "types[0]"),
        (r#"{"created":{"gte":"yesterday"}}"#, "created[gte]"),
        (r#"{"page":"2"}"#, "page"),
        (r#"{"limit":0}"#, "limit"),
        (r#"{"expand":["data"]}"#, "expand"),
    ] {
        let error = call(&bench, PLATFORM, "GET", "/v2/core/events", query).await.unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(param)), "{query}");
    }
}

#[tokio::test]
async fn thin_events_are_listed_by_what_is_asked_for() {
    let bench = Bench::new().await;
    let first = bench.customer(PLATFORM, false).await;
    bench.advance(10);
    let second = bench.customer(PLATFORM, false).await;
    let path = format!("/v1/customers/{first}");
    bench.call(PLATFORM, false, "POST", &path, &[("name", form("M"))]).await.unwrap();
    let listed = async |query: &str| {
        let listed = call(&bench, PLATFORM, "GET", "/v2/core/events", query).await.unwrap();
        let Some(Node::List(items)) = listed.get("data").cloned() else { panic!() };
        items
            .iter()
            .map(|it| format!("{} {}", text(it, "type"), text(it, "related_object.id")))
            .collect::<Vec<_>>()
    };
    let (one, two) = (format!("v1.customer.created {first}"), format!("v1.customer.created {second}"));
    let changed = format!("v1.customer.updated {first}");
    assert_eq!(listed("{}").await, [changed.clone(), two.clone(), one.clone()]);
    assert_eq!(listed(r#"{"types":["v1.customer.updated"]}"#).await, std::slice::from_ref(&changed));
    assert_eq!(listed(&format!(r#"{{"object_id":"{first}"}}"#)).await, [changed.clone(), one.clone()]);
    assert_eq!(listed(r#"{"created":{"lt":"2023-11-14T22:13:25Z"}}"#).await, [one]);
    assert_eq!(listed(r#"{"created":{"gt":"2023-11-14T22:13:20Z"},"limit":1}"#).await, [changed]);
    assert!(listed(r#"{"created":{"gte":"2030-01-01T00:00:00Z"}}"#).await.is_empty());
}
