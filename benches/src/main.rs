//! The load run: ceilings, load generator and whole-process comparisons. See `benches/README.md`.

#![expect(clippy::float_arithmetic, reason = "rates and ratios; no money is counted here")]

mod ceiling;
mod compare;
mod deliveries;
mod disk;
mod growth;
mod http;
mod invoice;
mod load;
mod overhead;
mod postgres;
mod process;
mod product;
mod renewals;
mod report;
mod sink;
mod worlds;
mod year;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use compare::{Comparison, Settings, row_keys};
use report::{Machine, Report, Row, Verdict};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const PRODUCT: &str = "target/release/tollbridge";
const PRODUCT_ARGS: &str = "dev --port 0 --data {data}";
const WEBHOOK: &str = "/v1/webhook_endpoints url={url}&enabled_events[]=*&connect=true";

/// Measures the server against what axum, SQLite and the disk of this machine can do at best.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Product and ceilings in turn, row by row; ends with the table. Exits with 1 when a target is missed.
    Compare(CompareArgs),
    /// What metrics, traces and a log line for each request cost. Exits with 1 when they cost more than they may.
    Overhead(OverheadArgs),
    /// What a request costs as an account grows. Exits with 1 when it costs too much more.
    Growth(GrowthArgs),
    /// What one invoice costs by the number of its lines: gathered, finalised, drawn, paid.
    Invoice(InvoiceArgs),
    /// What a world costs in `tollbridge dev`: time of its first request, memory.
    Worlds(WorldsArgs),
    /// A year of fifty accounts with subscriptions and daily payouts, by moving one clock. Exits with 1 when it takes too long.
    Year(YearArgs),
    /// Deliveries a second against a bare client, and how late they are at half of that. Exits with 1 when a target is missed.
    Deliveries(DeliveriesArgs),
    /// How late deliveries are beside fifty endpoints that do not answer. Exits with 1 when they are too late.
    Neighbours(DeliveriesArgs),
    /// What a million deliveries that wait cost: memory, and how late new ones are. Exits with 1 when they are too late.
    Backlog(DeliveriesArgs),
    /// What it costs when many subscriptions are due at once: renewals a second, memory, how late the last is.
    Renewals(RenewalsArgs),
    /// The ceiling of deliveries: posts one request again and again.
    #[command(hide = true)]
    PostMany {
        /// To whom.
        #[arg(long)]
        to: SocketAddr,
        /// The file with the request.
        #[arg(long)]
        request: PathBuf,
        /// How often.
        #[arg(long)]
        count: u64,
    },
    /// Charges on a PostgreSQL cluster of its own, by one node and by two, against pgbench on the same cluster.
    Postgres(PostgresArgs),
    /// Only the ceilings and the disk: what this machine can do at best.
    Ceilings(CommonArgs),
    /// Time of an fdatasync after a 4 KB append.
    Fdatasync(CommonArgs),
    /// Load on any server: one request, over and over.
    Load(LoadArgs),
    /// A bare axum server: GET and POST on any path answer a JSON body of fixed size.
    CeilingServer(CeilingArgs),
    /// Answers the routes of the comparison without doing their work, to try out this program.
    #[command(hide = true)]
    StandIn {
        /// Port on loopback; 0 lets the system choose.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
}

#[derive(Args)]
struct CommonArgs {
    /// Seconds of each run that count.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// Seconds before them that do not.
    #[arg(long, default_value = "1", value_parser = seconds)]
    warmup: Duration,
    /// Runs of each side of each row; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=99))]
    rounds: u16,
    /// Keep-alive connections.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Core of the server.
    #[arg(long, default_value = "0")]
    server_cpu: String,
    /// Core of the load generator.
    #[arg(long, default_value = "1")]
    load_cpu: String,
    /// Directory on the disk to measure; what the run puts there it removes again.
    #[arg(long, default_value = "target/bench-data")]
    data: PathBuf,
    /// Also write everything, each run included, to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct CompareArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// The server binary.
    #[arg(long, default_value = PRODUCT)]
    product: PathBuf,
    /// Its arguments; `{data}` is a fresh directory.
    #[arg(long, default_value = PRODUCT_ARGS)]
    product_args: String,
    /// Path and form that register a webhook endpoint for connected accounts; `{url}` is the receiver.
    #[arg(long, default_value = WEBHOOK)]
    webhook: String,
    /// Codes minted for each run that swaps them.
    #[arg(long, default_value_t = 60_000)]
    codes: u64,
    /// Only these rows.
    #[arg(long, value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(row_keys()))]
    rows: Vec<String>,
    /// Without the ceilings that no row is divided by.
    #[arg(long)]
    no_ceilings: bool,
}

#[derive(Args)]
struct OverheadArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// The server binary.
    #[arg(long, default_value = PRODUCT)]
    product: PathBuf,
    /// Only this work.
    #[arg(long, value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(overhead::work_keys()))]
    work: Vec<String>,
}

/// What a run takes that looks at one server.
#[derive(Args)]
struct ServerArgs {
    /// The server binary.
    #[arg(long, default_value = PRODUCT)]
    product: PathBuf,
    /// Core of the server.
    #[arg(long, default_value = "0")]
    server_cpu: String,
    /// Directory on the disk to measure; what the run puts there it removes again.
    #[arg(long, default_value = "target/bench-data")]
    data: PathBuf,
    /// Also write everything to this file as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct GrowthArgs {
    /// Objects of the one account. 10,000,000 take some 12 GB of disk.
    #[arg(long, value_delimiter = ',', default_value = "1000,100000")]
    sizes: Vec<u64>,
    /// Requests of each kind that count.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..))]
    requests: u32,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args)]
struct InvoiceArgs {
    /// Lines of the invoices.
    #[arg(long, value_delimiter = ',', default_value = "10,250,10000")]
    sizes: Vec<u64>,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args)]
struct WorldsArgs {
    /// How many worlds are made in each home.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    worlds: u32,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args)]
struct YearArgs {
    /// Connected accounts.
    #[arg(long, default_value_t = 50)]
    accounts: u64,
    /// Days that pass.
    #[arg(long, default_value_t = 365)]
    days: u64,
    /// Subscriptions of each account that renew every month, each on a day of its own.
    #[arg(long, default_value_t = 4)]
    monthly: u64,
    /// And every day, in a second run that is not judged; 0 leaves it out.
    #[arg(long, default_value_t = 1)]
    daily: u64,
    /// Over how many seconds of a day the accounts begin.
    #[arg(long, default_value_t = 0)]
    spread: u64,
    /// What is delivered to an endpoint of the platform.
    #[arg(long, value_delimiter = ',', default_value = "invoice.paid,payout.paid")]
    events: Vec<String>,
    /// The server binary.
    #[arg(long, default_value = PRODUCT)]
    product: PathBuf,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args)]
struct DeliveriesArgs {
    /// Core of the receivers and of who asks.
    #[arg(long, default_value = "1")]
    load_cpu: String,
    /// Events that are delivered for the rate.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    events: u32,
    /// Seconds of each run at a steady pace.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Deliveries that wait in the backlog.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(16..))]
    backlog: u32,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args)]
struct RenewalsArgs {
    /// Subscriptions that are due at once. 100,000 take some minutes to make.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    sizes: Vec<u32>,
    /// Also on a PostgreSQL cluster of its own (needs the Debian package `postgresql`).
    #[arg(long)]
    postgres: bool,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args)]
struct PostgresArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// The server binary.
    #[arg(long, default_value = PRODUCT)]
    product: PathBuf,
}

#[derive(Args)]
struct LoadArgs {
    /// Address of the server, `127.0.0.1:7070`.
    address: SocketAddr,
    /// Path with query.
    #[arg(default_value = "/")]
    path: String,
    /// Form body; makes the request a POST.
    #[arg(long)]
    form: Option<String>,
    /// Value of the `Authorization` header.
    #[arg(long, default_value = "")]
    auth: String,
    /// Generator threads.
    #[arg(long, default_value_t = 1)]
    threads: u16,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Args)]
struct CeilingArgs {
    /// Port on loopback; 0 lets the system choose.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Bytes of every response body.
    #[arg(long, default_value_t = 1024)]
    size: usize,
    /// 1 KB rows that a POST commits to SQLite before it is answered.
    #[arg(long, default_value_t = 0)]
    rows: usize,
    /// Where that database lies.
    #[arg(long, default_value = "target/bench-data/ceiling")]
    data: PathBuf,
}

fn main() -> ExitCode {
    match run(Cli::parse().what) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(what: What) -> Result<ExitCode> {
    match what {
        What::Compare(args) => return compare(&args),
        What::Overhead(args) => return overhead(&args),
        What::Growth(args) => return growth(args),
        What::Invoice(args) => invoices(args)?,
        What::Worlds(args) => measure_worlds(args)?,
        What::Year(args) => return measure_year(args),
        What::Deliveries(args) => return measure_deliveries(args, deliveries::measure),
        What::Neighbours(args) => return measure_deliveries(args, deliveries::neighbours),
        What::Backlog(args) => return measure_deliveries(args, deliveries::backlog),
        What::Renewals(args) => measure_renewals(args)?,
        What::PostMany { to, request, count } => {
            println!("{:.0}", deliveries::post_many(to, &request, count)?);
        }
        What::Postgres(args) => return postgres(args),
        What::Ceilings(args) => ceilings(&args)?,
        What::Fdatasync(args) => {
            println!("{}", serde_json::to_string(&disk::measure(&args.data, args.seconds)?)?);
        }
        What::Load(args) => load_any(args)?,
        What::CeilingServer(CeilingArgs { port, size, rows, data }) => {
            ceiling::serve(ceiling::Ceiling { port, size, rows, data })?;
        }
        What::StandIn { port } => ceiling::stand_in(port)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(args: &CompareArgs) -> Result<ExitCode> {
    let comparison = Comparison::new(Settings {
        product: args.product.clone(),
        product_args: args.product_args.clone(),
        webhook: args.webhook.clone(),
        codes: args.codes,
        ..settings(&args.common)
    })?;
    let (rows, fdatasync) = comparison.rows(&args.rows)?;
    let ceilings = if args.no_ceilings { Vec::new() } else { comparison.ceilings()? };
    let missed = rows.iter().any(|row| matches!(row.verdict, Verdict::Miss | Verdict::Invalid));
    publish(&args.common, rows, ceilings, fdatasync)?;
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Writes what was measured to the file that was asked for.
fn write_json(path: Option<&Path>, measured: &impl Serialize) -> Result<()> {
    match path {
        Some(path) => Ok(std::fs::write(path, serde_json::to_vec_pretty(measured)?)?),
        None => Ok(()),
    }
}

fn overhead(args: &OverheadArgs) -> Result<ExitCode> {
    let comparison = Comparison::new(Settings {
        product: args.product.clone(),
        product_args: PRODUCT_ARGS.to_owned(),
        ..settings(&args.common)
    })?;
    let costs = overhead::measure(&comparison, WEBHOOK, args.common.rounds.into(), &args.work)?;
    print!("{}", overhead::markdown(&costs));
    write_json(args.common.json.as_deref(), &costs)?;
    Ok(if overhead::missed(&costs) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn growth(args: GrowthArgs) -> Result<ExitCode> {
    let GrowthArgs { sizes, requests, server } = args;
    let ServerArgs { product, server_cpu, data, json } = server;
    let settings = growth::Settings { product, sizes, requests: requests as usize, server_cpu, data };
    let grown = growth::measure(&settings)?;
    print!("{}", growth::markdown(&grown));
    write_json(json.as_deref(), &grown)?;
    Ok(if growth::missed(&grown) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn invoices(args: InvoiceArgs) -> Result<()> {
    let InvoiceArgs { sizes, server } = args;
    let ServerArgs { product, server_cpu, data, json } = server;
    let costs = invoice::measure(&invoice::Settings { product, sizes, server_cpu, data })?;
    print!("{}", invoice::markdown(&costs));
    write_json(json.as_deref(), &costs)?;
    Ok(())
}

fn measure_worlds(args: WorldsArgs) -> Result<()> {
    let WorldsArgs { worlds, server } = args;
    let ServerArgs { product, server_cpu, data, json } = server;
    let costs = worlds::measure(&worlds::Settings { product, worlds, server_cpu, data })?;
    print!("{}", worlds::markdown(&costs));
    write_json(json.as_deref(), &costs)?;
    Ok(())
}

fn measure_year(args: YearArgs) -> Result<ExitCode> {
    let YearArgs { accounts, days, daily, monthly, spread, events, product, common } = args;
    let comparison = Comparison::new(settings(&common))?;
    let server_cpu = comparison.server_cpus(true);
    let mut years = Vec::new();
    for (daily, monthly, judged) in [(0, monthly, true), (daily, 0, false)] {
        if daily + monthly == 0 {
            continue;
        }
        let (product, events, server_cpu) = (product.clone(), events.clone(), server_cpu.clone());
        let settings =
            year::Settings { product, accounts, days, daily, monthly, judged, spread, events, server_cpu };
        let year = year::measure(&comparison, &settings)?;
        println!("{}", year.markdown());
        years.push(year);
    }
    write_json(common.json.as_deref(), &years)?;
    let missed = years.iter().any(year::Year::missed);
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn measure_deliveries(
    args: DeliveriesArgs,
    measure: fn(&deliveries::Settings) -> Result<Vec<deliveries::Figure>>,
) -> Result<ExitCode> {
    let DeliveriesArgs { load_cpu, events, seconds, backlog, server } = args;
    let ServerArgs { product, server_cpu, data, json } = server;
    let figures =
        measure(&deliveries::Settings { product, server_cpu, load_cpu, data, events, seconds, backlog })?;
    print!("{}", deliveries::markdown(&figures));
    write_json(json.as_deref(), &figures)?;
    Ok(if deliveries::missed(&figures) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn measure_renewals(args: RenewalsArgs) -> Result<()> {
    let RenewalsArgs { sizes, postgres, server } = args;
    let ServerArgs { product, server_cpu, data, json } = server;
    let costs = renewals::measure(&renewals::Settings { product, sizes, postgres, server_cpu, data })?;
    print!("{}", renewals::markdown(&costs));
    write_json(json.as_deref(), &costs)?;
    Ok(())
}

fn postgres(args: PostgresArgs) -> Result<ExitCode> {
    let PostgresArgs { common, product } = args;
    let measured = postgres::measure(&postgres::Settings {
        product,
        webhook: WEBHOOK,
        connections: common.connections.into(),
        warmup: common.warmup,
        duration: common.seconds,
        rounds: common.rounds.into(),
        data: common.data,
    })?;
    print!("{}", measured.markdown());
    write_json(common.json.as_deref(), &measured)?;
    Ok(if measured.missed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn ceilings(args: &CommonArgs) -> Result<()> {
    let ceilings = Comparison::new(settings(args))?.ceilings()?;
    publish(args, Vec::new(), ceilings, Some(disk::measure(&args.data, args.seconds)?))
}

/// Settings of a run without a product.
fn settings(args: &CommonArgs) -> Settings {
    Settings {
        product: PathBuf::new(),
        product_args: String::new(),
        webhook: String::new(),
        codes: 0,
        connections: args.connections.into(),
        warmup: args.warmup,
        duration: args.seconds,
        rounds: args.rounds.into(),
        server_cpu: args.server_cpu.clone(),
        load_cpu: args.load_cpu.clone(),
        data: args.data.clone(),
    }
}

fn publish(
    args: &CommonArgs,
    rows: Vec<Row>,
    ceilings: Vec<report::CeilingRow>,
    fdatasync: Option<disk::Sync>,
) -> Result<()> {
    let report = Report {
        machine: Machine::read(&args.data),
        connections: args.connections.into(),
        seconds: args.seconds.as_secs_f64(),
        rounds: args.rounds.into(),
        rows,
        ceilings,
        fdatasync,
    };
    if matches!(report.machine.file_system.as_str(), "tmpfs" | "ramfs") {
        eprintln!("warning: {} is in memory; nothing durable was measured", args.data.display());
    }
    print!("{}", report.markdown());
    write_json(args.json.as_deref(), &report)?;
    Ok(())
}

fn load_any(args: LoadArgs) -> Result<()> {
    let mut request = Vec::new();
    match &args.form {
        Some(form) => http::write_post(&mut request, &args.path, &args.auth, "", form.as_bytes()),
        None => http::write_get(&mut request, &args.path, &args.auth),
    }
    let outcome = load::run(load::Plan {
        address: args.address,
        request: Arc::new(move |_, out| out.extend_from_slice(&request)),
        first: 0,
        end: u64::MAX,
        connections: args.common.connections.into(),
        threads: args.threads.into(),
        warmup: args.common.warmup,
        duration: args.common.seconds,
    })?;
    println!("{}", serde_json::to_string_pretty(&outcome)?);
    Ok(())
}

fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds.min(3600.0)).map_err(|error| error.to_string())
}
