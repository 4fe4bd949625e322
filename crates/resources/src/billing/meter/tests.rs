use crate::testing::{Answer, Bench, PLATFORM, SELLER};

fn meter(bench: &Bench, name: &str, formula: &str, more: &str) -> Answer {
    let form = format!("display_name=Calls&event_name={name}&default_aggregation[formula]={formula}{more}");
    bench.post(PLATFORM, "/v1/billing/meters", &form)
}
fn customer(bench: &Bench) -> String {
    bench.post(PLATFORM, "/v1/customers", "").ok().text("id")
}
fn event(bench: &Bench, name: &str, customer: &str, value: &str, more: &str) -> Answer {
    let form =
        format!("event_name={name}&payload[stripe_customer_id]={customer}&payload[value]={value}{more}");
    bench.post(PLATFORM, "/v1/billing/meter_events", &form)
}
/// What of each span, the latest first.
fn summaries(bench: &Bench, meter: &Answer, customer: &str, span: (i64, i64), more: &str) -> Vec<String> {
    let (start, end) = span;
    let path = format!(
        "/v1/billing/meters/{}/event_summaries?customer={customer}&start_time={start}&end_time={end}{more}",
        meter.text("id")
    );
    bench.get(PLATFORM, &path).ok().items().iter().map(|it| it.at("aggregated_value").to_json()).collect()
}

#[test]
fn one_meter_counts_a_name_at_a_time() {
    let bench = Bench::new();
    let calls = meter(&bench, "calls", "sum", "").ok();
    assert_eq!(
        (calls.text("status"), calls.text("customer_mapping.event_payload_key")),
        ("active".into(), "stripe_customer_id".into())
    );
    assert_eq!(meter(&bench, "calls", "count", "").refusal().2, "event_name");
    let act = |meter: &Answer, what: &str| {
        bench.post(PLATFORM, &format!("/v1/billing/meters/{}/{what}", meter.text("id")), "")
    };
    let stopped = act(&calls, "deactivate").ok();
    assert_eq!(
        (stopped.text("status"), stopped.number("status_transitions.deactivated_at")),
        ("inactive".into(), bench.now().0)
    );
    assert_eq!(act(&calls, "deactivate").refusal().0, 400);
    let ann = customer(&bench);
    assert_eq!(event(&bench, "calls", &ann, "1", "").refusal().2, "event_name");
    let second = meter(&bench, "calls", "count", "").ok();
    assert_eq!(act(&calls, "reactivate").refusal().2, "event_name");
    act(&second, "deactivate").ok();
    assert_eq!(act(&calls, "reactivate").ok().text("status"), "active");
    let path = format!("/v1/billing/meters/{}", calls.text("id"));
    assert_eq!(bench.post(PLATFORM, &path, "display_name=API+calls").ok().text("display_name"), "API calls");
    assert_eq!(bench.get(PLATFORM, "/v1/billing/meters?status=active").ok().items().len(), 1);
    assert_eq!(bench.get(SELLER, &path).refusal().0, 404);
    let kinds: Vec<_> =
        bench.told().into_iter().map(|(_, kind)| kind).filter(|kind| kind.starts_with("billing")).collect();
    let words = ["created", "deactivated", "created", "deactivated", "reactivated", "updated"]
        .map(|word| format!("billing.meter.{word}"));
    assert_eq!(kinds, words);
}

#[test]
fn what_was_used_is_counted_by_formula_and_time() {
    let bench = Bench::new();
    let (ann, bob) = (customer(&bench), customer(&bench));
    let hour = bench.now().0 / 3600 * 3600;
    let [sum, count, last] = ["sum", "count", "last"].map(|formula| meter(&bench, formula, formula, "").ok());
    for (value, at) in [("2.5", hour - 7200), ("-1", hour - 3600), ("10", hour - 3601), ("4", hour)] {
        for name in ["sum", "count", "last"] {
            event(&bench, name, &ann, value, &format!("&timestamp={at}")).ok();
        }
    }
    event(&bench, "sum", &bob, "100", &format!("&timestamp={hour}")).ok();
    let all = (hour - 7200, hour + 60);
    assert_eq!(summaries(&bench, &sum, &ann, all, ""), ["15.5"]);
    assert_eq!(summaries(&bench, &count, &ann, all, ""), ["4"]);
    assert_eq!(summaries(&bench, &last, &ann, all, ""), ["4"]);
    // Each window holds its first second and not the next one's.
    let windows = (hour - 7200, hour + 3600);
    assert_eq!(summaries(&bench, &sum, &ann, windows, "&value_grouping_window=hour"), ["4", "-1", "12.5"]);
    assert_eq!(
        summaries(&bench, &last, &ann, (hour - 7200, hour), "&value_grouping_window=hour"),
        ["-1", "10"]
    );
    assert_eq!(summaries(&bench, &sum, &bob, all, ""), ["100"]);
    let path = format!(
        "/v1/billing/meters/{}/event_summaries?customer={ann}&value_grouping_window=day",
        sum.text("id")
    );
    assert_eq!(
        bench.get(PLATFORM, &format!("{path}&start_time={}&end_time={hour}", hour + 3600)).refusal().2,
        "start_time"
    );
    assert_eq!(
        bench.get(PLATFORM, &format!("{path}&start_time=86400&end_time=86400")).refusal().2,
        "end_time"
    );
}

#[test]
fn of_a_window_the_last_that_was_sent_counts() {
    let bench = Bench::new();
    let ann = customer(&bench);
    let hour = bench.now().0 / 3600 * 3600;
    let it = meter(&bench, "seats", "sum", "&event_time_window=hour").ok();
    for (value, at) in [("5", hour - 10), ("7", hour - 20), ("3", hour - 3700)] {
        event(&bench, "seats", &ann, value, &format!("&timestamp={at}")).ok();
    }
    assert_eq!(summaries(&bench, &it, &ann, (hour - 7200, hour), ""), ["10"]);
}

#[test]
fn an_identifier_is_its_own_and_can_be_taken_back() {
    let bench = Bench::new();
    let ann = customer(&bench);
    let it = meter(&bench, "calls", "sum", "").ok();
    let minute = bench.now().0 / 60 * 60;
    let sent = event(&bench, "calls", &ann, "5", "&identifier=a/b").ok();
    assert_eq!(
        (sent.text("identifier"), sent.text("payload.value"), sent.number("timestamp")),
        ("a/b".into(), "5".into(), bench.now().0)
    );
    assert!(sent.at("id").is_null());
    assert_eq!(event(&bench, "calls", &ann, "5", "&identifier=a/b").refusal().2, "identifier");
    event(&bench, "calls", &ann, "2", "").ok();
    let span = (minute, minute + 60);
    assert_eq!(summaries(&bench, &it, &ann, span, ""), ["7"]);
    let cancel = |id: &str| {
        bench.post(
            PLATFORM,
            "/v1/billing/meter_event_adjustments",
            &format!("event_name=calls&type=cancel&cancel[identifier]={id}"),
        )
    };
    assert_eq!(cancel("nothing").refusal().2, "cancel[identifier]");
    assert_eq!(cancel("a/b").ok().text("status"), "complete");
    assert_eq!(cancel("a/b").refusal().0, 404);
    assert_eq!(summaries(&bench, &it, &ann, span, ""), ["2"]);
    assert_eq!(event(&bench, "calls", &ann, "5", "&identifier=a/b").refusal().2, "identifier");
}

#[test]
fn what_cannot_be_counted() {
    let bench = Bench::new();
    let ann = customer(&bench);
    meter(
        &bench,
        "calls",
        "sum",
        "&customer_mapping[event_payload_key]=stripe_customer_id&customer_mapping[type]=by_id",
    )
    .ok();
    let now = bench.now().0;
    for (name, who, value, more, param) in [
        ("other", ann.as_str(), "1", String::new(), "event_name"),
        ("calls", "cus_nobody", "1", String::new(), "payload[stripe_customer_id]"),
        ("calls", &ann, "much", String::new(), "payload[value]"),
        ("calls", &ann, "1", format!("&timestamp={}", now - 36 * 86_400), "timestamp"),
        ("calls", &ann, "1", format!("&timestamp={}", now + 301), "timestamp"),
        ("calls", &ann, "1", (0..11).map(|n| format!("&payload[k{n}]=x")).collect(), "payload"),
        ("calls", &ann, "1", format!("&identifier={}", "x".repeat(101)), "identifier"),
    ] {
        assert_eq!(event(&bench, name, who, value, &more).refusal().2, param);
    }
    let post = |form: &str| bench.post(PLATFORM, "/v1/billing/meter_events", form).refusal().2;
    assert_eq!(post(&format!("event_name=calls&payload[stripe_customer_id]={ann}")), "payload[value]");
    assert_eq!(post("event_name=calls&payload[value]=1"), "payload[stripe_customer_id]");
    assert_eq!(meter(&bench, "", "sum", "").refusal().2, "event_name");
    assert_eq!(meter(&bench, "x", "most", "").refusal().2, "default_aggregation[formula]");
}

#[test]
fn a_metered_price_names_its_meter() {
    let bench = Bench::new();
    let it = meter(&bench, "calls", "sum", "").ok().text("id");
    let price = |more: &str| {
        let form = "currency=usd&unit_amount=5&product_data[name]=Calls&recurring[interval]=month";
        bench.post(PLATFORM, "/v1/prices", &format!("{form}&{more}"))
    };
    let made = price(&format!("recurring[usage_type]=metered&recurring[meter]={it}")).ok();
    assert_eq!(
        (made.text("recurring.meter"), made.text("recurring.usage_type")),
        (it.clone(), "metered".into())
    );
    assert_eq!(price("recurring[usage_type]=metered").refusal().2, "recurring[meter]");
    assert_eq!(
        price("recurring[usage_type]=metered&recurring[meter]=mtr_nothing").refusal().2,
        "recurring[meter]"
    );
    assert_eq!(price(&format!("recurring[meter]={it}")).refusal().2, "recurring[meter]");
    bench.post(PLATFORM, &format!("/v1/billing/meters/{it}/deactivate"), "").ok();
    assert_eq!(
        price(&format!("recurring[usage_type]=metered&recurring[meter]={it}")).refusal().2,
        "recurring[meter]"
    );
}
