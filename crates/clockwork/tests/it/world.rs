//! A world with a platform, a seller, their connections, a clock moved by hand, and a receiver of letters.
use api::{
    Api, Fact, Profile, World,
    access::{Application, Connection},
};
use base::{Caller, Fut, Ids, ManualClock, Named as _, Scope, Seeded, Timestamp};
use bytes::Bytes;
use clockwork::{Answer, Egress, Letter, Unsent, Worker};
use resources::{connect::application, events::attempt::Attempt};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use store::Memory;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use wire::{Hidden, Node};

pub(crate) const PLATFORM: &str = "acct_platform";
pub(crate) const SELLER: &str = "acct_seller";
pub(crate) const DEVELOPMENT: &str = "ca_development";
pub(crate) const PRODUCTION: &str = "ca_production";
pub(crate) const START: Timestamp = Timestamp(1_700_000_000);
/// Long enough for any machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the receiver says to a letter.
type Says = Arc<dyn Fn(&Letter) -> Option<u16> + Send + Sync>;

/// A receiver of letters; it may say nothing at all.
pub(crate) struct Post {
    came: mpsc::UnboundedSender<Letter>,
    says: Mutex<Says>,
}

impl Egress for Post {
    fn post(&self, letter: Letter) -> Fut<'_, Result<Answer, Unsent>> {
        let status = (self.says.lock().unwrap().clone())(&letter);
        self.came.send(letter).unwrap();
        Box::pin(async move {
            match status {
                Some(status) => Ok(Answer::of(status)),
                None => std::future::pending().await,
            }
        })
    }
}

pub(crate) struct Bench {
    pub(crate) api: Arc<Api>,
    pub(crate) clock: Arc<ManualClock>,
    post: Arc<Post>,
    came: mpsc::UnboundedReceiver<Letter>,
    worker: Option<(JoinHandle<()>, watch::Sender<bool>)>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// A letter as a test looks at it.
pub(crate) struct Came {
    pub(crate) letter: Letter,
    pub(crate) event: Node<'static>,
}

impl Came {
    pub(crate) fn text(&self, path: &str) -> &str {
        self.at(path).and_then(Node::as_str).unwrap_or_default()
    }
    pub(crate) fn at(&self, path: &str) -> Option<&Node<'static>> {
        path.split('.').try_fold(&self.event, |node, name| node.get(name))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.letter.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    pub(crate) fn host(&self) -> &str {
        self.letter.url.host_str().unwrap()
    }
}

pub(crate) fn api(clock: Arc<ManualClock>, dev: bool) -> Arc<Api> {
    mailing(clock, dev, api::Mails::Kept)
}

/// The same, whose messages leave the outbox so.
pub(crate) fn mailing(clock: Arc<ManualClock>, dev: bool, mails: api::Mails) -> Arc<Api> {
    let world = World {
        memo: api::Memo::default(),
        store: Arc::new(Memory::new()),
        clock: clock.clone(),
        wall: clock,
        entropy: Arc::new(Seeded::from_number(1)),
        ids: Ids::default(),
        acquirer: Arc::new(acquirer::NoAcquirer),
        network: Arc::new(acquirer::Simulator),
        pricing: Arc::default(),
        vault: vault::Vault::of(vault::Key::new("k1", [7; 32]).unwrap()),
        changes: versions::CHANGES,
        nouns: resources::noun,
        announce: Arc::new(resources::announce::Announcer),
        profile: Profile::Compat,
        mails,
        faults: None,
        dev,
        origin: "http://localhost:7070".into(),
    };
    Arc::new(Api::new(world, resources::endpoints()).unwrap())
}

impl Bench {
    /// A world whose platform has an application in each mode, and a worker that posts to the test.
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let (sender, came) = mpsc::unbounded_channel();
        let post = Arc::new(Post { came: sender, says: Mutex::new(Arc::new(|_| Some(200))) });
        let mut bench =
            Bench { api: api(clock.clone(), true), clock, post, came, worker: None, wake: Arc::new(|| {}) };
        bench.work();
        let made = Hidden(START);
        for (id, live) in [(DEVELOPMENT, false), (PRODUCTION, true)] {
            let caller = Caller::system(PLATFORM, live);
            let made = made.clone();
            let outcome = bench.api.transact(&caller, move |cx| {
                let application = Application {
                    id: id.into(),
                    object: Application::NAME.into(),
                    name: Some("Acme".into()),
                    platform: Hidden(PLATFORM.into()),
                    livemode: Hidden(live),
                    url: Hidden(None),
                    icon: Hidden(None),
                    redirect_uris: Hidden(Vec::new()),
                    webhook: Hidden(None),
                    created: made.clone(),
                };
                Box::pin(async move {
                    cx.put(&application);
                    api::done(())
                })
            });
            outcome.await.unwrap();
        }
        bench
    }

    /// Starts the worker.
    pub(crate) fn work(&mut self) {
        let worker = Worker::new(self.api.clone(), self.post.clone());
        self.wake = worker.waker();
        let (stop, stopped) = watch::channel(false);
        self.worker = Some((tokio::spawn(worker.run(stopped)), stop));
    }
    /// Kills the worker where it stands.
    pub(crate) async fn kill(&mut self) {
        let (worker, _) = self.worker.take().unwrap();
        worker.abort();
        assert!(worker.await.unwrap_err().is_cancelled());
    }
    /// Asks the worker to stop and waits until it has.
    pub(crate) async fn stop(&mut self) {
        let (worker, stop) = self.worker.take().unwrap();
        stop.send(true).unwrap();
        tokio::time::timeout(PATIENCE, worker).await.unwrap().unwrap();
    }

    /// Decides what receivers say; nothing at all where there is `None`.
    pub(crate) fn says(&self, says: impl Fn(&Letter) -> Option<u16> + Send + Sync + 'static) {
        *self.post.says.lock().unwrap() = Arc::new(says);
    }
    /// Moves the clock on, as the server does.
    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
        (self.wake)();
    }
    /// The next letter.
    pub(crate) async fn next(&mut self) -> Came {
        let letter = tokio::time::timeout(PATIENCE, self.came.recv()).await.expect("no letter came").unwrap();
        let event = Node::parse(&letter.body).unwrap().into_owned();
        Came { letter, event }
    }
    /// Everything that came and was not looked at.
    pub(crate) fn rest(&mut self) -> Vec<Letter> {
        std::iter::from_fn(|| self.came.try_recv().ok()).collect()
    }
    /// Waits until something holds that a receipt brings about.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let wait = async {
            while !holds().await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
    }

    pub(crate) async fn call(
        &self,
        account: &str,
        live: bool,
        method: &str,
        path: &str,
        params: &[(&'static str, Node<'static>)],
    ) -> Result<Node<'static>, base::ApiError> {
        let caller = Caller::session(account, live);
        let params = Node::Map(params.iter().map(|(name, node)| ((*name).into(), node.clone())).collect());
        let body: Bytes = self.api.call_as(&caller, method, path, params).await?;
        Ok(Node::parse(&body).unwrap().into_owned())
    }
    /// Makes an endpoint; returns its id and its secret.
    pub(crate) async fn endpoint(
        &self,
        account: &str,
        live: bool,
        url: &str,
        events: &[&str],
        connect: bool,
    ) -> (String, String) {
        let events = events.iter().map(|it| form(it)).collect();
        let connect = form(if connect { "true" } else { "false" });
        let params = [("url", form(url)), ("enabled_events", Node::List(events)), ("connect", connect)];
        let made = self.call(account, live, "POST", "/v1/webhook_endpoints", &params).await.unwrap();
        let text = |name: &str| made.get(name).and_then(Node::as_str).unwrap().to_owned();
        (text("id"), text("secret"))
    }
    /// Makes a customer, which is told; returns its id.
    pub(crate) async fn customer(&self, account: &str, live: bool) -> String {
        let made = self.call(account, live, "POST", "/v1/customers", &[("name", form("N"))]).await.unwrap();
        made.get("id").and_then(Node::as_str).unwrap().to_owned()
    }
    pub(crate) async fn event(&self, account: &str, live: bool, id: &str) -> Node<'static> {
        self.call(account, live, "GET", &format!("/v1/events/{id}"), &[]).await.unwrap()
    }
    /// The attempts to deliver to the platform's endpoints of a mode, oldest first.
    pub(crate) async fn attempts(&self, live: bool) -> Vec<Attempt> {
        let query = store::Query::newest(PLATFORM, live, Attempt::NAME, None, 10_000);
        let found = self.api.world.store.list(&query).await.unwrap();
        found.iter().rev().map(|doc| wire::from_json(&doc.body).unwrap()).collect()
    }
    pub(crate) async fn pending(&self, account: &str, id: &str) -> i64 {
        self.event(account, false, id).await.get("pending_webhooks").and_then(Node::as_i64).unwrap()
    }

    /// Connects the seller, as the OAuth pages do.
    pub(crate) async fn connect(&self, client_id: &'static str) {
        self.connection(client_id, true).await;
    }
    /// Ends the connection, as the OAuth pages do.
    pub(crate) async fn disconnect(&self, client_id: &'static str) {
        self.connection(client_id, false).await;
    }
    async fn connection(&self, client_id: &'static str, made: bool) {
        let live = client_id == PRODUCTION;
        let caller = Caller::system(SELLER, live);
        let outcome = self.api.transact(&caller, move |cx| {
            Box::pin(async move {
                let known = cx.get::<Connection>(client_id).await?;
                if made {
                    cx.put(&connection(client_id, live));
                } else if let Some(known) = known {
                    cx.delete(&known);
                }
                let name = format!(r#"{{"id":"{client_id}","object":"application","name":"Acme"}}"#);
                cx.fact(Fact {
                    account: SELLER.into(),
                    live,
                    kind: if made { application::AUTHORIZED } else { application::DEAUTHORIZED },
                    object: name.into(),
                    previous: None,
                    only: Some(client_id.into()),
                });
                api::done(())
            })
        });
        outcome.await.unwrap();
    }
}

fn connection(client_id: &str, live: bool) -> Connection {
    Connection {
        id: client_id.into(),
        object: Connection::NAME.into(),
        platform: PLATFORM.into(),
        account: SELLER.into(),
        livemode: live,
        scope: Scope::ReadWrite,
        created: START,
        generation: String::new(),
        rolled: 0,
        publishable_test: None,
        publishable_live: None,
    }
}

pub(crate) fn form(text: &str) -> Node<'static> {
    Node::Form(text.to_owned().into())
}
