//! Customers: whom an account charges again (API page "Customers").
mod customer_account;
mod invoice_settings;
mod search;
mod tax;

pub use invoice_settings::{AmountTaxDisplay, CustomField, InvoiceSettings};
pub(crate) use invoice_settings::{FOOTER_MAX, check_custom_fields};

pub(crate) use customer_account::CustomerAccount;

use crate::{
    address::{Address, Shipping},
    billing::{
        discount::{self, Discount},
        subscription::{self, Subscription, When, then},
    },
    payments::{
        card::{self, Card, Source, Taken, not_more_than},
        cash_balance::{self, CashBalance},
        customer_balance_transaction::{self, Kind, Move},
        payment_method::{self, MethodRef, PaymentMethod},
        source,
        tax_id::{self, TaxId},
    },
    test_helpers::test_clock::{self, TestClock},
};
use api::{Cx, Endpoint, Nothing, Noun, Object, Outcome, Page, Range, Stop, Stored, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Sublist, Timestamp, Version};
use invoice_settings::InvoiceSettingsParams;
use store::IndexKey;
use tax::{CustomerTax, TaxParams};
use wire::{Hidden, Included, Optional, Patch, Wire};

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
    /// The name of their business.
    pub business_name: Optional<String>,
    /// What they have sent and no payment has taken yet.
    pub cash_balance: Included<CashBalance>,
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
    /// What is taken off their invoices.
    pub discount: Optional<Discount>,
    /// Where they are written to.
    pub email: Option<String>,
    /// Their name as a person.
    pub individual_name: Optional<String>,
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
    /// What they subscribed to and is not over.
    pub subscriptions: Sublist<Subscription>,
    /// Where they are for the purposes of tax.
    pub tax: Included<CustomerTax>,
    /// Whether tax applies to them.
    pub tax_exempt: Option<TaxExempt>,
    /// Their tax ids.
    pub tax_ids: Sublist<TaxId>,
    /// The clock by which they live, where that is not the world's.
    pub test_clock: Option<Ref<TestClock>>,
    /// How many quotes they got.
    pub quotes: Hidden<Optional<i64>>,
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
        let email = self.email.iter().map(|email| IndexKey::listed("email", email));
        let clock = self.test_clock.iter().map(|clock| IndexKey::listed(TEST_CLOCK, &clock.id));
        email.chain(clock).collect()
    }
}

/// The index by the clock that a customer lives by.
const TEST_CLOCK: &str = "test_clock";

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
        Endpoint::new("GET", "/v1/customers/{id}", "customer", |cx, p| Box::pin(retrieve(cx, p)))
            .for_customer("id"),
        Endpoint::new("POST", "/v1/customers/{id}", "customer", |cx, p| Box::pin(update(cx, p)))
            .for_customer_with("id", &["default_source", "shipping", "source"]),
        Endpoint::new("DELETE", "/v1/customers/{id}", "customer", |cx, p| Box::pin(delete(cx, p))),
        Endpoint::search(search::PATH, "customer", |cx, p| Box::pin(search::search(cx, p))),
        Endpoint::list::<List>("/v1/customers", "customer", |cx, p| Box::pin(list(cx, p))),
    ]
}

/// What `POST /v1/customers` takes.
#[derive(Debug, Wire)]
pub struct Create {
    address: Patch<Address>,
    balance: Option<i64>,
    business_name: Option<String>,
    cash_balance: Option<cash_balance::Update>,
    coupon: Patch<String>,
    description: Option<String>,
    email: Option<String>,
    individual_name: Option<String>,
    invoice_prefix: Option<String>,
    invoice_settings: Option<InvoiceSettingsParams>,
    metadata: MetadataPatch,
    name: Option<String>,
    next_invoice_sequence: Option<i64>,
    payment_method: Option<String>,
    phone: Option<String>,
    plan: Option<String>,
    preferred_locales: Vec<String>,
    promotion_code: Patch<String>,
    quantity: Option<i64>,
    shipping: Patch<Shipping>,
    source: Option<Source>,
    tax: Option<TaxParams>,
    tax_exempt: Patch<TaxExempt>,
    tax_id_data: Vec<tax_id::Given>,
    test_clock: Option<String>,
    trial_end: Option<When>,
    validate: Option<bool>,
}

/// What `POST /v1/customers/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    address: Patch<Address>,
    balance: Option<i64>,
    business_name: Patch<String>,
    cash_balance: Option<cash_balance::Update>,
    coupon: Patch<String>,
    default_source: Option<String>,
    description: Patch<String>,
    email: Patch<String>,
    individual_name: Patch<String>,
    invoice_prefix: Option<String>,
    invoice_settings: Option<InvoiceSettingsParams>,
    metadata: MetadataPatch,
    name: Patch<String>,
    next_invoice_sequence: Option<i64>,
    phone: Patch<String>,
    preferred_locales: Option<Vec<String>>,
    promotion_code: Patch<String>,
    shipping: Patch<Shipping>,
    source: Option<Source>,
    tax: Option<TaxParams>,
    tax_exempt: Patch<TaxExempt>,
    validate: Option<bool>,
}

/// What `GET /v1/customers` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    email: Option<String>,
    test_clock: Option<String>,
}

/// What is left of a deleted customer. It is kept beside the customers, so that lists and counts know nothing of it.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Deleted {
    id: String,
    object: String,
    deleted: bool,
}

impl Named for Deleted {
    const NAME: &'static str = "deleted_customer";
    const PREFIX: &'static str = Customer::PREFIX;
}
impl Object for Deleted {
    fn id(&self) -> &str {
        &self.id
    }
}

// Transitions.

/// Longest texts, in characters.
const LIMITS: [(&str, usize); 6] = [
    ("business_name", 150),
    ("description", 350),
    ("email", 512),
    ("individual_name", 150),
    ("name", 256),
    ("phone", 20),
];
/// The email is looked at from this version on.
const EMAIL_VALIDATED: Version = Version::of("2018-07-27");
/// The description is short from this version on.
const LENGTHS_LIMITED: Version = Version::of("2018-10-31");
/// Languages of one customer.
const LOCALES_MAX: usize = 50;
/// The longest name of a language, in characters.
const LOCALE_MAX: usize = 35;

impl Customer {
    /// Whether every text can be kept, for a caller of this version.
    fn check(&self, version: Version) -> Result<(), ApiError> {
        let texts = [
            &self.business_name.0,
            &self.description,
            &self.email,
            &self.individual_name.0,
            &self.name,
            &self.phone,
        ];
        for ((param, most), text) in LIMITS.into_iter().zip(texts) {
            let most = if param == "description" && !version.has(LENGTHS_LIMITED) { 5000 } else { most };
            not_more_than(most, param, text.as_deref())?;
        }
        if self.preferred_locales.len() > LOCALES_MAX {
            let message = format!("A customer can have up to {LOCALES_MAX} languages.");
            return Err(ApiError::invalid(400, message).param("preferred_locales"));
        }
        for (i, locale) in self.preferred_locales.iter().enumerate() {
            not_more_than(LOCALE_MAX, &format!("preferred_locales[{i}]"), Some(locale))?;
        }
        if version.has(EMAIL_VALIDATED) { check_email(self.email.as_deref(), "email") } else { Ok(()) }
    }

    fn set_cash(&mut self, sent: Option<cash_balance::Update>) {
        if let Some(sent) = sent {
            let mut cash = CashBalance::of(self);
            cash.set(sent);
            self.cash_balance = Included(Some(cash));
        }
    }

    fn number_invoices(&mut self, prefix: Option<String>, next: Option<i64>) -> Result<(), ApiError> {
        if let Some(prefix) = prefix {
            let plain = prefix.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            if !plain || !(3..=12).contains(&prefix.len()) {
                let message = "The invoice prefix must be 3 to 12 uppercase letters or numbers.";
                return Err(ApiError::invalid(400, message).param("invoice_prefix"));
            }
            self.invoice_prefix = Some(prefix);
        }
        if let Some(next) = next {
            if !(1..1_000_000_000).contains(&next) {
                let message =
                    format!("The next invoice sequence must be 1 to 999999999 (it currently is '{next}').");
                let error = ApiError::invalid(400, message).code("parameter_invalid_integer");
                return Err(error.param("next_invoice_sequence"));
            }
            self.next_invoice_sequence = next;
        }
        Ok(())
    }
}

// Operations: read, decide, write down.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Customer> {
    let subscribes = then::Params::of_customer(cx, p.plan, p.quantity, p.trial_end)?;
    let id = cx.new_id::<Customer>();
    let test_clock = match p.test_clock {
        Some(clock) => Some(test_clock::join(cx, &clock, &id, "test_clock").await?),
        None => None,
    };
    let mut customer = Customer {
        id,
        object: Customer::NAME.into(),
        address: set(p.address),
        balance: 0,
        business_name: Optional(p.business_name),
        cash_balance: Included(None),
        created: cx.now(),
        currency: None,
        default_source: None,
        delinquent: Some(false),
        description: p.description,
        discount: Optional(None),
        email: p.email,
        individual_name: Optional(p.individual_name),
        invoice_prefix: Some(cx.token(8).to_ascii_uppercase()),
        invoice_settings: InvoiceSettings::default(),
        livemode: cx.caller.livemode,
        metadata: p.metadata.fresh()?,
        name: p.name,
        next_invoice_sequence: 1,
        phone: p.phone,
        preferred_locales: p.preferred_locales,
        shipping: set(p.shipping),
        sources: Sublist::NEW,
        subscriptions: Sublist::NEW,
        tax: Included(None),
        tax_exempt: set(p.tax_exempt).or(Some(TaxExempt::None)),
        tax_ids: Sublist::NEW,
        test_clock,
        quotes: Hidden(Optional(None)),
    };
    customer.locate(p.tax)?;
    customer.set_cash(p.cash_balance);
    customer.number_invoices(p.invoice_prefix, p.next_invoice_sequence)?;
    let preferred = p.invoice_settings.as_ref().map(|it| it.default_payment_method.clone());
    customer.invoice_settings.set(p.invoice_settings)?;
    customer.check(cx.caller.version)?;
    if let Some(balance) = p.balance {
        set_balance(cx, &mut customer, balance, Kind::Initial).await?;
    }
    let given = match p.payment_method {
        // It is given to a customer who is there.
        Some(id) => {
            cx.put(&customer);
            Some(payment_method::give(cx, &id, &customer.id, "payment_method").await?)
        }
        None => None,
    };
    customer.prefer_method(cx, preferred, given.as_ref()).await?;
    if let Some(id) = p.source.as_ref().and_then(|it| it.of_its_own()) {
        source::attach(cx, &customer, id, Metadata::default(), p.validate != Some(false), "source").await?;
    } else if let Some(source) = p.source {
        let validate = p.validate != Some(false);
        card::attach(cx, &mut customer, source, Metadata::default(), validate, "source").await?;
    }
    let change = discount::set(cx, &mut customer, p.coupon, p.promotion_code).await?;
    cx.put(&customer);
    cx.emit(CREATED, &customer);
    change.tell(cx);
    tax_id::make_all(cx, &customer.id, p.tax_id_data)?;
    if let Some(subscribes) = subscribes {
        Box::pin(then::begin(cx, &customer, subscribes)).await?;
        return done(cx.must("id", &customer.id).await?);
    }
    done(customer)
}

/// One indexed read and a copy; only for what is not there it looks whether it was deleted.
async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Stored> {
    let id = cx.path("id");
    if id.len() <= 255 && !id.contains('/') {
        if let Some(doc) = cx.world.store.get(&cx.key::<Customer>(id)).await? {
            return done(Stored(doc.public()));
        }
        if let Some(doc) = cx.world.store.get(&cx.key::<Deleted>(id)).await? {
            return done(Stored(doc.public()));
        }
    }
    Err(ApiError::no_such(Customer::NAME, id, "id").into())
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Customer> {
    let id = cx.path("id").to_owned();
    let before: Customer = cx.must("id", &id).await?;
    test_clock::enter(cx, before.test_clock.as_ref()).await?;
    let mut customer = before.clone();
    p.address.apply(&mut customer.address);
    p.business_name.apply(&mut customer.business_name.0);
    p.description.apply(&mut customer.description);
    p.email.apply(&mut customer.email);
    p.individual_name.apply(&mut customer.individual_name.0);
    p.metadata.apply(&mut customer.metadata)?;
    p.name.apply(&mut customer.name);
    p.phone.apply(&mut customer.phone);
    if let Some(locales) = p.preferred_locales {
        customer.preferred_locales = locales;
    }
    p.shipping.apply(&mut customer.shipping);
    p.tax_exempt.apply(&mut customer.tax_exempt);
    customer.locate(p.tax)?;
    customer.set_cash(p.cash_balance);
    customer.number_invoices(p.invoice_prefix, p.next_invoice_sequence)?;
    let preferred = p.invoice_settings.as_ref().map(|it| it.default_payment_method.clone());
    customer.invoice_settings.set(p.invoice_settings)?;
    customer.check(cx.caller.version)?;
    if let Some(balance) = p.balance {
        set_balance(cx, &mut customer, balance, Kind::Adjustment).await?;
    }
    customer.prefer_method(cx, preferred, None).await?;
    match (p.source, p.default_source) {
        (None, None) => {}
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: source, default_source.";
            let error = ApiError::invalid(400, message).code("parameters_exclusive");
            return Err(error.param("default_source").into());
        }
        (Some(source), None) if source.of_its_own().is_some() => {
            let id = source.of_its_own().unwrap_or_default();
            source::attach(cx, &customer, id, Metadata::default(), p.validate != Some(false), "source")
                .await?;
        }
        (Some(source), None) => replace(cx, &mut customer, source, p.validate != Some(false)).await?,
        (None, Some(id)) => prefer(cx, &mut customer, &id).await?,
    }
    let change = discount::set(cx, &mut customer, p.coupon, p.promotion_code).await?;
    cx.put(&customer);
    cx.emit_update(UPDATED, &before, &customer);
    change.tell(cx);
    done(customer)
}

/// Moves the balance to where it is wanted.
async fn set_balance(cx: &mut Cx<'_>, customer: &mut Customer, to: i64, kind: Kind) -> Result<(), Stop> {
    if to == customer.balance {
        return Ok(());
    }
    let amount = to.saturating_sub(customer.balance);
    let (currency, description, metadata) = (None, None, Metadata::default());
    let ask = Move { kind, amount, currency, description, metadata, invoice: None, param: "balance" };
    customer_balance_transaction::record(cx, customer, ask).await.map(drop)
}

/// A new source takes the place of the default, which is deleted.
pub(crate) async fn replace(
    cx: &mut Cx<'_>,
    customer: &mut Customer,
    source: Source,
    validate: bool,
) -> Result<(), Stop> {
    let old = customer.default_source.clone();
    match card::attach(cx, customer, source, Metadata::default(), validate, "source").await? {
        Taken::Card(card) => customer.default_source = Some(Ref::to(&card.id)),
        Taken::Bank(_) => return Ok(()),
    }
    if let Some(old) = old
        && let Some(card) = cx.get::<Card>(&old.id).await?
    {
        card::drop_card(cx, customer, &card).await?;
    }
    Ok(())
}

impl Customer {
    /// One of the payment methods that the customer keeps (`given`: from now on) is what invoices are paid with.
    async fn prefer_method(
        &mut self,
        cx: &mut Cx<'_>,
        preferred: Option<Patch<String>>,
        given: Option<&PaymentMethod>,
    ) -> Result<(), Stop> {
        const PARAM: &str = "invoice_settings[default_payment_method]";
        match preferred {
            None | Some(Patch::Keep) => {}
            Some(Patch::Clear) => self.invoice_settings.default_payment_method = None,
            Some(Patch::Set(id)) => {
                let of_given =
                    given.filter(|it| it.id == id || payment_method::is_name(&id)).map(|it| it.id.clone());
                let kept = match of_given {
                    Some(id) => Some(id),
                    None => payment_method::kept_by(cx, &id, &self.id).await?,
                };
                let Some(kept) = kept else {
                    let shown: String = id.chars().take(255).collect();
                    let message = format!(
                        "The customer does not have a payment method with the ID {shown}. The payment method must be attached to the customer."
                    );
                    return Err(ApiError::invalid(400, message).code("resource_missing").param(PARAM).into());
                };
                self.invoice_settings.default_payment_method = Some(MethodRef(kept));
            }
        }
        Ok(())
    }
}

/// One of the cards that the customer keeps becomes the default.
async fn prefer(cx: &mut Cx<'_>, customer: &mut Customer, id: &str) -> Result<(), Stop> {
    let kept = cx.get::<Card>(id).await?.filter(|card| card.belongs_to(&customer.id));
    let card = kept.ok_or_else(|| ApiError::no_such("source", id, "default_source"))?;
    customer.default_source = Some(Ref::to(card.id));
    Ok(())
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Deleted> {
    let id = cx.path("id").to_owned();
    let customer: Customer = cx.must("id", &id).await?;
    if let Some(clock) = &customer.test_clock {
        test_clock::leave(cx, &clock.id, &customer.id).await?;
    }
    done(remove(cx, customer).await?)
}

/// Deletes a customer with what is kept of them.
pub(crate) async fn remove(cx: &mut Cx<'_>, customer: Customer) -> Result<Deleted, Stop> {
    Box::pin(subscription::cancel_all(cx, &customer)).await?;
    card::drop_all(cx, &customer.id).await?;
    source::drop_all(cx, &customer.id).await?;
    payment_method::detach_all(cx, &customer.id).await?;
    tax_id::drop_all(cx, &customer.id).await?;
    cx.delete(&customer);
    cx.emit(DELETED, &customer);
    let deleted = Deleted { id: customer.id, object: customer.object, deleted: true };
    cx.put(&deleted);
    Ok(deleted)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    // Who lives by a clock of their own is shown to whoever asks for that clock.
    let apart = p.test_clock.is_none() && test_clock::any(cx).await?;
    let (by, email) = match (p.test_clock, p.email) {
        (Some(clock), email) => (Some((TEST_CLOCK, clock)), email),
        (None, email) => (email.map(|email| ("email", email)), None),
    };
    if p.created.is_none() && !apart && email.is_none() {
        return cx.page::<Customer>(by).await;
    }
    cx.page_where::<Customer>(by, move |doc| {
        wire::from_json::<Customer>(&doc.body).is_ok_and(|it| {
            p.created.as_ref().is_none_or(|created| created.holds(it.created.0))
                && (email.is_none() || it.email == email)
                && !(apart && it.test_clock.is_some())
        })
    })
    .await
}

fn set<T>(patch: Patch<T>) -> Option<T> {
    match patch {
        Patch::Set(it) => Some(it),
        Patch::Keep | Patch::Clear => None,
    }
}

/// Checks that a text can be an email address.
pub(crate) fn check_email(email: Option<&str>, param: &str) -> Result<(), ApiError> {
    let plausible = |email: &str| {
        let (local, host) = email.rsplit_once('@').unwrap_or_default();
        !local.is_empty() && !host.is_empty() && email.len() <= 512 && !email.contains(char::is_whitespace)
    };
    match email {
        Some(email) if !plausible(email) => {
            let shown: String = email.chars().take(100).collect();
            let message = format!("Invalid email address: {shown}");
            Err(ApiError::invalid(400, message).code("email_invalid").param(param))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
