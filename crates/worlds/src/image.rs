//! Images of worlds: records as they are kept for later, and as they become those of a copy.
use crate::{clock::Dating, names::Names, records::WorldRecord, space::Space};
use api::{Object, access::Credential};
use base::{Named as _, Timestamp};
use resources::connect::session::Session;
use store::{Doc, Due, DueKey, Fault, Held, IndexKey, Record, declared, world_prefix};

/// The index key that says when a kept document would expire; nothing of a snapshot is swept away.
const EXPIRES: &str = "kept_expires";
/// Leads the queue of kept work, which nobody does.
const KEPT_QUEUE: &str = "kept ";

/// The key space of a snapshot of the world with this tag.
pub(crate) fn space(tag: &str, name: &str) -> Space {
    Space::Led(world_prefix(&format!("{tag}.{name}")))
}

fn unwritable() -> Fault {
    Fault::broken("a record has no name in a snapshot")
}

/// Records of a world as a snapshot keeps them in the home.
pub(crate) fn keep(space: &Space, records: Vec<Record>) -> Result<Vec<Record>, Fault> {
    let keep = |record| {
        let record = match record {
            Record::Doc(mut held) => {
                let expires = held.expires.take();
                held.index.extend(expires.map(|at| IndexKey::listed(EXPIRES, at.to_string())));
                held.index.sort();
                Record::Doc(held)
            }
            Record::Due(Due { key, body }) => {
                let queue = declared(&[KEPT_QUEUE, key.queue].concat());
                Record::Due(Due { key: DueKey { queue, ..key }, body })
            }
            counter @ Record::Counter { .. } => counter,
        };
        space.record_in(record, Dating::WALL).ok_or_else(unwritable)
    };
    records.into_iter().map(keep).collect()
}

/// The records of a world again, from what [`keep`] made and the space has read.
pub(crate) fn unkeep(record: Record) -> Record {
    match record {
        Record::Doc(mut held) => {
            held.expires =
                held.index.iter().find(|it| it.index == EXPIRES).and_then(|it| it.value.parse().ok());
            held.index.retain(|it| it.index != EXPIRES);
            Record::Doc(held)
        }
        Record::Due(Due { key, body }) => {
            let queue = key.queue.strip_prefix(KEPT_QUEUE).map_or(key.queue, declared);
            Record::Due(Due { key: DueKey { queue, ..key }, body })
        }
        counter @ Record::Counter { .. } => counter,
    }
}

/// Records of a world as those of a copy with client ids, keys and sign-ins of its own. What others hold of the
/// original (sessions, access tokens) stays with the original.
pub(crate) fn fork(
    original: &WorldRecord,
    copy: &Names,
    records: Vec<Record>,
    now: Timestamp,
) -> Result<Vec<Record>, Fault> {
    let names = Renaming::of(original, copy);
    let mut forked = Vec::with_capacity(records.len());
    for record in records {
        match record {
            Record::Doc(held) if held.doc.key.kind == Session::NAME => {}
            Record::Doc(held) if held.doc.key.kind == Credential::NAME => {
                let it: Credential = wire::from_json(&held.doc.body)
                    .map_err(|bad| Fault::broken(format!("a key is not readable: {bad:?}")))?;
                let keys = match (&it.application, &it.account) {
                    (None, account) if *account == original.account => &copy.keys,
                    (None, account) if *account == original.seller => &copy.seller_keys,
                    // A token leads to the world that gave it out.
                    _ => continue,
                };
                let text = match (it.kind.as_str(), it.livemode) {
                    ("secret", false) => Some(&keys.secret_test),
                    ("publishable", false) => Some(&keys.publishable_test),
                    ("secret", true) => keys.secret_live.as_ref(),
                    ("publishable", true) => keys.publishable_live.as_ref(),
                    _ => None,
                };
                if let Some(text) = text {
                    forked.push(record_of(&Credential::for_key(text, &it.account, it.version, now)));
                }
            }
            other => forked.push(names.rename(other)),
        }
    }
    Ok(forked)
}

/// A new document of a world's house.
pub(crate) fn record_of<T: Object>(it: &T) -> Record {
    let key = T::PLACE.key(T::NAME, "", false, it.id());
    let mut index = it.indexes();
    index.sort();
    Record::Doc(Held {
        doc: Doc { key, version: 1, body: wire::to_stored(it).into() },
        index,
        expires: it.expires(),
    })
}

/// Names of the original and what they become.
struct Renaming {
    /// Client ids, wherever they stand.
    anywhere: [(String, String); 2],
    /// Addresses, where they are the whole of a text.
    whole: [(String, String); 2],
}

impl Renaming {
    fn of(original: &WorldRecord, copy: &Names) -> Self {
        let pair = |old: &String, new: &String| (old.clone(), new.clone());
        Renaming {
            anywhere: [
                pair(&original.development_client_id, &copy.clients.development),
                pair(&original.production_client_id, &copy.clients.production),
            ],
            whole: [pair(&original.email, &copy.email), pair(&original.seller_email, &copy.seller_email)],
        }
    }

    fn text(&self, text: &mut String) {
        for (old, new) in &self.whole {
            if text == old {
                text.clone_from(new);
            }
        }
        for (old, new) in &self.anywhere {
            if text.contains(old.as_str()) {
                *text = text.replace(old.as_str(), new);
            }
        }
    }

    fn body(&self, body: store::Bytes) -> store::Bytes {
        let Ok(text) = std::str::from_utf8(&body) else { return body };
        let mut changed: Option<String> = None;
        let whole = self.whole.iter().map(|(old, new)| (format!("\"{old}\""), format!("\"{new}\"")));
        for (old, new) in whole.chain(self.anywhere.iter().cloned()) {
            let now = changed.as_deref().unwrap_or(text);
            if now.contains(&old) {
                changed = Some(now.replace(&old, &new));
            }
        }
        changed.map_or_else(|| body.clone(), Into::into)
    }

    fn rename(&self, record: Record) -> Record {
        match record {
            Record::Doc(mut held) => {
                self.text(&mut held.doc.key.id);
                held.index.iter_mut().for_each(|it| self.text(&mut it.value));
                held.doc.body = self.body(held.doc.body);
                Record::Doc(held)
            }
            Record::Counter { mut name, value } => {
                self.text(&mut name);
                Record::Counter { name, value }
            }
            Record::Due(Due { mut key, body }) => {
                self.text(&mut key.id);
                Record::Due(Due { key, body: self.body(body) })
            }
        }
    }
}
