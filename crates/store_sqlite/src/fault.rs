//! What goes wrong below the store, and what it means to whoever asked.
use rusqlite::ErrorCode;
use std::{fmt, io};
use store::Fault;

/// What went wrong below the store.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Nothing of a transaction is in the tables.
    Sql(rusqlite::Error),
    /// Nothing of a record counts.
    Disk(io::Error),
    /// A record may be whole in the journal although it was not acknowledged.
    Unsure(io::Error),
    /// The journal is not what the tables say it is.
    Lost(String),
    /// A body was settled while it was looked for: look again.
    Moved,
}

impl From<rusqlite::Error> for Broken {
    fn from(error: rusqlite::Error) -> Self {
        Broken::Sql(error)
    }
}
impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Broken::Disk(error)
    }
}
impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Sql(error) => error.fmt(f),
            Broken::Disk(error) | Broken::Unsure(error) => error.fmt(f),
            Broken::Lost(why) => f.write_str(why),
            Broken::Moved => f.write_str("a body is not where its document says"),
        }
    }
}

/// A fault of reading or of a batch that was not acknowledged.
pub(crate) fn of(doing: &str, error: &Broken) -> Fault {
    let text = format!("{doing}: {error}");
    if passes(error) { Fault::unavailable(text) } else { Fault::broken(text) }
}

/// Whether nothing of it is in the file, and it will go when the disk has room again, may be written again, or
/// somebody else lets go of the file. A write or fsync that failed is another matter: what was written may lie
/// there whole although its fsync failed, and whether a crash would find it there nobody knows.
fn passes(error: &Broken) -> bool {
    match error {
        Broken::Sql(error) => matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::ReadOnly
                    | ErrorCode::CannotOpen
                    | ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::OutOfMemory
            )
        ),
        Broken::Disk(error) => matches!(
            error.kind(),
            io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::OutOfMemory
        ),
        Broken::Unsure(_) | Broken::Lost(_) | Broken::Moved => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Error, ffi};

    #[test]
    fn a_full_disk_passes_and_a_failed_fsync_is_not_known() {
        let fault =
            |code| of("it could not be written", &Error::SqliteFailure(ffi::Error::new(code), None).into());
        assert!(fault(ffi::SQLITE_FULL).is_unavailable());
        assert!(fault(ffi::SQLITE_READONLY_DBMOVED).is_unavailable());
        assert!(!fault(ffi::SQLITE_IOERR_FSYNC).is_unavailable());
        assert!(!fault(ffi::SQLITE_CORRUPT).is_unavailable());
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert!(of("it could not be written", &Broken::Disk(full())).is_unavailable());
        assert!(!of("it could not be written", &Broken::Unsure(full())).is_unavailable());
    }
}
