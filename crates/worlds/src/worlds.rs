//! All worlds of a home: which one a caller belongs to, making and opening them, and a bounded number of them at
//! work. A world that nobody has used for a while is closed, and opened from what is written down of it when somebody
//! comes again.
use crate::{
    Shown,
    clock::Dating,
    doors,
    founding::found,
    names::{Names, rest_of_key, tag_of},
    open::{DEFAULT, Open, record_key, record_put},
    records::WorldRecord,
    scoped::REVOKED,
    space::HALL,
};
use api::{Api, Stop, World};
use base::{ApiError, Caller, Clock, Fut, Named as _, Timestamp};
use clockwork::{Hands, Site, Sites, Sort};
use resources::connect::user::{self, settle};
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};
use store::{Due, Fault, Key, Query, Store, Unit, within};
use tokio::sync::{Mutex as Turn, MutexGuard as Held, RwLock as Dates};
use wire::Hidden;

/// At most this many worlds are kept open, beside those at work.
const OPEN_MAX: usize = 512;
/// So many ways to worlds are remembered at most; then all are looked up anew.
const WAYS_MAX: usize = 100_000;
/// Worlds are opened, and changed as a whole, one at a time; those of other tags go on.
const TURNS: usize = 64;

/// What the key of a world is sealed as.
const KEY: vault::Kind = vault::Kind::Other("world_key");

fn key_place(id: &str) -> vault::Place<'_> {
    vault::Place { account: id, object: WorldRecord::NAME }
}

/// How a world is to be made.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What to call it.
    pub name: Option<String>,
    /// Repeat ids and secrets from this number.
    pub seed: Option<i64>,
    /// The time at which it begins, Unix seconds.
    pub start: Option<i64>,
    /// Its clock stands there until somebody moves it.
    pub frozen: bool,
}

impl Wanted {
    /// What is written down of it.
    fn of(&self, record: WorldRecord, wall_ms: i64) -> WorldRecord {
        let start = match self.start {
            None if self.frozen => Some(wall_ms / 1000),
            start => start,
        };
        let record = WorldRecord {
            start,
            seed: self.seed,
            name: self.name.clone(),
            began_frozen: Some(self.frozen).filter(|frozen| *frozen),
            ..record
        };
        let beginning = record.beginning(wall_ms);
        record.going(beginning)
    }
}

/// All worlds of a home.
pub struct Worlds {
    pub(crate) base: Arc<dyn Store>,
    pub(crate) wall: Arc<dyn Clock>,
    pub(crate) hands: Arc<Hands>,
    root: Arc<Open>,
    kept: Mutex<Kept>,
    /// What was shown, and the tag of the world it led to.
    ways: RwLock<HashMap<Shown, Arc<str>>>,
    /// The turn of whoever makes or opens a world. Whoever has it waits for no other turn.
    openings: Vec<Turn<()>>,
    /// The turn of whoever changes a world as a whole.
    changes: Vec<Turn<()>>,
    /// Written while what is due is dated anew.
    pub(crate) dates: Dates<()>,
    hasher: RandomState,
    /// How often a world was swept whose clock was moved.
    sweeps: AtomicUsize,
}

/// The worlds that are open.
#[derive(Default)]
struct Kept {
    /// Also those that are only kept by whoever works in them: a world is never open twice.
    all: HashMap<Arc<str>, Weak<Open>>,
    recent: HashMap<Arc<str>, (Arc<Open>, u64)>,
    uses: u64,
}

impl Kept {
    fn find(&mut self, id: &str) -> Option<Arc<Open>> {
        let open = self.all.get(id)?.upgrade()?;
        self.keep(&open);
        Some(open)
    }
    fn keep(&mut self, open: &Arc<Open>) {
        self.uses += 1;
        let uses = self.uses;
        if let Some((_, used)) = self.recent.get_mut(&open.id) {
            *used = uses;
            return;
        }
        self.all.insert(open.id.clone(), Arc::downgrade(open));
        self.recent.insert(open.id.clone(), (open.clone(), uses));
        if self.recent.len() > OPEN_MAX {
            // A quarter goes at once, so that this is rare.
            let mut used: Vec<u64> = self.recent.values().map(|(_, used)| *used).collect();
            used.sort_unstable();
            let oldest = used[used.len() / 4];
            self.recent.retain(|_, (_, used)| *used >= oldest);
            self.all.retain(|_, open| open.strong_count() > 0);
        }
    }
    fn forget(&mut self, id: &str) {
        self.all.remove(id);
        self.recent.remove(id);
    }
}

impl Worlds {
    /// The worlds of the home in `world`, whose clock is the wall's, with the one of the guides made where it is
    /// missing, as it is wanted; `build` makes its API, and `hands` do what is due while a clock is moved. Errors: a
    /// sentence for whoever starts the server.
    pub async fn start(
        world: World,
        hands: Arc<Hands>,
        wanted: &Wanted,
        build: impl FnOnce(World) -> Result<Api, String>,
    ) -> Result<Self, Stop> {
        let base = world.store.clone();
        let known = read_record(&*base, DEFAULT).await?;
        let fresh = WorldRecord::new(DEFAULT, &Names::known(), world.wall.now());
        let record = match &known {
            Some((record, _)) => record.clone(),
            None => wanted.of(fresh, world.wall.now_ms()),
        };
        // The chance of the program begins at the seed of this world.
        let root =
            Open::new(DEFAULT, &base, &record, None, (&world, &world.wall), build).map_err(api::fault)?;
        if known.is_none() && record.start.is_some() {
            let unit = Unit { puts: vec![record_put(&record, 0)], ..Unit::default() };
            api::commit(&*base, unit).await?;
        }
        let worlds = Worlds {
            wall: world.wall.clone(),
            base,
            hands,
            root: Arc::new(root),
            kept: Mutex::default(),
            ways: RwLock::default(),
            openings: (0..TURNS).map(|_| Turn::default()).collect(),
            changes: (0..TURNS).map(|_| Turn::default()).collect(),
            dates: Dates::default(),
            hasher: RandomState::new(),
            sweeps: AtomicUsize::default(),
        };
        let names = &Names::known();
        let caller = Caller::system("", false);
        settle(worlds.root.site.api.transact(&caller, |cx| Box::pin(found(cx, names))).await?)?;
        worlds.begin(&worlds.root, &record).await?;
        Ok(worlds)
    }

    /// The world of the guides.
    pub fn root(&self) -> &Arc<Open> {
        &self.root
    }

    fn opened(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn place(&self, id: &str) -> usize {
        self.hasher.hash_one(id) as usize % TURNS
    }
    pub(crate) async fn opening(&self, id: &str) -> Held<'_, ()> {
        self.openings[self.place(id)].lock().await
    }
    pub(crate) async fn changing(&self, id: &str) -> Held<'_, ()> {
        self.changes[self.place(id)].lock().await
    }
    pub(crate) fn beside(
        &self,
        id: &str,
        base: &Arc<dyn Store>,
        record: &WorldRecord,
        seed: Option<i64>,
    ) -> Result<Open, Stop> {
        let like = &self.root.site.api;
        let around = (&like.world, &self.wall);
        let open = Open::new(id, base, record, seed, around, |world| Ok(like.beside(world)));
        open.map_err(api::fault)
    }
    pub(crate) fn keep(&self, open: Open) -> Arc<Open> {
        let open = Arc::new(open);
        self.opened().keep(&open);
        open
    }
    /// Nobody is led to a world that is gone.
    pub(crate) fn forget(&self, id: &str) {
        self.opened().forget(id);
        self.ways.write().unwrap_or_else(PoisonError::into_inner).retain(|_, way| **way != *id);
    }

    /// The world with this id, opened where it is not.
    pub async fn open(&self, id: &str) -> Result<Option<Arc<Open>>, Stop> {
        if id == DEFAULT {
            return Ok(Some(self.root.clone()));
        }
        if let Some(open) = self.opened().find(id) {
            return Ok(Some(open));
        }
        let _turn = self.opening(id).await;
        self.open_in_turn(id).await
    }
    /// As [`Worlds::open`], for whoever has the turn.
    pub(crate) async fn open_in_turn(&self, id: &str) -> Result<Option<Arc<Open>>, Stop> {
        if let Some(open) = self.opened().find(id) {
            return Ok(Some(open));
        }
        let Some((record, _)) = read_record(&*self.base, id).await? else { return Ok(None) };
        // What chance has given out already must not come again.
        let open = self.beside(id, &self.base, &record, None)?;
        self.begin(&open, &record).await?;
        Ok(Some(self.keep(open)))
    }

    /// The world that somebody is led to by what they show.
    pub async fn by(&self, shown: &Shown) -> Result<Option<Arc<Open>>, Stop> {
        let known = self.ways.read().unwrap_or_else(PoisonError::into_inner).get(shown).cloned();
        if let Some(id) = known
            && let Some(open) = self.open(&id).await?
        {
            return Ok(Some(open));
        }
        let at_root = match (shown.key(), shown) {
            (Some(key), _) => self.root.home.get(&key).await?,
            (None, Shown::Email(email)) => self.root.home.find(user::EMAIL, email).await?,
            (None, _) => None,
        };
        let id: Arc<str> = match at_root {
            Some(_) => self.root.id.clone(),
            None => match self.base.find(doors::INDEX, &shown.door()).await? {
                Some(doc) => within(&doc.key.account).0.unwrap_or(DEFAULT).into(),
                None => return Ok(None),
            },
        };
        let open = self.open(&id).await?;
        if open.is_some() {
            let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
            if ways.len() >= WAYS_MAX {
                ways.clear();
            }
            ways.insert(shown.clone(), id);
        }
        Ok(open)
    }

    /// The world of a key. A test key that nobody ever issued makes one.
    pub async fn of_key(&self, key: &str) -> Result<Option<Arc<Open>>, Stop> {
        let digest = vault::digest(key);
        let shown = Shown::Key(digest);
        if let Some(open) = self.by(&shown).await? {
            return Ok(Some(open));
        }
        let (Some(rest), Shown::Key(digest)) = (rest_of_key(key), &shown) else { return Ok(None) };
        if self.base.get(&Key::new(HALL, false, REVOKED, digest)).await?.is_some() {
            return Ok(None);
        }
        self.make(rest, &Wanted::default()).await.map(Some)
    }

    /// Makes a world with a key that is made up.
    pub async fn create(&self, wanted: &Wanted) -> Result<Arc<Open>, Stop> {
        let rest = self.root.site.api.world.entropy.token(24);
        self.make(&rest, wanted).await
    }

    /// The world of a key without its prefix, made where it is missing.
    async fn make(&self, rest: &str, wanted: &Wanted) -> Result<Arc<Open>, Stop> {
        let id = tag_of(rest);
        let _turn = self.opening(&id).await;
        if let Some(open) = self.open_in_turn(&id).await? {
            return Ok(open);
        }
        let names = Names::of(rest);
        let record = self.record(&id, &names, wanted, rest)?;
        let open = self.beside(&id, &self.base, &record, wanted.seed)?;
        self.begin(&open, &record).await?;
        write_down(&open, &names, &record).await?;
        tracing::debug!(world = id, "made a world");
        Ok(self.keep(open))
    }

    /// What is to be done before anybody comes to a world that was opened.
    async fn begin(&self, open: &Open, record: &WorldRecord) -> Result<(), Stop> {
        if let Some(target_ms) = record.target_ms {
            // The program ended while its clock was moved.
            self.go_on(open, target_ms).await?;
        }
        Ok(())
    }

    /// What is to be written down of a new world; `rest`: its key without the prefix.
    pub(crate) fn record(
        &self,
        id: &str,
        names: &Names,
        wanted: &Wanted,
        rest: &str,
    ) -> Result<WorldRecord, Stop> {
        let World { vault, entropy, .. } = &self.root.site.api.world;
        let key = vault.seal(KEY, key_place(id), rest, &**entropy);
        let key = key.map_err(|e| api::fault(format!("the key of world {id}: {e}")))?;
        let record = WorldRecord { key: Hidden(Some(key)), ..WorldRecord::new(id, names, self.wall.now()) };
        Ok(wanted.of(record, self.wall.now_ms()))
    }

    /// What a world's people, accounts and keys were called when it was made.
    pub fn names(&self, record: &WorldRecord) -> Result<Names, Stop> {
        if record.id == DEFAULT {
            return Ok(Names::known());
        }
        let sealed = record.key.0.as_deref().unwrap_or_default();
        let rest = self.root.site.api.world.vault.open(KEY, key_place(&record.id), sealed);
        let rest = rest.map_err(|e| api::fault(format!("the key of world {}: {e}", record.id)))?;
        let names = Names::of(rest.reveal());
        // A copy has the accounts of its original.
        Ok(Names { account: record.account.clone(), seller: record.seller.clone(), ..names })
    }

    /// What is written down of a world, and the version of that. Errors: there is no such world.
    pub async fn told(&self, id: &str) -> Result<WorldRecord, Stop> {
        match read_record(&*self.base, id).await? {
            Some((record, _)) => Ok(record),
            None if id == DEFAULT => Ok(WorldRecord::new(DEFAULT, &Names::known(), self.wall.now())),
            None => Err(no_such_world(id)),
        }
    }

    /// Worlds, by their ids backwards from before the id `after`: up to `limit`, without the one of the guides.
    pub async fn list(&self, after: Option<String>, limit: usize) -> Result<Vec<WorldRecord>, Stop> {
        let newest = Query::newest(HALL, false, WorldRecord::NAME, None, limit + 1);
        let found = self.base.list(&Query { after, ..newest }).await?;
        let mut records =
            found.iter().map(|doc| parse(&doc.body)).collect::<Result<Vec<WorldRecord>, Stop>>()?;
        records.retain(|record| record.id != DEFAULT);
        records.truncate(limit);
        Ok(records)
    }
}

/// The world's people, accounts and application, and its record, in one unit.
pub(crate) async fn write_down(open: &Open, names: &Names, record: &WorldRecord) -> Result<(), Stop> {
    let caller = Caller::system("", false);
    let api = open.silent();
    let made = api.transact(&caller, |cx| {
        Box::pin(async move {
            let made = found(cx, names).await?;
            cx.put(record);
            Ok(made)
        })
    });
    settle(made.await?).map(drop)
}

pub(crate) fn no_such_world(id: &str) -> Stop {
    let shown: String = id.chars().take(80).collect();
    ApiError::invalid(404, format!("There is no world '{shown}'. GET /_tollbridge/worlds lists them.")).into()
}

pub(crate) fn parse<T: api::Object>(body: &[u8]) -> Result<T, Stop> {
    wire::from_json(body).map_err(|bad| api::fault(format!("a {} is not readable: {bad:?}", T::NAME)))
}

/// The record of a world and its version.
pub(crate) async fn read_record(base: &dyn Store, id: &str) -> Result<Option<(WorldRecord, u64)>, Stop> {
    // What cannot be an id is none.
    if id.is_empty() || id.contains('/') {
        return Ok(None);
    }
    let Some(doc) = base.get(&record_key(id)).await? else { return Ok(None) };
    Ok(Some((parse(&doc.body)?, doc.version)))
}

impl Sites for Worlds {
    fn store(&self) -> &Arc<dyn Store> {
        &self.base
    }
    fn clock(&self) -> &Arc<dyn Clock> {
        &self.wall
    }
    fn claim(
        &self,
        queue: &'static str,
        lease_ms: i64,
        limit: usize,
    ) -> Fut<'_, Result<Vec<(Site, Due)>, Fault>> {
        Box::pin(async move {
            // Nothing is dated anew between its being claimed and its being told by the world's clock.
            let _dates = self.dates.read().await;
            let now_ms = self.wall.now_ms();
            let claimed = clockwork::claim(&*self.base, queue, now_ms, lease_ms, limit).await?;
            let mut work = Vec::with_capacity(claimed.len());
            for due in claimed {
                let name = due.key.id.clone();
                match self.open(within(&name).0.unwrap_or(DEFAULT)).await {
                    // Somebody does it in its order.
                    Ok(Some(open)) if self.hands.sort(queue).is_some() && open.clock.is_moving() => {}
                    Ok(Some(open)) if self.hands.sort(queue) == Some(Sort::Deciding) && open.is_orderly() => {
                    }
                    Ok(Some(open)) => {
                        let due = open.home.space.due_out(due, open.clock.dating());
                        work.extend(due.map(|due| (open.site.at_present(), due)));
                    }
                    // It went with its world.
                    Ok(None) => {}
                    Err(stop) => tracing::error!(
                        work = name,
                        ?stop,
                        "whose work it is could not be told; it is tried again"
                    ),
                }
            }
            Ok(work)
        })
    }
    fn sweep_moved(&self, limit: usize) -> Fut<'_, Result<u64, Fault>> {
        let opened: Vec<Arc<Open>> = self.opened().recent.values().map(|(open, _)| open.clone()).collect();
        let moved = |open: &&Arc<Open>| open.clock.dating() != Dating::WALL && !open.clock.is_moving();
        let mut moved: Vec<&Arc<Open>> = opened.iter().chain([&self.root]).filter(moved).collect();
        moved.sort_by(|one, other| one.id.cmp(&other.id));
        let turn = self.sweeps.fetch_add(1, Ordering::Relaxed);
        let open = moved.get(turn.checked_rem(moved.len()).unwrap_or_default()).map(|open| Arc::clone(open));
        Box::pin(async move {
            let Some(open) = open else { return Ok(0) };
            open.home.sweep(open.clock.now().0, limit).await
        })
    }
}

impl Worlds {
    /// When a world's snapshot or copy is made, by the wall.
    pub(crate) fn wall_now(&self) -> Timestamp {
        self.wall.now()
    }
}
