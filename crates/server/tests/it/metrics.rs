//! What Prometheus is told: names, labels and values, read as it reads them.
use crate::{
    harness::{PLATFORM, Server},
    receiver::Receiver,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A scrape: the type of every family, and the value of every series.
struct Scrape {
    types: BTreeMap<String, String>,
    series: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads the text format, and insists on its rules.
    fn parse(text: &str) -> Self {
        let (mut types, mut helped, mut series) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                helped.push(help.split_once(' ').expect("a help text").0.to_owned());
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a type");
                assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} is declared twice");
            } else {
                let (name, value) = line.rsplit_once(' ').expect("a value");
                let family = name.split('{').next().unwrap();
                let of = |suffix| family.strip_suffix(suffix).filter(|it| types.contains_key(*it));
                let of_histogram = ["_bucket", "_sum", "_count"].into_iter().find_map(of);
                let family = of_histogram.unwrap_or(family);
                assert!(types.contains_key(family), "{family} has no type");
                assert!(helped.iter().any(|it| it == family), "{family} has no help");
                assert!(series.insert(name.to_owned(), value.parse().expect("a number")).is_none(), "{name}");
            }
        }
        Scrape { types, series }
    }
    fn of(server: &Server) -> Self {
        let answer = match &server.operators {
            Some(_) => server.operator("/metrics"),
            None => server.send("GET", "/metrics", &[], ""),
        };
        assert_eq!(answer.status, 200);
        assert_eq!(answer.all("content-type"), ["text/plain; version=0.0.4; charset=utf-8"]);
        Self::parse(&answer.body)
    }
    fn get(&self, series: &str) -> f64 {
        self.series.get(series).copied().expect(series)
    }
    /// The value as a count.
    fn count(&self, series: &str) -> u64 {
        self.series.get(series).map_or(0, |value| *value as u64)
    }
}

#[test]
fn requests_are_counted_by_route_and_never_by_path() {
    let server = Server::start(&["--ephemeral"]);
    let customer = server.ask(PLATFORM, "POST", "/v1/customers", "name=Jenny").text("id");
    for _ in 0..3 {
        server.ask(PLATFORM, "GET", &format!("/v1/customers/{customer}"), "");
    }
    server.ask("sk_test_nobodysKey000000000000000000", "GET", "/v1/charges", "");
    server.ask(PLATFORM, "GET", "/v1/customers/cus_other", "");
    server.ask(PLATFORM, "GET", "/v1/nothing_like_it/cus_x", "");
    server.ask(PLATFORM, "PROPFIND", "/v1/customers", "");
    server.send("GET", "/dashboard/logs/req_x", &[], "");
    server.send("GET", "/secret-path", &[], "");
    let token = server.send("POST", "/oauth/token", &[], "grant_type=authorization_code&code=ac_x");
    assert_eq!(token.status, 401);

    let scrape = Scrape::of(&server);
    let requests = |route: &str, method: &str, status: &str| {
        let labels = format!("{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}");
        let counted = scrape.count(&format!("tollbridge_http_requests_total{labels}"));
        let timed = scrape.count(&format!("tollbridge_http_request_duration_seconds_count{labels}"));
        assert_eq!(counted, timed);
        counted
    };
    assert_eq!(requests("/v1/customers/{id}", "GET", "2xx"), 3);
    assert_eq!(requests("/v1/customers/{id}", "GET", "4xx"), 1);
    assert_eq!(requests("/v1/customers", "POST", "2xx"), 1);
    assert_eq!(requests("other", "GET", "4xx"), 2, "nothing_like_it and secret-path");
    assert_eq!(requests("other", "other", "4xx"), 1, "an invented method");
    assert_eq!(requests("/oauth/token", "POST", "4xx"), 1);
    assert_eq!(requests("/dashboard/logs/{id}", "GET", "2xx"), 1);
    assert_eq!(scrape.count("tollbridge_oauth_refusals_total{error=\"invalid_client\"}"), 1);
    let all: String = scrape.series.keys().map(|it| format!("{it}\n")).collect();
    for secret in [customer.as_str(), "cus_other", "secret-path", "PROPFIND", "req_x"] {
        assert!(!all.contains(secret), "{secret} became a label");
    }
    assert_eq!(scrape.types["tollbridge_http_request_duration_seconds"], "histogram");
    assert_eq!(scrape.count("tollbridge_http_requests_in_flight"), 1, "the scrape itself");
    assert!(scrape.get("process_start_time_seconds") > 1.7e9);
    assert!(scrape.get("process_resident_memory_bytes") > 1e6);
}

#[test]
fn buckets_rise_to_the_count() {
    let server = Server::start(&["--ephemeral"]);
    server.ask(PLATFORM, "POST", "/v1/customers", "name=Jenny");
    let scrape = Scrape::of(&server);
    let name = "tollbridge_http_request_duration_seconds";
    let labels = "route=\"/v1/customers\",method=\"POST\",status=\"2xx\"";
    let prefix = format!("{name}_bucket{{{labels},le=\"");
    let mut buckets: Vec<(f64, u64)> = scrape
        .series
        .iter()
        .filter_map(|(series, value)| {
            let bound = series.strip_prefix(&prefix)?.trim_end_matches("\"}");
            Some((if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() }, *value as u64))
        })
        .collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(buckets.len() > 10);
    assert!(buckets.is_sorted_by_key(|(_, count)| *count), "{buckets:?}");
    assert_eq!(buckets.last(), Some(&(f64::INFINITY, 1)));
    assert!(scrape.get(&format!("{name}_sum{{{labels}}}")) > 0.0);
}

#[test]
fn commits_the_store_and_deliveries_are_measured() {
    let server = Server::start(&[]);
    let receiver = Receiver::start(|n| if n == 0 { 500 } else { 200 });
    let url = &receiver.url;
    let made =
        server.ask(PLATFORM, "POST", "/v1/webhook_endpoints", &format!("url={url}&enabled_events[]=*"));
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(server.ask(PLATFORM, "POST", "/v1/customers", "name=Jenny").status, 200);
    let deliveries = |scrape: &Scrape, outcome: &str| {
        scrape.count(&format!("tollbridge_deliveries_total{{outcome=\"{outcome}\"}}"))
    };
    let until = Instant::now() + Duration::from_secs(20);
    let mut scrape = Scrape::of(&server);
    while deliveries(&scrape, "refused") == 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
        scrape = Scrape::of(&server);
    }
    assert_eq!(deliveries(&scrape, "refused"), 1, "the receiver said 500");
    // The repetition is due in a while, which passes at once.
    while deliveries(&scrape, "delivered") == 0 && Instant::now() < until {
        server.ask(PLATFORM, "POST", "/_tollbridge/clock", "advance=10");
        scrape = Scrape::of(&server);
    }
    assert_eq!(deliveries(&scrape, "delivered"), 1);
    let queue = "{queue=\"webhook\"}";
    let of_queue = |scrape: &Scrape, name: &str| scrape.count(&format!("tollbridge_due_work_{name}{queue}"));
    // The receipt is written down after the answer came.
    while of_queue(&scrape, "ended_total") < of_queue(&scrape, "written_total") && Instant::now() < until {
        scrape = Scrape::of(&server);
    }
    assert_eq!(of_queue(&scrape, "written_total"), 2, "the delivery and its repetition");
    assert_eq!(of_queue(&scrape, "ended_total"), 2);
    assert_eq!(of_queue(&scrape, "lateness_seconds_count"), 2);
    assert!(scrape.series.contains_key(&format!("tollbridge_due_work_running{queue}")));
    assert_eq!(scrape.count("tollbridge_delivery_duration_seconds_count"), 2);
    let done = scrape.count("tollbridge_commits_total{outcome=\"done\"}");
    assert!(done >= 3, "{done}");
    assert_eq!(scrape.count("tollbridge_commit_duration_seconds_count"), done);
    // The vault's keys are written down beneath what is counted as commits.
    let units = scrape.count("tollbridge_store_batch_units_sum");
    assert!((done..=done + 3).contains(&units), "every unit was in a batch: {units} of {done}");
    assert!((1..=units).contains(&scrape.count("tollbridge_store_batch_units_count")));
    assert_eq!(scrape.count("tollbridge_store_wait_seconds_count"), units);
    assert_eq!(scrape.count("tollbridge_store_waiting_units"), 0);
    assert!(scrape.get("tollbridge_store_log_bytes") > 0.0);
}

#[test]
fn serve_keeps_metrics_off_the_public_address() {
    let server = Server::serve(&["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(server.send("GET", "/metrics", &[], "").status, 404);
    server.ask(&server.keys[0], "GET", "/v1/balance", "");
    let scrape = Scrape::of(&server);
    let balance = "tollbridge_http_requests_total{route=\"/v1/balance\",method=\"GET\",status=\"2xx\"}";
    assert_eq!(scrape.count(balance), 1);
    assert_eq!(server.operator("/v1/balance").status, 404, "nothing else is at the operators' address");
    assert_eq!(server.operator("/readyz").status, 200);
}
