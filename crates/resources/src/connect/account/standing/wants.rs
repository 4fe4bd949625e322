//! What is wanted of whom, before what: the tables behind requirements, and behind country specs.
use super::super::{Account, BusinessType, Party, RECEIVING};
use crate::{address::Address, connect::person::Member};

/// How much a capability wants to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Enough to be paid by a platform.
    Recipient,
    /// Enough to take payments.
    Merchant,
}

impl Level {
    /// What a capability wants.
    pub(crate) fn of(capability: &str) -> Self {
        if RECEIVING.contains(&capability) { Level::Recipient } else { Level::Merchant }
    }
}

/// Something that is wanted.
pub(crate) struct Want {
    /// The requirement, such as `individual.first_name`.
    pub(crate) field: String,
    /// Whether it is wanted now; else at some time.
    pub(crate) now: bool,
    /// Whether it is not there.
    pub(crate) missing: bool,
    /// The person that it is wanted of.
    pub(crate) person: Option<String>,
    /// Whether it is the company's.
    pub(crate) of_company: bool,
}

/// What somebody is to the account, as far as more or less is wanted of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Individual,
    Representative,
    Owner,
    Other,
}

/// Countries whose addresses have a state.
const WITH_STATE: [&str; 8] = ["AU", "BR", "CA", "IE", "IN", "MX", "MY", "US"];
/// Countries outside of Europe where it is asked who directs a company and not who runs it.
const DIRECTORS_ONLY: [&str; 4] = ["AU", "CA", "HK", "NZ"];
/// Countries where whoever represents a company must run it: the European Economic Area and its neighbours.
#[rustfmt::skip]
const EUROPE: [&str; 32] = [
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU", "IE", "IT", "LI", "LT", "LU",
    "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];
/// Countries where people have a number that tells who they are, which is asked for before a document.
const WITH_NUMBER: [&str; 7] = ["BR", "CA", "HK", "IN", "MX", "SG", "US"];

/// How requirements of a person are led: by what they are where they are the business, else by their id.
pub(crate) fn prefix(account: &Account, member: &Member) -> String {
    if account.business_type == Some(BusinessType::Individual)
        && member.shown.relationship.representative == Some(true)
    {
        "individual".into()
    } else {
        member.shown.id.clone()
    }
}

/// What is wanted of an account before it may do what wants so much.
pub(crate) fn of(account: &Account, level: Level) -> Vec<Want> {
    let mut all = Vec::new();
    let mut want = |field: &str, now: bool, there: bool| {
        all.push(Want {
            field: field.to_owned(),
            now,
            missing: !there,
            person: None,
            of_company: field.starts_with("company."),
        });
    };
    let profile = &account.business_profile;
    let says_what = profile.product_description.is_some();
    let must_show = profile.product_description.as_deref() == Some("require_url");
    want("business_profile.url", true, profile.url.is_some() || (says_what && !must_show));
    if level == Level::Merchant {
        want("business_profile.mcc", true, profile.mcc.is_some());
    }
    want("business_type", true, account.business_type.is_some());
    want("external_account", true, !account.externals().is_empty());
    let tos = &account.tos_acceptance;
    want("tos_acceptance.date", true, tos.date.is_some());
    want("tos_acceptance.ip", true, tos.ip.is_some());

    let us = account.country == "US";
    if let Some(BusinessType::Company | BusinessType::NonProfit | BusinessType::GovernmentEntity) =
        account.business_type
    {
        let company = account.company.0.clone().unwrap_or_default();
        want("company.name", true, company.name.is_some());
        let tax_id = company.tax_id_provided.0 == Some(true);
        want("company.tax_id", level == Level::Merchant, tax_id);
        if level == Level::Merchant {
            address(&mut want, "company", &account.country, true, company.address.0.as_ref());
            want("company.phone", true, company.phone.is_some());
            want("company.owners_provided", true, company.owners_provided.0 == Some(true));
            if !us {
                want("company.directors_provided", true, company.directors_provided.0 == Some(true));
            }
            if !us && !DIRECTORS_ONLY.contains(&account.country.as_str()) {
                want("company.executives_provided", true, company.executives_provided.0 == Some(true));
            }
        }
    }
    persons(account, level, &mut all);
    all
}

fn address(
    want: &mut impl FnMut(&str, bool, bool),
    whose: &str,
    country: &str,
    now: bool,
    it: Option<&Address>,
) {
    let has = |field: fn(&Address) -> &Option<String>| it.is_some_and(|it| field(it).is_some());
    want(&format!("{whose}.address.city"), now, has(|it| &it.city));
    want(&format!("{whose}.address.line1"), now, has(|it| &it.line1));
    want(&format!("{whose}.address.postal_code"), now, has(|it| &it.postal_code));
    if WITH_STATE.contains(&country) {
        want(&format!("{whose}.address.state"), now, has(|it| &it.state));
    }
}

fn persons(account: &Account, level: Level, all: &mut Vec<Want>) {
    let individual = account.business_type == Some(BusinessType::Individual);
    let represents = |it: &&Member| it.shown.relationship.representative == Some(true);
    let first = account.members.0.iter().find(represents);
    let lead = if individual { Role::Individual } else { Role::Representative };
    if first.is_none() {
        let word = if individual { "individual" } else { "representative" };
        of_person(account, level, lead, word, None, all);
    }
    for member in &account.members.0 {
        let it = &member.shown.relationship;
        let role = if it.representative == Some(true) {
            lead
        } else if individual {
            // Nobody else matters where one person is the business.
            continue;
        } else if it.owner == Some(true) {
            Role::Owner
        } else {
            Role::Other
        };
        of_person(account, level, role, &prefix(account, member), Some(member), all);
    }
}

fn of_person(
    account: &Account,
    level: Level,
    role: Role,
    word: &str,
    member: Option<&Member>,
    all: &mut Vec<Want>,
) {
    let us = account.country == "US";
    let merchant = level == Level::Merchant;
    let leads = matches!(role, Role::Individual | Role::Representative);
    let it = member.map(|member| &member.shown);
    let standing = account.standing_of();
    let stage = standing.stage;
    let mut want = |field: &str, now: bool, there: bool| {
        all.push(Want {
            field: field.to_owned(),
            now,
            missing: !there,
            person: it.map(|it| it.id.clone()),
            of_company: false,
        });
    };
    let at = |field: &str| format!("{word}.{field}");
    let born = it.and_then(|it| it.dob.0);
    want(&at("first_name"), true, it.is_some_and(|it| it.first_name.is_some()));
    want(&at("last_name"), true, it.is_some_and(|it| it.last_name.is_some()));
    if leads || !us {
        want(&at("dob.day"), true, born.is_some_and(|it| it.day.is_some()));
        want(&at("dob.month"), true, born.is_some_and(|it| it.month.is_some()));
        want(&at("dob.year"), true, born.is_some_and(|it| it.year.is_some()));
    }
    if merchant && (leads || role == Role::Owner) {
        want(&at("email"), true, it.is_some_and(|it| it.email.is_some()));
    }
    let lives = it.and_then(|it| it.address.0.as_ref());
    if role == Role::Owner && merchant && !us {
        address(&mut want, word, &account.country, true, lives);
    }
    if !leads {
        return;
    }
    if merchant {
        want(&at("phone"), true, it.is_some_and(|it| it.phone.is_some()));
    }
    address(&mut want, word, &account.country, merchant, lives);
    if role == Role::Representative && merchant {
        let title = it.is_some_and(|it| it.relationship.title.is_some());
        want(&at("relationship.title"), true, title);
        if EUROPE.contains(&account.country.as_str()) {
            want(
                &at("relationship.executive"),
                true,
                it.is_some_and(|it| it.relationship.executive == Some(true)),
            );
        }
    }
    let number = it.is_some_and(|it| it.id_number_provided);
    let document = it.is_some_and(|it| it.verification.document.front.is_some());
    if us {
        let end = it.is_some_and(|it| it.ssn_last_4_provided || it.id_number_provided) || document;
        want(&at("ssn_last_4"), merchant, end);
    }
    let has_number = WITH_NUMBER.contains(&account.country.as_str());
    if has_number {
        want(&at("id_number"), stage >= 1, number || document);
    }
    let blocked = standing.charges_blocked || standing.payouts_blocked;
    // Where nobody has a number, a document is what tells who somebody is, once that matters.
    let wanted = stage >= if has_number { 2 } else { 1 } || blocked;
    if wanted || !has_number {
        want(&at("verification.document"), wanted, document);
    }
}

/// What a country wants of a business of this type, at once and at some time: for its spec.
pub(crate) fn of_country(country: &str, kind: BusinessType) -> (Vec<String>, Vec<String>) {
    let mut account = Account::blank("", country);
    account.business_type = Some(kind);
    account.controller.requirement_collection.0 = Some(Party::Application);
    let wants = of(&account, Level::Merchant);
    let mut minimum: Vec<String> = wants.iter().filter(|it| it.now).map(|it| it.field.clone()).collect();
    let mut additional: Vec<String> = wants.iter().filter(|it| !it.now).map(|it| it.field.clone()).collect();
    // A document is asked for where nothing else tells who somebody is.
    let who = if kind == BusinessType::Individual { "individual" } else { "representative" };
    additional.push(format!("{who}.verification.document"));
    minimum.push("business_type".into());
    for list in [&mut minimum, &mut additional] {
        list.sort();
        list.dedup();
    }
    (minimum, additional)
}
