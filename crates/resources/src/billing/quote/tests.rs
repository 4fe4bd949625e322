//! Quotes.
use crate::testing::{Answer, Bench, PLATFORM, SELLER, SELLER_ID, TOKEN};

const ALL: &str = "/v1/quotes";
const DAY: i64 = 86_400;

struct Shop {
    bench: Bench,
    customer: String,
    /// 10.00 each month.
    monthly: String,
    /// 25.00 once.
    once: String,
}

impl Shop {
    fn new(key: &str) -> Self {
        let bench = Bench::new();
        let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa&invoice_prefix=ZOE";
        let customer = bench.post(key, "/v1/customers", form).ok().text("id");
        let product = bench.post(key, "/v1/products", "name=Gold").ok().text("id");
        let price = |more: &str| {
            let form = format!("product={product}&currency=usd&{more}");
            bench.post(key, "/v1/prices", &form).ok().text("id")
        };
        let monthly = price("unit_amount=1000&recurring[interval]=month");
        let once = price("unit_amount=2500");
        Shop { bench, customer, monthly, once }
    }
    fn quote(&self, key: &str, more: &str) -> Answer {
        self.bench.post(key, ALL, &format!("customer={}{more}", self.customer))
    }
    fn step(&self, key: &str, it: &Answer, word: &str, form: &str) -> Answer {
        self.bench.post(key, &format!("{ALL}/{}/{word}", it.text("id")), form)
    }
    fn told(&self) -> Vec<&'static str> {
        self.bench
            .told()
            .into_iter()
            .map(|(_, kind)| kind)
            .filter(|kind| kind.starts_with("quote."))
            .collect()
    }
}

#[test]
fn a_quote_says_what_is_paid_at_first_and_then() {
    let shop = Shop::new(SELLER);
    let rate = shop
        .bench
        .post(SELLER, "/v1/tax_rates", "display_name=VAT&percentage=10&inclusive=false")
        .ok()
        .text("id");
    shop.bench.post(SELLER, "/v1/coupons", "id=half&percent_off=50&duration=forever").ok();
    let it = shop
        .quote(
            SELLER,
            &format!(
                "&line_items[0][price]={}&line_items[0][quantity]=2&line_items[1][price]={}&line_items[1][tax_rates][]={rate}\
                 &discounts[0][coupon]=half&header=Hello&metadata[a]=b&expand[]=line_items",
                shop.monthly, shop.once
            ),
        )
        .ok();
    assert_eq!((it.text("status"), it.number("amount_subtotal")), ("draft".into(), 4500));
    // 20.00 and 25.00, of both the half, and a tenth of 12.50 on top.
    assert_eq!(it.number("amount_total"), 1000 + 1250 + 125);
    assert_eq!(
        (it.number("total_details.amount_discount"), it.number("total_details.amount_tax")),
        (2250, 125)
    );
    assert_eq!(it.number("computed.upfront.amount_total"), 2375);
    assert_eq!(
        (it.number("computed.recurring.amount_total"), it.text("computed.recurring.interval")),
        (1000, "month".into())
    );
    assert_eq!(it.number("line_items.data.1.amount_total"), 1375);
    assert_eq!(it.number("expires_at") - it.number("created"), 30 * DAY);
    // Nothing was redeemed yet.
    assert_eq!(shop.bench.get(SELLER, "/v1/coupons/half").ok().number("times_redeemed"), 0);
    let lines = shop.bench.get(SELLER, &format!("{ALL}/{}/line_items", it.text("id"))).ok();
    assert_eq!(lines.items().len(), 2);
    // A trial comes before the first payment of what recurs.
    let one = format!("{ALL}/{}", it.text("id"));
    let it = shop.bench.post(SELLER, &one, "subscription_data[trial_period_days]=7").ok();
    assert_eq!((it.number("computed.upfront.amount_total"), it.number("amount_total")), (1375, 2375));
    let upfront = shop.bench.get(SELLER, &format!("{one}/computed_upfront_line_items")).ok();
    assert_eq!(upfront.items().len(), 1);
    // A line that is named is changed, one that is not is gone.
    let id = lines.items()[0].text("id");
    let it = shop
        .bench
        .post(SELLER, &one, &format!("line_items[0][id]={id}&line_items[0][quantity]=3&expand[]=line_items"))
        .ok();
    assert_eq!((it.number("amount_subtotal"), it.text("line_items.data.0.id")), (3000, id));
}

#[test]
fn who_accepts_a_quote_subscribes() {
    let shop = Shop::new(SELLER);
    shop.bench.post(SELLER, "/v1/coupons", "id=half&percent_off=50&duration=forever").ok();
    let it = shop
        .quote(
            SELLER,
            &format!(
                "&line_items[0][price]={}&line_items[1][price]={}&discounts[0][coupon]=half&subscription_data[description]=As+agreed\
                 &subscription_data[metadata][a]=b&description=Dear+Zoe",
                shop.monthly, shop.once
            ),
        )
        .ok();
    assert_eq!(shop.step(SELLER, &it, "accept", "").refusal().0, 400);
    let it = shop.step(SELLER, &it, "finalize", "").ok();
    assert_eq!((it.text("status"), it.text("number")), ("open".into(), "QT-ZOE-0001-1".into()));
    let fixed = shop.bench.post(SELLER, &format!("{ALL}/{}", it.text("id")), "discounts=");
    assert_eq!(fixed.refusal(), (400, String::new(), "discounts".into()));
    let it = shop.step(SELLER, &it, "accept", "expand[]=subscription&expand[]=invoice").ok();
    assert_eq!((it.text("status"), it.text("subscription.status")), ("accepted".into(), "active".into()));
    assert_eq!(
        (it.text("subscription.description"), it.text("subscription.metadata.a")),
        ("As agreed".into(), "b".into())
    );
    // Half of 10.00 and of 25.00.
    assert_eq!((it.text("invoice.status"), it.number("invoice.amount_paid")), ("paid".into(), 500 + 1250));
    assert_eq!(shop.bench.get(SELLER, "/v1/coupons/half").ok().number("times_redeemed"), 1);
    assert_eq!(shop.told(), [super::CREATED, super::FINALIZED, super::ACCEPTED]);
    for word in ["accept", "cancel", "finalize"] {
        assert_eq!(shop.step(SELLER, &it, word, "").refusal().0, 400, "{word}");
    }
}

#[test]
fn what_is_paid_once_becomes_an_invoice() {
    let shop = Shop::new(TOKEN);
    let it = shop
        .quote(
            TOKEN,
            &format!(
                "&line_items[0][price]={}&line_items[0][quantity]=2&application_fee_amount=300&collection_method=send_invoice\
                 &invoice_settings[days_until_due]=14&invoice_settings[footer]=Thanks",
                shop.once
            ),
        )
        .ok();
    let it = shop.step(TOKEN, &it, "finalize", "").ok();
    let it = shop.step(TOKEN, &it, "accept", "expand[]=invoice").ok();
    assert!(it.at("subscription").is_null());
    assert_eq!(
        (it.text("invoice.status"), it.number("invoice.total"), it.text("invoice.footer")),
        ("draft".into(), 5000, "Thanks".into())
    );
    assert_eq!(it.text("invoice.parent.quote_details.quote"), it.text("id"));
    let invoice = it.text("invoice.id");
    shop.bench.post(TOKEN, &format!("/v1/invoices/{invoice}/finalize"), "").ok();
    let paid = shop.bench.post(TOKEN, &format!("/v1/invoices/{invoice}/pay"), "").ok();
    assert_eq!(paid.text("status"), "paid");
    let fees = shop.bench.get(PLATFORM, "/v1/application_fees").ok().items();
    assert_eq!((fees.len(), fees[0].number("amount"), fees[0].text("account")), (1, 300, SELLER_ID.into()));
}

#[test]
fn a_quote_is_withdrawn_revised_and_runs_out() {
    let shop = Shop::new(SELLER);
    let line = format!("&line_items[0][price]={}", shop.once);
    let open = |more: &str| {
        let it = shop.quote(SELLER, &format!("{line}{more}")).ok();
        shop.step(SELLER, &it, "finalize", "").ok()
    };
    let it = shop.step(SELLER, &open(""), "cancel", "").ok();
    assert_eq!(it.text("status"), "canceled");
    // What takes the place of another makes that void, and counts on.
    let first = open("");
    let second = shop
        .quote(SELLER, &format!("&from_quote[quote]={}&from_quote[is_revision]=true", first.text("id")))
        .ok();
    assert_eq!(second.number("amount_total"), 2500);
    let second = shop.step(SELLER, &second, "finalize", "").ok();
    assert_eq!(second.text("number"), "QT-ZOE-0002-2");
    let status =
        |it: &Answer| shop.bench.get(SELLER, &format!("{ALL}/{}", it.text("id"))).ok().text("status");
    assert_eq!(status(&first), "canceled");
    shop.told();
    shop.bench.wait(30 * DAY + 60);
    assert_eq!(status(&second), "canceled");
    assert_eq!(shop.told(), [super::CANCELED]);
    let listed = |filter: &str| shop.bench.get(SELLER, &format!("{ALL}?{filter}")).ok().items().len();
    assert_eq!(
        (listed("status=canceled"), listed("status=open"), listed(&format!("customer={}", shop.customer))),
        (3, 0, 3)
    );
}

#[test]
fn what_cannot_be_quoted_is_refused() {
    let shop = Shop::new(PLATFORM);
    let (once, monthly) = (&shop.once, &shop.monthly);
    let yearly = {
        let product = shop.bench.post(PLATFORM, "/v1/products", "name=Year").ok().text("id");
        let form = format!("product={product}&currency=usd&unit_amount=1&recurring[interval]=year");
        shop.bench.post(PLATFORM, "/v1/prices", &form).ok().text("id")
    };
    for (form, code, param) in [
        ("line_items[0][quantity]=1".to_owned(), "parameter_missing", "line_items[0][price]"),
        ("line_items[0][price]=none".into(), "resource_missing", "line_items[0][price]"),
        (
            format!("line_items[0][price]={once}&line_items[0][quantity]=0"),
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        (format!("line_items[0][price]={monthly}&line_items[1][price]={yearly}"), "", "line_items"),
        (format!("line_items[0][price]={once}&application_fee_percent=5"), "", "application_fee_percent"),
        (
            format!("line_items[0][price]={once}&application_fee_amount=5"),
            "application_fees_not_allowed",
            "application_fee_amount",
        ),
        ("expires_at=1".into(), "", "expires_at"),
        ("discounts[0][coupon]=none".into(), "resource_missing", "discounts[0][coupon]"),
        ("invoice_settings[days_until_due]=3".into(), "", "invoice_settings[days_until_due]"),
        ("transfer_data[destination]=acct_none".into(), "resource_missing", "transfer_data[destination]"),
        ("subscription_data[effective_date]=1".into(), "", "subscription_data[effective_date]"),
    ] {
        assert_eq!(
            shop.bench.post(PLATFORM, ALL, &form).refusal(),
            (400, code.into(), param.into()),
            "{form}"
        );
    }
    let empty = shop.bench.post(PLATFORM, ALL, "").ok();
    assert_eq!(shop.step(PLATFORM, &empty, "finalize", "").refusal().2, "customer");
    let empty = shop.quote(PLATFORM, "").ok();
    assert_eq!(shop.step(PLATFORM, &empty, "finalize", "").refusal().2, "line_items");
    let pdf = shop.bench.get(PLATFORM, &format!("{ALL}/{}/pdf", empty.text("id")));
    assert_eq!(pdf.refusal().0, 400);
}

#[test]
fn a_subscription_that_begins_later_is_scheduled() {
    let shop = Shop::new(SELLER);
    let start = shop.bench.now().0 + 10 * DAY;
    let it = shop
        .quote(
            SELLER,
            &format!(
                "&line_items[0][price]={}&line_items[0][quantity]=2&line_items[1][price]={}\
                 &subscription_data[effective_date]={start}&subscription_data[description]=Later&subscription_data[metadata][a]=b",
                shop.monthly, shop.once
            ),
        )
        .ok();
    let it = shop.step(SELLER, &it, "finalize", "").ok();
    let it = shop.step(SELLER, &it, "accept", "expand[]=subscription_schedule").ok();
    assert!(it.at("subscription").is_null() && it.at("invoice").is_null());
    assert_eq!(it.text("subscription_schedule.status"), "not_started");
    assert_eq!(it.number("subscription_schedule.phases.0.start_date"), start);
    shop.bench.wait(10 * DAY + 10);
    let schedule = it.text("subscription_schedule.id");
    let path = format!("/v1/subscription_schedules/{schedule}?expand[]=subscription.latest_invoice");
    let begun = shop.bench.get(SELLER, &path).ok();
    assert_eq!((begun.text("status"), begun.text("subscription.status")), ("active".into(), "active".into()));
    assert_eq!(begun.number("subscription.items.data.0.quantity"), 2);
    assert_eq!(begun.number("subscription.latest_invoice.total"), 2 * 1000 + 2500);
    assert_eq!(
        (begun.text("subscription.description"), begun.text("subscription.metadata.a")),
        ("Later".into(), "b".into())
    );
}
