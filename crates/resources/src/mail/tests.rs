//! What is written to whom, over the whole API.
use super::*;
use crate::testing::{Bench, SELLER, SELLER_ID, now};

const ANN: &str = "ann@example.com";

/// The messages of the seller, oldest first.
fn outbox(bench: &Bench, live: bool) -> Vec<Message> {
    let caller = Caller::system(SELLER_ID, live);
    let found = now(bench.api.transact(&caller, |cx| {
        Box::pin(async move { done(cx.all_by::<Message>(SELLER_ID, live, None, 100).await?) })
    }));
    let Ok(api::Reply::Done(mut all)) = found else { panic!("the outbox cannot be read") };
    all.reverse();
    all
}

fn kinds(bench: &Bench) -> Vec<Kind> {
    outbox(bench, false).iter().map(|it| it.r#type).collect()
}

/// The seller wants its customers to be written to so.
fn wants(bench: &Bench, wanted: Wanted) {
    bench.bank(SELLER_ID, "000123456789");
    let chosen = now(bench
        .api
        .transact(&Caller::system(SELLER_ID, false), |cx| Box::pin(async move { choose(cx, wanted).await })));
    assert!(chosen.is_ok());
}

fn customer(bench: &Bench, more: &str) -> String {
    bench.post(SELLER, "/v1/customers", &format!("email={ANN}{more}")).ok().text("id")
}

fn invoice(bench: &Bench, customer: &str, more: &str) -> String {
    bench.post(SELLER, "/v1/invoiceitems", &format!("customer={customer}&amount=2000&currency=usd")).ok();
    let form = format!("customer={customer}&pending_invoice_items_behavior=include{more}");
    bench.post(SELLER, "/v1/invoices", &form).ok().text("id")
}

const SENT: &str = "&collection_method=send_invoice&days_until_due=30";

#[test]
fn both_templates_render_and_nothing_becomes_markup() {
    let bench = Bench::new();
    bench
        .post(SELLER, "/v1/charges", &format!("amount=1234&currency=usd&source=tok_visa&receipt_email={ANN}"))
        .ok();
    let mut it = outbox(&bench, false).remove(0);
    it.from = "Ann & <Sons>".into();
    it.said.lines.push("<script>".into());
    let Rendered { text, html } = render(&it).unwrap();
    assert!(text.contains("Ann & <Sons>") && text.contains("<script>") && text.contains("test mode"));
    assert!(html.contains("Ann &amp; &lt;Sons&gt;") && !html.contains("<script>"), "{html}");
    let url = it.said.button.0.clone().unwrap().url;
    assert!(text.contains(&url) && html.contains(&url.replace('/', "&#x2f;")), "{html}");
    it.livemode = true;
    assert!(!render(&it).unwrap().text.contains("test mode"));
}

#[test]
fn a_receipt_goes_to_the_address_that_a_charge_names() {
    let bench = Bench::new();
    bench.post(SELLER, "/v1/charges", "amount=1000&currency=usd&source=tok_visa").ok();
    assert!(outbox(&bench, false).is_empty(), "nobody asked for it");
    let form = format!("amount=1234&currency=usd&source=tok_visa&receipt_email={ANN}");
    let charge = bench.post(SELLER, "/v1/charges", &form).ok().text("id");
    let it = outbox(&bench, false).remove(0);
    let held = bench.get(SELLER, &format!("/v1/charges/{charge}")).ok();
    assert_eq!((it.r#type, it.to.as_str(), it.about.as_str()), (Kind::Receipt, ANN, charge.as_str()));
    assert_eq!(it.status, Status::Kept, "mail is delivered nowhere");
    assert!(it.subject.ends_with(&format!("#{}", held.text("receipt_number"))), "{}", it.subject);
    assert_eq!(it.said.button.0.unwrap().url, held.text("receipt_url"));
    assert!(it.said.facts.iter().any(|fact| fact.value == "$12.34"));

    let moved = format!("/v1/charges/{charge}");
    bench.post(SELLER, &moved, "description=Pots").ok();
    assert_eq!(kinds(&bench), [Kind::Receipt]);
    bench.post(SELLER, &moved, "receipt_email=bob@example.com").ok();
    let again = outbox(&bench, false).remove(1);
    assert_eq!((again.to.as_str(), again.subject), ("bob@example.com", it.subject), "with the same number");

    bench.post(SELLER, "/v1/refunds", &format!("charge={charge}&amount=234")).ok();
    let refund = outbox(&bench, false).remove(2);
    assert_eq!((refund.r#type, refund.to.as_str()), (Kind::Refund, "bob@example.com"));
    assert!(refund.said.facts.iter().any(|fact| fact.value == "$2.34"), "{:?}", refund.said);
}

#[test]
fn what_is_reserved_has_its_receipt_when_it_is_captured() {
    let bench = Bench::new();
    let form = format!("amount=1000&currency=usd&source=tok_visa&capture=false&receipt_email={ANN}");
    let charge = bench.post(SELLER, "/v1/charges", &form).ok().text("id");
    assert!(kinds(&bench).is_empty());
    bench.post(SELLER, &format!("/v1/charges/{charge}/capture"), "amount=600").ok();
    let all = outbox(&bench, false);
    assert_eq!(all.len(), 1, "what was let go is no refund: {all:?}");
    assert!(all[0].said.facts.iter().any(|fact| fact.value == "$6.00"));
    bench.post(SELLER, "/v1/charges", &form.replace("tok_visa", "tok_chargeDeclined"));
    assert_eq!(outbox(&bench, false).len(), 1, "a declined charge has no receipt");
}

#[test]
fn a_sent_invoice_leads_to_its_page() {
    let bench = Bench::new();
    let ann = customer(&bench, "");
    let id = invoice(&bench, &ann, SENT);
    bench.post(SELLER, &format!("/v1/invoices/{id}/finalize"), "").ok();
    assert!(kinds(&bench).is_empty());
    let sent = bench.post(SELLER, &format!("/v1/invoices/{id}/send"), "").ok();
    let it = outbox(&bench, false).remove(0);
    assert_eq!((it.r#type, it.to.as_str(), it.about.as_str()), (Kind::Invoice, ANN, id.as_str()));
    assert!(it.subject.ends_with(&format!("#{}", sent.text("number"))));
    assert_eq!(it.said.button.0.unwrap().url, sent.text("hosted_invoice_url"));
    assert_eq!(it.said.links[0].url, sent.text("invoice_pdf"));
    assert!(it.said.facts.iter().any(|fact| fact.name == "Due date" && fact.value == "6 November 2013"));
    bench.post(SELLER, &format!("/v1/invoices/{id}/send"), "").ok();
    assert_eq!(kinds(&bench), [Kind::Invoice; 2], "it can be sent again");

    let id = invoice(&bench, &ann, &format!("{SENT}&auto_advance=true"));
    bench.wait(3601);
    assert!(bench.get(SELLER, &format!("/v1/invoices/{id}")).ok().text("status") == "open");
    assert_eq!(kinds(&bench), [Kind::Invoice; 3], "it goes out by itself");

    let nobody = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    let id = invoice(&bench, &nobody, SENT);
    bench.post(SELLER, &format!("/v1/invoices/{id}/send"), "").ok();
    assert_eq!(outbox(&bench, false).len(), 3, "nobody to write to");
}

#[test]
fn an_account_chooses_what_else_its_customers_are_written() {
    let bench = Bench::new();
    let ann = customer(&bench, "&source=tok_visa");
    let id = invoice(&bench, &ann, "");
    bench.post(SELLER, &format!("/v1/invoices/{id}/pay"), "").ok();
    assert!(kinds(&bench).is_empty(), "nothing was wanted");
    wants(
        &bench,
        Wanted {
            successful_payments: true,
            refunds: true,
            failed_payments: true,
            payment_confirmations: true,
            ..Wanted::default()
        },
    );
    let id = invoice(&bench, &ann, "");
    bench.post(SELLER, &format!("/v1/invoices/{id}/pay"), "").ok();
    assert_eq!(kinds(&bench), [Kind::Receipt], "one for the invoice, none for its charge");
    let paid = bench.get(SELLER, &format!("/v1/invoices/{id}")).ok();
    let receipt = outbox(&bench, false).remove(0);
    assert!(receipt.subject.ends_with(&paid.text("receipt_number")) && receipt.about == id);

    bench.post(SELLER, "/v1/charges", &format!("amount=1000&currency=usd&customer={ann}")).ok();
    assert_eq!(kinds(&bench)[1..], [Kind::Receipt]);

    let bob = customer(&bench, "&source=tok_chargeCustomerFail");
    let id = invoice(&bench, &bob, "");
    assert_eq!(bench.post(SELLER, &format!("/v1/invoices/{id}/pay"), "").status, 402);
    assert_eq!(kinds(&bench)[2..], [Kind::PaymentFailed]);
}

#[test]
fn credit_notes_are_written_unless_nobody_wants_that() {
    let bench = Bench::new();
    let ann = customer(&bench, "&source=tok_visa");
    let id = invoice(&bench, &ann, "");
    bench.post(SELLER, &format!("/v1/invoices/{id}/pay"), "").ok();
    let note = |more: &str| {
        let form = format!("invoice={id}&amount=100&refund_amount=100{more}");
        bench.post(SELLER, "/v1/credit_notes", &form).ok().text("id")
    };
    note("&email_type=none");
    assert!(kinds(&bench).is_empty());
    let written = note("&memo=Sorry");
    let it = outbox(&bench, false).remove(0);
    assert_eq!((it.r#type, it.about, it.to.as_str()), (Kind::CreditNote, written, ANN));
    assert!(it.said.lines.contains(&"Sorry".to_owned()));
}

#[test]
fn deliveries_are_tried_again_ever_more_rarely_and_end() {
    assert!(RETRIES.is_sorted() && RETRIES.iter().sum::<i64>() > Timestamp::DAY);
    let bench = Bench::new();
    let form = format!("amount=1234&currency=usd&source=tok_visa&receipt_email={ANN}");
    bench.post(SELLER, "/v1/charges", &form).ok();
    let id = outbox(&bench, false)[0].id.clone();
    let task = Task { account: SELLER_ID.into(), livemode: false, id };
    let tell = |outcome: Attempted| {
        let told = now(bench.api.transact(&task.caller(), |cx| {
            let (task, outcome) = (&task, outcome.clone());
            Box::pin(async move { attempted(cx, task, outcome).await })
        }));
        assert!(told.is_ok());
        outbox(&bench, false).remove(0)
    };
    for nth in 1..=RETRIES.len() as i64 {
        let it = tell(Attempted::Later("421 busy".into()));
        assert_eq!((it.attempts, it.problem.as_deref()), (nth, Some("421 busy")));
        assert_eq!(it.next_attempt, Some(it.created.plus(RETRIES[nth as usize - 1])));
    }
    let it = tell(Attempted::Later("421 busy".into()));
    assert_eq!((it.status, it.next_attempt), (Status::Failed, None));
    let it = tell(Attempted::Sent);
    assert_eq!((it.status, it.problem), (Status::Sent, None));
}
