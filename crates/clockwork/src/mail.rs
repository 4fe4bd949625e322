//! Mail: a message of the outbox, handed to whoever takes it to people. Where a program dies between that and the commit
//! that says so, the message is handed over again under the same Message-ID.
use crate::{Site, Slot, Verdict, Work};
use api::{Reply, Stop};
use base::Fut;
use resources::mail::{self, Attempted, Message, Task};
use std::sync::Arc;
use store::{Due, Fault, Unit};

/// Takes messages to people.
pub trait Mailer: Send + Sync {
    /// Hands a message over.
    fn mail(&self, message: Message) -> Fut<'_, Attempted>;
}

/// The work of the queue.
pub(crate) struct Mail(pub(crate) Arc<dyn Mailer>);

impl Work for Mail {
    fn queue(&self) -> &'static str {
        mail::QUEUE
    }
    /// All messages go to one server.
    fn lane(&self, _: &Due) -> String {
        String::new()
    }
    fn perform<'a>(&'a self, site: &'a Site, due: Due, _: Slot) -> Fut<'a, Result<Verdict, Fault>> {
        Box::pin(async move {
            let Ok(task) = wire::from_json::<Task>(&due.body) else {
                return Err(Fault::broken(format!("{} is not readable", due.key.path())));
            };
            let world = &site.api.world;
            let caller = task.caller();
            let found =
                site.api.transact(&caller, |cx| Box::pin(mail::waiting(cx, &task))).await.map_err(fault)?;
            let Reply::Done(Some(message)) = found else {
                world.commit(Unit { done: vec![due.key], ..Unit::default() }).await?;
                return Ok(Verdict::Unasked);
            };
            let outcome = self.0.mail(message).await;
            let verdict = match &outcome {
                Attempted::Sent => Verdict::Well,
                // The server did its part: it said no.
                Attempted::Never(_) => Verdict::Unasked,
                Attempted::Later(why) => {
                    tracing::warn!(message = task.id, why, "a message could not be delivered yet");
                    Verdict::Badly
                }
            };
            let told = site.api.transact(&caller, |cx| {
                let (task, outcome, key) = (&task, outcome.clone(), due.key.clone());
                Box::pin(async move {
                    cx.finished(key);
                    mail::attempted(cx, task, outcome).await
                })
            });
            told.await.map_err(fault)?;
            Ok(verdict)
        })
    }
}

fn fault(stop: Stop) -> Fault {
    match stop {
        Stop::Fault(fault) => fault,
        Stop::Again | Stop::Api(_) => Fault::broken("a message met too much change"),
    }
}
