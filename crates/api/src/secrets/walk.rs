//! The walk that seals every outdated secret again. Where it is stands in the home, and a piece of due work is its
//! baton: whoever has leased it walks a stretch, so that of several nodes one does at a time, and a killed one is
//! succeeded.
use super::{Secrets, census};
use base::Named;
use std::time::Duration;
use store::{Bytes, Commit, Doc, Due, DueKey, Fault, Key, Put, Scope, Store, Unit};
use wire::Wire;

/// The queue of the baton.
pub const QUEUE: &str = "reseal";
/// The walk begins so long after a key was taken up, in milliseconds: what was sealed before is committed by then.
const BEGIN_MS: i64 = 1_500;

/// How far sealing again has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Wire)]
pub struct Progress {
    /// The key under which everything shall be.
    pub to: String,
    /// How many secrets were outdated when the walk was begun; `null` before they were counted.
    pub outdated: Option<i64>,
    /// How many were sealed again.
    pub resealed: i64,
    /// How many no key of the ring opens.
    pub closed: i64,
    /// Whether a whole round found nothing left to do.
    pub finished: bool,
    /// The document up to which was walked in this round.
    pub after: String,
    /// How many were sealed again in this round.
    pub round: i64,
}

impl Named for Progress {
    const NAME: &'static str = "vault_walk";
    const PREFIX: &'static str = "walk";
}

impl Progress {
    /// How many secrets are left, as far as is known.
    pub fn left(&self) -> i64 {
        if self.finished { 0 } else { (self.outdated.unwrap_or(0) - self.resealed - self.closed).max(0) }
    }
}

pub(super) fn key() -> Key {
    Key::house(Progress::NAME, "reseal")
}

pub(super) fn read(doc: &Doc) -> Result<Progress, Fault> {
    wire::from_json(&doc.body)
        .map_err(|bad| Fault::broken(format!("the progress of sealing again is unreadable: {bad:?}")))
}

/// How far it has come; `None` where it was never begun.
pub async fn progress(store: &dyn Store) -> Result<Option<Progress>, Fault> {
    store.get(&key()).await?.map(|doc| read(&doc)).transpose()
}

/// Begins a walk to the key that seals, where none has come to its end: at the start, and (`anew`) whenever a node
/// took up another key, for until then it sealed under the one before.
pub async fn begin(store: &dyn Store, to: &str, now_ms: i64, anew: bool) -> Result<(), Fault> {
    loop {
        let doc = store.get(&key()).await?;
        let version = doc.as_ref().map_or(0, |doc| doc.version);
        let before = doc.as_ref().map(read).transpose()?;
        let mut unit = match before.filter(|it| !anew && it.to == to) {
            Some(Progress { finished: true, .. }) => return Ok(()),
            // A walk without a baton is possible: a command that was stopped leaves one behind. Two batons do no harm.
            Some(_) => Unit::default(),
            None => put(&Progress { to: to.to_owned(), ..Progress::default() }, version),
        };
        unit.due.push(baton(now_ms + BEGIN_MS));
        if store.commit(unit).await? == Commit::Done {
            return Ok(());
        }
    }
}

/// Lets a walk that has ended go one round more: what it counted stays.
pub async fn restart(store: &dyn Store) -> Result<(), Fault> {
    let Some(doc) = store.get(&key()).await? else { return Ok(()) };
    let progress = Progress { finished: false, after: String::new(), ..read(&doc)? };
    // Whoever was faster began a round as well.
    store.commit(put(&progress, doc.version)).await.map(|_| ())
}

fn put(progress: &Progress, expect: u64) -> Unit {
    let body = Some(Bytes::from(wire::to_stored(progress)));
    let put = Put { key: key(), expect, body, index: Vec::new(), stale: Vec::new(), expires: None };
    Unit { puts: vec![put], ..Unit::default() }
}

fn baton(at_ms: i64) -> Due {
    Due { key: DueKey { queue: QUEUE, at_ms, id: "walk".into() }, body: Bytes::new() }
}

/// Walks a stretch: `documents` documents or about `limit` secrets. `held`: the baton and the time at which the next
/// stretch is due, given what this one took; without it the walk goes on only by being called again. Returns how far
/// it has come.
pub async fn walk_on(
    secrets: &Secrets<'_>,
    documents: usize,
    limit: usize,
    held: Option<(DueKey, &(dyn Fn() -> i64 + Sync))>,
) -> Result<Progress, Fault> {
    let doc = secrets.store.get(&key()).await?;
    let version = doc.as_ref().map_or(0, |doc| doc.version);
    let mut progress = doc.as_ref().map(read).transpose()?.unwrap_or_default();
    let to = secrets.vault.current_id();
    if held.is_none() && progress.to != to {
        progress = Progress { to: to.clone(), ..Progress::default() };
    }
    // A node without the key leaves the walk to the others.
    let ours = progress.to == to;
    if ours && !progress.finished {
        match progress.outdated {
            None => {
                let mut snapshot = secrets.store.snapshot(Scope::All).await?;
                let under = census(&mut *snapshot, secrets.nouns).await?.under;
                let outdated = under.iter().filter(|(id, _)| **id != to).map(|(_, count)| *count as i64);
                progress.outdated = Some(outdated.sum());
            }
            Some(_) => stretch(secrets, &mut progress, documents, limit).await?,
        }
    }
    let mut unit = if ours { put(&progress, version) } else { Unit::default() };
    let mut passed_on = Unit::default();
    if let Some((key, next)) = held {
        let following = baton(next().max(key.at_ms + 1));
        if !progress.finished {
            unit.due.push(following.clone());
        }
        passed_on.due.push(following);
        passed_on.done.push(key.clone());
        unit.done.push(key);
    }
    if secrets.store.commit(unit).await? != Commit::Done {
        // Somebody else walks or began anew: what was sealed again stays so, and the next stretch begins where they are.
        progress.finished = false;
        if !passed_on.is_empty() {
            secrets.store.commit(passed_on).await?;
        }
    }
    Ok(progress)
}

async fn stretch(
    secrets: &Secrets<'_>,
    progress: &mut Progress,
    documents: usize,
    limit: usize,
) -> Result<(), Fault> {
    if progress.after.is_empty() {
        (progress.round, progress.closed) = (0, 0);
    }
    let stretch = secrets.reseal(&progress.after, documents, limit).await?;
    progress.resealed += stretch.resealed as i64;
    progress.round += stretch.resealed as i64;
    progress.closed += stretch.closed as i64;
    match stretch.last {
        Some(last) => progress.after = last,
        None => {
            progress.after.clear();
            // Only a round that found nothing shows that nothing is left.
            progress.finished = progress.round == 0;
        }
    }
    Ok(())
}

/// How long the next stretch waits after one that took so long, so that requests have most of the machine.
pub fn pause(took: Duration) -> Duration {
    (took * 3).clamp(Duration::from_millis(5), Duration::from_secs(5))
}
