//! What watching costs: one build of the server, with and without metrics, traces and a line for each request, in turn.

use serde::Serialize;

use crate::Result;
use crate::compare::Comparison;
use crate::load::median;
use crate::product::{Setup, Work};
use crate::report::{Run, Unit, format_figure};
use crate::sink::Sink;

/// The most that watching may cost, as a share.
const COST_MAX: f64 = 0.03;

/// A way to run the server.
struct Side {
    what: &'static str,
    /// Further arguments; `{collector}` is the address of a collector of traces.
    args: &'static str,
    /// Whether its cost is bounded.
    bounded: bool,
}

const UNWATCHED: &str = "--metrics=false";
const SIDES: &[Side] = &[
    Side { what: "metrics", args: "", bounded: true },
    Side {
        what: "metrics, traces of 1 % of the requests",
        args: "--otlp-endpoint {collector}",
        bounded: true,
    },
    Side {
        what: "metrics, traces of 10 % of the requests",
        args: "--otlp-endpoint {collector} --otlp-sample 0.1",
        bounded: false,
    },
    Side {
        what: "metrics, traces of all requests",
        args: "--otlp-endpoint {collector} --otlp-sample 1",
        bounded: false,
    },
    Side {
        what: "metrics, a line in the log for each request",
        args: "--access-log --log-format json",
        bounded: false,
    },
];

const WORKS: &[(&str, &str, Work)] = &[
    ("retrieve-charge", "retrieve a charge by id", Work::RetrieveCharge),
    ("create-charge", "create a charge with fee, webhook delivered", Work::ChargeWithFee),
];

/// The names of what can be measured.
pub(crate) fn work_keys() -> Vec<&'static str> {
    WORKS.iter().map(|(key, _, _)| *key).collect()
}

/// What one way of watching costs one kind of work.
#[derive(Debug, Serialize)]
pub(crate) struct Cost {
    work: &'static str,
    watched_by: &'static str,
    unwatched: Vec<Run>,
    watched: Vec<Run>,
    /// Median over the rounds of the watched rate over the unwatched rate of the same round.
    rate_ratio: f64,
    /// The same of the server's processor time for each request.
    cpu_ratio: f64,
    within: Option<bool>,
}

/// Measures, and says how it goes on stderr. `rounds`: of each pair; within a round the sides take turns.
pub(crate) fn measure(
    comparison: &Comparison,
    webhook: &str,
    rounds: usize,
    chosen: &[String],
) -> Result<Vec<Cost>> {
    let collector = Sink::start()?;
    let mut costs = Vec::new();
    for (key, what, work) in WORKS.iter().filter(|it| chosen.is_empty() || chosen.iter().any(|c| c == it.0)) {
        let mut unwatched = Vec::new();
        let mut watched: Vec<Vec<Run>> = SIDES.iter().map(|_| Vec::new()).collect();
        for round in 1..=rounds {
            let run = |args: &str| -> Result<Run> {
                let args = args.replace("{collector}", &format!("http://{}", collector.address));
                let run = one(comparison, webhook, *work, &args)?;
                let rate = format_figure(run.outcome.rate, Unit::PerSecond);
                eprintln!("{key} {round}: {rate}, {} errors, {args}", run.outcome.errors);
                Ok(run)
            };
            unwatched.push(run(UNWATCHED)?);
            for (side, runs) in SIDES.iter().zip(&mut watched) {
                runs.push(run(side.args)?);
            }
        }
        for (side, watched) in SIDES.iter().zip(watched) {
            let rate_ratio = ratio(&watched, &unwatched, |run| run.outcome.rate);
            let cpu_ratio = ratio(&watched, &unwatched, cpu_per_request);
            let errors = watched.iter().chain(&unwatched).any(|run| run.outcome.errors > 0);
            // Where the disk or the generator was the limit the rate hides a cost, and the processor shows it.
            let cost = (1.0 - rate_ratio).max(cpu_ratio - 1.0);
            let within = side.bounded.then_some(!errors && cost <= COST_MAX);
            costs.push(Cost {
                work: what,
                watched_by: side.what,
                unwatched: unwatched.clone(),
                watched,
                rate_ratio,
                cpu_ratio,
                within,
            });
        }
    }
    if collector.received() == 0 {
        return Err("no spans reached the collector, so nothing was traced".into());
    }
    Ok(costs)
}

fn one(comparison: &Comparison, webhook: &str, work: Work, args: &str) -> Result<Run> {
    let directory = comparison.directory()?;
    let server = comparison.start_product(directory.path(), args, &comparison.server_cpus(false))?;
    let prepared = Setup { sink: comparison.sink(), webhook, codes: 0 }.prepare(server.address, work)?;
    if prepared.webhook_came == Some(false) {
        return Err("no webhook arrived for the first charge, so the work was not done".into());
    }
    comparison.measure(&server, &prepared.request, prepared.end, false)
}

fn cpu_per_request(run: &Run) -> f64 {
    run.server_cpu_percent / run.outcome.rate.max(1.0)
}

/// The median of the ratios of runs of one round: what changes from round to round is in both.
fn ratio(watched: &[Run], unwatched: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    median(watched.iter().zip(unwatched).map(|(with, without)| figure(with) / figure(without)))
}

/// The costs as a table.
pub(crate) fn markdown(costs: &[Cost]) -> String {
    let mut out = "| work | watched by | rate without | rate with | ratio | CPU time of a request | cost ≤ 3 % |\n|---|---|--:|--:|--:|--:|---|\n".to_owned();
    for cost in costs {
        let rate =
            |runs: &[Run]| format_figure(median(runs.iter().map(|it| it.outcome.rate)), Unit::PerSecond);
        let verdict = match cost.within {
            Some(true) => "pass",
            Some(false) => "**miss**",
            None => "–",
        };
        let Cost { work, watched_by, rate_ratio, cpu_ratio, .. } = cost;
        let (without, with) = (rate(&cost.unwatched), rate(&cost.watched));
        out += &format!(
            "| {work} | {watched_by} | {without} | {with} | {rate_ratio:.3} | × {cpu_ratio:.3} | {verdict} |\n"
        );
    }
    out
}

/// Whether a bound was missed.
pub(crate) fn missed(costs: &[Cost]) -> bool {
    costs.iter().any(|cost| cost.within == Some(false))
}
