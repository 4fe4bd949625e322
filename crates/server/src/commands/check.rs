//! `tollbridge check`: proves that the state is whole, and tells what is not.
use super::{
    At, block_on,
    progress::{BYTES, Progress, RECORDS},
};
use crate::{Failure, home};
use archive::{Opened, Trouble};
use audit::{Kind, Looked, Rules, Said};
use clap::Args;
use resources::links::DOCUMENTS;
use std::{fs::File, io::BufReader, path::PathBuf, process::ExitCode};
use store::{Flaw, Held, Snapshot};

/// What is checked.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollbridge check                                       of .tollbridge, while its server runs or does not
  tollbridge check --database postgres://db/bridge
  tollbridge check --export monday.tollbridge

Every flaw is printed with where it is, what must be there and what is there instead. The exit code is 0 where all
is well, 1 where there are flaws, 2 where it could not be looked at. What is compared: each document reads as its
type and has its index entries; each ledger movement sums to zero and explains its balance; each balance is the sum
of its movements; what a document leads to is there and says the same; refunds add up; due work has its event.
Much data is sorted on disk: TMPDIR names where.")]
pub(crate) struct Check {
    /// Check this export instead of a home
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Say nothing but the flaws
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    at: At,
}

/// Looks, and tells.
pub(crate) fn run(asked: Check) -> ExitCode {
    let quiet = asked.quiet;
    let mut flaws = 0u64;
    let mut tell = |flaw: Flaw| {
        flaws += 1;
        let Flaw { at, expected, found } = flaw;
        println!("{at}\n  expected: {expected}\n  found:    {found}");
    };
    match look(asked, &mut tell) {
        Ok(looked) => {
            if !quiet {
                let Looked { records, statements } = looked;
                eprintln!("{records} records, {statements} statements about each other, {flaws} flaws");
            }
            if flaws == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(failure) => {
            eprintln!("tollbridge: {failure}");
            ExitCode::from(2)
        }
    }
}

fn look(asked: Check, tell: &mut (dyn FnMut(Flaw) + Send)) -> Result<Looked, Failure> {
    let Check { export, quiet, at } = asked;
    if let Some(path) = export {
        let unread = |e: std::io::Error| Failure(format!("{} can't be read: {e}.", path.display()));
        let file = File::open(&path).map_err(unread)?;
        let size = file.metadata().map_err(unread)?.len();
        let mut progress = Progress::begin(quiet, "proving the file", BYTES, Some(size));
        let proved = archive::prove(BufReader::new(&file), DOCUMENTS, &mut |more| progress.more(more));
        progress.end();
        let failed = |trouble: Trouble| Failure(format!("{} can't be checked. {trouble}", path.display()));
        return match proved {
            Err(Trouble::Damaged { at, what }) => {
                tell(Flaw::new(
                    path.display().to_string(),
                    "what was exported",
                    format!("byte {at}: {what}"),
                ));
                Ok(Looked::default())
            }
            Err(trouble) => Err(failed(trouble)),
            Ok(_) => {
                let mut opened = Opened::new(file, DOCUMENTS).map_err(failed)?;
                block_on(prove(&mut opened, quiet, tell))
            }
        };
    }
    let settings = at.settings()?;
    block_on(async {
        let mut home = home::look(&settings).await?;
        let looked = prove(home.snapshot(), quiet, tell).await;
        home.close().await;
        looked
    })
}

async fn prove(
    snapshot: &mut dyn Snapshot,
    quiet: bool,
    tell: &mut (dyn FnMut(Flaw) + Send),
) -> Result<Looked, Failure> {
    let mut progress = Progress::begin(quiet, "checking", RECORDS, None);
    let looked = audit::prove(snapshot, &rules(), tell, &mut |more| progress.more(more)).await;
    progress.end();
    looked.map_err(|e| Failure(e.to_string()))
}

/// What must hold of everything that the program stores.
fn rules() -> Rules {
    let own = Kind { name: "import", tell: half };
    Rules {
        kinds: [&[own], resources::links::KINDS, oauth::links::KINDS, worlds::links::KINDS].concat(),
        queues: resources::links::QUEUES.to_vec(),
        counter: resources::links::counter,
        owner: |account| {
            worlds::links::is_account(account).then(|| resources::links::owner(account)).flatten()
        },
        marks: vec![worlds::links::DOOR],
    }
}

/// What an import keeps of its progress.
fn half(_: &Held, said: &mut Said<'_>) {
    said.flaw("an import that has ended", "part of one: run the same `tollbridge import` again");
}
