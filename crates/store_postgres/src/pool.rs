//! Connections for everything but commits and lookups: lists, counts, claims, sweeping.
use crate::{
    session::{Attempts, Connector, Session, within},
    trouble::Trouble,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::{Fault, Fut};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

pub(crate) struct Pool {
    connector: Arc<Connector>,
    idle: Mutex<Vec<Arc<Session>>>,
    turns: Semaphore,
    patience: Duration,
}

impl Pool {
    /// At most so many connections, opened when they are needed.
    pub(crate) fn new(connector: Arc<Connector>, most: usize, patience: Duration) -> Self {
        Pool { connector, idle: Mutex::default(), turns: Semaphore::new(most.max(1)), patience }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Arc<Session>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with a connection, and again with another one where what happened passes; so the work must be such that
    /// doing it twice does no harm. `doing` is the beginning of the sentence that a fault says.
    pub(crate) async fn with<'a, T>(
        &self,
        doing: &str,
        work: impl Fn(Arc<Session>) -> Fut<'a, Result<T, Trouble>>,
    ) -> Result<T, Fault> {
        let deadline = Instant::now() + self.patience;
        let mut attempts = Attempts::until(deadline);
        loop {
            let why = match self.once(deadline, &work).await {
                Ok(done) => return Ok(done),
                Err(why) => why,
            };
            let told = format!("{doing}: {why}");
            if !why.passes() {
                return Err(Fault::broken(told));
            }
            if !attempts.again().await {
                return Err(Fault::unavailable(told));
            }
        }
    }

    async fn once<'a, T>(
        &self,
        deadline: Instant,
        work: &impl Fn(Arc<Session>) -> Fut<'a, Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let turn = timeout_at(deadline, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(Trouble::Passing("too much is asked of it at once".into()));
        };
        let waiting = self.idle().pop().filter(|session| !session.is_closed());
        let session = match waiting {
            Some(session) => session,
            None => Arc::new(within(deadline, self.connector.open()).await?),
        };
        let done = within(deadline, work(session.clone())).await?;
        // One on which something failed is not used again: it may be in the midst of a transaction.
        self.idle().push(session);
        Ok(done)
    }

    /// Closes those that wait.
    pub(crate) fn close(&self) {
        self.turns.close();
        self.idle().clear();
    }
}
