//! A customer had one tax number.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2018-08-23")
    }
    fn what(&self) -> &'static str {
        "The `business_vat_id` of a customer becomes `tax_info`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "customer"
            && let Some(mut info) = it.take("tax_info")
        {
            it.set("business_vat_id", info.take("tax_id").unwrap_or(Node::Null));
            tree::forget(it, &["tax_info_verification"]);
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
            "customer",
            &[
                (r#"{"tax_info":null,"tax_info_verification":null}"#, r#"{"business_vat_id":null}"#),
                (r#"{"tax_info":{"tax_id":"DE1","type":"vat"}}"#, r#"{"business_vat_id":"DE1"}"#),
            ],
        );
    }
}
