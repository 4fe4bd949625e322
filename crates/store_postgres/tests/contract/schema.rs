//! Whoever starts first makes the tables; whoever is too old for them stays out. And how the database is reached.
use crate::support::{cluster, open, options, put, seen, unit};
use pg_cluster::{Cluster, Options};
use store::{Commit, Store};
use store_postgres::Postgres;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_nodes_may_start_at_once_on_an_empty_database() {
    let cluster = cluster();
    let url = cluster.database("fresh_start").unwrap();
    let starting: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Postgres::open(&url, options()).await.map(drop) })
        })
        .collect();
    for started in starting {
        assert_eq!(started.await.unwrap(), Ok(()));
    }
    assert_eq!(cluster.sql("fresh_start", "SELECT v FROM tollbridge.meta"), Ok("1".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_database_is_refused_and_stays_as_it_is() {
    let cluster = cluster();
    let url = cluster.database("newer").unwrap();
    drop(open(&url).await);
    cluster.sql("newer", "UPDATE tollbridge.meta SET v = 1000").unwrap();
    let refused = Postgres::open(&url, options()).await.err().unwrap();
    assert!(refused.to_string().contains("newer release (schema 1000"), "{refused}");
    assert_eq!(cluster.sql("newer", "SELECT v FROM tollbridge.meta"), Ok("1000".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_come_in_hears_why_at_once() {
    let cluster = cluster();
    let absent = Postgres::open(&cluster.url("no_such_database"), options()).await.err().unwrap();
    assert!(absent.to_string().contains("no_such_database") && !absent.is_unavailable(), "{absent}");
    let wrong = Postgres::open("postgres://h/db?no_such_option=1", options()).await.err().unwrap();
    assert!(wrong.to_string().contains("the URL of the database is wrong"), "{wrong}");
    let nobody = store_postgres::Options { patience: std::time::Duration::from_millis(300), ..options() };
    let away = Postgres::open("postgres:///db?host=/nowhere&user=u", nobody).await.err().unwrap();
    assert!(away.is_unavailable(), "it may come: {away}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_believes_what_it_is_told_to() {
    let cluster = Cluster::with(Options { tls: true, ..Options::default() }).unwrap();
    cluster.database("tls").unwrap();
    let url = cluster.tcp_url("tls");
    let authority = cluster.authority().display().to_string();
    for good in ["require", "verify-full&sslrootcert=", "verify-ca&sslrootcert="] {
        let file = if good.ends_with('=') { authority.as_str() } else { "" };
        let node = open(&format!("{url}?sslmode={good}{file}")).await;
        assert!(node.commit(unit(vec![put(&good[..6].replace('-', "_"), 0, "x")])).await.is_ok());
        let used = cluster.sql("tls", "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tollbridge'");
        assert_eq!(used, Ok("t".into()), "{good}");
        node.close().await;
    }
    // Nobody whom browsers trust has signed this one.
    let refused = Postgres::open(&format!("{url}?sslmode=verify-full"), options()).await.err().unwrap();
    assert!(refused.to_string().contains("certificate"), "{refused}");
    // Another name than that of the certificate, with the same authority.
    let elsewhere = url.replace("localhost", "127.0.0.1");
    let full = format!("{elsewhere}?sslmode=verify-full&sslrootcert={authority}");
    assert!(Postgres::open(&full, options()).await.is_err());
    let signed = open(&format!("{elsewhere}?sslmode=verify-ca&sslrootcert={authority}")).await;
    assert_eq!(seen(&signed, "absent").await, None);
    assert_ne!(signed.commit(unit(vec![])).await, Ok(Commit::Conflict));
}
