//! The refunds of an application fee were an array.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-07-26")
    }
    fn what(&self) -> &'static str {
        "The `refunds` of an application fee become a list."
    }
    fn needs(&self) -> &'static [(&'static str, &'static str)] {
        &[("application_fee", "refunds")]
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "application_fee"
            && let Some(list) = it.take("refunds")
        {
            it.set("refunds", Node::List(tree::items(list)));
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
            "application_fee",
            &[
                (r#"{"refunds":{"object":"list","data":[{"id":"fr_1"}]}}"#, r#"{"refunds":[{"id":"fr_1"}]}"#),
                (r#"{"id":"fee_1"}"#, r#"{"id":"fee_1"}"#),
            ],
        );
    }
}
