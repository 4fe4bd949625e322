//! What is written down of worlds themselves, in the hall of the home: a world, and a snapshot that was kept of it.
use crate::{clock::Dating, names::Names};
use api::{Object, Place};
use base::{Named, Timestamp};
use store::IndexKey;
use wire::{Hidden, Wire};

/// A world.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct WorldRecord {
    /// Its tag; `default` for the world of the guides.
    pub id: String,
    /// `world`.
    pub object: String,
    /// What somebody called it.
    pub name: Option<String>,
    /// When it was made, by the wall.
    pub created: Timestamp,
    /// The account of its platform.
    pub account: String,
    /// An account that was not connected to it at the beginning.
    pub seller: String,
    /// The development client id of the platform's application.
    pub development_client_id: String,
    /// The production client id.
    pub production_client_id: String,
    /// What the platform's person signs in with.
    pub email: String,
    /// What the seller signs in with.
    pub seller_email: String,
    /// How far its clock is ahead of the wall, in milliseconds.
    pub ahead_ms: i64,
    /// What its clock shows, in milliseconds, where it stands still.
    pub frozen_ms: Option<i64>,
    /// Where its clock was being moved to, in milliseconds, where that was not finished.
    pub target_ms: Option<i64>,
    /// Whether its clock stood still at the beginning.
    pub began_frozen: Option<bool>,
    /// The time at which it began, Unix seconds, where that was asked for.
    pub start: Option<i64>,
    /// The number that its chance begins with, where that was asked for.
    pub seed: Option<i64>,
    /// The world that it is a copy of.
    pub fork_of: Option<String>,
    /// The key that it was made with, without its prefix, sealed by the vault.
    pub key: Hidden<Option<String>>,
}

impl Named for WorldRecord {
    const NAME: &'static str = "world";
    const PREFIX: &'static str = "world";
}
impl Object for WorldRecord {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
}

impl WorldRecord {
    /// How its clock goes.
    pub(crate) fn dating(&self) -> Dating {
        Dating { ahead_ms: self.ahead_ms, frozen_ms: self.frozen_ms }
    }
    /// The record of the world when its clock goes like this.
    pub(crate) fn going(self, dating: Dating) -> Self {
        WorldRecord { ahead_ms: dating.ahead_ms, frozen_ms: dating.frozen_ms, target_ms: None, ..self }
    }
    /// How its clock went at the beginning; `wall_ms`: what the wall shows.
    pub(crate) fn beginning(&self, wall_ms: i64) -> Dating {
        match self.start {
            Some(start) => {
                Dating::showing(start.saturating_mul(1000), wall_ms, self.began_frozen == Some(true))
            }
            None => Dating::WALL,
        }
    }
    /// Whether what happens in it repeats: its chance does, and its ids rise with its own clock.
    pub(crate) fn repeats(&self) -> bool {
        self.seed.is_some()
    }
    /// A world with these names whose clock is the wall's.
    pub(crate) fn new(id: &str, names: &Names, created: Timestamp) -> Self {
        WorldRecord {
            id: id.into(),
            object: WorldRecord::NAME.into(),
            name: None,
            created,
            account: names.account.clone(),
            seller: names.seller.clone(),
            development_client_id: names.clients.development.clone(),
            production_client_id: names.clients.production.clone(),
            email: names.email.clone(),
            seller_email: names.seller_email.clone(),
            ahead_ms: 0,
            frozen_ms: None,
            target_ms: None,
            began_frozen: None,
            start: None,
            seed: None,
            fork_of: None,
            key: Hidden(None),
        }
    }
}

/// A snapshot of a world.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SnapshotRecord {
    /// The tag of the world, a dot and the name.
    pub id: String,
    /// `world_snapshot`.
    pub object: String,
    /// The world.
    pub world: String,
    /// What it was called.
    pub name: String,
    /// When it was taken, by the wall.
    pub created: Timestamp,
    /// How far the clock was ahead then, in milliseconds.
    pub ahead_ms: i64,
    /// What it showed, in milliseconds, where it stood still.
    pub frozen_ms: Option<i64>,
    /// How many documents, counters and pieces of due work it holds.
    pub records: i64,
}

impl SnapshotRecord {
    /// How the clock goes where the snapshot is put back while the wall shows this.
    pub(crate) fn dating(&self, wall_ms: i64) -> Dating {
        match self.frozen_ms {
            Some(now_ms) => Dating::showing(now_ms, wall_ms, true),
            None => Dating::ahead(self.ahead_ms),
        }
    }
}
impl Named for SnapshotRecord {
    const NAME: &'static str = "world_snapshot";
    const PREFIX: &'static str = "snapshot";
}
impl Object for SnapshotRecord {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::listed(OF_WORLD, self.world.as_str())]
    }
}

/// The index of snapshots by their world.
pub(crate) const OF_WORLD: &str = "of_world";
