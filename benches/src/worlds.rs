//! What a world costs: how long the first request with a key takes that nobody issued, and how much memory many
//! worlds take side by side.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Result;
use crate::process::Server;

/// What is measured.
pub(crate) struct Settings {
    /// The server binary.
    pub(crate) product: PathBuf,
    /// How many worlds are made.
    pub(crate) worlds: u32,
    /// Core of the server.
    pub(crate) server_cpu: String,
    /// Directory for the data.
    pub(crate) data: PathBuf,
}

/// What came of one home.
#[derive(Debug, Serialize)]
pub(crate) struct Cost {
    home: &'static str,
    worlds: u32,
    /// The first request of each world.
    first_p50_us: u64,
    first_p99_us: u64,
    /// Another request of each world, when all are there.
    next_p50_us: u64,
    next_p99_us: u64,
    /// Resident memory of the server before and after.
    before_bytes: u64,
    after_bytes: u64,
    /// What is on the disk afterwards.
    disk_bytes: u64,
}

/// Makes worlds one after the other on one connection, in the embedded home and in memory.
pub(crate) fn measure(settings: &Settings) -> Result<Vec<Cost>> {
    [("embedded", ""), ("in memory", "--ephemeral")]
        .into_iter()
        .map(|(home, flag)| cost(settings, home, flag))
        .collect()
}

fn cost(settings: &Settings, home: &'static str, flag: &str) -> Result<Cost> {
    let data = settings.data.join(format!("worlds-{}", std::process::id()));
    std::fs::create_dir_all(&data)?;
    let path = data.display().to_string();
    let mut arguments = vec!["dev", "--port", "0", "--data", &path];
    arguments.extend(Some(flag).filter(|flag| !flag.is_empty()));
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    let server = Server::start(&settings.product, &arguments, &settings.server_cpu)?;
    let mut client = server.client()?;
    let mut ask = |key: &str| -> Result<Duration> {
        let auth = format!("Bearer {key}");
        let began = Instant::now();
        let (status, _) = client.get("/v1/balance", &auth)?;
        let took = began.elapsed();
        if status == 200 { Ok(took) } else { Err(format!("{key} was answered {status}").into()) }
    };
    for _ in 0..100 {
        ask("sk_test_TollbridgePlatformSecret")?;
    }
    let before_bytes = server.resident_bytes()?;
    let mut round = || -> Result<(u64, u64)> {
        let keys = (0..settings.worlds).map(|n| format!("sk_test_measured{n:08}"));
        let mut took = keys.map(|key| ask(&key)).collect::<Result<Vec<Duration>>>()?;
        took.sort_unstable();
        let at = |percent: usize| {
            let place = (took.len() * percent / 100).min(took.len().saturating_sub(1));
            took.get(place).map_or(0, |took| took.as_micros() as u64)
        };
        Ok((at(50), at(99)))
    };
    let (first_p50_us, first_p99_us) = round()?;
    let after_bytes = server.resident_bytes()?;
    let (next_p50_us, next_p99_us) = round()?;
    let files = std::fs::read_dir(&data)?.filter_map(|entry| entry.ok()?.metadata().ok());
    let disk_bytes = files.map(|file| file.len()).sum();
    drop(server);
    std::fs::remove_dir_all(&data)?;
    let worlds = settings.worlds;
    Ok(Cost {
        home,
        worlds,
        first_p50_us,
        first_p99_us,
        next_p50_us,
        next_p99_us,
        before_bytes,
        after_bytes,
        disk_bytes,
    })
}

/// The table of the README.
pub(crate) fn markdown(costs: &[Cost]) -> String {
    let mut out = String::from(
        "| home | worlds | first request p50 / p99 | another p50 / p99 | memory before → after | a world | on disk |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for it in costs {
        let grown = it.after_bytes.saturating_sub(it.before_bytes);
        out += &format!(
            "| {} | {} | {:.2} / {:.2} ms | {} / {} µs | {:.1} → {:.1} MB | {:.1} KB | {:.1} MB |\n",
            it.home,
            it.worlds,
            it.first_p50_us as f64 / 1e3,
            it.first_p99_us as f64 / 1e3,
            it.next_p50_us,
            it.next_p99_us,
            it.before_bytes as f64 / 1e6,
            it.after_bytes as f64 / 1e6,
            grown as f64 / 1e3 / f64::from(it.worlds.max(1)),
            it.disk_bytes as f64 / 1e6,
        );
    }
    out
}
