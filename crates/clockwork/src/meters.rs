//! What the queues and the deliveries measure.
use crate::{Answer, Unsent};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use std::time::Duration;

/// The meters of one queue.
pub(crate) struct Meters {
    late: Histogram,
    waiting: Gauge,
    running: Gauge,
    put_off: Counter,
}

impl Meters {
    pub(crate) fn of(queue: &'static str) -> Self {
        Meters {
            late: histogram!("tollbridge_due_work_lateness_seconds", "queue" => queue),
            waiting: gauge!("tollbridge_due_work_waiting", "queue" => queue),
            running: gauge!("tollbridge_due_work_running", "queue" => queue),
            put_off: counter!("tollbridge_due_work_put_off_total", "queue" => queue),
        }
    }
    /// A piece is started so many milliseconds after it was due.
    pub(crate) fn started(&self, late_ms: i64) {
        self.late.record(Duration::from_millis(late_ms.max(0) as u64));
    }
    /// So many pieces wait for their turn in memory, and so many run.
    pub(crate) fn holds(&self, waiting: usize, running: usize) {
        self.waiting.set(waiting as f64);
        self.running.set(running as f64);
    }
    /// So many pieces were given a later time, because their lane is behind.
    pub(crate) fn put_off(&self, pieces: usize) {
        self.put_off.increment(pieces as u64);
    }
}

/// A delivery was tried, and that took so long.
pub(crate) fn tried(answer: &Result<Answer, Unsent>, took: Duration) {
    let outcome = match answer {
        Ok(answer) if answer.is_receipt() => "delivered",
        Ok(_) => "refused",
        Err(Unsent::Forbidden(_)) => "forbidden",
        Err(Unsent::Unreachable(_)) => "unreachable",
        Err(Unsent::TimedOut) => "timed_out",
    };
    counter!("tollbridge_deliveries_total", "outcome" => outcome).increment(1);
    histogram!("tollbridge_delivery_duration_seconds").record(took);
}

/// An endpoint was disabled, because nothing had reached it for days.
pub(crate) fn endpoint_disabled() {
    counter!("tollbridge_endpoints_disabled_total").increment(1);
}

/// A delivery is tried no more.
pub(crate) fn given_up() {
    counter!("tollbridge_deliveries_given_up_total").increment(1);
}
