//! The home of the data, as the settings choose it: for the server, and for every command that works on the data.
use crate::{Failure, config::Settings, keys};
use base::Entropy;
use std::{path::PathBuf, sync::Arc};
use store::{Memory, Scope, Snapshot, Store};
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
    if archive::is_half(&*store).await.map_err(|e| Failure(e.to_string()))? {
        return Err(Failure(archive::Trouble::Half.to_string()));
    }
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

/// One moment of the home, for whoever only looks; the server of an embedded home may go on meanwhile.
pub(crate) struct Looked {
    snapshot: Box<dyn Snapshot>,
    store: Option<Arc<dyn Store>>,
}

impl Looked {
    /// What was there at that moment.
    pub(crate) fn snapshot(&mut self) -> &mut dyn Snapshot {
        &mut *self.snapshot
    }
    /// The last call.
    pub(crate) async fn close(self) {
        drop(self.snapshot);
        if let Some(store) = self.store {
            store.close().await;
        }
    }
}

/// Looks at everything that the home holds at this moment.
///
/// # Errors
/// Where there is no data, or it is out of reach or of a newer release.
pub(crate) async fn look(settings: &Settings) -> Result<Looked, Failure> {
    let failed = |e: store::Fault| Failure(format!("{e}."));
    if settings.database.is_some() {
        let store = store(settings).await?;
        let snapshot = store.snapshot(Scope::All).await.map_err(failed)?;
        return Ok(Looked { snapshot, store: Some(store) });
    }
    let path = settings.data_dir().join("tollbridge.db");
    let snapshot = store_sqlite::look(&path, Scope::All).map_err(failed)?;
    Ok(Looked { snapshot, store: None })
}

/// The directory of the data, made where it is missing.
fn directory(settings: &Settings) -> Result<PathBuf, Failure> {
    let dir = settings.data_dir();
    std::fs::create_dir_all(&dir)
        .map_err(|e| Failure(format!("The data directory {} can't be made: {e}.", dir.display())))?;
    Ok(dir)
}
