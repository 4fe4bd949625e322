//! Asks whose time is over: their requests are decided again, or the acquirer is told to abandon them.
use super::{Ask, MARGIN_MS, Open, Slip, Stage};
use crate::{
    Api, Stop,
    cx::{Steps, parse},
    respond::Answered,
};
use acquirer::Abandoned;
use base::Timestamp;
use metrics::counter;
use std::time::Duration;
use store::{Commit, Doc, Due, DueKey, Fault, Unit};
use wire::{Hidden, Optional};

/// The step that nothing but a reservation or a charge follows from: after a while it is better let go than
/// finished.
const AUTHORIZE: &str = "authorize";
/// Whoever asked for an authorization this many seconds ago does not expect to be charged any more.
const TOO_LATE: i64 = 3600;
/// How long it is told that an ask was abandoned, in seconds: as long as an answer is remembered.
const TOLD: i64 = Timestamp::DAY;
/// Pauses between attempts, in milliseconds.
const PAUSE_MS: i64 = 15_000;
const PAUSE_MAX_MS: i64 = 3_600_000;

/// How long to wait after so many attempts, in milliseconds.
fn pause_ms(tries: i64) -> i64 {
    (PAUSE_MS << tries.clamp(0, 12)).min(PAUSE_MAX_MS)
}

fn count(outcome: &'static str) {
    counter!("tollbridge_asks_recovered_total", "outcome" => outcome).increment(1);
}

impl Api {
    /// Does due work of [`asks::QUEUE`](super::QUEUE): finds out what became of an ask whose answer was lost. Returns
    /// whether that is known; if not, it is written down when it is tried again. Errors: the store failed.
    pub async fn recover(&self, due: Due) -> Result<bool, Fault> {
        let Ok(slip) = wire::from_json::<Slip>(&due.body) else {
            tracing::error!(work = due.key.id, "a slip of an ask is not readable and was dropped");
            return self.drop_slip(due.key).await;
        };
        let Some(doc) = self.world.store.get(&slip.key()).await? else {
            return self.drop_slip(due.key).await;
        };
        let ask: Ask = parse(&doc).map_err(broken)?;
        if ask.until_ms != slip.until_ms {
            // Somebody took it over, and there is later work for that.
            return self.drop_slip(due.key).await;
        }
        let late = self.world.clock.now().0 - ask.created.0 > TOO_LATE && ask.step == AUTHORIZE;
        match ask.stage {
            Stage::Asked if !ask.request.0.is_empty() && !late => self.ask_again(doc, ask, slip).await,
            Stage::Asked => self.give_up(&doc, ask, slip).await,
            Stage::Leaving => self.abandon(&doc, ask, slip).await,
            Stage::Abandoned | Stage::Moved => self.drop_slip(due.key).await,
        }
    }

    async fn drop_slip(&self, key: DueKey) -> Result<bool, Fault> {
        self.world.commit(Unit { done: vec![key], ..Unit::default() }).await?;
        Ok(true)
    }

    /// Decides the request again as its caller; it asks under the same key and meets the same answer.
    async fn ask_again(&self, doc: Doc, mut ask: Ask, slip: Slip) -> Result<bool, Fault> {
        let Slip { account, livemode, .. } = &slip;
        let Some(patience) = self.world.acquirer(*livemode).patience() else {
            tracing::error!(
                ask = ask.id,
                "an ask whose answer was lost waits for its acquirer, which is not configured"
            );
            return self.put_off(&doc, ask, &slip, Duration::ZERO).await;
        };
        let (caller, asked) = match self.request_of(&ask, account, *livemode) {
            Ok(it) => it,
            Err(stop) => {
                tracing::error!(ask = ask.id, cause = %broken(stop), "an ask whose answer was lost cannot be repeated");
                return self.put_off(&doc, ask, &slip, patience).await;
            }
        };
        let Ok(_held) = asked.claim.as_ref().map(|claim| self.running.hold(claim)).transpose() else {
            // Its caller repeats it right now.
            return self.put_off(&doc, ask, &slip, patience).await;
        };
        ask.tries += 1;
        let until_ms = self.until_ms(&ask, patience);
        let (open, mut unit) = Open::hold(ask.clone(), account, *livemode, until_ms, doc.version);
        unit.done.push(slip.due().key);
        if self.world.commit(unit).await? != Commit::Done {
            return Ok(true);
        }
        let mut answered = Answered::new(&caller.request);
        match self.decide(&caller, &asked, Steps::holding(open), &mut answered).await {
            Ok(()) => {
                count("settled");
                tracing::info!(
                    ask = ask.id,
                    request = caller.request,
                    "an ask whose answer was lost was repeated, and its request is finished"
                );
                Ok(true)
            }
            Err(stop) => {
                count("again");
                tracing::warn!(ask = ask.id, request = caller.request, cause = %broken(stop), "an ask whose answer was lost was repeated in vain; it is tried again");
                Ok(false)
            }
        }
    }

    /// Writes down that an ask is given up: whoever repeats its request at this moment may be about to finish it, and must
    /// not find out only after the acquirer was told. Then it is abandoned.
    async fn give_up(&self, doc: &Doc, mut ask: Ask, slip: Slip) -> Result<bool, Fault> {
        ask.stage = Stage::Leaving;
        let until_ms = self.world.clock.now_ms();
        let (account, live) = (&slip.account, slip.livemode);
        let (open, mut unit) = Open::hold(ask.clone(), account, live, until_ms, doc.version);
        unit.done.push(slip.due().key);
        if self.world.commit(unit).await? != Commit::Done {
            return Ok(true);
        }
        let Some(doc) = self.world.store.get(&open.slip.key()).await? else { return Ok(true) };
        if doc.version != open.version {
            return Ok(true);
        }
        self.abandon(&doc, Ask { until_ms, ..ask }, open.slip).await
    }

    /// Tells the acquirer that nothing shall move by an ask.
    async fn abandon(&self, doc: &Doc, mut ask: Ask, slip: Slip) -> Result<bool, Fault> {
        let mut unit = Unit { done: vec![slip.due().key], ..Unit::default() };
        match self.world.acquirer(slip.livemode).abandon(&ask.id, slip.livemode).await {
            Ok(Abandoned::Nothing) => {
                count("abandoned");
                tracing::info!(ask = ask.id, "an ask that led to nothing was abandoned");
                // Only with an idempotency key could its request come again.
                let told = ask.fingerprint.is_some();
                ask.stage = Stage::Abandoned;
                ask.request = Hidden(Vec::new());
                ask.expires = Hidden(Optional(Some(self.world.clock.now().plus(TOLD))));
                unit.puts.push(super::put(slip.key(), doc.version, told.then_some(&ask)));
                self.world.commit(unit).await?;
                Ok(true)
            }
            Ok(Abandoned::Moved) => {
                count("moved");
                tracing::error!(
                    ask = ask.id,
                    "money has moved at the acquirer by an ask that the books know nothing of; a person has to look"
                );
                ask.stage = Stage::Moved;
                unit.puts.push(super::put(slip.key(), doc.version, Some(&ask)));
                self.world.commit(unit).await?;
                Ok(true)
            }
            Err(fault) => {
                count("again");
                tracing::warn!(ask = ask.id, %fault, "an ask that led to nothing could not be abandoned yet; it is tried again");
                self.put_off(doc, ask, &slip, Duration::ZERO).await
            }
        }
    }

    fn until_ms(&self, ask: &Ask, patience: Duration) -> i64 {
        self.world.clock.now_ms() + patience.as_millis() as i64 + MARGIN_MS + pause_ms(ask.tries)
    }

    /// Leaves an ask for later.
    async fn put_off(&self, doc: &Doc, mut ask: Ask, slip: &Slip, patience: Duration) -> Result<bool, Fault> {
        ask.tries += 1;
        let until_ms = self.until_ms(&ask, patience);
        let (_, mut unit) = Open::hold(ask, &slip.account, slip.livemode, until_ms, doc.version);
        unit.done.push(slip.due().key);
        self.world.commit(unit).await?;
        Ok(false)
    }
}

fn broken(stop: Stop) -> Fault {
    match stop {
        Stop::Fault(fault) => fault,
        Stop::Api(error) => Fault::broken(error.to_string()),
        Stop::Again => Fault::broken("others write what it needs all the time"),
    }
}
