//! What objects and errors gained in 2018.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const LATER: &[(&str, &[&str])] =
    &[("error", &["doc_url"]), ("customer", &["invoice_prefix"]), ("charge", &["payment_intent"])];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2018-11-08")
    }
    fn what(&self) -> &'static str {
        "Errors show `doc_url`; customers `invoice_prefix`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        tree::forget_later(object, it, LATER);
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
            "error",
            &[(r#"{"message":"No.","doc_url":"https://docs.example"}"#, r#"{"message":"No."}"#)],
        );
    }
}
