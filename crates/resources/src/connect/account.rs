//! Accounts: whose data it is, whose money it is, and what they may do (API page "Accounts"). An account has no
//! mode: the same one has live data and test data.
use crate::billing::amounts::ByCurrency;
use crate::connect::application::Application;
use crate::connect::person::{Member, Person};
use api::secrets::Sealed;
use api::{
    Abroad, Cx, Endpoint, Noun, Object, Outcome, Page, Place, Range, Stop, access::Connected,
    access::Connection, done,
};
use base::{ApiError, Currency, Metadata, Named, Timestamp, Version};
use store::Bytes;
use wire::{Hidden, Optional, Wire};

mod capabilities;
mod checks;
mod company;
mod controller;
mod create;
mod external;
mod fields;
mod form;
mod hand;
mod names;
mod open;
mod papers;
mod parts;
mod reject;
mod requirements;
mod save;
mod settings;
mod standing;
mod token;
mod update;

pub(crate) use capabilities::named as capability_named;
pub use capabilities::{Capabilities, CapabilityStatus, Wanted};
pub(crate) use checks::id_number;
pub use company::*;
pub use controller::{Controller, DashboardType, Party, Type};
pub use create::connect;
pub use external::{External, ExternalAccounts, PayoutBank, PayoutCard, SealedNumber};
pub(crate) use fields::*;
pub(crate) use form::is_website;
pub use form::{ApplicationForm, BankForm, Problems, is_statement_descriptor, submit_application, take_in};
pub use hand::{Ask, Hand, by_hand, paid_with};
pub use names::NAMES;
pub(crate) use names::RECEIVING;
pub(crate) use open::issue_keys;
pub use open::{Keys, NewAccount, Opened, open};
pub use papers::Papers;
pub(crate) use papers::{IDENTITY, Named as NamedFile, PersonPapers, look as look_at_files};
pub use parts::*;
pub use requirements::*;
pub use save::emit_updated;
pub(crate) use save::{look_again, save};
pub(crate) use settings::check_payout_days;
pub use standing::Standing;
pub(crate) use standing::{Assessment, assess, of_country};
pub(crate) use token::TokenParams;
pub(crate) use update::request;

/// Whoever takes payments, or a platform that connects those who do.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Account {
    /// `acct_…`.
    pub id: String,
    /// `account`.
    pub object: String,
    /// What the business says of itself.
    pub business_profile: BusinessProfile,
    /// What kind of business it is.
    pub business_type: Option<BusinessType>,
    /// What it may do, capability by capability.
    pub capabilities: Capabilities,
    /// Whether it can take live charges; test charges are always possible.
    pub charges_enabled: bool,
    /// The company behind it.
    pub company: Optional<Company>,
    /// Who controls it.
    pub controller: Controller,
    /// Two letters (ISO 3166-1).
    pub country: String,
    /// When it was opened.
    pub created: Timestamp,
    /// The currency of its bank account.
    pub default_currency: Currency,
    /// Whether the account form was handed in.
    pub details_submitted: bool,
    /// Where it is written to.
    pub email: Option<String>,
    /// Where payouts go. Only the platform that controls the account sees it.
    pub external_accounts: Optional<ExternalAccounts>,
    /// What will be wanted of it later.
    pub future_requirements: Requirements,
    /// What its platform sorts it by.
    pub groups: Optional<Groups>,
    /// The person who is the business.
    pub individual: Optional<Person>,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// Whether its balance is paid out.
    pub payouts_enabled: bool,
    /// What is wanted of it.
    pub requirements: Requirements,
    /// How it wants things done.
    pub settings: Settings,
    /// When and where the terms were accepted.
    pub tos_acceptance: TosAcceptance,
    /// `standard`, `express`, `custom`, or `none` where `controller` says it all.
    pub r#type: String,
    /// The person who opened it; none where the account form was skipped.
    pub owner: Hidden<Option<String>>,
    /// The API version of callers that name none.
    pub version: Hidden<Version>,
    /// Who stands behind it, as the account form said. No route shows it.
    pub person: Hidden<Option<Applicant>>,
    /// Numbers of its bank accounts and cards, sealed.
    pub sealed: Hidden<Vec<SealedNumber>>,
    /// What others decided about it, where a platform controls it.
    pub standing: Hidden<Option<Standing>>,
    /// The persons behind it, oldest first.
    pub members: Hidden<Vec<Member>>,
    /// The capabilities that are wanted, or were once.
    pub wanted: Hidden<Vec<Wanted>>,
    /// Documents that it was asked for.
    pub papers: Hidden<Vec<Papers>>,
    /// Whether somebody changed which payment methods it offers.
    pub configured: Hidden<Option<bool>>,
    /// What payouts of the schedule leave in its balance, in minor units.
    pub minimum_balance: Hidden<Optional<ByCurrency<i64>>>,
    /// What its customers are written by themselves.
    pub mails: Hidden<Option<crate::mail::Wanted>>,
}

impl Named for Account {
    const NAME: &'static str = "account";
    const PREFIX: &'static str = "acct";
}
impl Object for Account {
    const PLACE: Place = Place::Itself;
    const PATH: &'static str = "/v1/accounts";
    // A platform names its own files for accounts.
    const ABROAD: &'static [(&'static str, Abroad)] = &[
        ("back", Abroad::Platform),
        ("front", Abroad::Platform),
        ("icon", Abroad::Platform),
        ("logo", Abroad::Platform),
    ];
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        self.sealed.0.iter_mut().map(SealedNumber::secret).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Account>();
/// An account changed.
pub const UPDATED: &str = "account.updated";
/// A bank account or card was added.
pub const EXTERNAL_CREATED: &str = "account.external_account.created";
/// A bank account or card was taken away.
pub const EXTERNAL_DELETED: &str = "account.external_account.deleted";
/// A bank account or card was changed.
pub const EXTERNAL_UPDATED: &str = "account.external_account.updated";
/// What accounts cause.
pub const EVENTS: &[&str] = &[UPDATED, EXTERNAL_CREATED, EXTERNAL_DELETED, EXTERNAL_UPDATED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let mut all = vec![
        Endpoint::new("GET", "/v1/account", "account", |cx, p| Box::pin(own(cx, p))),
        Endpoint::new("POST", "/v1/accounts", "account", |cx, p| Box::pin(create::create(cx, p)))
            .tells_secret(),
        Endpoint::new("GET", "/v1/accounts/{id}", "account", |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", "/v1/accounts/{id}", "account", |cx, p| Box::pin(update::update(cx, p))),
        Endpoint::new("DELETE", "/v1/accounts/{id}", "account", |cx, p| Box::pin(reject::delete(cx, p))),
        Endpoint::new("POST", "/v1/accounts/{id}/reject", "account", |cx, p| Box::pin(reject::reject(cx, p))),
        Endpoint::new("POST", "/v1/accounts/{id}/unreject", "account", |cx, p| {
            Box::pin(reject::unreject(cx, p))
        }),
        Endpoint::list::<List>("/v1/accounts", "account", |cx, p| Box::pin(list(cx, p))),
    ];
    all.extend(external::endpoints());
    all
}

/// What `GET /v1/accounts` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
}

impl Account {
    /// What its customers know it as, where it says that.
    pub fn public_name(&self) -> Option<&str> {
        self.business_profile.name.as_deref().or(self.settings.dashboard.display_name.as_deref())
    }
    /// What people call it: the name of the business, or the address it is written to.
    pub fn display_name(&self) -> &str {
        let named = self.settings.dashboard.display_name.as_deref().or(self.business_profile.name.as_deref());
        named.or(self.email.as_deref()).unwrap_or(&self.id)
    }
    /// The bank accounts and cards that payouts go to.
    pub fn externals(&self) -> &[External] {
        self.external_accounts.0.as_ref().map_or(&[], |it| &it.data)
    }
    /// The first bank account that payouts go to.
    pub fn bank(&self) -> Option<&PayoutBank> {
        self.externals().iter().find_map(|it| match it {
            External::Bank(bank) => Some(bank),
            External::Card(_) => None,
        })
    }
    /// Where payouts in a currency go.
    pub fn destination(&self, currency: Currency) -> Option<&External> {
        let mut fitting = self.externals().iter().filter(|it| it.currency() == currency);
        fitting.clone().find(|it| it.is_default()).or_else(|| fitting.next())
    }
    /// The modes that the account has: both, unless a platform created it in one.
    pub fn modes(&self) -> &'static [bool] {
        match &self.standing.0 {
            Some(Standing { livemode: false, .. }) => &[false],
            Some(Standing { livemode: true, .. }) => &[true],
            None => &[false, true],
        }
    }
    /// The account as a platform sees it: without what is private to the account, unless the platform controls it.
    pub fn for_platform(mut self) -> Self {
        let linked = self.standing.0.as_ref().is_some_and(|it| it.linked);
        if !self.controller.is_platforms() {
            self.external_accounts = Optional(None);
        }
        if linked && !self.controller.platform_collects() {
            // Whoever gave their details to this server gave them to nobody else.
            (self.company, self.individual) = (Optional(None), Optional(None));
        }
        self
    }
    /// The account as another platform sees it.
    fn for_others(mut self) -> Self {
        self.controller = Controller::own();
        (self.company, self.individual) = (Optional(None), Optional(None));
        self.external_accounts = Optional(None);
        self
    }
    /// The account as it sees itself.
    fn for_itself(mut self) -> Self {
        self.controller.is_controller = Optional(None);
        self
    }
}

pub(crate) fn json<T: wire::Shaped>(it: T) -> Bytes {
    let mut out = Vec::with_capacity(2048);
    wire::write_struct(&it, &mut out);
    Bytes::from(out)
}

/// The address of a page that opens to whoever has the secret.
pub(crate) fn shown_url(cx: &Cx<'_>, under: &str, account: &str, secret: &str) -> String {
    format!("{}{under}/{account}/{secret}", cx.world.origin)
}

/// A page of what is part of an account, newest first: ids with their JSON.
pub(crate) fn slice(cx: &Cx<'_>, noun: &str, url: String, items: Vec<(String, Bytes)>) -> Result<Page, Stop> {
    let paging = cx.paging();
    let place = |param: &str, id: &Option<String>| match id {
        Some(id) => match items.iter().position(|(known, _)| known == id) {
            Some(at) => Ok(Some(at)),
            None => Err(Stop::from(ApiError::no_such(noun, id, param))),
        },
        None => Ok(None),
    };
    let after = place("starting_after", &paging.after)?;
    let before = place("ending_before", &paging.before)?;
    let (from, to, has_more) = match before {
        Some(end) => (end.saturating_sub(paging.limit), end, end > paging.limit),
        None => {
            let from = after.map_or(paging.offset, |at| at + 1).min(items.len());
            let to = (from + paging.limit).min(items.len());
            (from, to, to < items.len())
        }
    };
    let total = paging.total.then_some(items.len() as u64);
    let items = items.get(from..to).unwrap_or_default().iter().map(|(_, json)| json.clone()).collect();
    Ok(Page { items, has_more, url, total })
}

// Operations: read, decide, write down.

async fn own(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<Account> {
    let id = cx.caller.account.clone();
    let account: Account = cx.must("id", &id).await?;
    done(shown(cx, account))
}

async fn retrieve(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<Account> {
    let account = named(cx, "id").await?;
    done(shown(cx, account))
}

/// The account as this caller may see it.
pub(crate) fn shown(cx: &Cx<'_>, account: Account) -> Account {
    let platform = cx.caller.platform.as_deref().or(Some(cx.caller.account.as_str()));
    if !cx.caller.is_connect() && account.id == cx.caller.account {
        return account.for_itself();
    }
    let controls = account.standing.0.as_ref().map(|it| Some(it.platform.as_str()) == platform);
    if controls == Some(false) { account.for_others() } else { account.for_platform() }
}

/// The account that a part of the URL names: the caller's own, or one that is connected to the caller's application.
pub(crate) async fn named(cx: &mut Cx<'_>, part: &str) -> Result<Account, Stop> {
    let id = cx.path(part).to_owned();
    reachable(cx, &id).await
}

/// The account with this id, where the caller may reach it.
pub(crate) async fn reachable(cx: &mut Cx<'_>, id: &str) -> Result<Account, Stop> {
    let account = if id == cx.caller.account || is_connected(cx, id).await? {
        cx.get::<Account>(id).await?
    } else {
        None
    };
    let there = account.filter(|it| it.standing.0.as_ref().is_none_or(|it| !it.deleted));
    Ok(there.ok_or_else(|| {
        let message = format!(
            "The provided key '{}' does not have access to account '{}' (or that account does not exist). Application access may have been revoked.",
            cx.caller.shown_key,
            id.chars().take(255).collect::<String>()
        );
        ApiError::invalid(403, message).code("account_invalid")
    })?)
}

/// Whether the caller may change what `param` says: the account itself may, and so may the platform that controls
/// it, until the account is given a page where it says such things itself; from then on only a platform that
/// collects what is required. Errors: they may not.
pub(crate) fn may_edit(cx: &Cx<'_>, account: &Account, param: &str) -> Result<(), Stop> {
    if controls(cx, account) {
        let linked = account.standing.0.as_ref().is_some_and(|it| it.linked);
        if account.controller.platform_collects() || !linked {
            return Ok(());
        }
    } else if account.id == cx.caller.account && !cx.caller.is_connect() {
        return Ok(());
    }
    Err(no_permission(account, param))
}

/// Whether the caller is the platform that controls the account.
pub(crate) fn controls(cx: &Cx<'_>, account: &Account) -> bool {
    let platform = cx.caller.platform.as_deref().unwrap_or(&cx.caller.account);
    account.standing.0.as_ref().is_some_and(|it| it.platform == platform)
}

pub(crate) fn no_permission(account: &Account, param: &str) -> Stop {
    let message = format!(
        "This application does not have the required permissions for the parameter '{param}' on account '{}'.",
        account.id
    );
    ApiError::invalid(403, message).param(param).into()
}

/// Whether an application of the caller has access to an account. A test key may use what either client id
/// connected, a live key only what the production client id did.
async fn is_connected(cx: &mut Cx<'_>, id: &str) -> Result<bool, Stop> {
    // What stood in the URL is about to lead a key of the store.
    if cx.caller.is_connect() || id.contains('/') || id.len() > 255 {
        return Ok(false);
    }
    let platform = cx.caller.account.clone();
    for live in if cx.caller.livemode { &[true][..] } else { &[false, true][..] } {
        let of = Application::of(&platform, *live);
        let Some(application) = cx.find::<Application>("application_of", &of).await? else { continue };
        if cx.get_of::<Connection>(id, *live, &application.id).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let within = move |at: Timestamp| p.created.is_none_or(|range| range.holds(at.0));
    let found = cx
        .page_where::<Connected>(None, move |doc| {
            wire::from_json::<Connected>(&doc.body).is_ok_and(|it| within(it.created))
        })
        .await?;
    let api::Reply::Done(mut page) = found else { return Ok(found) };
    let mut items = Vec::with_capacity(page.items.len());
    for item in &page.items {
        let connected: Connected = wire::from_json(item)?;
        if let Some(account) = cx.peek::<Account>(&connected.id).await? {
            items.push(json(shown(cx, account)));
        }
    }
    page.items = items;
    "/v1/accounts".clone_into(&mut page.url);
    done(page)
}

#[cfg(test)]
mod tests;
