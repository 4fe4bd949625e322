//! A draft goes on by itself once everybody who listens has heard of it, and after three days at the latest.
use super::Invoice;
use crate::events::event::Event;
use api::{Cx, Stop};
use base::Timestamp;
use wire::Hidden;

/// How long those who listen are waited for, in seconds.
const PATIENCE: i64 = 3 * Timestamp::DAY;
/// How often is looked whether they heard.
const PAUSE: i64 = 3_600;

/// Somebody is told of a new invoice by this event.
pub(crate) async fn told(cx: &mut Cx<'_>, account: &str, live: bool, event: &Event) -> Result<(), Stop> {
    let Some(id) = event.about() else { return Ok(()) };
    if let Some(it) = cx.get_of::<Invoice>(account, live, id).await? {
        cx.put_of(account, live, &Invoice { told_by: Hidden(Some(event.id.clone())), ..it });
    }
    Ok(())
}

impl Invoice {
    /// When is looked again whether everybody heard of it; none where all did, or time is up. The clock of a test goes faster
    /// than anybody hears, so nobody is waited for by it.
    pub(super) async fn waits(&mut self, cx: &mut Cx<'_>) -> Result<Option<Timestamp>, Stop> {
        let told = self.told_by.0.clone();
        let event = match &told {
            Some(id) if cx.on_clock().is_none() => cx.get::<Event>(id).await?,
            _ => None,
        };
        let last = self.created.plus(PATIENCE);
        if event.is_some_and(|it| it.pending_webhooks > 0) && cx.now() < last {
            return Ok(Some(cx.now().plus(PAUSE).min(last)));
        }
        self.webhooks_delivered_at = Some(if told.is_some() { cx.now() } else { self.created });
        Ok(None)
    }
}
