//! A world at work: its API, its clock, its chance, its home inside the shared one.
use crate::{
    WorldClock,
    records::WorldRecord,
    scoped::Scoped,
    space::{HALL, Space},
};
use api::{Announce, Api, Cx, Fact, Memo, Stop, World};
use base::{Clock, Entropy, Fut, Ids, Named as _, Seeded};
use clockwork::Site;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::{Key, Put, Store};

/// The id of the world of the guides, whose names have no tag.
pub const DEFAULT: &str = "default";

/// A world that is open.
pub struct Open {
    /// Its tag; [`DEFAULT`] for the world of the guides.
    pub id: Arc<str>,
    /// Its API, its name among others, and its last deliveries.
    pub site: Site,
    /// Its clock.
    pub clock: Arc<WorldClock>,
    pub(crate) home: Arc<Scoped>,
    chance: Option<Arc<Chance>>,
    /// Whether what happens in it repeats from its seed.
    pub(crate) repeats: bool,
    /// How long receivers have made whoever moves the clock wait.
    pub(crate) spent: Mutex<HashMap<String, Duration>>,
}

impl Open {
    /// Opens the world with this tag ([`DEFAULT`] for the one of the guides) beside others: on `base`, with what
    /// else it needs from `like`, whose own wall may be its clock, so that the `wall` comes by itself. `seed`: where its chance begins; the server's own otherwise.
    pub(crate) fn new(
        id: &str,
        base: &Arc<dyn Store>,
        record: &WorldRecord,
        seed: Option<i64>,
        (like, wall): (&World, &Arc<dyn Clock>),
        build: impl FnOnce(World) -> Result<Api, String>,
    ) -> Result<Self, String> {
        let tag = (id != DEFAULT).then_some(id);
        let clock = Arc::new(WorldClock::standing(wall.clone(), record.dating()));
        let home = Arc::new(Scoped::new(base.clone(), tag, clock.clone()));
        let chance = seed.map(|seed| Arc::new(Chance::new(seed)));
        let entropy = chance.clone().map_or_else(|| like.entropy.clone(), |it| it as Arc<dyn Entropy>);
        let mut world = like_world(like, home.clone(), clock.clone(), entropy, like.announce.clone());
        // Ids and signatures repeat with the clock that everything else goes by.
        world.wall = if record.repeats() { clock.clone() } else { wall.clone() };
        // Rules are of one world, and what they leave to chance repeats where the rest does.
        world.faults = like.faults.as_ref().map(|faults| {
            let own = record.seed.map(|seed| Arc::new(Chance::new(!seed)) as Arc<dyn Entropy>);
            Arc::new(faults.beside(own))
        });
        let api = Arc::new(build(world)?);
        let whole: Arc<dyn Store> = match tag {
            Some(_) => home.clone(),
            None => Arc::new(Scoped::whole(base.clone(), clock.clone())),
        };
        let site =
            Site { name: tag.unwrap_or_default().into(), api, turn: Arc::default(), claimed: 0, home: whole };
        Ok(Open {
            id: id.into(),
            site,
            clock,
            home,
            chance,
            repeats: record.repeats(),
            spent: Mutex::default(),
        })
    }

    /// Whether what is due in it is decided between requests and never beside them: its chance repeats, and its clock
    /// stands, so that nothing becomes due by itself.
    pub(crate) fn is_orderly(&self) -> bool {
        self.repeats && self.clock.is_frozen()
    }

    /// Its API, with nobody who writes down events: what is there from the beginning did not happen.
    pub(crate) fn silent(&self) -> Api {
        let like = &self.site.api.world;
        let announce = Arc::new(Silent);
        let world = like_world(like, self.home.clone(), self.clock.clone(), like.entropy.clone(), announce);
        self.site.api.beside(world)
    }

    /// Its chance goes on where that of another world with its seed is. Where chance was not kept since the world was
    /// made, it stays the server's own.
    pub(crate) fn take_chance(&self, other: &Open) {
        if let (Some(ours), Some(theirs)) = (&self.chance, &other.chance) {
            std::mem::swap(&mut *ours.hold(), &mut *theirs.hold());
        }
    }
}

/// Another world of the same server.
fn like_world(
    like: &World,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    announce: Arc<dyn Announce>,
) -> World {
    World {
        store,
        clock,
        wall: like.wall.clone(),
        entropy,
        ids: Ids::default(),
        acquirer: like.acquirer.clone(),
        network: like.network.clone(),
        pricing: like.pricing.clone(),
        vault: like.vault.clone(),
        memo: Memo::default(),
        changes: like.changes,
        nouns: like.nouns,
        announce,
        profile: like.profile,
        mails: like.mails,
        faults: like.faults.clone(),
        dev: like.dev,
        origin: like.origin.clone(),
    }
}

/// Writes no events down.
struct Silent;

impl Announce for Silent {
    fn announce<'a>(&'a self, _: &'a mut Cx<'_>, _: Vec<Fact>) -> Fut<'a, Result<(), Stop>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Where the record of a world lies.
pub(crate) fn record_key(id: &str) -> Key {
    Key::new(HALL, false, WorldRecord::NAME, id)
}

/// The record of a world, to be written over this version of it.
pub(crate) fn record_put(record: &WorldRecord, version: u64) -> Put {
    Put {
        key: record_key(&record.id),
        expect: version,
        body: Some(wire::to_stored(record).into()),
        index: Vec::new(),
        stale: Vec::new(),
        expires: None,
    }
}

/// The space of a world.
pub(crate) fn space_of(id: &str) -> Space {
    Space::of((id != DEFAULT).then_some(id))
}

/// Chance that repeats from a number.
struct Chance(Mutex<Seeded>);

impl Chance {
    fn new(seed: i64) -> Self {
        Chance(Mutex::new(Seeded::from_number(seed as u64)))
    }
    fn hold(&self) -> MutexGuard<'_, Seeded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entropy for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        self.hold().fill(buffer);
    }
}
