//! Reading documents by their keys: all lookups that wait while one query runs share the next one. What a node has
//! read or written it remembers, but never believes: the query tells which stamps it knows, and a body comes back only
//! where the stamp is another. So what was acknowledged anywhere before a lookup began is seen by it.
use crate::{
    Shared,
    place::{join, split},
    session::{Attempts, Line, Param, within},
    trouble::Trouble,
    write::Names,
};
use bytes::Bytes;
use futures_util::future::try_join;
use std::{collections::HashMap, sync::Arc};
use store::{
    Doc, Fault, Key,
    cache::{ENTRY_BYTES, Weigh},
};
use tokio::{sync::oneshot, time::Instant};
use tokio_postgres::Row;

/// How many lookups share a query at most.
const TOGETHER_MAX: usize = 256;

const GET: &str = "SELECT w.n, o.space, o.k, o.version, o.stamp, CASE WHEN o.stamp = w.known THEN NULL ELSE o.body END \
     FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) WITH ORDINALITY AS w (space, k, known, n) \
     JOIN objects o ON o.space = w.space AND o.k = w.k";
const FIND: &str = "SELECT w.n, o.space, o.k, o.version, o.stamp, CASE WHEN o.stamp = w.known THEN NULL ELSE o.body END \
     FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS w (k, known, n) \
     JOIN uniques u ON u.k = w.k JOIN objects o ON o.space = u.space AND o.k = u.owner";
const STATEMENTS: &[&str] = &[GET, FIND];

/// A document as it was last seen.
pub(crate) struct Kept {
    pub(crate) path: String,
    pub(crate) version: u64,
    pub(crate) stamp: i64,
    pub(crate) body: Bytes,
}

impl Weigh for Kept {
    fn weight(&self) -> usize {
        self.body.len() + self.path.len() + ENTRY_BYTES
    }
}

/// Which document a unique key last led to.
pub(crate) struct Led {
    unique: String,
    path: String,
}

impl Weigh for Led {
    fn weight(&self) -> usize {
        self.unique.len() + self.path.len() + ENTRY_BYTES
    }
}

type Seen = Result<Option<Arc<Kept>>, Fault>;

/// A lookup that waits.
pub(crate) struct Asked {
    what: What,
    deadline: Instant,
    answer: oneshot::Sender<Seen>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum What {
    /// The path of a document.
    Doc(String),
    /// A unique key.
    Unique(String),
}

/// Lookups of the same thing.
struct Group {
    what: What,
    known: Option<Arc<Kept>>,
    answers: Vec<oneshot::Sender<Seen>>,
    seen: Option<Arc<Kept>>,
}

/// The document under a key.
pub(crate) async fn get(shared: &Shared, key: &Key) -> Result<Option<Doc>, Fault> {
    let seen = ask(shared, What::Doc(key.path())).await?;
    Ok(seen.map(|kept| Doc { key: key.clone(), version: kept.version, body: kept.body.clone() }))
}

/// The document that owns a unique key; nothing where its path cannot be read.
pub(crate) async fn find(shared: &Shared, unique: String) -> Result<Option<Doc>, Fault> {
    let Some(kept) = ask(shared, What::Unique(unique)).await? else { return Ok(None) };
    let key = Key::parse(&kept.path);
    Ok(key.map(|key| Doc { key, version: kept.version, body: kept.body.clone() }))
}

async fn ask(shared: &Shared, what: What) -> Seen {
    let (answer, answered) = oneshot::channel();
    let asked = Asked { what, deadline: Instant::now() + shared.patience, answer };
    if !shared.lookups.push(asked) {
        return Err(Fault::unavailable("the database is overloaded: too many reads wait"));
    }
    answered.await.map_err(|_| Fault::broken("the store was closed before it answered"))?
}

pub(crate) struct Reader {
    shared: Arc<Shared>,
    line: Line,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let line = Line::new(shared.connector.clone(), STATEMENTS);
        Reader { shared, line }
    }

    /// Works until the store is closed.
    pub(crate) async fn run(mut self) {
        let shared = self.shared.clone();
        while let Some(asked) = shared.lookups.take(TOGETHER_MAX).await {
            let deadline = asked.iter().map(|asked| asked.deadline).min().unwrap_or_else(Instant::now);
            let mut groups = self.grouped(asked);
            let outcome = self.attempts(&mut groups, deadline).await;
            for Group { answers, seen, .. } in groups {
                for answer in answers {
                    let _ = answer.send(outcome.clone().map(|()| seen.clone()));
                }
            }
        }
    }

    fn grouped(&self, asked: Vec<Asked>) -> Vec<Group> {
        let (mut groups, mut places): (Vec<Group>, HashMap<What, usize>) = (Vec::new(), HashMap::new());
        for Asked { what, answer, .. } in asked {
            let place = *places.entry(what.clone()).or_insert(groups.len());
            if place == groups.len() {
                let known = self.known(&what);
                groups.push(Group { what, known, answers: Vec::new(), seen: None });
            }
            groups[place].answers.push(answer);
        }
        groups
    }

    /// What is remembered of it.
    fn known(&self, what: &What) -> Option<Arc<Kept>> {
        let path = match what {
            What::Doc(path) => path.clone(),
            What::Unique(unique) => {
                let led = &self.shared.led;
                led.look(led.hash(unique), |led| (led.unique == *unique).then(|| led.path.clone()))?
            }
        };
        let docs = &self.shared.docs;
        docs.look(docs.hash(&path), |kept| (kept.path == path).then(|| kept.clone()))
    }

    async fn attempts(&mut self, groups: &mut [Group], deadline: Instant) -> Result<(), Fault> {
        let mut attempts = Attempts::until(deadline);
        loop {
            let Err(why) = self.attempt(groups, deadline).await else { return Ok(()) };
            self.line.hang_up();
            let told = format!("the database could not be read: {why}");
            if !why.passes() {
                return Err(Fault::broken(told));
            }
            if !attempts.again().await {
                return Err(Fault::unavailable(told));
            }
        }
    }

    async fn attempt(&mut self, groups: &mut [Group], deadline: Instant) -> Result<(), Trouble> {
        let session = self.line.session(deadline).await?;
        let (mut spaces, mut ks, mut known, mut docs) = (Names::new(), Names::new(), Vec::new(), Vec::new());
        let (mut uniques, mut led, mut owners) = (Names::new(), Vec::new(), Vec::new());
        for (place, group) in groups.iter().enumerate() {
            let stamp = group.known.as_ref().map(|kept| kept.stamp);
            match &group.what {
                What::Doc(path) => {
                    let (space, k) = split(path);
                    spaces.push(space);
                    ks.push(k);
                    known.push(stamp);
                    docs.push(place);
                }
                What::Unique(unique) => {
                    uniques.push(unique.as_bytes());
                    led.push(stamp);
                    owners.push(place);
                }
            }
        }
        let (get, find): ([Param<'_>; 3], [Param<'_>; 2]) = ([&spaces, &ks, &known], [&uniques, &led]);
        let got = async { if ks.is_empty() { Ok(Vec::new()) } else { session.query(GET, &get).await } };
        let found =
            async { if uniques.is_empty() { Ok(Vec::new()) } else { session.query(FIND, &find).await } };
        let (got, found) = within(deadline, try_join(got, found)).await?;
        for (rows, places) in [(got, docs), (found, owners)] {
            for row in rows {
                let n: i64 = row.try_get(0)?;
                let place = usize::try_from(n - 1).ok().and_then(|n| places.get(n).copied());
                if let Some(group) = place.and_then(|place| groups.get_mut(place)) {
                    group.seen = Some(self.seen(group, &row)?);
                }
            }
        }
        Ok(())
    }

    fn seen(&self, group: &Group, row: &Row) -> Result<Arc<Kept>, Trouble> {
        let Some(body) = row.try_get::<_, Option<&[u8]>>(5)? else {
            return group
                .known
                .clone()
                .ok_or_else(|| Trouble::Broken("a row came back without its body".into()));
        };
        let (version, body): (i64, _) = (row.try_get(3)?, Bytes::copy_from_slice(body));
        let path = join(row.try_get(1)?, row.try_get(2)?);
        let kept = Arc::new(Kept { path, version: version as u64, stamp: row.try_get(4)?, body });
        let docs = &self.shared.docs;
        docs.publish(docs.hash(&kept.path), Some(kept.clone()));
        if let What::Unique(unique) = &group.what {
            let led = Led { unique: unique.clone(), path: kept.path.clone() };
            self.shared.led.publish(self.shared.led.hash(unique), Some(Arc::new(led)));
        }
        Ok(kept)
    }
}
