//! The clocks: the wall's, and the world's, which in `dev` can be moved.
use base::Clock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The wall clock.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Wall;

impl Clock for Wall {
    #[expect(clippy::disallowed_methods, reason = "the one place where the time comes in")]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The wall clock, moved on by as much as was asked for.
#[derive(Debug, Default)]
pub(crate) struct Movable {
    ahead_ms: AtomicI64,
}

impl Movable {
    /// Moves the time on; it never goes back.
    pub(crate) fn advance(&self, seconds: i64) {
        self.ahead_ms.fetch_add(seconds.max(0).saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for Movable {
    fn now_ms(&self) -> i64 {
        Wall.now_ms().saturating_add(self.ahead_ms.load(Ordering::SeqCst))
    }
}
