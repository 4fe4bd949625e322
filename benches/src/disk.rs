//! What the disk itself costs: the time of an `fdatasync` after an append.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Result;
use crate::load::percentile;

const APPEND_BYTES: usize = 4096;
/// Bounds the file on a disk that only pretends to sync.
const APPENDS_MAX: usize = 200_000;

/// How long an append of 4 KB with its `fdatasync` takes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sync {
    /// How many were timed.
    pub(crate) count: usize,
    /// Median, microseconds.
    pub(crate) p50_us: f64,
    /// 99th percentile, microseconds.
    pub(crate) p99_us: f64,
}

/// Appends 4 KB and syncs, again and again for the duration, to a new file in `dir` that is removed after.
pub(crate) fn measure(dir: &Path, duration: Duration) -> Result<Sync> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join("fdatasync.tmp");
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let block = [0x5a_u8; APPEND_BYTES];
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < duration && times.len() < APPENDS_MAX {
        let before = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(u32::try_from(before.elapsed().as_nanos()).unwrap_or(u32::MAX));
    }
    drop(file);
    std::fs::remove_file(&path)?;
    times.sort_unstable();
    let us = |permille| f64::from(percentile(&times, permille)) / 1000.0;
    Ok(Sync { count: times.len(), p50_us: us(500), p99_us: us(990) })
}
