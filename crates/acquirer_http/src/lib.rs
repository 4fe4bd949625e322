//! An acquirer that is reached over HTTP, by the protocol in `docs/acquirer-protocol.md`: signed JSON in both
//! directions, and every ask may be sent again.
mod channel;
pub mod conformance;
mod sign;
mod words;

pub use channel::{Channel, Lost, Reply};

use acquirer::{
    Abandoned, Acquirer, Answer, Authorization, Fault, Movement, NoAcquirer, RefundAnswer, simulator,
};
use base::Fut;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};
use words::{Abandonment, AbandonmentAnswer, Authorize, AuthorizeAnswer, MoveAnswer, Moving, Refunded};

/// The first pause before an ask is sent again; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// How often an ask is sent at least, where the service does not answer.
const TRIES: u32 = 3;

/// An acquirer behind HTTP.
pub struct Http {
    channel: Channel,
    patience: Duration,
}

impl Http {
    /// An acquirer at the other end of a channel, given up after `patience` for one ask, repetitions included.
    pub fn new(channel: Channel, patience: Duration) -> Self {
        Http { channel, patience }
    }

    /// Asks until there is an answer, and reads it.
    async fn ask<T: wire::Shaped>(&self, path: &str, body: Vec<u8>) -> Result<T, Fault> {
        let reply = self.repeat(path, body).await?;
        match reply.status {
            200 if reply.signed => wire::from_json(&reply.body)
                .map_err(|bad| Fault::Protocol(format!("{path}: the answer cannot be read: {bad:?}"))),
            200 => Err(Fault::Protocol(format!("{path}: the answer is not signed with the shared secret"))),
            409 if reply.signed => Err(Fault::Spent),
            status => Err(Fault::Protocol(format!("{path}: {status} {}", reply.shown()))),
        }
    }

    /// Sends an ask, again where its answer was lost, while there is time.
    async fn repeat(&self, path: &str, body: Vec<u8>) -> Result<Reply, Fault> {
        let end = Instant::now() + self.patience;
        let (mut pause, mut sent) = (PAUSE, false);
        loop {
            // One that hangs must leave time for another.
            let until = end.min(Instant::now() + self.patience / TRIES);
            let why = match timeout_at(until, self.channel.post(path, &body)).await {
                Ok(Ok(reply)) if !reply.is_for_later() => return Ok(reply),
                Ok(Ok(reply)) => {
                    sent = true;
                    format!("{} {}", reply.status, reply.shown())
                }
                Ok(Err(lost)) => {
                    sent |= lost.sent;
                    lost.why
                }
                Err(_) => {
                    sent = true;
                    "no answer came in time".to_owned()
                }
            };
            if Instant::now() + pause >= end {
                return Err(if sent { Fault::Unanswered(why) } else { Fault::Unsent(why) });
            }
            tracing::debug!(path, why, "the acquirer is asked again");
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn movement(&self, path: &str, ask: Movement<'_>) -> Result<(), Fault> {
        let answer: MoveAnswer = self.ask(path, wire::to_json(&Moving::of(&ask))).await?;
        answer.into_result()
    }
}

impl Acquirer for Http {
    fn authorize<'a>(&'a self, ask: Authorization<'a>) -> Fut<'a, Result<Answer, Fault>> {
        if ask.livemode && simulator::find(ask.card.number).is_some() {
            // What is known to be no real card is declined without troubling anybody.
            return NoAcquirer.authorize(ask);
        }
        Box::pin(async move {
            let answer: AuthorizeAnswer =
                self.ask("authorizations", wire::to_json(&Authorize::of(&ask))).await?;
            answer.into_answer()
        })
    }
    fn capture<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        Box::pin(self.movement("captures", ask))
    }
    fn void<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<(), Fault>> {
        Box::pin(self.movement("voids", ask))
    }
    fn refund<'a>(&'a self, ask: Movement<'a>) -> Fut<'a, Result<RefundAnswer, Fault>> {
        Box::pin(async move {
            let answer: Refunded = self.ask("refunds", wire::to_json(&Moving::of(&ask))).await?;
            answer.into_answer()
        })
    }
    fn abandon<'a>(&'a self, key: &'a str, livemode: bool) -> Fut<'a, Result<Abandoned, Fault>> {
        Box::pin(async move {
            let ask = Abandonment { key: key.to_owned(), livemode };
            let answer: AbandonmentAnswer = self.ask("abandonments", wire::to_json(&ask)).await?;
            Ok(answer.into_abandoned())
        })
    }
    fn patience(&self) -> Option<Duration> {
        Some(self.patience)
    }
}
