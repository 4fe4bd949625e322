//! Moving a world's clock. Everything that becomes due on the way is done at its own time, in its order, before the clock
//! goes on: the hand goes from one time at which something is due to the next. Meanwhile the queues leave the world alone.
//!
//! At one time decisions come first, those of one account one after the other, and then what they tell: deliveries, which
//! are waited for as long as receivers are not too slow. Those that are left are made when the clock has arrived.
//!
//! In the home everything waits by the wall, and is dated anew when the clock has arrived, in the commit that says so. Until
//! then the record of the world says where it goes, so that a program that was killed on the way goes on from where it was.
use crate::{
    clock::Dating,
    open::{Open, record_put},
    records::WorldRecord,
    scoped::Gate,
    worlds::{Worlds, no_such_world},
};
use api::Stop;
use base::Clock as _;
use clockwork::{Hands, Site, Sort, Taken};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};
use store::{Commit, Due, Unit};
use tokio::task::JoinSet;

/// How long what the queues have under way may take until the clock is moved; then deliveries are cut off.
pub(crate) const GRACE: Duration = Duration::from_secs(1);
/// How long one delivery is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long one receiver is waited for in all while a clock is moved, beyond what a quick one takes.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(5);
/// What a delivery to a quick receiver takes, on a machine that has other things to do as well.
const QUICK: Duration = Duration::from_millis(20);
/// At most this much is done side by side.
const AT_ONCE: usize = 64;
/// While a clock is moved, what has expired is swept away so often, in milliseconds of the world; a way that is shorter than the second
/// is not worth the look.
const SWEEP_EVERY_MS: i64 = 30 * 86_400_000;
const SWEEP_FROM_MS: i64 = 3_600_000;
/// What is due at once may cause more that is, so many times.
const ROUNDS_MAX: usize = 1_000;
/// Deliveries to one receiver side by side.
const OF_RECEIVER: usize = 8;

/// What a clock is asked to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// Where to go.
    pub to: Option<To>,
    /// To stand there, or to run from there; as before where nobody says.
    pub frozen: Option<bool>,
}

/// Where a clock goes.
#[derive(Debug, Clone, Copy)]
pub enum To {
    /// So many seconds on.
    By(i64),
    /// To this time, Unix seconds; it stays where it is if that has passed.
    At(i64),
}

/// How a clock goes once it has arrived.
#[derive(Debug, Clone, Copy)]
enum After {
    /// So many milliseconds ahead of the wall.
    Ahead(i64),
    /// From where it arrived, or it stands there.
    From { frozen: bool },
}

/// What came of moving a clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moved {
    /// How much was done on the way.
    pub done: u64,
    /// How much is due and was left to the queues: deliveries to receivers that are too slow.
    pub under_way: u64,
}

impl Worlds {
    /// Moves a world's clock, and does on the way what becomes due.
    pub async fn move_clock(&self, open: &Open, asked: Asked) -> Result<Moved, Stop> {
        let _turn = self.changing(&open.id).await;
        let now_ms = open.clock.now_ms();
        let was = open.clock.dating();
        let (to_ms, by_ms) = match asked.to {
            None => (now_ms, Some(0)),
            Some(To::By(seconds)) => {
                let by_ms = seconds.saturating_mul(1000);
                (now_ms.saturating_add(by_ms), Some(by_ms))
            }
            Some(To::At(at)) => (at.saturating_mul(1000).max(now_ms), None),
        };
        let frozen = asked.frozen.unwrap_or(was.frozen_ms.is_some());
        let after = match by_ms {
            // A clock that runs before and after is moved by what was asked, however long the way took.
            Some(by_ms) if !frozen && was.frozen_ms.is_none() => {
                After::Ahead(was.ahead_ms.saturating_add(by_ms))
            }
            _ => After::From { frozen },
        };
        self.travel(open, to_ms, after).await
    }

    /// Goes on to where a clock was being moved to; nobody else has the world yet.
    pub(crate) async fn go_on(&self, open: &Open, to_ms: i64) -> Result<(), Stop> {
        self.travel(open, to_ms, After::From { frozen: open.clock.is_frozen() }).await.map(drop)
    }

    /// Decides what is due in a world whose chance repeats and whose clock stands, before anybody asks it anything else. The
    /// queues would do it at some moment between this request and a later one, and chance would go on from there.
    pub async fn keep_up(&self, open: &Open) {
        if !open.is_orderly() {
            return;
        }
        let _turn = self.changing(&open.id).await;
        if open.home.agenda().is_none()
            && let Err(fault) = open.home.keep_agenda().await
        {
            tracing::error!(world = &*open.id, %fault, "what is due could not be looked up; it is tried again");
            return;
        }
        let mut journey = Journey::of(self, open);
        // What is decided may cause more.
        for _ in 0..ROUNDS_MAX {
            let due = journey.take(Sort::Deciding);
            if due.is_empty() {
                break;
            }
            journey.perform(Sort::Deciding, due).await;
        }
        if let Some(agenda) = open.home.agenda().as_mut() {
            journey.left.drain(..).for_each(|due| agenda.planned(due));
        }
    }

    async fn travel(&self, open: &Open, to_ms: i64, after: After) -> Result<Moved, Stop> {
        let mut taken = open.site.turn.take(GRACE).await;
        open.clock.move_hand(open.clock.now_ms().min(to_ms));
        let outcome = self.to(open, &mut taken, to_ms, after).await;
        if outcome.is_err() {
            open.clock.let_go();
        }
        if !open.is_orderly() {
            *open.home.agenda() = None;
        }
        outcome
    }

    async fn to(&self, open: &Open, taken: &mut Taken<'_>, to_ms: i64, after: After) -> Result<Moved, Stop> {
        open.home.keep_agenda().await?;
        open.spent.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let mut journey = Journey::of(self, open);
        if journey.next().is_some_and(|at_ms| at_ms <= to_ms) {
            let (record, version) = self.record_of(&open.id).await?;
            self.write(open, &WorldRecord { target_ms: Some(to_ms), ..record }, version).await?;
            journey.until(to_ms).await;
        }
        if to_ms - journey.swept_ms >= SWEEP_FROM_MS {
            journey.sweep(to_ms).await;
        }
        // What is committed from here on is dated by how the clock goes then.
        let shut = open.home.shut().await;
        if *shut == Gate::Gone {
            return Err(no_such_world(&open.id));
        }
        let was = open.clock.dating();
        let dating = match after {
            After::Ahead(ahead_ms) => Dating::ahead(ahead_ms),
            After::From { frozen } => Dating::showing(to_ms, self.wall.now_ms(), frozen),
        };
        let (record, version) = self.record_of(&open.id).await?;
        let mut unit = Unit { puts: vec![record_put(&record.going(dating), version)], ..Unit::default() };
        let Journey { left, done, .. } = journey;
        let under_way = left.len() as u64;
        if let Some(agenda) = open.home.agenda().as_mut() {
            left.into_iter().for_each(|due| agenda.planned(due));
        }
        let waiting: Vec<Due> = open.home.agenda().as_ref().map(|it| it.all().collect()).unwrap_or_default();
        let mut kept = Vec::new();
        for due in waiting {
            let key = |dating| {
                let key = open.home.space.due_key_in(&due.key, dating);
                key.ok_or_else(|| api::fault("due work has no name in its world"))
            };
            let (old, new) = (key(was)?, key(dating)?);
            if old == new {
                kept.push(old);
                continue;
            }
            unit.done.push(old);
            unit.due.push(Due { key: new, body: due.body });
        }
        let _dates = self.dates.write().await;
        taken.end();
        match api::commit(&*self.base, unit).await? {
            Commit::Done => open.clock.set(dating),
            other => return Err(api::fault(format!("the clock of {} was not moved: {other:?}", open.id))),
        }
        kept.iter().for_each(|key| self.base.release(key));
        Ok(Moved { done, under_way })
    }

    async fn write(&self, open: &Open, record: &WorldRecord, version: u64) -> Result<(), Stop> {
        let unit = Unit { puts: vec![record_put(record, version)], ..Unit::default() };
        match api::commit(&*self.base, unit).await? {
            Commit::Done => Ok(()),
            other => Err(api::fault(format!("what becomes of {} was not written down: {other:?}", open.id))),
        }
    }
}

/// A clock on its way.
struct Journey<'j> {
    hands: Arc<Hands>,
    open: &'j Open,
    left: Vec<Due>,
    done: u64,
    /// When what had expired was swept away.
    swept_ms: i64,
}

impl<'j> Journey<'j> {
    fn of(worlds: &Worlds, open: &'j Open) -> Self {
        let swept_ms = open.clock.now_ms();
        Journey { hands: worlds.hands.clone(), open, left: Vec::new(), done: 0, swept_ms }
    }
    /// Sweeps away what has expired by now. What cannot be is swept another time.
    async fn sweep(&mut self, now_ms: i64) {
        self.swept_ms = now_ms;
        if let Err(fault) = self.open.home.sweep_until(now_ms / 1000).await {
            tracing::error!(world = &*self.open.id, %fault, "what has expired could not be swept away; it is tried again");
        }
    }
    /// When the next piece is due.
    fn next(&self) -> Option<i64> {
        let hands = &self.hands;
        self.open.home.agenda().as_ref()?.first(|queue| hands.sort(queue).is_some())
    }
    /// Takes what of a sort is due by what the clock shows.
    fn take(&self, sort: Sort) -> Vec<Due> {
        let (hands, now_ms) = (&self.hands, self.open.clock.now_ms());
        let mut agenda = self.open.home.agenda();
        agenda.as_mut().map(|it| it.take(now_ms, |queue| hands.sort(queue) == Some(sort))).unwrap_or_default()
    }
    async fn until(&mut self, to_ms: i64) {
        while let Some(at_ms) = self.next().filter(|at_ms| *at_ms <= to_ms) {
            if at_ms > self.open.clock.now_ms() {
                self.open.clock.move_hand(at_ms);
            }
            if at_ms - self.swept_ms >= SWEEP_EVERY_MS {
                self.sweep(at_ms).await;
            }
            // What is decided may be told at the same time, so decisions come first.
            let sort = [Sort::Deciding, Sort::Telling].into_iter();
            for (sort, due) in sort.map(|sort| (sort, self.take(sort))).collect::<Vec<_>>() {
                self.perform(sort, due).await;
            }
        }
    }
    async fn perform(&mut self, sort: Sort, due: Vec<Due>) {
        let mut lanes: BTreeMap<String, Vec<Due>> = BTreeMap::new();
        if self.open.repeats {
            // One after the other, whatever lane it is of.
            for due in due {
                let lane = self.hands.lane(sort, &due);
                if !self.is_too_slow(sort, &lane) {
                    let stream =
                        stream(self.hands.clone(), self.open.site.clone(), sort, lane, vec![due]).await;
                    self.ended(stream);
                } else {
                    self.left.push(due);
                }
            }
            return;
        }
        for due in due {
            lanes.entry(self.hands.lane(sort, &due)).or_default().push(due);
        }
        let mut running: JoinSet<Stream> = JoinSet::new();
        for (lane, pieces) in lanes {
            if self.is_too_slow(sort, &lane) {
                self.left.extend(pieces);
                continue;
            }
            let streams = if sort == Sort::Deciding { 1 } else { OF_RECEIVER.min(pieces.len()) };
            let mut split: Vec<Vec<Due>> = vec![Vec::new(); streams];
            pieces.into_iter().enumerate().for_each(|(at, due)| split[at % streams].push(due));
            for pieces in split {
                if running.len() >= AT_ONCE {
                    self.joined(running.join_next().await);
                }
                running.spawn(stream(self.hands.clone(), self.open.site.clone(), sort, lane.clone(), pieces));
            }
        }
        while let Some(ended) = running.join_next().await {
            self.joined(Some(ended));
        }
    }
    fn joined(&mut self, ended: Option<Result<Stream, tokio::task::JoinError>>) {
        match ended {
            Some(Ok(stream)) => self.ended(stream),
            // It is done again when its lease ends.
            Some(Err(error)) => tracing::error!(%error, "due work ended abruptly; it is done again"),
            None => {}
        }
    }
    fn spent(&self) -> std::sync::MutexGuard<'_, HashMap<String, Duration>> {
        self.open.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn is_too_slow(&self, sort: Sort, lane: &str) -> bool {
        sort == Sort::Telling && self.spent().get(lane).is_some_and(|spent| *spent > PATIENCE_IN_ALL)
    }
    fn ended(&mut self, stream: Stream) {
        let Stream { lane, spent, left, done } = stream;
        *self.spent().entry(lane).or_default() += spent;
        self.done += done;
        self.left.extend(left);
    }
}

/// What came of some pieces of one lane.
struct Stream {
    lane: String,
    spent: Duration,
    left: Vec<Due>,
    done: u64,
}

/// Does pieces of one lane one after the other.
async fn stream(hands: Arc<Hands>, site: Site, sort: Sort, lane: String, pieces: Vec<Due>) -> Stream {
    let (mut left, mut done) = (Vec::new(), 0);
    let (mut spent, mut mute) = (Duration::ZERO, false);
    for due in pieces {
        if mute {
            left.push(due);
            continue;
        }
        let began = Instant::now();
        let outcome = match sort {
            Sort::Deciding => Ok(hands.perform(sort, &site, due.clone()).await),
            Sort::Telling => tokio::time::timeout(PATIENCE, hands.perform(sort, &site, due.clone())).await,
        };
        match outcome {
            Ok(Ok(_)) => done += 1,
            Ok(Err(fault)) => {
                tracing::error!(work = due.key.id, %fault, "due work could not be written down; it is done again");
                left.push(due);
            }
            Err(_) => {
                mute = true;
                left.push(due);
            }
        }
        spent += began.elapsed().saturating_sub(QUICK);
    }
    // Nobody waits any more for a receiver that says nothing.
    let spent = if mute { PATIENCE_IN_ALL + PATIENCE } else { spent / OF_RECEIVER as u32 };
    Stream { lane, spent, left, done }
}
