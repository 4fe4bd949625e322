//! Worlds changed as a whole: their clock, snapshots, copies, their beginning again, their end.
use crate::{
    clock::Dating,
    founding::found,
    image,
    moves::GRACE,
    names::{Names, tag_of},
    open::{DEFAULT, Open, record_key, space_of},
    records::{OF_WORLD, SnapshotRecord, WorldRecord},
    scoped::{Gate, REVOKED, walk},
    space::{HALL, Space},
    worlds::{Wanted, Worlds, no_such_world, parse, read_record},
};
use api::{Stop, access::Credential};
use base::{ApiError, Caller, Named as _};
use resources::connect::user::settle;
use std::{collections::HashSet, sync::Arc};
use store::{Held, Key, Load, Memory, Query, Record, Scope, Store, world_prefix};

/// The snapshot that a copy begins again from; nobody can ask for it by its name.
const BEGINNING: &str = "~beginning";
/// The longest name of a snapshot.
const NAME_MAX: usize = 40;
/// Snapshots in one answer.
const SNAPSHOTS_MAX: usize = 100;

impl Worlds {
    /// The record of a world and its version; 0 for the world of the guides while nothing is written down of it.
    pub(crate) async fn record_of(&self, id: &str) -> Result<(WorldRecord, u64), Stop> {
        match read_record(&*self.base, id).await? {
            Some(found) => Ok(found),
            None => Ok((self.told(id).await?, 0)),
        }
    }

    /// Keeps a world as it is at this moment under a name; what was kept under it before is replaced.
    pub async fn snapshot(&self, open: &Open, name: &str) -> Result<SnapshotRecord, Stop> {
        check_name(name)?;
        let _turn = self.changing(&open.id).await;
        let (records, dating) = open.home.copy().await?;
        let (told, records) = self.kept(&open.id, name, records, dating)?;
        let erase = image::space(&open.id, name).everything();
        self.base.load(Load { erase, records }).await?;
        Ok(told)
    }

    /// Records of a world as those of a snapshot, with what is told of it.
    fn kept(
        &self,
        id: &str,
        name: &str,
        records: Vec<Record>,
        dating: Dating,
    ) -> Result<(SnapshotRecord, Vec<Record>), Stop> {
        let told = SnapshotRecord {
            id: format!("{id}.{name}"),
            object: SnapshotRecord::NAME.into(),
            world: id.to_owned(),
            name: name.to_owned(),
            created: self.wall_now(),
            ahead_ms: dating.ahead_ms,
            frozen_ms: dating.frozen_ms,
            records: records.len() as i64,
        };
        let mut kept = image::keep(&image::space(id, name), records)?;
        kept.extend(Space::Root.record_in(image::record_of(&told), Dating::WALL));
        Ok((told, kept))
    }

    /// The snapshots that are kept of a world.
    pub async fn snapshots(&self, id: &str) -> Result<Vec<SnapshotRecord>, Stop> {
        let by = Some((OF_WORLD, id.to_owned()));
        let query = Query::newest(HALL, false, SnapshotRecord::NAME, by, SNAPSHOTS_MAX);
        let found = self.base.list(&query).await?;
        let mut found =
            found.iter().map(|doc| parse(&doc.body)).collect::<Result<Vec<SnapshotRecord>, Stop>>()?;
        found.retain(|it| it.name != BEGINNING);
        Ok(found)
    }

    /// What a snapshot holds, as the world knows it, and how the clock goes from it.
    async fn read_kept(&self, id: &str, name: &str) -> Result<Option<(Vec<Record>, Dating)>, Stop> {
        let key = Key::new(HALL, false, SnapshotRecord::NAME, format!("{id}.{name}"));
        let Some(doc) = self.base.get(&key).await? else { return Ok(None) };
        let told: SnapshotRecord = parse(&doc.body)?;
        let space = image::space(id, name);
        let records = walk(&*self.base, &space, space.everything(), Dating::WALL).await?;
        Ok(Some((records.into_iter().map(image::unkeep).collect(), told.dating(self.wall.now_ms()))))
    }

    /// Puts a world back to a snapshot, its clock to as far ahead as it was then, or to where it stood.
    pub async fn restore(&self, open: &Open, name: &str) -> Result<(), Stop> {
        check_name(name)?;
        let _turn = self.changing(&open.id).await;
        let Some((records, dating)) = self.read_kept(&open.id, name).await? else {
            let message = format!("There is no snapshot '{name}' of this world.");
            return Err(ApiError::invalid(404, message).param("name").into());
        };
        self.put_back(open, records, dating).await
    }

    /// Puts a world back to how it was made. A world that began at a time of its own begins there again.
    pub async fn reset(&self, open: &Open) -> Result<(), Stop> {
        let _turn = self.changing(&open.id).await;
        let (record, _) = self.record_of(&open.id).await?;
        let dating = record.beginning(self.wall.now_ms());
        if let Some((records, dating)) = self.read_kept(&open.id, BEGINNING).await? {
            return self.put_back(open, records, dating).await;
        }
        let names = &self.names(&record)?;
        // Made aside, so that nobody sees it half made.
        let aside: Arc<dyn Store> = Arc::new(Memory::new());
        let seed = record.seed;
        let fresh = self.beside(&open.id, &aside, &record.going(dating), seed)?;
        let caller = Caller::system("", false);
        settle(fresh.silent().transact(&caller, |cx| Box::pin(found(cx, names))).await?)?;
        let (records, _) = fresh.home.copy().await?;
        self.put_back(open, records, dating).await?;
        open.take_chance(&fresh);
        Ok(())
    }

    /// Replaces all that a world holds, in one step.
    async fn put_back(&self, open: &Open, records: Vec<Record>, dating: Dating) -> Result<(), Stop> {
        // What the queues hold of it is gone with what it was of.
        let mut taken = open.site.turn.take(GRACE).await;
        let mut shut = open.home.shut().await;
        if *shut == Gate::Gone {
            return Err(no_such_world(&open.id));
        }
        let (record, version) = self.record_of(&open.id).await?;
        // A key that was issued since then is a revoked one, and makes no world of its own.
        let keys: HashSet<&str> = records.iter().filter_map(key_id).collect();
        let held = open.home.walk().await?;
        let revoked = held.iter().filter_map(key_id).filter(|id| !keys.contains(id)).map(|id| {
            let held = Held::plain(Key::new(HALL, false, REVOKED, id), 1, "{}");
            let expires = Some(self.wall_now().plus(crate::scoped::REVOKED_KEPT).0);
            Record::Doc(Held { expires, ..held })
        });
        let mut all: Vec<Record> = revoked.collect();
        let record = record.going(dating);
        let body: store::Bytes = wire::to_stored(&record).into();
        all.push(Record::Doc(Held::plain(record_key(&record.id), version + 1, body)));
        all.extend(open.home.records_in(records, dating).await?);
        let _dates = self.dates.write().await;
        taken.end();
        self.base.load(Load { erase: space_of(&open.id).everything(), records: all }).await?;
        open.clock.set(dating);
        *open.home.agenda() = None;
        *shut = Gate::Open;
        Ok(())
    }

    /// Makes a copy of a world with keys, client ids and sign-ins of its own.
    pub async fn fork(&self, original: &Open, name: Option<String>) -> Result<Arc<Open>, Stop> {
        let (was, _) = self.record_of(&original.id).await?;
        let rest = original.site.api.world.entropy.token(24);
        let (id, names) = (tag_of(&rest), Names::of(&rest));
        let (records, dating) = original.home.copy().await?;
        let _turn = self.opening(&id).await;
        let record = WorldRecord {
            account: was.account.clone(),
            seller: was.seller.clone(),
            ahead_ms: dating.ahead_ms,
            frozen_ms: dating.frozen_ms,
            name,
            start: was.start,
            fork_of: Some(was.id.clone()),
            ..self.record(&id, &names, &Wanted::default(), &rest)?
        };
        let open = self.beside(&id, &self.base, &record, None)?;
        let records = image::fork(&was, &names, records, open.site.api.world.clock.now())?;
        let (_, mut all) = self.kept(&id, BEGINNING, records.clone(), dating)?;
        all.extend(open.home.records_in(records, dating).await?);
        all.push(Record::Doc(Held::plain(record_key(&id), 1, wire::to_stored(&record))));
        self.base.load(Load { erase: Scope::Under(vec![world_prefix(&id)]), records: all }).await?;
        Ok(self.keep(open))
    }

    /// Ends a world and frees its space, with its snapshots and keys.
    pub async fn delete(&self, id: &str) -> Result<(), Stop> {
        if id == DEFAULT {
            let message = "The world of the guides can't be deleted. POST /_tollbridge/worlds/default/reset puts it back to its beginning.";
            return Err(ApiError::invalid(400, message).into());
        }
        let _turn = self.changing(id).await;
        let Some(open) = self.open(id).await? else { return Err(no_such_world(id)) };
        let mut shut = open.home.shut().await;
        let kept = world_prefix(&format!("{id}."));
        let told = |kind: &str, id: &str| Key::space(HALL, false, kind) + id;
        let erase = Scope::Under(vec![
            world_prefix(id),
            kept.trim_end_matches('>').to_owned(),
            told(WorldRecord::NAME, id),
            told(SnapshotRecord::NAME, &format!("{id}.")),
        ]);
        self.base.load(Load { erase, records: Vec::new() }).await?;
        *shut = Gate::Gone;
        self.forget(id);
        Ok(())
    }
}

/// The digest of a key, where a record is one.
fn key_id(record: &Record) -> Option<&str> {
    match record {
        Record::Doc(held) if held.doc.key.kind == Credential::NAME => Some(&held.doc.key.id),
        _ => None,
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if plain && (1..=NAME_MAX).contains(&name.len()) {
        return Ok(());
    }
    let message = format!("Name a snapshot with 1 to {NAME_MAX} letters, digits, dashes or underscores.");
    Err(ApiError::invalid(400, message).param("name"))
}
