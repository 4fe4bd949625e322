//! What a person decides about an ask: yes for one of their accounts, yes with a new one, or no.
use crate::{
    Ask, Refusal,
    code::{self, Code},
};
use api::{
    Api, Cx, Outcome, Stop,
    access::{Application, Connection},
    done,
};
use base::{Caller, Currency, Named, Scope};
use resources::connect::{
    account::{self, Account, ApplicationForm, NewAccount, Problems},
    session::{self, Started},
    user::{self, User, settle},
};
use store::Bytes;

/// An account that a person could connect.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// `acct_…`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What the application may do there already.
    pub connected: Option<Scope>,
}

/// Somebody who fills in the account form on the way.
#[derive(Clone)]
pub struct Registration {
    /// Their address.
    pub email: String,
    /// The hash of their password, from [`vault::hash_password`].
    pub password_hash: String,
    /// The rest of the form.
    pub form: ApplicationForm,
    /// The token of the browser's session, which is replaced.
    pub old_token: Option<String>,
}

/// What came of a registration.
#[derive(Clone)]
pub struct Registered {
    /// The session that has begun.
    pub started: Started,
    /// Where the person goes now: back to the application.
    pub url: String,
}

/// The accounts of a person that could be connected: all but the platform's own.
pub async fn candidates(api: &Api, ask: &Ask, user: &User) -> Result<Vec<Candidate>, Stop> {
    let caller = Caller::system("", false);
    settle(api.transact(&caller, move |cx| Box::pin(candidates_in(cx, ask, user))).await?)
}

async fn candidates_in(cx: &mut Cx<'_>, ask: &Ask, user: &User) -> Outcome<Vec<Candidate>> {
    let Application { id: client_id, livemode, platform, .. } = &ask.application;
    let mut found = Vec::new();
    for id in user.accounts.iter().filter(|id| **id != platform.0) {
        let Some(account) = cx.peek::<Account>(id).await? else { continue };
        let connection = cx.peek_of::<Connection>(id, livemode.0, client_id).await?;
        found.push(Candidate {
            name: account.display_name().to_owned(),
            id: account.id,
            connected: connection.map(|it| it.scope),
        });
    }
    done(found)
}

/// Where somebody goes who need not be asked: their only account is connected already, for no less than is asked,
/// and `always_prompt` is not set.
pub async fn already_connected(api: &Api, ask: &Ask, user: &User) -> Result<Option<String>, Stop> {
    if ask.always_prompt {
        return Ok(None);
    }
    let found = candidates(api, ask, user).await?;
    let [Candidate { id, connected: Some(scope), .. }] = found.as_slice() else { return Ok(None) };
    if *scope < ask.scope {
        return Ok(None);
    }
    let (caller, id) = (Caller::system("", false), id.as_str());
    let granted = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let kept = cx.get_of::<Connection>(id, ask.application.livemode.0, &ask.application.id).await?;
            match kept {
                Some(connection) if connection.scope >= ask.scope => {
                    done(Some(write_code(cx, ask, &connection)))
                }
                // It ended a moment ago, so the person is asked.
                _ => done(None),
            }
        })
    });
    settle(granted.await?)
}

/// The person says yes for one of their accounts; returns where they go now. Errors: the account is not theirs, or
/// is the platform's own.
pub async fn approve(
    api: &Api,
    ask: &Ask,
    user: &User,
    account: &str,
) -> Result<Result<String, Refusal>, Stop> {
    let caller = Caller::system("", false);
    settle(api.transact(&caller, move |cx| Box::pin(approve_in(cx, ask, user, account))).await?)
}

async fn approve_in(
    cx: &mut Cx<'_>,
    ask: &Ask,
    user: &User,
    account: &str,
) -> Outcome<Result<String, Refusal>> {
    let user = cx.get::<User>(&user.id).await?;
    if !user.is_some_and(|user| user.accounts.iter().any(|id| id == account)) {
        return done(Err(Refusal::malformed("Choose one of your own accounts.")));
    }
    if account == ask.application.platform.0 {
        return done(Err(Refusal::malformed("A platform cannot be connected to itself.")));
    }
    done(Ok(connect(cx, ask, account).await?))
}

/// The account form, handed in: the person, the account and the connection, or nothing of it.
pub async fn register(api: &Api, ask: &Ask, it: &Registration) -> Result<Result<Registered, Problems>, Stop> {
    let caller = Caller::system("", false);
    user::unwrap_taken(api.transact(&caller, move |cx| Box::pin(register_in(cx, ask, it))).await)
}

async fn register_in(cx: &mut Cx<'_>, ask: &Ask, it: &Registration) -> Outcome<Result<Registered, Problems>> {
    let mut problems = it.form.problems(cx.now().date());
    if let Some(problem) = user::email_problem(cx, &it.email).await? {
        problems.push(("email", problem));
    }
    let Some(currency) = Currency::parse(&it.form.bank.currency).filter(|_| problems.is_empty()) else {
        return done(Err(problems));
    };
    let mut user = user::enrol(cx, &it.email, &it.password_hash);
    let new = NewAccount::new(Some(&user.id), Some(&user.email), &it.form.country, currency);
    let opened = user::open_account(cx, &mut user, new);
    let Ok(account) = account::take_in(cx, opened.account, it.form.clone())? else {
        return Err(api::fault("a checked account form was refused"));
    };
    let started = session::start(cx, &user, it.old_token.as_deref()).await?;
    let url = connect(cx, ask, &account.id).await?;
    done(Ok(Registered { started, url }))
}

/// The account form is skipped: an account that is not activated is opened and connected. Errors: not with the
/// production client id.
pub async fn skip_form(api: &Api, ask: &Ask) -> Result<Result<String, Refusal>, Stop> {
    if !ask.may_skip() {
        let why = "The account form can be skipped with the development client_id only.";
        return Ok(Err(Refusal::malformed(why)));
    }
    let caller = Caller::system("", false);
    let url = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let known = |name: &str| {
                let found = ask.prefill.iter().find(|(known, _)| known == name);
                found.map(|(_, value)| value.as_str())
            };
            let email = known("stripe_user[email]").filter(|email| user::is_email(email));
            let opened = account::open(cx, NewAccount::new(None, email, "US", Currency::USD));
            done(connect(cx, ask, &opened.account.id).await?)
        })
    });
    settle(url.await?).map(Ok)
}

/// Connects an account without asking anybody and makes codes for it, for the tests of platforms: `dev` alone
/// offers this. Errors: as of [`crate::authorize::read`]; there is no such account.
pub async fn mint(
    api: &Api,
    client_id: &str,
    account: &str,
    scope: Scope,
    count: usize,
) -> Result<Result<Vec<String>, Refusal>, Stop> {
    let query = format!("response_type=code&client_id={client_id}&scope={}", scope.as_str());
    let ask = match crate::authorize::read(api, &query).await? {
        Ok(ask) => ask,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (caller, ask) = (Caller::system("", false), &ask);
    let made = api.transact(&caller, move |cx| {
        Box::pin(async move {
            if cx.peek::<Account>(account).await?.is_none() {
                return done(Err(Refusal::malformed("There is no such account.")));
            }
            let live = ask.application.livemode.0;
            let kept = cx.get_of::<Connection>(account, live, &ask.application.id).await?;
            let mut urls = Vec::with_capacity(count);
            match kept.filter(|connection| connection.scope >= scope) {
                Some(connection) => urls.push(write_code(cx, ask, &connection)),
                None => urls.push(connect(cx, ask, account).await?),
            }
            if let Some(connection) = cx.get_of::<Connection>(account, live, &ask.application.id).await? {
                urls.extend((1..count).map(|_| write_code(cx, ask, &connection)));
            }
            let code = |url: &String| {
                let rest = url.split_once("code=").map(|(_, rest)| rest).unwrap_or_default();
                rest.split('&').next().unwrap_or_default().to_owned()
            };
            done(Ok(urls.iter().map(code).collect()))
        })
    });
    settle(made.await?)
}

/// Connects an account, or widens what was allowed, and writes down a code; returns where it is sent.
async fn connect(cx: &mut Cx<'_>, ask: &Ask, account: &str) -> Result<String, Stop> {
    let connection = account::connect(cx, &ask.application, account, ask.scope).await?;
    Ok(write_code(cx, ask, &connection))
}

/// The application as the API shows it.
pub(crate) fn public(application: &Application) -> Bytes {
    let mut out = Vec::new();
    wire::write_struct(application, &mut out);
    Bytes::from(out)
}

fn write_code(cx: &mut Cx<'_>, ask: &Ask, connection: &Connection) -> String {
    let text = code::text(cx);
    let code = Code {
        id: vault::digest(&text),
        object: Code::NAME.into(),
        application: connection.id.clone(),
        platform: connection.platform.clone(),
        account: connection.account.clone(),
        generation: connection.generation.clone(),
        livemode: connection.livemode,
        scope: ask.scope,
        redirect_uri: ask.redirect_uri.clone(),
        named_redirect_uri: ask.named_redirect_uri,
        challenge: ask.challenge.clone(),
        expires: cx.now().plus(code::LIFETIME),
        used: None,
        refresh: Vec::new(),
        revoked: false,
    };
    cx.put(&code);
    ask.granted(&text)
}
