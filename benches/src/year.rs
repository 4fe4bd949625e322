//! A year of connected accounts that sell subscriptions and are paid out every day, in one world whose clock is moved by
//! one request; and how much of what this machine can commit at best that comes to.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use crate::Result;
use crate::compare::Comparison;
use crate::http::{Client, form_value};
use crate::process::Server;

/// The year takes less.
const SECONDS_MAX: f64 = 10.0;
const DAY: u64 = 86_400;
/// How long the clock may take to arrive before the run fails.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// How long a request waits for it each time.
const WAIT: Duration = Duration::from_secs(5);
const KEY: &str = "Bearer sk_test_ayearofaworld";
/// An account of which nothing more is wanted, paid out every day.
const ACCOUNT: &[(&str, &str)] = &[
    ("type", "custom"),
    ("country", "US"),
    ("business_type", "individual"),
    ("business_profile[url]", "https://shop.example"),
    ("business_profile[mcc]", "5734"),
    ("capabilities[card_payments][requested]", "true"),
    ("capabilities[transfers][requested]", "true"),
    ("individual[first_name]", "Jenny"),
    ("individual[last_name]", "Rosen"),
    ("individual[email]", "jenny@example.com"),
    ("individual[phone]", "0000000000"),
    ("individual[dob][day]", "1"),
    ("individual[dob][month]", "1"),
    ("individual[dob][year]", "1901"),
    ("individual[address][line1]", "address_full_match"),
    ("individual[address][city]", "Springfield"),
    ("individual[address][state]", "IL"),
    ("individual[address][postal_code]", "62701"),
    ("individual[id_number]", "000000000"),
    ("tos_acceptance[date]", "1700000000"),
    ("tos_acceptance[ip]", "203.0.113.1"),
    ("external_account[object]", "bank_account"),
    ("external_account[country]", "US"),
    ("external_account[currency]", "usd"),
    ("external_account[routing_number]", "110000000"),
    ("external_account[account_number]", "000123456789"),
    ("settings[payouts][schedule][interval]", "daily"),
];

/// What is measured.
pub(crate) struct Settings {
    /// The server binary.
    pub(crate) product: PathBuf,
    /// Connected accounts.
    pub(crate) accounts: u64,
    /// Days that pass.
    pub(crate) days: u64,
    /// Subscriptions of each account that renew every day, so that each has something to pay out each working day.
    pub(crate) daily: u64,
    /// And every month, each on another day and at another second of it.
    pub(crate) monthly: u64,
    /// Whether the time has to be less than it may be.
    pub(crate) judged: bool,
    /// Over how many seconds of the day the accounts begin; those of one moment share transactions.
    pub(crate) spread: u64,
    /// What an endpoint of the platform hears of; without any there is none.
    pub(crate) events: Vec<String>,
    /// Cores of the server; none means all.
    pub(crate) server_cpu: String,
}

/// What passed.
#[derive(Debug, Serialize)]
pub(crate) struct Year {
    accounts: u64,
    days: u64,
    daily: u64,
    monthly: u64,
    judged: bool,
    seconds: f64,
    /// Processor time of the server.
    cpu_seconds: f64,
    /// Invoices that were paid, as the receiver heard.
    renewals: u64,
    /// Payouts that arrived, as the receiver heard.
    payouts: u64,
    events: u64,
    deliveries: u64,
    /// Pieces of due work done, deliveries aside.
    work: u64,
    commits: u64,
    transactions: u64,
    disk_bytes: u64,
    memory_bytes: u64,
    /// Requests a second that an axum server answers once six 1 KB rows are committed, on the same cores.
    ceiling: f64,
}

impl Year {
    /// How long it may take; fewer days are given as much less.
    fn seconds_max(&self) -> f64 {
        SECONDS_MAX * (self.days as f64 / 365.0).min(1.0)
    }
    /// Whether it took too long.
    pub(crate) fn missed(&self) -> bool {
        self.judged && self.seconds >= self.seconds_max()
    }
    /// Pieces of due work and deliveries a second.
    fn rate(&self) -> f64 {
        (self.work + self.deliveries) as f64 / self.seconds
    }

    /// The table of the README.
    pub(crate) fn markdown(&self) -> String {
        let target = format!("< {:.1} s", self.seconds_max());
        let (target, verdict) = match (self.judged, self.missed()) {
            (false, _) => ("–", ""),
            (true, false) => (target.as_str(), "pass"),
            (true, true) => (target.as_str(), "**miss**"),
        };
        let Year { accounts, days, daily, monthly, seconds, ceiling, .. } = self;
        let lines = [
            ("renewals", self.renewals.to_string()),
            ("payouts", self.payouts.to_string()),
            ("events", self.events.to_string()),
            ("deliveries", self.deliveries.to_string()),
            ("pieces of due work", self.work.to_string()),
            ("commits", self.commits.to_string()),
            ("transactions", self.transactions.to_string()),
            ("processor time of the server", format!("{:.2} s", self.cpu_seconds)),
            ("on disk afterwards", format!("{:.1} MB", self.disk_bytes as f64 / 1e6)),
            ("resident memory afterwards", format!("{:.1} MB", self.memory_bytes as f64 / 1e6)),
            ("pieces of work and deliveries a second", format!("{:.0}/s", self.rate())),
            ("axum, six 1 KB rows committed a request, same cores", format!("{ceiling:.0}/s")),
            ("ratio", format!("{:.3}", self.rate() / ceiling)),
        ];
        let mut out = format!(
            "| {days} days of {accounts} accounts with daily payouts, each with {daily} daily and {monthly} monthly subscriptions | value | target | |\n\
             |---|--:|--:|---|\n| time | {seconds:.2} s | {target} | {verdict} |\n"
        );
        for (what, value) in lines {
            out += &format!("| {what} | {value} | – | |\n");
        }
        out
    }
}

/// A client of the world.
struct World {
    client: Client,
}

impl World {
    fn post(&mut self, path: &str, account: Option<&str>, form: &[(&str, &str)]) -> Result<Value> {
        let pairs: Vec<String> =
            form.iter().map(|(name, value)| format!("{}={}", form_value(name), form_value(value))).collect();
        let more = account.map(|it| format!("Stripe-Account: {it}\r\n")).unwrap_or_default();
        let mut request = Vec::new();
        crate::http::write_post(&mut request, path, KEY, &more, pairs.join("&").as_bytes());
        let (status, body) = self.client.send(&request)?;
        read(path, status, &body)
    }
    fn get(&mut self, path: &str) -> Result<Value> {
        let (status, body) = self.client.get(path, KEY)?;
        read(path, status, &body)
    }
    /// An object of an account; returns its id.
    fn make(&mut self, path: &str, account: Option<&str>, form: &[(&str, &str)]) -> Result<String> {
        let made = self.post(path, account, form)?;
        Ok(made["id"].as_str().ok_or("an answer without an id")?.to_owned())
    }
    /// What the server has counted so far, series by series.
    fn counted(&mut self) -> Result<BTreeMap<String, f64>> {
        let (status, body) = self.client.get("/metrics", "")?;
        if status != 200 {
            return Err(format!("/metrics was answered {status}").into());
        }
        let text = String::from_utf8_lossy(&body);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Ok(lines.filter_map(|line| line.rsplit_once(' ')).filter_map(series).collect())
    }
}

fn series((name, value): (&str, &str)) -> Option<(String, f64)> {
    Some((name.to_owned(), value.parse().ok()?))
}

fn read(path: &str, status: u16, body: &[u8]) -> Result<Value> {
    if status != 200 {
        return Err(format!("{path} was answered {status}: {}", String::from_utf8_lossy(body)).into());
    }
    Ok(serde_json::from_slice(body)?)
}

/// Furnishes the world and lets the time pass.
pub(crate) fn measure(comparison: &Comparison, settings: &Settings) -> Result<Year> {
    let ceiling = comparison.written_ceiling(6)?;
    let directory = comparison.directory()?;
    let arguments =
        ["dev", "--port", "0", "--log", "error", "--data", &directory.path().display().to_string()];
    let arguments = arguments.map(str::to_owned);
    let server = Server::start(&settings.product, &arguments, &settings.server_cpu)?;
    let mut world = World { client: server.client()? };
    furnish(&mut world, settings, comparison)?;
    let heard = comparison.sink().heard();
    let before = world.counted()?;
    let (began, cpu) = (Instant::now(), server.cpu_time());
    let seconds = (settings.days * DAY).to_string();
    let wait = WAIT.as_secs().to_string();
    let mut clock = world.post("/_tollbridge/clock", None, &[("advance", &seconds), ("wait", &wait)])?;
    while clock["moving"] == true {
        if began.elapsed() > PATIENCE {
            return Err("the clock did not arrive".into());
        }
        std::thread::sleep(Duration::from_millis(5));
        clock = world.get("/_tollbridge/clock")?;
    }
    let took = began.elapsed().as_secs_f64();
    let cpu_seconds = server.cpu_time().saturating_sub(cpu).as_secs_f64();
    let after = world.counted()?;
    let more = |name: &str| {
        let at = |counted: &BTreeMap<String, f64>| counted.get(name).copied().unwrap_or_default();
        (at(&after) - at(&before)) as u64
    };
    let since = comparison.sink().heard();
    let told = |kind: &str| {
        let at = |heard: &BTreeMap<String, u64>| heard.get(kind).copied().unwrap_or_default();
        at(&since) - at(&heard)
    };
    let files = std::fs::read_dir(directory.path())?.filter_map(|entry| entry.ok()?.metadata().ok());
    Ok(Year {
        accounts: settings.accounts,
        days: settings.days,
        daily: settings.daily,
        monthly: settings.monthly,
        judged: settings.judged,
        seconds: took,
        cpu_seconds,
        renewals: told("invoice.paid"),
        payouts: told("payout.paid"),
        events: more("tollbridge_events_total"),
        deliveries: since.values().sum::<u64>() - heard.values().sum::<u64>(),
        work: more("tollbridge_due_work_ended_total{queue=\"settle\"}"),
        commits: more("tollbridge_commits_total{outcome=\"done\"}"),
        transactions: more("tollbridge_store_batch_units_count"),
        disk_bytes: files.map(|file| file.len()).sum(),
        memory_bytes: server.resident_bytes()?,
        ceiling,
    })
}

/// Makes the accounts, with who subscribes to what they sell.
fn furnish(world: &mut World, settings: &Settings, comparison: &Comparison) -> Result<()> {
    let url = format!("http://{}/", comparison.sink().address);
    let events = || settings.events.iter().filter(|it| !it.is_empty());
    if events().next().is_some() {
        let mut form = vec![("url", url.as_str()), ("connect", "true")];
        form.extend(events().map(|event| ("enabled_events[]", event.as_str())));
        world.make("/v1/webhook_endpoints", None, &form)?;
    }
    let began = world.get("/_tollbridge/clock")?["now"].as_u64().ok_or("a clock without a time")?;
    for number in 0..settings.accounts {
        let account = world.make("/v1/accounts", None, ACCOUNT)?;
        let account = Some(account.as_str());
        for (interval, count) in [("day", settings.daily), ("month", settings.monthly)] {
            let price = [
                ("currency", "usd"),
                ("unit_amount", "2000"),
                ("recurring[interval]", interval),
                ("product_data[name]", "Tea"),
            ];
            let price = world.make("/v1/prices", account, &price)?;
            for nth in 0..count {
                let customer = world.make("/v1/customers", account, &[("source", "tok_visa")])?;
                let mut form = vec![("customer", customer.as_str()), ("items[0][price]", price.as_str())];
                let place = number * count + nth;
                let anchor = (began + (1 + place * 5 % 27) * DAY + place * 1_777 % DAY).to_string();
                if interval == "month" {
                    form.extend([("billing_cycle_anchor", anchor.as_str()), ("proration_behavior", "none")]);
                }
                world.make("/v1/subscriptions", account, &form)?;
            }
        }
        let later =
            settings.spread * (number + 1) / settings.accounts - settings.spread * number / settings.accounts;
        if later > 0 {
            world.post("/_tollbridge/clock", None, &[("advance", &later.to_string())])?;
        }
    }
    // What the beginning itself causes is not the year.
    world.post("/_tollbridge/clock", None, &[("advance", "1")])?;
    Ok(())
}
