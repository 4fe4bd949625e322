//! Units, queries and loads as chance would have them: few keys, so that everything meets; names that begin alike,
//! so that what ends too late or too early is seen.
use super::{dice::Dice, reference::Reference};
use crate::*;

pub(super) const ACCOUNTS: [&str; 4] = ["acct_1", "acct_10", "acct_1-a", HOUSE];
const KINDS: [&str; 2] = ["thing", "thin"];
const IDS: [&str; 7] = ["t_1", "t_10", "t_2", "T_2", "t_1a", "t-1", "tz"];
const VALUES: [&str; 6] = ["", "x", "x/y", "x=y", "é", "X"];
const COUNTERS: [&str; 5] =
    ["acct_1/t/balance/usd", "acct_1/t/balance/eur", "acct_10/t/balance/usd", "acct_1-a/t/n", "~/t/n"];
const PREFIXES: [&str; 5] = ["acct_1/", "acct_1/t/balance/u", "acct_1", "", "none"];
pub(super) const QUEUES: [&str; 3] = ["mail", "mai", "sweep"];
const WORK: [&str; 5] = ["acct_1/a", "acct_10/b", "acct_1-a/c", "loose", "~/d"];

pub(super) fn key(dice: &mut Dice) -> Key {
    let live = dice.chance(20);
    Key::new(dice.pick(&ACCOUNTS), live, dice.pick(&KINDS), dice.pick(&IDS))
}

fn distinct_keys(dice: &mut Dice, count: usize) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    while keys.len() < count {
        let next = key(dice);
        if !keys.contains(&next) {
            keys.push(next);
        }
    }
    keys
}

/// Bodies are told apart by their number; some are empty, and some are larger than a page of any home.
fn body(dice: &mut Dice) -> Bytes {
    let length = match dice.roll(20) {
        0 => return Bytes::new(),
        1 => 40_000,
        2 | 3 => 3_000,
        _ => dice.roll(90),
    };
    let mut body = format!("{{\"n\":{}}}\n", dice.next()).into_bytes();
    body.extend((0..length).map(|_| dice.next() as u8));
    Bytes::from(body)
}

fn unique(dice: &mut Dice) -> IndexKey {
    IndexKey::unique(dice.pick(&["email", "code"]), dice.pick(&VALUES))
}

/// The keys that a document shall have.
fn index(dice: &mut Dice) -> Vec<IndexKey> {
    let mut keys = Vec::new();
    for index in ["of", "status"] {
        if dice.chance(50) {
            keys.push(IndexKey::listed(index, dice.pick(&VALUES)));
        }
    }
    if dice.chance(25) {
        keys.push(unique(dice));
    }
    keys
}

/// A put that leaves a document with these keys.
fn put(dice: &mut Dice, model: &Reference, key: Key, wanted: Vec<IndexKey>) -> Put {
    let had = model.held(&key).map(|held| held.index.clone()).unwrap_or_default();
    let stale = had.iter().filter(|key| !wanted.contains(key)).cloned().collect();
    let index = wanted.into_iter().filter(|key| !had.contains(key)).collect();
    let expires = dice.chance(20).then(|| dice.roll(2_000) as i64);
    Put { expect: model.version(&key), key, body: Some(body(dice)), index, stale, expires }
}

/// A deletion takes all index keys along, whether they are named or not.
fn deletion(dice: &mut Dice, model: &Reference, key: Key) -> Put {
    let held = model.held(&key).filter(|_| dice.chance(50));
    let stale = held.map(|held| held.index.clone()).unwrap_or_default();
    Put { expect: model.version(&key), key, body: None, index: Vec::new(), stale, expires: None }
}

fn any_put(dice: &mut Dice, model: &Reference, key: Key) -> Put {
    let there = model.held(&key).is_some();
    let mut put = if dice.chance(if there { 25 } else { 3 }) {
        deletion(dice, model, key)
    } else if there && dice.chance(40) {
        let kept = model.held(&key).map(|held| held.index.clone()).unwrap_or_default();
        put(dice, model, key, kept)
    } else {
        let wanted = index(dice);
        put(dice, model, key, wanted)
    };
    if dice.chance(6) {
        put.expect = dice.pick(&[0, 1, put.expect + 1, put.expect.saturating_sub(1)]);
    }
    put
}

/// A unique key that goes from one document to another within one unit, or two that are swapped.
fn handover(dice: &mut Dice, model: &Reference) -> Vec<Put> {
    let owned: Vec<(Key, IndexKey)> = model
        .docs
        .values()
        .flat_map(|held| {
            held.index.iter().filter(|key| key.unique).map(|key| (held.doc.key.clone(), key.clone()))
        })
        .collect();
    if owned.is_empty() {
        return Vec::new();
    }
    let (giver, given) = dice.pick(&owned);
    let taker = key(dice);
    if taker == giver {
        return Vec::new();
    }
    let others = |key: &Key, but: &IndexKey| -> Vec<IndexKey> {
        let had = model.held(key).map(|held| held.index.clone()).unwrap_or_default();
        had.into_iter().filter(|key| key != but).collect()
    };
    let mut gives = if dice.chance(30) {
        deletion(dice, model, giver)
    } else {
        let left = others(&giver, &given);
        put(dice, model, giver, left)
    };
    let mut wanted = others(&taker, &given);
    let swapped = wanted.iter().find(|key| key.unique).cloned();
    wanted.push(given);
    if let Some(swapped) = swapped.filter(|_| gives.body.is_some() && dice.chance(50)) {
        wanted.retain(|key| *key != swapped);
        gives.index.push(swapped);
    }
    let takes = put(dice, model, taker, wanted);
    if dice.chance(50) { vec![gives, takes] } else { vec![takes, gives] }
}

pub(super) fn unit(dice: &mut Dice, model: &Reference) -> Unit {
    let mut unit = Unit::default();
    if dice.chance(12) {
        unit.puts = handover(dice, model);
    } else {
        let count = dice.pick(&[0, 1, 1, 1, 2, 3, 4]);
        let keys = distinct_keys(dice, count);
        unit.puts = keys.into_iter().map(|key| any_put(dice, model, key)).collect();
    }
    for _ in 0..dice.pick(&[0, 0, 1, 2]) {
        let key = key(dice);
        let wrong = dice.chance(10);
        let version = model.version(&key) + u64::from(wrong);
        unit.checks.push((key, version));
    }
    for _ in 0..dice.pick(&[0, 0, 1, 3]) {
        let by = dice.roll(130) as i64 - 50;
        unit.adds.push(Add { counter: dice.pick(&COUNTERS).into(), by, floor: dice.chance(40).then_some(0) });
    }
    let waiting: Vec<DueKey> = model.due.values().map(|(due, _)| due.key.clone()).collect();
    for _ in 0..dice.pick(&[0, 0, 0, 1, 2]) {
        let key = if waiting.is_empty() || dice.chance(10) { work(dice) } else { dice.pick(&waiting) };
        unit.done.push(key);
    }
    for _ in 0..dice.pick(&[0, 0, 1, 2]) {
        let key = work(dice);
        let there = model.due.contains_key(&key.path());
        // Whether work that is replaced stays leased is not promised.
        if (!there || unit.done.contains(&key)) && !unit.due.iter().any(|due| due.key == key) {
            unit.due.push(Due { key, body: body(dice) });
        }
    }
    unit
}

pub(super) fn work(dice: &mut Dice) -> DueKey {
    DueKey { queue: dice.pick(&QUEUES), at_ms: dice.roll(3_000) as i64, id: dice.pick(&WORK).into() }
}

pub(super) fn query(dice: &mut Dice) -> Query {
    let cursor = |dice: &mut Dice, percent| dice.chance(percent).then(|| dice.pick(&IDS).to_owned());
    Query {
        account: dice.pick(&ACCOUNTS).into(),
        live: dice.chance(20),
        kind: dice.pick(&KINDS),
        by: dice.chance(60).then(|| (dice.pick(&["of", "status"]), dice.pick(&VALUES).to_owned())),
        after: cursor(dice, 30),
        before: cursor(dice, 30),
        skip: dice.pick(&[0, 0, 0, 1, 3]),
        limit: dice.pick(&[0, 1, 2, 3, 100]),
    }
}

pub(super) fn find(dice: &mut Dice) -> IndexKey {
    unique(dice)
}

pub(super) fn prefix(dice: &mut Dice) -> &'static str {
    dice.pick(&PREFIXES)
}

pub(super) fn scope(dice: &mut Dice) -> Scope {
    match dice.roll(6) {
        0 => Scope::All,
        1 => {
            Scope::Under(vec!["acct_1/t/thing/t".into(), "acct_1/t/thing/".into(), "acct_1/t/balance".into()])
        }
        2 => Scope::Under(vec!["acct_1".into()]),
        3 => Scope::default(),
        4 => Scope::Accounts(vec!["acct_1".into(), "acct_1-a".into()]),
        _ => Scope::Accounts(vec![dice.pick(&ACCOUNTS).into()]),
    }
}

/// A load over what was kept of an earlier moment: some of it is left out, some is changed.
pub(super) fn load(dice: &mut Dice, model: &Reference, kept: &Reference) -> Load {
    let erase = scope(dice);
    let from = if dice.chance(70) { erase.clone() } else { scope(dice) };
    let source = if dice.chance(70) { kept } else { model };
    let mut records = source.records(&from);
    let all = dice.chance(60);
    records.retain(|_| all || dice.chance(70));
    for record in &mut records {
        if let Record::Doc(held) = record
            && dice.chance(10)
        {
            held.doc.version += dice.roll(5) as u64;
            held.index = index(dice);
            held.index.sort();
        }
    }
    Load { erase, records }
}
