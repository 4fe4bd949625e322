//! The home of the data, as the settings choose it: for the server, and for every command that works on the data.
use crate::{Failure, config::Settings, keys};
use base::Entropy;
use std::{path::PathBuf, sync::Arc};
use store::{Memory, Store};
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
    Ok((store, vault(settings, entropy)?))
}

/// Opens the store alone.
///
/// # Errors
/// Where the data is in use, out of reach or of a newer release.
pub(crate) async fn store(settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
    if settings.ephemeral == Some(true) {
        return Ok(Arc::new(Memory::new()));
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

/// The directory of the data, made where it is missing.
fn directory(settings: &Settings) -> Result<PathBuf, Failure> {
    let dir = settings.data_dir();
    std::fs::create_dir_all(&dir)
        .map_err(|e| Failure(format!("The data directory {} can't be made: {e}.", dir.display())))?;
    Ok(dir)
}
