//! The email address of a customer could be any text.
use base::{Change, Version};

/// From here on the email address of a customer must look like one.
pub const EMAIL_VALIDATED: Version = Version::of("2018-07-27");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        EMAIL_VALIDATED
    }
    fn what(&self) -> &'static str {
        "The `email` of a customer is validated."
    }
}
