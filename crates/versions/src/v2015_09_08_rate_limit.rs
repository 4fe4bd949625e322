//! Too many requests were a bad request.
use base::{Change, Version};

/// From here on status 429 says that there were too many requests; before, status 400.
pub const RATE_LIMIT_STATUS: Version = Version::of("2015-09-08");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        RATE_LIMIT_STATUS
    }
    fn what(&self) -> &'static str {
        "Too many requests are answered with status 429; it was 400 with the code `rate_limit`."
    }
}
