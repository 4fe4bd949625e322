//! Sealed secrets of stored objects: how many there are under which key, and sealing them again under the current
//! one, beside everything else that is written.
mod ring;
mod walk;

pub use ring::{KnownKey, RingRecord, Trouble, forget, is_only, missing, settle};
pub use walk::{Progress, QUEUE, begin, pause, progress, restart, walk_on};

use crate::{Noun, Object, Remembered, asks::Ask, cx::parse, turn};
use base::{Entropy, Named as _};
use std::{collections::BTreeMap, collections::HashMap};
use store::{Bytes, Commit, Doc, Fault, Key, Put, Record, Scope, Snapshot, Store, Unit};
use vault::{Kind, Place, Vault};

/// A sealed secret within an object.
pub struct Sealed<'s> {
    /// What sort of secret it is.
    pub kind: Kind,
    /// The id of the object that it is sealed to.
    pub object: String,
    /// What the vault made of it.
    pub text: &'s mut String,
}

impl<'s> Sealed<'s> {
    /// The one secret of an object, where it is there.
    pub fn one(kind: Kind, object: &str, text: &'s mut Option<String>) -> Vec<Self> {
        text.iter_mut().map(|text| Sealed { kind, object: object.to_owned(), text }).collect()
    }
}

/// Shows each secret of a stored object, and writes the object with what became of them: its body, and when it
/// expires.
pub type Revise = fn(&Doc, &mut dyn FnMut(Sealed<'_>)) -> Result<(Bytes, Option<i64>), Fault>;

pub(crate) fn revise<T: Object>(
    doc: &Doc,
    each: &mut dyn FnMut(Sealed<'_>),
) -> Result<(Bytes, Option<i64>), Fault> {
    let mut it: T = parse(doc).map_err(|stop| match stop {
        crate::Stop::Fault(fault) => fault,
        other => Fault::broken(format!("{other:?}")),
    })?;
    it.secrets().into_iter().for_each(each);
    Ok((Bytes::from(wire::to_stored(&it)), it.expires()))
}

/// How many documents are read at once.
const PAGE: usize = 250;
/// How many secrets are sealed again in one commit.
const TOGETHER: usize = 25;
/// How often one object is tried that others write, too.
const ATTEMPTS_MAX: usize = 50;

/// The sealed secrets of a home.
pub struct Secrets<'w> {
    /// The home.
    pub store: &'w dyn Store,
    /// What seals them.
    pub vault: &'w Vault,
    /// The nouns by name.
    pub nouns: fn(&str) -> Option<Noun>,
    /// Chance.
    pub entropy: &'w dyn Entropy,
}

/// What became of a stretch of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Secrets sealed again.
    pub resealed: u64,
    /// Secrets that no key of the ring opens.
    pub closed: u64,
    /// The path of the last document that was looked at; `None` at the end.
    pub last: Option<String>,
}

impl Secrets<'_> {
    /// Seals again what is outdated after the document `after`: about `limit` secrets, of any number of documents.
    pub async fn reseal(&self, after: &str, documents: usize, limit: usize) -> Result<Stretch, Fault> {
        let mut stretch = Stretch::default();
        let (mut keys, mut looked) = (Vec::new(), 0);
        let mut snapshot = self.store.snapshot(Scope::All).await?;
        snapshot.seek(after);
        'walk: while looked < documents && keys.len() < limit {
            let records = snapshot.next(PAGE).await?;
            stretch.last = None;
            for record in records {
                let Record::Doc(held) = record else {
                    stretch.last = None;
                    break 'walk;
                };
                looked += 1;
                if self.outdated(&held.doc)? {
                    keys.push(held.doc.key.clone());
                }
                stretch.last = Some(held.doc.key.path());
            }
            if stretch.last.is_none() {
                break;
            }
            turn::give().await;
        }
        drop(snapshot);
        for keys in keys.chunks(TOGETHER) {
            self.reseal_all(keys, &mut stretch).await?;
        }
        Ok(stretch)
    }

    /// Seals objects again in one commit, or one by one where somebody else writes one of them.
    async fn reseal_all(&self, keys: &[Key], stretch: &mut Stretch) -> Result<(), Fault> {
        if self.attempt(keys, stretch).await? {
            return Ok(());
        }
        for key in keys {
            let mut attempts = 0;
            while !self.attempt(std::slice::from_ref(key), stretch).await? {
                attempts += 1;
                if attempts == ATTEMPTS_MAX {
                    // It is written all the time; the next round meets it again.
                    tracing::warn!(object = key.path(), "a secret could not be sealed again yet");
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads objects, seals their secrets again and commits; `false` where one was changed meanwhile.
    async fn attempt(&self, keys: &[Key], stretch: &mut Stretch) -> Result<bool, Fault> {
        let (mut unit, mut resealed, mut closed) = (Unit::default(), 0, 0);
        for key in keys {
            let Some(doc) = self.store.get(key).await? else { continue };
            let Some(noun) = self.noun(doc.key.kind) else { continue };
            let mut changed = 0;
            let (body, expires) = (noun.revise)(&doc, &mut |secret| {
                if !self.vault.is_outdated(secret.text) {
                    return;
                }
                // A secret is sealed to the account as its own world knows it.
                let (_, account) = store::within(&doc.key.account);
                let at = Place { account, object: &secret.object };
                match self.vault.reseal(secret.kind, at, secret.text, self.entropy) {
                    Ok(fresh) => {
                        *secret.text = fresh;
                        changed += 1;
                    }
                    Err(error) => {
                        closed += 1;
                        // One line each could be millions; whoever finishes the walk tells how many there are.
                        tracing::debug!(object = doc.key.path(), %error, "a secret cannot be opened");
                    }
                }
            })?;
            if changed > 0 {
                resealed += changed;
                let (key, expect) = (doc.key, doc.version);
                let (index, stale) = (Vec::new(), Vec::new());
                unit.puts.push(Put { key, expect, body: Some(body), index, stale, expires });
            }
        }
        if !unit.is_empty() && self.store.commit(unit).await? != Commit::Done {
            return Ok(false);
        }
        stretch.resealed += resealed;
        stretch.closed += closed;
        Ok(true)
    }

    fn outdated(&self, doc: &Doc) -> Result<bool, Fault> {
        let mut outdated = false;
        look(self.nouns, doc, &mut |text| outdated |= self.vault.is_outdated(text))?;
        Ok(outdated)
    }

    fn noun(&self, kind: &str) -> Option<Noun> {
        noun(self.nouns, kind)
    }
}

fn noun(nouns: fn(&str) -> Option<Noun>, kind: &str) -> Option<Noun> {
    match kind {
        RingRecord::NAME => Some(Noun::of::<RingRecord>()),
        Ask::NAME => Some(Noun::of::<Ask>()),
        Remembered::NAME => Some(Noun::of::<Remembered>()),
        kind => nouns(kind),
    }
}

/// Shows the sealed texts of a document.
fn look(nouns: fn(&str) -> Option<Noun>, doc: &Doc, each: &mut dyn FnMut(&str)) -> Result<(), Fault> {
    // Most documents hold none, and need not be read for that.
    let Some(at) = doc.body.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
    if !doc.body[at..].windows(4).any(|found| found == b"\"v1.") {
        return Ok(());
    }
    let Some(noun) = noun(nouns, doc.key.kind) else { return Ok(()) };
    (noun.revise)(doc, &mut |secret| each(secret.text)).map(|_| ())
}

/// What a home holds sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// How many secrets are sealed under which key.
    pub under: BTreeMap<String, u64>,
    /// How far sealing again has come; `None` where there was no rotation yet.
    pub progress: Option<Progress>,
}

/// Counts the secrets in a snapshot of everything.
pub async fn census(snapshot: &mut dyn Snapshot, nouns: fn(&str) -> Option<Noun>) -> Result<Census, Fault> {
    let (mut under, mut progress) = (HashMap::<String, u64>::new(), None);
    'walk: loop {
        let records = snapshot.next(PAGE).await?;
        if records.is_empty() {
            break;
        }
        for record in records {
            let Record::Doc(held) = record else { break 'walk };
            if held.doc.key == walk::key() {
                progress = Some(walk::read(&held.doc)?);
                continue;
            }
            look(nouns, &held.doc, &mut |text| {
                if let Some(id) = vault::key_id(text) {
                    *under.entry(id.to_owned()).or_default() += 1;
                }
            })?;
        }
        turn::give().await;
    }
    Ok(Census { under: under.into_iter().collect(), progress })
}
