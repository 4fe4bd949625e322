//! Answers that are lost: connections ended from outside under load, a server that crashes, a replica that takes over.
use crate::support::{add, cluster, open, options, put, seen, sum, unit};
use pg_cluster::{Cluster, Options, Stop};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use store::{Commit, Fault, Store, Unit};
use store_postgres::Postgres;

/// Writes new documents, each with a move of the counter, until told to stop; remembers what was answered.
struct Load {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    workers: Vec<tokio::task::JoinHandle<Written>>,
}

#[derive(Default)]
struct Written {
    done: Vec<String>,
    refused: Vec<String>,
    unknown: Vec<String>,
}

impl Load {
    fn begin(store: &Arc<Postgres>, workers: usize) -> Self {
        let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let work = |worker: usize| {
            let (store, over, answered) = (store.clone(), over.clone(), answered.clone());
            tokio::spawn(async move {
                let mut written = Written::default();
                for n in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("w_{worker:02}_{n:05}");
                    let unit = Unit { adds: vec![add(1, None)], ..unit(vec![put(&id, 0, "x")]) };
                    match store.commit(unit).await {
                        Ok(Commit::Done) => written.done.push(id),
                        Ok(other) => panic!("{id} is new, yet {other:?}"),
                        Err(fault) if fault.is_unavailable() => written.refused.push(id),
                        Err(fault) => {
                            assert!(fault.to_string().contains("not known"), "{fault}");
                            written.unknown.push(id);
                        }
                    }
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                written
            })
        };
        let workers = (0..workers).map(work).collect();
        Load { over, answered, workers }
    }

    /// Waits until so many more were answered.
    async fn gets_on(&self, more: u64) {
        let from = self.answered.load(Ordering::Relaxed);
        while self.answered.load(Ordering::Relaxed) < from + more {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops, and compares what is there with what was answered. Nothing may have happened twice: the counter is as
    /// many as the documents.
    async fn adds_up(self, store: &Postgres) -> Written {
        self.over.store(true, Ordering::Relaxed);
        let mut all = Written::default();
        for worker in self.workers {
            let Written { done, refused, unknown } = worker.await.unwrap();
            all.done.extend(done);
            all.refused.extend(refused);
            all.unknown.extend(unknown);
        }
        let mut there = 0;
        for id in &all.done {
            assert!(seen(store, id).await.is_some(), "{id} was acknowledged");
            there += 1;
        }
        for id in &all.refused {
            assert_eq!(seen(store, id).await, None, "{id} was said not to be written");
        }
        for id in &all.unknown {
            there += i64::from(seen(store, id).await.is_some());
        }
        assert_eq!(sum(store).await, there);
        all
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_are_looked_up() {
    let cluster = cluster();
    let url = cluster.database("lost").unwrap();
    let store = Arc::new(open(&url).await);
    let load = Load::begin(&store, 16);
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = 'lost' AND application_name = 'tollbridge'";
    let (mut ended, rounds) = (0, 25);
    for _ in 0..rounds {
        load.gets_on(40).await;
        ended += cluster.sql("postgres", end).unwrap().parse::<u64>().unwrap();
    }
    load.gets_on(20).await;
    let all = load.adds_up(&store).await;
    assert!(ended >= rounds, "{ended} connections were ended");
    assert_eq!((all.refused.len(), all.unknown.len()), (0, 0), "all of it passed in time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_server_is_lived_through() {
    let mut cluster = Cluster::with(Options { durable: true, ..Options::default() }).unwrap();
    let url = cluster.database("crash").unwrap();
    let store = Arc::new(open(&url).await);
    let load = Load::begin(&store, 8);
    for _ in 0..3 {
        load.gets_on(200).await;
        cluster.stop(Stop::Immediate).unwrap();
        cluster.resume().unwrap();
    }
    load.gets_on(50).await;
    let all = load.adds_up(&store).await;
    assert!(all.done.len() > 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_takes_over_and_nothing_acknowledged_is_lost() {
    let settings =
        vec!["synchronous_standby_names = '*'".to_owned(), "synchronous_commit = local".to_owned()];
    let mut primary = Cluster::with(Options { durable: true, settings, ..Options::default() }).unwrap();
    primary.database("failover").unwrap();
    let replica = primary.replica().unwrap();
    // Only once it follows may commits wait for it.
    primary.sql("postgres", "ALTER DATABASE failover SET synchronous_commit = on").unwrap();
    let url = pg_cluster::url("failover", &[&primary, &replica]);
    let store = Arc::new(open(&url).await);
    let load = Load::begin(&store, 8);
    load.gets_on(200).await;
    primary.stop(Stop::Immediate).unwrap();
    replica.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = ''").unwrap_or_default();
    replica.promote().unwrap();
    replica.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = ''").unwrap();
    replica.sql("postgres", "SELECT pg_reload_conf()").unwrap();
    load.gets_on(100).await;
    let all = load.adds_up(&store).await;
    assert!(all.done.len() > 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stays_away_is_unavailable() {
    let mut cluster = Cluster::start().unwrap();
    let url = cluster.database("away").unwrap();
    let brief = store_postgres::Options { patience: Duration::from_millis(300), ..options() };
    let store = Postgres::open(&url, brief).await.unwrap();
    assert_eq!(store.commit(unit(vec![put("a", 0, "1")])).await, Ok(Commit::Done));
    cluster.stop(Stop::Fast).unwrap();
    let unavailable = |fault: Fault| assert!(fault.is_unavailable(), "{fault}");
    unavailable(store.commit(unit(vec![put("a", 1, "2")])).await.unwrap_err());
    unavailable(store.get(&crate::support::key("a")).await.unwrap_err());
    unavailable(store.counters("acct_test/").await.unwrap_err());
    unavailable(store.claim("mail", 1, 1, 1).await.unwrap_err());
    cluster.resume().unwrap();
    assert_eq!(store.commit(unit(vec![put("a", 1, "3")])).await, Ok(Commit::Done));
    assert_eq!(seen(&store, "a").await, Some((2, "3".into())));
}
