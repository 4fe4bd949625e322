//! How answers get from the writer's thread to whoever waits: all of a batch by one wake.
//!
//! Each answer that is sent from a foreign thread may wake a thread of the runtime, which on a busy core takes the
//! processor from the writer there and then; a batch of sixty would go back and forth sixty times. So a task of the
//! runtime's own hands them out, where it finds a runtime.
use crate::Outcome;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

/// The answers of one batch.
pub(crate) type Answers = Vec<(oneshot::Sender<Outcome>, Outcome)>;

/// Hands answers out.
pub(crate) struct Herald(Option<mpsc::UnboundedSender<Answers>>);

impl Herald {
    /// A herald on the runtime of this thread, or one that hands out directly where there is none.
    pub(crate) fn here() -> Self {
        let Ok(runtime) = Handle::try_current() else { return Herald(None) };
        // Bounded by the queue of units: an answer belongs to a unit that was let into it.
        let (send, mut waiting) = mpsc::unbounded_channel();
        runtime.spawn(async move {
            while let Some(answers) = waiting.recv().await {
                hand_out(answers);
            }
        });
        Herald(Some(send))
    }
    /// Hands out the answers of a batch.
    pub(crate) fn tell(&self, answers: Answers) {
        match &self.0 {
            // A single answer is there sooner without the task between.
            Some(task) if answers.len() > 1 => {
                // The runtime may have ended before the store.
                if let Err(mpsc::error::SendError(answers)) = task.send(answers) {
                    hand_out(answers);
                }
            }
            _ => hand_out(answers),
        }
    }
}

fn hand_out(answers: Answers) {
    for (answer, outcome) in answers {
        // Whoever asked may have gone away; what was written stays written.
        let _ = answer.send(outcome);
    }
}
