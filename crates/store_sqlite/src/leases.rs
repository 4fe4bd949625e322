//! Who works on which due work. Leases live in memory: they end with the process that held them, and a file has
//! one process.
use crate::reader;
use rusqlite::Connection;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use store::{Due, DueKey};

/// The leases of all queues.
#[derive(Default)]
pub(crate) struct Leases(Mutex<Held>);

/// The leases, held still.
#[derive(Default)]
pub(crate) struct Held {
    /// Until when (milliseconds) the work under a path is leased.
    until: HashMap<String, i64>,
    /// How far each queue is leased without a gap, so that a claim need not pass over it again.
    passed: HashMap<&'static str, Passed>,
}

/// The beginning of a queue of which everything is leased.
struct Passed {
    /// The first path behind it.
    to: String,
    /// When (milliseconds) the first of its leases ends.
    until: i64,
}

impl Leases {
    /// The lock is held while the file is read for work: the writer ends a lease after the COMMIT that took the
    /// work away, so work whose lease has ended is no longer seen by a read that begins under the lock.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// After a COMMIT that took work away and brought other work.
    pub(crate) fn committed(&self, done: &[DueKey], brought: &HashMap<&'static str, String>) {
        if done.is_empty() && brought.is_empty() {
            return;
        }
        let mut held = self.hold();
        for key in done {
            held.until.remove(&key.path());
        }
        brought.iter().for_each(|(queue, first)| held.look_again(queue, first));
    }

    /// Work that was not done and that somebody else may claim.
    pub(crate) fn release(&self, key: &DueKey) {
        let (path, mut held) = (key.path(), self.hold());
        held.until.remove(&path);
        held.look_again(key.queue, &path);
    }

    /// After anything may have become of the work; the leases of these have ended.
    pub(crate) fn changed(&self, ended: &[DueKey]) {
        let mut held = self.hold();
        for key in ended {
            held.until.remove(&key.path());
        }
        held.passed.clear();
    }
}

impl Held {
    /// Whoever claims from this queue shall pass this path.
    fn look_again(&mut self, queue: &str, path: &str) {
        if let Some(passed) = self.passed.get_mut(queue)
            && *path < *passed.to
        {
            path.clone_into(&mut passed.to);
        }
    }

    /// Leases work whose time has come and that nobody holds.
    pub(crate) fn claim(
        &mut self,
        conn: &Connection,
        queue: &'static str,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> rusqlite::Result<Vec<Due>> {
        let mut claimed = Vec::new();
        if limit == 0 {
            return Ok(claimed);
        }
        let until = now_ms.saturating_add(lease_ms);
        let passed = self.passed.remove(queue).filter(|passed| passed.until > now_ms);
        let (mut to, mut first) = passed.map_or((None, until), |it| (Some(it.to), it.until.min(until)));
        let walked = reader::walk(conn, queue, to.clone().as_deref(), |path, at_ms, id, row| {
            if at_ms > now_ms {
                return Ok(false);
            }
            match self.until.get(path) {
                Some(theirs) if *theirs > now_ms => first = first.min(*theirs),
                _ => {
                    let key = DueKey { queue, at_ms, id: id.to_owned() };
                    claimed.push(Due { key, body: reader::body(row, 1)? });
                    self.until.insert(path.to_owned(), until);
                }
            }
            // No path holds the character that sorts first.
            to = Some([path, "\0"].concat());
            Ok(claimed.len() < limit)
        });
        if let Err(error) = walked {
            for due in &claimed {
                self.until.remove(&due.key.path());
            }
            return Err(error);
        }
        if let Some(to) = to {
            self.passed.insert(queue, Passed { to, until: first });
        }
        Ok(claimed)
    }

    /// As [`Held::claim`], only work that became due at `since_ms` or later. How far the queue is leased without a gap is
    /// not touched by that.
    pub(crate) fn claim_since(
        &mut self,
        conn: &Connection,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> rusqlite::Result<Vec<Due>> {
        let mut claimed: Vec<Due> = Vec::new();
        let from = DueKey { queue, at_ms: since_ms.max(0), id: String::new() }.path();
        reader::walk(conn, queue, Some(&from), |path, at_ms, id, row| {
            if at_ms > now_ms || claimed.len() >= limit {
                return Ok(false);
            }
            if self.until.get(path).is_none_or(|theirs| *theirs <= now_ms) {
                let key = DueKey { queue, at_ms, id: id.to_owned() };
                claimed.push(Due { key, body: reader::body(row, 1)? });
            }
            Ok(true)
        })?;
        for due in &claimed {
            self.until.insert(due.key.path(), now_ms.saturating_add(lease_ms));
        }
        Ok(claimed)
    }

    /// When the first work that nobody holds is due.
    pub(crate) fn next_due(&self, conn: &Connection, queue: &'static str) -> rusqlite::Result<Option<i64>> {
        let mut next = None;
        let from = self.passed.get(queue).map(|passed| passed.to.as_str());
        reader::walk(conn, queue, from, |path, at_ms, _, _| {
            if !self.until.contains_key(path) {
                next = Some(at_ms);
            }
            Ok(next.is_none())
        })?;
        Ok(next)
    }
}
