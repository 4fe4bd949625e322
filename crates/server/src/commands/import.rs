//! `tollbridge import`: takes an export into an empty home, of either kind.
use super::{
    At, block_on,
    progress::{BYTES, Progress, RECORDS},
};
use crate::{Failure, home};
use archive::Summary;
use clap::Args;
use resources::links::DOCUMENTS;
use std::{
    fs::File,
    io::{BufReader, Seek as _},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// What is imported, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollbridge import monday.tollbridge --data /var/lib/tollbridge
  tollbridge import monday.tollbridge --database postgres://db/bridge      from SQLite to PostgreSQL

The file is proved before anything is written, and what was written is compared with it at the end. If the import
is cut short, run the same command again: it goes on where it was. Copy vault.key, too: without it nobody can open
the cards and secrets.")]
pub(crate) struct Import {
    /// What `tollbridge export` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say nothing of the progress
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    at: At,
}

/// Takes the export in.
pub(crate) fn run(asked: Import) -> Result<(), Failure> {
    let Import { file: path, quiet, at } = asked;
    let settings = at.settings()?;
    let unread = |e: std::io::Error| Failure(format!("{} can't be read: {e}.", path.display()));
    let mut file = File::open(&path).map_err(unread)?;
    let size = file.metadata().map_err(unread)?.len();
    let mut progress = Progress::begin(quiet, "proving the file", BYTES, Some(size));
    let proved = archive::prove(BufReader::new(&file), DOCUMENTS, &mut |more| progress.more(more));
    progress.end();
    let Summary { docs, counters, due, .. } =
        proved.map_err(|e| Failure(format!("{} can't be imported. {e}", path.display())))?;
    file.rewind().map_err(unread)?;
    block_on(async {
        let store = home::store(&settings).await?;
        // Two callbacks tell of one progress.
        let progress = Mutex::new(Progress::begin(quiet, "importing", BYTES, Some(size)));
        let shown = || progress.lock().unwrap_or_else(PoisonError::into_inner);
        let imported = archive::import(
            &*store,
            BufReader::new(&file),
            DOCUMENTS,
            &mut |more| shown().more(more),
            &mut || shown().next("comparing", RECORDS),
        )
        .await;
        shown().end();
        store.close().await;
        imported.map_err(|e| Failure(e.to_string()))?;
        if !quiet {
            eprintln!("imported {docs} documents, {counters} counters and {due} pieces of due work");
            if settings.vault_key_file.is_none() && !settings.data_dir().join("vault.key").exists() {
                eprintln!(
                    "Before the first start, put the vault.key of the old server into {}, or name it with --vault-key-file.",
                    settings.data_dir().display()
                );
            }
        }
        Ok(())
    })
}
