//! What is left when the program or the power ends: copies of the files, as they lie at that moment, are opened again.
use super::*;
use std::path::Path;

fn copy(from: &Path, to: &Path) {
    // The file before its log: a checkpoint in between puts into the log copy nothing that it needs.
    for name in ["data.db", "data.db-wal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
    copy_journal(from, to);
}

fn copy_journal(from: &Path, to: &Path) {
    for name in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().file_name()) {
        if name.to_str().unwrap().starts_with("data.db-journal-") {
            std::fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

/// A copy of the files, taken while units are committed, is what a crash at that moment leaves: everything
/// acknowledged before is there, and nothing in part. Fewer pages than a checkpoint, so that the file stands
/// still while the log is copied.
#[test]
fn a_crash_keeps_what_was_acknowledged_and_nothing_in_part() {
    let dir = TempDir::new().unwrap();
    let store = Arc::new(open(&dir));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let writer = {
        let (store, acknowledged, over) = (Arc::clone(&store), Arc::clone(&acknowledged), Arc::clone(&over));
        std::thread::spawn(move || {
            for n in 1..=300_u64 {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let written = Unit {
                    adds: vec![Add { counter: "acct_test/t/n".into(), by: 1, floor: None }],
                    ..unit(vec![
                        put(&format!("a_{n:05}"), 0, "a"),
                        Put {
                            index: vec![IndexKey::unique("n", n.to_string())],
                            ..put(&format!("b_{n:05}"), 0, "b")
                        },
                    ])
                };
                assert_eq!(block_on(store.commit(written)), Ok(Commit::Done));
                acknowledged.store(n, Ordering::SeqCst);
            }
        })
    };
    for round in 0..10 {
        while acknowledged.load(Ordering::SeqCst) < round * 10 + 1 {
            std::thread::yield_now();
        }
        let there = TempDir::new().unwrap();
        let before = acknowledged.load(Ordering::SeqCst);
        copy(dir.path(), there.path());
        let after = open(&there);
        let n = block_on(after.counters("acct_test/t/n")).unwrap()[0].1 as u64;
        assert!(n >= before, "{n} of {before} acknowledged");
        for i in 1..=n + 1 {
            let whole = (i <= n).then(|| key(&format!("b_{i:05}")));
            assert_eq!(body(&after, &format!("a_{i:05}")).is_some(), i <= n);
            assert_eq!(body(&after, &format!("b_{i:05}")).is_some(), i <= n);
            let found = block_on(after.find("n", Box::leak(i.to_string().into_boxed_str()))).unwrap();
            assert_eq!(found.map(|doc| doc.key), whole);
        }
    }
    over.store(true, Ordering::Relaxed);
    writer.join().unwrap();
}

/// A power cut may take from the tables whatever was not copied back; the journal has it. Every change counts once,
/// and the record that was being written when the power went counts for nothing.
#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let add = |by| vec![Add { counter: "acct_test/t/n".into(), by, floor: None }];
    let due = |id: &str| Due {
        key: DueKey { queue: "mail", at_ms: 5, id: id.into() },
        body: Bytes::from_static(b"hello"),
    };
    let email = |value: &str| vec![IndexKey::unique("email", value), IndexKey::listed("of", value)];
    let first = Unit {
        adds: add(7),
        due: vec![due("a"), due("b")],
        ..unit(vec![Put { index: email("a@b"), ..put("a", 0, "first") }, put("gone", 0, "gone")])
    };
    let second = Unit {
        adds: add(-2),
        done: vec![due("a").key],
        ..unit(vec![
            Put { index: email("c@d"), stale: email("a@b"), ..put("a", 1, "second") },
            Put { body: None, ..put("gone", 1, "") },
            Put { expires: Some(10), ..put("old", 0, "old") },
        ])
    };
    let third = unit(vec![put("a", 2, "third")]);
    for unit in [first, second, third] {
        assert_eq!(block_on(store.commit(unit)), Ok(Commit::Done));
    }
    assert_eq!(block_on(store.sweep(11, 9)), Ok(1));
    // Nothing was copied back yet, so the file alone is what the worst power cut leaves of the tables.
    let cut = TempDir::new().unwrap();
    std::fs::copy(dir.path().join("data.db"), cut.path().join("data.db")).unwrap();
    copy_journal(dir.path(), cut.path());
    let journal = std::fs::read_dir(cut.path()).unwrap().map(|entry| entry.unwrap().path());
    let journal = journal.filter(|path| path.to_str().unwrap().contains("-journal-")).max().unwrap();
    let torn = [std::fs::read(&journal).unwrap(), vec![0xff, b'T', b'B', 1, 200, 0, 0, 0, 9]].concat();
    std::fs::write(&journal, torn).unwrap();

    for _ in 0..2 {
        let after = open(&cut);
        assert_eq!(body(&after, "a").as_deref(), Some("third"));
        assert_eq!((body(&after, "gone"), body(&after, "old")), (None, None));
        assert_eq!(block_on(after.find("email", "c@d")).unwrap().unwrap().version, 3);
        assert_eq!(block_on(after.find("email", "a@b")), Ok(None));
        assert_eq!(block_on(after.counters("acct_test/")), Ok(vec![("acct_test/t/n".into(), 5)]));
        assert_eq!(block_on(after.claim("mail", 10, 1, 9)), Ok(vec![due("b")]));
        let mut flaws = Vec::new();
        let mut all = block_on(after.snapshot(store::Scope::All)).unwrap();
        block_on(all.audit(&mut |flaw| flaws.push(flaw))).unwrap();
        assert_eq!(flaws, []);
    }
    let after = open(&cut);
    assert_eq!(block_on(after.commit(unit(vec![put("a", 3, "fourth")]))), Ok(Commit::Done));
    drop(after);
    assert_eq!(body(&open(&cut), "a").as_deref(), Some("fourth"));
}

/// The journal belongs to the file: without it, or with less of it, nothing is served.
#[test]
fn a_missing_journal_is_noticed() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    for n in 0..20 {
        let written = unit(vec![put(&format!("m_{n}"), 0, "body")]);
        assert_eq!(block_on(store.commit(written)), Ok(Commit::Done));
    }
    // Whoever lists has the tables committed, so they know of all of it.
    let listed = block_on(store.list(&Query::newest("acct_test", false, "thing", None, 100)));
    assert_eq!(listed.unwrap().len(), 20);
    let there = TempDir::new().unwrap();
    copy(dir.path(), there.path());
    let journal = std::fs::read_dir(there.path()).unwrap().map(|entry| entry.unwrap().path());
    let journal: Vec<_> = journal.filter(|path| path.to_str().unwrap().contains("-journal-")).collect();
    let whole = std::fs::metadata(&journal[0]).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&journal[0]).unwrap().set_len(whole - 1).unwrap();
    let path = there.path().join("data.db");
    let refused = Sqlite::open(&path, Options::default()).err().unwrap();
    assert!(refused.to_string().contains("1 bytes of its journal are missing"), "{refused}");
    std::fs::remove_file(&journal[0]).unwrap();
    let refused = Sqlite::open(&path, Options::default()).err().unwrap();
    assert!(refused.to_string().contains("of its journal are missing"), "{refused}");
}

/// A quiet database is one file, and what was settled into it reads as before, also for whoever began to read
/// earlier.
#[test]
fn a_quiet_database_settles_into_its_file() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let long = "x".repeat(3000);
    for n in 0..40 {
        let written = unit((0..10).map(|m| put(&format!("s_{n:02}_{m}"), 0, &long)).collect());
        assert_eq!(block_on(store.commit(written)), Ok(Commit::Done));
    }
    assert_eq!(block_on(store.commit(unit(vec![put("s_00_0", 1, "changed")]))), Ok(Commit::Done));
    let mut earlier = block_on(store.snapshot(store::Scope::All)).unwrap();
    let journals = || {
        let names = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_str().unwrap().contains("-journal-")).count()
    };
    let begun = std::time::Instant::now();
    while journals() > 0 {
        assert!(begun.elapsed().as_secs() < 30, "it does not settle");
        std::thread::yield_now();
    }
    let of = |record: &store::Record| match record {
        store::Record::Doc(held) => (held.doc.key.id.clone(), held.doc.body.len()),
        other => panic!("{other:?}"),
    };
    let all = |snapshot: &mut dyn store::Snapshot| {
        let mut all = Vec::new();
        loop {
            let next = block_on(snapshot.next(64)).unwrap();
            if next.is_empty() {
                return all;
            }
            all.extend(next.iter().map(of));
        }
    };
    let seen = all(&mut *earlier);
    assert_eq!(seen.len(), 400);
    assert_eq!(all(&mut *block_on(store.snapshot(store::Scope::All)).unwrap()), seen);
    drop(store);
    let store = open(&dir);
    assert_eq!(body(&store, "s_00_0").as_deref(), Some("changed"));
    assert_eq!(body(&store, "s_39_9").as_deref(), Some(&*long));
}
