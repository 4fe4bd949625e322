//! An idempotency key could come again with other parameters.
use base::{Change, Version};

/// From here on the parameters under one idempotency key must be the same; before, only the endpoint.
pub const IDEMPOTENT_PARAMETERS: Version = Version::of("2015-09-03");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        IDEMPOTENT_PARAMETERS
    }
    fn what(&self) -> &'static str {
        "Reusing an idempotency key with other parameters is an error."
    }
}
