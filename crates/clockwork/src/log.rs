//! The last attempts to deliver, in memory: what somebody looks at who wonders where their webhook is.
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};
use wire::Wire;

/// How many attempts are remembered.
const KEPT: usize = 200;

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Wire)]
pub struct Attempt {
    /// When it ended, Unix seconds of the world's clock.
    pub at: i64,
    /// Whose event it is.
    pub account: String,
    /// `evt_…`.
    pub event: String,
    /// Such as `charge.succeeded`.
    pub r#type: String,
    /// `we_…`.
    pub endpoint: String,
    /// The address, without credentials and query.
    pub url: String,
    /// Which attempt it was, from 1.
    pub attempt: i64,
    /// The status of the answer, where there was one.
    pub status: Option<i64>,
    /// What became of it: `delivered`, or what went wrong.
    pub outcome: String,
    /// How long it took, in milliseconds.
    pub ms: i64,
    /// When it is tried again, Unix seconds.
    pub next: Option<i64>,
}

/// The last attempts.
#[derive(Debug, Default)]
pub struct Log(Mutex<VecDeque<Attempt>>);

impl Log {
    pub(crate) fn push(&self, attempt: Attempt) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(attempt);
    }
    /// The attempts, newest last.
    pub fn recent(&self) -> Vec<Attempt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
    /// The attempts as a JSON array, newest last.
    pub fn to_json(&self) -> Vec<u8> {
        wire::to_json(&self.recent())
    }
}
