//! What is said of a card for one confirmation: that the order came by telephone, or who the cardholder proved to be.
use super::{made, path};
use crate::testing::{Answer, Bench, SELLER};

const CARD: &str = "payment_method_options[card]";
const PROOF: &str = "payment_method_options[card][three_d_secure][cryptogram]=AAABBEg0VhI0VniQEjRWAAAAAAA=&payment_method_options[card][three_d_secure][transaction_id]=d6f15aae&payment_method_options[card][three_d_secure][version]=2.2.0";

fn charge(bench: &Bench, intent: &Answer) -> Answer {
    bench.get(SELLER, &format!("/v1/charges/{}", intent.text("latest_charge"))).ok()
}

#[test]
fn proved_elsewhere() {
    let bench = Bench::new();
    let form = format!(
        "payment_method=pm_card_authenticationRequired&confirm=true&{PROOF}&{CARD}[three_d_secure][electronic_commerce_indicator]=05&{CARD}[three_d_secure][ares_trans_status]=C"
    );
    let paid = made(&bench, &form).ok();
    assert_eq!(paid.text("status"), "succeeded");
    let charge = charge(&bench, &paid);
    let how = |name: &str| charge.text(&format!("payment_method_details.card.three_d_secure.{name}"));
    assert_eq!(
        (how("authentication_flow"), how("result"), how("version"), how("transaction_id")),
        ("challenge".into(), "authenticated".into(), "2.2.0".into(), "d6f15aae".into())
    );
    assert_eq!(how("electronic_commerce_indicator"), "05");
    assert!(!charge.body.to_json().contains("AAABBEg0VhI0VniQEjRWAAAAAAA"), "the proof itself is not kept");

    // The bank was not convinced.
    let failed = format!(
        "payment_method=pm_card_authenticationRequired&confirm=true&{PROOF}&{CARD}[three_d_secure][ares_trans_status]=N"
    );
    assert_eq!(made(&bench, &failed).refusal().1, "authentication_required");
}

#[test]
fn by_telephone() {
    let bench = Bench::new();
    let form = "payment_method=pm_card_authenticationRequiredOnSetup&confirm=true";
    assert_eq!(made(&bench, form).ok().text("status"), "requires_action");
    let paid = made(&bench, &format!("{form}&{CARD}[moto]=true")).ok();
    assert_eq!(paid.text("status"), "succeeded");
    assert!(charge(&bench, &paid).is("payment_method_details.card.moto"));
    let used = format!(
        "payment_method=pm_card_visa&confirm=true&{CARD}[setup_credential_usage]=recurring&{CARD}[stored_credential_usage]=unscheduled"
    );
    let paid = made(&bench, &used).ok();
    assert_eq!(paid.text("payment_method_options.card.setup_credential_usage"), "recurring");
    let seen = charge(&bench, &paid);
    assert_eq!(seen.text("payment_method_details.card.setup_credential_usage"), "recurring");
    assert_eq!(seen.text("payment_method_details.card.stored_credential_usage"), "unscheduled");
}

#[test]
fn only_while_it_is_confirmed() {
    let bench = Bench::new();
    for (form, param) in [(format!("{CARD}[moto]=true"), "moto"), (PROOF.to_owned(), "three_d_secure")] {
        let param = format!("{CARD}[{param}]");
        assert_eq!(made(&bench, &form).refusal().2, param);
        let intent = made(&bench, "").ok();
        assert_eq!(bench.post(SELLER, &path(&intent), &form).refusal().2, param);
    }
    let confirmed = "payment_method=pm_card_visa&confirm=true";
    for (form, param) in [
        (PROOF.replace("2.2.0", "3.0.0"), "version"),
        (PROOF.replace("AAABBEg0VhI0VniQEjRWAAAAAAA=", ""), "cryptogram"),
        (
            format!("{PROOF}&{CARD}[three_d_secure][electronic_commerce_indicator]=09"),
            "electronic_commerce_indicator",
        ),
        (format!("{PROOF}&{CARD}[three_d_secure][ares_trans_status]=Z"), "ares_trans_status"),
    ] {
        let refused = made(&bench, &format!("{confirmed}&{form}"));
        assert_eq!(refused.refusal().2, format!("{CARD}[three_d_secure][{param}]"), "{form}");
    }
}

#[test]
fn which_kinds_it_takes_is_said_with_the_confirmation() {
    let bench = Bench::new();
    let intent = made(&bench, "").ok();
    let confirm = format!("{}/confirm", path(&intent));
    let only = "payment_method=pm_card_visa&allowed_payment_method_types[]=us_bank_account";
    assert_eq!(bench.post(SELLER, &confirm, only).refusal().2, "payment_method");
    let none = "payment_method=pm_card_visa&excluded_payment_method_types[]=card";
    assert_eq!(bench.post(SELLER, &confirm, none).refusal().2, "excluded_payment_method_types");
    let wide = "payment_method=pm_card_visa&allowed_payment_method_types[]=us_bank_account&allowed_payment_method_types[]=card";
    let paid = bench.post(SELLER, &confirm, wide).ok();
    assert_eq!(
        (paid.text("status"), paid.text("allowed_payment_method_types.0")),
        ("succeeded".into(), "us_bank_account".into())
    );
}
