//! The comparison: product and ceiling as whole processes, in turn, row by row.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Result;
use crate::load::{Plan, RequestFn, median, run};
use crate::process::{Server, cpu_time, machine_cpu_time, pin_self};
use crate::product::{Setup, Work};
use crate::report::{CeilingRow, Row, Run, Target, Unit, format_figure};
use crate::sink::Sink;
use crate::{disk, http};

/// Starts timed for the start-up rows.
const STARTS: usize = 11;
/// How long an idle server rests before its memory is read.
const SETTLE: Duration = Duration::from_secs(1);
/// Body of the responses of ceilings that no row is divided by.
const CEILING_BYTES: usize = 1024;

/// How a comparison runs.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The server under test.
    pub(crate) product: PathBuf,
    /// Its arguments; `{data}` is its data directory.
    pub(crate) product_args: String,
    /// Path and form that register a webhook endpoint.
    pub(crate) webhook: String,
    /// Codes minted for each run that swaps them.
    pub(crate) codes: u64,
    /// Keep-alive connections.
    pub(crate) connections: usize,
    /// Not counted.
    pub(crate) warmup: Duration,
    /// Counted.
    pub(crate) duration: Duration,
    /// Runs of each side.
    pub(crate) rounds: usize,
    /// Core of the server.
    pub(crate) server_cpu: String,
    /// Core of the generator.
    pub(crate) load_cpu: String,
    /// Directory on the disk to measure; everything in it is removed again.
    pub(crate) data: PathBuf,
}

/// One row that compares rates.
struct RateRow {
    key: &'static str,
    what: &'static str,
    work: Work,
    both_cores: bool,
    target: Option<Target>,
}

const RATE_ROWS: &[RateRow] = &[
    RateRow {
        key: "retrieve-charge",
        what: "retrieve a charge by id",
        work: Work::RetrieveCharge,
        both_cores: false,
        target: Some(Target::RatioAtLeast(0.60)),
    },
    RateRow {
        key: "retrieve-charge-as-account",
        what: "the same with an access token",
        work: Work::RetrieveChargeAsAccount,
        both_cores: false,
        target: None,
    },
    RateRow {
        key: "list-customers",
        what: "list 10 customers",
        work: Work::ListCustomers,
        both_cores: false,
        target: Some(Target::RatioAtLeast(0.30)),
    },
    RateRow {
        key: "create-customer",
        what: "create a customer, durable",
        work: Work::CreateCustomer,
        both_cores: false,
        target: Some(Target::RatioAtLeast(0.20)),
    },
    RateRow {
        key: "create-charge",
        what: "create a charge with fee, webhook endpoint registered, durable",
        work: Work::ChargeWithFee,
        both_cores: false,
        target: Some(Target::RatioAtLeast(0.10)),
    },
    RateRow {
        key: "create-charge-both-cores",
        what: "the same, everything on both cores",
        work: Work::ChargeWithFee,
        both_cores: true,
        target: Some(Target::RatioAtLeast(0.15)),
    },
    RateRow {
        key: "create-charge-with-key",
        what: "the same on one core, each with an idempotency key",
        work: Work::ChargeWithFeeAndKey,
        both_cores: false,
        target: None,
    },
    RateRow {
        key: "confirm-intent",
        what: "create and confirm a payment intent with a kept card, durable",
        work: Work::ConfirmIntent,
        both_cores: false,
        target: Some(Target::RatioAtLeast(0.08)),
    },
    RateRow {
        key: "confirm-intent-once",
        what: "the same with a card that nobody keeps",
        work: Work::ConfirmIntentOnce,
        both_cores: false,
        target: None,
    },
    RateRow {
        key: "charge-sent-on",
        what: "create a charge with a fee whose money goes on to an account, durable",
        work: Work::ChargeSentOn,
        both_cores: false,
        target: Some(Target::RatioAtLeast(0.06)),
    },
    RateRow {
        key: "read-balance",
        what: "read the balance",
        work: Work::ReadBalance,
        both_cores: false,
        target: Some(Target::RatioAtLeast(0.40)),
    },
    RateRow {
        key: "swap-code",
        what: "swap a code for a token, durable",
        work: Work::SwapCode,
        both_cores: false,
        target: Some(Target::RatioAtLeast(0.05)),
    },
];

const HOT: &str = "hot-account";
const LATENCY: &str = "create-latency";
const START: &str = "start";
const MEMORY: &str = "memory";
const BINARY: &str = "binary";

/// The names by which rows can be chosen.
pub(crate) fn row_keys() -> Vec<&'static str> {
    RATE_ROWS.iter().map(|row| row.key).chain([HOT, LATENCY, START, MEMORY, BINARY]).collect()
}

/// Runs comparisons with one webhook receiver and numbered data directories.
pub(crate) struct Comparison {
    settings: Settings,
    sink: Sink,
    /// This program, which is also the ceilings.
    ceiling: PathBuf,
    directories: Cell<u32>,
}

impl Comparison {
    /// Prepares the data directory.
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        std::fs::create_dir_all(&settings.data)?;
        Ok(Self {
            sink: Sink::start()?,
            ceiling: std::env::current_exe()?,
            directories: Cell::new(0),
            settings,
        })
    }

    /// The chosen rows (all when none is named), and the disk when the latency row was among them. A row
    /// that cannot be measured says why and does not stop the others.
    pub(crate) fn rows(&self, chosen: &[String]) -> Result<(Vec<Row>, Option<disk::Sync>)> {
        let wanted = |key: &str| chosen.is_empty() || chosen.iter().any(|one| one == key);
        if !self.settings.product.is_file() {
            return Err(format!("no server at {}: build it first", self.settings.product.display()).into());
        }
        let mut rows = Vec::new();
        for spec in RATE_ROWS.iter().filter(|spec| wanted(spec.key)) {
            let row = Row::new(spec.key, spec.what, Unit::PerSecond, spec.target);
            rows.push(finished(row, |row| self.rate_row(row, spec)));
        }
        if wanted(HOT) {
            let what = "charges of one account by all connections, over charges of as many accounts";
            let row = Row::new(HOT, what, Unit::PerSecond, Some(Target::RatioAtLeast(0.80)));
            rows.push(finished(row, |row| self.hot_row(row)));
        }
        let mut sync = None;
        if wanted(LATENCY) {
            let what = "one durable create on one connection, over an fdatasync of a 4 KB append";
            let row = Row::new(LATENCY, what, Unit::Microseconds, Some(Target::RatioAtMost(2.5)));
            rows.push(finished(row, |row| self.latency_row(row, &mut sync)));
        }
        if wanted(START) {
            let target = Some(Target::Below(50.0));
            let row = Row::new(START, "start to first answered request", Unit::Milliseconds, target);
            rows.push(finished(row, |row| self.start_row(row, false)));
            let what = "the same, first start on an empty data directory";
            let row = Row::new("start-empty", what, Unit::Milliseconds, target);
            rows.push(finished(row, |row| self.start_row(row, true)));
        }
        if wanted(MEMORY) {
            let row = Row::new(MEMORY, "idle resident memory", Unit::Megabytes, Some(Target::Below(30.0)));
            rows.push(finished(row, |row| self.memory_row(row)));
        }
        if wanted(BINARY) {
            let row = Row::new(BINARY, "release binary", Unit::Megabytes, Some(Target::Below(20.0)));
            rows.push(finished(row, |row| {
                row.judge(megabytes(std::fs::metadata(&self.settings.product)?.len()), None);
                Ok(())
            }));
        }
        Ok((rows, sync))
    }

    fn rate_row(&self, row: &mut Row, spec: &RateRow) -> Result<()> {
        let mut webhooks = Vec::new();
        let mut silent = false;
        for round in 1..=self.settings.rounds {
            let prepared = {
                let directory = self.directory()?;
                let server = self.start_product(directory.path(), "", &self.server_cpus(spec.both_cores))?;
                let setup =
                    Setup { sink: &self.sink, webhook: &self.settings.webhook, codes: self.settings.codes };
                let prepared = setup.prepare(server.address, spec.work)?;
                let webhooks_before = self.sink.received();
                let end = prepared.end;
                let measured = self.measure(&server, &prepared.request, end, spec.both_cores)?;
                say(row, round, "product", &measured);
                if prepared.end != u64::MAX && measured.outcome.seconds < self.settings.duration.as_secs_f64()
                {
                    let seconds = measured.outcome.seconds;
                    row.notes.push(format!("round {round} used up its codes after {seconds:.1} s"));
                }
                webhooks.push(format!(
                    "{} of {}",
                    self.sink.received() - webhooks_before,
                    measured.outcome.answered
                ));
                row.product_runs.push(measured);
                prepared
            };
            row.response_bytes = Some(prepared.response_bytes);
            silent |= prepared.webhook_came == Some(false);
            let server = self.start_ceiling(prepared.response_bytes, 0, spec.both_cores)?;
            let measured = self.measure(&server, &prepared.request, u64::MAX, spec.both_cores)?;
            say(row, round, "ceiling", &measured);
            row.ceiling_runs.push(measured);
        }
        let product = median(row.product_runs.iter().map(|run| run.outcome.rate));
        let ceiling = median(row.ceiling_runs.iter().map(|run| run.outcome.rate));
        if !spec.both_cores && generator_bound(&row.ceiling_runs) {
            row.notes.push("the generator, not the server, was the limit of the ceiling's runs".into());
        }
        row.judge(product, Some(ceiling));
        if spec.work.sends_webhooks() {
            row.notes.push(format!(
                "webhooks delivered during the runs, warm-up included, of charges counted: {}",
                webhooks.join(", ")
            ));
        }
        if silent {
            return Err("no webhook arrived for the first charge, so the row's work was not done".into());
        }
        Ok(())
    }

    /// Counters move without conflict, so that it does not matter whose money they count.
    fn hot_row(&self, row: &mut Row) -> Result<()> {
        let settings = &self.settings;
        for round in 1..=settings.rounds {
            for work in [Work::ChargeOneAccount, Work::ChargeManyAccounts] {
                let directory = self.directory()?;
                let server = self.start_product(directory.path(), "", &settings.server_cpu)?;
                let setup = Setup { sink: &self.sink, webhook: &settings.webhook, codes: 0 };
                let prepared = setup.prepare(server.address, work)?;
                row.response_bytes = Some(prepared.response_bytes);
                let measured = self.measure(&server, &prepared.request, u64::MAX, false)?;
                let (who, runs) = match work {
                    Work::ChargeOneAccount => ("one account", &mut row.product_runs),
                    _ => ("many accounts", &mut row.ceiling_runs),
                };
                runs.push(measured.clone());
                say(row, round, who, &measured);
            }
        }
        let rate = |runs: &[Run]| median(runs.iter().map(|run| run.outcome.rate));
        row.judge(rate(&row.product_runs), Some(rate(&row.ceiling_runs)));
        Ok(())
    }

    fn latency_row(&self, row: &mut Row, sync: &mut Option<disk::Sync>) -> Result<()> {
        self.pin(false)?;
        let mut syncs = Vec::new();
        for round in 1..=self.settings.rounds {
            let directory = self.directory()?;
            {
                let server = self.start_product(directory.path(), "", &self.settings.server_cpu)?;
                let setup = Setup { sink: &self.sink, webhook: &self.settings.webhook, codes: 0 };
                let prepared = setup.prepare(server.address, Work::CreateCustomer)?;
                row.response_bytes = Some(prepared.response_bytes);
                let mut plan = self.plan(&server, &prepared.request, u64::MAX, false);
                plan.connections = 1;
                row.product_runs.push(measure_plan(&server, plan)?);
            }
            let measured = disk::measure(directory.path(), self.settings.duration)?;
            eprintln!("{} {round}: fdatasync p50 {:.0} µs", row.key, measured.p50_us);
            syncs.push(measured);
        }
        let product = median(row.product_runs.iter().map(|run| run.outcome.p50_us));
        let ceiling = median(syncs.iter().map(|sync| sync.p50_us));
        *sync = Some(disk::Sync {
            count: syncs.iter().map(|sync| sync.count).sum(),
            p50_us: ceiling,
            p99_us: median(syncs.iter().map(|sync| sync.p99_us)),
        });
        row.judge(product, Some(ceiling));
        Ok(())
    }

    fn start_row(&self, row: &mut Row, empty: bool) -> Result<()> {
        self.pin(true)?;
        let mut times = Vec::new();
        let kept = self.directory()?;
        if !empty {
            drop(self.start_and_ask(kept.path())?);
        }
        for _ in 0..STARTS {
            let fresh = if empty { Some(self.directory()?) } else { None };
            let path = fresh.as_ref().map_or(kept.path(), Directory::path);
            let (_server, time) = self.start_and_ask(path)?;
            times.push(time.as_secs_f64() * 1000.0);
        }
        row.judge(median(times), None);
        Ok(())
    }

    fn memory_row(&self, row: &mut Row) -> Result<()> {
        let directory = self.directory()?;
        let (server, _) = self.start_and_ask(directory.path())?;
        std::thread::sleep(SETTLE);
        row.judge(megabytes(server.resident_bytes()?), None);
        Ok(())
    }

    /// Starts the product and asks for its health; the time from the start to the answer.
    fn start_and_ask(&self, data: &Path) -> Result<(Server, Duration)> {
        let server = self.start_product(data, "", "")?;
        let (status, _) = server.client()?.get("/healthz", "")?;
        let time = server.spawned.elapsed();
        if status != 200 {
            return Err(format!("/healthz was answered {status}").into());
        }
        Ok((server, time))
    }

    /// The ceilings that no row is divided by.
    pub(crate) fn ceilings(&self) -> Result<Vec<CeilingRow>> {
        let mut get = Vec::new();
        http::write_get(&mut get, "/v1/ceiling", "");
        let form = [b"a=".as_slice(), &[b'x'; 200]].concat();
        let mut post = Vec::new();
        http::write_post(&mut post, "/v1/ceiling", "", "", &form);
        let kinds = [
            ("bare axum GET of 1 KB", get, 0),
            ("bare axum POST, 1 KB back", post.clone(), 0),
            ("axum POST, one 1 KB row committed first", post.clone(), 1),
            ("axum POST, six 1 KB rows committed first", post, 6),
        ];
        let mut rows = Vec::new();
        for both_cores in [false, true] {
            for (what, bytes, written) in &kinds {
                let bytes = bytes.clone();
                let request: RequestFn = std::sync::Arc::new(move |_, out| out.extend_from_slice(&bytes));
                let mut runs = Vec::new();
                for _ in 0..self.settings.rounds {
                    let server = self.start_ceiling(CEILING_BYTES, *written, both_cores)?;
                    runs.push(self.measure(&server, &request, u64::MAX, both_cores)?);
                }
                let cores = if both_cores { "both cores" } else { "one core" };
                let rate = median(runs.iter().map(|run| run.outcome.rate));
                let row = CeilingRow { what: format!("{what}, {cores}"), rate, runs };
                eprintln!("{}: {}", row.what, format_figure(rate, Unit::PerSecond));
                rows.push(row);
            }
        }
        Ok(rows)
    }

    /// Requests a second of a ceiling that commits so many 1 KB rows first, on both cores.
    pub(crate) fn written_ceiling(&self, rows: usize) -> Result<f64> {
        let mut post = Vec::new();
        http::write_post(&mut post, "/v1/ceiling", "", "", &[b"a=".as_slice(), &[b'x'; 200]].concat());
        let request: RequestFn = std::sync::Arc::new(move |_, out| out.extend_from_slice(&post));
        let server = self.start_ceiling(CEILING_BYTES, rows, true)?;
        Ok(self.measure(&server, &request, u64::MAX, true)?.outcome.rate)
    }

    fn plan(&self, server: &Server, request: &RequestFn, end: u64, both_cores: bool) -> Plan {
        Plan {
            address: server.address,
            request: std::sync::Arc::clone(request),
            first: 1,
            end,
            connections: self.settings.connections,
            threads: if both_cores { 2 } else { 1 },
            warmup: self.settings.warmup,
            duration: self.settings.duration,
        }
    }

    /// Load on a server, with this process on its own core.
    pub(crate) fn measure(
        &self,
        server: &Server,
        request: &RequestFn,
        end: u64,
        both_cores: bool,
    ) -> Result<Run> {
        self.pin(both_cores)?;
        measure_plan(server, self.plan(server, request, end, both_cores))
    }

    /// Pins this process, and with it what it starts without a core of its own.
    fn pin(&self, both_cores: bool) -> Result<()> {
        pin_self(&if both_cores { self.server_cpus(true) } else { self.settings.load_cpu.clone() })
    }

    /// Starts the product, with further arguments, on these cores.
    pub(crate) fn start_product(&self, data: &Path, more: &str, cpus: &str) -> Result<Server> {
        let data = data.to_string_lossy();
        let args = self.settings.product_args.split_whitespace().chain(more.split_whitespace());
        let args: Vec<String> = args.map(|arg| arg.replace("{data}", &data)).collect();
        Server::start(&self.settings.product, &args, cpus)
    }

    fn start_ceiling(&self, size: usize, rows: usize, both_cores: bool) -> Result<CeilingServer> {
        let directory = self.directory()?;
        let args = [
            "ceiling-server".to_owned(),
            format!("--size={size}"),
            format!("--rows={rows}"),
            format!("--data={}", directory.path().display()),
        ];
        let server = Server::start(&self.ceiling, &args, &self.server_cpus(both_cores))?;
        Ok(CeilingServer { server, _directory: directory })
    }

    /// The receiver of webhooks.
    pub(crate) fn sink(&self) -> &Sink {
        &self.sink
    }

    /// The cores of servers.
    pub(crate) fn server_cpus(&self, both_cores: bool) -> String {
        if both_cores {
            format!("{},{}", self.settings.server_cpu, self.settings.load_cpu)
        } else {
            self.settings.server_cpu.clone()
        }
    }

    /// A fresh data directory.
    pub(crate) fn directory(&self) -> Result<Directory> {
        let number = self.directories.get();
        self.directories.set(number + 1);
        let path = self.settings.data.join(format!("run-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Directory(path))
    }
}

/// A ceiling with its database; the process ends before the directory goes.
struct CeilingServer {
    server: Server,
    _directory: Directory,
}

impl std::ops::Deref for CeilingServer {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.server
    }
}

/// A data directory of one run, removed when dropped.
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// One that is there.
    pub(crate) fn of(path: PathBuf) -> Self {
        Directory(path)
    }
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn finished(mut row: Row, measure: impl FnOnce(&mut Row) -> Result<()>) -> Row {
    if let Err(error) = measure(&mut row) {
        row.verdict = crate::report::Verdict::Invalid;
        row.notes.push(format!("not valid: {error}"));
    }
    eprintln!("{}: {:?}", row.key, row.verdict);
    row
}

/// Runs the plan and reads how busy it kept the two sides.
fn measure_plan(server: &Server, plan: Plan) -> Result<Run> {
    let start = Instant::now();
    let before = (server.cpu_time(), cpu_time("self"), machine_cpu_time());
    let outcome = run(plan)?;
    let wall = start.elapsed().as_secs_f64();
    let all = machine_cpu_time().saturating_sub(before.2);
    let server = server.cpu_time().saturating_sub(before.0);
    let load = cpu_time("self").saturating_sub(before.1);
    let percent = |used: Duration| 100.0 * used.as_secs_f64() / wall;
    Ok(Run {
        outcome,
        server_cpu_percent: percent(server),
        load_cpu_percent: percent(load),
        other_cpu_percent: percent(all.saturating_sub(server).saturating_sub(load)),
    })
}

fn say(row: &Row, round: usize, side: &str, run: &Run) {
    let rate = format_figure(run.outcome.rate, Unit::PerSecond);
    eprintln!("{} {round}: {side} {rate}, {} errors", row.key, run.outcome.errors);
}

/// Whether the generator's core was full while the server's was not.
fn generator_bound(runs: &[Run]) -> bool {
    median(runs.iter().map(|run| run.load_cpu_percent)) > 97.0
        && median(runs.iter().map(|run| run.server_cpu_percent)) < 90.0
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
