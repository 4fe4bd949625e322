//! Asks that have effects outside of this process, written down before they are sent.
//!
//! An [`Ask`] is committed by itself, with work that becomes due when its time is over; the commit of the decision
//! that it was made for deletes both. So one that is still there was sent, perhaps, and led to nothing here, perhaps
//! because the process died: its request is then decided again ([`Api::recover`](crate::Api::recover)), asks under the
//! same key and meets the same answer. Where the decision ends without it, the acquirer is told to abandon it.
//!
//! The version of the document says who holds it: whoever takes it over writes it again, and the commit of whoever held
//! it before meets a conflict.
mod recover;
mod request;

pub(crate) use request::Asked;

use crate::{Cx, Object, Stop, World, cx::parse, sealed_text, secrets::Sealed};
use base::{ApiError, ErrorType, Named, Timestamp};
use std::time::Duration;
use store::{Bytes, Commit, Due, DueKey, Fault, Key, Put, Unit};
use vault::Kind;
use wire::{Hidden, Optional, Wire};

/// The queue of asks whose time is over.
pub const QUEUE: &str = "ask";
/// How much longer than an ask may take its request is left alone, in milliseconds.
const MARGIN_MS: i64 = 30_000;
/// How often it is tried to write an ask down while others write it, too.
const ATTEMPTS_MAX: usize = 8;
/// The sort of secret that the pieces of a request are.
const REQUEST: Kind = Kind::Other("request");

/// Where an ask stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Stage {
    /// It may have been sent. Whoever wrote it down is at work, or has died.
    Asked,
    /// Its request ended without it; the acquirer has yet to be told to abandon it.
    Leaving,
    /// It was abandoned, and nothing moves by it.
    Abandoned,
    /// It moved what cannot be called back and what the books do not show: a person has to look.
    Moved,
}

/// An ask that was written down. Its id is the key that the acquirer knows it by.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Ask {
    /// The name of the request, a dot and the step.
    pub id: String,
    /// `ask`.
    pub object: String,
    /// What is asked for, such as `authorize`.
    pub step: String,
    /// Where it stands.
    pub stage: Stage,
    /// When it was first written down.
    pub created: Timestamp,
    /// How often its request was decided again.
    pub tries: i64,
    /// When the time of whoever holds it is over, in milliseconds since the epoch.
    pub until_ms: i64,
    /// The digest of the request, where that has an idempotency key.
    pub fingerprint: Option<String>,
    /// The request, sealed in pieces; empty where the program itself asks.
    pub request: Hidden<Vec<String>>,
    /// When it may be forgotten, once it was abandoned.
    pub expires: Hidden<Optional<Timestamp>>,
}

impl Named for Ask {
    const NAME: &'static str = "ask";
    const PREFIX: &'static str = "ask";
}
impl Object for Ask {
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        sealed_text::secrets(REQUEST, &self.id, &mut self.request.0)
    }
    fn expires(&self) -> Option<i64> {
        self.expires.0.0.map(|at| at.0)
    }
}

/// The body of due work: whose time may be over.
#[derive(Debug, Clone, PartialEq, Eq, Wire)]
pub struct Slip {
    /// Whose.
    pub account: String,
    /// Live or test.
    pub livemode: bool,
    /// Which ask.
    pub ask: String,
    /// [`Ask::until_ms`] as it was then: another one has work of its own.
    pub until_ms: i64,
}

impl Slip {
    /// The name of the work.
    pub fn id(&self) -> String {
        let mode = if self.livemode { "l" } else { "t" };
        format!("{}/{mode}/{}", self.account, self.ask)
    }
    fn due(&self) -> Due {
        let key = DueKey { queue: QUEUE, at_ms: self.until_ms, id: self.id() };
        Due { key, body: Bytes::from(wire::to_json(self)) }
    }
    fn key(&self) -> Key {
        Key::new(&self.account, self.livemode, Ask::NAME, &self.ask)
    }
}

/// An ask that this process holds.
pub(crate) struct Open {
    ask: Ask,
    slip: Slip,
    version: u64,
    /// Nobody held it before, so that it was not sent before.
    fresh: bool,
    /// The decision has come to it in this attempt.
    pub(crate) reached: bool,
    /// The acquirer said that nothing moves by it.
    idle: bool,
}

impl Open {
    /// An ask with another time, as it is written down by its holder over this version (0: there is none).
    fn hold(mut ask: Ask, account: &str, livemode: bool, until_ms: i64, version: u64) -> (Self, Unit) {
        ask.until_ms = until_ms;
        let slip = Slip { account: account.to_owned(), livemode, ask: ask.id.clone(), until_ms };
        let unit = Unit {
            puts: vec![put(slip.key(), version, Some(&ask))],
            due: vec![slip.due()],
            ..Unit::default()
        };
        let fresh = version == 0;
        (Open { ask, slip, version: version + 1, fresh, reached: false, idle: false }, unit)
    }
    /// Ends it: the work that waits for its time is done, and it is replaced.
    fn replaced(&self, by: Option<&Ask>, unit: &mut Unit) {
        unit.done.push(self.slip.due().key);
        unit.puts.push(put(self.slip.key(), self.version, by));
    }
    /// Whether nobody took it over.
    async fn is_ours(&self, world: &World) -> Result<bool, Fault> {
        Ok(world.store.get(&self.slip.key()).await?.is_some_and(|doc| doc.version == self.version))
    }
}

fn put(key: Key, expect: u64, ask: Option<&Ask>) -> Put {
    let body = ask.map(|ask| Bytes::from(wire::to_stored(ask)));
    let expires = ask.and_then(Object::expires);
    Put { key, expect, body, index: Vec::new(), stale: Vec::new(), expires }
}

impl Cx<'_> {
    /// Writes an ask down before it is sent, or takes over one that somebody else held.
    pub(crate) async fn write_down(
        &mut self,
        key: &str,
        step: &'static str,
        patience: Duration,
    ) -> Result<(), Stop> {
        if let Some(open) = self.steps.open.iter_mut().find(|open| open.ask.id == key) {
            open.reached = true;
            return Ok(());
        }
        if self.caller.request.is_empty() {
            // Without a name the next ask would meet its answer.
            return Err(crate::fault(format!("the step {step} is asked by nobody in particular")));
        }
        let claim = self.asked.and_then(|asked| asked.claim.as_ref());
        let fingerprint = claim.map(|claim| claim.fingerprint.clone());
        let world = self.world;
        for _ in 0..ATTEMPTS_MAX {
            let (ask, version) = match world.store.get(&self.key::<Ask>(key)).await? {
                Some(doc) => {
                    let ask: Ask = parse(&doc)?;
                    if let Some(claim) = claim.filter(|_| ask.fingerprint != fingerprint) {
                        return Err(claim.another_request().into());
                    }
                    match ask.stage {
                        Stage::Asked => (ask, doc.version),
                        Stage::Leaving | Stage::Abandoned => return Err(given_up().into()),
                        Stage::Moved => return Err(moved().into()),
                    }
                }
                None => {
                    let request = match self.asked {
                        Some(asked) => asked.seal(world, self.caller, key)?,
                        None => Vec::new(),
                    };
                    let ask = Ask {
                        id: key.to_owned(),
                        object: Ask::NAME.into(),
                        step: step.into(),
                        stage: Stage::Asked,
                        created: world.clock.now(),
                        tries: 0,
                        until_ms: 0,
                        fingerprint: fingerprint.clone(),
                        request: Hidden(request),
                        expires: Hidden(Optional(None)),
                    };
                    (ask, 0)
                }
            };
            let until_ms = world.clock.now_ms() + patience.as_millis() as i64 + MARGIN_MS;
            let (account, live) = (&self.caller.account, self.caller.livemode);
            let (open, mut unit) = Open::hold(ask, account, live, until_ms, version);
            // Another run of the same may have ended by now. Its ask is gone, and one that is written down after that would be
            // abandoned under the very name that its outcome stands on: so what this run has read must still hold.
            let read = self.all_read();
            unit.checks.extend(read.iter().cloned());
            if world.commit(unit).await? == Commit::Done {
                self.steps.open.push(Open { reached: true, ..open });
                return Ok(());
            }
            for (key, version) in read {
                if world.store.get(&key).await?.map_or(0, |doc| doc.version) != version {
                    return Err(Stop::Again);
                }
            }
        }
        Err(Fault::unavailable(format!("the ask {key} is written down by others all the time")).into())
    }

    /// Takes note of how an ask ended. What was never sent is forgotten at once; what may have been is kept.
    pub(crate) async fn heard<T>(&mut self, key: &str, answer: &Result<T, Stop>) {
        let Some(at) = self.steps.open.iter().position(|open| open.ask.id == key) else { return };
        match answer {
            Ok(_) | Err(Stop::Again) => {}
            // A key that is spent tells nothing of what moved by it before.
            Err(Stop::Api(error)) => self.steps.open[at].idle = error.kind != ErrorType::Idempotency,
            Err(Stop::Fault(fault)) if fault.is_unavailable() && self.steps.open[at].fresh => {
                let open = self.steps.open.remove(at);
                let mut unit = Unit::default();
                open.replaced(None, &mut unit);
                if let Err(fault) = self.world.commit(unit).await {
                    tracing::warn!(ask = key, %fault, "an ask that was not sent stays written down for a while");
                }
            }
            Err(Stop::Fault(_)) => {}
        }
    }

    /// Says in the unit what becomes of the asks that were made for it: those that a decision came to and kept are
    /// done; the others shall be abandoned.
    pub(crate) fn settle(&mut self, kept: bool) {
        let now_ms = self.world.clock.now_ms();
        for open in &self.steps.open {
            if open.idle || (kept && open.reached) {
                open.replaced(None, &mut self.unit);
                continue;
            }
            let slip = Slip { until_ms: now_ms, ..open.slip.clone() };
            let ask = Ask { stage: Stage::Leaving, until_ms: now_ms, ..open.ask.clone() };
            open.replaced(Some(&ask), &mut self.unit);
            self.unit.due.push(slip.due());
        }
    }

    /// Whether somebody else took over an ask of this request.
    pub(crate) async fn is_fenced(&self) -> Result<bool, Fault> {
        for open in &self.steps.open {
            if !open.is_ours(self.world).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What a caller hears who repeats a request whose ask was given up.
pub fn given_up() -> ApiError {
    let message = "The first run of this request was given up before its outcome was known, and moved nothing. Send it again with another idempotency key.";
    ApiError { kind: ErrorType::Idempotency, ..ApiError::invalid(409, message) }
}

/// What a caller hears who repeats a request that moved money without the books.
fn moved() -> ApiError {
    let message = "The first run of this request moved money that could not be written down; a person has to look into it. Do not send it again.";
    ApiError { kind: ErrorType::Idempotency, ..ApiError::invalid(409, message) }
}
