//! What it costs when many subscriptions are due at once: how many a second get their invoice, how many a second are
//! finalised and paid an hour later, how late the last of each is, and how much memory that takes.
//!
//! All begin with one `billing_cycle_anchor`, as on the first of a month. The clock of the world is moved to seconds before
//! it, and from there on the queues of the server do what is due at the pace of the wall.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pg_cluster::{Cluster, Options};
use serde::Serialize;
use serde_json::Value;

use crate::Result;
use crate::compare::Directory;
use crate::http::Client;
use crate::process::Server;

const PLATFORM: &str = "Bearer sk_test_TollbridgePlatformSecret";
/// Who pays: a customer with a card that is never declined.
const CUSTOMER: &str =
    "payment_method=pm_card_visa&invoice_settings%5Bdefault_payment_method%5D=pm_card_visa";
const PRICE: &str = "currency=usd&unit_amount=2000&recurring%5Binterval%5D=month&product_data%5Bname%5D=Gold";
/// How long after the draft an invoice is finalised, in seconds.
const DRAFT: i64 = 3600;
/// So many seconds before all is due the clock is left to itself.
const LEAD: i64 = 5;
/// Days until all is due: within the first period, whatever the month.
const DAYS: i64 = 20;
/// Connections that make what is needed.
const MAKERS: u32 = 8;
/// How long a run waits for a single renewal more.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long moving a clock may take.
const MOVING: Duration = Duration::from_secs(3600);
const POLL: Duration = Duration::from_millis(100);

/// What is measured.
pub(crate) struct Settings {
    pub(crate) product: PathBuf,
    /// How many subscriptions are due, from few to many.
    pub(crate) sizes: Vec<u32>,
    /// Also on a PostgreSQL cluster of its own.
    pub(crate) postgres: bool,
    pub(crate) server_cpu: String,
    /// Directory for the data.
    pub(crate) data: PathBuf,
}

/// One of the two things that happen to each subscription.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Stage {
    per_second: f64,
    /// From the time at which all was due to the end of the last.
    last_late_s: f64,
    /// CPU time of the server over the time that it took.
    cpu_percent: f64,
    /// The most resident memory that was seen.
    peak_bytes: u64,
}

/// What so many that are due cost in a home.
#[derive(Debug, Serialize)]
pub(crate) struct Cost {
    home: &'static str,
    due: u32,
    /// Seconds in which they were made.
    made_s: f64,
    /// Resident memory before anything was due.
    before_bytes: u64,
    /// A period begins, and its invoice is drafted.
    renewed: Stage,
    /// The invoice is finalised and paid.
    paid: Stage,
}

/// Measures each size in each home.
pub(crate) fn measure(settings: &Settings) -> Result<Vec<Cost>> {
    std::fs::create_dir_all(&settings.data)?;
    let data = settings.data.canonicalize()?;
    let mut costs = Vec::new();
    for due in &settings.sizes {
        costs.push(cost(settings, &data, *due, None)?);
        if settings.postgres {
            let durable = Options { durable: true, beneath: Some(data.clone()), ..Options::default() };
            let cluster = Cluster::with(durable)?;
            let url = cluster.database("renewals")?;
            costs.push(cost(settings, &data, *due, Some(&url))?);
        }
    }
    Ok(costs)
}

fn cost(settings: &Settings, beneath: &Path, due: u32, database: Option<&str>) -> Result<Cost> {
    let data = beneath.join(format!("renewals-{}-{due}", std::process::id()));
    std::fs::create_dir_all(&data)?;
    let data = Directory::of(data);
    let path = data.path().display().to_string();
    let mut arguments = vec!["dev", "--port", "0", "--log", "error", "--data", &path];
    arguments.extend(database.iter().flat_map(|url| ["--database", url]));
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let server = Server::start(&settings.product, &arguments, &settings.server_cpu)?;
    let began = Instant::now();
    let world = World { server: &server };
    let anchor = world.now()? + DAYS * 86_400;
    world.subscribe(due, anchor)?;
    let made_s = began.elapsed().as_secs_f64();
    let home = if database.is_some() { "PostgreSQL" } else { "embedded" };
    eprintln!("{home}, {due} subscriptions made in {made_s:.0} s");
    let before_bytes = server.resident_bytes()?;
    let renewed = world.stage(due, anchor)?;
    eprintln!("{home}, {due} renewed: {:.0}/s", renewed.per_second);
    let paid = world.stage(due, anchor + DRAFT)?;
    eprintln!("{home}, {due} paid: {:.0}/s", paid.per_second);
    world.prove(due, anchor)?;
    Ok(Cost { home, due, made_s, before_bytes, renewed, paid })
}

/// The world in which all is due.
struct World<'s> {
    server: &'s Server,
}

impl World<'_> {
    /// Makes so many customers who subscribe, whose periods begin at the anchor.
    fn subscribe(&self, count: u32, anchor: i64) -> Result<()> {
        let price = posted(&mut self.server.client()?, "/v1/prices", PRICE)?;
        let price = text(&price, "id")?.to_owned();
        let address = self.server.address;
        let makers: Vec<_> = (0..MAKERS)
            .map(|maker| {
                let price = price.clone();
                std::thread::spawn(move || -> Result<()> {
                    let mut client = Client::connect(address)?;
                    for _ in (maker..count).step_by(MAKERS as usize) {
                        let customer = posted(&mut client, "/v1/customers", CUSTOMER)?;
                        let customer = text(&customer, "id")?;
                        let form = format!(
                            "customer={customer}&items%5B0%5D%5Bprice%5D={price}&billing_cycle_anchor={anchor}&proration_behavior=none"
                        );
                        posted(&mut client, "/v1/subscriptions", &form)?;
                    }
                    Ok(())
                })
            })
            .collect();
        makers.into_iter().try_for_each(|it| it.join().map_err(|_| "a thread panicked")?)
    }

    fn now(&self) -> Result<i64> {
        let (_, body) = self.server.client()?.get("/_tollbridge/clock", PLATFORM)?;
        let clock: Value = serde_json::from_slice(&body)?;
        clock.get("now").and_then(Value::as_i64).ok_or_else(|| "a clock without a time".into())
    }

    /// Pieces of due work that the server has done. What was only given a later time is not.
    fn ended(&self) -> Result<u64> {
        let (_, body) = self.server.client()?.get("/metrics", "")?;
        let told = String::from_utf8_lossy(&body).into_owned();
        let count = |name: &str| {
            let line = told.lines().find(|line| line.starts_with(name) && line.contains("\"settle\""));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0) as u64
        };
        let put_off = count("tollbridge_due_work_put_off_total{");
        Ok(count("tollbridge_due_work_ended_total{").saturating_sub(put_off))
    }

    /// Lets the time come at which something is due for each, and waits until it was done.
    fn stage(&self, due: u32, at: i64) -> Result<Stage> {
        let mut client = Client::patient(self.server.address, MOVING)?;
        let to = at - LEAD;
        if to > self.now()? {
            let (status, body) =
                client.post("/_tollbridge/clock", PLATFORM, &format!("now={to}&frozen=false"))?;
            if status != 200 {
                return Err(format!("the clock: {status} {}", String::from_utf8_lossy(&body)).into());
            }
        }
        let before = self.ended()?;
        // The clock shows whole seconds: what is left of the first one is waited for.
        let shown = self.now()?;
        while self.now()? == shown {
            std::thread::sleep(Duration::from_millis(2));
        }
        let left = at - shown - 1;
        let begins = Instant::now() + Duration::from_secs(left.max(0).unsigned_abs());
        let (mut peak_bytes, mut seen, mut moved) = (self.server.resident_bytes()?, 0, Instant::now());
        std::thread::sleep(begins.saturating_duration_since(Instant::now()));
        let cpu = self.server.cpu_time();
        let goal = u64::from(due);
        loop {
            let ended = self.ended()?.saturating_sub(before);
            peak_bytes = peak_bytes.max(self.server.resident_bytes()?);
            if ended >= goal {
                break;
            }
            if ended > seen {
                (seen, moved) = (ended, Instant::now());
            } else if moved.elapsed() > PATIENCE + begins.saturating_duration_since(Instant::now()) {
                return Err(format!("{ended} of {goal} were done, and then nothing").into());
            }
            std::thread::sleep(POLL);
        }
        let took = begins.elapsed().as_secs_f64().max(0.001);
        let busy = self.server.cpu_time().saturating_sub(cpu).as_secs_f64();
        Ok(Stage {
            per_second: f64::from(due) / took,
            last_late_s: took,
            cpu_percent: busy / took * 100.0,
            peak_bytes,
        })
    }

    /// Errors: a subscription is not in its second period, or that is not paid.
    fn prove(&self, due: u32, anchor: i64) -> Result<()> {
        let mut client = self.server.client()?;
        let (mut paid, mut after) = (0, String::new());
        loop {
            let path = format!("/v1/subscriptions?limit=100&expand%5B%5D=data.latest_invoice{after}");
            let (status, body) = client.get(&path, PLATFORM)?;
            let page: Value = serde_json::from_slice(&body)?;
            let all = page.get("data").and_then(Value::as_array).ok_or(format!("a list: {status}"))?;
            let at = |it: &Value, path: &str| it.pointer(path).cloned().unwrap_or_default();
            paid += all
                .iter()
                .filter(|it| {
                    at(it, "/items/data/0/current_period_start") == anchor
                        && at(it, "/latest_invoice/status") == "paid"
                        && at(it, "/latest_invoice/amount_paid") == 2000
                })
                .count();
            match all.last() {
                Some(last) if at(&page, "/has_more") == true => {
                    after = format!("&starting_after={}", text(last, "id")?);
                }
                _ => break,
            }
        }
        if paid == due as usize {
            Ok(())
        } else {
            Err(format!("{paid} of {due} subscriptions are renewed and paid").into())
        }
    }
}

fn posted(client: &mut Client, path: &str, form: &str) -> Result<Value> {
    let (status, body) = client.post(path, PLATFORM, form)?;
    if status != 200 {
        return Err(format!("{path} was answered {status}: {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(serde_json::from_slice(&body)?)
}

fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str> {
    value.get(name).and_then(Value::as_str).ok_or_else(|| format!("an answer without {name}").into())
}

/// The table of the README.
pub(crate) fn markdown(costs: &[Cost]) -> String {
    let mut out = String::from(
        "| home | due at once | renewed | the last is late by | finalised and paid | the last is late by | CPU | memory before → peak |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for it in costs {
        let peak = it.renewed.peak_bytes.max(it.paid.peak_bytes);
        out += &format!(
            "| {} | {} | {:.0}/s | {:.1} s | {:.0}/s | {:.1} s | {:.0} / {:.0} % | {:.0} → {:.0} MB |\n",
            it.home,
            it.due,
            it.renewed.per_second,
            it.renewed.last_late_s,
            it.paid.per_second,
            it.paid.last_late_s,
            it.renewed.cpu_percent,
            it.paid.cpu_percent,
            it.before_bytes as f64 / 1e6,
            peak as f64 / 1e6,
        );
    }
    out
}
