//! Looking into a file beside its server, and telling what is wrong with its indexes.
#![expect(clippy::unwrap_used, reason = "what fails here must fail the test")]
use rusqlite::Connection;
use std::path::PathBuf;
use store::{Bytes, Commit, Flaw, IndexKey, Key, Put, Record, Scope, Snapshot, Store, Unit};
use store_sqlite::{Options, Sqlite, look};
use tempfile::TempDir;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn put(id: &str, index: Vec<IndexKey>) -> Put {
    let body = Some(Bytes::copy_from_slice(id.as_bytes()));
    Put { key: Key::new("acct_1", false, "thing", id), expect: 0, body, index, stale: vec![], expires: None }
}

fn filled(dir: &TempDir) -> (PathBuf, Sqlite) {
    let path = dir.path().join("data.db");
    let store = Sqlite::open(&path, Options::default()).unwrap();
    let puts = vec![
        put("a", vec![IndexKey::unique("email", "a@b"), IndexKey::listed("of", "x/y")]),
        put("b", vec![IndexKey::listed("of", "x")]),
        put("c", vec![]),
    ];
    assert_eq!(block_on(store.commit(Unit { puts, ..Unit::default() })), Ok(Commit::Done));
    (path, store)
}

fn ids(snapshot: &mut dyn Snapshot) -> Vec<String> {
    let records = block_on(snapshot.next(100)).unwrap();
    let id = |record: Record| if let Record::Doc(held) = record { held.doc.key.id } else { "other".into() };
    records.into_iter().map(id).collect()
}

#[test]
fn a_file_is_looked_into_while_it_is_served_and_after() {
    let dir = TempDir::new().unwrap();
    let (path, store) = filled(&dir);
    let mut beside = look(&path, Scope::All).unwrap();
    let more = Unit { puts: vec![put("d", vec![])], ..Unit::default() };
    assert_eq!(block_on(store.commit(more)), Ok(Commit::Done));
    assert_eq!(ids(&mut *beside), ["a", "b", "c"]);
    assert_eq!(ids(&mut *look(&path, Scope::All).unwrap()), ["a", "b", "c", "d"]);
    drop((beside, store));
    assert_eq!(ids(&mut *look(&path, Scope::All).unwrap()), ["a", "b", "c", "d"]);
}

#[test]
fn what_is_no_database_of_ours_is_refused() {
    let dir = TempDir::new().unwrap();
    let refusal = |name: &str| look(&dir.path().join(name), Scope::All).err().unwrap().to_string();
    assert!(refusal("none.db").contains("there is no database"));
    assert!(!dir.path().join("none.db").exists());
    Connection::open(dir.path().join("other.db")).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    assert!(refusal("other.db").contains("belongs to another program"));
    let (path, store) = filled(&dir);
    drop(store);
    Connection::open(&path).unwrap().execute_batch("UPDATE meta SET v = 99").unwrap();
    assert!(refusal("data.db").contains("newer release"));
}

fn flaws_after(damage: &str) -> Vec<Flaw> {
    let dir = TempDir::new().unwrap();
    let (path, store) = filled(&dir);
    drop(store);
    Connection::open(&path).unwrap().execute_batch(damage).unwrap();
    let mut flaws = Vec::new();
    let mut snapshot = look(&path, Scope::All).unwrap();
    block_on(snapshot.audit(&mut |flaw| flaws.push(flaw))).unwrap();
    flaws
}

#[test]
fn every_damage_to_the_bookkeeping_is_named() {
    assert_eq!(flaws_after(""), []);
    let damages = [
        ("DELETE FROM listed WHERE k LIKE '%x/y%'", "acct_1/t/thing/a", "no entry"),
        ("DELETE FROM uniques", "acct_1/t/thing/a", "no entry"),
        ("UPDATE uniques SET owner = 'acct_1/t/thing/b'", "email=a@b", "none"),
        ("INSERT INTO listed VALUES ('acct_1/t/thing/of=x/gone')", "acct_1/t/thing/of=x/gone", "none"),
        ("INSERT INTO listed VALUES ('acct_1/t/thing/of=z/b')", "acct_1/t/thing/of=z/b", "none"),
        ("INSERT INTO listed VALUES ('junk')", "junk", "none"),
        ("INSERT INTO uniques VALUES ('email=c@d', 'acct_1/t/thing/c')", "email=c@d", "none"),
        ("UPDATE objects SET k = 'lost' WHERE k LIKE '%/c'", "lost", "something else"),
        ("INSERT INTO due VALUES ('lost', x'00')", "lost", "something else"),
        ("DELETE FROM bodies", "acct_1/t/thing/a", "none"),
        ("INSERT INTO bodies VALUES (77, x'7b7d')", "body 77", "none"),
    ];
    for (damage, at, found) in damages {
        let flaws = flaws_after(damage);
        assert!(flaws.iter().any(|flaw| flaw.at == at && flaw.found == found), "{damage}: {flaws:?}");
    }
}
