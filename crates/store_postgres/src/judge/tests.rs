//! What a batch leaves behind, without a database.
use super::*;
use store::Due;

fn key(id: &str) -> Key {
    Key::new("acct_1", false, "thing", id)
}
fn put(id: &str, expect: u64) -> Put {
    let body = Some(Bytes::from_static(b"x"));
    Put { key: key(id), expect, body, index: vec![], stale: vec![], expires: None }
}
fn unit(puts: Vec<Put>) -> Unit {
    Unit { puts, ..Unit::default() }
}
fn add(by: i64, floor: Option<i64>) -> Unit {
    Unit { adds: vec![Add { counter: "acct_1/t/usd".into(), by, floor }], ..Unit::default() }
}
fn named(id: &str, expect: u64) -> Put {
    Put { index: vec![IndexKey::unique("name", "n"), IndexKey::listed("of", "c")], ..put(id, expect) }
}
/// A document that has the keys of [`named`].
fn found(id: &str, version: u64) -> Found {
    let kept = keys::written(None, &named(id, 0));
    let mut found = Found::default();
    found.docs.insert(key(id).path(), Row { version, keys: kept });
    found.uniques.insert("name=n".into(), key(id).path());
    found
}
const DONE: Outcome = Ok(Commit::Done);

#[test]
fn a_refused_unit_leaves_the_others_of_its_batch_alone() {
    let refused = Unit { adds: add(7, None).adds, ..unit(vec![put("b", 0), put("a", 5)]) };
    let units = [unit(vec![put("a", 0)]), refused, unit(vec![put("a", 1)]), unit(vec![put("a", 1)])];
    let mut judge = Judge::new(Found::default(), false);
    let outcomes = judge.all(&units).unwrap();
    assert_eq!(outcomes, [DONE, Ok(Commit::Conflict), DONE, Ok(Commit::Conflict)]);
    let Effects { docs, counters, .. } = judge.effects;
    let left: Vec<_> = docs.iter().map(|(path, left)| (path.as_str(), left.before, left.version)).collect();
    assert_eq!(left, [("acct_1/t/thing/a", 0, 2)], "written once, whatever the batch did to it");
    assert!(counters.is_empty());
}

#[test]
fn a_unique_key_passes_on_within_a_batch() {
    let gone = Put { body: None, ..put("old", 3) };
    let units = [unit(vec![named("b", 0)]), unit(vec![gone]), unit(vec![named("c", 0)])];
    let mut judge = Judge::new(found("old", 3), true);
    assert_eq!(judge.all(&units).unwrap(), [Ok(Commit::Duplicate { index: "name" }), DONE, DONE]);
    let effects = judge.effects;
    assert_eq!(effects.freed, BTreeSet::from([("name=n".into(), key("old").path())]));
    assert_eq!(effects.owned, BTreeMap::from([("name=n".into(), Some(key("c").path()))]));
    let listed: Vec<_> = effects.listed.iter().map(|((_, id), there)| (id.as_str(), *there)).collect();
    assert_eq!(listed, [("c", true), ("old", false)]);
    assert!(!effects.docs.contains_key(&key("b").path()));
}

#[test]
fn two_documents_of_one_unit_cannot_share_a_unique_key() {
    let mut judge = Judge::new(Found::default(), true);
    let outcomes = judge.all(&[unit(vec![named("a", 0), named("b", 0)])]).unwrap();
    assert_eq!(outcomes, [Ok(Commit::Duplicate { index: "name" })]);
    assert!(judge.effects.is_empty());
}

#[test]
fn floors_count_what_the_batch_has_moved() {
    let mut held = Found::default();
    held.counters.insert("acct_1/t/usd".into(), 10);
    let mut judge = Judge::new(held, false);
    let much = Unit { adds: [add(i64::MAX, None).adds, add(1, None).adds].concat(), ..Unit::default() };
    let units = [add(-6, Some(0)), add(-6, Some(0)), add(2, None), add(-6, Some(0)), much];
    let outcomes = judge.all(&units).unwrap();
    let floor = Ok(Commit::Floor { counter: "acct_1/t/usd".into() });
    assert_eq!(outcomes[..4], [DONE, floor, DONE, DONE]);
    assert!(outcomes[4].as_ref().is_err_and(|fault| !fault.is_unavailable()), "it cannot hold so much");
    assert_eq!(judge.effects.counters, BTreeMap::from([("acct_1/t/usd".into(), -10)]));
}

#[test]
fn a_floor_is_no_reason_before_the_rest_was_looked_up() {
    let poor = Unit { puts: vec![put("fresh", 0)], ..add(-1, Some(0)) };
    let careless = Judge::new(Found::default(), false).all(std::slice::from_ref(&poor));
    assert!(careless.is_err());
    let outcomes = Judge::new(Found::default(), true).all(&[poor]).unwrap();
    assert!(matches!(outcomes[..], [Ok(Commit::Floor { .. })]));
}

#[test]
fn work_that_is_done_and_due_again_is_there_without_its_lease() {
    let due = Due { key: DueKey { queue: "q", at_ms: 1, id: "a".into() }, body: Bytes::new() };
    let again = Unit { done: vec![due.key.clone()], due: vec![due.clone()], ..Unit::default() };
    let over = Unit { done: vec![due.key.clone()], ..Unit::default() };
    let mut judge = Judge::new(Found::default(), false);
    assert_eq!(judge.all(&[again.clone(), over, again]).unwrap(), [DONE, DONE, DONE]);
    assert_eq!(judge.effects.done, BTreeSet::from([due.key.clone()]), "deleted first, then written anew");
    assert_eq!(judge.effects.due.len(), 1);
}

#[test]
fn new_ids_are_looked_up_only_when_care_is_asked_for() {
    let units = [
        Unit {
            checks: vec![(key("read"), 2), (key("absent"), 0), (key("new"), 0)],
            ..unit(vec![named("new", 0)])
        },
        unit(vec![put("old", 4)]),
    ];
    let paths = |ids: &[&str]| ids.iter().map(|id| key(id).path()).collect::<BTreeSet<_>>();
    let quick = Wanted::by(&units, false);
    assert_eq!(quick.docs, paths(&["absent", "new", "old", "read"]));
    assert_eq!(
        (quick.absent, quick.uniques.len()),
        (paths(&["absent"]), 0),
        "what it writes holds its own place"
    );
    assert_eq!(Wanted::by(&units[1..], false).docs, paths(&["old"]));
    assert_eq!(Wanted::by(&[unit(vec![put("new", 0)])], false), Wanted::default());
    assert_eq!(Wanted::by(&units, true).uniques, BTreeSet::from(["name=n".to_owned()]));
    let mixed = [
        add(1, None),
        Unit {
            adds: vec![Add { counter: "acct_1/t/eur".into(), by: -1, floor: Some(0) }],
            ..Unit::default()
        },
    ];
    assert_eq!(Wanted::by(&mixed, false).counters.len(), 2, "all in one order, or none");
    assert_eq!(Wanted::by(&mixed[..1], false).counters.len(), 0);
}
