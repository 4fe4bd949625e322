//! What has expired is swept away: remembered answers, events, sessions.
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
        loop {
            match sites.store().sweep(sites.clock().now().0, BATCH).await {
                Ok(swept) if swept < BATCH as u64 => break,
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
