//! Charges and what follows from them, asked over the whole pipeline.
mod captures;
mod conversion;
mod refunds;
mod waiting;

use crate::testing::{
    APPLICATION, Bench, LIVE, LIVE_PUBLIC, PLATFORM, PLATFORM_ID, SELLER, SELLER_ID, TOKEN,
};
use wire::Node;

const VISA: &str = "currency=usd&source=tok_visa";

#[test]
fn a_direct_charge_with_an_application_fee() {
    // The worked example of direct charges: 1000, of which 123 go to the platform and 59 to processing.
    let bench = Bench::new();
    let form =
        format!("amount=1000&{VISA}&application_fee_amount=123&description=A+chair&metadata[sku]=chair");
    let charge = bench.post(TOKEN, "/v1/charges", &form).ok();
    assert_eq!((charge.text("object"), charge.text("status")), ("charge".into(), "succeeded".into()));
    assert!(charge.is("paid") && charge.is("captured") && !charge.is("refunded") && !charge.is("livemode"));
    assert_eq!((charge.number("amount_captured"), charge.number("amount_refunded")), (1000, 0));
    assert_eq!(
        (charge.text("application"), charge.number("application_fee_amount")),
        (APPLICATION.into(), 123)
    );
    assert_eq!(
        (charge.text("metadata.sku"), charge.text("outcome.type")),
        ("chair".into(), "authorized".into())
    );
    assert_eq!(charge.text("payment_method_details.card.brand"), "visa");
    assert_eq!(charge.text("payment_method_details.card.checks.cvc_check"), "pass");
    assert_eq!((charge.text("source.object"), charge.text("source.brand")), ("card".into(), "Visa".into()));
    assert_eq!(charge.text("payment_method"), charge.text("source.id"));
    assert!(charge.text("receipt_url").starts_with("http://localhost:7070/"));
    assert!(charge.body.get("refunds").is_none() && charge.body.get("authorization").is_none());

    let id = charge.text("id");
    let moved =
        bench.get(TOKEN, &format!("/v1/balance_transactions/{}", charge.text("balance_transaction"))).ok();
    assert_eq!((moved.number("amount"), moved.number("fee"), moved.number("net")), (1000, 182, 818));
    assert_eq!((moved.text("type"), moved.text("reporting_category")), ("charge".into(), "charge".into()));
    assert_eq!((moved.text("source"), moved.text("status")), (id.clone(), "pending".into()));
    assert_eq!(moved.text("fee_details.0.description"), "Stripe processing fees");
    assert_eq!(
        (moved.text("fee_details.0.type"), moved.number("fee_details.0.amount")),
        ("stripe_fee".into(), 59)
    );
    assert_eq!(moved.text("fee_details.1.description"), "Acme application fee");
    assert_eq!(
        (moved.text("fee_details.1.application"), moved.number("fee_details.1.amount")),
        (APPLICATION.into(), 123)
    );

    let fee = bench.get(PLATFORM, &format!("/v1/application_fees/{}", charge.text("application_fee"))).ok();
    assert_eq!(
        (fee.number("amount"), fee.text("account"), fee.text("charge")),
        (123, SELLER_ID.into(), id.clone())
    );
    assert_eq!((fee.text("fee_source.type"), fee.text("refunds.object")), ("charge".into(), "list".into()));
    let income =
        bench.get(PLATFORM, &format!("/v1/balance_transactions/{}", fee.text("balance_transaction"))).ok();
    assert_eq!((income.number("amount"), income.number("fee"), income.number("net")), (123, 0, 123));
    assert_eq!(income.number("available_on"), moved.number("available_on"));
    assert_eq!(bench.get(PLATFORM, &format!("/v1/application_fees?charge={id}")).ok().items().len(), 1);
    assert_eq!(bench.get(PLATFORM, "/v1/application_fees?charge=ch_none").ok().items().len(), 0);
    // The fee is an object of the platform, the charge one of the seller.
    assert_eq!(bench.get(TOKEN, &format!("/v1/application_fees/{}", fee.text("id"))).status, 404);
    assert_eq!(bench.get(PLATFORM, &format!("/v1/charges/{id}")).status, 404);

    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 818);
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("pending.0.amount"), 123);
    assert_eq!(
        bench.told(),
        [
            (SELLER_ID.to_owned(), super::SUCCEEDED),
            (PLATFORM_ID.to_owned(), crate::connect::application_fee::CREATED),
        ]
    );
}

#[test]
fn money_becomes_available_as_the_clock_moves() {
    let bench = Bench::new();
    let charge = bench.post(SELLER, "/v1/charges", &format!("amount=1000&{VISA}")).ok();
    bench.post(SELLER, "/v1/charges", "amount=5000&currency=usd&source=tok_bypassPending").ok();
    bench.post(SELLER, "/v1/charges", "amount=2000&currency=eur&source=tok_visa").ok();
    let balance = bench.get(SELLER, "/v1/balance").ok();
    assert_eq!((balance.number("available.0.amount"), balance.number("pending.0.amount")), (4825, 941));
    assert_eq!(
        (balance.text("pending.1.currency"), balance.number("pending.1.amount")),
        ("eur".into(), 1912)
    );
    assert_eq!(balance.number("available.0.source_types.card"), 4825);

    // Monday's money can be spent on Wednesday.
    bench.clock.advance(2 * 86_400 - 59);
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("available.0.amount"), 4825);
    let path = format!("/v1/balance_transactions/{}", charge.text("balance_transaction"));
    assert_eq!(bench.get(SELLER, &path).ok().text("status"), "pending");
    bench.clock.advance(1);
    let balance = bench.get(SELLER, "/v1/balance").ok();
    assert_eq!((balance.number("available.0.amount"), balance.number("pending.0.amount")), (5766, 0));
    assert_eq!(bench.get(SELLER, &path).ok().text("status"), "available");
    let listed = bench.get(SELLER, "/v1/balance/history").ok();
    assert_eq!(listed.text("url"), "/v1/balance/history");
    assert!(listed.items().iter().all(|it| it.text("status") == "available"));
    assert_eq!(bench.get(PLATFORM, "/v1/balance").ok().number("available.0.amount"), 0);
}

#[test]
fn what_cannot_be_charged() {
    let bench = Bench::new();
    for (form, code, param) in [
        ("currency=usd&source=tok_visa", "parameter_missing", "amount"),
        ("amount=500&source=tok_visa", "parameter_missing", "currency"),
        ("amount=0&currency=usd&source=tok_visa", "parameter_invalid_integer", "amount"),
        ("amount=-1&currency=usd&source=tok_visa", "parameter_invalid_integer", "amount"),
        ("amount=1.5&currency=usd&source=tok_visa", "parameter_invalid_integer", "amount"),
        ("amount=49&currency=usd&source=tok_visa", "amount_too_small", "amount"),
        ("amount=1499&currency=czk&source=tok_visa", "amount_too_small", "amount"),
        ("amount=100000000&currency=usd&source=tok_visa", "amount_too_large", "amount"),
        ("amount=1001&currency=kwd&source=tok_visa", "parameter_invalid_integer", "amount"),
        ("amount=500&currency=xxx&source=tok_visa", "", "currency"),
        ("amount=500&currency=usd", "parameter_missing", ""),
        ("amount=500&currency=usd&source=tok_none", "resource_missing", "source"),
        ("amount=500&currency=usd&customer=cus_none", "resource_missing", "customer"),
        (
            "amount=500&currency=usd&source=tok_visa&on_behalf_of=acct_other",
            "resource_missing",
            "on_behalf_of",
        ),
        ("amount=500&currency=usd&source=tok_visa&receipt_email=me", "email_invalid", "receipt_email"),
        (
            "amount=500&currency=usd&source=tok_visa&shipping[address][line1]=x",
            "parameter_missing",
            "shipping[name]",
        ),
        ("amount=500&currency=usd&source=tok_visa&statement_descriptor=123", "", "statement_descriptor"),
        (
            "amount=500&currency=usd&source=tok_visa&statement_descriptor=a<b",
            "invalid_characters",
            "statement_descriptor",
        ),
        (
            "amount=500&currency=usd&source=tok_visa&statement_descriptor_suffix=aaaaaaaaaaaaaaaaaaaaaaa",
            "",
            "statement_descriptor_suffix",
        ),
        (
            "amount=500&currency=usd&source=tok_visa&application_fee_amount=10",
            "application_fees_not_allowed",
            "application_fee_amount",
        ),
        ("amount=500&currency=usd&source=tok_visa&destination=acct_x", "resource_missing", "destination"),
    ] {
        let (status, had, at) = bench.post(PLATFORM, "/v1/charges", form).refusal();
        assert_eq!((status, had.as_str(), at.as_str()), (400, code, param), "{form}");
    }
    for (form, code, param) in [
        ("application_fee_amount=1001", "amount_too_large", "application_fee_amount"),
        ("application_fee_amount=0", "parameter_invalid_integer", "application_fee_amount"),
        ("application_fee=-5", "parameter_invalid_integer", "application_fee"),
        ("application_fee=5&application_fee_amount=5", "parameters_exclusive", "application_fee"),
    ] {
        let (status, had, at) =
            bench.post(TOKEN, "/v1/charges", &format!("amount=1000&{VISA}&{form}")).refusal();
        assert_eq!((status, had.as_str(), at.as_str()), (400, code, param), "{form}");
    }
    assert_eq!(bench.get(PLATFORM, "/v1/charges").ok().items().len(), 0);
    assert!(bench.told().is_empty());
    let small = bench.post(PLATFORM, "/v1/charges", "amount=49&currency=usd&source=tok_visa");
    assert_eq!(small.text("error.message"), "Amount must be at least $0.50 usd");
}

#[test]
fn a_declined_charge_is_kept() {
    let bench = Bench::new();
    let refused = bench.post(
        TOKEN,
        "/v1/charges",
        "amount=1000&currency=usd&source=tok_visa_chargeDeclinedInsufficientFunds&application_fee_amount=50",
    );
    assert_eq!(refused.refusal(), (402, "card_declined".into(), String::new()));
    assert_eq!(refused.text("error.type"), "card_error");
    assert_eq!(refused.text("error.decline_code"), "insufficient_funds");
    let kept = bench.get(TOKEN, &format!("/v1/charges/{}", refused.text("error.charge"))).ok();
    assert!(!kept.is("paid") && !kept.is("captured"));
    assert_eq!((kept.text("status"), kept.text("failure_code")), ("failed".into(), "card_declined".into()));
    assert_eq!(kept.text("failure_message"), "Your card has insufficient funds.");
    assert_eq!((kept.at("balance_transaction"), kept.at("application_fee")), (&Node::Null, &Node::Null));
    assert_eq!(kept.text("outcome.reason"), "insufficient_funds");
    assert_eq!(bench.told(), [(SELLER_ID.to_owned(), super::FAILED)]);
    assert_eq!(bench.get(SELLER, "/v1/balance_transactions").ok().items().len(), 0);
    let again = bench.post(SELLER, "/v1/refunds", &format!("charge={}", kept.text("id")));
    assert_eq!(again.refusal().1, "charge_not_refundable");
    let cvc =
        bench.post(SELLER, "/v1/charges", "amount=1000&currency=usd&source=tok_chargeDeclinedIncorrectCvc");
    assert_eq!(cvc.refusal(), (402, "incorrect_cvc".into(), "cvc".into()));
}

#[test]
fn real_money_needs_an_active_account_and_an_acquirer() {
    let bench = Bench::new();
    let card = "card[number]=4539578763621486&card[exp_month]=12&card[exp_year]=2030&card[cvc]=123";
    let token = || bench.post(LIVE_PUBLIC, "/v1/tokens", card).ok().text("id");
    let form = || format!("amount=1000&currency=usd&source={}", token());
    assert_eq!(bench.post(LIVE, "/v1/charges", &form()).refusal().0, 403);
    bench.keep(SELLER_ID, true, &super::terms::Terms::enabled(SELLER_ID));
    let refused = bench.post(LIVE, "/v1/charges", &form());
    assert_eq!(refused.refusal().1, "testmode_charges_only");
    assert!(refused.text("error.message").starts_with("No acquirer is configured for live mode"));
    // Neither attempt used its token up or left anything behind.
    assert_eq!(bench.get(LIVE, "/v1/charges").ok().items().len(), 0);
    assert_eq!(
        bench.post(LIVE, "/v1/charges", &format!("amount=1000&{VISA}")).refusal().1,
        "resource_missing"
    );
}

#[test]
fn texts_of_a_charge_change_its_money_does_not() {
    let bench = Bench::new();
    let id = bench
        .post(SELLER, "/v1/charges", &format!("amount=1000&{VISA}&description=a&metadata[x]=1"))
        .ok()
        .text("id");
    let path = format!("/v1/charges/{id}");
    bench.facts();
    let form = "description=b&metadata[y]=2&receipt_email=a%40example.com&shipping[name]=Ann&shipping[address][line1]=Main&transfer_group=g1&fraud_details[user_report]=safe";
    let changed = bench.post(SELLER, &path, form).ok();
    assert_eq!((changed.text("description"), changed.text("metadata.y")), ("b".into(), "2".into()));
    assert_eq!(
        (changed.text("shipping.name"), changed.text("fraud_details.user_report")),
        ("Ann".into(), "safe".into())
    );
    let facts = bench.facts();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].kind, super::UPDATED);
    assert!(facts[0].previous.as_ref().is_some_and(|it| it.contains(r#""description":"a""#)));
    assert_eq!(bench.post(SELLER, &path, "amount=5").refusal().1, "parameter_unknown");
    assert_eq!(bench.post(SELLER, &path, "transfer_group=g2").refusal().2, "transfer_group");
    assert_eq!(bench.post(SELLER, &path, "customer=cus_none").refusal().1, "resource_missing");
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    bench.post(SELLER, &path, &format!("customer={customer}&description=")).ok();
    assert_eq!(bench.get(SELLER, &path).ok().at("description"), &Node::Null);
    assert_eq!(bench.get(SELLER, &format!("/v1/charges?customer={customer}")).ok().items().len(), 1);
    assert_eq!(bench.get(SELLER, "/v1/charges?transfer_group=g1").ok().items().len(), 1);
    assert_eq!(
        bench.get(SELLER, &format!("/v1/charges?transfer_group=g1&customer={customer}")).ok().items().len(),
        1
    );
    assert_eq!(bench.get(SELLER, "/v1/charges?transfer_group=g1&customer=cus_x").ok().items().len(), 0);
    assert_eq!(bench.get(SELLER, "/v1/charges?payment_intent=pi_x").ok().items().len(), 0);
    let now = bench.now().0;
    assert_eq!(bench.get(SELLER, &format!("/v1/charges?created[gte]={now}")).ok().items().len(), 1);
    assert_eq!(bench.get(SELLER, &format!("/v1/charges?created[gt]={now}")).ok().items().len(), 0);
}

#[test]
fn the_statement_says_whose_charge_it_is() {
    use super::rules::calculated_descriptor as made;
    assert_eq!(made(None, None, Some("ACME"), Some("AC")), Some("ACME".into()));
    assert_eq!(made(None, Some("ORDER 7"), Some("ACME"), Some("AC")), Some("AC* ORDER 7".into()));
    assert_eq!(made(Some("OTHER"), None, Some("ACME"), Some("AC")), Some("OTHER".into()));
    assert_eq!(made(None, None, None, None), None);
    let long = made(None, Some("A SUFFIX OF 18 CHR"), None, Some("ACME STOREFRONTS"));
    assert!(long.is_some_and(|it| it.chars().count() <= 22 && it.ends_with("* A SUFFIX OF 18 CHR")));
}

#[test]
fn references_lead_to_the_platform_and_back() {
    let bench = Bench::new();
    let form = format!(
        "amount=1000&{VISA}&application_fee_amount=123&expand[]=balance_transaction.source&expand[]=application_fee.charge.balance_transaction&expand[]=application_fee.balance_transaction"
    );
    let charge = bench.post(TOKEN, "/v1/charges", &form).ok();
    let id = charge.text("id");
    assert_eq!(charge.text("balance_transaction.source.id"), id);
    assert_eq!(charge.number("application_fee.charge.balance_transaction.net"), 818);
    assert_eq!(charge.number("application_fee.balance_transaction.net"), 123);
    bench.clock.advance(3 * 86_400);
    let later = bench.get(TOKEN, &format!("/v1/charges/{id}?expand[]=balance_transaction")).ok();
    assert_eq!(later.text("balance_transaction.status"), "available");
    // The account itself does not see what lies with the platform.
    let own = bench.get(SELLER, &format!("/v1/charges/{id}?expand[]=application_fee")).ok();
    assert!(own.text("application_fee").starts_with("fee_"));
    let fee = bench.get(PLATFORM, "/v1/application_fees?expand[]=data.charge").ok();
    assert_eq!(fee.text("data.0.charge.id"), id);
    let refund = bench
        .post(TOKEN, "/v1/refunds", &format!("charge={id}&amount=500&expand[]=balance_transaction.source"))
        .ok();
    assert_eq!(refund.text("balance_transaction.source.object"), "refund");
}
