//! Who is signed in, and how somebody comes to be.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use api::{Api, Stop, fault};
pub(crate) use resources::connect::account::Account;
use resources::connect::session::{self, Started, TooMany};
use resources::connect::user::{self, User};
use tokio::sync::Semaphore;

use super::reply::{Refusal, Trouble};
use super::visit::Visit;
use crate::views::AccountName;

/// Passwords that are hashed at the same time: each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 4;
static HASHING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(HASHES_AT_ONCE)));

/// A person, and the account of theirs that they look at.
#[derive(Debug)]
pub(crate) struct SignedIn {
    /// Who.
    pub(crate) user: User,
    /// Their accounts, oldest first; at least one.
    pub(crate) accounts: Vec<Account>,
    current: usize,
}

impl SignedIn {
    /// The person of a session, looking at the account `chosen` where that is one of theirs.
    pub(crate) async fn find(api: &Api, token: &str, chosen: Option<&str>) -> Result<Option<Self>, Stop> {
        match session::signed_in(api, token).await? {
            Some(user) => Self::of(api, user, chosen).await,
            None => Ok(None),
        }
    }

    async fn of(api: &Api, user: User, chosen: Option<&str>) -> Result<Option<Self>, Stop> {
        let accounts = user::accounts(api, &user).await?;
        let current = accounts.iter().position(|it| Some(it.id.as_str()) == chosen).unwrap_or(0);
        Ok((!accounts.is_empty()).then_some(SignedIn { user, accounts, current }))
    }

    /// The account that they look at.
    pub(crate) fn current(&self) -> &Account {
        &self.accounts[self.current]
    }

    /// The account of theirs with this id.
    pub(crate) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|it| it.id == id)
    }
}

/// The public name of a business; never its sign-in address.
pub(crate) fn public_name(account: Option<&Account>) -> Option<&str> {
    account
        .and_then(|it| it.business_profile.name.as_deref().or(it.settings.dashboard.display_name.as_deref()))
}

/// An account as people tell it from others.
pub(crate) fn name_of(account: &Account) -> AccountName {
    AccountName { id: account.id.clone(), name: shown_name(&account.id, account.display_name()) }
}

/// An account that told nothing of itself goes by its id, which is no name: the id stands beside it anyway.
pub(crate) fn shown_name(id: &str, name: &str) -> String {
    if name == id { "Unnamed account".to_owned() } else { name.to_owned() }
}

/// What came of an attempt to sign in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// They are in, with a new session.
    Yes,
    /// The email or the password is wrong.
    No,
    /// Too many attempts: wait so many seconds.
    Wait(i64),
}

/// The sentence for a wrong pair. It tells not which of the two is wrong.
pub(crate) const WRONG: &str = "Email and password do not match. Check both and try again.";

/// Tries an email and a password; signed in, the browser gets a new session in place of what it held.
pub(crate) async fn sign_in(visit: &mut Visit<'_>, email: &str, password: &str) -> Result<Entered, Trouble> {
    let entered = try_to_sign_in(visit, email, password).await?;
    let outcome = match entered {
        Entered::Yes => "done",
        Entered::No => "wrong",
        Entered::Wait(_) => "throttled",
    };
    metrics::counter!("tollbridge_sign_ins_total", "outcome" => outcome).increment(1);
    Ok(entered)
}

async fn try_to_sign_in(visit: &mut Visit<'_>, email: &str, password: &str) -> Result<Entered, Trouble> {
    if email.is_empty() || email.len() > 254 || password.is_empty() || password.len() > 1024 {
        return Ok(Entered::No);
    }
    let attempt = match session::attempt(visit.api, email, &machine(visit.peer)).await? {
        Ok(attempt) => attempt,
        Err(TooMany { wait }) => return Ok(Entered::Wait(wait)),
    };
    let (comparing, typed) = (attempt.clone(), password.to_owned());
    let right = hashing(move || comparing.verify(&typed)).await?;
    if !right {
        return Ok(Entered::No);
    }
    let old = visit.session_token();
    let begun = session::sign_in(visit.api, &attempt, None, old.as_deref()).await?;
    match begun {
        Some(started) => {
            enter(visit, started).await?;
            Ok(Entered::Yes)
        }
        None => Ok(Entered::No),
    }
}

/// Signs in somebody who has just enrolled.
pub(crate) async fn welcome(visit: &mut Visit<'_>, user: &User) -> Result<(), Trouble> {
    let old = visit.session_token();
    let started = session::start_for(visit.api, user, old.as_deref()).await?;
    enter(visit, started).await
}

/// The browser holds this session from now on.
pub(crate) async fn enter(visit: &mut Visit<'_>, started: Started) -> Result<(), Trouble> {
    visit.start_session(&started.token, Some(session::LIFETIME));
    visit.signed_in = SignedIn::of(visit.api, started.user, None).await?;
    Ok(())
}

/// The hash of the password of somebody who wants to enrol. Refusals: too many have enrolled from their machine. In `dev`
/// everybody comes from one.
pub(crate) async fn newcomer(visit: &Visit<'_>, password: &str) -> Result<String, Trouble> {
    if !visit.api.world.dev
        && let Err(TooMany { wait }) = session::enrolment(visit.api, &machine(visit.peer)).await?
    {
        metrics::counter!("tollbridge_sign_ups_throttled_total").increment(1);
        let message = format!(
            "Too many accounts were opened from your network lately. Try again in {}.",
            minutes(wait)
        );
        let refusal =
            Refusal { retry_after: Some(wait), ..Refusal::new(429, "Too many new accounts", message) };
        return Err(refusal.back(visit.address(), "Back").into());
    }
    let (entropy, password) = (visit.api.world.entropy.clone(), password.to_owned());
    hashing(move || vault::hash_password(&password, &*entropy)).await
}

/// Runs what hashes a password where it holds up nobody else.
async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, vault::BadHash> + Send + 'static,
) -> Result<T, Trouble> {
    let turn = HASHING.clone().acquire_owned().await.map_err(|error| fault(error.to_string()))?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    let outcome = done.await.map_err(|error| fault(error.to_string()))?;
    Ok(outcome.map_err(|error| fault(error.to_string()))?)
}

/// The page for too many attempts.
pub(crate) fn too_many(wait: i64, back: impl Into<String>) -> Refusal {
    let message =
        format!("To keep accounts safe, signing in is paused here. Try again in {}.", minutes(wait));
    Refusal {
        retry_after: Some(wait),
        ..Refusal::new(429, "Too many attempts to sign in", message).back(back, "Back to sign-in")
    }
}

fn minutes(seconds: i64) -> String {
    match seconds.div_euclid(60) + 1 {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// What attempts are counted by: an address, or the network that somebody with IPv6 has all the addresses of.
fn machine(peer: IpAddr) -> String {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
