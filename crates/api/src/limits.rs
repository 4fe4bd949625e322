//! How often a caller may ask: so many requests in each second of the clock, counted by the account whose key was shown
//! and by its mode.
//!
//! Where several nodes share a store, the store holds what all of them have taken of the present second. A node takes a
//! tenth of the limit at a time, the first of it without asking, and lets requests go on while it asks: who asks seldom
//! costs no commit, and nobody waits twice. So a caller that spreads its requests over `n` nodes may get up to `n` tenths
//! more than the limit, and gets what the limit says wherever it asks.
use crate::{Api, Object, Reply, Stop, done};
use base::{Caller, Named, Via};
use metrics::counter;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use wire::Wire;

/// A portion is this part of the limit.
const PORTIONS: i64 = 10;
/// How long what was taken is of interest, in seconds; longer than clocks of nodes differ.
const KEPT: i64 = 60;

/// Limits of callers.
pub struct Limits {
    per_second: i64,
    shared: bool,
    present: Mutex<Second>,
}

/// What this node has given out in one second.
#[derive(Default)]
struct Second {
    at: i64,
    callers: HashMap<Who, Budget>,
}

/// Who is counted: an account, its mode, and whether browsers ask with its publishable key.
type Who = (String, bool, bool);

#[derive(Default)]
struct Budget {
    used: i64,
    /// What the store knows that this node has taken.
    taken: i64,
    /// What the store is being asked for. Requests go on meanwhile as if it were granted.
    asked: i64,
    /// Everybody together has used the second up.
    exhausted: bool,
}

/// What all nodes have taken for a caller in one second.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Taken {
    /// `secret` or `publishable`.
    id: String,
    /// `rate_limit`.
    object: String,
    /// The second, Unix time.
    at: i64,
    /// How many requests.
    taken: i64,
}

impl Named for Taken {
    const NAME: &'static str = "rate_limit";
    const PREFIX: &'static str = "rl";
}
impl Object for Taken {
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.at + KEPT)
    }
}

/// What a node decides by itself.
enum Verdict {
    Admitted,
    Refused,
    /// Another portion is needed, of so many requests, the one at hand among them.
    Ask(i64),
}

impl Limits {
    /// The same limits for another world.
    pub(crate) fn anew(&self) -> Self {
        Limits { per_second: self.per_second, shared: self.shared, present: Mutex::default() }
    }
    /// So many requests a second for each caller. `shared`: other nodes work on the same store.
    pub fn new(per_second: u32, shared: bool) -> Self {
        Limits { per_second: i64::from(per_second), shared, present: Mutex::default() }
    }

    /// Whether the caller may go on; what it asks for counts if so.
    pub(crate) async fn admit(&self, api: &Api, caller: &Caller) -> bool {
        // Who acts is counted, not for whom it acts: a busy merchant of a platform takes from the platform.
        let account = caller.platform.as_ref().unwrap_or(&caller.account).clone();
        let who = (account, caller.livemode, caller.via == Via::PublishableKey);
        let at = api.world.wall.now().0;
        let admitted = match self.decide(&who, at) {
            Verdict::Admitted => true,
            Verdict::Refused => false,
            Verdict::Ask(wanted) => self.ask(api, who, at, wanted).await,
        };
        if !admitted {
            let mode = if caller.livemode { "live" } else { "test" };
            counter!("tollbridge_rate_limited_total", "mode" => mode).increment(1);
        }
        admitted
    }

    fn present(&self) -> MutexGuard<'_, Second> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every node may give out on its own, and takes at once.
    fn portion(&self) -> i64 {
        (self.per_second / PORTIONS).max(1)
    }

    fn allowed(&self, budget: &Budget) -> i64 {
        if self.shared { self.portion().max(budget.taken + budget.asked) } else { self.per_second }
    }

    fn decide(&self, who: &Who, at: i64) -> Verdict {
        let mut present = self.present();
        if present.at != at {
            // Nobody's past counts, so memory holds only who asks in one second.
            *present = Second { at, callers: HashMap::new() };
        }
        if !present.callers.contains_key(who) {
            present.callers.insert(who.clone(), Budget::default());
        }
        let Some(budget) = present.callers.get_mut(who) else { return Verdict::Admitted };
        if budget.used < self.allowed(budget) {
            budget.used += 1;
            return Verdict::Admitted;
        }
        if !self.shared || budget.exhausted {
            return Verdict::Refused;
        }
        // What was given out without asking is declared with the first portion.
        let wanted = budget.used + self.portion() - budget.taken - budget.asked;
        budget.asked += wanted;
        budget.used += 1;
        Verdict::Ask(wanted)
    }

    /// Takes from what all nodes share. Where the store fails the caller may go on: the request itself will say what is
    /// wrong.
    async fn ask(&self, api: &Api, who: Who, at: i64, wanted: i64) -> bool {
        let (account, livemode, publishable) = &who;
        let id = if *publishable { "publishable" } else { "secret" };
        let most = self.per_second;
        let caller = Caller::system(account.as_str(), *livemode);
        let took = api.transact(&caller, move |cx| {
            Box::pin(async move {
                let fresh = Taken { id: id.into(), object: Taken::NAME.into(), at, taken: 0 };
                // The clock of another node may be ahead.
                let held = cx.get::<Taken>(id).await?.filter(|held| held.at >= at);
                let mut it = held.unwrap_or(fresh);
                let got = wanted.min(most - it.taken).max(0);
                it.taken += got;
                cx.put(&it);
                done(got)
            })
        });
        let got = match took.await {
            Ok(Reply::Done(got)) => got,
            Ok(Reply::Refused(_)) | Err(Stop::Api(_) | Stop::Again) => wanted,
            Err(Stop::Fault(fault)) => {
                tracing::warn!(%fault, "rate limits are not shared at this moment: the store failed");
                wanted
            }
        };
        let mut present = self.present();
        let here = present.at == at;
        let Some(budget) = present.callers.get_mut(&who).filter(|_| here) else {
            // The second has passed meanwhile.
            return got > 0;
        };
        budget.asked -= wanted;
        budget.taken += got;
        budget.exhausted |= got < wanted;
        let admitted = budget.used <= self.allowed(budget);
        if !admitted {
            budget.used -= 1;
        }
        admitted
    }
}

#[cfg(test)]
mod tests;
