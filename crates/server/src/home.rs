//! The home of the data, as the settings choose it: for the server, and for every command that works on the data.
use crate::{Failure, config::Settings, keys};
use base::Entropy;
use std::{path::PathBuf, sync::Arc};
use store::{Memory, Store};
use store_postgres::Postgres;
use store_sqlite::Sqlite;

/// Opens the store and the vault that belongs to it. The key is made only once the store is open: a new key beside
/// old data could open none of it.
///
/// # Errors
/// Where the data is in use, out of reach or of a newer release, or the keys cannot be read or made, or are
/// not those of the data.
pub(crate) async fn open(
    settings: &Settings,
    entropy: &dyn Entropy,
    dev: bool,
) -> Result<(Arc<dyn Store>, vault::Vault), Failure> {
    let source = keys::Source::of(settings)?;
    let store = store(settings).await?;
    let vault = keys::settle(&source, &*store, entropy, dev).await?;
    Ok((store, vault))
}

/// Opens the store alone.
///
/// # Errors
/// Where the data is in use, out of reach or of a newer release.
pub(crate) async fn store(settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
    if settings.ephemeral == Some(true) {
        return Ok(Arc::new(Memory::new()));
    }
    if let Some(url) = &settings.database {
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(Failure(
                "--database takes the URL of a PostgreSQL database: postgres://user:password@host/name."
                    .into(),
            ));
        }
        let store = Postgres::open(url, store_postgres::Options::default()).await;
        return Ok(Arc::new(store.map_err(|e| Failure(format!("{e}.")))?));
    }
    let path = directory(settings)?.join("tollbridge.db");
    let store = Sqlite::open(&path, store_sqlite::Options::default()).map_err(|e| Failure(e.to_string()))?;
    Ok(Arc::new(store))
}

/// The directory of the data, made where it is missing.
fn directory(settings: &Settings) -> Result<PathBuf, Failure> {
    let dir = settings.data_dir();
    std::fs::create_dir_all(&dir)
        .map_err(|e| Failure(format!("The data directory {} can't be made: {e}.", dir.display())))?;
    Ok(dir)
}
