use super::*;
use base::Seeded;

fn faults() -> Faults {
    Faults::new(Arc::new(Seeded::from_number(7)), false)
}

fn asked<'m>(method: &'m str, route: &'m str, path: &'m str) -> Met<'m> {
    Met { method, route, path, caller: None }
}

fn drops() -> Rule {
    Rule::new(Fault::Dropped(When::Before))
}

/// Whether a rule with this route strikes a request.
fn strikes(rule: Rule, met: &Met<'_>) -> bool {
    let faults = faults();
    faults.add(rule).unwrap();
    faults.meet(met).strike.is_some()
}

#[test]
fn routes_are_named_as_they_are_declared_or_asked_for() {
    let one = asked("GET", "/v1/charges/{id}", "/v1/charges/ch_1");
    let search = asked("GET", "/v1/charges/search", "/v1/charges/search");
    let all = asked("GET", "/v1/charges", "/v1/charges");
    let on = |route: &str| Rule { route: Some(route.into()), ..drops() };
    for (route, met, hit) in [
        ("/v1/charges/{id}", &one, true),
        ("/v1/charges/{charge}", &one, true),
        ("/v1/charges/ch_1", &one, true),
        ("/v1/charges/ch_2", &one, false),
        ("/v1/charges", &one, false),
        ("/v1/charges/*", &one, true),
        ("/v1/*", &one, true),
        ("/v1/charges/{id}/*", &one, false),
        ("/v1/charges/{id}", &search, false),
        ("/v1/charges/*", &search, true),
        ("/v1/charges/{id}", &all, false),
        ("/v1/charges/*", &all, false),
        ("/v1/charges", &all, true),
    ] {
        assert_eq!(strikes(on(route), met), hit, "{route} {}", met.path);
    }
}

#[test]
fn methods_and_accounts_are_told_apart() {
    let route = "/v1/charges";
    let of_method = |method: &str| Rule { method: Some(method.into()), ..drops() };
    assert!(strikes(of_method("POST"), &asked("POST", route, route)));
    assert!(!strikes(of_method("POST"), &asked("GET", route, route)));
    let caller = Caller { platform: Some("acct_p".into()), ..Caller::system("acct_a", false) };
    for (account, hit) in [("acct_a", true), ("acct_p", true), ("acct_b", false)] {
        let rule = Rule { account: Some(account.into()), ..drops() };
        assert_eq!(strikes(rule, &met("GET", route, route, &caller)), hit, "{account}");
    }
    let of_account = Rule { account: Some("acct_a".into()), ..drops() };
    assert!(!strikes(of_account, &asked("GET", route, route)), "nobody is known to ask");
}

#[test]
fn rates_and_counts_are_kept_and_repeat_from_a_seed() {
    let run = || {
        let faults = faults();
        faults.add(Rule { rate: Rate(300_000), ..drops() });
        (0..1000).map(|_| faults.at("GET", "/").strike.is_some()).collect::<Vec<_>>()
    };
    let hits = run();
    let many = hits.iter().filter(|hit| **hit).count();
    assert!((250..350).contains(&many), "{many} of 1000");
    assert_eq!(hits, run());
    let faults = faults();
    faults.add(Rule { left: Some(3), ..drops() });
    assert_eq!((0..10).filter(|_| faults.at("GET", "/").strike.is_some()).count(), 3);
    assert_eq!((faults.all()[0].left, faults.all()[0].met), (Some(0), 3));
}

#[test]
fn delays_add_up_and_the_first_of_the_rest_counts() {
    let faults = faults();
    let slow = |ms| Rule::new(Fault::Latency(Duration::from_millis(ms)));
    faults.add(slow(10));
    let first = faults.add(Rule::new(Fault::Error(503, When::After))).unwrap();
    faults.add(drops());
    faults.add(slow(5));
    let trouble = faults.at("GET", "/");
    assert_eq!(trouble.delay, Duration::from_millis(15));
    let strike = trouble.strike.unwrap();
    assert!(strike.rule == first.id && strike.comes_after());
    assert_eq!(faults.all()[2].met, 0, "what does not come about is not counted");
    faults.remove(&first.id).unwrap();
    assert!(faults.remove(&first.id).is_none());
    assert_eq!(faults.at("GET", "/").strike.unwrap().fault, Fault::Dropped(When::Before));
    assert_eq!(faults.clear(), 3);
    assert_eq!(faults.at("GET", "/"), Trouble::default());
}

#[test]
fn numbers_from_nothing_to_one_are_rates() {
    for (text, rate) in [("0", 0), ("1", 1_000_000), ("1.0", 1_000_000), ("0.25", 250_000), ("0.000001", 1)] {
        assert_eq!(Rate::parse(text), Some(Rate(rate)), "{text}");
    }
    for bad in ["", ".5", "1.1", "2", "-1", "0.0000001", "1e-1", "half", "0."] {
        assert_eq!(Rate::parse(bad), None, "{bad}");
    }
}

#[test]
fn rules_have_an_end() {
    let faults = Faults::new(Arc::new(Seeded::from_number(1)), true);
    assert_eq!(faults.all().len(), hostile::rules().len());
    let added = (0..1000).filter_map(|_| faults.add(drops())).count();
    assert_eq!(added + hostile::rules().len(), RULES_MAX);
}
