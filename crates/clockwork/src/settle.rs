//! Payments go on by themselves: banks dispute, decide, take refunds and send them back (`resources::due`).
use crate::{Site, Slot, Verdict, Work};
use api::Stop;
use base::{Caller, Fut};
use resources::due::{self, Task};
use store::{Due, Fault};

/// The work of the queue.
pub(crate) struct Settle;

impl Work for Settle {
    fn queue(&self) -> &'static str {
        due::QUEUE
    }
    /// One account after the other, so that a busy one leaves room.
    fn lane(&self, due: &Due) -> String {
        due.key.id.split('/').next().unwrap_or_default().to_owned()
    }
    fn perform<'a>(&'a self, site: &'a Site, due: Due, _: Slot) -> Fut<'a, Result<Verdict, Fault>> {
        Box::pin(async move {
            let task: Task = wire::from_json(&due.body)
                .map_err(|bad| Fault::broken(format!("{} is not readable: {bad:?}", due.key.path())))?;
            // Whoever takes the work over asks the outside under the same name.
            let request = format!("due_{}", vault::digest(&due.key.path()));
            let caller = Caller { request, ..Caller::system(task.account.as_str(), task.livemode) };
            let outcome = site
                .api
                .transact(&caller, |cx| {
                    let (task, key) = (&task, due.key.clone());
                    Box::pin(async move {
                        cx.finished(key);
                        due::perform(cx, task).await
                    })
                })
                .await;
            match outcome {
                Ok(_) => Ok(Verdict::Well),
                Err(Stop::Fault(fault)) => Err(fault),
                // It was decided in vain too often; the lease ends and it is tried again.
                Err(Stop::Again | Stop::Api(_)) => {
                    Err(Fault::broken(format!("{} met too much change", due.key.path())))
                }
            }
        })
    }
}
