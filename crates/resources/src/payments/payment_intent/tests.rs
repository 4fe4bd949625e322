mod deposits;
mod flexible;
mod once;
mod parts;

use crate::testing::{Answer, Bench, PLATFORM, PLATFORM_ID, PUBLIC, SELLER, SELLER_ID, TOKEN};

const CARD: &str = "amount=1000&currency=usd&allowed_payment_method_types[]=card";

fn made(bench: &Bench, form: &str) -> Answer {
    bench.post(SELLER, "/v1/payment_intents", &format!("{CARD}&{form}"))
}

fn path(intent: &Answer) -> String {
    format!("/v1/payment_intents/{}", intent.text("id"))
}

#[test]
fn a_payment_in_one_call() {
    let bench = Bench::new();
    let intent =
        made(&bench, "payment_method=pm_card_visa&confirm=true&description=chair&metadata[sku]=1").ok();
    assert_eq!((intent.text("object"), intent.text("status")), ("payment_intent".into(), "succeeded".into()));
    assert_eq!((intent.number("amount_received"), intent.number("amount_capturable")), (1000, 0));
    assert_eq!(
        (intent.text("capture_method"), intent.text("confirmation_method")),
        ("automatic_async".into(), "automatic".into())
    );
    assert!(intent.text("client_secret").starts_with(&format!("{}_secret_", intent.text("id"))));
    let charge = bench.get(SELLER, &format!("/v1/charges/{}", intent.text("latest_charge"))).ok();
    assert_eq!(charge.text("payment_intent"), intent.text("id"));
    assert_eq!(charge.text("payment_method"), intent.text("payment_method"));
    assert_eq!((charge.text("description"), charge.text("metadata.sku")), ("chair".into(), "1".into()));
    assert_eq!(charge.text("payment_method_details.card.checks.cvc_check"), "pass");
    assert_eq!(charge.at("source"), &wire::Node::Null);
    let method = bench.get(SELLER, &format!("/v1/payment_methods/{}", intent.text("payment_method"))).ok();
    assert_eq!((method.text("card.brand"), method.text("card.last4")), ("visa".into(), "4242".into()));
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(told, [super::CREATED, "charge.succeeded", super::SUCCEEDED]);
    assert_eq!(bench.get(SELLER, "/v1/balance").ok().number("pending.0.amount"), 941);
    // What nobody keeps can be used once.
    let again = made(&bench, &format!("payment_method={}&confirm=true", method.text("id")));
    assert_eq!(again.refusal(), (400, "payment_method_unexpected_state".into(), "payment_method".into()));
    let expanded =
        bench.get(SELLER, &format!("{}?expand[]=latest_charge&expand[]=payment_method", path(&intent))).ok();
    assert_eq!(expanded.text("latest_charge.id"), charge.text("id"));
    assert_eq!(expanded.text("payment_method.object"), "payment_method");
    let refund =
        bench.post(SELLER, "/v1/refunds", &format!("payment_intent={}&amount=400", intent.text("id"))).ok();
    assert_eq!((refund.text("payment_intent"), refund.number("amount")), (intent.text("id"), 400));
    assert_eq!(
        bench.get(SELLER, &format!("/v1/refunds?payment_intent={}", intent.text("id"))).ok().items().len(),
        1
    );
}

#[test]
fn a_payment_step_by_step() {
    let bench = Bench::new();
    let intent = made(&bench, "").ok();
    assert_eq!(intent.text("status"), "requires_payment_method");
    let none = bench.post(SELLER, &format!("{}/confirm", path(&intent)), "");
    assert_eq!(none.refusal().1, "payment_intent_unexpected_state");
    assert_eq!(none.text("error.payment_intent.id"), intent.text("id"));
    let intent = bench.post(SELLER, &path(&intent), "payment_method=pm_card_mastercard&amount=1200").ok();
    assert_eq!((intent.text("status"), intent.number("amount")), ("requires_confirmation".into(), 1200));
    let intent =
        bench.post(SELLER, &format!("{}/confirm", path(&intent)), "receipt_email=a%40example.com").ok();
    assert_eq!((intent.text("status"), intent.number("amount_received")), ("succeeded".into(), 1200));
    for (what, form) in [("confirm", ""), ("cancel", ""), ("capture", "")] {
        let late = bench.post(SELLER, &format!("{}/{what}", path(&intent)), form);
        assert_eq!(late.refusal().1, "payment_intent_unexpected_state", "{what}");
        assert_eq!(late.text("error.payment_intent.status"), "succeeded", "{what}");
    }
    assert_eq!(bench.post(SELLER, &path(&intent), "amount=5").refusal().2, "amount");
    assert_eq!(bench.post(SELLER, &path(&intent), "metadata[a]=b").ok().text("metadata.a"), "b");
}

#[test]
fn money_that_is_only_reserved() {
    let bench = Bench::new();
    let form = "payment_method=pm_card_visa&confirm=true&capture_method=manual&application_fee_amount=100";
    let intent = bench.post(TOKEN, "/v1/payment_intents", &format!("{CARD}&{form}")).ok();
    assert_eq!(
        (intent.text("status"), intent.number("amount_capturable")),
        ("requires_capture".into(), 1000)
    );
    let charge = format!("/v1/charges/{}", intent.text("latest_charge"));
    assert!(!bench.get(TOKEN, &charge).ok().is("captured"));
    assert_eq!(bench.post(TOKEN, &format!("{charge}/capture"), "").refusal().1, "charge_invalid_parameter");
    assert_eq!(
        bench.post(TOKEN, "/v1/refunds", &format!("payment_intent={}", intent.text("id"))).refusal().1,
        "payment_intent_unexpected_state"
    );
    let much = bench.post(TOKEN, &format!("{}/capture", path(&intent)), "amount_to_capture=1001");
    assert_eq!(much.refusal(), (400, "amount_too_large".into(), "amount_to_capture".into()));
    let form = "amount_to_capture=600&application_fee_amount=50&statement_descriptor_suffix=PART";
    let taken = bench.post(TOKEN, &format!("{}/capture", path(&intent)), form).ok();
    assert_eq!((taken.text("status"), taken.number("amount_received")), ("succeeded".into(), 600));
    assert_eq!((taken.number("amount_capturable"), taken.number("application_fee_amount")), (0, 50));
    let charge = bench.get(TOKEN, &charge).ok();
    assert_eq!((charge.number("amount_captured"), charge.number("amount_refunded")), (600, 400));
    let told: Vec<_> = bench.told().into_iter().collect();
    assert!(told.contains(&(PLATFORM_ID.to_owned(), crate::connect::application_fee::CREATED)));
    assert!(told.contains(&(SELLER_ID.to_owned(), super::CAPTURABLE)));

    let intent = made(&bench, "payment_method=pm_card_visa&confirm=true&capture_method=manual").ok();
    let gone = bench.post(SELLER, &format!("{}/cancel", path(&intent)), "cancellation_reason=abandoned").ok();
    assert_eq!(
        (gone.text("status"), gone.text("cancellation_reason")),
        ("canceled".into(), "abandoned".into())
    );
    assert!(bench.get(SELLER, &format!("/v1/charges/{}", intent.text("latest_charge"))).ok().is("refunded"));

    // Nobody captures it, and after seven days the bank lets go by itself.
    let intent = made(&bench, "payment_method=pm_card_visa&confirm=true&capture_method=manual").ok();
    bench.settle();
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().text("status"), "requires_capture");
    bench.clock.advance(7 * 86_400);
    bench.settle();
    let gone = bench.get(SELLER, &path(&intent)).ok();
    assert_eq!(
        (gone.text("status"), gone.text("cancellation_reason")),
        ("canceled".into(), "automatic".into())
    );
}

#[test]
fn a_declined_payment_waits_for_something_else() {
    let bench = Bench::new();
    let refused = made(&bench, "payment_method=pm_card_visa_chargeDeclinedInsufficientFunds&confirm=true");
    assert_eq!(refused.refusal().0, 402);
    assert_eq!(
        (refused.text("error.code"), refused.text("error.decline_code")),
        ("card_declined".into(), "insufficient_funds".into())
    );
    let intent = Answer { status: 200, body: refused.at("error.payment_intent").clone() };
    assert_eq!(intent.text("status"), "requires_payment_method");
    assert_eq!(intent.at("payment_method"), &wire::Node::Null);
    assert_eq!(intent.text("last_payment_error.decline_code"), "insufficient_funds");
    assert_eq!(intent.text("last_payment_error.charge"), intent.text("latest_charge"));
    assert_eq!(intent.text("last_payment_error.payment_method.card.last4"), "9995");
    let kept = bench.get(SELLER, &path(&intent)).ok();
    assert_eq!(kept.body, intent.body);
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(told, [super::CREATED, "charge.failed", super::FAILED]);
    let paid = bench.post(SELLER, &format!("{}/confirm", path(&intent)), "payment_method=pm_card_visa").ok();
    assert_eq!(paid.text("status"), "succeeded");
    assert_eq!(paid.at("last_payment_error"), &wire::Node::Null);
    assert_eq!(
        bench.get(SELLER, &format!("/v1/charges?payment_intent={}", intent.text("id"))).ok().items().len(),
        2
    );
}

#[test]
fn a_browser_sees_and_does_what_the_payer_may() {
    let bench = Bench::new();
    let intent = made(&bench, "metadata[a]=b&description=chair").ok();
    let (path, secret) = (path(&intent), intent.text("client_secret"));
    assert_eq!(bench.get(PUBLIC, &path).refusal().2, "client_secret");
    assert_eq!(bench.get(PUBLIC, &format!("{path}?client_secret=x")).refusal().1, "resource_missing");
    let seen = bench.get(PUBLIC, &format!("{path}?client_secret={secret}")).ok();
    assert_eq!(
        (seen.text("status"), seen.text("description")),
        ("requires_payment_method".into(), "chair".into())
    );
    for hidden in ["metadata", "latest_charge", "application", "amount_received", "payment_method_options"] {
        assert!(seen.body.get(hidden).is_none(), "{hidden}");
    }
    assert_eq!(bench.post(PUBLIC, &path, "amount=1").refusal().1, "secret_key_required");
    let card = "payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2030&payment_method_data[card][cvc]=123";
    let form = format!("client_secret={secret}&{card}&off_session=true");
    assert_eq!(bench.post(PUBLIC, &format!("{path}/confirm"), &form).refusal().2, "off_session");
    let form = format!(
        "client_secret={secret}&{card}&payment_method_data[billing_details][name]=Ann&use_stripe_sdk=true"
    );
    let paid = bench.post(PUBLIC, &format!("{path}/confirm"), &form).ok();
    assert_eq!(paid.text("status"), "succeeded");
    assert!(paid.body.get("latest_charge").is_none());
    let charge = bench.get(SELLER, &format!("/v1/charges?payment_intent={}", intent.text("id"))).ok();
    assert_eq!(charge.text("data.0.billing_details.name"), "Ann");
    let manual = made(&bench, "confirmation_method=manual").ok();
    let form = format!("client_secret={}&payment_method=pm_card_visa", manual.text("client_secret"));
    let refused = bench.post(PUBLIC, &format!("/v1/payment_intents/{}/confirm", manual.text("id")), &form);
    assert_eq!(refused.refusal().1, "payment_intent_invalid_parameter");
}

#[test]
fn a_debit_takes_its_time() {
    let bench = Bench::new();
    let debit = |method: &str| {
        let form = format!(
            "amount=5000&currency=usd&allowed_payment_method_types[]=us_bank_account&payment_method={method}&confirm=true&mandate_data[customer_acceptance][type]=offline"
        );
        bench.post(SELLER, "/v1/payment_intents", &form)
    };
    let bare = "amount=5000&currency=usd&allowed_payment_method_types[]=us_bank_account&payment_method=pm_usBankAccount_success&confirm=true";
    assert_eq!(bench.post(SELLER, "/v1/payment_intents", bare).refusal().2, "mandate_data");
    let intent = debit("pm_usBankAccount_success").ok();
    assert_eq!(intent.text("status"), "processing");
    let charge = format!("/v1/charges/{}", intent.text("latest_charge"));
    let pending = bench.get(SELLER, &charge).ok();
    assert_eq!((pending.text("status"), pending.is("paid")), ("pending".into(), false));
    assert_eq!(pending.at("balance_transaction"), &wire::Node::Null);
    let mandate = bench
        .get(
            SELLER,
            &format!("/v1/mandates/{}", pending.text("payment_method_details.us_bank_account.mandate")),
        )
        .ok();
    assert_eq!((mandate.text("status"), mandate.number("single_use.amount")), ("active".into(), 5000));
    bench.settle();
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().text("status"), "succeeded");
    let paid = bench.get(SELLER, &charge).ok();
    assert!(paid.is("paid") && paid.text("balance_transaction").starts_with("txn_"));
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(
        told,
        [super::CREATED, "charge.pending", super::PROCESSING, "charge.succeeded", super::SUCCEEDED]
    );

    let intent = debit("pm_usBankAccount_dispute").ok();
    bench.settle();
    let disputes = bench.get(SELLER, &format!("/v1/disputes?payment_intent={}", intent.text("id"))).ok();
    assert_eq!(disputes.text("data.0.reason"), "debit_not_authorized");
    bench.told();

    let intent = debit("pm_usBankAccount_accountClosed").ok();
    let charge = bench.get(SELLER, &format!("/v1/charges/{}", intent.text("latest_charge"))).ok();
    bench.settle();
    let failed = bench.get(SELLER, &path(&intent)).ok();
    assert_eq!(
        (failed.text("status"), failed.text("last_payment_error.code")),
        ("requires_payment_method".into(), "account_closed".into())
    );
    let mandate = charge.text("payment_method_details.us_bank_account.mandate");
    assert_eq!(bench.get(SELLER, &format!("/v1/mandates/{mandate}")).ok().text("status"), "inactive");
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert!(
        told.contains(&"mandate.updated") && told.contains(&"charge.failed") && told.contains(&super::FAILED)
    );

    let intent = debit("pm_usBankAccount_processing").ok();
    bench.clock.advance(86_400);
    bench.settle();
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().text("status"), "processing");
    assert_eq!(bench.post(SELLER, &format!("{}/cancel", path(&intent)), "").ok().text("status"), "canceled");
    let blocked = debit("pm_usBankAccount_riskLevelHighest");
    assert_eq!(blocked.refusal().1, "payment_intent_payment_attempt_failed");

    let sepa = "amount=5000&currency=eur&allowed_payment_method_types[]=sepa_debit&payment_method=pm_sepaDebit_successDelayed_at&confirm=true&mandate_data[customer_acceptance][type]=offline";
    let intent = bench.post(SELLER, "/v1/payment_intents", sepa).ok();
    bench.clock.advance(179);
    bench.settle();
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().text("status"), "processing");
    bench.clock.advance(1);
    bench.settle();
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().text("status"), "succeeded");
}

#[test]
fn what_cannot_be_asked_for() {
    let bench = Bench::new();
    let card = "amount=1000&currency=usd";
    for (form, code, param) in [
        ("currency=usd", "parameter_missing", "amount"),
        ("amount=10&currency=usd", "amount_too_small", "amount"),
        (
            "amount=1000&currency=usd&allowed_payment_method_types[]=klarna",
            "payment_intent_invalid_parameter",
            "allowed_payment_method_types[0]",
        ),
        (
            "amount=1000&currency=usd&allowed_payment_method_types[]=sepa_debit",
            "payment_intent_invalid_parameter",
            "allowed_payment_method_types[0]",
        ),
        (
            "amount=1000&currency=usd&allowed_payment_method_types[]=card&automatic_payment_methods[enabled]=true",
            "parameters_exclusive",
            "automatic_payment_methods",
        ),
        ("amount=1000&currency=usd&off_session=true", "payment_intent_invalid_parameter", "off_session"),
        (
            "amount=1000&currency=usd&return_url=https://example.com",
            "payment_intent_invalid_parameter",
            "return_url",
        ),
        (
            "amount=1000&currency=usd&confirm=true&return_url=javascript://x&payment_method=pm_card_visa",
            "url_invalid",
            "return_url",
        ),
        ("amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa", "", "return_url"),
        (
            "amount=1000&currency=usd&confirm=true&payment_method=pm_none&off_session=true",
            "resource_missing",
            "payment_method",
        ),
        ("amount=1000&currency=usd&customer=cus_none", "resource_missing", "customer"),
        (
            "amount=1000&currency=usd&allowed_payment_method_types[]=card&payment_method=pm_usBankAccount_success",
            "payment_intent_incompatible_payment_method",
            "payment_method",
        ),
        (
            "amount=1000&currency=usd&application_fee_amount=5",
            "application_fees_not_allowed",
            "application_fee_amount",
        ),
        (
            "amount=1000&currency=usd&payment_method=pm_card_visa&payment_method_data[type]=card",
            "parameters_exclusive",
            "payment_method_data",
        ),
        (
            "amount=1000&currency=usd&amount_details[discount_amount]=-1",
            "parameter_invalid_integer",
            "amount_details[discount_amount]",
        ),
        ("amount=1000&currency=usd&destination=acct_x", "parameter_unknown", "destination"),
    ] {
        let (status, had, at) = bench.post(PLATFORM, "/v1/payment_intents", form).refusal();
        assert_eq!((status, had.as_str(), at.as_str()), (400, code, param), "{form}");
    }
    assert_eq!(bench.get(PLATFORM, "/v1/payment_intents").ok().items().len(), 0);
    let both = bench.post(PLATFORM, "/v1/payment_intents", card).ok();
    assert!(both.is("automatic_payment_methods.enabled"));
    assert_eq!(
        (both.text("payment_method_types.0"), both.text("payment_method_types.1")),
        ("card".into(), "us_bank_account".into())
    );
}
