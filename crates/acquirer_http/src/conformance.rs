//! The proof that a service speaks the protocol: what is promised in `docs/acquirer-protocol.md`, asked for in test mode
//! from the outside.
mod checks;

use crate::{Channel, Reply};
use base::{Entropy, Fut};
use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};
use wire::Node;

/// No answer may take longer: an ask is sent again after that.
const SLOWEST: Duration = Duration::from_secs(10);
/// How often an ask is sent again that the service wants later.
const AGAIN_MAX: usize = 50;

/// Something that a service must do.
pub struct Check {
    /// What, as a sentence.
    pub name: &'static str,
    run: for<'a> fn(&'a Run<'a>) -> Fut<'a, Found>,
}

/// Why a service failed; a sentence.
type Found = Result<(), String>;

/// Everything that a service must do, in an order in which the first failure explains the later ones.
pub fn checks() -> &'static [Check] {
    checks::ALL
}

/// One run against a service.
pub struct Run<'c> {
    channel: &'c Channel,
    name: String,
    asked: AtomicU32,
    slowest_ms: AtomicU64,
}

impl<'c> Run<'c> {
    /// A run whose keys nobody used before.
    pub fn new(channel: &'c Channel, entropy: &dyn Entropy) -> Self {
        let name = entropy.token(12);
        Run { channel, name, asked: AtomicU32::new(0), slowest_ms: AtomicU64::new(0) }
    }
    /// Makes a check. Errors: what is wrong, as a sentence.
    pub async fn make(&self, check: &Check) -> Result<(), String> {
        (check.run)(self).await
    }
    /// How long the slowest answer took.
    pub fn slowest(&self) -> Duration {
        Duration::from_millis(self.slowest_ms.load(Ordering::Relaxed))
    }

    /// A key that was not used before.
    fn key(&self) -> String {
        format!("conformance-{}-{}", self.name, self.asked.fetch_add(1, Ordering::Relaxed))
    }

    /// Sends an ask once, as it is signed.
    async fn send(&self, path: &str, body: &str, signed: Option<(i64, &str)>) -> Result<Reply, String> {
        let began = Instant::now();
        let sent = timeout(SLOWEST, self.channel.send(path, body.as_bytes(), signed)).await;
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.slowest_ms.fetch_max(took, Ordering::Relaxed);
        match sent {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(lost)) => Err(format!("{path}: {}", lost.why)),
            Err(_) => Err(format!("{path}: no answer within {} s", SLOWEST.as_secs())),
        }
    }

    /// Sends a signed ask until it is answered; the answer must be signed.
    async fn ask(&self, path: &str, body: &str) -> Result<Told, String> {
        for _ in 0..AGAIN_MAX {
            let (t, signature) = self.channel.signature(path, body.as_bytes(), 0);
            let reply = self.send(path, body, Some((t, &signature))).await?;
            if reply.is_for_later() {
                sleep(Duration::from_millis(100)).await;
                continue;
            }
            if matches!(reply.status, 200 | 409) && !reply.signed {
                return Err(format!(
                    "{path}: the answer is not signed with the shared secret. Its header must be v1= and the HMAC over the signature of the ask, a dot, the status, a dot and the body."
                ));
            }
            let body = Node::parse(&reply.body).map(Node::into_owned);
            if reply.status == 200 && body.is_err() {
                return Err(format!("{path}: the answer is no JSON: {}", reply.shown()));
            }
            return Ok(Told {
                path: path.to_owned(),
                status: reply.status,
                body: body.unwrap_or(Node::Null),
            });
        }
        Err(format!("{path}: the service wants to be asked later each time ({AGAIN_MAX} times)"))
    }
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    path: String,
    status: u16,
    body: Node<'static>,
}

impl Told {
    fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Node::as_str).unwrap_or_default()
    }
    /// The status in the body, which must be this one.
    fn is(&self, wanted: &str) -> Result<&Self, String> {
        if self.status == 200 && self.text("status") == wanted {
            return Ok(self);
        }
        Err(format!(
            "{}: expected 200 with status \"{wanted}\", got {} {}",
            self.path,
            self.status,
            self.body.to_json()
        ))
    }
    /// The reference, which must be there.
    fn reference(&self) -> Result<String, String> {
        match self.text("reference") {
            "" => Err(format!("{}: the answer has no reference: {}", self.path, self.body.to_json())),
            reference => Ok(reference.to_owned()),
        }
    }
    fn refused_with(&self, status: u16) -> Found {
        if self.status == status {
            return Ok(());
        }
        Err(format!("{}: expected {status}, got {} {}", self.path, self.status, self.body.to_json()))
    }
}
