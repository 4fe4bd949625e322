//! Random histories: chance decides what is asked of a home, and every answer is compared with a model that is too
//! plain to be wrong. A test calls [`histories`]; what fails prints its seed, and the same seed asks the same again.
pub(super) mod dice;
mod draw;
mod reference;

use crate::*;
use dice::Dice;
use reference::Reference;
use std::{fmt::Write, sync::Arc, task::Poll};

/// Opens the home under test: each time the same data, as a process that starts again finds it.
pub type Open<'a> = &'a mut (dyn FnMut() -> Fut<'static, Arc<dyn Store>> + Send);

/// How many random histories a home goes through.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many.
    pub histories: u64,
    /// How many steps each has.
    pub steps: usize,
    /// What the first follows from; the next has the next one.
    pub seed: u64,
}

impl Plan {
    /// A plan as the environment says: `TOLLBRIDGE_HISTORIES` for their number, `TOLLBRIDGE_SEED` to see one again.
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever looks for a failure asks for more, or for the same again"
    )]
    pub fn from_environment(histories: u64) -> Self {
        let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        let fresh = std::process::id().into();
        match asked("TOLLBRIDGE_SEED") {
            Some(seed) => Plan { histories: asked("TOLLBRIDGE_HISTORIES").unwrap_or(1), steps: 120, seed },
            None => Plan {
                histories: asked("TOLLBRIDGE_HISTORIES").unwrap_or(histories),
                steps: 120,
                seed: Dice::new(fresh).next() >> 16,
            },
        }
    }
}

/// Leads a home through random histories, one after the other, each from an empty home.
pub async fn histories(plan: Plan, open: Open<'_>) {
    for history in 0..plan.histories {
        let mut history = History::begin(plan.seed.wrapping_add(history), open).await;
        for _ in 0..plan.steps {
            history.step(open).await;
        }
        history.end(open).await;
    }
}

/// One history: the home, what it must hold, and what was asked so far.
struct History {
    seed: u64,
    dice: Dice,
    home: Option<Arc<dyn Store>>,
    model: Reference,
    /// A snapshot that was taken earlier, and what it must say.
    moment: Option<(Box<dyn Snapshot>, Vec<Record>)>,
    /// The model at some earlier step.
    kept: Reference,
    now_ms: i64,
    told: Vec<String>,
}

impl Drop for History {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = self.told.len().saturating_sub(12);
            eprintln!("the last of {} steps, oldest first:", self.told.len());
            self.told[last..].iter().for_each(|step| eprintln!("  {step}"));
            eprintln!("to see it again: TOLLBRIDGE_SEED={}", self.seed);
        }
    }
}

impl History {
    async fn begin(seed: u64, open: Open<'_>) -> Self {
        let home = open().await;
        home.load(Load { erase: Scope::All, records: Vec::new() }).await.unwrap();
        History {
            seed,
            dice: Dice::new(seed),
            home: Some(home),
            model: Reference::default(),
            moment: None,
            kept: Reference::default(),
            now_ms: 0,
            told: Vec::new(),
        }
    }

    fn home(&self) -> Arc<dyn Store> {
        Arc::clone(self.home.as_ref().unwrap())
    }
    fn tell(&mut self, step: impl FnOnce(&mut String)) {
        let mut text = String::new();
        step(&mut text);
        // Bodies are long, and say nothing.
        text.truncate(text.floor_char_boundary(3_000));
        self.told.push(text);
    }

    async fn step(&mut self, open: Open<'_>) {
        self.now_ms += self.dice.roll(40) as i64;
        match self.dice.roll(100) {
            0..46 => self.commit().await,
            46..60 => self.volley().await,
            60..68 => self.claim().await,
            68..72 => self.release(),
            72..80 => self.sweep().await,
            80..86 => self.load().await,
            86..92 => self.take_moment().await,
            92..95 => self.kept = self.model.clone(),
            95..98 => self.reopen(open).await,
            _ => self.everything().await,
        }
        self.look().await;
    }

    async fn commit(&mut self) {
        let unit = draw::unit(&mut self.dice, &self.model);
        self.tell(|text| brief(text, &unit));
        let outcome = self.home().commit(unit.clone()).await.unwrap();
        let verdict = self.model.commit(&unit);
        assert!(verdict.admits(&outcome), "{outcome:?} where {verdict:?} is right");
        for put in &unit.puts {
            self.look_at(&put.key).await;
        }
    }

    /// Several units at once: there must be an order in which their outcomes and what is there afterwards are right.
    async fn volley(&mut self) {
        let count = 2 + self.dice.roll(4);
        let mut units: Vec<Unit> = (0..count).map(|_| draw::unit(&mut self.dice, &self.model)).collect();
        // Half of them want the same document.
        if let Some(first) = units[0].puts.first().cloned() {
            for unit in units.iter_mut().skip(1).step_by(2) {
                unit.puts.retain(|put| put.key != first.key);
                unit.puts.push(Put {
                    body: Some(Bytes::from(format!("volley {}", self.dice.next()))),
                    ..first.clone()
                });
            }
        }
        // Work that two of them would write might be replaced while it waits.
        let mut seen = Vec::new();
        for unit in &mut units {
            unit.due.retain(|due| !seen.contains(&due.key));
            seen.extend(unit.due.iter().map(|due| due.key.clone()));
        }
        self.tell(|text| {
            text.push_str("at once:");
            units.iter().for_each(|unit| {
                text.push_str("\n    ");
                brief(text, unit);
            });
        });
        let home = self.home();
        let outcomes = together(units.iter().map(|unit| home.commit(unit.clone())).collect()).await;
        let asked: Vec<(Unit, Commit)> =
            units.into_iter().zip(outcomes.into_iter().map(|outcome| outcome.unwrap())).collect();
        let mut ends = Vec::new();
        orders(&self.model, &asked.iter().collect::<Vec<_>>(), &mut ends);
        let found = walk(&mut *home.snapshot(Scope::All).await.unwrap(), 500).await;
        let right = ends.into_iter().find(|end| end.records(&Scope::All) == found);
        let told = || asked.iter().map(|(_, outcome)| outcome).collect::<Vec<_>>();
        self.model = right.unwrap_or_else(|| panic!("no order explains {:?} and what is there", told()));
    }

    async fn claim(&mut self) {
        let (queue, now) = (self.dice.pick(&draw::QUEUES), self.now_ms);
        let (lease, limit) = (1 + self.dice.roll(300) as i64, self.dice.pick(&[0, 1, 2, 100]));
        self.tell(|text| {
            let _ = write!(text, "claim {queue} at {now} for {lease}, {limit} at most");
        });
        let claimed = self.home().claim(queue, now, lease, limit).await.unwrap();
        assert_eq!(claimed, self.model.claim(queue, now, lease, limit));
    }

    fn release(&mut self) {
        let held: Vec<DueKey> = self.leased().collect();
        let key = if held.is_empty() { draw::work(&mut self.dice) } else { self.dice.pick(&held) };
        self.tell(|text| {
            let _ = write!(text, "release {key:?}");
        });
        self.let_go(&key);
    }
    fn leased(&self) -> impl Iterator<Item = DueKey> {
        self.model.due.values().filter(|(_, lease)| lease.is_some()).map(|(due, _)| due.key.clone())
    }
    fn let_go(&mut self, key: &DueKey) {
        self.home().release(key);
        // One that is over may have been another process's, who alone can give it back.
        let now = self.now_ms;
        if let Some((_, lease)) = self.model.due.get_mut(&key.path()) {
            *lease = lease.filter(|until| *until <= now);
        }
    }

    async fn sweep(&mut self) {
        let (now, limit) = (self.dice.roll(2_000) as i64, self.dice.pick(&[1, 3, 1_000]));
        self.tell(|text| {
            let _ = write!(text, "sweep at {now}, {limit} at most");
        });
        let expired = self.model.expired(now);
        let swept = self.home().sweep(now, limit).await.unwrap();
        assert_eq!(swept, expired.len().min(limit) as u64);
        // Which of them goes first is the home's own affair.
        let mut gone = 0;
        for key in expired {
            if self.home().get(&key).await.unwrap().is_none() {
                self.model.docs.remove(&key.path());
                gone += 1;
            }
        }
        assert_eq!(gone, swept);
    }

    async fn load(&mut self) {
        // Whether work that is replaced stays leased is not promised.
        for key in self.leased().collect::<Vec<_>>() {
            self.let_go(&key);
        }
        let load = draw::load(&mut self.dice, &self.model, &self.kept);
        self.tell(|text| {
            let _ = write!(text, "load {} records, erased is {:?}", load.records.len(), load.erase);
        });
        let loaded = self.home().load(load.clone()).await;
        let refused = self.model.load(&load);
        assert_eq!(loaded.is_err(), refused, "{loaded:?}");
        self.everything().await;
    }

    async fn take_moment(&mut self) {
        if let Some((mut moment, records)) = self.moment.take() {
            self.tell(|text| text.push_str("look at the moment of before"));
            if self.dice.chance(50) {
                moment.next(3).await.unwrap();
                moment.rewind();
            }
            assert_eq!(walk(&mut *moment, 1 + self.dice.roll(20)).await, records);
        }
        let scope = draw::scope(&mut self.dice);
        self.tell(|text| {
            let _ = write!(text, "keep a moment of {scope:?}");
        });
        let moment = self.home().snapshot(scope.clone()).await.unwrap();
        self.moment = Some((moment, self.model.records(&scope)));
    }

    async fn reopen(&mut self, open: Open<'_>) {
        self.tell(|text| text.push_str("close and open again"));
        self.moment = None;
        self.home = None;
        self.home = Some(open().await);
        // Leases end with their process, or later.
        let ends = self.model.due.values().filter_map(|(_, lease)| *lease).max();
        self.now_ms = self.now_ms.max(ends.unwrap_or(0));
        self.everything().await;
    }

    /// Reads that chance chooses.
    async fn look(&mut self) {
        let (home, dice) = (self.home(), &mut self.dice);
        let query = draw::query(dice);
        assert_eq!(home.list(&query).await.unwrap(), self.model.list(&query), "{query:?}");
        assert_eq!(home.count(&query).await.unwrap(), self.model.count(&query), "{query:?}");
        let unique = draw::find(dice);
        let found = home.find(unique.index, &unique.value).await.unwrap();
        assert_eq!(found.as_ref(), self.model.owner(&unique).map(|held| &held.doc), "{unique:?}");
        let prefix = draw::prefix(dice);
        let begins = |(name, _): &(&String, &i64)| name.starts_with(prefix);
        let counters: Vec<(String, i64)> =
            self.model.counters.iter().filter(begins).map(|(name, value)| (name.clone(), *value)).collect();
        assert_eq!(home.counters(prefix).await.unwrap(), counters, "{prefix}");
        let queue = dice.pick(&draw::QUEUES);
        let next = home.next_due(queue).await.unwrap();
        assert!(self.model.may_be_next(queue, self.now_ms, next), "{next:?} is not the next of {queue}");
        let key = draw::key(dice);
        self.look_at(&key).await;
    }
    async fn look_at(&self, key: &Key) {
        let found = self.home().get(key).await.unwrap();
        assert_eq!(found.as_ref(), self.model.held(key).map(|held| &held.doc), "{}", key.path());
    }

    /// Compares all there is, and asks the home what it knows to be wrong.
    async fn everything(&mut self) {
        let mut snapshot = self.home().snapshot(Scope::All).await.unwrap();
        let found = walk(&mut *snapshot, 1 + self.dice.roll(100)).await;
        let right = self.model.records(&Scope::All);
        for (found, right) in found.iter().zip(&right) {
            assert_eq!(found, right);
        }
        assert_eq!(found.len(), right.len());
        let mut flaws = Vec::new();
        snapshot.audit(&mut |flaw| flaws.push(flaw)).await.unwrap();
        assert_eq!(flaws, []);
    }

    async fn end(mut self, open: Open<'_>) {
        self.everything().await;
        self.reopen(open).await;
    }
}

async fn walk(snapshot: &mut dyn Snapshot, limit: usize) -> Vec<Record> {
    let mut all = Vec::new();
    loop {
        let next = snapshot.next(limit).await.unwrap();
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

/// Where every order of these units ends in which their outcomes are right.
fn orders(from: &Reference, left: &[&(Unit, Commit)], ends: &mut Vec<Reference>) {
    if left.is_empty() && !ends.contains(from) {
        ends.push(from.clone());
    }
    for (n, (unit, outcome)) in left.iter().enumerate() {
        let mut next = from.clone();
        if next.commit(unit).admits(outcome) {
            let others = [&left[..n], &left[n + 1..]].concat();
            orders(&next, &others, ends);
        }
    }
}

/// All of them at once; their answers in the same order.
async fn together<T>(mut futures: Vec<Fut<'_, T>>) -> Vec<T> {
    let mut answers: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, answer) in futures.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(cx) {
                *answer = Some(ready);
            }
        }
        if answers.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}

/// A unit without its bodies.
fn brief(text: &mut String, unit: &Unit) {
    text.push_str("commit");
    for Put { key, expect, body, index, stale, expires } in &unit.puts {
        let what = if body.is_some() { "put" } else { "delete" };
        let _ = write!(text, " {what} {}@{expect} +{index:?} -{stale:?} until {expires:?};", key.path());
    }
    for (key, version) in &unit.checks {
        let _ = write!(text, " read {}@{version};", key.path());
    }
    for Add { counter, by, floor } in &unit.adds {
        let _ = write!(text, " {counter} {by:+} floor {floor:?};");
    }
    for key in &unit.done {
        let _ = write!(text, " done {};", key.path());
    }
    for due in &unit.due {
        let _ = write!(text, " due {};", due.key.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_goes_through_random_histories() {
        let memory: Arc<dyn Store> = Arc::new(Memory::new());
        let mut open =
            move || -> Fut<'static, Arc<dyn Store>> { Box::pin(std::future::ready(Arc::clone(&memory))) };
        // Memory never waits, so its futures are ready at once.
        let mut run = std::pin::pin!(histories(Plan::from_environment(40), &mut open));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(run.as_mut().poll(&mut cx).is_ready());
    }
}
