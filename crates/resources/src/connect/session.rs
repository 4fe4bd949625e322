//! Sessions: who is signed in with which browser, and how often somebody may try. The cookie's token is kept
//! nowhere; a session is found by its digest.
use crate::connect::user::{self, User, settle};
use api::{Api, Cx, Endpoint, Noun, Object, Outcome, Place, Stop, done};
use base::{Caller, Named, Timestamp};
use wire::Wire;

/// Somebody's browser.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Session {
    /// The digest of the cookie's token.
    pub id: String,
    /// `session`.
    pub object: String,
    /// Who.
    pub user: String,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
}

/// How long a session lives, in seconds: a fortnight.
pub const LIFETIME: i64 = 14 * Timestamp::DAY;
/// Characters of a token: 190 bits.
const TOKEN: usize = 32;

impl Named for Session {
    const NAME: &'static str = "session";
    const PREFIX: &'static str = "sess";
}
impl Object for Session {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires.0)
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Session>();
/// Sessions cause no events.
pub const EVENTS: &[&str] = &[];
/// There is no endpoint for sessions in the API.
pub fn endpoints() -> Vec<Endpoint> {
    Vec::new()
}

/// A session that has just begun.
#[derive(Clone)]
pub struct Started {
    /// For the cookie; kept nowhere else.
    pub token: String,
    /// Who is signed in.
    pub user: User,
}

/// The secret that a form must carry: derived from the cookie's token, which only its browser has. It serves
/// visitors, too, whose cookie holds a token of no session.
pub fn csrf(token: &str) -> String {
    let mut secret = vault::digest(&format!("csrf {token}"));
    secret.truncate(40);
    secret
}

/// A token for a visitor's cookie.
pub fn visitor_token(world: &api::World) -> String {
    world.entropy.token(TOKEN)
}

/// Begins a session in a unit of work, and ends the one that the browser had: nobody who knew the old token is
/// in now.
pub async fn start(cx: &mut Cx<'_>, user: &User, old_token: Option<&str>) -> Result<Started, Stop> {
    if let Some(old) = old_token
        && let Some(session) = cx.get::<Session>(&vault::digest(old)).await?
    {
        cx.delete(&session);
    }
    let token = cx.token(TOKEN);
    let session = Session {
        id: vault::digest(&token),
        object: Session::NAME.into(),
        user: user.id.clone(),
        created: cx.now(),
        expires: cx.now().plus(LIFETIME),
    };
    cx.put(&session);
    Ok(Started { token, user: user.clone() })
}

/// Begins a session for somebody who was let in another way: they have just enrolled.
pub async fn start_for(api: &Api, user: &User, old_token: Option<&str>) -> Result<Started, Stop> {
    let caller = Caller::system("", false);
    let begun =
        api.transact(&caller, move |cx| Box::pin(async move { done(start(cx, user, old_token).await?) }));
    settle(begun.await?)
}

/// Who is signed in with this token; nobody where it is unknown, ended or too old.
pub async fn signed_in(api: &Api, token: &str) -> Result<Option<User>, Stop> {
    let caller = Caller::system("", false);
    settle(api.transact(&caller, move |cx| Box::pin(signed_in_by(cx, token))).await?)
}

async fn signed_in_by(cx: &mut Cx<'_>, token: &str) -> Outcome<Option<User>> {
    let Some(session) = cx.peek::<Session>(&vault::digest(token)).await? else { return done(None) };
    if session.expires <= cx.now() {
        return done(None);
    }
    done(cx.peek::<User>(&session.user).await?)
}

/// Ends a session.
pub async fn sign_out(api: &Api, token: &str) -> Result<(), Stop> {
    let caller = Caller::system("", false);
    let ended = api.transact(&caller, move |cx| {
        Box::pin(async move {
            if let Some(session) = cx.get::<Session>(&vault::digest(token)).await? {
                cx.delete(&session);
            }
            done(())
        })
    });
    settle(ended.await?)
}

// Signing in: the attempt is counted before the password is looked at, so that many attempts at once count, too.

/// How often somebody has tried lately.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Attempts {
    /// The digest of what is counted: an address of a person, or of a machine.
    pub id: String,
    /// `sign_in_attempts`.
    pub object: String,
    /// How often.
    pub count: i64,
    /// Since when.
    pub since: Timestamp,
}

impl Named for Attempts {
    const NAME: &'static str = "sign_in_attempts";
    const PREFIX: &'static str = "sia";
}
impl Object for Attempts {
    const PLACE: Place = Place::House;
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.since.0 + WINDOW)
    }
}

/// Seconds in which attempts are counted.
const WINDOW: i64 = 15 * 60;
/// Attempts on one person from one machine in that time.
const PER_PAIR: i64 = 10;
/// Attempts on one person in that time. More than from one machine, or a stranger could keep somebody out.
const PER_EMAIL: i64 = 50;
/// Attempts from one machine in that time.
const PER_ADDRESS: i64 = 100;
/// People who enrol from one machine in that time: a class or an office in one go, and no robot.
const ENROLLED_PER_ADDRESS: i64 = 30;

/// An attempt that may go on: compare the password next, off the threads that serve requests.
#[derive(Clone)]
pub struct Attempt {
    email: String,
    address: String,
    hash: Option<String>,
}

/// Too many attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// Seconds until the next may be made.
    pub wait: i64,
}

impl Attempt {
    /// Whether this is the password. Takes tens of milliseconds of one core on purpose, just as long for people
    /// who do not exist: call it on a blocking thread. Errors: the stored hash is damaged.
    pub fn verify(&self, password: &str) -> Result<bool, vault::BadHash> {
        match &self.hash {
            Some(hash) => vault::verify_password(password, hash),
            None => {
                vault::verify_nobody(password);
                Ok(false)
            }
        }
    }
}

/// Counts what has so many times in a while, and no more.
async fn count(cx: &mut Cx<'_>, counted: &str, most: i64) -> Result<Result<(), TooMany>, Stop> {
    let mut it = counter(cx, counted).await?;
    if it.count >= most {
        return Ok(Err(TooMany { wait: (it.since.0 + WINDOW - cx.now().0).max(1) }));
    }
    it.count += 1;
    cx.put(&it);
    Ok(Ok(()))
}

/// Counts an attempt to sign in from a machine's `address`, and tells whether it may be made.
pub async fn attempt(api: &Api, email: &str, address: &str) -> Result<Result<Attempt, TooMany>, Stop> {
    let caller = Caller::system("", false);
    settle(api.transact(&caller, move |cx| Box::pin(attempt_in(cx, email, address))).await?)
}

async fn attempt_in(cx: &mut Cx<'_>, email: &str, address: &str) -> Outcome<Result<Attempt, TooMany>> {
    let email = user::normal(email);
    for (counted, most) in [
        (pair_key(&email, address), PER_PAIR),
        (email_key(&email), PER_EMAIL),
        (address_key(address), PER_ADDRESS),
    ] {
        // What was counted so far in this decision counts: whoever is sent away has tried as well.
        if let Err(too_many) = count(cx, &counted, most).await? {
            return done(Err(too_many));
        }
    }
    let hash = user::by_email(cx, &email).await?.map(|user| user.password.0);
    done(Ok(Attempt { email, address: address.to_owned(), hash }))
}

/// Counts somebody who wants to enrol from a machine's `address`, and tells whether they may.
pub async fn enrolment(api: &Api, address: &str) -> Result<Result<(), TooMany>, Stop> {
    let caller = Caller::system("", false);
    settle(api.transact(&caller, move |cx| Box::pin(enrolment_in(cx, address))).await?)
}

async fn enrolment_in(cx: &mut Cx<'_>, address: &str) -> Outcome<Result<(), TooMany>> {
    done(count(cx, &vault::digest(&format!("enrolment address {address}")), ENROLLED_PER_ADDRESS).await?)
}

async fn counter(cx: &mut Cx<'_>, id: &str) -> Result<Attempts, Stop> {
    let fresh = Attempts { id: id.to_owned(), object: Attempts::NAME.into(), count: 0, since: cx.now() };
    let kept = cx.get::<Attempts>(id).await?;
    Ok(kept.filter(|it| it.since.0 + WINDOW > cx.now().0).unwrap_or(fresh))
}

fn pair_key(email: &str, address: &str) -> String {
    vault::digest(&format!("email {email} address {address}"))
}
fn email_key(email: &str) -> String {
    vault::digest(&format!("email {email}"))
}
fn address_key(address: &str) -> String {
    vault::digest(&format!("address {address}"))
}

/// Signs in after [`Attempt::verify`] said yes: a new session, and the count of wrong attempts begins anew.
/// `None` where the person is gone or changed their password meanwhile. `rehashed` replaces a hash that
/// [`vault::needs_rehash`] finds weak.
pub async fn sign_in(
    api: &Api,
    attempt: &Attempt,
    rehashed: Option<&str>,
    old_token: Option<&str>,
) -> Result<Option<Started>, Stop> {
    let caller = Caller::system("", false);
    let entered = api.transact(&caller, move |cx| Box::pin(sign_in_by(cx, attempt, rehashed, old_token)));
    settle(entered.await?)
}

async fn sign_in_by(
    cx: &mut Cx<'_>,
    attempt: &Attempt,
    rehashed: Option<&str>,
    old_token: Option<&str>,
) -> Outcome<Option<Started>> {
    let Some(mut user) = user::by_email(cx, &attempt.email).await? else { return done(None) };
    if attempt.hash.as_ref() != Some(&user.password.0) {
        return done(None);
    }
    if let Some(hash) = rehashed {
        hash.clone_into(&mut user.password.0);
        cx.put(&user);
    }
    for key in [pair_key(&attempt.email, &attempt.address), email_key(&attempt.email)] {
        if let Some(it) = cx.get::<Attempts>(&key).await? {
            cx.delete(&it);
        }
    }
    // Only wrong attempts of a machine count: an office of many people is one address.
    if let Some(mut it) = cx.get::<Attempts>(&address_key(&attempt.address)).await? {
        it.count = (it.count - 1).max(0);
        cx.put(&it);
    }
    done(Some(start(cx, &user, old_token).await?))
}
