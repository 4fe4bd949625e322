//! External accounts: the bank accounts and debit cards that payouts go to (API pages "Bank account" and "Card" of
//! external accounts). They are part of their account, which decides which of them is the default of a currency.
mod params;

pub(super) use params::ExternalParam;

use super::{Account, may_edit, named, no_permission, save};
use crate::payments::{
    bank_account::{AccountType, BankAccount, HolderType},
    card::{Card, not_more_than},
};
use acquirer::{
    Check,
    simulator::{self, Payout, banks},
};
use api::{Cx, Endpoint, Nothing, Outcome, Page, Stop, done, secrets::Sealed};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref};
use store::Bytes;
use vault::{Place, Secret};
use wire::{At, Bad, Node, Optional, Patch, Shape, Wire};

/// The bank accounts and cards that payouts go to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct ExternalAccounts {
    /// `list`.
    pub object: String,
    /// The bank accounts and cards.
    pub data: Vec<External>,
    /// Always `false`.
    pub has_more: bool,
    /// Where the list is.
    pub url: String,
}

impl ExternalAccounts {
    /// The list of an account.
    pub fn of(account: &str, data: Vec<External>) -> Self {
        let url = format!("/v1/accounts/{account}/external_accounts");
        ExternalAccounts { object: "list".into(), data, has_more: false, url }
    }
}

/// Where payouts go.
#[derive(Debug, Clone, PartialEq)]
pub enum External {
    /// A bank account.
    Bank(PayoutBank),
    /// A debit card.
    Card(PayoutCard),
}

/// A bank account that payouts go to. Its number is sealed elsewhere.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PayoutBank {
    /// `ba_…`.
    pub id: String,
    /// `bank_account`.
    pub object: String,
    /// The account that it belongs to.
    pub account: Ref<Account>,
    /// Whose it is.
    pub account_holder_name: Option<String>,
    /// Whether that is a person or a company.
    pub account_holder_type: Option<HolderType>,
    /// Checking, savings and the like.
    pub account_type: Option<AccountType>,
    /// How payouts may reach it.
    pub available_payout_methods: Vec<String>,
    /// The name of the bank.
    pub bank_name: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: String,
    /// The currency that is paid out to it.
    pub currency: Currency,
    /// Whether payouts in its currency go to it.
    pub default_for_currency: bool,
    /// The same for the same number.
    pub fingerprint: Option<String>,
    /// What will be wanted for it later.
    pub future_requirements: Option<BankRequirements>,
    /// The last four characters of the number.
    pub last4: String,
    /// Keys and values.
    pub metadata: Metadata,
    /// What is wanted for it.
    pub requirements: Option<BankRequirements>,
    /// The number of the bank.
    pub routing_number: Option<String>,
    /// `new`, or `errored` after a payout failed.
    pub status: String,
}

/// What is wanted for a bank account.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct BankRequirements {
    /// What is wanted now.
    pub currently_due: Vec<String>,
    /// What is wrong with what was given.
    pub errors: Vec<super::Complaint>,
    /// What should have been given already.
    pub past_due: Vec<String>,
    /// What is being looked at.
    pub pending_verification: Vec<String>,
}

/// A debit card that payouts go to. Its number is sealed elsewhere.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PayoutCard {
    /// `card_…`.
    pub id: String,
    /// `card`.
    pub object: String,
    /// The account that it belongs to.
    pub account: Ref<Account>,
    /// City.
    pub address_city: Option<String>,
    /// Country.
    pub address_country: Option<String>,
    /// Street.
    pub address_line1: Option<String>,
    /// What the bank says of the street.
    pub address_line1_check: Option<Check>,
    /// Apartment, suite or building.
    pub address_line2: Option<String>,
    /// State, county, province or region.
    pub address_state: Option<String>,
    /// ZIP or postal code.
    pub address_zip: Option<String>,
    /// What the bank says of the postal code.
    pub address_zip_check: Option<Check>,
    /// How payouts may reach it.
    pub available_payout_methods: Vec<String>,
    /// Such as `Visa`.
    pub brand: String,
    /// Where it was issued.
    pub country: Option<String>,
    /// The currency that is paid out to it.
    pub currency: Currency,
    /// What the bank says of the security code.
    pub cvc_check: Option<Check>,
    /// Whether payouts in its currency go to it.
    pub default_for_currency: bool,
    /// The last four digits of a number that a device gave in its place.
    pub dynamic_last4: Option<String>,
    /// 1 to 12.
    pub exp_month: i64,
    /// Four digits.
    pub exp_year: i64,
    /// The same for the same number.
    pub fingerprint: Option<String>,
    /// `debit`.
    pub funding: String,
    /// The last four digits.
    pub last4: String,
    /// Keys and values.
    pub metadata: Metadata,
    /// The name on it.
    pub name: Option<String>,
    /// Whether fees for it are capped by law.
    pub regulated_status: Option<String>,
    /// `new`, or `errored` after a payout failed.
    pub status: Optional<String>,
    /// The wallet that gave it.
    pub tokenization_method: Option<String>,
}

/// The sealed number of a bank account or card.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct SealedNumber {
    /// The bank account, `ba_…`, or card, `card_…`.
    pub bank: String,
    /// What [`vault::Vault::seal`] made of the number.
    pub sealed: String,
}

impl SealedNumber {
    /// The secret, to be sealed again under another key.
    pub(super) fn secret(&mut self) -> Sealed<'_> {
        Sealed { kind: kind_of(&self.bank), object: self.bank.clone(), text: &mut self.sealed }
    }
}

fn kind_of(id: &str) -> vault::Kind {
    if id.starts_with("card_") { vault::Kind::CardNumber } else { vault::Kind::BankAccountNumber }
}

impl Wire for External {
    const SHAPE: Shape = Shape::Any;
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        match node.and_then(|node| node.get("object")).and_then(Node::as_str) {
            Some("card") => PayoutCard::read(at, node).map(External::Card),
            _ => PayoutBank::read(at, node).map(External::Bank),
        }
    }
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            External::Bank(bank) => bank.write(out),
            External::Card(card) => card.write(out),
        }
    }
}

/// Calls a field of either sort by its name.
macro_rules! field {
    ($self:expr, $name:ident) => {
        match $self {
            External::Bank(it) => &it.$name,
            External::Card(it) => &it.$name,
        }
    };
    (mut $self:expr, $name:ident) => {
        match $self {
            External::Bank(it) => &mut it.$name,
            External::Card(it) => &mut it.$name,
        }
    };
}

impl External {
    /// `ba_…` or `card_…`.
    pub fn id(&self) -> &str {
        field!(self, id)
    }
    /// The currency that is paid out to it.
    pub fn currency(&self) -> Currency {
        *field!(self, currency)
    }
    /// Whether payouts in its currency go to it.
    pub fn is_default(&self) -> bool {
        *field!(self, default_for_currency)
    }
    /// How payouts may reach it: `standard`, `instant`.
    pub fn payout_methods(&self) -> &[String] {
        field!(self, available_payout_methods)
    }
    /// The last four characters of the number.
    pub fn last4(&self) -> &str {
        field!(self, last4)
    }
    /// `new`, or `errored` after it refused a payout.
    pub fn status(&self) -> Option<&str> {
        match self {
            External::Bank(bank) => Some(&bank.status),
            External::Card(card) => card.status.0.as_deref(),
        }
    }
    /// Nothing is paid out to it any more.
    pub(crate) fn disable(&mut self, status: &str) {
        match self {
            External::Bank(bank) => status.clone_into(&mut bank.status),
            External::Card(card) => card.status = Optional(Some(status.to_owned())),
        }
    }
    /// The number, for whoever pays out to it. Errors: it is sealed elsewhere, or is gone.
    pub(crate) fn number(&self, cx: &Cx<'_>, holder: &Account) -> Result<Secret, Stop> {
        let id = self.id();
        let sealed = holder.sealed.0.iter().find(|it| it.bank == id);
        let sealed = sealed.ok_or_else(|| api::fault(format!("{id} has no number")))?;
        let at = Place { account: &holder.id, object: id };
        let opened = cx.world.vault.open(kind_of(id), at, &sealed.sealed);
        opened.map_err(|e| api::fault(format!("the number of {id} cannot be opened: {e}")))
    }
    fn set_default(&mut self, is: bool) {
        *field!(mut self, default_for_currency) = is;
    }
    /// Its JSON.
    pub(crate) fn json(&self) -> Bytes {
        let mut out = Vec::with_capacity(1024);
        self.write(&mut out);
        Bytes::from(out)
    }
}

/// The most bank accounts and cards of one account.
const EXTERNALS_MAX: usize = 200;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut all = Vec::new();
    // Payouts went to bank accounts only, once.
    for (list, one) in [
        ("/v1/accounts/{account}/external_accounts", "/v1/accounts/{account}/external_accounts/{id}"),
        ("/v1/accounts/{account}/bank_accounts", "/v1/accounts/{account}/bank_accounts/{id}"),
    ] {
        all.push(Endpoint::new("POST", list, "external_account", |cx, p| Box::pin(create(cx, p))));
        all.push(Endpoint::list::<List>(list, "external_account", |cx, p| Box::pin(self::list(cx, p))));
        all.push(Endpoint::new("GET", one, "external_account", |cx, p| Box::pin(retrieve(cx, p))));
        all.push(Endpoint::new("POST", one, "external_account", |cx, p| Box::pin(update(cx, p))));
        all.push(Endpoint::new("DELETE", one, "external_account", |cx, p| Box::pin(delete(cx, p))));
    }
    all.into_iter().map(|endpoint| endpoint.permission(Account::NAME)).collect()
}

/// What `POST /v1/accounts/{account}/external_accounts` takes.
#[derive(Debug, Wire)]
pub(super) struct Create {
    default_for_currency: Option<bool>,
    external_account: ExternalParam,
    metadata: MetadataPatch,
}

/// What `POST /v1/accounts/{account}/external_accounts/{id}` takes.
#[derive(Debug, Wire)]
pub(super) struct Update {
    account_holder_name: Patch<String>,
    account_holder_type: Patch<HolderType>,
    account_type: Option<AccountType>,
    address_city: Patch<String>,
    address_country: Patch<String>,
    address_line1: Patch<String>,
    address_line2: Patch<String>,
    address_state: Patch<String>,
    address_zip: Patch<String>,
    default_for_currency: Option<bool>,
    documents: Option<Documents>,
    exp_month: Option<i64>,
    exp_year: Option<i64>,
    metadata: MetadataPatch,
    name: Patch<String>,
}

#[derive(Debug, Wire)]
struct Documents {
    bank_account_ownership_verification: Option<Files>,
}

#[derive(Debug, Wire)]
struct Files {
    files: Vec<String>,
}

/// What `GET /v1/accounts/{account}/external_accounts` filters by.
#[derive(Debug, Wire)]
pub(super) struct List {
    object: Option<Sort>,
}

#[derive(Debug, Clone, Copy, PartialEq, Wire)]
enum Sort {
    BankAccount,
    Card,
}

/// One of either sort, as an answer.
pub(super) struct Shown(External);

impl api::Answer for Shown {
    fn into_json(self) -> Bytes {
        self.0.json()
    }
}

/// What is left of one that was taken away.
#[derive(Debug, Wire)]
pub(super) struct Gone {
    id: String,
    object: String,
    currency: Currency,
    deleted: bool,
}

// Transitions.

impl Account {
    /// Adds one; the first of its currency is the default, and so is whoever is said to be. Errors: there are too many.
    fn add_external(&mut self, mut it: External, number: SealedNumber, default: bool) -> Result<(), ApiError> {
        let list = self.external_accounts.0.get_or_insert_with(|| ExternalAccounts::of(&self.id, Vec::new()));
        if list.data.len() >= EXTERNALS_MAX {
            let message = format!("An account can have up to {EXTERNALS_MAX} external accounts.");
            return Err(ApiError::invalid(400, message).param("external_account"));
        }
        let currency = it.currency();
        let first = !list.data.iter().any(|other| other.currency() == currency);
        it.set_default(default || first);
        if default {
            list.data.iter_mut().filter(|other| other.currency() == currency).for_each(|it| it.set_default(false));
        }
        list.data.push(it);
        self.sealed.0.push(number);
        Ok(())
    }
    fn drop_external(&mut self, id: &str) {
        if let Some(list) = &mut self.external_accounts.0 {
            list.data.retain(|it| it.id() != id);
        }
        self.sealed.0.retain(|it| it.bank != id);
    }
    fn external(&self, id: &str) -> Result<&External, Stop> {
        let found = self.externals().iter().find(|it| it.id() == id);
        Ok(found.ok_or_else(|| ApiError::no_such("external account", id, "id"))?)
    }
}

/// Takes in an `external_account` of the account itself: it takes the place of the default of its currency.
pub(super) async fn replace(cx: &mut Cx<'_>, account: &mut Account, param: ExternalParam) -> Result<(), Stop> {
    let (it, number) = enter(cx, account, param).await?;
    let currency = it.currency();
    let old = account.externals().iter().find(|it| it.currency() == currency && it.is_default());
    if let Some(old) = old.map(|it| it.id().to_owned()) {
        account.drop_external(&old);
    }
    account.add_external(it, number, true)?;
    Ok(())
}

/// What was sent as something that the account can be paid out to. Errors: a card that is not debited; numbers that
/// cannot be right; a token that is none.
async fn enter(
    cx: &mut Cx<'_>,
    account: &Account,
    param: ExternalParam,
) -> Result<(External, SealedNumber), Stop> {
    match params::take(cx, param).await? {
        crate::payments::card::Taken::Bank(bank) => of_bank(cx, account, *bank),
        crate::payments::card::Taken::Card(card) => of_card(cx, account, *card),
    }
}

fn of_bank(cx: &Cx<'_>, account: &Account, mut bank: BankAccount) -> Result<(External, SealedNumber), Stop> {
    let number = bank.open(cx, &cx.caller.account)?;
    bank.seal(cx, &account.id, number.reveal())?;
    let listed = banks::find(bank.routing_number.as_deref().unwrap_or_default(), number.reveal());
    let papers = listed.filter(|it| it.ownership == Some(banks::Ownership::NeedsDocuments));
    let sealed = SealedNumber { bank: bank.id.clone(), sealed: bank.sealed_number.0.unwrap_or_default() };
    let it = PayoutBank {
        id: bank.id,
        object: BankAccount::NAME.into(),
        account: Ref::to(&account.id),
        account_holder_name: bank.account_holder_name,
        account_holder_type: bank.account_holder_type,
        account_type: bank.account_type,
        available_payout_methods: bank_methods(&bank.country),
        bank_name: bank.bank_name,
        country: bank.country,
        currency: bank.currency,
        default_for_currency: false,
        fingerprint: bank.fingerprint,
        future_requirements: None,
        last4: bank.last4,
        metadata: Metadata::default(),
        requirements: papers.map(|_| BankRequirements {
            currently_due: vec![PAPERS.into()],
            ..BankRequirements::default()
        }),
        routing_number: bank.routing_number,
        status: "new".into(),
    };
    Ok((External::Bank(it), sealed))
}

/// What is wanted for a bank account whose owner is not known.
const PAPERS: &str = "documents.bank_account_ownership_verification.files";

/// How payouts reach a bank account.
pub(super) fn bank_methods(country: &str) -> Vec<String> {
    let instant = (country == "US").then(|| "instant".to_owned());
    instant.into_iter().chain(["standard".to_owned()]).collect()
}

fn of_card(cx: &Cx<'_>, account: &Account, mut card: Card) -> Result<(External, SealedNumber), Stop> {
    let number = card.open(cx, &cx.caller.account)?;
    let listed = simulator::find(number.reveal());
    if card.funding != "debit" || listed.is_some_and(|it| it.payout == Payout::WrongType) {
        let message = "The card provided as an external account is not a debit card. Please provide a debit card instead.";
        return Err(ApiError::invalid(400, message).code("invalid_card_type").param("external_account").into());
    }
    card.seal(cx, &account.id, number.reveal())?;
    let instant = listed.is_none_or(|it| it.payout != Payout::NotInstant);
    let methods = instant.then_some("instant").into_iter().chain(["standard"]);
    let sealed = SealedNumber { bank: card.id.clone(), sealed: card.sealed_number.0.unwrap_or_default() };
    let it = PayoutCard {
        id: card.id,
        object: Card::NAME.into(),
        account: Ref::to(&account.id),
        address_city: card.address_city,
        address_country: card.address_country,
        address_line1: card.address_line1,
        address_line1_check: card.address_line1_check,
        address_line2: card.address_line2,
        address_state: card.address_state,
        address_zip: card.address_zip,
        address_zip_check: card.address_zip_check,
        available_payout_methods: methods.map(str::to_owned).collect(),
        brand: card.brand,
        country: card.country,
        currency: card.currency.0.unwrap_or(account.default_currency),
        cvc_check: card.cvc_check,
        default_for_currency: false,
        dynamic_last4: card.dynamic_last4,
        exp_month: card.exp_month,
        exp_year: card.exp_year,
        fingerprint: card.fingerprint.0,
        funding: card.funding,
        last4: card.last4,
        metadata: Metadata::default(),
        name: card.name,
        regulated_status: card.regulated_status,
        status: Optional(Some("new".into())),
        tokenization_method: card.tokenization_method,
    };
    Ok((External::Card(it), sealed))
}

/// Whether the caller sees where payouts go: the account itself does, and the platform that controls it.
fn admit(cx: &Cx<'_>, account: &Account) -> Result<(), Stop> {
    let itself = account.id == cx.caller.account && !cx.caller.is_connect();
    if itself || super::controls(cx, account) { Ok(()) } else { Err(no_permission(account, "external_account")) }
}

// Operations: read, decide, write down.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Shown> {
    let before = named(cx, "account").await?;
    may_edit(cx, &before, "external_account")?;
    let mut account = before.clone();
    let (mut it, number) = enter(cx, &account, p.external_account).await?;
    p.metadata.apply(field!(mut &mut it, metadata))?;
    let id = it.id().to_owned();
    account.add_external(it, number, p.default_for_currency == Some(true))?;
    let account = save(cx, &before, account)?;
    done(Shown(account.external(&id)?.clone()))
}

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Shown> {
    let account = named(cx, "account").await?;
    admit(cx, &account)?;
    done(Shown(account.external(cx.path("id"))?.clone()))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let account = named(cx, "account").await?;
    admit(cx, &account)?;
    let fits = |it: &&External| match p.object {
        None => true,
        Some(Sort::BankAccount) => matches!(it, External::Bank(_)),
        Some(Sort::Card) => matches!(it, External::Card(_)),
    };
    let items = account.externals().iter().rev().filter(fits).map(|it| (it.id().to_owned(), it.json()));
    let url = format!("/v1/accounts/{}/external_accounts", account.id);
    done(super::slice(cx, "external account", url, items.collect())?)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Shown> {
    let before = named(cx, "account").await?;
    may_edit(cx, &before, "external_account")?;
    let id = cx.path("id").to_owned();
    before.external(&id)?;
    let mut account = before.clone();
    if p.default_for_currency == Some(false) && before.external(&id)?.is_default() {
        let message = "You cannot take the default away from an external account. Make another external account the default of its currency instead.";
        return Err(ApiError::invalid(400, message).param("default_for_currency").into());
    }
    let list = account.external_accounts.0.iter_mut().flat_map(|list| &mut list.data);
    if p.default_for_currency == Some(true) {
        let currency = before.external(&id)?.currency();
        list.filter(|it| it.currency() == currency).for_each(|it| it.set_default(it.id() == id));
    }
    let list = account.external_accounts.0.iter_mut().flat_map(|list| &mut list.data);
    if let Some(it) = list.into_iter().find(|it| it.id() == id) {
        p.apply(cx, it)?;
    }
    let account = save(cx, &before, account)?;
    done(Shown(account.external(&id)?.clone()))
}

impl Update {
    fn apply(self, cx: &Cx<'_>, to: &mut External) -> Result<(), Stop> {
        let of_bank = [
            (self.account_holder_name != Patch::Keep, "account_holder_name"),
            (self.account_holder_type != Patch::Keep, "account_holder_type"),
            (self.account_type.is_some(), "account_type"),
            (self.documents.is_some(), "documents"),
        ];
        let addresses = [
            ("address_city", self.address_city),
            ("address_country", self.address_country),
            ("address_line1", self.address_line1),
            ("address_line2", self.address_line2),
            ("address_state", self.address_state),
            ("address_zip", self.address_zip),
            ("name", self.name),
        ];
        let stranger = |name: &str| Err(Bad::Unknown(vec![name.to_owned()]).into());
        self.metadata.apply(field!(mut to, metadata))?;
        match to {
            External::Bank(bank) => {
                if let Some((name, _)) = addresses.iter().find(|(_, patch)| *patch != Patch::Keep) {
                    return stranger(name);
                }
                if self.exp_month.is_some() || self.exp_year.is_some() {
                    return stranger(if self.exp_month.is_some() { "exp_month" } else { "exp_year" });
                }
                if let Patch::Set(name) = &self.account_holder_name {
                    not_more_than(5000, "account_holder_name", Some(name))?;
                }
                self.account_holder_name.apply(&mut bank.account_holder_name);
                self.account_holder_type.apply(&mut bank.account_holder_type);
                bank.account_type = self.account_type.or(bank.account_type);
                if let Some(files) = self.documents.and_then(|it| it.bank_account_ownership_verification) {
                    show_papers(cx, bank, &files.files)?;
                }
            }
            External::Card(card) => {
                if let Some((_, name)) = of_bank.into_iter().find(|(sent, _)| *sent) {
                    return stranger(name);
                }
                let fields = [
                    &mut card.address_city,
                    &mut card.address_country,
                    &mut card.address_line1,
                    &mut card.address_line2,
                    &mut card.address_state,
                    &mut card.address_zip,
                    &mut card.name,
                ];
                for ((name, patch), field) in addresses.into_iter().zip(fields) {
                    super::text(name, patch, field)?;
                }
                expire(cx, card, self.exp_month, self.exp_year)?;
            }
        }
        Ok(())
    }
}

/// Takes in documents that tell whose a bank account is. Errors: no such file.
fn show_papers(cx: &Cx<'_>, bank: &mut PayoutBank, files: &[String]) -> Result<(), Stop> {
    let param = "documents[bank_account_ownership_verification][files]";
    for file in files {
        if cx.caller.livemode || !super::checks::is_test_file(file) {
            return Err(ApiError::no_such("file upload", file, param).into());
        }
    }
    let Some(wanted) = &mut bank.requirements else { return Ok(()) };
    if files.iter().any(|file| file.ends_with("_failure")) {
        let error = super::Complaint::of("verification_document_failed_test_mode", PAPERS);
        (wanted.errors, wanted.currently_due) = (vec![error], vec![PAPERS.into()]);
    } else if !files.is_empty() {
        bank.requirements = None;
    }
    Ok(())
}

/// Sets when a card ends. Errors: it has ended already, or in no month.
fn expire(cx: &Cx<'_>, card: &mut PayoutCard, month: Option<i64>, year: Option<i64>) -> Result<(), Stop> {
    let (year, month) = (year.unwrap_or(card.exp_year), month.unwrap_or(card.exp_month));
    let (now_year, now_month, _) = cx.now().date();
    let wrong = if !(1..=12).contains(&month) {
        Some(("exp_month", "invalid_expiry_month", "Your card's expiration month is invalid."))
    } else if (year, month) < (now_year, now_month) || year > now_year + 50 {
        Some(("exp_year", "invalid_expiry_year", "Your card's expiration year is invalid."))
    } else {
        None
    };
    if let Some((param, code, message)) = wrong {
        return Err(ApiError::card(code, None, message).param(param).into());
    }
    (card.exp_year, card.exp_month) = (year, month);
    Ok(())
}

async fn delete(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Gone> {
    let before = named(cx, "account").await?;
    may_edit(cx, &before, "external_account")?;
    let id = cx.path("id").to_owned();
    let it = before.external(&id)?;
    let currency = it.currency();
    let others = before.externals().iter().any(|other| other.id() != id && other.currency() == currency);
    if it.is_default() && (others || currency == before.default_currency) {
        let message = "You cannot delete the default external account for your default currency. Please make another external account the default using the `default_for_currency` param, and then delete this one.";
        return Err(ApiError::invalid(400, message).into());
    }
    let object = if matches!(it, External::Card(_)) { Card::NAME } else { BankAccount::NAME };
    let mut account = before.clone();
    account.drop_external(&id);
    save(cx, &before, account)?;
    done(Gone { id, object: object.into(), currency, deleted: true })
}
