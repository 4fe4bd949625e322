//! What an account still had to tell was its verification.
use base::{Change, Version};
use wire::Node;

/// Where a required field was in the account of then.
fn field_then(field: &str) -> String {
    match field {
        "business_type" => "legal_entity.type".into(),
        "business_profile.name" => "business_name".into(),
        "business_profile.url" => "business_url".into(),
        "company.name" => "legal_entity.business_name".into(),
        "settings.payments.statement_descriptor" => "statement_descriptor".into(),
        _ => match field.split_once('.') {
            Some(("individual" | "company", rest)) => format!("legal_entity.{rest}"),
            Some(("business_profile", rest)) => rest.to_owned(),
            _ => field.to_owned(),
        },
    }
}

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2019-02-19")
    }
    fn what(&self) -> &'static str {
        "The `verification` of an account, with `fields_needed` and `due_by`, becomes `requirements`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "account"
            && let Some(mut requirements) = it.take("requirements")
        {
            let mut verification = Node::Map(Vec::new());
            if let Some(reason) = requirements.take("disabled_reason") {
                let late = reason.as_str() == Some("requirements.past_due");
                verification.set("disabled_reason", if late { Node::text("fields_needed") } else { reason });
            }
            if let Some(due) = requirements.take("current_deadline") {
                verification.set("due_by", due);
            }
            if let Some(Node::List(due)) = requirements.take("currently_due") {
                let fields = due.iter().filter_map(Node::as_str).map(|field| Node::text(field_then(field)));
                verification.set("fields_needed", Node::List(fields.collect()));
            }
            it.set("verification", verification);
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
                    r#"{"requirements":{"currently_due":["individual.first_name","external_account","business_profile.url"],"current_deadline":null,"disabled_reason":"requirements.past_due","past_due":[]}}"#,
                    r#"{"verification":{"fields_needed":["legal_entity.first_name","external_account","business_url"],"due_by":null,"disabled_reason":"fields_needed"}}"#,
                ),
                (r#"{"id":"acct_1"}"#, r#"{"id":"acct_1"}"#),
            ],
        );
    }
}
