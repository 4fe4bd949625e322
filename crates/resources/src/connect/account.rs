//! Accounts: whose data it is, whose money it is, and what they may do (API page "Accounts"). An account has no
//! mode: the same one has live data and test data.
use crate::connect::application::Application;
use api::{
    Cx, Endpoint, Noun, Object, Outcome, Page, Place, Range, Stop, access::Connected, access::Connection,
    done,
};
use api::secrets::Sealed;
use base::{ApiError, Currency, Metadata, Named, Timestamp, Version};
use store::Bytes;
use wire::{Hidden, Optional, Wire};

mod form;
mod open;
mod parts;
mod update;

pub(crate) use form::emit_bank;
pub use form::{ApplicationForm, BankForm, Problems, is_statement_descriptor, submit_application, take_in};
pub use open::{Keys, NewAccount, Opened, open};
pub use parts::*;

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
    /// Where payouts go. A platform does not see it.
    pub external_accounts: Optional<ExternalAccounts>,
    /// What will be wanted of it later.
    pub future_requirements: Requirements,
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
    /// `standard`.
    pub r#type: String,
    /// The person who opened it; none where the account form was skipped.
    pub owner: Hidden<Option<String>>,
    /// The API version of callers that name none.
    pub version: Hidden<Version>,
    /// Who stands behind it, as the account form said. No route shows it.
    pub person: Hidden<Option<Person>>,
    /// Numbers of its bank accounts, sealed.
    pub sealed: Hidden<Vec<SealedNumber>>,
}

impl Named for Account {
    const NAME: &'static str = "account";
    const PREFIX: &'static str = "acct";
}
impl Object for Account {
    const PLACE: Place = Place::Itself;
    const PATH: &'static str = "/v1/accounts";
    fn id(&self) -> &str {
        &self.id
    }
    fn secrets(&mut self) -> Vec<Sealed<'_>> {
        let each = self.sealed.0.iter_mut().map(|SealedNumber { bank, sealed }| Sealed {
            kind: vault::Kind::BankAccountNumber,
            object: bank.clone(),
            text: sealed,
        });
        each.collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Account>();
/// An account changed.
pub const UPDATED: &str = "account.updated";
/// A bank account was added.
pub const BANK_CREATED: &str = "account.external_account.created";
/// A bank account was replaced.
pub const BANK_DELETED: &str = "account.external_account.deleted";
/// A bank account was changed, or refused a payout.
pub const BANK_UPDATED: &str = "account.external_account.updated";
/// What accounts cause.
pub const EVENTS: &[&str] = &[UPDATED, BANK_CREATED, BANK_DELETED, BANK_UPDATED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("GET", "/v1/account", "account", |cx, p| Box::pin(own(cx, p))),
        Endpoint::new("GET", "/v1/accounts/{id}", "account", |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", "/v1/accounts/{id}", "account", |cx, p| Box::pin(update::update(cx, p))),
        Endpoint::list::<List>("/v1/accounts", "account", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `GET /v1/accounts` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
}

impl Account {
    /// What people call it: the name of the business, or the address it is written to.
    pub fn display_name(&self) -> &str {
        let named = self.settings.dashboard.display_name.as_deref().or(self.business_profile.name.as_deref());
        named.or(self.email.as_deref()).unwrap_or(&self.id)
    }
    /// The bank account that payouts go to.
    pub fn bank(&self) -> Option<&PayoutBank> {
        self.external_accounts.0.as_ref()?.data.first()
    }
    /// The account as a platform sees it: without its bank account.
    pub fn for_platform(mut self) -> Self {
        self.external_accounts = Optional(None);
        self
    }
}

/// Tells of a change in both modes, because an account has none; says nothing where nothing visible changed.
pub fn emit_updated(cx: &mut Cx<'_>, before: &Account, after: &Account) {
    // Platforms hear of it, too, so the snapshot is what a platform sees.
    let (old, new) = (json(before.clone().for_platform()), json(after.clone().for_platform()));
    let Some(previous) = api::diff::previous_attributes(&old, &new) else { return };
    for live in [false, true] {
        cx.fact(api::Fact {
            account: after.id.clone(),
            live,
            kind: UPDATED,
            object: new.clone(),
            previous: Some(previous.clone()),
            only: None,
        });
    }
}

pub(crate) fn json<T: wire::Shaped>(it: T) -> Bytes {
    let mut out = Vec::with_capacity(2048);
    wire::write_struct(&it, &mut out);
    Bytes::from(out)
}

// Operations: read, decide, write down.

async fn own(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<Account> {
    let id = cx.caller.account.clone();
    let account: Account = cx.must("id", &id).await?;
    done(shown(cx, account))
}

async fn retrieve(cx: &mut Cx<'_>, _: api::Nothing) -> Outcome<Account> {
    let account = named(cx).await?;
    done(shown(cx, account))
}

/// The account as this caller may see it.
fn shown(cx: &Cx<'_>, account: Account) -> Account {
    if cx.caller.is_connect() || account.id != cx.caller.account { account.for_platform() } else { account }
}

/// The account that the URL names: the caller's own, or one that is connected to the caller's application.
async fn named(cx: &mut Cx<'_>) -> Result<Account, Stop> {
    let id = cx.path("id").to_owned();
    if id != cx.caller.account && !is_connected(cx, &id).await? {
        let message = format!(
            "The provided key '{}' does not have access to account '{}' (or that account does not exist). Application access may have been revoked.",
            cx.caller.shown_key,
            id.chars().take(255).collect::<String>()
        );
        return Err(ApiError::invalid(403, message).code("account_invalid").into());
    }
    cx.must("id", &id).await
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
            items.push(json(account.for_platform()));
        }
    }
    page.items = items;
    "/v1/accounts".clone_into(&mut page.url);
    done(page)
}

#[cfg(test)]
mod tests;
