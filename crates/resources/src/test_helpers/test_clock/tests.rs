use crate::{
    due,
    testing::{Answer, Bench, LIVE, PLATFORM, SELLER, TOKEN},
};
use base::Timestamp;

const CLOCKS: &str = "/v1/test_helpers/test_clocks";
/// Long before the time of the bench.
const FROZEN: i64 = 1_300_000_000;
const DAY: i64 = Timestamp::DAY;

fn clock(bench: &Bench, key: &str) -> String {
    bench.post(key, CLOCKS, &format!("frozen_time={FROZEN}&name=Rocket")).ok().text("id")
}
fn shown(bench: &Bench, key: &str, id: &str) -> Answer {
    bench.get(key, &format!("{CLOCKS}/{id}")).ok()
}
fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).collect()
}

#[test]
fn a_clock_moves_and_arrives() {
    let bench = Bench::again();
    for key in [SELLER, TOKEN, PLATFORM] {
        let made = bench.post(key, CLOCKS, &format!("frozen_time={FROZEN}&name=Rocket")).ok();
        let id = made.text("id");
        assert_eq!((made.text("status"), made.text("name")), ("ready".into(), "Rocket".into()));
        assert_eq!(made.number("deletes_after") - made.number("created"), 30 * DAY);
        let moved =
            bench.post(key, &format!("{CLOCKS}/{id}/advance"), &format!("frozen_time={}", FROZEN + DAY));
        assert_eq!(moved.text("status"), "advancing");
        assert_eq!(moved.number("status_details.advancing.target_frozen_time"), FROZEN + DAY);
        assert_eq!(moved.number("frozen_time"), FROZEN);
        let meanwhile = bench.post(key, "/v1/customers", &format!("test_clock={id}"));
        assert_eq!(meanwhile.status, 400);
        bench.settle();
        let there = shown(&bench, key, &id);
        assert_eq!((there.text("status"), there.number("frozen_time")), ("ready".into(), FROZEN + DAY));
        assert!(there.at("status_details.advancing").is_null());
        let prefix = "test_helpers.test_clock.";
        let told: Vec<String> = kinds(&bench).iter().map(|kind| kind.replace(prefix, "")).collect();
        assert_eq!(told, ["created", "advancing", "ready"]);
    }
}

#[test]
fn clocks_move_by_two_intervals_of_the_shortest_subscription_at_most() {
    let bench = Bench::again();
    let id = clock(&bench, SELLER);
    let to = |at: i64| {
        let moved = bench.post(SELLER, &format!("{CLOCKS}/{id}/advance"), &format!("frozen_time={at}"));
        bench.settle();
        moved
    };
    let price = |interval: &str| {
        let form =
            format!("currency=usd&unit_amount=500&recurring[interval]={interval}&product_data[name]=Tea");
        bench.post(SELLER, "/v1/prices", &form).ok().text("id")
    };
    let subscribe = |interval: &str| {
        let form = format!("test_clock={id}&source=tok_visa");
        let customer = bench.post(SELLER, "/v1/customers", &form).ok().text("id");
        let form = format!("customer={customer}&items[0][price]={}", price(interval));
        bench.post(SELLER, "/v1/subscriptions", &form).ok().text("id")
    };
    subscribe("year");
    let weekly = subscribe("week");
    let late = to(FROZEN + 14 * DAY + 1);
    assert_eq!(late.refusal(), (400, String::new(), "frozen_time".into()));
    assert!(late.text("error.message").contains(&(FROZEN + 14 * DAY).to_string()), "{:?}", late.body);
    to(FROZEN + 14 * DAY).ok();
    // From where it stands then it goes on as far again.
    to(FROZEN + 28 * DAY).ok();
    bench.delete(SELLER, &format!("/v1/subscriptions/{weekly}")).ok();
    to(FROZEN + 700 * DAY).ok();
}

#[test]
fn clocks_move_forward_by_two_years_at_most_and_only_in_test_mode() {
    let bench = Bench::again();
    let id = clock(&bench, SELLER);
    let to = |at: i64| bench.post(SELLER, &format!("{CLOCKS}/{id}/advance"), &format!("frozen_time={at}"));
    for at in [FROZEN, FROZEN - 1, FROZEN + 3 * 366 * DAY, -1, i64::MAX] {
        assert_eq!(to(at).refusal(), (400, String::new(), "frozen_time".into()), "{at}");
    }
    assert_eq!(bench.post(LIVE, CLOCKS, &format!("frozen_time={FROZEN}")).status, 400);
    assert_eq!(bench.post(SELLER, CLOCKS, "").refusal().2, "frozen_time");
    assert_eq!(bench.post(PLATFORM, &format!("{CLOCKS}/{id}/advance"), "frozen_time=1").status, 404);
}

#[test]
fn customers_of_a_clock_live_by_it_and_are_listed_apart() {
    let bench = Bench::again();
    let id = clock(&bench, SELLER);
    let plain = bench.post(SELLER, "/v1/customers", "email=a@example.com").ok();
    assert!(plain.at("test_clock").is_null());
    let theirs: Vec<Answer> = (0..3)
        .map(|_| bench.post(SELLER, "/v1/customers", &format!("email=a@example.com&test_clock={id}")).ok())
        .collect();
    assert_eq!(theirs[0].number("created"), FROZEN);
    assert_eq!(theirs[0].text("test_clock"), id);
    let fourth = bench.post(SELLER, "/v1/customers", &format!("test_clock={id}"));
    assert_eq!(fourth.refusal().2, "test_clock");
    assert_eq!(bench.post(SELLER, "/v1/customers", "test_clock=clock_none").refusal().2, "test_clock");
    for list in ["/v1/customers", "/v1/customers?email=a@example.com"] {
        let found = bench.get(SELLER, list).ok().items();
        assert_eq!(found.iter().map(|it| it.text("id")).collect::<Vec<_>>(), [plain.text("id")], "{list}");
    }
    for (list, many) in [("", 3), ("&email=a@example.com", 3), ("&email=b@example.com", 0)] {
        let found = bench.get(SELLER, &format!("/v1/customers?test_clock={id}{list}")).ok();
        assert_eq!(found.items().len(), many, "{list}");
    }
    let expanded =
        bench.get(SELLER, &format!("/v1/customers/{}?expand[]=test_clock", theirs[0].text("id"))).ok();
    assert_eq!(expanded.number("test_clock.frozen_time"), FROZEN);
    bench.delete(SELLER, &format!("/v1/customers/{}", theirs[0].text("id"))).ok();
    bench.post(SELLER, "/v1/customers", &format!("test_clock={id}")).ok();
}

#[test]
fn an_existing_customer_is_put_on_a_clock_and_goes_with_it() {
    let bench = Bench::again();
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    bench.told();
    let made = bench.post(SELLER, CLOCKS, &format!("frozen_time={FROZEN}&customer={customer}")).ok();
    let id = made.text("id");
    assert_eq!(kinds(&bench), ["customer.updated", "test_helpers.test_clock.created"]);
    let again = bench.post(SELLER, CLOCKS, &format!("frozen_time={FROZEN}&customer={customer}"));
    assert_eq!(again.refusal().2, "customer");
    let deleted = bench.delete(SELLER, &format!("{CLOCKS}/{id}")).ok();
    assert!(deleted.is("deleted"));
    assert_eq!(kinds(&bench), ["customer.deleted", "test_helpers.test_clock.deleted"]);
    assert!(bench.get(SELLER, &format!("/v1/customers/{customer}")).ok().is("deleted"));
    assert_eq!(bench.get(SELLER, &format!("{CLOCKS}/{id}")).status, 404);
}

#[test]
fn a_clock_ends_after_thirty_days_of_the_world() {
    let bench = Bench::again();
    let id = clock(&bench, SELLER);
    bench.wait(30 * DAY - 1);
    shown(&bench, SELLER, &id);
    bench.wait(2);
    assert_eq!(bench.get(SELLER, &format!("{CLOCKS}/{id}")).status, 404);
}

#[test]
fn what_is_planned_on_a_clock_happens_in_its_order_at_its_time() {
    let bench = Bench::again();
    let id = clock(&bench, SELLER);
    let customer = bench.post(SELLER, "/v1/customers", &format!("test_clock={id}")).ok().text("id");
    // What is checked at once by a registry is checked at once by the world, and shown at the clock's time.
    let made =
        bench.post(SELLER, &format!("/v1/customers/{customer}/tax_ids"), "type=eu_vat&value=DE123456789");
    assert_eq!(made.text("verification.status"), "pending");
    bench.settle();
    let caller = base::Caller::system(crate::testing::SELLER_ID, false);
    let (clock_id, tax_id) = (id.clone(), made.text("id"));
    let planned = crate::testing::now(bench.api.transact(&caller, |cx| {
        let (id, tax_id) = (clock_id.clone(), tax_id.clone());
        Box::pin(async move {
            super::enter(cx, Some(&base::Ref::to(&id))).await?;
            assert_eq!(cx.now(), Timestamp(FROZEN));
            // Later first; and one that the clock never comes to.
            for days in [9, 3, 300] {
                due::later(cx, due::Kind::TaxIdVerified, &tax_id, cx.now().plus(days * DAY));
            }
            api::done(())
        })
    }));
    assert!(planned.is_ok(), "{:?}", planned.err());
    bench.wait(400);
    let agenda = |bench: &Bench| {
        let doc = crate::testing::now(bench.api.world.peek::<super::TestClock>(&store::Key::new(
            crate::testing::SELLER_ID,
            false,
            <super::TestClock as base::Named>::NAME,
            &id,
        )));
        let it = doc.unwrap().unwrap();
        let mut days: Vec<i64> = it.agenda.0.iter().map(|it| (it.at.0 - FROZEN) / DAY).collect();
        days.sort_unstable();
        (days, it.hand.0)
    };
    assert_eq!(agenda(&bench), (vec![3, 9, 300], Timestamp(FROZEN)));
    bench.post(SELLER, &format!("{CLOCKS}/{id}/advance"), &format!("frozen_time={}", FROZEN + 10 * DAY)).ok();
    bench.settle();
    assert_eq!(agenda(&bench), (vec![300], Timestamp(FROZEN + 10 * DAY)));
}
