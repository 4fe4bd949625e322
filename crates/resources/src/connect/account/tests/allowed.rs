//! What an account may not do before it has the capability for it, and what countries want of it.
use super::controlled::{PERSON, custom, list, look};
use super::*;
use crate::payments::token::tests::ask;
use crate::testing::Answer;
use http::Method;

/// Asks for an account, as its platform.
fn acting(bench: &Bench, account: &str, path: &str, form: &str) -> Answer {
    ask(bench, &Method::POST, PLATFORM, path, form, ["2026-10-28.endive", account])
}

const MISSING: &str =
    "You cannot create a charge on a connected account without the `card_payments` capability enabled.";

#[test]
fn nobody_is_charged_for_before_the_capability_is_active() {
    let bench = bench();
    let open =
        bench.post(PLATFORM, "/v1/accounts", "type=custom&capabilities[card_payments][requested]=true").ok();
    let id = open.text("id");
    let charge = "amount=1000&currency=usd&source=tok_visa";
    let refused = acting(&bench, &id, "/v1/charges", charge);
    assert_eq!(refused.refusal(), (400, String::new(), String::new()));
    assert_eq!(refused.text("error.message"), MISSING);
    let intent = "amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa&allowed_payment_method_types[]=card";
    assert_eq!(acting(&bench, &id, "/v1/payment_intents", intent).text("error.message"), MISSING);
    let behalf = format!("{charge}&on_behalf_of={id}");
    let refused = bench.post(PLATFORM, "/v1/charges", &behalf);
    assert_eq!(refused.refusal(), (400, String::new(), "on_behalf_of".into()));
    // Nothing can be offered either.
    let nothing = acting(&bench, &id, "/v1/payment_intents", "amount=1000&currency=usd");
    assert!(nothing.text("error.message").starts_with("No valid payment method types"));
    let ready = custom(&bench, PERSON).text("id");
    assert!(acting(&bench, &ready, "/v1/charges", charge).ok().is("paid"));
    bench.post(PLATFORM, "/v1/charges", &format!("{charge}&on_behalf_of={ready}")).ok();
    // In test mode, an account with a dashboard of its own may try before it says who it is.
    let standard = bench.post(PLATFORM, "/v1/accounts", "type=standard").ok().text("id");
    assert!(acting(&bench, &standard, "/v1/charges", charge).ok().is("paid"));
    let stopped = bench.post(PLATFORM, &format!("/v1/accounts/{ready}/reject"), "reason=other").ok();
    assert!(!stopped.is("charges_enabled"));
    assert_eq!(acting(&bench, &ready, "/v1/charges", charge).text("error.message"), MISSING);
}

#[test]
fn an_account_that_is_not_paid_out_pays_nothing_out() {
    let bench = bench();
    let id = custom(&bench, PERSON).text("id");
    let path = format!("/v1/accounts/{id}");
    acting(&bench, &id, "/v1/charges", "amount=90000&currency=usd&source=tok_bypassPending").ok();
    let payout = || acting(&bench, &id, "/v1/payouts", "amount=1000&currency=usd");
    payout().ok();
    let paused = bench.post(PLATFORM, &format!("{path}/reject"), "reason=other&payouts_action=pause").ok();
    assert!(!paused.is("payouts_enabled"));
    assert_eq!(payout().refusal(), (400, "payouts_not_allowed".into(), String::new()));
    let automatic = || {
        let all = ask(&bench, &Method::GET, PLATFORM, "/v1/payouts", "", ["2026-10-28.endive", &id]).ok();
        all.items().iter().filter(|it| it.is("automatic")).count()
    };
    bench.wait(3 * 86_400);
    assert_eq!(automatic(), 0);
    // A refused account takes nothing more, and may get what it has.
    let back = bench.post(PLATFORM, &format!("{path}/unreject"), "").ok();
    assert!(back.is("payouts_enabled"));
    bench.wait(3 * 86_400);
    assert_eq!(automatic(), 1);
    let kept = bench.post(PLATFORM, &format!("{path}/reject"), "reason=other&payouts_action=none").ok();
    assert!(kept.is("payouts_enabled") && !kept.is("charges_enabled"));
    assert_eq!(kept.text("requirements.disabled_reason"), "rejected.platform_other");
    let wrong = bench.post(PLATFORM, &format!("{path}/reject"), "reason=other&payouts_action=stop").refusal();
    assert_eq!(wrong.2, "payouts_action");
}

#[test]
fn a_number_that_is_sent_empty_is_taken_back() {
    let bench = bench();
    let path = format!("/v1/accounts/{}", custom(&bench, PERSON).text("id"));
    let given = bench.post(PLATFORM, &path, "individual[id_number]=222222222").ok();
    assert!(given.is("individual.id_number_provided") && given.is("individual.ssn_last_4_provided"));
    let cleared = bench.post(PLATFORM, &path, "individual[id_number]=").ok();
    assert!(!cleared.is("individual.id_number_provided") && cleared.is("individual.ssn_last_4_provided"));
    let cleared = bench.post(PLATFORM, &path, "individual[ssn_last_4]=").ok();
    assert!(!cleared.is("individual.ssn_last_4_provided"));
    assert_eq!(list(&cleared, "requirements.currently_due"), ["individual.ssn_last_4"]);
}

/// A company in a country, with somebody who represents it.
fn company(bench: &Bench, country: &str, state: &str) -> String {
    let form = format!(
        "country={country}&business_type=company&business_profile[mcc]=5734&business_profile[url]=https://a.example&\
         company[name]=Shop&company[tax_id]=222222222&company[phone]=0000000000&company[address][line1]=1 High St&\
         company[address][city]=Town&company[address][postal_code]=1000{state}&company[owners_provided]=true&\
         tos_acceptance[date]=1381104000&tos_acceptance[ip]=8.8.8.8"
    );
    custom(bench, &form).text("id")
}

#[test]
fn each_country_wants_its_own() {
    let bench = bench();
    for (country, state, executives, number) in [
        ("GB", "", true, false),
        ("DE", "", true, false),
        ("CA", "&company[address][state]=ON", false, true),
        ("AU", "&company[address][state]=NSW", false, false),
        ("US", "&company[address][state]=KY", false, true),
    ] {
        let id = company(&bench, country, state);
        let path = format!("/v1/accounts/{id}");
        let due = |at: &str| list(&bench.get(PLATFORM, &path).ok(), &format!("requirements.{at}"));
        let has = |at: &str, field: &str| due(at).iter().any(|it| it.ends_with(field));
        assert_eq!(has("currently_due", "company.directors_provided"), country != "US", "{country}");
        assert_eq!(has("currently_due", "company.executives_provided"), executives, "{country}");
        assert_eq!(has("currently_due", "representative.relationship.executive"), executives, "{country}");
        assert_eq!(has("eventually_due", "representative.id_number"), number, "{country}");
        assert_eq!(has("eventually_due", "representative.verification.document"), !number, "{country}");
        let owner = "first_name=Bo&last_name=Lee&relationship[owner]=true";
        let owner = bench.post(PLATFORM, &format!("{path}/persons"), owner).ok();
        assert_eq!(
            has("currently_due", &format!("{}.address.line1", owner.text("id"))),
            country != "US",
            "{country}"
        );
        assert_eq!(
            has("currently_due", &format!("{}.dob.day", owner.text("id"))),
            country != "US",
            "{country}"
        );
    }
}

#[test]
fn a_european_company_gives_everything_and_is_in_order() {
    let bench = bench();
    let id = company(&bench, "DE", "");
    let path = format!("/v1/accounts/{id}");
    let person = "first_name=Ann&last_name=Lee&email=ann@shop.example&phone=0000000000&dob[day]=1&dob[month]=1&dob[year]=1902&\
        address[line1]=1 High St&address[city]=Town&address[postal_code]=1000";
    let represents = format!("{person}&relationship[representative]=true&relationship[title]=CEO");
    let person = bench.post(PLATFORM, &format!("{path}/persons"), &represents).ok().text("id");
    let flags = "company[directors_provided]=true&company[executives_provided]=true&external_account[object]=bank_account&\
        external_account[country]=DE&external_account[currency]=eur&external_account[account_number]=DE89370400440532013000";
    let before = bench.post(PLATFORM, &path, flags).ok();
    assert_eq!(list(&before, "requirements.currently_due"), [format!("{person}.relationship.executive")]);
    bench.post(PLATFORM, &format!("{path}/persons/{person}"), "relationship[executive]=true").ok();
    look(&bench);
    let after = bench.get(PLATFORM, &path).ok();
    assert!(
        after.is("charges_enabled") && after.is("payouts_enabled"),
        "{}",
        after.at("requirements").to_json()
    );
    assert_eq!(list(&after, "requirements.eventually_due"), [format!("{person}.verification.document")]);
}
