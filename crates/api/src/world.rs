//! What a request finds around it: the seams to the world, all injected.
use crate::{Cx, Memo, Noun, Object, Stop, faults::Faults};
use base::{ApiError, Change, Clock, Entropy, Fut, Ids};
use std::sync::Arc;
use store::{Bytes, Fault, Key, Store};

/// Something that happened, to be told to whoever listens; written down with the change itself.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Whose event it is.
    pub account: String,
    /// Live or test.
    pub live: bool,
    /// The event's type, such as `charge.succeeded`.
    pub kind: &'static str,
    /// The object as it was then: public JSON in today's shape.
    pub object: Bytes,
    /// The changed members with their old values, as JSON, on updates.
    pub previous: Option<String>,
    /// Only this application hears of it (a client id): the farewell and the welcome of a connection.
    pub only: Option<String>,
}

/// Turns what happened into events and deliveries of the same unit of work.
pub trait Announce: Send + Sync {
    /// Writes down the events of one attempt.
    fn announce<'a>(&'a self, cx: &'a mut Cx<'_>, facts: Vec<Fact>) -> Fut<'a, Result<(), Stop>>;
}

/// How strict the OAuth endpoints are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As Stripe's: what its clients of any age expect. The default of `dev`.
    Compat,
    /// As OAuth 2.1 has it: PKCE or a confidential client, refresh tokens rotate. The default of `serve`.
    Strict,
}

/// Which messages to people leave the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mails {
    /// None: they are read where they are.
    #[default]
    Kept,
    /// Those of live mode.
    Live,
    /// Those of both modes.
    All,
}

impl Mails {
    /// Whether messages of a mode are delivered.
    pub fn goes(self, live: bool) -> bool {
        match self {
            Mails::Kept => false,
            Mails::Live => live,
            Mails::All => true,
        }
    }
}

/// The world of a server.
pub struct World {
    /// The home of the data.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The wall clock, from which ids rise even where the time of the world is moved.
    pub wall: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The maker of ids.
    pub ids: Ids,
    /// Who moves the money in live mode.
    pub acquirer: Arc<dyn acquirer::Acquirer>,
    /// The card network of test mode.
    pub network: Arc<dyn acquirer::Acquirer>,
    /// What charges and disputes cost, and the rates of conversion.
    pub pricing: Arc<money::Pricing>,
    /// Where card numbers and secrets are kept.
    pub vault: vault::Vault,
    /// What nearly every request looks at.
    pub memo: Memo,
    /// The API changes, oldest first.
    pub changes: &'static [&'static dyn Change],
    /// The nouns by name.
    pub nouns: fn(&str) -> Option<Noun>,
    /// The writer of events.
    pub announce: Arc<dyn Announce>,
    /// How strict OAuth is.
    pub profile: Profile,
    /// Which messages to people leave the outbox.
    pub mails: Mails,
    /// What stands in the way of requests on purpose; `dev` alone has any.
    pub faults: Option<Arc<Faults>>,
    /// Whether this is `tollbridge dev`.
    pub dev: bool,
    /// The address that people and programs reach the server by, without a slash at the end.
    pub origin: String,
}

impl World {
    /// Who moves the money in a mode.
    pub fn acquirer(&self, live: bool) -> &dyn acquirer::Acquirer {
        if live { &*self.acquirer } else { &*self.network }
    }
    /// The object under a key past any unit of work: for what may be a moment old, such as settings.
    pub async fn peek<T: Object>(&self, key: &Key) -> Result<Option<Arc<T>>, Fault> {
        self.memo.look(&*self.store, key).await
    }
    /// A new id.
    pub fn new_id(&self, prefix: &str) -> String {
        self.ids.next(prefix, &*self.wall, &*self.entropy)
    }
}

/// The caller hears that it is the server's fault; the log hears why.
pub(crate) fn internal(request: &str, fault: &Fault) -> ApiError {
    tracing::error!(request, %fault, "the home of the data failed");
    if fault.is_unavailable() { ApiError::unavailable() } else { ApiError::internal() }
}
