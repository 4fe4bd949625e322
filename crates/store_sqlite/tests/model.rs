//! Random histories and races, over a file.
#![expect(clippy::unwrap_used, reason = "what fails here must fail the test")]
use std::sync::Arc;
use store::{
    Fut, Store,
    suite::{
        model::{Plan, histories},
        races,
    },
};
use store_sqlite::{Options, Sqlite};
use tempfile::TempDir;

async fn through(plan: Plan, options: Options) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("data.db");
    let mut open = || -> Fut<'static, Arc<dyn Store>> {
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&path, options.clone()).unwrap());
        Box::pin(std::future::ready(store))
    };
    histories(plan, &mut open).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_come_out_as_the_model_says() {
    through(Plan::from_environment(20), Options::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_come_out_the_same_without_a_cache() {
    through(Plan::from_environment(5), Options { cache_bytes: 0, readers: 1 }).await;
}

/// So small a cache that entries fall out all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_come_out_the_same_with_a_small_cache() {
    through(Plan::from_environment(5), Options { cache_bytes: 64 * 1024, readers: 1 }).await;
}

#[test]
fn races_lose_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let _within = runtime.enter();
    for cache_bytes in [0, Options::default().cache_bytes] {
        let dir = TempDir::new().unwrap();
        let options = Options { cache_bytes, ..Options::default() };
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&dir.path().join("data.db"), options).unwrap());
        races::race(&[store], 150, Plan::from_environment(1).seed, &|run| runtime.block_on(run));
    }
}
