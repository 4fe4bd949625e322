//! `GET /oauth/authorize`: what an application asks for. Whatever is wrong with the ask is answered here and never
//! redirected; only the person's own answer goes back to the application.
use crate::{Refusal, redirect};
use api::{Api, Profile, Stop, access::Application, done};
use base::{Caller, Scope};
use percent_encoding::percent_decode;
use resources::connect::user::settle;

/// Which screen comes first for somebody who is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// Signing in.
    SignIn,
    /// The account form.
    Register,
}

/// An ask that may be put to a person.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Who asks.
    pub application: Application,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// Whether the ask named that address, or it is the first of the application's list.
    pub named_redirect_uri: bool,
    /// For what.
    pub scope: Scope,
    /// The state, byte for byte as sent.
    pub state: Option<Vec<u8>>,
    /// Which screen comes first.
    pub landing: Landing,
    /// Whether consent is asked for again from somebody who is connected already.
    pub always_prompt: bool,
    /// `stripe_user[…]` with its values, for filling in the account form; not checked.
    pub prefill: Vec<(String, String)>,
    /// The challenge of PKCE (S256).
    pub challenge: Option<String>,
    /// Whether the answer says who gives it (RFC 9207).
    pub iss: Option<String>,
}

impl Ask {
    /// Whether the ask came with the development client id.
    pub fn is_development(&self) -> bool {
        !self.application.livemode.0
    }
    /// Whether the account form may be skipped.
    pub fn may_skip(&self) -> bool {
        self.is_development()
    }
    /// The host that the answer goes to, for showing.
    pub fn host(&self) -> &str {
        redirect::host_of(&self.redirect_uri).unwrap_or_default()
    }
    /// Scheme, host and port that the answer goes to: a page that posts and is then redirected there must allow
    /// it in `form-action`.
    pub fn return_origin(&self) -> &str {
        redirect::origin_of(&self.redirect_uri)
    }

    fn answer(&self, mut params: Vec<(&str, Vec<u8>)>) -> String {
        if let Some(state) = &self.state {
            params.push(("state", state.clone()));
        }
        if let Some(iss) = &self.iss {
            params.push(("iss", iss.clone().into_bytes()));
        }
        let params: Vec<(&str, &[u8])> =
            params.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        redirect::with_query(&self.redirect_uri, &params)
    }
    pub(crate) fn granted(&self, code: &str) -> String {
        self.answer(vec![("scope", self.scope.as_str().into()), ("code", code.into())])
    }
    /// Where a person who says no is sent.
    pub fn denied(&self) -> String {
        self.answer(vec![
            ("error", "access_denied".into()),
            ("error_description", "The user denied your request".into()),
        ])
    }
}

/// The longest query that is looked at, in bytes.
const QUERY_MAX: usize = 32 * 1024;
/// The most parameters.
const PAIRS_MAX: usize = 200;

/// The parameters of a query, decoded; names that are no text name nothing.
struct Query(Vec<(String, Vec<u8>)>);

impl Query {
    fn parse(query: &str) -> Self {
        let decode = |text: &str| -> Vec<u8> { percent_decode(text.replace('+', " ").as_bytes()).collect() };
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((String::from_utf8(decode(name)).ok()?, decode(value)))
        };
        let query = query.get(..QUERY_MAX).unwrap_or(query);
        Query(query.split('&').filter(|p| !p.is_empty()).take(PAIRS_MAX).filter_map(pair).collect())
    }
    /// The last value counts; an empty one counts as none.
    fn bytes(&self, name: &str) -> Option<&[u8]> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_slice()).filter(|value| !value.is_empty())
    }
    fn text(&self, name: &str) -> Option<String> {
        self.bytes(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }
    fn times(&self, name: &str) -> usize {
        self.0.iter().filter(|(known, _)| known == name).count()
    }
}

/// Reads an ask from the query of the request, still percent-encoded.
pub async fn read(api: &Api, query: &str) -> Result<Result<Ask, Refusal>, Stop> {
    if query.len() > QUERY_MAX {
        return Ok(Err(Refusal::malformed("The request is too long.")));
    }
    let query = Query::parse(query);
    let client_id = query.text("client_id").unwrap_or_default();
    let caller = Caller::system("", false);
    let id = client_id.as_str();
    let reply =
        api.transact(&caller, move |cx| Box::pin(async move { done(cx.peek::<Application>(id).await?) }));
    let Some(application) = settle(reply.await?)? else { return Ok(Err(Refusal::unknown_client())) };
    let (strict, origin) = (api.world.profile == Profile::Strict, api.world.origin.as_str());
    let state = query.text("state");
    Ok(ask(&query, application, strict, origin).map_err(|refusal| refusal.with_state(state)))
}

/// The parameters that decide something.
const DECIDING: [&str; 7] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

fn ask(query: &Query, application: Application, strict: bool, origin: &str) -> Result<Ask, Refusal> {
    // Compatible answers take the last of several values, as Stripe's do; whatever is taken is what is checked.
    if strict && let Some(name) = DECIDING.into_iter().find(|name| query.times(name) > 1) {
        return Err(Refusal::repeated(name));
    }
    let named = query.text("redirect_uri");
    let live = application.livemode.0;
    let redirect_uri = redirect::admitted(origin, &application.redirect_uris.0, live, named.as_deref())
        .ok_or_else(|| Refusal::redirect_uri(named.as_deref().unwrap_or_default()))?;
    match query.text("response_type").as_deref() {
        None => return Err(Refusal::no_response_type()),
        Some("code") => {}
        Some(other) => return Err(Refusal::response_type(other)),
    }
    let scope = match query.text("scope") {
        None => Scope::ReadOnly,
        Some(word) => Scope::parse(&word).ok_or_else(|| Refusal::scope(&word))?,
    };
    let challenge = challenge(query)?;
    // Who reads the answer strictly asks with PKCE, or says so; others find what they always found.
    let wants_iss = strict || challenge.is_some() || query.text("iss").is_some();
    let landing = match query.text("stripe_landing").as_deref() {
        Some("login") => Landing::SignIn,
        Some("register") => Landing::Register,
        _ if scope == Scope::ReadWrite => Landing::Register,
        _ => Landing::SignIn,
    };
    let prefill = query.0.iter().filter(|(name, _)| name.starts_with("stripe_user["));
    Ok(Ask {
        application,
        redirect_uri,
        named_redirect_uri: named.is_some(),
        scope,
        state: query.bytes("state").map(<[u8]>::to_vec),
        landing,
        always_prompt: query.text("always_prompt").as_deref() == Some("true"),
        prefill: prefill
            .filter_map(|(name, value)| Some((name.clone(), String::from_utf8(value.clone()).ok()?)))
            .collect(),
        challenge,
        iss: wants_iss.then(|| origin.to_owned()),
    })
}

fn challenge(query: &Query) -> Result<Option<String>, Refusal> {
    let method = query.text("code_challenge_method");
    let Some(challenge) = query.text("code_challenge") else {
        return if method.is_some() { Err(Refusal::challenge()) } else { Ok(None) };
    };
    // RFC 7636 means `plain` where nothing is said, and that proves nothing.
    match method.as_deref() {
        Some("S256") => {}
        other => return Err(Refusal::challenge_method(other.unwrap_or("plain"))),
    }
    let sound = challenge.len() == 43
        && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if sound { Ok(Some(challenge)) } else { Err(Refusal::challenge()) }
}
