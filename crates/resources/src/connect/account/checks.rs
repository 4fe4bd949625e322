//! What is found out about people and companies. Test mode has documented values, each with its outcome (guide
//! "Testing Connect"). In live mode nobody is asked: what is complete counts as true.
use super::{Account, papers::OF_COMPANY};
use crate::connect::person::Member;

/// What became of looking at somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// It is true, and that is known at once.
    AtOnce,
    /// It is true; that is known a moment later.
    True,
    /// It is not true: codes of errors, each with the field it is about.
    False(Vec<(&'static str, &'static str)>),
    /// The person stands on a list of those whom nobody may do business with.
    Listed,
}

/// Files that can be named in test mode without having been uploaded.
const FILES: &[&str] = &["file_identity_document_success", "file_identity_document_failure"];
/// A document that does not prove what it should. Whatever else is uploaded does.
const BAD_FILE: &str = FILES[1];

/// Whether a file is one of test mode.
pub(super) fn is_test_file(file: &str) -> bool {
    FILES.contains(&file)
}

/// What an id number says, in a word that can be kept: `true`, `at_once` or `mismatch`.
pub(crate) fn id_number(number: &str, live: bool) -> &'static str {
    match number {
        _ if live => "true",
        "000000000" | "0000" => "true",
        "222222222" => "at_once",
        _ => "mismatch",
    }
}

/// What a tax id says: `true`, `at_once`, `mismatch` or `not_issued`.
pub(super) fn tax_id(number: &str, live: bool) -> &'static str {
    match number {
        _ if live => "true",
        "000000000" | "000000001" => "true",
        "222222222" => "at_once",
        "111111112" => "not_issued",
        _ => "mismatch",
    }
}

/// What is found out about a person.
pub(super) fn person(member: &Member, live: bool) -> Finding {
    if live {
        return Finding::AtOnce;
    }
    let it = &member.shown;
    let born = it.dob.0.and_then(|it| Some((it.year?, it.month?, it.day?)));
    if born == Some((1900, 1, 1)) {
        return Finding::Listed;
    }
    let mut wrong = Vec::new();
    // A picture of a document beats what was typed.
    let document = it.verification.document.front.as_ref().map(|it| it.id.as_str());
    match document {
        Some(file) if file != BAD_FILE => return Finding::True,
        Some(_) => wrong.push(("verification_document_failed_test_mode", "verification.document")),
        None => {}
    }
    if document.is_none() && !matches!(born, Some((1901 | 1902, 1, 1))) {
        wrong.push(("verification_failed_keyed_identity", "verification.document"));
    }
    for (number, field) in [(&member.id_number, "id_number"), (&member.ssn_last_4, "ssn_last_4")] {
        if number.as_deref() == Some("mismatch") {
            wrong.push(("verification_failed_id_number_match", field));
        }
    }
    let line1 = it.address.0.as_ref().and_then(|it| it.line1.as_deref());
    if matches!(line1, Some("address_no_match" | "address_line1_no_match")) {
        wrong.push(("verification_failed_residential_address", "address.line1"));
    }
    match it.first_name.as_deref() {
        Some("mismatch_director") => wrong.push(("verification_directors_mismatch", "first_name")),
        Some("missing_director") => wrong.push(("verification_missing_directors", "first_name")),
        Some("extraneous_director") => wrong.push(("verification_extraneous_directors", "first_name")),
        _ => {}
    }
    let at_once = born == Some((1902, 1, 1)) || member.id_number.as_deref() == Some("at_once");
    match (wrong.is_empty(), at_once) {
        (false, _) => Finding::False(wrong),
        (true, true) => Finding::AtOnce,
        (true, false) => Finding::True,
    }
}

/// What is found out about a company; `tax` is what its tax id said.
pub(super) fn company(account: &Account, tax: Option<&str>, live: bool) -> Finding {
    let Some(company) = &account.company.0 else { return Finding::AtOnce };
    if live {
        return Finding::AtOnce;
    }
    let mut wrong = Vec::new();
    let papers = account.papers.0.iter().filter(|it| OF_COMPANY.contains(&it.kind.as_str()));
    let mut files = papers.flat_map(|it| it.files.iter().map(String::as_str));
    let front = company.verification.0.as_ref().and_then(|it| it.document.front.as_ref());
    match front.map(|it| it.id.as_str()).or_else(|| files.next()) {
        Some(file) if file != BAD_FILE => return Finding::True,
        Some(_) => wrong.push(("verification_document_failed_test_mode", "company.verification.document")),
        None => {}
    }
    match tax {
        Some("mismatch") => wrong.push(("verification_failed_tax_id_match", "company.tax_id")),
        Some("not_issued") => wrong.push(("verification_failed_tax_id_not_issued", "company.tax_id")),
        _ => {}
    }
    match company.name.as_deref() {
        Some("mismatch_business_name") => wrong.push(("verification_failed_name_match", "company.name")),
        Some("disallowed_name") => wrong.push(("invalid_company_name_denylisted", "company.name")),
        _ => {}
    }
    match (wrong.is_empty(), tax) {
        (false, _) => Finding::False(wrong),
        (true, Some("at_once")) => Finding::AtOnce,
        (true, _) => Finding::True,
    }
}

/// How much of a business's address is known to be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BusinessAddress {
    /// All that matters.
    Known,
    /// Too little to be paid out.
    NoMatch,
    /// Too little for anything.
    NoLine1Match,
}

/// What is known of the address of the business.
pub(super) fn business_address(account: &Account) -> BusinessAddress {
    let of_company = account.company.0.as_ref().and_then(|it| it.address.0.as_ref()?.line1.as_deref());
    match of_company {
        Some("address_no_match") => BusinessAddress::NoMatch,
        Some("address_line1_no_match") => BusinessAddress::NoLine1Match,
        _ => BusinessAddress::Known,
    }
}

/// Names, websites and descriptors that stand for a refusal: codes with what they are about.
pub(super) fn profile(account: &Account) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let profile = &account.business_profile;
    match profile.name.as_deref() {
        Some("disallowed_dba") => {
            wrong.push(("invalid_business_profile_name_denylisted", "business_profile.name".into()));
        }
        Some("invalid_dba") => wrong.push(("invalid_business_profile_name", "business_profile.name".into())),
        _ => {}
    }
    let host = profile.url.as_deref().and_then(|url| url.split_once("://")).map(|(_, rest)| rest);
    let name = host.and_then(|rest| rest.split(['/', '?', '#']).next()?.strip_suffix(".stripe.com"));
    let code = match name {
        Some("disallowed") => Some("invalid_url_denylisted"),
        Some("geoblocked") => Some("invalid_url_website_inaccessible_geoblocked"),
        Some("problem") => Some("invalid_url_website_other"),
        Some("missing") => Some("invalid_url_website_empty"),
        Some("mismatch") => Some("invalid_url_website_business_information_mismatch"),
        Some("passwordprotected") => Some("invalid_url_website_inaccessible_password_protected"),
        Some("underconstruction") => Some("invalid_url_website_incomplete_under_construction"),
        Some("inaccessible") => Some("invalid_url_website_inaccessible"),
        _ => None,
    };
    wrong.extend(code.map(|code| (code, "business_profile.url".to_owned())));
    let settings = &account.settings;
    let descriptor = settings.payments.statement_descriptor.as_deref().map(str::to_ascii_lowercase);
    let prefix = settings.card_payments.statement_descriptor_prefix.as_deref().map(str::to_ascii_lowercase);
    for (text, field, mismatch, denied) in [
        (
            descriptor,
            "settings.payments.statement_descriptor",
            "invalid_statement_descriptor_business_mismatch",
            "invalid_statement_descriptor_denylisted",
        ),
        (
            prefix,
            "settings.card_payments.statement_descriptor_prefix",
            "invalid_statement_descriptor_prefix_mismatch",
            "invalid_statement_descriptor_prefix_denylisted",
        ),
    ] {
        match text.as_deref() {
            Some("mismatch") => wrong.push((mismatch, field.to_owned())),
            Some("disallowed") => wrong.push((denied, field.to_owned())),
            _ => {}
        }
    }
    wrong
}
