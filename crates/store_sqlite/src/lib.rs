//! The embedded home of the data: one SQLite file, one process, group commit.
//!
//! - One thread writes ([`writer`]): every waiting unit goes into one transaction and one record of the
//!   [`journal`], and all are answered after the one sync of that. Bodies are written once, into the journal, and
//!   settled into the file when nobody waits.
//! - Reads run on the thread of whoever asks ([`reader`]), past a cache ([`store::cache`]) that is never older than what
//!   was acknowledged.
//! - Leases of due work live in memory ([`leases`]); a crash ends them, as it must.
mod answers;
mod apply;
mod copier;
mod counters;
mod fault;
mod journal;
mod leases;
mod load;
mod reader;
mod redo;
mod schema;
mod segments;
mod snapshot;
mod writer;

pub use snapshot::look;

use answers::Herald;
use leases::Leases;
use reader::Readers;
use segments::Segments;
use std::{
    fs::File,
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::JoinHandle,
    time::Instant,
};
use store::{
    Commit, Doc, Due, DueHook, DueKey, Fault, Fut, IndexKey, Key, Load, Meters, Query, Scope, Snapshot,
    Store, Unit,
    cache::{Cache, ENTRY_BYTES, Weigh},
};
use tokio::sync::oneshot;
use writer::{Aside, Job, Waiting};

/// How many units may wait for the writer; beyond that the store is overloaded and says so at once.
const QUEUE_MAX: usize = 4096;
/// The answer to a unit.
type Outcome = Result<Commit, Fault>;

/// How the store uses memory.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many bytes of documents are kept in memory, about.
    pub cache_bytes: usize,
    /// How many connections for reading stay open; more are opened while more threads read at once.
    pub readers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { cache_bytes: 32 * 1024 * 1024, readers: 4 }
    }
}

/// Which document owns a unique index key.
struct Owner {
    index: &'static str,
    value: String,
    key: Key,
}

impl Weigh for Owner {
    fn weight(&self) -> usize {
        self.value.len() + self.key.account.len() + self.key.id.len() + ENTRY_BYTES
    }
}

/// What readers and the writer share.
struct Shared {
    docs: Cache<Doc>,
    owners: Cache<Arc<Owner>>,
    segments: Arc<Segments>,
    leases: Leases,
    herald: Herald,
    hook: Mutex<Option<DueHook>>,
    meters: Arc<Meters>,
}

impl Shared {
    fn forget_owner(&self, index: &str, value: &str) {
        self.owners.publish(self.owners.hash((index, value)), None);
    }
}

/// One SQLite file. Dropping it commits what waits, copies the write-ahead log back and closes the file.
pub struct Sqlite {
    shared: Arc<Shared>,
    readers: Readers,
    jobs: Option<mpsc::SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// Held until everything else is closed.
    _lock: File,
}

impl Sqlite {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// Where another process holds it, a newer release wrote it, or the disk fails.
    pub fn open(path: &Path, options: Options) -> Result<Self, Fault> {
        let lock = schema::lock_soon(path)?;
        let conn = schema::open_writer(path)?;
        let segments = Arc::new(Segments::of(path).map_err(reader::unread)?);
        let shared = Arc::new(Shared {
            // Owners are small beside the documents they lead to.
            docs: Cache::new(options.cache_bytes / 8 * 7),
            owners: Cache::new(options.cache_bytes / 8),
            segments: segments.clone(),
            leases: Leases::default(),
            herald: Herald::here(),
            hook: Mutex::default(),
            meters: Arc::default(),
        });
        let (jobs, waiting) = mpsc::sync_channel(QUEUE_MAX);
        let (started, start) = mpsc::sync_channel(1);
        let (theirs, database) = (Arc::clone(&shared), path.to_owned());
        let writer = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer::run(conn, database, &theirs, waiting, started))
            .map_err(|error| Fault::broken(format!("cannot start the database writer: {error}")))?;
        match start.recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                return Err(Fault::broken(format!("cannot use the database {}: {error}", path.display())));
            }
            Err(_) => return Err(Fault::broken("the database writer ended at its start")),
        }
        let readers = Readers::new(path.to_owned(), segments, options.readers);
        Ok(Sqlite { shared, readers, jobs: Some(jobs), writer: Some(writer), _lock: lock })
    }

    fn send(&self, job: Job) -> Result<(), Fault> {
        let jobs = self.jobs.as_ref().ok_or_else(|| Fault::broken("the database is closed"))?;
        jobs.try_send(job).map_err(|refused| match refused {
            mpsc::TrySendError::Full(_) => {
                Fault::unavailable("the database is overloaded: too many writes wait")
            }
            mpsc::TrySendError::Disconnected(_) => Fault::broken("the database writer has ended"),
        })
    }

    fn read(&self, key: &Key) -> Result<Option<Doc>, Fault> {
        let docs = &self.shared.docs;
        let hash = docs.hash(key);
        if let Some(doc) = docs.look(hash, |doc| (doc.key == *key).then(|| doc.clone())) {
            return Ok(Some(doc));
        }
        let generation = docs.generation(hash);
        let found = self.readers.docs(|conn| reader::get(conn, key), Option::as_mut_slice)?;
        if let Some(doc) = &found {
            docs.fill(hash, generation, doc.clone());
        }
        Ok(found)
    }

    fn read_unique(&self, index: &'static str, value: &str) -> Result<Option<Doc>, Fault> {
        let owners = &self.shared.owners;
        let hash = owners.hash((index, value));
        let right = |owner: &Arc<Owner>| owner.index == index && owner.value == value;
        if let Some(owner) = owners.look(hash, |owner| right(owner).then(|| Arc::clone(owner)))
            && let Some(doc) = self.read(&owner.key)?
        {
            return Ok(Some(doc));
        }
        let generation = owners.generation(hash);
        let path = IndexKey::unique_path(index, value);
        let found = self.readers.docs(|conn| reader::find(conn, &path), Option::as_mut_slice)?;
        if let Some(doc) = &found {
            let owner = Owner { index, value: value.to_owned(), key: doc.key.clone() };
            owners.fill(hash, generation, Arc::new(owner));
        }
        Ok(found)
    }
}

/// Reads are done when they are asked for; their futures only carry the answer.
fn ready<'a, T: Send + 'a>(value: T) -> Fut<'a, T> {
    Box::pin(std::future::ready(value))
}

fn unanswered<T>(_: T) -> Fault {
    Fault::broken("the database writer ended before it answered: whether this was written is not known")
}

impl Store for Sqlite {
    fn get<'a>(&'a self, key: &'a Key) -> Fut<'a, Result<Option<Doc>, Fault>> {
        ready(self.read(key))
    }

    fn find<'a>(&'a self, index: &'static str, value: &'a str) -> Fut<'a, Result<Option<Doc>, Fault>> {
        ready(self.read_unique(index, value))
    }

    fn list<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<Vec<Doc>, Fault>> {
        ready(self.readers.docs(|conn| reader::list(conn, query), Vec::as_mut_slice))
    }

    fn count<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<u64, Fault>> {
        ready(self.readers.with(|conn| reader::count(conn, query)))
    }

    fn counters<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<(String, i64)>, Fault>> {
        ready(self.readers.with(|conn| reader::counters(conn, prefix)))
    }

    fn commit(&self, unit: Unit) -> Fut<'_, Result<Commit, Fault>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let waiting = Waiting { unit, answer, since: Instant::now(), span: tracing::Span::current() };
            self.shared.meters.waits();
            self.send(Job::Unit(waiting)).inspect_err(|_| self.shared.meters.turned_away())?;
            answered.await.map_err(unanswered)?
        })
    }

    fn claim<'a>(
        &'a self,
        queue: &'static str,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        let mut leases = self.shared.leases.hold();
        let claimed = self.readers.with(|conn| reader::claim(conn, &leases, queue, now_ms, limit));
        for due in claimed.iter().flatten() {
            leases.insert(due.key.path(), now_ms.saturating_add(lease_ms));
        }
        drop(leases);
        ready(claimed)
    }

    fn next_due<'a>(&'a self, queue: &'static str) -> Fut<'a, Result<Option<i64>, Fault>> {
        let leases = self.shared.leases.hold();
        let next = self.readers.with(|conn| reader::next_due(conn, &leases, queue));
        drop(leases);
        ready(next)
    }

    fn release(&self, key: &DueKey) {
        self.shared.leases.end([key]);
    }

    fn on_due(&self, hook: DueHook) {
        *self.shared.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    fn sweep(&self, now: i64, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.send(Job::Aside(Aside::Sweep { now, limit, answer }))?;
            answered.await.map_err(unanswered)?
        })
    }

    fn snapshot(&self, scope: Scope) -> Fut<'_, Result<Box<dyn Snapshot>, Fault>> {
        ready(self.readers.moment(scope))
    }

    fn load(&self, load: Load) -> Fut<'_, Result<(), Fault>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.send(Job::Aside(Aside::Load { load, answer }))?;
            answered.await.map_err(unanswered)?
        })
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        // The writer closes last, so that the log can be copied back whole.
        self.readers.close();
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the database writer did not end in order; the next start reads its log");
        }
    }
}
