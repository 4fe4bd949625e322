//! Login links: an address, good for one visit, where an account sees its balance and payouts (API page "Login
//! Links").
use crate::connect::{
    account::{Account, DashboardType, controls, named, shown_url},
    account_link::{
        Collect,
        door::{self, Door, Purpose},
    },
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, done};
use base::{ApiError, Named, Timestamp};
use wire::Wire;

/// An address where an account sees its balance and payouts.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct LoginLink {
    /// `login_link`.
    pub object: String,
    /// When it was made.
    pub created: Timestamp,
    /// The address.
    pub url: String,
}

impl Named for LoginLink {
    const NAME: &'static str = "login_link";
    const PREFIX: &'static str = "";
}
/// It is shown once; what it opens is kept as a door.
impl Object for LoginLink {
    fn id(&self) -> &str {
        &self.url
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<LoginLink>();
/// Nothing happens to them.
pub const EVENTS: &[&str] = &[];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let path = "/v1/accounts/{account}/login_links";
    let create = Endpoint::new("POST", path, LoginLink::NAME, |cx, p| Box::pin(create(cx, p)));
    vec![create.permission(Account::NAME)]
}

/// How long a link opens, in seconds.
const LIFETIME: i64 = 300;

async fn create(cx: &mut Cx<'_>, _: Nothing) -> Outcome<LoginLink> {
    let account = named(cx, "account").await?;
    if !controls(cx, &account) || account.controller.dashboard() != DashboardType::Express {
        let message = format!(
            "Cannot create a login link for the account '{}': it has no Express dashboard.",
            account.id
        );
        return Err(ApiError::invalid(400, message).into());
    }
    if !account.details_submitted {
        let message = "Cannot create a login link for an account that has not completed onboarding.";
        return Err(ApiError::invalid(400, message).into());
    }
    let secret = cx.token(door::SECRET);
    cx.put(&Door {
        id: vault::digest(&secret),
        object: Door::NAME.into(),
        account: account.id.clone(),
        purpose: Purpose::Express,
        collect: Collect::CurrentlyDue,
        refresh_url: None,
        return_url: None,
        expires: cx.now().plus(LIFETIME),
        used: false,
    });
    done(LoginLink {
        object: LoginLink::NAME.into(),
        created: cx.now(),
        url: shown_url(cx, door::LOGIN, &account.id, &secret),
    })
}
