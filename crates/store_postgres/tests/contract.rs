//! The contract, on a throw-away cluster.
use pg_cluster::Cluster;
use store_postgres::{Options, Postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_contract() {
    let cluster = Cluster::start().unwrap();
    let url = cluster.database("contract").unwrap();
    store::suite::all(&Postgres::open(&url, Options::default()).await.unwrap()).await;
    // Without a cache, and one after the other.
    let url = cluster.database("plain").unwrap();
    let plain = Options { cache_bytes: 0, committers: 1, readers: 1, others: 1, ..Options::default() };
    store::suite::all(&Postgres::open(&url, plain).await.unwrap()).await;
}
