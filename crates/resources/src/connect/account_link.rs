//! Account links: an address, good for one visit and a few minutes, where somebody gives the details of an account
//! (API page "Account Links").
pub mod door;

use crate::connect::account::{Account, controls, is_website, reachable, shown_url};
use api::{Cx, Endpoint, Noun, Object, Outcome, Stop, done};
use base::{ApiError, Named, Timestamp};
use door::{Door, Purpose};
use wire::Wire;

/// An address where somebody gives the details of an account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct AccountLink {
    /// `account_link`.
    pub object: String,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it opens.
    pub expires_at: Timestamp,
    /// The address.
    pub url: String,
}

impl Named for AccountLink {
    const NAME: &'static str = "account_link";
    const PREFIX: &'static str = "";
}
/// It is shown once; what it opens is kept as a door.
impl Object for AccountLink {
    fn id(&self) -> &str {
        &self.url
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<AccountLink>();
/// Nothing happens to them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let create =
        Endpoint::new("POST", "/v1/account_links", AccountLink::NAME, |cx, p| Box::pin(create(cx, p)));
    vec![create]
}

/// What `POST /v1/account_links` takes.
#[derive(Debug, Wire)]
pub struct Create {
    account: String,
    collect: Option<Collect>,
    collection_options: Option<CollectionOptions>,
    refresh_url: Option<String>,
    return_url: Option<String>,
    r#type: Type,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Collect {
    /// What is wanted now.
    CurrentlyDue,
    /// What is wanted at some time, too.
    EventuallyDue,
}

#[derive(Debug, Wire)]
struct CollectionOptions {
    fields: Option<Collect>,
    future_requirements: Option<Future>,
}

#[derive(Debug, Clone, Copy, PartialEq, Wire)]
enum Future {
    Include,
    Omit,
}

#[derive(Debug, Clone, Copy, PartialEq, Wire)]
enum Type {
    AccountOnboarding,
    AccountUpdate,
}

/// How long a link opens, in seconds.
const LIFETIME: i64 = 300;

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<AccountLink> {
    if cx.caller.is_connect() {
        let message = "You cannot create account links on behalf of a connected account.";
        return Err(ApiError::invalid(403, message).into());
    }
    let before = reachable(cx, &p.account).await?;
    if !controls(cx, &before) {
        let message = format!(
            "You cannot create account links for the account '{}': your platform does not control it.",
            before.id
        );
        return Err(ApiError::invalid(400, message).param("account").into());
    }
    if p.r#type == Type::AccountUpdate && !before.controller.platform_collects() {
        let message = "You cannot create `account_update` type account links for this account. Valid types are: account_onboarding.";
        return Err(ApiError::invalid(400, message).param("type").into());
    }
    let refresh = url(cx, "refresh_url", p.refresh_url.as_deref())?;
    let back = url(cx, "return_url", p.return_url.as_deref())?;
    let options = p.collection_options.as_ref();
    // There is nothing yet that will be wanted later, so nothing changes by asking for it.
    let _ = options.and_then(|it| it.future_requirements);
    let collect = options.and_then(|it| it.fields).or(p.collect).unwrap_or(Collect::CurrentlyDue);
    let purpose = match p.r#type {
        Type::AccountOnboarding => Purpose::AccountOnboarding,
        Type::AccountUpdate => Purpose::AccountUpdate,
    };
    let secret = cx.token(door::SECRET);
    let expires_at = cx.now().plus(LIFETIME);
    cx.put(&Door {
        id: vault::digest(&secret),
        object: Door::NAME.into(),
        account: before.id.clone(),
        purpose,
        collect,
        refresh_url: Some(refresh),
        return_url: Some(back),
        expires: expires_at,
        used: false,
    });
    let mut account = before.clone();
    if let Some(standing) = &mut account.standing.0 {
        standing.linked = true;
    }
    // Nothing of the account changes but what its platform sees of it.
    cx.put(&account);
    done(AccountLink {
        object: AccountLink::NAME.into(),
        created: cx.now(),
        expires_at,
        url: shown_url(cx, door::SETUP, &before.id, &secret),
    })
}

/// Where somebody goes from here. Errors: nowhere; no address; in live mode one without TLS.
pub(crate) fn url(cx: &Cx<'_>, param: &str, sent: Option<&str>) -> Result<String, Stop> {
    let Some(sent) = sent else { return Err(ApiError::missing(param).into()) };
    if !is_website(sent) {
        return Err(ApiError::invalid(400, "Not a valid URL").code("url_invalid").param(param).into());
    }
    if cx.caller.livemode && !sent.starts_with("https://") {
        let message = "Livemode requests must always be redirected via HTTPS.";
        return Err(ApiError::invalid(400, message).param(param).into());
    }
    Ok(sent.to_owned())
}

/// Whether the account still needs somebody to give its details.
pub fn is_open(account: &Account) -> bool {
    !account.details_submitted || !account.requirements.currently_due.is_empty()
}
