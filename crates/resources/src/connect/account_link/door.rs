//! What the address of an account link or a login link opens, once: a session of one browser with one account. The
//! secrets of both are kept nowhere; they are found by their digests.
use super::Collect;
use crate::connect::{
    account::{self, Account},
    application::Application,
    user::settle,
};
use api::{Api, Cx, Object, Outcome, Place, Stop, done};
use base::{Caller, Named, Timestamp};
use wire::Wire;

/// Where the addresses of account links are.
pub const SETUP: &str = "/connect/setup";
/// Where the addresses of login links are.
pub const LOGIN: &str = "/connect/login";
/// Characters of a secret: 190 bits.
pub(crate) const SECRET: usize = 32;
/// How long a session lives, in seconds.
pub const SESSION_LIFETIME: i64 = 3600;
/// How long it is known where a link that opens no more sends people, in seconds.
const KEPT: i64 = 7 * Timestamp::DAY;

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Purpose {
    /// Somebody gives the details of an account.
    AccountOnboarding,
    /// Somebody changes them.
    AccountUpdate,
    /// Somebody looks at balance and payouts.
    Express,
}

/// A door that opens once.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Door {
    /// The digest of its secret.
    pub id: String,
    /// `account_door`.
    pub object: String,
    /// The account behind it.
    pub account: String,
    /// What it is for.
    pub purpose: Purpose,
    /// What is asked for.
    pub collect: Collect,
    /// Where people get another link.
    pub refresh_url: Option<String>,
    /// Where people go when they are done.
    pub return_url: Option<String>,
    /// Until when it opens.
    pub expires: Timestamp,
    /// Whether somebody has opened it.
    pub used: bool,
}

impl Named for Door {
    const NAME: &'static str = "account_door";
    const PREFIX: &'static str = "door";
}
impl Object for Door {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires.plus(KEPT).0)
    }
}

/// Somebody's browser, let in by a door.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Guest {
    /// The digest of the cookie's token.
    pub id: String,
    /// `account_guest`.
    pub object: String,
    /// The account.
    pub account: String,
    /// What they are let in for.
    pub purpose: Purpose,
    /// What is asked for.
    pub collect: Collect,
    /// Where they go when their time is over.
    pub refresh_url: Option<String>,
    /// Where they go when they are done.
    pub return_url: Option<String>,
    /// Until when they are let in.
    pub expires: Timestamp,
}

impl Named for Guest {
    const NAME: &'static str = "account_guest";
    const PREFIX: &'static str = "guest";
}
impl Object for Guest {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires.0)
    }
}

/// What came of knocking.
#[derive(Debug, Clone)]
pub enum Knocked {
    /// The door opened: the token is for the browser's cookie and kept nowhere.
    Open {
        /// The token.
        token: String,
        /// Who is in.
        guest: Box<Guest>,
    },
    /// It was opened before, or too long ago; there may be another at this address.
    Shut(Option<String>),
    /// There is no such door.
    None,
}

/// Opens the door with this secret to an account, once.
pub async fn knock(api: &Api, account: &str, secret: &str, login: bool) -> Result<Knocked, Stop> {
    let caller = Caller::system("", false);
    settle(api.transact(&caller, move |cx| Box::pin(knock_in(cx, account, secret, login))).await?)
}

async fn knock_in(cx: &mut Cx<'_>, account: &str, secret: &str, login: bool) -> Outcome<Knocked> {
    let Some(mut door) = cx.get::<Door>(&vault::digest(secret)).await? else { return done(Knocked::None) };
    if door.account != account || (door.purpose == Purpose::Express) != login {
        return done(Knocked::None);
    }
    if door.used || door.expires <= cx.now() {
        return done(Knocked::Shut(door.refresh_url));
    }
    door.used = true;
    cx.put(&door);
    let (token, guest) = let_in(cx, &door);
    done(Knocked::Open { token, guest: Box::new(guest) })
}

fn let_in(cx: &mut Cx<'_>, door: &Door) -> (String, Guest) {
    let token = cx.token(SECRET);
    let guest = Guest {
        id: vault::digest(&token),
        object: Guest::NAME.into(),
        account: door.account.clone(),
        purpose: door.purpose,
        collect: door.collect,
        refresh_url: door.refresh_url.clone(),
        return_url: door.return_url.clone(),
        expires: cx.now().plus(SESSION_LIFETIME),
    };
    cx.put(&guest);
    (token, guest)
}

/// Who holds this token; nobody where it is unknown, or its time is over.
pub async fn guest(api: &Api, token: &str) -> Result<Option<Guest>, Stop> {
    let (caller, id) = (Caller::system("", false), vault::digest(token));
    let id = &id;
    let found = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let found = cx.peek::<Guest>(id).await?;
            done(found.filter(|guest| guest.expires > cx.now()))
        })
    });
    settle(found.await?)
}

/// The owner of an account, who is signed in, is let in to give its details; returns the token.
pub async fn welcome(api: &Api, account: &str, return_url: &str) -> Result<String, Stop> {
    let caller = Caller::system("", false);
    let made = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let door = Door {
                id: String::new(),
                object: Door::NAME.into(),
                account: account.to_owned(),
                purpose: Purpose::AccountOnboarding,
                collect: Collect::CurrentlyDue,
                refresh_url: Some(return_url.to_owned()),
                return_url: Some(return_url.to_owned()),
                expires: cx.now(),
                used: true,
            };
            done(let_in(cx, &door).0)
        })
    });
    settle(made.await?)
}

/// The account behind a door, with the application of the platform that controls it, by which people know who asks.
pub async fn behind(api: &Api, account: &str) -> Result<Option<(Account, Option<Application>)>, Stop> {
    let caller = Caller::system("", false);
    let found = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let Some(account) = cx.peek::<Account>(account).await? else { return done(None) };
            let Some(standing) = account.standing.0.as_ref().filter(|it| !it.deleted) else {
                return done(None);
            };
            let of = Application::of(&standing.platform, standing.livemode);
            let application = cx.find::<Application>("application_of", &of).await?;
            done(Some((account, application)))
        })
    });
    settle(found.await?)
}

/// The details of an account were handed in: whatever is still wanted is asked for later.
pub async fn hand_in(api: &Api, account: &str) -> Result<(), Stop> {
    let caller = Caller::system(account, false);
    let done = api.transact(&caller, move |cx| {
        Box::pin(async move {
            let before: Account = cx.must("account", account).await?;
            let after = Account { details_submitted: true, ..before.clone() };
            account::save(cx, &before, after)?;
            api::done(())
        })
    });
    settle(done.await?)
}
