//! What holds of subscriptions whatever they cost and whenever something happens.
use crate::testing::{Bench, PLATFORM};
use proptest::prelude::*;

const DAY: i64 = 86_400;

fn price(bench: &Bench, amount: i64) -> String {
    let form = format!("currency=usd&unit_amount={amount}&recurring[interval]=month&product_data[name]=Gold");
    bench.post(PLATFORM, "/v1/prices", &form).ok().text("id")
}

/// The subscription and its item.
fn subscribe(bench: &Bench, price: &str, more: &str) -> (String, String, String) {
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let customer = bench.post(PLATFORM, "/v1/customers", form).ok().text("id");
    let form = format!("customer={customer}&items[0][price]={price}{more}");
    let it = bench.post(PLATFORM, "/v1/subscriptions", &form).ok();
    (it.text("id"), it.text("items.data.0.id"), customer)
}

/// What can be told of its invoices.
fn invoices(bench: &Bench, subscription: &str) -> Vec<(String, i64, i64, i64, i64)> {
    let all =
        bench.get(PLATFORM, &format!("/v1/invoices?limit=100&subscription={subscription}")).ok().items();
    let told = all.iter().map(|it| {
        let line = |name: &str| it.at(&format!("lines.data.0.{name}")).as_i64().unwrap_or(-1);
        (
            it.text("status"),
            it.number("total"),
            it.number("created"),
            line("period.start"),
            line("period.end"),
        )
    });
    told.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Moving through time in one step or in many gives the same invoices.
    #[test]
    fn one_step_or_many(steps in prop::collection::vec(1i64..40 * DAY, 1..6), amount in 100i64..1_000_000, trial in 0i64..20) {
        let life = |steps: &[i64]| {
            let bench = Bench::again();
            let gold = price(&bench, amount);
            let (it, ..) = subscribe(&bench, &gold, &format!("&trial_period_days={trial}"));
            steps.iter().for_each(|step| bench.wait(*step));
            (invoices(&bench, &it), bench.get(PLATFORM, &format!("/v1/subscriptions/{it}")).ok().text("status"))
        };
        prop_assert_eq!(life(&[steps.iter().sum()]), life(&steps));
    }

    /// An upgrade and a downgrade in the same second cancel out, in both modes of billing and also within a part of a period.
    #[test]
    fn there_and_back(
        first in 100i64..1_000_000, second in 100i64..1_000_000, quantity in 1i64..20, at in 0i64..27 * DAY,
        mode in prop::sample::select(vec!["classic", "flexible"]), off in 0i64..90,
    ) {
        let bench = Bench::again();
        let (one, other) = (price(&bench, first), price(&bench, second));
        let mut more = format!("&items[0][quantity]={quantity}&billing_mode[type]={mode}");
        if off > 0 {
            bench.post(PLATFORM, "/v1/coupons", &format!("id=some&duration=forever&percent_off={off}")).ok();
            more.push_str("&discounts[0][coupon]=some");
        }
        let (it, item, customer) = subscribe(&bench, &one, &more);
        bench.wait(at);
        for (price, quantity) in [(&other, 1), (&one, quantity)] {
            let form = format!("items[0][id]={item}&items[0][price]={price}&items[0][quantity]={quantity}");
            bench.post(PLATFORM, &format!("/v1/subscriptions/{it}"), &form).ok();
        }
        let waiting = bench.get(PLATFORM, &format!("/v1/invoiceitems?customer={customer}&pending=true")).ok().items();
        prop_assert_eq!(waiting.iter().map(|it| it.number("amount")).sum::<i64>(), 0);
    }

    /// What an invoice comes to is the sum of its lines, whatever is evened out by it.
    #[test]
    fn lines_add_up(amounts in prop::collection::vec((100i64..100_000, 1i64..10, 1i64..9 * DAY), 1..4)) {
        let bench = Bench::again();
        let gold = price(&bench, 5_000);
        let (it, item, _) = subscribe(&bench, &gold, "");
        for (amount, quantity, wait) in amounts {
            bench.wait(wait);
            let next = price(&bench, amount);
            let form = format!("items[0][id]={item}&items[0][price]={next}&items[0][quantity]={quantity}");
            bench.post(PLATFORM, &format!("/v1/subscriptions/{it}"), &form).ok();
        }
        let preview = bench.post(PLATFORM, "/v1/invoices/create_preview", &format!("subscription={it}")).ok();
        let end = bench.get(PLATFORM, &format!("/v1/subscriptions/{it}")).ok().number("items.data.0.current_period_end");
        bench.wait(end - bench.now().0 + 3600);
        let invoice = bench.get(PLATFORM, &format!("/v1/subscriptions/{it}?expand[]=latest_invoice")).ok();
        let lines = bench.get(PLATFORM, &format!("/v1/invoices/{}/lines?limit=100", invoice.text("latest_invoice.id"))).ok().items();
        let sum: i64 = lines.iter().map(|it| it.number("amount")).sum();
        prop_assert_eq!((invoice.number("latest_invoice.total"), preview.number("total")), (sum, sum));
    }
}
