//! One request as the pages see it: who is there, what was sent, and whether the form is one of ours.

use std::net::IpAddr;
use std::sync::Arc;

use api::Api;
use bytes::Bytes;
use http::header::{ACCEPT, HOST, HeaderName, ORIGIN, USER_AGENT};
use http::request::Parts;
use resources::connect::session;

use super::Options;
use super::cookies::{self, Jar};
use super::fields::Fields;
use super::people::{SignedIn, name_of};
use super::reply::{Refusal, Trouble};
use crate::views::{Chrome, Flash, FlashKind, Viewer};

/// The fewest characters of a visitor's secret.
const SECRET_MIN: usize = 32;

/// A request, and what the answer must do to the browser's cookies.
pub(crate) struct Visit<'r> {
    pub(crate) api: &'r Arc<Api>,
    pub(crate) options: &'r Options,
    pub(crate) peer: IpAddr,
    pub(crate) head: &'r Parts,
    /// `req_…`.
    pub(crate) request: String,
    /// Who is signed in.
    pub(crate) signed_in: Option<SignedIn>,
    /// The fields of a form, once it was found to be ours.
    pub(crate) fields: Fields,
    jar: Jar,
    /// What the token in forms is made from: the session, or the visitor's secret.
    secret: Option<String>,
    flash: Option<&'static Notice>,
    set_cookies: Vec<String>,
}

/// The outcome of something, told on the page that follows.
#[derive(Debug)]
pub(crate) struct Notice {
    /// Its name in the cookie.
    name: &'static str,
    kind: FlashKind,
    text: &'static str,
}

macro_rules! notices {
    ($($(#[$doc:meta])* $constant:ident = $name:literal $kind:ident $text:literal;)*) => {
        impl Notice {
            $($(#[$doc])* pub(crate) const $constant: &'static Notice =
                &Notice { name: $name, kind: FlashKind::$kind, text: $text };)*
            const ALL: &'static [&'static Notice] = &[$(Notice::$constant),*];
        }
    };
}

notices! {
    SAVED = "saved" Ok "Your changes are saved.";
    REGISTERED = "registered" Ok "Your application is registered. Here are its client ids and the Connect button.";
    REVOKED = "revoked" Ok "Access is revoked. The application can no longer act for the account.";
    DISCONNECTED = "disconnected" Ok "The account is disconnected.";
    GONE = "gone" Error "That connection had ended already. Nothing was changed.";
    SIGNED_OUT = "signed_out" Ok "You are signed out.";
    WELCOME = "welcome" Ok "Your account is open. Your keys are under Account and keys.";
    ACTIVE = "active" Ok "Your account is active: it can take live payments and be paid out.";
    NO_KEY = "no_key" Error "That key was replaced already. Nothing was changed.";
    NO_URL = "no_url" Error "There is no webhook URL to make a secret for. Nothing was changed.";
    DISPUTED = "disputed" Ok "The bank has objected to the payment. It is told by webhooks, and answered under /v1/disputes.";
    NOT_DISPUTED = "not_disputed" Error "Nothing of that payment can be disputed. Nothing was changed.";
    RESENT = "resent" Ok "The event is on its way. What becomes of it appears below.";
    NOT_RESENT = "not_resent" Error "That could not be done: the event or the endpoint is gone, or the endpoint is disabled.";
    CARD_KEPT = "card_kept" Ok "Your card is saved. It is what you pay with from now on.";
    CARD_REMOVED = "card_removed" Ok "The card is removed.";
    PLAN_CHANGED = "plan_changed" Ok "Your plan is changed.";
    PLAN_ENDS = "plan_ends" Ok "Your plan is canceled.";
    PLAN_GOES_ON = "plan_goes_on" Ok "Your plan goes on.";
    PLAN_RESTS = "plan_rests" Ok "Your plan is paused: nothing is charged until it resumes.";
    NOT_YOURS = "not_yours" Error "That account is not one of yours. Nothing was changed.";
}

impl<'r> Visit<'r> {
    /// A visit by whoever the cookies say it is.
    pub(crate) async fn begin(
        api: &'r Arc<Api>,
        options: &'r Options,
        peer: IpAddr,
        head: &'r Parts,
        request: String,
    ) -> Result<Self, Trouble> {
        let jar = Jar::of(&api.world.origin);
        let read = |cookie| jar.read(&head.headers, cookie);
        let mut set_cookies = Vec::new();
        let (mut signed_in, mut secret) = (None, None);
        if let Some(token) = read(cookies::SESSION) {
            signed_in = SignedIn::find(api, &token, read(cookies::ACCOUNT).as_deref()).await?;
            if signed_in.is_some() {
                secret = Some(token);
            } else {
                set_cookies.push(jar.remove(cookies::SESSION));
            }
        }
        let secret = secret.or_else(|| read(cookies::VISITOR).filter(|value| value.len() >= SECRET_MIN));
        let flash =
            read(cookies::FLASH).and_then(|name| Notice::ALL.iter().copied().find(|it| it.name == name));
        let fields = Fields::default();
        Ok(Visit { api, options, peer, head, request, signed_in, fields, jar, secret, flash, set_cookies })
    }

    /// The path.
    pub(crate) fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The query as it came, without the question mark.
    pub(crate) fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// The path with its query, as it came.
    pub(crate) fn address(&self) -> String {
        match self.head.uri.query() {
            Some(query) => format!("{}?{query}", self.path()),
            None => self.path().to_owned(),
        }
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Whether whoever asks would rather read a page than JSON.
    pub(crate) fn wants_page(&self) -> bool {
        self.header(&ACCEPT).is_some_and(|accept| accept.to_ascii_lowercase().contains("text/html"))
    }

    /// What the browser calls itself, shortened.
    pub(crate) fn user_agent(&self) -> Option<String> {
        self.header(&USER_AGENT).map(|text| text.chars().take(500).collect())
    }

    /// Takes a form in, if it is one of ours: sent from our own page, with the token that this browser was given.
    pub(crate) async fn take_form(&mut self, body: &Bytes) -> Result<(), Refusal> {
        let fields = Fields::read(&self.head.headers, body).await?;
        let back = if self.path() == super::AUTHORIZE { self.address() } else { self.page_of_form() };
        if !self.is_from_here() || !self.is_token(fields.text("csrf")) {
            return Err(Refusal::forged(back));
        }
        self.fields = fields;
        Ok(())
    }

    /// The page that a form was on: its own address, or the one above where only POST is known.
    fn page_of_form(&self) -> String {
        let path = self.path();
        match path.strip_prefix("/dashboard/").and_then(|rest| rest.split_once('/')) {
            _ if path == super::overview::ACTIVATE => path.to_owned(),
            Some((page, _)) => format!("/dashboard/{page}"),
            None if path == "/sign-out" || path == "/dashboard/switch" => "/dashboard".to_owned(),
            None => path.to_owned(),
        }
    }

    /// What browsers say of where a form comes from. Those that say nothing are held to the token alone.
    fn is_from_here(&self) -> bool {
        let site = self.header(&HeaderName::from_static("sec-fetch-site"));
        if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return false;
        }
        match self.header(&ORIGIN) {
            // Our pages send no referrer, and then browsers say `null` even for our own forms.
            None | Some("null") => true,
            Some(origin) => {
                let host = origin.split_once("://").map(|(_, host)| host);
                origin == self.api.world.origin || host.is_some() && host == self.header(&HOST)
            }
        }
    }

    fn is_token(&self, given: &str) -> bool {
        // Digests of both, because a comparison of the tokens themselves would tell by its time how much is right.
        let Some(secret) = &self.secret else { return false };
        vault::digest(given) == vault::digest(&session::csrf(secret))
    }

    /// What stands on every page. It makes a secret for a visitor who has none yet.
    pub(crate) fn chrome(&mut self) -> Chrome {
        let flash = self.flash.take().map(|notice| {
            self.set_cookies.push(self.jar.remove(cookies::FLASH));
            Flash { kind: notice.kind, text: notice.text.to_owned() }
        });
        if self.secret.is_none() {
            let secret = session::visitor_token(&self.api.world);
            self.set_cookies.push(self.jar.write(cookies::VISITOR, &secret, None));
            self.secret = Some(secret);
        }
        let viewer = self.signed_in.as_ref().map(|it| Viewer {
            email: it.user.email.clone(),
            account: name_of(it.current()),
            accounts: it.accounts.iter().map(name_of).collect(),
        });
        Chrome { csrf: self.secret.as_deref().map(session::csrf).unwrap_or_default(), viewer, flash }
    }

    /// Shows this on the page that follows.
    pub(crate) fn tell(&mut self, notice: &'static Notice) {
        self.set_cookies.push(self.jar.write(cookies::FLASH, notice.name, Some(60)));
    }

    /// The browser holds a new session from now on; what it held before is worth nothing.
    pub(crate) fn start_session(&mut self, token: &str, max_age: Option<i64>) {
        self.set_cookies.push(self.jar.write(cookies::SESSION, token, max_age));
        self.set_cookies.push(self.jar.remove(cookies::VISITOR));
        self.set_cookies.push(self.jar.remove(cookies::ACCOUNT));
        self.secret = Some(token.to_owned());
    }

    /// The browser holds no session from now on.
    pub(crate) fn end_session(&mut self) {
        for cookie in [cookies::SESSION, cookies::ACCOUNT] {
            self.set_cookies.push(self.jar.remove(cookie));
        }
        self.signed_in = None;
        self.secret = None;
    }

    /// The person looks at this account of theirs from now on.
    pub(crate) fn look_at(&mut self, account: &str) {
        self.set_cookies.push(self.jar.write(cookies::ACCOUNT, account, None));
    }

    /// The browser was let in to an account, for so many seconds.
    pub(crate) fn let_in(&mut self, token: &str, seconds: i64) {
        self.set_cookies.push(self.jar.write(cookies::GUEST, token, Some(seconds)));
    }

    /// The browser is let in no more.
    pub(crate) fn let_out(&mut self) {
        self.set_cookies.push(self.jar.remove(cookies::GUEST));
    }

    /// The token of whoever was let in.
    pub(crate) fn guest_token(&self) -> Option<String> {
        self.jar.read(&self.head.headers, cookies::GUEST)
    }

    /// The token of the session in this browser, to be replaced or ended.
    pub(crate) fn session_token(&self) -> Option<String> {
        self.jar.read(&self.head.headers, cookies::SESSION)
    }

    /// The lines that the answer sets cookies with.
    pub(crate) fn take_cookies(&mut self) -> Vec<String> {
        std::mem::take(&mut self.set_cookies)
    }

    /// The person who is signed in, or the way to the sign-in page and back.
    pub(crate) fn person(&self) -> Result<&SignedIn, Trouble> {
        self.signed_in.as_ref().ok_or_else(|| {
            let back =
                if self.head.method == http::Method::POST { self.page_of_form() } else { self.address() };
            Trouble::Elsewhere(super::entry::path_with_next("/sign-in", &back))
        })
    }
}
