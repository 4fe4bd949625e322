//! Whose turn it is to do a world's work: the queues', or that of whoever moves its clock.
use std::time::Duration;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, watch};

/// The turn of one world.
#[derive(Debug)]
pub struct Turn {
    gate: RwLock<()>,
    /// How often it was taken from the queues and given back. What was claimed before has other times since.
    taken: watch::Sender<u64>,
    /// Up to which of these deliveries that take their time are cut off.
    cut: watch::Sender<u64>,
}

impl Default for Turn {
    fn default() -> Self {
        Turn { gate: RwLock::default(), taken: watch::Sender::new(0), cut: watch::Sender::new(0) }
    }
}

impl Turn {
    /// How often the turn has changed hands.
    pub fn now(&self) -> u64 {
        *self.taken.borrow()
    }
    /// The turn for one piece of the queues that was claimed at this turn; none where it has changed hands since, and the
    /// piece is somebody else's.
    pub(crate) async fn at(&self, claimed: u64) -> Option<RwLockReadGuard<'_, ()>> {
        let held = self.gate.read().await;
        (self.now() == claimed).then_some(held)
    }
    /// Ends when a piece that was claimed at this turn should take no longer.
    pub(crate) async fn ends(&self, claimed: u64) {
        // The sender lives as long as this.
        let _ = self.cut.subscribe().wait_for(|cut| *cut > claimed).await;
    }
    /// Takes the turn from the queues: waits for what they have under way. Deliveries that take longer than `grace` are
    /// cut off, and made again.
    pub async fn take(&self, grace: Duration) -> Taken<'_> {
        self.change();
        let held = match tokio::time::timeout(grace, self.gate.write()).await {
            Ok(held) => held,
            Err(_) => {
                self.cut.send_replace(self.now());
                self.gate.write().await
            }
        };
        Taken { turn: self, ended: false, _held: held }
    }
    fn change(&self) {
        self.taken.send_modify(|taken| *taken += 1);
    }
}

/// The turn, taken from the queues; they have it again when this is dropped.
#[derive(Debug)]
pub struct Taken<'t> {
    turn: &'t Turn,
    ended: bool,
    _held: RwLockWriteGuard<'t, ()>,
}

impl Taken<'_> {
    /// What the queues claimed up to here was done by whoever has the turn, or has another time in a moment. Called while
    /// nothing can be claimed: what is claimed afterwards is the queues' own, and must not be dropped with its lease.
    pub fn end(&mut self) {
        self.turn.change();
        self.ended = true;
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.turn.change();
        }
    }
}
