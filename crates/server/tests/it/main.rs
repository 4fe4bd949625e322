//! Everything that is tested on the whole program, in one binary.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod access;
mod harness;
mod health;
mod limits;
mod metrics;
mod moving;
mod nodes;
mod oauth2_client;
mod proxies;
mod receiver;
mod tidy;
mod tls;
mod traces;
