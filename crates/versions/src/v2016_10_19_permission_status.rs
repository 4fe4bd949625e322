//! Whoever lacked a right was taken for a stranger.
use base::{Change, Version};

/// From here on status 403 refuses a caller who lacks the right; before, status 401.
pub const FORBIDDEN: Version = Version::of("2016-10-19");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        FORBIDDEN
    }
    fn what(&self) -> &'static str {
        "A request without the right to make it is answered with status 403; it was 401."
    }
}
