//! What becomes of deliveries over days: the schedules, endpoints that fail for long, what is sent again by hand, and
//! secrets that are rolled.

use crate::world::{Bench, DEVELOPMENT, PLATFORM, SELLER, form};
use base::{Caller, Timestamp};
use resources::events::webhook_endpoint::{self, STOPPED_AFTER, WARNED_AFTER, WebhookEndpoint};
use wire::Node;

/// Advances to the next attempt and waits until it is written down; returns how many seconds later that was.
async fn to_next(bench: &Bench, live: bool) -> Option<i64> {
    let attempts = bench.attempts(live).await;
    let last = attempts.last().unwrap();
    let next = last.next.0?;
    let store = &bench.api.world.store;
    bench.until("it is due again", async || store.next_due("webhook").await.unwrap().is_some()).await;
    bench.advance(next.0 - last.at.0);
    let many = attempts.len();
    bench.until("it is tried", async || bench.attempts(live).await.len() > many).await;
    Some(next.0 - last.at.0)
}

async fn endpoint(bench: &Bench, live: bool, id: &str) -> WebhookEndpoint {
    let key = store::Key::new(PLATFORM, live, "webhook_endpoint", id);
    let doc = bench.api.world.store.get(&key).await.unwrap().unwrap();
    wire::from_json(&doc.body).unwrap()
}

#[tokio::test]
async fn the_tables_of_both_modes() {
    let (minute, hour) = (60, 3600);
    let live = [5, minute, 10 * minute, hour, 2 * hour, 4 * hour, 8 * hour, 16 * hour, 20 * hour, 20 * hour];
    for (mode, table) in [(false, &[5, 10 * minute, 3 * hour][..]), (true, &live[..])] {
        let bench = Bench::new().await;
        bench.endpoint(PLATFORM, mode, "https://own.example", &["*"], false).await;
        bench.says(|_| Some(500));
        bench.customer(PLATFORM, mode).await;
        bench.until("it is tried", async || !bench.attempts(mode).await.is_empty()).await;
        let mut waited = Vec::new();
        while let Some(seconds) = to_next(&bench, mode).await {
            waited.push(seconds);
        }
        assert_eq!(waited, table, "live: {mode}");
        assert!(waited.iter().sum::<i64>() <= 3 * Timestamp::DAY);
        let numbers: Vec<i64> = bench.attempts(mode).await.iter().map(|it| it.attempt).collect();
        assert_eq!(numbers, (1..=table.len() as i64 + 1).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn days_of_failures_warn_and_disable_and_one_answer_forgives() {
    let mut bench = Bench::new().await;
    let (id, _) = bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    bench.says(|_| Some(500));
    let fails = async |bench: &mut Bench, many: usize| {
        bench.customer(PLATFORM, false).await;
        bench.next().await;
        bench.until("it is written down", async || bench.attempts(false).await.len() >= many).await;
    };
    let began = bench.api.world.clock.now();
    fails(&mut bench, 1).await;
    let of = async |bench: &Bench| endpoint(bench, false, &id).await.failing.0;
    bench.until("it is known to fail", async || of(&bench).await.is_some()).await;
    assert_eq!(of(&bench).await.unwrap().since, began);

    // What is due in between is tried in between.
    bench.advance(WARNED_AFTER);
    fails(&mut bench, 3).await;
    bench.until("the owner is warned", async || of(&bench).await.unwrap().warned.is_some()).await;

    bench.says(|_| Some(200));
    bench.advance(60);
    fails(&mut bench, 4).await;
    bench.until("it is forgiven", async || of(&bench).await.is_none()).await;

    bench.says(|_| Some(410));
    fails(&mut bench, 5).await;
    bench.until("it is known to fail", async || of(&bench).await.is_some()).await;
    bench.advance(STOPPED_AFTER);
    fails(&mut bench, 6).await;
    bench.until("it is disabled", async || of(&bench).await.unwrap().stopped.is_some()).await;
    let path = format!("/v1/webhook_endpoints/{id}");
    let status = |node: &Node<'_>| node.get("status").and_then(Node::as_str).unwrap().to_owned();
    assert_eq!(status(&bench.call(PLATFORM, false, "GET", &path, &[]).await.unwrap()), "disabled");
    bench.rest();

    // Nothing more is told to it, until its owner enables it.
    let unheard = bench.customer(PLATFORM, false).await;
    bench.says(|_| Some(200));
    let enabled = bench.call(PLATFORM, false, "POST", &path, &[("disabled", form("false"))]).await.unwrap();
    assert_eq!(status(&enabled), "enabled");
    assert!(of(&bench).await.is_none());
    let heard = bench.customer(PLATFORM, false).await;
    let mut came = bench.next().await;
    while came.text("data.object.id") != heard {
        assert_ne!(came.text("data.object.id"), unheard);
        came = bench.next().await;
    }
}

#[tokio::test]
async fn an_event_is_sent_again_by_hand() {
    let mut bench = Bench::new().await;
    let (id, secret) = bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    bench.customer(PLATFORM, false).await;
    let first = bench.next().await;
    let event = first.text("id").to_owned();
    bench.until("the receipt counts", async || bench.pending(PLATFORM, &event).await == 0).await;

    let path = format!("/v1/events/{event}/retry");
    let to = [("webhook_endpoint", form(&id))];
    let told = bench.call(PLATFORM, false, "POST", &path, &to).await.unwrap();
    assert_eq!(told.get("id").and_then(Node::as_str), Some(&*event));
    let again = bench.next().await;
    assert_eq!(first.at("data"), again.at("data"));
    let header = again.header("stripe-signature");
    let t = header[2..].split(',').next().unwrap().parse().unwrap();
    assert_eq!(header, clockwork::signature(&[&secret], t, &again.letter.body, false));
    bench.until("it is written down", async || bench.attempts(false).await.len() == 2).await;
    assert!(bench.attempts(false).await[1].by_hand());
    // Whoever listens is told where nobody is named.
    bench.call(PLATFORM, false, "POST", &path, &[]).await.unwrap();
    assert_eq!(bench.next().await.text("id"), event);

    // By hand is once: a failure is not repeated, and what the endpoint owes stays as it was.
    bench.says(|_| Some(500));
    bench.call(PLATFORM, false, "POST", &path, &to).await.unwrap();
    bench.next().await;
    bench.until("it is written down", async || bench.attempts(false).await.len() == 4).await;
    let store = bench.api.world.store.clone();
    assert_eq!(store.next_due("webhook").await, Ok(None));
    assert_eq!(bench.pending(PLATFORM, &event).await, 0);

    let path = |it: &str| format!("/v1/events/{it}/retry");
    let refused = async |path: String, params: &[(&'static str, Node<'static>)]| {
        bench.call(PLATFORM, false, "POST", &path, params).await.unwrap_err()
    };
    assert_eq!(refused(path("evt_none"), &[]).await.status, 404);
    let error = refused(path(&event), &[("webhook_endpoint", form("we_none"))]).await;
    assert_eq!((error.status, error.param.as_deref()), (400, Some("webhook_endpoint")));
    let one = format!("/v1/webhook_endpoints/{id}");
    bench.call(PLATFORM, false, "POST", &one, &[("disabled", form("true"))]).await.unwrap();
    assert!(refused(path(&event), &to).await.message.contains("Enable it"));
}

#[tokio::test]
async fn by_hand_settles_what_was_given_up_once() {
    let mut bench = Bench::new().await;
    let (id, _) = bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    bench.says(|_| Some(500));
    bench.customer(PLATFORM, false).await;
    let event = bench.next().await.text("id").to_owned();
    bench.until("it is tried", async || !bench.attempts(false).await.is_empty()).await;
    let path = format!("/v1/events/{event}/retry");
    let to = [("webhook_endpoint", form(&id))];
    let by_hand = async |bench: &Bench| {
        let many = bench.attempts(false).await.len();
        bench.says(|_| Some(200));
        bench.call(PLATFORM, false, "POST", &path, &to).await.unwrap();
        bench.until("it arrived", async || bench.attempts(false).await.len() > many).await;
        bench.says(|_| Some(500));
        bench.pending(PLATFORM, &event).await
    };
    // While it is tried again by itself, the endpoint still owes its receipt to that.
    assert_eq!(by_hand(&bench).await, 1);
    for (automatic, seconds) in [(2, 5), (3, 600), (4, 10_800)] {
        bench.advance(seconds);
        let tried = async || bench.attempts(false).await.iter().filter(|it| !it.by_hand()).count();
        bench.until("it is tried", async || tried().await == automatic).await;
    }
    // It arrived before it was given up; the endpoint owes it still.
    assert_eq!(bench.pending(PLATFORM, &event).await, 1);
    assert_eq!(by_hand(&bench).await, 0);
    assert_eq!(by_hand(&bench).await, 0);
}

#[tokio::test]
async fn a_platform_sends_an_accounts_event_again() {
    let mut bench = Bench::new().await;
    let (id, _) =
        bench.endpoint(PLATFORM, false, "https://connect.example", &["customer.created"], true).await;
    bench.connect(DEVELOPMENT).await;
    bench.customer(SELLER, false).await;
    let event = bench.next().await.text("id").to_owned();
    let caller = Caller {
        platform: Some(PLATFORM.into()),
        application: Some(DEVELOPMENT.into()),
        ..Caller::session(SELLER, false)
    };
    for params in [vec![("webhook_endpoint".into(), form(&id))], Vec::new()] {
        let path = format!("/v1/events/{event}/retry");
        bench.api.call_as(&caller, "POST", &path, Node::Map(params)).await.unwrap();
        let came = bench.next().await;
        assert_eq!((came.text("id"), came.text("account")), (&*event, SELLER));
    }
    // Its endpoint is nobody else's business.
    let path = format!("/v1/events/{event}/retry");
    let mine = bench.call(SELLER, false, "POST", &path, &[("webhook_endpoint", form(&id))]).await;
    assert_eq!(mine.unwrap_err().status, 400);
}

#[tokio::test]
async fn a_rolled_secret_signs_beside_the_new_one_for_a_while() {
    let mut bench = Bench::new().await;
    let (id, first) = bench.endpoint(PLATFORM, false, "https://own.example", &["*"], false).await;
    let caller = Caller::session(PLATFORM, false);
    let at = id.clone();
    let rolled = bench.api.transact(&caller, move |cx| {
        let id = at.clone();
        Box::pin(async move { api::done(webhook_endpoint::roll(cx, &id, 3600).await?) })
    });
    let api::Reply::Done(second) = rolled.await.unwrap() else { panic!() };
    let v1 = |signed: &str| signed.split(',').filter(|it| it.starts_with("v1=")).count();
    bench.customer(PLATFORM, false).await;
    let came = bench.next().await;
    let header = came.header("stripe-signature").to_owned();
    let t: i64 = header[2..].split(',').next().unwrap().parse().unwrap();
    assert_eq!(header, clockwork::signature(&[&second, &first], t, &came.letter.body, false));
    assert_eq!(v1(&header), 2);
    bench.advance(3600);
    bench.customer(PLATFORM, false).await;
    let came = bench.next().await;
    assert_eq!(v1(came.header("stripe-signature")), 1);
    assert_eq!(
        came.header("stripe-signature"),
        clockwork::signature(&[&second], t + 3600, &came.letter.body, false)
    );
}

#[tokio::test]
async fn fifty_who_do_not_answer_keep_fifty_others_waiting_for_nothing() {
    let mut bench = Bench::new().await;
    // Accounts of their own, since one may have sixteen endpoints.
    let account = |i: usize| format!("acct_{i}");
    for i in 0..100 {
        let kind = ["dead", "mute", "fine", "good"][i % 4];
        let url = format!("https://{kind}{i}.example");
        bench.endpoint(&account(i), false, &url, &["*"], false).await;
    }
    bench.says(|letter| match letter.url.host_str().unwrap() {
        host if host.starts_with("dead") => Some(500),
        host if host.starts_with("mute") => None,
        _ => Some(200),
    });
    const EVENTS: usize = 40;
    for _ in 0..EVENTS {
        for i in 0..100 {
            bench.customer(&account(i), false).await;
        }
    }
    let (mut well, mut badly) = (0, 0);
    while well < 50 * EVENTS {
        let came = bench.next().await;
        let good = came.host().starts_with("fine") || came.host().starts_with("good");
        *(if good { &mut well } else { &mut badly }) += 1;
    }
    // Who fails is asked ever less: what was under way, then ever less until it is five times, then after a rest.
    assert!(badly <= 50 * 16, "{badly} letters to who does not answer");
}
