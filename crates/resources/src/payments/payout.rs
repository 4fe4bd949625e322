//! Payouts: money that leaves a balance for the account's bank (API page "Payouts").
mod advance;
mod external;
mod make;

pub(crate) use advance::advance;
pub(crate) use external::External;
pub(crate) use make::{Make, make};

use crate::{
    connect::application_fee::ApplicationFee,
    payments::{
        balance_transaction::{self, BalanceTransaction, FeeDetail, Kind, Movement},
        charge::rules,
        settlement,
        transfer::SourceType,
    },
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use money::{Delay, LedgerAccount, Posting};
use store::IndexKey;
use wire::{At, Bad, Hidden, Node, Optional, Shape, Wire};

/// Money that leaves a balance for a bank account.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Payout {
    /// `po_…`.
    pub id: String,
    /// `payout`.
    pub object: String,
    /// In minor units; negative where the bank account is debited.
    pub amount: i64,
    /// What a platform took of it.
    pub application_fee: Option<Ref<ApplicationFee>>,
    /// What a platform takes of it, in minor units.
    pub application_fee_amount: Option<i64>,
    /// When the bank has it.
    pub arrival_date: Timestamp,
    /// Whether the schedule made it.
    pub automatic: bool,
    /// What the balance gave for it.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amount.
    pub currency: Currency,
    /// The account's own words.
    pub description: Option<String>,
    /// Where it goes.
    pub destination: Option<Destination>,
    /// What the balance got back, where it failed or was canceled.
    pub failure_balance_transaction: Option<Ref<BalanceTransaction>>,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// The same as a sentence.
    pub failure_message: Option<String>,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// How fast it goes.
    pub method: Method,
    /// The payout that it takes back.
    pub original_payout: Option<Ref<Payout>>,
    /// The financial account that it goes to.
    pub payout_method: Option<String>,
    /// Whether it is known which movements it pays out.
    pub reconciliation_status: Reconciliation,
    /// The payout that takes it back.
    pub reversed_by: Option<Ref<Payout>>,
    /// Of what kind of money it is.
    pub source_type: SourceType,
    /// What the bank statement shows.
    pub statement_descriptor: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// The bank's own number of it.
    pub trace_id: Option<TraceId>,
    /// What it goes to.
    pub r#type: DestinationType,
    /// What sending it cost, in minor units.
    pub fee: Hidden<Optional<i64>>,
    /// What it left in the balance.
    pub left: Hidden<Optional<Left>>,
    /// What the bank will say; nothing where it will take it.
    pub refusal: Hidden<Optional<String>>,
    /// An automatic payout pays out what became available after the one before it and until it was made.
    pub since: Hidden<Optional<Cut>>,
}

/// What a payout left in the balance because the account wants that: it is held before the payout's own movement, and let
/// go after it, so that the payout is what the movements before it add up to.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Left {
    /// In minor units.
    pub amount: i64,
    /// The balance transaction that held it.
    pub hold: String,
    /// The one that let it go.
    pub release: String,
}

/// Where the books are cut by an automatic payout.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Cut {
    /// Money of days until then was there.
    pub at: Timestamp,
    /// Of what came when it was available already, that came before this balance transaction, which is the payout's own.
    pub transaction: String,
}

impl Cut {
    /// Before everything.
    pub fn beginning() -> Self {
        Cut { at: Timestamp(0), transaction: String::new() }
    }
    /// Whether a movement was in the balance before the cut.
    pub fn is_after(&self, it: &BalanceTransaction) -> bool {
        if it.available_on > it.created { it.available_on <= self.at } else { it.id < self.transaction }
    }
}

/// How fast a payout goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Method {
    /// Within half an hour.
    Instant,
    /// By the next business day.
    Standard,
}

/// Whether it is known which movements a payout pays out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Reconciliation {
    /// It is.
    Completed,
    /// Not yet.
    InProgress,
    /// Of a manual payout it is not.
    NotApplicable,
}

/// Where a payout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It was taken back before it left.
    Canceled,
    /// The bank refused it.
    Failed,
    /// It has left.
    InTransit,
    /// The bank has it.
    Paid,
    /// It has not left.
    Pending,
}

/// What a payout goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum DestinationType {
    /// A bank account.
    BankAccount,
    /// A debit card.
    Card,
}

/// The bank's own number of a payout.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct TraceId {
    /// Whether there is one.
    pub status: String,
    /// The number.
    pub value: Option<String>,
}

/// The id of an external account: a bank account or a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination(pub String);

impl Wire for Destination {
    const SHAPE: Shape = Shape::Reference("bank_account card");
    fn read(at: &At<'_>, node: Option<&Node<'_>>) -> Result<Self, Bad> {
        String::read(at, node).map(Destination)
    }
    fn write(&self, out: &mut Vec<u8>) {
        wire::write_str(out, &self.0);
    }
}

impl Named for Payout {
    const NAME: &'static str = "payout";
    const PREFIX: &'static str = "po";
}
impl Object for Payout {
    const PATH: &'static str = "/v1/payouts";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let destination = self.destination.as_ref().map(|it| IndexKey::listed("destination", &it.0));
        destination.into_iter().collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Payout>();
/// A payout was taken back before it left.
pub const CANCELED: &str = "payout.canceled";
/// A payout was made.
pub const CREATED: &str = "payout.created";
/// The bank refused a payout.
pub const FAILED: &str = "payout.failed";
/// The bank has a payout.
pub const PAID: &str = "payout.paid";
/// It is known which movements an automatic payout pays out.
pub const RECONCILED: &str = "payout.reconciliation_completed";
/// A payout was changed.
pub const UPDATED: &str = "payout.updated";
/// What payouts cause.
pub const EVENTS: &[&str] = &[CANCELED, CREATED, FAILED, PAID, RECONCILED, UPDATED];

/// The endpoints.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/payouts", "payout", |cx, p| Box::pin(create(cx, p))),
        Endpoint::retrieve::<Payout>("/v1/payouts/{id}"),
        Endpoint::new("POST", "/v1/payouts/{id}", "payout", |cx, p| Box::pin(update(cx, p))),
        Endpoint::list::<List>("/v1/payouts", "payout", |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("POST", "/v1/payouts/{id}/cancel", "payout", |cx, p| Box::pin(cancel(cx, p))),
        Endpoint::new("POST", "/v1/payouts/{id}/reverse", "payout", |cx, p| Box::pin(reverse(cx, p))),
    ]
}

/// What `POST /v1/payouts` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount: i64,
    currency: Currency,
    description: Option<String>,
    destination: Option<String>,
    metadata: MetadataPatch,
    method: Option<Method>,
    source_type: Option<SourceType>,
    statement_descriptor: Option<String>,
}

/// What `POST /v1/payouts/{id}` and `POST /v1/payouts/{id}/reverse` take.
#[derive(Debug, Wire)]
pub struct Update {
    metadata: MetadataPatch,
}

/// What `POST /v1/payouts/{id}/cancel` takes.
#[derive(Debug, Wire)]
pub struct Cancel {}

/// What `GET /v1/payouts` filters by.
#[derive(Debug, Wire)]
pub struct List {
    arrival_date: Option<Range>,
    created: Option<Range>,
    destination: Option<String>,
    status: Option<String>,
}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Payout> {
    let metadata = p.metadata.fresh()?;
    rules::positive("amount", p.amount)?;
    rules::description(p.description.as_deref())?;
    rules::statement_descriptor("statement_descriptor", p.statement_descriptor.as_deref())?;
    settlement::only_cards(p.source_type)?;
    let account = cx.caller.account.clone();
    let external = External::of(cx, &account, p.currency, p.destination.as_deref()).await?;
    let make = Make {
        amount: p.amount,
        currency: p.currency,
        description: p.description,
        metadata,
        method: p.method.unwrap_or(Method::Standard),
        statement_descriptor: p.statement_descriptor,
        leaves: 0,
        since: None,
    };
    let payout = self::make(cx, external, make).await?;
    cx.emit(CREATED, &payout);
    done(payout)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Payout> {
    let id = cx.path("id").to_owned();
    let before: Payout = cx.must("id", &id).await?;
    let mut payout = before.clone();
    p.metadata.apply(&mut payout.metadata)?;
    cx.put(&payout);
    cx.emit_update(UPDATED, &before, &payout);
    done(payout)
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { arrival_date, created, destination, status } = p;
    let by = destination.map(|destination| ("destination", destination));
    if arrival_date.is_none() && created.is_none() && status.is_none() {
        return cx.page::<Payout>(by).await;
    }
    cx.page_where::<Payout>(by, |doc| {
        wire::from_json::<Payout>(&doc.body).is_ok_and(|it| {
            arrival_date.is_none_or(|range| range.holds(it.arrival_date.0))
                && created.is_none_or(|range| range.holds(it.created.0))
                && status.as_deref().is_none_or(|wanted| wanted == it.status.as_str())
        })
    })
    .await
}

async fn cancel(cx: &mut Cx<'_>, _: Cancel) -> Outcome<Payout> {
    let id = cx.path("id").to_owned();
    let before: Payout = cx.must("id", &id).await?;
    let refuse = |message: String| ApiError::invalid(400, message);
    if before.automatic {
        let message =
            format!("Payout {id} was made by the payout schedule. Only manual payouts can be canceled.");
        return Err(refuse(message).into());
    }
    if before.status != Status::Pending {
        let status = before.status.as_str();
        let message = format!(
            "Payout {id} cannot be canceled because its status is {status}: only pending payouts can."
        );
        return Err(refuse(message).into());
    }
    let mut payout = before.clone();
    payout.status = Status::Canceled;
    payout.failure_balance_transaction =
        Some(give_back(cx, &before, Kind::PayoutCancel, cx.now().midnight())?);
    cx.put(&payout);
    cx.emit_update(CANCELED, &before, &payout);
    done(payout)
}

/// Writes down that the balance gets back what it gave for a payout.
fn give_back(
    cx: &mut Cx<'_>,
    payout: &Payout,
    kind: Kind,
    available_on: Timestamp,
) -> Result<Ref<BalanceTransaction>, Stop> {
    let (currency, amount) = (payout.currency, payout.amount);
    // Nobody pays for what did not arrive.
    let fee = payout.fee.0.0.unwrap_or(0);
    let fees = if fee == 0 { Vec::new() } else { vec![FeeDetail::processing(-fee, currency)] };
    let posting =
        Posting::payout(currency, -amount, -fee, available_on).map_err(balance_transaction::unbalanced)?;
    let account = cx.caller.account.clone();
    let transaction = balance_transaction::record(
        cx,
        Movement {
            account: &account,
            live: payout.livemode,
            kind,
            amount,
            currency,
            fees,
            available_on,
            description: Some(match kind {
                Kind::PayoutCancel => "PAYOUT CANCELED".into(),
                _ => "PAYOUT FAILURE".into(),
            }),
            source: payout.id.clone(),
            posting,
        },
    )?;
    Ok(Ref::to(transaction))
}

async fn reverse(cx: &mut Cx<'_>, p: Update) -> Outcome<Payout> {
    let metadata = p.metadata.fresh()?;
    let id = cx.path("id").to_owned();
    let before: Payout = cx.must("id", &id).await?;
    let refuse = |message: String| Err(ApiError::invalid(400, message).into());
    if before.original_payout.is_some() || before.amount < 0 {
        return refuse(format!("Payout {id} is a debit itself and cannot be reversed."));
    }
    if before.reversed_by.is_some() {
        return refuse(format!("Payout {id} has already been reversed."));
    }
    if before.status != Status::Paid {
        let status = before.status.as_str();
        return refuse(format!(
            "Payout {id} cannot be reversed because its status is {status}: only paid payouts can."
        ));
    }
    if before.r#type != DestinationType::BankAccount {
        return refuse(format!("Payout {id} went to a card. Only payouts to bank accounts can be reversed."));
    }
    let mut payout = Payout {
        id: cx.new_id::<Payout>(),
        amount: -before.amount,
        arrival_date: money::available_on(cx.now(), Delay::BusinessDays(1)),
        automatic: false,
        balance_transaction: None,
        created: cx.now(),
        description: Some(format!("Reversal of {id}")),
        metadata,
        method: Method::Standard,
        original_payout: Some(Ref::to(&id)),
        reconciliation_status: Reconciliation::NotApplicable,
        status: Status::Pending,
        fee: Hidden(Optional(None)),
        left: Hidden(Optional(None)),
        since: Hidden(Optional(None)),
        ..before.clone()
    };
    let account = cx.caller.account.clone();
    let transaction = balance_transaction::record(
        cx,
        Movement {
            account: &account,
            live: payout.livemode,
            kind: Kind::PayoutCancel,
            amount: before.amount,
            currency: payout.currency,
            fees: Vec::new(),
            available_on: payout.arrival_date,
            description: Some("PAYOUT REVERSAL".into()),
            source: payout.id.clone(),
            posting: Posting::moved(LedgerAccount::Bank, payout.currency, before.amount, payout.arrival_date),
        },
    )?;
    payout.balance_transaction = Some(Ref::to(transaction));
    let mut original = before.clone();
    original.reversed_by = Some(Ref::to(&payout.id));
    cx.put(&payout);
    cx.put(&original);
    make::send_later(cx, &payout);
    cx.emit(CREATED, &payout);
    cx.emit_update(UPDATED, &before, &original);
    done(payout)
}

#[cfg(test)]
mod tests;
