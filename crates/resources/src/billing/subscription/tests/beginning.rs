//! How it may begin, and what happens by itself in its life.
use super::*;

fn path(it: &Answer, what: &str) -> String {
    format!("/v1/subscriptions/{}{what}", it.text("id"))
}

#[test]
fn a_trial_that_is_ended_by_hand_ends_as_by_itself_where_nobody_can_pay() {
    for (then, status) in [("pause", "paused"), ("cancel", "canceled"), ("create_invoice", "past_due")] {
        let bench = Bench::again();
        let customer = bench.post(PLATFORM, "/v1/customers", "name=Jenny").ok().text("id");
        let more =
            format!("&trial_period_days=7&trial_settings[end_behavior][missing_payment_method]={then}");
        let it = subscribe(&bench, &customer, &monthly(&bench, 2000), &more).ok();
        assert_eq!(it.text("status"), "trialing");
        let ended = bench.post(PLATFORM, &path(&it, ""), "trial_end=now").ok();
        assert_eq!(ended.text("status"), status, "{then}");
        assert_eq!(kinds(&bench).contains(&super::super::PAUSED), then == "pause", "{then}");
    }
}

#[test]
fn a_setup_waits_for_what_pays_later() {
    let bench = Bench::new();
    let gold = monthly(&bench, 2000);
    let poor = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
    let more = "&trial_period_days=9&payment_behavior=default_incomplete&payment_settings[save_default_payment_method]=on_subscription";
    let it = subscribe(&bench, &poor, &gold, more).ok();
    let shown = bench.get(PLATFORM, &path(&it, "?expand[]=pending_setup_intent")).ok();
    assert_eq!(
        (shown.text("pending_setup_intent.customer"), shown.text("pending_setup_intent.usage")),
        (poor, "off_session".into())
    );
    let setup = format!("/v1/setup_intents/{}/confirm", it.text("pending_setup_intent"));
    let method = bench.post(PLATFORM, &setup, "payment_method=pm_card_visa").ok().text("payment_method");
    let ready = look(&bench, &it);
    assert!(ready.at("pending_setup_intent").is_null());
    assert_eq!(ready.text("default_payment_method"), method);
    bench.wait(9 * DAY + 3600);
    assert_eq!(look(&bench, &it).text("latest_invoice.status"), "paid");
    // Who has something to pay by is asked for nothing.
    let ann = payer(&bench, "pm_card_visa");
    let it = subscribe(&bench, &ann, &gold, "&trial_period_days=9").ok();
    assert!(it.at("pending_setup_intent").is_null());
}

#[test]
fn it_may_have_begun_before() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3000));
    let since = bench.now().0 - 10 * DAY;
    let it = subscribe(&bench, &ann, &gold, &format!("&backdate_start_date={since}")).ok();
    assert_eq!(it.number("start_date"), since);
    // Ten of the thirty days of September, and the month from now on.
    assert_eq!(look(&bench, &it).number("latest_invoice.total"), 1000 + 3000);
    let free =
        subscribe(&bench, &ann, &gold, &format!("&backdate_start_date={since}&proration_behavior=none")).ok();
    assert_eq!(look(&bench, &free).number("latest_invoice.total"), 3000);
    for wrong in [bench.now().0, bench.now().0 - 3000 * DAY] {
        let refused = subscribe(&bench, &ann, &gold, &format!("&backdate_start_date={wrong}")).refusal();
        assert_eq!(refused.2, "backdate_start_date");
    }
}

#[test]
fn what_waits_is_billed_between_periods() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 2000));
    let it = subscribe(&bench, &ann, &gold, "&pending_invoice_item_interval[interval]=week").ok();
    let next = bench.now().0 + 7 * DAY;
    assert_eq!(it.number("next_pending_invoice_item_invoice"), next);
    bench.post(PLATFORM, "/v1/invoiceitems", &format!("customer={ann}&amount=300&currency=usd")).ok();
    bench.wait(7 * DAY + 3600);
    assert_eq!(invoices(&bench, &it), [("paid".into(), 2000), ("paid".into(), 300)]);
    bench.wait(7 * DAY);
    let later = look(&bench, &it);
    assert_eq!(
        (later.number("next_pending_invoice_item_invoice"), invoices(&bench, &it).len()),
        (next + 14 * DAY, 2)
    );
    let off = bench.post(PLATFORM, &path(&it, ""), "pending_invoice_item_interval=").ok();
    assert!(off.at("next_pending_invoice_item_invoice").is_null());
}

#[test]
fn a_renewal_is_told_a_week_before() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 2000));
    let it = subscribe(&bench, &ann, &gold, "").ok();
    bench.post(PLATFORM, "/v1/invoiceitems", &format!("customer={ann}&amount=300&currency=usd")).ok();
    bench.wait(24 * DAY - 1);
    bench.facts();
    bench.wait(1);
    let facts = bench.facts();
    let told: Vec<_> = facts.iter().filter(|fact| fact.kind == "invoice.upcoming").collect();
    assert_eq!(told.len(), 1);
    let invoice = String::from_utf8_lossy(&told[0].object).into_owned();
    assert!(invoice.contains("\"total\":2300") && invoice.contains("\"billing_reason\":\"upcoming\""));
    assert_eq!(invoices(&bench, &it).len(), 1, "it is only told");
    bench.wait(7 * DAY + 3600);
    assert_eq!(invoices(&bench, &it), [("paid".into(), 2000), ("paid".into(), 2300)]);
    // What ends with its period is not renewed, and says nothing.
    bench.post(PLATFORM, &path(&it, ""), "cancel_at_period_end=true").ok();
    bench.told();
    bench.wait(29 * DAY);
    assert!(!bench.told().iter().any(|(_, kind)| *kind == "invoice.upcoming"));
}

#[test]
fn what_the_bank_refuses_for_good_is_not_tried_again() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 2000));
    let it = subscribe(&bench, &ann, &gold, "").ok();
    let attach = |method: &str| {
        let to = format!("/v1/payment_methods/{method}/attach");
        let id = bench.post(PLATFORM, &to, &format!("customer={ann}")).ok().text("id");
        bench.post(PLATFORM, &path(&it, ""), &format!("default_payment_method={id}")).ok();
    };
    let charges = || bench.get(PLATFORM, &format!("/v1/charges?customer={ann}")).ok().items().len();
    let attempts = || look(&bench, &it).number("latest_invoice.attempt_count");
    // The holder, who is away, would have to take part.
    attach("pm_card_authenticationRequired");
    bench.wait(31 * DAY + 3600);
    assert_eq!((attempts(), charges()), (1, 2));
    bench.wait(3 * DAY);
    assert_eq!((attempts(), charges()), (2, 2), "it counts, and nobody is asked");
    // Another one is tried.
    attach("pm_card_visa");
    bench.wait(5 * DAY);
    assert_eq!((look(&bench, &it).text("latest_invoice.status"), charges()), ("paid".into(), 3));
}

#[test]
fn it_rests_and_goes_on_when_somebody_asks() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100));
    let it = subscribe(&bench, &ann, &gold, "").ok();
    bench.wait(10 * DAY);
    bench.told();
    let rests = bench.post(PLATFORM, &path(&it, "/pause"), "invoicing_behavior=pending_invoice_item").ok();
    assert_eq!(
        (rests.text("status"), rests.text("status_details.paused.subscription.type")),
        ("paused".into(), "pause_requested".into())
    );
    assert!(kinds(&bench).contains(&super::super::PAUSED));
    assert_eq!(bench.post(PLATFORM, &path(&it, "/pause"), "").refusal().0, 400);
    bench.wait(60 * DAY);
    assert_eq!(invoices(&bench, &it).len(), 1, "nothing is billed while it rests");
    let on = bench.post(PLATFORM, &path(&it, "/resume"), "payment_behavior=resume_on_payment_attempt").ok();
    assert_eq!(
        (on.text("status"), on.number("items.data.0.current_period_start")),
        ("active".into(), bench.now().0)
    );
    // A month, less the 21 days of the first one that were given back.
    assert_eq!(invoices(&bench, &it)[1], ("paid".into(), 1000));
    let other = subscribe(&bench, &ann, &gold, "").ok();
    let form = "bill_for[unused_time_from][type]=none&bill_for[outstanding_usage_through][type]=none";
    bench.post(PLATFORM, &path(&other, "/pause"), form).ok();
    assert!(
        bench.get(PLATFORM, &format!("/v1/invoiceitems?customer={ann}&pending=true")).ok().items().is_empty()
    );
}

#[test]
fn rules_of_billing_are_changed_once_and_subscriptions_are_found() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 2000));
    let it = subscribe(&bench, &ann, &gold, "&billing_mode[type]=classic&metadata[order]=7").ok();
    let to = |mode: &str| bench.post(PLATFORM, &path(&it, "/migrate"), &format!("billing_mode[type]={mode}"));
    assert_eq!(to("classic").refusal().2, "billing_mode[type]");
    let after = to("flexible").ok();
    assert_eq!(
        (after.text("billing_mode.type"), after.number("billing_mode.updated_at")),
        ("flexible".into(), bench.now().0)
    );
    assert_eq!(to("flexible").refusal().0, 400);
    let find = |query: &str| bench.get(PLATFORM, &format!("/v1/subscriptions/search?query={query}"));
    assert_eq!(find("status:'active'+AND+metadata['order']:'7'").ok().items().len(), 1);
    assert_eq!(find("status:'canceled'").ok().items().len(), 0);
}

#[test]
fn a_trial_may_leave_periods_where_they_are() {
    let bench = Bench::new();
    let (ann, gold) = (payer(&bench, "pm_card_visa"), monthly(&bench, 3100));
    let more = "&trial_period_days=10&trial_settings[end_behavior][billing_cycle_anchor]=unchanged";
    let it = subscribe(&bench, &ann, &gold, more).ok();
    assert_eq!(
        (it.number("billing_cycle_anchor"), it.text("trial_settings.end_behavior.missing_payment_method")),
        (bench.now().0, "create_invoice".into())
    );
    bench.wait(10 * DAY + 3600);
    // 21 of the 31 days are left.
    let first = look(&bench, &it);
    assert_eq!(
        (first.number("latest_invoice.total"), first.number("items.data.0.current_period_end")),
        (2100, it.number("billing_cycle_anchor") + 31 * DAY)
    );
    let other = subscribe(&bench, &ann, &gold, more).ok();
    bench.wait(5 * DAY);
    let ended = bench.post(PLATFORM, &path(&other, ""), "trial_end=now").ok();
    assert_eq!(
        (ended.number("billing_cycle_anchor"), ended.number("items.data.0.current_period_end")),
        (other.number("billing_cycle_anchor"), other.number("billing_cycle_anchor") + 31 * DAY)
    );
}
