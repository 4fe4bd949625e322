//! Authorization codes: five minutes, one use. A used code stays known, because a second use takes back what the
//! first one gave.
use api::{Cx, Object, Place};
use base::{Named, Scope, Timestamp};
use wire::Wire;

/// A code that an application was given.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Code {
    /// The digest of the code's text.
    pub id: String,
    /// `authorization_code`.
    pub object: String,
    /// The client id.
    pub application: String,
    /// The platform's account.
    pub platform: String,
    /// The account that is connected.
    pub account: String,
    /// [`api::access::Connection::generation`] of the connection that it belongs to.
    pub generation: String,
    /// Whether the production client id asked.
    pub livemode: bool,
    /// What was allowed.
    pub scope: Scope,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Whether the ask named that address.
    pub named_redirect_uri: bool,
    /// The challenge of PKCE.
    pub challenge: Option<String>,
    /// Until when it can be swapped.
    pub expires: Timestamp,
    /// When it was swapped.
    pub used: Option<Timestamp>,
    /// The refresh tokens that descend from it, newest last.
    pub refresh: Vec<String>,
    /// Whether it was used again, and everything taken back.
    pub revoked: bool,
}

impl Named for Code {
    const NAME: &'static str = "authorization_code";
    const PREFIX: &'static str = "ac";
}
impl Object for Code {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        // A code that nobody swapped is kept for a while, so that a late use is told from a made-up code. One that
        // was swapped is kept as long as what it gave: a second use takes that back.
        self.used.is_none().then_some(self.expires.0 + KEPT)
    }
}

/// Seconds in which a code can be swapped.
pub const LIFETIME: i64 = 5 * 60;
/// Seconds for which a code that nobody swapped is remembered after that.
const KEPT: i64 = 30 * Timestamp::DAY;

/// The text of a new code.
pub(crate) fn text(cx: &Cx<'_>) -> String {
    format!("ac_{}", cx.token(32))
}
