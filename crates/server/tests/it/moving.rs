//! The state is moved, copied and proved by the real program: `export`, `import`, `backup`, `check`.
use crate::harness::{PLATFORM, SELLER, Server};
use pg_cluster::Cluster;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};
use store::{Bytes, Held, Key, Load, Record, Scope, Store};
use store_sqlite::{Options, Sqlite, look};
use tempfile::TempDir;

fn tollbridge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tollbridge")).args(arguments).output().unwrap()
}

fn done(arguments: &[&str]) {
    let Output { status, stderr, .. } = tollbridge(arguments);
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = tollbridge(arguments);
    assert!(!status.success(), "{arguments:?}");
    String::from_utf8(stderr).unwrap()
}

/// What `check` prints, and how it ends.
fn checked(arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = tollbridge(&[&["check", "--quiet"], arguments].concat());
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn database(data: &Path) -> std::path::PathBuf {
    data.join("tollbridge.db")
}

fn records(data: &Path) -> Vec<Record> {
    block_on(look(&database(data), Scope::All).unwrap().next(usize::MAX)).unwrap()
}

fn deliveries(data: &Path) -> Vec<store::Due> {
    let due = |record| if let Record::Due(due) = record { Some(due) } else { None };
    records(data).into_iter().filter_map(due).filter(|due| due.key.queue == "webhook").collect()
}

fn ask(server: &Server, key: &str, path: &str, form: &str) -> String {
    let answer = server.ask(key, "POST", path, form);
    assert_eq!(answer.status, 200, "{path} {form}: {}", answer.body);
    answer.text("id")
}

/// A state in which there is something of almost everything, and a delivery that waits.
fn lived_in(data: &Path) {
    let mut server = Server::start_over(data);
    let token = server.token("read_write");
    let hook = "url=http://127.0.0.1:1/&connect=true&enabled_events[]=charge.refunded";
    ask(&server, PLATFORM, "/v1/webhook_endpoints", hook);
    let customer = ask(&server, &token, "/v1/customers", "email=a@example.com&source=tok_visa");
    let gone = ask(&server, SELLER, "/v1/customers", "source=tok_visa");
    let removed = server.ask(SELLER, "DELETE", &format!("/v1/customers/{gone}"), "");
    assert_eq!(removed.status, 200, "{}", removed.body);
    let form = format!("amount=1000&currency=usd&customer={customer}&application_fee_amount=123");
    let charge = ask(&server, &token, "/v1/charges", &form);
    let refund = format!("charge={charge}&amount=400&refund_application_fee=true");
    ask(&server, &token, "/v1/refunds", &refund);
    let fee = server.ask(PLATFORM, "GET", "/v1/application_fees", "");
    let fee = fee.body.split('"').find(|part| part.starts_with("fee_")).unwrap().to_owned();
    ask(&server, PLATFORM, &format!("/v1/application_fees/{fee}/refunds"), "amount=10");
    let held = ask(&server, SELLER, "/v1/charges", "amount=900&currency=eur&source=tok_visa&capture=false");
    ask(&server, SELLER, &format!("/v1/charges/{held}/capture"), "amount=500");
    let held = ask(&server, SELLER, "/v1/charges", "amount=900&currency=usd&source=tok_visa&capture=false");
    ask(&server, SELLER, "/v1/refunds", &format!("charge={held}"));
    let declined =
        server.ask(SELLER, "POST", "/v1/charges", "amount=900&currency=usd&source=tok_chargeDeclined");
    assert_eq!(declined.status, 402, "{}", declined.body);
    // The first repetition comes soon, the next one so late that nothing moves while the state is compared.
    let until = Instant::now() + Duration::from_mins(1);
    let mut moved = false;
    while !deliveries(data).iter().any(|due| due.body.windows(10).any(|it| it == b"\"failed\":2")) {
        assert!(Instant::now() < until, "{:?}", deliveries(data));
        if !moved && deliveries(data).iter().any(|due| due.body.windows(10).any(|it| it == b"\"failed\":1")) {
            let answer = server.ask(PLATFORM, "POST", "/_tollbridge/clock", "advance=6");
            assert_eq!(answer.status, 200, "{}", answer.body);
            moved = true;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    server.signal("TERM");
    assert!(server.ended().success());
}

/// Looking takes the processor from what is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Lets what a first start begins by itself come to its end: a look at what the vault's keys have sealed, half a
/// minute later by the wall.
fn settled(data: &Path) {
    let mut server = Server::start_over(data);
    let until = Instant::now() + Duration::from_mins(4);
    let looking = |record: &Record| matches!(record, Record::Due(due) if due.key.queue == "reseal");
    while records(data).iter().any(looking) {
        assert!(Instant::now() < until, "it does not settle");
        std::thread::sleep(LOOK_AGAIN);
    }
    server.signal("TERM");
    assert!(server.ended().success());
}

#[test]
fn the_state_is_the_same_after_a_restart_and_in_every_home() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    lived_in(dir.path());
    settled(dir.path());
    let at = text(dir.path());
    assert_eq!(checked(&["--data", at]), (0, String::new()));
    let exported = |name: &str, home: &[&str]| {
        let to = dir.path().join(name);
        done(&[&["export", "--quiet", "--to", text(&to)], home].concat());
        to
    };
    let before = exported("before", &["--data", at]);
    let mut server = Server::start_over(dir.path());
    // While it runs, too.
    let meanwhile = exported("meanwhile", &["--data", at]);
    server.signal("TERM");
    assert!(server.ended().success());
    let after = exported("after", &["--data", at]);
    let stream = fs::read(&before).unwrap();
    assert!(stream == fs::read(&meanwhile).unwrap() && stream == fs::read(&after).unwrap());
    assert!(refused(&["export", "--to", text(&before), "--data", at]).contains("exists already"));

    let home = other.path().join("new");
    done(&["import", text(&before), "--data", text(&home)]);
    assert_eq!(checked(&["--data", text(&home)]), (0, String::new()));
    assert!(refused(&["import", text(&before), "--data", text(&home)]).contains("empty data directory"));
    assert!(stream == fs::read(exported("moved", &["--data", text(&home)])).unwrap());
    // With its key it serves as before.
    fs::copy(dir.path().join("vault.key"), home.join("vault.key")).unwrap();
    let server = Server::start_over(&home);
    let charges = server.ask(SELLER, "GET", "/v1/charges", "");
    assert_eq!(charges.body.matches("\"object\":\"charge\"").count(), 4, "{}", charges.body);
    drop(server);

    let cluster = Cluster::start().unwrap();
    let url = cluster.database("moved").unwrap();
    done(&["import", text(&before), "--database", &url]);
    assert_eq!(checked(&["--database", &url]), (0, String::new()));
    assert!(stream == fs::read(exported("from_postgres", &["--database", &url])).unwrap());
    assert!(refused(&["backup", "x", "--database", &url]).contains("pg_dump"));
}

#[test]
fn a_damaged_export_goes_nowhere() {
    let dir = TempDir::new().unwrap();
    let mut server = Server::start_over(dir.path());
    server.signal("TERM");
    assert!(server.ended().success());
    let (whole, damaged) = (dir.path().join("whole"), dir.path().join("damaged"));
    done(&["export", "--to", text(&whole), "--data", text(dir.path())]);
    assert_eq!(checked(&["--export", text(&whole)]), (0, String::new()));
    let mut stream = fs::read(&whole).unwrap();
    let middle = stream.len() / 2;
    stream[middle] ^= 1;
    fs::write(&damaged, &stream).unwrap();
    let (code, said) = checked(&["--export", text(&damaged)]);
    assert!(code == 1 && said.contains("checksum"), "{said}");
    let home = dir.path().join("new");
    assert!(refused(&["import", text(&damaged), "--data", text(&home)]).contains("damaged at byte"));
    assert!(!home.exists());
    assert_eq!(checked(&["--data", text(&home)]).0, 2);
    assert_eq!(checked(&["--export", text(&home)]).0, 2);
}

#[test]
fn a_backup_is_made_while_charges_are() {
    let (dir, copy) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let server = Server::start_over(dir.path());
    let to = database(copy.path());
    let made = std::thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let charging = scope.spawn(|| {
            let stopped = stopped;
            let mut made = 0;
            while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                ask(&server, SELLER, "/v1/charges", "amount=900&currency=usd&source=tok_visa");
                made += 1;
            }
            made
        });
        done(&["backup", text(&to), "--data", text(dir.path())]);
        assert!(refused(&["backup", text(&to), "--data", text(dir.path())]).contains("exists already"));
        drop(stop);
        charging.join().unwrap()
    });
    assert!(made > 0);
    let beside: Vec<_> = fs::read_dir(copy.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(beside, ["tollbridge.db"], "the copy is one file, and nothing else is left");
    assert_eq!(checked(&["--data", text(copy.path())]), (0, String::new()));
    assert_eq!(checked(&["--data", text(dir.path())]), (0, String::new()));
    drop(server);
    fs::copy(dir.path().join("vault.key"), copy.path().join("vault.key")).unwrap();
    let restored = Server::start_over(copy.path());
    ask(&restored, SELLER, "/v1/charges", "amount=900&currency=usd&source=tok_visa");
}

/// What is done to the state, and what `check` must say of it.
struct Damage {
    what: &'static str,
    load: Load,
    said: Vec<String>,
}

/// The one document of a kind whose body holds a text.
fn the<'r>(records: &'r [Record], kind: &str, with: &str) -> &'r Held {
    let held = |record: &'r Record| if let Record::Doc(held) = record { Some(held) } else { None };
    let mut found = records
        .iter()
        .filter_map(held)
        .filter(|held| held.doc.key.kind == kind && String::from_utf8_lossy(&held.doc.body).contains(with));
    found.next().expect("a document of this kind that says so")
}

/// Replaces a text of a document by another.
fn rewritten(what: &'static str, held: &Held, from: &str, to: &str, said: &[&str]) -> Damage {
    let body = String::from_utf8(held.doc.body.to_vec()).unwrap();
    assert!(body.contains(from), "{what}: {body}");
    let mut held = held.clone();
    held.doc.body = Bytes::from(body.replacen(from, to, 1));
    put(what, held, said)
}

fn put(what: &'static str, held: Held, said: &[&str]) -> Damage {
    let path = held.doc.key.path();
    let said = said.iter().map(|said| said.replace("{}", &path)).collect();
    Damage { what, load: Load { records: vec![Record::Doc(held)], ..Load::default() }, said }
}

fn erased(what: &'static str, held: &Held, said: &[&str]) -> Damage {
    let erase = Scope::Under(vec![held.doc.key.path()]);
    let said = said.iter().map(|said| said.replace("{}", &held.doc.key.path())).collect();
    Damage { what, load: Load { erase, records: Vec::new() }, said }
}

fn damages(records: &[Record]) -> Vec<Damage> {
    let doc = |kind: &str, with: &str| the(records, kind, with).clone();
    let charge = doc("charge", "\"amount_refunded\":400,");
    let unindexed = Held { index: Vec::new(), ..charge.clone() };
    let moved = doc("balance_transaction", "\"type\":\"charge\"");
    let counter = records.iter().find_map(|record| match record {
        Record::Counter { name, value } => Some((name.clone(), *value)),
        _ => None,
    });
    let (name, value) = counter.unwrap();
    let roster = doc("listeners", "\"connections\":[{");
    let connections = String::from_utf8(roster.doc.body.to_vec()).unwrap();
    let connections =
        connections.split_once("\"connections\":").unwrap().1.split_once(']').unwrap().0.to_owned();
    let waits = doc("event", "\"pending_webhooks\":1");
    let card = doc("card", "\"object\":\"card\"");
    let odd = Held::plain(Key::house("odd", "x"), 1, "{}");
    let half = Held::plain(archive::progress_key(), 1, "{}");
    vec![
        rewritten(
            "a sum",
            &charge,
            "\"amount_refunded\":400,",
            "\"amount_refunded\":300,",
            &["{}\n  expected: amount_refunded of 400, the sum of its parts\n  found:    300\n"],
        ),
        rewritten(
            "a bound",
            &doc("charge", "\"captured\":false"),
            "\"amount_captured\":0",
            "\"amount_captured\":901",
            &[
                "{}\n  expected: amount_captured from 0 to 900\n  found:    901\n",
                "{}\n  expected: a balance transaction where money was taken, and only there\n  found:    captured true\n",
            ],
        ),
        rewritten(
            "a ledger",
            &moved,
            "\"account\":\"processing_fees\",\"currency\":\"usd\",\"amount\":",
            "\"account\":\"processing_fees\",\"currency\":\"usd\",\"amount\":1",
            &["{}\n  expected: ledger entries that sum to zero"],
        ),
        rewritten(
            "a fee",
            &moved,
            "\"fee\":",
            "\"fee\":1",
            &["{}\n  expected: fee ", "{}\n  expected: net "],
        ),
        Damage {
            what: "a balance",
            load: Load {
                records: vec![Record::Counter { name: name.clone(), value: value + 1 }],
                ..Load::default()
            },
            said: vec![format!(
                "{}\n  expected: counters that hold what was moved\n  found:    +1 too much\n",
                name.rsplit_once('/').unwrap().0
            )],
        },
        put("an index", unindexed, &["{}\n  expected: the index keys"]),
        rewritten("a roster", &roster, &connections, "[", &["acct_seller/t/connection/"]),
        erased("a card", &card, &["default_source that leads to {} with customer"]),
        erased("an event", &waits, &["event that leads to {}\n  found:    nothing there"]),
        rewritten(
            "a count",
            &waits,
            "\"pending_webhooks\":1",
            "\"pending_webhooks\":0",
            &["{}\n  expected: pending_webhooks of at least 1, the sum of its parts\n  found:    0\n"],
        ),
        rewritten(
            "a type",
            &doc("user", "seller@"),
            "\"created\":",
            "\"created\":\"x\",\"was\":",
            &["{}\n  expected: a document that reads as user", "owner that leads to {} with account"],
        ),
        rewritten(
            "a person",
            &doc("user", "seller@"),
            "\"accounts\":[\"acct_seller\"]",
            "\"accounts\":[]",
            &[
                "acct_seller/t/account/acct_seller\n  expected: owner that leads to {} with account acct_seller",
            ],
        ),
        put(
            "a kind",
            odd,
            &["{}\n  expected: a document of a kind that this release keeps\n  found:    odd\n"],
        ),
        put("an import", half, &["{}\n  expected: an import that has ended"]),
    ]
}

#[test]
fn each_damage_is_told() {
    let dir = TempDir::new().unwrap();
    lived_in(dir.path());
    let whole = records(dir.path());
    for Damage { what, load, said } in damages(&whole) {
        let put = |load| {
            let store = Sqlite::open(&database(dir.path()), Options::default()).unwrap();
            block_on(store.load(load)).unwrap();
        };
        put(load);
        let (code, told) = checked(&["--data", text(dir.path())]);
        assert_eq!(code, 1, "{what}: {told}");
        for said in &said {
            assert!(told.contains(said.as_str()), "{what}: {said:?} is not in:\n{told}");
        }
        assert_eq!(told.matches("  expected: ").count(), said.len(), "{what}:\n{told}");
        if what == "an import" {
            let at = text(dir.path());
            assert!(refused(&["dev", "--port", "0", "--data", at]).contains("tollbridge import"));
            assert!(refused(&["export", "--data", at]).contains("tollbridge import"));
        }
        put(Load { erase: Scope::All, records: whole.clone() });
    }
    assert_eq!(checked(&["--data", text(dir.path())]), (0, String::new()));
}
