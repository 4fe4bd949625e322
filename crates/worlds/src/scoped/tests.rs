use super::*;
use base::{Clock, ManualClock, Timestamp};
use proptest::prelude::*;
use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use store::{Add, HOUSE, Memory, suite};

/// Runs a future that never waits, as those over a home in memory do.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(it) => it,
        Poll::Pending => unreachable!("a home in memory never waits"),
    }
}

fn scoped(base: &Arc<Memory>, tag: Option<&str>, ahead_ms: i64) -> Scoped {
    let wall: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp(1_700_000_000)));
    Scoped::new(base.clone() as Arc<dyn Store>, tag, Arc::new(WorldClock::new(wall, ahead_ms)))
}

#[test]
fn a_world_is_a_home() {
    for (tag, ahead_ms) in [(None, 0), (Some("7f"), 0), (Some("7f"), -5_000_000), (None, -5_000_000)] {
        now(suite::all(&scoped(&Arc::new(Memory::new()), tag, ahead_ms)));
    }
}

#[test]
fn worlds_keep_the_contract_beside_each_other() {
    let base = Arc::new(Memory::new());
    for tag in [Some("a"), Some("b"), Some("ab"), None] {
        now(suite::all(&scoped(&base, tag, 0)));
        // What waits would be counted with the work of the next world.
        let left = now(walk(&*base, &Space::Root, Scope::All, Dating::WALL)).unwrap();
        let left = left.into_iter().chain(
            ["a", "b", "ab"]
                .into_iter()
                .flat_map(|tag| now(walk(&*base, &Space::of(Some(tag)), Scope::All, Dating::WALL)).unwrap()),
        );
        assert!(left.count() > 0);
        let mut done = now(base.claim("records", 1_000_000, 1, 1_000)).unwrap();
        done.extend(now(base.claim("mail", 1_000_000, 1, 1_000)).unwrap());
        let done = done.into_iter().map(|due| due.key).collect();
        assert_eq!(now(base.commit(Unit { done, ..Unit::default() })), Ok(Commit::Done));
    }
}

#[test]
fn names_of_another_world_do_not_exist_without_a_tag() {
    let base = Arc::new(Memory::new());
    let (world, root) = (scoped(&base, Some("7f"), 0), scoped(&base, None, 0));
    let put = |account: &str, value: &str| Put {
        key: Key::new(account, false, "thing", "x"),
        expect: 0,
        body: Some(Bytes::from_static(b"{}")),
        index: vec![IndexKey::unique("email", value)],
        stale: Vec::new(),
        expires: None,
    };
    let unit = |put: Put| Unit { puts: vec![put], ..Unit::default() };
    assert_eq!(now(world.commit(unit(put("acct_1", "a@b")))), Ok(Commit::Done));
    assert!(now(base.get(&Key::new("<7f>acct_1", false, "thing", "x"))).unwrap().is_some());
    assert_eq!(now(root.get(&Key::new("<7f>acct_1", false, "thing", "x"))), Ok(None));
    assert_eq!(now(root.find("email", "<7f>a@b")), Ok(None));
    assert_eq!(now(root.find("email", "a@b")), Ok(None));
    assert_eq!(now(root.count(&Query::newest("<7f>acct_1", false, "thing", None, 9))), Ok(0));
    assert_eq!(now(root.counters("<7f>")), Ok(vec![]));
    assert!(now(root.commit(unit(put("<7f>acct_2", "c@d")))).is_err());
    assert!(now(root.commit(unit(put("acct_2", "<7f>c@d")))).is_err());
    let add = Add { counter: "<7f>acct_1/t/x".into(), by: 1, floor: None };
    assert!(now(root.commit(Unit { adds: vec![add], ..Unit::default() })).is_err());
    assert_eq!(now(root.commit(unit(put("acct_1", "a@b")))), Ok(Commit::Done), "and each has its own");
}

#[test]
fn doors_open_and_shut_with_their_documents() {
    let base = Arc::new(Memory::new());
    let (one, two) = (scoped(&base, Some("1"), 0), scoped(&base, Some("2"), 0));
    let user = |id: &str, expect, index, stale| Put {
        key: Key::house("user", id),
        expect,
        body: Some(Bytes::from_static(b"{}")),
        index,
        stale,
        expires: None,
    };
    let email = |value: &str| vec![IndexKey::unique(resources::connect::user::EMAIL, value)];
    let key = |body: Option<&'static [u8]>, expect| Put {
        key: Key::house("credential", "digest"),
        body: body.map(Bytes::from_static),
        ..user("", expect, vec![], vec![])
    };
    let unit = |puts: Vec<Put>| Unit { puts, ..Unit::default() };
    let leads_to = |shown: Shown| {
        let found = now(base.find(doors::INDEX, &shown.door())).unwrap();
        found.and_then(|doc| store::within(&doc.key.account).0.map(str::to_owned))
    };
    let made = unit(vec![user("u", 0, email("a@b"), vec![]), key(Some(b"{}"), 0)]);
    assert_eq!(now(one.commit(made)), Ok(Commit::Done));
    assert_eq!(leads_to(Shown::Key("digest".into())).as_deref(), Some("1"));
    assert_eq!(leads_to(Shown::Email("a@b".into())).as_deref(), Some("1"));
    // People of two worlds may have one address; the door stays with the first.
    assert_eq!(now(two.commit(unit(vec![user("u", 0, email("a@b"), vec![])]))), Ok(Commit::Done));
    assert_eq!(leads_to(Shown::Email("a@b".into())).as_deref(), Some("1"));
    // A key opens one world only.
    assert_eq!(now(two.commit(unit(vec![key(Some(b"{}"), 0)]))), Ok(Commit::Conflict));
    let changed = unit(vec![user("u", 1, email("c@d"), email("a@b")), key(Some(b"{ }"), 1)]);
    assert_eq!(now(one.commit(changed)), Ok(Commit::Done));
    assert_eq!(leads_to(Shown::Email("a@b".into())), None);
    assert_eq!(leads_to(Shown::Email("c@d".into())).as_deref(), Some("1"));
    assert_eq!(leads_to(Shown::Key("digest".into())).as_deref(), Some("1"), "a change keeps the door");
    // What the world itself sees of its documents has no doors.
    let seen = now(one.walk()).unwrap();
    assert!(matches!(&seen[..], [_, Record::Doc(held)] if held.index == email("c@d")), "{seen:?}");

    assert_eq!(now(one.commit(unit(vec![key(None, 2)]))), Ok(Commit::Done));
    assert_eq!(leads_to(Shown::Key("digest".into())), None);
    let remembered = Key::house(REVOKED, "digest");
    assert!(now(two.get(&remembered)).unwrap().is_some(), "a revoked key is remembered by all");
    // A snapshot brings it back; being revoked again is no news.
    let records = vec![Record::Doc(Held::plain(Key::house("credential", "digest"), 3, "{}"))];
    assert_eq!(now(one.load(Load { erase: Scope::default(), records })), Ok(()));
    assert_eq!(leads_to(Shown::Key("digest".into())).as_deref(), Some("1"));
    assert_eq!(now(one.commit(unit(vec![key(None, 3)]))), Ok(Commit::Done));
}

#[test]
fn the_whole_home_is_walked_and_written() {
    let base = Arc::new(Memory::new());
    let (world, root) = (scoped(&base, Some("7f"), 0), scoped(&base, None, 9_000));
    let whole = Scoped::whole(base.clone(), root.clock.clone());
    let put = |account: &str, expect| Put {
        key: Key::new(account, false, "thing", "x"),
        expect,
        body: Some(Bytes::from(expect.to_string())),
        index: Vec::new(),
        stale: Vec::new(),
        expires: None,
    };
    let unit = |put: Put| Unit { puts: vec![put], ..Unit::default() };
    for home in [&world, &root] {
        assert_eq!(now(home.commit(unit(put("acct_1", 0)))), Ok(Commit::Done));
    }
    let due = Due { key: DueKey { queue: "q", at_ms: EARLY, id: "once".into() }, body: Bytes::new() };
    assert_eq!(now(root.commit(Unit { due: vec![due.clone()], ..Unit::default() })), Ok(Commit::Done));
    let mut walked = now(whole.snapshot(Scope::All)).unwrap();
    let names: Vec<_> =
        now(walked.next(10)).unwrap().iter().filter_map(|it| it.account().map(str::to_owned)).collect();
    assert_eq!(names, ["<7f>acct_1", "acct_1"]);
    walked.seek(&Key::new("<7f>acct_1", false, "thing", "x").path());
    assert_eq!(now(walked.next(10)).unwrap()[0].account(), Some("acct_1"));
    // What is written so is seen inside, and work has the times of the world without a tag.
    assert_eq!(now(whole.commit(unit(put("<7f>acct_1", 1)))), Ok(Commit::Done));
    let seen = now(world.get(&Key::new("acct_1", false, "thing", "x"))).unwrap().unwrap();
    assert_eq!((seen.version, &seen.body[..]), (2, &b"1"[..]));
    assert_eq!(now(whole.commit(Unit { done: vec![due.key], ..Unit::default() })), Ok(Commit::Done));
    assert_eq!(now(base.next_due("q")), Ok(None));
}

#[test]
fn a_world_that_is_gone_writes_nothing() {
    let base = Arc::new(Memory::new());
    let world = scoped(&base, Some("1"), 0);
    *now(world.shut()) = Gate::Gone;
    let add = Add { counter: "acct_1/t/x".into(), by: 1, floor: None };
    assert_eq!(now(world.commit(Unit { adds: vec![add], ..Unit::default() })), Ok(Commit::Conflict));
    assert!(now(world.load(Load::default())).is_err());
    assert_eq!(now(base.counters("")), Ok(vec![]));
}

/// What a random step does to one of several worlds.
#[derive(Debug, Clone)]
enum Step {
    Put { world: usize, id: u8, value: u8, live: bool },
    Delete { world: usize, id: u8 },
    Add { world: usize, by: i64 },
    Later { world: usize, at: i64, id: u8 },
    Done { world: usize, at: i64, id: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..3usize, 0..4u8, 0..6u8, any::<bool>()).prop_map(|(world, id, value, live)| Step::Put {
            world,
            id,
            value,
            live
        }),
        (0..3usize, 0..4u8).prop_map(|(world, id)| Step::Delete { world, id }),
        (0..3usize, -3..9i64).prop_map(|(world, by)| Step::Add { world, by }),
        (0..3usize, 0..50i64, 0..3u8).prop_map(|(world, at, id)| Step::Later { world, at, id }),
        (0..3usize, 0..50i64, 0..3u8).prop_map(|(world, at, id)| Step::Done { world, at, id }),
    ];
    proptest::collection::vec(step, 0..60)
}

/// When work of the property test is due at the earliest, so that it can be put before it.
const EARLY: i64 = 1_000_000_000_000;

fn unit_of(step: &Step, home: &dyn Store) -> Unit {
    let due = |at: i64, id: u8| DueKey { queue: "q", at_ms: EARLY + at, id: format!("acct_1/{id}") };
    let version = |key: &Key| now(home.get(key)).unwrap().map_or(0, |doc| doc.version);
    match step {
        Step::Put { id, value, live, .. } => {
            let key = Key::new(if *live { "acct_1" } else { HOUSE }, false, "thing", format!("t{id}"));
            let put = Put {
                expect: version(&key),
                key,
                body: Some(Bytes::from(format!("{{\"v\":{value}}}"))),
                index: vec![IndexKey::unique("u", format!("{value}")), IndexKey::listed("l", "all")],
                stale: (0..6)
                    .filter(|it| it != value)
                    .map(|it| IndexKey::unique("u", format!("{it}")))
                    .collect(),
                expires: Some(EARLY / 1000),
            };
            Unit { puts: vec![put], ..Unit::default() }
        }
        Step::Delete { id, .. } => {
            let key = Key::new("acct_1", false, "thing", format!("t{id}"));
            let stale = vec![IndexKey::listed("l", "all")];
            let put = Put { expect: version(&key), key, body: None, index: vec![], stale, expires: None };
            Unit { puts: vec![put], ..Unit::default() }
        }
        Step::Add { by, .. } => {
            let add = Add { counter: "acct_1/t/counter/x".into(), by: *by, floor: Some(0) };
            Unit { adds: vec![add], ..Unit::default() }
        }
        Step::Later { at, id, .. } => {
            Unit { due: vec![Due { key: due(*at, *id), body: Bytes::from_static(b"w") }], ..Unit::default() }
        }
        Step::Done { at, id, .. } => Unit { done: vec![due(*at, *id)], ..Unit::default() },
    }
}

impl Step {
    fn world(&self) -> usize {
        match self {
            Step::Put { world, .. }
            | Step::Delete { world, .. }
            | Step::Add { world, .. }
            | Step::Later { world, .. }
            | Step::Done { world, .. } => *world,
        }
    }
}

proptest! {
    /// Three worlds in one home, with clocks apart, answer and hold what three homes of their own would.
    #[test]
    fn worlds_in_one_home_are_as_homes_of_their_own(steps in steps()) {
        let base = Arc::new(Memory::new());
        let tags = [(None, 7_000), (Some("a"), 0), (Some("ab"), -9_000)];
        let shared: Vec<Scoped> = tags.iter().map(|(tag, ahead)| scoped(&base, *tag, *ahead)).collect();
        let alone: Vec<Memory> = tags.iter().map(|_| Memory::new()).collect();
        for step in &steps {
            let at = step.world();
            let unit = unit_of(step, &alone[at]);
            prop_assert_eq!(now(shared[at].commit(unit.clone())), now(alone[at].commit(unit)), "{:?}", step);
        }
        for (world, home) in shared.iter().zip(&alone) {
            let theirs = now(walk(home, &Space::Root, Scope::All, Dating::WALL)).unwrap();
            prop_assert_eq!(now(world.walk()).unwrap(), theirs);
            let query = Query::newest("acct_1", false, "thing", Some(("l", "all".into())), 10);
            prop_assert_eq!(now(world.list(&query)), now(home.list(&query)));
            prop_assert_eq!(now(world.counters("acct_")), now(home.counters("acct_")));
            for value in 0..6 {
                let value = value.to_string();
                prop_assert_eq!(now(world.find("u", &value)), now(home.find("u", &value)));
            }
            prop_assert_eq!(
                now(world.claim("q", EARLY + 25, 10, 100)),
                now(home.claim("q", EARLY + 25, 10, 100))
            );
        }
        // Erased, one of them leaves nothing, and the others as they were.
        let others = now(shared[1].walk()).unwrap();
        prop_assert_eq!(now(shared[2].load(Load { erase: Scope::All, records: vec![] })), Ok(()));
        prop_assert_eq!(now(shared[2].walk()).unwrap(), vec![]);
        prop_assert_eq!(now(shared[1].walk()).unwrap(), others);
    }
}
