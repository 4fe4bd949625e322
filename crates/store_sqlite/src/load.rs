//! Records put into the file as they are, and accounts erased, inside the writer's transaction.
use crate::{fault::Broken, reader, redo, snapshot::spans};
use rusqlite::{Connection, OptionalExtension, params};
use store::{Due, DueKey, Fault, Held, IndexKey, Key, Load, Record, Scope, keys};

/// What a load changed, so that nothing older is believed afterwards.
#[derive(Default)]
pub(crate) struct Changed {
    pub(crate) docs: Vec<Key>,
    /// Unique keys: index and value.
    pub(crate) owners: Vec<(String, String)>,
    /// Work that is gone.
    pub(crate) ended: Vec<DueKey>,
    /// Whether there is work to do.
    pub(crate) wakes: bool,
}

/// Why a load did not happen.
pub(crate) enum Refusal {
    /// The home failed.
    Broken(Broken),
    /// What was to be loaded cannot be.
    Fault(Fault),
}

impl<E: Into<Broken>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Refusal::Broken(error.into())
    }
}

pub(crate) fn load(conn: &Connection, load: Load) -> Result<Changed, Refusal> {
    let mut changed = Changed::default();
    let Load { erase, records } = load;
    for span in spans(&erase) {
        erase_docs(conn, &span, &mut changed)?;
        let counters = "DELETE FROM counters WHERE k >= ?1 AND k < ?2";
        conn.prepare_cached(counters)?.execute([&span.0, &span.1])?;
    }
    erase_due(conn, &erase, &mut changed)?;
    // All documents that are replaced give up their keys before any takes one.
    for record in &records {
        if let Record::Doc(held) = record {
            replace(conn, &held.doc.key, &mut changed)?;
        }
    }
    for record in records {
        match record {
            Record::Doc(held) => put(conn, held, &mut changed)?,
            Record::Counter { name, value } => {
                let sql = "INSERT INTO counters (k, n) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET n = excluded.n";
                conn.prepare_cached(sql)?.execute(params![name, value])?;
            }
            Record::Due(Due { key, body }) => {
                let sql = "INSERT INTO due (k, body) VALUES (?1, ?2) \
                           ON CONFLICT (k) DO UPDATE SET body = excluded.body";
                conn.prepare_cached(sql)?.execute(params![key.path(), &*body])?;
                changed.wakes = true;
            }
        }
    }
    Ok(changed)
}

fn erase_docs(
    conn: &Connection,
    (from, to): &(String, String),
    changed: &mut Changed,
) -> rusqlite::Result<()> {
    let settled = "DELETE FROM bodies WHERE n IN (SELECT body FROM objects WHERE k >= ?1 AND k < ?2)";
    conn.prepare_cached(settled)?.execute([from, to])?;
    let mut erase = conn.prepare_cached("DELETE FROM objects WHERE k >= ?1 AND k < ?2 RETURNING k, keys")?;
    let mut rows = erase.query([from, to])?;
    let mut disown = conn.prepare_cached("DELETE FROM uniques WHERE k = ?1 AND owner = ?2")?;
    let mut delist = conn.prepare_cached("DELETE FROM listed WHERE k = ?1")?;
    // The entries of a kind begin as its documents do; those of some ids of it stand among those of others.
    let whole = from.splitn(4, '/').nth(3).is_none_or(str::is_empty);
    while let Some(row) = rows.next()? {
        let path = reader::text(row, 0)?;
        let kept: Option<Vec<u8>> = row.get(1)?;
        let key = Key::parse(path);
        for held in keys::read(kept.as_deref()) {
            if held.unique {
                disown.execute([IndexKey::unique_path(held.index, held.value).as_str(), path])?;
                changed.owners.push((held.index.to_owned(), held.value.to_owned()));
            } else if let Some(key) = key.as_ref().filter(|_| !whole) {
                delist.execute([keys::listed_path(key, held.index, held.value)])?;
            }
        }
        changed.docs.extend(key);
    }
    if whole {
        conn.prepare_cached("DELETE FROM listed WHERE k >= ?1 AND k < ?2")?.execute([from, to])?;
    }
    Ok(())
}

/// Work is named by queue and time, so that of an account is looked for.
fn erase_due(conn: &Connection, erased: &Scope, changed: &mut Changed) -> rusqlite::Result<()> {
    if erased.spaces().is_some_and(|spaces| spaces.is_empty()) {
        return Ok(());
    }
    let mut names = conn.prepare_cached("SELECT k FROM due")?;
    let mut rows = names.query([])?;
    while let Some(row) = rows.next()? {
        changed.ended.extend(DueKey::parse(reader::text(row, 0)?).filter(|key| erased.holds(key)));
    }
    let mut done = conn.prepare_cached("DELETE FROM due WHERE k = ?1")?;
    changed.ended.iter().try_for_each(|key| done.execute([key.path()]).map(drop))
}

/// Takes away the document that stands where another one will, with its entries.
fn replace(conn: &Connection, key: &Key, changed: &mut Changed) -> rusqlite::Result<()> {
    let path = key.path();
    conn.prepare_cached(redo::UNSETTLE)?.execute([&path])?;
    let mut delete = conn.prepare_cached("DELETE FROM objects WHERE k = ?1 RETURNING keys")?;
    let kept: Option<Option<Vec<u8>>> = delete.query_row([&path], |row| row.get(0)).optional()?;
    for held in keys::read(kept.flatten().as_deref()) {
        if held.unique {
            let unique = IndexKey::unique_path(held.index, held.value);
            conn.prepare_cached("DELETE FROM uniques WHERE k = ?1 AND owner = ?2")?
                .execute([&unique, &path])?;
            changed.owners.push((held.index.to_owned(), held.value.to_owned()));
        } else {
            let listed = keys::listed_path(key, held.index, held.value);
            conn.prepare_cached("DELETE FROM listed WHERE k = ?1")?.execute([listed])?;
        }
    }
    Ok(())
}

fn put(conn: &Connection, held: Held, changed: &mut Changed) -> Result<(), Refusal> {
    let Held { doc, index, expires } = held;
    let path = doc.key.path();
    let kept = keys::whole(&index);
    conn.prepare_cached("INSERT INTO bodies (body) VALUES (?1)")?.execute([&*doc.body])?;
    let settled = conn.last_insert_rowid();
    let sql = "INSERT INTO objects (k, version, expires, keys, body) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (k) DO NOTHING";
    let version = i64::try_from(doc.version).unwrap_or(i64::MAX);
    if conn.prepare_cached(sql)?.execute(params![path, version, expires, kept, settled])? == 0 {
        return Err(Refusal::Fault(Fault::broken(format!("{path} cannot be loaded: it is there twice"))));
    }
    for index in index {
        if !index.unique {
            let sql = "INSERT INTO listed (k) VALUES (?1) ON CONFLICT (k) DO NOTHING";
            conn.prepare_cached(sql)?.execute([keys::listed_path(&doc.key, index.index, &index.value)])?;
            continue;
        }
        let unique = IndexKey::unique_path(index.index, &index.value);
        let sql = "INSERT INTO uniques (k, owner) VALUES (?1, ?2) ON CONFLICT (k) DO NOTHING";
        if conn.prepare_cached(sql)?.execute([&unique, &path])? == 0 {
            let told = format!("{path} cannot be loaded: {unique} belongs to another document");
            return Err(Refusal::Fault(Fault::broken(told)));
        }
        changed.owners.push((index.index.to_owned(), index.value));
    }
    changed.docs.push(doc.key);
    Ok(())
}
