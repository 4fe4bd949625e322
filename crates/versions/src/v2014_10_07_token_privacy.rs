//! A publishable key could read tokens.
use base::{Change, Version};

/// From here on a publishable key neither retrieves tokens nor sees the fingerprint in those it makes.
pub const TOKEN_PRIVACY: Version = Version::of("2014-10-07");

pub(crate) struct Past;

impl Change for Past {
    fn since(&self) -> Version {
        TOKEN_PRIVACY
    }
    fn what(&self) -> &'static str {
        "A publishable key no longer retrieves tokens, and a token made with one shows no `fingerprint`."
    }
}
