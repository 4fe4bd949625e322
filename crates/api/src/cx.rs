//! The unit of work that a handler holds: it reads, decides and writes down; only the pipeline commits.
use crate::{
    Fact, Found, Leaf, Looked, Object, Page, Paging, Place, Upload, World,
    asks::{Ask, Asked, Open},
    diff, trace,
};
use base::{ApiError, Caller, Named as _, Timestamp};
use std::{any::Any, collections::HashMap, future::Future, sync::Arc};
use store::{Add, Bytes, Doc, Due, DueKey, Fault, IndexKey, Key, Put, Query, Unit};
use tracing::Instrument as _;

/// Why a handler stopped without an answer. Nothing of the attempt is kept.
#[derive(Debug, Clone)]
pub enum Stop {
    /// The caller's mistake.
    Api(Box<ApiError>),
    /// The server's fault.
    Fault(Fault),
    /// The decision was made on something that has changed meanwhile; decide again.
    Again,
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Stop::Api(Box::new(error))
    }
}
impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}
impl From<wire::Bad> for Stop {
    fn from(bad: wire::Bad) -> Self {
        Stop::Api(Box::new(bad.into()))
    }
}

/// An answer. Both kinds are committed: a declined charge is a fact, too.
#[derive(Debug)]
pub enum Reply<T> {
    /// It is done.
    Done(T),
    /// It was refused, and what was written down about that is kept.
    Refused(ApiError),
}

/// What a handler returns.
pub type Outcome<T> = Result<Reply<T>, Stop>;

/// Shorthand for a handler's good end.
pub fn done<T>(it: T) -> Outcome<T> {
    Ok(Reply::Done(it))
}

/// What is kept over the attempts of one request.
#[derive(Default)]
pub(crate) struct Steps {
    /// Answers of the outside, so that nothing is asked twice.
    known: HashMap<&'static str, Box<dyn Any + Send + Sync>>,
    /// The last attempt would have let a counter fall below its floor.
    pub(crate) fell_short: bool,
    /// The asks that were written down for it.
    pub(crate) open: Vec<Open>,
}

impl Steps {
    /// The steps of a run that takes over an ask of an earlier one.
    pub(crate) fn holding(open: Open) -> Self {
        Steps { open: vec![open], ..Steps::default() }
    }
}

/// A clock of its own by which something lives, beside the world's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnClock {
    /// The clock.
    pub id: String,
    /// What it shows.
    pub now: Timestamp,
}

/// Work that is due by the clock that the decision [entered](Cx::enter_clock), and not by the world's.
#[derive(Debug, Clone)]
pub struct Plan {
    /// When, by that clock.
    pub at: Timestamp,
    /// What, as the keeper of the clock reads it.
    pub body: Vec<u8>,
}

/// A decision, so far.
#[derive(Debug)]
pub struct Mark {
    decided: (Unit, Vec<(String, i64)>, HashMap<String, usize>),
    facts: Vec<Fact>,
    plans: Vec<Plan>,
    clock: Option<OnClock>,
}

struct Read {
    key: Key,
    version: u64,
    index: Vec<IndexKey>,
}

/// What a handler sees of the world, and what it has written down so far.
pub struct Cx<'r> {
    /// Who asks.
    pub caller: &'r Caller,
    /// The world around.
    pub world: &'r World,
    /// The request; none where the program itself decides.
    pub(crate) asked: Option<&'r Asked<'r>>,
    now: Timestamp,
    on_clock: Option<OnClock>,
    plans: Vec<Plan>,
    reads: HashMap<String, Read>,
    pub(crate) unit: Unit,
    floors: Vec<(String, i64)>,
    /// Where in the unit what was written down stands, by its path: a decision may write thousands.
    places: HashMap<String, usize>,
    facts: Vec<Fact>,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) steps: Steps,
}

impl<'r> Cx<'r> {
    pub(crate) fn begin(
        world: &'r World,
        caller: &'r Caller,
        asked: Option<&'r Asked<'r>>,
        mut steps: Steps,
    ) -> Self {
        steps.open.iter_mut().for_each(|open| open.reached = false);
        Cx {
            caller,
            world,
            asked,
            now: world.clock.now(),
            on_clock: None,
            plans: Vec::new(),
            reads: HashMap::new(),
            unit: Unit::default(),
            floors: Vec::new(),
            places: HashMap::new(),
            facts: Vec::new(),
            content_type: None,
            steps,
        }
    }

    /// The unit as it stands, with a check for everything that was read and not replaced.
    pub(crate) fn finish(&mut self) -> Unit {
        let mut unit = std::mem::take(&mut self.unit);
        // Asks stand in the unit, too, and were never read here.
        let places = std::mem::take(&mut self.places);
        let kept = self.reads.drain().filter(|(path, _)| !places.contains_key(path));
        let kept = kept.map(|(_, read)| (read.key, read.version));
        unit.checks = kept.collect();
        // A floor holds for the whole unit: it stands at a last move of nothing, behind all others.
        unit.adds.extend(self.floors.drain(..).map(|(counter, floor)| Add {
            counter,
            by: 0,
            floor: Some(floor),
        }));
        unit
    }
    /// The counters that the unit moves as it stands, led by account and mode.
    pub fn moves(&self) -> &[Add] {
        &self.unit.adds
    }
    /// What the unit would write as it stands.
    pub(crate) fn overlay(&self) -> &[Put] {
        &self.unit.puts
    }
    pub(crate) fn take_facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    /// The one time of this attempt: that of the clock by which what is handled lives, where it has one of its own.
    pub fn now(&self) -> Timestamp {
        self.on_clock.as_ref().map_or(self.now, |clock| clock.now)
    }
    /// The time of the world, whatever clock was entered: that of balances, events and deliveries.
    pub fn world_now(&self) -> Timestamp {
        self.now
    }
    /// From now on the decision is about something that lives by a clock of its own.
    pub fn enter_clock(&mut self, clock: OnClock) {
        self.on_clock = Some(clock);
    }
    /// The clock that was entered.
    pub fn on_clock(&self) -> Option<&OnClock> {
        self.on_clock.as_ref()
    }
    /// Writes down work that is due by the clock that was entered. Whoever announces gives it to the clock.
    pub fn plan(&mut self, plan: Plan) {
        self.plans.push(plan);
    }
    /// What was planned so far.
    pub fn take_plans(&mut self) -> Vec<Plan> {
        std::mem::take(&mut self.plans)
    }
    pub(crate) fn has_plans(&self) -> bool {
        !self.plans.is_empty()
    }
    /// A part of the URL, such as `id`.
    pub fn path(&self, name: &str) -> &'r str {
        let parts = self.asked.map_or(&[][..], |asked| &asked.parts);
        parts.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
    /// The file that was sent as this parameter.
    pub fn upload(&self, field: &str) -> Option<&'r Upload> {
        self.asked?.uploads.iter().find(|it| it.field == field)
    }
    /// Says what the answer is, where it is no JSON.
    pub fn answer_as(&mut self, content_type: &'static str) {
        self.content_type = Some(content_type);
    }
    /// The page that a list was asked for.
    pub fn paging(&self) -> Paging {
        self.asked.map(|asked| asked.paging.clone()).unwrap_or_default()
    }
    /// A new id for a `T`.
    pub fn new_id<T: Object>(&self) -> String {
        self.world.new_id(T::PREFIX)
    }
    /// A secret of `length` characters.
    pub fn token(&self, length: usize) -> String {
        self.world.entropy.token(length)
    }

    /// The key of a `T` of the caller.
    pub fn key<T: Object>(&self, id: &str) -> Key {
        T::PLACE.key(T::NAME, &self.caller.account, self.caller.livemode, id)
    }

    /// The caller's `T` with this id, which enters the read set: it must still hold when the unit is committed.
    pub async fn get<T: Object>(&mut self, id: &str) -> Result<Option<T>, Stop> {
        Ok(self.get_at(self.key::<T>(id)).await?.filter(|it: &T| it.id() == id))
    }
    /// The `T` of another account: the door that review looks at.
    pub async fn get_of<T: Object>(
        &mut self,
        account: &str,
        live: bool,
        id: &str,
    ) -> Result<Option<T>, Stop> {
        Ok(self.get_at(T::PLACE.key(T::NAME, account, live, id)).await?.filter(|it: &T| it.id() == id))
    }
    /// The caller's `T`, or the error that names the parameter which named it.
    pub async fn must<T: Object>(&mut self, param: &str, id: &str) -> Result<T, Stop> {
        match self.get(id).await? {
            Some(it) => Ok(it),
            None => Err(ApiError::no_such(T::NAME, id, param).into()),
        }
    }
    /// The caller's `T` without entering the read set: for what may be a moment old, such as settings.
    pub async fn peek<T: Object + Clone>(&self, id: &str) -> Result<Option<T>, Stop> {
        Ok(self.peek_at(&self.key::<T>(id)).await?.filter(|it: &T| it.id() == id))
    }
    /// As [`Cx::peek`], of another account.
    pub async fn peek_of<T: Object + Clone>(
        &self,
        account: &str,
        live: bool,
        id: &str,
    ) -> Result<Option<T>, Stop> {
        Ok(self.peek_at(&T::PLACE.key(T::NAME, account, live, id)).await?.filter(|it: &T| it.id() == id))
    }
    async fn peek_at<T: Object + Clone>(&self, key: &Key) -> Result<Option<T>, Stop> {
        if is_no_id(&key.id) {
            return Ok(None);
        }
        Ok(self.world.peek::<T>(key).await?.map(Arc::unwrap_or_clone))
    }
    /// The `T` that owns a unique index key; it enters the read set.
    pub async fn find<T: Object>(&mut self, index: &'static str, value: &str) -> Result<Option<T>, Stop> {
        match self.world.store.find(index, value).await? {
            Some(doc) => {
                let it: T = parse(&doc)?;
                self.remember(&doc.key, doc.version, it.indexes());
                Ok(Some(it))
            }
            None => Ok(None),
        }
    }

    async fn get_at<T: Object>(&mut self, key: Key) -> Result<Option<T>, Stop> {
        if is_no_id(&key.id) {
            return Ok(None);
        }
        // A decision sees what it has written down itself.
        let path = key.path();
        if let Some(put) = self.written_at(&path) {
            let body = put.body.clone();
            return body.map(|body| parse(&Doc { key, version: 0, body })).transpose();
        }
        match self.world.store.get(&key).await? {
            Some(doc) => {
                let it: T = parse(&doc)?;
                let index = it.indexes();
                self.reads.entry(path).or_insert(Read { key, version: doc.version, index });
                Ok(Some(it))
            }
            None => {
                self.reads.entry(path).or_insert(Read { key, version: 0, index: Vec::new() });
                Ok(None)
            }
        }
    }

    /// What was read so far, with the versions, in the order of keys.
    pub(crate) fn all_read(&self) -> Vec<(Key, u64)> {
        let mut all: Vec<_> = self.reads.iter().collect();
        all.sort_unstable_by_key(|(path, _)| *path);
        all.into_iter().map(|(_, read)| (read.key.clone(), read.version)).collect()
    }
    fn remember(&mut self, key: &Key, version: u64, index: Vec<IndexKey>) {
        self.reads.entry(key.path()).or_insert_with(|| Read { key: key.clone(), version, index });
    }

    /// A page of the caller's `T`s, by a declared index where `by` is given.
    pub async fn page<T: Object>(&mut self, by: Option<(&'static str, String)>) -> Outcome<Page> {
        self.page_where::<T>(by, |_| true).await
    }
    /// As [`Cx::page`], only those that pass a filter.
    pub async fn page_where<T: Object>(
        &mut self,
        by: Option<(&'static str, String)>,
        keep: impl Fn(&Doc) -> bool + Send,
    ) -> Outcome<Page> {
        let key = self.key::<T>("x");
        let query = Query::newest(key.account, key.live, T::NAME, by, 0);
        let paging = self.paging();
        crate::page::load(self, query, paging, T::PATH.to_owned(), T::PLACE, keep).await.map(Reply::Done)
    }
    /// As [`Cx::page_where`], of a list of `/v2` at `path`.
    pub async fn leaf<T: Object>(
        &mut self,
        path: &str,
        by: Option<(&'static str, String)>,
        keep: impl Fn(&Doc) -> bool + Send,
    ) -> Outcome<Leaf> {
        let key = self.key::<T>("x");
        let query = Query::newest(key.account, key.live, T::NAME, by, 0);
        crate::leaf::load(self, query, path, T::PLACE, keep).await.map(Reply::Done)
    }
    /// A page of the caller's `T`s that pass a filter, as a search answers it; by a declared index where `by` is
    /// given.
    pub async fn search<T: Object>(
        &mut self,
        by: Option<(&'static str, String)>,
        asked: Looked<'_>,
        keep: impl Fn(&Doc) -> bool + Send,
    ) -> Outcome<Found> {
        let key = self.key::<T>("x");
        let query = Query::newest(key.account, key.live, T::NAME, by, 0);
        crate::page::search(self, query, asked, keep).await.map(Reply::Done)
    }
    /// Whether the caller wants this member expanded.
    pub fn expands(&self, path: &str) -> bool {
        self.asked.is_some_and(|asked| asked.expand.iter().any(|it| it == path))
    }
    /// As [`Cx::page_where`], of the `P` that the URL names as `id`: the `T`s are listed by the name of what they belong
    /// to, and their list stands below it. Errors: there is no such `P`.
    pub async fn page_beneath<P: Object + Clone, T: Object>(
        &mut self,
        list: &str,
        keep: impl Fn(&Doc) -> bool + Send,
    ) -> Outcome<Page> {
        let id = self.path("id").to_owned();
        if self.peek::<P>(&id).await?.is_none() {
            return Err(ApiError::no_such(P::NAME, &id, "id").into());
        }
        let url = format!("{}/{id}/{list}", P::PATH);
        let reply = self.page_where::<T>(Some((P::NAME, id)), keep).await?;
        let Reply::Done(page) = reply else { return Ok(reply) };
        done(Page { url, ..page })
    }
    /// How many `T`s the caller has with this index value; a snapshot, not in the read set.
    pub async fn count<T: Object>(&self, by: Option<(&'static str, String)>) -> Result<u64, Stop> {
        let key = self.key::<T>("x");
        Ok(self.world.store.count(&Query::newest(key.account, key.live, T::NAME, by, 0)).await?)
    }
    /// Every `T` with this index value, newest first, up to `limit`; a snapshot, not in the read set.
    pub async fn all_by<T: Object>(
        &self,
        account: &str,
        live: bool,
        by: Option<(&'static str, String)>,
        limit: usize,
    ) -> Result<Vec<T>, Stop> {
        let key = T::PLACE.key(T::NAME, account, live, "");
        let account = if T::PLACE == Place::Itself { account.to_owned() } else { key.account };
        let query = Query::newest(account, key.live, T::NAME, by, limit);
        self.world.store.list(&query).await?.iter().map(parse).collect()
    }

    /// The caller's `T`s that this decision has written down so far, in the order of their ids: no list knows of them yet.
    pub fn written<T: Object>(&self) -> Result<Vec<T>, Stop> {
        let like = self.key::<T>("x");
        let same = |key: &Key| key.kind == like.kind && key.account == like.account && key.live == like.live;
        let mut puts: Vec<&Put> = self.unit.puts.iter().filter(|put| same(&put.key)).collect();
        puts.sort_by(|a, b| a.key.id.cmp(&b.key.id));
        let docs = puts.into_iter().filter_map(|put| Some((put, put.body.clone()?)));
        docs.map(|(put, body)| parse(&Doc { key: put.key.clone(), version: 0, body })).collect()
    }
    /// Forgets what was written down and told so far: what was decided is only shown.
    pub fn forget(&mut self) {
        self.unit = Unit::default();
        self.floors.clear();
        self.places.clear();
        self.facts.clear();
        self.plans.clear();
    }

    /// What was decided so far, and by which clock, to come [back to](Cx::back_to) from what is only tried out.
    pub fn mark(&self) -> Mark {
        let decided = (self.unit.clone(), self.floors.clone(), self.places.clone());
        Mark { decided, facts: self.facts.clone(), plans: self.plans.clone(), clock: self.on_clock.clone() }
    }
    /// Forgets what was written down and told since; what was read is remembered.
    pub fn back_to(&mut self, mark: Mark) {
        (self.unit, self.floors, self.places) = mark.decided;
        (self.facts, self.plans, self.on_clock) = (mark.facts, mark.plans, mark.clock);
    }

    /// Writes down a `T` of the caller.
    pub fn put<T: Object>(&mut self, it: &T) {
        self.put_at(self.key::<T>(it.id()), it);
    }
    /// Writes down a `T` of another account: the door that review looks at.
    pub fn put_of<T: Object>(&mut self, account: &str, live: bool, it: &T) {
        self.put_at(T::PLACE.key(T::NAME, account, live, it.id()), it);
    }
    fn put_at<T: Object>(&mut self, key: Key, it: &T) {
        let path = key.path();
        let body = Bytes::from(wire::to_stored(it));
        let wanted = it.indexes();
        let read = self.reads.get(&path);
        let (expect, had) = read.map_or((0, Vec::new()), |read| (read.version, read.index.clone()));
        let index = wanted.iter().filter(|i| !had.contains(i)).cloned().collect();
        let stale = had.into_iter().filter(|i| !wanted.contains(i)).collect();
        self.write(path, Put { key, expect, body: Some(body), index, stale, expires: it.expires() });
    }
    /// Writes it down in the place of what was written under its path before.
    fn write(&mut self, path: String, put: Put) {
        match self.places.get(&path).and_then(|at| self.unit.puts.get_mut(*at)) {
            Some(place) => *place = put,
            None => {
                self.places.insert(path, self.unit.puts.len());
                self.unit.puts.push(put);
            }
        }
    }
    fn written_at(&self, path: &str) -> Option<&Put> {
        self.places.get(path).and_then(|at| self.unit.puts.get(*at))
    }
    /// Deletes a `T` of the caller that was read before.
    pub fn delete<T: Object>(&mut self, it: &T) {
        self.delete_at(self.key::<T>(it.id()));
    }
    /// Deletes a `T` of another account that was read before.
    pub fn delete_of<T: Object>(&mut self, account: &str, live: bool, it: &T) {
        self.delete_at(T::PLACE.key(T::NAME, account, live, it.id()));
    }
    fn delete_at(&mut self, key: Key) {
        let path = key.path();
        let read = self.reads.get(&path);
        let (expect, stale) = read.map_or((0, Vec::new()), |read| (read.version, read.index.clone()));
        self.write(path, Put { key, expect, body: None, index: Vec::new(), stale, expires: None });
    }

    /// Moves a counter of an account without reading it. `floor`: refused where it would end below.
    pub fn add(&mut self, account: &str, live: bool, counter: &str, by: i64, floor: Option<i64>) {
        let counter = Key::space(account, live, "counter") + counter;
        self.unit.adds.push(Add { counter, by, floor });
    }
    /// Refuses the unit where it leaves a counter of an account below `floor`, whatever else moves it there.
    pub fn floor(&mut self, account: &str, live: bool, counter: &str, floor: i64) {
        self.floors.push((Key::space(account, live, "counter") + counter, floor));
    }
    /// Whether the last attempt at this decision was refused because a counter would have fallen below its floor:
    /// time to look whether there is really not enough, and to say so.
    pub fn fell_short(&self) -> bool {
        self.steps.fell_short
    }
    /// The counters of an account whose name starts so, without the account in front.
    pub async fn counters_of(
        &self,
        account: &str,
        live: bool,
        prefix: &str,
    ) -> Result<Vec<(String, i64)>, Stop> {
        let space = Key::space(account, live, "counter");
        let found = self.world.store.counters(&format!("{space}{prefix}")).await?;
        Ok(found.into_iter().map(|(name, value)| (name[space.len()..].to_owned(), value)).collect())
    }

    /// Writes down work to be done at `at_ms`.
    pub fn later(&mut self, queue: &'static str, at_ms: i64, id: impl Into<String>, body: Vec<u8>) {
        self.unit.due.push(Due { key: DueKey { queue, at_ms, id: id.into() }, body: Bytes::from(body) });
    }
    /// Writes down that work is done.
    pub fn finished(&mut self, key: DueKey) {
        self.unit.done.push(key);
    }

    /// Tells that something happened to a `T` of the caller.
    pub fn emit<T: Object>(&mut self, kind: &'static str, it: &T) {
        let (account, live) = (self.caller.account.clone(), self.caller.livemode);
        self.emit_of(&account, live, kind, it);
    }
    /// Tells that something happened to a `T` of another account.
    pub fn emit_of<T: Object>(&mut self, account: &str, live: bool, kind: &'static str, it: &T) {
        let object = self.public_of(account, live, it);
        self.fact(Fact { account: account.to_owned(), live, kind, object, previous: None, only: None });
    }
    /// Tells that a `T` of the caller changed; says nothing where nothing visible did.
    pub fn emit_update<T: Object>(&mut self, kind: &'static str, before: &T, after: &T) {
        let (account, live) = (self.caller.account.clone(), self.caller.livemode);
        self.emit_update_of(&account, live, kind, before, after);
    }
    /// As [`Cx::emit_update`], of another account.
    pub fn emit_update_of<T: Object>(
        &mut self,
        account: &str,
        live: bool,
        kind: &'static str,
        before: &T,
        after: &T,
    ) {
        let object = self.public_of(account, live, after);
        let mut old = Vec::new();
        wire::write_struct(before, &mut old);
        if let Some(previous) = diff::previous_attributes(&old, &object) {
            let previous = Some(previous);
            self.fact(Fact { account: account.to_owned(), live, kind, object, previous, only: None });
        }
    }
    /// Tells a fact as it is.
    pub fn fact(&mut self, fact: Fact) {
        self.facts.push(fact);
    }
    fn public_of<T: Object>(&self, account: &str, live: bool, it: &T) -> Bytes {
        let path = T::PLACE.key(T::NAME, account, live, it.id()).path();
        // Usually the object was just written down, and its bytes serve the event, too.
        if let Some(body) = self.written_at(&path).and_then(|put| put.body.as_ref()) {
            let end = body.iter().position(|b| *b == b'\n').unwrap_or(body.len());
            return body.slice(..end);
        }
        let mut out = Vec::new();
        wire::write_struct(it, &mut out);
        Bytes::from(out)
    }

    /// The key of a step outside.
    fn ask_key(&self, step: &str) -> String {
        let Caller { account, livemode, request, idempotency_key, .. } = self.caller;
        // The caller's own retry must meet the same ask, so its idempotency key names the ask where there is one.
        let name = match idempotency_key {
            Some(key) => self.world.vault.fingerprint(&format!("ask {account} {livemode}"), key),
            None => request.clone(),
        };
        format!("{name}.{step}")
    }
    /// Whether the outside was asked for a step already, by this decision or by one that did not come to its end: what
    /// it asked for may have happened, so a decision must not take another way any more.
    pub async fn asked(&self, step: &'static str) -> Result<bool, Stop> {
        if self.steps.known.contains_key(step) {
            return Ok(true);
        }
        let live = self.caller.livemode;
        if self.world.acquirer(live).patience().is_none() {
            return Ok(false);
        }
        let key = Key::new(&self.caller.account, live, Ask::NAME, self.ask_key(step));
        Ok(self.world.store.get(&key).await?.is_some())
    }

    /// A step outside, asked under one key and once per request, however often the handler is run again: `ask`
    /// gets the key under which the outside must answer the same. Where asking has effects outside of this process,
    /// it is written down before.
    ///
    /// An ask that fails with a [`Fault`] that is [unavailable](Fault::is_unavailable) must not have been sent; with an
    /// [`ApiError`], nothing must have moved by it.
    pub async fn outside<T, F>(
        &mut self,
        step: &'static str,
        ask: impl FnOnce(String) -> F,
    ) -> Result<T, Stop>
    where
        T: Clone + Send + Sync + 'static,
        F: Future<Output = Result<T, Stop>>,
    {
        let key = self.ask_key(step);
        let patience = self.world.acquirer(self.caller.livemode).patience();
        if let Some(patience) = patience {
            self.write_down(&key, step, patience).await?;
        }
        if let Some(known) = self.steps.known.get(step).and_then(|it| it.downcast_ref::<T>()) {
            return Ok(known.clone());
        }
        let span = trace::beneath(
            || tracing::info_span!(target: trace::TARGET, "outside", otel.kind = "client", otel.name = step),
        );
        let answer = ask(key.clone()).instrument(span).await;
        if patience.is_some() {
            self.heard(&key, &answer).await;
        }
        let answer = answer?;
        self.steps.known.insert(step, Box::new(answer.clone()));
        Ok(answer)
    }
}

/// An id that cannot be one, whatever the caller meant by it: it must not become part of a key.
fn is_no_id(id: &str) -> bool {
    id.is_empty() || id.len() > 255 || id.bytes().any(|b| b == b'/' || b < 0x20)
}

/// Reads a stored object.
pub(crate) fn parse<T: Object>(doc: &Doc) -> Result<T, Stop> {
    wire::from_json(&doc.body)
        .map_err(|bad| Stop::Fault(Fault::broken(format!("{} is not readable: {bad:?}", doc.key.path()))))
}
