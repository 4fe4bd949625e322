//! Compares the tables of index entries with what is kept beside the documents, both ways.
use crate::{
    place::{self, join},
    session::Session,
    trouble::Trouble,
    write::columns,
};
use std::collections::{HashMap, HashSet};
use store::{Flaw, IndexKey, Key, keys};

type Tell<'t> = &'t mut (dyn FnMut(Flaw) + Send);

const ROWS: i64 = 500;
const DOCS: &str =
    "SELECT space, k, keys FROM objects WHERE (space, k) > ($1, $2) ORDER BY space, k LIMIT $3";
const UNIQUES: &str = "SELECT k, space, owner FROM uniques WHERE k > $1 ORDER BY k LIMIT $2";
const LISTED: &str =
    "SELECT space, k, id FROM listed WHERE (space, k, id) > ($1, $2, $3) ORDER BY space, k, id LIMIT $4";
const OWNERS: &str = "SELECT k, space, owner FROM uniques WHERE k = ANY($1)";
const ENTRIES: &str = "SELECT l.space, l.k, l.id FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS w (space, k, id) \
     JOIN listed l ON l.space = w.space AND l.k = w.k AND l.id = w.id";
const KEYS: &str = "SELECT o.space, o.k, o.keys FROM unnest($1::bytea[], $2::bytea[]) AS w (space, k) \
     JOIN objects o ON o.space = w.space AND o.k = w.k";

pub(crate) async fn audit(session: &Session, tell: Tell<'_>) -> Result<(), Trouble> {
    documents_have_their_entries(session, tell).await?;
    uniques_have_their_documents(session, tell).await?;
    listed_have_their_documents(session, tell).await
}

/// The columns of an entry by which a document is listed.
type Entry = (Vec<u8>, Vec<u8>, Vec<u8>);

fn entry(key: &Key, index: &IndexKey) -> Entry {
    let entries = place::entries(key.live, key.kind, index.index, &index.value);
    (place::space(&key.account), entries, key.id.clone().into_bytes())
}

async fn documents_have_their_entries(session: &Session, tell: Tell<'_>) -> Result<(), Trouble> {
    let (mut space, mut k): (Vec<u8>, Vec<u8>) = Default::default();
    loop {
        let rows = session.query(DOCS, &[&space, &k, &ROWS]).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        (space, k) = (last.try_get(0)?, last.try_get(1)?);
        let (mut unique, mut listed) = (Vec::new(), Vec::new());
        for row in &rows {
            let path = join(row.try_get(0)?, row.try_get(1)?);
            let Some(key) = Key::parse(&path) else {
                tell(Flaw::new(path, "a name in objects that can be read", "something else"));
                continue;
            };
            for index in keys::list(row.try_get(2)?) {
                if index.unique {
                    unique.push((path.clone(), IndexKey::unique_path(index.index, &index.value)));
                } else {
                    listed.push((path.clone(), entry(&key, &index)));
                }
            }
        }
        let names: Vec<&[u8]> = unique.iter().map(|(_, at)| at.as_bytes()).collect();
        let mut owners = HashMap::new();
        for row in session.query(OWNERS, &[&names]).await? {
            owners.insert(join(row.try_get(0)?, &[]), join(row.try_get(1)?, row.try_get(2)?));
        }
        for (path, at) in &unique {
            let found = owners.get(at);
            if found != Some(path) {
                let found = found.map_or("no entry".to_owned(), |other| format!("an entry of {other}"));
                tell(Flaw::new(path.as_str(), format!("the unique index entry {at}"), found));
            }
        }
        let there = entries(session, listed.iter().map(|(_, entry)| entry)).await?;
        for (path, entry) in listed.iter().filter(|(_, entry)| !there.contains(entry)) {
            tell(Flaw::new(path.as_str(), format!("the index entry {}", shown(entry)), "no entry"));
        }
    }
}

fn shown((space, k, id): &Entry) -> String {
    join(space, &[k.as_slice(), id.as_slice()].join(&b'/'))
}

/// Those entries that are there.
async fn entries<'a>(
    session: &Session,
    wanted: impl Iterator<Item = &'a Entry>,
) -> Result<HashSet<Entry>, Trouble> {
    let (mut spaces, mut ks, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (space, k, id) in wanted {
        spaces.push(space.as_slice());
        ks.push(k.as_slice());
        ids.push(id.as_slice());
    }
    let mut there = HashSet::new();
    for row in session.query(ENTRIES, &[&spaces, &ks, &ids]).await? {
        there.insert((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    }
    Ok(there)
}

/// The index keys of documents, by path.
async fn keys_of(session: &Session, paths: &[String]) -> Result<HashMap<String, Vec<IndexKey>>, Trouble> {
    let (spaces, ks) = columns(paths);
    let mut found = HashMap::new();
    for row in session.query(KEYS, &[&spaces, &ks]).await? {
        found.insert(join(row.try_get(0)?, row.try_get(1)?), keys::list(row.try_get(2)?));
    }
    Ok(found)
}

async fn uniques_have_their_documents(session: &Session, tell: Tell<'_>) -> Result<(), Trouble> {
    let mut after: Vec<u8> = Vec::new();
    loop {
        let rows = session.query(UNIQUES, &[&after, &ROWS]).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get(0)?;
        let mut owners = Vec::with_capacity(rows.len());
        for row in &rows {
            owners.push(join(row.try_get(1)?, row.try_get(2)?));
        }
        let found = keys_of(session, &owners).await?;
        for (row, owner) in rows.iter().zip(&owners) {
            let at = join(row.try_get(0)?, &[]);
            let is = |key: &IndexKey| key.unique && IndexKey::unique_path(key.index, &key.value) == at;
            if !found.get(owner).is_some_and(|keys| keys.iter().any(is)) {
                tell(Flaw::new(at, format!("a document {owner} that has this unique key"), "none"));
            }
        }
    }
}

async fn listed_have_their_documents(session: &Session, tell: Tell<'_>) -> Result<(), Trouble> {
    let mut after = Entry::default();
    loop {
        let rows = session.query(LISTED, &[&after.0, &after.1, &after.2, &ROWS]).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.try_get(0)?, last.try_get(1)?, last.try_get(2)?);
        let (mut all, mut paths) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in &rows {
            let it: Entry = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            // Up to the value it reads as the key of a document.
            let key = Key::parse(&join(&it.0, &it.1));
            let key = key.map(|key| Key { id: String::from_utf8_lossy(&it.2).into_owned(), ..key });
            paths.push(key.as_ref().map(Key::path).unwrap_or_default());
            all.push((it, key));
        }
        let found = keys_of(session, &paths).await?;
        for ((it, key), path) in all.iter().zip(&paths) {
            let has = key.as_ref().zip(found.get(path)).is_some_and(|(key, keys)| {
                keys.iter().any(|index| !index.unique && entry(key, index) == *it)
            });
            if !has {
                tell(Flaw::new(shown(it), "a document that has this index key", "none"));
            }
        }
    }
}
