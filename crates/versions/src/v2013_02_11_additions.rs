//! What objects gained in the winter of 2012 to 2013: charges that are captured later, above all.
use crate::tree;
use base::{Change, Version};
use wire::Node;

const LATER: &[(&str, &[&str])] =
    &[("charge", &["captured", "failure_code"]), ("card", &["address_city"]), ("error", &["charge"])];

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2013-02-11")
    }
    fn what(&self) -> &'static str {
        "Charges show `captured` and `failure_code`, cards `address_city`, card errors the failed `charge`."
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
            "charge",
            &[(r#"{"paid":true,"captured":true,"failure_code":null}"#, r#"{"paid":true}"#)],
        );
        check::down(&Past, "card", &[(r#"{"address_city":null,"last4":"4242"}"#, r#"{"last4":"4242"}"#)]);
        check::down(
            &Past,
            "error",
            &[(r#"{"charge":"ch_1","type":"card_error"}"#, r#"{"type":"card_error"}"#)],
        );
    }
}
