//! Disputes from their beginning to their end, and what they move.
use super::{Ask, CLOSED, CREATED, CaseType, FUNDS_REINSTATED, FUNDS_WITHDRAWN, Reason, UPDATED, open};
use crate::{
    payments::{charge::Charge, early_fraud_warning, review},
    testing::{Bench, SELLER, SELLER_ID, TOKEN, now},
};
use api::done;
use base::{Caller, Timestamp};

/// A charge of $10.00 with this test card, and what followed from it at once.
fn charged(bench: &Bench, card: &str) -> String {
    let id =
        bench.post(TOKEN, "/v1/charges", &format!("amount=1000&currency=usd&source={card}")).ok().text("id");
    bench.settle();
    id
}

fn only(bench: &Bench, charge: &str) -> String {
    let listed = bench.get(SELLER, &format!("/v1/disputes?charge={charge}")).ok().items();
    assert_eq!(listed.len(), 1);
    listed[0].text("id")
}

fn kinds(bench: &Bench) -> Vec<&'static str> {
    bench.told().into_iter().map(|(_, kind)| kind).filter(|kind| kind.contains("dispute")).collect()
}

fn balance(bench: &Bench) -> i64 {
    let it = bench.get(SELLER, "/v1/balance").ok();
    it.at("available.0.amount").as_i64().unwrap_or(0) + it.at("pending.0.amount").as_i64().unwrap_or(0)
}

#[test]
fn a_card_that_disputes_takes_the_money_and_the_fee() {
    let bench = Bench::new();
    let charge = charged(&bench, "tok_createDispute");
    assert_eq!(kinds(&bench), [CREATED, FUNDS_WITHDRAWN]);
    let id = only(&bench, &charge);
    let it = bench.get(SELLER, &format!("/v1/disputes/{id}")).ok();
    assert_eq!((it.text("status"), it.text("reason")), ("needs_response".into(), "fraudulent".into()));
    assert_eq!(
        (it.number("amount"), it.text("currency"), it.text("charge")),
        (1000, "usd".into(), charge.clone())
    );
    assert!(!it.is("is_charge_refundable") && !it.is("evidence_details.has_evidence"));
    assert_eq!(it.text("payment_method_details.card.network_reason_code"), "10.4");
    let moved = |name: &str| it.number(&format!("balance_transactions.0.{name}"));
    assert_eq!((moved("amount"), moved("fee"), moved("net")), (-1000, 1500, -2500));
    let transaction = it.text("balance_transactions.0.id");
    let kept = bench.get(SELLER, &format!("/v1/balance_transactions/{transaction}?expand[]=source")).ok();
    assert_eq!((kept.text("type"), kept.text("reporting_category")), ("adjustment".into(), "dispute".into()));
    assert_eq!(
        (kept.text("source.object"), kept.text("fee_details.0.description")),
        ("dispute".into(), "Dispute fee".into())
    );
    assert_eq!(balance(&bench), 1000 - 59 - 2500);
    let paid = bench.get(SELLER, &format!("/v1/charges/{charge}")).ok();
    assert!(paid.is("disputed"));
    assert_eq!(bench.post(SELLER, "/v1/refunds", &format!("charge={charge}")).refusal().1, "charge_disputed");
    // Another account sees none of it.
    let other = crate::testing::PLATFORM;
    assert_eq!(bench.get(other, &format!("/v1/disputes/{id}")).refusal().0, 404);
    assert_eq!(bench.post(other, &format!("/v1/disputes/{id}"), "metadata[a]=b").refusal().0, 404);
    assert_eq!(bench.post(other, &format!("/v1/disputes/{id}/close"), "").refusal().0, 404);
}

#[test]
fn winning_evidence_brings_the_money_back_and_keeps_the_fee() {
    let bench = Bench::new();
    let charge = charged(&bench, "tok_createDisputeProductNotReceived");
    let path = format!("/v1/disputes/{}", only(&bench, &charge));
    bench.told();
    let kept = bench.post(SELLER, &path, "evidence[customer_name]=Ann&submit=false&metadata[k]=v").ok();
    assert_eq!(
        (kept.text("status"), kept.text("reason")),
        ("needs_response".into(), "product_not_received".into())
    );
    assert!(kept.is("evidence_details.has_evidence"));
    assert_eq!(kept.number("evidence_details.submission_count"), 0);
    assert_eq!(kinds(&bench), [UPDATED]);
    let sent = bench.post(SELLER, &path, "evidence[uncategorized_text]=winning_evidence").ok();
    assert_eq!(
        (sent.text("status"), sent.text("evidence.customer_name")),
        ("under_review".into(), "Ann".into())
    );
    assert_eq!(sent.number("evidence_details.submission_count"), 1);
    let again = bench.post(SELLER, &path, "evidence[customer_name]=Bob");
    assert_eq!(again.refusal(), (400, String::new(), "evidence".into()));
    bench.told();
    bench.settle();
    assert_eq!(kinds(&bench), [CLOSED, FUNDS_REINSTATED]);
    let won = bench.get(SELLER, &path).ok();
    assert_eq!((won.text("status"), won.number("balance_transactions.1.net")), ("won".into(), 1000));
    assert_eq!(won.text("balance_transactions.1.reporting_category"), "dispute_reversal");
    assert_eq!(balance(&bench), 1000 - 59 - 1500);
    let source = format!("/v1/balance_transactions?source={}", won.text("id"));
    assert_eq!(bench.get(SELLER, &source).ok().items().len(), 2);
    assert_eq!(bench.post(SELLER, &format!("{path}/close"), "").refusal().0, 400);
    assert_eq!(bench.post(SELLER, &path, "metadata[k]=").ok().text("metadata.k"), "");
}

#[test]
fn losing_evidence_giving_in_and_silence_end_alike() {
    let bench = Bench::new();
    let by_evidence = only(&bench, &charged(&bench, "tok_createDispute"));
    bench
        .post(SELLER, &format!("/v1/disputes/{by_evidence}"), "evidence[uncategorized_text]=losing_evidence")
        .ok();
    bench.settle();
    let given_in = only(&bench, &charged(&bench, "tok_createDispute"));
    bench.told();
    let closed = bench.post(SELLER, &format!("/v1/disputes/{given_in}/close"), "").ok();
    assert_eq!((closed.text("status"), kinds(&bench)), ("lost".into(), vec![CLOSED]));
    let silent = only(&bench, &charged(&bench, "tok_createDispute"));
    let due_by = bench.get(SELLER, &format!("/v1/disputes/{silent}")).ok().number("evidence_details.due_by");
    bench.clock.advance(due_by - bench.now().0);
    bench.settle();
    assert_eq!(bench.get(SELLER, &format!("/v1/disputes/{silent}")).ok().text("status"), "needs_response");
    bench.clock.advance(1);
    bench.settle();
    let late = bench.get(SELLER, &format!("/v1/disputes/{silent}")).ok();
    assert!(late.is("evidence_details.past_due"));
    for id in [by_evidence, given_in, silent] {
        let it = bench.get(SELLER, &format!("/v1/disputes/{id}")).ok();
        assert_eq!(it.text("status"), "lost");
        assert!(it.at("balance_transactions.1").is_null());
    }
}

#[test]
fn an_inquiry_moves_nothing_until_it_becomes_a_dispute() {
    let bench = Bench::new();
    let charge = charged(&bench, "tok_createDisputeInquiry");
    assert_eq!(kinds(&bench), [CREATED]);
    let path = format!("/v1/disputes/{}", only(&bench, &charge));
    let asked = bench.get(SELLER, &path).ok();
    assert_eq!(asked.text("status"), "warning_needs_response");
    assert!(asked.is("is_charge_refundable") && asked.at("balance_transactions.0").is_null());
    let sent = bench.post(SELLER, &path, "evidence[uncategorized_text]=escalate_inquiry_evidence").ok();
    assert_eq!(sent.text("status"), "warning_under_review");
    bench.told();
    bench.settle();
    assert_eq!(kinds(&bench), [UPDATED, FUNDS_WITHDRAWN]);
    let now = bench.get(SELLER, &path).ok();
    assert_eq!(
        (now.text("status"), now.number("balance_transactions.0.net")),
        ("needs_response".into(), -2500)
    );
    assert_eq!(now.text("payment_method_details.card.case_type"), "chargeback");
    assert_eq!(
        bench.post(SELLER, &path, "evidence[uncategorized_text]=winning_evidence").ok().text("status"),
        "under_review"
    );
    bench.settle();
    assert_eq!(bench.get(SELLER, &path).ok().text("status"), "won");
}

#[test]
fn an_inquiry_ends_by_a_refund_by_evidence_or_by_time() {
    let bench = Bench::new();
    let refunded = charged(&bench, "tok_createDisputeInquiry");
    bench.post(SELLER, "/v1/refunds", &format!("charge={refunded}&amount=400")).ok();
    let id = only(&bench, &refunded);
    assert_eq!(
        bench.get(SELLER, &format!("/v1/disputes/{id}")).ok().text("status"),
        "warning_needs_response"
    );
    bench.post(SELLER, "/v1/refunds", &format!("charge={refunded}")).ok();
    let answered = only(&bench, &charged(&bench, "tok_createDisputeInquiry"));
    bench
        .post(SELLER, &format!("/v1/disputes/{answered}"), "evidence[uncategorized_text]=winning_evidence")
        .ok();
    let forgotten = only(&bench, &charged(&bench, "tok_createDisputeInquiry"));
    bench.settle();
    bench.clock.advance(30 * Timestamp::DAY);
    bench.settle();
    let late = bench.get(SELLER, &format!("/v1/disputes/{forgotten}")).ok();
    assert_eq!(late.text("status"), "warning_needs_response");
    assert!(late.is("evidence_details.past_due"));
    bench.clock.advance(90 * Timestamp::DAY);
    bench.settle();
    for id in [id, answered, forgotten] {
        assert_eq!(bench.get(SELLER, &format!("/v1/disputes/{id}")).ok().text("status"), "warning_closed");
    }
}

#[test]
fn the_other_cards() {
    let bench = Bench::new();
    let charge = charged(&bench, "tok_createMultipleDisputes");
    let both = bench.get(SELLER, &format!("/v1/disputes?charge={charge}")).ok().items();
    assert_eq!(both.iter().map(|it| it.number("amount")).collect::<Vec<_>>(), [500, 500]);
    for (card, status, case, moved) in [
        ("tok_createRapidDisputeResolutionDispute", "prevented", "resolution", Some(-1000)),
        ("tok_createEthocaAlert", "prevented", "resolution", Some(-1000)),
        ("tok_createCe3BlockDispute", "prevented", "block", None),
        ("tok_createAutoRepresentmentEligibleDispute", "needs_response", "chargeback", Some(-2500)),
        ("tok_createCe3EligibleDispute", "needs_response", "chargeback", Some(-2500)),
        ("tok_createComplianceDispute", "needs_response", "compliance", Some(-2500)),
        ("tok_createMastercardComplianceDispute", "needs_response", "compliance", Some(-2500)),
    ] {
        let id = only(&bench, &charged(&bench, card));
        let it = bench.get(SELLER, &format!("/v1/disputes/{id}")).ok();
        let got = (it.text("status"), it.text("payment_method_details.card.case_type"));
        assert_eq!(got, (status.to_owned(), case.to_owned()), "{card}");
        assert_eq!(it.at("balance_transactions.0.net").as_i64(), moved, "{card}");
    }
}

#[test]
fn the_programmes_say_what_they_miss() {
    let bench = Bench::new();
    let path = format!("/v1/disputes/{}", only(&bench, &charged(&bench, "tok_createComplianceDispute")));
    let early = bench.post(SELLER, &path, "evidence[product_description]=A+chair");
    assert_eq!(early.refusal().2, "evidence[enhanced_evidence][visa_compliance][fee_acknowledged]");
    let sent =
        bench.post(SELLER, &path, "evidence[enhanced_evidence][visa_compliance][fee_acknowledged]=true").ok();
    assert_eq!(sent.text("status"), "under_review");
    assert_eq!(sent.text("evidence_details.enhanced_eligibility.visa_compliance.status"), "fee_acknowledged");

    let path = format!("/v1/disputes/{}", only(&bench, &charged(&bench, "tok_createCe3EligibleDispute")));
    let lacking = bench.get(SELLER, &path).ok();
    let place = "evidence_details.enhanced_eligibility.visa_compelling_evidence_3";
    assert_eq!(lacking.text(&format!("{place}.status")), "requires_action");
    let evidence = "evidence[enhanced_evidence][visa_compelling_evidence_3]";
    let mut form = format!(
        "submit=false&{evidence}[disputed_transaction][product_description]=A+chair&{evidence}[disputed_transaction][merchandise_or_services]=merchandise"
    );
    let customer = "[customer_account_id]=ann&";
    let address = "[customer_purchase_ip]=192.0.2.1&";
    for part in
        ["[disputed_transaction]", "[prior_undisputed_transactions][0]", "[prior_undisputed_transactions][1]"]
    {
        form.push_str(&format!("&{evidence}{part}{customer}{evidence}{part}{address}"));
        if part.contains("prior") {
            form.push_str(&format!(
                "{evidence}{part}[charge]=ch_1&{evidence}{part}[product_description]=A+table"
            ));
        } else {
            form.pop();
        }
    }
    let complete = bench.post(SELLER, &path, &form).ok();
    assert_eq!(complete.text(&format!("{place}.status")), "qualified", "{:?}", complete.at(place).to_json());
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let bench = Bench::new();
    let path = format!("/v1/disputes/{}", only(&bench, &charged(&bench, "tok_createDispute")));
    let long = format!("evidence[uncategorized_text]={}", "x".repeat(20_001));
    for (form, param) in [
        ("submit=true", "submit"),
        ("evidence[receipt]=file_1", "evidence[receipt]"),
        ("evidence=text", "evidence"),
        ("submit=maybe", "submit"),
        ("intended_submission_method=never", "intended_submission_method"),
        (long.as_str(), "evidence[uncategorized_text]"),
    ] {
        let refusal = bench.post(SELLER, &path, form).refusal();
        assert_eq!((refusal.0, refusal.2.as_str()), (400, param), "{form:.60}");
    }
    assert_eq!(bench.get(SELLER, &path).ok().text("status"), "needs_response");
}

#[test]
fn only_what_is_left_can_be_disputed() {
    let bench = Bench::new();
    let id = charged(&bench, "tok_visa");
    bench.post(SELLER, "/v1/refunds", &format!("charge={id}&amount=300")).ok();
    let caller = Caller::system(SELLER_ID, false);
    let dispute = |amount: Option<i64>| {
        let id = id.clone();
        let outcome = now(bench.api.transact(&caller, |cx| {
            let id = id.clone();
            Box::pin(async move {
                let charge: Charge = cx.must("charge", &id).await?;
                let ask = Ask { amount, case: CaseType::Chargeback, ..Ask::new(Reason::Duplicate) };
                done(open(cx, &charge, ask).await?.amount)
            })
        }));
        outcome.map(|reply| match reply {
            api::Reply::Done(amount) => amount,
            api::Reply::Refused(error) => panic!("{error:?}"),
        })
    };
    assert!(dispute(Some(701)).is_err() && dispute(Some(0)).is_err());
    assert_eq!(dispute(Some(200)).ok(), Some(200));
    assert_eq!(dispute(None).ok(), Some(500));
    assert!(dispute(None).is_err());
}

#[test]
fn warnings_and_reviews() {
    let bench = Bench::new();
    let warned = charged(&bench, "tok_createIssuerFraudRecord");
    let told = bench.told();
    assert!(told.iter().any(|(_, kind)| *kind == early_fraud_warning::CREATED));
    let path = format!("/v1/radar/early_fraud_warnings?charge={warned}");
    let warning = bench.get(SELLER, &path).ok().items().remove(0);
    assert!(warning.is("actionable"));
    bench.post(SELLER, "/v1/refunds", &format!("charge={warned}")).ok();
    let id = warning.text("id");
    assert!(!bench.get(SELLER, &format!("/v1/radar/early_fraud_warnings/{id}")).ok().is("actionable"));

    let risky = charged(&bench, "tok_riskLevelElevated");
    let seen = bench.get(SELLER, &format!("/v1/charges/{risky}?expand[]=review")).ok();
    assert!(seen.is("review.open"));
    let path = format!("/v1/reviews/{}", seen.text("review.id"));
    bench.told();
    let approved = bench.post(SELLER, &format!("{path}/approve"), "").ok();
    assert_eq!((approved.text("reason"), approved.is("open")), ("approved".into(), false));
    assert_eq!(bench.told().last().map(|(_, kind)| *kind), Some(review::CLOSED));
    assert_eq!(bench.post(SELLER, &format!("{path}/approve"), "").refusal().0, 400);
    assert!(bench.get(SELLER, "/v1/reviews").ok().items().is_empty());

    let other = charged(&bench, "tok_riskLevelElevated");
    let open = bench.get(SELLER, "/v1/reviews").ok().items().remove(0);
    assert_eq!(open.text("charge"), other);
    bench.post(SELLER, "/v1/refunds", &format!("charge={other}&reason=fraudulent")).ok();
    let closed = bench.get(SELLER, &format!("/v1/reviews/{}", open.text("id"))).ok();
    assert_eq!(closed.text("closed_reason"), "refunded_as_fraud");
}

#[test]
fn the_earlier_form_lies_below_the_charge() {
    let bench = Bench::new();
    let charge = charged(&bench, "tok_createDispute");
    let path = format!("/v1/charges/{charge}/dispute");
    let id = bench.get(SELLER, &path).ok().text("id");
    assert_eq!(bench.post(SELLER, &path, "evidence[customer_name]=Ann&submit=false").ok().text("id"), id);
    assert_eq!(bench.post(SELLER, &format!("{path}/close"), "").ok().text("status"), "lost");
    let plain = charged(&bench, "tok_visa");
    assert_eq!(bench.get(SELLER, &format!("/v1/charges/{plain}/dispute")).refusal().0, 404);
}

#[test]
fn evidence_is_sent_as_files_that_are_evidence() {
    let bench = Bench::new();
    let path = format!("/v1/disputes/{}", only(&bench, &charged(&bench, "tok_createDispute")));
    let upload = |key, purpose| {
        let png = b"\x89PNG\r\n\x1a\n and so on";
        bench.upload(key, &[("purpose", purpose)], "a.png", png).ok().text("id")
    };
    let receipt = upload(SELLER, "dispute_evidence");
    let form = format!("evidence[receipt]={receipt}&submit=false");
    let kept = bench.post(SELLER, &format!("{path}?expand[]=evidence.receipt"), &form).ok();
    assert_eq!(
        (kept.text("evidence.receipt.id"), kept.text("evidence.receipt.type")),
        (receipt, "png".into())
    );
    assert!(kept.is("evidence_details.has_evidence"));
    let signature = upload(SELLER, "customer_signature");
    let form = format!("evidence[customer_signature]={signature}&evidence[receipt]=&submit=false");
    let kept = bench.post(SELLER, &path, &form).ok();
    assert_eq!(kept.text("evidence.customer_signature"), signature);
    assert!(kept.at("evidence.receipt").is_null());
    for (param, file) in [
        ("evidence[receipt]", signature),
        ("evidence[customer_communication]", upload(SELLER, "business_logo")),
        ("evidence[uncategorized_file]", upload(crate::testing::PLATFORM, "dispute_evidence")),
    ] {
        assert_eq!(bench.post(SELLER, &path, &format!("{param}={file}")).refusal().2, param);
    }
}

#[test]
fn an_appeal_is_kept_with_the_evidence() {
    let bench = Bench::new();
    bench.post(SELLER, "/v1/charges", "amount=1000&currency=usd&source=tok_createDispute").ok();
    bench.settle();
    let id = bench.get(SELLER, "/v1/disputes").ok().text("data.0.id");
    let path = format!("/v1/disputes/{id}");
    let file = bench.upload(SELLER, &[("purpose", "dispute_evidence")], "a.png", b"\x89PNG\r\n\x1a\n").ok();
    let file = file.text("id");
    let form = format!(
        "evidence[appeal][card][reason_for_filing]=unfair&evidence[appeal][card][supporting_files][]={file}&submit=false"
    );
    let kept = bench.post(SELLER, &path, &form).ok();
    assert_eq!(kept.text("evidence.appeal.card.reason_for_filing"), "unfair");
    assert_eq!(kept.text("evidence.appeal.card.supporting_files.0"), file);
    assert!(kept.is("evidence_details.has_evidence"));
    let wrong = "evidence[appeal][card][supporting_files][]=file_none&submit=false";
    assert_eq!(bench.post(SELLER, &path, wrong).refusal().2, "evidence[appeal][card][supporting_files]");
    let cleared = bench.post(SELLER, &path, "evidence[appeal]=&submit=false").ok();
    assert_eq!(cleared.at("evidence.appeal"), &wire::Node::Null);
}
