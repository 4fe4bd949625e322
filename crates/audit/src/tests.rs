use super::*;
use crate::lines::Statement;
use store::{Load, Memory, Scope, Store};

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn key(id: &str) -> Key {
    Key::new("acct_1", false, "thing", id)
}

/// A language for tests: the body says what is said.
fn speak(held: &Held, said: &mut Said<'_>) {
    let body = String::from_utf8(held.doc.body.to_vec()).unwrap();
    for sentence in body.split(';').filter(|sentence| !sentence.is_empty()) {
        let words: Vec<&str> = sentence.split(' ').collect();
        match words[..] {
            ["is", name, value] => said.is(name, value),
            ["link", to] => said.link("to", &key(to)),
            ["soft", to] => said.link_or_gone("to", &key(to)),
            ["for", to] => said.stands_for(&key(to)),
            ["mirror", to, name, value] => said.mirror("to", &key(to), name, value),
            ["total", value] => said.total("sum", value.parse().unwrap()),
            ["most", value] => said.at_most("sum", value.parse().unwrap()),
            ["adds", to, by] => said.adds(&key(to), "sum", by.parse().unwrap()),
            ["even", counters, by] => said.evens_out(counters, by.parse().unwrap()),
            ["moves", counter, by] => said.moves(counter, by.parse().unwrap()),
            ["known", name] => said.answers_to(name),
            ["name", name] => said.link_name("to", name),
            _ => panic!("{sentence}"),
        }
    }
}

fn rules() -> Rules {
    Rules {
        kinds: vec![Kind { name: "thing", tell: speak }],
        queues: Vec::new(),
        counter: |_, value, said| said.total("", value),
        owner: |_| None,
        marks: vec!["mark"],
    }
}

fn flaws(docs: &[(&str, &str)], counters: &[(&str, i64)]) -> Vec<String> {
    let home = Memory::new();
    let mut records: Vec<Record> = Vec::new();
    for (id, body) in docs {
        records.push(Record::Doc(Held::plain(key(id), 1, (*body).to_owned())));
    }
    records
        .extend(counters.iter().map(|(name, value)| Record::Counter { name: (*name).into(), value: *value }));
    block_on(home.load(Load { records, ..Load::default() })).unwrap();
    let mut told = Vec::new();
    let mut snapshot = block_on(home.snapshot(Scope::All)).unwrap();
    let mut tell = |flaw: Flaw| told.push(format!("{}: {} / {}", flaw.at, flaw.expected, flaw.found));
    block_on(prove(&mut *snapshot, &rules(), &mut tell, &mut |_| {})).unwrap();
    told
}

#[test]
fn links_lead_somewhere() {
    assert_eq!(flaws(&[("a", "link b;soft c;name x"), ("b", "known x"), ("d", "for c")], &[]), [""; 0]);
    assert_eq!(
        flaws(&[("a", "link b;soft c;name x"), ("d", "for b")], &[]),
        [
            "acct_1/t/thing/a: to that leads to acct_1/t/thing/b / nothing there",
            "acct_1/t/thing/a: to that leads to acct_1/t/thing/c / nothing there",
            "acct_1/t/thing/a: to that leads to x / nothing there",
        ]
    );
}

#[test]
fn both_sides_say_the_same() {
    assert_eq!(flaws(&[("a", "mirror b of a"), ("b", "is of z;is of a;is other q")], &[]), [""; 0]);
    let wrong = |b: &[(&str, &str)]| flaws(&[&[("a", "mirror b of a")], b].concat(), &[]).join("\n");
    assert!(wrong(&[("b", "is of z")]).ends_with("b with of a / its of is z"));
    assert!(wrong(&[("b", "is other a")]).ends_with("/ it has no of"));
    assert!(wrong(&[]).ends_with("/ nothing there"));
}

#[test]
fn sums_are_what_their_parts_add_up_to() {
    let parts = ("p", "adds a 5;moves acct_1/t/c 5");
    let more = ("q", "adds a -2;moves acct_1/t/c 1");
    assert_eq!(flaws(&[("a", "total 3"), parts, more], &[("acct_1/t/c", 6)]), [""; 0]);
    assert_eq!(flaws(&[("a", "most 4"), parts, more], &[("acct_1/t/c", 6)]), [""; 0]);
    assert_eq!(
        flaws(&[("a", "total 4"), parts, more], &[]),
        [
            "acct_1/t/thing/a: sum of 3, the sum of its parts / 4",
            "acct_1/t/c: a value of 6, the sum of its parts / no counter",
        ]
    );
    assert_eq!(
        flaws(&[("a", "most 2"), parts, more], &[("acct_1/t/c", 6), ("acct_1/t/d", 1)]),
        [
            "acct_1/t/thing/a: sum of at least 3, the sum of its parts / 2",
            "acct_1/t/d: a value of 0, the sum of its parts / 1",
        ]
    );
    assert_eq!(flaws(&[("a", "even acct_1/t/c 5;even acct_1/t/c -5")], &[]), [""; 0]);
    assert_eq!(
        flaws(&[("a", "even acct_1/t/c 5;even acct_1/t/c -4")], &[]),
        ["acct_1/t/c: counters that hold what was moved / +1 too much"]
    );
    // A total that nobody adds to is nothing.
    assert_eq!(flaws(&[("a", "total 0")], &[]), [""; 0]);
}

#[test]
fn a_world_is_compared_with_itself() {
    let home = Memory::new();
    let doc = |world: &str, id: &str, body: &str| {
        let key = Key { account: format!("{world}acct_1"), ..key(id) };
        Record::Doc(Held::plain(key, 1, body.to_owned()))
    };
    let counter = |world: &str, value| Record::Counter { name: format!("{world}acct_1/t/c"), value };
    let records = vec![
        doc("<7f>", "a", "link b;name x;moves acct_1/t/c 5"),
        doc("<7f>", "b", "known x"),
        counter("<7f>", 5),
        doc("", "a", "link b;name x;moves acct_1/t/c 5"),
        counter("", 5),
    ];
    block_on(home.load(Load { records, ..Load::default() })).unwrap();
    let mut told = Vec::new();
    let mut snapshot = block_on(home.snapshot(Scope::All)).unwrap();
    block_on(prove(&mut *snapshot, &rules(), &mut |flaw| told.push(flaw.at), &mut |_| {})).unwrap();
    assert_eq!(told, ["acct_1/t/thing/a", "acct_1/t/thing/a"]);
}

#[test]
fn what_nobody_declared_is_a_flaw() {
    let home = Memory::new();
    let other = Record::Doc(Held::plain(Key::house("other", "x"), 1, "{}"));
    block_on(home.load(Load { records: vec![other], ..Load::default() })).unwrap();
    let mut told = Vec::new();
    let mut snapshot = block_on(home.snapshot(Scope::All)).unwrap();
    block_on(prove(&mut *snapshot, &rules(), &mut |flaw| told.push(flaw), &mut |_| {})).unwrap();
    assert_eq!(told, [Flaw::new("~/t/other/x", "a document of a kind that this release keeps", "other")]);
}

#[test]
fn what_memory_does_not_hold_is_sorted_on_disk() {
    let line = |n: u32| Line {
        of: Subject::Doc(format!("{:05}", n.wrapping_mul(7919) % 10_000)),
        says: match n % 4 {
            0 => Statement::Is(n.to_string(), "ä".into()),
            1 => Statement::Total("sum".into(), i64::from(n) - 50, n.is_multiple_of(3)),
            2 => Statement::Link { by: n.to_string(), field: "of".into(), gone: n.is_multiple_of(3) },
            _ => Statement::Mirror {
                by: n.to_string(),
                field: "f".into(),
                name: String::new(),
                value: "v".into(),
            },
        },
    };
    // So little memory that runs are merged before the end, too.
    let mut sorter = Sorter::with_memory(2_000);
    let mut expected: Vec<Line> = (0..5_000).map(line).collect();
    for line in &expected {
        sorter.push(line.clone()).unwrap();
    }
    expected.sort();
    let mut sorted = sorter.sorted().unwrap();
    let mut found = Vec::new();
    while let Some(line) = sorted.next_line().unwrap() {
        found.push(line);
    }
    assert_eq!(found, expected);
}
