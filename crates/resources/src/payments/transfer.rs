//! Transfers: money that a platform sends from its balance to the balance of a connected account, by itself or with
//! a charge (API page "Transfers").
mod party;
mod payment;
mod send;
mod then;

pub(crate) use party::{Party, destination};
pub(crate) use payment::{Payment, payment};
pub(crate) use send::{Ask, Fee, Sent, send};

use crate::{
    connect::account::Account,
    payments::{
        balance_transaction::{self, BalanceTransaction},
        charge::{Charge, rules},
        settlement,
        transfer_reversal::TransferReversal,
    },
};
use api::{Abroad, Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use money::Exchange;
use store::IndexKey;
use wire::{Hidden, Optional, Patch, Wire};

/// Money that went to another account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Transfer {
    /// `tr_…`.
    pub id: String,
    /// `transfer`.
    pub object: String,
    /// In minor units.
    pub amount: i64,
    /// What of it came back.
    pub amount_reversed: i64,
    /// What the balance gave for it.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The platform's own words.
    pub description: Option<String>,
    /// To whom it went.
    pub destination: Option<Ref<Account>>,
    /// The payment that it made there; an object of the destination.
    pub destination_payment: Optional<Ref<Charge>>,
    /// Live or test.
    pub livemode: bool,
    /// The platform's own keys and values.
    pub metadata: Metadata,
    /// What came back, newest first.
    pub reversals: Reversals,
    /// Whether all of it came back.
    pub reversed: bool,
    /// The charge whose money it is.
    pub source_transaction: Option<Ref<Charge>>,
    /// Of what kind of money it is.
    pub source_type: Optional<SourceType>,
    /// What holds it and charges together.
    pub transfer_group: Option<String>,
    /// From when the destination can spend it.
    pub available_on: Hidden<Timestamp>,
    /// The fee that the platform took of the payment.
    pub application_fee: Hidden<Optional<String>>,
}

/// Of what kind of money a movement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum SourceType {
    /// From bank accounts.
    BankAccount,
    /// From cards.
    Card,
    /// From FPX.
    Fpx,
}

/// The first page of a transfer's reversals, as it stands in the transfer.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Reversals {
    /// `list`.
    pub object: String,
    /// The newest reversals.
    pub data: Vec<TransferReversal>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all.
    pub total_count: i64,
    /// Where all of them are.
    pub url: String,
}

/// Reversals that stand in a transfer.
const EMBEDDED_MAX: usize = 10;

impl Reversals {
    /// The empty page of a transfer.
    pub fn of(transfer: &str) -> Self {
        let url = format!("{}/{transfer}/reversals", Transfer::PATH);
        Reversals { object: "list".into(), data: Vec::new(), has_more: false, total_count: 0, url }
    }
    /// Puts a new reversal in front.
    pub fn add(&mut self, reversal: TransferReversal) {
        self.data.insert(0, reversal);
        self.total_count += 1;
        self.has_more |= self.data.len() > EMBEDDED_MAX;
        self.data.truncate(EMBEDDED_MAX);
    }
    /// Puts a changed reversal in the place of what it was.
    pub fn replace(&mut self, reversal: &TransferReversal) {
        if let Some(slot) = self.data.iter_mut().find(|it| it.id == reversal.id) {
            slot.clone_from(reversal);
        }
    }
}

impl Named for Transfer {
    const NAME: &'static str = "transfer";
    const PREFIX: &'static str = "tr";
}
impl Object for Transfer {
    const PATH: &'static str = "/v1/transfers";
    /// The payment lies with whom the money went to.
    const ABROAD: &'static [(&'static str, Abroad)] =
        &[("destination_payment", Abroad::Member("destination"))];
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let destination = self.destination.as_ref().map(|it| IndexKey::listed("destination", &it.id));
        let group = self.transfer_group.as_ref().map(|it| IndexKey::listed("transfer_group", it));
        [destination, group].into_iter().flatten().collect()
    }
}

impl Transfer {
    /// What is left to come back, in minor units.
    pub fn unreversed(&self) -> i64 {
        self.amount - self.amount_reversed
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Transfer>();
/// Money went to another account.
pub const CREATED: &str = "transfer.created";
/// It came back, in whole or in part.
pub const REVERSED: &str = "transfer.reversed";
/// A transfer's description or metadata was changed.
pub const UPDATED: &str = "transfer.updated";
/// What transfers cause.
pub const EVENTS: &[&str] = &[CREATED, REVERSED, UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/transfers", "transfer", |cx, p| Box::pin(create(cx, p))),
        Endpoint::new("GET", "/v1/transfers/{id}", "transfer", |cx, p| Box::pin(then::retrieve(cx, p))),
        Endpoint::new("POST", "/v1/transfers/{id}", "transfer", |cx, p| Box::pin(update(cx, p))),
        Endpoint::list::<List>("/v1/transfers", "transfer", |cx, p| Box::pin(list(cx, p))),
        // Of the first years; today balance transactions are filtered by their payout.
        Endpoint::list::<then::Nothing>("/v1/transfers/{id}/transactions", "balance_transaction", |cx, p| Box::pin(then::transactions(cx, p))).permission("transfer"),
    ]
}

/// What `POST /v1/transfers` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount: Option<i64>,
    currency: Currency,
    destination: String,
    description: Option<String>,
    metadata: MetadataPatch,
    source_transaction: Option<String>,
    source_type: Option<SourceType>,
    transfer_group: Option<String>,
}

/// What `POST /v1/transfers/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    description: Patch<String>,
    metadata: MetadataPatch,
}

/// What `GET /v1/transfers` filters by.
#[derive(Debug, Wire)]
pub struct List {
    created: Option<Range>,
    destination: Option<String>,
    transfer_group: Option<String>,
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Transfer> {
    let metadata = p.metadata.fresh()?;
    rules::description(p.description.as_deref())?;
    if let Some(amount) = p.amount {
        rules::positive("amount", amount)?;
    }
    settlement::only_cards(p.source_type)?;
    let party = destination(cx, &p.destination, "destination").await?;
    let from = cx.caller.account.clone();
    let mut ask = Ask {
        from: &from,
        to: &party,
        amount: 0,
        currency: p.currency,
        available_on: None,
        may_owe: false,
        source: None,
        source_type: p.source_type,
        group: p.transfer_group,
        description: p.description,
        metadata,
        fee: None,
    };
    let mut charge = None;
    match p.source_transaction {
        None => ask.amount = p.amount.ok_or_else(|| ApiError::missing("amount"))?,
        Some(id) => {
            let mut source: Charge = cx.must("source_transaction", &id).await?;
            let exchange = balance_transaction::exchange_of(cx, &source).await?;
            ask.amount = of_charge(&source, exchange, p.amount, p.currency)?;
            source.transferred.0 = Optional(Some(source.transferred.0.0.unwrap_or(0) + ask.amount));
            // The charge and its transfers are one group, whoever names it first.
            let group = ask.group.take().or_else(|| source.transfer_group.clone());
            let group = group.unwrap_or_else(|| group_of(&source));
            source.transfer_group.get_or_insert_with(|| group.clone());
            ask.group = Some(group);
            ask.available_on = source.available_on.0.0;
            ask.source = Some(source.id.clone());
            charge = Some(source);
        }
    }
    let sent = send(cx, ask).await?;
    if let Some(charge) = charge {
        cx.put(&charge);
    }
    let transfer = sent.transfer.clone();
    sent.tell(cx);
    done(transfer)
}

/// The group of a charge that nobody gave one.
pub(crate) fn group_of(charge: &Charge) -> String {
    format!("group_{}", charge.payment_intent.as_ref().map_or(charge.id.as_str(), |it| it.id.as_str()))
}

/// How much of a charge a transfer takes, in minor units. Errors: there is not so much left of it, or it is other
/// money.
fn of_charge(
    charge: &Charge,
    exchange: Option<Exchange>,
    amount: Option<i64>,
    currency: Currency,
) -> Result<i64, ApiError> {
    let refuse = |message: String| ApiError::invalid(400, message).param("source_transaction");
    let id = &charge.id;
    if charge.balance_transaction.is_none() {
        let message =
            format!("Charge {id} has not been captured, so it has no money that could be transferred.");
        return Err(refuse(message));
    }
    if charge.has_parts() {
        let message =
            format!("Cannot use {id} as a source_transaction, because it can be captured in several parts.");
        return Err(refuse(message));
    }
    if charge.transfer_data.is_some() {
        let message = format!(
            "Cannot use {id} as a source_transaction, because it transfers its money itself (transfer_data)."
        );
        return Err(refuse(message));
    }
    let settles_in = exchange.map_or(charge.currency, |it| it.to);
    if settles_in != currency {
        let message = format!(
            "The currency of source_transaction's balance transaction ({}) must be the same as the transfer currency ({currency})",
            settles_in
        );
        return Err(ApiError::invalid(400, message).param("currency"));
    }
    let whole = exchange.map_or(charge.amount_captured, |it| it.convert(charge.amount_captured));
    let left = whole - charge.transferred.0.0.unwrap_or(0);
    let amount = amount.unwrap_or(left);
    if amount > left || left <= 0 {
        let (asked, left) = (currency.display(amount), currency.display(left));
        let message = format!(
            "You cannot transfer {asked} of charge {id}: the transfers that use it as source_transaction cannot exceed its amount, and {left} is left of it."
        );
        return Err(ApiError::invalid(400, message).code("balance_insufficient").param("amount"));
    }
    Ok(amount)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Transfer> {
    let before: Transfer = named(cx, "id").await?;
    let mut transfer = before.clone();
    if let Patch::Set(text) = &p.description {
        rules::description(Some(text))?;
    }
    p.description.apply(&mut transfer.description);
    p.metadata.apply(&mut transfer.metadata)?;
    cx.put(&transfer);
    cx.emit_update(UPDATED, &before, &transfer);
    done(transfer)
}

/// The transfer that a part of the URL names.
pub(crate) async fn named(cx: &mut Cx<'_>, part: &str) -> Result<Transfer, Stop> {
    let id = cx.path(part).to_owned();
    cx.must("id", &id).await
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    if then::in_one(cx) && p.destination.is_none() && p.transfer_group.is_none() {
        return then::list(cx, p).await;
    }
    let List { created, destination, transfer_group } = p;
    let by = match (&destination, &transfer_group) {
        (_, Some(group)) => Some(("transfer_group", group.clone())),
        (Some(destination), None) => Some(("destination", destination.clone())),
        (None, None) => None,
    };
    if created.is_none() && (destination.is_none() || transfer_group.is_none()) {
        return cx.page::<Transfer>(by).await;
    }
    cx.page_where::<Transfer>(by, |doc| {
        wire::from_json::<Transfer>(&doc.body).is_ok_and(|it| {
            created.is_none_or(|range| range.holds(it.created.0))
                && (destination.is_none() || destination == it.destination.map(|it| it.id))
        })
    })
    .await
}

#[cfg(test)]
mod tests;
