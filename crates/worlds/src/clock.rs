//! The clock of a world: the wall's, as far ahead as it was moved.
use base::Clock;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// A world's clock.
pub struct WorldClock {
    wall: Arc<dyn Clock>,
    ahead_ms: AtomicI64,
}

impl WorldClock {
    /// A clock that is so many milliseconds ahead of the wall.
    pub fn new(wall: Arc<dyn Clock>, ahead_ms: i64) -> Self {
        WorldClock { wall, ahead_ms: AtomicI64::new(ahead_ms) }
    }
    /// How far it is ahead, in milliseconds; negative where it is behind.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::SeqCst)
    }
    pub(crate) fn set_ahead_ms(&self, ahead_ms: i64) {
        self.ahead_ms.store(ahead_ms, Ordering::SeqCst);
    }
    pub(crate) fn wall_ms(&self) -> i64 {
        self.wall.now_ms()
    }
}

impl Clock for WorldClock {
    fn now_ms(&self) -> i64 {
        self.wall.now_ms().saturating_add(self.ahead_ms())
    }
}
