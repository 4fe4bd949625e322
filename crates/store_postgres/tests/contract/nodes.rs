//! Two nodes on one database.
use crate::support::{add, cluster, key, open, options, put, seen, sum, unit};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};
use store::{Bytes, Commit, Due, DueKey, IndexKey, Put, Store, Unit};
use store_postgres::Postgres;

async fn two(name: &str) -> (crate::support::Shared, String, [Arc<Postgres>; 2]) {
    let cluster = cluster();
    let url = cluster.database(name).unwrap();
    let nodes = [Arc::new(open(&url).await), Arc::new(open(&url).await)];
    (cluster, url, nodes)
}

/// Everybody at once; what was answered must add up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn races_lose_nothing_and_spend_nothing_twice() {
    let (_cluster, _, nodes) = two("races").await;
    assert_eq!(
        nodes[0].commit(Unit { adds: vec![add(40, None)], ..Unit::default() }).await,
        Ok(Commit::Done)
    );
    let workers = (0..16_u64).map(|worker| {
        let node = nodes[(worker % 2) as usize].clone();
        tokio::spawn(async move {
            let (mut written, mut moved) = (BTreeMap::<String, u64>::new(), 0);
            for round in 0..25_u64 {
                // Pairs in changing order, few enough to meet.
                let roll = (worker * 31 + round * 17) % 12;
                let ids = [format!("d_{roll:02}"), format!("d_{:02}", (roll + 5) % 12)];
                let mut puts = Vec::new();
                for id in &ids {
                    let version = seen(&*node, id).await.map_or(0, |(version, _)| version);
                    puts.push(put(id, version, &(version + 1).to_string()));
                }
                let by = i64::try_from(round % 7).unwrap() - 3;
                match node.commit(Unit { adds: vec![add(by, Some(0))], ..unit(puts) }).await.unwrap() {
                    Commit::Done => {
                        moved += by;
                        ids.into_iter().for_each(|id| *written.entry(id).or_insert(0) += 1);
                    }
                    Commit::Conflict | Commit::Floor { .. } => {}
                    Commit::Duplicate { index } => panic!("{index} is not unique here"),
                }
            }
            (written, moved)
        })
    });
    let (mut written, mut moved) = (BTreeMap::<String, u64>::new(), 40);
    for worker in workers.collect::<Vec<_>>() {
        let (theirs, by) = worker.await.unwrap();
        moved += by;
        theirs.into_iter().for_each(|(id, times)| *written.entry(id).or_insert(0) += times);
    }
    assert!(written.values().sum::<u64>() > 50, "they got on: {written:?}");
    for node in &nodes {
        assert_eq!(sum(&**node).await, moved);
        for (id, times) in &written {
            assert_eq!(seen(&**node, id).await, Some((*times, times.to_string())), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_id_and_a_unique_key_go_to_one_of_all() {
    let (_cluster, _, nodes) = two("new_and_unique").await;
    let mut asked = Vec::new();
    for n in 0..60 {
        let node = nodes[n % 2].clone();
        let taking = match n % 3 {
            0 => put("the_one", 0, "id"),
            _ => Put { index: vec![IndexKey::unique("name", "one")], ..put(&format!("u_{n:02}"), 0, "key") },
        };
        // A write beside it must not stay behind.
        let unit = unit(vec![put(&format!("beside_{n:02}"), 0, "x"), taking]);
        asked.push(tokio::spawn(async move { node.commit(unit).await.unwrap() }));
    }
    let (mut ids, mut keys, mut done) = (0, 0, BTreeSet::new());
    for (n, answer) in asked.into_iter().enumerate() {
        match (answer.await.unwrap(), n % 3) {
            (Commit::Done, 0) => ids += 1,
            (Commit::Done, _) => keys += 1,
            (Commit::Conflict, 0) | (Commit::Duplicate { index: "name" }, 1 | 2) => continue,
            (other, _) => panic!("{n}: {other:?}"),
        }
        done.insert(format!("beside_{n:02}"));
    }
    assert_eq!((ids, keys), (1, 1));
    for n in 0..60 {
        let id = format!("beside_{n:02}");
        assert_eq!(seen(&*nodes[0], &id).await.is_some(), done.contains(&id), "{id}");
    }
    let owner = nodes[1].find("name", "one").await.unwrap().unwrap();
    assert!(done.contains(&owner.key.id.replace("u_", "beside_")));
}

/// Each unit rests on the absence of what the other writes: both must not pass.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_absent_is_absent_at_the_commit() {
    let (_cluster, _, nodes) = two("absent").await;
    let [one, two] = &nodes;
    for round in 0..12 {
        let of = |mine: &str, other: &str| Unit {
            checks: vec![(key(&format!("{other}_{round}")), 0)],
            ..unit(vec![put(&format!("{mine}_{round}"), 0, "x")])
        };
        let (left, right) = tokio::join!(one.commit(of("l", "r")), two.commit(of("r", "l")));
        let mut both = [left.unwrap(), right.unwrap()];
        both.sort_by_key(|outcome| *outcome != Commit::Done);
        assert_eq!(both, [Commit::Done, Commit::Conflict], "round {round}");
    }
}

/// What one node has acknowledged the other one reads, although it remembers something else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_what_is_no_longer_so() {
    let (_cluster, _, nodes) = two("fresh").await;
    let [one, two] = &nodes;
    for n in 0..40_u64 {
        let with = Put { index: vec![IndexKey::unique("token", "t")], ..put("doc", 0, &format!("body {n}")) };
        assert_eq!(one.commit(unit(vec![with])).await, Ok(Commit::Done));
        assert_eq!(
            seen(&**two, "doc").await,
            Some((1, format!("body {n}"))),
            "the version is the same each time"
        );
        assert_eq!(two.find("token", "t").await.unwrap().map(|doc| doc.key), Some(key("doc")));
        // Deleted on the other node; the first one remembers it still.
        assert_eq!(two.commit(unit(vec![Put { body: None, ..put("doc", 1, "") }])).await, Ok(Commit::Done));
        assert_eq!(seen(&**one, "doc").await, None);
        assert_eq!(one.find("token", "t").await, Ok(None));
    }
}

fn due(at_ms: i64, id: &str) -> Due {
    Due { key: DueKey { queue: "mail", at_ms, id: id.into() }, body: Bytes::copy_from_slice(id.as_bytes()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_leased_to_one_node_and_given_back_to_all() {
    let (_cluster, _, nodes) = two("leases").await;
    let all: Vec<Due> = (0..200).map(|n| due(n, &format!("acct_test/{n:03}"))).collect();
    assert_eq!(nodes[0].commit(Unit { due: all.clone(), ..Unit::default() }).await, Ok(Commit::Done));
    let mut claims = Vec::new();
    for n in 0..8 {
        let node = nodes[n % 2].clone();
        claims.push(tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claimed = node.claim("mail", 1000, 60_000, 7).await.unwrap();
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed);
            }
        }));
    }
    let (mut seen, mut total) = (HashSet::new(), 0);
    for claim in claims {
        let mine = claim.await.unwrap();
        total += mine.len();
        seen.extend(mine.into_iter().map(|due| due.key.path()));
    }
    // A claim may find everything locked and come back empty, but nothing is claimed twice.
    assert_eq!(seen.len(), total);
    for node in &nodes {
        for left in node.claim("mail", 1000, 60_000, 1000).await.unwrap() {
            assert!(seen.insert(left.key.path()), "{:?} was claimed twice", left.key);
        }
    }
    assert_eq!(seen.len(), all.len());
    assert_eq!(nodes[1].next_due("mail").await, Ok(None));

    // Only who holds a lease can give it back; then the other node finds it.
    nodes.iter().for_each(|node| node.release(&all[5].key));
    let until = Instant::now() + Duration::from_secs(20);
    let mut found = Vec::new();
    while found.is_empty() && Instant::now() < until {
        found = nodes[1].claim("mail", 1000, 60_000, 10).await.unwrap();
    }
    assert_eq!(found, [all[5].clone()]);
    assert_eq!(nodes[0].claim("mail", 1000, 60_000, 10).await, Ok(vec![]));
    // Done on one node is done on the other, even after the leases have ended.
    let done = Unit { done: all.iter().map(|due| due.key.clone()).collect(), ..Unit::default() };
    assert_eq!(nodes[0].commit(done).await, Ok(Commit::Done));
    assert_eq!(nodes[1].claim("mail", 100_000, 60_000, 1000).await, Ok(vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_node_keeps_no_work() {
    let (cluster, url, nodes) = two("dead").await;
    let [one, two] = &nodes;
    assert_eq!(
        one.commit(Unit { due: vec![due(1, "a"), due(2, "b")], ..Unit::default() }).await,
        Ok(Commit::Done)
    );
    assert_eq!(one.claim("mail", 10, 100, 1).await, Ok(vec![due(1, "a")]));
    assert_eq!(two.claim("mail", 10, 1_000_000, 10).await, Ok(vec![due(2, "b")]));
    // By its own time.
    assert_eq!(two.claim("mail", 109, 100, 10).await, Ok(vec![]));
    assert_eq!(two.claim("mail", 110, 1_000_000, 10).await, Ok(vec![due(1, "a")]));
    // In good order: nothing is held any longer.
    two.close().await;
    assert_eq!(one.claim("mail", 120, 1_000_000, 10).await, Ok(vec![due(1, "a"), due(2, "b")]));
    // Without a word: as if it had been silent for a while.
    let silent = "UPDATE tollbridge.nodes SET seen = now() - interval '1 minute'";
    let three = Postgres::open(&url, options()).await.unwrap();
    one.close().await;
    let held = "UPDATE tollbridge.due SET holder = 'gone', lease_until_ms = 999999";
    cluster.sql("dead", &format!("{held}; INSERT INTO tollbridge.nodes VALUES ('gone', now())")).unwrap();
    assert_eq!(three.claim("mail", 120, 50, 10).await, Ok(vec![]));
    cluster.sql("dead", &format!("{silent} WHERE id = 'gone'")).unwrap();
    assert_eq!(three.claim("mail", 120, 50, 10).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_swept_once_by_all() {
    let (_cluster, _, nodes) = two("sweep").await;
    let brief = |n: usize| Put {
        expires: Some(50),
        index: vec![IndexKey::unique("code", n.to_string()), IndexKey::listed("of", "x")],
        ..put(&format!("b_{n:03}"), 0, "brief")
    };
    assert_eq!(nodes[0].commit(unit((0..100).map(brief).collect())).await, Ok(Commit::Done));
    let mut swept = 0;
    while swept < 100 {
        let (one, two) = tokio::join!(nodes[0].sweep(51, 30), nodes[1].sweep(51, 30));
        swept += one.unwrap() + two.unwrap();
    }
    assert_eq!(swept, 100);
    let mut flaws = Vec::new();
    let mut snapshot = nodes[1].snapshot(store::Scope::All).await.unwrap();
    snapshot.audit(&mut |flaw| flaws.push(flaw)).await.unwrap();
    assert_eq!(flaws, []);
    assert_eq!(snapshot.next(10).await, Ok(vec![]));
}
