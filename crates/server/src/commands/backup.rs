//! `tollbridge backup`: a copy of the embedded database, made while its server runs.
//!
//! The copy is made record by record from one moment of the file, not page by page: the database is more than one
//! SQLite file while its server runs, and what is read and written again through the store's contract is proved to be
//! readable, comes out without empty pages, and has the schema of this release.
use super::{
    At, block_on,
    output::Output,
    progress::{Progress, RECORDS},
};
use crate::{Failure, home};
use archive::Trouble;
use clap::Args;
use std::path::{Path, PathBuf};
use store::{Load, Scope, Snapshot, Store as _};
use store_sqlite::{Options, Sqlite};
use tempfile::TempPath;

/// What is copied, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollbridge backup /backups/monday.db --data /var/lib/tollbridge

To restore it, stop the server, put the file into an empty data directory as tollbridge.db, with the vault.key, and
start again. The vault key is not part of the backup: keep a copy of it somewhere else.")]
pub(crate) struct Backup {
    /// Write to this file, which must not be there yet
    #[arg(value_name = "TO-FILE")]
    to: PathBuf,
    /// Say nothing of the progress
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    at: At,
}

/// Records that are copied in one transaction.
const STEP: usize = 4096;

/// Makes the copy.
pub(crate) fn run(asked: Backup) -> Result<(), Failure> {
    let Backup { to, quiet, at } = asked;
    let settings = at.settings()?;
    if settings.database.is_some() {
        return Err(Failure(
            "A backup is of the embedded database. Back PostgreSQL up with pg_dump or its own archiving, or write the state to a file with `tollbridge export`."
                .into(),
        ));
    }
    let output = Output::new(&to)?;
    block_on(async {
        let mut home = home::look(&settings).await?;
        let dir = output.dir()?;
        let path = dir.path().join("tollbridge.db");
        copy(home.snapshot(), &path, quiet).await?;
        let records = compare(home.snapshot(), &path, quiet).await?;
        output.keep(TempPath::try_from_path(&path).map_err(|e| output.failed(e))?)?;
        if !quiet {
            eprintln!("{} holds {records} records", to.display());
        }
        Ok(())
    })
}

async fn copy(from: &mut dyn Snapshot, to: &Path, quiet: bool) -> Result<(), Failure> {
    let failed = |fault: store::Fault| Failure(format!("{fault}."));
    let copy = Sqlite::open(to, Options::default()).map_err(failed)?;
    let mut progress = Progress::begin(quiet, "copying", RECORDS, None);
    loop {
        let records = from.next(STEP).await.map_err(failed)?;
        if records.is_empty() {
            break;
        }
        let count = records.len() as u64;
        copy.load(Load { records, ..Load::default() }).await.map_err(failed)?;
        progress.more(count);
    }
    progress.end();
    copy.close().await;
    // Closing it leaves one file.
    drop(copy);
    Ok(())
}

/// Compares the closed copy with the moment that it is of; returns how much it holds.
async fn compare(from: &mut dyn Snapshot, to: &Path, quiet: bool) -> Result<u64, Failure> {
    let failed = |trouble: Trouble| Failure(trouble.to_string());
    let mut progress = Progress::begin(quiet, "comparing", RECORDS, None);
    from.rewind();
    let expected = archive::summary(from, &mut |more| progress.more(more)).await.map_err(failed)?;
    let mut copy = store_sqlite::look(to, Scope::All).map_err(|e| failed(e.into()))?;
    let found = archive::summary(&mut *copy, &mut |more| progress.more(more)).await.map_err(failed)?;
    let mut flaws = 0u64;
    copy.audit(&mut |_| flaws += 1).await.map_err(|e| failed(e.into()))?;
    progress.end();
    if found == expected && flaws == 0 {
        return Ok(found.records());
    }
    Err(Failure(
        "The copy is not what was copied, so it was thrown away. Look at the disk, and at the original with `tollbridge check`."
            .into(),
    ))
}
