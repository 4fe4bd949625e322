//! A world for the tests of resources: two accounts, a connection between them, a clock that is moved by hand, and
//! requests that go the whole way from headers to bytes.
use crate::{
    connect::account::{self, Account, ApplicationForm, BankForm, Keys, NewAccount},
    due, mail,
    payments::settlement,
    test_helpers::test_clock,
};
use api::{
    Announce, Api, Cx, Fact, Object, Profile, Request, Stop, World,
    access::{Application, Connected, Connection, Credential},
};
use base::{Caller, Clock, Currency, Fut, Ids, ManualClock, Scope, Seeded, Timestamp, Version};
use http::{HeaderMap, HeaderValue, Method};
use std::{
    future::Future,
    pin::pin,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};
use store::{Bytes, Memory};
use wire::{Hidden, Node};

/// The platform's secret key in test mode.
pub(crate) const PLATFORM: &str = "sk_test_platform0000000000000000";
/// The seller's own secret key in test mode.
pub(crate) const SELLER: &str = "sk_test_seller000000000000000000";
/// The platform's access token for the seller.
pub(crate) const TOKEN: &str = "sk_test_token0000000000000000000";
/// The seller's publishable key in test mode.
pub(crate) const PUBLIC: &str = "pk_test_seller000000000000000000";
/// The seller's own secret key in live mode.
pub(crate) const LIVE: &str = "sk_live_seller000000000000000000";
/// The seller's publishable key in live mode.
pub(crate) const LIVE_PUBLIC: &str = "pk_live_seller000000000000000000";
/// The account of the platform.
pub(crate) const PLATFORM_ID: &str = "acct_platform";
/// The account that is connected to it.
pub(crate) const SELLER_ID: &str = "acct_seller";
/// The client id of the platform's application.
pub(crate) const APPLICATION: &str = "ca_test";
/// Monday, 7 October 2013, 00:00:58 UTC.
pub(crate) const START: Timestamp = Timestamp(1_381_104_058);

/// A world and what was told in it.
pub(crate) struct Bench {
    /// The API.
    pub(crate) api: Api,
    /// Its clock.
    pub(crate) clock: Arc<ManualClock>,
    facts: Arc<Mutex<Vec<Fact>>>,
}

struct Listen(Arc<Mutex<Vec<Fact>>>);

impl Announce for Listen {
    fn announce<'a>(&'a self, cx: &'a mut Cx<'_>, facts: Vec<Fact>) -> Fut<'a, Result<(), Stop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(facts.iter().cloned());
        Box::pin(async move {
            settlement::follow(cx, &[]).await?;
            mail::follow(cx, &facts).await?;
            test_clock::keep_plans(cx).await
        })
    }
}

/// Runs a future that never waits for anybody, as those over a home in memory do; it may give others a turn.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..TURNS_MAX {
        if let Poll::Ready(it) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return it;
        }
    }
    unreachable!("a home in memory never waits")
}

/// Turns that a list gives others at most.
const TURNS_MAX: usize = 10_000;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Node<'static>,
}

impl Answer {
    /// The member at a path such as `source.last4` or `data.0.id`.
    pub(crate) fn at(&self, path: &str) -> &Node<'static> {
        path.split('.').fold(&self.body, |node, name| {
            let child = match node {
                Node::List(items) => name.parse::<usize>().ok().and_then(|at| items.get(at)),
                other => other.get(name),
            };
            child.unwrap_or(&Node::Null)
        })
    }
    /// The text at a path; empty where there is none.
    pub(crate) fn text(&self, path: &str) -> String {
        self.at(path).as_str().unwrap_or_default().to_owned()
    }
    /// The integer at a path.
    pub(crate) fn number(&self, path: &str) -> i64 {
        self.at(path).as_i64().unwrap_or_else(|| panic!("no integer at {path}: {}", self.body.to_json()))
    }
    /// Whether `true` stands at a path.
    pub(crate) fn is(&self, path: &str) -> bool {
        *self.at(path) == Node::Bool(true)
    }
    /// The items of a list.
    pub(crate) fn items(&self) -> Vec<Answer> {
        match self.at("data") {
            Node::List(items) => {
                items.iter().map(|item| Answer { status: self.status, body: item.clone() }).collect()
            }
            _ => Vec::new(),
        }
    }
    /// The answer, which must be a success.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body.to_json());
        self
    }
    /// The error's status, code and parameter.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        assert_ne!(self.status, 200, "{}", self.body.to_json());
        (self.status, self.text("error.code"), self.text("error.param"))
    }
}

/// What the form of an account in the United States holds whose bank account has this number.
pub(crate) fn shop(number: &str) -> ApplicationForm {
    ApplicationForm {
        country: "US".into(),
        business_type: "llc".into(),
        business_name: "Ann's Pottery".into(),
        url: "https://pottery.example".into(),
        product_description: "Pots".into(),
        statement_descriptor: "ANNS POTTERY".into(),
        first_name: "Ann".into(),
        last_name: "Potter".into(),
        born: (1980, 2, 29),
        phone: None,
        street: "1 Clay Lane".into(),
        city: "Berea".into(),
        state: Some("KY".into()),
        zip: Some("40403".into()),
        bank: BankForm {
            country: "US".into(),
            currency: "usd".into(),
            routing_number: Some("110000000".into()),
            account_number: number.into(),
        },
        ip: None,
        user_agent: None,
    }
}

impl Bench {
    /// A world with the platform, the seller and their connection.
    pub(crate) fn new() -> Self {
        Self::priced(money::Pricing::default())
    }

    /// The same with these prices and rates.
    pub(crate) fn priced(pricing: money::Pricing) -> Self {
        let (world, clock, facts) = Self::world(pricing);
        let api = Api::new(world, crate::endpoints()).unwrap_or_else(|e| panic!("{e}"));
        let bench = Bench { api, clock, facts };
        bench.seed();
        bench
    }

    /// The same, for tests that want thousands: the endpoints are shared.
    pub(crate) fn again() -> Self {
        static FIRST: LazyLock<Bench> = LazyLock::new(Bench::new);
        let (world, clock, facts) = Self::world(money::Pricing::default());
        let bench = Bench { api: FIRST.api.beside(world), clock, facts };
        bench.seed();
        bench
    }

    fn world(pricing: money::Pricing) -> (World, Arc<ManualClock>, Arc<Mutex<Vec<Fact>>>) {
        let clock = Arc::new(ManualClock::at(START));
        let facts = Arc::new(Mutex::new(Vec::new()));
        let key = vault::Key::new("k1", [7; 32]).unwrap_or_else(|e| panic!("{e:?}"));
        let vault = vault::Vault::of(key);
        let world = World {
            memo: api::Memo::default(),
            store: Arc::new(Memory::new()),
            clock: clock.clone(),
            wall: clock.clone(),
            entropy: Arc::new(Seeded::from_number(1)),
            ids: Ids::default(),
            acquirer: Arc::new(acquirer::NoAcquirer),
            network: Arc::new(acquirer::Simulator),
            pricing: Arc::new(pricing),
            vault,
            changes: &[],
            nouns: crate::noun,
            announce: Arc::new(Listen(facts.clone())),
            profile: Profile::Compat,
            mails: api::Mails::default(),
            faults: None,
            dev: true,
            origin: "http://localhost:7070".into(),
        };
        (world, clock, facts)
    }

    /// Writes an object down as if an account had.
    pub(crate) fn keep<T: Object + Clone>(&self, account: &str, live: bool, it: &T) {
        let caller = Caller::system(account, live);
        let outcome = now(self.api.transact(&caller, |cx| {
            let it = it.clone();
            Box::pin(async move {
                cx.get::<T>(it.id()).await?;
                cx.put(&it);
                api::done(())
            })
        }));
        assert!(outcome.is_ok(), "{:?}", outcome.err());
    }

    fn seed(&self) {
        let caller = Caller::system(PLATFORM_ID, false);
        let outcome = now(self.api.transact(&caller, |cx| {
            Box::pin(async move {
                let made = cx.now();
                for (key, account) in [
                    (PLATFORM, PLATFORM_ID),
                    (SELLER, SELLER_ID),
                    (PUBLIC, SELLER_ID),
                    (LIVE, SELLER_ID),
                    (LIVE_PUBLIC, SELLER_ID),
                    (TOKEN, SELLER_ID),
                ] {
                    let mut credential = Credential::for_key(key, account, Version::TODAY, made);
                    if key == TOKEN {
                        credential.kind = "token".into();
                        credential.platform = Some(PLATFORM_ID.into());
                        credential.application = Some(APPLICATION.into());
                    }
                    cx.put(&credential);
                }
                cx.put(&Application {
                    id: APPLICATION.into(),
                    object: "application".into(),
                    name: Some("Acme".into()),
                    platform: Hidden(PLATFORM_ID.into()),
                    livemode: Hidden(false),
                    url: Hidden(None),
                    icon: Hidden(None),
                    redirect_uris: Hidden(Vec::new()),
                    webhook: Hidden(None),
                    created: Hidden(made),
                });
                cx.put_of(
                    SELLER_ID,
                    false,
                    &Connection {
                        id: APPLICATION.into(),
                        object: "connection".into(),
                        platform: PLATFORM_ID.into(),
                        account: SELLER_ID.into(),
                        livemode: false,
                        scope: Scope::ReadWrite,
                        created: made,
                        generation: "1".into(),
                        rolled: 0,
                        publishable_test: None,
                        publishable_live: None,
                    },
                );
                cx.put_of(
                    PLATFORM_ID,
                    false,
                    &Connected {
                        id: SELLER_ID.into(),
                        object: "connected_account".into(),
                        application: APPLICATION.into(),
                        scope: Scope::ReadWrite,
                        created: made,
                    },
                );
                api::done(())
            })
        }));
        assert!(outcome.is_ok(), "the world cannot be made: {:?}", outcome.err());
    }

    fn ask(&self, method: &Method, key: &str, target: &str, form: &str) -> Answer {
        let response = self.send(method, key, target, form);
        let body = Node::parse(response.body()).unwrap_or_else(|e| panic!("{target}: {e}")).into_owned();
        Answer { status: response.status().as_u16(), body }
    }
    fn send(&self, method: &Method, key: &str, target: &str, form: &str) -> api::Response {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {key}")) {
            headers.insert("authorization", value);
        }
        let body = Bytes::from(form.to_owned());
        let request = Request { method, path, query, headers: &headers, body: &body };
        now(self.api.handle(request))
    }
    /// `POST /v1/files` of a file with this name, and of fields.
    pub(crate) fn upload(&self, key: &str, fields: &[(&str, &str)], name: &str, contents: &[u8]) -> Answer {
        self.upload_as(key, None, fields, name, contents)
    }
    /// The same with an idempotency key.
    pub(crate) fn upload_as(
        &self,
        key: &str,
        once: Option<&'static str>,
        fields: &[(&str, &str)],
        name: &str,
        contents: &[u8],
    ) -> Answer {
        let mut body = Vec::new();
        for (field, value) in fields {
            let part = format!("--x\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head =
            format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(contents);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("multipart/form-data; boundary=x"));
        if let Some(once) = once {
            headers.insert("idempotency-key", HeaderValue::from_static(once));
        }
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {key}")) {
            headers.insert("authorization", value);
        }
        let body = Bytes::from(body);
        let request =
            Request { method: &Method::POST, path: "/v1/files", query: "", headers: &headers, body: &body };
        let response = now(self.api.handle(request));
        let body = Node::parse(response.body()).unwrap_or_else(|e| panic!("{e}")).into_owned();
        Answer { status: response.status().as_u16(), body }
    }
    /// What is no JSON, and what it is.
    pub(crate) fn bytes(&self, key: &str, target: &str) -> (String, Vec<u8>) {
        let response = self.send(&Method::GET, key, target, "");
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap_or_default().to_owned();
        (kind, response.body().to_vec())
    }
    /// What the secret of a file link of the seller opens in test mode, as the page does.
    pub(crate) fn open_link(&self, secret: &str) -> Option<Vec<u8>> {
        let caller = Caller::system(SELLER_ID, false);
        let reply = now(self.api.transact(&caller, |cx| {
            let secret = secret.to_owned();
            Box::pin(async move { crate::files::file_link::open(cx, &secret).await })
        }));
        match reply {
            Ok(api::Reply::Done(it)) => it.map(|(_, bytes)| bytes),
            other => unreachable!("{other:?}"),
        }
    }
    /// What is no JSON.
    pub(crate) fn text(&self, key: &str, target: &str) -> String {
        let response = self.send(&Method::GET, key, target, "");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
        String::from_utf8_lossy(response.body()).into_owned()
    }
    /// `GET` of a path, with a query after a question mark.
    pub(crate) fn get(&self, key: &str, target: &str) -> Answer {
        self.ask(&Method::GET, key, target, "")
    }
    /// `POST` of a form such as `amount=5&metadata[a]=b`.
    pub(crate) fn post(&self, key: &str, path: &str, form: &str) -> Answer {
        self.ask(&Method::POST, key, path, form)
    }
    /// `DELETE` of a path.
    #[allow(dead_code)]
    pub(crate) fn delete(&self, key: &str, path: &str) -> Answer {
        self.ask(&Method::DELETE, key, path, "")
    }
    /// Answers a challenge of the seller's payer, as the page would.
    pub(crate) fn answer_challenge(
        &self,
        intent: &str,
        secret: &str,
        proven: bool,
    ) -> Option<crate::challenge::Followed> {
        let caller = Caller { request: self.api.world.new_id("req"), ..Caller::system(SELLER_ID, false) };
        let reply = now(self.api.transact(&caller, |cx| {
            let (intent, secret) = (intent.to_owned(), secret.to_owned());
            Box::pin(async move { crate::challenge::answer(cx, &intent, &secret, proven).await })
        }));
        match reply {
            Ok(api::Reply::Done(it)) => it,
            other => unreachable!("{other:?}"),
        }
    }
    /// Does what is due with payments by now, and what follows from it at once.
    pub(crate) fn settle(&self) {
        loop {
            let at = self.clock.now_ms();
            let claimed = now(self.api.world.store.claim(due::QUEUE, at, 1_000, 100));
            let claimed = claimed.unwrap_or_else(|e| panic!("{e}"));
            if claimed.is_empty() {
                return;
            }
            for piece in claimed {
                let task: due::Task = wire::from_json(&piece.body).unwrap_or_else(|e| panic!("{e:?}"));
                let caller = Caller::system(task.account.as_str(), task.livemode);
                let outcome = now(self.api.transact(&caller, |cx| {
                    let (task, key) = (&task, piece.key.clone());
                    Box::pin(async move {
                        cx.finished(key);
                        due::perform(cx, task).await
                    })
                }));
                assert!(outcome.is_ok(), "{task:?}: {:?}", outcome.err());
            }
        }
    }
    /// Everything that was told since the last call: account and type, in order.
    pub(crate) fn told(&self) -> Vec<(String, &'static str)> {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.drain(..).map(|fact| (fact.account, fact.kind)).collect()
    }
    /// Everything that was told since the last call.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        std::mem::take(&mut self.facts.lock().unwrap_or_else(PoisonError::into_inner))
    }
    /// Gives an account a bank account of the United States with this number, as its form does.
    pub(crate) fn bank(&self, id: &'static str, number: &str) {
        let caller = Caller::session(id, false);
        let form = shop(number);
        let outcome = now(self.api.transact(&caller, |cx| {
            let form = form.clone();
            Box::pin(async move {
                if cx.peek::<Account>(id).await?.is_none() {
                    let mut new = NewAccount::new(None, Some("a@shop.example"), "US", Currency::USD);
                    let text = |prefix: &str| format!("{prefix}_test_more_of_{id}");
                    new.keys = Some(Keys {
                        secret_test: text("sk"),
                        publishable_test: text("pk"),
                        secret_live: None,
                        publishable_live: None,
                    });
                    new.id = Some(id.into());
                    account::open(cx, new);
                }
                let problems = account::submit_application(cx, id, form).await?;
                assert!(problems.is_ok(), "{problems:?}");
                api::done(())
            })
        }));
        assert!(outcome.is_ok(), "{:?}", outcome.err());
        self.facts();
    }

    /// Moves the clock on and does what is due by then, in the order in which it is due.
    pub(crate) fn wait(&self, seconds: i64) {
        let until = self.now().0 + seconds;
        while let Some(at_ms) =
            now(self.api.world.store.next_due(due::QUEUE)).unwrap_or_else(|e| panic!("{e}"))
        {
            let at = (at_ms + 999) / 1000;
            if at > until {
                break;
            }
            self.clock.advance((at - self.now().0).max(0));
            self.settle();
        }
        self.clock.advance(until - self.now().0);
    }
    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
