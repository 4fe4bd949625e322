//! What an account may do was written in the singular.
use crate::tree;
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2014-11-05")
    }
    fn what(&self) -> &'static str {
        "The `charge_enabled` and `transfer_enabled` of an account become `charges_enabled` and `transfers_enabled`. Accounts show `display_name`, `timezone` and `business_name`, events `api_version`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        match object {
            "account" => {
                it.rename("charges_enabled", "charge_enabled");
                it.rename("transfers_enabled", "transfer_enabled");
                tree::forget(it, &["display_name", "timezone", "business_name"]);
            }
            "event" => tree::forget(it, &["api_version"]),
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
        check::down(
            &Past,
            "account",
            &[(
                r#"{"charges_enabled":true,"transfers_enabled":false,"timezone":"Etc/UTC"}"#,
                r#"{"charge_enabled":true,"transfer_enabled":false}"#,
            )],
        );
        check::down(&Past, "event", &[(r#"{"api_version":"2014-10-07","id":"evt_1"}"#, r#"{"id":"evt_1"}"#)]);
    }
}
