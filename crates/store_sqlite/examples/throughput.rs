//! How many durable units a second: `cargo run --release -p store_sqlite --example throughput [DIR]`.
//! Pin it with `taskset -c 0` for one core. The directory should be on the disk in question.
#![expect(clippy::unwrap_used, clippy::float_arithmetic, reason = "a measurement, not a part of the program")]
use std::{
    fs::File,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Add, Bytes, Commit, Due, DueKey, IndexKey, Key, Put, Query, Store, Unit};
use store_sqlite::{Options, Sqlite};

const TASKS: u64 = 64;
const TIME: Duration = Duration::from_secs(4);

/// Ids that rise with time, as the program's do.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn id(prefix: &str) -> String {
    format!("{prefix}_{:014x}Qv7Zk2", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn put(account: &str, kind: &'static str, id: String, expect: u64, bytes: usize) -> Put {
    Put {
        key: Key::new(account, false, kind, id),
        expect,
        body: Some(Bytes::from(vec![b'x'; bytes])),
        index: vec![],
        stale: vec![],
        expires: None,
    }
}

fn small(account: &str) -> Unit {
    let puts = vec![put(account, "customer", id("cus"), 0, 700), put(account, "event", id("evt"), 0, 1000)];
    Unit { puts, ..Unit::default() }
}

fn charge(account: &str, token: &str, version: u64) -> Unit {
    let add = |name: &str| Add { counter: format!("{account}/t/{name}/usd"), by: 100, floor: None };
    let due = Due {
        key: DueKey { queue: "deliver", at_ms: NEXT.load(Ordering::Relaxed) as i64, id: id("due") },
        body: Bytes::from(vec![b'x'; 80]),
    };
    let listed = Put {
        index: vec![IndexKey::listed("customer", "cus_00000000000001")],
        ..put(account, "charge", id("ch"), 0, 3000)
    };
    Unit {
        checks: vec![],
        puts: vec![
            listed,
            put(account, "event", id("evt"), 0, 3400),
            put(account, "balance_transaction", id("txn"), 0, 600),
            put(account, "token", token.into(), version, 900),
        ],
        adds: vec![add("pending"), add("fees"), add("network")],
        due: vec![due],
        done: vec![],
        patient: false,
    }
}

/// The processor time of this process so far. Unlike the wall's, it says the same on a busy machine.
fn busy() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split(' ');
    let ticks: u64 = fields.skip(12).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

async fn measure(store: &Arc<Sqlite>, name: &str, accounts: u64, unit: fn(&str, &str, u64) -> Unit) {
    let (started, before) = (Instant::now(), busy());
    let mut latencies = Vec::new();
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                let account = format!("acct_1{:013x}", task % accounts);
                let token = format!("tok_{task}");
                let key = Key::new(account.as_str(), false, "token", token.as_str());
                let mut version = store.get(&key).await.unwrap().map_or(0, |doc| doc.version);
                let mut latencies = Vec::new();
                while started.elapsed() < TIME {
                    let sent = Instant::now();
                    assert_eq!(store.commit(unit(&account, &token, version)).await, Ok(Commit::Done));
                    latencies.push(sent.elapsed());
                    version += 1;
                }
                latencies
            })
        })
        .collect();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    let rate = latencies.len() as f64 / started.elapsed().as_secs_f64();
    let each = busy().saturating_sub(before) / latencies.len() as u32;
    latencies.sort_unstable();
    let at = |share: f64| latencies[(latencies.len() as f64 * share) as usize];
    println!(
        "{name:32} {rate:8.0}/s  {each:?} of processor each   p50 {:?}  p99 {:?}  p99.9 {:?}",
        at(0.5),
        at(0.99),
        at(0.999)
    );
}

async fn reads(store: &Arc<Sqlite>) {
    let query = Query {
        account: format!("acct_1{:013x}", 0),
        live: false,
        kind: "customer",
        by: None,
        after: None,
        before: None,
        skip: 0,
        limit: 10,
    };
    let page = store.list(&query).await.unwrap();
    let each = |name: &str, times: u32, took: Duration| println!("{name:32} {:?} each", took / times);
    let started = Instant::now();
    for _ in 0..20_000 {
        store.list(&query).await.unwrap();
    }
    each("list 10", 20_000, started.elapsed());
    let by = Query { kind: "charge", by: Some(("customer", "cus_00000000000001".into())), ..query.clone() };
    let started = Instant::now();
    for _ in 0..20_000 {
        store.list(&by).await.unwrap();
    }
    each("list 10 by an index", 20_000, started.elapsed());
    let started = Instant::now();
    for _ in 0..500_000 {
        store.get(&page[0].key).await.unwrap();
    }
    each("get, in the cache", 500_000, started.elapsed());
    let old = store.list(&Query { limit: 20_000, skip: 100, ..query }).await.unwrap();
    let started = Instant::now();
    for doc in &old {
        store.get(&doc.key).await.unwrap();
    }
    each(&format!("get, {} others", old.len()), old.len() as u32, started.elapsed());
}

fn main() {
    let dir = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let dir = tempfile::TempDir::new_in(dir).unwrap();
    let mut times: Vec<Duration> = Vec::new();
    let mut file = File::create(dir.path().join("plain")).unwrap();
    for _ in 0..500 {
        let started = Instant::now();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        times.push(started.elapsed());
    }
    times.sort_unstable();
    println!("{:32} p50 {:?}", "append 4 KB and fdatasync", times[250]);

    let store = Arc::new(Sqlite::open(&dir.path().join("data.db"), Options::default()).unwrap());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
    runtime.block_on(async {
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..1000 {
            let started = Instant::now();
            store.commit(small("acct_alone")).await.unwrap();
            times.push(started.elapsed());
        }
        times.sort_unstable();
        println!("{:32} p50 {:?}", "one small unit at a time", times[500]);
        for accounts in [TASKS, 1] {
            println!("{TASKS} tasks in {accounts} accounts:");
            measure(&store, "small (0.7 + 1 KB)", accounts, |account, _, _| small(account)).await;
            measure(&store, "charge (3 + 3.4 + 0.6, update)", accounts, charge).await;
        }
        reads(&store).await;
    });
}
