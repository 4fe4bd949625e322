//! Who works on which due work, and what of it the tables do not have yet. Leases live in memory: they end with the
//! process that held them, and a file has one process.
use crate::reader::{self, Readers};
use bytes::Bytes;
use rusqlite::Row;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::{Due, DueKey, Fault};

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
    young: Young,
}

/// What was acknowledged and the tables do not have yet, by path: the work, or that it is gone. Most work is done
/// before it ever reaches them.
type Young = BTreeMap<Arc<str>, Option<Bytes>>;

/// The beginning of a queue of which everything is leased.
struct Passed {
    /// The first path behind it.
    to: String,
    /// When (milliseconds) the first of its leases ends.
    until: i64,
    /// What the file has behind it.
    file: Filed,
}

/// What the file has that was not passed, so that it need not be asked each time.
#[derive(Clone, Copy)]
enum Filed {
    Unknown,
    Nothing,
    /// Nothing that is due before this (milliseconds).
    From(i64),
}

impl Leases {
    /// The lock is held while the file is read for work: the writer forgets what is young after the COMMIT that put
    /// it into the file, so a read that begins under the lock finds it in the one or the other.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The changes that the tables do not have yet, for them.
    pub(crate) fn young(&self) -> Vec<(Arc<str>, Option<Bytes>)> {
        self.hold().young.iter().map(|(path, work)| (Arc::clone(path), work.clone())).collect()
    }

    /// After a COMMIT: the tables have everything that was acknowledged.
    pub(crate) fn committed(&self) {
        let mut held = self.hold();
        if held.young.values().any(Option::is_some) {
            held.passed.values_mut().for_each(|passed| passed.file = Filed::Unknown);
        }
        held.young.clear();
    }

    /// Work that was not done and that somebody else may claim.
    pub(crate) fn release(&self, key: &DueKey) {
        let (path, mut held) = (key.path(), self.hold());
        held.until.remove(&path);
        held.look_again(key.queue, &path);
        if let Some(passed) = held.passed.get_mut(key.queue) {
            passed.file = Filed::Unknown;
        }
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
    /// After work has been acknowledged as done.
    pub(crate) fn done(&mut self, key: &DueKey) {
        let path = key.path();
        self.until.remove(&path);
        self.young.insert(path.into(), None);
    }

    /// After work has been acknowledged.
    pub(crate) fn brought(&mut self, due: Due) {
        let path = due.key.path();
        self.look_again(due.key.queue, &path);
        self.young.insert(path.into(), Some(due.body));
    }

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
        readers: &Readers,
        queue: &'static str,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Result<Vec<Due>, Fault> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mine = now_ms.saturating_add(lease_ms);
        let known = self.passed.remove(queue).filter(|passed| passed.until > now_ms);
        let mut passed = known.unwrap_or_else(|| Passed::nothing(queue));
        passed.until = passed.until.min(mine);
        let asks_file = passed.asks_file(now_ms);
        let (from, until) = (passed.to.clone(), &mut self.until);
        let mut claimed = Vec::new();
        let walked =
            walk(&self.young, asks_file.then_some(readers), queue, &from, &mut |path, at_ms, id, work| {
                if at_ms > now_ms || claimed.len() == limit {
                    return Ok(false);
                }
                match until.get(path) {
                    Some(theirs) if *theirs > now_ms => passed.until = passed.until.min(*theirs),
                    _ => {
                        let key = DueKey { queue, at_ms, id: id.to_owned() };
                        claimed.push(Due { key, body: work.body()? });
                        until.insert(path.to_owned(), mine);
                    }
                }
                // No path holds the character that sorts first.
                passed.to = [path, "\0"].concat();
                Ok(true)
            });
        match walked {
            Ok(first) if asks_file => passed.file = first.map_or(Filed::Nothing, Filed::From),
            Ok(_) => {}
            Err(fault) => {
                for due in &claimed {
                    self.until.remove(&due.key.path());
                }
                return Err(fault);
            }
        }
        self.passed.insert(queue, passed);
        Ok(claimed)
    }

    /// As [`Held::claim`], only work that became due at `since_ms` or later. How far the queue is leased without a gap is
    /// not touched by that.
    pub(crate) fn claim_since(
        &mut self,
        readers: &Readers,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Result<Vec<Due>, Fault> {
        let passed = self.passed.get(queue).filter(|passed| passed.until > now_ms);
        let asks_file = passed.is_none_or(|passed| passed.asks_file(now_ms));
        let mut claimed: Vec<Due> = Vec::new();
        let from = DueKey { queue, at_ms: since_ms.max(0), id: String::new() }.path();
        walk(&self.young, asks_file.then_some(readers), queue, &from, &mut |path, at_ms, id, work| {
            if at_ms > now_ms || claimed.len() >= limit {
                return Ok(false);
            }
            if self.until.get(path).is_none_or(|theirs| *theirs <= now_ms) {
                let key = DueKey { queue, at_ms, id: id.to_owned() };
                claimed.push(Due { key, body: work.body()? });
            }
            Ok(true)
        })?;
        for due in &claimed {
            self.until.insert(due.key.path(), now_ms.saturating_add(lease_ms));
        }
        Ok(claimed)
    }

    /// When the first work that nobody holds is due.
    pub(crate) fn next_due(&self, readers: &Readers, queue: &'static str) -> Result<Option<i64>, Fault> {
        let nothing = Passed::nothing(queue);
        let passed = self.passed.get(queue).unwrap_or(&nothing);
        let first = |file| {
            let mut next = None;
            walk(&self.young, file, queue, &passed.to, &mut |path, at_ms, _, _| {
                if !self.until.contains_key(path) {
                    next = Some(at_ms);
                }
                Ok(next.is_none())
            })?;
            Ok(next)
        };
        match passed.file {
            Filed::Unknown => first(Some(readers)),
            Filed::Nothing => first(None),
            Filed::From(filed_ms) => match first(None)? {
                Some(young_ms) if young_ms <= filed_ms => Ok(Some(young_ms)),
                _ => first(Some(readers)),
            },
        }
    }
}

impl Passed {
    /// Whether the file may have work whose time has come and that nobody holds.
    fn asks_file(&self, now_ms: i64) -> bool {
        match self.file {
            Filed::Unknown => true,
            Filed::Nothing => false,
            Filed::From(first_ms) => first_ms <= now_ms,
        }
    }
    fn nothing(queue: &str) -> Self {
        Passed { to: reader::queue(queue), until: i64::MAX, file: Filed::Unknown }
    }
}

/// Where work is found.
enum Work<'w> {
    Young(&'w Bytes),
    Filed(&'w Row<'w>),
}

impl Work<'_> {
    fn body(&self) -> rusqlite::Result<Bytes> {
        match self {
            Work::Young(body) => Ok((*body).clone()),
            Work::Filed(row) => reader::body(row, 1),
        }
    }
}

/// Is told the path, the time (milliseconds) and the id of work; says whether to go on.
type Visit<'v> = dyn FnMut(&str, i64, &str, &Work<'_>) -> rusqlite::Result<bool> + 'v;

/// Walks the work of a queue in order of time, from a path on, for as long as `visit` says so: what is young, and the
/// file where it is asked. Says when the first work in the file is due that was not passed.
fn walk(
    young: &Young,
    file: Option<&Readers>,
    queue: &'static str,
    from: &str,
    visit: &mut Visit<'_>,
) -> Result<Option<i64>, Fault> {
    let space = reader::queue(queue);
    let end = reader::past(&space);
    let mut young = young.range::<str, _>((Bound::Included(from), Bound::Excluded(&*end))).peekable();
    // What is gone is passed over, in the file, too.
    let visit_young =
        |path: &str, work: &Option<Bytes>, visit: &mut Visit<'_>| match (work, reader::due(&space, path)) {
            (Some(body), Some((at_ms, id))) => visit(path, at_ms, id, &Work::Young(body)),
            _ => Ok(true),
        };
    let (mut first, mut more) = (None, true);
    if let Some(readers) = file {
        readers.with(|conn| {
            reader::walk(conn, queue, from, |path, at_ms, id, row| {
                first = Some(at_ms);
                while more && let Some((earlier, work)) = young.next_if(|(theirs, _)| ***theirs < *path) {
                    more = visit_young(earlier, work, visit)?;
                }
                if more {
                    more = match young.next_if(|(theirs, _)| ***theirs == *path) {
                        Some((_, work)) => visit_young(path, work, visit)?,
                        None => visit(path, at_ms, id, &Work::Filed(row))?,
                    };
                    first = first.filter(|_| !more);
                }
                Ok(more)
            })
        })?;
    }
    while more && let Some((path, work)) = young.next() {
        more = visit_young(path, work, visit).map_err(reader::unread)?;
    }
    Ok(first)
}
