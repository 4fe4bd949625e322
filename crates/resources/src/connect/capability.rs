//! Capabilities: what an account may do, one by one, and what is wanted before (API page "Capabilities").
use crate::connect::account::{
    self, Account, Assessment, CapabilityStatus, Requirements, Standing, assess, capability_named, controls,
    named, save,
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Stop, done};
use base::{ApiError, Named, Ref, Timestamp};
use wire::Wire;

/// Something that an account may do.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Capability {
    /// Its name, such as `card_payments`.
    pub id: String,
    /// `capability`.
    pub object: String,
    /// Whose it is.
    pub account: Ref<Account>,
    /// What will be wanted for it later.
    pub future_requirements: Requirements,
    /// Whether somebody wants it.
    pub requested: bool,
    /// Since when.
    pub requested_at: Option<Timestamp>,
    /// What is wanted for it.
    pub requirements: Requirements,
    /// Whether it can be used.
    pub status: CapabilityStatus,
}

impl Named for Capability {
    const NAME: &'static str = "capability";
    const PREFIX: &'static str = "";
}
/// It follows from its account; nothing of it is stored by itself.
impl Object for Capability {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Capability>();
/// A capability, or what is wanted for it, changed.
pub const UPDATED: &str = "capability.updated";
/// What capabilities cause.
pub const EVENTS: &[&str] = &[UPDATED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let (list, one) = ("/v1/accounts/{account}/capabilities", "/v1/accounts/{account}/capabilities/{id}");
    let all = [
        Endpoint::list::<Nothing>(list, Capability::NAME, |cx, p| Box::pin(self::list(cx, p))),
        Endpoint::new("GET", one, Capability::NAME, |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", one, Capability::NAME, |cx, p| Box::pin(update(cx, p))),
    ];
    all.into_iter().map(|endpoint| endpoint.permission(Account::NAME)).collect()
}

/// What `POST /v1/accounts/{account}/capabilities/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    requested: Option<bool>,
}

impl Capability {
    /// A capability of an account, as it was assessed.
    pub(crate) fn of(account: &Account, name: &str, assessed: &Assessment) -> Self {
        let found = assessed.capabilities.iter().find(|(known, ..)| *known == name);
        let wanted = account.wanted.0.iter().find(|it| it.name == name);
        let (status, requirements) = match found {
            Some((_, status, requirements)) => (*status, requirements.clone()),
            None => (CapabilityStatus::Unrequested, Requirements::default()),
        };
        Capability {
            id: name.to_owned(),
            object: Capability::NAME.into(),
            account: Ref::to(&account.id),
            future_requirements: Requirements::default(),
            requested: wanted.is_some_and(|it| it.requested),
            requested_at: wanted
                .and_then(|it| it.requested_at)
                .filter(|_| status != CapabilityStatus::Unrequested),
            requirements,
            status,
        }
    }
    /// A capability of an account that controls itself: it has it or not, and what is wanted is the account form.
    fn own(account: &Account, name: &str) -> Self {
        let shown = account.capabilities.0.iter().find(|(known, _)| *known == name);
        let status = shown.map_or(CapabilityStatus::Unrequested, |(_, status)| *status);
        Capability {
            id: name.to_owned(),
            object: Capability::NAME.into(),
            account: Ref::to(&account.id),
            future_requirements: Requirements::default(),
            requested: shown.is_some(),
            requested_at: shown.map(|_| account.created),
            requirements: match status {
                CapabilityStatus::Inactive => Requirements {
                    disabled_reason: Some("requirements.fields_needed".into()),
                    ..account.requirements.clone()
                },
                _ => Requirements::default(),
            },
            status,
        }
    }
}

fn one(account: &Account, name: &str, now: Timestamp) -> Capability {
    match &account.standing.0 {
        Some(Standing { .. }) => Capability::of(account, name, &assess(account, now)),
        None => Capability::own(account, name),
    }
}

fn known(cx: &Cx<'_>) -> Result<&'static str, Stop> {
    let id = cx.path("id");
    Ok(capability_named(id).ok_or_else(|| ApiError::no_such(Capability::NAME, id, "id"))?)
}

// Operations: read, decide, write down.

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Capability> {
    let account = named(cx, "account").await?;
    let name = known(cx)?;
    done(one(&account, name, cx.now()))
}

async fn list(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Page> {
    let account = named(cx, "account").await?;
    let names: Vec<&str> = account.capabilities.0.iter().map(|(name, _)| *name).collect();
    let items = names.into_iter().map(|name| (name.to_owned(), account::json(one(&account, name, cx.now()))));
    let url = format!("/v1/accounts/{}/capabilities", account.id);
    done(account::slice(cx, Capability::NAME, url, items.collect())?)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Capability> {
    let before = named(cx, "account").await?;
    let name = known(cx)?;
    if !controls(cx, &before) {
        let message = format!("Your platform cannot request capabilities of the account '{}'.", before.id);
        return Err(ApiError::invalid(403, message).param("requested").into());
    }
    let mut account = before.clone();
    if let Some(requested) = p.requested {
        account::request(&mut account, &[(name, requested)], cx.now())?;
    }
    let account = save(cx, &before, account)?;
    done(one(&account, name, cx.now()))
}
