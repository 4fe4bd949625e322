//! Records put into the database as they are, and accounts erased, in one transaction.
use crate::{
    Shared,
    place::{self, Span, split},
    session::{Attempts, Session, within},
    sweep::Entries,
    trouble::Trouble,
    write::{DUE, Docs, Dues, ENLIST, INSERT, Names, Triples, columns, push},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use store::{Fault, Held, IndexKey, Load, Record, Scope, keys};
use tokio::time::Instant;

/// How long a load may take.
const LOAD_MAX: Duration = Duration::from_mins(10);

const ERASE_DOCS: &str = "DELETE FROM objects WHERE (space, k) >= ($1, $2) AND (space, k) < ($3, $4) \
     RETURNING space, k, keys";
const ERASE_COUNTERS: &str = "DELETE FROM counters WHERE (space, k) >= ($1, $2) AND (space, k) < ($3, $4)";
/// Work is named by queue and time, so that of a scope is looked for.
const ERASE_DUE: &str = "DELETE FROM due d USING unnest($1::bytea[]) AS w (beginning) \
     WHERE substring(d.id FROM 1 FOR length(w.beginning)) = w.beginning";
const REPLACE: &str = "DELETE FROM objects o USING unnest($1::bytea[], $2::bytea[]) AS w (space, k) \
     WHERE o.space = w.space AND o.k = w.k RETURNING o.space, o.k, o.keys";
const OWN: &str = "INSERT INTO uniques (k, space, owner) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) \
     ON CONFLICT (k) DO NOTHING RETURNING k";
const COUNT: &str = "INSERT INTO counters (space, k, n) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) \
     ON CONFLICT (space, k) DO UPDATE SET n = excluded.n";

enum Miss {
    Trouble(Trouble),
    Refused(Fault),
    Unknown(Trouble),
}

impl<E: Into<Trouble>> From<E> for Miss {
    fn from(error: E) -> Self {
        Miss::Trouble(error.into())
    }
}

/// What is put, in the order in which it is written, each thing once.
#[derive(Default)]
struct Put<'a> {
    docs: BTreeMap<String, &'a Held>,
    /// Unique keys with the path of their owner.
    owned: BTreeMap<String, String>,
    counters: BTreeMap<&'a str, i64>,
    due: Vec<&'a store::Due>,
}

fn taken(path: &str, unique: &str) -> Fault {
    Fault::broken(format!("{path} cannot be loaded: {unique} belongs to another document"))
}

impl<'a> Put<'a> {
    fn of(records: &'a [Record]) -> Result<Self, Fault> {
        let mut put = Put::default();
        for record in records {
            match record {
                Record::Doc(held) => {
                    let path = held.doc.key.path();
                    for key in held.index.iter().filter(|key| key.unique) {
                        let unique = IndexKey::unique_path(key.index, &key.value);
                        if put.owned.get(&unique).is_some_and(|owner| *owner != path) {
                            return Err(taken(&path, &unique));
                        }
                        put.owned.insert(unique, path.clone());
                    }
                    if put.docs.contains_key(&path) {
                        return Err(Fault::broken(format!("{path} cannot be loaded: it is there twice")));
                    }
                    put.docs.insert(path, held);
                }
                Record::Counter { name, value } => drop(put.counters.insert(name, *value)),
                Record::Due(due) => put.due.push(due),
            }
        }
        put.due.sort_by(|a, b| a.key.cmp(&b.key));
        put.due.dedup_by(|later, earlier| {
            later.key == earlier.key && {
                *earlier = *later;
                true
            }
        });
        Ok(put)
    }
}

pub(crate) async fn load(shared: &Shared, load: Load) -> Result<(), Fault> {
    let Load { erase, records } = load;
    let put = Put::of(&records)?;
    let mut attempts = Attempts::until(Instant::now() + shared.patience);
    loop {
        let why = match once(shared, &erase, &put).await {
            Ok(()) => break,
            Err(Miss::Refused(fault)) => return Err(fault),
            Err(Miss::Unknown(why)) => {
                let told = format!(
                    "the connection to the database was lost before it answered: whether this was loaded is not known ({why})"
                );
                return Err(Fault::broken(told));
            }
            Err(Miss::Trouble(why)) => why,
        };
        let told = format!("the database could not be loaded: {why}");
        if !why.passes() && !matches!(why, Trouble::Taken(_)) {
            return Err(Fault::broken(told));
        }
        if !attempts.again().await {
            return Err(Fault::unavailable(told));
        }
    }
    if !put.due.is_empty() {
        shared.wake();
    }
    Ok(())
}

async fn once(shared: &Shared, scope: &Scope, put: &Put<'_>) -> Result<(), Miss> {
    let deadline = Instant::now() + LOAD_MAX;
    let session = within(deadline, shared.connector.open()).await?;
    session.run("SET statement_timeout = 0; BEGIN").await?;
    let writing = async {
        erase(&session, scope, put).await?;
        write(shared, &session, put).await
    };
    match tokio::time::timeout_at(deadline, writing).await {
        Ok(done) => done?,
        Err(_) => return Err(Trouble::Lost("it did not answer in time".into()).into()),
    }
    within(deadline, session.run("COMMIT")).await.map_err(|why| match why {
        Trouble::Lost(_) => Miss::Unknown(why),
        why => Miss::Trouble(why),
    })
}

/// All documents that are replaced give up their keys before any takes one.
async fn erase(session: &Session, scope: &Scope, put: &Put<'_>) -> Result<(), Miss> {
    let mut gone = Entries::default();
    for Span { from, to } in place::spans(scope) {
        for row in session.query(ERASE_DOCS, &[&from.0, &from.1, &to.0, &to.1]).await? {
            gone.add(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        }
        session.execute(ERASE_COUNTERS, &[&from.0, &from.1, &to.0, &to.1]).await?;
    }
    let beginnings = scope.spaces().unwrap_or_else(|| vec![String::new()]);
    let beginnings: Vec<&[u8]> = beginnings.iter().map(String::as_bytes).collect();
    session.execute(ERASE_DUE, &[&beginnings]).await?;
    let (replaced, ks) = columns(put.docs.keys());
    for row in session.query(REPLACE, &[&replaced, &ks]).await? {
        gone.add(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    }
    gone.delete(session).await?;
    Ok(())
}

async fn write(shared: &Shared, session: &Session, put: &Put<'_>) -> Result<(), Miss> {
    let kept: Vec<_> = put.docs.values().map(|held| keys::whole(&held.index)).collect();
    let (mut docs, mut listed) = (Docs::default(), Vec::new());
    for ((path, held), kept) in put.docs.iter().zip(&kept) {
        let doc = &held.doc;
        docs.push(path, (doc.version, shared.stamp()), held.expires, kept.as_deref(), &doc.body);
        for key in held.index.iter().filter(|key| !key.unique) {
            let entries = place::entries(doc.key.live, doc.key.kind, key.index, &key.value);
            listed.push((split(path).0, entries, doc.key.id.as_bytes()));
        }
    }
    session.execute(INSERT, &docs.params()).await?;
    own(session, put).await?;
    let mut enlisted = Triples::default();
    listed.iter().for_each(|(space, k, id)| push(&mut enlisted, (space, k, id)));
    session.execute(ENLIST, &[&enlisted.0, &enlisted.1, &enlisted.2]).await?;
    let names: (Names<'_>, Names<'_>) = put.counters.keys().map(|name| split(name)).unzip();
    let values: Vec<i64> = put.counters.values().copied().collect();
    session.execute(COUNT, &[&names.0, &names.1, &values]).await?;
    let mut due = Dues::default();
    put.due.iter().for_each(|it| due.push(&it.key, &it.body));
    session.execute(DUE, &[&due.queues, &due.times, &due.ids, &due.bodies]).await?;
    Ok(())
}

async fn own(session: &Session, put: &Put<'_>) -> Result<(), Miss> {
    let mut owned = Triples::default();
    for (unique, owner) in &put.owned {
        let (space, k) = split(owner);
        push(&mut owned, (unique.as_bytes(), space, k));
    }
    let rows = session.query(OWN, &[&owned.0, &owned.1, &owned.2]).await?;
    if rows.len() == put.owned.len() {
        return Ok(());
    }
    let mut free = BTreeSet::new();
    for row in &rows {
        free.insert(place::join(row.try_get(0)?, &[]));
    }
    let held = put.owned.iter().find(|(unique, _)| !free.contains(*unique));
    Err(match held {
        Some((unique, owner)) => Miss::Refused(taken(owner, unique)),
        None => Miss::Trouble(Trouble::Passing("others write the same".into())),
    })
}
