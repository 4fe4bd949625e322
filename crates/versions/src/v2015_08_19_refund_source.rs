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
    fn down(&self, object: &str, it: &mut Node<'_>) {
        // An id alone does not tell its charge; where the caller expanded it, it does.
        if object == "balance_transaction"
            && let Some(source) = it.get_mut("source")
            && tree::object_of(source) == Some("refund")
            && let Some(charge) = source.take("charge")
        {
            *source = charge;
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
                (r#"{"source":"ch_1"}"#, r#"{"source":"ch_1"}"#),
            ],
        );
    }
}
