//! The embedded home of the data: one SQLite file, one process, group commit.
//!
//! - One thread writes ([`writer`]): every waiting unit goes into one record of the [`journal`], and all are answered
//!   after the one sync of that. The tables are committed a little later ([`pending`]). Bodies are written once, into the
//!   journal, and settled into the file when nobody waits.
//! - Reads run on the thread of whoever asks ([`reader`]), past a cache ([`store::cache`]) that is never older than what
//!   was acknowledged.
//! - Leases of due work live in memory ([`leases`]); a crash ends them, as it must.
mod answers;
mod apply;
mod copier;
mod counters;
mod fault;
mod gather;
mod journal;
mod leases;
mod load;
mod pending;
mod reader;
mod redo;
mod schema;
mod segments;
mod snapshot;
mod writer;

pub use snapshot::look;

use answers::Herald;
use gather::{Aside, Job, Patient, Waiting};
use leases::Leases;
use pending::Pending;
use reader::Readers;
use segments::Segments;
use std::{
    fs::File,
    ops::Range,
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
    pending: Pending,
    leases: Leases,
    patient: Patient,
    herald: Herald,
    hook: Mutex<Option<DueHook>>,
    meters: Arc<Meters>,
}

impl Shared {
    fn owner(&self, index: &str, value: &str) -> u64 {
        self.owners.hash((index, value))
    }
    fn forget_owner(&self, index: &str, value: &str) {
        self.owners.publish(self.owner(index, value), None);
    }
    /// Where the documents of a kind are listed.
    fn space(&self, account: &str, live: bool, kind: &str) -> u64 {
        self.docs.hash((account, live, kind))
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
            pending: Pending::default(),
            leases: Leases::default(),
            patient: Patient::default(),
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
            mpsc::TrySendError::Full(_) => overloaded(),
            mpsc::TrySendError::Disconnected(_) => Fault::broken("the database writer has ended"),
        })
    }

    /// Waits for an answer to a unit that was left aside: a moment for somebody who takes it along, then until the writer,
    /// who is told, has come to it.
    async fn answer(&self, mut answered: oneshot::Receiver<Outcome>) -> Outcome {
        if let Ok(answer) = tokio::time::timeout(store::PATIENCE, &mut answered).await {
            return answer.map_err(unanswered)?;
        }
        match self.send(Job::Patient) {
            Err(fault) if !fault.is_unavailable() => Err(fault),
            // Where too much waits for the writer to be told of this, too, all of that takes it along.
            _ => answered.await.map_err(unanswered)?,
        }
    }

    /// Has the tables committed, so that a reader of the file sees everything that was acknowledged.
    async fn show(&self) -> Result<(), Fault> {
        let (reader, shown) = oneshot::channel();
        self.send(Job::Show(reader))?;
        shown.await.map_err(|_| Fault::broken("the database writer has ended"))?
    }

    /// As [`Sqlite::show`], where anything is missed.
    async fn show_all(&self) -> Result<(), Fault> {
        if self.shared.pending.any() { self.show().await } else { Ok(()) }
    }

    /// As [`Sqlite::show`], where what has this hash is missed.
    async fn show_what(&self, hash: u64) -> Result<(), Fault> {
        if self.shared.pending.has(hash) { self.show().await } else { Ok(()) }
    }

    /// A document as the cache has it.
    fn known(&self, key: &Key) -> Option<Doc> {
        let docs = &self.shared.docs;
        docs.look(docs.hash(key), |doc| (doc.key == *key).then(|| doc.clone()))
    }

    /// A document as the file has it.
    async fn read(&self, key: &Key) -> Result<Option<Doc>, Fault> {
        let docs = &self.shared.docs;
        let hash = docs.hash(key);
        // In this order: what becomes pending after it was looked for is published after the generation was noted.
        let generation = docs.generation(hash);
        self.show_what(hash).await?;
        let found = self.readers.docs(|conn| reader::get(conn, key), Option::as_mut_slice)?;
        if let Some(doc) = &found {
            docs.fill(hash, generation, doc.clone());
        }
        Ok(found)
    }

    async fn read_unique(&self, index: &'static str, value: &str) -> Result<Option<Doc>, Fault> {
        let owners = &self.shared.owners;
        let hash = self.shared.owner(index, value);
        let generation = owners.generation(hash);
        self.show_what(hash).await?;
        let path = IndexKey::unique_path(index, value);
        let mut found = self.readers.docs(|conn| reader::find(conn, &path), Option::as_mut_slice)?;
        if let Some(doc) = &found {
            let owner = Owner { index, value: value.to_owned(), key: doc.key.clone() };
            owners.fill(hash, generation, Arc::new(owner));
            // The key is as it was, but its document may be newer than the file.
            if self.shared.pending.has(self.shared.docs.hash(&doc.key)) {
                found = match self.known(&doc.key) {
                    Some(doc) => Some(doc),
                    None => self.read(&doc.key).await?,
                };
            }
        }
        Ok(found)
    }

    /// The key of the document that owns a unique key, as the cache has it.
    fn known_owner(&self, index: &'static str, value: &str) -> Option<Arc<Owner>> {
        let right = |owner: &Arc<Owner>| owner.index == index && owner.value == value;
        self.shared
            .owners
            .look(self.shared.owner(index, value), |owner| right(owner).then(|| Arc::clone(owner)))
    }
}

/// What is known is answered when it is asked for; the future only carries the answer.
fn ready<'a, T: Send + 'a>(value: T) -> Fut<'a, T> {
    Box::pin(std::future::ready(value))
}

fn overloaded() -> Fault {
    Fault::unavailable("the database is overloaded: too many writes wait")
}

fn unanswered<T>(_: T) -> Fault {
    Fault::broken("the database writer ended before it answered: whether this was written is not known")
}

impl Store for Sqlite {
    fn get<'a>(&'a self, key: &'a Key) -> Fut<'a, Result<Option<Doc>, Fault>> {
        match self.known(key) {
            Some(doc) => ready(Ok(Some(doc))),
            None => Box::pin(self.read(key)),
        }
    }

    fn find<'a>(&'a self, index: &'static str, value: &'a str) -> Fut<'a, Result<Option<Doc>, Fault>> {
        let owner = self.known_owner(index, value);
        if let Some(doc) = owner.as_ref().and_then(|owner| self.known(&owner.key)) {
            return ready(Ok(Some(doc)));
        }
        Box::pin(async move {
            if let Some(owner) = owner
                && let Some(doc) = self.read(&owner.key).await?
            {
                return Ok(Some(doc));
            }
            self.read_unique(index, value).await
        })
    }

    fn list<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<Vec<Doc>, Fault>> {
        Box::pin(async move {
            self.show_what(self.shared.space(&query.account, query.live, query.kind)).await?;
            self.readers.docs(|conn| reader::list(conn, query), Vec::as_mut_slice)
        })
    }

    fn count<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<u64, Fault>> {
        Box::pin(async move {
            self.show_what(self.shared.space(&query.account, query.live, query.kind)).await?;
            self.readers.with(|conn| reader::count(conn, query))
        })
    }

    fn counters<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<(String, i64)>, Fault>> {
        Box::pin(async move {
            self.show_all().await?;
            self.readers.with(|conn| reader::counters(conn, prefix))
        })
    }

    fn commit(&self, unit: Unit) -> Fut<'_, Result<Commit, Fault>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let (patient, Shared { meters, patient: aside, .. }) = (unit.patient, &*self.shared);
            let waiting = Waiting { unit, answer, since: Instant::now(), span: tracing::Span::current() };
            meters.waits();
            let handed = if patient { aside.leave(waiting) } else { self.send(Job::Unit(waiting)) };
            handed.inspect_err(|_| meters.turned_away())?;
            if patient { self.answer(answered).await } else { answered.await.map_err(unanswered)? }
        })
    }

    fn claim<'a>(
        &'a self,
        queue: &'static str,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        Box::pin(
            async move { self.shared.leases.hold().claim(&self.readers, queue, now_ms, lease_ms, limit) },
        )
    }

    fn claim_since<'a>(
        &'a self,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        Box::pin(async move {
            let mut held = self.shared.leases.hold();
            held.claim_since(&self.readers, queue, since_ms, now_ms, lease_ms, limit)
        })
    }

    fn next_due<'a>(&'a self, queue: &'static str) -> Fut<'a, Result<Option<i64>, Fault>> {
        Box::pin(async move { self.shared.leases.hold().next_due(&self.readers, queue) })
    }

    fn release(&self, key: &DueKey) {
        self.shared.leases.release(key);
    }

    fn on_due(&self, hook: DueHook) {
        *self.shared.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    fn sweep_in(&self, scope: Scope, over: Range<i64>, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            self.send(Job::Aside(Aside::Sweep { scope, over, limit, answer }))?;
            answered.await.map_err(unanswered)?
        })
    }

    fn snapshot(&self, scope: Scope) -> Fut<'_, Result<Box<dyn Snapshot>, Fault>> {
        Box::pin(async move {
            self.show_all().await?;
            self.readers.moment(scope)
        })
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
