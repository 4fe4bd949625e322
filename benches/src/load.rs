//! The load generator: a fixed number of keep-alive connections, each with one request under way, for a
//! fixed time after a warm-up. It always stops by itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;
use crate::http::parse_response;

/// Writes the request with this number into the buffer. Numbers are unique within a run.
pub(crate) type RequestFn = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

/// How long a request may still take after the end of the run before it counts as an error.
const GRACE: Duration = Duration::from_secs(5);
/// After so many errors a connection gives up: a broken server must not keep the generator spinning.
const ERRORS_PER_CONNECTION_MAX: u64 = 20;

/// What to send, where, how much.
#[derive(Clone)]
pub(crate) struct Plan {
    /// The server.
    pub(crate) address: SocketAddr,
    /// Makes each request.
    pub(crate) request: RequestFn,
    /// The number of the first request.
    pub(crate) first: u64,
    /// Numbers from here on are not sent: the run ends early, and its rate is over the time it lasted.
    pub(crate) end: u64,
    /// Keep-alive connections.
    pub(crate) connections: usize,
    /// Generator threads; the connections are dealt out to them.
    pub(crate) threads: usize,
    /// Not counted.
    pub(crate) warmup: Duration,
    /// Counted.
    pub(crate) duration: Duration,
}

/// What a run showed.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Outcome {
    /// Successful responses a second.
    pub(crate) rate: f64,
    /// Successful responses counted.
    pub(crate) answered: u64,
    /// Seconds over which they were counted.
    pub(crate) seconds: f64,
    /// Median time from the request's first byte out to the response's last byte in, microseconds.
    pub(crate) p50_us: f64,
    /// The same, 99th percentile.
    pub(crate) p99_us: f64,
    /// Responses that were not 2xx, broken connections and time-outs, with those of the warm-up.
    pub(crate) errors: u64,
    /// The first of them.
    pub(crate) first_error: Option<String>,
}

struct Shared {
    plan: Plan,
    next: AtomicU64,
    counted_from: Instant,
    until: Instant,
}

#[derive(Default)]
struct Tally {
    /// Nanoseconds, of counted requests.
    latencies: Vec<u32>,
    last: Option<Instant>,
    errors: u64,
    first_error: Option<String>,
}

impl Tally {
    fn error(&mut self, what: impl FnOnce() -> String) {
        self.errors += 1;
        self.first_error.get_or_insert_with(what);
    }
}

/// Runs the plan on threads of its own and waits for the end.
pub(crate) fn run(plan: Plan) -> Result<Outcome> {
    let start = Instant::now();
    let counted_from = start + plan.warmup;
    let until = counted_from + plan.duration;
    let shared = Arc::new(Shared { next: AtomicU64::new(plan.first), counted_from, until, plan });
    let threads = shared.plan.threads.clamp(1, shared.plan.connections.max(1));
    let mut handles = Vec::new();
    for thread in 0..threads {
        let shared = Arc::clone(&shared);
        let count = (shared.plan.connections + threads - 1 - thread) / threads;
        handles.push(std::thread::spawn(move || run_thread(shared, count)));
    }
    let mut tallies = Vec::new();
    for handle in handles {
        tallies.extend(handle.join().map_err(|_| "a generator thread panicked")??);
    }
    Ok(sum_up(tallies, &shared))
}

fn run_thread(shared: Arc<Shared>, connections: usize) -> Result<Vec<Tally>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async move {
        let tasks: Vec<_> =
            (0..connections).map(|_| tokio::spawn(run_connection(Arc::clone(&shared)))).collect();
        let mut tallies = Vec::with_capacity(connections);
        for task in tasks {
            let failed = || Tally {
                errors: 1,
                first_error: Some("a connection's task panicked".into()),
                ..Tally::default()
            };
            tallies.push(task.await.unwrap_or_else(|_| failed()));
        }
        tallies
    }))
}

/// One connection, reopened when it breaks, until the time or the requests are used up.
async fn run_connection(shared: Arc<Shared>) -> Tally {
    let mut tally = Tally::default();
    let deadline = tokio::time::Instant::from_std(shared.until + GRACE);
    while tally.errors < ERRORS_PER_CONNECTION_MAX && Instant::now() < shared.until {
        // One timer a connection and not one a request: the generator has to stay cheaper than the server.
        match tokio::time::timeout_at(deadline, talk(&shared, &mut tally)).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => break,
            Ok(Err(error)) => tally.error(|| error.to_string()),
            Err(_) => {
                tally.error(|| "no answer in time".into());
                break;
            }
        }
    }
    tally
}

/// Sends and reads until the run is over (`false`) or the server closes the connection (`true`).
async fn talk(shared: &Shared, tally: &mut Tally) -> Result<bool> {
    let mut stream = TcpStream::connect(shared.plan.address).await?;
    stream.set_nodelay(true)?;
    let mut request = Vec::with_capacity(1 << 10);
    let mut buf: Vec<u8> = Vec::with_capacity(16 << 10);
    loop {
        let started = Instant::now();
        if started >= shared.until {
            return Ok(false);
        }
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if number >= shared.plan.end {
            return Ok(false);
        }
        request.clear();
        (shared.plan.request)(number, &mut request);
        stream.write_all(&request).await?;
        buf.clear();
        let response = loop {
            if stream.read_buf(&mut buf).await? == 0 {
                return Err("the server closed the connection before it answered".into());
            }
            if let Some(response) = parse_response(&buf)? {
                break response;
            }
        };
        let ended = Instant::now();
        if !response.ok() {
            tally.error(|| describe(response.status, &response.body(&buf)));
            if tally.errors >= ERRORS_PER_CONNECTION_MAX {
                return Ok(false);
            }
        } else if ended >= shared.counted_from && ended < shared.until {
            tally.latencies.push(u32::try_from((ended - started).as_nanos()).unwrap_or(u32::MAX));
            tally.last = Some(ended);
        }
        if response.total_len != buf.len() {
            return Err("more bytes than one response".into());
        }
        if response.close {
            return Ok(true);
        }
    }
}

/// An unwanted answer, short enough for a table's footnote.
pub(crate) fn describe(status: u16, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
    format!("{status} {text}")
}

fn sum_up(tallies: Vec<Tally>, shared: &Shared) -> Outcome {
    let used_up = shared.next.load(Ordering::Relaxed) >= shared.plan.end;
    let last = tallies.iter().filter_map(|tally| tally.last).max().unwrap_or(shared.until);
    let end = if used_up { last } else { shared.until };
    let seconds = end.saturating_duration_since(shared.counted_from).as_secs_f64();
    let errors = tallies.iter().map(|tally| tally.errors).sum();
    let first_error = tallies.iter().find_map(|tally| tally.first_error.clone());
    let mut latencies: Vec<u32> = tallies.into_iter().flat_map(|tally| tally.latencies).collect();
    latencies.sort_unstable();
    let answered = latencies.len() as u64;
    let rate = if seconds > 0.0 { answered as f64 / seconds } else { 0.0 };
    let us = |permille| f64::from(percentile(&latencies, permille)) / 1000.0;
    Outcome { rate, answered, seconds, p50_us: us(500), p99_us: us(990), errors, first_error }
}

/// The value below which `permille` thousandths of the sorted values lie; zero where there are none.
pub(crate) fn percentile(sorted: &[u32], permille: usize) -> u32 {
    let at = (sorted.len() * permille / 1000).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

/// The middle value; of an even number the lower of the two in the middle. Zero where there are none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_medians_of_few_values() {
        assert_eq!(percentile(&[], 500), 0);
        assert_eq!(percentile(&[7], 990), 7);
        let hundred: Vec<u32> = (0..100).collect();
        assert_eq!((percentile(&hundred, 500), percentile(&hundred, 990)), (50, 99));
        assert!(median([3.0, 1.0, 2.0]).total_cmp(&2.0).is_eq());
        assert!(median([4.0, 1.0, 3.0, 2.0]).total_cmp(&2.0).is_eq());
        assert!(median([]).total_cmp(&0.0).is_eq());
    }
}
