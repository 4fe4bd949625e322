use super::*;
use crate::testing::{Answer, Bench, PLATFORM};

const PATH: &str = "/v1/promotion_codes";

fn coupon(bench: &Bench, form: &str) -> String {
    bench.post(PLATFORM, "/v1/coupons", form).ok().text("id")
}
fn make(bench: &Bench, coupon: &str, more: &str) -> Answer {
    bench.post(PLATFORM, PATH, &format!("promotion[type]=coupon&promotion[coupon]={coupon}{more}"))
}

#[test]
fn a_code_is_made_and_has_its_coupon() {
    let bench = Bench::new();
    let coupon = coupon(&bench, "percent_off=20");
    bench.told();
    let it = make(&bench, &coupon, "&code=Fall20&expand[]=promotion.coupon&restrictions[minimum_amount]=500&restrictions[minimum_amount_currency]=usd&restrictions[currency_options][eur][minimum_amount]=450").ok();
    assert_eq!(
        (it.text("code"), it.is("active"), it.number("promotion.coupon.percent_off")),
        ("Fall20".into(), true, 20)
    );
    assert_eq!(it.number("restrictions.currency_options.eur.minimum_amount"), 450);
    let made_up = make(&bench, &coupon, "").ok().text("code");
    assert_eq!(made_up.len(), 8);
    let found = |query: &str| bench.get(PLATFORM, &format!("{PATH}?{query}")).ok().items().len();
    assert_eq!(
        [
            found("code=fall20"),
            found("active=true"),
            found(&format!("coupon={coupon}")),
            found("coupon=other")
        ],
        [1, 2, 2, 0]
    );
    let kinds: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [CREATED, CREATED]);
}

#[test]
fn one_active_code_of_a_name() {
    let bench = Bench::new();
    let coupon = coupon(&bench, "percent_off=20");
    let first = make(&bench, &coupon, "&code=FALL").ok().text("id");
    assert_eq!(make(&bench, &coupon, "&code=fall").refusal().2, "code");
    let idle = make(&bench, &coupon, "&code=fall&active=false").ok().text("id");
    let set =
        |id: &str, active: bool| bench.post(PLATFORM, &format!("{PATH}/{id}"), &format!("active={active}"));
    assert_eq!(set(&idle, true).refusal().2, "active");
    set(&first, false).ok();
    assert!(set(&idle, true).ok().is("active"));
    assert_eq!(set(&first, true).refusal().2, "active");
    // Each customer may have one of their own.
    let customer = || bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
    let (ann, bob) = (customer(), customer());
    make(&bench, &coupon, &format!("&code=MINE&customer={ann}")).ok();
    make(&bench, &coupon, &format!("&code=MINE&customer={bob}")).ok();
    assert_eq!(make(&bench, &coupon, &format!("&code=MINE&customer={ann}")).refusal().2, "code");
    assert_eq!(make(&bench, &coupon, "&code=MINE").refusal().2, "code");
}

#[test]
fn codes_end_with_their_time_and_with_their_coupon() {
    let bench = Bench::new();
    let soon = bench.now().plus(100).0;
    let (one, other) =
        (coupon(&bench, "percent_off=20"), coupon(&bench, &format!("percent_off=20&redeem_by={soon}")));
    let by_time = make(&bench, &one, &format!("&code=A&expires_at={soon}")).ok().text("id");
    let by_coupon = make(&bench, &other, "&code=B").ok().text("id");
    let by_deletion = make(&bench, &one, "&code=C").ok().text("id");
    let active = |id: &str| bench.get(PLATFORM, &format!("{PATH}/{id}")).ok().is("active");
    assert!(active(&by_time) && active(&by_coupon));
    bench.wait(101);
    assert!(!active(&by_time) && !active(&by_coupon) && active(&by_deletion));
    assert_eq!(bench.post(PLATFORM, &format!("{PATH}/{by_time}"), "active=true").refusal().2, "active");
    bench.delete(PLATFORM, &format!("/v1/coupons/{one}")).ok();
    assert!(!active(&by_deletion));
    // Their names are free again.
    let third = coupon(&bench, "percent_off=5");
    make(&bench, &third, "&code=A").ok();
}

#[test]
fn what_cannot_be_a_code() {
    let bench = Bench::new();
    let soon = bench.now().plus(100).0;
    let id = coupon(&bench, &format!("percent_off=20&redeem_by={soon}&max_redemptions=5"));
    for (more, param) in [
        ("&code=a b", "code"),
        ("&customer=nobody", "customer"),
        ("&expires_at=5", "expires_at"),
        ("&expires_at=1391104058", "expires_at"),
        ("&max_redemptions=6", "max_redemptions"),
        ("&restrictions[minimum_amount]=5", "restrictions[minimum_amount_currency]"),
        ("&restrictions[currency_options][eur][minimum_amount]=5", "restrictions[currency_options][eur]"),
    ] {
        assert_eq!(make(&bench, &id, more).refusal().2, param, "{more}");
    }
    assert_eq!(make(&bench, "nothing", "").refusal().2, "promotion[coupon]");
    assert_eq!(bench.post(PLATFORM, PATH, "promotion[type]=coupon").refusal().2, "promotion[coupon]");
}

#[test]
fn some_codes_are_for_who_buys_enough() {
    let bench = Bench::new();
    let coupon = coupon(&bench, "percent_off=20");
    let restricted = "&restrictions[minimum_amount]=5000&restrictions[minimum_amount_currency]=usd&restrictions[currency_options][eur][minimum_amount]=4500";
    let code = make(&bench, &coupon, restricted).ok().text("id");
    let invoice = |amount: i64, currency: &str| {
        let ann = bench.post(PLATFORM, "/v1/customers", "").ok().text("id");
        let item = format!("customer={ann}&amount={amount}&currency={currency}");
        bench.post(PLATFORM, "/v1/invoiceitems", &item).ok();
        let form = format!(
            "customer={ann}&pending_invoice_items_behavior=include&discounts[0][promotion_code]={code}"
        );
        bench.post(PLATFORM, "/v1/invoices", &form)
    };
    assert_eq!(invoice(4999, "usd").refusal().2, "discounts");
    assert_eq!(invoice(5000, "usd").ok().number("total"), 4000);
    assert_eq!(invoice(4500, "eur").ok().number("total"), 3600);
    assert_eq!(invoice(9000, "gbp").refusal().0, 400, "nothing is said of pounds");
    assert_eq!(bench.get(PLATFORM, &format!("{PATH}/{code}")).ok().number("times_redeemed"), 2);

    let price = |amount: i64| {
        let form =
            format!("currency=usd&unit_amount={amount}&recurring[interval]=month&product_data[name]=Gold");
        bench.post(PLATFORM, "/v1/prices", &form).ok().text("id")
    };
    let subscribe = |price: &str| {
        let ann = bench.post(PLATFORM, "/v1/customers", "source=tok_visa").ok().text("id");
        let form = format!("customer={ann}&items[0][price]={price}&discounts[0][promotion_code]={code}");
        bench.post(PLATFORM, "/v1/subscriptions", &form)
    };
    assert_eq!(subscribe(&price(4000)).refusal().2, "discounts");
    assert_eq!(subscribe(&price(6000)).ok().text("status"), "active");
}
