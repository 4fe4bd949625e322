//! Changed keys are taken up while the server runs: after SIGHUP, and when the key file changes.
use super::{Source, file, settle::refused};
use crate::tls::hangup;
use api::{
    Api,
    secrets::{self, Trouble},
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often the file is looked at, and whether the vault has taken up another ring.
const LOOK: Duration = Duration::from_secs(1);

/// Takes up changed keys until it is asked to stop, and begins to encrypt again what is under older ones.
pub(crate) async fn keep_up(api: Arc<Api>, source: Source, mut stop: watch::Receiver<bool>) {
    let world = &api.world;
    let stamp = || if let Source::File(path) = &source { file::stamp(Path::new(path)) } else { None };
    let mut hangup = hangup();
    let (mut seen, mut current) = (stamp(), world.vault.current_id());
    begin(&api, &current, false).await;
    loop {
        let asked = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = hangup.next() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        let stamp = stamp();
        if !matches!(source, Source::Fleeting) && (asked || stamp != seen) {
            seen = stamp;
            reload(&api, &source).await;
        }
        // A ring may also have been taken up on the way of a request that met an unknown key.
        let id = world.vault.current_id();
        if id != current {
            tracing::info!(
                current = id,
                "the vault keys were changed; what is under older ones is encrypted again"
            );
            begin(&api, &id, true).await;
            current = id;
        }
    }
}

async fn reload(api: &Api, source: &Source) {
    let read = tokio::task::block_in_place(|| source.read());
    let replaced = match read {
        Ok(ring) => take_up(api, ring).await,
        Err(failure) => Err(failure.0),
    };
    match replaced {
        Ok(true) => tracing::info!(keys = ?api.world.vault.ids(), "the vault keys were read again"),
        Ok(false) => {}
        Err(why) => tracing::error!("{why} The server goes on with the keys that it has."),
    }
}

/// Takes a ring up once it is known to fit the data: under a wrong key nothing must be sealed.
async fn take_up(api: &Api, ring: vault::Ring) -> Result<bool, String> {
    let world = &api.world;
    let tried = vault::Vault::new(ring.clone());
    secrets::settle(&*world.store, &tried, &*world.entropy).await.map_err(|trouble| refused(trouble).0)?;
    world.vault.replace(ring).map_err(|e| format!("The vault keys are refused: {e}."))
}

async fn begin(api: &Api, current: &str, anew: bool) {
    if let Err(trouble) = try_to_begin(api, current, anew).await {
        tracing::error!(
            ?trouble,
            "encrypting again under the current vault key could not be begun; SIGHUP or a restart tries it again"
        );
    }
}

async fn try_to_begin(api: &Api, current: &str, anew: bool) -> Result<(), Trouble> {
    let world = &api.world;
    secrets::settle(&*world.store, &world.vault, &*world.entropy).await?;
    if !anew && secrets::is_only(&*world.store, current).await? {
        return Ok(());
    }
    Ok(secrets::begin(&*world.store, current, world.clock.now_ms(), anew).await?)
}
