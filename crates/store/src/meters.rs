//! What a home measures of itself, under the same names in every home. Where no recorder is installed before the home
//! is opened, measuring costs nothing.
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use std::time::Duration;

/// The meters of one home, looked up once when it is opened.
#[derive(Clone)]
pub struct Meters {
    batch: Histogram,
    seconds: Histogram,
    wait: Histogram,
    failed: Counter,
    waiting: Gauge,
    checkpoint: Histogram,
    log: Gauge,
}

impl Default for Meters {
    fn default() -> Self {
        Meters {
            batch: histogram!("tollbridge_store_batch_units"),
            seconds: histogram!("tollbridge_store_batch_duration_seconds"),
            wait: histogram!("tollbridge_store_wait_seconds"),
            failed: counter!("tollbridge_store_failed_batches_total"),
            waiting: gauge!("tollbridge_store_waiting_units"),
            checkpoint: histogram!("tollbridge_store_checkpoint_duration_seconds"),
            log: gauge!("tollbridge_store_log_bytes"),
        }
    }
}

impl Meters {
    /// A unit begins to wait for its transaction.
    pub fn waits(&self) {
        self.waiting.increment(1.0);
    }
    /// A unit does not wait after all: nobody takes it.
    pub fn turned_away(&self) {
        self.waiting.decrement(1.0);
    }
    /// A unit has waited so long for its transaction, which begins.
    pub fn waited(&self, wait: Duration) {
        self.waiting.decrement(1.0);
        self.wait.record(wait);
    }
    /// A transaction with so many units has taken so long, the disk included.
    pub fn batch(&self, units: usize, took: Duration) {
        self.batch.record(units as f64);
        self.seconds.record(took);
    }
    /// A transaction failed, through no fault of its units.
    pub fn failed(&self) {
        self.failed.increment(1);
    }
    /// The log of a home that has one is so long.
    pub fn log(&self, bytes: u64) {
        self.log.set(bytes as f64);
    }
    /// The log was copied back into the file, which took so long.
    pub fn checkpoint(&self, took: Duration) {
        self.checkpoint.record(took);
    }
}
