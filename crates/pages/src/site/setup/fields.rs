//! Requirements of an account as fields of a form, and a form as parameters of the API.
use base::Timestamp;
use resources::connect::account::{BusinessType, Complaint};
use wire::Node;

use super::Account;
use crate::views::{Choice, SetupField, SetupKind, SetupSection};
use crate::{Form, choices};

/// What is asked of an account at once.
pub(super) struct Asked {
    /// The requirements that fields answer.
    names: Vec<String>,
    /// Those of them that may be left out.
    optional: Vec<String>,
    /// Whether the terms are asked for.
    pub(super) terms: bool,
    /// Whether a bank account is.
    bank: bool,
    complaints: Vec<Complaint>,
    /// The account as the API tells it.
    known: Node<'static>,
    country: String,
    test: bool,
}

/// A call of the API.
pub(super) struct Request {
    pub(super) path: String,
    /// What the names of its fields begin with.
    pub(super) prefix: String,
    pub(super) params: Node<'static>,
}

/// Fields of a bank account.
const BANK: [&str; 4] = [
    "external_account.country",
    "external_account.currency",
    "external_account.routing_number",
    "external_account.account_number",
];

/// How a requirement is asked for: the end of its name, what the person reads, how it is filled in, what browsers know
/// it by, a hint, and the value that test mode fills in.
type Row = (&'static str, &'static str, SetupKind, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("business_type", "What kind of business is it?", SetupKind::Choice, "off", "", "individual"),
    ("business_profile.name", "Name that customers know", SetupKind::Line, "organization", "", "Ann's Pottery"),
    ("business_profile.mcc", "What it mostly sells", SetupKind::Choice, "off", "", "5999"),
    ("business_profile.url", "Website", SetupKind::Website, "url", "A shop page or profile is fine. Starts with https:// or http://", "https://accessible.stripe.com"),
    ("business_profile.product_description", "What do you sell?", SetupKind::Area, "off", "", "Handmade pots, sent within a week"),
    ("business_profile.support_phone", "Phone that customers call", SetupKind::Phone, "tel", "", "0000000000"),
    ("business_profile.support_email", "Email that customers write to", SetupKind::Email, "email", "", "help@example.com"),
    ("settings.payments.statement_descriptor", "Name on card statements", SetupKind::Line, "off", "5 to 22 characters", "ANNS POTTERY"),
    ("settings.card_payments.statement_descriptor_prefix", "Short name on card statements", SetupKind::Line, "off", "2 to 10 characters", "ANN"),
    ("company.name", "Name of the company, as registered", SetupKind::Line, "organization", "", "Ann's Pottery Inc."),
    ("company.phone", "Phone of the company", SetupKind::Phone, "tel", "", "0000000000"),
    ("company.tax_id", "Tax id of the company", SetupKind::Digits, "off", "An EIN in the United States, else the number that companies are registered by.", "000000000"),
    ("company.owners_provided", "Nobody who was not named here owns 25% or more of the company", SetupKind::Check, "off", "", "true"),
    ("company.directors_provided", "Nobody who was not named here is on its board", SetupKind::Check, "off", "", "true"),
    ("company.executives_provided", "Nobody who was not named here runs it", SetupKind::Check, "off", "", "true"),
    ("relationship.title", "Your position in the company", SetupKind::Line, "organization-title", "", "Owner"),
    ("first_name", "First name", SetupKind::Line, "given-name", "", "Ann"),
    ("last_name", "Last name", SetupKind::Line, "family-name", "", "Potter"),
    ("dob", "Date of birth", SetupKind::Date, "off", "", "1901-1-1"),
    ("email", "Email", SetupKind::Email, "email", "", "ann@example.com"),
    ("phone", "Phone", SetupKind::Phone, "tel", "", "0000000000"),
    ("address.line1", "Street and number", SetupKind::Line, "address-line1", "", "address_full_match"),
    ("address.city", "City", SetupKind::Line, "address-level2", "", "Berea"),
    ("address.state", "State or region", SetupKind::Line, "address-level1", "", "KY"),
    ("address.postal_code", "ZIP or postal code", SetupKind::Line, "postal-code", "", "40403"),
    ("ssn_last_4", "Last 4 digits of the social security number", SetupKind::Digits, "off", "", "0000"),
    ("id_number", "Social security number or id number", SetupKind::Digits, "off", "", "000000000"),
    ("external_account.country", "Country of the bank", SetupKind::Choice, "country", "", "US"),
    ("external_account.currency", "Currency", SetupKind::Choice, "off", "", "usd"),
    ("external_account.routing_number", "Routing number", SetupKind::Digits, "off", "Nine digits in the United States. Elsewhere leave it out with an IBAN.", "110000000"),
    ("external_account.account_number", "Account number or IBAN", SetupKind::Digits, "off", "", "000123456789"),
];

/// A document that can be named where there is none to upload.
const DOCUMENTS: &[(&str, &str)] = &[
    ("file_identity_document_success", "A test document that is accepted"),
    ("file_identity_document_failure", "A test document that is refused"),
];

/// What businesses mostly sell, by merchant category.
const CATEGORIES: &[(&str, &str)] = &[
    ("5734", "Software"),
    ("5817", "Digital goods"),
    ("5999", "Goods in a shop"),
    ("5812", "Food and drink"),
    ("7299", "Services to people"),
    ("7392", "Services to businesses"),
    ("8299", "Teaching"),
    ("8398", "A charitable cause"),
    ("4121", "Rides"),
    ("6513", "Renting out"),
];

/// What can be changed although nothing is wanted: of the business, and of whoever represents it.
const CHANGEABLE: &[&str] = &["business_profile.url", "business_profile.product_description"];
const CHANGEABLE_OF_PERSON: &[&str] =
    &["email", "phone", "address.line1", "address.city", "address.state", "address.postal_code"];

/// Whose a requirement is, and the rest of its name.
fn whose(name: &str) -> (&str, &str) {
    match name.split_once('.') {
        Some((who, rest)) if who == "individual" || who == "representative" || who.starts_with("person_") => {
            (who, rest)
        }
        _ => ("", name),
    }
}

fn row(name: &str) -> Option<Row> {
    let (_, rest) = whose(name);
    // The address of a company is asked for as that of a person.
    let rest = rest.strip_prefix("company.").filter(|rest| rest.starts_with("address.")).unwrap_or(rest);
    ROWS.iter().copied().find(|row| row.0 == rest)
}

impl Asked {
    /// What is wanted of an account now, and with `eventually` at some time; with `update` what may have changed, too.
    pub(super) fn of(account: &Account, known: Node<'static>, eventually: bool, update: bool) -> Self {
        let wanted = &account.requirements;
        let mut due = if eventually { wanted.eventually_due.clone() } else { wanted.currently_due.clone() };
        due.extend(wanted.currently_due.iter().cloned());
        let test = !account.modes().contains(&true);
        let mut optional = vec!["external_account.routing_number".to_owned()];
        // What is asked for next follows from the type, and the terms come last.
        let first = account.business_type.is_none() && due.iter().any(|it| it == "business_type");
        if first {
            due = vec!["business_type".into()];
        } else if update {
            optional.extend(CHANGEABLE.iter().map(|it| (*it).to_owned()));
            let represents =
                |it: &&resources::connect::person::Member| it.shown.relationship.representative == Some(true);
            if let Some(member) = account.members.0.iter().find(represents) {
                let who = if account.business_type == Some(BusinessType::Individual) {
                    "individual"
                } else {
                    &member.shown.id
                };
                optional.extend(CHANGEABLE_OF_PERSON.iter().map(|it| format!("{who}.{it}")));
            }
            optional.retain(|it| !due.contains(it));
            due.extend(optional.iter().filter(|it| !it.starts_with("external_account")).cloned());
        }
        let mut names: Vec<String> = Vec::new();
        let bank = due.iter().any(|it| it == "external_account");
        for name in due {
            // The parts of a day are asked for together.
            let whole = [".day", ".month", ".year"].iter().find_map(|part| name.strip_suffix(part));
            let name = whole.map_or_else(|| name.clone(), str::to_owned);
            let document = name.ends_with("verification.document") && test;
            if (row(&name).is_some() || document) && !names.contains(&name) {
                names.push(name);
            }
        }
        if bank {
            names.extend(BANK.iter().map(|it| (*it).to_owned()));
        }
        Asked {
            names,
            optional,
            terms: !first && wanted.currently_due.iter().any(|it| it.starts_with("tos_acceptance.")),
            bank,
            complaints: wanted.errors.clone(),
            known,
            country: account.country.clone(),
            test,
        }
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.terms
    }
    /// Whether what is asked for decides what is asked for next.
    pub(super) fn is_first(&self) -> bool {
        self.names == ["business_type"]
    }
    /// Whether something is asked for that was not asked for before.
    pub(super) fn asks_more_than(&self, before: &Asked) -> bool {
        self.names.iter().any(|name| !before.names.contains(name)) || self.terms && !before.terms
    }

    /// The form with what is known already. What identifies people is never shown again.
    pub(super) fn filled(&self) -> Form {
        let mut form = Form::default();
        for name in &self.names {
            let known = name.split('.').try_fold(&self.known, |node, part| node.get(part));
            if let Some(text) = known.and_then(Node::as_str) {
                form.set(name, text);
            }
        }
        if self.bank {
            form.set("external_account.country", self.country.as_str());
            let currency = self.known.get("default_currency").and_then(Node::as_str).unwrap_or("usd");
            form.set("external_account.currency", currency);
        }
        form
    }

    /// The form with values of test mode, each of which is found to be right.
    pub(super) fn test_values(&self) -> Form {
        let mut form = self.filled();
        for name in &self.names {
            if name.ends_with("verification.document") {
                form.set(name, DOCUMENTS[0].0);
            } else if let Some((.., SetupKind::Date, _, _, _)) = row(name) {
                for (part, value) in [("year", "1901"), ("month", "1"), ("day", "1")] {
                    form.set(format!("{name}.{part}"), value);
                }
            } else if let Some((.., value)) = row(name)
                && (form.text(name).is_empty() || value == "true")
            {
                form.set(name, value);
            }
        }
        form
    }

    /// The fields, those together that are about the same.
    pub(super) fn sections(&self) -> Vec<SetupSection> {
        let mut sections: Vec<SetupSection> = Vec::new();
        let mut sorted: Vec<&String> = self.names.iter().collect();
        sorted.sort_by_key(|name| (rank(name), order(name)));
        for name in sorted {
            let (title, note) = self.section(name);
            let field = self.field(name);
            match sections.iter_mut().find(|it| it.title == title) {
                Some(section) => section.fields.push(field),
                None => sections.push(SetupSection { title, note, fields: vec![field] }),
            }
        }
        sections
    }

    fn section(&self, name: &str) -> (String, Option<String>) {
        let test = |text: &str| self.test.then(|| text.to_owned());
        match whose(name) {
            ("", name) if name.starts_with("external_account") => (
                "Bank account for your payouts".into(),
                test(
                    "Test mode: routing number 110000000 and account number 000123456789 of the United States.",
                ),
            ),
            ("", name) if name.starts_with("company") => ("Your company".into(), None),
            ("", _) => ("Your business".into(), None),
            ("individual" | "representative", _) => (
                "You".into(),
                test(
                    "Test mode: whoever was born on 1 January 1901 is verified, and so is the id number 000000000.",
                ),
            ),
            (id, _) => {
                let called = |field: &str| {
                    self.known.get("individual").and_then(|it| it.get(field)).and_then(Node::as_str)
                };
                match called("first_name") {
                    Some(first) => (format!("{first} ({id})"), None),
                    None => (format!("Person {id}"), None),
                }
            }
        }
    }

    fn field(&self, name: &str) -> SetupField {
        let complaint = self.complaints.iter().find(|it| it.requirement == name).map(|it| it.reason.clone());
        let Some((_, label, kind, autocomplete, hint, _)) = row(name) else {
            return SetupField {
                name: name.to_owned(),
                label: "Identity document".into(),
                kind: SetupKind::Choice,
                hint: "A passport, driving licence or identity card.".into(),
                autocomplete: "off".into(),
                required: true,
                options: Choice::list(DOCUMENTS),
                complaint,
            };
        };
        let options = match whose(name).1 {
            "business_type" => Choice::list(&[
                ("individual", "I work for myself"),
                ("company", "A company"),
                ("non_profit", "A non-profit organization"),
                ("government_entity", "Part of a government"),
            ]),
            "business_profile.mcc" => Choice::list(CATEGORIES),
            "external_account.country" => choices::countries(),
            "external_account.currency" => choices::currencies(),
            _ => Vec::new(),
        };
        SetupField {
            name: name.to_owned(),
            label: label.into(),
            kind,
            hint: hint.into(),
            autocomplete: autocomplete.into(),
            required: !self.optional.iter().any(|it| it == name),
            options,
            complaint,
        }
    }

    /// Refuses what is left out.
    pub(super) fn check(&self, form: &mut Form) {
        for name in &self.names {
            let dated = matches!(row(name), Some((.., SetupKind::Date, _, _, _)));
            let parts = if dated { vec![".day", ".month", ".year"] } else { vec![""] };
            if !self.optional.contains(name)
                && parts.iter().any(|part| form.text(&format!("{name}{part}")).is_empty())
            {
                form.refuse(name, "Fill this in");
            }
        }
    }

    /// What was typed, as calls of the API: for the account, and for each person.
    pub(super) fn requests(
        &self,
        account: &Account,
        form: &Form,
        terms: Option<(Timestamp, String, Option<String>)>,
    ) -> Vec<Request> {
        let mut own = Node::Map(Vec::new());
        let mut persons: Vec<(String, Node<'static>)> = Vec::new();
        for name in &self.names {
            let (who, rest) = whose(name);
            let of_account = who.is_empty() || who == "individual";
            let path = if of_account { name.as_str() } else { rest };
            let params = if of_account {
                &mut own
            } else {
                let at = persons.iter().position(|(known, _)| known == who).unwrap_or_else(|| {
                    persons.push((who.to_owned(), Node::Map(Vec::new())));
                    persons.len() - 1
                });
                &mut persons[at].1
            };
            if matches!(row(name), Some((.., SetupKind::Date, _, _, _))) {
                for part in ["day", "month", "year"] {
                    put(params, &format!("{path}.{part}"), form.text(&format!("{name}.{part}")));
                }
            } else if name.ends_with("verification.document") {
                put(params, &format!("{path}.front"), form.text(name));
            } else if !form.text(name).is_empty() {
                put(params, path, form.text(name));
            }
        }
        if self.bank {
            put(&mut own, "external_account.object", "bank_account");
        }
        if let Some((now, ip, agent)) = terms {
            put(&mut own, "tos_acceptance.date", &now.0.to_string());
            put(&mut own, "tos_acceptance.ip", &ip);
            if let Some(agent) = agent {
                put(&mut own, "tos_acceptance.user_agent", &agent);
            }
        }
        let id = &account.id;
        let mut all = Vec::new();
        for (who, mut params) in persons {
            let path = if who == "representative" {
                put(&mut params, "relationship.representative", "true");
                format!("/v1/accounts/{id}/persons")
            } else {
                format!("/v1/accounts/{id}/persons/{who}")
            };
            all.push(Request { path, prefix: format!("{who}."), params });
        }
        if own != Node::Map(Vec::new()) {
            all.push(Request { path: format!("/v1/accounts/{id}"), prefix: String::new(), params: own });
        }
        all
    }

    /// The field that a parameter of a refused call belongs to.
    pub(super) fn field_of(&self, prefix: &str, param: &str) -> Option<String> {
        let name = format!("{prefix}{}", param.replace("][", ".").replace('[', ".").replace(']', ""));
        let fits = |known: &&String| name == **known || name.starts_with(&format!("{known}."));
        let within = |known: &&String| known.starts_with(&format!("{name}."));
        self.names.iter().find(fits).or_else(|| self.names.iter().find(within)).cloned()
    }
}

/// Where the section of a field stands.
fn rank(name: &str) -> usize {
    match whose(name) {
        ("", name) if name.starts_with("external_account") => 9,
        ("", name) if name.starts_with("company") => 1,
        ("", _) => 0,
        ("individual" | "representative", _) => 2,
        _ => 3,
    }
}

/// Where a field stands among those of its section.
fn order(name: &str) -> usize {
    row(name).and_then(|row| ROWS.iter().position(|it| it.0 == row.0)).unwrap_or(ROWS.len())
}

/// Sets a parameter by its path.
fn put(params: &mut Node<'static>, path: &str, value: &str) {
    match path.split_once('.') {
        None => params.set(path.to_owned(), Node::Form(value.to_owned().into())),
        Some((head, rest)) => {
            if params.get(head).is_none() {
                params.set(head.to_owned(), Node::Map(Vec::new()));
            }
            if let Some(inner) = params.get_mut(head) {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_find_their_fields() {
        let asked = Asked {
            names: vec![
                "individual.dob".into(),
                "individual.email".into(),
                "external_account.account_number".into(),
            ],
            optional: Vec::new(),
            terms: false,
            bank: true,
            complaints: Vec::new(),
            known: Node::Map(Vec::new()),
            country: "US".into(),
            test: true,
        };
        for (prefix, param, field) in [
            ("", "individual[dob]", Some("individual.dob")),
            ("", "individual[email]", Some("individual.email")),
            ("individual.", "email", Some("individual.email")),
            ("", "external_account[account_number]", Some("external_account.account_number")),
            ("", "external_account", Some("external_account.account_number")),
            ("", "metadata", None),
        ] {
            assert_eq!(asked.field_of(prefix, param).as_deref(), field, "{param}");
        }
    }

    #[test]
    fn paths_become_hashes() {
        let mut params = Node::Map(Vec::new());
        put(&mut params, "individual.dob.day", "1");
        put(&mut params, "individual.dob.month", "2");
        assert_eq!(params.to_json(), r#"{"individual":{"dob":{"day":"1","month":"2"}}}"#);
    }
}
