//! The file: its lock, its settings and its tables.
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig};
use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use store::Fault;

/// What this program writes; a file with a higher number was written by a later one.
const VERSION: i64 = 2;

/// What leads from each earlier schema to the next: the first from 1 to 2.
const STEPS: &[&str] = &["
ALTER TABLE objects RENAME TO earlier;
DROP INDEX objects_k;
DROP INDEX objects_expires;
CREATE TABLE objects (
    k TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    expires INTEGER,
    keys BLOB,
    body NOT NULL
) WITHOUT ROWID;
CREATE INDEX objects_expires ON objects (expires) WHERE expires IS NOT NULL;
CREATE TABLE bodies (n INTEGER PRIMARY KEY, body BLOB NOT NULL);
INSERT INTO bodies (n, body) SELECT n, body FROM earlier ORDER BY n;
INSERT INTO objects (k, version, expires, keys, body) SELECT k, version, expires, keys, n FROM earlier ORDER BY k;
DROP TABLE earlier;
INSERT INTO meta (k, v) VALUES ('applied', 0), ('settled', 0);
"];

/// `objects` is narrow and in the order of keys: it is spread over accounts and kinds, and within each of those it
/// rises with time. Its `body` is either where in the journal the body lies (a blob, see [`crate::segments`]) or,
/// where that is settled, a number in `bodies`, which is kept in the order of writing.
///
/// `keys` holds every index key of the document (see [`store::keys`]), so that a document can be deleted with all
/// its entries although a deletion by time brings no list of them, and no index needs a second one by owner.
const TABLES: &str = "
CREATE TABLE meta (k TEXT PRIMARY KEY, v INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (
    k TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    expires INTEGER,
    keys BLOB,
    body NOT NULL
) WITHOUT ROWID;
CREATE INDEX objects_expires ON objects (expires) WHERE expires IS NOT NULL;
CREATE TABLE bodies (n INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE uniques (k TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE listed (k TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE counters (k TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE due (k TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO meta (k, v) VALUES ('applied', 0), ('settled', 0);
";

/// Negative sizes are KiB. A commit makes every reader forget its pages, so readers get a small cache; what they
/// find is kept as documents instead.
const WRITER_CACHE: i64 = -8 * 1024;
const READER_CACHE: i64 = -1024;
/// A write-ahead log that once grew beyond this (bytes) is cut back when it starts over.
const LOG_KEPT: i64 = 64 * 1024 * 1024;
/// How long a connection waits for another program that looks into the file.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it is until the lock is tried again.
const LOCK_AGAIN: Duration = Duration::from_millis(10);
/// Statements that a reader keeps prepared.
const READER_STATEMENTS: usize = 32;

/// As [`lock`], with patience for a process that is just ending, or only looks into the file for a moment.
pub(crate) fn lock_soon(path: &Path) -> Result<File, Fault> {
    let since = Instant::now();
    loop {
        match lock(path) {
            Err(_) if since.elapsed() < PATIENCE => std::thread::sleep(LOCK_AGAIN),
            ended => return ended,
        }
    }
}

/// Takes the lock that makes this process the only one; it ends with the file handle.
pub(crate) fn lock(path: &Path) -> Result<File, Fault> {
    let mut name = OsString::from(path);
    name.push(".lock");
    let name = PathBuf::from(name);
    let fault = |error: std::io::Error| Fault::broken(format!("cannot lock {}: {error}", name.display()));
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Fault::broken(format!(
            "the database {} is in use by another process; only one may serve it at a time",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(fault(error)),
    }
}

/// The one connection that writes; makes the tables where the file is new.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, Fault> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let broken = |error| Fault::broken(format!("cannot open the database {}: {error}", path.display()));
    let mut conn = Connection::open_with_flags(path, flags).map_err(broken)?;
    conn.busy_timeout(PATIENCE).map_err(broken)?;
    // Looked at before anything is set: a file that is not ours stays as it is.
    let found = version(&conn).map_err(broken)?;
    match found {
        Some(found) => understood(path, found)?,
        None if is_empty(&conn).map_err(broken)? => {}
        None => return Err(foreign(path)),
    }
    settle(&conn).map_err(broken)?;
    match found {
        None => create(&mut conn, path).map_err(broken)?,
        Some(found) => migrate(&mut conn, path, found).map_err(broken)?,
    }
    Ok(conn)
}

fn understood(path: &Path, found: i64) -> Result<(), Fault> {
    match found {
        1..=VERSION => Ok(()),
        later if later > VERSION => Err(Fault::broken(format!(
            "the database {} was written by a newer release (schema {later}; this one knows {VERSION}): run that \
             release, or restore a backup from before the upgrade",
            path.display()
        ))),
        other => {
            Err(Fault::broken(format!("the database {} has the unknown schema {other}", path.display())))
        }
    }
}

fn foreign(path: &Path) -> Fault {
    Fault::broken(format!("the database {} belongs to another program", path.display()))
}

/// Whether there is a database that this program knows, and whether it has the schema of this program.
pub(crate) fn known(path: &Path) -> Result<bool, Fault> {
    if !path.exists() {
        return Err(Fault::broken(format!("there is no database {}", path.display())));
    }
    let broken = |error| Fault::broken(format!("cannot open the database {}: {error}", path.display()));
    let conn = open_reader(path).map_err(broken)?;
    let found = version(&conn).map_err(broken)?.ok_or_else(|| foreign(path))?;
    understood(path, found).map(|()| found == VERSION)
}

/// A connection that only reads.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(PATIENCE)?;
    plan_once(&conn)?;
    conn.pragma_update(None, "cache_size", READER_CACHE)?;
    conn.set_prepared_statement_cache_capacity(READER_STATEMENTS);
    Ok(conn)
}

/// A connection that copies the write-ahead log back beside the writer.
pub(crate) fn open_copier(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(PATIENCE)?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(conn)
}

/// Because a partial index is there, SQLite would look at each bound value for a better plan and so plan every
/// statement on `objects` anew each time it runs, which costs more than running it.
fn plan_once(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn settle(conn: &Connection) -> rusqlite::Result<()> {
    plan_once(conn)?;
    // Larger pages hold large bodies better, but a small commit, which is most of them, then writes more.
    conn.pragma_update(None, "page_size", 4_096)?;
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(
            mode,
            "this file system has no shared memory for a write-ahead log: reads and writes wait"
        );
    }
    // What is acknowledged is durable in the journal, which is synced for every batch; the file itself is synced
    // when its log is copied back.
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "cache_size", WRITER_CACHE)?;
    conn.pragma_update_and_check(None, "journal_size_limit", LOG_KEPT, |_| Ok(()))?;
    // The log is copied back on a thread of its own.
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))
}

fn version(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    let known = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'";
    if conn.query_row(known, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    conn.query_row("SELECT v FROM meta WHERE k = 'schema'", [], |row| row.get(0)).optional()
}

fn is_empty(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn create(conn: &mut Connection, path: &Path) -> rusqlite::Result<()> {
    let made = conn.transaction()?;
    made.execute_batch(TABLES)?;
    made.execute("INSERT INTO meta (k, v) VALUES ('schema', ?1)", [VERSION])?;
    made.commit()?;
    tracing::info!(path = %path.display(), "made a new database");
    Ok(())
}

/// Takes the file to the schema of this program, all steps in one transaction.
fn migrate(conn: &mut Connection, path: &Path, found: i64) -> rusqlite::Result<()> {
    let steps = usize::try_from(found - 1).ok().and_then(|known| STEPS.get(known..)).unwrap_or_default();
    if steps.is_empty() {
        return Ok(());
    }
    let migrated = conn.transaction()?;
    steps.iter().try_for_each(|step| migrated.execute_batch(step))?;
    migrated.execute("UPDATE meta SET v = ?1 WHERE k = 'schema'", [VERSION])?;
    migrated.commit()?;
    tracing::info!(path = %path.display(), from = found, to = VERSION, "brought the database to this release's schema");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn statements_are_planned_once_and_by_their_index() {
        let dir = tempfile::TempDir::new().unwrap();
        let conn = open_writer(&dir.path().join("data.db")).unwrap();
        let mut version = conn.prepare("SELECT version FROM objects WHERE k = ?1").unwrap();
        for k in ["a", "b", "c"] {
            assert!(!version.exists([k]).unwrap());
        }
        assert_eq!(version.get_status(StatementStatus::RePrepare), 0);
        let expired = format!("EXPLAIN QUERY PLAN {}", crate::apply::EXPIRED);
        let plan: String = conn.query_row(&expired, (1, 2, "a", "b", 5), |row| row.get(3)).unwrap();
        assert!(plan.contains("objects_expires"), "{plan}");
    }
}
