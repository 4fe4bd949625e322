//! The clock of a world: the wall's, as far ahead as it was moved; or it stands still.
use base::Clock;
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// A clock that does not stand shows no time of its own.
const RUNS: i64 = i64::MIN;
/// What is due later than a clock shows that stands is never due by the wall: it waits this much longer, in milliseconds
/// (times are written in 14 digits).
const NEVER_MS: i64 = 50_000_000_000_000;
/// What expires by a clock that was moved is written so much later, in seconds, and never expires by the wall.
const BY_ITSELF: i64 = 1_000_000_000_000;

/// How the times of a world are written in the home, where everything waits by the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dating {
    /// How far the world is ahead of the wall, in milliseconds; where it stands: how far it was when it was stopped.
    pub(crate) ahead_ms: i64,
    /// What it shows, where it stands.
    pub(crate) frozen_ms: Option<i64>,
}

impl Dating {
    /// Times are the wall's.
    pub(crate) const WALL: Dating = Dating { ahead_ms: 0, frozen_ms: None };

    /// A clock that runs, so far ahead.
    pub(crate) fn ahead(ahead_ms: i64) -> Self {
        Dating { ahead_ms, frozen_ms: None }
    }
    /// A clock that shows this while the wall shows that.
    pub(crate) fn showing(now_ms: i64, wall_ms: i64, frozen: bool) -> Self {
        Dating { ahead_ms: now_ms.saturating_sub(wall_ms), frozen_ms: frozen.then_some(now_ms) }
    }
    pub(crate) fn to_wall(self, at_ms: i64) -> i64 {
        let never = if self.frozen_ms.is_some_and(|now| at_ms > now) { NEVER_MS } else { 0 };
        at_ms.saturating_sub(self.ahead_ms).saturating_add(never)
    }
    pub(crate) fn out_of_wall(self, at_ms: i64) -> i64 {
        let never = if at_ms >= NEVER_MS / 2 { NEVER_MS } else { 0 };
        at_ms.saturating_sub(never).saturating_add(self.ahead_ms)
    }
    /// When what expires may be swept away, in seconds, as it is written: the time of the world itself, so that it holds
    /// wherever the clock is moved to. What it holds says itself until when it is good.
    pub(crate) fn expires_in(self, at: i64) -> i64 {
        if self == Dating::WALL { at } else { at.saturating_add(BY_ITSELF) }
    }
    /// The same, read back, however the clock went when it was written.
    pub(crate) fn expires_out(at: i64) -> i64 {
        if at >= BY_ITSELF / 2 { at.saturating_sub(BY_ITSELF) } else { at }
    }
    /// What has expired when a clock shows `now`, as it is written: while it went by the wall, and since then.
    pub(crate) fn expired(now: i64) -> [Range<i64>; 2] {
        [i64::MIN..now, BY_ITSELF / 2..now.saturating_add(BY_ITSELF)]
    }
}

/// A world's clock.
pub struct WorldClock {
    wall: Arc<dyn Clock>,
    ahead_ms: AtomicI64,
    frozen_ms: AtomicI64,
    /// What it shows while it is moved.
    hand_ms: AtomicI64,
}

impl WorldClock {
    /// A clock that is so many milliseconds ahead of the wall.
    pub fn new(wall: Arc<dyn Clock>, ahead_ms: i64) -> Self {
        WorldClock::standing(wall, Dating::ahead(ahead_ms))
    }
    pub(crate) fn standing(wall: Arc<dyn Clock>, dating: Dating) -> Self {
        WorldClock {
            wall,
            ahead_ms: AtomicI64::new(dating.ahead_ms),
            frozen_ms: AtomicI64::new(dating.frozen_ms.unwrap_or(RUNS)),
            hand_ms: AtomicI64::new(RUNS),
        }
    }
    /// How far it is ahead, in milliseconds; negative where it is behind.
    pub fn ahead_ms(&self) -> i64 {
        if self.is_frozen() || self.is_moving() {
            return self.now_ms().saturating_sub(self.wall.now_ms());
        }
        self.ahead_ms.load(Ordering::SeqCst)
    }
    /// Whether it stands still until somebody moves it.
    pub fn is_frozen(&self) -> bool {
        self.frozen_ms.load(Ordering::SeqCst) != RUNS
    }
    /// Whether somebody moves it at this moment.
    pub fn is_moving(&self) -> bool {
        self.hand_ms.load(Ordering::SeqCst) != RUNS
    }
    pub(crate) fn dating(&self) -> Dating {
        let frozen_ms = Some(self.frozen_ms.load(Ordering::SeqCst)).filter(|at| *at != RUNS);
        Dating { ahead_ms: self.ahead_ms.load(Ordering::SeqCst), frozen_ms }
    }
    /// How it goes from now on; it is moved no more.
    pub(crate) fn set(&self, dating: Dating) {
        self.ahead_ms.store(dating.ahead_ms, Ordering::SeqCst);
        self.frozen_ms.store(dating.frozen_ms.unwrap_or(RUNS), Ordering::SeqCst);
        self.hand_ms.store(RUNS, Ordering::SeqCst);
    }
    /// It is moved, and shows this meanwhile.
    pub(crate) fn move_hand(&self, now_ms: i64) {
        self.hand_ms.store(now_ms, Ordering::SeqCst);
    }
    /// It is moved no more, and goes as it went.
    pub(crate) fn let_go(&self) {
        self.hand_ms.store(RUNS, Ordering::SeqCst);
    }
    pub(crate) fn wall_ms(&self) -> i64 {
        self.wall.now_ms()
    }
}

impl Clock for WorldClock {
    fn now_ms(&self) -> i64 {
        let hand = self.hand_ms.load(Ordering::SeqCst);
        if hand != RUNS {
            return hand;
        }
        match self.frozen_ms.load(Ordering::SeqCst) {
            RUNS => self.wall.now_ms().saturating_add(self.ahead_ms.load(Ordering::SeqCst)),
            frozen => frozen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_back() {
        for dating in [Dating::WALL, Dating::ahead(-5_000), Dating::showing(70_000, 1_000_000, true)] {
            for at in [0, 1, 69_999, 70_000, 70_001, 1_000_000, 4_102_444_800_000] {
                assert_eq!(dating.out_of_wall(dating.to_wall(at)), at, "{dating:?}");
            }
        }
        let stands = Dating::showing(70_000, 1_000_000, true);
        assert_eq!(stands.to_wall(70_000), 1_000_000, "what is due is due by the wall");
        assert!(stands.to_wall(70_001) > 4_102_444_800_000, "and nothing else ever is");
    }

    #[test]
    fn what_expires_is_read_back_wherever_the_clock_has_gone_since() {
        for dating in [Dating::WALL, Dating::ahead(-5_000), Dating::showing(70_000, 1_000_000, true)] {
            for at in [0, 70, 1_700_000_000, 4_102_444_800] {
                let written = dating.expires_in(at);
                assert_eq!(Dating::expires_out(written), at, "{dating:?}");
                let swept = |now| Dating::expired(now).iter().any(|over| over.contains(&written));
                assert!(swept(at + 1) && !swept(at), "{dating:?}");
                assert!(dating == Dating::WALL || written > 4_102_444_800, "never by the wall");
            }
        }
    }
}
