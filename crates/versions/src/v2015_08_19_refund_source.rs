//! The balance transaction of a refund named the charge.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2015-08-19")
    }
    fn what(&self) -> &'static str {
        "The `source` of a balance transaction is the refund, no longer the charge that it returns."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        // The id of a refund does not tell its charge.
        &[("balance_transaction", "source")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "balance_transaction"
            && let Some(source) = it.get_mut("source")
            && let Node::Map(_) = source
        {
            let of = if tree::object_of(source) == Some("refund") { "charge" } else { "id" };
            *source = source.take(of).unwrap_or(Node::Null);
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
                (r#"{"source":{"object":"refund","charge":"ch_1"}}"#, r#"{"source":"ch_1"}"#),
                (r#"{"source":{"id":"ch_1","object":"charge"}}"#, r#"{"source":"ch_1"}"#),
                (r#"{"source":"ch_1"}"#, r#"{"source":"ch_1"}"#),
            ],
        );
    }
}
