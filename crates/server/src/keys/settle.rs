//! Whether the keys fit the data, before anything is served.
use super::{Source, file};
use crate::Failure;
use api::secrets::{self, Trouble};
use base::Entropy;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{Scope, Store};
use vault::Vault;

/// A key that is missing is looked for at most this often: what asks may be a caller, as often as they like.
const LOOK: Duration = Duration::from_secs(1);

/// The vault of a source, fit for the data of the store.
///
/// # Errors
/// Where the source can't be read, or its keys are not those of the data.
pub(crate) async fn settle(
    source: &Source,
    store: &dyn Store,
    entropy: &dyn Entropy,
    dev: bool,
) -> Result<Vault, Failure> {
    let ring = source.read_or_make(entropy)?;
    if let Source::File(path) = source
        && let Some(exposed) = file::exposed(path)
    {
        if !dev {
            return Err(Failure(exposed));
        }
        tracing::warn!("{exposed}");
    }
    let vault = Vault::new(ring);
    secrets::settle(store, &vault, entropy).await.map_err(refused)?;
    vault.look_in(again(source.clone()));
    warn_of_missing(store, &vault).await?;
    Ok(vault)
}

/// Why keys are refused, and what to do.
pub(super) fn refused(trouble: Trouble) -> Failure {
    Failure(match trouble {
        Trouble::Other(id) => format!(
            "The vault key '{id}' is another one than this data was used with, so nothing that is encrypted in it could be read. Start with the key that belongs to the data (every node needs the same), by --vault-key-file, --vault-key-command or TOLLBRIDGE_VAULT_KEY."
        ),
        Trouble::Missing(id) => format!(
            "This data is encrypted under the vault key '{id}', which is not among those configured. Add it to them again, after the current one, as the line '{id} <base64>'."
        ),
        Trouble::Fault(fault) => format!("{fault}."),
    })
}

/// What a vault asks when a key is missing: another node may have rotated.
fn again(source: Source) -> vault::Source {
    let last = Mutex::new(None::<Instant>);
    Box::new(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < LOOK) {
            return None;
        }
        let read = tokio::task::block_in_place(|| source.read());
        // From its end on: a command may take long.
        *last = Some(Instant::now());
        read.inspect_err(|failure| tracing::error!(%failure, "the vault keys could not be read again")).ok()
    })
}

/// Says how much cannot be opened, and which keys it wants. The rest of the data works, so the server starts.
async fn warn_of_missing(store: &dyn Store, vault: &Vault) -> Result<(), Failure> {
    let failed = |fault: store::Fault| Failure(format!("{fault}."));
    let missing = secrets::missing(store, vault).await.map_err(failed)?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut snapshot = store.snapshot(Scope::All).await.map_err(failed)?;
    let census = secrets::census(&mut *snapshot, resources::noun).await.map_err(failed)?;
    for id in missing {
        match census.under.get(&id) {
            Some(secrets) => tracing::error!(
                key = id,
                secrets,
                "secrets are encrypted under a vault key that is not configured; whatever needs them fails until the key is added again"
            ),
            None => {
                secrets::forget(store, &id).await.map_err(failed)?;
                tracing::info!(
                    key = id,
                    "nothing is encrypted under this vault key any more: it is forgotten"
                );
            }
        }
    }
    Ok(())
}
