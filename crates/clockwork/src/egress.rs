//! The seam to the world outside: somebody who posts letters.
use base::Fut;
use bytes::Bytes;
use http::HeaderMap;
use std::fmt;
use url::Url;

/// A delivery as it leaves the house.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Where to, `http` or `https`. A name and password in it are not sent: they are in the headers already.
    pub url: Url,
    /// The headers, without `Host` and `Content-Length`.
    pub headers: HeaderMap,
    /// The body, byte for byte as it was signed.
    pub body: Bytes,
}

/// What was answered. What a receiver says beside its status matters to nobody but to who looks for a mistake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The beginning of the body.
    pub body: Bytes,
    /// Whether the body went on.
    pub cut: bool,
}

impl Answer {
    /// A status and nothing else.
    pub fn of(status: u16) -> Self {
        Answer { status, ..Answer::default() }
    }
    /// Whether it is a receipt.
    pub fn is_receipt(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// The address may not be delivered to.
    Forbidden(String),
    /// Nobody answered there, or not in HTTP.
    Unreachable(String),
    /// The answer did not come in time.
    TimedOut,
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsent::Forbidden(why) => write!(f, "refused: {why}"),
            Unsent::Unreachable(why) => write!(f, "unable to connect: {why}"),
            Unsent::TimedOut => f.write_str("timed out"),
        }
    }
}

/// Whoever posts letters. Redirects are not followed.
pub trait Egress: Send + Sync {
    /// Posts one and returns the answer.
    fn post(&self, letter: Letter) -> Fut<'_, Result<Answer, Unsent>>;
}
