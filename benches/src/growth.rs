//! What a request costs as an account grows: the same requests against files that hold more and more customers.
//!
//! The customers are copies of one that the server made, with ids of the same moment, put into the file past the
//! server: over HTTP the largest size would take hours.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;
use store::{Bytes, Doc, Held, IndexKey, Key, Load, Query, Record, Scope, Store};
use store_sqlite::{Options, Sqlite};

use crate::Result;
use crate::compare::Directory;
use crate::http::Client;
use crate::load::median;
use crate::process::Server;

/// How many customers are put into the file at once.
const LOAD: u64 = 20_000;
/// One customer in so many has the address that is filtered by.
const SHARED_ONE_IN: u64 = 100;
/// How often each size is measured; the median counts.
const ROUNDS: usize = 3;
/// How much more a request may cost in a larger account.
const RATIO_MAX: f64 = 1.5;
const ACCOUNT: &str = "acct_platform";
const SECRET: &str = "Bearer sk_test_TollbridgePlatformSecret";
const KIND: &str = "customer";
const EMAIL: &str = "jenny.rosen@example.com";
const CREATE: &str =
    "email=jenny.rosen%40example.com&name=Jenny+Rosen&description=A+regular&metadata%5Border%5D=1234";

/// What is measured.
pub(crate) struct Settings {
    pub(crate) product: PathBuf,
    /// How many customers, from small to large.
    pub(crate) sizes: Vec<u64>,
    /// How many requests of each kind count.
    pub(crate) requests: usize,
    pub(crate) server_cpu: String,
    /// Directory on the disk to measure.
    pub(crate) data: PathBuf,
}

/// What one size costs.
#[derive(Debug, Serialize)]
pub(crate) struct Grown {
    customers: u64,
    /// Bytes in the data directory.
    bytes: u64,
    filled_s: f64,
    /// Median time of each request, in microseconds, in the order of [`REQUESTS`].
    median_us: Vec<f64>,
}

const REQUESTS: [&str; 5] =
    ["create, durable", "retrieve by id", "list 10", "list 10, filtered", "list 10, filtered, nothing found"];

/// Fills all files first; then, round by round, measures one after the other. Says how it goes on stderr.
pub(crate) fn measure(settings: &Settings) -> Result<Vec<Grown>> {
    let files: Result<Vec<Filled>> = settings.sizes.iter().map(|size| Filled::new(settings, *size)).collect();
    let files = files?;
    let mut rounds: Vec<Vec<Vec<f64>>> = files.iter().map(|_| Vec::new()).collect();
    for round in 1..=ROUNDS {
        for (file, rounds) in files.iter().zip(&mut rounds) {
            let server = file.serve(settings)?;
            let median_us = requests(&mut server.client()?, &file.ids, settings.requests)?;
            eprintln!("round {round}, {} customers: {median_us:.0?} µs", file.ids.count);
            rounds.push(median_us);
        }
    }
    let grown = files.iter().zip(&rounds).map(|(file, rounds)| Grown {
        customers: file.ids.count,
        bytes: file.bytes,
        filled_s: file.filled_s,
        median_us: (0..REQUESTS.len())
            .map(|n| median(rounds.iter().filter_map(|round| round.get(n).copied())))
            .collect(),
    });
    Ok(grown.collect())
}

/// A data directory with its customers.
struct Filled {
    data: Directory,
    ids: Ids,
    bytes: u64,
    filled_s: f64,
}

impl Filled {
    fn new(settings: &Settings, customers: u64) -> Result<Self> {
        let data = settings.data.join(format!("growth-{}-{customers}", std::process::id()));
        std::fs::create_dir_all(&data)?;
        let data = Directory::of(data);
        let ids = Ids { prefix: String::new(), digits: 10, count: customers };
        let mut filled = Filled { data, ids, bytes: 0, filled_s: 0.0 };
        let server = filled.serve(settings)?;
        let (status, made) = server.client()?.post("/v1/customers", SECRET, CREATE)?;
        if status != 200 {
            return Err(format!("a customer: {status} {}", String::from_utf8_lossy(&made)).into());
        }
        drop(server);
        let began = Instant::now();
        fill(&filled.data.path().join("tollbridge.db"), &mut filled.ids)?;
        filled.filled_s = began.elapsed().as_secs_f64();
        for entry in std::fs::read_dir(filled.data.path())? {
            let entry = entry?;
            filled.bytes += entry.metadata()?.len();
            // What the system still has to write would be written while requests are measured.
            std::fs::File::open(entry.path())?.sync_all()?;
        }
        eprintln!("{customers} customers: {:.3} GB in {:.0} s", filled.bytes as f64 / 1e9, filled.filled_s);
        Ok(filled)
    }

    fn serve(&self, settings: &Settings) -> Result<Server> {
        let args = ["dev", "--port", "0", "--data"].map(str::to_owned);
        let args: Vec<String> = args.into_iter().chain([self.data.path().display().to_string()]).collect();
        Server::start(&settings.product, &args, &settings.server_cpu)
    }
}

/// How the ids of the customers are made from their number.
struct Ids {
    prefix: String,
    digits: usize,
    count: u64,
}

impl Ids {
    fn id(&self, number: u64) -> String {
        format!("{}{number:0width$}", self.prefix, width = self.digits)
    }
}

/// Copies the one customer of the file until there are so many.
fn fill(path: &Path, ids: &mut Ids) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let store = Sqlite::open(path, Options::default())?;
        let newest = store.list(&Query::newest(ACCOUNT, false, KIND, None, 1)).await?;
        let [model] = newest.as_slice() else {
            return Err("the server's customer is not in its file".into());
        };
        let body = String::from_utf8(model.body.to_vec())?;
        let begins = model.key.id.len().saturating_sub(ids.digits);
        model.key.id.get(..begins).ok_or("an id is short")?.clone_into(&mut ids.prefix);
        let mut next = 0;
        while next < ids.count {
            let until = ids.count.min(next + LOAD);
            let records = (next..until).map(|number| record(ids, &model.key.id, &body, number)).collect();
            store.load(Load { erase: Scope::default(), records }).await?;
            next = until;
        }
        Ok(())
    })
}

fn record(ids: &Ids, model: &str, body: &str, number: u64) -> Record {
    let id = ids.id(number);
    let shared = number.is_multiple_of(SHARED_ONE_IN);
    let email = if shared { EMAIL.to_owned() } else { format!("jenny.{number:010}@example.com") };
    let body = body.replace(model, &id).replace(EMAIL, &email);
    let doc = Doc { key: Key::new(ACCOUNT, false, KIND, id), version: 1, body: Bytes::from(body) };
    Record::Doc(Held { doc, index: vec![IndexKey::listed("email", email)], expires: None })
}

/// Median time of each request, in microseconds. They take turns, so that what disturbs one disturbs all.
fn requests(client: &mut Client, ids: &Ids, count: usize) -> Result<Vec<f64>> {
    let mut times: Vec<Vec<f64>> = REQUESTS.iter().map(|_| Vec::with_capacity(count)).collect();
    let warm_up = count / 10;
    for turn in 0..count + warm_up {
        // Far apart, and never the same twice in a row.
        let number = (turn as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) % ids.count;
        let one = format!("/v1/customers/{}", ids.id(number));
        for (n, times) in times.iter_mut().enumerate() {
            let began = Instant::now();
            let (status, answer) = match n {
                0 => client.post("/v1/customers", SECRET, CREATE)?,
                1 => client.get(&one, SECRET)?,
                2 => client.get("/v1/customers?limit=10", SECRET)?,
                3 => client.get("/v1/customers?limit=10&email=jenny.rosen%40example.com", SECRET)?,
                _ => client.get("/v1/customers?limit=10&email=nobody%40example.com", SECRET)?,
            };
            let took = began.elapsed();
            let what = REQUESTS.get(n).copied().unwrap_or_default();
            if status != 200 {
                return Err(format!("{what}: {status} {}", String::from_utf8_lossy(&answer)).into());
            }
            if turn >= warm_up {
                times.push(micros(took));
            }
        }
    }
    Ok(times.into_iter().map(median).collect())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The largest cost over the smallest, of each request.
fn ratios(grown: &[Grown]) -> Vec<f64> {
    let of = |n: usize| {
        let times = || grown.iter().filter_map(|one| one.median_us.get(n).copied());
        times().fold(0.0, f64::max) / times().fold(f64::INFINITY, f64::min)
    };
    (0..REQUESTS.len()).map(of).collect()
}

/// Whether a request costs too much more in one account than in another.
pub(crate) fn missed(grown: &[Grown]) -> bool {
    ratios(grown).into_iter().any(|ratio| ratio > RATIO_MAX)
}

/// The table.
pub(crate) fn markdown(grown: &[Grown]) -> String {
    let columns: Vec<String> = grown.iter().map(|one| format!(" {} customers |", one.customers)).collect();
    let rules = "--:|".repeat(grown.len());
    let mut out = format!(
        "| median of |{} largest / smallest | target | |\n|---|{rules}--:|--:|---|\n",
        columns.concat()
    );
    for (n, (what, ratio)) in REQUESTS.iter().zip(ratios(grown)).enumerate() {
        let times: Vec<String> = grown
            .iter()
            .map(|one| format!(" {:.0} µs |", one.median_us.get(n).copied().unwrap_or(0.0)))
            .collect();
        let verdict = if ratio > RATIO_MAX { "**miss**" } else { "pass" };
        out.push_str(&format!("| {what} |{} {ratio:.2} | ≤ {RATIO_MAX:.2} | {verdict} |\n", times.concat()));
    }
    let sizes: Vec<String> = grown.iter().map(|one| format!(" {:.3} GB |", one.bytes as f64 / 1e9)).collect();
    out.push_str(&format!("| data directory |{} – | – | |\n", sizes.concat()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_beyond_the_target_is_a_miss() {
        let grown = |customers, us: f64| Grown { customers, bytes: 1, filled_s: 1.0, median_us: vec![us; 5] };
        assert!(!missed(&[grown(1, 100.0), grown(10, 149.0)]));
        let grown = [grown(1, 100.0), grown(10, 151.0)];
        assert!(missed(&grown));
        assert!(markdown(&grown).contains("| retrieve by id | 100 µs | 151 µs | 1.51 | ≤ 1.50 | **miss** |"));
    }
}
