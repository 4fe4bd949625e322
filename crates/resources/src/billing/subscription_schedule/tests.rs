use crate::testing::{Answer, Bench, PLATFORM, SELLER};

const DAY: i64 = 86_400;
const SCHEDULES: &str = "/v1/subscription_schedules";

fn payer(bench: &Bench) -> String {
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    bench.post(PLATFORM, "/v1/customers", form).ok().text("id")
}
fn monthly(bench: &Bench, amount: i64) -> String {
    let form = format!("currency=usd&unit_amount={amount}&recurring[interval]=month&product_data[name]=Gold");
    bench.post(PLATFORM, "/v1/prices", &form).ok().text("id")
}
fn look(bench: &Bench, it: &Answer) -> Answer {
    bench.get(PLATFORM, &format!("{SCHEDULES}/{}?expand[]=subscription", it.text("id"))).ok()
}
fn totals(bench: &Bench, subscription: &str) -> Vec<(String, i64)> {
    let all = bench.get(PLATFORM, &format!("/v1/invoices?subscription={subscription}")).ok().items();
    all.iter().rev().map(|it| (it.text("status"), it.number("total"))).collect()
}
fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).filter(|kind| *kind != "balance.available").collect()
}

#[test]
fn phases_follow_each_other_and_end_with_the_subscription() {
    let bench = Bench::new();
    let (ann, silver, gold) = (payer(&bench), monthly(&bench, 3100), monthly(&bench, 6200));
    bench.post(PLATFORM, "/v1/coupons", "id=half&percent_off=50&duration=forever").ok();
    bench.told();
    let form = format!(
        "customer={ann}&start_date=now&end_behavior=cancel&phases[0][items][0][price]={silver}&phases[0][items][0][quantity]=2&phases[0][duration][interval]=month&phases[0][duration][interval_count]=2&phases[1][items][0][price]={gold}&phases[1][duration][interval]=month&phases[1][discounts][0][coupon]=half&phases[1][metadata][a]=b"
    );
    let it = bench.post(PLATFORM, SCHEDULES, &form).ok();
    assert_eq!((it.text("status"), it.text("end_behavior")), ("active".into(), "cancel".into()));
    assert_eq!(kinds(&bench)[0], super::CREATED);
    // 7 October to 7 December to 7 January.
    assert_eq!(it.number("phases.0.end_date") - it.number("phases.0.start_date"), 61 * DAY);
    assert_eq!(
        (it.number("current_phase.start_date"), it.number("phases.1.start_date")),
        (bench.now().0, it.number("phases.0.end_date"))
    );
    let subscription = it.text("subscription");
    let sub = bench.get(PLATFORM, &format!("/v1/subscriptions/{subscription}")).ok();
    assert_eq!(
        (sub.text("schedule"), sub.number("items.data.0.quantity"), sub.number("cancel_at")),
        (it.text("id"), 2, it.number("phases.1.end_date"))
    );
    let managed =
        bench.post(PLATFORM, &format!("/v1/subscriptions/{subscription}"), "cancel_at_period_end=true");
    assert_eq!(managed.refusal().2, "cancel_at_period_end");
    bench.wait(61 * DAY + 3600);
    assert_eq!(
        totals(&bench, &subscription),
        [("paid".into(), 6200), ("paid".into(), 6200), ("paid".into(), 3100)]
    );
    let second = look(&bench, &it);
    assert_eq!(
        (second.text("subscription.items.data.0.price.id"), second.text("subscription.metadata.a")),
        (gold, "b".into())
    );
    bench.told();
    bench.wait(31 * DAY);
    let over = look(&bench, &it);
    assert_eq!(
        (over.text("status"), over.text("subscription.status")),
        ("completed".into(), "canceled".into())
    );
    assert!(kinds(&bench).contains(&super::COMPLETED) && totals(&bench, &subscription).len() == 3);
    assert_eq!(
        bench.post(PLATFORM, &format!("{SCHEDULES}/{}", it.text("id")), "metadata[a]=b").refusal().0,
        400
    );
}

#[test]
fn it_begins_later_and_is_released_or_canceled() {
    let bench = Bench::new();
    let (ann, silver) = (payer(&bench), monthly(&bench, 3100));
    let start = bench.now().0 + 10 * DAY;
    let form = format!(
        "customer={ann}&start_date={start}&phases[0][items][0][price]={silver}&phases[0][end_date]={}",
        start + 40 * DAY
    );
    let later = bench.post(PLATFORM, SCHEDULES, &form).ok();
    assert_eq!((later.text("status"), later.at("subscription").is_null()), ("not_started".into(), true));
    assert_eq!(
        bench.get(PLATFORM, &format!("{SCHEDULES}?scheduled=true&customer={ann}")).ok().items().len(),
        1
    );
    bench.wait(10 * DAY);
    let begun = look(&bench, &later);
    assert_eq!((begun.text("status"), begun.text("subscription.status")), ("active".into(), "active".into()));
    bench.wait(40 * DAY);
    let free = look(&bench, &later);
    assert_eq!(
        (free.text("status"), free.text("released_subscription")),
        ("released".into(), begun.text("subscription.id"))
    );
    let sub = bench.get(PLATFORM, &format!("/v1/subscriptions/{}", begun.text("subscription.id"))).ok();
    assert!(sub.at("schedule").is_null() && sub.text("status") == "active");
    // From one that there is, which gets another phase.
    let it = bench.post(PLATFORM, SCHEDULES, &format!("from_subscription={}", sub.text("id"))).ok();
    assert_eq!(
        (it.text("status"), it.number("phases.0.end_date")),
        ("active".into(), sub.number("items.data.0.current_period_end"))
    );
    let gold = monthly(&bench, 6200);
    let form = format!(
        "phases[0][items][0][price]={silver}&phases[0][start_date]={}&phases[0][end_date]={}&phases[1][items][0][price]={gold}&phases[1][items][0][quantity]=3",
        it.number("phases.0.start_date"),
        it.number("phases.0.end_date")
    );
    let changed = bench.post(PLATFORM, &format!("{SCHEDULES}/{}", it.text("id")), &form).ok();
    assert_eq!(
        (changed.number("phases.1.items.0.quantity"), changed.text("phases.1.items.0.plan")),
        (3, gold)
    );
    bench.told();
    let gone = bench.post(PLATFORM, &format!("{SCHEDULES}/{}/cancel", it.text("id")), "").ok();
    assert_eq!(gone.text("status"), "canceled");
    assert_eq!(kinds(&bench).last(), Some(&super::CANCELED));
    assert_eq!(look(&bench, &it).text("subscription.status"), "canceled");
    let other =
        bench.post(PLATFORM, SCHEDULES, &format!("customer={ann}&phases[0][items][0][price]={silver}")).ok();
    let free = bench.post(PLATFORM, &format!("{SCHEDULES}/{}/release", other.text("id")), "").ok();
    assert_eq!(
        (free.text("status"), free.text("released_subscription")),
        ("released".into(), other.text("subscription"))
    );
    let third =
        bench.post(PLATFORM, SCHEDULES, &format!("customer={ann}&phases[0][items][0][price]={silver}")).ok();
    bench.delete(PLATFORM, &format!("/v1/subscriptions/{}", third.text("subscription"))).ok();
    assert_eq!(look(&bench, &third).text("status"), "canceled");
}

#[test]
fn what_cannot_be_is_refused() {
    let bench = Bench::new();
    let (ann, silver) = (payer(&bench), monthly(&bench, 3100));
    let now = bench.now().0;
    for (form, param) in [
        (format!("customer={ann}"), "phases"),
        (format!("customer={ann}&phases[0][duration][interval]=month"), "phases[0][items]"),
        (format!("customer={ann}&phases[0][items][0][price]=price_x"), "phases[0][items][0][price]"),
        (
            format!("customer={ann}&phases[0][items][0][price]={silver}&phases[0][end_date]={now}"),
            "phases[0][end_date]",
        ),
        (
            format!(
                "customer={ann}&phases[0][items][0][price]={silver}&phases[0][end_date]={}&phases[0][duration][interval]=month",
                now + 5
            ),
            "phases[0][duration]",
        ),
        (format!("customer={ann}&start_date={}&phases[0][items][0][price]={silver}", now - 5), "start_date"),
        (
            format!(
                "customer={ann}&phases[0][items][0][price]={silver}&phases[0][trial_end]={}",
                now + 90 * DAY
            ),
            "phases[0][trial_end]",
        ),
        (
            format!("customer={ann}&phases[0][items][0][price]={silver}&phases[0][discounts][0][coupon]=x"),
            "phases[0][discounts][0][coupon]",
        ),
        (format!("customer={ann}&from_subscription=sub_x"), "from_subscription"),
        (format!("customer={ann}&end_behavior=renew&phases[0][items][0][price]={silver}"), "end_behavior"),
        (
            format!(
                "customer={ann}&default_settings[application_fee_percent]=5&phases[0][items][0][price]={silver}"
            ),
            "default_settings[application_fee_percent]",
        ),
    ] {
        assert_eq!(bench.post(PLATFORM, SCHEDULES, &form).refusal().2, param, "{form}");
    }
    assert_eq!(
        bench
            .post(SELLER, SCHEDULES, &format!("customer={ann}&phases[0][items][0][price]={silver}"))
            .refusal()
            .2,
        "customer"
    );
}
