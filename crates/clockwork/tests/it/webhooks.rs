//! Deliveries from the commit to the receipt, in a world with a clock that is moved by hand.

use crate::world::{Bench, Came, DEVELOPMENT, PLATFORM, PRODUCTION, SELLER, START, form};
use clockwork::signature;
use std::collections::BTreeMap;
use wire::Node;

/// Checks a letter's signature and returns its time.
fn signed(came: &Came, secret: &str) -> i64 {
    let header = came.header("stripe-signature");
    let t = header.strip_prefix("t=").and_then(|rest| rest.split_once(',')).unwrap().0.parse().unwrap();
    let live = came.at("livemode") == Some(&Node::Bool(true));
    assert_eq!(header, signature(&[secret], t, &came.letter.body, live));
    t
}

#[tokio::test]
async fn an_event_is_told_signed_and_counted() {
    let mut bench = Bench::new().await;
    let (_, secret) =
        bench.endpoint(PLATFORM, false, "https://user:p%40ss@own.example/hook?x=1", &["*"], false).await;
    let customer = bench.customer(PLATFORM, false).await;
    let came = bench.next().await;
    assert_eq!(came.text("type"), "customer.created");
    assert_eq!(came.text("data.object.id"), customer);
    assert_eq!(came.text("object"), "event");
    assert!(came.at("account").is_none() && came.at("user_id").is_none() && came.at("context").is_none());
    assert_eq!(came.at("pending_webhooks"), Some(&Node::Integer(1)));
    assert_eq!(signed(&came, &secret), START.0);
    assert_eq!(came.header("content-type"), "application/json; charset=utf-8");
    assert!(came.header("user-agent").starts_with("Stripe/1.0 (+https://"));
    assert_eq!(came.header("authorization"), "Basic dXNlcjpwQHNz");
    assert_eq!(came.letter.url.as_str(), "https://own.example/hook?x=1");
    let id = came.text("id").to_owned();
    bench.until("the receipt counts", async || bench.pending(PLATFORM, &id).await == 0).await;
    let attempts = bench.attempts(false).await;
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].status(), attempts[0].outcome.as_str()), (Some(200), "delivered"));
    assert_eq!(attempts[0].url, "https://own.example/hook");
}

#[tokio::test]
async fn who_hears_what() {
    let mut bench = Bench::new().await;
    for (url, live, connect) in [
        ("https://own-test.example", false, false),
        ("https://own-live.example", true, false),
        ("https://connect-test.example", false, true),
        ("https://connect-live.example", true, true),
    ] {
        bench.endpoint(PLATFORM, live, url, &["customer.created"], connect).await;
    }
    bench.endpoint(SELLER, false, "https://seller.example", &["customer.created"], false).await;

    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (stage, client_id) in
        [("apart", None), ("development", Some(DEVELOPMENT)), ("both", Some(PRODUCTION))]
    {
        if let Some(client_id) = client_id {
            bench.connect(client_id).await;
        }
        for (account, live) in [(PLATFORM, false), (PLATFORM, true), (SELLER, false), (SELLER, true)] {
            bench.customer(account, live).await;
            let listed =
                bench.call(account, live, "GET", "/v1/events", &[("limit", form("1"))]).await.unwrap();
            let Some(Node::List(events)) = listed.get("data") else { panic!() };
            let listening = events[0].get("pending_webhooks").and_then(Node::as_i64).unwrap();
            let name = format!("{stage} {account} {}", if live { "live" } else { "test" });
            let mut hosts = Vec::new();
            for _ in 0..listening {
                let came = bench.next().await;
                assert_eq!(came.at("livemode"), Some(&Node::Bool(live)));
                let connect = came.host().starts_with("connect");
                for member in ["account", "user_id", "context"] {
                    assert_eq!(came.text(member), if connect { SELLER } else { "" }, "{name}");
                }
                hosts.push(came.host().replace(".example", ""));
            }
            hosts.sort();
            heard.insert(name, hosts);
        }
    }
    assert!(bench.rest().is_empty());
    let own: &[(&str, &[&str])] = &[
        ("apart acct_platform live", &["own-live"]),
        ("apart acct_platform test", &["own-test"]),
        ("apart acct_seller live", &[]),
        ("apart acct_seller test", &["seller"]),
        ("both acct_platform live", &["own-live"]),
        ("both acct_platform test", &["own-test"]),
        ("both acct_seller live", &["connect-live"]),
        ("both acct_seller test", &["connect-live", "connect-test", "seller"]),
        ("development acct_platform live", &["own-live"]),
        ("development acct_platform test", &["own-test"]),
        ("development acct_seller live", &[]),
        ("development acct_seller test", &["connect-test", "seller"]),
    ];
    let own: BTreeMap<String, Vec<String>> =
        own.iter().map(|(k, v)| ((*k).to_owned(), v.iter().map(|it| (*it).to_owned()).collect())).collect();
    assert_eq!(heard, own);
}

#[tokio::test]
async fn the_welcome_the_farewell_and_then_silence() {
    let mut bench = Bench::new().await;
    let (_, secret) = bench.endpoint(PLATFORM, false, "https://connect.example", &["*"], true).await;
    bench.connect(DEVELOPMENT).await;
    let came = bench.next().await;
    assert_eq!((came.text("type"), came.text("user_id")), ("account.application.authorized", SELLER));
    assert_eq!(
        came.at("data.object").unwrap().to_json(),
        r#"{"id":"ca_development","object":"application","name":"Acme"}"#
    );
    signed(&came, &secret);
    bench.customer(SELLER, false).await;
    assert_eq!(bench.next().await.text("type"), "customer.created");
    bench.disconnect(DEVELOPMENT).await;
    let came = bench.next().await;
    assert_eq!((came.text("type"), came.text("account")), ("account.application.deauthorized", SELLER));
    bench.customer(SELLER, false).await;
    bench.connect(DEVELOPMENT).await;
    // Had the customer been told, it would have been told first.
    assert_eq!(bench.next().await.text("type"), "account.application.authorized");
}

#[tokio::test]
async fn what_fails_is_tried_again_and_at_last_given_up() {
    let mut bench = Bench::new().await;
    let (_, secret) = bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    bench.says(|letter| Some(if letter.url.path() == "/" { 302 } else { 200 }));
    bench.customer(PLATFORM, false).await;
    let (mut bodies, mut times) = (Vec::new(), Vec::new());
    for (attempt, delay) in [(1, 5), (2, 600), (3, 10_800), (4, 0)] {
        let came = bench.next().await;
        times.push(signed(&came, &secret));
        bodies.push(came.letter.body.clone());
        bench
            .until("the failure is written down", async || bench.attempts(false).await.len() == attempt)
            .await;
        let last = bench.attempts(false).await.pop().unwrap();
        assert_eq!((last.attempt, last.status()), (attempt as i64, Some(302)));
        let id = came.text("id").to_owned();
        assert_eq!(bench.pending(PLATFORM, &id).await, 1);
        if delay > 0 {
            assert_eq!(last.next.0, Some(last.at.plus(delay)));
            let store = &bench.api.world.store;
            bench.until("it is due again", async || store.next_due("webhook").await.unwrap().is_some()).await;
            bench.advance(delay);
        } else {
            assert_eq!(last.next.0, None);
            let store = &bench.api.world.store;
            bench.until("nothing is due", async || store.next_due("webhook").await.unwrap().is_none()).await;
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert!(times.is_sorted_by(|a, b| a < b));
    for (success, many) in [("false", 1), ("true", 0)] {
        let params = [("delivery_success", form(success))];
        let listed = bench.call(PLATFORM, false, "GET", "/v1/events", &params).await.unwrap();
        let Some(Node::List(events)) = listed.get("data") else { panic!() };
        assert_eq!(events.len(), many, "{success}");
    }
}

#[tokio::test]
async fn a_disabled_endpoint_rests_and_a_deleted_one_is_forgotten() {
    let mut bench = Bench::new().await;
    let (id, _) = bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    let path = format!("/v1/webhook_endpoints/{id}");
    bench.says(|_| Some(500));
    bench.customer(PLATFORM, false).await;
    bench.next().await;
    let store = bench.api.world.store.clone();
    let again = async || store.next_due("webhook").await.unwrap().is_some();
    bench.until("it is due again", again).await;

    bench.call(PLATFORM, false, "POST", &path, &[("disabled", form("true"))]).await.unwrap();
    let unheard = bench.customer(PLATFORM, false).await;
    bench.advance(5);
    bench.until("the slot passes", async || bench.attempts(false).await.len() == 2).await;
    assert_eq!(bench.attempts(false).await[1].outcome, "the endpoint is disabled");
    assert!(bench.rest().is_empty());

    bench.call(PLATFORM, false, "POST", &path, &[("disabled", form("false"))]).await.unwrap();
    bench.until("it is due again", again).await;
    bench.advance(600);
    assert_ne!(bench.next().await.text("data.object.id"), unheard);
    bench.until("it is due again", again).await;

    bench.call(PLATFORM, false, "DELETE", &path, &[]).await.unwrap();
    bench.advance(10_800);
    bench.until("nothing is due", async || store.next_due("webhook").await.unwrap().is_none()).await;
    assert!(bench.rest().is_empty());
}

#[tokio::test]
async fn who_says_nothing_delays_nobody() {
    let mut bench = Bench::new().await;
    bench.endpoint(PLATFORM, false, "https://mute.example", &["*"], false).await;
    bench.endpoint(SELLER, false, "https://quick.example", &["*"], false).await;
    bench.says(|letter| (letter.url.host_str() != Some("mute.example")).then_some(200));
    for _ in 0..700 {
        bench.customer(PLATFORM, false).await;
    }
    let told = bench.customer(SELLER, false).await;
    let mut mute = 0;
    loop {
        let came = bench.next().await;
        if came.host() == "quick.example" {
            assert_eq!(came.text("data.object.id"), told);
            break;
        }
        mute += 1;
    }
    assert!(mute <= 8, "{mute} letters to somebody who answers none");
}

#[tokio::test]
async fn what_happened_first_is_told_first() {
    let mut bench = Bench::new().await;
    bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    bench.endpoint(SELLER, false, "https://marker.example", &["*"], false).await;
    // Who has not answered yet is told nothing more, so nothing can overtake.
    bench.says(|letter| (letter.url.host_str() != Some("own.example")).then_some(200));
    for _ in 0..5 {
        bench.customer(PLATFORM, false).await;
    }
    bench.next().await;
    bench.customer(SELLER, false).await;
    assert_eq!(bench.next().await.host(), "marker.example");
    assert!(bench.rest().is_empty());

    let mut bench = Bench::new().await;
    bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    let mut made = Vec::new();
    for _ in 0..30 {
        made.push(bench.customer(PLATFORM, false).await);
    }
    for id in made {
        assert_eq!(bench.next().await.text("data.object.id"), id);
    }
}

#[tokio::test]
async fn a_burst_is_told_whole() {
    let mut bench = Bench::new().await;
    bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    let mut made = Vec::new();
    for _ in 0..1500 {
        made.push(bench.customer(PLATFORM, false).await);
    }
    let mut told = std::collections::BTreeSet::new();
    let mut letters = 0;
    while told.len() < made.len() {
        // Some are put off until the lane gets on.
        let letter = loop {
            match tokio::time::timeout(std::time::Duration::from_millis(200), bench.next()).await {
                Ok(came) => break came,
                Err(_) => bench.advance(60),
            }
        };
        told.insert(letter.text("data.object.id").to_owned());
        letters += 1;
    }
    assert!(made.iter().all(|id| told.contains(id)));
    assert_eq!(letters, made.len(), "nothing twice without need");
}

#[tokio::test]
async fn whoever_is_killed_leaves_the_work_to_the_next() {
    let mut bench = Bench::new().await;
    bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    bench.says(|_| None);
    bench.customer(PLATFORM, false).await;
    let first = bench.next().await;
    bench.kill().await;
    bench.says(|_| Some(200));
    bench.work();
    // This home keeps leases over the death of a worker, as long as they last.
    bench.advance(121);
    let second = bench.next().await;
    assert_eq!(first.letter.body, second.letter.body);
    assert_ne!(first.header("stripe-signature"), second.header("stripe-signature"));
    let id = second.text("id").to_owned();
    bench.until("the receipt counts", async || bench.pending(PLATFORM, &id).await == 0).await;
    bench.stop().await;
}

#[tokio::test]
async fn each_endpoint_reads_its_own_version() {
    let mut bench = Bench::new().await;
    for (host, version) in [
        ("old.example", "2012-10-26"),
        ("middle.example", "2016-07-06"),
        ("new.example", "2026-10-28.endive"),
    ] {
        let url = format!("https://{host}");
        let params = [
            ("url", form(&url)),
            ("enabled_events", Node::List(vec![form("*")])),
            ("api_version", form(version)),
            ("connect", form("true")),
        ];
        bench.call(PLATFORM, false, "POST", "/v1/webhook_endpoints", &params).await.unwrap();
    }
    bench.connect(DEVELOPMENT).await;
    for _ in 0..3 {
        bench.next().await;
    }
    bench.customer(SELLER, false).await;
    for _ in 0..3 {
        let came = bench.next().await;
        assert_eq!((came.text("account"), came.text("user_id")), (SELLER, SELLER), "{}", came.host());
        let request = came.at("request");
        match came.host() {
            "old.example" => assert!(came.at("context").is_none()),
            "middle.example" => {
                assert_eq!(came.text("api_version"), "2016-07-06");
                assert!(request.is_some_and(|it| !matches!(it, Node::Map(_))), "{request:?}");
            }
            _ => assert!(matches!(request, Some(Node::Map(_)))),
        }
    }
}

#[tokio::test]
async fn events_are_listed_and_forgotten() {
    let bench = Bench::new().await;
    let customer = bench.customer(PLATFORM, false).await;
    bench.advance(10);
    let path = format!("/v1/customers/{customer}");
    bench.call(PLATFORM, false, "POST", &path, &[("name", form("M"))]).await.unwrap();
    let list = async |params: &[(&'static str, Node<'static>)]| {
        let listed = bench.call(PLATFORM, false, "GET", "/v1/events", params).await?;
        let Some(Node::List(events)) = listed.get("data").cloned() else { panic!("no list") };
        let kinds = events.iter().map(|it| it.get("type").and_then(Node::as_str).unwrap().to_owned());
        Ok::<Vec<String>, base::ApiError>(kinds.collect())
    };
    assert_eq!(list(&[]).await.unwrap(), ["customer.updated", "customer.created"]);
    assert_eq!(list(&[("type", form("customer.created"))]).await.unwrap(), ["customer.created"]);
    assert_eq!(list(&[("type", form("customer.*"))]).await.unwrap().len(), 2);
    assert!(list(&[("type", form("charge.*"))]).await.unwrap().is_empty());
    let types = Node::List(vec![form("customer.updated"), form("charge.failed")]);
    assert_eq!(list(&[("types", types.clone())]).await.unwrap(), ["customer.updated"]);
    assert!(list(&[("types", types), ("type", form("x"))]).await.is_err());
    assert!(list(&[("types", Node::List(vec![form("a"); 21]))]).await.is_err());
    let since = Node::Map(vec![("gt".into(), form(&START.0.to_string()))]);
    assert_eq!(list(&[("created", since)]).await.unwrap(), ["customer.updated"]);
    assert_eq!(list(&[("delivery_success", form("true"))]).await.unwrap().len(), 2);

    let listed = bench.call(PLATFORM, false, "GET", "/v1/events", &[]).await.unwrap();
    let Some(Node::List(events)) = listed.get("data") else { panic!() };
    let before = events[0].get("data").and_then(|it| it.get("previous_attributes")).unwrap();
    assert_eq!(before.to_json(), r#"{"name":"N"}"#);
    let id = events[1].get("id").and_then(Node::as_str).unwrap();
    assert_eq!(
        bench.event(PLATFORM, false, id).await.get("type").and_then(Node::as_str),
        Some("customer.created")
    );
    let one = format!("/v1/events/{id}");
    assert_eq!(bench.call(SELLER, false, "GET", &one, &[]).await.unwrap_err().status, 404);
    assert_eq!(bench.call(PLATFORM, true, "GET", &one, &[]).await.unwrap_err().status, 404);

    bench.advance(30 * 86_400 - 5);
    assert_eq!(list(&[]).await.unwrap(), ["customer.updated"]);
    let gone = bench.call(PLATFORM, false, "GET", &one, &[]).await.unwrap_err();
    assert_eq!((gone.status, gone.code.as_deref()), (404, Some("resource_missing")));
}

#[tokio::test]
async fn endpoints_are_made_and_changed() {
    let bench = Bench::new().await;
    let all = "/v1/webhook_endpoints";
    let star = || ("enabled_events", Node::List(vec![form("*")]));
    let params = [("url", form("http://127.0.0.1:9/hook")), star(), ("connect", form("true"))];
    let made = bench.call(PLATFORM, false, "POST", all, &params).await.unwrap();
    let text = |node: &Node<'_>, name: &str| node.get(name).and_then(Node::as_str).map(str::to_owned);
    assert_eq!(text(&made, "application").as_deref(), Some(DEVELOPMENT));
    assert_eq!(text(&made, "status").as_deref(), Some("enabled"));
    let secret = text(&made, "secret").unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 38);
    let one = format!("{all}/{}", text(&made, "id").unwrap());
    let seen = bench.call(PLATFORM, false, "GET", &one, &[]).await.unwrap();
    assert!(seen.get("secret").is_none() && seen.get("sealed").is_none());
    let changed = bench.call(PLATFORM, false, "POST", &one, &[("disabled", form("true"))]).await.unwrap();
    assert_eq!(text(&changed, "status").as_deref(), Some("disabled"));
    assert!(changed.get("secret").is_none());
    assert_eq!(bench.call(SELLER, false, "GET", &one, &[]).await.unwrap_err().status, 404);
    assert_eq!(bench.call(SELLER, false, "DELETE", &one, &[]).await.unwrap_err().status, 404);

    for _ in 0..15 {
        bench.call(PLATFORM, false, "POST", all, &params).await.unwrap();
    }
    assert_eq!(bench.call(PLATFORM, false, "POST", all, &params).await.unwrap_err().status, 400);
    bench.call(PLATFORM, false, "DELETE", &one, &[]).await.unwrap();
    assert_eq!(bench.call(PLATFORM, false, "GET", &one, &[]).await.unwrap_err().status, 404);
    bench.call(PLATFORM, false, "POST", all, &params).await.unwrap();

    for (params, at) in [
        (vec![("url", form("https://e.example"))], "enabled_events"),
        (vec![star()], "url"),
        (vec![("url", form("ftp://e.example")), star()], "url"),
        (vec![("url", form("https://e.example")), ("enabled_events", form(""))], "enabled_events"),
    ] {
        let error = bench.call(SELLER, false, "POST", all, &params).await.unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(at)));
    }
}
