//! A world for the tests of OAuth: a platform with its application, a seller, a clock that is moved by hand.
use crate::{
    Ask,
    applications::{Ids, Pair, Settings},
    authorize, connect,
};
use api::{Announce, Api, Cx, Fact, Profile, Response, Stop, World, done};
use base::{Caller, Clock, Currency, Entropy, Fut, Ids as ObjectIds, ManualClock, Seeded, Timestamp};
use http::{HeaderMap, HeaderValue, header};
use resources::connect::{
    account::{ApplicationForm, BankForm, Keys, NewAccount},
    user::{self, User},
};
use std::sync::{Arc, Mutex, PoisonError};
use store::Memory;
use wire::Node;

pub(crate) const ORIGIN: &str = "https://bridge.example";
pub(crate) const PLATFORM: &str = "acct_platform";
pub(crate) const SELLER: &str = "acct_seller";
pub(crate) const TEST_KEY: &str = "sk_test_platform0000000000000000";
pub(crate) const LIVE_KEY: &str = "sk_live_platform0000000000000000";
pub(crate) const SELLER_KEY: &str = "sk_test_seller000000000000000000";
pub(crate) const DEVELOPMENT: &str = "ca_development";
pub(crate) const PRODUCTION: &str = "ca_production";
pub(crate) const HTTPS: &str = "https://shop.example/callback";
pub(crate) const PLAIN: &str = "http://shop.test/callback?from=bridge";

pub(crate) struct Bench {
    pub(crate) api: Api,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) seller: User,
    facts: Arc<Mutex<Vec<Fact>>>,
}

struct Listen(Arc<Mutex<Vec<Fact>>>);

impl Announce for Listen {
    fn announce<'a>(&'a self, _: &'a mut Cx<'_>, facts: Vec<Fact>) -> Fut<'a, Result<(), Stop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(facts);
        Box::pin(async { Ok(()) })
    }
}

pub(crate) fn keys(who: &str) -> Keys {
    let pad = |text: String| format!("{text:0<32}");
    Keys {
        secret_test: pad(format!("sk_test_{who}")),
        publishable_test: pad(format!("pk_test_{who}")),
        secret_live: Some(pad(format!("sk_live_{who}"))),
        publishable_live: Some(pad(format!("pk_live_{who}"))),
    }
}

impl Bench {
    pub(crate) async fn new(profile: Profile) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_381_104_058)));
        let facts = Arc::new(Mutex::new(Vec::new()));
        let world = World {
            memo: api::Memo::default(),
            store: Arc::new(Memory::new()),
            clock: Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>,
            wall: Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(Seeded::from_number(1)) as Arc<dyn Entropy>,
            ids: ObjectIds::default(),
            acquirer: Arc::new(acquirer::NoAcquirer),
            network: Arc::new(acquirer::Simulator),
            pricing: Arc::default(),
            vault: vault::Vault::of(vault::Key::new("k1", [7; 32]).unwrap()),
            changes: &[],
            nouns: resources::noun,
            announce: Arc::new(Listen(Arc::clone(&facts))),
            profile,
            mails: api::Mails::default(),
            faults: None,
            dev: true,
            origin: ORIGIN.into(),
        };
        let api = Api::new(world, resources::endpoints()).unwrap();
        let caller = Caller::system("", false);
        let seed = api.transact(&caller, |cx| {
            Box::pin(async move {
                let person = |cx: &mut Cx<'_>, id: &str, who: &str| {
                    let mut user = user::enrol(cx, &format!("{who}@shop.example"), "hash");
                    let mut new = NewAccount::new(None, Some(&user.email), "US", Currency::USD);
                    (new.id, new.keys) = (Some(id.into()), Some(keys(who)));
                    user::open_account(cx, &mut user, new);
                    user
                };
                person(cx, PLATFORM, "platform");
                done(person(cx, SELLER, "seller"))
            })
        });
        let seller = user::settle(seed.await.unwrap()).unwrap();
        let bench = Bench { api, clock, seller, facts };
        bench.register(&[HTTPS, PLAIN]).await;
        bench
    }

    pub(crate) async fn register(&self, uris: &[&str]) -> Pair {
        let ids = Ids { development: DEVELOPMENT.into(), production: PRODUCTION.into() };
        let settings = Settings {
            name: "Acme".into(),
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            ..Settings::default()
        };
        crate::applications::save(&self.api, PLATFORM, &settings, Some(&ids)).await.unwrap().unwrap().pair
    }

    pub(crate) fn facts(&self) -> Vec<Fact> {
        std::mem::take(&mut *self.facts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ask of a query that must be in order.
    pub(crate) async fn ask(&self, query: &str) -> Ask {
        authorize::read(&self.api, query).await.unwrap().unwrap_or_else(|refusal| panic!("{refusal:?}"))
    }
    pub(crate) async fn development(&self, more: &str) -> Ask {
        self.ask(&format!("response_type=code&client_id={DEVELOPMENT}&scope=read_write{more}")).await
    }

    /// A code that the seller allowed.
    pub(crate) async fn code(&self, ask: &Ask) -> String {
        let url = connect::approve(&self.api, ask, &self.seller, SELLER).await.unwrap().unwrap();
        param(&url, "code").unwrap()
    }

    pub(crate) async fn token(&self, key: &str, form: &str) -> Answer {
        Answer::of(crate::token(&self.api, &bearer(key), form.as_bytes()).await)
    }
    /// Swaps a code with the platform's test key.
    pub(crate) async fn swap(&self, code: &str) -> Answer {
        self.token(TEST_KEY, &format!("grant_type=authorization_code&code={code}")).await
    }
    pub(crate) async fn refresh(&self, key: &str, token: &str, more: &str) -> Answer {
        self.token(key, &format!("grant_type=refresh_token&refresh_token={token}{more}")).await
    }

    /// The status of `GET /v1/account` with this key, and whose account it is.
    pub(crate) async fn account(&self, key: &str, on_behalf_of: Option<&str>) -> (u16, String) {
        let mut headers = bearer(key);
        if let Some(id) = on_behalf_of {
            headers.insert("stripe-account", HeaderValue::from_str(id).unwrap());
        }
        let request = api::Request {
            method: &http::Method::GET,
            path: "/v1/account",
            query: "",
            headers: &headers,
            body: &store::Bytes::new(),
        };
        let answer = Answer::of(self.api.handle(request).await);
        (answer.status, answer.text("id"))
    }
}

pub(crate) fn bearer(key: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !key.is_empty() {
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {key}")).unwrap());
    }
    headers
}

/// A parameter of a URL, still escaped.
pub(crate) fn param(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Node<'static>,
}

impl Answer {
    pub(crate) fn of(response: Response) -> Self {
        let body = Node::parse(response.body()).map_or(Node::Null, Node::into_owned);
        Answer { status: response.status().as_u16(), body }
    }
    pub(crate) fn text(&self, name: &str) -> String {
        self.body.get(name).and_then(Node::as_str).unwrap_or_default().to_owned()
    }
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body.to_json());
        self
    }
    /// Status, error and description.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        (self.status, self.text("error"), self.text("error_description"))
    }
}

/// An account form without a mistake.
pub(crate) fn form() -> ApplicationForm {
    ApplicationForm {
        country: "US".into(),
        business_type: "sole_prop".into(),
        business_name: "Ann's Pottery".into(),
        url: "https://pottery.example".into(),
        product_description: "Pots".into(),
        statement_descriptor: "ANNS POTTERY".into(),
        first_name: "Ann".into(),
        last_name: "Potter".into(),
        born: (1980, 2, 29),
        phone: Some("5551234567".into()),
        street: "1 Clay Lane".into(),
        city: "Berea".into(),
        state: Some("KY".into()),
        zip: Some("40403".into()),
        bank: BankForm {
            country: "US".into(),
            currency: "usd".into(),
            routing_number: Some("110000000".into()),
            account_number: "000123456789".into(),
        },
        ip: Some("127.0.0.1".into()),
        user_agent: None,
    }
}
