//! What has expired is swept away: remembered answers, events, sessions. A clock that is moved sweeps its world itself, and
//! now and then a world whose clock was moved is swept here.
use crate::Sites;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(250);
/// How much is deleted in one go; requests wait no longer than that.
const BATCH: usize = 500;

/// Sweeps until it is asked to stop.
pub(crate) async fn run(sites: Arc<dyn Sites>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let mut moved = false;
        loop {
            let swept = match moved {
                false => sites.store().sweep(sites.clock().now().0, BATCH).await,
                true => sites.sweep_moved(BATCH).await,
            };
            match swept {
                Ok(swept) if swept < BATCH as u64 && moved => break,
                Ok(swept) if swept < BATCH as u64 => moved = true,
                Ok(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(fault) => {
                    tracing::error!(%fault, "what has expired could not be swept away; it is tried again");
                    break;
                }
            }
            if *stop.borrow() {
                return;
            }
        }
    }
}
