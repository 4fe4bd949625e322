//! What a run found, as a Markdown table and as JSON, with the machine it was found on.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::disk::Sync;
use crate::load::Outcome;

/// When everything else on the machine takes more of a core, a row says so.
const OTHERS_PERCENT_MAX: f64 = 10.0;

/// What a row's figures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Successful responses a second.
    PerSecond,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Millions of bytes.
    Megabytes,
}

/// What a row's figure has to reach.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// The product's figure over the ceiling's.
    RatioAtLeast(f64),
    /// The same from above.
    RatioAtMost(f64),
    /// The product's figure itself.
    Below(f64),
}

/// What became of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Reached.
    Pass,
    /// Measured and not reached.
    Miss,
    /// There were errors, or nothing could be measured.
    Invalid,
    /// A row without a target.
    Info,
}

/// One run of the load and how busy it kept the two sides.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Run {
    /// What the generator saw.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    /// CPU time of the server over the wall time, per cent of one core.
    pub(crate) server_cpu_percent: f64,
    /// The same of the generator, with the webhook receiver.
    pub(crate) load_cpu_percent: f64,
    /// The same of everything else on the machine.
    pub(crate) other_cpu_percent: f64,
}

/// One row of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// Its name on the command line.
    pub(crate) key: String,
    /// What was done.
    pub(crate) what: String,
    /// What the figures count.
    pub(crate) unit: Unit,
    /// The product's figure: the median of its runs.
    pub(crate) product: Option<f64>,
    /// The ceiling's figure: the median of its runs.
    pub(crate) ceiling: Option<f64>,
    /// Product over ceiling.
    pub(crate) ratio: Option<f64>,
    /// What is asked.
    pub(crate) target: Option<Target>,
    /// What came out.
    pub(crate) verdict: Verdict,
    /// Bytes of the product's response body, which is also the ceiling's.
    pub(crate) response_bytes: Option<usize>,
    /// Every run of the product.
    pub(crate) product_runs: Vec<Run>,
    /// Every run of the ceiling.
    pub(crate) ceiling_runs: Vec<Run>,
    /// What a reader has to know.
    pub(crate) notes: Vec<String>,
}

impl Row {
    /// A row with nothing measured yet.
    pub(crate) fn new(key: &str, what: &str, unit: Unit, target: Option<Target>) -> Self {
        Self {
            key: key.into(),
            what: what.into(),
            unit,
            product: None,
            ceiling: None,
            ratio: None,
            target,
            verdict: Verdict::Invalid,
            response_bytes: None,
            product_runs: Vec::new(),
            ceiling_runs: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Sets the figures, and the verdict that follows from them; errors in any run make the row invalid.
    pub(crate) fn judge(&mut self, product: f64, ceiling: Option<f64>) {
        self.product = Some(product);
        self.ceiling = ceiling;
        self.ratio = ceiling.filter(|ceiling| *ceiling > 0.0).map(|ceiling| product / ceiling);
        let runs = || self.product_runs.iter().chain(&self.ceiling_runs);
        let errors: u64 = runs().map(|run| run.outcome.errors).sum();
        if errors > 0 {
            let first = runs().find_map(|run| run.outcome.first_error.clone()).unwrap_or_default();
            self.notes.push(format!("{errors} errors, the first: {first}"));
        }
        let busy = runs().map(|run| run.other_cpu_percent).fold(0.0, f64::max);
        if busy > OTHERS_PERCENT_MAX {
            self.notes
                .push(format!("other processes took up to {busy:.0} % of a core: repeat on a quiet machine"));
        }
        let reached = match (self.target, self.ratio) {
            (None, _) => None,
            (Some(Target::RatioAtLeast(bound)), Some(ratio)) => Some(ratio >= bound),
            (Some(Target::RatioAtMost(bound)), Some(ratio)) => Some(ratio <= bound),
            (Some(Target::Below(bound)), _) => Some(product < bound),
            (Some(_), None) => Some(false),
        };
        self.verdict = match reached {
            _ if errors > 0 || product <= 0.0 => Verdict::Invalid,
            Some(true) => Verdict::Pass,
            Some(false) => Verdict::Miss,
            None => Verdict::Info,
        };
    }
}

/// A ceiling that no row is divided by.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CeilingRow {
    /// What was done.
    pub(crate) what: String,
    /// Median responses a second.
    pub(crate) rate: f64,
    /// Every run.
    pub(crate) runs: Vec<Run>,
}

/// Where a run took place.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    /// Processor model.
    pub(crate) cpu: String,
    /// Cores of the machine.
    pub(crate) cores: usize,
    /// Main memory, millions of bytes.
    pub(crate) memory_mb: u64,
    /// Kernel release.
    pub(crate) kernel: String,
    /// File system of the data directory.
    pub(crate) file_system: String,
}

impl Machine {
    /// Reads `/proc`; what is not there is said to be unknown.
    pub(crate) fn read(data: &Path) -> Self {
        let cpuinfo = read("/proc/cpuinfo");
        let cpu = field(&cpuinfo, "model name").unwrap_or_else(|| "unknown processor".into());
        let memory = field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let kib: u64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
        let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
        let cores = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
        Self { cpu, cores, memory_mb: kib * 1024 / 1_000_000, kernel, file_system: file_system(data) }
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// The type of the file system with the longest mount point above the path.
fn file_system(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mounts = read("/proc/mounts");
    let under = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (point, kind) = (fields.next()?, fields.next()?);
        path.starts_with(point).then(|| (point.len(), kind.to_owned()))
    });
    // Of several mounts on one point the last one is on top.
    under.max_by_key(|(len, _)| *len).map_or_else(|| "unknown".into(), |(_, kind)| kind)
}

/// Everything a run found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    /// Where.
    pub(crate) machine: Machine,
    /// Keep-alive connections.
    pub(crate) connections: usize,
    /// Seconds of each run that count.
    pub(crate) seconds: f64,
    /// Runs of each side of each row.
    pub(crate) rounds: usize,
    /// The table.
    pub(crate) rows: Vec<Row>,
    /// Ceilings for orientation.
    pub(crate) ceilings: Vec<CeilingRow>,
    /// The disk, measured beside the latency row or the ceilings.
    pub(crate) fdatasync: Option<Sync>,
}

impl Report {
    /// The report as Markdown, ready for `benches/README.md`.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        let machine = &self.machine;
        let _ = writeln!(
            out,
            "Machine: {}, {} cores, {} MB memory, Linux {}, {}. {} connections, {} rounds of {} s, medians.\n",
            machine.cpu,
            machine.cores,
            machine.memory_mb,
            machine.kernel,
            machine.file_system,
            self.connections,
            self.rounds,
            self.seconds
        );
        self.write_rows(&mut out);
        self.write_ceilings(&mut out);
        out
    }

    fn write_rows(&self, out: &mut String) {
        if self.rows.is_empty() {
            return;
        }
        out.push_str("| work | product | ceiling | ratio | target | | p50 / p99 | CPU of server / load / others | response |\n");
        out.push_str("|---|--:|--:|--:|--:|---|--:|--:|--:|\n");
        for row in &self.rows {
            let figure =
                |value: Option<f64>| value.map_or_else(|| "–".into(), |value| format_figure(value, row.unit));
            let ratio = row.ratio.map_or_else(|| "–".into(), |ratio| format!("{ratio:.3}"));
            let verdict = match row.verdict {
                Verdict::Pass => "pass",
                Verdict::Miss => "**miss**",
                Verdict::Invalid => "**invalid**",
                Verdict::Info => "",
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {ratio} | {} | {verdict} | {} | {} | {} |",
                row.what,
                figure(row.product),
                figure(row.ceiling),
                row.target.map_or_else(|| "–".into(), |target| format_target(target, row.unit)),
                latencies(&row.product_runs),
                shares(&row.product_runs),
                row.response_bytes.map_or_else(|| "–".into(), |bytes| format!("{bytes} B")),
            );
        }
        out.push('\n');
        for row in &self.rows {
            for note in &row.notes {
                let _ = writeln!(out, "- {}: {note}", row.key);
            }
        }
    }

    fn write_ceilings(&self, out: &mut String) {
        if !self.ceilings.is_empty() {
            if !self.rows.is_empty() {
                out.push('\n');
            }
            out.push_str(
                "| ceiling | rate | p50 / p99 | CPU of server / load / others |\n|---|--:|--:|--:|\n",
            );
        }
        for row in &self.ceilings {
            let rate = format_figure(row.rate, Unit::PerSecond);
            let _ =
                writeln!(out, "| {} | {rate} | {} | {} |", row.what, latencies(&row.runs), shares(&row.runs));
            let errors: u64 = row.runs.iter().map(|run| run.outcome.errors).sum();
            if errors > 0 {
                let first =
                    row.runs.iter().find_map(|run| run.outcome.first_error.clone()).unwrap_or_default();
                let _ = writeln!(out, "| **invalid**: {errors} errors, the first: {first} | | | |");
            }
        }
        if let Some(sync) = &self.fdatasync {
            let (p50, p99) = (sync.p50_us, sync.p99_us);
            let _ = writeln!(out, "\nfdatasync after a 4 KB append: p50 {p50:.0} µs, p99 {p99:.0} µs");
        }
    }
}

fn latencies(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "–".into();
    }
    let p50 = crate::load::median(runs.iter().map(|run| run.outcome.p50_us));
    let p99 = crate::load::median(runs.iter().map(|run| run.outcome.p99_us));
    format!("{p50:.0} / {p99:.0} µs")
}

fn shares(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "–".into();
    }
    let server = crate::load::median(runs.iter().map(|run| run.server_cpu_percent));
    let load = crate::load::median(runs.iter().map(|run| run.load_cpu_percent));
    let other = crate::load::median(runs.iter().map(|run| run.other_cpu_percent));
    format!("{server:.0} / {load:.0} / {other:.0} %")
}

/// A figure with its unit; rates with a comma between thousands.
pub(crate) fn format_figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond => format!("{}/s", thousands(value.round() as u64)),
        Unit::Microseconds => format!("{value:.0} µs"),
        Unit::Milliseconds => format!("{value:.1} ms"),
        Unit::Megabytes => format!("{value:.1} MB"),
    }
}

fn format_target(target: Target, unit: Unit) -> String {
    match target {
        Target::RatioAtLeast(bound) => format!("≥ {bound:.2}"),
        Target::RatioAtMost(bound) => format!("≤ {bound:.2}"),
        Target::Below(bound) => format!("< {}", format_figure(bound, unit)),
    }
}

fn thousands(mut value: u64) -> String {
    let mut groups = Vec::new();
    while value >= 1000 {
        groups.push(format!("{:03}", value % 1000));
        value /= 1000;
    }
    groups.push(value.to_string());
    groups.reverse();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(errors: u64) -> Run {
        let outcome = Outcome { errors, ..Outcome::default() };
        Run { outcome, server_cpu_percent: 0.0, load_cpu_percent: 0.0, other_cpu_percent: 0.0 }
    }

    #[test]
    fn a_verdict_follows_from_figures_and_target() {
        let cases = [
            (Some(Target::RatioAtLeast(0.5)), 50.0, Some(100.0), Verdict::Pass),
            (Some(Target::RatioAtLeast(0.5)), 49.0, Some(100.0), Verdict::Miss),
            (Some(Target::RatioAtMost(2.5)), 250.0, Some(100.0), Verdict::Pass),
            (Some(Target::RatioAtMost(2.5)), 251.0, Some(100.0), Verdict::Miss),
            (Some(Target::RatioAtLeast(0.5)), 50.0, None, Verdict::Miss),
            (Some(Target::Below(50.0)), 49.9, None, Verdict::Pass),
            (Some(Target::Below(50.0)), 50.0, None, Verdict::Miss),
            (Some(Target::Below(50.0)), 0.0, None, Verdict::Invalid),
            (None, 1.0, Some(2.0), Verdict::Info),
        ];
        for (target, product, ceiling, verdict) in cases {
            let mut row = Row::new("k", "w", Unit::PerSecond, target);
            row.judge(product, ceiling);
            assert_eq!(row.verdict, verdict, "{target:?} {product} {ceiling:?}");
        }
    }

    #[test]
    fn errors_on_either_side_make_a_row_invalid() {
        let mut row = Row::new("k", "w", Unit::PerSecond, Some(Target::RatioAtLeast(0.1)));
        row.product_runs = vec![run(0)];
        row.ceiling_runs = vec![run(1)];
        row.judge(100.0, Some(100.0));
        assert_eq!(row.verdict, Verdict::Invalid);
        assert_eq!(row.notes.len(), 1);
    }

    #[test]
    fn rates_have_commas() {
        assert_eq!(format_figure(1_234_567.4, Unit::PerSecond), "1,234,567/s");
        assert_eq!(format_figure(999.0, Unit::PerSecond), "999/s");
        assert_eq!(format_figure(1_000.0, Unit::PerSecond), "1,000/s");
    }
}
