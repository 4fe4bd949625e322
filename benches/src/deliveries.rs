//! What deliveries cost: how many a second against a bare client that posts the same bytes, how late they are at half of
//! that and beside endpoints that do not answer, and whether a million that wait make new ones later.
mod poster;
mod sink;

pub(crate) use poster::post_many;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Result;
use crate::load::percentile;
use crate::process::{self, Server};
use sink::{Manner, Post};

/// A platform that is there from the beginning, and another account for what shall not be disturbed.
const PLATFORM: &str = "Bearer sk_test_TollbridgePlatformSecret";
const OTHER: &str = "Bearer sk_test_TollbridgeSellerSecret01";
/// Endpoints that an account may have.
const ENDPOINTS: u32 = 16;
/// How long a run waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(600);
/// The pace of the turns of a lane in which nothing has been answered.
const TURN: Duration = Duration::from_millis(1);
/// How long a server is left alone before it is looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// What is measured, and with what.
pub(crate) struct Settings {
    /// The server binary.
    pub(crate) product: PathBuf,
    /// Core of the server, and of the bare client.
    pub(crate) server_cpu: String,
    /// Core of the receivers and of who asks.
    pub(crate) load_cpu: String,
    /// Directory for the data.
    pub(crate) data: PathBuf,
    /// Events that are delivered for a rate.
    pub(crate) events: u32,
    /// Seconds of each run at a steady pace.
    pub(crate) seconds: u32,
    /// Deliveries that wait in the backlog.
    pub(crate) backlog: u32,
}

/// How late deliveries were, in microseconds: from the answer to the request to the first byte at the receiver.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Lateness {
    count: usize,
    p50_us: u32,
    p99_us: u32,
    max_us: u32,
}

/// One figure and what it shall be.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    target: Option<String>,
    missed: bool,
}

impl Figure {
    fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Figure { what: what.into(), value, unit, target: None, missed: false }
    }
    fn at_least(self, target: f64) -> Self {
        Figure { missed: self.value < target, target: Some(format!("≥ {target}")), ..self }
    }
    fn below(self, target: f64) -> Self {
        Figure { missed: self.value >= target, target: Some(format!("< {target}")), ..self }
    }
}

/// The table of the README.
pub(crate) fn markdown(figures: &[Figure]) -> String {
    let mut out = String::from("| figure | value | target | |\n|---|--:|--:|---|\n");
    for it in figures {
        let target = it.target.as_deref().unwrap_or("–");
        let verdict = match (&it.target, it.missed) {
            (None, _) => "",
            (Some(_), false) => "pass",
            (Some(_), true) => "**miss**",
        };
        out += &format!("| {} | {:.2} {} | {target} | {verdict} |\n", it.what, it.value, it.unit);
    }
    out
}

/// Whether a target was missed.
pub(crate) fn missed(figures: &[Figure]) -> bool {
    figures.iter().any(|it| it.missed)
}

/// A server on a directory of its own, which goes with it.
struct Running {
    server: Option<Server>,
    data: PathBuf,
    arguments: Vec<String>,
}

impl Running {
    fn start(settings: &Settings, name: &str) -> Result<Self> {
        let data = settings.data.join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&data)?;
        let arguments = ["dev", "--port", "0", "--log", "error", "--data", &data.display().to_string()];
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let server = Server::start(&settings.product, &arguments, &settings.server_cpu)?;
        Ok(Running { server: Some(server), data, arguments })
    }
    fn server(&self) -> Result<&Server> {
        self.server.as_ref().ok_or_else(|| "the server is not running".into())
    }
    fn address(&self) -> Result<SocketAddr> {
        Ok(self.server()?.address)
    }
    /// Kills it without a word.
    fn kill(&mut self) {
        drop(self.server.take());
    }
    /// Starts it again with what it left.
    fn start_again(&mut self, settings: &Settings) -> Result<()> {
        self.server = Some(Server::start(&settings.product, &self.arguments, &settings.server_cpu)?);
        Ok(())
    }
    fn post(&self, path: &str, auth: &str, form: &str) -> Result<String> {
        let (status, body) = self.server()?.client()?.post(path, auth, form)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        if status == 200 { Ok(body) } else { Err(format!("{path} was answered {status}: {body}").into()) }
    }
    fn endpoint(&self, auth: &str, address: SocketAddr) -> Result<()> {
        let url = crate::http::form_value(&format!("http://{address}/hook"));
        self.post("/v1/webhook_endpoints", auth, &format!("url={url}&enabled_events[]=customer.created"))?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.server.take());
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// The id of the customer in an answer or in a delivery.
fn customer(text: &str) -> Option<&str> {
    let rest = &text[text.find("\"cus_")? + 1..];
    rest.get(..rest.find('"')?)
}

/// Makes `count` customers on several connections as fast as they are made.
fn make(address: SocketAddr, auth: &'static str, count: u32) -> Result<()> {
    let makers = 8;
    let threads: Vec<_> = (0..makers)
        .map(|maker| {
            std::thread::spawn(move || -> Result<()> {
                let mut client = crate::http::Client::connect(address)?;
                for _ in (maker..count).step_by(makers as usize) {
                    let (status, body) = client.post("/v1/customers", auth, "name=x")?;
                    if status != 200 {
                        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
                    }
                }
                Ok(())
            })
        })
        .collect();
    threads.into_iter().try_for_each(|it| it.join().map_err(|_| "a thread panicked")?)
}

/// Makes customers at a steady pace for so many accounts in turn; returns when each was answered for.
fn at_pace(
    address: SocketAddr,
    auths: &[String],
    per_second: f64,
    seconds: u32,
) -> Result<HashMap<String, Instant>> {
    let makers = 4_u32;
    let began = Instant::now();
    let count = (per_second * f64::from(seconds)) as u32;
    let threads: Vec<_> = (0..makers)
        .map(|maker| {
            let auths = auths.to_vec();
            std::thread::spawn(move || -> Result<Vec<(String, Instant)>> {
                let mut client = crate::http::Client::connect(address)?;
                let mut made = Vec::new();
                for number in (maker..count).step_by(makers as usize) {
                    let due = began + Duration::from_secs_f64(f64::from(number) / per_second);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let auth = &auths[number as usize % auths.len()];
                    let (status, body) = client.post("/v1/customers", auth, "name=x")?;
                    let at = Instant::now();
                    let body = String::from_utf8_lossy(&body);
                    match customer(&body) {
                        Some(id) if status == 200 => made.push((id.to_owned(), at)),
                        _ => return Err(format!("{status}: {body}").into()),
                    }
                }
                Ok(made)
            })
        })
        .collect();
    let mut all = HashMap::new();
    for thread in threads {
        all.extend(thread.join().map_err(|_| "a thread panicked")??);
    }
    Ok(all)
}

/// How late what was made came to a receiver. Errors: something did not come at all.
fn lateness(made: &HashMap<String, Instant>, post: &Post) -> Result<Lateness> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let came = post.arrivals();
        if made.keys().all(|id| came.contains_key(id)) {
            let late = made.iter().filter_map(|(id, at)| Some(came.get(id)?.saturating_duration_since(*at)));
            let mut us: Vec<u32> = late.map(|it| u32::try_from(it.as_micros()).unwrap_or(u32::MAX)).collect();
            us.sort_unstable();
            let max_us = us.last().copied().unwrap_or_default();
            return Ok(Lateness {
                count: us.len(),
                p50_us: percentile(&us, 500),
                p99_us: percentile(&us, 990),
                max_us,
            });
        }
        if Instant::now() > deadline {
            let missing = made.keys().filter(|id| !came.contains_key(*id)).count();
            return Err(format!("{missing} of {} deliveries did not come", made.len()).into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ms(us: u32) -> f64 {
    f64::from(us) / 1000.0
}

/// Deliveries a second, and how late they are at half of that.
pub(crate) fn measure(settings: &Settings) -> Result<Vec<Figure>> {
    process::pin_self(&settings.load_cpu)?;
    let post = Post::start(Manner::Holds)?;
    let mut running = Running::start(settings, "deliveries")?;
    running.endpoint(PLATFORM, post.address)?;
    make(running.address()?, PLATFORM, settings.events)?;
    // What was sent is not answered, so all of it is still owed: a killed server begins with that and nothing else, once
    // the turns have come that a lane gives which is behind.
    running.kill();
    post.answers();
    std::thread::sleep(TURN * settings.events + PAUSE);
    let before = post.count();
    running.start_again(settings)?;
    let goal = before + u64::from(settings.events);
    while post.count() == before {
        std::thread::sleep(Duration::from_millis(1));
    }
    let (began, cpu) = (Instant::now(), running.server()?.cpu_time());
    while post.count() < goal {
        if began.elapsed() > PATIENCE {
            return Err(format!("{} of {goal} deliveries came", post.count()).into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = began.elapsed().as_secs_f64();
    let rate = f64::from(settings.events) / took;
    let busy = running.server()?.cpu_time().saturating_sub(cpu).as_secs_f64() / took * 100.0;
    let bare = bare(settings, &post)?;
    let half = (rate / 2.0).min(4_000.0);
    post.forget();
    let made = at_pace(running.address()?, &[PLATFORM.to_owned()], half, settings.seconds)?;
    let late = lateness(&made, &post)?;
    Ok(vec![
        Figure::new("deliveries a second, signed, recorded, counted, one core", rate, "/s"),
        Figure::new("the server's core", busy, "%"),
        Figure::new("a bare hyper client that posts the same bytes", bare, "/s"),
        Figure::new("deliveries over bare posts", rate / bare, "").at_least(0.25),
        Figure::new(
            format!("from commit to first byte at {half:.0} events a second, p50"),
            ms(late.p50_us),
            "ms",
        ),
        Figure::new("the same, p99", ms(late.p99_us), "ms").below(20.0),
    ])
}

/// Posts a second of a bare hyper client on the server's core, with a request as it was delivered last.
fn bare(settings: &Settings, post: &Post) -> Result<f64> {
    let request = settings.data.join(format!("request-{}", std::process::id()));
    std::fs::write(&request, post.last())?;
    let program = std::env::current_exe()?;
    let output = Command::new("taskset")
        .args(["-c", &settings.server_cpu])
        .arg(program)
        .args(["post-many", "--to", &post.address.to_string(), "--count", "100000", "--request"])
        .arg(&request)
        .stderr(Stdio::inherit())
        .output()?;
    let _ = std::fs::remove_file(&request);
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().map_err(|_| format!("the bare client said {said:?}").into())
}

/// How late the deliveries of fifty healthy endpoints are beside fifty dead and slow ones.
pub(crate) fn neighbours(settings: &Settings) -> Result<Vec<Figure>> {
    process::pin_self(&settings.load_cpu)?;
    let healthy = Post::start(Manner::Answers)?;
    let mute = Post::start(Manner::Holds)?;
    let closed = std::net::TcpListener::bind("127.0.0.1:0")?;
    let dead = closed.local_addr()?;
    drop(closed);
    let running = Running::start(settings, "neighbours")?;
    // A world each, so that nothing but the deliverer is shared.
    let key = |kind: &str, n: u32| format!("Bearer sk_test_neighbours{kind}{n:04}");
    let (mut good, mut all) = (Vec::new(), Vec::new());
    for n in 0..50 {
        let auth = key("good", n);
        running.endpoint(&auth, healthy.address)?;
        good.push(auth);
    }
    let alone = lateness(&at_pace(running.address()?, &good, 100.0, settings.seconds)?, &healthy)?;
    for n in 0..50 {
        let auth = key("bad", n);
        running.endpoint(&auth, if n % 2 == 0 { dead } else { mute.address })?;
        all.push(auth);
    }
    all.extend(good.iter().cloned());
    healthy.forget();
    let mut made = at_pace(running.address()?, &all, 200.0, settings.seconds)?;
    // Every second one goes to somebody who does not answer.
    std::thread::sleep(Duration::from_millis(500));
    let came = healthy.arrivals();
    let expected = made.len() / 2;
    made.retain(|id, _| came.contains_key(id));
    if made.len() < expected {
        return Err(format!("{} of {expected} deliveries to healthy endpoints came", made.len()).into());
    }
    let beside = lateness(&made, &healthy)?;
    Ok(vec![
        Figure::new("50 healthy endpoints alone, 100 events a second, p99 lateness", ms(alone.p99_us), "ms"),
        Figure::new(
            "the same beside 25 dead and 25 mute ones with as many events, p50",
            ms(beside.p50_us),
            "ms",
        ),
        Figure::new("p99", ms(beside.p99_us), "ms").below(100.0),
        Figure::new("the latest", ms(beside.max_us), "ms"),
    ])
}

/// What a backlog costs: memory, and how late new deliveries are.
pub(crate) fn backlog(settings: &Settings) -> Result<Vec<Figure>> {
    process::pin_self(&settings.load_cpu)?;
    let healthy = Post::start(Manner::Answers)?;
    let closed = std::net::TcpListener::bind("127.0.0.1:0")?;
    let dead = closed.local_addr()?;
    drop(closed);
    let mut running = Running::start(settings, "backlog")?;
    running.endpoint(OTHER, healthy.address)?;
    let pace = 100.0;
    let other = [OTHER.to_owned()];
    let before = lateness(&at_pace(running.address()?, &other, pace, settings.seconds)?, &healthy)?;
    let memory_before = running.server()?.resident_bytes()?;
    for _ in 0..ENDPOINTS {
        running.endpoint(PLATFORM, dead)?;
    }
    make(running.address()?, PLATFORM, settings.backlog / ENDPOINTS)?;
    healthy.forget();
    let beside = lateness(&at_pace(running.address()?, &other, pace, settings.seconds)?, &healthy)?;
    let memory_after = running.server()?.resident_bytes()?;
    running.kill();
    running.start_again(settings)?;
    std::thread::sleep(PAUSE);
    healthy.forget();
    let started = lateness(&at_pace(running.address()?, &other, pace, settings.seconds)?, &healthy)?;
    let memory_started = running.server()?.resident_bytes()?;
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let many = settings.backlog;
    Ok(vec![
        Figure::new("new deliveries with nothing waiting, p99 lateness", ms(before.p99_us), "ms"),
        Figure::new(format!("with {many} undelivered, p99 lateness"), ms(beside.p99_us), "ms").below(100.0),
        Figure::new("and after a kill and a start with them, p99 lateness", ms(started.p99_us), "ms")
            .below(100.0),
        Figure::new("memory with nothing waiting", mb(memory_before), "MB"),
        Figure::new(format!("with {many} undelivered"), mb(memory_after), "MB"),
        Figure::new("and after a start with them", mb(memory_started), "MB"),
    ])
}
