//! Connections: how they are opened, what is set on them, and the statements that they know.
use crate::{address::Address, trouble::Trouble};
use futures_util::future::{join, join_all};
use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_postgres::{Client, Error, Row, Statement, types::ToSql};

pub(crate) type Param<'a> = &'a (dyn ToSql + Sync);

/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_millis(400);

/// What must hold on each connection. A transaction whose node went away in its midst holds its locks no longer than
/// the database waits for it.
const SETTINGS: &str = "SET search_path TO tollbridge; SET statement_timeout = 8000; SET lock_timeout = 8000; \
                        SET idle_in_transaction_session_timeout = 8000";

/// What is good where it is known. Plans are made once, by index: the tables may be empty when a statement is planned
/// and large when it is run. Bodies are packed by what takes the least time.
const ADVICE: [&str; 9] = [
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2",
    "SET plan_cache_mode = force_generic_plan",
    "SET enable_seqscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET enable_bitmapscan = off",
    "SET jit = off",
    "SET default_toast_compression = 'lz4'",
    "SET client_min_messages = warning",
];

/// Opens connections.
pub(crate) struct Connector {
    address: Address,
    /// Whether the database was out of reach when last asked, so that the log tells it once.
    away: AtomicBool,
}

/// A connection with the statements that it knows.
pub(crate) struct Session {
    client: Client,
    known: Mutex<HashMap<&'static str, Statement>>,
}

impl Connector {
    pub(crate) fn new(address: Address) -> Self {
        Connector { address, away: AtomicBool::new(false) }
    }

    /// A connection on which nothing is set but who is asked.
    pub(crate) async fn bare(&self) -> Result<Session, Trouble> {
        let connected = self.address.config.connect(self.address.tls.clone()).await;
        let (client, connection) = match connected {
            Ok(connected) => connected,
            Err(error) => {
                let trouble = Trouble::from(error);
                if trouble.passes() && !self.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(why = %trouble, "the database is out of reach; it is tried again");
                }
                return Err(trouble);
            }
        };
        if self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("the database is within reach again");
        }
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(why = %Trouble::from(error), "a connection to the database ended");
            }
        });
        Ok(Session { client, known: Mutex::default() })
    }

    /// A connection that is ready for work.
    pub(crate) async fn open(&self) -> Result<Session, Trouble> {
        let session = self.bare().await?;
        let advice = join_all(ADVICE.map(|sql| session.client.batch_execute(sql)));
        let settings = async {
            session.client.batch_execute(SETTINGS).await?;
            session.client.query_one("SHOW synchronous_commit", &[]).await?.try_get::<_, String>(0)
        };
        let (durable, _) = join(settings, advice).await;
        if durable? == "off" {
            // What is answered must be on the disk, whatever the database does for others.
            session.client.batch_execute("SET synchronous_commit = on").await?;
        }
        Ok(session)
    }
}

impl Session {
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs statements that bring no rows.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }

    fn known(&self, sql: &'static str) -> Option<Statement> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned()
    }

    /// Has statements ready, so that each is sent the moment it is first polled: only then do statements that are
    /// polled together reach the database in their order.
    pub(crate) async fn prepare(&self, all: &[&'static str]) -> Result<(), Error> {
        let prepared = join_all(all.iter().map(|sql| self.client.prepare(sql))).await;
        for (sql, statement) in all.iter().zip(prepared) {
            let statement = statement?;
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(sql, statement);
        }
        Ok(())
    }

    async fn statement(&self, sql: &'static str) -> Result<Statement, Error> {
        if let Some(known) = self.known(sql) {
            return Ok(known);
        }
        self.prepare(&[sql]).await?;
        match self.known(sql) {
            Some(known) => Ok(known),
            None => self.client.prepare(sql).await,
        }
    }

    pub(crate) async fn query(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.client.query(&self.statement(sql).await?, params).await
    }

    pub(crate) async fn execute(&self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, Error> {
        self.client.execute(&self.statement(sql).await?, params).await
    }
}

/// Waits for an answer of the database until a deadline.
pub(crate) async fn within<T, E: Into<Trouble>>(
    deadline: Instant,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Trouble> {
    match timeout_at(deadline, work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(Trouble::Lost("it did not answer in time".into())),
    }
}

/// Attempts at the same thing, with pauses that grow, until a deadline.
pub(crate) struct Attempts {
    pub(crate) deadline: Instant,
    pause: Duration,
}

impl Attempts {
    pub(crate) fn until(deadline: Instant) -> Self {
        Attempts { deadline, pause: Duration::from_millis(2) }
    }
    /// Whether there is time for another attempt; waits for it.
    pub(crate) async fn again(&mut self) -> bool {
        let next = Instant::now() + self.pause;
        if next >= self.deadline {
            return false;
        }
        sleep_until(next).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        true
    }
}

/// A connection that is opened when it is needed, and anew when it was lost.
pub(crate) struct Line {
    connector: Arc<Connector>,
    statements: &'static [&'static str],
    session: Option<Session>,
}

impl Line {
    /// A line on which these statements are ready.
    pub(crate) fn new(connector: Arc<Connector>, statements: &'static [&'static str]) -> Self {
        Line { connector, statements, session: None }
    }
    pub(crate) async fn session(&mut self, deadline: Instant) -> Result<&Session, Trouble> {
        let open = match self.session.take().filter(|session| !session.is_closed()) {
            Some(open) => open,
            None => {
                let connecting = async {
                    let session = self.connector.open().await?;
                    session.prepare(self.statements).await?;
                    Ok::<_, Trouble>(session)
                };
                within(deadline, connecting).await?
            }
        };
        Ok(self.session.insert(open))
    }
    /// Ends a transaction that came to nothing; a connection on which that does not work is given up.
    pub(crate) async fn roll_back(&mut self, deadline: Instant) {
        if let Some(session) = self.session.take()
            && within(deadline, session.run("ROLLBACK")).await.is_ok()
        {
            self.session = Some(session);
        }
    }
    /// Gives the connection up.
    pub(crate) fn hang_up(&mut self) {
        self.session = None;
    }
}
