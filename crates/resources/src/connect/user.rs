//! People: who signs in on the pages, and which accounts are theirs.
use crate::connect::account::{self, Account, NewAccount, Problems};
use api::{Api, Cx, Endpoint, Noun, Object, Outcome, Place, Stop, done};
use base::{Caller, Currency, Named, Timestamp};
use store::IndexKey;
use wire::{Hidden, Wire};

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct User {
    /// `user_…`.
    pub id: String,
    /// `user`.
    pub object: String,
    /// Their address, as they wrote it.
    pub email: String,
    /// Their accounts, oldest first.
    pub accounts: Vec<String>,
    /// When they came.
    pub created: Timestamp,
    /// The hash of their password.
    pub password: Hidden<String>,
}

/// The index of people by their address.
pub const EMAIL: &str = "user_email";

impl Named for User {
    const NAME: &'static str = "user";
    const PREFIX: &'static str = "user";
}
impl Object for User {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        vec![IndexKey::unique(EMAIL, normal(&self.email))]
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<User>();
/// People cause no events.
pub const EVENTS: &[&str] = &[];
/// There is no endpoint for people in the API.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}

/// An address as it is compared: nobody means two people by its case.
pub fn normal(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether a text looks like an address. Only a letter to it could tell more.
pub fn is_email(text: &str) -> bool {
    let (local, host) = text.rsplit_once('@').unwrap_or_default();
    let strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | ',' | ';');
    !local.is_empty()
        && !host.is_empty()
        && text.len() <= 254
        && !text.contains(strange)
        && !local.contains('@')
}

/// The person with this address.
pub async fn by_email(cx: &mut Cx<'_>, email: &str) -> Result<Option<User>, Stop> {
    cx.find::<User>(EMAIL, &normal(email)).await
}

/// The sentence for an address that somebody has already.
const TAKEN: &str = "There is an account with this email already: sign in instead";

/// What is wrong with an address that somebody wants to enrol with.
pub async fn email_problem(cx: &mut Cx<'_>, email: &str) -> Result<Option<String>, Stop> {
    if !is_email(email.trim()) {
        return Ok(Some("Enter an email address, such as name@example.com".into()));
    }
    Ok(by_email(cx, email).await?.map(|_| TAKEN.into()))
}

/// Enrols a person; `password_hash` comes from [`vault::hash_password`], computed off the threads that serve
/// requests. The address must be checked before.
pub fn enrol(cx: &mut Cx<'_>, email: &str, password_hash: &str) -> User {
    let user = User {
        id: cx.new_id::<User>(),
        object: User::NAME.into(),
        email: email.trim().to_owned(),
        accounts: Vec::new(),
        created: cx.now(),
        password: Hidden(password_hash.to_owned()),
    };
    cx.put(&user);
    user
}

/// Opens an account for a person who was read or enrolled in this unit.
pub fn open_account(cx: &mut Cx<'_>, user: &mut User, mut new: NewAccount) -> account::Opened {
    new.owner = Some(user.id.clone());
    let opened = account::open(cx, new);
    user.accounts.push(opened.account.id.clone());
    cx.put(user);
    opened
}

/// Somebody who comes without an application.
#[derive(Clone)]
pub struct SignUp {
    /// Their address.
    pub email: String,
    /// The hash of their password.
    pub password_hash: String,
    /// What their customers know them by.
    pub business_name: String,
    /// Two letters (ISO 3166-1).
    pub country: String,
    /// The currency of the country.
    pub currency: Currency,
}

/// What came of a sign-up.
#[derive(Debug, Clone)]
pub struct SignedUp {
    /// The person.
    pub user: User,
    /// Their account and its keys.
    pub opened: account::Opened,
}

/// Enrols a person and opens an account for them; it can be signed in to by [`super::session::start_for`].
pub async fn sign_up(api: &Api, new: &SignUp) -> Result<Result<SignedUp, Problems>, Stop> {
    let caller = Caller::system("", false);
    let reply = api.transact(&caller, move |cx| Box::pin(sign_up_in(cx, new))).await;
    unwrap_taken(reply)
}

async fn sign_up_in(cx: &mut Cx<'_>, new: &SignUp) -> Outcome<Result<SignedUp, Problems>> {
    if let Some(problem) = email_problem(cx, &new.email).await? {
        return done(Err(vec![("email", problem)]));
    }
    let mut user = enrol(cx, &new.email, &new.password_hash);
    let mut account = NewAccount::new(Some(&user.id), Some(&user.email), &new.country, new.currency);
    account.business_name = Some(new.business_name.trim().to_owned()).filter(|name| !name.is_empty());
    let opened = open_account(cx, &mut user, account);
    done(Ok(SignedUp { user, opened }))
}

/// Two people may enrol with one address at the same moment; the index lets one of them in, and the other hears
/// what they would have heard a moment later.
pub fn unwrap_taken<T>(
    reply: Result<api::Reply<Result<T, Problems>>, Stop>,
) -> Result<Result<T, Problems>, Stop> {
    match reply {
        Ok(api::Reply::Done(it)) => Ok(it),
        Ok(api::Reply::Refused(error)) => Err(error.into()),
        Err(Stop::Api(error)) if error.code.as_deref() == Some("resource_already_exists") => {
            Ok(Err(vec![("email", TAKEN.into())]))
        }
        Err(stop) => Err(stop),
    }
}

/// Whose an account becomes that a platform created with a dashboard of its own.
#[derive(Debug, Clone)]
pub enum Heir {
    /// Somebody who comes for the first time: their address, and the hash of their password.
    Newcomer(String, String),
    /// Somebody who is there already, by their id.
    Known(String),
}

/// Gives an account without an owner to a person, with keys of its mode. Errors: the address is taken. An account that
/// has an owner keeps them.
pub async fn adopt(api: &Api, account: &str, heir: &Heir) -> Result<Result<User, Problems>, Stop> {
    let caller = Caller::system("", false);
    unwrap_taken(api.transact(&caller, move |cx| Box::pin(adopt_in(cx, account, heir))).await)
}

async fn adopt_in(cx: &mut Cx<'_>, account: &str, heir: &Heir) -> Outcome<Result<User, Problems>> {
    let mut account: Account = cx.must("account", account).await?;
    let mut user = match heir {
        Heir::Known(id) => cx.must::<User>("user", id).await?,
        Heir::Newcomer(email, hash) => match email_problem(cx, email).await? {
            Some(problem) => return done(Err(vec![("email", problem)])),
            None => enrol(cx, email, hash),
        },
    };
    if account.owner.0.is_none() {
        account.owner.0 = Some(user.id.clone());
        user.accounts.push(account.id.clone());
        account::issue_keys(cx, &account);
        cx.put(&account);
        cx.put(&user);
    }
    done(Ok(user))
}

/// The accounts of a person, oldest first.
pub async fn accounts(api: &Api, user: &User) -> Result<Vec<Account>, Stop> {
    let caller = Caller::system("", false);
    let ids = &user.accounts;
    let reply = api
        .transact(&caller, move |cx| {
            Box::pin(async move {
                let mut found = Vec::with_capacity(ids.len());
                for id in ids {
                    let account = cx.peek::<Account>(id).await?;
                    found.extend(account.filter(|it| it.standing.0.as_ref().is_none_or(|it| !it.deleted)));
                }
                done(found)
            })
        })
        .await?;
    settle(reply)
}

/// The good end of a decision that refuses nothing.
pub fn settle<T>(reply: api::Reply<T>) -> Result<T, Stop> {
    match reply {
        api::Reply::Done(it) => Ok(it),
        api::Reply::Refused(error) => Err(error.into()),
    }
}
