//! What is used is billed in arrears.
use crate::testing::{Answer, Bench, PLATFORM};

const DAY: i64 = 86_400;
const SUBSCRIPTIONS: &str = "/v1/subscriptions";

fn payer(bench: &Bench) -> String {
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    bench.post(PLATFORM, "/v1/customers", form).ok().text("id")
}
fn meter(bench: &Bench, name: &str) -> String {
    let form = format!("display_name=Calls&event_name={name}&default_aggregation[formula]=sum");
    bench.post(PLATFORM, "/v1/billing/meters", &form).ok().text("id")
}
fn price(bench: &Bench, form: &str) -> String {
    let form = format!("currency=usd&recurring[interval]=month&product_data[name]=Calls&{form}");
    bench.post(PLATFORM, "/v1/prices", &form).ok().text("id")
}
fn metered(bench: &Bench, meter: &str, form: &str) -> String {
    price(bench, &format!("recurring[usage_type]=metered&recurring[meter]={meter}&{form}"))
}
fn subscribe(bench: &Bench, customer: &str, prices: &[&str], more: &str) -> Answer {
    let items: String = prices.iter().enumerate().map(|(n, it)| format!("&items[{n}][price]={it}")).collect();
    bench.post(PLATFORM, SUBSCRIPTIONS, &format!("customer={customer}{items}{more}"))
}
fn uses(bench: &Bench, name: &str, customer: &str, value: i64) {
    let form = format!("event_name={name}&payload[stripe_customer_id]={customer}&payload[value]={value}");
    bench.post(PLATFORM, "/v1/billing/meter_events", &form).ok();
}
fn latest(bench: &Bench, it: &Answer) -> Answer {
    bench.get(PLATFORM, &format!("{SUBSCRIPTIONS}/{}?expand[]=latest_invoice", it.text("id"))).ok()
}
fn lines(bench: &Bench, invoice: &str) -> Vec<(String, i64, i64)> {
    let all = bench.get(PLATFORM, &format!("/v1/invoices/{invoice}/lines")).ok().items();
    all.iter().map(|it| (it.text("description"), it.number("quantity"), it.number("amount"))).collect()
}
fn preview(bench: &Bench, it: &Answer, more: &str) -> Answer {
    let form = format!("subscription={}{more}", it.text("id"));
    bench.post(PLATFORM, "/v1/invoices/create_preview", &form)
}

#[test]
fn what_was_used_is_billed_when_its_period_is_over() {
    let bench = Bench::new();
    let (ann, calls) = (payer(&bench), meter(&bench, "calls"));
    let each = metered(&bench, &calls, "unit_amount=5");
    let base = price(&bench, "unit_amount=1000");
    let it = subscribe(&bench, &ann, &[&base, &each], "").ok();
    assert!(it.at("items.data.1.quantity").is_null(), "nobody orders what is counted");
    let first = latest(&bench, &it);
    assert_eq!((first.text("status"), first.number("latest_invoice.total")), ("active".into(), 1000));
    assert_eq!(
        lines(&bench, &first.text("latest_invoice.id"))[1],
        ("0 × Calls (at $0.05 / month)".into(), 0, 0)
    );
    uses(&bench, "calls", &ann, 100);
    bench.wait(30 * DAY);
    uses(&bench, "calls", &ann, 20);
    assert_eq!(preview(&bench, &it, "").ok().number("total"), 1600);
    bench.wait(DAY + 3600);
    let second = latest(&bench, &it);
    assert_eq!(
        (second.number("latest_invoice.total"), second.text("latest_invoice.status")),
        (1600, "paid".into())
    );
    let invoice = second.text("latest_invoice.id");
    assert_eq!(lines(&bench, &invoice)[1], ("120 × Calls (at $0.05 / month)".into(), 120, 600));
    let used = bench.get(PLATFORM, &format!("/v1/invoices/{invoice}/lines")).ok().items().remove(1);
    assert_eq!(
        (used.number("period.start"), used.number("period.end")),
        (it.number("start_date"), it.number("items.data.1.current_period_end"))
    );
    // What is used in the next period is another one's.
    uses(&bench, "calls", &ann, 7);
    bench.wait(30 * DAY);
    assert_eq!(latest(&bench, &it).number("latest_invoice.total"), 1035);
}

#[test]
fn tiers_and_trials_of_what_is_used() {
    let bench = Bench::new();
    let (ann, calls) = (payer(&bench), meter(&bench, "calls"));
    let tiers = "billing_scheme=tiered&tiers_mode=graduated&tiers[0][up_to]=10&tiers[0][unit_amount]=0&tiers[1][up_to]=inf&tiers[1][unit_amount]=30";
    let each = metered(&bench, &calls, tiers);
    let it = subscribe(&bench, &ann, &[&each], "&trial_period_days=5").ok();
    uses(&bench, "calls", &ann, 1000);
    bench.wait(5 * DAY + 3600);
    assert_eq!(latest(&bench, &it).number("latest_invoice.total"), 0, "a trial is free");
    uses(&bench, "calls", &ann, 14);
    bench.wait(31 * DAY);
    assert_eq!(latest(&bench, &it).number("latest_invoice.total"), 120);
}

#[test]
fn nothing_that_was_used_is_lost_or_billed_twice() {
    let bench = Bench::new();
    let (ann, calls) = (payer(&bench), meter(&bench, "calls"));
    let (cheap, dear) = (metered(&bench, &calls, "unit_amount=1"), metered(&bench, &calls, "unit_amount=10"));
    let it = subscribe(&bench, &ann, &[&cheap], "").ok();
    uses(&bench, "calls", &ann, 50);
    bench.wait(10 * DAY);
    // What was used so far costs what it cost.
    let form = format!("items[0][id]={}&items[0][price]={dear}", it.text("items.data.0.id"));
    bench.post(PLATFORM, &format!("{SUBSCRIPTIONS}/{}", it.text("id")), &form).ok();
    uses(&bench, "calls", &ann, 3);
    bench.wait(21 * DAY + 3600);
    let second = latest(&bench, &it);
    let mut all = lines(&bench, &second.text("latest_invoice.id"));
    all.sort();
    assert_eq!(all.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(3, 30), (50, 50)]);
    // An end with an invoice bills what is left; another without does not.
    uses(&bench, "calls", &ann, 8);
    bench.wait(DAY);
    assert_eq!(preview(&bench, &it, "&subscription_details[cancel_now]=true").ok().number("total"), 80);
    bench.delete(PLATFORM, &format!("{SUBSCRIPTIONS}/{}?invoice_now=true", it.text("id"))).ok();
    let over = latest(&bench, &it);
    assert_eq!(
        (over.number("latest_invoice.total"), over.text("latest_invoice.status")),
        (80, "paid".into())
    );
    let other = subscribe(&bench, &ann, &[&cheap], "").ok();
    uses(&bench, "calls", &ann, 9);
    bench.wait(DAY);
    let path = format!("{SUBSCRIPTIONS}/{}", other.text("id"));
    bench.post(PLATFORM, &path, "cancel_at_period_end=true").ok();
    assert_eq!(preview(&bench, &other, "").ok().number("total"), 9);
    bench.wait(30 * DAY);
    let over = latest(&bench, &other);
    assert_eq!((over.text("status"), over.number("latest_invoice.total")), ("canceled".into(), 9));
}

#[test]
fn items_come_and_go_and_what_cannot_be_is_refused() {
    let bench = Bench::new();
    let (ann, calls) = (payer(&bench), meter(&bench, "calls"));
    let (base, each) = (price(&bench, "unit_amount=1000"), metered(&bench, &calls, "unit_amount=5"));
    let refused = subscribe(&bench, &ann, &[&each], "&items[0][quantity]=2").refusal();
    assert_eq!((refused.0, refused.2.as_str()), (400, "items[0][quantity]"));
    let it = subscribe(&bench, &ann, &[&base], "").ok();
    uses(&bench, "calls", &ann, 4);
    bench.wait(2 * DAY);
    let form = format!("subscription={}&price={each}", it.text("id"));
    let item = bench.post(PLATFORM, "/v1/subscription_items", &form).ok().text("id");
    uses(&bench, "calls", &ann, 6);
    bench.wait(DAY);
    let path = format!("/v1/subscription_items/{item}");
    assert_eq!(bench.post(PLATFORM, &path, "quantity=2").refusal().2, "quantity");
    bench.delete(PLATFORM, &format!("{path}?clear_usage=true")).ok();
    uses(&bench, "calls", &ann, 90);
    // What was used between is billed with the next period, and nothing else.
    assert_eq!(preview(&bench, &it, "").ok().number("total"), 1030);
    // From licensed to metered and back.
    let id = it.text("items.data.0.id");
    let change = |price: &str| {
        let form = format!("items[0][id]={id}&items[0][price]={price}&proration_behavior=none");
        bench.post(PLATFORM, &format!("{SUBSCRIPTIONS}/{}", it.text("id")), &form).ok()
    };
    assert!(change(&each).at("items.data.0.quantity").is_null());
    assert_eq!(change(&base).number("items.data.0.quantity"), 1);
}

#[test]
fn sums_of_days_are_what_their_events_come_to() {
    let bench = Bench::new();
    let (ann, calls) = (payer(&bench), meter(&bench, "calls"));
    let each = metered(&bench, &calls, "unit_amount=1");
    let it = subscribe(&bench, &ann, &[&each], "").ok();
    let start = bench.now().0;
    let values = ["2.5", "-1", "0.000000000001", "1000", "-0.75", "3"];
    for (n, value) in values.iter().cycle().take(140).enumerate() {
        let form = format!(
            "event_name=calls&payload[stripe_customer_id]={ann}&payload[value]={value}&identifier=e{n}"
        );
        bench.post(PLATFORM, "/v1/billing/meter_events", &form).ok();
        if n % 9 == 3 {
            let form = format!("event_name=calls&type=cancel&cancel[identifier]=e{n}");
            bench.post(PLATFORM, "/v1/billing/meter_event_adjustments", &form).ok();
        }
        bench.wait(5 * 3600);
    }
    let end = start + 31 * DAY;
    // Summaries add up events.
    let path = format!(
        "/v1/billing/meters/{calls}/event_summaries?customer={ann}&start_time={}&end_time={}",
        start - start % 60,
        end - end % 60
    );
    let summed = bench.get(PLATFORM, &path).ok().items()[0].at("aggregated_value").to_json();
    let summed: f64 = summed.parse().expect("a number");
    bench.wait(DAY * 3);
    let invoice = latest(&bench, &it).text("latest_invoice.id");
    let billed = lines(&bench, &invoice)[0].1;
    assert!(billed > 10_000 && (billed as f64 - summed).abs() <= 0.5, "{billed} of {summed}");
}
