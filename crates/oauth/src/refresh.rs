//! Refresh tokens: they do not expire. In the strict profile each use replaces them.
use api::{Object, Place};
use base::{Named, Scope, Timestamp};
use wire::Wire;

/// A refresh token. It is listed by the code that it descends from, and works as long as its connection stands.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct RefreshToken {
    /// The digest of the token's text.
    pub id: String,
    /// `refresh_token`.
    pub object: String,
    /// The client id.
    pub application: String,
    /// The platform's account.
    pub platform: String,
    /// The account that is connected.
    pub account: String,
    /// [`api::access::Connection::generation`] of the connection that it belongs to.
    pub generation: String,
    /// Whether the connection was made with the production client id.
    pub livemode: bool,
    /// What it can give at most.
    pub scope: Scope,
    /// The code that it descends from.
    pub family: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was replaced.
    pub replaced: Option<Timestamp>,
}

impl Named for RefreshToken {
    const NAME: &'static str = "refresh_token";
    const PREFIX: &'static str = "rt";
}
impl Object for RefreshToken {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        // A replaced token is remembered long enough to notice that somebody else has it.
        self.replaced.map(|at| at.0 + 90 * Timestamp::DAY)
    }
}

/// Seconds in which a replaced token is still taken, because the answer that replaced it may have been lost.
pub const GRACE: i64 = 60;
