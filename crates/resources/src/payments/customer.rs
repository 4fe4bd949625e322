//! Customers: whom an account charges again (API page "Customers").
use crate::{
    address::{Address, Shipping},
    payments::card::Card,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Sublist, Timestamp};
use store::IndexKey;
use wire::{Patch, Wire};

/// Somebody whom an account charges again.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Customer {
    /// `cus_…`.
    pub id: String,
    /// `customer`.
    pub object: String,
    /// Where they live.
    pub address: Option<Address>,
    /// What they owe (positive) or have to their credit (negative), in minor units.
    pub balance: i64,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of their invoices.
    pub currency: Option<Currency>,
    /// What they are charged with where nothing else is named.
    pub default_source: Option<Ref<Card>>,
    /// Whether their last payment failed.
    pub delinquent: Option<bool>,
    /// The account's own words.
    pub description: Option<String>,
    /// Where they are written to.
    pub email: Option<String>,
    /// How their invoice numbers begin.
    pub invoice_prefix: Option<String>,
    /// How their invoices look.
    pub invoice_settings: InvoiceSettings,
    /// Live or test.
    pub livemode: bool,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// Their name.
    pub name: Option<String>,
    /// The number of their next invoice.
    pub next_invoice_sequence: i64,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their languages, best first.
    pub preferred_locales: Vec<String>,
    /// Where goods are sent.
    pub shipping: Option<Shipping>,
    /// What they can be charged with.
    pub sources: Sublist<Card>,
    /// Whether tax applies to them.
    pub tax_exempt: Option<TaxExempt>,
}

/// How a customer's invoices look.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct InvoiceSettings {
    /// Lines shown on each invoice.
    pub custom_fields: Option<Vec<CustomField>>,
    /// What subscriptions are paid with.
    pub default_payment_method: Option<String>,
    /// The footer.
    pub footer: Option<String>,
    /// How amounts are shown.
    pub rendering_options: Option<String>,
}

/// A line shown on each invoice.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CustomField {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// Whether tax applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum TaxExempt {
    /// It does not.
    Exempt,
    /// It does.
    None,
    /// The customer accounts for it.
    Reverse,
}

impl Named for Customer {
    const NAME: &'static str = "customer";
    const PREFIX: &'static str = "cus";
}
impl Object for Customer {
    const PATH: &'static str = "/v1/customers";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        self.email.iter().map(|email| IndexKey::listed("email", email)).collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Customer>();
/// A customer was made.
pub const CREATED: &str = "customer.created";
/// A customer was changed.
pub const UPDATED: &str = "customer.updated";
/// A customer was deleted.
pub const DELETED: &str = "customer.deleted";
/// What customers cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, DELETED];

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/customers", "customer", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<Customer>("/v1/customers/{id}"),
        Endpoint::new("POST", "/v1/customers/{id}", "customer", |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("DELETE", "/v1/customers/{id}", "customer", |cx, p| Box::pin(delete(cx, p))),
        Endpoint::list::<List>("/v1/customers", "customer", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/customers` takes.
#[derive(Debug, Wire)]
pub struct Create {
    address: Patch<Address>,
    balance: Option<i64>,
    description: Option<String>,
    email: Option<String>,
    metadata: MetadataPatch,
    name: Option<String>,
    phone: Option<String>,
    preferred_locales: Vec<String>,
    shipping: Patch<Shipping>,
    tax_exempt: Patch<TaxExempt>,
}

/// What `POST /v1/customers/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    address: Patch<Address>,
    balance: Option<i64>,
    description: Patch<String>,
    email: Patch<String>,
    metadata: MetadataPatch,
    name: Patch<String>,
    phone: Patch<String>,
    preferred_locales: Option<Vec<String>>,
    shipping: Patch<Shipping>,
    tax_exempt: Patch<TaxExempt>,
}

/// What `GET /v1/customers` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    email: Option<String>,
}

/// What `DELETE /v1/customers/{id}` takes.
#[derive(Debug, Wire)]
pub struct Delete {}

/// What is left of a deleted customer.
#[derive(Debug, Wire)]
pub struct Deleted {
    id: String,
    object: String,
    deleted: bool,
}

// Operations: read, decide, write down.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Customer> {
    let Create { address, balance, description, email, metadata, name, phone, preferred_locales, shipping, tax_exempt } = p;
    check_email(email.as_deref())?;
    let customer = Customer {
        id: cx.new_id::<Customer>(),
        object: Customer::NAME.into(),
        address: set(address),
        balance: balance.unwrap_or(0),
        created: cx.now(),
        currency: None,
        default_source: None,
        delinquent: Some(false),
        description,
        email,
        invoice_prefix: Some(cx.token(8).to_ascii_uppercase()),
        invoice_settings: InvoiceSettings::default(),
        livemode: cx.caller.livemode,
        metadata: metadata.fresh()?,
        name,
        next_invoice_sequence: 1,
        phone,
        preferred_locales,
        shipping: set(shipping),
        sources: Sublist::NEW,
        tax_exempt: set(tax_exempt).or(Some(TaxExempt::None)),
    };
    cx.put(&customer);
    cx.emit(CREATED, &customer);
    done(customer)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Customer> {
    let before: Customer = cx.must("id", &cx.path("id").to_owned()).await?;
    let mut customer = before.clone();
    let Update { address, balance, description, email, metadata, name, phone, preferred_locales, shipping, tax_exempt } = p;
    if let Patch::Set(email) = &email {
        check_email(Some(email))?;
    }
    address.apply(&mut customer.address);
    customer.balance = balance.unwrap_or(customer.balance);
    description.apply(&mut customer.description);
    email.apply(&mut customer.email);
    metadata.apply(&mut customer.metadata)?;
    name.apply(&mut customer.name);
    phone.apply(&mut customer.phone);
    if let Some(locales) = preferred_locales {
        customer.preferred_locales = locales;
    }
    shipping.apply(&mut customer.shipping);
    tax_exempt.apply(&mut customer.tax_exempt);
    cx.put(&customer);
    cx.emit_update(UPDATED, &before, &customer);
    done(customer)
}

async fn delete(cx: &mut Cx<'_>, _: Delete) -> Outcome<Deleted> {
    let customer: Customer = cx.must("id", &cx.path("id").to_owned()).await?;
    cx.delete(&customer);
    cx.emit(DELETED, &customer);
    done(Deleted { id: customer.id, object: customer.object, deleted: true })
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let by = p.email.map(|email| ("email", email));
    match p.created {
        None => cx.page::<Customer>(by).await,
        Some(created) => {
            cx.page_where::<Customer>(by, move |doc| {
                wire::from_json::<Customer>(&doc.body).is_ok_and(|it| created.holds(it.created.0))
            })
            .await
        }
    }
}

fn set<T>(patch: Patch<T>) -> Option<T> {
    match patch {
        Patch::Set(it) => Some(it),
        Patch::Keep | Patch::Clear => None,
    }
}

fn check_email(email: Option<&str>) -> Result<(), ApiError> {
    let plausible = |email: &str| {
        let (local, host) = email.rsplit_once('@').unwrap_or_default();
        !local.is_empty() && !host.is_empty() && email.len() <= 512 && !email.contains(char::is_whitespace)
    };
    match email {
        Some(email) if !plausible(email) => {
            let shown: String = email.chars().take(100).collect();
            let message = format!("Invalid email address: {shown}");
            Err(ApiError::invalid(400, message).code("email_invalid").param("email"))
        }
        _ => Ok(()),
    }
}
