//! A balance transaction listed the transfers made from it.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2017-01-27")
    }
    fn what(&self) -> &'static str {
        "A balance transaction loses `sourced_transfers`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "balance_transaction"
            && let Some(source) = it.get("source").and_then(tree::id_of)
        {
            let url = format!("/v1/transfers?source_transaction={source}");
            tree::set_missing(it, "sourced_transfers", tree::empty_list(url));
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
            "balance_transaction",
            &[
                (
                    r#"{"id":"txn_1","source":"ch_1"}"#,
                    r#"{"id":"txn_1","source":"ch_1","sourced_transfers":{"object":"list","data":[],"has_more":false,"total_count":0,"url":"/v1/transfers?source_transaction=ch_1"}}"#,
                ),
                (
                    r#"{"id":"txn_1","sourced_transfers":1,"source":{"id":"ch_1"}}"#,
                    r#"{"id":"txn_1","sourced_transfers":1,"source":{"id":"ch_1"}}"#,
                ),
                (r#"{"id":"txn_1","source":null}"#, r#"{"id":"txn_1","source":null}"#),
            ],
        );
    }
}
