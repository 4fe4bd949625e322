//! A world's own home inside the home that all worlds share: names are led by its tag on the way in and stripped of
//! it on the way out, and due work waits by the wall while the world counts by its own clock. Bodies never hold the
//! tag, so a copy of a world is a copy of its records under another one.
use crate::{
    agenda::Agenda,
    clock::{Dating, WorldClock},
    doors::{self, Shown},
    space::Space,
};
use api::access::Credential;
use base::Named as _;
use std::{
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::{
    Bytes, Commit, Doc, Due, DueHook, DueKey, Fault, Flaw, Fut, Held, IndexKey, Key, Load, Put, Query,
    Record, Scope, Snapshot, Store, Unit, WORLD,
};
use tokio::sync::{RwLock, RwLockWriteGuard};

/// How much is swept away in one go; requests wait no longer than that.
const SWEPT_AT_ONCE: usize = 500;
/// How long a key that was revoked is remembered, so that it makes no world of its own, in seconds.
pub(crate) const REVOKED_KEPT: i64 = 30 * 86_400;
/// The kind of what is remembered of revoked keys.
pub(crate) const REVOKED: &str = "revoked";

/// The home of one world.
pub struct Scoped {
    base: Arc<dyn Store>,
    pub(crate) space: Space,
    pub(crate) clock: Arc<WorldClock>,
    gate: RwLock<Gate>,
    /// What waits, in its order, where somebody does it in its order.
    agenda: Mutex<Option<Agenda>>,
}

/// What commits pass, and what is changed as a whole holds shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// The world is gone: nothing is written any more.
    Gone,
}

impl Scoped {
    /// The home of the world with this tag inside `base`; without one, of the world whose names have none.
    pub fn new(base: Arc<dyn Store>, tag: Option<&str>, clock: Arc<WorldClock>) -> Self {
        Scoped { base, space: Space::of(tag), clock, gate: RwLock::new(Gate::Open), agenda: Mutex::default() }
    }

    /// All worlds of the home as they lie there, by this clock.
    pub(crate) fn whole(base: Arc<dyn Store>, clock: Arc<WorldClock>) -> Self {
        Scoped { base, space: Space::Whole, clock, gate: RwLock::new(Gate::Open), agenda: Mutex::default() }
    }

    /// Holds all commits back while the world is changed as a whole.
    pub(crate) async fn shut(&self) -> RwLockWriteGuard<'_, Gate> {
        self.gate.write().await
    }
    /// What the world holds at this moment, as it knows it, and how its clock stands to the wall.
    pub(crate) async fn copy(&self) -> Result<(Vec<Record>, Dating), Fault> {
        // The clock is not moved meanwhile.
        let _pass = self.gate.read().await;
        Ok((self.walk().await?, self.clock.dating()))
    }
    /// As [`Scoped::copy`], for whoever holds the gate.
    pub(crate) async fn walk(&self) -> Result<Vec<Record>, Fault> {
        walk(&*self.base, &self.space, self.space.everything(), self.clock.dating()).await
    }

    /// What waits in its order, where that is kept.
    pub(crate) fn agenda(&self) -> MutexGuard<'_, Option<Agenda>> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Deletes what has expired by the clock of the world when it shows this, in seconds.
    pub(crate) async fn sweep_until(&self, now: i64) -> Result<(), Fault> {
        while self.sweep(now, SWEPT_AT_ONCE).await? >= SWEPT_AT_ONCE as u64 {}
        Ok(())
    }
    /// From now on keeps what waits in its order.
    pub(crate) async fn keep_agenda(&self) -> Result<(), Fault> {
        // Nothing is committed meanwhile.
        let _shut = self.shut().await;
        let dating = self.clock.dating();
        let mut snapshot = self.base.snapshot(self.space.everything()).await?;
        // However much the world holds besides.
        snapshot.to_work();
        let mut agenda = Agenda::default();
        loop {
            let next = snapshot.next(1_000).await?;
            if next.is_empty() {
                *self.agenda() = Some(agenda);
                return Ok(());
            }
            for record in next {
                if let Some(Record::Due(due)) = self.space.record_out(record, dating) {
                    agenda.planned(due);
                }
            }
        }
    }

    fn foreign() -> Fault {
        Fault::broken("a name that belongs to another world was to be written")
    }

    /// The unit as it is written in the home.
    async fn unit_in(&self, unit: Unit) -> Result<Unit, Fault> {
        let dating = self.clock.dating();
        let revoked = self.revoked(&unit.puts).await?;
        if self.space == Space::Root && dating == Dating::WALL && revoked.is_empty() && is_plain(&unit) {
            return Ok(unit);
        }
        let Unit { checks, puts, adds, due, done, patient } = unit;
        let mut mapped = Unit { patient, ..Unit::default() };
        for (key, version) in checks {
            mapped.checks.push((self.space.key_in(&key).ok_or_else(Scoped::foreign)?, version));
        }
        for put in puts {
            mapped.puts.push(self.put_in(put, dating).await?);
        }
        mapped.puts.extend(revoked);
        for mut add in adds {
            add.counter = self.space.name_in(&add.counter).ok_or_else(Scoped::foreign)?;
            mapped.adds.push(add);
        }
        for Due { key, body } in due {
            let key = self.space.due_key_in(&key, dating).ok_or_else(Scoped::foreign)?;
            mapped.due.push(Due { key, body });
        }
        for key in done {
            mapped.done.push(self.space.due_key_in(&key, dating).ok_or_else(Scoped::foreign)?);
        }
        Ok(mapped)
    }

    /// A document as it is written in the home, with the doors that it opens and shuts.
    async fn put_in(&self, put: Put, dating: Dating) -> Result<Put, Fault> {
        let (first, gone) = (put.expect == 0 && put.body.is_some(), put.body.is_none());
        let (mut opens, mut shuts) = (Vec::new(), Vec::new());
        if self.space != Space::Root {
            let whole = doors::of_key(&put.key);
            opens.extend(whole.clone().filter(|_| first));
            opens.extend(doors::of_index(&put.key, &put.index));
            shuts.extend(whole.filter(|_| gone));
            shuts.extend(doors::of_index(&put.key, &put.stale));
        }
        let mut put = self.space.put_in(put, dating).ok_or_else(Scoped::foreign)?;
        for shown in opens {
            if self.may_open(&shown, &put.key).await? {
                put.index.push(shown.index());
            }
        }
        put.stale.extend(shuts.iter().map(Shown::index));
        Ok(put)
    }

    /// Whether a document of the home takes a door. Two that ask at once meet in the index, and the later one asks
    /// again.
    async fn may_open(&self, shown: &Shown, key: &Key) -> Result<bool, Fault> {
        if !shown.is_shared() {
            return Ok(true);
        }
        Ok(self.base.find(doors::INDEX, &shown.door()).await?.is_none_or(|owner| owner.key == *key))
    }

    /// What is remembered of the keys that a unit deletes.
    async fn revoked(&self, puts: &[Put]) -> Result<Vec<Put>, Fault> {
        let mut remembered = Vec::new();
        for put in puts.iter().filter(|put| put.body.is_none() && put.key.kind == Credential::NAME) {
            let Some(key) = self.space.key_in(&Key::house(REVOKED, &put.key.id)) else { continue };
            // A key may come back with a snapshot and be revoked again.
            if self.base.get(&key).await?.is_none() {
                let expires = self.clock.wall_ms() / 1000 + REVOKED_KEPT;
                remembered.push(Put {
                    key,
                    expect: 0,
                    body: Some(Bytes::from_static(b"{}")),
                    index: Vec::new(),
                    stale: Vec::new(),
                    expires: Some(expires),
                });
            }
        }
        Ok(remembered)
    }

    /// Commits a unit of this world to the home.
    async fn commit_in(&self, unit: Unit) -> Result<Commit, Fault> {
        if self.space == Space::Root {
            return self.base.commit(self.unit_in(unit).await?).await;
        }
        let mut last = Commit::Conflict;
        for _ in 0..DOOR_ATTEMPTS {
            let committed = self.base.commit(self.unit_in(unit.clone()).await?).await?;
            last = match committed {
                Commit::Duplicate { index: doors::INDEX } => Commit::Conflict,
                Commit::Floor { counter } => {
                    let counter = self.space.name_out(counter).ok_or_else(Scoped::foreign)?;
                    return Ok(Commit::Floor { counter });
                }
                settled => return Ok(settled),
            };
        }
        Ok(last)
    }

    /// Records of this world as they lie in the home, with their doors.
    pub(crate) async fn records_in(
        &self,
        records: Vec<Record>,
        dating: Dating,
    ) -> Result<Vec<Record>, Fault> {
        let mut mapped = Vec::with_capacity(records.len());
        for record in records {
            let shown: Vec<Shown> = match &record {
                Record::Doc(Held { doc, index, .. }) if self.space != Space::Root => {
                    doors::of_key(&doc.key).into_iter().chain(doors::of_index(&doc.key, index)).collect()
                }
                _ => Vec::new(),
            };
            let mut record = self.space.record_in(record, dating).ok_or_else(Scoped::foreign)?;
            if let Record::Doc(held) = &mut record {
                for shown in shown {
                    if self.may_open(&shown, &held.doc.key).await? {
                        held.index.push(shown.index());
                    }
                }
                held.index.sort();
                held.index.dedup();
            }
            mapped.push(record);
        }
        Ok(mapped)
    }
}

/// What a home holds of a scope, as a space knows it.
pub(crate) async fn walk(
    base: &dyn Store,
    space: &Space,
    scope: Scope,
    dating: Dating,
) -> Result<Vec<Record>, Fault> {
    let mut snapshot = base.snapshot(scope).await?;
    let mut all = Vec::new();
    loop {
        let next = snapshot.next(1_000).await?;
        if next.is_empty() {
            return Ok(all);
        }
        all.extend(next.into_iter().filter_map(|record| space.record_out(record, dating)));
    }
}

/// Whether a unit of the world without a tag can go into the home as it is.
fn is_plain(unit: &Unit) -> bool {
    let key = |key: &Key| {
        !key.account.starts_with(WORLD)
            && Space::Root.key_in(key).is_none_or(|into| into.account == key.account)
    };
    let index = |keys: &[IndexKey]| keys.iter().all(|key| !key.unique || !key.value.starts_with(WORLD));
    unit.checks.iter().all(|(it, _)| key(it))
        && unit.puts.iter().all(|put| key(&put.key) && index(&put.index) && index(&put.stale))
        && unit.adds.iter().all(|add| !add.counter.starts_with(WORLD))
        && unit.due.iter().all(|due| !due.key.id.starts_with(WORLD))
        && unit.done.iter().all(|it| !it.id.starts_with(WORLD))
}

fn ready<'a, T: Send + 'a>(value: T) -> Fut<'a, T> {
    Box::pin(std::future::ready(value))
}

/// How often a unit is written whose shared doors others take at the same moment.
const DOOR_ATTEMPTS: usize = 4;

impl Store for Scoped {
    fn get<'a>(&'a self, key: &'a Key) -> Fut<'a, Result<Option<Doc>, Fault>> {
        match (self.space.key_in(key), &self.space) {
            (None, _) => ready(Ok(None)),
            (Some(into), Space::Root) if into.account == key.account => self.base.get(key),
            (Some(into), space) => Box::pin(async move {
                let found = self.base.get(&into).await?;
                Ok(found.and_then(|doc| space.doc_out(doc)))
            }),
        }
    }

    fn find<'a>(&'a self, index: &'static str, value: &'a str) -> Fut<'a, Result<Option<Doc>, Fault>> {
        let Some(value) = self.space.name_in(value) else { return ready(Ok(None)) };
        Box::pin(async move {
            let found = self.base.find(index, &value).await?;
            Ok(found.and_then(|doc| self.space.doc_out(doc)))
        })
    }

    fn list<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<Vec<Doc>, Fault>> {
        let Some(into) = self.space.query_in(query) else { return ready(Ok(Vec::new())) };
        Box::pin(async move {
            let found = self.base.list(&into).await?;
            Ok(found.into_iter().filter_map(|doc| self.space.doc_out(doc)).collect())
        })
    }

    fn count<'a>(&'a self, query: &'a Query) -> Fut<'a, Result<u64, Fault>> {
        let Some(into) = self.space.query_in(query) else { return ready(Ok(0)) };
        Box::pin(async move { self.base.count(&into).await })
    }

    fn counters<'a>(&'a self, prefix: &'a str) -> Fut<'a, Result<Vec<(String, i64)>, Fault>> {
        let Some(into) = self.space.name_in(prefix) else { return ready(Ok(Vec::new())) };
        Box::pin(async move {
            let found = self.base.counters(&into).await?;
            let out = |(name, value)| Some((self.space.name_out(name)?, value));
            Ok(found.into_iter().filter_map(out).collect())
        })
    }

    fn commit(&self, unit: Unit) -> Fut<'_, Result<Commit, Fault>> {
        Box::pin(async move {
            let pass = self.gate.read().await;
            if *pass == Gate::Gone {
                // Whoever decides again finds nothing there.
                return Ok(Commit::Conflict);
            }
            let moves = self.agenda().is_some().then(|| (unit.due.clone(), unit.done.clone()));
            let committed = self.commit_in(unit).await?;
            if committed == Commit::Done
                && let Some((due, done)) = moves
                && let Some(agenda) = self.agenda().as_mut()
            {
                done.iter().for_each(|key| agenda.ended(key));
                due.into_iter().for_each(|due| agenda.planned(due));
            }
            Ok(committed)
        })
    }

    /// Claims through all worlds' work and gives back what is not this one's: for tests and small homes. The
    /// program claims once for all worlds.
    fn claim_since<'a>(
        &'a self,
        queue: &'static str,
        since_ms: i64,
        now_ms: i64,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'a, Result<Vec<Due>, Fault>> {
        Box::pin(async move {
            let dating = self.clock.dating();
            let (since_ms, now_ms) = (dating.to_wall(since_ms), dating.to_wall(now_ms));
            let (mut ours, mut others) = (Vec::new(), Vec::new());
            while ours.len() < limit {
                let wanted = limit - ours.len();
                let claimed = self.base.claim_since(queue, since_ms, now_ms, lease_ms, wanted).await?;
                let all = claimed.len() < wanted;
                for due in claimed {
                    let key = due.key.clone();
                    match self.space.due_out(due, dating) {
                        Some(due) => ours.push(due),
                        None => others.push(key),
                    }
                }
                if all {
                    break;
                }
            }
            others.iter().for_each(|key| self.base.release(key));
            Ok(ours)
        })
    }

    /// When the next work of any world is due: whoever waits for it wakes too early, and never late.
    fn next_due<'a>(&'a self, queue: &'static str) -> Fut<'a, Result<Option<i64>, Fault>> {
        Box::pin(async move {
            let next = self.base.next_due(queue).await?;
            Ok(next.map(|at_ms| self.clock.dating().out_of_wall(at_ms)))
        })
    }

    fn release(&self, key: &DueKey) {
        if let Some(key) = self.space.due_key_in(key, self.clock.dating()) {
            self.base.release(&key);
        }
    }

    fn on_due(&self, hook: DueHook) {
        self.base.on_due(hook);
    }

    fn others_every(&self) -> Option<Duration> {
        self.base.others_every()
    }

    fn close(&self) -> Fut<'_, ()> {
        self.base.close()
    }

    fn sweep_in(&self, scope: Scope, over: Range<i64>, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        let scope = if scope == Scope::All { self.space.everything() } else { self.space.scope_in(scope) };
        Box::pin(async move {
            let mut swept = 0;
            for written in Dating::expired(over.end) {
                let from = Dating::expired(over.start).into_iter().find(|it| it.start == written.start);
                let written = from.map_or(written.start, |it| it.end.max(written.start))..written.end;
                let left = limit.saturating_sub(usize::try_from(swept).unwrap_or(usize::MAX));
                swept += self.base.sweep_in(scope.clone(), written, left).await?;
            }
            Ok(swept)
        })
    }

    fn snapshot(&self, scope: Scope) -> Fut<'_, Result<Box<dyn Snapshot>, Fault>> {
        Box::pin(async move {
            let inner = self.base.snapshot(self.space.scope_in(scope)).await?;
            let (space, dating) = (self.space.clone(), self.clock.dating());
            Ok(Box::new(Inside { inner, space, dating }) as Box<dyn Snapshot>)
        })
    }

    fn load(&self, load: Load) -> Fut<'_, Result<(), Fault>> {
        Box::pin(async move {
            let shut = self.shut().await;
            if *shut == Gate::Gone {
                return Err(Fault::broken("the world is gone"));
            }
            let erases_all = load.erase == Scope::All;
            let erase = if erases_all { self.space.everything() } else { self.space.scope_in(load.erase) };
            let records = self.records_in(load.records, self.clock.dating()).await?;
            self.base.load(Load { erase, records }).await
        })
    }
}

/// A snapshot as the world knows its names.
struct Inside {
    inner: Box<dyn Snapshot>,
    space: Space,
    dating: Dating,
}

impl Snapshot for Inside {
    fn next(&mut self, limit: usize) -> Fut<'_, Result<Vec<Record>, Fault>> {
        Box::pin(async move {
            loop {
                let next = self.inner.next(limit).await?;
                let ended = next.is_empty();
                let out = next.into_iter().filter_map(|it| self.space.record_out(it, self.dating));
                let ours: Vec<Record> = out.collect();
                if ended || !ours.is_empty() {
                    return Ok(ours);
                }
            }
        })
    }

    fn rewind(&mut self) {
        self.inner.rewind();
    }

    fn seek(&mut self, path: &str) {
        // A path that this world cannot have lies before all of its own.
        match self.space.name_in(path) {
            Some(path) => self.inner.seek(&path),
            None => self.inner.rewind(),
        }
    }

    fn to_work(&mut self) {
        self.inner.to_work();
    }

    fn audit<'a>(&'a mut self, tell: &'a mut (dyn FnMut(Flaw) + Send)) -> Fut<'a, Result<(), Fault>> {
        self.inner.audit(tell)
    }
}

#[cfg(test)]
mod tests;
