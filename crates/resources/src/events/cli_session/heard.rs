//! Events that a session has yet to hear: one small document for each, written in the commit of the event and deleted
//! when the listener has acknowledged it. So nothing is missed while a connection is made anew, whichever node it was
//! to and is to, and nothing hangs on the order of clocks.
use super::CliSession;
use api::{HEARD, Object, World};
use base::{Named, Timestamp};
use store::{Doc, Fault, IndexKey, Put, Query, Unit};
use wire::Wire;

/// What waits for its listener, by its session.
const INDEX: &str = "cli_session";
/// How long it waits, in seconds of the world's clock.
const KEPT: i64 = Timestamp::DAY;

/// An event for a session.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct HeardEvent {
    /// Rises with time.
    pub id: String,
    /// `heard_event`.
    pub object: String,
    /// The session, as it is kept.
    pub session: String,
    /// Whose event it is.
    pub account: String,
    /// `evt_…`.
    pub event: String,
    /// When it was written down.
    pub created: Timestamp,
}

impl Named for HeardEvent {
    const NAME: &'static str = HEARD;
    const PREFIX: &'static str = "heard";
}
impl Object for HeardEvent {
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(INDEX, self.session.clone())]
    }
    fn expires(&self) -> Option<i64> {
        Some(self.created.plus(KEPT).0)
    }
}

/// The oldest events that a session has not acknowledged, oldest first.
pub async fn waiting(world: &World, of: &CliSession, limit: usize) -> Result<Vec<(Doc, HeardEvent)>, Fault> {
    let by = Some((INDEX, of.id.clone()));
    let mut query = Query::newest(&of.account, of.livemode, HeardEvent::NAME, by, limit);
    // Next to an id that is older than all.
    query.before = Some(format!("{}_", HeardEvent::PREFIX));
    let mut found = Vec::new();
    for doc in world.store.list(&query).await? {
        let it = wire::from_json(&doc.body);
        found.push((doc, it.map_err(|_| Fault::broken("an event for a session is not readable"))?));
    }
    found.reverse();
    Ok(found)
}

/// Lets go of what was acknowledged.
pub async fn acknowledged(world: &World, docs: &[(Doc, HeardEvent)]) -> Result<(), Fault> {
    for (doc, it) in docs {
        let put = Put {
            key: doc.key.clone(),
            expect: doc.version,
            body: None,
            index: Vec::new(),
            stale: it.indexes(),
            expires: None,
        };
        // Whoever has let go of it before was another connection of the same session.
        world.commit(Unit { puts: vec![put], ..Unit::default() }).await?;
    }
    Ok(())
}
