//! A cluster that all tests share, each with a database of its own, and units to write.
use pg_cluster::Cluster;
use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::Duration,
};
use store::{Add, Bytes, Key, Put, Store, Unit};
use store_postgres::{Options, Postgres};

/// The shared cluster; it ends with the last test that holds it.
pub(crate) struct Shared(Arc<Cluster>);

impl std::ops::Deref for Shared {
    type Target = Cluster;
    fn deref(&self) -> &Cluster {
        &self.0
    }
}

/// A running cluster.
pub(crate) fn cluster() -> Shared {
    static RUNNING: OnceLock<Mutex<Weak<Cluster>>> = OnceLock::new();
    let mut running: MutexGuard<'_, Weak<Cluster>> =
        RUNNING.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = running.upgrade().unwrap_or_else(|| Arc::new(Cluster::start().unwrap()));
    *running = Arc::downgrade(&cluster);
    Shared(cluster)
}

pub(crate) fn options() -> Options {
    Options { patience: Duration::from_secs(20), ..Options::default() }
}

/// A node.
pub(crate) async fn open(url: &str) -> Postgres {
    Postgres::open(url, options()).await.unwrap()
}

pub(crate) fn key(id: &str) -> Key {
    Key::new("acct_test", false, "thing", id)
}

pub(crate) fn put(id: &str, expect: u64, body: &str) -> Put {
    let body = Some(Bytes::copy_from_slice(body.as_bytes()));
    Put { key: key(id), expect, body, index: vec![], stale: vec![], expires: None }
}

pub(crate) fn unit(puts: Vec<Put>) -> Unit {
    Unit { puts, ..Unit::default() }
}

pub(crate) fn add(by: i64, floor: Option<i64>) -> Add {
    Add { counter: "acct_test/t/sum".into(), by, floor }
}

/// Version and body.
pub(crate) async fn seen(store: &dyn Store, id: &str) -> Option<(u64, String)> {
    let doc = store.get(&key(id)).await.unwrap()?;
    Some((doc.version, String::from_utf8(doc.body.to_vec()).unwrap()))
}

/// Where the counter stands.
pub(crate) async fn sum(store: &dyn Store) -> i64 {
    store.counters("acct_test/t/sum").await.unwrap().first().map_or(0, |(_, n)| *n)
}
