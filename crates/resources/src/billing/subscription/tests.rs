use crate::testing::{Answer, Bench, PLATFORM, SELLER, TOKEN};

const DAY: i64 = 86_400;

fn payer(bench: &Bench, method: &str) -> String {
    payer_of(bench, PLATFORM, method, "")
}
fn payer_of(bench: &Bench, key: &str, method: &str, more: &str) -> String {
    let form = format!("payment_method={method}&invoice_settings[default_payment_method]={method}{more}");
    bench.post(key, "/v1/customers", &form).ok().text("id")
}
fn price_of(bench: &Bench, key: &str, form: &str) -> String {
    let product = bench.post(key, "/v1/products", "name=Gold").ok().text("id");
    bench.post(key, "/v1/prices", &format!("product={product}&currency=usd&{form}")).ok().text("id")
}
fn monthly(bench: &Bench, amount: i64) -> String {
    price_of(bench, PLATFORM, &format!("unit_amount={amount}&recurring[interval]=month"))
}
fn subscribe(bench: &Bench, customer: &str, price: &str, more: &str) -> Answer {
    bench.post(PLATFORM, "/v1/subscriptions", &format!("customer={customer}&items[0][price]={price}{more}"))
}
fn look(bench: &Bench, it: &Answer) -> Answer {
    bench.get(PLATFORM, &format!("/v1/subscriptions/{}?expand[]=latest_invoice", it.text("id"))).ok()
}
fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).filter(|kind| *kind != "balance.available").collect()
}
fn invoices(bench: &Bench, it: &Answer) -> Vec<(String, i64)> {
    let all = bench.get(PLATFORM, &format!("/v1/invoices?subscription={}", it.text("id"))).ok().items();
    all.iter().rev().map(|it| (it.text("status"), it.number("total"))).collect()
}

#[test]
fn a_subscription_begins_and_is_renewed() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 2000));
    kinds(&bench);
    let it = subscribe(&bench, &ann, &gold, "&items[0][quantity]=3&metadata[a]=b").ok();
    assert_eq!((it.text("status"), it.number("items.data.0.quantity")), ("active".into(), 3));
    assert_eq!(it.text("items.data.0.plan.id"), gold);
    // Monday, 7 October, to 7 November.
    assert_eq!(it.number("items.data.0.current_period_end") - it.number("start_date"), 31 * DAY);
    assert_eq!(
        kinds(&bench),
        [
            super::CREATED,
            "invoice.created",
            "customer.updated",
            "payment_intent.created",
            "invoice.finalized",
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice.updated",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice_payment.paid",
            super::UPDATED,
        ]
    );
    let first = look(&bench, &it);
    assert_eq!(
        (first.text("latest_invoice.status"), first.text("latest_invoice.billing_reason")),
        ("paid".into(), "subscription_create".into())
    );
    let line = "latest_invoice.lines.data.0";
    assert_eq!(first.text(&format!("{line}.description")), "3 × Gold (at $20.00 / month)");
    assert_eq!(
        first.text(&format!("{line}.parent.subscription_item_details.subscription_item")),
        it.text("items.data.0.id")
    );
    assert_eq!(
        (first.text(&format!("{line}.metadata.a")), first.number(&format!("{line}.amount"))),
        ("b".into(), 6000)
    );
    assert_eq!(first.text("latest_invoice.parent.subscription_details.metadata.a"), "b");
    let item = bench.get(PLATFORM, &format!("/v1/subscription_items/{}", it.text("items.data.0.id"))).ok();
    assert_eq!((item.text("object"), item.text("subscription")), ("subscription_item".into(), it.text("id")));
    bench.wait(31 * DAY - 1);
    assert_eq!(kinds(&bench), Vec::<&str>::new());
    bench.wait(1);
    assert_eq!(kinds(&bench), ["invoice.created", super::UPDATED]);
    let second = look(&bench, &it);
    assert_eq!(
        (second.text("latest_invoice.status"), second.text("latest_invoice.billing_reason")),
        ("draft".into(), "subscription_cycle".into())
    );
    assert_eq!(
        second.number("items.data.0.current_period_start"),
        it.number("items.data.0.current_period_end")
    );
    // Somebody adds something within the hour.
    bench
        .post(
            PLATFORM,
            "/v1/invoiceitems",
            &format!("customer={ann}&invoice={}&amount=5&currency=usd", second.text("latest_invoice.id")),
        )
        .ok();
    bench.wait(3600);
    assert_eq!(invoices(&bench, &it), [("paid".into(), 6000), ("paid".into(), 6005)]);
    bench.wait(61 * DAY);
    assert_eq!(invoices(&bench, &it).len(), 4);
    assert_eq!(
        bench.get(PLATFORM, &format!("/v1/subscriptions?customer={ann}&price={gold}")).ok().items().len(),
        1
    );
}

#[test]
fn a_first_payment_that_fails_leaves_it_incomplete() {
    let bench = Bench::new();
    let gold = monthly(&bench, 2000);
    let bob = payer(&bench, "pm_card_chargeCustomerFail");
    let it = subscribe(&bench, &bob, &gold, "").ok();
    assert_eq!(
        (it.text("status"), look(&bench, &it).text("latest_invoice.status")),
        ("incomplete".into(), "open".into())
    );
    let refused = subscribe(&bench, &bob, &gold, "&payment_behavior=error_if_incomplete");
    assert_eq!(refused.refusal().0, 402);
    assert_eq!(bench.get(PLATFORM, &format!("/v1/subscriptions?customer={bob}")).ok().items().len(), 1);
    bench.told();
    bench.wait(23 * 3600);
    assert_eq!(look(&bench, &it).text("status"), "incomplete_expired");
    assert_eq!(
        kinds(&bench),
        ["payment_intent.canceled", "invoice.updated", "invoice.voided", super::UPDATED]
    );
    assert_eq!(
        bench.get(PLATFORM, &format!("/v1/subscriptions?status=ended&customer={bob}")).ok().items().len(),
        1
    );
    // The payer's browser pays it.
    let ann = payer(&bench, "pm_card_visa");
    let it = subscribe(&bench, &ann, &gold, "&payment_behavior=default_incomplete&payment_settings[save_default_payment_method]=on_subscription&expand[]=latest_invoice.payments").ok();
    assert_eq!(it.text("status"), "incomplete");
    let intent = it.text("latest_invoice.payments.data.0.payment.payment_intent");
    bench
        .post(
            PLATFORM,
            &format!("/v1/payment_intents/{intent}/confirm"),
            "payment_method=pm_card_mastercard&return_url=https://x.example",
        )
        .ok();
    let it = look(&bench, &it);
    assert_eq!((it.text("status"), it.text("latest_invoice.status")), ("active".into(), "paid".into()));
    assert!(it.text("default_payment_method").starts_with("pm_"));
    // Nobody can pay with nothing.
    let none = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
    assert_eq!(
        subscribe(&bench, &none, &gold, "").refusal(),
        (400, "resource_missing".into(), String::new())
    );
    let sent = subscribe(&bench, &none, &gold, "&collection_method=send_invoice&days_until_due=5").ok();
    assert_eq!(sent.text("status"), "active");
    bench.wait(3600);
    assert_eq!(look(&bench, &sent).text("latest_invoice.status"), "open");
    bench.wait(5 * DAY);
    assert_eq!(look(&bench, &sent).text("status"), "past_due");
    let invoice = look(&bench, &sent).text("latest_invoice.id");
    bench.post(PLATFORM, &format!("/v1/invoices/{invoice}/pay"), "paid_out_of_band=true").ok();
    assert_eq!(look(&bench, &sent).text("status"), "active");
}

#[test]
fn a_trial_is_announced_to_end_and_ends() {
    let bench = Bench::new();
    let gold = monthly(&bench, 2000);
    let clock =
        bench.post(PLATFORM, "/v1/test_helpers/test_clocks", "frozen_time=1704067200").ok().text("id");
    let ann = payer_of(&bench, PLATFORM, "pm_card_visa", &format!("&test_clock={clock}"));
    let nobody = bench.post(PLATFORM, "/v1/customers", &format!("test_clock={clock}")).ok().text("id");
    bench.told();
    let it = subscribe(&bench, &ann, &gold, "&trial_period_days=14").ok();
    let rests = subscribe(
        &bench,
        &nobody,
        &gold,
        "&trial_period_days=14&trial_settings[end_behavior][missing_payment_method]=pause",
    )
    .ok();
    let ends = subscribe(
        &bench,
        &nobody,
        &gold,
        "&trial_period_days=2&trial_settings[end_behavior][missing_payment_method]=cancel",
    )
    .ok();
    assert_eq!(
        (it.text("status"), it.number("trial_end"), it.number("billing_cycle_anchor")),
        ("trialing".into(), 1_704_067_200 + 14 * DAY, 1_704_067_200 + 14 * DAY)
    );
    assert_eq!(invoices(&bench, &it), [("paid".into(), 0)]);
    // A trial of two days ends soon.
    assert_eq!(kinds(&bench).last(), Some(&super::TRIAL_WILL_END));
    let advance = |to: i64| {
        bench
            .post(
                PLATFORM,
                &format!("/v1/test_helpers/test_clocks/{clock}/advance"),
                &format!("frozen_time={}", 1_704_067_200 + to),
            )
            .ok();
        bench.settle();
    };
    advance(11 * DAY);
    let told = kinds(&bench);
    assert_eq!(told.iter().filter(|kind| **kind == super::TRIAL_WILL_END).count(), 2, "{told:?}");
    assert_eq!(look(&bench, &ends).text("status"), "canceled");
    advance(14 * DAY);
    assert_eq!(
        (look(&bench, &it).text("status"), look(&bench, &it).text("latest_invoice.status")),
        ("active".into(), "draft".into())
    );
    assert_eq!(
        (
            look(&bench, &rests).text("status"),
            look(&bench, &rests).text("status_details.paused.subscription.type")
        ),
        ("paused".into(), "trial_end_without_payment_method".into())
    );
    advance(14 * DAY + 3600);
    assert_eq!(invoices(&bench, &it), [("paid".into(), 0), ("paid".into(), 2000)]);
    // Both ways lead to the same invoices.
    for day in (50..=200).step_by(50) {
        advance(day * DAY);
    }
    assert_eq!(invoices(&bench, &it).len(), 8);
}

#[test]
fn what_is_not_paid_is_pursued_and_ends() {
    let bench = Bench::new();
    let gold = monthly(&bench, 2000);
    let ann = payer(&bench, "pm_card_visa");
    let it = subscribe(&bench, &ann, &gold, "").ok();
    let fails = bench
        .post(PLATFORM, "/v1/payment_methods/pm_card_chargeCustomerFail/attach", &format!("customer={ann}"))
        .ok()
        .text("id");
    bench
        .post(
            PLATFORM,
            &format!("/v1/subscriptions/{}", it.text("id")),
            &format!("default_payment_method={fails}"),
        )
        .ok();
    bench.wait(31 * DAY + 3600);
    let late = look(&bench, &it);
    assert_eq!((late.text("status"), late.number("latest_invoice.attempt_count")), ("past_due".into(), 1));
    bench.wait(8 * DAY);
    assert_eq!(look(&bench, &it).number("latest_invoice.attempt_count"), 3);
    bench.told();
    bench.wait(7 * DAY);
    let over = look(&bench, &it);
    assert_eq!(
        (
            over.text("status"),
            over.text("cancellation_details.reason"),
            over.number("latest_invoice.attempt_count")
        ),
        ("canceled".into(), "payment_failed".into(), 4)
    );
    let told = kinds(&bench);
    let place = |kind: &str| told.iter().position(|it| *it == kind);
    assert!(
        place("invoice.payment_failed") < place(super::DELETED) && place(super::DELETED).is_some(),
        "{told:?}"
    );
    bench.wait(60 * DAY);
    assert_eq!(invoices(&bench, &it).len(), 2);
}

#[test]
fn it_ends_at_once_or_with_its_period() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100));
    let it = subscribe(&bench, &ann, &gold, "").ok();
    bench.wait(15 * DAY + DAY / 2);
    bench.told();
    let path = format!("/v1/subscriptions/{}", it.text("id"));
    let gone = bench
        .delete(
            PLATFORM,
            &format!("{path}?invoice_now=true&prorate=true&cancellation_details[feedback]=unused"),
        )
        .ok();
    assert_eq!(
        (
            gone.text("status"),
            gone.text("cancellation_details.feedback"),
            gone.text("cancellation_details.reason")
        ),
        ("canceled".into(), "unused".into(), "cancellation_requested".into())
    );
    assert_eq!(gone.number("ended_at"), bench.now().0);
    assert_eq!(kinds(&bench).last(), Some(&super::DELETED));
    // Half of the period is given back to the customer's balance.
    assert_eq!(bench.get(PLATFORM, &format!("/v1/customers/{ann}")).ok().number("balance"), -1550);
    assert_eq!(bench.delete(PLATFORM, &path).refusal().0, 404);
    let it = subscribe(&bench, &ann, &gold, "&cancel_at_period_end=true").ok();
    assert_eq!(
        (it.number("cancel_at"), it.is("cancel_at_period_end")),
        (it.number("items.data.0.current_period_end"), true)
    );
    bench.wait(31 * DAY);
    let over = look(&bench, &it);
    assert_eq!((over.text("status"), invoices(&bench, &it).len()), ("canceled".into(), 1));
    // In the middle of a later period, of which a part is billed.
    let start = bench.now().0;
    let it = subscribe(&bench, &ann, &gold, &format!("&cancel_at={}", start + 45 * DAY)).ok();
    bench.wait(40 * DAY);
    let last = look(&bench, &it);
    assert_eq!(last.number("items.data.0.current_period_end"), start + 45 * DAY);
    assert!(last.number("latest_invoice.total") < 3100);
    // Who is deleted pays no more.
    let other = subscribe(&bench, &ann, &gold, "").ok();
    bench.delete(PLATFORM, &format!("/v1/customers/{ann}")).ok();
    assert_eq!(
        (look(&bench, &it).text("status"), look(&bench, &other).text("status")),
        ("canceled".into(), "canceled".into())
    );
}

#[test]
fn the_anchor_makes_a_first_part() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100));
    let start = bench.now().0;
    let it = subscribe(&bench, &ann, &gold, &format!("&billing_cycle_anchor={}", start + 10 * DAY)).ok();
    assert_eq!(it.number("items.data.0.current_period_end"), start + 10 * DAY);
    // From 17 September to 17 October are 30 days.
    assert_eq!(invoices(&bench, &it), [("paid".into(), 1033)]);
    let free = subscribe(
        &bench,
        &ann,
        &gold,
        &format!("&proration_behavior=none&billing_cycle_anchor={}", start + 10 * DAY),
    )
    .ok();
    assert_eq!(invoices(&bench, &free), [("paid".into(), 0)]);
    let first = subscribe(&bench, &ann, &gold, "&billing_cycle_anchor_config[day_of_month]=31&billing_cycle_anchor_config[hour]=0&billing_cycle_anchor_config[minute]=0&billing_cycle_anchor_config[second]=0").ok();
    // 31 October 2013.
    assert_eq!(first.number("billing_cycle_anchor"), 1_383_177_600);
    bench.wait(10 * DAY + 3600);
    assert_eq!(invoices(&bench, &it)[1], ("paid".into(), 3100));
    bench.wait(30 * DAY);
    // 30 November.
    assert_eq!(look(&bench, &first).number("items.data.0.current_period_end"), 1_385_769_600);
    let late = subscribe(&bench, &ann, &gold, &format!("&billing_cycle_anchor={}", bench.now().0 + 40 * DAY));
    assert_eq!(late.refusal(), (400, String::new(), "billing_cycle_anchor".into()));
}

#[test]
fn discounts_taxes_and_extras() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 2000));
    let rate = bench
        .post(PLATFORM, "/v1/tax_rates", "display_name=VAT&percentage=10&inclusive=false")
        .ok()
        .text("id");
    for form in [
        "percent_off=50&id=half&duration=once",
        "percent_off=25&id=some&duration=repeating&duration_in_months=2",
    ] {
        bench.post(PLATFORM, "/v1/coupons", form).ok();
    }
    let once = price_of(&bench, PLATFORM, "unit_amount=500");
    let it = subscribe(
        &bench,
        &ann,
        &gold,
        &format!("&discounts[0][coupon]=half&default_tax_rates[0]={rate}&add_invoice_items[0][price]={once}"),
    )
    .ok();
    // Half of 2500, and a tenth of that.
    assert_eq!(invoices(&bench, &it), [("paid".into(), 1375)]);
    assert_eq!(look(&bench, &it).at("discounts").to_json(), "[]");
    let other = subscribe(&bench, &ann, &gold, "&items[0][discounts][0][coupon]=some").ok();
    bench.wait(95 * DAY);
    let totals: Vec<i64> = invoices(&bench, &other).iter().map(|(_, total)| *total).collect();
    assert_eq!(totals, [1500, 1500, 2000, 2000]);
    assert_eq!(invoices(&bench, &it)[1].1, 2200);
}

#[test]
fn a_platform_takes_its_part() {
    let bench = Bench::new();
    let ann = payer_of(&bench, TOKEN, "pm_card_visa", "");
    let gold = price_of(&bench, TOKEN, "unit_amount=2000&recurring[interval]=month");
    let form = format!("customer={ann}&items[0][price]={gold}&application_fee_percent=12.5");
    assert_eq!(bench.post(SELLER, "/v1/subscriptions", &form).refusal().2, "application_fee_percent");
    let it = bench.post(TOKEN, "/v1/subscriptions", &form).ok();
    assert_eq!(
        (it.text("status"), it.at("application_fee_percent").to_json()),
        ("active".into(), "12.5".into())
    );
    bench.wait(31 * DAY + 3600);
    let charges = bench.get(SELLER, "/v1/charges").ok().items();
    assert_eq!(charges.iter().map(|it| it.number("application_fee_amount")).collect::<Vec<_>>(), [250, 250]);
    let fees = bench.get(PLATFORM, "/v1/application_fees").ok().items();
    assert_eq!(fees.len(), 2);
}

#[test]
fn what_cannot_be_is_refused() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 2000));
    let yearly = price_of(&bench, PLATFORM, "unit_amount=2000&recurring[interval]=year");
    let once = price_of(&bench, PLATFORM, "unit_amount=500");
    for (more, param) in [
        ("&items[1][price]=price_x".to_owned(), "items[1][price]"),
        (format!("&items[1][price]={once}"), "items[1][price]"),
        (format!("&items[1][price]={gold}"), "items[1]"),
        (format!("&items[1][price]={yearly}&billing_mode[type]=classic"), "items[1]"),
        ("&trial_end=5".into(), "trial_end"),
        ("&trial_end=now&trial_period_days=5".into(), "trial_period_days"),
        ("&cancel_at=5".into(), "cancel_at"),
        ("&days_until_due=5".into(), "days_until_due"),
        ("&collection_method=send_invoice".into(), "days_until_due"),
        ("&default_payment_method=pm_x".into(), "default_payment_method"),
        ("&application_fee_percent=5".into(), "application_fee_percent"),
        ("&currency=eur".into(), "items[0][price]"),
        ("&payment_behavior=pending_if_incomplete".into(), "payment_behavior"),
        ("&add_invoice_items[0][price]=price_x".into(), "add_invoice_items[0][price]"),
        ("&billing_thresholds[amount_gte]=5".into(), "billing_thresholds"),
    ] {
        assert_eq!(subscribe(&bench, &ann, &gold, &more).refusal().2, param, "{more}");
    }
    assert_eq!(
        bench
            .post(SELLER, "/v1/subscriptions", &format!("customer={ann}&items[0][price]={gold}"))
            .refusal()
            .2,
        "customer"
    );
    // Each item has its own period.
    let both = subscribe(&bench, &ann, &gold, &format!("&items[1][price]={yearly}")).ok();
    assert!(both.number("items.data.1.current_period_end") > both.number("items.data.0.current_period_end"));
    bench.wait(31 * DAY + 3600);
    assert_eq!(invoices(&bench, &both), [("paid".into(), 4000), ("paid".into(), 2000)]);
}

fn change(bench: &Bench, it: &Answer, form: &str) -> Answer {
    bench.post(PLATFORM, &format!("/v1/subscriptions/{}", it.text("id")), form)
}
fn waiting(bench: &Bench, customer: &str) -> Vec<(String, i64)> {
    let all = bench.get(PLATFORM, &format!("/v1/invoiceitems?customer={customer}&pending=true")).ok().items();
    all.iter().rev().map(|it| (it.text("description"), it.number("amount"))).collect()
}

#[test]
fn an_upgrade_is_evened_out() {
    let bench = Bench::new();
    let (ann, silver, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100), monthly(&bench, 6200));
    let it = subscribe(&bench, &ann, &silver, "").ok();
    let item = it.text("items.data.0.id");
    bench.wait(10 * DAY);
    bench.told();
    let up = change(&bench, &it, &format!("items[0][id]={item}&items[0][price]={gold}")).ok();
    assert_eq!((up.text("items.data.0.price.id"), up.text("items.data.0.id")), (gold.clone(), item.clone()));
    assert_eq!(kinds(&bench), ["invoiceitem.created", "invoiceitem.created", super::UPDATED]);
    let both = [
        ("Unused time on Gold after 17 Oct 2013".to_owned(), -2100),
        ("Remaining time on Gold after 17 Oct 2013".to_owned(), 4200),
    ];
    assert_eq!(waiting(&bench, &ann), both);
    // Back in the same second: all cancels out.
    change(&bench, &it, &format!("items[0][id]={item}&items[0][price]={silver}")).ok();
    assert_eq!(waiting(&bench, &ann).iter().map(|(_, amount)| amount).sum::<i64>(), 0);
    change(&bench, &it, &format!("items[0][id]={item}&items[0][quantity]=2&proration_behavior=none")).ok();
    assert_eq!(waiting(&bench, &ann).len(), 4);
    bench.wait(21 * DAY + 3600);
    assert_eq!(invoices(&bench, &it), [("paid".into(), 3100), ("paid".into(), 6200)]);
    let lines = look(&bench, &it);
    assert_eq!(lines.number("latest_invoice.lines.total_count"), 5);
    assert!(lines.is("latest_invoice.lines.data.0.parent.subscription_item_details.proration"));
    // With an invoice at once.
    bench.told();
    let now = change(&bench, &it, &format!("items[0][id]={item}&items[0][price]={gold}&items[0][quantity]=1&proration_behavior=always_invoice")).ok();
    assert_eq!(now.text("status"), "active");
    assert_eq!(
        (
            look(&bench, &it).text("latest_invoice.billing_reason"),
            look(&bench, &it).text("latest_invoice.status")
        ),
        ("subscription_update".into(), "paid".into())
    );
    let removed = change(&bench, &it, &format!("items[0][id]={item}&items[0][deleted]=true"));
    assert_eq!(removed.refusal().2, "items");
}

#[test]
fn another_interval_begins_anew() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100));
    let yearly = price_of(&bench, PLATFORM, "unit_amount=30000&recurring[interval]=year");
    let it = subscribe(&bench, &ann, &gold, "").ok();
    bench.wait(10 * DAY);
    let now = bench.now().0;
    let up =
        change(&bench, &it, &format!("items[0][id]={}&items[0][price]={yearly}", it.text("items.data.0.id")))
            .ok();
    assert_eq!(
        (up.number("billing_cycle_anchor"), up.number("items.data.0.current_period_end")),
        (now, now + 365 * DAY)
    );
    assert_eq!(invoices(&bench, &it)[1], ("paid".into(), 30_000 - 2100));
    // What is free is paid for from the moment on.
    let free = monthly(&bench, 0);
    let other = subscribe(&bench, &ann, &free, "").ok();
    bench.wait(10 * DAY);
    change(&bench, &other, &format!("items[0][id]={}&items[0][price]={gold}", other.text("items.data.0.id")))
        .ok();
    assert_eq!(invoices(&bench, &other), [("paid".into(), 0), ("paid".into(), 3100)]);
    change(&bench, &other, "billing_cycle_anchor=now&proration_behavior=none").ok();
    assert_eq!(invoices(&bench, &other).len(), 3);
    // A trial that ends before its time.
    let trial = subscribe(&bench, &ann, &gold, "&trial_period_days=30").ok();
    let over = change(&bench, &trial, "trial_end=now").ok();
    assert_eq!((over.text("status"), over.number("trial_end")), ("active".into(), bench.now().0));
    assert_eq!(invoices(&bench, &trial), [("paid".into(), 0), ("paid".into(), 3100)]);
    let again = change(&bench, &trial, &format!("trial_end={}", bench.now().0 + 5 * DAY)).ok();
    assert_eq!(
        (again.text("status"), again.number("items.data.0.current_period_end")),
        ("trialing".into(), bench.now().0 + 5 * DAY)
    );
}

#[test]
fn a_change_waits_for_its_payment() {
    let bench = Bench::new();
    let (ann, silver, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100), monthly(&bench, 6200));
    let fails = bench
        .post(PLATFORM, "/v1/payment_methods/pm_card_chargeCustomerFail/attach", &format!("customer={ann}"))
        .ok()
        .text("id");
    let it = subscribe(&bench, &ann, &silver, "").ok();
    bench.wait(10 * DAY);
    change(&bench, &it, &format!("default_payment_method={fails}")).ok();
    let form = format!(
        "items[0][id]={}&items[0][price]={gold}&proration_behavior=always_invoice",
        it.text("items.data.0.id")
    );
    assert_eq!(change(&bench, &it, &format!("{form}&payment_behavior=error_if_incomplete")).refusal().0, 402);
    assert_eq!(look(&bench, &it).text("items.data.0.price.id"), silver);
    assert_eq!(
        change(&bench, &it, "payment_behavior=pending_if_incomplete&description=x").refusal().2,
        "description"
    );
    let waits = change(&bench, &it, &format!("{form}&payment_behavior=pending_if_incomplete")).ok();
    assert_eq!(
        (waits.text("status"), waits.text("items.data.0.price.id")),
        ("active".into(), silver.clone())
    );
    assert_eq!(waits.text("pending_update.subscription_items.0.price.id"), gold);
    bench.told();
    bench.wait(23 * 3600);
    let over = look(&bench, &it);
    assert!(over.at("pending_update").is_null() && over.text("latest_invoice.status") == "void");
    assert!(kinds(&bench).contains(&super::PENDING_EXPIRED));
    let waits = change(&bench, &it, &format!("{form}&payment_behavior=pending_if_incomplete")).ok();
    bench.told();
    let pay = bench.post(
        PLATFORM,
        &format!("/v1/invoices/{}/pay", waits.text("latest_invoice")),
        "payment_method=pm_card_visa",
    );
    pay.ok();
    let applied = look(&bench, &it);
    assert_eq!((applied.text("items.data.0.price.id"), applied.at("pending_update").is_null()), (gold, true));
    assert!(kinds(&bench).contains(&super::PENDING_APPLIED));
}

#[test]
fn what_is_not_collected_and_what_rests() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 2000));
    let drafts = subscribe(&bench, &ann, &gold, "").ok();
    let voids = subscribe(&bench, &ann, &gold, "").ok();
    let given_up = subscribe(&bench, &ann, &gold, "").ok();
    for (it, behavior) in [(&drafts, "keep_as_draft"), (&voids, "void"), (&given_up, "mark_uncollectible")] {
        let form = format!(
            "pause_collection[behavior]={behavior}&pause_collection[resumes_at]={}",
            bench.now().0 + 40 * DAY
        );
        assert_eq!(change(&bench, it, &form).ok().text("pause_collection.behavior"), behavior);
    }
    bench.wait(31 * DAY + 3600);
    let last = |it: &Answer| invoices(&bench, it).last().cloned().unwrap_or_default().0;
    assert_eq!([&drafts, &voids, &given_up].map(last), ["draft", "void", "uncollectible"]);
    bench.wait(31 * DAY);
    assert_eq!([&drafts, &voids, &given_up].map(last), ["paid", "paid", "paid"]);
    assert!(look(&bench, &voids).at("pause_collection").is_null());
    // A trial that ends with nothing to pay by.
    let nobody = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
    let it = subscribe(
        &bench,
        &nobody,
        &gold,
        "&trial_period_days=7&trial_settings[end_behavior][missing_payment_method]=pause",
    )
    .ok();
    bench.wait(30 * DAY);
    assert_eq!((look(&bench, &it).text("status"), invoices(&bench, &it).len()), ("paused".into(), 1));
    let card = bench
        .post(PLATFORM, "/v1/payment_methods/pm_card_visa/attach", &format!("customer={nobody}"))
        .ok()
        .text("id");
    change(&bench, &it, &format!("default_payment_method={card}")).ok();
    bench.told();
    let path = format!("/v1/subscriptions/{}/resume", it.text("id"));
    let on = bench.post(PLATFORM, &path, "billing_cycle_anchor=now").ok();
    assert_eq!((on.text("status"), on.number("billing_cycle_anchor")), ("active".into(), bench.now().0));
    assert!(kinds(&bench).contains(&super::RESUMED));
    assert_eq!(invoices(&bench, &it)[1], ("paid".into(), 2000));
    assert_eq!(bench.post(PLATFORM, &path, "").refusal().0, 400);
}

fn preview(bench: &Bench, form: &str) -> Answer {
    bench.post(PLATFORM, "/v1/invoices/create_preview", form)
}

#[test]
fn items_are_added_changed_and_removed() {
    let bench = Bench::new();
    let (ann, silver, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100), monthly(&bench, 6200));
    let it = subscribe(&bench, &ann, &silver, "").ok();
    bench.wait(10 * DAY);
    let items = "/v1/subscription_items";
    let added = bench
        .post(PLATFORM, items, &format!("subscription={}&price={gold}&metadata[a]=b", it.text("id")))
        .ok();
    assert_eq!(
        (added.text("object"), added.number("quantity"), added.text("metadata.a")),
        ("subscription_item".into(), 1, "b".into())
    );
    assert_eq!(added.number("current_period_end"), it.number("items.data.0.current_period_end"));
    assert_eq!(waiting(&bench, &ann).iter().map(|(_, amount)| *amount).collect::<Vec<_>>(), [4200]);
    let list = bench.get(PLATFORM, &format!("{items}?subscription={}", it.text("id"))).ok().items();
    assert_eq!(list.len(), 2);
    let path = format!("{items}/{}", added.text("id"));
    assert_eq!(bench.post(PLATFORM, &path, "quantity=2&proration_behavior=none").ok().number("quantity"), 2);
    let second = bench.post(PLATFORM, &path, &format!("price={silver}"));
    assert_eq!(second.refusal().2, "price");
    let gone = bench.delete(PLATFORM, &format!("{path}?proration_behavior=none")).ok();
    assert!(gone.is("deleted"));
    assert_eq!(bench.get(PLATFORM, &path).refusal().0, 404);
    assert_eq!(bench.delete(PLATFORM, &format!("{items}/{}", it.text("items.data.0.id"))).refusal().0, 400);
    bench.delete(PLATFORM, &format!("/v1/subscriptions/{}", it.text("id"))).ok();
    assert_eq!(
        bench.post(PLATFORM, &format!("{items}/{}", it.text("items.data.0.id")), "quantity=2").refusal().2,
        "subscription"
    );
}

#[test]
fn a_preview_is_what_comes() {
    let bench = Bench::new();
    let (ann, silver, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100), monthly(&bench, 6200));
    let new = preview(&bench, &format!("customer={ann}&subscription_details[items][0][price]={silver}&subscription_details[items][0][quantity]=2")).ok();
    assert_eq!(
        (new.number("total"), new.text("status"), new.text("billing_reason")),
        (6200, "draft".into(), "upcoming".into())
    );
    let it = subscribe(&bench, &ann, &silver, "").ok();
    bench.wait(10 * DAY);
    let next = preview(&bench, &format!("subscription={}", it.text("id"))).ok();
    assert_eq!(
        (next.number("total"), next.number("created")),
        (3100, it.number("items.data.0.current_period_end"))
    );
    assert!(
        next.text("id").starts_with("upcoming_in_") && next.text("lines.data.0.id").starts_with("il_tmp_")
    );
    assert_eq!(preview(&bench, &format!("customer={ann}")).ok().number("total"), 3100);
    bench.told();
    let form =
        format!("items][0][id]={}&subscription_details[items][0][price]={gold}", it.text("items.data.0.id"));
    let asked = format!(
        "subscription={}&subscription_details[{form}&subscription_details[proration_date]={}",
        it.text("id"),
        bench.now().0
    );
    let changed = preview(&bench, &asked).ok();
    assert_eq!((changed.number("total"), changed.number("lines.total_count")), (6200 + 2100, 3));
    assert_eq!(changed.number("parent.subscription_details.subscription_proration_date"), bench.now().0);
    let at_once =
        preview(&bench, &format!("{asked}&subscription_details[proration_behavior]=always_invoice")).ok();
    assert_eq!(at_once.number("total"), 2100);
    let ends =
        preview(&bench, &format!("subscription={}&subscription_details[cancel_now]=true", it.text("id")))
            .ok();
    assert_eq!(ends.number("total"), -2100);
    // Nothing of that happened.
    assert_eq!(kinds(&bench), Vec::<&str>::new());
    assert_eq!((waiting(&bench, &ann).len(), look(&bench, &it).text("items.data.0.price.id")), (0, silver));
    change(&bench, &it, "cancel_at_period_end=true").ok();
    assert_eq!(
        preview(&bench, &format!("subscription={}", it.text("id"))).refusal().1,
        "invoice_upcoming_none"
    );
    change(&bench, &it, "cancel_at_period_end=false").ok();
    // What was shown comes.
    change(&bench, &it, &format!("items[0][id]={}&items[0][price]={gold}", it.text("items.data.0.id"))).ok();
    bench.wait(21 * DAY + 3600);
    assert_eq!(invoices(&bench, &it)[1], ("paid".into(), 6200 + 2100));
}

#[test]
fn beneath_a_customer_as_in_the_first_years() {
    let bench = Bench::new();
    for form in [
        "id=gold&product[name]=Gold&amount=3100&currency=usd&interval=month",
        "id=silver&product[name]=Silver&amount=6200&currency=usd&interval=month&trial_period_days=7",
    ] {
        bench.post(PLATFORM, "/v1/plans", form).ok();
    }
    let ann = payer(&bench, "pm_card_visa");
    let path = format!("/v1/customers/{ann}/subscription");
    assert_eq!(bench.delete(PLATFORM, &path).refusal().0, 404);
    let it = bench.post(PLATFORM, &path, "plan=gold&quantity=2").ok();
    assert_eq!(
        (it.text("status"), it.number("items.data.0.quantity"), it.text("items.data.0.plan.id")),
        ("active".into(), 2, "gold".into())
    );
    bench.wait(10 * DAY);
    // Another plan, of which one is meant; nothing is evened out.
    let other = bench.post(PLATFORM, &path, "plan=silver&prorate=false").ok();
    assert_eq!((other.text("id"), other.number("items.data.0.quantity")), (it.text("id"), 1));
    assert_eq!(waiting(&bench, &ann), []);
    bench.post(PLATFORM, &path, "quantity=2").ok();
    assert_eq!(waiting(&bench, &ann).iter().map(|(_, amount)| *amount).collect::<Vec<_>>(), [-4200, 8400]);
    let ending = bench.delete(PLATFORM, &format!("{path}?at_period_end=true")).ok();
    assert_eq!((ending.text("status"), ending.is("cancel_at_period_end")), ("active".into(), true));
    assert_eq!(bench.delete(PLATFORM, &path).ok().text("status"), "canceled");
    assert_eq!(waiting(&bench, &ann), []);
    assert_eq!(bench.post(PLATFORM, &path, "").refusal().2, "plan");
    assert_eq!(bench.post(PLATFORM, "/v1/customers", "plan=gold").refusal().1, "parameter_unknown");
    // Several to a customer, each by its id.
    let many = format!("/v1/customers/{ann}/subscriptions");
    let second = bench.post(PLATFORM, &many, "plan=gold&coupon=").ok();
    assert_eq!(bench.get(PLATFORM, &many).ok().items().len(), 1);
    let path = format!("{many}/{}", second.text("id"));
    assert_eq!(bench.post(PLATFORM, &path, "quantity=3").ok().number("items.data.0.quantity"), 3);
    assert_eq!(bench.get(PLATFORM, &path).ok().number("items.data.0.quantity"), 3);
    assert_eq!(
        bench
            .get(PLATFORM, &format!("/v1/customers/{ann}?expand[]=subscriptions"))
            .ok()
            .text("subscriptions.data.0.id"),
        second.text("id")
    );
    assert_eq!(bench.delete(PLATFORM, &path).ok().text("status"), "canceled");
    assert_eq!(bench.delete(PLATFORM, &path).refusal().0, 404);
}

#[test]
fn a_trial_that_is_ended_by_hand_ends_as_by_itself_where_nobody_can_pay() {
    for (then, status) in [("pause", "paused"), ("cancel", "canceled"), ("create_invoice", "past_due")] {
        let bench = Bench::again();
        let customer = bench.post(PLATFORM, "/v1/customers", "name=Jenny").ok().text("id");
        let form = "currency=usd&unit_amount=2000&recurring[interval]=month&product_data[name]=Tea";
        let price = bench.post(PLATFORM, "/v1/prices", form).ok().text("id");
        let form = format!(
            "customer={customer}&items[0][price]={price}&trial_period_days=7&trial_settings[end_behavior][missing_payment_method]={then}"
        );
        let it = bench.post(PLATFORM, "/v1/subscriptions", &form).ok();
        assert_eq!(it.text("status"), "trialing");
        let ended =
            bench.post(PLATFORM, &format!("/v1/subscriptions/{}", it.text("id")), "trial_end=now").ok();
        assert_eq!(ended.text("status"), status, "{then}");
        assert_eq!(kinds(&bench).contains(&super::PAUSED), then == "pause", "{then}");
    }
}
