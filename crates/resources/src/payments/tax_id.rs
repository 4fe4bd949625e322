//! Tax ids of customers, and of the account itself (API page "Tax IDs").
mod kinds;

pub use kinds::TaxIdKind;

use crate::connect::account::Account;
use crate::{
    due,
    payments::{
        card::not_more_than,
        customer::{Customer, CustomerAccount},
    },
};
use api::{
    Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Stop,
    access::{Application, Connected},
    done,
};
use base::{ApiError, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Optional, Wire};

/// A tax id.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TaxId {
    /// `txi_…`.
    pub id: String,
    /// `tax_id`.
    pub object: String,
    /// Where it is from: two letters (ISO 3166-1).
    pub country: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Whose it is, where a customer has it.
    pub customer: Option<Ref<Customer>>,
    /// The account whose it is, where it is an account's.
    pub customer_account: Option<String>,
    /// Live or test.
    pub livemode: bool,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// What kind it is.
    pub r#type: TaxIdKind,
    /// The number.
    pub value: String,
    /// What the registry says; only of those of customers.
    pub verification: Option<Verification>,
}

/// Whose a tax id is.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Owner {
    /// The connected account.
    pub account: Optional<Ref<Account>>,
    /// The application of the platform.
    pub application: Optional<Ref<Application>>,
    /// The customer.
    pub customer: Optional<Ref<Customer>>,
    /// The account, where it is an account's.
    pub customer_account: Option<String>,
    /// Which of them.
    pub r#type: OwnerType,
}

/// Who can have tax ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum OwnerType {
    /// An account that is connected to this one.
    Account,
    /// The platform that acts for the account.
    Application,
    /// A customer.
    Customer,
    /// The account itself.
    Self_,
}

/// What a registry says of a tax id.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Verification {
    /// Where it stands.
    pub status: Status,
    /// The address that it is registered under.
    pub verified_address: Option<String>,
    /// The name that it is registered under.
    pub verified_name: Option<String>,
}

/// Where a verification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// The registry has not answered.
    Pending,
    /// There is no registry that could be asked.
    Unavailable,
    /// The registry does not know it.
    Unverified,
    /// The registry knows it.
    Verified,
}

impl Named for TaxId {
    const NAME: &'static str = "tax_id";
    const PREFIX: &'static str = "txi";
}
impl Object for TaxId {
    const PATH: &'static str = "/v1/tax_ids";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let owner = self.owner.as_ref();
        let account = owner.and_then(|it| it.account.0.as_ref()).map(|it| Whose::Account(it.id.clone()));
        let application =
            owner.and_then(|it| it.application.0.as_ref()).map(|it| Whose::Application(it.id.clone()));
        let customer = self.customer.as_ref().map(|it| Whose::Customer(it.id.clone()));
        let (index, value) = account.or(application).or(customer).unwrap_or(Whose::Own).index();
        vec![IndexKey::listed(index, value)]
    }
}

/// Whose a tax id is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    Account(String),
    Application(String),
    Customer(String),
    Own,
}

impl Whose {
    /// What its tax ids are listed by.
    fn index(&self) -> (&'static str, String) {
        match self {
            Whose::Account(id) => ("of_account", id.clone()),
            Whose::Application(id) => ("of_application", id.clone()),
            Whose::Customer(id) => (Customer::NAME, id.clone()),
            Whose::Own => ("own", "own".to_owned()),
        }
    }
    /// The customer.
    fn customer(&self) -> Option<Ref<Customer>> {
        match self {
            Whose::Customer(id) => Some(Ref::to(id)),
            _ => None,
        }
    }
    fn owner(&self) -> Owner {
        let (r#type, account, application) = match self {
            Whose::Account(id) => (OwnerType::Account, Some(Ref::to(id)), None),
            Whose::Application(id) => (OwnerType::Application, None, Some(Ref::to(id))),
            Whose::Customer(_) => (OwnerType::Customer, None, None),
            Whose::Own => (OwnerType::Self_, None, None),
        };
        Owner {
            account: Optional(account),
            application: Optional(application),
            customer: Optional(self.customer()),
            customer_account: None,
            r#type,
        }
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<TaxId>();
/// A customer got a tax id.
pub const CREATED: &str = "customer.tax_id.created";
/// A tax id of a customer was deleted.
pub const DELETED: &str = "customer.tax_id.deleted";
/// A registry answered.
pub const UPDATED: &str = "customer.tax_id.updated";
/// What tax ids cause.
pub const EVENTS: &[&str] = &[CREATED, DELETED, UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/tax_ids", "tax_id", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<TaxId>("/v1/tax_ids/{id}"),
        Endpoint::new("DELETE", "/v1/tax_ids/{id}", "tax_id", |cx, p| Box::pin(delete(cx, p))),
        Endpoint::list::<List>("/v1/tax_ids", "tax_id", |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("POST", "/v1/customers/{id}/tax_ids", "tax_id", |cx, p| Box::pin(create_of(cx, p))),
        Endpoint::list::<ListOf>("/v1/customers/{id}/tax_ids", "tax_id", |cx, p| Box::pin(list_of(cx, p))),
        Endpoint::new("GET", "/v1/customers/{customer}/tax_ids/{id}", "tax_id", |cx, p| Box::pin(retrieve_of(cx, p))),
        Endpoint::new("DELETE", "/v1/customers/{customer}/tax_ids/{id}", "tax_id", |cx, p| Box::pin(delete_of(cx, p))),
    ]
}

/// What `POST /v1/tax_ids` takes.
#[derive(Debug, Wire)]
pub struct Create {
    owner: Option<OwnerParams>,
    r#type: TaxIdKind,
    value: String,
}

/// What `POST /v1/customers/{id}/tax_ids` takes, and each of `tax_id_data` of a customer.
#[derive(Debug, Wire)]
pub struct Given {
    r#type: TaxIdKind,
    value: String,
}

/// `owner` as sent.
#[derive(Debug, Wire)]
struct OwnerParams {
    account: Option<String>,
    customer: Option<String>,
    customer_account: Option<CustomerAccount>,
    r#type: OwnerType,
}

/// What `GET /v1/tax_ids` filters by.
#[derive(Debug, Wire)]
pub struct List {
    owner: Option<OwnerParams>,
}

/// What `GET /v1/customers/{id}/tax_ids` filters by.
#[derive(Debug, Wire)]
pub struct ListOf {}

/// What is left of a deleted tax id.
#[derive(Debug, Wire)]
pub struct Deleted {
    id: String,
    object: String,
    deleted: bool,
}

/// The longest value, in characters.
const VALUE_MAX: usize = 100;
/// Tax ids of one customer that go with it.
const OF_CUSTOMER_MAX: usize = 1_000;

// Transitions.

/// What the registry of test mode says of the documented values; none where it never answers. No other registry is
/// asked.
fn verdict(value: &str, livemode: bool) -> Option<Status> {
    match value {
        "000000000" if !livemode => Some(Status::Verified),
        "111111111" if !livemode => Some(Status::Unverified),
        "222222222" if !livemode => None,
        _ => Some(Status::Unavailable),
    }
}

/// Whether a value is one of those by which test mode is told what to answer.
fn is_documented(kind: TaxIdKind, value: &str, livemode: bool) -> bool {
    !livemode && kind.is_verified() && matches!(value, "000000000" | "111111111" | "222222222")
}

/// Whose tax ids the parameters mean; the account's own where they say nothing. Errors: they do not fit together; there is
/// no such customer or connected account; no platform acts for the account.
async fn owner_of(cx: &Cx<'_>, owner: Option<OwnerParams>) -> Result<Whose, Stop> {
    let Some(OwnerParams { account, customer, r#type, .. }) = owner else { return Ok(Whose::Own) };
    for (name, sent, of) in [
        ("account", account.is_some(), OwnerType::Account),
        ("customer", customer.is_some(), OwnerType::Customer),
    ] {
        if sent && r#type != of {
            let message = format!("You can only name an owner[{name}] where owner[type] is {name}.");
            return Err(ApiError::invalid(400, message).param(format!("owner[{name}]")).into());
        }
    }
    let missing = |name: &str| Stop::from(ApiError::missing(&format!("owner[{name}]")));
    match r#type {
        OwnerType::Self_ => Ok(Whose::Own),
        OwnerType::Customer => {
            let id = customer.ok_or_else(|| missing("customer"))?;
            match cx.peek::<Customer>(&id).await? {
                Some(_) => Ok(Whose::Customer(id)),
                None => Err(ApiError::no_such(Customer::NAME, &id, "owner[customer]").into()),
            }
        }
        OwnerType::Account => {
            let id = account.ok_or_else(|| missing("account"))?;
            match cx.peek::<Connected>(&id).await? {
                Some(_) => Ok(Whose::Account(id)),
                None => Err(ApiError::no_such(Account::NAME, &id, "owner[account]").into()),
            }
        }
        OwnerType::Application => match &cx.caller.application {
            Some(id) => Ok(Whose::Application(id.clone())),
            None => {
                let message = "The owner is an application where a platform acts for a connected account: name the account in the Stripe-Account header.";
                Err(ApiError::invalid(400, message).param("owner[type]").into())
            }
        },
    }
}

// Operations.

/// Makes a tax id. Errors: it cannot be one of its kind.
fn make(cx: &mut Cx<'_>, whose: &Whose, given: Given, param: &str) -> Result<TaxId, Stop> {
    let customer = whose.customer();
    let Given { r#type, value } = given;
    let value = value.trim().to_owned();
    not_more_than(VALUE_MAX, param, Some(&value))?;
    let documented = is_documented(r#type, &value, cx.caller.livemode);
    if !documented && !r#type.fits(&value) {
        let shown: String = value.chars().take(VALUE_MAX).collect();
        let message = format!("Invalid value for {}: {shown}", r#type.as_str());
        return Err(ApiError::invalid(400, message).code("tax_id_invalid").param(param).into());
    }
    let status = if r#type.is_verified() { Status::Pending } else { Status::Unavailable };
    let verification = Verification { status, verified_address: None, verified_name: None };
    let it = TaxId {
        id: cx.new_id::<TaxId>(),
        object: TaxId::NAME.into(),
        country: r#type.country(&value),
        created: cx.now(),
        customer: customer.clone(),
        customer_account: None,
        livemode: cx.caller.livemode,
        owner: Some(whose.owner()),
        r#type,
        value,
        verification: customer.is_some().then_some(verification),
    };
    cx.put(&it);
    if customer.is_some() {
        cx.emit(CREATED, &it);
        if r#type.is_verified() {
            due::later(cx, due::Kind::TaxIdVerified, &it.id, cx.now());
        }
    }
    Ok(it)
}

/// Makes the tax ids that a customer comes with.
pub(crate) fn make_all(cx: &mut Cx<'_>, customer: &str, given: Vec<Given>) -> Result<(), Stop> {
    for (n, given) in given.into_iter().enumerate() {
        let whose = Whose::Customer(customer.to_owned());
        make(cx, &whose, given, &format!("tax_id_data[{n}][value]"))?;
    }
    Ok(())
}

/// The registry answers, or is not there to.
pub(crate) async fn verified(cx: &mut Cx<'_>, id: &str) -> Result<(), Stop> {
    let Some(before) = cx.get::<TaxId>(id).await? else { return Ok(()) };
    let Some(status) = verdict(&before.value, before.livemode) else { return Ok(()) };
    let mut it = before.clone();
    if let Some(verification) = it.verification.as_mut().filter(|it| it.status == Status::Pending) {
        verification.status = status;
        cx.put(&it);
        cx.emit_update(UPDATED, &before, &it);
    }
    Ok(())
}

/// Deletes what a customer has, with the customer.
pub(crate) async fn drop_all(cx: &mut Cx<'_>, customer: &str) -> Result<(), Stop> {
    let by = Some((Customer::NAME, customer.to_owned()));
    for it in cx.all_by::<TaxId>(&cx.caller.account, cx.caller.livemode, by, OF_CUSTOMER_MAX).await? {
        // Reading it again lets it enter the read set.
        if let Some(it) = cx.get::<TaxId>(&it.id).await? {
            cx.delete(&it);
        }
    }
    Ok(())
}

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<TaxId> {
    let whose = owner_of(cx, p.owner).await?;
    if let Whose::Customer(id) = &whose {
        // It enters the read set, so that no tax id is left behind by a customer who is deleted meanwhile.
        cx.must::<Customer>("owner[customer]", id).await?;
    }
    done(make(cx, &whose, Given { r#type: p.r#type, value: p.value }, "value")?)
}

async fn create_of(cx: &mut Cx<'_>, p: Given) -> Outcome<TaxId> {
    let id = cx.path("id").to_owned();
    // It enters the read set, so that no tax id is left behind by a customer who is deleted meanwhile.
    cx.must::<Customer>("id", &id).await?;
    done(make(cx, &Whose::Customer(id), p, "value")?)
}

fn remove(cx: &mut Cx<'_>, it: &TaxId) -> Deleted {
    cx.delete(it);
    if it.customer.is_some() {
        cx.emit(DELETED, it);
    }
    Deleted { id: it.id.clone(), object: it.object.clone(), deleted: true }
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let it: TaxId = cx.must("id", &id).await?;
    done(remove(cx, &it))
}

/// The tax id that the URL names below its customer.
async fn named(cx: &mut Cx<'_>) -> Result<TaxId, Stop> {
    let (customer, id) = (cx.path("customer").to_owned(), cx.path("id").to_owned());
    let it: TaxId = cx.must("id", &id).await?;
    if it.customer.as_ref().is_none_or(|it| it.id != customer) {
        return Err(ApiError::no_such(TaxId::NAME, &id, "id").into());
    }
    Ok(it)
}

async fn retrieve_of(cx: &mut Cx<'_>, _: Nothing) -> Outcome<TaxId> {
    done(named(cx).await?)
}

async fn delete_of(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let it = named(cx).await?;
    done(remove(cx, &it))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = owner_of(cx, p.owner).await?.index();
    cx.page::<TaxId>(Some(by)).await
}

async fn list_of(cx: &mut Cx<'_>, _: ListOf) -> Outcome<Page> {
    cx.page_beneath::<Customer, TaxId>("tax_ids", |_| true).await
}

#[cfg(test)]
mod tests;
