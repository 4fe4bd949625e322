//! The committers: each takes all units that wait into one transaction, of two round trips, and answers them after its
//! COMMIT. While one batch is at work, the next one gathers.
//!
//! What passes (a deadlock, a failover, a lost connection) is tried again until the deadline of the first unit. Where
//! the answer to a COMMIT was lost, the batch's token decides: the transaction wrote it, or it is fenced, so that
//! the transaction can never be committed, and only then is the batch tried again.
use crate::{
    Shared,
    judge::{Careless, Found, Judge, Left, Outcome, Wanted},
    lookup::Kept,
    session::{Attempts, Line, within},
    trouble::Trouble,
    write,
};
use std::sync::{Arc, atomic::Ordering};
use store::{Commit, Fault, Unit};
use tokio::{sync::oneshot, time::Instant};

/// How many units share a transaction at most; keeps the first of them from waiting long for the last.
const BATCH_MAX: usize = 256;

/// A unit that waits.
pub(crate) struct Waiting {
    pub(crate) unit: Unit,
    pub(crate) since: Instant,
    /// Hears how many units shared the transaction.
    pub(crate) span: tracing::Span,
    pub(crate) answer: oneshot::Sender<Outcome>,
}

/// Why an attempt did not come to an end.
enum Miss {
    /// Nothing was written.
    Trouble(Trouble),
    /// Something must be looked up that was not, or somebody else has inserted it meanwhile.
    Careless,
    /// Whether it was written is not known.
    Unknown { token: Vec<u8>, done: Judged, why: Trouble },
}

impl From<Trouble> for Miss {
    fn from(trouble: Trouble) -> Self {
        Miss::Trouble(trouble)
    }
}

/// What became of the units, and what the batch left behind.
struct Judged {
    outcomes: Vec<Outcome>,
    left: Vec<(Left, i64)>,
    wakes: bool,
}

pub(crate) struct Committer {
    shared: Arc<Shared>,
    line: Line,
    number: usize,
    batches: u64,
    /// The token of the last batch, of which nobody will ask any more.
    before: Vec<u8>,
}

impl Committer {
    pub(crate) fn new(shared: Arc<Shared>, number: usize) -> Self {
        let line = Line::new(shared.connector.clone(), write::STATEMENTS);
        Committer { shared, line, number, batches: 0, before: Vec::new() }
    }

    /// Works until the store is closed.
    pub(crate) async fn run(mut self) {
        let shared = self.shared.clone();
        while let Some(batch) = shared.units.take(BATCH_MAX).await {
            let (mut units, mut answers) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
            let (began, mut deadline) = (Instant::now(), None);
            for Waiting { unit, since, span, answer } in batch {
                shared.meters.waited(began - since);
                let until = since + shared.patience;
                if until <= began {
                    let _ =
                        answer.send(Err(Fault::unavailable("the database is out of reach or overloaded")));
                    continue;
                }
                deadline.get_or_insert(until);
                units.push(unit);
                answers.push((answer, span));
            }
            let Some(deadline) = deadline else { continue };
            let outcomes = self.settle(&units, deadline).await;
            shared.meters.batch(units.len(), began.elapsed());
            for ((answer, span), outcome) in answers.into_iter().zip(outcomes) {
                span.record("batch_units", units.len() as i64);
                // Whoever asked may have gone away; what was written stays written.
                let _ = answer.send(outcome);
            }
        }
    }

    /// What becomes of units, whatever happens.
    async fn settle(&mut self, units: &[Unit], deadline: Instant) -> Vec<Outcome> {
        match self.attempts(units, deadline).await {
            Ok(done) => self.publish(done),
            // One of them may be what the database cannot take; the others need not suffer for it.
            Err(fault) if !fault.is_unavailable() && units.len() > 1 && deadline > Instant::now() => {
                let mut outcomes = Vec::with_capacity(units.len());
                for unit in units {
                    let one = std::slice::from_ref(unit);
                    match self.attempts(one, deadline).await {
                        Ok(done) => outcomes.extend(self.publish(done)),
                        Err(fault) => outcomes.push(Err(fault)),
                    }
                }
                outcomes
            }
            Err(fault) => {
                self.shared.meters.failed();
                tracing::error!(%fault, units = units.len(), "the database cannot be written; nothing of this is acknowledged");
                vec![Err(fault); units.len()]
            }
        }
    }

    async fn attempts(&mut self, units: &[Unit], deadline: Instant) -> Result<Judged, Fault> {
        let (mut attempts, mut careful) = (Attempts::until(deadline), false);
        loop {
            let why = match self.attempt(units, careful, deadline).await {
                Ok(done) => return Ok(done),
                Err(Miss::Careless) => {
                    self.line.roll_back(deadline).await;
                    if !careful {
                        careful = true;
                        continue;
                    }
                    Trouble::Passing("others write the same".into())
                }
                Err(Miss::Trouble(why @ Trouble::Lost(_))) => {
                    self.line.hang_up();
                    why
                }
                Err(Miss::Trouble(why)) => {
                    self.line.roll_back(deadline).await;
                    why
                }
                Err(Miss::Unknown { token, done, why }) => {
                    self.line.hang_up();
                    if self.happened(&token, &mut attempts).await? {
                        return Ok(done);
                    }
                    why
                }
            };
            let told = format!("the database could not be written: {why}");
            if !why.passes() {
                return Err(Fault::broken(told));
            }
            tracing::debug!(%why, "a batch is tried again");
            if !attempts.again().await {
                return Err(Fault::unavailable(told));
            }
        }
    }

    /// One transaction.
    async fn attempt(&mut self, units: &[Unit], careful: bool, deadline: Instant) -> Result<Judged, Miss> {
        let wanted = Wanted::by(units, careful);
        let token = self.token();
        let session = self.line.session(deadline).await?;
        // A batch of what is new throughout, as charges are, needs no look before it is written.
        let found = if wanted.is_empty() {
            Found::default()
        } else {
            within(deadline, write::fetch(session, &wanted)).await?
        };
        let mut judge = Judge::new(found, careful);
        let outcomes = judge.all(units).map_err(|Careless| Miss::Careless)?;
        let Judge { found, effects, .. } = judge;
        if effects.is_empty() {
            if !wanted.is_empty() {
                self.line.roll_back(deadline).await;
            }
            return Ok(Judged { outcomes, left: Vec::new(), wakes: false });
        }
        let stamps: Vec<i64> = effects.docs.iter().map(|_| self.shared.stamp()).collect();
        let written = within(
            deadline,
            write::write(session, &effects, (&wanted, &found), &stamps, (&token, &self.before)),
        );
        let written = written.await;
        let wakes = !effects.due.is_empty();
        let done = Judged { outcomes, left: effects.docs.into_values().zip(stamps).collect(), wakes };
        match written {
            Ok(()) => {
                self.before = token;
                Ok(done)
            }
            Err(Trouble::Taken(_)) => Err(Miss::Careless),
            Err(why @ Trouble::Lost(_)) => Err(Miss::Unknown { token, done, why }),
            Err(trouble) => Err(Miss::Trouble(trouble)),
        }
    }

    fn token(&mut self) -> Vec<u8> {
        self.batches += 1;
        format!("{}/{}/{}", self.shared.node, self.number, self.batches).into_bytes()
    }

    /// Whether a transaction has happened whose answer was lost; if not, it never will.
    async fn happened(&mut self, token: &[u8], attempts: &mut Attempts) -> Result<bool, Fault> {
        loop {
            let asked = async {
                let session = self.line.session(attempts.deadline).await?;
                // Where the transaction is still under way, this waits for its end.
                let rows = within(attempts.deadline, session.query(write::FENCE, &[&token])).await?;
                let row = rows.first().ok_or_else(|| Trouble::Broken("no row came back".into()))?;
                Ok::<bool, Trouble>(!row.try_get::<_, bool>(0)?)
            };
            let why = match asked.await {
                Ok(happened) => {
                    tracing::warn!(happened, "a commit whose answer was lost was looked up");
                    return Ok(happened);
                }
                Err(why) => why,
            };
            self.line.hang_up();
            if !why.passes() || !attempts.again().await {
                return Err(Fault::broken(format!(
                    "the connection to the database was lost before it answered: whether this was written is not known ({why})"
                )));
            }
        }
    }

    /// Makes known what a batch wrote, and wakes whoever waits for due work.
    fn publish(&self, done: Judged) -> Vec<Outcome> {
        for (left, stamp) in done.left {
            let path = left.key.path();
            let hash = self.shared.docs.hash(&path);
            let kept = (left.version > 0)
                .then(|| Arc::new(Kept { path, version: left.version, stamp, body: left.body }));
            self.shared.docs.publish(hash, kept);
        }
        if done.wakes {
            self.shared.wake();
        }
        done.outcomes
    }
}

impl Shared {
    /// A number that no other write has.
    pub(crate) fn stamp(&self) -> i64 {
        self.stamps.fetch_add(1, Ordering::Relaxed) as i64
    }
}

/// Hands a unit to the committers and waits for its answer.
pub(crate) async fn commit(shared: &Shared, unit: Unit) -> Result<Commit, Fault> {
    let (answer, mut answered) = oneshot::channel();
    let patient = unit.patient;
    let waiting = Waiting { unit, since: Instant::now(), span: tracing::Span::current(), answer };
    shared.meters.waits();
    if !(if patient { shared.units.leave(waiting) } else { shared.units.push(waiting) }) {
        shared.meters.turned_away();
        return Err(Fault::unavailable("the database is overloaded: too many writes wait"));
    }
    let lost =
        |_| Fault::broken("the store was closed before it answered: whether this was written is not known");
    if patient {
        if let Ok(answer) = tokio::time::timeout(store::PATIENCE, &mut answered).await {
            return answer.map_err(lost)?;
        }
        shared.units.ring();
    }
    answered.await.map_err(lost)?
}
