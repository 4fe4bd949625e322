//! Charges on PostgreSQL, by one node and by two, against `pgbench` that inserts one durable row a transaction into the
//! same cluster; in turn, within one run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pg_cluster::{Cluster, Options};
use serde::Serialize;

use crate::Result;
use crate::load::{self, Outcome, median};
use crate::process::Server;
use crate::product::{Prepared, Setup, Work};
use crate::sink::Sink;

/// What `pgbench` repeats; as many bytes as the rows of the other durable ceilings.
const INSERT: &str = "INSERT INTO rows (body) VALUES (decode(repeat('0123456789abcdef', 128), 'hex'));";
const TABLE: &str = "CREATE TABLE rows (id bigserial PRIMARY KEY, body bytea NOT NULL)";
/// A checkpoint in the midst of a run would hit one side and not the other.
const SETTINGS: [&str; 2] = ["max_wal_size = '8GB'", "shared_buffers = '512MB'"];
const TARGET: f64 = 0.5;

pub(crate) struct Settings {
    pub(crate) product: PathBuf,
    pub(crate) webhook: &'static str,
    pub(crate) connections: usize,
    pub(crate) warmup: Duration,
    pub(crate) duration: Duration,
    pub(crate) rounds: usize,
    pub(crate) data: PathBuf,
}

/// What was measured, each round.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Measured {
    /// Transactions of `pgbench` a second.
    inserts: Vec<f64>,
    one_node: Vec<Outcome>,
    /// The two halves of each round.
    two_nodes: Vec<[Outcome; 2]>,
}

impl Measured {
    fn figures(&self) -> [f64; 3] {
        let one = self.one_node.iter().map(|run| run.rate);
        let two = self.two_nodes.iter().map(|[one, two]| one.rate + two.rate);
        [median(self.inserts.iter().copied()), median(one), median(two)]
    }

    /// Whether one node falls short, or there were errors.
    pub(crate) fn missed(&self) -> bool {
        let [inserts, one, _] = self.figures();
        let errors = self.one_node.iter().chain(self.two_nodes.iter().flatten()).any(|run| run.errors > 0);
        errors || one < inserts * TARGET
    }

    pub(crate) fn markdown(&self) -> String {
        let [inserts, one, two] = self.figures();
        let mut out =
            String::from("| work on PostgreSQL | rate | over pgbench | target |\n|---|--:|--:|--:|\n");
        let _ = writeln!(out, "| pgbench, one durable row of 1 KB a transaction | {inserts:.0}/s | – | – |");
        for (what, rate, target) in [("one node", one, "≥ 0.50"), ("two nodes", two, "–")] {
            let what = format!("create a charge with fee, webhook endpoint registered, {what}");
            let _ = writeln!(out, "| {what} | {rate:.0}/s | {:.3} | {target} |", rate / inserts);
        }
        out
    }
}

/// Measures everything in turn.
pub(crate) fn measure(settings: &Settings) -> Result<Measured> {
    std::fs::create_dir_all(&settings.data)?;
    let data = settings.data.canonicalize()?;
    let cluster = Cluster::with(Options {
        durable: true,
        beneath: Some(data.clone()),
        settings: SETTINGS.map(str::to_owned).to_vec(),
        ..Options::default()
    })?;
    cluster.database("ceiling")?;
    cluster.sql("ceiling", TABLE)?;
    let script = data.join("insert.sql");
    std::fs::write(&script, INSERT)?;
    let sink = Sink::start()?;
    let mut measured = Measured::default();
    for round in 1..=settings.rounds {
        let inserts = pgbench(&cluster, settings, &script)?;
        eprintln!("round {round}: pgbench {inserts:.0}/s");
        measured.inserts.push(inserts);
        let url = cluster.database(&format!("round{round}"))?;
        let node = || Server::start(&settings.product, &arguments(&data, &url), "");
        let one = node()?;
        let setup = Setup { sink: &sink, webhook: settings.webhook, codes: 0 };
        let prepared = setup.prepare(one.address, Work::ChargeWithFee)?;
        if prepared.webhook_came == Some(false) {
            return Err("no webhook arrived for the first charge, so the work was not done".into());
        }
        let outcome = load::run(plan(settings, &one, &prepared, settings.connections))?;
        eprintln!("round {round}: one node {:.0}/s", outcome.rate);
        measured.one_node.push(outcome);
        let two = node()?;
        let half = |server: &Server| plan(settings, server, &prepared, (settings.connections / 2).max(1));
        let (left, right) = (half(&one), half(&two));
        let left = std::thread::spawn(|| load::run(left));
        let right = load::run(right)?;
        let left = left.join().map_err(|_| "a load thread ended abruptly")??;
        eprintln!("round {round}: two nodes {:.0}/s", left.rate + right.rate);
        measured.two_nodes.push([left, right]);
    }
    std::fs::remove_file(script)?;
    std::fs::remove_file(data.join(KEY))?;
    Ok(measured)
}

/// The vault key that the nodes share; the first of them makes it.
const KEY: &str = "postgres-vault.key";

fn arguments(data: &Path, url: &str) -> Vec<String> {
    let key = data.join(KEY).display().to_string();
    let data = data.display().to_string();
    let words = ["dev", "--port", "0", "--data", &data, "--vault-key-file", &key, "--database", url];
    words.map(str::to_owned).to_vec()
}

fn plan(settings: &Settings, server: &Server, prepared: &Prepared, connections: usize) -> load::Plan {
    load::Plan {
        address: server.address,
        request: prepared.request.clone(),
        first: 1,
        end: prepared.end,
        connections,
        threads: 1,
        warmup: settings.warmup,
        duration: settings.duration,
    }
}

fn pgbench(cluster: &Cluster, settings: &Settings, script: &Path) -> Result<f64> {
    let mut command = cluster.client("pgbench")?;
    command.args(["-n", "-M", "prepared", "-j", "2", "-f"]).arg(script);
    command.args([
        "-c",
        &settings.connections.to_string(),
        "-T",
        &settings.duration.as_secs().max(1).to_string(),
    ]);
    let output = command.arg("ceiling").output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let tps = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.ok_or_else(|| {
        format!("pgbench told no rate: {told}{}", String::from_utf8_lossy(&output.stderr)).into()
    })
}
