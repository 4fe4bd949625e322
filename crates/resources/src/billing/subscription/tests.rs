mod beginning;
mod changing;
mod metered;

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
    assert_eq!(kinds(&bench), ["invoice.upcoming"]);
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
