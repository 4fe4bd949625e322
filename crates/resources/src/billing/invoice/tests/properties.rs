//! What else can be said of a draft, and revisions.
use super::*;
use crate::testing::SELLER_ID;

#[test]
fn a_draft_says_for_whom_it_is_and_how_it_looks() {
    let bench = Bench::new();
    let ann = customer(&bench, "invoice_settings[rendering_options][amount_tax_display]=exclude_tax");
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let own = bench.post(PLATFORM, "/v1/tax_ids", "type=eu_vat&value=DE123456789").ok().text("id");
    let form = format!(
        "&on_behalf_of={SELLER_ID}&issuer[type]=account&issuer[account]={SELLER_ID}&account_tax_ids[]={own}\
         &rendering[pdf][page_size]=letter&payment_settings[payment_method_types][]=card\
         &shipping_details[name]=Ann&shipping_details[address][line1]=1+Clay+Lane&shipping_details[phone]=555"
    );
    let it = draft(&bench, &ann, &form).ok();
    for (path, wanted) in [
        ("on_behalf_of", SELLER_ID),
        ("issuer.type", "account"),
        ("issuer.account", SELLER_ID),
        ("account_tax_ids.0", &own),
        ("rendering.pdf.page_size", "letter"),
        ("rendering.amount_tax_display", "exclude_tax"),
        ("payment_settings.payment_method_types.0", "card"),
        ("shipping_details.address.line1", "1 Clay Lane"),
        ("shipping_details.phone", "555"),
    ] {
        assert_eq!(it.text(path), wanted, "{path}");
    }
    let preview =
        format!("customer={ann}&on_behalf_of={SELLER_ID}&issuer[type]=account&issuer[account]={SELLER_ID}");
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let preview = bench.post(PLATFORM, "/v1/invoices/create_preview", &preview).ok();
    assert_eq!(
        (preview.text("on_behalf_of"), preview.text("issuer.account")),
        (SELLER_ID.into(), SELLER_ID.into())
    );
    let open = act(&bench, &it, "finalize", "expand[]=payments.data.payment.payment_intent").ok();
    let intent = "payments.data.0.payment.payment_intent";
    assert_eq!(open.text(&format!("{intent}.on_behalf_of")), SELLER_ID);
    assert_eq!(open.text(&format!("{intent}.payment_method_types.0")), "card");
    let path = format!("/v1/invoices/{}", it.text("id"));
    let refused = bench.post(PLATFORM, &path, "shipping_details=").refusal();
    assert_eq!(refused, (400, "invoice_not_editable".into(), "shipping_details".into()));

    let next = draft(&bench, &ann, &form).ok();
    let path = format!("/v1/invoices/{}", next.text("id"));
    let cleared = "on_behalf_of=&shipping_details=&account_tax_ids=&issuer[type]=self&rendering[amount_tax_display]=&payment_settings[payment_method_types]=";
    let it = bench.post(PLATFORM, &path, cleared).ok();
    for path in [
        "on_behalf_of",
        "shipping_details",
        "account_tax_ids",
        "issuer.account",
        "rendering.amount_tax_display",
        "payment_settings.payment_method_types",
    ] {
        assert!(it.at(path).is_null(), "{path}");
    }
    for (wrong, param) in [
        ("on_behalf_of=acct_other", "on_behalf_of"),
        ("issuer[type]=account", "issuer[account]"),
        ("issuer[type]=self&issuer[account]=acct_seller", "issuer[account]"),
        ("issuer[type]=account&issuer[account]=acct_other", "issuer[account]"),
        ("account_tax_ids[]=txi_none", "account_tax_ids[0]"),
        ("payment_settings[payment_method_types][]=shells", "payment_settings[payment_method_types]"),
        ("payment_settings[default_mandate]=mandate_none", "payment_settings[default_mandate]"),
        ("shipping_cost[shipping_rate]=shr_none", "shipping_cost[shipping_rate]"),
        (
            "shipping_cost[shipping_rate_data][display_name]=x",
            "shipping_cost[shipping_rate_data][fixed_amount]",
        ),
        ("rendering[template]=inrtem_1", "rendering[template]"),
    ] {
        assert_eq!(bench.post(PLATFORM, &path, wrong).refusal().2, param, "{wrong}");
    }
}

#[test]
fn shipping_is_paid_and_taken_back_once() {
    let bench = Bench::new();
    let ann = payer(&bench, "pm_card_visa");
    let rate = "display_name=Ground&fixed_amount[amount]=500&fixed_amount[currency]=usd&fixed_amount[currency_options][eur][amount]=450";
    let rate = bench.post(PLATFORM, "/v1/shipping_rates", rate).ok().text("id");
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, &format!("&shipping_cost[shipping_rate]={rate}")).ok();
    assert_eq!((it.number("subtotal"), it.number("amount_shipping"), it.number("total")), (2000, 500, 2500));
    assert_eq!(it.number("shipping_cost.amount_total"), 500);
    assert_eq!(it.text("shipping_cost.shipping_rate"), rate);
    let path = format!("/v1/invoices/{}", it.text("id"));
    assert_eq!(bench.post(PLATFORM, &path, "shipping_cost=").ok().number("total"), 2000);
    let data = "shipping_cost[shipping_rate_data][display_name]=Air&shipping_cost[shipping_rate_data][fixed_amount][amount]=900&shipping_cost[shipping_rate_data][fixed_amount][currency]=usd";
    assert_eq!(bench.post(PLATFORM, &path, data).ok().number("total"), 2900);
    bench.post(PLATFORM, &path, &format!("shipping_cost[shipping_rate]={rate}")).ok();
    let paid = act(&bench, &it, "pay", "").ok();
    assert_eq!((paid.text("status"), paid.number("amount_paid")), ("paid".into(), 2500));

    let id = it.text("id");
    let note = |form: &str| bench.post(PLATFORM, "/v1/credit_notes", &format!("invoice={id}{form}"));
    let shipping = format!("&shipping_cost[shipping_rate]={rate}");
    assert_eq!(note("&shipping_cost[shipping_rate]=shr_other&refund_amount=500").refusal().0, 400);
    let back = note(&format!("{shipping}&refund_amount=500")).ok();
    assert_eq!((back.number("total"), back.number("amount_shipping")), (500, 500));
    assert_eq!(back.text("shipping_cost.shipping_rate"), rate);
    assert_eq!(note(&format!("{shipping}&refund_amount=500")).refusal().2, "shipping_cost[shipping_rate]");
    assert_eq!(note("&amount=2000&refund_amount=2000").ok().number("total"), 2000);
}

#[test]
fn a_revision_takes_the_place_of_its_invoice() {
    let bench = Bench::new();
    let ann = payer(&bench, "pm_card_visa");
    item(&bench, &ann, "amount=2000&currency=usd&description=A+pot").ok();
    let first = draft(&bench, &ann, "&description=Pots&metadata[order]=7").ok();
    let from = format!("from_invoice[invoice]={}&from_invoice[action]=revision", first.text("id"));
    assert_eq!(bench.post(PLATFORM, "/v1/invoices", &from).refusal().2, "from_invoice[invoice]");
    let first = act(&bench, &first, "finalize", "").ok();
    let next = bench.post(PLATFORM, "/v1/invoices", &from).ok();
    assert_eq!((next.text("status"), next.number("total")), ("draft".into(), 2000));
    assert_eq!(
        (next.text("from_invoice.invoice"), next.text("from_invoice.action")),
        (first.text("id"), "revision".into())
    );
    assert_eq!((next.text("description"), next.text("metadata.order")), ("Pots".into(), "7".into()));
    assert_eq!(look(&bench, &first).text("status"), "open", "until the revision is finalised");
    item(&bench, &ann, &format!("amount=500&currency=usd&invoice={}", next.text("id"))).ok();
    let next = act(&bench, &next, "finalize", "").ok();
    assert_eq!((next.text("number"), next.number("amount_due")), ("ABCD-0002".into(), 2500));
    let first = look(&bench, &first);
    assert_eq!((first.text("status"), first.text("latest_revision")), ("void".into(), next.text("id")));
    assert_eq!(act(&bench, &next, "pay", "").ok().text("status"), "paid");
    assert_eq!(bench.post(PLATFORM, "/v1/invoices", "").refusal().2, "customer");
}

#[test]
fn other_payments_pay_a_part_or_all() {
    let bench = Bench::new();
    let ann = payer(&bench, "pm_card_visa");
    let intent = |amount: i64, more: &str| {
        let form = format!(
            "amount={amount}&currency=usd&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never{more}"
        );
        bench.post(PLATFORM, "/v1/payment_intents", &form).ok().text("id")
    };
    let paying = format!("&customer={ann}&payment_method=pm_card_visa&confirm=true");
    item(&bench, &ann, "amount=5000&currency=usd").ok();
    let it = draft(&bench, &ann, "").ok();
    let part = intent(2000, &paying);
    let attach = |id: &str| act(&bench, &it, "attach_payment", &format!("payment_intent={id}"));
    assert_eq!(attach(&part).refusal().0, 400, "a draft");
    act(&bench, &it, "finalize", "").ok();
    assert_eq!(attach(&intent(2000, "")).refusal().2, "payment_intent", "another customer's");
    assert_eq!(act(&bench, &it, "attach_payment", "").refusal().2, "payment_intent");
    let held = attach(&part).ok();
    assert_eq!(
        (held.text("status"), held.number("amount_paid"), held.number("amount_remaining")),
        ("open".into(), 2000, 3000)
    );
    assert_eq!(attach(&part).refusal().2, "payment_intent", "it pays already");
    let payments = |status: &str| {
        bench
            .get(PLATFORM, &format!("/v1/invoice_payments?invoice={}&status={status}", it.text("id")))
            .ok()
            .items()
    };
    assert_eq!(payments("open")[0].number("amount_requested"), 3000);

    // One that is confirmed later pays when it is.
    let later = intent(3500, &format!("&customer={ann}&payment_method=pm_card_visa"));
    assert_eq!(attach(&later).ok().number("amount_remaining"), 3000);
    kinds(&bench);
    bench.post(PLATFORM, &format!("/v1/payment_intents/{later}/confirm"), "").ok();
    let held = look(&bench, &it);
    assert_eq!(
        (held.text("status"), held.number("amount_paid"), held.number("amount_overpaid")),
        ("paid".into(), 5000, 500)
    );
    let told = kinds(&bench);
    assert!(told.contains(&"invoice.paid") && told.contains(&"invoice.overpaid"), "{told:?}");
    assert_eq!((payments("paid").len(), payments("canceled").len(), payments("open").len()), (2, 1, 0));
}
