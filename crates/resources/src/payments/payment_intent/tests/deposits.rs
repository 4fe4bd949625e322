//! Bank accounts that their holders verify by small deposits.
use crate::testing::{Answer, Bench, PUBLIC, SELLER, now};
use base::{Caller, Timestamp};

const MANDATE: &str = "mandate_data[customer_acceptance][type]=offline";

/// A payment method of a typed bank account.
fn typed(bench: &Bench, number: &str) -> String {
    let form = format!(
        "type=us_bank_account&us_bank_account[account_holder_type]=individual&us_bank_account[routing_number]=110000000&us_bank_account[account_number]={number}&billing_details[name]=Jenny"
    );
    bench.post(SELLER, "/v1/payment_methods", &form).ok().text("id")
}

fn paid(bench: &Bench, method: &str, form: &str) -> Answer {
    let form = format!(
        "amount=1000&currency=usd&allowed_payment_method_types[]=us_bank_account&confirm=true&payment_method={method}&{MANDATE}&{form}"
    );
    bench.post(SELLER, "/v1/payment_intents", &form)
}

fn set_up(bench: &Bench, method: &str, form: &str) -> Answer {
    let form = format!(
        "allowed_payment_method_types[]=us_bank_account&confirm=true&payment_method={method}&{MANDATE}&{form}"
    );
    bench.post(SELLER, "/v1/setup_intents", &form)
}

fn path(intent: &Answer) -> String {
    format!("/v1/{}s/{}", intent.text("object"), intent.text("id"))
}

fn verify(bench: &Bench, intent: &Answer, form: &str) -> Answer {
    bench.post(SELLER, &format!("{}/verify_microdeposits", path(intent)), form)
}

const GOOD: &str = "000123456789";

#[test]
fn a_typed_account_is_verified_once() {
    let bench = Bench::new();
    let method = typed(&bench, GOOD);
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    let form = format!("customer={customer}&setup_future_usage=off_session");
    let intent = paid(&bench, &method, &form).ok();
    assert_eq!(intent.text("status"), "requires_action");
    let action = |name: &str| intent.text(&format!("next_action.{name}"));
    assert_eq!(action("type"), "verify_with_microdeposits");
    assert_eq!(action("verify_with_microdeposits.microdeposit_type"), "descriptor_code");
    assert!(
        action("verify_with_microdeposits.hosted_verification_url")
            .starts_with("http://localhost:7070/challenges/acct_")
    );
    assert!(intent.number("next_action.verify_with_microdeposits.arrival_date") > bench.now().0);
    for (form, code, param) in [
        ("", "parameter_missing", "amounts"),
        ("amounts[]=32&amounts[]=45&descriptor_code=SM11AA", "parameters_exclusive", "descriptor_code"),
        ("amounts[]=32", "payment_method_microdeposit_verification_amounts_invalid", "amounts"),
        ("amounts[]=1&amounts[]=2", "payment_method_microdeposit_verification_amounts_mismatch", "amounts"),
        (
            "descriptor_code=SM00AA",
            "payment_method_microdeposit_verification_descriptor_code_mismatch",
            "descriptor_code",
        ),
    ] {
        assert_eq!(verify(&bench, &intent, form).refusal(), (400, code.into(), param.into()), "{form}");
    }
    bench.told();
    let going = verify(&bench, &intent, "amounts[]=45&amounts[]=32").ok();
    assert_eq!((going.text("status"), going.at("next_action").is_null()), ("processing".into(), true));
    bench.settle();
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().text("status"), "succeeded");
    let again = verify(&bench, &intent, "descriptor_code=SM11AA");
    assert_eq!(again.refusal().1, "payment_intent_unexpected_state");
    // The next payment asks for nothing.
    assert_eq!(paid(&bench, &method, &format!("customer={customer}")).ok().text("status"), "processing");
}

#[test]
fn a_setup_makes_it_ready() {
    let bench = Bench::new();
    let method = typed(&bench, GOOD);
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    let intent = set_up(&bench, &method, &format!("customer={customer}")).ok();
    assert_eq!(intent.text("next_action.type"), "verify_with_microdeposits");
    let mismatch = verify(&bench, &intent, "amounts[]=1&amounts[]=2");
    assert_eq!(mismatch.text("error.setup_intent.status"), "requires_action");
    // The holder's browser tells with the client secret.
    let secret = intent.text("client_secret");
    let at = format!("{}/verify_microdeposits", path(&intent));
    assert_eq!(bench.post(PUBLIC, &at, "descriptor_code=SM11AA").refusal().2, "client_secret");
    let form = format!("descriptor_code=SM11AA&client_secret={secret}");
    assert_eq!(bench.post(PUBLIC, &at, &form).ok().text("status"), "succeeded");
    let attempts = bench.get(SELLER, &format!("/v1/setup_attempts?setup_intent={}", intent.text("id"))).ok();
    assert_eq!((attempts.items().len(), attempts.text("data.0.status")), (1, "succeeded".into()));
    assert_eq!(paid(&bench, &method, &format!("customer={customer}")).ok().text("status"), "processing");
    let late = verify(&bench, &intent, "descriptor_code=SM11AA");
    assert_eq!(late.refusal().1, "setup_intent_unexpected_state");
}

#[test]
fn attempts_end_and_time_ends() {
    let all = "payment_method_microdeposit_verification_";
    for (form, code) in
        [("amounts[]=10&amounts[]=11", "attempts_exceeded"), ("descriptor_code=SM44DD", "timeout")]
    {
        let bench = Bench::new();
        let intent = paid(&bench, &typed(&bench, GOOD), "").ok();
        assert_eq!(verify(&bench, &intent, form).refusal().1, format!("{all}{code}"));
        let after = bench.get(SELLER, &path(&intent)).ok();
        assert_eq!(after.text("status"), "requires_payment_method");
        assert_eq!(after.text("last_payment_error.code"), format!("{all}{code}"));
        let setup = set_up(&bench, &typed(&bench, GOOD), "").ok();
        assert_eq!(verify(&bench, &setup, form).refusal().1, format!("{all}{code}"));
        assert_eq!(
            bench.get(SELLER, &path(&setup)).ok().text("last_setup_error.code"),
            format!("{all}{code}")
        );
    }
    let bench = Bench::new();
    let intent = paid(&bench, &typed(&bench, GOOD), "").ok();
    for n in 1..=10 {
        let said = verify(&bench, &intent, "amounts[]=1&amounts[]=2").refusal().1;
        assert_eq!(said, format!("{all}{}", if n < 10 { "amounts_mismatch" } else { "attempts_exceeded" }));
    }
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().text("status"), "requires_payment_method");

    // Nobody tells anything.
    let (intent, setup) =
        (paid(&bench, &typed(&bench, GOOD), "").ok(), set_up(&bench, &typed(&bench, GOOD), "").ok());
    bench.wait(10 * Timestamp::DAY - 1);
    assert_eq!(bench.get(SELLER, &path(&intent)).ok().text("status"), "requires_action");
    bench.wait(2);
    let ended = bench.get(SELLER, &path(&intent)).ok();
    assert_eq!(ended.text("last_payment_error.code"), format!("{all}timeout"));
    assert_eq!(bench.get(SELLER, &path(&setup)).ok().text("last_setup_error.code"), format!("{all}timeout"));
}

#[test]
fn deposits_that_do_not_come() {
    let bench = Bench::new();
    let intent = paid(&bench, &typed(&bench, "000666666661"), "").ok();
    bench.settle();
    let failed = bench.get(SELLER, &path(&intent)).ok();
    assert_eq!(failed.text("last_payment_error.code"), "payment_method_microdeposit_failed");
    assert_eq!(failed.text("status"), "requires_payment_method");
}

#[test]
fn how_an_account_is_verified_can_be_said() {
    let bench = Bench::new();
    let instant = "payment_method_options[us_bank_account][verification_method]=instant";
    let refused = paid(&bench, &typed(&bench, GOOD), instant);
    assert_eq!(refused.refusal().1, "intent_verification_method_missing");
    // The documented names stand for verified accounts, unless deposits are asked for.
    assert_eq!(paid(&bench, "pm_usBankAccount_success", "").ok().text("status"), "processing");
    let by_deposits = "payment_method_options[us_bank_account][verification_method]=microdeposits";
    let asked = paid(&bench, "pm_usBankAccount_success", by_deposits).ok();
    assert_eq!(asked.text("next_action.type"), "verify_with_microdeposits");
    let cancel = bench.post(SELLER, &format!("{}/cancel", path(&asked)), "").ok();
    assert_eq!(cancel.text("status"), "canceled");
    assert_eq!(
        verify(&bench, &asked, "descriptor_code=SM11AA").refusal().1,
        "payment_intent_unexpected_state"
    );
    let strict = paid(&bench, &typed(&bench, GOOD), "error_on_requires_action=true");
    assert_eq!(strict.refusal().0, 402);
}

#[test]
fn the_page_takes_the_code() {
    use crate::challenge::{Told, tell};
    let bench = Bench::new();
    let intent = paid(&bench, &typed(&bench, GOOD), "return_url=https%3A%2F%2Fexample.com").ok();
    let url = intent.text("next_action.verify_with_microdeposits.hosted_verification_url");
    let secret = url.rsplit('/').next().unwrap_or_default().to_owned();
    let tell_it = |code: &'static str| {
        let caller = Caller {
            request: bench.api.world.new_id("req"),
            ..Caller::system(crate::testing::SELLER_ID, false)
        };
        let (intent, secret) = (intent.text("id"), secret.clone());
        let reply = now(bench.api.transact(&caller, |cx| {
            let (intent, secret) = (intent.clone(), secret.clone());
            Box::pin(async move { tell(cx, &intent, &secret, code).await })
        }));
        match reply {
            Ok(api::Reply::Done(it)) => it,
            other => unreachable!("{other:?}"),
        }
    };
    // The cardholder's button is not for deposits.
    assert!(bench.answer_challenge(&intent.text("id"), &secret, true).is_none());
    assert!(matches!(tell_it("SM99ZZ"), Some(Told::Wrong(_))));
    let Some(Told::Followed(followed)) = tell_it("SM11AA") else { panic!("it goes on") };
    assert!(followed.well && followed.goes_on.is_some_and(|url| url.contains("redirect_status=succeeded")));
    assert!(tell_it("SM11AA").is_none());
}
