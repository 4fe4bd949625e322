//! Documents and pictures that are named for accounts and persons.
use crate::testing::{Bench, PLATFORM, SELLER, TOKEN};

fn upload(bench: &Bench, key: &str, purpose: &str) -> String {
    let png = b"\x89PNG\r\n\x1a\n and so on";
    bench.upload(key, &[("purpose", purpose)], "a.png", png).ok().text("id")
}

#[test]
fn a_platform_names_its_own_files() {
    let bench = Bench::new();
    let [icon, logo, front, proof] =
        ["business_icon", "business_logo", "identity_document", "additional_verification"]
            .map(|purpose| upload(&bench, PLATFORM, purpose));
    let made = bench.post(PLATFORM, "/v1/accounts", "type=custom&business_type=company").ok();
    let path = format!("/v1/accounts/{}", made.text("id"));
    let form = format!(
        "settings[branding][icon]={icon}&settings[branding][logo]={logo}&company[verification][document][front]={proof}&documents[company_license][files][]={proof}"
    );
    let told = bench.post(PLATFORM, &format!("{path}?expand[]=settings.branding.icon"), &form).ok();
    assert_eq!(told.text("settings.branding.icon.id"), icon);
    assert_eq!(told.text("settings.branding.logo"), logo);
    assert_eq!(told.text("company.verification.document.front"), proof);

    let persons = format!("{path}/persons");
    let form = format!(
        "first_name=Ann&verification[document][front]={front}&verification[additional_document][back]={front}&documents[passport][files][]={proof}"
    );
    let person = bench.post(PLATFORM, &format!("{persons}?expand[]=verification.document.front"), &form).ok();
    assert_eq!(person.text("verification.document.front.purpose"), "identity_document");
    assert_eq!(person.text("verification.additional_document.back"), front);
    let signed = format!(
        "documents[proof_of_ultimate_beneficial_ownership][files][]={proof}&documents[proof_of_ultimate_beneficial_ownership][signer][person]={}",
        person.text("id")
    );
    bench.post(PLATFORM, &path, &signed).ok();
    let cleared = bench.post(PLATFORM, &path, "settings[branding][icon]=").ok();
    assert!(cleared.at("settings.branding.icon").is_null());
}

#[test]
fn a_file_must_be_there_and_for_this() {
    let bench = Bench::new();
    let logo = upload(&bench, PLATFORM, "business_logo");
    let front = upload(&bench, PLATFORM, "identity_document");
    let elsewhere = upload(&bench, SELLER, "additional_verification");
    let made = bench.post(PLATFORM, "/v1/accounts", "type=custom&business_type=company").ok();
    let path = format!("/v1/accounts/{}", made.text("id"));
    for (param, file) in [
        ("settings[branding][icon]", logo.as_str()),
        ("settings[branding][logo]", "file_identity_document_success"),
        ("company[verification][document][front]", front.as_str()),
        ("company[verification][document][back]", elsewhere.as_str()),
        ("documents[proof_of_address][files]", front.as_str()),
        ("documents[proof_of_address][files]", "nothing_here"),
    ] {
        let list = if param.ends_with("[files]") { "[]" } else { "" };
        let refused = bench.post(PLATFORM, &path, &format!("{param}{list}={file}"));
        assert_eq!((refused.refusal().0, refused.refusal().2.as_str()), (400, param));
    }
    let refused = bench.post(
        PLATFORM,
        &path,
        "documents[proof_of_ultimate_beneficial_ownership][signer][person]=person_x",
    );
    assert_eq!(refused.refusal().2, "documents[proof_of_ultimate_beneficial_ownership][signer][person]");
    let persons = format!("{path}/persons");
    for (param, list) in [("verification[document][front]", ""), ("documents[visa][files]", "[]")] {
        assert_eq!(bench.post(PLATFORM, &persons, &format!("{param}{list}={logo}")).refusal().2, param);
    }
    // An account that controls itself is not told by a platform what it looks like.
    let seller = "/v1/accounts/acct_seller";
    assert_ne!(bench.post(TOKEN, seller, &format!("settings[branding][logo]={logo}")).status, 200);
}

#[test]
fn what_owners_say_of_themselves_is_kept() {
    let bench = Bench::new();
    let made = bench.post(PLATFORM, "/v1/accounts", "type=custom&business_type=company").ok();
    let persons = format!("/v1/accounts/{}/persons", made.text("id"));
    let form = "first_name=Ann&us_cfpb_data[ethnicity_details][ethnicity][]=not_hispanic_or_latino&us_cfpb_data[race_details][race][]=asian&us_cfpb_data[race_details][race_other]=x";
    let person = bench.post(PLATFORM, &persons, form).ok();
    assert_eq!(person.text("us_cfpb_data.race_details.race.0"), "asian");
    assert!(person.at("us_cfpb_data.self_identified_gender").is_null());
    let path = format!("{persons}/{}", person.text("id"));
    let person = bench.post(PLATFORM, &path, "us_cfpb_data[self_identified_gender]=woman").ok();
    assert_eq!(person.text("us_cfpb_data.ethnicity_details.ethnicity.0"), "not_hispanic_or_latino");
    assert_eq!(person.text("us_cfpb_data.self_identified_gender"), "woman");
    let wrong = bench.post(PLATFORM, &path, "us_cfpb_data[race_details][race][]=martian");
    assert_eq!(wrong.refusal().0, 400);
    let single = bench.post(
        PLATFORM,
        "/v1/accounts",
        "type=custom&business_type=individual&individual[documents][passport][files][]=a",
    );
    assert_eq!(single.refusal(), (400, "parameter_unknown".into(), "individual[documents]".into()));
}
