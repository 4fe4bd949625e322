//! Streams: any state survives the way through one, and no damage passes.
#![expect(clippy::unwrap_used, reason = "what fails here must fail the test")]
use archive::{FORMAT, Opened, Summary, Trouble, import, prove, write};
use proptest::prelude::*;
use std::{collections::BTreeMap, io::Read as _, io::Write as _, panic::AssertUnwindSafe};
use store::{Bytes, Doc, Due, DueKey, Held, IndexKey, Key, Load, Memory, Record, Scope, Snapshot, Store};
use store_sqlite::{Options, Sqlite};
use tempfile::TempDir;

const DOCUMENTS: u32 = 1;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn ignore(_: u64) {}

fn export(store: &dyn Store) -> Result<Vec<u8>, Trouble> {
    let mut snapshot = block_on(store.snapshot(Scope::All)).unwrap();
    Ok(block_on(write(&mut *snapshot, Vec::new(), DOCUMENTS, &mut ignore))?.1)
}

fn taken_in(store: &dyn Store, stream: &[u8]) -> Result<Summary, Trouble> {
    block_on(import(store, stream, DOCUMENTS, &mut ignore, &mut || {}))
}

fn proved(stream: &[u8]) -> Result<Summary, Trouble> {
    prove(stream, DOCUMENTS, &mut ignore)
}

fn filled(store: &dyn Store, records: Vec<Record>) {
    block_on(store.load(Load { records, ..Load::default() })).unwrap();
}

fn file(dir: &TempDir, name: &str) -> Sqlite {
    Sqlite::open(&dir.path().join(name), Options::default()).unwrap()
}

fn held(number: u32, body: impl Into<Bytes>) -> Record {
    Record::Doc(Held::plain(Key::new("acct_1", false, "thing", format!("{number:08}")), 1, body))
}

/// A few records of every sort.
fn small() -> Vec<Record> {
    let doc = Doc { key: Key::house("user", "user_1"), version: 3, body: "{\"id\":1}\n{}".into() };
    let index = vec![IndexKey::listed("of", "a/b"), IndexKey::unique("email", "ä@b")];
    let key = DueKey { queue: "webhook", at_ms: 1_700_000_000_000, id: "acct_1/evt.we".into() };
    vec![
        Record::Doc(Held { doc, index, expires: Some(2_000_000_000) }),
        held(1, "plain"),
        Record::Counter { name: "acct_1/t/balance/usd/1".into(), value: -7 },
        Record::Due(Due { key, body: "{}".into() }),
    ]
}

/// Enough of what does not compress for several blocks.
fn large() -> Vec<Record> {
    let mut state = 1u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..70).map(|number| held(number, (0..64 * 1024).map(|_| noise()).collect::<Vec<u8>>())).collect()
}

type Any = (BTreeMap<String, (bool, bool, Vec<u8>, u64)>, BTreeMap<String, i64>, BTreeMap<String, i64>);

fn any_state() -> impl Strategy<Value = Any> {
    let name = "(acct_1|acct_1b|~)/(l|t)/(charge|card|x)/[a-z0-9_./=-]{1,8}";
    let doc =
        (any::<bool>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..60), 1..u64::from(u32::MAX));
    (
        prop::collection::btree_map(name, doc, 0..30),
        prop::collection::btree_map("acct_[12]/t/[a-z]{1,3}/[0-9]{1,4}", any::<i64>(), 0..8),
        prop::collection::btree_map("acct_[12]/[a-z.]{1,8}", 0..2_000_000_000_000i64, 0..8),
    )
}

fn records((docs, counters, due): Any) -> Vec<Record> {
    let mut records = Vec::new();
    for (path, (indexed, expires, body, version)) in docs {
        let key = Key::parse(&path).unwrap();
        let mut index = Vec::new();
        if indexed {
            index =
                vec![IndexKey::listed("of", format!("v/{}", version % 3)), IndexKey::unique("only", path)];
        }
        let expires = expires.then_some(version as i64);
        records.push(Record::Doc(Held { doc: Doc { key, version, body: body.into() }, index, expires }));
    }
    records.extend(counters.into_iter().map(|(name, value)| Record::Counter { name, value }));
    records.extend(due.into_iter().map(|(id, at_ms)| {
        let body = Bytes::from(id.clone());
        Record::Due(Due { key: DueKey { queue: "webhook", at_ms, id }, body })
    }));
    records
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_state_is_the_same_after_the_way_through_each_home(state in any_state()) {
        let dir = TempDir::new().unwrap();
        let (first, second, third) = (Memory::new(), file(&dir, "data.db"), Memory::new());
        filled(&first, records(state));
        let stream = export(&first).unwrap();
        let summary = proved(&stream).unwrap();
        prop_assert_eq!(&taken_in(&second, &stream).unwrap(), &summary);
        prop_assert_eq!(&export(&second).unwrap(), &stream);
        prop_assert_eq!(&taken_in(&third, &stream).unwrap(), &summary);
        prop_assert_eq!(&export(&third).unwrap(), &stream);
    }
}

#[test]
fn every_flipped_bit_and_every_missing_byte_is_found() {
    let home = Memory::new();
    filled(&home, small());
    let stream = export(&home).unwrap();
    assert_eq!(proved(&stream).unwrap().records(), 4);
    for at in 0..stream.len() {
        assert!(proved(&stream[..at]).is_err(), "cut at {at}");
        for bit in 0..8 {
            let mut damaged = stream.clone();
            damaged[at] ^= 1 << bit;
            assert!(proved(&damaged).is_err(), "bit {bit} of byte {at}");
        }
    }
    assert!(proved(&[&stream[..], b"\0"].concat()).is_err());
    assert!(proved(&[&stream[..], &stream[..]].concat()).is_err());
}

#[test]
fn blocks_cannot_change_places() {
    let home = Memory::new();
    filled(&home, large());
    let stream = export(&home).unwrap();
    // The header, then the first two parts, by the lengths that they give.
    let length =
        |at: usize| 13 + u32::from_le_bytes(stream[at + 9..at + 13].try_into().unwrap()) as usize + 16;
    let first = 12 + 8 + 16;
    let second = first + length(first);
    let third = second + length(second);
    let swapped =
        [&stream[..first], &stream[second..third], &stream[first..second], &stream[third..]].concat();
    assert_eq!(swapped.len(), stream.len());
    assert!(matches!(proved(&swapped), Err(Trouble::Damaged { .. })));
}

#[test]
fn an_import_that_is_cut_short_anywhere_goes_on() {
    let dir = TempDir::new().unwrap();
    let origin = Memory::new();
    filled(&origin, [large(), small().split_off(2)].concat());
    let stream = export(&origin).unwrap();
    let mut home = Some(file(&dir, "data.db"));
    // It ends again and again, each time a block further, and its process with it.
    for end in (0..stream.len()).step_by(600 * 1024) {
        let store = home.take().unwrap();
        let cut = stream.as_slice().take(end as u64);
        let cut = block_on(import(&store, cut, DOCUMENTS, &mut ignore, &mut || {}));
        assert!(cut.is_err(), "{end}");
        drop(store);
        home = Some(file(&dir, "data.db"));
    }
    let store = home.take().unwrap();
    assert!(block_on(archive::is_half(&store)).unwrap());
    assert!(matches!(export(&store), Err(Trouble::Half)));
    // Then after the last block, before it was compared.
    let dies = std::panic::catch_unwind(AssertUnwindSafe(|| {
        block_on(import(&store, &*stream, DOCUMENTS, &mut ignore, &mut || panic!("the process ends here")))
    }));
    assert!(dies.is_err());
    let mut bytes = 0;
    let done = block_on(import(&store, &*stream, DOCUMENTS, &mut |more| bytes += more, &mut || {})).unwrap();
    assert_eq!(done, proved(&stream).unwrap());
    assert!(bytes > 0);
    assert!(!block_on(archive::is_half(&store)).unwrap());
    assert_eq!(export(&store).unwrap(), stream);
}

#[test]
fn only_an_empty_home_takes_a_stream() {
    let origin = Memory::new();
    filled(&origin, small());
    let stream = export(&origin).unwrap();
    assert!(matches!(taken_in(&origin, &stream), Err(Trouble::NotEmpty)));

    let (home, other) = (Memory::new(), Memory::new());
    filled(&other, large());
    let larger = export(&other).unwrap();
    assert!(
        block_on(import(&home, larger.as_slice().take(2_000_000), DOCUMENTS, &mut ignore, &mut || {}))
            .is_err()
    );
    assert!(matches!(taken_in(&home, &stream), Err(Trouble::OtherStream)));
    // What was written beside the import shows in the comparison.
    filled(&home, vec![held(u32::MAX, "another")]);
    assert!(matches!(taken_in(&home, &larger), Err(Trouble::Differs)));
}

#[test]
fn what_a_later_release_wrote_is_refused() {
    let home = Memory::new();
    filled(&home, small());
    let mut stream = export(&home).unwrap();
    assert!(matches!(prove(&*stream, 0, &mut ignore), Err(Trouble::NewerDocuments(DOCUMENTS))));
    stream[12] = 2;
    assert!(matches!(proved(&stream), Err(Trouble::Newer(2))));
    assert_eq!(FORMAT, 1);
    assert!(matches!(proved(b"PK\x03\x04 something else"), Err(Trouble::Foreign)));
    assert!(matches!(proved(b""), Err(Trouble::Foreign)));
}

/// What this release writes, byte for byte: a change here is a change of the format.
#[test]
fn the_format_stays_as_it_is() {
    let empty = export(&Memory::new()).unwrap();
    assert_eq!(empty.len(), 36 + 1 + 24 + 32 + 16);
    assert_eq!(&empty[..20], b"\x89tollbridge\n\x01\0\0\0\x01\0\0\0");
    assert_eq!(empty[36], 2);
}

#[test]
fn a_file_is_walked_like_a_home() {
    let home = Memory::new();
    filled(&home, [large(), small()].concat());
    let mut written = tempfile::tempfile().unwrap();
    written.write_all(&export(&home).unwrap()).unwrap();
    let mut opened = Opened::new(written, DOCUMENTS).unwrap();
    let all = |snapshot: &mut dyn Snapshot| {
        let mut all = Vec::new();
        loop {
            let some = block_on(snapshot.next(7)).unwrap();
            if some.is_empty() {
                return all;
            }
            all.extend(some);
        }
    };
    let expected = all(&mut *block_on(home.snapshot(Scope::All)).unwrap());
    assert_eq!(all(&mut opened), expected);
    opened.rewind();
    assert_eq!(all(&mut opened), expected);
    opened.seek("acct_1/t/thing/00000068");
    let rest = all(&mut opened);
    assert_eq!(rest, expected[69..]);
    let mut flaws = Vec::new();
    block_on(opened.audit(&mut |flaw| flaws.push(flaw))).unwrap();
    assert_eq!(flaws, []);
}
