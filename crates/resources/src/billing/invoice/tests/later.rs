//! What happens to invoices by themselves, and what they can be too large for.
use super::*;
use crate::mail::Wanted;
use base::Timestamp;

const SENT: &str = "&collection_method=send_invoice";

/// What of these was told since the last look.
fn told(bench: &Bench, wanted: &[&str]) -> Vec<&'static str> {
    kinds(bench).into_iter().filter(|kind| wanted.contains(kind)).collect()
}

#[test]
fn whoever_pays_by_themselves_is_reminded() {
    let bench = Bench::new();
    let moments = ["invoice.will_be_due", "invoice.overdue"];
    let ann = customer(&bench, "");
    let open = |days: i64| {
        item(&bench, &ann, "amount=2000&currency=usd").ok();
        let it = draft(&bench, &ann, &format!("{SENT}&days_until_due={days}")).ok();
        act(&bench, &it, "finalize", "").ok()
    };
    let it = open(30);
    bench.wait(27 * Timestamp::DAY - 1);
    assert!(told(&bench, &moments).is_empty());
    bench.wait(1);
    assert_eq!(told(&bench, &moments), ["invoice.will_be_due"]);
    bench.wait(3 * Timestamp::DAY);
    assert_eq!(told(&bench, &moments), ["invoice.overdue"]);
    bench.wait(90 * Timestamp::DAY);
    assert!(told(&bench, &moments).is_empty(), "once each");
    assert_eq!(look(&bench, &it).text("status"), "open");

    open(2);
    bench.wait(2 * Timestamp::DAY);
    assert_eq!(told(&bench, &moments), ["invoice.overdue"], "it was soon already when it was finalised");
    let paid = open(30);
    act(&bench, &paid, "pay", "paid_out_of_band=true").ok();
    bench.wait(60 * Timestamp::DAY);
    assert!(told(&bench, &moments).is_empty(), "nothing is to be paid");
}

#[test]
fn reminders_are_written_where_they_are_wanted() {
    let bench = Bench::new();
    bench.bank(PLATFORM_ID, "000123456789");
    let chosen = now(bench.api.transact(&base::Caller::system(PLATFORM_ID, false), |cx| {
        let wanted = Wanted { invoice_reminders: true, ..Wanted::default() };
        Box::pin(async move { crate::mail::choose(cx, wanted).await })
    }));
    assert!(chosen.is_ok());
    let ann = customer(&bench, "email=ann@example.com");
    item(&bench, &ann, "amount=2000&currency=usd").ok();
    let it = draft(&bench, &ann, &format!("{SENT}&days_until_due=30")).ok();
    act(&bench, &it, "finalize", "").ok();
    bench.wait(31 * Timestamp::DAY);
    let found = now(bench.api.transact(&base::Caller::system(PLATFORM_ID, false), |cx| {
        Box::pin(
            async move { api::done(cx.all_by::<crate::mail::Message>(PLATFORM_ID, false, None, 10).await?) },
        )
    }));
    let Ok(api::Reply::Done(all)) = found else { panic!("the outbox cannot be read") };
    let subjects: Vec<&str> = all.iter().rev().map(|it| it.subject.as_str()).collect();
    assert!(subjects[0].ends_with("is due soon") && subjects[1].ends_with("is overdue"), "{subjects:?}");
}

#[test]
fn a_draft_says_why_it_cannot_be_finalised() {
    let bench = Bench::new();
    let ann = payer(&bench, "pm_card_visa");
    let much = |n: i64| item(&bench, &ann, &format!("amount=9999999{n}&currency=usd")).ok();
    let (_, second) = (much(1), much(2));
    let it = draft(&bench, &ann, "").ok();
    kinds(&bench);
    let refused = act(&bench, &it, "finalize", "");
    assert_eq!((refused.status, refused.text("error.code")), (400, "amount_too_large".into()));
    assert_eq!(kinds(&bench), ["invoice.finalization_failed"]);
    let held = look(&bench, &it);
    assert_eq!(
        (held.text("status"), held.text("last_finalization_error.code")),
        ("draft".into(), "amount_too_large".into())
    );
    assert!(held.at("number").is_null(), "it took no number");

    // By itself it is tried once.
    bench.post(PLATFORM, &format!("/v1/invoices/{}", it.text("id")), "auto_advance=true").ok();
    kinds(&bench);
    bench.wait(3_601);
    assert_eq!(kinds(&bench), ["invoice.finalization_failed"]);
    bench.wait(100 * 3_600);
    assert!(kinds(&bench).is_empty());

    bench.delete(PLATFORM, &format!("/v1/invoiceitems/{}", second.text("id"))).ok();
    let open = act(&bench, &it, "finalize", "").ok();
    assert!(open.at("last_finalization_error").is_null() && open.text("number") == "ABCD-0001");
}

#[test]
fn thousands_of_lines_are_one_invoice() {
    const LINES: i64 = 1_000;
    let bench = Bench::new();
    let ann = payer(&bench, "pm_card_visa");
    for n in 1..=LINES {
        item(&bench, &ann, &format!("amount={n}&currency=usd")).ok();
    }
    let it = draft(&bench, &ann, "").ok();
    let total = LINES * (LINES + 1) / 2;
    assert_eq!((it.number("lines.total_count"), it.number("total")), (LINES, total));
    let ids = |it: &Answer| -> Vec<String> {
        let path = format!("/v1/invoices/{}/lines?limit=100", it.text("id"));
        bench.get(PLATFORM, &path).ok().items().iter().map(|line| line.text("id")).collect()
    };
    let before = ids(&it);
    let open = act(&bench, &it, "finalize", "").ok();
    assert_eq!((open.number("amount_due"), ids(&open)), (total, before), "lines keep their ids");
    let paid = act(&bench, &open, "pay", "").ok();
    assert_eq!((paid.text("status"), paid.number("amount_paid")), ("paid".into(), total));
}
