//! What waits to be written, and what of it is written together. There is no timer for what somebody waits for. What
//! nobody waits for (receipts of deliveries) lies aside, so that its coming does not wake the writer: whatever is written
//! next takes it along, because a sync costs the same for one as for many.
use crate::{Outcome, overloaded};
use std::{
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError, mpsc::Receiver},
    time::Instant,
};
use store::{Bytes, Fault, Load, Scope, Unit};
use tokio::sync::oneshot;

/// How many units share a transaction at most; keeps the first of them from waiting long for the last.
const BATCH_MAX: usize = 256;
/// How many bytes of bodies share a batch, about: what one write to the journal takes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How many units may lie aside.
const ASIDE_MAX: usize = 4096;

/// What the writer is asked to do.
pub(crate) enum Job {
    Unit(Waiting),
    /// The [`Patient`] have waited long enough.
    Patient,
    Aside(Aside),
    /// Commits the tables, so that a reader sees everything that was acknowledged.
    Show(Shown),
}

/// Hears that the tables are committed, or cannot be.
pub(crate) type Shown = oneshot::Sender<Result<(), Fault>>;

/// A unit that waits for its transaction.
pub(crate) struct Waiting {
    pub(crate) unit: Unit,
    pub(crate) answer: oneshot::Sender<Outcome>,
    pub(crate) since: Instant,
    /// Hears how many units shared the transaction.
    pub(crate) span: tracing::Span,
}

/// What takes a transaction of its own.
pub(crate) enum Aside {
    Sweep { scope: Scope, over: Range<i64>, limit: usize, answer: oneshot::Sender<Result<u64, Fault>> },
    Load { load: Load, answer: oneshot::Sender<Result<(), Fault>> },
}

/// Units for which nobody waits.
#[derive(Default)]
pub(crate) struct Patient(Mutex<Vec<Waiting>>);

impl Patient {
    /// Leaves a unit here, unless too many are.
    pub(crate) fn leave(&self, waiting: Waiting) -> Result<(), Fault> {
        let mut here = self.here();
        if here.len() >= ASIDE_MAX {
            return Err(overloaded());
        }
        here.push(waiting);
        Ok(())
    }
    /// After the last batch: whoever still left something hears that it will not be written.
    pub(crate) fn give_up(&self) {
        self.here().clear();
    }
    fn here(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is written together.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) batch: Vec<Waiting>,
    /// What takes a transaction of its own, after the batch.
    pub(crate) aside: Option<Aside>,
    /// Who wants the tables committed after that.
    pub(crate) readers: Vec<Shown>,
    /// Whether some of the patient had no room.
    left: bool,
}

impl Gathered {
    /// What comes next where the last batch had no room for all of the patient, whom nobody will announce again.
    pub(crate) fn rest(&self, jobs: &Receiver<Job>) -> Option<Job> {
        if !self.left {
            return None;
        }
        Some(jobs.try_recv().unwrap_or(Job::Patient))
    }

    /// Gathers what waits, beginning with `first`.
    pub(crate) fn gather(&mut self, first: Job, jobs: &Receiver<Job>, patient: &Patient) {
        let (mut next, mut bytes) = (Some(first), 0);
        while let Some(job) = next {
            match job {
                Job::Patient => {}
                Job::Unit(waiting) => {
                    bytes += size(&waiting);
                    self.batch.push(waiting);
                }
                Job::Aside(work) => self.aside = Some(work),
                Job::Show(reader) => self.readers.push(reader),
            }
            let full = self.aside.is_some() || self.is_full(bytes);
            next = if full { None } else { jobs.try_recv().ok() };
        }
        let (mut here, mut taken) = (patient.here(), 0);
        while taken < here.len() && self.batch.len() + taken < BATCH_MAX && bytes <= BATCH_BYTES {
            bytes += size(&here[taken]);
            taken += 1;
        }
        self.batch.extend(here.drain(..taken));
        self.left = !here.is_empty();
    }

    fn is_full(&self, bytes: usize) -> bool {
        self.batch.len() >= BATCH_MAX || bytes > BATCH_BYTES
    }
}

/// How many bytes of bodies a unit brings.
fn size(waiting: &Waiting) -> usize {
    waiting.unit.puts.iter().filter_map(|put| put.body.as_ref()).map(Bytes::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn waiting() -> Waiting {
        let (answer, _) = oneshot::channel();
        Waiting { unit: Unit::default(), answer, since: Instant::now(), span: tracing::Span::none() }
    }

    #[test]
    fn the_patient_come_along_with_whoever_is_in_a_hurry() {
        let (asks, jobs) = mpsc::sync_channel(9);
        let (patient, mut gathered) = (Patient::default(), Gathered::default());
        assert_eq!((0..2).filter(|_| patient.leave(waiting()).is_ok()).count(), 2);
        asks.send(Job::Unit(waiting())).unwrap();
        gathered.gather(jobs.recv().unwrap(), &jobs, &patient);
        assert_eq!(gathered.batch.len(), 3);
        assert!(gathered.rest(&jobs).is_none());
    }

    #[test]
    fn none_of_them_is_forgotten_for_want_of_room() {
        let (_asks, jobs) = mpsc::sync_channel(9);
        let (patient, mut gathered) = (Patient::default(), Gathered::default());
        assert!((0..=BATCH_MAX).all(|_| patient.leave(waiting()).is_ok()));
        gathered.gather(Job::Patient, &jobs, &patient);
        assert_eq!(gathered.batch.drain(..).count(), BATCH_MAX);
        let rest = gathered.rest(&jobs).unwrap();
        gathered.gather(rest, &jobs, &patient);
        assert_eq!(gathered.batch.len(), 1);
        assert!(gathered.rest(&jobs).is_none());
    }

    #[test]
    fn there_is_a_bound_to_what_lies_aside() {
        let patient = Patient::default();
        assert!((0..ASIDE_MAX).all(|_| patient.leave(waiting()).is_ok()));
        assert!(patient.leave(waiting()).unwrap_err().is_unavailable());
    }
}
