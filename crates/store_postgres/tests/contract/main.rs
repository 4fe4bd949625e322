//! The contract, and what only a database that is shared can get wrong: races between nodes, leases of the dead,
//! answers that are lost, two programs that make the tables at once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here must fail the test")]
mod crash;
mod nodes;
mod schema;
mod support;

use store_postgres::Postgres;
use support::{cluster, open, options};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_contract() {
    let cluster = cluster();
    let url = cluster.database("contract").unwrap();
    store::suite::all(&open(&url).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_contract_without_a_cache_and_one_at_a_time() {
    let cluster = cluster();
    let url = cluster.database("plain").unwrap();
    let plain = store_postgres::Options { cache_bytes: 0, committers: 1, readers: 1, others: 1, ..options() };
    store::suite::all(&Postgres::open(&url, plain).await.unwrap()).await;
}
