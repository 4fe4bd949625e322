//! Copies SQLite's write-ahead log back into the file on a thread of its own, so that nobody waits for the disk
//! meanwhile. While the writer goes on, the log does not start over; that takes a moment without readers after all of
//! it was copied, which the writer finds by copying the little that is left itself.
use crate::schema;
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Instant,
};
use store::Meters;

pub(crate) struct Copier {
    ask: Option<SyncSender<()>>,
    failed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Copier {
    /// A thread that waits to be asked; where there can be none, the log is copied by whoever asks.
    pub(crate) fn start(database: &Path, meters: Arc<Meters>) -> Self {
        let failed = Arc::new(AtomicBool::new(false));
        let (ask, asked) = sync_channel::<()>(1);
        let (database, told) = (database.to_owned(), failed.clone());
        let work = move || {
            let conn = schema::open_copier(&database);
            while asked.recv().is_ok() {
                let copied = conn.as_ref().map(|conn| copy(conn, "PASSIVE", &meters));
                told.fetch_or(!matches!(copied, Ok(true)), Ordering::Relaxed);
            }
        };
        let thread = std::thread::Builder::new().name("store-copier".into()).spawn(work);
        Copier { ask: Some(ask), failed, thread: thread.ok() }
    }
    /// Asks for the log to be copied; nothing where it is asked already.
    pub(crate) fn ask(&self) {
        if let Some(ask) = &self.ask {
            // Full: the one that is asked for will do.
            let _ = ask.try_send(());
        }
    }
    /// Whether copying has failed since this was last asked.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.swap(false, Ordering::Relaxed)
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        drop(self.ask.take());
        if let Some(thread) = self.thread.take() {
            // It does nothing that could panic, and nothing depends on it.
            let _ = thread.join();
        }
    }
}

/// Copies the log back as far as nobody reads it; whether it could.
pub(crate) fn copy(conn: &Connection, how: &str, meters: &Meters) -> bool {
    let began = Instant::now();
    let copied = conn.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()));
    meters.checkpoint(began.elapsed());
    if let Err(error) = &copied {
        tracing::warn!(%error, "the write-ahead log could not be copied back; it grows until it can");
    }
    copied.is_ok()
}
