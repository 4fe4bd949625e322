//! What one invoice costs by the number of its lines: to gather what waits into a draft, to finalise it, to look at its page,
//! to draw its document and to pay it. Each is one request on a server that does nothing else.

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use crate::Result;
use crate::compare::Directory;
use crate::http::Client;
use crate::load::median;
use crate::process::Server;

const SECRET: &str = "Bearer sk_test_TollbridgePlatformSecret";
/// How often each size is measured; the median counts.
const ROUNDS: usize = 3;
/// What is measured of each.
const STEPS: [&str; 6] = ["gather", "finalise", "retrieve", "page", "document", "pay"];

/// What is measured.
pub(crate) struct Settings {
    pub(crate) product: PathBuf,
    /// How many lines, from few to many.
    pub(crate) sizes: Vec<u64>,
    pub(crate) server_cpu: String,
    /// Directory on the disk to measure.
    pub(crate) data: PathBuf,
}

/// What one size costs.
#[derive(Debug, Serialize)]
pub(crate) struct Cost {
    lines: u64,
    /// Median time of each step, in milliseconds, in the order of [`STEPS`].
    median_ms: Vec<f64>,
    /// Bytes of the document.
    document: usize,
    /// Resident memory of the server after all of it, bytes.
    resident: u64,
}

/// Measures one size after the other, each on a server of its own. Says how it goes on stderr.
pub(crate) fn measure(settings: &Settings) -> Result<Vec<Cost>> {
    settings.sizes.iter().map(|lines| cost(settings, *lines)).collect()
}

fn cost(settings: &Settings, lines: u64) -> Result<Cost> {
    let data = settings.data.join(format!("invoice-{}-{lines}", std::process::id()));
    std::fs::create_dir_all(&data)?;
    let data = Directory::of(data);
    let args = ["dev", "--port", "0", "--data"].map(str::to_owned);
    let args: Vec<String> = args.into_iter().chain([data.path().display().to_string()]).collect();
    let server = Server::start(&settings.product, &args, &settings.server_cpu)?;
    let mut client = server.client()?;
    let (mut rounds, mut document) = (Vec::new(), 0);
    for round in 1..=ROUNDS {
        let (times, bytes) = once(&mut client, lines)?;
        eprintln!("{lines} lines, round {round}: {times:.1?} ms");
        rounds.push(times);
        document = bytes;
    }
    let of = |n: usize| median(rounds.iter().filter_map(|times| times.get(n).copied()));
    let resident = server.resident_bytes()?;
    Ok(Cost { lines, median_ms: (0..STEPS.len()).map(of).collect(), document, resident })
}

fn text(json: &Value, name: &str) -> String {
    json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn post(client: &mut Client, path: &str, form: &str) -> Result<Value> {
    let (status, body) = client.post(path, SECRET, form)?;
    if status != 200 {
        return Err(format!("POST {path}: {status} {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(serde_json::from_slice(&body)?)
}

/// The times of the steps, in milliseconds, and the bytes of the document.
fn once(client: &mut Client, lines: u64) -> Result<(Vec<f64>, usize)> {
    let customer = text(&post(client, "/v1/customers", "source=tok_visa")?, "id");
    for n in 0..lines {
        let form = format!("customer={customer}&currency=usd&amount=100&description=Line+{n}%3A+a+pot");
        post(client, "/v1/invoiceitems", &form)?;
    }
    let mut times = Vec::with_capacity(STEPS.len());
    let mut timed = |began: Instant| times.push(began.elapsed().as_secs_f64() * 1e3);
    let began = Instant::now();
    let draft =
        post(client, "/v1/invoices", &format!("customer={customer}&pending_invoice_items_behavior=include"))?;
    timed(began);
    let there = draft.get("lines").and_then(|it| it.get("total_count")).and_then(Value::as_u64);
    if there != Some(lines) {
        return Err(format!("the invoice has {there:?} lines").into());
    }
    let path = format!("/v1/invoices/{}", text(&draft, "id"));
    let began = Instant::now();
    let open = post(client, &format!("{path}/finalize"), "")?;
    timed(began);
    let began = Instant::now();
    client.get(&path, SECRET)?;
    timed(began);
    let mut document = 0;
    for url in [text(&open, "hosted_invoice_url"), text(&open, "invoice_pdf")] {
        let (_, path) = url.split_once("/invoices/").ok_or("the invoice has no page")?;
        let began = Instant::now();
        let (status, body) = client.get(&format!("/invoices/{path}"), "")?;
        timed(began);
        if status != 200 {
            return Err(format!("{url}: {status}").into());
        }
        document = body.len();
    }
    let began = Instant::now();
    let paid = post(client, &format!("{path}/pay"), "")?;
    timed(began);
    if text(&paid, "status") != "paid" {
        return Err("the invoice is not paid".into());
    }
    Ok((times, document))
}

/// The table.
pub(crate) fn markdown(costs: &[Cost]) -> String {
    let columns: Vec<String> = costs.iter().map(|one| format!(" {} lines |", one.lines)).collect();
    let mut out = format!("| median of |{}\n|---|{}\n", columns.concat(), "--:|".repeat(costs.len()));
    for (n, what) in STEPS.iter().enumerate() {
        let times: Vec<String> = costs
            .iter()
            .map(|one| format!(" {:.1} ms |", one.median_ms.get(n).copied().unwrap_or(0.0)))
            .collect();
        out.push_str(&format!("| {what} |{}\n", times.concat()));
    }
    let megabytes = |of: fn(&Cost) -> f64| -> String {
        costs.iter().map(|one| format!(" {:.2} MB |", of(one) / 1e6)).collect()
    };
    out.push_str(&format!("| the document |{}\n", megabytes(|it| it.document as f64)));
    out.push_str(&format!("| memory of the server |{}\n", megabytes(|it| it.resident as f64)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_row() {
        let cost = Cost { lines: 10, median_ms: vec![1.25; 6], document: 2_000_000, resident: 50_000_000 };
        let table = markdown(&[cost]);
        assert!(table.contains("| finalise | 1.2 ms |") && table.contains("| the document | 2.00 MB |"));
    }
}
