//! What is there changes, rests and is looked at ahead.
use super::*;

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
    assert_eq!(kinds(&bench), ["invoiceitem.created", "invoiceitem.created", super::super::UPDATED]);
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
    assert!(kinds(&bench).contains(&super::super::PENDING_EXPIRED));
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
    assert!(kinds(&bench).contains(&super::super::PENDING_APPLIED));
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
    assert!(kinds(&bench).contains(&super::super::RESUMED));
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
