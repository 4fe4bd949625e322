//! Several nodes on one PostgreSQL database, each the real binary.
use crate::harness::{Answer, CLIENT, PLATFORM, Server};
use pg_cluster::{Cluster, Stop};
use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// A database, and the key that all its nodes share.
struct Shared {
    cluster: Cluster,
    url: String,
    key: PathBuf,
    _dir: tempfile::TempDir,
}

impl Shared {
    fn new() -> Self {
        let (cluster, dir) = (Cluster::start().unwrap(), tempfile::tempdir().unwrap());
        let url = cluster.database("tollbridge").unwrap();
        let key = dir.path().join("vault.key");
        std::fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        // A key that others can read is refused.
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        Shared { cluster, url, key, _dir: dir }
    }
    fn settings(&self) -> [&str; 4] {
        ["--database", &self.url, "--vault-key-file", self.key.to_str().unwrap()]
    }
    fn dev(&self) -> Server {
        Server::start(&self.settings())
    }
}

const CHARGE: &str = "amount=1000&currency=usd&source=tok_visa";

fn with_key(server: &Server, key: &str, form: &str) -> Answer {
    let bearer = format!("Bearer {PLATFORM}");
    server.send("POST", "/v1/charges", &[("authorization", &bearer), ("idempotency-key", key)], form)
}

#[test]
fn what_one_node_answers_the_other_one_knows() {
    let shared = Shared::new();
    let (one, two) = (shared.dev(), shared.dev());
    // A token of one node is good on the other, and revoked there it is dead here by the next request.
    for round in 0..3 {
        let token = one.token("read_write");
        for node in [&one, &two] {
            assert_eq!(node.ask(&token, "GET", "/v1/account", "").status, 200, "round {round}");
        }
        let revoked = two.ask(
            PLATFORM,
            "POST",
            "/oauth/deauthorize",
            &format!("client_id={CLIENT}&stripe_user_id=acct_seller"),
        );
        assert_eq!(revoked.status, 200, "{}", revoked.body);
        for node in [&one, &two] {
            assert_eq!(node.ask(&token, "GET", "/v1/account", "").status, 401, "round {round}");
        }
    }
    // What one made the other shows, changes and lists.
    let made = one.ask(PLATFORM, "POST", "/v1/customers", "name=Jenny").text("id");
    let changed = two.ask(PLATFORM, "POST", &format!("/v1/customers/{made}"), "name=Rosen");
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(one.ask(PLATFORM, "GET", &format!("/v1/customers/{made}"), "").text("name"), "Rosen");
    assert!(one.ask(PLATFORM, "GET", "/v1/customers", "").body.contains(&made));
    // A card that one has encrypted the other one charges.
    let card = "card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2049&card[cvc]=123";
    let token = one.ask(PLATFORM, "POST", "/v1/tokens", card).text("id");
    let paid = two.ask(PLATFORM, "POST", "/v1/charges", &format!("amount=700&currency=usd&source={token}"));
    assert_eq!(paid.status, 200, "{}", paid.body);
}

#[test]
fn one_idempotency_key_is_one_charge_on_all_nodes() {
    let shared = Shared::new();
    let nodes = Arc::new([shared.dev(), shared.dev()]);
    let mut asked = Vec::new();
    for n in 0..24 {
        let nodes = nodes.clone();
        // Six keys, each four times, on both nodes at once.
        asked.push(std::thread::spawn(move || {
            let key = format!("key-{}", n % 6);
            // A node tells at once that it is at work on the same key.
            loop {
                let answer = with_key(&nodes[n / 6 % 2], &key, CHARGE);
                if answer.status != 409 {
                    return (key, answer);
                }
            }
        }));
    }
    let mut charges: HashMap<String, String> = HashMap::new();
    for one in asked {
        let (key, answer) = one.join().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        let id = answer.text("id");
        assert_eq!(charges.entry(key).or_insert_with(|| id.clone()), &id);
    }
    let listed = nodes[1].ask(PLATFORM, "GET", "/v1/charges?limit=100", "").body;
    assert_eq!(listed.matches("\"object\":\"charge\"").count(), 6);
    let other = with_key(&nodes[1], "key-0", "amount=1001&currency=usd&source=tok_visa");
    assert_eq!(other.status, 400, "the same key for something else: {}", other.body);
}

#[test]
fn each_event_is_delivered_once_by_one_of_the_nodes() {
    let shared = Shared::new();
    let nodes = [shared.dev(), shared.dev()];
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", receiver.local_addr().unwrap());
    let came: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let heard = came.clone();
    std::thread::spawn(move || {
        for mut stream in receiver.incoming().map_while(Result::ok) {
            let heard = heard.clone();
            std::thread::spawn(move || {
                let mut read = Vec::new();
                let mut buffer = [0; 1 << 14];
                // The head says how long the body is; an event ends with its last brace.
                while let Ok(n @ 1..) = stream.read(&mut buffer) {
                    read.extend_from_slice(&buffer[..n]);
                    if read.ends_with(b"}") {
                        break;
                    }
                }
                let text = String::from_utf8_lossy(&read).into_owned();
                let id = text.split("\"id\":\"evt_").nth(1).or_else(|| text.split("\"id\": \"evt_").nth(1));
                let id = id.and_then(|rest| rest.split('"').next()).unwrap_or("none").to_owned();
                *heard.lock().unwrap().entry(id).or_insert(0) += 1;
                let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            });
        }
    });
    let made = nodes[0].ask(
        PLATFORM,
        "POST",
        "/v1/webhook_endpoints",
        &format!("url={url}&enabled_events[]=customer.created"),
    );
    assert_eq!(made.status, 200, "{}", made.body);
    for n in 0..40 {
        assert_eq!(nodes[n % 2].ask(PLATFORM, "POST", "/v1/customers", "name=Jenny").status, 200);
    }
    let until = Instant::now() + Duration::from_secs(30);
    while came.lock().unwrap().len() < 40 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    // Nothing is left that could be delivered again.
    let left = || shared.cluster.rows("tollbridge", "tollbridge.due WHERE queue = 'webhook/'::bytea");
    while left() != Ok(0) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(left(), Ok(0));
    let came = came.lock().unwrap();
    assert_eq!(came.len(), 40);
    assert!(came.values().all(|times| *times == 1), "{came:?}");
}

#[test]
fn nodes_start_at_once_on_an_empty_database_and_share_its_administrator() {
    let shared = Arc::new(Shared::new());
    let starting: Vec<_> = (0..3)
        .map(|_| {
            let shared = shared.clone();
            std::thread::spawn(move || Server::node(&shared.settings()))
        })
        .collect();
    let nodes: Vec<Server> = starting.into_iter().map(|node| node.join().unwrap()).collect();
    let until = Instant::now() + Duration::from_secs(10);
    let mut keys = Vec::new();
    while keys.is_empty() && Instant::now() < until {
        let said = nodes.iter().flat_map(Server::said);
        keys = said.map(|line| line.trim().to_owned()).filter(|line| line.starts_with("sk_test_")).collect();
    }
    assert_eq!(keys.len(), 1, "the administrator's keys are shown once: {keys:?}");
    for node in &nodes {
        assert_eq!(node.ask(&keys[0], "GET", "/v1/balance", "").status, 200);
    }
}

fn refused(arguments: &[&str], data: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollbridge"));
    command.args(arguments).arg("--data").arg(data);
    command
        .env("TOLLBRIDGE_ADMIN_EMAIL", "a@example.com")
        .env("TOLLBRIDGE_ADMIN_PASSWORD", "a long password");
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_cannot_work_is_refused_at_the_start() {
    let shared = Shared::new();
    let first = Server::serve(&shared.settings());
    let data = tempfile::tempdir().unwrap();
    // Without a key of its own it would make one, and could read nothing that the first node encrypts.
    let other = refused(&["serve", "--port", "0", "--database", &shared.url], data.path());
    assert!(other.contains("every node needs the same"), "{other}");
    let both = refused(&["dev", "--ephemeral", "--database", &shared.url], data.path());
    assert!(both.contains("Choose one of them"), "{both}");
    let seed = refused(&["dev", "--seed", "1", "--database", &shared.url], data.path());
    assert!(seed.contains("Remove it, or --database"), "{seed}");
    let scheme = refused(&["dev", "--port", "0", "--database", "mysql://h/db"], data.path());
    assert!(scheme.contains("postgres://user:password@host/name"), "{scheme}");
    assert_eq!(first.ask(&first.keys[0], "GET", "/v1/balance", "").status, 200);
}

#[test]
fn a_database_out_of_reach_is_a_503_that_may_be_tried_again() {
    let mut shared = Shared::new();
    let server = shared.dev();
    assert_eq!(with_key(&server, "before", CHARGE).status, 200);
    shared.cluster.stop(Stop::Fast).unwrap();
    let answer = with_key(&server, "while", CHARGE);
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.all("retry-after"), ["1"]);
    assert_eq!(answer.all("stripe-should-retry"), ["true"]);
    assert!(answer.body.contains("\"type\":\"api_error\""), "{}", answer.body);
    shared.cluster.resume().unwrap();
    let again = with_key(&server, "while", CHARGE);
    assert_eq!(again.status, 200, "{}", again.body);
    let listed = server.ask(PLATFORM, "GET", "/v1/charges?limit=100", "").body;
    assert_eq!(listed.matches("\"object\":\"charge\"").count(), 2);
}
