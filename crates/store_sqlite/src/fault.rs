//! What an error of SQLite means to whoever asked.
use rusqlite::{Error, ErrorCode};
use store::Fault;

/// A fault of reading or of a transaction that was rolled back.
pub(crate) fn of(doing: &str, error: &Error) -> Fault {
    let text = format!("{doing}: {error}");
    if passes(error) { Fault::unavailable(text) } else { Fault::broken(text) }
}

/// Whether nothing of the transaction is in the file, and it will go when the disk has room again, may be written
/// again, or somebody else lets go of the file. A write or fsync that failed is another matter: a commit may lie
/// whole in the log although its fsync failed, and whether a crash would find it there nobody knows.
fn passes(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    #[test]
    fn a_full_disk_passes_and_a_failed_fsync_is_not_known() {
        let fault = |code| of("it could not be written", &Error::SqliteFailure(ffi::Error::new(code), None));
        assert!(fault(ffi::SQLITE_FULL).is_unavailable());
        assert!(fault(ffi::SQLITE_READONLY_DBMOVED).is_unavailable());
        assert!(!fault(ffi::SQLITE_IOERR_FSYNC).is_unavailable());
        assert!(!fault(ffi::SQLITE_CORRUPT).is_unavailable());
    }
}
