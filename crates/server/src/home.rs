//! The home of the data, as the settings choose it: for the server, and for every command that works on the data.
use crate::{Failure, config::Settings, keys};
use base::Entropy;
use std::{path::PathBuf, sync::Arc};
<<<<<<< HEAD
use store::{Memory, Store};
=======
use store::{Bytes, Commit, Key, Memory, Put, Scope, Snapshot, Store, Unit};
>>>>>>> 08b4b82 (export, import, backup and check: the state is moved, copied and proved)
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
<<<<<<< HEAD
    let vault = keys::settle(&source, &*store, entropy, dev).await?;
=======
    if archive::is_half(&*store).await.map_err(|e| Failure(e.to_string()))? {
        return Err(Failure(archive::Trouble::Half.to_string()));
    }
    let vault = vault(settings, entropy)?;
    if settings.database.is_some() {
        same_key(&*store, &vault).await?;
    }
>>>>>>> 08b4b82 (export, import, backup and check: the state is moved, copied and proved)
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

<<<<<<< HEAD
=======
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

fn vault(settings: &Settings, entropy: &dyn Entropy) -> Result<vault::Vault, Failure> {
    if settings.ephemeral == Some(true) {
        return keys::fleeting(entropy);
    }
    let key = match &settings.vault_key_file {
        Some(key) => key.clone(),
        None => directory(settings)?.join("vault.key"),
    };
    keys::vault(&key, entropy)
}

/// Refuses a key that other nodes of the database do not have: what one of them sealed, the others could not open.
async fn same_key(store: &dyn Store, vault: &vault::Vault) -> Result<(), Failure> {
    let failed = |e: store::Fault| Failure(format!("{e}."));
    let key = Key::house("vault", "key");
    let mine = Bytes::from(vault.fingerprint("vault", "key"));
    let put = Put {
        key: key.clone(),
        expect: 0,
        body: Some(mine.clone()),
        index: vec![],
        stale: vec![],
        expires: None,
    };
    loop {
        if let Some(known) = store.get(&key).await.map_err(failed)? {
            return if known.body == mine { Ok(()) } else { Err(other_key()) };
        }
        let unit = Unit { puts: vec![put.clone()], ..Unit::default() };
        if store.commit(unit).await.map_err(failed)? == Commit::Done {
            return Ok(());
        }
    }
}

fn other_key() -> Failure {
    Failure(
        "This is not the vault key that the database was first used with, so what is encrypted there can't be read. \
         Give every node the same key: copy vault.key from the first one, or name it with --vault-key-file."
            .into(),
    )
}

>>>>>>> 08b4b82 (export, import, backup and check: the state is moved, copied and proved)
/// The directory of the data, made where it is missing.
fn directory(settings: &Settings) -> Result<PathBuf, Failure> {
    let dir = settings.data_dir();
    std::fs::create_dir_all(&dir)
        .map_err(|e| Failure(format!("The data directory {} can't be made: {e}.", dir.display())))?;
    Ok(dir)
}
