//! Databases that earlier releases wrote. `schemas/N.sql` is one of schema N, as text; each holds the same records.
#![expect(clippy::unwrap_used, reason = "what fails here must fail the test")]
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use store::{Commit, Doc, Due, DueKey, Held, IndexKey, Key, Load, Put, Record, Scope, Store, Unit};
use store_sqlite::{Options, Sqlite, look};
use tempfile::TempDir;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn doc(key: Key, version: u64, body: &'static [u8], index: Vec<IndexKey>, expires: Option<i64>) -> Record {
    Record::Doc(Held { doc: Doc { key, version, body: body.into() }, index, expires })
}

/// What each of them holds: everything that a home can hold.
fn state() -> Vec<Record> {
    let due = |queue, at_ms, id: &str, body: &'static [u8]| {
        Record::Due(Due { key: DueKey { queue, at_ms, id: id.into() }, body: body.into() })
    };
    let counter = |name: &str, value| Record::Counter { name: name.into(), value };
    let charge = vec![IndexKey::listed("customer", "cus_1"), IndexKey::listed("transfer_group", "a/b=c")];
    let large: &'static [u8] = &[b'x'; 5_000];
    vec![
        doc(
            Key::new("acct_1", false, "account", "acct_1"),
            3,
            b"{\"id\":\"acct_1\"}\n{\"version\":1}",
            vec![],
            None,
        ),
        doc(Key::new("acct_1", true, "charge", "ch_1"), 1, b"{\"id\":\"ch_1\"}", charge, None),
        doc(
            Key::new("acct_1", false, "event", "evt_1"),
            7,
            b"{\"id\":\"evt_1\"}",
            vec![],
            Some(2_000_000_000),
        ),
        doc(Key::new("acct_1", false, "file", "large"), 1, large, vec![], None),
        doc(
            Key::house("user", "user_1"),
            2,
            "{\"email\":\"ä'\"}".as_bytes(),
            vec![IndexKey::unique("user_email", "ä'@example.com")],
            None,
        ),
        counter("acct_1/l/balance/eur/1700000000", i64::MAX),
        counter("acct_1/t/balance/usd/1700000000", -5),
        due("other", 0, "anybody", b""),
        due("webhook", 1_700_000_000_000, "acct_1/evt_1.we_1", b"{\"failed\":2}"),
    ]
}

/// In the order of a walk: documents by path, whose mode is a letter, then the rest as it stands.
fn in_order(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_key(|record| match record {
        Record::Doc(held) => (0, held.doc.key.path()),
        Record::Counter { name, .. } => (1, name.clone()),
        Record::Due(due) => (2, due.key.path()),
    });
    records
}

fn held(path: &Path) -> Vec<Record> {
    block_on(look(path, Scope::All).unwrap().next(usize::MAX)).unwrap()
}

fn schema(conn: &Connection) -> u32 {
    conn.query_row("SELECT v FROM meta WHERE k = 'schema'", [], |row| row.get(0)).unwrap()
}

/// Makes a database of today's schema, and tells its number.
fn today(path: &Path) -> u32 {
    drop(Sqlite::open(path, Options::default()).unwrap());
    schema(&Connection::open(path).unwrap())
}

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(format!("{version}.sql"))
}

fn restored(version: u32, path: &Path) {
    let text = std::fs::read_to_string(fixture(version)).unwrap();
    let conn = Connection::open(path).unwrap();
    conn.execute_batch(&text).unwrap();
    assert_eq!(schema(&conn), version);
}

fn lasting(path: &Path) {
    let store = Sqlite::open(path, Options::default()).unwrap();
    let key = Key::new("acct_1", false, "event", "evt_1");
    let found = block_on(store.get(&key)).unwrap().unwrap();
    let owner = block_on(store.find("user_email", "ä'@example.com")).unwrap().unwrap();
    assert_eq!((found.version, owner.key.id.as_str()), (7, "user_1"));
    let again = Put {
        key,
        expect: 7,
        body: Some("{}".into()),
        index: vec![],
        stale: vec![],
        expires: Some(2_000_000_000),
    };
    let unit = Unit { puts: vec![again], ..Unit::default() };
    assert_eq!(block_on(store.commit(unit)), Ok(Commit::Done));
    let mut flaws = Vec::new();
    let mut snapshot = block_on(store.snapshot(Scope::All)).unwrap();
    block_on(snapshot.audit(&mut |flaw| flaws.push(flaw))).unwrap();
    assert_eq!(flaws, []);
}

#[test]
fn what_every_earlier_release_wrote_is_opened_and_whole() {
    let dir = TempDir::new().unwrap();
    let today = today(&dir.path().join("today.db"));
    for version in (1..=today).filter(|version| *version < today || fixture(*version).exists()) {
        let path = dir.path().join(format!("{version}.db"));
        restored(version, &path);
        // First by whoever only looks, then by a server.
        assert_eq!(held(&path), in_order(state()), "schema {version}");
        lasting(&path);
        assert_eq!(schema(&Connection::open(&path).unwrap()), today);
    }
}

#[test]
fn a_database_of_an_earlier_release_is_brought_up_by_its_first_start_once() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("data.db");
    restored(1, &path);
    for _ in 0..2 {
        drop(Sqlite::open(&path, Options::default()).unwrap());
        assert_eq!(held(&path), in_order(state()));
    }
}

/// Run it before a release that has another schema: `cargo test -p store_sqlite --test schemas -- --ignored`.
#[test]
#[ignore = "writes the file of today's schema, unless it is there"]
fn todays_schema_is_written_down() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("data.db");
    let store = Sqlite::open(&path, Options::default()).unwrap();
    block_on(store.load(Load { records: state(), ..Load::default() })).unwrap();
    drop(store);
    let conn = Connection::open(&path).unwrap();
    let to = fixture(schema(&conn));
    if !to.exists() {
        std::fs::write(to, dump(&conn)).unwrap();
    }
}

/// A database as the statements that make it.
fn dump(conn: &Connection) -> String {
    let mut out = String::from("BEGIN;\n");
    let mut made =
        conn.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").unwrap();
    for sql in made.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        out.push_str(&format!("{};\n", sql.unwrap()));
    }
    let mut tables =
        conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid").unwrap();
    for table in tables.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        let table = table.unwrap();
        let mut all = conn.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = all.column_count();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> = (0..columns).map(|at| literal(row.get_ref(at).unwrap())).collect();
            out.push_str(&format!("INSERT INTO {table} VALUES ({});\n", values.join(", ")));
        }
    }
    out.push_str("COMMIT;\n");
    out
}

fn literal(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(_) => unreachable!("no table holds fractions"),
        ValueRef::Text(text) => format!("'{}'", std::str::from_utf8(text).unwrap().replace('\'', "''")),
        ValueRef::Blob(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("x'{hex}'")
        }
    }
}
