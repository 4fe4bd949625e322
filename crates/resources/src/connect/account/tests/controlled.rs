//! Accounts that a platform creates and controls: what is wanted of them, what becomes of the documented test values,
//! and who may change what.
use super::*;
use crate::testing::Answer;

/// What a platform says of one person who sells in the United States. The date of birth is known at once to be right.
pub(super) const PERSON: &str = "business_type=individual&business_profile[mcc]=5734&business_profile[url]=https://ann.example&\
    individual[first_name]=Ann&individual[last_name]=Potter&individual[email]=ann@shop.example&\
    individual[phone]=0000000000&individual[dob][day]=1&individual[dob][month]=1&individual[dob][year]=1902&\
    individual[address][line1]=1 Clay Lane&individual[address][city]=Berea&individual[address][state]=KY&\
    individual[address][postal_code]=40403&individual[ssn_last_4]=0000&tos_acceptance[date]=1381104000&\
    tos_acceptance[ip]=8.8.8.8&external_account=btok_us_verified";
const WANTED: &str = "capabilities[card_payments][requested]=true&capabilities[transfers][requested]=true";

pub(super) fn custom(bench: &Bench, form: &str) -> Answer {
    bench.post(PLATFORM, "/v1/accounts", &format!("type=custom&{WANTED}&{form}")).ok()
}

pub(super) fn list(answer: &Answer, at: &str) -> Vec<String> {
    let wire::Node::List(items) = answer.at(at) else { return Vec::new() };
    items.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// Does what is due.
pub(super) fn look(bench: &Bench) {
    bench.wait(0);
}

fn get(bench: &Bench, id: &str) -> Answer {
    bench.get(PLATFORM, &format!("/v1/accounts/{id}")).ok()
}

#[test]
fn each_type_has_its_controller() {
    let bench = bench();
    for (form, kind, payer, losses, collects, dashboard) in [
        ("type=standard", "standard", "account", "stripe", "stripe", "full"),
        ("", "standard", "account", "stripe", "stripe", "full"),
        ("type=express", "express", "application_express", "application", "stripe", "express"),
        ("type=custom", "custom", "application_custom", "application", "application", "none"),
        ("controller[fees][payer]=application", "none", "application", "stripe", "stripe", "full"),
        (
            "controller[losses][payments]=application&controller[stripe_dashboard][type]=none&\
             controller[requirement_collection]=application&controller[fees][payer]=application",
            "none",
            "application",
            "application",
            "application",
            "none",
        ),
    ] {
        let made = bench.post(PLATFORM, "/v1/accounts", form).ok();
        assert_eq!(made.text("type"), kind, "{form}");
        assert_eq!(made.text("controller.type"), "application", "{form}");
        assert!(made.is("controller.is_controller"), "{form}");
        assert_eq!(made.text("controller.fees.payer"), payer, "{form}");
        assert_eq!(made.text("controller.losses.payments"), losses, "{form}");
        assert_eq!(made.text("controller.requirement_collection"), collects, "{form}");
        assert_eq!(made.text("controller.stripe_dashboard.type"), dashboard, "{form}");
        assert_eq!(get(&bench, &made.text("id")).text("type"), kind, "{form}");
    }
    for (form, param) in [
        ("type=other", "type"),
        ("type=custom&controller[fees][payer]=account", "controller"),
        ("controller[requirement_collection]=application", "controller[losses][payments]"),
        (
            "controller[requirement_collection]=application&controller[losses][payments]=application",
            "controller[stripe_dashboard][type]",
        ),
        ("controller[stripe_dashboard][type]=express", "controller[losses][payments]"),
        ("type=custom&country=KP", "country"),
        ("type=custom&country=Germany", "country"),
        ("type=custom&email=nonsense", "email"),
        ("type=custom&capabilities[flying][requested]=true", "capabilities[flying]"),
        ("type=custom&capabilities[treasury][requested]=true", "capabilities[treasury]"),
        ("type=custom&business_type=company&individual[first_name]=A", "individual"),
        ("type=custom&individual[nationality]=US", "individual[nationality]"),
        (
            "type=custom&individual[dob][day]=31&individual[dob][month]=2&individual[dob][year]=1980",
            "individual[dob]",
        ),
        (
            "type=custom&individual[verification][document][front]=file_x",
            "individual[verification][document][front]",
        ),
        ("type=custom&tos_acceptance[date]=99999999999&tos_acceptance[ip]=8.8.8.8", "tos_acceptance[date]"),
        ("type=custom&tos_acceptance[ip]=here", "tos_acceptance[ip]"),
        ("type=custom&external_account=tok_visa", "external_account"),
    ] {
        let (status, _, named) = bench.post(PLATFORM, "/v1/accounts", form).refusal();
        assert_eq!((status, named.as_str()), (400, param), "{form}");
    }
    assert_eq!(bench.post(SELLER, "/v1/accounts", "type=custom").refusal().0, 400);
    assert_eq!(bench.post(TOKEN, "/v1/accounts", "type=custom").refusal().0, 403);
}

#[test]
fn what_is_missing_is_wanted_and_then_it_may_charge() {
    let bench = bench();
    let made = custom(&bench, "country=US");
    let id = made.text("id");
    assert!(!made.is("charges_enabled") && !made.is("payouts_enabled") && !made.is("details_submitted"));
    assert_eq!(made.text("requirements.disabled_reason"), "requirements.past_due");
    assert_eq!(made.text("capabilities.card_payments"), "inactive");
    let due = list(&made, "requirements.currently_due");
    for field in ["business_type", "external_account", "representative.first_name", "tos_acceptance.ip"] {
        assert!(due.iter().any(|it| it == field), "{field}: {due:?}");
    }
    assert_eq!(due, list(&made, "requirements.past_due"));
    bench.facts();

    let path = format!("/v1/accounts/{id}");
    let full = bench.post(PLATFORM, &path, PERSON).ok();
    assert_eq!(list(&full, "requirements.currently_due"), Vec::<String>::new());
    assert_eq!(list(&full, "requirements.eventually_due"), ["individual.id_number"]);
    assert!(full.is("charges_enabled") && full.is("payouts_enabled") && full.is("details_submitted"));
    assert_eq!(full.text("capabilities.card_payments"), "active");
    assert_eq!(full.text("individual.verification.status"), "verified");
    assert!(full.is("individual.ssn_last_4_provided") && !full.is("individual.id_number_provided"));
    assert_eq!(full.at("requirements.disabled_reason"), &wire::Node::Null);
    let told: Vec<&str> = bench.facts().iter().map(|fact| fact.kind).collect();
    for kind in ["account.updated", "capability.updated", "person.created", EXTERNAL_CREATED] {
        assert!(told.contains(&kind), "{kind}: {told:?}");
    }
    // Test keys made it, so live mode hears nothing of it.
    bench.post(PLATFORM, &path, "metadata[a]=b").ok();
    assert!(bench.facts().iter().all(|fact| !fact.live));
}

#[test]
fn what_is_not_known_at_once_is_known_a_moment_later() {
    let bench = bench();
    let made = custom(&bench, &PERSON.replace("1902", "1901"));
    let id = made.text("id");
    assert_eq!(made.text("individual.verification.status"), "pending");
    assert_eq!(made.text("capabilities.transfers"), "pending");
    assert_eq!(made.text("requirements.disabled_reason"), "requirements.pending_verification");
    assert_eq!(list(&made, "requirements.pending_verification"), ["individual.ssn_last_4"]);
    bench.facts();
    look(&bench);
    let seen = get(&bench, &id);
    assert!(seen.is("charges_enabled"));
    assert_eq!(seen.text("individual.verification.status"), "verified");
    let facts = bench.facts();
    let updated = facts.iter().find(|fact| fact.kind == UPDATED).unwrap();
    assert!(updated.previous.as_deref().unwrap().contains("\"charges_enabled\":false"));
}

#[test]
fn every_documented_value_has_its_outcome() {
    for (from, to, wrong, at) in [
        ("1902", "1980", "verification_failed_keyed_identity", "individual.verification.document"),
        (
            "ssn_last_4]=0000",
            "id_number]=111111111",
            "verification_failed_id_number_match",
            "individual.id_number",
        ),
        (
            "1 Clay Lane",
            "address_no_match",
            "verification_failed_residential_address",
            "individual.address.line1",
        ),
        (
            "https://ann.example",
            "https://inaccessible.stripe.com",
            "invalid_url_website_inaccessible",
            "business_profile.url",
        ),
        (
            "business_type=",
            "business_profile[name]=invalid_dba&business_type=",
            "invalid_business_profile_name",
            "business_profile.name",
        ),
        (
            "business_type=",
            "settings[payments][statement_descriptor]=MISMATCH&business_type=",
            "invalid_statement_descriptor_business_mismatch",
            "settings.payments.statement_descriptor",
        ),
        (
            "tos_acceptance[date]",
            "individual[verification][document][front]=file_identity_document_failure&tos_acceptance[date]",
            "verification_document_failed_test_mode",
            "individual.verification.document",
        ),
    ] {
        let bench = bench();
        let form = PERSON.replacen(from, to, 1);
        let id = custom(&bench, &form).text("id");
        look(&bench);
        let seen = get(&bench, &id);
        assert_eq!(seen.text("requirements.errors.0.code"), wrong, "{form}");
        assert_eq!(seen.text("requirements.errors.0.requirement"), at, "{form}");
        assert_eq!(list(&seen, "requirements.past_due"), [at], "{form}");
        assert!(!seen.is("charges_enabled"), "{form}");
        assert!(!seen.text("requirements.errors.0.reason").is_empty());
    }
    let bench = bench();
    let id = custom(&bench, &PERSON.replace("1902", "1900")).text("id");
    look(&bench);
    assert_eq!(get(&bench, &id).text("requirements.disabled_reason"), "listed");
    // A document beats what was typed.
    let id = custom(&bench, &PERSON.replace("1902", "1980")).text("id");
    look(&bench);
    let form = "individual[verification][document][front]=file_identity_document_success";
    bench.post(PLATFORM, &format!("/v1/accounts/{id}"), form).ok();
    look(&bench);
    assert!(get(&bench, &id).is("charges_enabled"));
}

#[test]
fn a_company_wants_its_people() {
    let bench = bench();
    let made = custom(
        &bench,
        "business_type=company&business_profile[mcc]=5734&business_profile[product_description]=Pots&company[name]=Pots Inc&\
         company[phone]=0000000000&company[tax_id]=222222222&company[address][line1]=address_full_match&\
         company[address][city]=Berea&company[address][state]=KY&company[address][postal_code]=40403&\
         company[owners_provided]=true&tos_acceptance[date]=1381104000&tos_acceptance[ip]=8.8.8.8&\
         external_account=btok_us_verified",
    );
    let id = made.text("id");
    let due = list(&made, "requirements.currently_due");
    assert!(due.iter().all(|it| it.starts_with("representative.")) && due.len() > 8, "{due:?}");
    let persons = format!("/v1/accounts/{id}/persons");
    let person = bench
        .post(
            PLATFORM,
            &persons,
            "relationship[representative]=true&first_name=Ann&relationship[percent_ownership]=25.50",
        )
        .ok();
    let person_id = person.text("id");
    assert_eq!(person.at("relationship.percent_ownership").to_json(), "25.5");
    let due = list(&person, "requirements.currently_due");
    assert!(due.contains(&"last_name".to_owned()) && !due.contains(&"first_name".to_owned()), "{due:?}");
    let of_account = list(&get(&bench, &id), "requirements.currently_due");
    assert!(of_account.contains(&format!("{person_id}.last_name")), "{of_account:?}");
    assert_eq!(bench.post(PLATFORM, &persons, "relationship[representative]=true").refusal().0, 400);

    bench
        .post(
            PLATFORM,
            &format!("{persons}/{person_id}"),
            "last_name=Potter&email=a@b.example&phone=0000000000&dob[day]=1&dob[month]=1&dob[year]=1902&id_number=222222222&\
             address[line1]=1 Clay Lane&address[city]=Berea&address[state]=KY&address[postal_code]=40403&relationship[title]=CEO",
        )
        .ok();
    let seen = get(&bench, &id);
    assert_eq!(list(&seen, "requirements.currently_due"), Vec::<String>::new());
    assert!(seen.is("charges_enabled") && seen.is("company.tax_id_provided"));
    assert!(seen.body.get("individual").is_none());

    let owner = bench.post(PLATFORM, &persons, "relationship[owner]=true&first_name=Bea&last_name=B").ok();
    assert_eq!(list(&owner, "requirements.currently_due"), ["email"]);
    assert_eq!(bench.get(PLATFORM, &persons).ok().items().len(), 2);
    let owners = bench.get(PLATFORM, &format!("{persons}?relationship[owner]=true")).ok();
    assert_eq!(owners.items().len(), 1);
    let after = bench.get(PLATFORM, &format!("{persons}?limit=1")).ok();
    assert!(after.is("has_more"));
    // It was in order, so it may go on for a while.
    let seen = get(&bench, &id);
    assert!(seen.is("charges_enabled") && list(&seen, "requirements.past_due").is_empty());
    assert_eq!(seen.number("requirements.current_deadline"), START_PLUS);
    bench.clock.advance(14 * Timestamp::DAY);
    look(&bench);
    let seen = get(&bench, &id);
    assert!(!seen.is("charges_enabled"));
    assert_eq!(seen.text("requirements.disabled_reason"), "requirements.past_due");
    bench.facts();
    bench.delete(PLATFORM, &format!("{persons}/{}", owner.text("id"))).ok();
    assert!(get(&bench, &id).is("charges_enabled"));
    assert!(bench.told().iter().any(|(_, kind)| *kind == "person.deleted"));
    assert_eq!(bench.delete(PLATFORM, &format!("{persons}/{person_id}")).refusal().0, 400);
    let wrong = bench.post(PLATFORM, &format!("/v1/accounts/{id}"), "company[tax_id]=111111112").ok();
    assert_eq!(list(&wrong, "requirements.pending_verification"), ["company.tax_id"]);
    look(&bench);
    assert_eq!(get(&bench, &id).text("requirements.errors.0.code"), "verification_failed_tax_id_not_issued");
    // What is sent under a person's name of another account is not theirs.
    let other = custom(&bench, "country=US").text("id");
    let path = format!("/v1/accounts/{other}/persons/{person_id}");
    assert_eq!(bench.get(PLATFORM, &path).refusal(), (404, "resource_missing".into(), "id".into()));
}

const START_PLUS: i64 = crate::testing::START.0 + 14 * Timestamp::DAY;

#[test]
fn capabilities_are_asked_for_one_by_one() {
    let bench = bench();
    let id = bench.post(PLATFORM, "/v1/accounts", "type=custom").ok().text("id");
    let path = format!("/v1/accounts/{id}/capabilities");
    assert!(bench.get(PLATFORM, &path).ok().items().is_empty());
    assert_eq!(get(&bench, &id).text("requirements.disabled_reason"), "requirements.past_due");
    let one = bench.get(PLATFORM, &format!("{path}/transfers")).ok();
    assert_eq!((one.text("status"), one.is("requested")), ("unrequested".into(), false));
    bench.facts();
    let one = bench.post(PLATFORM, &format!("{path}/transfers"), "requested=true").ok();
    assert_eq!((one.text("status"), one.is("requested")), ("inactive".into(), true));
    assert_eq!(one.number("requested_at"), bench.now().0);
    assert_eq!(one.text("requirements.disabled_reason"), "requirements.fields_needed");
    let wanted = list(&one, "requirements.currently_due");
    assert!(!wanted.contains(&"business_profile.mcc".to_owned()), "{wanted:?}");
    let card = bench.post(PLATFORM, &format!("{path}/card_payments"), "requested=true").ok();
    assert!(list(&card, "requirements.currently_due").contains(&"business_profile.mcc".to_owned()));
    assert_eq!(bench.told().iter().filter(|(_, kind)| *kind == "capability.updated").count(), 2);
    bench.post(PLATFORM, &format!("{path}/card_payments"), "requested=false").ok();
    assert_eq!(get(&bench, &id).text("capabilities.card_payments"), "inactive");
    assert_eq!(bench.get(PLATFORM, &format!("{path}/flying")).refusal().0, 404);
    let own = bench.get(SELLER, &format!("/v1/accounts/{SELLER_ID}/capabilities")).ok();
    assert_eq!(own.items().len(), 2);
    let of_seller = format!("/v1/accounts/{SELLER_ID}/capabilities/transfers");
    assert_eq!(bench.post(PLATFORM, &of_seller, "requested=true").refusal().0, 403);
}

#[test]
fn bank_accounts_and_debit_cards_are_paid_out_to() {
    let bench = bench();
    let id = custom(&bench, PERSON).text("id");
    let path = format!("/v1/accounts/{id}/external_accounts");
    let first = bench.get(PLATFORM, &path).ok();
    assert_eq!((first.items().len(), first.text("data.0.last4")), (1, "6789".into()));
    assert!(first.is("data.0.default_for_currency"));
    let bank = first.text("data.0.id");
    bench.facts();
    let card =
        bench.post(PLATFORM, &path, "external_account=tok_visa_debit_us_transferSuccess&metadata[a]=b").ok();
    assert_eq!(
        (card.text("object"), card.text("funding"), card.text("metadata.a")),
        ("card".into(), "debit".into(), "b".into())
    );
    assert!(!card.is("default_for_currency"));
    assert_eq!(list(&card, "available_payout_methods"), ["instant", "standard"]);
    let slow = bench
        .post(
            PLATFORM,
            &path,
            "external_account=tok_visa_debit_us_instantPayoutUnsupported&default_for_currency=true",
        )
        .ok();
    assert_eq!(list(&slow, "available_payout_methods"), ["standard"]);
    assert!(slow.is("default_for_currency"));
    assert!(!bench.get(PLATFORM, &format!("{path}/{bank}")).ok().is("default_for_currency"));
    let told = bench.told();
    assert_eq!(told.iter().filter(|(_, kind)| *kind == EXTERNAL_CREATED).count(), 2);
    assert_eq!(told.iter().filter(|(_, kind)| *kind == EXTERNAL_UPDATED).count(), 1);
    assert_eq!(bench.get(PLATFORM, &format!("{path}?object=bank_account")).ok().items().len(), 1);
    assert_eq!(bench.delete(PLATFORM, &format!("{path}/{}", slow.text("id"))).refusal().0, 400);
    let gone = bench.delete(PLATFORM, &format!("{path}/{bank}")).ok();
    assert!(gone.is("deleted"));
    assert_eq!(bench.get(PLATFORM, &format!("{path}/{bank}")).refusal().0, 404);
    let typed = "external_account[object]=bank_account&external_account[country]=US&external_account[currency]=usd&\
        external_account[routing_number]=110000000&external_account[account_number]=000999999992";
    let papers = bench.post(PLATFORM, &path, typed).ok();
    assert_eq!(list(&papers, "requirements.currently_due").len(), 1);
    let one = format!("{path}/{}", papers.text("id"));
    let shown = bench
        .post(
            PLATFORM,
            &one,
            "documents[bank_account_ownership_verification][files][]=file_identity_document_success",
        )
        .ok();
    assert_eq!(shown.at("requirements"), &wire::Node::Null);
    let named = bench.post(PLATFORM, &one, "account_holder_name=Ann&account_holder_type=individual").ok();
    assert_eq!(named.text("account_holder_type"), "individual");
    for (target, form, param) in [
        (one.as_str(), "exp_month=3", "exp_month"),
        (one.as_str(), "address_city=X", "address_city"),
        (path.as_str(), "external_account=tok_visa", "external_account"),
        (path.as_str(), "external_account=tok_none", "external_account"),
        (path.as_str(), "external_account[object]=boat", "external_account[object]"),
        (path.as_str(), "default_for_currency=true", "external_account"),
    ] {
        let (status, _, named) = bench.post(PLATFORM, target, form).refusal();
        assert_eq!((status, named.as_str()), (400, param), "{form}");
    }
    // `external_account` of the account takes the default's place.
    bench.post(PLATFORM, &format!("/v1/accounts/{id}"), "external_account=btok_us_verified_noAccount").ok();
    assert_eq!(bench.get(PLATFORM, &format!("{path}/{}", slow.text("id"))).refusal().0, 404);
    // Nobody sees where the payouts of an account go that controls itself.
    let foreign = format!("/v1/accounts/{SELLER_ID}/external_accounts");
    assert_eq!(bench.get(PLATFORM, &foreign).refusal().0, 403);
}

#[test]
fn an_account_is_refused_and_taken_back_and_deleted() {
    let bench = bench();
    let id = custom(&bench, PERSON).text("id");
    let path = format!("/v1/accounts/{id}");
    assert_eq!(bench.post(PLATFORM, &format!("{path}/reject"), "reason=mood").refusal().2, "reason");
    let refused = bench.post(PLATFORM, &format!("{path}/reject"), "reason=fraud_other").ok();
    assert_eq!(refused.text("requirements.disabled_reason"), "rejected.platform_fraud");
    assert!(!refused.is("charges_enabled") && !refused.is("payouts_enabled"));
    assert_eq!(refused.text("capabilities.transfers"), "inactive");
    let back = bench.post(PLATFORM, &format!("{path}/unreject"), "").ok();
    assert!(back.is("charges_enabled"));
    assert_eq!(bench.post(PLATFORM, &format!("{path}/unreject"), "").refusal().0, 400);
    let standard = bench.post(PLATFORM, "/v1/accounts", "type=standard").ok().text("id");
    assert_eq!(
        bench.post(PLATFORM, &format!("/v1/accounts/{standard}/reject"), "reason=other").refusal().0,
        400
    );
    assert_eq!(bench.delete(PLATFORM, &format!("/v1/accounts/{SELLER_ID}")).refusal().0, 403);
    bench.facts();
    let gone = bench.delete(PLATFORM, &path).ok();
    assert!(gone.is("deleted"));
    assert_eq!(gone.text("object"), "account");
    assert!(bench.told().iter().any(|(_, kind)| *kind == "account.application.deauthorized"));
    assert_eq!(bench.get(PLATFORM, &path).refusal().1, "account_invalid");
    let listed = bench.get(PLATFORM, "/v1/accounts").ok();
    assert!(listed.items().iter().all(|it| it.text("id") != id));
}

#[test]
fn who_gives_details_on_a_page_changes_them_there() {
    let bench = bench();
    let form = format!("type=express&{WANTED}&{PERSON}");
    let made = bench.post(PLATFORM, "/v1/accounts", &form).ok();
    let id = made.text("id");
    assert_eq!(made.text("individual.first_name"), "Ann");
    let path = format!("/v1/accounts/{id}");
    bench.post(PLATFORM, &path, "individual[last_name]=Jones").ok();
    let link =
        "type=account_onboarding&refresh_url=https://a.example/again&return_url=https://a.example/back";
    let opened = bench.post(PLATFORM, "/v1/account_links", &format!("account={id}&{link}")).ok();
    assert!(opened.text("url").starts_with(&format!("http://localhost:7070/connect/setup/{id}/")));
    assert_eq!(opened.number("expires_at"), bench.now().0 + 300);
    bench.facts();
    bench.post(PLATFORM, "/v1/account_links", &format!("account={id}&{link}")).ok();
    assert!(bench.facts().is_empty(), "a link changes nothing of the account");
    for (form, param) in [
        ("individual[last_name]=X", "individual"),
        ("business_type=company", "business_type"),
        ("external_account=btok_us_verified", "external_account"),
        ("tos_acceptance[ip]=8.8.8.8", "tos_acceptance"),
    ] {
        let (status, _, named) = bench.post(PLATFORM, &path, form).refusal();
        assert_eq!((status, named.as_str()), (403, param), "{form}");
    }
    bench.post(PLATFORM, &path, "metadata[a]=b&business_profile[name]=Ann").ok();
    assert!(get(&bench, &id).body.get("individual").is_none());
    for (form, param) in [
        ("account=ID&type=account_onboarding&refresh_url=https://a.example", "return_url"),
        ("account=ID&type=account_onboarding&return_url=https://a.example", "refresh_url"),
        (
            "account=ID&type=account_onboarding&return_url=https://a.example&refresh_url=ftp://a",
            "refresh_url",
        ),
        ("account=ID&type=account_update&return_url=https://a.example&refresh_url=https://a.example", "type"),
        ("account=ID&return_url=https://a.example&refresh_url=https://a.example", "type"),
    ] {
        let (status, _, named) =
            bench.post(PLATFORM, "/v1/account_links", &form.replace("ID", &id)).refusal();
        assert_eq!((status, named.as_str()), (400, param), "{form}");
    }
    assert_eq!(
        bench.post(PLATFORM, "/v1/account_links", &format!("account=acct_none&{link}")).refusal().0,
        403
    );
    assert_eq!(
        bench.post(PLATFORM, "/v1/account_links", &format!("account={SELLER_ID}&{link}")).refusal().0,
        400
    );
    // It has handed in nothing yet.
    let logins = format!("{path}/login_links");
    assert_eq!(bench.post(PLATFORM, &logins, "").refusal().0, 400);
    let custom = custom(&bench, PERSON).text("id");
    assert_eq!(bench.post(PLATFORM, &format!("/v1/accounts/{custom}/login_links"), "").refusal().0, 400);
}

#[test]
fn doors_open_once() {
    use crate::connect::account_link::door::{Knocked, guest, knock};
    let bench = bench();
    let id = bench.post(PLATFORM, "/v1/accounts", "type=express").ok().text("id");
    let form = format!(
        "account={id}&type=account_onboarding&refresh_url=https://a.example/again&return_url=https://a.example/back"
    );
    let secret = || {
        let url = bench.post(PLATFORM, "/v1/account_links", &form).ok().text("url");
        url.rsplit('/').next().unwrap().to_owned()
    };
    let one = secret();
    let open = |secret: &str, account: &str| now(knock(&bench.api, account, secret, false)).unwrap();
    assert!(matches!(open("nonsense", &id), Knocked::None));
    assert!(matches!(open(&one, SELLER_ID), Knocked::None));
    let Knocked::Open { token, guest: first } = open(&one, &id) else { panic!("shut") };
    assert_eq!(first.return_url.as_deref(), Some("https://a.example/back"));
    assert!(now(guest(&bench.api, &token)).unwrap().is_some());
    let Knocked::Shut(again) = open(&one, &id) else { panic!("open twice") };
    assert_eq!(again.as_deref(), Some("https://a.example/again"));
    let late = secret();
    bench.clock.advance(301);
    assert!(matches!(open(&late, &id), Knocked::Shut(_)));
    bench.clock.advance(3600);
    assert!(now(guest(&bench.api, &token)).unwrap().is_none());
}

#[test]
fn countries_say_what_they_want() {
    let bench = bench();
    let us = bench.get(SELLER, "/v1/country_specs/US").ok();
    assert_eq!((us.text("default_currency"), us.text("object")), ("usd".into(), "country_spec".into()));
    assert_eq!(list(&us, "supported_bank_account_currencies.usd"), ["US"]);
    assert!(
        list(&us, "verification_fields.individual.minimum").contains(&"individual.ssn_last_4".to_owned())
    );
    assert!(list(&us, "verification_fields.company.minimum").contains(&"company.tax_id".to_owned()));
    let at = bench.get(SELLER, "/v1/country_specs/AT").ok();
    assert!(list(&at, "supported_bank_account_currencies.eur").contains(&"DE".to_owned()));
    assert!(
        !list(&at, "verification_fields.individual.minimum").contains(&"individual.ssn_last_4".to_owned())
    );
    assert_eq!(
        bench.get(SELLER, "/v1/country_specs/KP").refusal(),
        (404, "resource_missing".into(), "id".into())
    );
    let some = bench.get(SELLER, "/v1/country_specs?limit=3&starting_after=AU").ok();
    let ids: Vec<String> = some.items().iter().map(|it| it.text("id")).collect();
    assert_eq!((ids, some.is("has_more")), (vec!["BE".into(), "BG".into(), "BR".into()], true));
}

#[test]
fn more_is_asked_by_hand_and_by_cards() {
    use acquirer::simulator::Later;
    let bench = bench();
    let id = custom(&bench, PERSON).text("id");
    let hand = |hand: Hand| {
        let (caller, id) = (Caller::system(&id, false), id.as_str());
        decided(now(bench.api.transact(&caller, move |cx| {
            let hand = hand.clone();
            Box::pin(async move { by_hand(cx, id, hand).await })
        })))
    };
    let asked = hand(Hand { ask: Some(Ask::Next), ..Hand::default() });
    assert_eq!(asked.requirements.currently_due, ["individual.id_number"]);
    assert!(asked.requirements.past_due.is_empty() && asked.charges_enabled);
    let due = bench.now().plus(14 * Timestamp::DAY);
    assert_eq!(asked.requirements.current_deadline, Some(due));
    let late = hand(Hand { deadline: wire::Patch::Set(bench.now()), ..Hand::default() });
    assert_eq!(late.requirements.past_due, ["individual.id_number"]);
    assert!(!late.charges_enabled);
    let path = format!("/v1/accounts/{id}");
    let given = bench.post(PLATFORM, &path, "individual[id_number]=222222222").ok();
    assert!(given.is("charges_enabled") && given.is("individual.id_number_provided"));

    let pay = |later: Later| {
        let (caller, id) = (Caller::system("", false), id.as_str());
        decided(now(bench.api.transact(&caller, move |cx| {
            Box::pin(async move {
                paid_with(cx, id, later).await?;
                done(())
            })
        })));
        get(&bench, id)
    };
    let blocked = pay(Later::ChargesBlocked);
    assert!(!blocked.is("charges_enabled") && blocked.is("payouts_enabled"));
    assert_eq!(list(&blocked, "requirements.past_due"), ["individual.verification.document"]);
    let document = "individual[verification][document][front]=file_identity_document_success";
    bench.post(PLATFORM, &path, document).ok();
    look(&bench);
    assert!(get(&bench, &id).is("charges_enabled"));
    let blocked = pay(Later::PayoutsBlocked);
    assert!(blocked.is("charges_enabled") && !blocked.is("payouts_enabled"));
    bench.post(PLATFORM, &path, document).ok();
    look(&bench);
    assert!(get(&bench, &id).is("payouts_enabled"));

    let paused = hand(Hand { pause: wire::Patch::Set(hand::Pause::UnderReview), ..Hand::default() });
    assert_eq!(paused.requirements.disabled_reason.as_deref(), Some("under_review"));
    assert!(hand(Hand { pause: wire::Patch::Clear, ..Hand::default() }).charges_enabled);
    let rejected = hand(Hand { reject: wire::Patch::Set(hand::Reject::Fraud), ..Hand::default() });
    assert_eq!(rejected.requirements.disabled_reason.as_deref(), Some("rejected.fraud"));
}
