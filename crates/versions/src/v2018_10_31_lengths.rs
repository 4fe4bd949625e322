//! The description of a customer could be of any length.
use base::{Change, Version};

/// From here on the description of a customer has at most 350 characters.
pub const LENGTHS_LIMITED: Version = Version::of("2018-10-31");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        LENGTHS_LIMITED
    }
    fn what(&self) -> &'static str {
        "The `description` of a customer has at most 350 characters."
    }
}
