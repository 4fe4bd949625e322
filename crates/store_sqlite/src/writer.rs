//! The one thread that writes: every waiting unit into one record of the journal, all answered after the one sync
//! of that. While one batch is being made durable, the next one gathers ([`crate::gather`]).
//!
//! The tables follow in a transaction that several batches share, because a page that is written by each of them is
//! then logged once. It is committed when a reader needs what is in it ([`crate::pending`]), when nobody has asked for
//! a moment, or when it has been open for long enough. What an error takes from the tables before that, the journal
//! gives back.
use crate::{
    Outcome, Shared,
    apply::{Applied, Apply},
    copier::{Copier, copy},
    fault::{self, Broken},
    gather::{Aside, Gathered, Job, Waiting},
    journal::{self, Journal},
    load::{self, Refusal},
};
use rusqlite::Connection;
use std::{
    cell::Cell,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};
use store::{Commit, Doc, Fault, Key, Load, Scope, Unit};

/// After how many pages the write-ahead log is copied back: enough that a page written often is copied once.
const COPY_PAGES: i32 = 4_000;
/// After how many pages the writer copies what is left, so that the log starts over.
const RESET_PAGES: i32 = 16_000;
/// When nobody has asked for so long, the tables are committed.
const PAUSE: Duration = Duration::from_millis(2);
/// The longest time that the tables are behind what was acknowledged, about.
pub(crate) const BEHIND_MAX: Duration = Duration::from_millis(100);
/// How many bytes of the journal they are behind at most, about.
const BEHIND_BYTES: u64 = 16 * 1024 * 1024;
/// When nobody has asked for so long, the journal is settled.
const QUIET: Duration = Duration::from_millis(200);
/// A journal of this many bytes is settled although somebody waits.
const JOURNAL_MAX: u64 = 1024 * 1024 * 1024;
/// A journal of up to this many bytes is settled at the end, so that what remains is one file.
const FAREWELL_MAX: u64 = 64 * 1024 * 1024;

thread_local! {
    /// How long the write-ahead log was after the last COMMIT of this thread, in pages.
    static LOG_PAGES: Cell<i32> = const { Cell::new(0) };
}

/// The writer's thread: says whether it could start, then works until nobody can ask any more.
pub(crate) fn run(
    conn: Connection,
    database: PathBuf,
    shared: &Shared,
    jobs: Receiver<Job>,
    started: SyncSender<Result<(), Broken>>,
) {
    conn.wal_hook(Some(|_, pages| {
        LOG_PAGES.set(pages);
        Ok(())
    }));
    let opened = Journal::recover(&conn, shared.segments.clone())
        .and_then(|journal| Ok((journal, Apply::new(&conn, &shared.docs)?)));
    let (journal, apply) = match opened {
        Ok(opened) => opened,
        Err(error) => return drop(started.send(Err(error))),
    };
    let page_bytes = match conn.query_row("PRAGMA page_size", [], |row| row.get(0)) {
        Ok(bytes) => bytes,
        Err(error) => return drop(started.send(Err(error.into()))),
    };
    let mut writer = Writer {
        conn: &conn,
        database: &database,
        apply,
        journal,
        shared,
        copier: Copier::start(&database, shared.meters.clone()),
        copied_at: 0,
        page_bytes,
        since: None,
        behind: false,
        failing: false,
    };
    let _ = started.send(Ok(()));
    let mut gathered = Gathered::default();
    while let Some(first) = gathered.rest(&jobs).or_else(|| writer.next(&jobs)) {
        gathered.gather(first, &jobs, &shared.patient);
        if !gathered.batch.is_empty() {
            writer.batch(&mut gathered.batch);
        }
        // Whoever asked may have gone away; what was written stays written.
        match gathered.aside.take() {
            Some(Aside::Sweep { scope, over, limit, answer }) => {
                drop(answer.send(writer.sweep(&scope, &over, limit)));
            }
            Some(Aside::Load { load, answer }) => drop(answer.send(writer.load(load))),
            None => {}
        }
        if !gathered.readers.is_empty() || writer.is_far_behind() {
            let shown = writer.show();
            for reader in gathered.readers.drain(..) {
                // Whoever read may have gone away.
                let _ = reader.send(shown.clone());
            }
        }
        if writer.journal.len() > JOURNAL_MAX {
            writer.settle();
        }
    }
    // If the tables cannot be committed, the next start gives them the rest.
    let _ = writer.show();
    shared.patient.give_up();
    if writer.journal.len() <= FAREWELL_MAX {
        while writer.settle() {}
    }
    drop(writer);
    copy(&conn, "TRUNCATE", &shared.meters);
}

struct Writer<'c> {
    conn: &'c Connection,
    database: &'c Path,
    apply: Apply<'c>,
    journal: Journal,
    shared: &'c Shared,
    copier: Copier,
    /// The length of the log when it was last copied back.
    copied_at: i32,
    /// How many bytes a page has.
    page_bytes: u64,
    /// Since when the tables' transaction is open, and where the journal ended then.
    since: Option<(Instant, u64)>,
    /// The tables have lost what was acknowledged: the journal has it.
    behind: bool,
    /// Whether the last transaction failed.
    failing: bool,
}

impl Writer<'_> {
    /// What is asked next; commits the tables and settles the journal while nothing is. `None` when nobody can ask
    /// any more.
    fn next(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        if self.since.is_some() {
            match jobs.recv_timeout(PAUSE) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                // Told where it is missed.
                Err(RecvTimeoutError::Timeout) => drop(self.show()),
            }
        }
        while !self.journal.is_settled() {
            match jobs.recv_timeout(QUIET) {
                Ok(job) => return Some(job),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            while self.settle() {
                if let Ok(job) = jobs.try_recv() {
                    return Some(job);
                }
            }
        }
        jobs.recv().ok()
    }

    /// Settles some of the journal; whether more is left that can be settled now.
    fn settle(&mut self) -> bool {
        if self.show().is_err() {
            return false;
        }
        let settled = self.journal.settle(self.conn, self.database);
        self.copy_back();
        match settled {
            Ok(more) => more,
            Err(error) => {
                self.failed(&error);
                false
            }
        }
    }

    /// Whether the tables should be committed although nobody needs it yet.
    fn is_far_behind(&self) -> bool {
        self.since.is_some_and(|(since, from)| {
            since.elapsed() >= BEHIND_MAX || self.journal.end() - from >= BEHIND_BYTES
        })
    }

    /// Commits the tables: from now on whoever reads them finds everything that was acknowledged.
    fn show(&mut self) -> Result<(), Fault> {
        let shown = if self.behind { self.catch_up() } else { self.commit_tables() };
        shown.map_err(|error| self.failed(&error))
    }

    fn commit_tables(&mut self) -> Result<(), Broken> {
        if self.since.is_none() {
            return Ok(());
        }
        self.apply.due(&self.shared.leases.young())?;
        self.execute("COMMIT")?;
        self.shown();
        Ok(())
    }

    /// Gives the tables what they have lost.
    fn catch_up(&mut self) -> Result<(), Broken> {
        if !self.conn.is_autocommit() {
            self.execute("ROLLBACK")?;
        }
        self.journal.carry_out(self.conn)?;
        self.behind = false;
        self.shown();
        Ok(())
    }

    /// After a COMMIT of the tables.
    fn shown(&mut self) {
        self.since = None;
        self.shared.leases.committed();
        self.shared.pending.clear();
        self.copy_back();
    }

    /// Commits a batch, makes it known, and only then answers.
    fn batch(&mut self, batch: &mut Vec<Waiting>) {
        let (meters, began) = (&self.shared.meters, Instant::now());
        batch.iter().for_each(|waiting| meters.waited(began.saturating_duration_since(waiting.since)));
        let outcomes = match self.outcomes(batch) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let fault = self.failed(&error);
                let refusals = batch.drain(..).map(|waiting| (waiting.answer, Err(fault.clone())));
                return self.shared.herald.tell(refusals.collect());
            }
        };
        meters.batch(batch.len(), began.elapsed());
        for waiting in &*batch {
            waiting.span.record("batch_units", batch.len() as i64);
        }
        self.recovered();
        self.accepted();
        let mut wakes = false;
        let mut answers = Vec::with_capacity(batch.len());
        for (Waiting { unit, answer, .. }, outcome) in batch.drain(..).zip(outcomes) {
            if outcome == Ok(Commit::Done) {
                wakes |= !unit.due.is_empty();
                self.publish(unit);
            }
            answers.push((answer, outcome));
        }
        self.shared.herald.tell(answers);
        if wakes {
            self.wake();
        }
    }

    /// Tells whoever waits for due work.
    fn wake(&self) {
        let hook = self.shared.hook.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hook) = hook {
            hook();
        }
    }

    /// Writes and commits what can be. A unit that spoiled the transaction has its answer: the units before it
    /// are what it was judged against, and they come out the same when the batch is repeated without it.
    fn outcomes(&mut self, batch: &[Waiting]) -> Result<Vec<Outcome>, Broken> {
        let mut spoiled: Vec<Option<Outcome>> = vec![None; batch.len()];
        'again: loop {
            let careful = spoiled.iter().any(Option::is_some);
            let mut outcomes = Vec::with_capacity(batch.len());
            self.begin()?;
            for (n, Waiting { unit, .. }) in batch.iter().enumerate() {
                if let Some(outcome) = &spoiled[n] {
                    outcomes.push(outcome.clone());
                    continue;
                }
                match self.apply.unit(unit, careful)? {
                    Applied::Written => outcomes.push(Ok(Commit::Done)),
                    Applied::Refused(outcome) => outcomes.push(outcome),
                    Applied::Spoiled(outcome) => {
                        spoiled[n] = Some(outcome);
                        self.behind = true;
                        self.apply.roll_back();
                        continue 'again;
                    }
                }
            }
            self.commit()?;
            return Ok(outcomes);
        }
    }

    fn sweep(&mut self, scope: &Scope, over: &Range<i64>, limit: usize) -> Result<u64, Fault> {
        let mut work = || {
            self.begin()?;
            let swept = self.apply.sweep(scope, over, limit)?;
            self.commit()?;
            Ok(swept)
        };
        let swept: Result<Vec<Key>, Broken> = work();
        let swept = swept.map_err(|error| self.failed(&error))?;
        self.recovered();
        self.shared.pending.add(swept.iter().map(|key| self.shared.space(&key.account, key.live, key.kind)));
        self.accepted();
        for key in &swept {
            self.shared.docs.publish(self.shared.docs.hash(key), None);
        }
        Ok(swept.len() as u64)
    }

    fn load(&mut self, load: Load) -> Result<(), Fault> {
        self.show()?;
        let work = || {
            self.execute("BEGIN IMMEDIATE")?;
            let changed = load::load(self.conn, load)?;
            self.execute("COMMIT")?;
            // It is too large for the journal, so the file itself is synced.
            if let Err(error) = journal::sync_log(self.database) {
                self.journal.distrust();
                return Err(Broken::Unsure(error).into());
            }
            Ok(changed)
        };
        let loaded: Result<_, Refusal> = work();
        // Counters were written past what is remembered of them.
        self.apply.forget();
        let changed = match loaded {
            Ok(changed) => changed,
            Err(Refusal::Broken(error)) => return Err(self.failed(&error)),
            Err(Refusal::Fault(fault)) => {
                self.execute("ROLLBACK").map_err(|error| self.failed(&error.into()))?;
                return Err(fault);
            }
        };
        self.recovered();
        for key in &changed.docs {
            self.shared.docs.publish(self.shared.docs.hash(key), None);
        }
        for (index, value) in &changed.owners {
            self.shared.forget_owner(index, value);
        }
        self.shared.leases.changed(&changed.ended);
        if changed.wakes {
            self.wake();
        }
        Ok(())
    }

    /// After a batch has been made durable, before anything of it is made known: readers of the file do not see it.
    fn accepted(&mut self) {
        let shared = self.shared;
        let (changed, freed) = self.apply.committed();
        let owners = freed.iter().map(|(index, value)| shared.owner(index, value));
        shared.pending.add(changed.drain().chain(owners));
        for (index, value) in &freed {
            shared.forget_owner(index, value);
        }
    }

    /// Makes known what a unit wrote.
    fn publish(&mut self, unit: Unit) {
        let shared = self.shared;
        let spaces = unit.puts.iter().map(|put| shared.space(&put.key.account, put.key.live, put.key.kind));
        let keys = unit.puts.iter().flat_map(|put| put.index.iter().chain(&put.stale));
        let owners = keys.filter(|key| key.unique).map(|key| shared.owner(key.index, &key.value));
        shared.pending.add(spaces.chain(owners));
        for put in unit.puts {
            for key in put.index.iter().chain(&put.stale).filter(|key| key.unique) {
                self.shared.forget_owner(key.index, &key.value);
            }
            let hash = self.shared.docs.hash(&put.key);
            let doc = put.body.map(|body| Doc { key: put.key, version: put.expect + 1, body });
            self.shared.docs.publish(hash, doc);
        }
        if !unit.done.is_empty() || !unit.due.is_empty() {
            let mut held = shared.leases.hold();
            unit.done.iter().for_each(|key| held.done(key));
            unit.due.into_iter().for_each(|due| held.brought(due));
        }
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Begins a batch, in the transaction that is open where one is.
    fn begin(&mut self) -> Result<(), Broken> {
        if self.behind {
            self.catch_up()?;
        }
        if self.since.is_none() {
            self.execute("BEGIN IMMEDIATE")?;
            self.since = Some((Instant::now(), self.journal.end()));
        }
        self.apply.draft.begin(self.journal.end());
        Ok(())
    }

    /// Makes a batch durable.
    fn commit(&mut self) -> Result<(), Broken> {
        self.apply.flush()?;
        if self.apply.draft.is_empty() {
            return Ok(());
        }
        journal::set_mark(self.conn, journal::APPLIED, self.apply.draft.end())?;
        self.journal.append(&mut self.apply.draft)?;
        self.journal.accept(&self.apply.draft);
        Ok(())
    }

    /// Nothing of the batch stays, and nothing that was believed of the file. What else the transaction held is in
    /// the journal. The next batch tries again, so the store recovers by itself when the disk does.
    fn failed(&mut self, error: &Broken) -> Fault {
        if !self.conn.is_autocommit() {
            // If this fails too, it is tried again before the tables catch up.
            let _ = self.execute("ROLLBACK");
        }
        self.behind = true;
        self.since = None;
        self.apply.forget();
        if !self.failing {
            tracing::error!(%error, "the database cannot be written; nothing of this is acknowledged");
        }
        self.failing = true;
        self.shared.meters.failed();
        fault::of("the database could not be written", error)
    }

    fn recovered(&mut self) {
        if self.failing {
            tracing::info!("the database can be written again");
        }
        self.failing = false;
    }

    /// Has the write-ahead log copied into the file where it has grown enough.
    fn copy_back(&mut self) {
        let pages = LOG_PAGES.get();
        self.shared.meters.log(pages as u64 * self.page_bytes);
        if pages < self.copied_at {
            // The log has started over.
            self.copied_at = 0;
        }
        if pages >= RESET_PAGES && pages - self.copied_at >= COPY_PAGES / 8 {
            self.copied_at = pages;
            if !copy(self.conn, "PASSIVE", &self.shared.meters) {
                self.journal.distrust();
            }
        } else if pages - self.copied_at >= COPY_PAGES {
            self.copied_at = pages;
            self.copier.ask();
        }
        if self.copier.has_failed() {
            self.journal.distrust();
        }
    }
}
