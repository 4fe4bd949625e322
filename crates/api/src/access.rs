//! Who may do what: keys and tokens, applications, connections. The one room that decides about entry owns the
//! nouns that it decides by.
mod application;
mod connection;
mod credential;

pub use application::Application;
pub use connection::{Connected, Connection};
pub use credential::Credential;
pub(crate) use credential::redact;
