//! Random histories, on a throw-away cluster.
#![expect(clippy::unwrap_used, reason = "what fails here must fail the test")]
use pg_cluster::Cluster;
use std::sync::Arc;
use store::{
    Fut, Store,
    suite::model::{Plan, histories},
};
use store_postgres::{Options, Postgres};

async fn through(plan: Plan, url: &str, options: Options) {
    let mut open = || -> Fut<'static, Arc<dyn Store>> {
        let (url, options) = (url.to_owned(), options.clone());
        Box::pin(async move { Arc::new(Postgres::open(&url, options).await.unwrap()) as Arc<dyn Store> })
    };
    histories(plan, &mut open).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_come_out_as_the_model_says() {
    let cluster = Cluster::start().unwrap();
    through(Plan::from_environment(5), &cluster.database("kept").unwrap(), Options::default()).await;
    let plain = Options { cache_bytes: 0, committers: 1, readers: 1, others: 1, ..Options::default() };
    through(Plan::from_environment(2), &cluster.database("plain").unwrap(), plain).await;
}
