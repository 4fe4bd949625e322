//! An event of a connected account named its user.
use base::{Change, Version};
use wire::Node;

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        Version::of("2017-05-25")
    }
    fn what(&self) -> &'static str {
        "The `user_id` of an event becomes `account`."
    }
    fn down(&self, object: &str, it: &mut Node<'_>) {
        if object == "event"
            && let Some(account) = it.take("account")
        {
            it.set("user_id", account);
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
            "event",
            &[
                (r#"{"account":"acct_1"}"#, r#"{"user_id":"acct_1"}"#),
                (r#"{"account":"acct_1","user_id":"acct_1"}"#, r#"{"user_id":"acct_1"}"#),
                (r#"{"id":"evt_1"}"#, r#"{"id":"evt_1"}"#),
            ],
        );
        check::ignores(&Past, &["application_fee"], r#"{"account":"acct_1"}"#);
    }
}
