//! The worker in a whole world: from a commit to a receipt.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of tests fails by panicking, too"
)]
mod destinations;
mod fates;
mod hostile;
mod invoices;
mod mail;
mod network;
mod webhooks;
mod world;
