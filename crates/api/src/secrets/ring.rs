//! What a home knows of its keys: by it a wrong key is noticed before it does harm, and fingerprints outlive keys.
use super::Sealed;
use crate::{Object, Place};
use base::{Entropy, Named};
use store::{Bytes, Commit, Fault, HOUSE, Key, Put, Store, Unit};
use vault::{FINGERPRINTS, Vault, VaultError};
use wire::{Hidden, Wire};

/// The one record of a home about its keys.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct RingRecord {
    /// `ring`.
    pub id: String,
    /// The keys under which something may be sealed.
    pub keys: Vec<KnownKey>,
    /// The secret that fingerprints hang on, sealed.
    pub fingerprints: Hidden<String>,
}

/// A key that a home has seen.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct KnownKey {
    /// Its id.
    pub id: String,
    /// What [`Vault::check`] says of it.
    pub check: String,
}

impl Named for RingRecord {
    const NAME: &'static str = "vault_ring";
    const PREFIX: &'static str = "ring";
}
impl Object for RingRecord {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        vec![Sealed { kind: FINGERPRINTS, object: self.id.clone(), text: &mut self.fingerprints.0 }]
    }
}

const ID: &str = "ring";
const AT: vault::Place<'static> = vault::Place { account: HOUSE, object: ID };

fn key() -> Key {
    Key::house(RingRecord::NAME, ID)
}

/// Why a ring does not fit a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The key with this id is another one than the home was used with.
    Other(String),
    /// The key with this id seals what nothing works without, and is not in the ring.
    Missing(String),
    /// The home failed.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Trouble::Fault(fault)
    }
}

/// Makes a vault and a home fit: the home's secret of fingerprints is taken over, or written down where the home
/// has none, and keys that the home has not seen are noted. Any number of nodes may do so at once.
pub async fn settle(store: &dyn Store, vault: &Vault, entropy: &dyn Entropy) -> Result<(), Trouble> {
    loop {
        let doc = store.get(&key()).await?;
        let (mut record, version) = match doc {
            Some(doc) => (read(&doc.body)?, doc.version),
            None => {
                let sealed =
                    vault.seal_fingerprints(AT, entropy).map_err(|e| Fault::broken(e.to_string()))?;
                (RingRecord { id: ID.into(), keys: Vec::new(), fingerprints: Hidden(sealed) }, 0)
            }
        };
        for known in &record.keys {
            if vault.check(&known.id).is_some_and(|check| check != known.check) {
                return Err(Trouble::Other(known.id.clone()));
            }
        }
        vault.adopt_fingerprints(AT, &record.fingerprints.0).map_err(|error| match error {
            VaultError::UnknownKey(id) => Trouble::Missing(id),
            other => match vault::key_id(&record.fingerprints.0) {
                Some(id) => Trouble::Other(id.to_owned()),
                None => Trouble::Fault(Fault::broken(other.to_string())),
            },
        })?;
        let fresh = vault.ids().into_iter().filter(|id| record.keys.iter().all(|known| known.id != *id));
        let fresh: Vec<KnownKey> =
            fresh.filter_map(|id| vault.check(&id).map(|check| KnownKey { id, check })).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        record.keys.extend(fresh);
        if write(store, &record, version).await? {
            return Ok(());
        }
    }
}

/// The ids that the home has seen and the ring lacks.
pub async fn missing(store: &dyn Store, vault: &Vault) -> Result<Vec<String>, Fault> {
    let Some(doc) = store.get(&key()).await? else { return Ok(Vec::new()) };
    let ids = vault.ids();
    let known = read(&doc.body)?.keys.into_iter().map(|known| known.id);
    Ok(known.filter(|id| !ids.contains(id)).collect())
}

/// Whether the home has never seen another key than this one, so that nothing in it can be sealed under another.
pub async fn is_only(store: &dyn Store, id: &str) -> Result<bool, Fault> {
    let Some(doc) = store.get(&key()).await? else { return Ok(false) };
    Ok(read(&doc.body)?.keys.iter().all(|known| known.id == id))
}

fn read(body: &Bytes) -> Result<RingRecord, Fault> {
    wire::from_json(body)
        .map_err(|bad| Fault::broken(format!("the record of the vault keys is unreadable: {bad:?}")))
}

async fn write(store: &dyn Store, record: &RingRecord, expect: u64) -> Result<bool, Fault> {
    let body = Some(Bytes::from(wire::to_stored(record)));
    let put = Put { key: key(), expect, body, index: Vec::new(), stale: Vec::new(), expires: None };
    Ok(store.commit(Unit { puts: vec![put], ..Unit::default() }).await? == Commit::Done)
}

/// Forgets a key under which nothing is sealed any more.
pub async fn forget(store: &dyn Store, id: &str) -> Result<(), Fault> {
    loop {
        let Some(doc) = store.get(&key()).await? else { return Ok(()) };
        let mut record = read(&doc.body)?;
        record.keys.retain(|known| known.id != id);
        if write(store, &record, doc.version).await? {
            return Ok(());
        }
    }
}
