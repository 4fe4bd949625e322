//! The home of the data, as the settings choose it: for the server, and for every command that works on the data.
use crate::{Failure, config::Settings, keys};
use base::Entropy;
use std::{path::PathBuf, sync::Arc};
use store::{Bytes, Commit, Key, Memory, Put, Store, Unit};
use store_postgres::Postgres;
use store_sqlite::Sqlite;

/// Opens the store and the vault that belongs to it. The key is made only once the store is open: a new key beside
/// old data could open none of it.
///
/// # Errors
/// Where the data is in use, out of reach or of a newer release, or the key cannot be read or made.
pub(crate) async fn open(
    settings: &Settings,
    entropy: &dyn Entropy,
) -> Result<(Arc<dyn Store>, vault::Vault), Failure> {
    let store = store(settings).await?;
    let vault = vault(settings, entropy)?;
    if settings.database.is_some() {
        same_key(&*store, &vault).await?;
    }
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

/// The directory of the data, made where it is missing.
fn directory(settings: &Settings) -> Result<PathBuf, Failure> {
    let dir = settings.data_dir();
    std::fs::create_dir_all(&dir)
        .map_err(|e| Failure(format!("The data directory {} can't be made: {e}.", dir.display())))?;
    Ok(dir)
}
