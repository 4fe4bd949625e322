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
    let counted = scrape.lines().find_map(|line| {
        line.strip_prefix("tollbridge_rate_limited_total{mode=\"test\",reason=\"global-rate\"} ")
    });
    assert!(counted.unwrap().parse::<u64>().unwrap() >= 2, "{counted:?}");
}

#[test]
fn dev_sets_no_limit() {
    let server = Server::start(&["--ephemeral"]);
    for _ in 0..150 {
        assert_eq!(server.ask(PLATFORM, "GET", "/v1/balance", "").status, 200);
    }
}

#[test]
fn dev_can_be_limited_as_the_original_is() {
    let server = Server::start(&["--ephemeral", "--rate-limit", "stripe"]);
    let limited = until_limited(&server, PLATFORM, "2025-03-31.basil");
    assert_eq!(limited.status, 429, "{}", limited.body);
    let searched = (0..500)
        .map(|_| server.ask(PLATFORM, "GET", "/v1/charges/search?query=amount%3E1", ""))
        .find(|answer| answer.all("stripe-rate-limited-reason") == ["endpoint-rate"]);
    assert_eq!(searched.expect("searches are fewer than reads").status, 429);
    let other = server.ask("sk_test_aWorldOfItsOwn01", "GET", "/v1/balance", "");
    assert_eq!(other.status, 200, "each world has limits of its own");
}

#[test]
fn no_more_is_answered_at_once_than_may_be() {
    let server = Server::start(&["--ephemeral", "--concurrency-limit", "2"]);
    let slow = "fault=latency&latency=1500&route=/v1/balance";
    assert_eq!(server.ask(PLATFORM, "POST", "/_tollbridge/faults", slow).status, 200);
    let mut answers: Vec<Answer> = std::thread::scope(|scope| {
        let ask = || server.ask(PLATFORM, "GET", "/v1/balance", "");
        let asked: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
        asked.into_iter().map(|it| it.join().unwrap()).collect()
    });
    answers.sort_by_key(|answer| answer.status);
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200, 429]);
    assert_eq!(answers[2].all("stripe-rate-limited-reason"), ["global-concurrency"]);
    assert_eq!(answers[2].all("stripe-should-retry"), ["true"]);
    assert_eq!(server.ask(PLATFORM, "GET", "/v1/charges", "").status, 200, "they have ended");
}
