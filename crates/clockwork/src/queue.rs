//! The loop of one queue. Work of one lane shares a limit, and work that waits in one lane stands in nobody else's
//! way: a lane that is behind is given later times, at the pace at which it gets on.
use crate::{Site, Sites, meters::Meters};
use api::Api;
use base::{Clock, Fut};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Due, DueKey, Fault, Unit};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::{Id, JoinError, JoinSet},
};

/// How long claimed work stays claimed, in milliseconds; longer than any piece takes.
const LEASE_MS: i64 = 120_000;
/// How much is claimed at once.
const BATCH: usize = 512;
/// At most this much runs at once, beside the first of each lane.
const RUNNING_MAX: usize = 512;
/// At most this many lanes run at once.
const LANES_MAX: usize = 4096;
/// Where no more than this waits, pieces of a lane are done in order.
const IN_ORDER: usize = 8;
/// How long a lane in which more waited hurries.
const HURRY: Duration = Duration::from_secs(1);
/// At most this much of one lane waits in memory.
const WAITING_MAX: usize = 1024;
/// While more than this waits for its turn, more is claimed only now and then.
const WAITING_LOW: usize = 64;
const NOW_AND_THEN: Duration = Duration::from_millis(50);
/// How far work of a lane that is behind is put off at most, in milliseconds.
const PUT_OFF_MAX: i64 = 3_600_000;
/// Work that waited longer in memory is left to whoever claims it next: it must not be under way when its lease ends.
const WAIT_MAX: Duration = Duration::from_mins(1);
/// After so many failures in a row a lane rests for a while, and then tries with one piece.
const FAILED_MAX: u32 = 5;
/// How long it rests first, in milliseconds of its world; twice as long each time that it fails again.
const REST_MS: i64 = 1_000;
const REST_MAX_MS: i64 = 30_000;
/// What of a lane that rests may wait in memory, and the turns that the rest is given, in milliseconds.
const RESTING_ROOM: usize = 8;
const RESTING_PACE_MS: i64 = 20;
/// While something runs, time is looked at this often; else when the next work is due.
const TICK: Duration = Duration::from_secs(1);
/// The store is asked at least this often.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long running work may take to end when the program stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// What became of a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The other side did its part.
    Well,
    /// It did not; what follows from that is written down.
    Badly,
    /// It was not asked.
    Unasked,
}

/// What a piece takes up of its lane's limit, until it ends or leaves it.
pub struct Slot(Option<Held>);

/// A slot that is held.
struct Held {
    lane: Arc<str>,
    since: Instant,
    left: Arc<AtomicBool>,
    told: mpsc::UnboundedSender<Left>,
}

/// A slot that was left.
struct Left {
    lane: Arc<str>,
    took: Duration,
    verdict: Verdict,
}

impl Slot {
    /// The slot of whoever stands in no line.
    pub(crate) fn none() -> Self {
        Slot(None)
    }
    /// Leaves it, once the other side has had its say: the next piece goes out while what became of this one is
    /// written down, together with others. Returns whether it is so: whoever stands in no line waits for the end.
    pub(crate) fn leave(self, verdict: Verdict) -> bool {
        let Some(Held { lane, since, left, told }) = self.0 else { return false };
        left.store(true, Ordering::Release);
        // A queue that is gone has no line.
        let _ = told.send(Left { lane, took: since.elapsed(), verdict });
        true
    }
}

/// The work of one queue.
pub trait Work: Send + Sync {
    /// The queue.
    fn queue(&self) -> &'static str;
    /// What a piece shares its limit with, such as the endpoint it goes to.
    fn lane(&self, due: &Due) -> String;
    /// Whether pieces of a lane are done in the order in which they became due, as long as few wait.
    fn in_order(&self) -> bool {
        false
    }
    /// Whether a piece that is dropped half done is simply done again.
    fn can_be_cut(&self) -> bool {
        false
    }
    /// Does it, and writes down in one commit what became of it: done, or due again later. A slot that is not left before
    /// is held until then. Errors: the store failed and nothing was written; the work is done again when its
    /// lease has ended.
    fn perform<'a>(&'a self, site: &'a Site, due: Due, slot: Slot) -> Fut<'a, Result<Verdict, Fault>>;
}

/// A piece that waits for its turn.
struct Waiting {
    site: Site,
    due: Due,
    since: Instant,
}

/// Pieces of one lane: those that wait, and how it gets on.
struct Lane {
    /// The clock of its world.
    clock: Arc<dyn Clock>,
    /// Whether order counts.
    in_order: bool,
    /// Until when it does not, because too much waited.
    hurries: Instant,
    waiting: VecDeque<Waiting>,
    running: usize,
    /// The mean time of a piece, in microseconds.
    mean_us: u64,
    /// Failures in a row.
    failed: u32,
    /// Until when (milliseconds) nothing is tried, because nothing but failures came of it.
    rests: i64,
    /// Until when (milliseconds) its turns are given away.
    put_off: i64,
}

impl Lane {
    fn new(clock: Arc<dyn Clock>, in_order: bool) -> Self {
        Lane {
            clock,
            in_order,
            hurries: Instant::now(),
            waiting: VecDeque::new(),
            running: 0,
            mean_us: 0,
            failed: 0,
            rests: 0,
            put_off: 0,
        }
    }
    /// Whether failure is all that is to be expected.
    fn is_broken(&self) -> bool {
        self.failed >= FAILED_MAX
    }
    /// How much of the lane may run at once: little where answers are quick, for then more brings nothing and only
    /// takes the processor from requests; more where they take their time; next to nothing where nobody answers.
    fn limit(&self) -> usize {
        // A short line is served one after the other, so that what happened first is told first; order is given up where
        // it would leave the lane behind.
        if self.in_order && self.hurries < Instant::now() { 1 } else { self.limit_by_pace() }
    }
    fn limit_by_pace(&self) -> usize {
        match (self.failed, self.mean_us / 1000) {
            (FAILED_MAX.., _) => 1,
            (3.., _) => 2,
            // Nobody is sent more at once because failing took long.
            (1.., _) => 8,
            (_, ms @ 0..1000) => (8 + ms as usize * 2).min(64),
            _ => 16,
        }
    }
    /// How much of the lane may wait: what gets its turn before it has waited too long.
    fn room(&self) -> usize {
        if self.is_broken() {
            return RESTING_ROOM;
        }
        let us = (self.mean_us / self.limit_by_pace() as u64).max(1);
        (WAIT_MAX.as_micros() as u64 / us).clamp(8, WAITING_MAX as u64) as usize
    }
    fn may_start(&self, running: usize, lanes: usize) -> bool {
        !self.waiting.is_empty()
            && (!self.is_broken() || self.rests <= self.clock.now_ms())
            && if self.running == 0 {
                lanes < LANES_MAX
            } else {
                running < RUNNING_MAX && self.running < self.limit()
            }
    }
    fn ended(&mut self, took: Duration, verdict: Verdict) {
        let us = took.as_micros() as u64;
        self.running -= 1;
        self.mean_us = if self.mean_us == 0 { us } else { (self.mean_us * 7 + us) / 8 };
        match verdict {
            Verdict::Well => (self.failed, self.put_off) = (0, 0),
            Verdict::Badly => {
                self.failed = self.failed.saturating_add(1);
                let more = self.failed.saturating_sub(FAILED_MAX).min(8);
                self.rests = self.clock.now_ms().saturating_add((REST_MS << more).min(REST_MAX_MS));
            }
            Verdict::Unasked => {}
        }
    }
    /// The next free turn of a lane that has too much waiting.
    fn next_turn(&mut self, now_ms: i64) -> i64 {
        let mut pace_ms = (self.mean_us as i64 / 1000 / self.limit_by_pace() as i64).max(1);
        if self.is_broken() {
            // How fast it will get on when it answers again nobody knows.
            pace_ms = RESTING_PACE_MS;
        }
        let behind = now_ms + pace_ms * self.room() as i64 / 2;
        self.put_off = (self.put_off + pace_ms).clamp(behind.min(now_ms + PUT_OFF_MAX), now_ms + PUT_OFF_MAX);
        self.put_off
    }
}

/// A piece that runs.
struct Running {
    lane: Arc<str>,
    held: String,
    since: Instant,
    /// Whether its slot is free already.
    left: Arc<AtomicBool>,
}

/// The name of work that is in memory, over all worlds; another one after the clock of its world was moved.
fn held(site: &Site, key: &DueKey) -> String {
    format!("{}/{}/{}", site.name, site.claimed, key.path())
}

/// Does a piece, unless somebody moves the clock of its world and does it in its order.
async fn perform(work: &dyn Work, site: &Site, due: Due, slot: Slot) -> Result<Verdict, Fault> {
    let Some(_turn) = site.turn.at(site.claimed).await else { return Ok(Verdict::Well) };
    tokio::select! {
        biased;
        outcome = work.perform(site, due, slot) => outcome,
        () = site.turn.ends(site.claimed), if work.can_be_cut() => Ok(Verdict::Well),
    }
}

/// The loop of one queue.
pub(crate) struct Queue {
    work: Arc<dyn Work>,
    sites: Arc<dyn Sites>,
    wake: Arc<Notify>,
    lanes: HashMap<Arc<str>, Lane>,
    /// The paths of what is in memory, so that a lease that ended early does no work twice.
    held: HashSet<String>,
    tasks: JoinSet<Result<Verdict, Fault>>,
    running: HashMap<Id, Running>,
    /// Slots that were left, as those who leave tell it and as it is heard.
    tells: mpsc::UnboundedSender<Left>,
    hears: mpsc::UnboundedReceiver<Left>,
    /// Something may be due that was not claimed.
    look: bool,
    looked: Option<Instant>,
    /// When the next work is due, as far as it was asked since the last look.
    next: Option<Instant>,
    meters: Meters,
}

impl Queue {
    pub(crate) fn new(work: Arc<dyn Work>, sites: Arc<dyn Sites>, wake: Arc<Notify>) -> Self {
        let (tells, hears) = mpsc::unbounded_channel();
        Queue {
            tells,
            hears,
            meters: Meters::of(work.queue()),
            work,
            sites,
            wake,
            lanes: HashMap::new(),
            held: HashSet::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            look: true,
            looked: None,
            next: None,
        }
    }

    /// Works until it is asked to stop, then waits a little for what runs.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let wake = self.wake.clone();
        // Work of other processes rings no bell here.
        let others = self.sites.store().others_every().unwrap_or(IDLE_MAX);
        loop {
            self.start();
            let mut pause = self.claim().await.min(others);
            if let Some(rest) = self.rests() {
                pause = pause.min(rest);
            }
            self.meters.holds(self.held.len() - self.running.len(), self.running.len());
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                () = wake.notified() => self.look = true,
                Some(left) = self.hears.recv() => {
                    self.left(left);
                    while let Ok(left) = self.hears.try_recv() {
                        self.left(left);
                    }
                }
                // What is written down together ends together.
                Some(ended) = self.tasks.join_next_with_id() => {
                    self.ended(ended);
                    while let Some(ended) = self.tasks.try_join_next_with_id() {
                        self.ended(ended);
                    }
                }
                () = tokio::time::sleep(pause) => self.look = true,
            }
        }
        let farewell = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
            tracing::info!(
                queue = self.work.queue(),
                left = self.tasks.len(),
                "the rest is done at the next start"
            );
        }
    }

    /// Starts what may be started.
    fn start(&mut self) {
        let busy = self.lanes.values().filter(|lane| lane.running > 0).count();
        let (mut running, mut lanes) = (self.running.len(), busy);
        for (name, lane) in &mut self.lanes {
            while lane.may_start(running, lanes)
                && let Some(Waiting { site, due, since }) = lane.waiting.pop_front()
            {
                let held = held(&site, &due.key);
                if since.elapsed() > WAIT_MAX {
                    self.held.remove(&held);
                    site.api.world.store.release(&due.key);
                    self.look = true;
                    continue;
                }
                lanes += usize::from(lane.running == 0);
                lane.running += 1;
                running += 1;
                self.meters.started(site.api.world.clock.now_ms() - due.key.at_ms);
                let (work, since, left) = (self.work.clone(), Instant::now(), Arc::<AtomicBool>::default());
                let slot = Held { lane: name.clone(), since, left: left.clone(), told: self.tells.clone() };
                let slot = Slot(Some(slot));
                let task = self.tasks.spawn(async move { perform(&*work, &site, due, slot).await });
                self.running.insert(task.id(), Running { lane: name.clone(), held, since, left });
            }
        }
    }

    /// How long until the first lane that rests and has work waiting tries again.
    fn rests(&self) -> Option<Duration> {
        let resting = self.lanes.values().filter(|lane| !lane.waiting.is_empty() && lane.is_broken());
        let left = resting.map(|lane| lane.rests - lane.clock.now_ms()).filter(|left| *left > 0);
        left.min().map(|ms| Duration::from_millis(ms as u64))
    }

    fn ended(&mut self, ended: Result<(Id, Result<Verdict, Fault>), JoinError>) {
        let (id, outcome) = match ended {
            Ok((id, Ok(verdict))) => (id, verdict),
            Ok((id, Err(fault))) => {
                tracing::error!(queue = self.work.queue(), %fault, "due work could not be written down; it is done again");
                (id, Verdict::Badly)
            }
            Err(error) => {
                tracing::error!(queue = self.work.queue(), %error, "due work ended abruptly; it is done again");
                (error.id(), Verdict::Badly)
            }
        };
        let Some(Running { lane, held, since, left }) = self.running.remove(&id) else { return };
        self.held.remove(&held);
        if !left.load(Ordering::Acquire) {
            self.left(Left { lane, took: since.elapsed(), verdict: outcome });
        }
    }

    /// A slot is free.
    fn left(&mut self, left: Left) {
        let Left { lane: name, took, verdict } = left;
        if let Some(lane) = self.lanes.get_mut(&name) {
            lane.ended(took, verdict);
            if lane.running == 0 && lane.waiting.is_empty() && lane.failed == 0 {
                self.lanes.remove(&name);
            }
        }
    }

    /// Claims what is due, where there is room for it. Returns how long nothing needs to be looked at.
    async fn claim(&mut self) -> Duration {
        if !self.look {
            return self.idle().await;
        }
        // What waits for somebody who does not answer is no reason to leave others waiting.
        let able = self.lanes.values().filter(|lane| !lane.is_broken());
        let waiting: usize = able.map(|lane| lane.waiting.len()).sum();
        let since = self.looked.map_or(Duration::MAX, |looked| looked.elapsed());
        if waiting > WAITING_LOW && since < NOW_AND_THEN {
            return NOW_AND_THEN.saturating_sub(since);
        }
        let queue = self.work.queue();
        self.looked = Some(Instant::now());
        self.next = None;
        let claimed = match self.sites.claim(queue, LEASE_MS, BATCH).await {
            Ok(claimed) => claimed,
            Err(fault) => {
                tracing::error!(queue, %fault, "due work could not be claimed; it is tried again");
                self.look = false;
                return TICK;
            }
        };
        self.look = claimed.len() >= BATCH;
        let any = !claimed.is_empty();
        self.take(claimed).await;
        if any {
            // Something can be started, and there may be more.
            self.start();
        }
        if self.look { Duration::ZERO } else { self.idle().await }
    }

    /// How long nothing needs to be looked at, where all that is due was claimed. What runs may write down work that
    /// is due soon, so the store is asked only when it has ended.
    async fn idle(&mut self) -> Duration {
        if !self.running.is_empty() {
            return TICK;
        }
        let next = match self.next {
            Some(next) => next,
            None => {
                let pause = self.ask().await;
                *self.next.insert(Instant::now() + pause)
            }
        };
        next.saturating_duration_since(Instant::now())
    }

    /// How long it is until the next work is due.
    async fn ask(&self) -> Duration {
        let (queue, now_ms) = (self.work.queue(), self.sites.clock().now_ms());
        match self.sites.store().next_due(queue).await {
            Ok(Some(at_ms)) => Duration::from_millis((at_ms - now_ms).clamp(1, 60_000) as u64),
            Ok(None) => IDLE_MAX,
            Err(fault) => {
                tracing::error!(queue, %fault, "the next due work could not be looked up; it is tried again");
                TICK
            }
        }
    }

    /// Puts claimed work into its lanes; what has no room there becomes due later.
    async fn take(&mut self, claimed: Vec<(Site, Due)>) {
        if self.lanes.len() > LANES_MAX {
            // Lanes are remembered for their failures only.
            self.lanes.retain(|_, lane| lane.running > 0 || !lane.waiting.is_empty());
        }
        let mut later: Vec<(Arc<Api>, Unit)> = Vec::new();
        for (site, due) in claimed {
            let held = held(&site, &due.key);
            if self.held.contains(&held) {
                continue;
            }
            let name: Arc<str> = [&*site.name, &self.work.lane(&due)].concat().into();
            let fresh = || Lane::new(site.api.world.clock.clone(), self.work.in_order());
            let lane = self.lanes.entry(name).or_insert_with(fresh);
            if lane.waiting.len() < lane.room() {
                self.held.insert(held);
                lane.waiting.push_back(Waiting { site, due, since: Instant::now() });
                if lane.waiting.len() > IN_ORDER {
                    lane.hurries = Instant::now() + HURRY;
                }
                continue;
            }
            let at_ms = lane.next_turn(site.api.world.clock.now_ms());
            let at = later.iter().position(|(api, _)| Arc::ptr_eq(api, &site.api)).unwrap_or_else(|| {
                later.push((site.api, Unit::default()));
                later.len() - 1
            });
            let unit = &mut later[at].1;
            let key = DueKey { at_ms, ..due.key.clone() };
            unit.done.push(due.key);
            unit.due.push(Due { key, body: due.body });
        }
        for (api, unit) in later {
            let keys = unit.done.clone();
            self.meters.put_off(keys.len());
            if let Err(fault) = api.world.commit(unit).await {
                tracing::error!(queue = self.work.queue(), %fault, "due work could not be put off");
                for key in &keys {
                    api.world.store.release(key);
                }
            }
        }
    }
}
