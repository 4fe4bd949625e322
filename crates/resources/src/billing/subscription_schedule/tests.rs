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
            format!(
                "customer={ann}&phases[0][items][0][price]={silver}&phases[0][duration][interval_count]=2"
            ),
            "phases[0][duration][interval]",
        ),
        (
            format!("customer={ann}&phases[0][items][0][price]={silver}&phases[0][iterations]=2"),
            "phases[0][iterations]",
        ),
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
        ("end_behavior=cancel&from_subscription=sub_x".into(), "from_subscription"),
        (format!("customer={ann}&end_behavior=stay&phases[0][items][0][price]={silver}"), "end_behavior"),
        (
            format!("customer={ann}&phases[0][items][0][price]={silver}&phases[0][items][1][price]={silver}"),
            "phases[0][items][1][price]",
        ),
        (
            format!("customer={ann}&phases[0][items][0][price]={silver}&phases[0][currency]=eur"),
            "phases[0][items][0][price]",
        ),
        (
            format!(
                "customer={ann}&phases[0][items][0][price]={silver}&phases[0][add_invoice_items][0][price]={silver}"
            ),
            "phases[0][add_invoice_items][0][price]",
        ),
        (
            format!(
                "customer={ann}&phases[0][items][0][price]={silver}&phases[0][transfer_data][destination]=acct_x"
            ),
            "phases[0][transfer_data][destination]",
        ),
        (
            format!(
                "customer={ann}&phases[0][items][0][price]={silver}&phases[0][invoice_settings][days_until_due]=400"
            ),
            "phases[0][invoice_settings][days_until_due]",
        ),
        (
            format!("customer={ann}&phases[0][items][0][price]={silver}&pause_schedules[0][key]=x"),
            "pause_schedules",
        ),
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

#[test]
fn a_phase_says_what_its_invoices_say() {
    let bench = Bench::new();
    let (ann, silver, gold) = (payer(&bench), monthly(&bench, 3100), monthly(&bench, 6200));
    let fee = bench
        .post(PLATFORM, "/v1/prices", "currency=usd&unit_amount=900&product_data[name]=Setup")
        .ok()
        .text("id");
    bench.post(PLATFORM, "/v1/coupons", "id=half&percent_off=50&duration=once").ok();
    let form = format!(
        "customer={ann}&default_settings[description]=Usual&default_settings[invoice_settings][footer]=Thanks&phases[0][items][0][price]={silver}&phases[1][items][0][price_data][currency]=usd&phases[1][items][0][price_data][product]={}&phases[1][items][0][price_data][unit_amount]=1000&phases[1][items][0][price_data][recurring][interval]=month&phases[1][add_invoice_items][0][price]={fee}&phases[1][add_invoice_items][0][quantity]=2&phases[1][add_invoice_items][0][period][start][type]=phase_start&phases[1][add_invoice_items][0][period][end][type]=phase_end&phases[1][description]=Second&phases[1][invoice_settings][footer]=Bye&phases[1][items][0][discounts][0][coupon]=half&phases[1][transfer_data][destination]=acct_seller&phases[1][transfer_data][amount_percent]=40&phases[1][on_behalf_of]=acct_seller",
        bench.get(PLATFORM, &format!("/v1/prices/{gold}")).ok().text("product")
    );
    let it = bench.post(PLATFORM, SCHEDULES, &form).ok();
    assert_eq!(it.text("phases.1.add_invoice_items.0.period.end.type"), "phase_end");
    let sub = it.text("subscription");
    let first = bench.get(PLATFORM, &format!("/v1/subscriptions/{sub}?expand[]=latest_invoice")).ok();
    assert_eq!(
        (first.text("description"), first.text("latest_invoice.footer")),
        ("Usual".into(), "Thanks".into())
    );
    bench.wait(31 * DAY + 3600);
    let second = bench.get(PLATFORM, &format!("/v1/subscriptions/{sub}?expand[]=latest_invoice")).ok();
    assert_eq!(
        (second.text("description"), second.text("latest_invoice.footer"), second.text("on_behalf_of")),
        ("Second".into(), "Bye".into(), "acct_seller".into())
    );
    // Half of 1000, and twice 900.
    assert_eq!(
        (second.number("latest_invoice.total"), second.text("latest_invoice.status")),
        (2300, "paid".into())
    );
    assert_eq!(
        (second.text("transfer_data.destination"), second.number("transfer_data.amount_percent")),
        ("acct_seller".into(), 40)
    );
    let lines =
        bench.get(PLATFORM, &format!("/v1/invoices/{}/lines", second.text("latest_invoice.id"))).ok().items();
    let extra = lines.iter().find(|it| it.number("amount") == 1800).expect("what is paid once");
    assert_eq!(
        (extra.number("period.start"), extra.number("period.end")),
        (it.number("phases.1.start_date"), it.number("phases.1.end_date"))
    );
}

#[test]
fn the_last_phase_comes_again_or_is_told_to_end() {
    let bench = Bench::new();
    let (ann, silver) = (payer(&bench), monthly(&bench, 3100));
    let form = |end: &str| {
        format!(
            "customer={ann}&end_behavior={end}&phases[0][items][0][price]={silver}&phases[0][duration][interval]=month&phases[0][duration][interval_count]=2"
        )
    };
    let again = bench.post(PLATFORM, SCHEDULES, &form("renew")).ok();
    let ends = bench.post(PLATFORM, SCHEDULES, &form("none")).ok();
    bench.told();
    bench.wait(53 * DAY);
    assert!(!kinds(&bench).contains(&super::EXPIRING));
    bench.wait(DAY);
    assert_eq!(kinds(&bench).iter().filter(|kind| **kind == super::EXPIRING).count(), 1);
    bench.wait(7 * DAY + 3600);
    let it = look(&bench, &again);
    // 7 October, 7 December, 7 February.
    assert_eq!(
        (it.text("status"), it.number("phases.1.end_date")),
        ("active".into(), bench.now().0 - 3600 + 62 * DAY)
    );
    assert_eq!(it.number("current_phase.start_date"), it.number("phases.1.start_date"));
    let over = look(&bench, &ends);
    assert_eq!(
        (over.text("status"), over.text("subscription.status")),
        ("completed".into(), "canceled".into())
    );
    bench.wait(62 * DAY);
    let third = look(&bench, &again);
    assert_eq!(
        (
            third.number("phases.2.end_date") - third.number("phases.2.start_date"),
            totals(&bench, &again.text("subscription")).len()
        ),
        (59 * DAY, 5)
    );
}

#[test]
fn a_phase_is_cut_short_and_its_customer_goes() {
    let bench = Bench::new();
    let (ann, silver, gold) = (payer(&bench), monthly(&bench, 3100), monthly(&bench, 6200));
    let it =
        bench.post(PLATFORM, SCHEDULES, &format!("customer={ann}&phases[0][items][0][price]={silver}")).ok();
    bench.wait(10 * DAY);
    let form = format!(
        "phases[0][items][0][price]={silver}&phases[0][end_date]=now&phases[1][items][0][price]={gold}&phases[1][proration_behavior]=always_invoice&phases[1][duration][interval]=year"
    );
    let cut = bench.post(PLATFORM, &format!("{SCHEDULES}/{}", it.text("id")), &form).ok();
    assert_eq!(cut.number("current_phase.start_date"), bench.now().0);
    // 21 of 31 days are left: 2100 are given back, and 4200 paid.
    assert_eq!(totals(&bench, &it.text("subscription")), [("paid".into(), 3100), ("paid".into(), 2100)]);
    let later =
        format!("customer={ann}&start_date={}&phases[0][items][0][price]={silver}", bench.now().0 + DAY);
    let later = bench.post(PLATFORM, SCHEDULES, &later).ok();
    bench.delete(PLATFORM, &format!("/v1/customers/{ann}")).ok();
    for gone in [it, later] {
        let path = format!("{SCHEDULES}/{}", gone.text("id"));
        assert_eq!(bench.get(PLATFORM, &path).ok().text("status"), "canceled");
    }
}
