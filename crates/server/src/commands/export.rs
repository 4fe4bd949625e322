//! `tollbridge export`: the whole state as one file that every home can take in.
use super::{
    At, block_on,
    output::Output,
    progress::{Progress, RECORDS},
};
use crate::{Failure, home};
use archive::{Summary, Trouble};
use clap::Args;
use std::{
    io::{BufWriter, IsTerminal as _, Write},
    path::{Path, PathBuf},
};
use store::Snapshot;

/// What is exported, and where to.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollbridge export --to monday.tollbridge                    of .tollbridge, while its server runs or does not
  tollbridge export --database postgres://db/bridge --to monday.tollbridge
  tollbridge export | ssh elsewhere 'cat > monday.tollbridge'

The file holds every account, with keys and passwords as digests and cards and secrets sealed. What opens those is
the vault key, which is not in it: keep a copy of vault.key somewhere else. The same state gives the same bytes.")]
pub(crate) struct Export {
    /// Write to this file, which must not be there yet; - is the standard output
    #[arg(long, default_value = "-", value_name = "FILE")]
    to: PathBuf,
    /// Say nothing of the progress
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    at: At,
}

/// Writes the export.
pub(crate) fn run(asked: Export) -> Result<(), Failure> {
    let Export { to, quiet, at } = asked;
    let settings = at.settings()?;
    block_on(async {
        let mut home = home::look(&settings).await?;
        let summary = if to == Path::new("-") {
            if std::io::stdout().is_terminal() {
                return Err(Failure("An export is no text for a terminal: name a file with --to.".into()));
            }
            let out = BufWriter::new(std::io::stdout().lock());
            write(home.snapshot(), out, quiet).await.map_err(|e| Failure(e.to_string()))?
        } else {
            let output = Output::new(&to)?;
            let mut file = output.file()?;
            let out = BufWriter::new(file.as_file_mut());
            let summary = write(home.snapshot(), out, quiet).await.map_err(|trouble| match trouble {
                Trouble::Io(error) => output.failed(error),
                other => Failure(other.to_string()),
            })?;
            output.keep(file.into_temp_path())?;
            summary
        };
        home.close().await;
        if !quiet {
            let Summary { docs, counters, due, .. } = summary;
            eprintln!("exported {docs} documents, {counters} counters and {due} pieces of due work");
        }
        Ok(())
    })
}

async fn write(snapshot: &mut dyn Snapshot, out: impl Write, quiet: bool) -> Result<Summary, Trouble> {
    let mut progress = Progress::begin(quiet, "exporting", RECORDS, None);
    let written =
        archive::write(snapshot, out, resources::links::DOCUMENTS, &mut |more| progress.more(more)).await;
    progress.end();
    written.map(|(summary, _)| summary)
}
