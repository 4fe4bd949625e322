use crate::testing::{Answer, Bench, PLATFORM, PLATFORM_ID, SELLER, TOKEN, now};

mod later;
mod properties;

fn customer(bench: &Bench, form: &str) -> String {
    bench.post(PLATFORM, "/v1/customers", form).ok().text("id")
}
fn payer(bench: &Bench, method: &str) -> String {
    customer(
        bench,
        &format!(
            "payment_method={method}&invoice_settings[default_payment_method]={method}&invoice_prefix=ABCD"
        ),
    )
}
fn item(bench: &Bench, customer: &str, more: &str) -> Answer {
    bench.post(PLATFORM, "/v1/invoiceitems", &format!("customer={customer}&{more}"))
}
fn draft(bench: &Bench, customer: &str, more: &str) -> Answer {
    bench.post(
        PLATFORM,
        "/v1/invoices",
        &format!("customer={customer}&pending_invoice_items_behavior=include{more}"),
    )
}
fn act(bench: &Bench, invoice: &Answer, what: &str, form: &str) -> Answer {
    bench.post(PLATFORM, &format!("/v1/invoices/{}/{what}", invoice.text("id")), form)
}
fn look(bench: &Bench, invoice: &Answer) -> Answer {
    bench.get(PLATFORM, &format!("/v1/invoices/{}", invoice.text("id"))).ok()
}
fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).collect()
}

#[test]
fn from_items_to_money() {
    let bench = Bench::new();
    let ann = payer(&bench, "pm_card_visa");
    item(&bench, &ann, "amount=2000&currency=usd&description=A+pot").ok();
    let second = item(&bench, &ann, "unit_amount_decimal=250.5&quantity=4&currency=usd").ok();
    assert_eq!((second.number("amount"), second.number("quantity")), (1002, 4));
    item(&bench, &ann, "amount=700&currency=eur").ok();
    let it = draft(&bench, &ann, "&currency=usd").ok();
    assert_eq!(
        (it.text("status"), it.number("total"), it.number("lines.total_count")),
        ("draft".into(), 3002, 2)
    );
    assert!(it.at("number").is_null() && it.at("ending_balance").is_null());
    kinds(&bench);
    let it = act(&bench, &it, "finalize", "expand[]=payments&expand[]=confirmation_secret").ok();
    assert_eq!(
        (it.text("status"), it.text("number"), it.number("amount_due")),
        ("open".into(), "ABCD-0001".into(), 3002)
    );
    assert_eq!(
        (it.text("payments.data.0.status"), it.text("confirmation_secret.type")),
        ("open".into(), "payment_intent".into())
    );
    assert_eq!(kinds(&bench), ["customer.updated", "payment_intent.created", "invoice.finalized"]);
    let it = act(&bench, &it, "pay", "expand[]=payments").ok();
    assert_eq!(
        (
            it.text("status"),
            it.number("amount_paid"),
            it.number("amount_remaining"),
            it.number("attempt_count")
        ),
        ("paid".into(), 3002, 0, 1)
    );
    assert_eq!(
        kinds(&bench),
        [
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice.updated",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice_payment.paid"
        ]
    );
    assert_eq!(
        (it.text("payments.data.0.status"), it.number("payments.data.0.amount_paid")),
        ("paid".into(), 3002)
    );
    let intent = it.text("payments.data.0.payment.payment_intent");
    let charge = bench.get(PLATFORM, &format!("/v1/payment_intents/{intent}?expand[]=latest_charge")).ok();
    assert_eq!(
        (charge.number("latest_charge.amount"), charge.text("latest_charge.customer")),
        (3002, ann.clone())
    );
    assert_eq!(act(&bench, &it, "pay", "").refusal().1, "invoice_not_editable");
    let lines = bench.get(PLATFORM, &format!("/v1/invoices/{}/lines?limit=1", it.text("id"))).ok();
    assert_eq!((lines.number("data.0.amount"), lines.is("has_more")), (2000, true));
    // What is in another currency still waits.
    assert_eq!(
        bench.get(PLATFORM, &format!("/v1/invoiceitems?customer={ann}&pending=true")).ok().items().len(),
        1
    );
}

#[test]
fn discounts_and_taxes_of_lines_and_of_the_whole() {
    let bench = Bench::new();
    let rate = |form: &str| {
        bench.post(PLATFORM, "/v1/tax_rates", &format!("display_name=VAT&{form}")).ok().text("id")
    };
    let (on_top, within) = (rate("percentage=10&inclusive=false"), rate("percentage=20&inclusive=true"));
    for form in ["percent_off=25&id=quarter&duration=forever", "amount_off=500&currency=usd&id=five"] {
        bench.post(PLATFORM, "/v1/coupons", form).ok();
    }
    let ann = customer(&bench, "");
    item(&bench, &ann, "amount=3000&currency=usd").ok();
    item(&bench, &ann, &format!("amount=1700&currency=usd&discounts[0][coupon]=five&tax_rates[]={within}"))
        .ok();
    item(&bench, &ann, "amount=-300&currency=usd").ok();
    let it = draft(&bench, &ann, &format!("&discounts[0][coupon]=quarter&default_tax_rates[]={on_top}")).ok();
    // 3000 - 750 + 10 %; 1700 - 500 - 300, of which a sixth is tax; and -300 - 10 %.
    assert_eq!((it.number("subtotal"), it.number("total")), (3000 + 1200 - 300, 2250 + 225 + 900 - 330));
    assert_eq!(
        (it.number("total_discount_amounts.0.amount"), it.number("total_discount_amounts.1.amount")),
        (1050, 500)
    );
    assert_eq!((it.number("total_taxes.0.amount"), it.number("total_taxes.1.amount")), (225 - 30, 150));
    assert_eq!(it.number("total_excluding_tax"), 2250 + 750 - 300);
    let lines = (
        it.number("lines.data.0.taxes.0.amount"),
        it.number("lines.data.1.taxes.0.taxable_amount"),
        it.at("lines.data.2.discountable").to_json(),
    );
    assert_eq!(lines, (225, 750, "false".into()));
    let whole = bench
        .get(
            PLATFORM,
            &format!(
                "/v1/invoices/{}?expand[]=discounts.source.coupon&expand[]=total_discount_amounts.discount",
                it.text("id")
            ),
        )
        .ok();
    assert_eq!(
        (
            whole.number("discounts.0.source.coupon.percent_off"),
            whole.text("total_discount_amounts.0.discount.object")
        ),
        (25, "discount".into())
    );
    let exempt = bench.post(PLATFORM, &format!("/v1/customers/{ann}"), "tax_exempt=exempt");
    exempt.ok();
    let it =
        bench.post(PLATFORM, &format!("/v1/invoices/{}", it.text("id")), "discounts=&description=x").ok();
    assert_eq!(
        (it.number("total"), it.text("total_taxes.0.taxability_reason")),
        (3000 + 1200 - 300, "customer_exempt".into())
    );
}

#[test]
fn a_customers_discount_for_one_invoice_is_used_up() {
    let bench = Bench::new();
    bench.post(PLATFORM, "/v1/coupons", "percent_off=50&id=half&duration=once").ok();
    let ann = customer(&bench, "coupon=half");
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, "").ok();
    assert_eq!(it.number("total"), 1000);
    kinds(&bench);
    act(&bench, &it, "finalize", "").ok();
    assert!(kinds(&bench).contains(&"customer.discount.deleted"));
    assert!(bench.get(PLATFORM, &format!("/v1/customers/{ann}")).ok().at("discount").is_null());
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    assert_eq!(draft(&bench, &ann, "").ok().number("total"), 2000);
}

#[test]
fn the_balance_of_the_customer_is_applied_and_given_back() {
    let bench = Bench::new();
    let ann = customer(&bench, "");
    let balance = |id: &str| bench.get(PLATFORM, &format!("/v1/customers/{id}")).ok().number("balance");
    bench
        .post(PLATFORM, &format!("/v1/customers/{ann}/balance_transactions"), "amount=-500&currency=usd")
        .ok();
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, "").ok();
    assert_eq!((it.number("amount_due"), it.number("starting_balance"), balance(&ann)), (1500, -500, -500));
    let it = act(&bench, &it, "finalize", "").ok();
    assert_eq!((it.number("amount_due"), it.number("ending_balance"), balance(&ann)), (1500, 0, 0));
    let moves = bench
        .get(PLATFORM, &format!("/v1/customers/{ann}/balance_transactions?invoice={}", it.text("id")))
        .ok();
    assert_eq!(
        (moves.text("data.0.type"), moves.number("data.0.amount")),
        ("applied_to_invoice".into(), 500)
    );
    let it = act(&bench, &it, "void", "").ok();
    assert_eq!((it.text("status"), balance(&ann)), ("void".into(), -500));
    assert_eq!(act(&bench, &it, "pay", "").refusal().0, 400);
    // What is too small to be charged is owed, and a credit is kept.
    let bob = customer(&bench, "");
    item(&bench, &bob, "amount=30&currency=usd").ok();
    let it = act(&bench, &draft(&bench, &bob, "").ok(), "finalize", "").ok();
    assert_eq!((it.text("status"), it.number("amount_due"), balance(&bob)), ("paid".into(), 0, 30));
    item(&bench, &bob, "amount=-100&currency=usd").ok();
    let it = act(&bench, &draft(&bench, &bob, "").ok(), "finalize", "").ok();
    assert_eq!(
        (it.text("status"), it.number("starting_balance"), it.number("ending_balance"), balance(&bob)),
        ("paid".into(), 30, -70, -70)
    );
}

#[test]
fn a_draft_goes_on_by_itself_after_an_hour() {
    let bench = Bench::new();
    let ann = payer(&bench, "pm_card_visa");
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, "&auto_advance=true").ok();
    assert_eq!(it.number("automatically_finalizes_at"), it.number("created") + 3600);
    kinds(&bench);
    bench.wait(3599);
    assert_eq!(look(&bench, &it).text("status"), "draft");
    bench.wait(2);
    assert_eq!(look(&bench, &it).text("status"), "paid");
    let told = kinds(&bench);
    let order = ["invoice.finalized", "charge.succeeded", "payment_intent.succeeded", "invoice.paid"];
    let places: Vec<_> = order.iter().map(|kind| told.iter().position(|it| it == kind)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{told:?}");
    // One that is told not to does not.
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, "&auto_advance=true").ok();
    bench.post(PLATFORM, &format!("/v1/invoices/{}", it.text("id")), "auto_advance=false").ok();
    bench.wait(7200);
    assert_eq!(look(&bench, &it).text("status"), "draft");
}

#[test]
fn a_customers_own_clock_is_what_counts() {
    let bench = Bench::new();
    let start = bench.now().0;
    let clock =
        bench.post(PLATFORM, "/v1/test_helpers/test_clocks", &format!("frozen_time={start}")).ok().text("id");
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let ann = customer(&bench, &format!("{form}&test_clock={clock}"));
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, "&auto_advance=true").ok();
    assert_eq!((it.text("test_clock"), it.number("created")), (clock.clone(), start));
    bench.wait(7200);
    assert_eq!(look(&bench, &it).text("status"), "draft");
    let to = start + 4000;
    bench
        .post(
            PLATFORM,
            &format!("/v1/test_helpers/test_clocks/{clock}/advance"),
            &format!("frozen_time={to}"),
        )
        .ok();
    bench.settle();
    let paid = look(&bench, &it);
    assert_eq!(
        (paid.text("status"), paid.number("status_transitions.paid_at")),
        ("paid".into(), start + 3600)
    );
    // What was planned by the world's clock goes by the customer's, once they have one.
    let bob = payer(&bench, "pm_card_visa");
    item(&bench, &bob, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &bob, "&auto_advance=true").ok();
    let form = format!("frozen_time={}&customer={bob}", it.number("created"));
    let clock = bench.post(PLATFORM, "/v1/test_helpers/test_clocks", &form).ok().text("id");
    bench.wait(3601);
    assert_eq!(look(&bench, &it).text("status"), "draft");
    let to = it.number("created") + 3600;
    bench
        .post(
            PLATFORM,
            &format!("/v1/test_helpers/test_clocks/{clock}/advance"),
            &format!("frozen_time={to}"),
        )
        .ok();
    bench.settle();
    assert_eq!(look(&bench, &it).text("status"), "paid");
}

#[test]
fn what_is_declined_is_tried_again_some_days_later() {
    let bench = Bench::new();
    let ann = payer(&bench, "pm_card_chargeCustomerFail");
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, "&auto_advance=true").ok();
    bench.wait(3601);
    let failed = look(&bench, &it);
    assert_eq!(
        (failed.text("status"), failed.number("attempt_count"), failed.is("attempted")),
        ("open".into(), 1, true)
    );
    assert_eq!(failed.number("next_payment_attempt"), it.number("created") + 3600 + 3 * 86_400);
    assert!(bench.get(PLATFORM, &format!("/v1/customers/{ann}")).ok().is("delinquent"));
    bench.wait(3 * 86_400);
    assert_eq!(look(&bench, &it).number("attempt_count"), 2);
    // With another card it works, and nothing is tried again.
    let form = "payment_method=pm_card_visa";
    assert_eq!(act(&bench, &it, "pay", form).ok().text("status"), "paid");
    assert!(!bench.get(PLATFORM, &format!("/v1/customers/{ann}")).ok().is("delinquent"));
    kinds(&bench);
    bench.wait(30 * 86_400);
    assert!(!kinds(&bench).contains(&"invoice.payment_failed"));
    assert_eq!(look(&bench, &it).number("attempt_count"), 3);
}

#[test]
fn paying_by_hand_can_be_declined_or_wait_for_the_payer() {
    let bench = Bench::new();
    let ann = customer(&bench, "");
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, "").ok();
    assert_eq!(act(&bench, &it, "pay", "").refusal(), (400, "resource_missing".into(), String::new()));
    let it = look(&bench, &it);
    assert_eq!((it.text("status"), it.number("attempt_count")), ("open".into(), 1));
    kinds(&bench);
    let declined = act(&bench, &it, "pay", "payment_method=pm_card_chargeCustomerFail&off_session=false");
    assert_eq!((declined.status, declined.text("error.code")), (402, "card_declined".into()));
    assert!(kinds(&bench).contains(&"invoice.payment_failed"));
    let waits = act(&bench, &it, "pay", "payment_method=pm_card_threeDSecure2Required&off_session=false");
    assert_eq!(
        (waits.status, waits.text("error.code")),
        (402, "invoice_payment_intent_requires_action".into())
    );
    assert!(kinds(&bench).contains(&"invoice.payment_action_required"));
    let intent = bench
        .get(PLATFORM, &format!("/v1/invoice_payments?invoice={}", it.text("id")))
        .ok()
        .text("data.0.payment.payment_intent");
    let cancel = bench.post(PLATFORM, &format!("/v1/payment_intents/{intent}/cancel"), "");
    assert_eq!(cancel.refusal().1, "payment_intent_unexpected_state");
    // Without the payer it is the same, and a failure.
    let away = act(&bench, &it, "pay", "payment_method=pm_card_threeDSecure2Required");
    assert_eq!((away.status, away.text("error.code")), (402, "authentication_required".into()));
    let told = kinds(&bench);
    assert!(
        told.contains(&"invoice.payment_failed") && told.contains(&"invoice.payment_action_required"),
        "{told:?}"
    );
    // The payer's browser may pay it, too.
    bench
        .post(
            PLATFORM,
            &format!("/v1/payment_intents/{intent}/confirm"),
            "payment_method=pm_card_visa&return_url=https://a.example",
        )
        .ok();
    assert_eq!(look(&bench, &it).text("status"), "paid");
}

#[test]
fn elsewhere_given_up_or_deleted() {
    let bench = Bench::new();
    let ann = customer(&bench, "");
    let ready = || {
        item(&bench, &ann, "amount=2000&currency=usd").ok();
        act(&bench, &draft(&bench, &ann, "").ok(), "finalize", "").ok()
    };
    let it = act(&bench, &ready(), "pay", "paid_out_of_band=true&expand[]=payments").ok();
    assert_eq!((it.text("status"), it.text("payments.data.0.status")), ("paid".into(), "canceled".into()));
    let it = ready();
    let it = act(&bench, &it, "mark_uncollectible", "").ok();
    assert_eq!(it.text("status"), "uncollectible");
    assert_eq!(act(&bench, &it, "pay", "payment_method=pm_card_visa").ok().text("status"), "paid");
    assert_eq!(act(&bench, &it, "void", "").refusal().0, 400);
    let open = ready();
    assert_eq!(
        bench.delete(PLATFORM, &format!("/v1/invoices/{}", open.text("id"))).refusal().1,
        "invoice_not_editable"
    );
    let line = item(&bench, &ann, "amount=100&currency=usd").ok().text("id");
    let it = draft(&bench, &ann, "").ok();
    assert!(bench.delete(PLATFORM, &format!("/v1/invoices/{}", it.text("id"))).ok().is("deleted"));
    assert!(bench.get(PLATFORM, &format!("/v1/invoiceitems/{line}")).ok().at("invoice").is_null());
    assert_eq!(bench.get(SELLER, &format!("/v1/invoices/{}", open.text("id"))).refusal().0, 404);
    let sent = draft(&bench, &ann, "&collection_method=send_invoice&days_until_due=7").ok();
    assert_eq!(sent.number("due_date"), sent.number("created") + 7 * 86_400);
    kinds(&bench);
    assert_eq!(act(&bench, &sent, "send", "").ok().text("status"), "open");
    assert_eq!(kinds(&bench).last(), Some(&"invoice.sent"));
    assert_eq!(act(&bench, &open, "send", "").refusal().0, 400);
}

#[test]
fn drafts_are_worked_out_again_and_the_next_is_shown() {
    let bench = Bench::new();
    let ann = customer(&bench, "");
    assert_eq!(
        bench.post(PLATFORM, "/v1/invoices/create_preview", &format!("customer={ann}")).refusal().0,
        404
    );
    let price =
        bench.post(PLATFORM, "/v1/prices", "currency=usd&unit_amount=500&product_data[name]=Pot").ok();
    let it = draft(&bench, &ann, "&currency=usd").ok();
    let id = it.text("id");
    let one =
        item(&bench, &ann, &format!("invoice={id}&pricing[price]={}&quantity=3", price.text("id"))).ok();
    assert_eq!(
        (one.number("amount"), one.text("description"), one.text("pricing.price_details.price")),
        (1500, "Pot".into(), price.text("id"))
    );
    assert_eq!(look(&bench, &it).number("total"), 1500);
    let path = format!("/v1/invoiceitems/{}", one.text("id"));
    bench.post(PLATFORM, &path, "quantity=4").ok();
    assert_eq!(look(&bench, &it).number("total"), 2000);
    assert_eq!(item(&bench, &ann, &format!("invoice={id}&amount=5&currency=eur")).refusal().2, "currency");
    let line = look(&bench, &it).text("lines.data.0.id");
    bench.post(PLATFORM, &path, "amount=70&description=less").ok();
    let shown = look(&bench, &it);
    assert_eq!((shown.number("total"), shown.text("lines.data.0.id")), (70, line));
    bench.delete(PLATFORM, &path).ok();
    assert_eq!((look(&bench, &it).number("total"), look(&bench, &it).number("lines.total_count")), (0, 0));
    item(
        &bench,
        &ann,
        &format!(
            "price_data[currency]=usd&price_data[product]={}&price_data[unit_amount]=250&quantity=2",
            price.text("product")
        ),
    )
    .ok();
    let next = bench.post(PLATFORM, "/v1/invoices/create_preview", &format!("customer={ann}")).ok();
    assert_eq!((next.number("total"), next.text("billing_reason")), (500, "upcoming".into()));
    assert!(
        next.text("id").starts_with("upcoming_in_") && next.text("lines.data.0.id").starts_with("il_tmp_")
    );
    assert_eq!(bench.get(PLATFORM, &format!("/v1/invoices/{}", next.text("id"))).refusal().0, 404);
}

#[test]
fn for_a_connected_account_with_a_fee() {
    let bench = Bench::new();
    let post = |path: &str, form: &str| bench.post(TOKEN, path, form).ok();
    let ann = post(
        "/v1/customers",
        "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa",
    )
    .text("id");
    post("/v1/invoiceitems", &format!("customer={ann}&amount=2000&currency=usd"));
    let form = format!(
        "customer={ann}&pending_invoice_items_behavior=include&application_fee_amount=200&auto_advance=true"
    );
    let it = post("/v1/invoices", &form);
    bench.told();
    // It is collected by itself, when nobody acts for the account.
    bench.wait(3601);
    let paid = bench.get(SELLER, &format!("/v1/invoices/{}", it.text("id"))).ok();
    assert_eq!(paid.text("status"), "paid");
    assert!(bench.told().contains(&("acct_platform".to_owned(), "application_fee.created")));
    let charge = bench.get(SELLER, "/v1/charges").ok();
    assert_eq!(
        (charge.number("data.0.application_fee_amount"), charge.text("data.0.application")),
        (200, "ca_test".into())
    );
    assert_eq!(bench.post(PLATFORM, "/v1/invoices", &form).refusal().1, "resource_missing");
    let own = customer(&bench, "");
    let refused = bench.post(PLATFORM, "/v1/invoices", &format!("customer={own}&application_fee_amount=200"));
    assert_eq!(refused.refusal().1, "application_fees_not_allowed");
}

#[test]
fn what_cannot_be_invoiced() {
    let bench = Bench::new();
    let ann = customer(&bench, "");
    let soon = bench.now().plus(100).0;
    for (form, param) in [
        ("amount=5".to_owned(), "currency"),
        ("currency=usd".into(), "amount"),
        ("amount=5&currency=usd&unit_amount_decimal=5".into(), "unit_amount_decimal"),
        ("amount=5&currency=usd&quantity=2".into(), "quantity"),
        ("pricing[price]=nothing".into(), "pricing[price]"),
        ("amount=5&currency=usd&invoice=nothing".into(), "invoice"),
        ("amount=5&currency=usd&tax_rates[]=nothing".into(), "tax_rates[0]"),
        ("amount=5&currency=usd&discounts[0][coupon]=nothing".into(), "discounts[0][coupon]"),
        ("amount=5&currency=usd&period[start]=9&period[end]=8".into(), "period[end]"),
    ] {
        assert_eq!(item(&bench, &ann, &form).refusal().2, param, "{form}");
    }
    for (form, param) in [
        ("&days_until_due=5".to_owned(), "days_until_due"),
        ("&collection_method=send_invoice".into(), "days_until_due"),
        (format!("&collection_method=send_invoice&days_until_due=5&due_date={soon}"), "due_date"),
        ("&collection_method=send_invoice&due_date=5".into(), "due_date"),
        ("&default_payment_method=pm_nothing".into(), "default_payment_method"),
        ("&automatically_finalizes_at=5".into(), "automatically_finalizes_at"),
        ("&default_tax_rates[]=nothing".into(), "default_tax_rates[0]"),
    ] {
        assert_eq!(draft(&bench, &ann, &form).refusal().2, param, "{form}");
    }
    assert_eq!(bench.post(PLATFORM, "/v1/invoices", "").refusal().2, "customer");
}
