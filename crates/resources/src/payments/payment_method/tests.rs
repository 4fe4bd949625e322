//! Every documented card, by each of its names, and every documented bank account: what becomes of it, exactly.
use crate::testing::{Answer, Bench, PUBLIC, SELLER};
use acquirer::simulator::{self, Authentication, Demand, banks};

/// What an intent says of its end: its status, or the code and decline code of its error.
fn end(answer: &Answer) -> String {
    if answer.status == 200 {
        return answer.text("status");
    }
    let decline = answer.text("error.decline_code");
    let code = answer.text("error.code");
    if decline.is_empty() { code } else { format!("{code}/{decline}") }
}

fn pay(bench: &Bench, method: &str, more: &str) -> Answer {
    let form = format!(
        "amount=1000&currency=usd&allowed_payment_method_types[]=card&payment_method={method}&confirm=true&{more}"
    );
    bench.post(SELLER, "/v1/payment_intents", &form)
}

/// The documented declines: the card's name, what a payment says, and what keeping the card says.
const DECLINED: &[(&str, &str, &str)] = &[
    ("visa_chargeDeclined", "card_declined/generic_decline", "same"),
    ("visa_chargeDeclinedInsufficientFunds", "card_declined/insufficient_funds", "same"),
    ("visa_debit_chargeDeclinedInsufficientFunds", "card_declined/insufficient_funds", "same"),
    ("visa_chargeDeclinedLostCard", "card_declined/lost_card", "same"),
    ("visa_chargeDeclinedStolenCard", "card_declined/stolen_card", "same"),
    ("chargeDeclinedExpiredCard", "expired_card", "same"),
    ("chargeDeclinedIncorrectCvc", "incorrect_cvc", "same"),
    ("chargeDeclinedProcessingError", "processing_error", "same"),
    ("visa_chargeDeclinedVelocityLimitExceeded", "card_declined/card_velocity_exceeded", "same"),
    ("visa_chargeDeclinedFraudulent", "card_declined/fraudulent", "same"),
    ("radarBlock", "card_declined/fraudulent", "same"),
    ("riskLevelHighest", "card_declined/fraudulent", "kept"),
    ("chargeCustomerFail", "card_declined/generic_decline", "kept"),
    ("visa_chargeCustomerFailLostCard", "card_declined/lost_card", "kept"),
    ("visa_chargeCustomerFailStolenCard", "card_declined/stolen_card", "kept"),
];

/// The documented cards whose holder takes part: the name; a payment of a holder who is there, the same after they
/// proved who they are; a payment of one who is away; the same after the card was set up.
const ASKED: &[(&str, &str, &str, &str, &str)] = &[
    ("authenticationRequiredOnSetup", "requires_action", "succeeded", NOT_PROVEN, "succeeded"),
    ("authenticationRequired", "requires_action", "succeeded", NOT_PROVEN, NOT_PROVEN),
    ("authenticationRequiredSetupForOffSession", "requires_action", "succeeded", "succeeded", "succeeded"),
    (
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "requires_action",
        "requires_payment_method",
        NOT_PROVEN,
        NOT_PROVEN,
    ),
    ("threeDSecure2Required", "requires_action", "succeeded", NOT_PROVEN, NOT_PROVEN),
    (
        "threeDSecureRequiredChargeDeclined",
        "requires_action",
        "requires_payment_method",
        NOT_PROVEN,
        NOT_PROVEN,
    ),
    ("threeDSecureRequiredProcessingError", "card_declined/generic_decline", "", NOT_PROVEN, ""),
    ("threeDSecureOptional", "succeeded", "", "succeeded", "succeeded"),
    ("threeDSecureOptionalProcessingError", "succeeded", "", "succeeded", "succeeded"),
    ("amex_threeDSecureNotSupported", "succeeded", "", "succeeded", "succeeded"),
];
const NOT_PROVEN: &str = "authentication_required/authentication_required";

/// The answer of the payer of an intent that waits for it.
fn proves(bench: &Bench, intent: &Answer) {
    let url = intent.text("next_action.use_stripe_sdk.stripe_js");
    let secret = url.rsplit('/').next().unwrap_or_default();
    assert!(bench.answer_challenge(&intent.text("id"), secret, true).is_some());
}

#[test]
fn every_documented_card() {
    let bench = Bench::new();
    let listed =
        |name: &str| simulator::named(&format!("pm_card_{name}")).unwrap_or_else(|| panic!("{name}"));
    let mut special = Vec::new();
    for (name, says, kept) in DECLINED {
        special.push(listed(name).number);
        let id = format!("pm_card_{name}");
        assert_eq!(end(&pay(&bench, &id, "")), *says, "{id}");
        let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
        let form = format!("customer={customer}");
        let attached = bench.post(SELLER, &format!("/v1/payment_methods/{id}/attach"), &form);
        if *kept == "same" {
            assert_eq!((attached.status, end(&attached)), (402, (*says).to_owned()), "{id}");
        } else {
            assert_eq!(end(&pay(&bench, &attached.ok().text("id"), &form)), *says, "{id}, kept");
        }
        let token = format!("amount=1000&currency=usd&source=tok_{name}");
        assert_eq!(end(&bench.post(SELLER, "/v1/charges", &token)), *says, "tok_{name}");
    }
    for (name, there, after, away, set_up) in ASKED {
        let id = format!("pm_card_{name}");
        special.push(listed(name).number);
        let asked = pay(&bench, &id, "");
        assert_eq!(end(&asked), *there, "{id}, there");
        if *there == "requires_action" {
            proves(&bench, &asked);
            let path = format!("/v1/payment_intents/{}", asked.text("id"));
            assert_eq!(bench.get(SELLER, &path).ok().text("status"), *after, "{id}, proven");
        }
        assert_eq!(end(&pay(&bench, &id, "off_session=true")), *away, "{id}, away");
        if set_up.is_empty() {
            continue;
        }
        let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
        let form = format!(
            "allowed_payment_method_types[]=card&customer={customer}&payment_method={id}&confirm=true"
        );
        let setup = bench.post(SELLER, "/v1/setup_intents", &form).ok();
        if setup.text("status") == "requires_action" {
            proves(&bench, &setup);
        }
        let kept =
            bench.get(SELLER, &format!("/v1/payment_methods?customer={customer}")).ok().text("data.0.id");
        let form = format!("customer={customer}&off_session=true");
        assert_eq!(end(&pay(&bench, &kept, &form)), *set_up, "{id}, set up");
    }
    // Every other card succeeds under each of its names and by its number, with what the network knows of it.
    for card in simulator::cards().filter(|card| !special.contains(&card.number)) {
        let demand = card.authentication.demand(false, false);
        let expected = if demand == Demand::Challenge { "requires_action" } else { "succeeded" };
        for name in card.names {
            let paid = pay(&bench, &format!("pm_card_{name}"), "expand[]=payment_method");
            assert_eq!(end(&paid), expected, "pm_card_{name}");
            let method = |path: &str| paid.text(&format!("payment_method.card.{path}"));
            assert_eq!(
                (method("last4"), method("brand")),
                (card.last4().to_owned(), card.brand.code().to_owned())
            );
            assert_eq!(
                (method("country"), method("funding")),
                (card.country.to_owned(), card.funding.as_str().to_owned())
            );
            let charged =
                bench.post(SELLER, "/v1/charges", &format!("amount=1000&currency=usd&source=tok_{name}"));
            let refused = card.authentication.refuses(acquirer::Presence::Unproven);
            assert_eq!(charged.status, if refused { 402 } else { 200 }, "tok_{name}");
        }
        let cvc = if card.brand == acquirer::Brand::Amex { "1234" } else { "123" };
        let typed = format!(
            "type=card&card[number]={}&card[exp_month]=12&card[exp_year]=2030&card[cvc]={cvc}",
            card.number
        );
        let method = bench.post(PUBLIC, "/v1/payment_methods", &typed).ok().text("id");
        assert_eq!(end(&pay(&bench, &method, "")), expected, "{}", card.number);
    }
    // What a test card's checks say stands on the charge.
    for (name, check) in [
        ("cvcCheckFail", "cvc_check fail"),
        ("avsZipFail", "address_postal_code_check fail"),
        ("avsLine1Fail", "address_line1_check fail"),
        ("avsUnchecked", "address_line1_check unavailable"),
    ] {
        let paid = pay(&bench, &format!("pm_card_{name}"), "expand[]=latest_charge").ok();
        let (field, says) = check.split_once(' ').unwrap_or_default();
        let path = format!("latest_charge.payment_method_details.card.checks.{field}");
        assert_eq!(paid.text(&path), says, "{name}");
    }
    let seller_wants = "payment_method_options[card][request_three_d_secure]=any";
    for (name, status) in [
        ("threeDSecureOptional", "requires_action"),
        ("threeDSecureOptionalProcessingError", "succeeded"),
        ("amex_threeDSecureNotSupported", "succeeded"),
        ("visa", "succeeded"),
    ] {
        assert_eq!(end(&pay(&bench, &format!("pm_card_{name}"), seller_wants)), status, "{name}");
    }
    let frictionless = simulator::cards().find(|card| card.authentication == Authentication::Frictionless);
    assert_eq!(frictionless.map(|card| card.number), Some("4000000032200000"));
}

#[test]
fn every_documented_bank_account() {
    let bench = Bench::new();
    let accept = "mandate_data[customer_acceptance][type]=offline";
    let debit = |method: &str, kind: &str, currency: &str| {
        let form = format!(
            "amount=1000&currency={currency}&allowed_payment_method_types[]={kind}&payment_method={method}&confirm=true&{accept}"
        );
        let intent = bench.post(SELLER, "/v1/payment_intents", &form);
        if intent.status != 200 {
            return end(&intent);
        }
        assert_eq!(intent.text("status"), "processing", "{method}");
        let path = format!("/v1/payment_intents/{}", intent.text("id"));
        bench.settle();
        if bench.get(SELLER, &path).ok().text("status") == "processing" {
            bench.clock.advance(180);
            bench.settle();
        }
        let told = bench.get(SELLER, &path).ok();
        match told.text("last_payment_error.code") {
            code if code.is_empty() => told.text("status"),
            code => code,
        }
    };
    for (name, says) in [
        ("success", "succeeded"),
        ("accountClosed", "account_closed"),
        ("noAccount", "no_account"),
        ("insufficientFunds", "insufficient_funds"),
        ("debitNotAuthorized", "debit_not_authorized"),
        ("invalidCurrency", "invalid_currency"),
        ("riskLevelHighest", "payment_intent_payment_attempt_failed"),
        ("dispute", "succeeded"),
        ("processing", "processing"),
        ("weeklyLimitExceeded", "charge_exceeds_weekly_limit"),
    ] {
        assert_eq!(debit(&format!("pm_usBankAccount_{name}"), "us_bank_account", "usd"), says, "{name}");
    }
    let mut seen = 0;
    for it in banks::sepa::ibans() {
        let country = it.iban.get(..2).unwrap_or_default().to_lowercase();
        let Some(scenario) = it.scenario else {
            let form = format!(
                "type=sepa_debit&sepa_debit[iban]={}&billing_details[name]=A&billing_details[email]=a%40example.com",
                it.iban
            );
            let (status, code, param) = bench.post(SELLER, "/v1/payment_methods", &form).refusal();
            assert!(
                status == 400 && code.starts_with("sepa_debit_") && param == "sepa_debit[iban]",
                "{}",
                it.iban
            );
            continue;
        };
        let says = match scenario {
            "success" | "successDelayed" | "disputed" => "succeeded",
            "failed" | "failedDelayed" => "debit_not_authorized",
            "exceedsWeeklyVolumeLimit" => "charge_exceeds_source_limit",
            "exceedsWeeklyTransactionLimit" => "charge_exceeds_weekly_limit",
            "insufficientFunds" => "insufficient_funds",
            other => panic!("{other}"),
        };
        let id = format!("pm_sepaDebit_{scenario}_{country}");
        assert_eq!(debit(&id, "sepa_debit", "eur"), says, "{id}");
        seen += 1;
    }
    assert_eq!(seen, 64);
    for id in ["pm_card_nobody", "pm_usBankAccount_nobody", "pm_sepaDebit_success_xx", "pm_visa"] {
        assert_eq!(pay(&bench, id, "").refusal().1, "resource_missing", "{id}");
    }
}

#[test]
fn a_payment_method_goes_with_its_customer() {
    let bench = Bench::new();
    let customer = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    let form = format!("customer={customer}");
    let kept = bench.post(SELLER, "/v1/payment_methods/pm_card_visa/attach", &form).ok().text("id");
    assert_eq!(pay(&bench, &kept, "").refusal().2, "payment_method");
    let other = bench.post(SELLER, "/v1/customers", "").ok().text("id");
    assert_eq!(pay(&bench, &kept, &format!("customer={other}")).refusal().1, "resource_missing");
    let again =
        bench.post(SELLER, &format!("/v1/payment_methods/{kept}/attach"), &format!("customer={other}"));
    assert_eq!(again.refusal().1, "payment_method_unexpected_state");
    bench.told();
    bench.delete(SELLER, &format!("/v1/customers/{customer}")).ok();
    let told: Vec<_> = bench.told().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(told, [super::DETACHED, "customer.deleted"]);
    assert_eq!(pay(&bench, &kept, "").refusal().1, "payment_method_unexpected_state");
    assert_eq!(bench.post(SELLER, &format!("/v1/payment_methods/{kept}"), "metadata[a]=b").refusal().0, 400);
    for (form, code, param) in [
        ("", "parameter_missing", "type"),
        ("type=card", "parameter_missing", "card"),
        ("type=klarna", "", "type"),
        ("type=card&sepa_debit[iban]=x", "", "sepa_debit"),
        (
            "type=card&card[token]=tok_visa&card[number]=4242424242424242",
            "parameters_exclusive",
            "card[token]",
        ),
        ("type=card&card[token]=btok_us_verified", "invalid_source_usage", "card[token]"),
        ("type=card&card[token]=tok_none", "resource_missing", "card[token]"),
        (
            "type=us_bank_account&us_bank_account[account_number]=1",
            "parameter_missing",
            "billing_details[name]",
        ),
        ("type=card&card[token]=tok_visa&customer=cus_1", "", "customer"),
        ("payment_method=pm_card_visa", "", "payment_method"),
        (
            "type=card&card[token]=tok_visa&billing_details[email]=me",
            "email_invalid",
            "billing_details[email]",
        ),
    ] {
        let (status, had, at) = bench.post(SELLER, "/v1/payment_methods", form).refusal();
        assert_eq!((status, had.as_str(), at.as_str()), (400, code, param), "{form}");
    }
}
