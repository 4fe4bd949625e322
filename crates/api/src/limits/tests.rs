use super::*;
use crate::{Announce, Cx, Fact, Memo, Profile, World};
use base::{Fut, Ids, ManualClock, Seeded, Timestamp};
use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};
use store::{Memory, Store};

struct Silent;
impl Announce for Silent {
    fn announce<'a>(&'a self, _: &'a mut Cx<'_>, _: Vec<Fact>) -> Fut<'a, Result<(), Stop>> {
        Box::pin(async { Ok(()) })
    }
}

/// Nodes on one store, whose clocks are moved by hand.
struct Nodes {
    store: Arc<Memory>,
    clock: Arc<ManualClock>,
}

impl Nodes {
    fn new() -> Self {
        Nodes { store: Arc::default(), clock: Arc::new(ManualClock::at(Timestamp(1_381_104_058))) }
    }
    fn node(&self, limits: Limits) -> Api {
        let world = World {
            memo: Memo::default(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            wall: self.clock.clone(),
            entropy: Arc::new(Seeded::from_number(7)),
            ids: Ids::default(),
            acquirer: Arc::new(acquirer::NoAcquirer),
            network: Arc::new(acquirer::NoAcquirer),
            pricing: Arc::default(),
            vault: vault::Vault::of(vault::Key::new("k1", [7; 32]).unwrap()),
            changes: &[],
            nouns: |_| None,
            announce: Arc::new(Silent),
            profile: Profile::Compat,
            mails: crate::Mails::default(),
            faults: None,
            dev: false,
            origin: String::new(),
        };
        let mut api = Api::new(world, Vec::new()).unwrap();
        api.limits = Some(limits);
        api
    }
    /// What the store holds of this second.
    fn taken(&self, account: &str) -> i64 {
        let key = store::Key::new(account, false, Taken::NAME, "secret_reads");
        let doc = now(self.store.get(&key)).unwrap();
        doc.map_or(0, |doc| wire::from_json::<Taken>(&doc.body).unwrap().taken)
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a home in memory never waits"),
    }
}

fn caller(account: &str) -> Caller {
    Caller { via: Via::SecretKey, ..Caller::system(account, false) }
}

/// How many of so many requests are admitted.
fn admitted(node: &Api, caller: &Caller, requests: usize) -> usize {
    let limits = node.limits.as_ref().unwrap();
    (0..requests).filter(|_| now(limits.admit_to(node, caller, Class::Reads)).is_ok()).count()
}

#[test]
fn one_node_counts_by_itself() {
    let nodes = Nodes::new();
    let node = nodes.node(Limits::new(Rates::each(50), false));
    let shop = caller("acct_a");
    assert_eq!(admitted(&node, &shop, 80), 50);
    assert_eq!(admitted(&node, &caller("acct_b"), 10), 10, "each account has its own");
    let live = Caller { livemode: true, ..shop.clone() };
    assert_eq!(admitted(&node, &live, 10), 10, "each mode has its own");
    let browser = Caller { via: Via::PublishableKey, ..shop.clone() };
    assert_eq!(admitted(&node, &browser, 10), 10, "buyers do not wait for the shop's server");
    nodes.clock.advance(1);
    assert_eq!(admitted(&node, &shop, 80), 50, "the next second begins anew");
    assert_eq!(nodes.taken("acct_a"), 0, "the store was not asked");
}

#[test]
fn a_platform_is_counted_for_all_whom_it_acts_for() {
    let node = Nodes::new().node(Limits::new(Rates::each(20), false));
    let acting = |account: &str| Caller { platform: Some("acct_platform".into()), ..caller(account) };
    assert_eq!(admitted(&node, &acting("acct_a"), 15), 15);
    assert_eq!(admitted(&node, &acting("acct_b"), 15), 5);
    assert_eq!(admitted(&node, &caller("acct_a"), 15), 15, "what the account itself asks is its own");
}

#[test]
fn nodes_share_a_limit_wherever_the_caller_asks() {
    let nodes = Nodes::new();
    let [one, two] =
        [nodes.node(Limits::new(Rates::each(100), true)), nodes.node(Limits::new(Rates::each(100), true))];
    let shop = caller("acct_a");
    assert_eq!(admitted(&one, &shop, 300), 100, "all of it at one node");
    let more = admitted(&two, &shop, 300);
    assert!(more <= 10, "the other gives no more than what it may without asking, but gave {more}");
    nodes.clock.advance(1);
    let mut both = 0;
    for _ in 0..300 {
        both += admitted(&one, &shop, 1) + admitted(&two, &shop, 1);
    }
    assert!((100..=120).contains(&both), "{both} together");
    assert_eq!(nodes.taken("acct_a"), 100);
}

#[test]
fn who_asks_seldom_costs_no_commit() {
    let nodes = Nodes::new();
    let node = nodes.node(Limits::new(Rates::each(100), true));
    for _ in 0..5 {
        assert_eq!(admitted(&node, &caller("acct_a"), 10), 10);
        nodes.clock.advance(1);
    }
    assert_eq!(nodes.taken("acct_a"), 0);
    assert_eq!(admitted(&node, &caller("acct_a"), 11), 11);
    assert_eq!(nodes.taken("acct_a"), 20, "what was given out and a portion");
}

#[test]
fn small_limits_are_limits() {
    let nodes = Nodes::new();
    let node = nodes.node(Limits::new(Rates::each(1), true));
    let given = admitted(&node, &caller("acct_a"), 10);
    assert!((1..=2).contains(&given), "{given}");
}

#[test]
fn reads_writes_and_dear_endpoints_are_counted_apart() {
    let node = Nodes::new().node(Limits::new(Rates { test: 5, dear: 2, ..Rates::each(50) }, false));
    let (limits, shop) = (node.limits.as_ref().unwrap(), caller("acct_a"));
    let ask = |method: &str, path: &str| {
        now(limits.admit_to(&node, &shop, Class::of(method, path))).err().map(Reason::as_str)
    };
    for _ in 0..2 {
        assert_eq!(ask("GET", "/v1/charges/search"), None);
        assert_eq!(ask("POST", "/v1/files"), None);
    }
    assert_eq!(ask("GET", "/v1/charges/search"), Some("endpoint-rate"));
    assert_eq!(ask("POST", "/v1/files"), Some("endpoint-rate"));
    assert_eq!(ask("GET", "/v1/files"), None, "files are read and written apart, too");
    for _ in 0..2 {
        assert_eq!(ask("GET", "/v1/charges/{id}"), None);
    }
    assert_eq!(ask("GET", "/v1/balance"), Some("global-rate"), "searches count as reads, too");
    for _ in 0..3 {
        assert_eq!(ask("DELETE", "/v1/customers/{id}"), None);
    }
    assert_eq!(ask("POST", "/v1/charges"), Some("global-rate"));
    assert_eq!(ask("POST", "/v1/billing/meter_events"), None, "they count for nothing else");
    let live = Caller { livemode: true, ..shop.clone() };
    assert_eq!(admitted(&node, &live, 60), 50, "live mode has its own");
}

#[test]
fn what_is_at_work_at_once_is_bounded_until_it_has_ended() {
    let nodes = Nodes::new();
    let node = nodes.node(Limits::new(Rates { dear: 1, at_once: Some(3), ..Rates::each(100) }, false));
    let (limits, shop) = (node.limits.as_ref().unwrap(), caller("acct_a"));
    let ask = |class| now(limits.admit_to(&node, &shop, class));
    let search = ask(Class::Searches).unwrap();
    assert_eq!(ask(Class::Searches).err(), Some(Reason::EndpointConcurrency));
    let others = [ask(Class::Reads).unwrap(), ask(Class::Writes).unwrap()];
    assert_eq!(ask(Class::Writes).err(), Some(Reason::GlobalConcurrency));
    assert!(now(limits.admit_to(&node, &caller("acct_b"), Class::Writes)).is_ok(), "others are not held up");
    drop(search);
    nodes.clock.advance(1);
    assert!(ask(Class::Searches).is_ok());
    drop(others);
    assert_eq!(limits.at_work().len(), 0, "nobody is remembered who has nothing at work");
}
