//! Metrics in Prometheus' text: the recorder, the meters of requests, and what the system knows of the process.
use crate::{Failure, process};
use http::{Method, StatusCode};
use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

/// How often samples are taken out of their buffers where nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(5);

const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Due work may be minutes late after an outage.
const LATENESS: &[f64] = &[0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 86_400.0];
const BATCH: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram(&'static [f64]),
}

/// Every metric of our own: what it counts, for `# HELP`.
const OURS: &[(&str, Kind, &str)] = &[
    ("tollbridge_build_info", Kind::Gauge, "Always 1; the version is a label"),
    (
        "tollbridge_http_requests_total",
        Kind::Counter,
        "Requests answered, by route, method and class of status",
    ),
    (
        "tollbridge_http_request_duration_seconds",
        Kind::Histogram(SECONDS),
        "From a request that has arrived whole to its answer",
    ),
    ("tollbridge_http_requests_in_flight", Kind::Gauge, "Requests being answered"),
    ("tollbridge_http_connections", Kind::Gauge, "Open connections"),
    (
        "tollbridge_vault_outdated_secrets",
        Kind::Gauge,
        "Secrets still to be encrypted again after a rotation",
    ),
    ("tollbridge_commits_total", Kind::Counter, "Units of work committed or refused, by outcome"),
    ("tollbridge_events_total", Kind::Counter, "Events written down"),
    (
        "tollbridge_commit_duration_seconds",
        Kind::Histogram(SECONDS),
        "From handing a unit of work to the store to its outcome",
    ),
    ("tollbridge_store_batch_units", Kind::Histogram(BATCH), "Units of work that shared a transaction"),
    (
        "tollbridge_store_batch_duration_seconds",
        Kind::Histogram(SECONDS),
        "A transaction, from its begin until it is on the disk",
    ),
    (
        "tollbridge_store_wait_seconds",
        Kind::Histogram(SECONDS),
        "How long units of work waited for a transaction",
    ),
    ("tollbridge_store_waiting_units", Kind::Gauge, "Units of work that wait for a transaction"),
    (
        "tollbridge_store_failed_batches_total",
        Kind::Counter,
        "Transactions that the database or the disk refused",
    ),
    ("tollbridge_store_log_bytes", Kind::Gauge, "Length of the write-ahead log (embedded database)"),
    (
        "tollbridge_store_checkpoint_duration_seconds",
        Kind::Histogram(SECONDS),
        "Copying the write-ahead log back (embedded database)",
    ),
    (
        "tollbridge_due_work_written_total",
        Kind::Counter,
        "Pieces of due work written down, repetitions included, by queue",
    ),
    (
        "tollbridge_due_work_ended_total",
        Kind::Counter,
        "Pieces of due work done or replaced by a later repetition, by queue",
    ),
    (
        "tollbridge_due_work_waiting",
        Kind::Gauge,
        "Pieces leased by this node that wait for their turn, by queue",
    ),
    ("tollbridge_due_work_running", Kind::Gauge, "Pieces being done, by queue"),
    (
        "tollbridge_due_work_lateness_seconds",
        Kind::Histogram(LATENESS),
        "How long after its time a piece of due work was started, by queue",
    ),
    (
        "tollbridge_due_work_put_off_total",
        Kind::Counter,
        "Pieces given a later time because their receiver is behind, by queue",
    ),
    (
        "tollbridge_asks_recovered_total",
        Kind::Counter,
        "Asks of the acquirer whose answers were lost, by what became of them",
    ),
    ("tollbridge_deliveries_total", Kind::Counter, "Attempts to deliver a webhook, by outcome"),
    (
        "tollbridge_delivery_duration_seconds",
        Kind::Histogram(SECONDS),
        "An attempt to deliver a webhook, until the receiver answered",
    ),
    ("tollbridge_deliveries_given_up_total", Kind::Counter, "Webhooks that are tried no more"),
    (
        "tollbridge_endpoints_disabled_total",
        Kind::Counter,
        "Webhook endpoints disabled after days of failures",
    ),
    ("tollbridge_sign_ins_total", Kind::Counter, "Attempts to sign in: done, wrong or throttled"),
    (
        "tollbridge_sign_ups_throttled_total",
        Kind::Counter,
        "People who wanted to enrol when too many had from their network",
    ),
    (
        "tollbridge_rate_limited_total",
        Kind::Counter,
        "Requests refused because their account asks too often or for too much at once, by mode and reason",
    ),
    ("tollbridge_trace_exports_total", Kind::Counter, "Batches of spans sent to the collector, by outcome"),
    ("tollbridge_oauth_refusals_total", Kind::Counter, "OAuth requests refused, by error"),
];

/// Records from here on. Call it before anything that measures is made. Errors: somebody records already.
pub(crate) fn install() -> Result<PrometheusHandle, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure(format!("The metrics can't be recorded: {e}."));
    let mut builder = PrometheusBuilder::new();
    for (name, kind, _) in OURS {
        if let Kind::Histogram(buckets) = kind {
            let name = Matcher::Full((*name).to_owned());
            builder = builder.set_buckets_for_metric(name, buckets).map_err(|e| failed(&e))?;
        }
    }
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|e| failed(&e))?;
    for (name, kind, help) in OURS {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, Unit::Count, *help),
            Kind::Gauge => metrics::describe_gauge!(*name, Unit::Count, *help),
            Kind::Histogram(_) => metrics::describe_histogram!(*name, Unit::Count, *help),
        }
    }
    gauge!("tollbridge_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Keeps the buffers short, for as long as the program runs.
pub(crate) async fn keep_up(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        handle.run_upkeep();
    }
}

/// Everything, as Prometheus reads it.
pub(crate) fn text(handle: &PrometheusHandle) -> String {
    let mut out = handle.render();
    process::write(&mut out);
    out
}

/// The meters of requests.
pub(crate) struct Requests {
    in_flight: Gauge,
    connections: Gauge,
    /// Few: the routes are what is declared, never what was asked for.
    known: RwLock<HashMap<Label, (Counter, Histogram)>>,
}

type Label = (&'static str, &'static str, &'static str);

/// What is counted until it is dropped.
pub(crate) struct Counted(Gauge);

impl Counted {
    fn one(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Requests {
    /// Meters of the recorder that is installed.
    pub(crate) fn new() -> Self {
        Requests {
            in_flight: gauge!("tollbridge_http_requests_in_flight"),
            connections: gauge!("tollbridge_http_connections"),
            known: RwLock::default(),
        }
    }
    /// A connection was opened; it is counted for as long as what is returned is held.
    pub(crate) fn connected(&self) -> Counted {
        Counted::one(&self.connections)
    }
    /// A request begins.
    pub(crate) fn begun(&self) -> Counted {
        Counted::one(&self.in_flight)
    }
    /// A request is answered. `route`: as it is declared, never as it was asked for.
    pub(crate) fn answered(&self, route: &'static str, method: &Method, status: StatusCode, took: Duration) {
        let label = (route, word(method), class(status));
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, seconds)) = known.get(&label) {
            count.increment(1);
            seconds.record(took);
            return;
        }
        drop(known);
        let (route, method, status) = label;
        let labels = [("route", route), ("method", method), ("status", status)];
        let count = counter!("tollbridge_http_requests_total", &labels);
        let seconds = histogram!("tollbridge_http_request_duration_seconds", &labels);
        count.increment(1);
        seconds.record(took);
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(label, (count, seconds));
    }
}

/// The method as a label: callers may invent methods.
fn word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}
