//! `tollbridge keys`: looking at the keys, adding one, encrypting again, removing one.
use super::{Source, file, settle};
use crate::{Failure, config::Settings, home, wiring};
use api::secrets::{self, Census, Secrets};
use base::Seeded;
use clap::{Args, Subcommand};
use std::{
    io::{IsTerminal as _, Write as _},
    time::{Duration, Instant},
};
use store::{Scope, Snapshot};
use vault::Ring;

/// What `tollbridge keys` is asked.
#[derive(Debug, Args)]
pub(crate) struct Command {
    #[command(subcommand)]
    asked: Asked,
}

#[derive(Debug, Subcommand)]
enum Asked {
    /// Show the keys: which one is current, and how many secrets are encrypted under each
    List(Settings),
    /// Add a key, which becomes the current one. A running server takes it up by itself and encrypts again what is
    /// under older keys
    Rotate(Settings),
    /// Encrypt again what is under older keys. A running server does so by itself
    Reseal(Settings),
    /// Remove an older key under which nothing is encrypted any more
    Retire {
        /// The id of the key, as `keys list` shows it
        id: String,
        #[command(flatten)]
        settings: Settings,
    },
}

/// Documents and secrets of one stretch of `keys reseal`.
const DOCUMENTS: usize = 20_000;
const LIMIT: usize = 500;
/// How often the progress is told.
const TELL: Duration = Duration::from_millis(250);

/// Does what was asked. Errors: a sentence for the person who asked.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| Failure(format!("The threads could not be started: {e}.")))?;
    runtime.block_on(async {
        match command.asked {
            Asked::List(settings) => list(&persistent(settings)?).await,
            Asked::Rotate(settings) => rotate(&persistent(settings)?),
            Asked::Reseal(settings) => reseal(&persistent(settings)?).await,
            Asked::Retire { id, settings } => retire(&persistent(settings)?, &id).await,
        }
    })
}

fn persistent(settings: Settings) -> Result<Settings, Failure> {
    let settings = settings.with_file()?;
    if settings.ephemeral == Some(true) {
        return Err(Failure("With --ephemeral the key is made at the start and kept nowhere.".into()));
    }
    Ok(settings)
}

/// A look at everything, while the server that uses the data runs or does not.
async fn look(settings: &Settings) -> Result<Census, Failure> {
    let failed = |fault: store::Fault| Failure(format!("{fault}."));
    let mut snapshot: Box<dyn Snapshot> = if settings.database.is_some() {
        home::store(settings).await?.snapshot(Scope::All).await.map_err(failed)?
    } else {
        store_sqlite::look(&settings.data_dir().join("tollbridge.db"), Scope::All).map_err(failed)?
    };
    secrets::census(&mut *snapshot, resources::noun).await.map_err(failed)
}

async fn list(settings: &Settings) -> Result<(), Failure> {
    let ring = Source::of(settings)?.read()?;
    let census = look(settings).await?;
    print(&listing(&ring, &census))
}

fn listing(ring: &Ring, census: &Census) -> String {
    let ids = ring.ids();
    let row = |id: &str, state: &str| {
        format!("{id:<32}  {state:<14}  {:>10}\n", census.under.get(id).copied().unwrap_or(0))
    };
    let mut out = format!("{:<32}  {:<14}  {:>10}\n", "key", "state", "secrets");
    for id in &ids {
        out += &row(id, if *id == ring.current_id() { "current" } else { "opens only" });
    }
    for id in census.under.keys().filter(|id| !ids.contains(&id.as_str())) {
        out += &row(id, "NOT CONFIGURED");
    }
    if let Some(progress) = census.progress.as_ref().filter(|it| !it.finished) {
        out += &format!(
            "Encrypting again under {}: {} done, {} left.\n",
            progress.to,
            progress.resealed,
            progress.left()
        );
    }
    out
}

fn rotate(settings: &Settings) -> Result<(), Failure> {
    let source = Source::of(settings)?;
    let entropy = Seeded::new(wiring::from_system()?);
    let ring =
        source.read()?.rotated(&entropy).map_err(|e| Failure(format!("The key can't be added: {e}.")))?;
    match &source {
        Source::File(path) => {
            file::replace(path, &ring)?;
            eprintln!(
                "{} is the current key in {}. Running servers that read this file take it up by themselves and encrypt again what is under older keys; `tollbridge keys list` shows how far they are. Copy the file to every other node, and into your backup of keys.",
                ring.current_id(),
                path.display()
            );
            Ok(())
        }
        _ => {
            eprintln!(
                "Put these keys where the server gets them from, then send it SIGHUP (keys from a command) or restart it (keys from the environment):"
            );
            print(ring.to_text().reveal())
        }
    }
}

async fn reseal(settings: &Settings) -> Result<(), Failure> {
    let failed = |fault: store::Fault| Failure(format!("{fault}."));
    let source = Source::of(settings)?;
    let entropy = Seeded::new(wiring::from_system()?);
    source.read()?;
    let store = home::store(settings).await.map_err(|failure| {
        Failure(format!(
            "{failure} A running server encrypts again by itself; `tollbridge keys list` shows how far it is."
        ))
    })?;
    let vault = settle(&source, &*store, &entropy, true).await?;
    let secrets = Secrets { store: &*store, vault: &vault, nouns: resources::noun, entropy: &entropy };
    let terminal = std::io::stderr().is_terminal();
    let mut told = None::<Instant>;
    // What another command or server found finished may have been followed by more.
    let mut rounds = 0;
    let progress = loop {
        let progress = secrets::walk_on(&secrets, DOCUMENTS, LIMIT, None).await.map_err(failed)?;
        if progress.finished && rounds > 0 {
            break progress;
        }
        if progress.finished {
            secrets::restart(&*store).await.map_err(failed)?;
        }
        rounds += 1;
        if terminal && told.is_none_or(|told| told.elapsed() > TELL) {
            eprint!("\r{}", bar(progress.resealed, progress.outdated.unwrap_or(0)));
            told = Some(Instant::now());
        }
    };
    if terminal {
        eprintln!("\r{}", bar(1, 1));
    }
    store.close().await;
    eprintln!("{} secrets were encrypted again under {}.", progress.resealed, progress.to);
    if progress.closed > 0 {
        return Err(Failure(format!(
            "{} secrets are under keys that are not configured and could not be opened; `tollbridge keys list` names those keys.",
            progress.closed
        )));
    }
    Ok(())
}

fn bar(done: i64, all: i64) -> String {
    let percent = if all > 0 { (done * 100 / all).clamp(0, 100) } else { 0 };
    let full = (percent * 40 / 100) as usize;
    format!("[{}{}] {percent:>3} %", "#".repeat(full), " ".repeat(40 - full))
}

async fn retire(settings: &Settings, id: &str) -> Result<(), Failure> {
    let source = Source::of(settings)?;
    let ring = source.read()?;
    if ring.current_id() == id {
        return Err(Failure(format!(
            "{id} is the current key. Add another one first: tollbridge keys rotate."
        )));
    }
    let Some(less) = ring.without(id) else {
        return Err(Failure(format!("There is no key {id}. The keys are: {}.", ring.ids().join(", "))));
    };
    let census = look(settings).await?;
    if let Some(left) = census.under.get(id).filter(|left| **left > 0) {
        return Err(Failure(format!(
            "{left} secrets are still encrypted under {id}. A running server encrypts them again by itself; otherwise run: tollbridge keys reseal."
        )));
    }
    // Until a walk to the current key has ended, somebody may seal under this one.
    let over = census.progress.is_some_and(|it| it.finished && it.to == ring.current_id());
    if !over {
        return Err(Failure(format!(
            "No server has finished to encrypt everything under {} yet, so {id} may still be in use. Wait for it, or run: tollbridge keys reseal.",
            ring.current_id()
        )));
    }
    match &source {
        Source::File(path) => {
            file::replace(path, &less)?;
            eprintln!(
                "{id} is gone from {}. Destroy its copies on other nodes and in backups of keys.",
                path.display()
            );
            Ok(())
        }
        _ => {
            eprintln!(
                "Nothing is encrypted under {id} any more. Put these keys where the server gets them from:"
            );
            print(less.to_text().reveal())
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| Failure(format!("Nothing can be printed: {e}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_missing_are_listed_too() {
        let ring = Ring::parse("b CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=").unwrap();
        let census = Census { under: [("a".into(), 3), ("b".into(), 12)].into(), progress: None };
        let told = listing(&ring, &census);
        let words: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[1], ["b", "current", "12"]);
        assert_eq!(words[2], ["a", "NOT", "CONFIGURED", "3"]);
    }

    #[test]
    fn a_bar_is_full_at_the_end() {
        assert_eq!(bar(1, 1).matches('#').count(), 40);
        assert_eq!(bar(0, 0).matches('#').count(), 0);
        assert_eq!(bar(5, 4).matches('#').count(), 40);
    }
}
