//! Asks of the outside whose answers were lost: what became of them is found out.
use crate::{Site, Slot, Verdict, Work};
use api::asks;
use base::Fut;
use store::{Due, Fault};

/// The work of the queue.
pub(crate) struct Asks;

impl Work for Asks {
    fn queue(&self) -> &'static str {
        asks::QUEUE
    }
    /// The acquirer is one for all.
    fn lane(&self, _: &Due) -> String {
        String::new()
    }
    fn perform<'a>(&'a self, site: &'a Site, due: Due, _: Slot) -> Fut<'a, Result<Verdict, Fault>> {
        Box::pin(async move {
            let known = site.api.recover(due).await?;
            Ok(if known { Verdict::Well } else { Verdict::Badly })
        })
    }
}
