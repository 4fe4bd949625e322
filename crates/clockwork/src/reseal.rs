//! Secrets are sealed again under the key that was rotated in, stretch by stretch, while everything else goes on.
use crate::{Site, Slot, Verdict, Work};
use api::secrets::{self, Secrets};
use base::Fut;
use metrics::gauge;
use std::time::{Duration, Instant};
use store::{Due, Fault};

/// Documents looked at in one stretch.
const DOCUMENTS: usize = 5_000;
/// Secrets sealed again in one stretch.
const LIMIT: usize = 100;
/// How long a node that has not got the key leaves the walk to others.
const WITHOUT_KEY: Duration = Duration::from_secs(2);

/// The work of the queue.
pub(crate) struct Reseal;

impl Work for Reseal {
    fn queue(&self) -> &'static str {
        secrets::QUEUE
    }
    fn lane(&self, _: &Due) -> String {
        String::new()
    }
    fn perform<'a>(&'a self, site: &'a Site, due: Due, _: Slot) -> Fut<'a, Result<Verdict, Fault>> {
        Box::pin(async move {
            let world = &site.api.world;
            let began = Instant::now();
            let secrets = Secrets {
                store: &*site.home,
                vault: &world.vault,
                nouns: world.nouns,
                entropy: &*world.entropy,
            };
            let current = world.vault.current_id();
            let others = secrets::progress(&*site.home).await?.is_some_and(|it| it.to != current);
            let next = || {
                let pause = if others { WITHOUT_KEY } else { secrets::pause(began.elapsed()) };
                world.clock.now_ms() + pause.as_millis() as i64
            };
            let progress = secrets::walk_on(&secrets, DOCUMENTS, LIMIT, Some((due.key, &next))).await?;
            gauge!("tollbridge_vault_outdated_secrets").set(progress.left() as f64);
            tell(&progress);
            Ok(Verdict::Well)
        })
    }
}

fn tell(progress: &secrets::Progress) {
    let secrets::Progress { to, resealed, closed, finished, .. } = progress;
    let left = progress.left();
    if !finished {
        tracing::info!(to, resealed, left, "secrets are being encrypted again");
    } else if *closed > 0 {
        tracing::warn!(
            to,
            resealed,
            closed,
            "some secrets are sealed under keys that are not configured and cannot be opened; add those keys again"
        );
    } else if *resealed > 0 {
        tracing::info!(
            to,
            resealed,
            "every secret is encrypted under the current key; older ones may be retired"
        );
    }
}
