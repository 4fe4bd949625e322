//! What objects gained when money could come from more than cards, and up to then.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-02-18")
    }
    fn what(&self) -> &'static str {
        "The balance shows its `source_types`; balance transactions `sourced_transfers`, customers `shipping`, cards `tokenization_method`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "balance" => {
                for name in ["available", "pending", "connect_reserved"] {
                    let Some(Node::List(amounts)) = it.get_mut(name) else { continue };
                    for amount in amounts {
                        tree::forget(amount, &["source_types"]);
                    }
                }
            }
            "card" => tree::forget(it, &["tokenization_method"]),
            "customer" => tree::forget(it, &["business_vat_id", "shipping"]),
            "balance_transaction" => tree::forget(it, &["sourced_transfers"]),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Past;
    use crate::check;

    #[test]
    fn then_and_today() {
        let balances = [(
            r#"{"available":[{"amount":0,"source_types":{"card":0}}]}"#,
            r#"{"available":[{"amount":0}]}"#,
        )];
        check::down(&Past, "balance", &balances);
        check::down(&Past, "balance_transaction", &[(r#"{"sourced_transfers":{}}"#, "{}")]);
    }
}
