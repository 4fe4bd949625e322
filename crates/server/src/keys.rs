//! The keys of the vault: where they come from, whether they fit the data, and taking up changed ones while the
//! server runs.
mod command;
mod file;
mod settle;
mod source;
mod watch;

pub(crate) use command::{Command, run};
pub(crate) use settle::settle;
pub(crate) use source::Source;
pub(crate) use watch::keep_up;
