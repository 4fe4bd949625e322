//! Faults on demand, for `dev`: what stands in the way of requests on purpose, by rules, so that a program can be tried
//! against what networks, banks and busy servers do.
//!
//! Rules are kept in memory, apart from the data: a snapshot, a reset or a restart knows nothing of them. Chance has a
//! source of its own, so that ids repeat from a seed whatever the rules say.
mod hostile;
mod rule;

pub use rule::{Fault, Rate, Rule, When};

use crate::{Cx, asks::Asked};
use base::{Caller, Entropy};
use rule::Met;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Rules at once; each request looks at all of them.
const RULES_MAX: usize = 100;

/// The rules of one world.
pub struct Faults {
    chance: Arc<dyn Entropy>,
    /// Whether a world begins with the hostile rules.
    hostile: bool,
    rules: Mutex<Rules>,
}

#[derive(Default)]
struct Rules {
    /// How many were ever made.
    made: u64,
    all: Vec<Rule>,
}

/// What stands in the way of one request.
#[derive(Debug, Default, PartialEq)]
pub struct Trouble {
    /// How much longer it takes.
    pub delay: Duration,
    /// What else becomes of it.
    pub strike: Option<Strike>,
}

/// What becomes of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Strike {
    /// The rule that says so.
    pub rule: String,
    /// What goes wrong.
    pub fault: Fault,
    /// What `Stripe-Should-Retry` says, where it is not what follows from the error.
    pub should_retry: Option<bool>,
}

impl Strike {
    /// Whether the request is carried out before it goes wrong.
    pub fn comes_after(&self) -> bool {
        matches!(self.fault, Fault::Error(_, When::After) | Fault::Dropped(When::After))
    }
}

impl Faults {
    /// No rules, or where the server is `hostile` those of [`Faults::harass`], with this chance.
    pub fn new(chance: Arc<dyn Entropy>, hostile: bool) -> Self {
        let faults = Faults { chance, hostile, rules: Mutex::default() };
        if hostile {
            faults.harass();
        }
        faults
    }
    /// For another world, with a chance of its own where it repeats.
    pub fn beside(&self, chance: Option<Arc<dyn Entropy>>) -> Self {
        Faults::new(chance.unwrap_or_else(|| self.chance.clone()), self.hostile)
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Adds a rule and names it. `None`: there are too many.
    pub fn add(&self, rule: Rule) -> Option<Rule> {
        let mut rules = self.rules();
        if rules.all.len() >= RULES_MAX {
            return None;
        }
        rules.made += 1;
        let rule = Rule { id: format!("fault_{}", rules.made), ..rule };
        rules.all.push(rule.clone());
        Some(rule)
    }
    /// Adds rules that do a little of everything.
    pub fn harass(&self) -> Vec<Rule> {
        hostile::rules().into_iter().filter_map(|rule| self.add(rule)).collect()
    }
    /// The rules, in the order in which they are asked.
    pub fn all(&self) -> Vec<Rule> {
        self.rules().all.clone()
    }
    /// Takes a rule away; `None`: there is no such rule.
    pub fn remove(&self, id: &str) -> Option<Rule> {
        let mut rules = self.rules();
        let at = rules.all.iter().position(|rule| rule.id == id)?;
        Some(rules.all.remove(at))
    }
    /// Takes all rules away; returns how many there were.
    pub fn clear(&self) -> usize {
        std::mem::take(&mut self.rules().all).len()
    }

    /// A number below a million.
    fn below_a_million(&self) -> u32 {
        let mut bytes = [0; 8];
        self.chance.fill(&mut bytes);
        (u64::from_le_bytes(bytes) % u64::from(Rate::ALWAYS.0)) as u32
    }
    /// Whether a rule that fits is carried out this time.
    fn hits(&self, rule: &mut Rule) -> bool {
        if rule.left == Some(0) || (rule.rate < Rate::ALWAYS && self.below_a_million() >= rule.rate.0) {
            return false;
        }
        rule.left = rule.left.map(|left| left - 1);
        rule.met += 1;
        true
    }

    /// What stands in the way of a request: all delays, and the first of the rest.
    pub(crate) fn meet(&self, met: &Met<'_>) -> Trouble {
        let mut trouble = Trouble::default();
        let mut rules = self.rules();
        for rule in rules.all.iter_mut().filter(|rule| rule.fits(met)) {
            let delays = matches!(rule.fault, Fault::Latency(_));
            if matches!(rule.fault, Fault::Decline(_)) || (!delays && trouble.strike.is_some()) {
                continue;
            }
            if !self.hits(rule) {
                continue;
            }
            match rule.fault {
                Fault::Latency(delay) => trouble.delay += delay,
                _ => {
                    let Rule { id, fault, should_retry, .. } = rule.clone();
                    trouble.strike = Some(Strike { rule: id, fault, should_retry });
                }
            }
        }
        trouble
    }
    /// What stands in the way of a request that is none of the API, such as one for an access token.
    pub fn at(&self, method: &str, path: &str) -> Trouble {
        self.meet(&Met { method, route: path, path, caller: None })
    }
    fn decline(&self, met: &Met<'_>) -> Option<acquirer::Decline> {
        let mut rules = self.rules();
        for rule in rules.all.iter_mut().filter(|rule| rule.fits(met)) {
            if let Fault::Decline(decline) = rule.fault
                && self.hits(rule)
            {
                return Some(decline);
            }
        }
        None
    }
}

/// The bank that is made to decline.
#[derive(Clone, Copy)]
pub struct Bank<'r> {
    faults: Option<&'r Faults>,
    asked: Option<&'r Asked<'r>>,
    caller: &'r Caller,
}

impl Bank<'_> {
    /// What the card network of test mode says on purpose, whatever card is charged. To be asked where the network would be:
    /// within [`Cx::outside`], so that deciding again meets the same answer.
    pub fn declines(self) -> Option<acquirer::Decline> {
        let faults = self.faults?;
        let (method, route, path) = match self.asked {
            Some(asked) => (asked.endpoint.method, asked.endpoint.path, asked.path()),
            // What the program does by itself, such as collecting an invoice, has no route.
            None => ("", "", String::new()),
        };
        faults.decline(&met(method, route, &path, self.caller))
    }
}

impl<'r> Cx<'r> {
    /// The bank that may decline on purpose.
    pub fn bank(&self) -> Bank<'r> {
        let faults = self.world.faults.as_deref().filter(|_| !self.caller.livemode);
        Bank { faults, asked: self.asked, caller: self.caller }
    }
}

/// What is known of a request when it is asked what stands in its way.
pub(crate) fn met<'m>(method: &'m str, route: &'m str, path: &'m str, caller: &'m Caller) -> Met<'m> {
    Met { method, route, path, caller: Some(caller) }
}

#[cfg(test)]
mod tests;
