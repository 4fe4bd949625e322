//! Due work: what was written down in a commit to be done later, done.
//!
//! A [`Worker`] runs one loop ([`queue`]) for each queue, woken by commits and by time. What a queue's work is, is one
//! file: [`deliver`] posts webhooks, [`settle`] does what happens to payments and balances, [`mail`]
//! hands messages over. A new queue is a new file
//! that implements [`Work`], and one line in
//! [`Worker::new`].
//!
//! Work is leased, not taken: it leaves the store in the commit that says what became of it, so a process that is
//! killed in between leaves it to its successor. Everything is done at least once.
mod address;
mod deliver;
mod egress;
mod hands;
mod letter;
mod mail;
mod meters;
mod network;
mod queue;
mod recover;
mod reseal;
mod schedule;
mod settle;
mod sign;
mod site;
mod smtp;
mod sweep;
mod turn;
mod unruly;
mod worker;

pub use address::Range;
pub use egress::{Answer, Egress, Letter, Unsent};
pub use hands::{Hands, Sort};
pub use letter::{Reader, body as letter_body};
pub use mail::Mailer;
pub use network::Network;
pub use queue::{Slot, Verdict, Work};
pub use sign::signature;
pub use site::{Site, Sites, claim};
pub use smtp::{Privacy, Relay, Smtp};
pub use turn::{Taken, Turn};
pub use unruly::{Liberty, Unruly};
pub use worker::Worker;
