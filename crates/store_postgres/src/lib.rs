//! The home of the data on PostgreSQL: any number of nodes on one database, none of which holds what another lacks.
//!
//! - A few committers ([`commit`]) take every waiting unit into one transaction of two round trips: lock and read,
//!   judge in memory ([`judge`]), write and commit ([`write`](mod@write)).
//! - Lookups that wait share a query ([`lookup`]); bodies that a node remembers are not sent again, but always asked
//!   about.
//! - Leases of due work lie in the database ([`leases`]) and end with their node.
//! - Nothing is used that CockroachDB, YugabyteDB or Citus lack: plain tables, row locks, arrays. `migrations/` says
//!   how the data lies and how it is shared out.
mod address;
mod audit;
mod commit;
mod gather;
mod judge;
mod leases;
mod list;
mod load;
mod lookup;
mod place;
mod pool;
mod schema;
mod session;
mod snapshot;
mod sweep;
mod trouble;
mod write;

use address::Address;
use commit::{Committer, Waiting};
use gather::Gather;
use leases::Returned;
use lookup::{Asked, Kept, Led, Reader};
use pool::Pool;
use session::Connector;
use std::{
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use store::{
    Commit, Doc, Due, DueHook, DueKey, Fault, Fut, IndexKey, Key, Load, Meters, Query, Scope, Snapshot,
    Store, Unit, cache::Cache,
};

/// How many units or lookups may wait; beyond that the store is overloaded and says so at once.
const QUEUE_MAX: usize = 4096;
/// How often is looked for work that other nodes wrote down, or left when they died.
const OTHERS_EVERY: Duration = Duration::from_millis(500);

/// How the store uses memory, connections and time.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many bytes of documents are kept in memory, about.
    pub cache_bytes: usize,
    /// Transactions that commit at the same time.
    pub committers: usize,
    /// Queries for single documents at the same time.
    pub readers: usize,
    /// Connections for lists, claims and everything else.
    pub others: usize,
    /// For how long is tried again what may pass, such as a failover; after that, callers hear that the database is
    /// unavailable.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            cache_bytes: 32 * 1024 * 1024,
            committers: 2,
            readers: 2,
            others: 4,
            patience: Duration::from_secs(10),
        }
    }
}

/// What the store and its tasks share.
struct Shared {
    connector: Arc<Connector>,
    pool: Pool,
    units: Gather<Waiting>,
    lookups: Gather<Asked>,
    docs: Cache<Arc<Kept>>,
    led: Cache<Arc<Led>>,
    /// The name of this node, which no other has.
    node: String,
    stamps: AtomicU64,
    returned: Arc<Returned>,
    hook: Mutex<Option<DueHook>>,
    patience: Duration,
    closed: AtomicBool,
    meters: Meters,
}

impl Shared {
    /// Tells whoever waits for due work.
    fn wake(&self) {
        let hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hook) = hook {
            hook();
        }
    }
    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}

/// A PostgreSQL database. Must be opened and used within a tokio runtime with time and I/O.
pub struct Postgres {
    shared: Arc<Shared>,
}

impl Postgres {
    /// Connects, and makes or migrates the tables where that is needed.
    ///
    /// # Errors
    /// Where the URL is wrong, the database stays out of reach, or a newer release wrote it.
    pub async fn open(url: &str, options: Options) -> Result<Self, Fault> {
        let connector = Arc::new(Connector::new(Address::parse(url)?));
        schema::migrate(&connector, options.patience).await?;
        let pool = Pool::new(connector.clone(), options.others, options.patience);
        let named = pool.with("the database could not be used", |on| Box::pin(leases::arrive(on)));
        let node = named.await?;
        // Chance from the database: a number to count writes from that no other node counts from.
        let digits: String = node.chars().filter(char::is_ascii_hexdigit).take(16).collect();
        let stamps = AtomicU64::new(u64::from_str_radix(&digits, 16).unwrap_or(1));
        let returned = Arc::new(Returned::default());
        let shared = Arc::new(Shared {
            connector,
            pool,
            units: Gather::new(QUEUE_MAX),
            lookups: Gather::new(QUEUE_MAX),
            docs: Cache::new(options.cache_bytes / 8 * 7),
            led: Cache::new(options.cache_bytes / 8),
            node,
            stamps,
            returned: returned.clone(),
            hook: Mutex::default(),
            patience: options.patience,
            closed: AtomicBool::new(false),
            meters: Meters::default(),
        });
        for number in 0..options.committers.max(1) {
            tokio::spawn(Committer::new(shared.clone(), number).run());
        }
        for _ in 0..options.readers.max(1) {
            tokio::spawn(Reader::new(shared.clone()).run());
        }
        tokio::spawn(leases::keep_alive(Arc::downgrade(&shared), returned));
        Ok(Postgres { shared })
    }
}

impl Store for Postgres {
    fn get<'a>(&'a self, key: &'a Key) -> Fut<'a, Result<Option<Doc>, Fault>> {
        Box::pin(lookup::get(&self.shared, key))
    }

    fn find<'a>(&'a self, index: &'static str, value: &'a str) -> Fut<'a, Result<Option<Doc>, Fault>> {
        Box::pin(lookup::find(&self.shared, IndexKey::unique_path(index, value)))
    }

    fn list<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<Vec<Doc>, Fault>> {
        Box::pin(self.shared.pool.with(READING, move |on| Box::pin(list::list(on, query))))
    }

    fn count<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<u64, Fault>> {
        Box::pin(self.shared.pool.with(READING, move |on| Box::pin(list::count(on, query))))
    }

    fn counters<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<(String, i64)>, Fault>> {
        Box::pin(self.shared.pool.with(READING, move |on| Box::pin(list::counters(on, prefix))))
    }

    fn commit(&self, unit: Unit) -> Fut<'_, Result<Commit, Fault>> {
        Box::pin(commit::commit(&self.shared, unit))
    }

    fn claim_since<'a>(
        &'a self,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        Box::pin(leases::claim(&self.shared, queue, since_ms, now_ms, lease_ms, limit))
    }

    fn next_due<'a>(&'a self, queue: &'static str) -> Fut<'a, Result<Option<i64>, Fault>> {
        Box::pin(leases::next_due(&self.shared, queue))
    }

    fn release(&self, key: &DueKey) {
        self.shared.returned.push(key.clone());
    }

    fn on_due(&self, hook: DueHook) {
        *self.shared.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    fn others_every(&self) -> Option<Duration> {
        Some(OTHERS_EVERY)
    }

    fn sweep_in(&self, scope: Scope, over: Range<i64>, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        Box::pin(sweep::sweep(&self.shared, scope, over, limit))
    }

    fn snapshot(&self, scope: Scope) -> Fut<'_, Result<Box<dyn Snapshot>, Fault>> {
        Box::pin(snapshot::begin(&self.shared, scope))
    }

    fn load(&self, load: Load) -> Fut<'_, Result<(), Fault>> {
        Box::pin(load::load(&self.shared, load))
    }

    fn close(&self) -> Fut<'_, ()> {
        Box::pin(async move {
            if let Err(fault) = leases::farewell(&self.shared).await {
                tracing::warn!(%fault, "its leases end by themselves");
            }
            self.end();
        })
    }
}

/// How a fault of reading begins.
const READING: &str = "the database could not be read";

impl Postgres {
    fn end(&self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        self.shared.units.close();
        self.shared.lookups.close();
        self.shared.pool.close();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end();
    }
}
