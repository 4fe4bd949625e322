//! How often a caller may ask: so many reads and so many writes in each second of the clock, fewer where an endpoint is
//! dear, and so many requests at once; counted by the account whose key was shown and by its mode.
//!
//! Where several nodes share a store, the store holds what all of them have taken of the present second. A node takes a
//! tenth of the limit at a time, the first of it without asking, and lets requests go on while it asks: who asks seldom
//! costs no commit, and nobody waits twice. So a caller that spreads its requests over `n` nodes may get up to `n` tenths
//! more than the limit, and gets what the limit says wherever it asks. What is at work at once is counted by each node for
//! itself, since it is the node that it weighs on.
mod rates;

pub use rates::{Rates, Reason};

use crate::{Api, Endpoint, Object, Reply, Stop, done};
use base::{Caller, Named, Via};
use metrics::counter;
use rates::Class;
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
    rates: Rates,
    shared: bool,
    present: Mutex<Second>,
    at_work: Mutex<HashMap<Who, i64>>,
}

/// What this node has given out in one second.
#[derive(Default)]
struct Second {
    at: i64,
    callers: HashMap<Who, Budget>,
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    account: String,
    livemode: bool,
    /// Whether browsers ask with its publishable key: buyers do not wait for the shop's server.
    publishable: bool,
    /// For what.
    class: Class,
}

impl Who {
    /// The name of what is counted in the store.
    fn id(&self) -> String {
        let key = if self.publishable { "publishable" } else { "secret" };
        format!("{key}_{}", self.class.word())
    }
}

/// A request at work.
pub(crate) struct AtWork<'l>(&'l Limits, Vec<Who>);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut at_work = self.0.at_work();
        for who in &self.1 {
            if let Some(running) = at_work.get_mut(who) {
                *running -= 1;
                if *running == 0 {
                    at_work.remove(who);
                }
            }
        }
    }
}

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
    /// `secret` or `publishable`, and what for.
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
        Limits::new(self.rates, self.shared)
    }
    /// These limits for each caller. `shared`: other nodes work on the same store.
    pub fn new(rates: Rates, shared: bool) -> Self {
        Limits { rates, shared, present: Mutex::default(), at_work: Mutex::default() }
    }

    /// Lets a caller in, for as long as what is returned is held; what it asks for counts if so. Errors: why not.
    pub(crate) async fn admit(
        &self,
        api: &Api,
        caller: &Caller,
        endpoint: &Endpoint,
    ) -> Result<AtWork<'_>, Reason> {
        let admitted = self.admit_to(api, caller, Class::of(endpoint.method, endpoint.path)).await;
        if let Err(reason) = &admitted {
            let mode = if caller.livemode { "live" } else { "test" };
            let reason = reason.as_str();
            counter!("tollbridge_rate_limited_total", "mode" => mode, "reason" => reason).increment(1);
        }
        admitted
    }

    async fn admit_to(&self, api: &Api, caller: &Caller, class: Class) -> Result<AtWork<'_>, Reason> {
        // Who acts is counted, not for whom it acts: a busy merchant of a platform takes from the platform.
        let account = caller.platform.as_ref().unwrap_or(&caller.account);
        let who = |class| Who {
            account: account.clone(),
            livemode: caller.livemode,
            publishable: caller.via == Via::PublishableKey,
            class,
        };
        let held = self.begin(&who, class)?;
        let at = api.world.wall.now().0;
        for class in class.counted() {
            let most = self.rates.most(class, caller.livemode);
            let who = who(class);
            let admitted = match self.decide(&who, at, most) {
                Verdict::Admitted => true,
                Verdict::Refused => false,
                Verdict::Ask(wanted) => self.ask(api, who, at, wanted, most).await,
            };
            if !admitted {
                return Err(Reason::rate(class));
            }
        }
        Ok(held)
    }

    fn at_work(&self) -> MutexGuard<'_, HashMap<Who, i64>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Counts a request among those at work.
    fn begin(&self, who: &impl Fn(Class) -> Who, class: Class) -> Result<AtWork<'_>, Reason> {
        let mut held = Vec::with_capacity(2);
        let Some(at_once) = self.rates.at_once else { return Ok(AtWork(self, held)) };
        let mut at_work = self.at_work();
        let mut refused = None;
        for class in class.at_work() {
            let (who, most) = (who(class), self.rates.most_at_once(class, at_once));
            let running = at_work.entry(who.clone()).or_default();
            if *running >= most {
                refused = Some(Reason::at_once(class));
                break;
            }
            *running += 1;
            held.push(who);
        }
        drop(at_work);
        let held = AtWork(self, held);
        refused.map_or(Ok(held), Err)
    }

    fn present(&self) -> MutexGuard<'_, Second> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every node may give out on its own, and takes at once.
    fn portion(most: i64) -> i64 {
        (most / PORTIONS).max(1)
    }

    fn allowed(&self, budget: &Budget, most: i64) -> i64 {
        if self.shared { Self::portion(most).max(budget.taken + budget.asked) } else { most }
    }

    fn decide(&self, who: &Who, at: i64, most: i64) -> Verdict {
        let mut present = self.present();
        if present.at != at {
            // Nobody's past counts, so memory holds only who asks in one second.
            *present = Second { at, callers: HashMap::new() };
        }
        if !present.callers.contains_key(who) {
            present.callers.insert(who.clone(), Budget::default());
        }
        let Some(budget) = present.callers.get_mut(who) else { return Verdict::Admitted };
        if budget.used < self.allowed(budget, most) {
            budget.used += 1;
            return Verdict::Admitted;
        }
        if !self.shared || budget.exhausted {
            return Verdict::Refused;
        }
        // What was given out without asking is declared with the first portion.
        let wanted = budget.used + Self::portion(most) - budget.taken - budget.asked;
        budget.asked += wanted;
        budget.used += 1;
        Verdict::Ask(wanted)
    }

    /// Takes from what all nodes share. Where the store fails the caller may go on: the request itself will say what is
    /// wrong.
    async fn ask(&self, api: &Api, who: Who, at: i64, wanted: i64, most: i64) -> bool {
        let (id, caller) = (&who.id(), Caller::system(who.account.as_str(), who.livemode));
        let took = api.transact(&caller, move |cx| {
            Box::pin(async move {
                let fresh = Taken { id: id.clone(), object: Taken::NAME.into(), at, taken: 0 };
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
        let admitted = budget.used <= self.allowed(budget, most);
        if !admitted {
            budget.used -= 1;
        }
        admitted
    }
}

#[cfg(test)]
mod tests;
