//! What every home must do with records: walk them, keep a moment still, erase and load.
use super::put;
use crate::*;

const ONE: &str = "acct_records_a";
const TWO: &str = "acct_records_b";

pub(super) async fn all(store: &dyn Store) {
    fill(store).await;
    everything_is_walked_in_order(store).await;
    a_snapshot_stands_still(store).await;
    an_account_is_erased_and_comes_back_as_it_was(store).await;
    a_refused_load_leaves_nothing(store).await;
    a_load_replaces_what_has_the_same_name(store).await;
    a_loaded_home_goes_on(store).await;
    names_that_begin_alike_are_a_scope(store).await;
}

fn key(account: &str, id: &str) -> Key {
    Key::new(account, false, "kept", id)
}

fn due(account: &str, at_ms: i64) -> Due {
    let key = DueKey { queue: "records", at_ms, id: format!("{account}/work") };
    Due { key, body: Bytes::from_static(b"do it") }
}

/// Two accounts with documents, index keys, a counter and due work each.
async fn fill(store: &dyn Store) {
    for account in [ONE, TWO] {
        let doc = |id: &str, unique: Option<&str>| Put {
            key: key(account, id),
            index: unique
                .map(|value| IndexKey::unique("records_email", format!("{value}@{account}")))
                .into_iter()
                .chain([IndexKey::listed("of", "cus/1")])
                .collect(),
            expires: Some(9_000_000_000),
            ..put(id, 0, id)
        };
        let made = Unit {
            puts: vec![doc("k1", Some("a")), doc("k2", None), doc("k3", Some("c"))],
            adds: vec![Add { counter: format!("{account}/t/counter/x"), by: 40, floor: None }],
            due: vec![due(account, 70)],
            ..Unit::default()
        };
        assert_eq!(store.commit(made).await, Ok(Commit::Done));
        let again = Put { key: key(account, "k2"), ..put("", 1, "second") };
        assert_eq!(store.commit(Unit { puts: vec![again], ..Unit::default() }).await, Ok(Commit::Done));
    }
}

async fn walk(snapshot: &mut dyn Snapshot, limit: usize) -> Vec<Record> {
    let mut all = Vec::new();
    loop {
        let next = snapshot.next(limit).await.unwrap();
        assert!(next.len() <= limit);
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

async fn records(store: &dyn Store, scope: Scope) -> Vec<Record> {
    walk(&mut *store.snapshot(scope).await.unwrap(), 100).await
}

fn only(account: &str) -> Scope {
    Scope::Accounts(vec![account.to_owned()])
}

/// The part of the stream that a record belongs to, and its name in it.
fn place(record: &Record) -> (u8, String) {
    match record {
        Record::Doc(held) => (0, held.doc.key.path()),
        Record::Counter { name, .. } => (1, name.clone()),
        Record::Due(due) => (2, due.key.path()),
    }
}

async fn everything_is_walked_in_order(store: &dyn Store) {
    let mut snapshot = store.snapshot(Scope::All).await.unwrap();
    let all = walk(&mut *snapshot, 3).await;
    assert!(all.is_sorted_by(|a, b| place(a) < place(b)));
    snapshot.rewind();
    assert_eq!(walk(&mut *snapshot, 1).await, all, "the same whatever the size of the steps");
    for (at, record) in all.iter().enumerate() {
        let Record::Doc(held) = record else { break };
        snapshot.seek(&held.doc.key.path());
        assert_eq!(walk(&mut *snapshot, 2).await, all[at + 1..], "what comes after a document");
    }
    snapshot.seek("");
    assert_eq!(walk(&mut *snapshot, 100).await, all, "everything comes after nothing");
    for account in [ONE, TWO] {
        let of_account: Vec<Record> =
            all.iter().filter(|record| record.account() == Some(account)).cloned().collect();
        assert_eq!(of_account.len(), 5);
        assert_eq!(records(store, only(account)).await, of_account);
    }
    let both = Scope::Accounts(vec![TWO.into(), ONE.into(), TWO.into(), "acct_records".into()]);
    let of_both = all.iter().filter(|record| record.account().is_some_and(|it| [ONE, TWO].contains(&it)));
    assert_eq!(records(store, both).await, of_both.cloned().collect::<Vec<_>>());
    let second =
        Held { index: vec![IndexKey::listed("of", "cus/1")], ..Held::plain(key(ONE, "k2"), 2, "second") };
    assert_eq!(records(store, only(ONE)).await[1], Record::Doc(second));
    let mut flaws = Vec::new();
    snapshot.audit(&mut |flaw| flaws.push(flaw)).await.unwrap();
    assert_eq!(flaws, []);
}

async fn a_snapshot_stands_still(store: &dyn Store) {
    let mut still = store.snapshot(only(ONE)).await.unwrap();
    let before = records(store, only(ONE)).await;
    let change = Unit {
        puts: vec![
            Put { key: key(ONE, "k0"), ..put("", 0, "new") },
            Put { key: key(ONE, "k1"), body: None, ..put("", 1, "") },
        ],
        adds: vec![Add { counter: format!("{ONE}/t/counter/x"), by: 2, floor: None }],
        done: vec![due(ONE, 70).key],
        ..Unit::default()
    };
    assert_eq!(store.commit(change).await, Ok(Commit::Done));
    assert_eq!(walk(&mut *still, 2).await, before);
    let after = records(store, only(ONE)).await;
    let names: Vec<String> = after.iter().map(|record| place(record).1).collect();
    let path = |id: &str| key(ONE, id).path();
    assert_eq!(names, [path("k0"), path("k2"), path("k3"), format!("{ONE}/t/counter/x")]);
    still.rewind();
    assert_eq!(walk(&mut *still, 100).await, before);
    // And back: a load erases and puts in one step.
    let back = Load { erase: only(ONE), records: before.clone() };
    assert_eq!(store.load(back).await, Ok(()));
    assert_eq!(records(store, only(ONE)).await, before);
    assert_eq!(store.get(&key(ONE, "k0")).await, Ok(None));
}

async fn an_account_is_erased_and_comes_back_as_it_was(store: &dyn Store) {
    let (before, beside) = (records(store, only(ONE)).await, records(store, only(TWO)).await);
    // What is read before must not be remembered after.
    assert!(store.get(&key(ONE, "k1")).await.unwrap().is_some());
    assert!(store.find("records_email", &format!("a@{ONE}")).await.unwrap().is_some());
    assert_eq!(store.load(Load { erase: only(ONE), records: vec![] }).await, Ok(()));
    assert_eq!(records(store, only(ONE)).await, []);
    assert_eq!(records(store, only(TWO)).await, beside);
    assert_eq!(store.get(&key(ONE, "k1")).await, Ok(None));
    assert_eq!(store.find("records_email", &format!("a@{ONE}")).await, Ok(None));
    assert_eq!(store.count(&by(ONE, None)).await, Ok(0));
    assert_eq!(store.count(&by(ONE, Some("cus/1"))).await, Ok(0));
    assert_eq!(store.counters(&format!("{ONE}/")).await, Ok(vec![]));
    assert_eq!(store.claim("records", 100, 50, 10).await, Ok(vec![due(TWO, 70)]));
    store.release(&due(TWO, 70).key);

    assert_eq!(store.load(Load { erase: Scope::default(), records: before.clone() }).await, Ok(()));
    assert_eq!(records(store, only(ONE)).await, before);
    let found = store.find("records_email", &format!("c@{ONE}")).await.unwrap().unwrap();
    assert_eq!((found.key, found.version), (key(ONE, "k3"), 1));
    let listed = store.list(&by(ONE, Some("cus/1"))).await.unwrap();
    assert_eq!(listed.iter().map(|doc| doc.key.id.as_str()).collect::<Vec<_>>(), ["k3", "k2", "k1"]);
}

fn by(account: &str, value: Option<&str>) -> Query {
    Query::newest(account, false, "kept", value.map(|value| ("of", value.to_owned())), 10)
}

async fn a_refused_load_leaves_nothing(store: &dyn Store) {
    let (one, two) = (records(store, only(ONE)).await, records(store, only(TWO)).await);
    let taken = Held {
        index: vec![IndexKey::unique("records_email", format!("a@{TWO}"))],
        ..Held::plain(key(ONE, "thief"), 1, "thief")
    };
    let fresh = Record::Doc(Held::plain(key(ONE, "fresh"), 1, "fresh"));
    let refused = Load { erase: only(ONE), records: vec![fresh.clone(), Record::Doc(taken.clone())] };
    assert!(store.load(refused).await.is_err());
    assert_eq!(records(store, only(ONE)).await, one);
    let both = Load {
        erase: Scope::default(),
        records: vec![fresh, Record::Doc(taken.clone()), Record::Doc(taken)],
    };
    assert!(store.load(both).await.is_err());
    assert_eq!(records(store, only(ONE)).await, one);
    assert_eq!(records(store, only(TWO)).await, two);
}

async fn a_load_replaces_what_has_the_same_name(store: &dyn Store) {
    let (before, named) = (records(store, only(ONE)).await, key(ONE, "k1"));
    let other = Held {
        index: vec![IndexKey::unique("records_email", "moved")],
        ..Held::plain(named.clone(), 7, "other")
    };
    let records_of = |due_body: &'static [u8]| {
        let body = Bytes::from_static(due_body);
        vec![
            Record::Doc(other.clone()),
            Record::Counter { name: format!("{ONE}/t/counter/x"), value: -3 },
            Record::Due(Due { body, ..due(ONE, 70) }),
        ]
    };
    for body in [b"once" as &[u8], b"twice"] {
        assert_eq!(store.load(Load { erase: Scope::default(), records: records_of(body) }).await, Ok(()));
    }
    assert_eq!(
        store.get(&named).await.unwrap().map(|doc| (doc.version, doc.body)),
        Some((7, "other".into()))
    );
    assert_eq!(store.find("records_email", &format!("a@{ONE}")).await, Ok(None));
    assert_eq!(store.find("records_email", "moved").await.unwrap().map(|doc| doc.key), Some(named));
    assert_eq!(store.counters(&format!("{ONE}/")).await, Ok(vec![(format!("{ONE}/t/counter/x"), -3)]));
    let after = records(store, only(ONE)).await;
    assert_eq!(after.len(), before.len());
    assert!(after.contains(&records_of(b"twice")[2]));
    assert_eq!(store.load(Load { erase: only(ONE), records: before }).await, Ok(()));
}

async fn a_loaded_home_goes_on(store: &dyn Store) {
    let add = |by, floor| Unit {
        adds: vec![Add { counter: format!("{ONE}/t/counter/x"), by, floor }],
        ..Unit::default()
    };
    assert!(matches!(store.commit(add(-41, Some(0))).await, Ok(Commit::Floor { .. })));
    assert_eq!(store.commit(add(-40, Some(0))).await, Ok(Commit::Done));
    let write = |expect| Unit {
        puts: vec![Put { key: key(ONE, "k2"), ..put("", expect, "third") }],
        ..Unit::default()
    };
    assert_eq!(store.commit(write(1)).await, Ok(Commit::Conflict));
    assert_eq!(store.commit(write(2)).await, Ok(Commit::Done));
    let taken = Put {
        key: key(TWO, "k9"),
        index: vec![IndexKey::unique("records_email", format!("c@{ONE}"))],
        ..put("", 0, "")
    };
    let refused = store.commit(Unit { puts: vec![taken], ..Unit::default() }).await;
    assert_eq!(refused, Ok(Commit::Duplicate { index: "records_email" }));
    assert_eq!(store.claim("records", 100, 50, 10).await, Ok(vec![due(ONE, 70), due(TWO, 70)]));
}

async fn names_that_begin_alike_are_a_scope(store: &dyn Store) {
    let under = |texts: &[&str]| Scope::Under(texts.iter().map(|it| (*it).to_owned()).collect());
    let all = records(store, Scope::All).await;
    let (one, two) = (records(store, only(ONE)).await, records(store, only(TWO)).await);
    let both: Vec<Record> =
        all.iter().filter(|it| it.account().is_some_and(|it| [ONE, TWO].contains(&it))).cloned().collect();
    assert_eq!(records(store, under(&["acct_records_"])).await, both);
    assert_eq!(records(store, under(&[TWO, "acct_records_", ONE])).await, both, "each name once");
    assert_eq!(records(store, under(&[])).await, []);
    assert_eq!(records(store, under(&[""])).await, all);
    // A whole name begins with itself.
    let named = |it: &Record| matches!(it, Record::Doc(held) if held.doc.key == key(ONE, "k3"));
    let third: Vec<Record> = one.iter().filter(|it| named(it)).cloned().collect();
    assert_eq!(third.len(), 1);
    assert_eq!(records(store, under(&[&key(ONE, "k3").path()])).await, third);

    // Work that belongs to no account is named, too.
    let loose = DueKey { queue: "records", at_ms: 80, id: "acct_records-loose".into() };
    let loose = Record::Due(Due { key: loose, body: Bytes::from_static(b"loose") });
    let put = Load { erase: Scope::default(), records: vec![loose.clone()] };
    assert_eq!(store.load(put).await, Ok(()));
    assert_eq!(records(store, under(&["acct_records-"])).await, [loose]);
    let erase = Load { erase: under(&["acct_records-", &key(ONE, "k3").path(), TWO]), records: vec![] };
    assert_eq!(store.load(erase).await, Ok(()));
    assert_eq!(records(store, under(&["acct_records-", TWO])).await, []);
    let left: Vec<Record> = one.into_iter().filter(|it| !named(it)).collect();
    assert_eq!(records(store, only(ONE)).await, left);
    assert_eq!(store.find("records_email", &format!("c@{ONE}")).await, Ok(None));
    // Its index entries went with it, and those of its neighbours stayed.
    let mut flaws = Vec::new();
    store.snapshot(Scope::All).await.unwrap().audit(&mut |flaw| flaws.push(flaw)).await.unwrap();
    assert_eq!(flaws, []);
    // What was erased can be put under its old names.
    let back = Load { erase: Scope::default(), records: [third, two.clone()].concat() };
    assert_eq!(store.load(back).await, Ok(()));
    assert_eq!(records(store, only(TWO)).await, two);
}
