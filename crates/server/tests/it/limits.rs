//! Callers that ask too often.
use crate::harness::{Answer, PLATFORM, Server};

/// Asks until it is told to wait.
fn until_limited(server: &Server, key: &str, version: &str) -> Answer {
    let headers = [("authorization", &*format!("Bearer {key}")), ("stripe-version", version)];
    let answers = (0..500).map(|_| server.send("GET", "/v1/balance", &headers, ""));
    answers.into_iter().find(|answer| answer.status != 200).expect("the limit was reached")
}

#[test]
fn who_asks_too_often_is_told_to_wait() {
    let server = Server::serve(&["--rate-limit", "5", "--metrics-listen", "127.0.0.1:0"]);
    let key = &server.keys[0];
    let limited = until_limited(&server, key, "2025-03-31.basil");
    assert_eq!(limited.status, 429, "{}", limited.body);
    assert_eq!(limited.text("type"), "invalid_request_error");
    assert_eq!(limited.text("code"), "rate_limit");
    assert_eq!(limited.all("stripe-rate-limited-reason"), ["global-rate"]);
    assert_eq!(limited.all("stripe-should-retry"), ["true"]);
    assert_eq!(limited.all("retry-after"), ["1"]);
    let of_old = until_limited(&server, key, "2012-10-26");
    assert_eq!(of_old.status, 400, "before 2015-09-08 there was no 429: {}", of_old.body);
    assert_eq!(of_old.all("stripe-rate-limited-reason"), ["global-rate"]);
    let scrape = server.operator("/metrics").body;
    let counted =
        scrape.lines().find_map(|line| line.strip_prefix("tollbridge_rate_limited_total{mode=\"test\"} "));
    assert!(counted.unwrap().parse::<u64>().unwrap() >= 2, "{counted:?}");
}

#[test]
fn dev_sets_no_limit() {
    let server = Server::start(&["--ephemeral"]);
    for _ in 0..150 {
        assert_eq!(server.ask(PLATFORM, "GET", "/v1/balance", "").status, 200);
    }
}
