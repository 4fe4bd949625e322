//! What every home must do. A home's tests call [`all`] with a fresh, empty store.
//! Panics are the point here: a broken promise must fail the home's test.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test suite, exported so that each home can run it")]
pub mod model;
pub mod races;
mod records;

use crate::*;
use std::task::Poll;

/// Runs every promise of the contract.
pub async fn all(store: &dyn Store) {
    versions_guard_writes(store).await;
    who_can_wait_is_not_forgotten(store).await;
    a_refused_unit_leaves_nothing(store).await;
    unique_keys_have_one_owner(store).await;
    lists_are_newest_first_and_page_both_ways(store).await;
    declared_indexes_follow_their_documents(store).await;
    counters_have_floors(store).await;
    counters_have_an_end(store).await;
    due_work_is_leased_once(store).await;
    expired_documents_are_swept(store).await;
    records::all(store).await;
}

fn put(id: &str, expect: u64, text: &str) -> Put {
    let body = Some(Bytes::copy_from_slice(text.as_bytes()));
    let key = Key::new("acct_suite", false, "thing", id);
    Put { key, expect, body, index: Vec::new(), stale: Vec::new(), expires: None }
}
fn unit(puts: Vec<Put>) -> Unit {
    Unit { puts, ..Unit::default() }
}
async fn body_of(store: &dyn Store, id: &str) -> Option<(u64, String)> {
    let doc = store.get(&Key::new("acct_suite", false, "thing", id)).await.unwrap()?;
    Some((doc.version, String::from_utf8(doc.body.to_vec()).unwrap()))
}
fn query(limit: usize) -> Query {
    Query {
        account: "acct_suite".into(),
        live: false,
        kind: "listed",
        by: None,
        after: None,
        before: None,
        skip: 0,
        limit,
    }
}
async fn ids(store: &dyn Store, query: &Query) -> Vec<String> {
    store.list(query).await.unwrap().into_iter().map(|doc| doc.key.id).collect()
}

async fn versions_guard_writes(store: &dyn Store) {
    assert_eq!(store.commit(unit(vec![put("v", 0, "one")])).await, Ok(Commit::Done));
    assert_eq!(store.commit(unit(vec![put("v", 0, "again")])).await, Ok(Commit::Conflict));
    assert_eq!(store.commit(unit(vec![put("v", 1, "two")])).await, Ok(Commit::Done));
    assert_eq!(store.commit(unit(vec![put("v", 1, "stale")])).await, Ok(Commit::Conflict));
    assert_eq!(body_of(store, "v").await, Some((2, "two".into())));
    let stale_read = Unit {
        checks: vec![(Key::new("acct_suite", false, "thing", "v"), 1)],
        ..unit(vec![put("w", 0, "w")])
    };
    assert_eq!(store.commit(stale_read).await, Ok(Commit::Conflict));
    let absent_read = Unit {
        checks: vec![(Key::new("acct_suite", false, "thing", "w"), 0)],
        ..unit(vec![put("x", 0, "x")])
    };
    assert_eq!(store.commit(absent_read).await, Ok(Commit::Done));
    let gone = Put { body: None, ..put("v", 2, "") };
    assert_eq!(store.commit(unit(vec![gone])).await, Ok(Commit::Done));
    assert_eq!(body_of(store, "v").await, None);
    assert_eq!(store.commit(unit(vec![put("v", 0, "back")])).await, Ok(Commit::Done));
}

async fn who_can_wait_is_not_forgotten(store: &dyn Store) {
    let patient = |id: &str, expect| Unit { patient: true, ..unit(vec![put(id, expect, "patient")]) };
    assert_eq!(store.commit(patient("alone", 0)).await, Ok(Commit::Done));
    assert_eq!(store.commit(patient("alone", 0)).await, Ok(Commit::Conflict));
    let mut along = store.commit(patient("along", 0));
    // Polled once, so that it waits before the other comes.
    let at_once = std::future::poll_fn(|cx| Poll::Ready(along.as_mut().poll(cx))).await;
    assert_eq!(store.commit(unit(vec![put("hurried", 0, "hurried")])).await, Ok(Commit::Done));
    let along = if let Poll::Ready(outcome) = at_once { outcome } else { along.await };
    assert_eq!(along, Ok(Commit::Done));
    assert_eq!(body_of(store, "along").await, Some((1, "patient".into())));
}

async fn a_refused_unit_leaves_nothing(store: &dyn Store) {
    let half = Unit {
        adds: vec![Add { counter: "acct_suite/t/half".into(), by: 5, floor: None }],
        due: vec![Due {
            key: DueKey { queue: "half", at_ms: 1, id: "a".into() },
            body: Bytes::from_static(b"x"),
        }],
        ..unit(vec![put("half_1", 0, "1"), put("half_2", 0, "2"), put("v", 7, "stale")])
    };
    assert_eq!(store.commit(half).await, Ok(Commit::Conflict));
    let taken = unit(vec![put("half_1", 0, "1"), put("x", 0, "taken")]);
    assert_eq!(store.commit(taken).await, Ok(Commit::Conflict));
    assert_eq!(body_of(store, "half_1").await, None);
    assert_eq!(store.counters("acct_suite/t/half").await, Ok(vec![]));
    assert_eq!(store.claim("half", 10, 10, 10).await, Ok(vec![]));
}

async fn unique_keys_have_one_owner(store: &dyn Store) {
    let with = |id: &str, expect, email: &str| Put {
        index: vec![IndexKey::unique("email", email)],
        ..put(id, expect, id)
    };
    assert_eq!(store.commit(unit(vec![with("u1", 0, "a@b")])).await, Ok(Commit::Done));
    assert_eq!(
        store.commit(unit(vec![put("u0", 0, "u0"), with("u2", 0, "a@b")])).await,
        Ok(Commit::Duplicate { index: "email" })
    );
    assert_eq!(body_of(store, "u0").await, None);
    let found = store.find("email", "a@b").await.unwrap().unwrap();
    assert_eq!(found.key.id, "u1");
    let moved = Put {
        index: vec![IndexKey::unique("email", "c@d")],
        stale: vec![IndexKey::unique("email", "a@b")],
        ..put("u1", 1, "u1")
    };
    assert_eq!(store.commit(unit(vec![moved])).await, Ok(Commit::Done));
    assert_eq!(store.find("email", "a@b").await, Ok(None));
    assert_eq!(store.find("email", "c@d").await.unwrap().unwrap().version, 2);
    assert_eq!(store.commit(unit(vec![with("u2", 0, "a@b")])).await, Ok(Commit::Done));
}

async fn lists_are_newest_first_and_page_both_ways(store: &dyn Store) {
    let puts = (0..25).map(|i| {
        let id = format!("l_{i:02}");
        Put { key: Key::new("acct_suite", false, "listed", &id), ..put(&id, 0, &id) }
    });
    assert_eq!(store.commit(unit(puts.collect())).await, Ok(Commit::Done));
    let foreign = Put { key: Key::new("acct_suite", true, "listed", "l_99"), ..put("", 0, "live") };
    assert_eq!(store.commit(unit(vec![foreign])).await, Ok(Commit::Done));
    assert_eq!(ids(store, &query(3)).await, ["l_24", "l_23", "l_22"]);
    let after = Query { after: Some("l_02".into()), ..query(10) };
    assert_eq!(ids(store, &after).await, ["l_01", "l_00"]);
    let before = Query { before: Some("l_20".into()), ..query(2) };
    assert_eq!(ids(store, &before).await, ["l_22", "l_21"]);
    let skip = Query { skip: 23, ..query(10) };
    assert_eq!(ids(store, &skip).await, ["l_01", "l_00"]);
    assert_eq!(store.count(&query(1)).await, Ok(25));
}

async fn declared_indexes_follow_their_documents(store: &dyn Store) {
    let of = |id: &str, customer: &str| Put {
        index: vec![IndexKey::listed("customer", customer)],
        key: Key::new("acct_suite", false, "listed_by", id),
        ..put(id, 0, id)
    };
    let made = unit(vec![of("a1", "cus_1"), of("a2", "cus_2"), of("a3", "cus_1")]);
    assert_eq!(store.commit(made).await, Ok(Commit::Done));
    let of_customer =
        |c: &str| Query { kind: "listed_by", by: Some(("customer", c.to_owned())), ..query(10) };
    assert_eq!(ids(store, &of_customer("cus_1")).await, ["a3", "a1"]);
    assert_eq!(store.count(&of_customer("cus_1")).await, Ok(2));
    let moved = Put {
        expect: 1,
        index: vec![IndexKey::listed("customer", "cus_2")],
        stale: vec![IndexKey::listed("customer", "cus_1")],
        ..of("a1", "")
    };
    assert_eq!(store.commit(unit(vec![moved])).await, Ok(Commit::Done));
    assert_eq!(ids(store, &of_customer("cus_1")).await, ["a3"]);
    let gone = Put {
        expect: 2,
        body: None,
        index: vec![],
        stale: vec![IndexKey::listed("customer", "cus_2")],
        ..of("a1", "")
    };
    assert_eq!(store.commit(unit(vec![gone])).await, Ok(Commit::Done));
    assert_eq!(ids(store, &of_customer("cus_2")).await, ["a2"]);
}

async fn counters_have_floors(store: &dyn Store) {
    let add = |by, floor| Unit {
        adds: vec![Add { counter: "acct_suite/t/balance/usd".into(), by, floor }],
        ..Unit::default()
    };
    assert_eq!(store.commit(add(100, None)).await, Ok(Commit::Done));
    assert_eq!(store.commit(add(-30, Some(0))).await, Ok(Commit::Done));
    assert_eq!(
        store.commit(add(-71, Some(0))).await,
        Ok(Commit::Floor { counter: "acct_suite/t/balance/usd".into() })
    );
    assert_eq!(store.counters("acct_suite/t/bal").await, Ok(vec![("acct_suite/t/balance/usd".into(), 70)]));
}

async fn counters_have_an_end(store: &dyn Store) {
    let counter = || "acct_suite/t/counter/large".to_owned();
    let moved = |by| Unit { adds: vec![Add { counter: counter(), by, floor: None }], ..Unit::default() };
    assert_eq!(store.commit(moved(i64::MAX)).await, Ok(Commit::Done));
    let beyond = Unit { puts: vec![put("beyond", 0, "never")], ..moved(1) };
    assert!(store.commit(beyond).await.is_err());
    assert_eq!(store.counters(&counter()).await, Ok(vec![(counter(), i64::MAX)]));
    assert_eq!(body_of(store, "beyond").await, None);
    assert_eq!(store.commit(moved(-i64::MAX)).await, Ok(Commit::Done));
}

async fn due_work_is_leased_once(store: &dyn Store) {
    let due = |at_ms, id: &str| Due {
        key: DueKey { queue: "mail", at_ms, id: id.into() },
        body: Bytes::copy_from_slice(id.as_bytes()),
    };
    let later = Unit { due: vec![due(200, "late"), due(100, "early")], ..Unit::default() };
    assert_eq!(store.next_due("mail").await, Ok(None));
    assert_eq!(store.commit(later).await, Ok(Commit::Done));
    assert_eq!(store.next_due("mail").await, Ok(Some(100)));
    assert_eq!(store.claim("mail", 99, 50, 10).await, Ok(vec![]));
    assert_eq!(store.claim("mail", 150, 50, 10).await, Ok(vec![due(100, "early")]));
    assert_eq!(store.claim("mail", 160, 50, 10).await, Ok(vec![]));
    assert_eq!(store.claim("mail", 300, 50, 10).await, Ok(vec![due(100, "early"), due(200, "late")]));
    store.release(&due(200, "late").key);
    assert_eq!(store.claim("mail", 301, 50, 10).await, Ok(vec![due(200, "late")]));
    let again = Unit { done: vec![due(100, "early").key], due: vec![due(400, "early")], ..Unit::default() };
    assert_eq!(store.commit(again).await, Ok(Commit::Done));
    let ended = Unit { done: vec![due(200, "late").key], ..Unit::default() };
    assert_eq!(store.commit(ended).await, Ok(Commit::Done));
    assert_eq!(store.claim("mail", 1000, 50, 10).await, Ok(vec![due(400, "early")]));
    // What is new is claimed past what is not, and what is not is not lost by it.
    let line = (0..20).map(|at_ms| due(500 + at_ms, "line")).collect();
    assert_eq!(store.commit(Unit { due: line, ..Unit::default() }).await, Ok(Commit::Done));
    let new = vec![due(515, "line"), due(516, "line")];
    assert_eq!(store.claim_since("mail", 515, 516, 1000, 10).await, Ok(new));
    assert_eq!(store.claim_since("mail", 515, 516, 1000, 10).await, Ok(vec![]));
    assert_eq!(store.claim_since("mail", 510, 600, 1000, 1).await, Ok(vec![due(510, "line")]));
    let rest = store.claim("mail", 600, 1000, 100).await.unwrap_or_default();
    let times: Vec<i64> = rest.iter().map(|due| due.key.at_ms).filter(|at_ms| *at_ms >= 500).collect();
    assert_eq!(times, (500..520).filter(|at_ms| ![510, 515, 516].contains(at_ms)).collect::<Vec<_>>());
}

async fn expired_documents_are_swept(store: &dyn Store) {
    let brief = Put {
        expires: Some(50),
        index: vec![IndexKey::unique("code", "brief")],
        ..put("brief", 0, "gone soon")
    };
    assert_eq!(store.commit(unit(vec![brief])).await, Ok(Commit::Done));
    assert_eq!(store.sweep(50, 10).await, Ok(0));
    let under = |space: &str| Scope::Under(vec![space.to_owned()]);
    assert_eq!(store.sweep_in(under("of another/"), 0..100, 10).await, Ok(0), "it is not in scope");
    assert_eq!(store.sweep_in(Scope::All, 51..100, 10).await, Ok(0), "it expired before");
    assert_eq!(store.sweep(51, 10).await, Ok(1));
    assert_eq!(body_of(store, "brief").await, None);
    assert_eq!(store.find("code", "brief").await, Ok(None));
    let later = Put { expires: Some(50), ..put("brief", 0, "again") };
    let account = later.key.account.clone();
    assert_eq!(store.commit(unit(vec![later])).await, Ok(Commit::Done));
    assert_eq!(store.sweep_in(under(&account), 50..51, 10).await, Ok(1));
    assert_eq!(body_of(store, "brief").await, None);
}

#[cfg(test)]
mod tests {
    #[test]
    fn memory_keeps_the_contract() {
        // Memory never waits, so its futures are ready at once.
        let memory = crate::Memory::new();
        let mut run = std::pin::pin!(super::all(&memory));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(run.as_mut().poll(&mut cx).is_ready());
    }
}
