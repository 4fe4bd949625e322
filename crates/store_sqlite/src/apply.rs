//! One unit inside the writer's transaction: judged first, then written.
//!
//! A refusal must leave no trace of its unit while the other units of the batch stay. Savepoints would do that
//! but copy every page they touch, for something that hardly ever happens. Instead nearly everything is looked at
//! before the unit writes. What is not is whether a new id or unique key is free: their insertion says so itself.
//! If it does when the unit has already written, the unit is [`Applied::Spoiled`], and the writer rolls back and
//! repeats the batch without it, carefully: then these are looked at first, too.
use crate::{
    Outcome,
    counters::Counters,
    redo::{self, Draft},
    snapshot::spans,
};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Statement, params};
use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
    sync::Arc,
};
use store::{
    Commit, Doc, IndexKey, Key, Put, Scope, Unit,
    cache::{Cache, Hashed},
    keys,
};

/// What became of a unit inside the transaction.
pub(crate) enum Applied {
    Written,
    /// Refused before it wrote anything.
    Refused(Outcome),
    /// Refused after it wrote something: the transaction is good for nothing.
    Spoiled(Outcome),
}

/// What has expired within two times and two names; found by the time, since few of what has a name expires.
pub(crate) const EXPIRED: &str = "SELECT k FROM objects WHERE expires >= ?1 AND expires < ?2 AND +k >= ?3 AND +k < ?4 \
     ORDER BY expires LIMIT ?5";

struct Statements<'c> {
    version: Statement<'c>,
    insert: Statement<'c>,
    update: Statement<'c>,
    keys: Statement<'c>,
    update_keys: Statement<'c>,
    delete: Statement<'c>,
    unsettle: Statement<'c>,
    owner: Statement<'c>,
    own: Statement<'c>,
    disown: Statement<'c>,
    enlist: Statement<'c>,
    delist: Statement<'c>,
    due: Statement<'c>,
    done: Statement<'c>,
    counter: Statement<'c>,
    set_counter: Statement<'c>,
    expired: Statement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Statements {
            version: conn.prepare("SELECT version FROM objects WHERE k = ?1")?,
            insert: conn.prepare(
                "INSERT INTO objects (k, version, expires, keys, body) VALUES (?1, 1, ?2, ?3, ?4) \
                 ON CONFLICT (k) DO NOTHING",
            )?,
            update: conn.prepare(
                "UPDATE objects SET version = version + 1, expires = ?3, body = ?4 WHERE k = ?1 AND version = ?2",
            )?,
            keys: conn.prepare("SELECT keys FROM objects WHERE k = ?1")?,
            update_keys: conn.prepare(
                "UPDATE objects SET version = version + 1, expires = ?3, body = ?4, keys = ?5 \
                 WHERE k = ?1 AND version = ?2",
            )?,
            delete: conn.prepare("DELETE FROM objects WHERE k = ?1 RETURNING keys")?,
            unsettle: conn.prepare(redo::UNSETTLE)?,
            owner: conn.prepare("SELECT owner FROM uniques WHERE k = ?1")?,
            own: conn.prepare(
                "INSERT INTO uniques (k, owner) VALUES (?1, ?2) \
                 ON CONFLICT (k) DO UPDATE SET owner = excluded.owner WHERE owner = excluded.owner",
            )?,
            disown: conn.prepare("DELETE FROM uniques WHERE k = ?1 AND owner = ?2")?,
            enlist: conn.prepare("INSERT INTO listed (k) VALUES (?1) ON CONFLICT (k) DO NOTHING")?,
            delist: conn.prepare("DELETE FROM listed WHERE k = ?1")?,
            due: conn.prepare(
                "INSERT INTO due (k, body) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET body = excluded.body",
            )?,
            done: conn.prepare("DELETE FROM due WHERE k = ?1")?,
            counter: conn.prepare("SELECT n FROM counters WHERE k = ?1")?,
            set_counter: conn.prepare(
                "INSERT INTO counters (k, n) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET n = excluded.n",
            )?,
            expired: conn.prepare(EXPIRED)?,
        })
    }
}

/// What the writer knows while a batch is at work.
pub(crate) struct Apply<'c> {
    sql: Statements<'c>,
    docs: &'c Cache<Doc>,
    counters: Counters,
    /// Hashes of the keys written by this batch: what the cache says of them is not what the transaction says.
    touched: HashSet<u64, Hashed>,
    /// Unique keys (index, value) that went with their documents in this batch.
    freed: Vec<(String, String)>,
    /// The same changes for the journal, which also takes the bodies.
    pub(crate) draft: Draft,
}

impl<'c> Apply<'c> {
    pub(crate) fn new(conn: &'c Connection, docs: &'c Cache<Doc>) -> rusqlite::Result<Self> {
        Ok(Apply {
            sql: Statements::prepare(conn)?,
            docs,
            counters: Counters::default(),
            touched: HashSet::default(),
            freed: Vec::new(),
            draft: Draft::new(),
        })
    }

    /// Judges and writes one unit. Where it is `careful`, nearly no unit is spoiled.
    pub(crate) fn unit(&mut self, unit: &Unit, careful: bool) -> rusqlite::Result<Applied> {
        let ends = match self.judge(unit, careful)? {
            Ok(ends) => ends,
            Err(outcome) => return Ok(Applied::Refused(outcome)),
        };
        for (n, put) in unit.puts.iter().enumerate() {
            if !self.put(put)? {
                let conflict = Ok(Commit::Conflict);
                return Ok(if n == 0 { Applied::Refused(conflict) } else { Applied::Spoiled(conflict) });
            }
        }
        for put in &unit.puts {
            self.stale(put)?;
        }
        for put in unit.puts.iter().filter(|put| put.body.is_some() && !put.index.is_empty()) {
            if let Some(index) = self.index(put)? {
                return Ok(Applied::Spoiled(Ok(Commit::Duplicate { index })));
            }
        }
        // The tables get what has become of these by the time that they are committed.
        unit.done.iter().for_each(|key| self.draft.done(&key.path()));
        unit.due.iter().for_each(|due| self.draft.due(&due.key.path(), &due.body));
        self.counters.set(ends);
        Ok(Applied::Written)
    }

    /// Why the unit is refused, else where its counters end. The order of the reasons is the contract's:
    /// conflicts first, since a decision made on what is no longer so says nothing about keys and floors.
    fn judge<'u>(
        &mut self,
        unit: &'u Unit,
        careful: bool,
    ) -> rusqlite::Result<Result<BTreeMap<&'u str, i64>, Outcome>> {
        for (key, version) in &unit.checks {
            if self.version(key)? != *version {
                return Ok(Err(Ok(Commit::Conflict)));
            }
        }
        for put in &unit.puts {
            let looked_at = careful || put.expect > 0 || put.body.is_none();
            if looked_at && self.version(&put.key)? != put.expect {
                return Ok(Err(Ok(Commit::Conflict)));
            }
        }
        if careful && let Some(index) = self.taken(unit)? {
            return Ok(Err(Ok(Commit::Duplicate { index })));
        }
        let ends = self.counters.ends(&unit.adds, &mut self.sql.counter)?;
        // Before a floor is the reason, everything else must be known not to be.
        if ends.is_err() && !careful { self.judge(unit, true) } else { Ok(ends) }
    }

    /// The version of a document as this transaction sees it.
    fn version(&mut self, key: &Key) -> rusqlite::Result<u64> {
        let hash = self.docs.hash(key);
        if !self.touched.contains(&hash) {
            let known = self.docs.look(hash, |doc| (doc.key == *key).then_some(doc.version));
            if let Some(version) = known {
                return Ok(version);
            }
        }
        Ok(self.sql.version.query_row([key.path()], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    /// The first index of the unit whose key belongs to a document that the unit does not take it from.
    fn taken(&mut self, unit: &Unit) -> rusqlite::Result<Option<&'static str>> {
        for put in unit.puts.iter().filter(|put| put.body.is_some()) {
            for key in put.index.iter().filter(|key| key.unique) {
                let path = IndexKey::unique_path(key.index, &key.value);
                let owner: Option<String> = self.sql.owner.query_row([path], |row| row.get(0)).optional()?;
                let Some(owner) = owner.filter(|owner| *owner != put.key.path()) else { continue };
                let gives = |other: &Put| {
                    (other.body.is_none() || other.stale.contains(key)) && other.key.path() == owner
                };
                if !unit.puts.iter().any(gives) {
                    return Ok(Some(key.index));
                }
            }
        }
        Ok(None)
    }

    /// Writes a document; whether its version still was the expected one.
    fn put(&mut self, put: &Put) -> rusqlite::Result<bool> {
        let path = put.key.path();
        let Some(body) = &put.body else {
            // The version was looked at by `judge`.
            self.delete(&put.key, &path)?;
            return Ok(true);
        };
        if put.expect > 0 {
            self.sql.unsettle.execute([&path])?;
        }
        let mark = self.draft.mark();
        let (version, expires) = (put.expect + 1, put.expires);
        let written = if put.expect == 0 {
            let keys = keys::written(None, put);
            let place = self.draft.put(&path, version, expires, keys.as_deref(), body).text();
            self.sql.insert.execute(params![path, expires, keys, place])?
        } else if put.index.is_empty() && put.stale.is_empty() {
            let place = self.draft.update(&path, version, expires, body).text();
            self.sql.update.execute(params![path, put.expect as i64, expires, place])?
        } else {
            let old: Option<Option<Vec<u8>>> =
                self.sql.keys.query_row([&path], |row| row.get(0)).optional()?;
            let keys = keys::written(old.flatten().as_deref(), put);
            let place = self.draft.put(&path, version, expires, keys.as_deref(), body).text();
            self.sql.update_keys.execute(params![path, put.expect as i64, expires, place, keys])?
        };
        if written == 0 {
            self.draft.take_back(mark);
        }
        if written > 0 {
            self.touched.insert(self.docs.hash(&put.key));
        }
        Ok(written > 0)
    }

    /// Deletes a document and every index key that it has.
    fn delete(&mut self, key: &Key, path: &str) -> rusqlite::Result<()> {
        self.touched.insert(self.docs.hash(key));
        self.draft.gone(path);
        self.sql.unsettle.execute([path])?;
        let kept: Option<Option<Vec<u8>>> = self.sql.delete.query_row([path], |row| row.get(0)).optional()?;
        for held in keys::read(kept.flatten().as_deref()) {
            if held.unique {
                let unique = IndexKey::unique_path(held.index, held.value);
                self.draft.disown(&unique, path);
                self.sql.disown.execute([&unique, path])?;
                self.freed.push((held.index.to_owned(), held.value.to_owned()));
            } else {
                let listed = keys::listed_path(key, held.index, held.value);
                self.draft.delist(&listed);
                self.sql.delist.execute([listed])?;
            }
        }
        Ok(())
    }

    fn stale(&mut self, put: &Put) -> rusqlite::Result<()> {
        for key in &put.stale {
            if key.unique {
                let (unique, path) = (IndexKey::unique_path(key.index, &key.value), put.key.path());
                self.draft.disown(&unique, &path);
                self.sql.disown.execute([unique, path])?;
            } else {
                let listed = keys::listed_path(&put.key, key.index, &key.value);
                self.draft.delist(&listed);
                self.sql.delist.execute([listed])?;
            }
        }
        Ok(())
    }

    /// Writes index keys; the index of the first that belongs to another document.
    fn index(&mut self, put: &Put) -> rusqlite::Result<Option<&'static str>> {
        for key in &put.index {
            if !key.unique {
                let listed = keys::listed_path(&put.key, key.index, &key.value);
                self.draft.enlist(&listed);
                self.sql.enlist.execute([listed])?;
                continue;
            }
            let (unique, path) = (IndexKey::unique_path(key.index, &key.value), put.key.path());
            self.draft.own(&unique, &path);
            if self.sql.own.execute([unique, path])? == 0 {
                return Ok(Some(key.index));
            }
        }
        Ok(None)
    }

    /// Deletes documents that have expired; returns their keys.
    pub(crate) fn sweep(
        &mut self,
        scope: &Scope,
        over: &Range<i64>,
        limit: usize,
    ) -> rusqlite::Result<Vec<Key>> {
        let mut expired: Vec<String> = Vec::new();
        for (from, to) in spans(scope) {
            let left = i64::try_from(limit - expired.len()).unwrap_or(i64::MAX);
            let within = params![over.start, over.end, from, to, left];
            for path in self.sql.expired.query_map(within, |row| row.get(0))? {
                expired.push(path?);
            }
        }
        let mut swept = Vec::new();
        for path in expired {
            if let Some(key) = Key::parse(&path) {
                self.delete(&key, &path)?;
                swept.push(key);
            }
        }
        Ok(swept)
    }

    /// Brings the tables up to what was acknowledged of due work: it is there, or it is gone.
    pub(crate) fn due(&mut self, changes: &[(Arc<str>, Option<Bytes>)]) -> rusqlite::Result<()> {
        for (path, work) in changes {
            match work {
                Some(body) => self.sql.due.execute(params![path, &**body])?,
                None => self.sql.done.execute([path])?,
            };
        }
        Ok(())
    }

    /// The last thing of a batch.
    pub(crate) fn flush(&mut self) -> rusqlite::Result<()> {
        self.counters.flush(&mut self.sql.set_counter, &mut self.draft)
    }

    /// After the batch is durable; returns the hashes of the documents that it wrote, to be taken out, and the unique
    /// keys that went with theirs.
    pub(crate) fn committed(&mut self) -> (&mut HashSet<u64, Hashed>, Vec<(String, String)>) {
        self.counters.committed();
        (&mut self.touched, std::mem::take(&mut self.freed))
    }

    /// After ROLLBACK, for a batch that will be repeated.
    pub(crate) fn roll_back(&mut self) {
        self.touched.clear();
        self.freed.clear();
        self.counters.roll_back();
    }

    /// After an error.
    pub(crate) fn forget(&mut self) {
        self.roll_back();
        self.counters.forget();
    }
}
