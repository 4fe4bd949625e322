//! A server's pages without a server: a platform, a seller, a clock that is moved by hand, and a browser with the
//! manners of one.

#![allow(dead_code, reason = "each file of tests uses a part of it")]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use api::{Api, Profile, World, done};
use base::{Caller, Clock, Currency, Ids, ManualClock, Seeded, Timestamp};
use bytes::Bytes;
use http::{Method, Request, Response};
use oauth::applications::{self, Settings};
use pages::{Options, Site};
use resources::connect::account::NewAccount;
use resources::connect::user;

pub(crate) const ORIGIN: &str = "http://127.0.0.1:7070";
pub(crate) const PLATFORM: &str = "acct_platform";
pub(crate) const SELLER: &str = "acct_seller";
pub(crate) const SECOND: &str = "acct_second";
pub(crate) const DEVELOPMENT: &str = "ca_development";
pub(crate) const PRODUCTION: &str = "ca_production";
pub(crate) const CALLBACK: &str = "https://acme.example/callback";
pub(crate) const PASSWORD: &str = "correct horse";

/// The pages and the world behind them.
pub(crate) struct Bench {
    pub(crate) api: Arc<Api>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) site: Site,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::at(ORIGIN).await
    }

    /// As `serve` has them.
    pub(crate) async fn serving() -> Self {
        Self::of(ORIGIN, false).await
    }

    pub(crate) async fn at(origin: &str) -> Self {
        Self::of(origin, true).await
    }

    async fn of(origin: &str, dev: bool) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_381_104_058)));
        let world = World {
            memo: api::Memo::default(),
            store: Arc::new(store::Memory::new()),
            clock: clock.clone() as Arc<dyn Clock>,
            wall: clock.clone() as Arc<dyn Clock>,
            entropy: Arc::new(Seeded::from_number(7)),
            ids: Ids::default(),
            acquirer: Arc::new(acquirer::NoAcquirer),
            network: Arc::new(acquirer::Simulator),
            pricing: Arc::default(),
            vault: vault::Vault::of(vault::Key::new("k1", [7; 32]).unwrap()),
            changes: &[],
            nouns: resources::noun,
            announce: Arc::new(resources::announce::Announcer),
            profile: Profile::Compat,
            mails: api::Mails::default(),
            faults: None,
            dev,
            origin: origin.to_owned(),
        };
        let api = Arc::new(Api::new(world, resources::endpoints()).unwrap());
        let bench = Bench { api, clock, site: Site::new(Options { dev }) };
        bench.person("platform@example.com", &[PLATFORM]).await;
        bench.person("seller@example.com", &[SELLER]).await;
        bench.person("both@example.com", &["acct_first", SECOND]).await;
        let ids = applications::Ids { development: DEVELOPMENT.into(), production: PRODUCTION.into() };
        let settings = Settings {
            name: "Acme".into(),
            url: Some("https://acme.example".into()),
            redirect_uris: vec![CALLBACK.into()],
            ..Settings::default()
        };
        applications::save(&bench.api, PLATFORM, &settings, Some(&ids)).await.unwrap().unwrap();
        bench
    }

    async fn person(&self, email: &str, accounts: &[&str]) {
        let hash = vault::hash_password(PASSWORD, &*self.api.world.entropy).unwrap();
        let caller = Caller::system("", false);
        let (hash, email) = (hash.as_str(), email);
        let made = self.api.transact(&caller, move |cx| {
            Box::pin(async move {
                let mut person = user::enrol(cx, email, hash);
                for id in accounts {
                    let mut new = NewAccount::new(None, Some(email), "US", Currency::USD);
                    new.id = Some((*id).to_owned());
                    new.business_name = Some(format!("Shop {id}"));
                    user::open_account(cx, &mut person, new);
                }
                done(())
            })
        });
        made.await.unwrap();
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { bench: self, cookies: BTreeMap::new(), csrf: String::new() }
    }

    pub(crate) async fn signed_in(&self, email: &str) -> Browser<'_> {
        let mut browser = self.browser();
        browser.get("/sign-in").await;
        let answer = browser.post("/sign-in", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) response: Response<Bytes>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.body.contains(text)
    }
    /// A parameter of the address that the browser is sent to.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let query = self.location().split_once('?')?.1;
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// Keeps cookies, and the token of the last page.
pub(crate) struct Browser<'b> {
    bench: &'b Bench,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: String,
}

impl Browser<'_> {
    pub(crate) async fn send(&mut self, request: Request<Bytes>) -> Answer {
        let (mut head, body) = request.into_parts();
        let held: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !held.is_empty() {
            head.headers.insert("cookie", held.join("; ").parse().unwrap());
        }
        let peer = IpAddr::from([127, 0, 0, 1]);
        let response = self.bench.site.answer(&self.bench.api, peer, &head, body).await;
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(
                line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"),
                "{line}"
            );
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = String::from_utf8_lossy(response.body()).replace("&#x2f;", "/");
        if let Some((_, rest)) = body.split_once("name=\"csrf\" value=\"") {
            rest.split('"').next().unwrap().clone_into(&mut self.csrf);
        }
        assert!(response.headers()["request-id"].to_str().unwrap().starts_with("req_"));
        Answer { status: response.status().as_u16(), response, body }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header("accept", "text/html,*/*;q=0.8");
        self.send(request.body(Bytes::new()).unwrap()).await
    }

    /// Posts a form as a page would: with the token of the last page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post_raw(path, &all, &[("sec-fetch-site", "same-origin"), ("origin", "null")]).await
    }

    pub(crate) async fn post_raw(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Bytes::from(body)).unwrap()).await
    }
}

/// The path of a question by the development client id.
pub(crate) fn authorize(more: &str) -> String {
    format!("/oauth/authorize?response_type=code&client_id={DEVELOPMENT}&scope=read_write&state=s%201{more}")
}
