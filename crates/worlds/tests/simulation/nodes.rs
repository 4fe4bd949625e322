//! Two nodes on one home, which die and come back.
use crate::{
    bank::Bank,
    crew::{Crew, Dice, alone, turn},
    home::Troubled,
    receiver::Receiver,
};
use api::{Api, Profile, Request, World};
use base::{Clock as _, Ids, ManualClock, Timestamp};
use clockwork::{Hands, Sites as _};
use http::{HeaderMap, Method};
use resources::{announce, due};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};
use store::{Bytes, Due, Memory, Record, Scope, Store};
use wire::Node;
use worlds::{Wanted, Worlds};

/// Tuesday, 14 November 2023.
pub(crate) const START: Timestamp = Timestamp(1_700_000_000);
/// Known to a world from its beginning.
pub(crate) const SELLER: &str = "sk_test_TollbridgeSellerSecret01";
pub(crate) const PLATFORM: &str = "sk_test_TollbridgePlatformSecret";
const NODES: usize = 2;
/// An account that nothing is wanted of.
const ACCOUNT: &str = "type=custom&country=US&capabilities[transfers][requested]=true&business_type=individual&business_profile[url]=https://shop.example&business_profile[mcc]=5734&individual[first_name]=Jenny&individual[last_name]=Rosen&individual[email]=jenny@example.com&individual[phone]=0000000000&individual[dob][day]=1&individual[dob][month]=1&individual[dob][year]=1901&individual[address][line1]=address_full_match&individual[address][city]=Springfield&individual[address][state]=IL&individual[address][postal_code]=62701&individual[ssn_last_4]=0000&individual[id_number]=000000000&tos_acceptance[date]=1700000000&tos_acceptance[ip]=203.0.113.1&external_account[object]=bank_account&external_account[country]=US&external_account[currency]=usd&external_account[routing_number]=110000000&external_account[account_number]=000123456789";
/// Longer than a piece of work takes, in milliseconds; a clock that jumps may end it early nevertheless.
const LEASE_MS: i64 = 120_000;
/// Moments that nothing takes longer than; a history that does hangs.
const MOMENTS_MAX: u64 = 3_000_000;
const QUEUES: [&str; 3] = [due::QUEUE, announce::QUEUE, api::asks::QUEUE];

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Said {
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let node = Node::parse(self.body.as_bytes()).ok()?;
        name.split('.').try_fold(&node, |node, name| node.get(name))?.as_str().map(str::to_owned)
    }
}

/// Everything.
pub(crate) struct Town {
    pub(crate) dice: Dice,
    pub(crate) crew: Rc<Crew>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) bank: Arc<Bank>,
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) calm: Arc<AtomicBool>,
    nodes: RefCell<Vec<Rc<Worlds>>>,
    /// What was answered in the end, by idempotency key.
    pub(crate) answers: RefCell<BTreeMap<String, Vec<Said>>>,
    /// Ids of what was made, for requests that are about it.
    pub(crate) made: RefCell<BTreeMap<&'static str, Vec<String>>>,
    moments: Cell<u64>,
    /// Pieces of due work under way.
    busy: Rc<Cell<usize>>,
}

/// The endpoints, once for all histories.
static FIRST: LazyLock<Api> = LazyLock::new(|| {
    let calm = Arc::new(AtomicBool::new(true));
    let bank = Arc::new(Bank::new(Dice::new(0), calm));
    let clock = Arc::new(ManualClock::at(START));
    Api::new(world(Arc::new(Memory::new()), clock, bank, &Dice::new(0)), resources::endpoints()).unwrap()
});

fn world(store: Arc<dyn Store>, clock: Arc<ManualClock>, bank: Arc<Bank>, dice: &Dice) -> World {
    World {
        memo: api::Memo::default(),
        store,
        clock: clock.clone(),
        wall: clock,
        entropy: Arc::new(dice.seeded()),
        ids: Ids::default(),
        acquirer: Arc::new(acquirer::NoAcquirer),
        network: bank,
        pricing: Arc::new(money::Pricing::default()),
        vault: vault::Vault::of(vault::Key::new("k1", [7; 32]).unwrap()),
        changes: versions::CHANGES,
        nouns: resources::noun,
        announce: Arc::new(resources::announce::Announcer),
        profile: Profile::Compat,
        mails: api::Mails::default(),
        faults: None,
        dev: true,
        origin: "http://localhost:7070".into(),
    }
}

impl Town {
    /// A platform, a seller, and what clients need of them.
    pub(crate) fn found(dice: Dice, crew: Rc<Crew>) -> Self {
        let calm = Arc::new(AtomicBool::new(true));
        let town = Town {
            crew,
            clock: Arc::new(ManualClock::at(START)),
            memory: Arc::new(Memory::new()),
            bank: Arc::new(Bank::new(dice.apart(), calm.clone())),
            receiver: Arc::new(Receiver::new(dice.apart(), calm.clone())),
            calm,
            nodes: RefCell::default(),
            answers: RefCell::default(),
            made: RefCell::default(),
            moments: Cell::new(0),
            busy: Rc::default(),
            dice,
        };
        for node in 0..NODES {
            let worlds = town.raise();
            town.nodes.borrow_mut().push(worlds);
            town.work(node);
        }
        town.furnish();
        town.calm.store(false, Ordering::SeqCst);
        town
    }

    /// A node over the home.
    fn raise(&self) -> Rc<Worlds> {
        let home = Troubled { memory: self.memory.clone(), dice: self.dice.apart(), calm: self.calm.clone() };
        let home: Arc<dyn Store> = Arc::new(home);
        loop {
            let world = world(home.clone(), self.clock.clone(), self.bank.clone(), &self.dice);
            let hands = Arc::new(Hands::new(self.receiver.clone()));
            let build = |world| {
                let mut api = FIRST.beside(world);
                api.rest = |_| Box::pin(turn());
                Ok(api)
            };
            // A home that is busy is asked again, as whoever looks after a node would.
            if let Ok(worlds) = alone(Worlds::start(world, hands, &Wanted::default(), build)) {
                return Rc::new(worlds);
            }
        }
    }

    fn furnish(&self) {
        let make = |key: &str, path: &str, form: &str| {
            let said =
                alone(answer(self.node(0), key.into(), "POST", path.into(), form.into(), String::new()));
            assert_eq!(said.status, 200, "{path}: {}", said.body);
            said.text("id").unwrap()
        };
        for (key, url) in [(SELLER, "http://shop.example/hook"), (PLATFORM, "http://platform.example/hook")] {
            make(key, "/v1/webhook_endpoints", &format!("url={url}&enabled_events[]=*"));
        }
        let account = make(PLATFORM, "/v1/accounts", ACCOUNT);
        let customer = make(SELLER, "/v1/customers", "source=tok_visa&name=Jenny");
        let price = make(
            SELLER,
            "/v1/prices",
            "currency=usd&unit_amount=1500&recurring[interval]=month&product_data[name]=Box",
        );
        self.note("account", account);
        self.note("customer", customer);
        self.note("price", price);
    }

    pub(crate) fn note(&self, kind: &'static str, id: String) {
        self.made.borrow_mut().entry(kind).or_default().push(id);
    }
    pub(crate) fn any(&self, kind: &'static str) -> Option<String> {
        let made = self.made.borrow();
        let all = made.get(kind).filter(|all| !all.is_empty())?;
        Some(self.dice.pick(all).clone())
    }

    /// One of them that nobody else is given.
    pub(crate) fn take(&self, kind: &'static str) -> Option<String> {
        let mut made = self.made.borrow_mut();
        let all = made.get_mut(kind).filter(|all| !all.is_empty())?;
        let at = self.dice.below(all.len() as u64) as usize;
        Some(all.swap_remove(at))
    }

    fn node(&self, node: usize) -> Rc<Worlds> {
        self.nodes.borrow()[node].clone()
    }
    pub(crate) fn any_node(&self) -> usize {
        self.dice.below(NODES as u64) as usize
    }

    /// Asks a node; `None` where it dies before it has answered.
    pub(crate) async fn ask(
        &self,
        node: usize,
        key: &str,
        path: &str,
        form: &str,
        idem: &str,
    ) -> Option<Said> {
        struct Gone(Rc<Cell<bool>>);
        impl Drop for Gone {
            fn drop(&mut self) {
                self.0.set(true);
            }
        }
        let (slot, gone) = (Rc::new(RefCell::new(None)), Rc::new(Cell::new(false)));
        let (told, ended) = (slot.clone(), Gone(gone.clone()));
        let answer = answer(self.node(node), key.into(), "POST", path.into(), form.into(), idem.into());
        self.crew.begin(Some(node), async move {
            let _ended = ended;
            *told.borrow_mut() = Some(answer.await);
        });
        loop {
            turn().await;
            if let Some(said) = slot.borrow_mut().take() {
                return Some(said);
            }
            if gone.get() {
                return None;
            }
        }
    }

    /// The queues of a node.
    fn work(&self, node: usize) {
        for queue in QUEUES {
            let (worlds, crew, busy) = (self.node(node), self.crew.clone(), self.busy.clone());
            let hands = Rc::new(Hands::new(self.receiver.clone()));
            let dice = self.dice.apart();
            self.crew.begin(Some(node), async move {
                loop {
                    let limit = 1 + dice.below(3) as usize;
                    let claimed = worlds.claim(queue, LEASE_MS, limit).await.unwrap_or_default();
                    let pause = if claimed.is_empty() { 8 } else { 0 };
                    for (site, due) in claimed {
                        let (hands, busy) = (hands.clone(), Busy::new(&busy));
                        crew.begin(Some(node), async move {
                            let _busy = busy;
                            // What fails is done again when its lease ends.
                            let _ = match hands.sort(queue) {
                                Some(sort) => hands.perform(sort, &site, due).await.map(drop),
                                None => site.api.recover(due).await.map(drop),
                            };
                        });
                    }
                    for _ in 0..pause {
                        turn().await;
                    }
                }
            });
        }
    }

    /// One moment: somebody goes on; perhaps something happens to everybody.
    fn moment(&self) {
        self.moments.set(self.moments.get() + 1);
        assert!(self.moments.get() < MOMENTS_MAX, "it does not end");
        self.crew.step();
        if self.calm.load(Ordering::SeqCst) {
            return;
        }
        if self.dice.one_in(60) {
            self.clock.advance(self.dice.below(20) as i64);
        }
        if self.dice.one_in(6_000) {
            // Leases end, and asks are too late.
            self.clock.advance(4_000);
        }
        if self.dice.one_in(1_500) {
            let node = self.any_node();
            self.crew.kill(node);
            let worlds = self.raise();
            self.nodes.borrow_mut()[node] = worlds;
            self.work(node);
        }
    }
    pub(crate) fn until(&self, ended: impl Fn() -> bool) {
        while !ended() {
            self.moment();
        }
    }

    /// From here on nothing fails.
    pub(crate) fn calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }
    /// Lets the queues work until nothing is due that they could do.
    pub(crate) fn until_idle(&self) {
        self.until(|| self.busy.get() == 0 && self.owed().is_empty());
    }
    /// What is due and not done.
    fn owed(&self) -> Vec<Due> {
        let now_ms = self.clock.now_ms();
        let mut owed = Vec::new();
        for queue in QUEUES {
            if alone(self.memory.next_due(queue)).unwrap().is_some_and(|at_ms| at_ms <= now_ms) {
                owed.extend(self.records().into_iter().filter_map(|it| match it {
                    Record::Due(due) if due.key.at_ms <= now_ms => Some(due),
                    _ => None,
                }));
                break;
            }
        }
        owed
    }
    /// Everything that is written down.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut walk = alone(self.memory.snapshot(Scope::All)).unwrap();
        let mut all = Vec::new();
        loop {
            let next = alone(walk.next(1024)).unwrap();
            if next.is_empty() {
                return all;
            }
            all.extend(next);
        }
    }

    /// What was answered and told, line by line.
    pub(crate) fn said(&self) -> Vec<String> {
        let answers = self.answers.borrow();
        let lines = answers
            .iter()
            .flat_map(|(key, all)| all.iter().map(move |it| format!("{key} {} {}", it.status, it.body)));
        lines.chain(self.receiver.came()).collect()
    }
}

/// Counts a piece of work as long as it is under way, or until its node dies.
struct Busy(Rc<Cell<usize>>);

impl Busy {
    fn new(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Busy(count.clone())
    }
}
impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

async fn answer(
    worlds: Rc<Worlds>,
    key: String,
    method: &'static str,
    path: String,
    form: String,
    idem: String,
) -> Said {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {key}").parse().unwrap());
    headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    if !idem.is_empty() {
        headers.insert("idempotency-key", idem.parse().unwrap());
    }
    let (body, method) = (Bytes::from(form), Method::from_bytes(method.as_bytes()).unwrap());
    let request = Request { method: &method, path: &path, query: "", headers: &headers, body: &body };
    let response = worlds.root().site.api.handle(request).await;
    let body = String::from_utf8_lossy(response.body()).into_owned();
    Said { status: response.status().as_u16(), body }
}
