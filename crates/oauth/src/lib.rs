//! OAuth 2.0 as Connect speaks it: an application asks, a person answers, a code is swapped for tokens, and
//! either side ends it. One file a step, one file a grant; what pages show and where requests come from is
//! said elsewhere.
//!
//! The functions over [`api::Api`] are what pages and the server call; each is one unit of work.
pub mod applications;
pub mod authorize;
pub mod client;
pub mod code;
pub mod connect;
pub mod deauthorize;
mod errors;
mod grants;
pub mod links;
pub mod metadata;
pub mod redirect;
pub mod refresh;
pub mod token;

pub use authorize::{Ask, Landing};
pub use deauthorize::deauthorize;
pub use errors::Refusal;
pub use metadata::metadata;
pub use token::token;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
