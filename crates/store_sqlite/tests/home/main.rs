//! The contract, and what only a file can get wrong: closing, crashing, batches that fail in part, stale caches.
#![expect(clippy::unwrap_used, reason = "what fails here must fail the test")]
mod crashes;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use store::{Add, Bytes, Commit, Due, DueKey, IndexKey, Key, Put, Query, Store, Unit};
use store_sqlite::{Options, Sqlite};
use tempfile::TempDir;

fn open(dir: &TempDir) -> Sqlite {
    Sqlite::open(&dir.path().join("data.db"), Options::default()).unwrap()
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

fn key(id: &str) -> Key {
    Key::new("acct_test", false, "thing", id)
}

fn put(id: &str, expect: u64, body: &str) -> Put {
    let body = Some(Bytes::copy_from_slice(body.as_bytes()));
    Put { key: key(id), expect, body, index: vec![], stale: vec![], expires: None }
}

fn unit(puts: Vec<Put>) -> Unit {
    Unit { puts, ..Unit::default() }
}

fn body(store: &Sqlite, id: &str) -> Option<String> {
    let doc = block_on(store.get(&key(id))).unwrap()?;
    Some(String::from_utf8(doc.body.to_vec()).unwrap())
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);
impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn keeps_the_contract() {
    let dir = TempDir::new().unwrap();
    block_on(store::suite::all(&open(&dir)));
}

#[test]
fn keeps_the_contract_without_a_cache() {
    let dir = TempDir::new().unwrap();
    let options = Options { cache_bytes: 0, readers: 0 };
    block_on(store::suite::all(&Sqlite::open(&dir.path().join("data.db"), options).unwrap()));
}

#[test]
fn everything_is_there_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let due =
        Due { key: DueKey { queue: "mail", at_ms: 5, id: "m".into() }, body: Bytes::from_static(b"hello") };
    let store = open(&dir);
    let written = Unit {
        adds: vec![Add { counter: "acct_test/t/usd".into(), by: 7, floor: None }],
        due: vec![due.clone()],
        ..unit(vec![Put {
            index: vec![IndexKey::unique("email", "a@b"), IndexKey::listed("of", "x/y")],
            ..put("a", 0, "kept")
        }])
    };
    assert_eq!(block_on(store.commit(written)), Ok(Commit::Done));
    assert_eq!(block_on(store.claim("mail", 10, 1_000_000, 9)), Ok(vec![due.clone()]));
    drop(store);
    assert!(!dir.path().join("data.db-wal").exists(), "a close in order leaves no log");

    let store = open(&dir);
    assert_eq!(body(&store, "a").as_deref(), Some("kept"));
    let found = block_on(store.find("email", "a@b")).unwrap().unwrap();
    assert_eq!((found.key, found.version), (key("a"), 1));
    assert_eq!(block_on(store.counters("acct_test/")), Ok(vec![("acct_test/t/usd".into(), 7)]));
    assert_eq!(block_on(store.claim("mail", 10, 1, 9)), Ok(vec![due]), "a lease ends with its process");
    let by = |value: &str| Query {
        account: "acct_test".into(),
        live: false,
        kind: "thing",
        by: Some(("of", value.into())),
        after: None,
        before: None,
        skip: 0,
        limit: 10,
    };
    assert_eq!(block_on(store.list(&by("x/y"))).unwrap().len(), 1);
    assert_eq!(block_on(store.count(&by("x/y"))), Ok(1));
    assert_eq!(block_on(store.list(&by("x"))).unwrap().len(), 0);
    assert_eq!(block_on(store.count(&by("x"))), Ok(0));

    // The counter goes on from what the file says, and the deletion takes every index key along.
    let floor = |by| Unit {
        adds: vec![Add { counter: "acct_test/t/usd".into(), by, floor: Some(0) }],
        ..Unit::default()
    };
    assert!(matches!(block_on(store.commit(floor(-8))), Ok(Commit::Floor { .. })));
    assert_eq!(block_on(store.commit(floor(-7))), Ok(Commit::Done));
    assert_eq!(block_on(store.commit(unit(vec![Put { body: None, ..put("a", 1, "") }]))), Ok(Commit::Done));
    assert_eq!(block_on(store.find("email", "a@b")), Ok(None));
    assert_eq!(block_on(store.count(&by("x/y"))), Ok(0));
}

#[test]
fn a_second_process_and_a_foreign_file_are_refused_with_a_reason() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("data.db");
    let first = open(&dir);
    let refused = Sqlite::open(&path, Options::default()).err().unwrap();
    assert!(refused.to_string().contains("another process"), "{refused}");
    drop(first);
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute("UPDATE meta SET v = 1000", []).unwrap();
    drop(conn);
    let refused = Sqlite::open(&path, Options::default()).err().unwrap();
    assert!(refused.to_string().contains("newer release"), "{refused}");
    std::fs::write(dir.path().join("other.db"), "this is no database, and it is long enough to be looked at")
        .unwrap();
    assert!(Sqlite::open(&dir.path().join("other.db"), Options::default()).is_err());
    let conn = rusqlite::Connection::open(dir.path().join("foreign.db")).unwrap();
    conn.execute("CREATE TABLE theirs (a)", []).unwrap();
    let refused = Sqlite::open(&dir.path().join("foreign.db"), Options::default()).err().unwrap();
    assert!(refused.to_string().contains("another program"), "{refused}");
    let unwritable = Sqlite::open(&dir.path().join("absent").join("data.db"), Options::default());
    assert!(unwritable.is_err());
}

/// Units that meet in one batch: one of each pair must lose after it has written something, and only it.
#[test]
fn a_unit_that_fails_half_way_leaves_the_others_of_its_batch() {
    let dir = TempDir::new().unwrap();
    let store = Arc::new(open(&dir));
    let outcomes = block_on(async {
        let claims = (0..200).map(|n| Unit {
            adds: vec![Add { counter: "acct_test/t/made".into(), by: 1, floor: None }],
            due: vec![Due { key: DueKey { queue: "made", at_ms: 1, id: n.to_string() }, body: Bytes::new() }],
            ..unit(vec![
                put(&format!("first_{n:03}"), 0, "1"),
                match n % 4 {
                    // Loses by its id, by its unique key, by nothing.
                    0 | 1 => put(&format!("shared_{}", n / 4), 0, "2"),
                    _ => Put {
                        index: vec![IndexKey::unique("name", format!("name_{}", n / 4))],
                        ..put(&format!("second_{n:03}"), 0, "2")
                    },
                },
            ])
        });
        let sent: Vec<_> = claims
            .map(|unit| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.commit(unit).await.unwrap() })
            })
            .collect();
        let mut outcomes = Vec::new();
        for answer in sent {
            outcomes.push(answer.await.unwrap());
        }
        outcomes
    });
    let done = outcomes.iter().filter(|o| **o == Commit::Done).count();
    let lost = |what: Commit| outcomes.iter().filter(|o| **o == what).count();
    assert_eq!((done, lost(Commit::Conflict), lost(Commit::Duplicate { index: "name" })), (100, 50, 50));
    for (n, outcome) in outcomes.iter().enumerate() {
        assert_eq!(body(&store, &format!("first_{n:03}")).is_some(), *outcome == Commit::Done, "{n}");
    }
    assert_eq!(block_on(store.counters("acct_test/t/made")), Ok(vec![("acct_test/t/made".into(), 100)]));
    assert_eq!(block_on(store.claim("made", 9, 9, 1000)).unwrap().len(), 100);
}

/// Conflicts, then keys, then floors: whoever loses a race must hear of the race, not of its consequence.
#[test]
fn a_lost_race_is_named_before_an_empty_counter() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let pay = || Unit {
        adds: vec![Add { counter: "acct_test/t/usd".into(), by: -10, floor: Some(0) }],
        ..unit(vec![put("other", 0, ""), put("idempotency", 0, "")])
    };
    let full = Unit {
        adds: vec![Add { counter: "acct_test/t/usd".into(), by: 10, floor: None }],
        ..Unit::default()
    };
    assert_eq!(block_on(store.commit(full)), Ok(Commit::Done));
    let (one, two) = block_on(async { tokio::join!(store.commit(pay()), store.commit(pay())) });
    assert_eq!((one, two), (Ok(Commit::Done), Ok(Commit::Conflict)));
    let empty = Unit { puts: vec![put("third", 0, "")], ..pay() };
    assert!(matches!(block_on(store.commit(empty)), Ok(Commit::Floor { .. })));
    assert_eq!(body(&store, "third"), None);
}

/// Eight threads change a few documents and move counters; what was answered must add up.
#[test]
fn random_units_from_many_threads_add_up() {
    let dir = TempDir::new().unwrap();
    let store = Arc::new(open(&dir));
    let threads = (0..8).map(|thread| {
        let store = Arc::clone(&store);
        std::thread::spawn(move || {
            let mut dice = Dice(thread);
            let (mut written, mut moved) = (BTreeMap::new(), 0);
            for _ in 0..150 {
                let ids = [dice.roll(12), 12 + dice.roll(12)];
                let by = dice.roll(21) as i64 - 10;
                let puts = ids.map(|id| {
                    let id = format!("d_{id:02}");
                    let version = block_on(store.get(&key(&id))).unwrap().map_or(0, |doc| doc.version);
                    put(&id, version, &format!("{}", version + 1))
                });
                let adds = vec![Add { counter: "acct_test/t/sum".into(), by, floor: Some(-40) }];
                match block_on(store.commit(Unit { adds, ..unit(puts.to_vec()) })).unwrap() {
                    Commit::Done => {
                        moved += by;
                        for id in ids {
                            *written.entry(format!("d_{id:02}")).or_insert(0) += 1;
                        }
                    }
                    Commit::Conflict | Commit::Floor { .. } => {}
                    Commit::Duplicate { .. } => panic!("nothing is unique here"),
                }
            }
            (written, moved)
        })
    });
    let threads: Vec<_> = threads.collect();
    let (mut written, mut moved) = (BTreeMap::<String, u64>::new(), 0);
    for thread in threads {
        let (theirs, by) = thread.join().unwrap();
        moved += by;
        for (id, times) in theirs {
            *written.entry(id).or_insert(0) += times;
        }
    }
    let check = |store: &Sqlite| {
        for (id, times) in &written {
            let doc = block_on(store.get(&key(id))).unwrap().unwrap();
            assert_eq!((doc.version, &*doc.body), (*times, times.to_string().as_bytes()));
        }
        let sum = block_on(store.counters("acct_test/t/sum")).unwrap();
        assert_eq!(sum, [("acct_test/t/sum".to_owned(), moved)]);
    };
    check(&store);
    drop(Arc::into_inner(store).unwrap());
    check(&open(&dir));
}

/// Whoever was answered sees what it wrote, and no reader ever sees time run backwards, though the cache is far
/// too small for what is read.
#[test]
fn the_cache_is_never_older_than_what_was_acknowledged() {
    let dir = TempDir::new().unwrap();
    let options = Options { cache_bytes: 64 * 1024, readers: 2 };
    let store = Arc::new(Sqlite::open(&dir.path().join("data.db"), options).unwrap());
    const IDS: usize = 40;
    let acknowledged: Arc<Vec<AtomicU64>> = Arc::new((0..IDS).map(|_| AtomicU64::new(0)).collect());
    let start = Arc::new(Barrier::new(6));
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..2)
        .map(|half| {
            let (store, acknowledged, start) =
                (Arc::clone(&store), Arc::clone(&acknowledged), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                let mut dice = Dice(half as u64);
                let padding = "x".repeat(500);
                for _ in 0..800 {
                    let n = half + 2 * dice.roll(IDS as u64 / 2) as usize;
                    let version = acknowledged[n].load(Ordering::SeqCst);
                    // The unique key wanders between two values, as an address does that is changed.
                    let value = |version: u64| IndexKey::unique("at", format!("{n}_{}", version % 2));
                    let mut change = put(&format!("c_{n}"), version, &format!("{}/{padding}", version + 1));
                    change.index = vec![value(version + 1)];
                    change.stale = if version == 0 { vec![] } else { vec![value(version)] };
                    assert_eq!(block_on(store.commit(unit(vec![change]))), Ok(Commit::Done));
                    acknowledged[n].store(version + 1, Ordering::SeqCst);
                    let seen = block_on(store.get(&key(&format!("c_{n}")))).unwrap().unwrap();
                    assert_eq!(seen.version, version + 1);
                    let found = block_on(store.find("at", &format!("{n}_{}", (version + 1) % 2))).unwrap();
                    assert_eq!(found.map(|doc| doc.version), Some(version + 1));
                    assert_eq!(block_on(store.find("at", &format!("{n}_{}", version % 2))), Ok(None));
                }
            })
        })
        .collect();
    let readers: Vec<_> = (2..6)
        .map(|seed| {
            let (store, acknowledged, start, over) =
                (Arc::clone(&store), Arc::clone(&acknowledged), Arc::clone(&start), Arc::clone(&over));
            std::thread::spawn(move || {
                start.wait();
                let mut dice = Dice(seed);
                let mut last = vec![0; IDS];
                while !over.load(Ordering::Relaxed) {
                    let n = dice.roll(IDS as u64) as usize;
                    let least = acknowledged[n].load(Ordering::SeqCst).max(last[n]);
                    let doc = block_on(store.get(&key(&format!("c_{n}")))).unwrap();
                    last[n] = doc.as_ref().map_or(0, |doc| doc.version);
                    assert!(last[n] >= least, "{n}: {} after {least}", last[n]);
                    if let Some(doc) = doc {
                        assert!(doc.body.starts_with(format!("{}/", doc.version).as_bytes()));
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
}

/// The tables are committed a little after the acknowledgement; nobody may notice.
#[test]
fn what_was_acknowledged_is_listed_found_and_counted_at_once() {
    let dir = TempDir::new().unwrap();
    // Without a cache everything is read from the file.
    let options = Options { cache_bytes: 0, readers: 1 };
    let store = Sqlite::open(&dir.path().join("data.db"), options).unwrap();
    let all = |by| Query { by, ..Query::newest("acct_test", false, "thing", None, 1000) };
    for n in 0..100u64 {
        let id = format!("{n:03}");
        let due = Due { key: DueKey { queue: "mail", at_ms: 1, id: id.clone() }, body: Bytes::new() };
        let index = vec![IndexKey::unique("email", id.clone()), IndexKey::listed("of", "x")];
        let written = Unit {
            adds: vec![Add { counter: "acct_test/t/usd".into(), by: 1, floor: None }],
            due: vec![due.clone()],
            ..unit(vec![Put { index, ..put(&id, 0, &id) }])
        };
        assert_eq!(block_on(store.commit(written)), Ok(Commit::Done));
        let seen = n as usize + 1;
        match n % 6 {
            0 => assert_eq!(block_on(store.list(&all(None))).unwrap().len(), seen),
            1 => assert_eq!(block_on(store.count(&all(Some(("of", "x".into()))))), Ok(seen as u64)),
            2 => assert_eq!(body(&store, &id), Some(id.clone())),
            3 => {
                assert_eq!(block_on(store.commit(unit(vec![put(&id, 1, "again")]))), Ok(Commit::Done));
                let found = block_on(store.find("email", &id)).unwrap().unwrap();
                assert_eq!((found.version, &*found.body), (2, &b"again"[..]));
            }
            4 => assert_eq!(
                block_on(store.counters("acct_test/")),
                Ok(vec![("acct_test/t/usd".into(), seen as i64)])
            ),
            _ => assert!(block_on(store.next_due("mail")).unwrap().is_some()),
        }
        assert_eq!(block_on(store.claim("mail", 10, 1_000, 9)), Ok(vec![due.clone()]));
        // What is done is not claimed again, although its lease ended with it.
        let done = Unit { done: vec![due.key], ..Unit::default() };
        assert_eq!(block_on(store.commit(done)), Ok(Commit::Done));
        assert_eq!(block_on(store.claim("mail", 10, 1_000, 9)), Ok(vec![]));
    }
}

/// A unit that is refused after it wrote rolls back the transaction of the tables, which holds batches that were
/// acknowledged: those come back from the journal.
#[test]
fn a_refusal_takes_nothing_that_was_acknowledged() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let owned = |id: &str, email: &str| {
        unit(vec![Put { index: vec![IndexKey::unique("email", email)], ..put(id, 0, id) }])
    };
    assert_eq!(block_on(store.commit(owned("first", "a@b"))), Ok(Commit::Done));
    for n in 0..100 {
        let id = format!("{n:03}");
        let add = Unit {
            adds: vec![Add { counter: "acct_test/t/usd".into(), by: 1, floor: None }],
            ..owned(&id, &id)
        };
        assert_eq!(block_on(store.commit(add)), Ok(Commit::Done));
        let taken = block_on(store.commit(owned(&format!("late{n}"), "a@b")));
        assert_eq!(taken, Ok(Commit::Duplicate { index: "email" }));
        if n % 10 == 0 {
            let gone = Unit { puts: vec![Put { body: None, ..put(&id, 1, "") }], ..Unit::default() };
            assert_eq!(block_on(store.commit(gone)), Ok(Commit::Done));
        }
    }
    let everything = Query::newest("acct_test", false, "thing", None, 1000);
    assert_eq!(block_on(store.list(&everything)).unwrap().len(), 91);
    assert_eq!(block_on(store.counters("acct_test/")), Ok(vec![("acct_test/t/usd".into(), 100)]));
    let mut moment = block_on(store.snapshot(store::Scope::All)).unwrap();
    let mut flaws = Vec::new();
    block_on(moment.audit(&mut |flaw| flaws.push(flaw))).unwrap();
    assert!(flaws.is_empty(), "{flaws:?}");
}

#[test]
fn due_work_calls_its_hook_and_is_claimed_once_by_many() {
    let dir = TempDir::new().unwrap();
    let store = Arc::new(open(&dir));
    let called = Arc::new(AtomicU64::new(0));
    let theirs = Arc::clone(&called);
    store.on_due(Arc::new(move || {
        theirs.fetch_add(1, Ordering::SeqCst);
    }));
    for n in 0..100 {
        let due = Due { key: DueKey { queue: "work", at_ms: n, id: format!("w_{n}") }, body: Bytes::new() };
        assert_eq!(block_on(store.commit(Unit { due: vec![due], ..Unit::default() })), Ok(Commit::Done));
    }
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let store = Arc::clone(&store);
            std::thread::spawn(move || {
                let mut mine = Vec::new();
                loop {
                    let claimed = block_on(store.claim("work", 1000, 1_000_000, 3)).unwrap();
                    if claimed.is_empty() {
                        return mine;
                    }
                    for due in claimed {
                        let done = Unit { done: vec![due.key.clone()], ..Unit::default() };
                        assert_eq!(block_on(store.commit(done)), Ok(Commit::Done));
                        mine.push(due.key.at_ms);
                    }
                }
            })
        })
        .collect();
    let mut all: Vec<i64> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
    // The hook is called after the answer; closing waits for the writer.
    drop(Arc::into_inner(store).unwrap());
    assert_eq!(called.load(Ordering::SeqCst), 100);
}

#[test]
fn a_failed_transaction_is_a_fault_and_the_store_recovers() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    assert_eq!(block_on(store.commit(unit(vec![put("a", 0, "1")]))), Ok(Commit::Done));
    // Another connection that holds the write lock fails the writer as a disk would, after the busy timeout.
    let other = rusqlite::Connection::open(dir.path().join("data.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let counted = || Unit {
        adds: vec![Add { counter: "acct_test/t/n".into(), by: 1, floor: None }],
        ..unit(vec![put("a", 1, "2")])
    };
    let fault = block_on(store.commit(counted())).unwrap_err();
    assert!(fault.to_string().contains("could not be written"), "{fault}");
    assert!(fault.is_unavailable(), "nothing was written, so it may be tried again: {fault}");
    assert_eq!(body(&store, "a").as_deref(), Some("1"));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(block_on(store.commit(counted())), Ok(Commit::Done));
    assert_eq!(body(&store, "a").as_deref(), Some("2"));
    assert_eq!(block_on(store.counters("acct_test/t/n")), Ok(vec![("acct_test/t/n".into(), 1)]));
}
