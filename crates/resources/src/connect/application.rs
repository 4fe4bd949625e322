//! Applications on the wire: `{"id","object","name"}`. What else is known of one is in [`api::access`], where
//! entry is decided.
pub use api::access::Application;
use api::{Endpoint, Noun};

/// The noun.
pub const NOUN: Noun = Noun::of::<Application>();
/// A connection was made.
pub const AUTHORIZED: &str = "account.application.authorized";
/// A connection ended.
pub const DEAUTHORIZED: &str = "account.application.deauthorized";
/// What applications cause.
pub const EVENTS: &[&str] = &[AUTHORIZED, DEAUTHORIZED];
/// There is no endpoint for applications in the API.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}
