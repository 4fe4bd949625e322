use crate::testing::{Answer, Bench, PLATFORM, SELLER};

/// An invoice of these lines whose amounts stand.
fn open(bench: &Bench, customer: &str, lines: &[&str], more: &str) -> Answer {
    for line in lines {
        bench.post(PLATFORM, "/v1/invoiceitems", &format!("customer={customer}&currency=usd&{line}")).ok();
    }
    let form = format!("customer={customer}&pending_invoice_items_behavior=include&currency=usd{more}");
    let draft = bench.post(PLATFORM, "/v1/invoices", &form).ok();
    bench.post(PLATFORM, &format!("/v1/invoices/{}/finalize", draft.text("id")), "").ok()
}
fn customer(bench: &Bench) -> String {
    bench.post(PLATFORM, "/v1/customers", "invoice_prefix=ABCD").ok().text("id")
}
fn pay(bench: &Bench, invoice: &Answer) -> Answer {
    bench
        .post(PLATFORM, &format!("/v1/invoices/{}/pay", invoice.text("id")), "payment_method=pm_card_visa")
        .ok()
}
fn look(bench: &Bench, invoice: &Answer) -> Answer {
    bench.get(PLATFORM, &format!("/v1/invoices/{}?expand[]=payments", invoice.text("id"))).ok()
}
fn credit(bench: &Bench, invoice: &Answer, form: &str) -> Answer {
    bench.post(PLATFORM, "/v1/credit_notes", &format!("invoice={}&{form}", invoice.text("id")))
}
fn void(bench: &Bench, note: &Answer) -> Answer {
    bench.post(PLATFORM, &format!("/v1/credit_notes/{}/void", note.text("id")), "")
}

#[test]
fn before_the_payment_less_is_due() {
    let bench = Bench::new();
    let ann = customer(&bench);
    let invoice = open(&bench, &ann, &["amount=2000"], "");
    bench.told();
    let note = credit(&bench, &invoice, "amount=500&reason=duplicate&memo=Sorry&metadata[a]=b").ok();
    assert_eq!(
        (note.text("number"), note.text("type"), note.text("status")),
        ("ABCD-0001-CN-01".into(), "pre_payment".into(), "issued".into())
    );
    assert_eq!(
        (note.number("pre_payment_amount"), note.number("post_payment_amount"), note.number("total")),
        (500, 0, 500)
    );
    let kinds: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["credit_note.created", "invoice.updated"]);
    let seen = look(&bench, &invoice);
    assert_eq!(
        (seen.number("amount_due"), seen.number("amount_remaining"), seen.number("total")),
        (1500, 1500, 2000)
    );
    assert_eq!(
        (seen.number("pre_payment_credit_notes_amount"), seen.number("payments.data.0.amount_requested")),
        (500, 1500)
    );
    // A void one leaves everything as it was; its number stays taken.
    assert_eq!(void(&bench, &note).ok().text("status"), "void");
    assert!(bench.told().iter().any(|(_, kind)| *kind == "credit_note.voided"));
    assert_eq!(void(&bench, &note).refusal().0, 400);
    assert_eq!(look(&bench, &invoice).number("amount_due"), 2000);
    let second = credit(&bench, &invoice, "amount=700").ok();
    assert_eq!(second.text("number"), "ABCD-0001-CN-02");
    let paid = pay(&bench, &invoice);
    assert_eq!((paid.number("amount_paid"), paid.number("amount_remaining")), (1300, 0));
    assert_eq!(bench.get(PLATFORM, "/v1/charges").ok().number("data.0.amount"), 1300);
    assert_eq!(void(&bench, &second).refusal().0, 400);
    let listed = bench.get(PLATFORM, &format!("/v1/credit_notes?invoice={}", invoice.text("id"))).ok();
    assert_eq!(
        listed.items().iter().map(|it| it.text("id")).collect::<Vec<_>>(),
        [second.text("id"), note.text("id")]
    );
    assert_eq!(bench.get(SELLER, &format!("/v1/credit_notes/{}", note.text("id"))).refusal().0, 404);
    let changed = bench
        .post(PLATFORM, &format!("/v1/credit_notes/{}", second.text("id")), "memo=Better&metadata[c]=d")
        .ok();
    assert_eq!((changed.text("memo"), changed.text("metadata.c")), ("Better".into(), "d".into()));
}

#[test]
fn all_that_is_due_makes_the_invoice_paid() {
    let bench = Bench::new();
    let ann = customer(&bench);
    let invoice = open(&bench, &ann, &["amount=2000"], "");
    credit(&bench, &invoice, "amount=2000").ok();
    let seen = look(&bench, &invoice);
    assert_eq!(
        (seen.text("status"), seen.number("amount_due"), seen.number("amount_paid")),
        ("paid".into(), 0, 0)
    );
    assert_eq!(seen.text("payments.data.0.status"), "canceled");
    let intent = bench.get(PLATFORM, "/v1/payment_intents").ok();
    assert_eq!(intent.text("data.0.status"), "canceled");
    assert!(bench.told().iter().any(|(_, kind)| *kind == "invoice.paid"));
    assert_eq!(credit(&bench, &invoice, "amount=1").refusal().2, "amount");
}

#[test]
fn what_was_paid_goes_back_on_three_ways() {
    let bench = Bench::new();
    let ann = customer(&bench);
    let invoice = open(&bench, &ann, &["amount=2000"], "");
    pay(&bench, &invoice);
    assert_eq!(credit(&bench, &invoice, "amount=1000").refusal().0, 400);
    assert_eq!(credit(&bench, &invoice, "amount=1000&refund_amount=1001").refusal().0, 400);
    let note = credit(&bench, &invoice, "amount=1000&refund_amount=500&credit_amount=300&out_of_band_amount=200&reason=order_change&expand[]=refunds.refund&expand[]=customer_balance_transaction").ok();
    assert_eq!(
        (note.text("type"), note.number("post_payment_amount"), note.number("out_of_band_amount")),
        ("post_payment".into(), 1000, 200)
    );
    let moved =
        (note.text("customer_balance_transaction.type"), note.number("customer_balance_transaction.amount"));
    assert_eq!(moved, ("credit_note".into(), -300));
    assert_eq!(note.text("customer_balance_transaction.credit_note"), note.text("id"));
    assert_eq!(bench.get(PLATFORM, &format!("/v1/customers/{ann}")).ok().number("balance"), -300);
    let charge = bench.get(PLATFORM, "/v1/charges").ok();
    assert_eq!(charge.number("data.0.amount_refunded"), 500);
    assert_eq!(look(&bench, &invoice).number("post_payment_credit_notes_amount"), 1000);
    // A refund that there is belongs to one credit note as far as it goes.
    let refund = bench
        .post(PLATFORM, "/v1/refunds", &format!("charge={}&amount=600", charge.text("data.0.id")))
        .ok()
        .text("id");
    let form =
        |sum: i64| format!("amount={sum}&refunds[0][refund]={refund}&refunds[0][amount_refunded]={sum}");
    let linked = credit(&bench, &invoice, &form(400)).ok();
    assert_eq!(
        (linked.text("refunds.0.refund"), linked.number("refunds.0.amount_refunded")),
        (refund.clone(), 400)
    );
    assert_eq!(credit(&bench, &invoice, &form(201)).refusal().2, "refunds[0][amount_refunded]");
    credit(&bench, &invoice, &format!("amount=200&refunds[0][refund]={refund}")).ok();
    assert_eq!(credit(&bench, &invoice, "amount=401&credit_amount=401").refusal().2, "amount");
}

#[test]
fn some_was_paid_elsewhere() {
    let bench = Bench::new();
    let ann = customer(&bench);
    let invoice = open(&bench, &ann, &["amount=2000"], "");
    bench.post(PLATFORM, &format!("/v1/invoices/{}/pay", invoice.text("id")), "paid_out_of_band=true").ok();
    assert_eq!(credit(&bench, &invoice, "amount=100&refund_amount=100").refusal().2, "refund_amount");
    credit(&bench, &invoice, "amount=100&out_of_band_amount=100").ok();
    // What the balance had paid of an invoice that is open is beyond what is due.
    bench
        .post(PLATFORM, &format!("/v1/customers/{ann}/balance_transactions"), "amount=-600&currency=usd")
        .ok();
    let open = open(&bench, &ann, &["amount=1000"], "");
    let note = credit(&bench, &open, "amount=1000&credit_amount=600").ok();
    assert_eq!(
        (note.text("type"), note.number("pre_payment_amount"), note.number("post_payment_amount")),
        ("mixed".into(), 400, 600)
    );
    assert_eq!(look(&bench, &open).text("status"), "paid");
    assert_eq!(bench.get(PLATFORM, &format!("/v1/customers/{ann}")).ok().number("balance"), -600);
}

#[test]
fn lines_carry_their_share_of_discounts_and_taxes() {
    let bench = Bench::new();
    let rate = |form: &str| {
        bench.post(PLATFORM, "/v1/tax_rates", &format!("display_name=VAT&{form}")).ok().text("id")
    };
    let (on_top, within) = (rate("percentage=10&inclusive=false"), rate("percentage=20&inclusive=true"));
    for form in ["percent_off=25&id=quarter&duration=forever", "amount_off=500&currency=usd&id=five"] {
        bench.post(PLATFORM, "/v1/coupons", form).ok();
    }
    let ann = customer(&bench);
    let second = format!("amount=1700&discounts[0][coupon]=five&tax_rates[]={within}");
    let more = format!("&discounts[0][coupon]=quarter&default_tax_rates[]={on_top}");
    let invoice = open(&bench, &ann, &["unit_amount_decimal=1000&quantity=3", &second], &more);
    let lines = [invoice.text("lines.data.0.id"), invoice.text("lines.data.1.id")];
    let line = |at: usize, nth: usize, more: &str| {
        format!(
            "&lines[{nth}][type]=invoice_line_item&lines[{nth}][invoice_line_item]={}&lines[{nth}]{more}",
            lines[at]
        )
    };
    let form = line(0, 0, "[quantity]=1") + &line(1, 1, "[amount]=850");
    let preview =
        bench.get(PLATFORM, &format!("/v1/credit_notes/preview?invoice={}{form}", invoice.text("id"))).ok();
    let listed = bench
        .get(
            PLATFORM,
            &format!("/v1/credit_notes/preview/lines?limit=1&invoice={}{form}", invoice.text("id")),
        )
        .ok();
    assert_eq!((listed.items().len(), listed.is("has_more")), (1, true));
    assert_eq!(look(&bench, &invoice).number("pre_payment_credit_notes_amount"), 0);
    let note = credit(&bench, &invoice, &form).ok();
    assert_eq!(note.number("total"), preview.number("total"));
    // 1000 - 250 and a tenth on top; 850 - 250 - 150, of which a sixth is tax.
    assert_eq!(
        (note.number("lines.data.0.discount_amount"), note.number("lines.data.0.taxes.0.amount")),
        (250, 75)
    );
    assert_eq!(
        (note.number("lines.data.1.discount_amount"), note.number("lines.data.1.taxes.0.amount")),
        (400, 75)
    );
    assert_eq!((note.number("subtotal"), note.number("total")), (1000 + 850 - 250, 825 + 450));
    assert_eq!(
        (note.number("total_excluding_tax"), note.number("subtotal_excluding_tax")),
        (750 + 375, 1600 - 75)
    );
    assert_eq!(note.text("lines.data.0.tax_rates.0.id"), on_top);
    // The rest of both lines is the rest of the invoice, to the cent.
    let rest = credit(&bench, &invoice, &(line(0, 0, "[quantity]=2") + &line(1, 1, "[amount]=850"))).ok();
    assert_eq!(note.number("total") + rest.number("total"), invoice.number("total"));
    assert_eq!(look(&bench, &invoice).text("status"), "paid");
    let lines = bench.get(PLATFORM, &format!("/v1/credit_notes/{}/lines?limit=1", rest.text("id"))).ok();
    assert_eq!((lines.number("data.0.amount"), lines.is("has_more")), (2000, true));
}

#[test]
fn lines_of_their_own_and_taxes_as_told() {
    let bench = Bench::new();
    let rate = bench
        .post(PLATFORM, "/v1/tax_rates", "display_name=VAT&percentage=10&inclusive=false")
        .ok()
        .text("id");
    let ann = customer(&bench);
    let invoice = open(&bench, &ann, &["amount=5000"], "");
    let custom = "lines[0][type]=custom_line_item&lines[0][description]=Glaze&lines[0][quantity]=2&lines[0][unit_amount_decimal]=250.5";
    let note = credit(&bench, &invoice, &format!("{custom}&lines[0][tax_rates][]={rate}")).ok();
    assert_eq!(
        (
            note.number("lines.data.0.amount"),
            note.number("total"),
            note.text("lines.data.0.unit_amount_decimal")
        ),
        (501, 551, "250.5".into())
    );
    let told = format!(
        "{custom}&lines[0][tax_amounts][0][amount]=7&lines[0][tax_amounts][0][tax_rate]={rate}&lines[0][tax_amounts][0][taxable_amount]=100"
    );
    assert_eq!(credit(&bench, &invoice, &told).ok().number("total"), 508);
}

#[test]
fn what_cannot_be_credited() {
    let bench = Bench::new();
    let ann = customer(&bench);
    bench.post(PLATFORM, "/v1/invoiceitems", &format!("customer={ann}&currency=usd&amount=100")).ok();
    let draft = bench
        .post(PLATFORM, "/v1/invoices", &format!("customer={ann}&pending_invoice_items_behavior=include"))
        .ok();
    assert_eq!(credit(&bench, &draft, "amount=5").refusal().2, "invoice");
    let invoice = open(&bench, &ann, &["amount=2000"], "");
    let line = look(&bench, &invoice).text("lines.data.0.id");
    let of =
        |more: &str| format!("lines[0][type]=invoice_line_item&lines[0][invoice_line_item]={line}{more}");
    let own = |more: &str| format!("lines[0][type]=custom_line_item{more}");
    for (form, param) in [
        (String::new(), "amount"),
        ("amount=0".into(), "amount"),
        ("amount=2001".into(), "amount"),
        ("amount=5&credit_amount=-1".into(), "credit_amount"),
        ("amount=5&refunds[0][refund]=re_nothing".into(), "refunds[0][refund]"),
        (format!("amount=5&{}", of("&lines[0][amount]=5")), "lines"),
        (of(""), "lines[0][amount]"),
        (of("&lines[0][amount]=2001"), "lines[0][amount]"),
        (of("&lines[0][amount]=-1"), "lines[0][amount]"),
        (of("&lines[0][quantity]=2"), "lines[0][quantity]"),
        (of("&lines[0][amount]=1&lines[0][quantity]=1"), "lines[0][quantity]"),
        (of("&lines[0][amount]=1&lines[0][unit_amount]=1"), "lines[0][unit_amount]"),
        (of("&lines[0][amount]=1&lines[0][tax_rates][]=txr_nothing"), "lines[0][tax_rates][0]"),
        (
            "lines[0][type]=invoice_line_item&lines[0][invoice_line_item]=il_nothing&lines[0][amount]=1"
                .into(),
            "lines[0][invoice_line_item]",
        ),
        (own("&lines[0][unit_amount]=5"), "lines[0][description]"),
        (own("&lines[0][description]=x"), "lines[0][unit_amount]"),
        (own("&lines[0][description]=x&lines[0][unit_amount]=5&lines[0][amount]=5"), "lines[0][amount]"),
        (own("&lines[0][description]=x&lines[0][unit_amount]=5&lines[0][quantity]=0"), "lines[0][quantity]"),
    ] {
        assert_eq!(credit(&bench, &invoice, &form).refusal().2, param, "{form}");
    }
    assert_eq!(bench.post(PLATFORM, "/v1/credit_notes", "amount=5").refusal().2, "invoice");
    assert_eq!(
        bench.post(PLATFORM, "/v1/credit_notes", "amount=5&invoice=in_nothing").refusal().2,
        "invoice"
    );
    assert_eq!(look(&bench, &invoice).number("amount_due"), 2000);
}
