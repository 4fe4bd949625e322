//! External accounts: the bank accounts and debit cards that payouts go to (API pages "Bank account" and "Card" of
//! external accounts). They are part of their account, which decides which of them is the default of a currency.
mod enter;
mod params;
mod types;

pub(super) use enter::bank_methods;
pub(super) use params::ExternalParam;
pub use types::*;

use super::{
    Account, NamedFile, look_at_files, may_edit, named, no_permission,
    papers::{FURTHER, PapersParams},
    save,
};
use crate::payments::{
    bank_account::{AccountType, BankAccount, HolderType},
    card::{Card, not_more_than},
};
use api::{Cx, Endpoint, Nothing, Outcome, Page, Stop, done};
use base::{ApiError, Currency, MetadataPatch, Named};
use enter::{PAPERS, enter};
use store::Bytes;
use wire::{Bad, Patch, Wire};

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
    bank_account_ownership_verification: Option<PapersParams>,
}

const PAPERS_PARAM: &str = "documents[bank_account_ownership_verification][files]";

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
    fn add_external(
        &mut self,
        mut it: External,
        number: SealedNumber,
        default: bool,
    ) -> Result<(), ApiError> {
        let list = self.external_accounts.0.get_or_insert_with(|| ExternalAccounts::of(&self.id, Vec::new()));
        if list.data.len() >= EXTERNALS_MAX {
            let message = format!("An account can have up to {EXTERNALS_MAX} external accounts.");
            return Err(ApiError::invalid(400, message).param("external_account"));
        }
        let currency = it.currency();
        let first = !list.data.iter().any(|other| other.currency() == currency);
        it.set_default(default || first);
        if default {
            list.data
                .iter_mut()
                .filter(|other| other.currency() == currency)
                .for_each(|it| it.set_default(false));
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
pub(super) async fn replace(
    cx: &mut Cx<'_>,
    account: &mut Account,
    param: ExternalParam,
) -> Result<(), Stop> {
    let (it, number) = enter(cx, account, param).await?;
    let currency = it.currency();
    let old = account.externals().iter().find(|it| it.currency() == currency && it.is_default());
    if let Some(old) = old.map(|it| it.id().to_owned()) {
        account.drop_external(&old);
    }
    account.add_external(it, number, true)?;
    Ok(())
}

/// Whether the caller sees where payouts go: the account itself does, and the platform that controls it.
fn admit(cx: &Cx<'_>, account: &Account) -> Result<(), Stop> {
    let itself = account.id == cx.caller.account && !cx.caller.is_connect();
    if itself || super::controls(cx, account) {
        Ok(())
    } else {
        Err(no_permission(account, "external_account"))
    }
}

// Operations: read, decide, write down.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Shown> {
    let before = named(cx, "account").await?;
    may_edit(cx, &before, "external_account")?;
    let mut account = before.clone();
    let (mut it, number) = enter(cx, &account, p.external_account).await?;
    p.metadata.apply(it.metadata())?;
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
    let papers = p.documents.as_ref().and_then(|it| it.bank_account_ownership_verification.as_ref());
    let named = papers.iter().flat_map(|it| &it.files);
    let named = named.map(|id| NamedFile::new(PAPERS_PARAM, id, FURTHER)).collect();
    look_at_files(cx, &account, named).await?;
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
        self.metadata.apply(to.metadata())?;
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
                    show_papers_of(bank, &files.files);
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

/// Takes in documents that tell whose the bank accounts are of which nobody knows.
pub(super) fn show_papers(account: &mut Account, files: &[String]) {
    let list = account.external_accounts.0.iter_mut().flat_map(|list| &mut list.data);
    for it in list {
        if let External::Bank(bank) = it {
            show_papers_of(bank, files);
        }
    }
}

fn show_papers_of(bank: &mut PayoutBank, files: &[String]) {
    let Some(wanted) = &mut bank.requirements else { return };
    if files.iter().any(|file| file.ends_with("_failure")) {
        let error = super::Complaint::of("verification_document_failed_test_mode", PAPERS);
        (wanted.errors, wanted.currently_due) = (vec![error], vec![PAPERS.into()]);
    } else if !files.is_empty() {
        bank.requirements = None;
    }
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
