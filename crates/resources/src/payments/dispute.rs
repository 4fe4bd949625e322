//! Disputes: a cardholder objects to a charge with the bank (API page "Disputes"). An inquiry is the question before
//! that, and moves no money.
mod evidence;
mod open;
mod settle;
#[cfg(test)]
mod tests;

pub use evidence::{Evidence, EvidencePatch};
pub use open::{Ask, open};
pub use settle::{Verdict, decide};
pub(crate) use settle::{decided, inquiry_ends, of_charge, overdue, refunded};

use crate::due;
use crate::payments::{
    balance_transaction::BalanceTransaction, charge::Charge, payment_intent::PaymentIntent,
};
use api::{Cx, Endpoint, Noun, Object, Outcome, Page, Range, Reply, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use evidence::EvidenceDetails;
use store::{Bytes, IndexKey};
use wire::{At, Hidden, Node, Optional, Wire};

/// An objection to a charge.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Dispute {
    /// `dp_…`.
    pub id: String,
    /// `dispute`.
    pub object: String,
    /// What the cardholder wants back, in minor units of the charge's currency.
    pub amount: i64,
    /// What it moved on the balance: nothing, a withdrawal, or a withdrawal and what came back.
    pub balance_transactions: Vec<BalanceTransaction>,
    /// The charge.
    pub charge: Ref<Charge>,
    /// When it was opened.
    pub created: Timestamp,
    /// The currency of the amount.
    pub currency: Currency,
    /// The networks' programmes that it may be answered under.
    pub enhanced_eligibility_types: Vec<String>,
    /// What the account says to it.
    pub evidence: Evidence,
    /// Until when and how often evidence can be sent.
    pub evidence_details: EvidenceDetails,
    /// How the account wants evidence to be sent.
    pub intended_submission_method: Option<SubmissionMethod>,
    /// Whether the charge can still be refunded.
    pub is_charge_refundable: bool,
    /// Live or test.
    pub livemode: bool,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// The reason in the network's own code.
    pub network_reason_code: Optional<String>,
    /// The payment that the charge was an attempt at.
    pub payment_intent: Option<Ref<PaymentIntent>>,
    /// What was paid with, and what kind of case it is.
    pub payment_method_details: Optional<PaymentMethodDetails>,
    /// Why.
    pub reason: Reason,
    /// Where it stands.
    pub status: Status,
    /// Until when an inquiry is open; disputes go by `evidence_details[due_by]`.
    pub closes: Hidden<Optional<Timestamp>>,
}

/// How evidence is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum SubmissionMethod {
    /// By the account.
    Manual,
    /// By the account, where it does.
    PreferManual,
    /// By the processor, where it can.
    PreferSmartDisputes,
    /// By the processor.
    SmartDisputes,
}

/// What was paid with.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct PaymentMethodDetails {
    /// The card.
    pub card: Optional<CardCase>,
    /// Which member is there.
    pub r#type: String,
}

/// A case of a card network.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CardCase {
    /// The card's brand.
    pub brand: String,
    /// What kind of case it is.
    pub case_type: CaseType,
    /// The network that it runs on.
    pub network: String,
    /// The reason in the network's own code.
    pub network_reason_code: Option<String>,
}

/// Kinds of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CaseType {
    /// It was settled before it began, and nothing moved.
    Block,
    /// Money is taken back.
    Chargeback,
    /// The network's rules are said to be broken.
    Compliance,
    /// The bank asks.
    Inquiry,
    /// It was settled before it began, by giving the money back.
    Resolution,
}

/// Why a cardholder objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Reason {
    /// The bank cannot process the payment.
    BankCannotProcess,
    /// A check came back.
    CheckReturned,
    /// What was promised back did not come.
    CreditNotProcessed,
    /// The customer asked the bank to take it back.
    CustomerInitiated,
    /// The debit was not authorized.
    DebitNotAuthorized,
    /// It was charged twice.
    Duplicate,
    /// Somebody else used the card.
    Fraudulent,
    /// None of the others.
    General,
    /// The account's data are wrong.
    IncorrectAccountDetails,
    /// There was no money.
    InsufficientFunds,
    /// The network's rules were broken.
    Noncompliant,
    /// Nothing arrived.
    ProductNotReceived,
    /// What arrived is not as it was described.
    ProductUnacceptable,
    /// The subscription had ended.
    SubscriptionCanceled,
    /// The cardholder does not know the charge.
    Unrecognized,
}

impl Reason {
    /// The reason that a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Reason::read(&At::top(true), Some(&Node::text(word))).ok()
    }
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// The money stays with the cardholder.
    Lost,
    /// Evidence is waited for.
    NeedsResponse,
    /// A prevention product settled it before it began.
    Prevented,
    /// The bank decides.
    UnderReview,
    /// An inquiry ended without a dispute.
    WarningClosed,
    /// The bank asks and waits.
    WarningNeedsResponse,
    /// The bank reads the answer to its question.
    WarningUnderReview,
    /// The money came back.
    Won,
}

impl Status {
    /// Whether nothing more can come of it.
    pub fn is_closed(self) -> bool {
        matches!(self, Status::Lost | Status::Prevented | Status::WarningClosed | Status::Won)
    }
    /// Whether it is a question of the bank.
    pub fn is_inquiry(self) -> bool {
        matches!(self, Status::WarningClosed | Status::WarningNeedsResponse | Status::WarningUnderReview)
    }
    /// Whether evidence can be changed.
    pub fn takes_evidence(self) -> bool {
        matches!(self, Status::NeedsResponse | Status::WarningNeedsResponse)
    }
}

impl Named for Dispute {
    const NAME: &'static str = "dispute";
    const PREFIX: &'static str = "dp";
}
impl Object for Dispute {
    const PATH: &'static str = "/v1/disputes";
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let intent = self.payment_intent.as_ref().map(|it| IndexKey::listed(PaymentIntent::NAME, &it.id));
        [Some(IndexKey::listed(Charge::NAME, &self.charge.id)), intent].into_iter().flatten().collect()
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Dispute>();
/// A dispute ended.
pub const CLOSED: &str = "charge.dispute.closed";
/// A dispute was opened.
pub const CREATED: &str = "charge.dispute.created";
/// The money came back.
pub const FUNDS_REINSTATED: &str = "charge.dispute.funds_reinstated";
/// The money was taken.
pub const FUNDS_WITHDRAWN: &str = "charge.dispute.funds_withdrawn";
/// A dispute changed, usually by evidence.
pub const UPDATED: &str = "charge.dispute.updated";
/// What disputes cause.
pub const EVENTS: &[&str] = &[CLOSED, CREATED, FUNDS_REINSTATED, FUNDS_WITHDRAWN, UPDATED];

/// The endpoints; those below a charge are the earlier form.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::list::<List>("/v1/disputes", "dispute", |cx, p| Box::pin(list(cx, p))),
        Endpoint::new("GET", "/v1/disputes/{id}", "dispute", |cx, p| Box::pin(retrieve(cx, p))),
        Endpoint::new("POST", "/v1/disputes/{id}", "dispute", |cx, p| Box::pin(update(cx, p))),
        Endpoint::new("POST", "/v1/disputes/{id}/close", "dispute", |cx, p| Box::pin(close(cx, p))),
        Endpoint::new("GET", "/v1/charges/{id}/dispute", "dispute", |cx, p| Box::pin(retrieve_of(cx, p))),
        Endpoint::new("POST", "/v1/charges/{id}/dispute", "dispute", |cx, p| Box::pin(update_of(cx, p))),
        Endpoint::new("POST", "/v1/charges/{id}/dispute/close", "dispute", |cx, p| Box::pin(close_of(cx, p))),
    ]
}

/// What `POST /v1/disputes/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    evidence: Option<EvidencePatch>,
    intended_submission_method: Option<SubmissionMethod>,
    metadata: MetadataPatch,
    submit: Option<bool>,
}

/// What `GET /v1/disputes` filters by.
#[derive(Debug, Wire)]
pub struct List {
    charge: Option<String>,
    created: Option<Range>,
    payment_intent: Option<String>,
}

/// What takes nothing.
#[derive(Debug, Wire)]
pub struct Nothing {}

// Transitions.

impl Dispute {
    /// What it is at this time: money becomes available as the clock passes its day.
    fn at(mut self, now: Timestamp) -> Self {
        let moved = std::mem::take(&mut self.balance_transactions);
        self.balance_transactions = moved.into_iter().map(|it| it.at(now)).collect();
        self
    }
    /// Refuses what only an open dispute allows.
    fn must_be_open(&self) -> Result<(), ApiError> {
        if !self.status.is_closed() {
            return Ok(());
        }
        let message = format!("This dispute is already closed: its status is {}.", self.status.as_str());
        Err(ApiError::invalid(400, message))
    }
}

// Operations.

async fn retrieve(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Dispute> {
    let id = cx.path("id").to_owned();
    let found: Option<Dispute> = cx.peek(&id).await?;
    let found = found.ok_or_else(|| ApiError::no_such(Dispute::NAME, &id, "id"))?;
    done(found.at(cx.now()))
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { charge, created, payment_intent } = p;
    let by = match (charge, &payment_intent) {
        (Some(charge), _) => Some((Charge::NAME, charge)),
        (None, Some(intent)) => Some((PaymentIntent::NAME, intent.clone())),
        (None, None) => None,
    };
    // Asked before the list is read: what opens in between is in the list.
    let soon = match &payment_intent {
        Some(intent) => is_about_to_open(cx, intent).await?,
        None => false,
    };
    let reply = cx
        .page_where::<Dispute>(by, |doc| {
            if created.is_none() && payment_intent.is_none() {
                return true;
            }
            wire::from_json::<Dispute>(&doc.body).is_ok_and(|it| {
                created.is_none_or(|range| range.holds(it.created.0))
                    && payment_intent
                        .as_ref()
                        .is_none_or(|wanted| it.payment_intent.is_some_and(|has| has.id == *wanted))
            })
        })
        .await?;
    let Reply::Done(mut page) = reply else { return Ok(reply) };
    if page.items.is_empty() && soon {
        // Whoever paid with a card that disputes at once may ask before the bank had its turn.
        return Err(Stop::Again);
    }
    let now = cx.now();
    page.items.iter_mut().for_each(|item| freshen(item, now));
    done(page)
}

/// Whether the bank disputes the payment of an intent in this very moment.
async fn is_about_to_open(cx: &Cx<'_>, intent: &str) -> Result<bool, Stop> {
    let charges = cx
        .all_by::<Charge>(
            &cx.caller.account,
            cx.caller.livemode,
            Some((PaymentIntent::NAME, intent.to_owned())),
            1,
        )
        .await?;
    Ok(charges.iter().any(|charge| {
        !charge.disputed
            && !charge.refunded
            && cx.now() <= charge.created.plus(1)
            && due::will_dispute(charge)
    }))
}

/// Brings the public JSON of a dispute up to this time.
fn freshen(item: &mut Bytes, now: Timestamp) {
    if let Ok(dispute) = wire::from_json::<Dispute>(item) {
        let mut out = Vec::with_capacity(item.len());
        wire::write_struct(&dispute.at(now), &mut out);
        *item = Bytes::from(out);
    }
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Dispute> {
    let id = cx.path("id").to_owned();
    let before: Dispute = cx.must("id", &id).await?;
    change(cx, &before, p).await
}

/// Writes evidence down, and sends it to the bank unless it is only to be kept.
async fn change(cx: &mut Cx<'_>, before: &Dispute, p: Update) -> Outcome<Dispute> {
    let Update { evidence, intended_submission_method, metadata, submit } = p;
    let mut dispute = before.clone();
    metadata.apply(&mut dispute.metadata)?;
    if let Some(method) = intended_submission_method {
        dispute.must_be_open()?;
        dispute.intended_submission_method = Some(method);
    }
    let said = evidence.is_some();
    if said || submit.is_some() {
        if !before.status.takes_evidence() {
            let message = format!(
                "Evidence can't be changed or submitted any more: the status of this dispute is {}.",
                before.status.as_str()
            );
            let param = if said { "evidence" } else { "submit" };
            return Err(ApiError::invalid(400, message).param(param).into());
        }
        if let Some(patch) = evidence {
            patch.look(cx).await?;
            patch.apply(&mut dispute.evidence)?;
        }
        dispute.evidence_details.has_evidence = !dispute.evidence.is_empty();
        evidence::keep_eligibility(&mut dispute);
    }
    if submit.unwrap_or(said) {
        settle::submit(cx, &mut dispute)?;
    }
    cx.put(&dispute);
    cx.emit_update(UPDATED, before, &dispute);
    done(dispute.at(cx.now()))
}

async fn close(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Dispute> {
    let id = cx.path("id").to_owned();
    let before: Dispute = cx.must("id", &id).await?;
    accept(cx, before).await
}

/// The account gives in.
async fn accept(cx: &mut Cx<'_>, before: Dispute) -> Outcome<Dispute> {
    before.must_be_open()?;
    let dispute = decide(cx, before, Verdict::Lost).await?;
    done(dispute.at(cx.now()))
}

/// The dispute of the charge that the URL names: the last one where there are several.
async fn named(cx: &mut Cx<'_>) -> Result<Dispute, Stop> {
    let id = cx.path("id").to_owned();
    let charge: Charge = cx.must("id", &id).await?;
    let (account, live) = (cx.caller.account.clone(), cx.caller.livemode);
    let last = cx.all_by::<Dispute>(&account, live, Some((Charge::NAME, charge.id)), 1).await?;
    let Some(last) = last.into_iter().next() else {
        return Err(ApiError::invalid(404, format!("No dispute for charge: {id}"))
            .code("resource_missing")
            .param("id")
            .into());
    };
    cx.must("id", &last.id).await
}

async fn retrieve_of(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Dispute> {
    let dispute = named(cx).await?;
    done(dispute.at(cx.now()))
}

async fn update_of(cx: &mut Cx<'_>, p: Update) -> Outcome<Dispute> {
    let before = named(cx).await?;
    change(cx, &before, p).await
}

async fn close_of(cx: &mut Cx<'_>, _: Nothing) -> Outcome<Dispute> {
    let before = named(cx).await?;
    accept(cx, before).await
}
