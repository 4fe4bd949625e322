//! Races: threads that want the same few things at once, through one handle of a home or through several nodes on one
//! database. A test calls [`race`]. Which of them wins is chance; what must hold whoever wins is looked at while they
//! run and afterwards.
use super::model::dice::Dice;
use crate::*;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

const ACCOUNT: &str = "acct_race";
const THREADS: usize = 6;
const HOT: usize = 3;
/// What the two purses hold together.
const MONEY: i64 = 200;

/// Runs a future to its end on the thread that calls it.
pub type BlockOn<'a> = &'a (dyn Fn(Fut<'_, ()>) + Sync);

/// What the threads have been told so far.
#[derive(Default)]
struct Told {
    /// How often each hot document was written.
    written: [u64; HOT],
    /// How often somebody came too late.
    conflicts: u64,
    /// By whom each piece of work was done.
    done: BTreeMap<String, usize>,
    /// How many pieces of work were written down.
    due: usize,
}

/// Lets threads race for `rounds` each, spread over the nodes. The home is left as it was found.
pub fn race(nodes: &[Arc<dyn Store>], rounds: usize, seed: u64, block_on: BlockOn<'_>) {
    eprintln!("races from seed {seed}");
    block_on(Box::pin(begin(&*nodes[0])));
    let told = Mutex::new(Told::default());
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let racer = Racer {
                number,
                home: Arc::clone(&nodes[number % nodes.len()]),
                told: &told,
                dice: Dice::new(seed.wrapping_add(number as u64)),
                seen: [0; HOT],
            };
            scope.spawn(move || block_on(Box::pin(racer.run(rounds))));
        }
    });
    let told = told.into_inner().unwrap();
    eprintln!("{} writes of {HOT} documents, {} conflicts", told.written.iter().sum::<u64>(), told.conflicts);
    for node in nodes {
        block_on(Box::pin(end(&**node, &told)));
    }
    let erase = Scope::Accounts(vec![ACCOUNT.into()]);
    block_on(Box::pin(async { nodes[0].load(Load { erase, records: Vec::new() }).await.unwrap() }));
}

async fn begin(home: &dyn Store) {
    let purse = |name: &str| Add { counter: purse(name), by: MONEY / 2, floor: None };
    let filled = Unit { adds: vec![purse("a"), purse("b")], ..Unit::default() };
    assert_eq!(home.commit(filled).await, Ok(Commit::Done));
}

async fn end(home: &dyn Store, told: &Told) {
    for (n, written) in told.written.iter().enumerate() {
        let doc = home.get(&hot(n)).await.unwrap();
        let found = doc.as_ref().map_or(0, |doc| doc.version);
        assert_eq!(found, *written, "an update of {} was lost, or came twice", hot(n).path());
        assert!(doc.is_none_or(|doc| doc.body == written.to_string()));
    }
    assert_eq!(money(home).await, MONEY);
    assert_eq!(home.counters(&format!("{ACCOUNT}/t/done/")).await.unwrap().len(), told.due);
    for (name, times) in home.counters(&format!("{ACCOUNT}/t/done/")).await.unwrap() {
        assert_eq!(times, 1, "{name}");
    }
    assert_eq!(told.done.len(), told.due);
    let mut flaws = Vec::new();
    let mut snapshot = home.snapshot(Scope::All).await.unwrap();
    snapshot.audit(&mut |flaw| flaws.push(flaw)).await.unwrap();
    assert_eq!(flaws, []);
}

fn key(kind: &'static str, id: impl Into<String>) -> Key {
    Key::new(ACCOUNT, false, kind, id)
}
fn hot(n: usize) -> Key {
    key("hot", format!("hot_{n}"))
}
fn purse(name: &str) -> String {
    format!("{ACCOUNT}/t/purse/{name}")
}
fn put(key: Key, expect: u64, body: Option<String>) -> Put {
    Put { key, expect, body: body.map(Bytes::from), index: Vec::new(), stale: Vec::new(), expires: None }
}
fn unit(puts: Vec<Put>) -> Unit {
    Unit { puts, ..Unit::default() }
}

/// What the purses hold together, which is the same at every moment.
async fn money(home: &dyn Store) -> i64 {
    let purses = home.counters(&purse("")).await.unwrap();
    assert!(purses.iter().all(|(_, value)| *value >= 0), "below its floor: {purses:?}");
    purses.iter().map(|(_, value)| value).sum()
}

struct Racer<'r> {
    number: usize,
    home: Arc<dyn Store>,
    told: &'r Mutex<Told>,
    dice: Dice,
    /// The newest version seen of each hot document.
    seen: [u64; HOT],
}

impl Racer<'_> {
    async fn run(mut self, rounds: usize) {
        for round in 0..rounds {
            match self.dice.roll(6) {
                0 | 1 => self.update().await,
                2 => self.transfer().await,
                3 => self.own(round).await,
                4 => self.work(round).await,
                _ => self.pair(round).await,
            }
        }
        while self.finish_work().await {}
    }

    /// The version of a hot document; it never falls.
    async fn version(&mut self, n: usize) -> u64 {
        let version = self.home.get(&hot(n)).await.unwrap().map_or(0, |doc| doc.version);
        assert!(version >= self.seen[n], "version {version} after {}", self.seen[n]);
        self.seen[n] = version;
        version
    }

    /// Reads and writes what everybody reads and writes: one document, or two that are read together.
    async fn update(&mut self) {
        let n = self.dice.roll(HOT);
        let expect = self.version(n).await;
        let mut wanted = unit(vec![put(hot(n), expect, Some((expect + 1).to_string()))]);
        if self.dice.chance(30) {
            let other = (n + 1) % HOT;
            wanted.checks.push((hot(other), self.version(other).await));
        }
        match self.home.commit(wanted).await.unwrap() {
            Commit::Done => {
                self.told.lock().unwrap().written[n] += 1;
                self.seen[n] = self.seen[n].max(expect + 1);
                self.version(n).await;
            }
            Commit::Conflict => self.told.lock().unwrap().conflicts += 1,
            other => panic!("{other:?}"),
        }
    }

    async fn transfer(&mut self) {
        let (from, to) = if self.dice.chance(50) { ("a", "b") } else { ("b", "a") };
        let by = 1 + self.dice.roll(90) as i64;
        let adds = vec![
            Add { counter: purse(to), by, floor: None },
            Add { counter: purse(from), by: -by, floor: Some(0) },
        ];
        let outcome = self.home.commit(Unit { adds, ..Unit::default() }).await.unwrap();
        assert!(matches!(outcome, Commit::Done | Commit::Floor { .. }), "{outcome:?}");
        assert_eq!(money(&*self.home).await, MONEY);
    }

    /// Tries to be the one owner of a name, and gives it up again.
    async fn own(&mut self, round: usize) {
        let mine = key("owner", format!("o_{}_{round}", self.number));
        let name = IndexKey::unique("race_name", "the one");
        let mut taken = put(mine.clone(), 0, Some("mine".into()));
        taken.index.push(name.clone());
        match self.home.commit(unit(vec![taken])).await.unwrap() {
            Commit::Done => {}
            Commit::Duplicate { index: "race_name" } => return,
            other => panic!("{other:?}"),
        }
        for _ in 0..2 {
            let owner = self.home.find("race_name", "the one").await.unwrap();
            assert_eq!(owner.map(|doc| doc.key), Some(mine.clone()), "owned twice");
        }
        let mut given = put(mine, 1, self.dice.chance(50).then(|| "given".into()));
        given.stale.push(name);
        assert_eq!(self.home.commit(unit(vec![given])).await, Ok(Commit::Done));
    }

    /// Writes work down, or does some.
    async fn work(&mut self, round: usize) {
        if self.dice.chance(50) {
            let id = format!("{ACCOUNT}/{}_{round}", self.number);
            let due = Due { key: DueKey { queue: "race", at_ms: 1, id }, body: Bytes::new() };
            let wanted = Unit { due: vec![due], ..Unit::default() };
            assert_eq!(self.home.commit(wanted).await, Ok(Commit::Done));
            self.told.lock().unwrap().due += 1;
        } else {
            self.finish_work().await;
        }
    }

    /// Does what is to be done; whether there was anything.
    async fn finish_work(&mut self) -> bool {
        let claimed = self.home.claim("race", 2, i64::from(u32::MAX), 3).await.unwrap();
        for Due { key, .. } in &claimed {
            if self.dice.chance(20) {
                self.home.release(key);
                continue;
            }
            let counter = format!("{ACCOUNT}/t/done/{}", key.id);
            let adds = vec![Add { counter, by: 1, floor: None }];
            let finished = Unit { done: vec![key.clone()], adds, ..Unit::default() };
            assert_eq!(self.home.commit(finished).await, Ok(Commit::Done));
            let earlier = self.told.lock().unwrap().done.insert(key.id.clone(), self.number);
            assert_eq!(earlier, None, "{} was done twice", key.id);
        }
        !claimed.is_empty()
    }

    /// Two documents that come and go together, and are listed together.
    async fn pair(&mut self, round: usize) {
        let ids = ["a", "b"].map(|half| format!("p_{}_{round}_{half}", self.number));
        let both = |expect, body: Option<&str>| {
            unit(
                ids.iter().map(|id| put(key("pair", id.as_str()), expect, body.map(str::to_owned))).collect(),
            )
        };
        assert_eq!(self.home.commit(both(0, Some("here"))).await, Ok(Commit::Done));
        let listed = self.home.list(&Query::newest(ACCOUNT, false, "pair", None, 1_000)).await.unwrap();
        let listed: Vec<&str> = listed.iter().map(|doc| doc.key.id.as_str()).collect();
        assert!(ids.iter().all(|id| listed.contains(&id.as_str())), "what was acknowledged is not listed");
        for pair in listed.chunks(2) {
            assert_eq!(
                pair[0].strip_suffix("_b"),
                pair.last().unwrap().strip_suffix("_a"),
                "half of {pair:?}"
            );
        }
        assert_eq!(self.home.commit(both(1, None)).await, Ok(Commit::Done));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_in_memory() {
        let memory: Arc<dyn Store> = Arc::new(Memory::new());
        // Memory never waits, so its futures are ready at once.
        let block_on = |mut run: Fut<'_, ()>| {
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(run.as_mut().poll(&mut cx).is_ready());
        };
        race(&[memory], 400, 1, &block_on);
    }
}
