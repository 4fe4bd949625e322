//! The person and the business behind an account were one legal entity.
use crate::tree;
use base::{Change, Version};
use wire::Node;

/// Whose a member is, what it is called, and what it was called in the legal entity.
const MEMBERS: &[(&str, &str, &str)] = &[
    ("company", "name", "business_name"),
    ("company", "tax_id", "business_tax_id"),
    ("company", "tax_id_provided", "business_tax_id_provided"),
    ("company", "vat_id", "business_vat_id"),
    ("company", "vat_id_provided", "business_vat_id_provided"),
    ("individual", "first_name", "first_name"),
    ("individual", "last_name", "last_name"),
    ("individual", "maiden_name", "maiden_name"),
    ("individual", "gender", "gender"),
    ("individual", "dob", "dob"),
    ("individual", "id_number", "personal_id_number"),
    ("individual", "id_number_provided", "personal_id_number_provided"),
    ("individual", "ssn_last_4", "ssn_last_4"),
    ("individual", "ssn_last_4_provided", "ssn_last_4_provided"),
];
/// Members that were the entity's, and so the person's where nobody else stands behind the account.
const COMPANY: &[(&str, &str, &str)] = &[
    ("company", "address", "address"),
    ("company", "phone", "phone_number"),
    ("individual", "address", "personal_address"),
];
const PERSON: &[(&str, &str, &str)] =
    &[("individual", "address", "address"), ("individual", "phone", "phone_number")];

fn members(person: bool) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    MEMBERS.iter().chain(if person { PERSON } else { COMPANY })
}

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-02-19")
    }
    fn what(&self) -> &'static str {
        "The `legal_entity` of an account becomes `individual`, `company` and `business_type`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object != "account" {
            return;
        }
        let kind = it.take("business_type");
        let person = kind.as_ref().and_then(Node::as_str) == Some("individual");
        let mut entity = Node::Map(Vec::new());
        for (whose, name, then) in members(person) {
            if let Some(node) = it.get_mut(whose).and_then(|of| of.take(name)) {
                entity.set(*then, node);
            }
        }
        tree::forget(it, &["company", "individual"]);
        match kind {
            Some(Node::Null) => entity.set("type", Node::Null),
            Some(_) => entity.set("type", Node::text(if person { "individual" } else { "company" })),
            None => {}
        }
        // An event of a change elsewhere has no old values to show here.
        if tree::is_whole(it) || entity != Node::Map(Vec::new()) {
            it.set("legal_entity", entity);
        }
    }
    fn up(&self, method: &str, path: &str, params: &mut Node<'_>) {
        if method != "POST" || !path.starts_with("/v1/account") {
            return;
        }
        let Some(mut entity) = params.take("legal_entity") else { return };
        let kind = entity.take("type");
        let person = kind.as_ref().and_then(Node::as_str) != Some("company");
        if let Some(kind) = kind {
            params.set("business_type", kind);
        }
        for (whose, name, then) in members(person) {
            if let Some(node) = entity.take(then) {
                params.set(*then, node);
                tree::sink(params, then, &[whose, name]);
            }
        }
        // What is left is for the decoder to refuse.
        if entity != Node::Map(Vec::new()) {
            params.set("legal_entity", entity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        check::down(
            &Past,
            "account",
            &[
                (
                    r#"{"id":"acct_1","business_type":"company","company":{"name":"Ann","address":{"city":"X"},"structure":null},"individual":{"first_name":"Ann","address":{"city":"Y"}}}"#,
                    r#"{"id":"acct_1","legal_entity":{"type":"company","business_name":"Ann","address":{"city":"X"},"first_name":"Ann","personal_address":{"city":"Y"}}}"#,
                ),
                (
                    r#"{"id":"acct_1","business_type":"individual","individual":{"address":{"city":"Y"},"phone":"1"}}"#,
                    r#"{"id":"acct_1","legal_entity":{"type":"individual","address":{"city":"Y"},"phone_number":"1"}}"#,
                ),
                (
                    r#"{"id":"acct_1","business_type":null}"#,
                    r#"{"id":"acct_1","legal_entity":{"type":null}}"#,
                ),
                (r#"{"details_submitted":false}"#, r#"{"details_submitted":false}"#),
            ],
        );
        check::up(
            &Past,
            "POST",
            "/v1/accounts/{id}",
            &[
                (
                    r#"{"legal_entity":{"type":"company","business_name":"Ann","address":{"city":"X"},"first_name":"Ann"}}"#,
                    r#"{"business_type":"company","company":{"name":"Ann","address":{"city":"X"}},"individual":{"first_name":"Ann"}}"#,
                ),
                (
                    r#"{"legal_entity":{"type":"individual","address":{"city":"X"},"x":"1"}}"#,
                    r#"{"business_type":"individual","individual":{"address":{"city":"X"}},"legal_entity":{"x":"1"}}"#,
                ),
            ],
        );
    }
}
