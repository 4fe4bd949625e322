//! Refunds: money of a charge that goes back to the card, or of a cash balance that goes back to the bank (API page "Refunds").
mod from_cash;
mod give_back;
mod make;
mod parts;
mod settle;
mod wait;

pub use make::{Ask, make};
pub(crate) use settle::{fails, settles};
pub use wait::Waits;
pub(crate) use wait::{disputed, goes, money_came};

use crate::payments::{
    balance_transaction::BalanceTransaction,
    charge::Charge,
    customer::Customer,
    payment_intent::PaymentIntent,
    payment_method::{CashMethod, MethodType},
    transfer_reversal::TransferReversal,
};
use api::{Abroad, Cx, Endpoint, Noun, Object, Outcome, Page, Place, Range, Stop, done};
use base::{ApiError, Currency, Metadata, MetadataPatch, Named, Ref, Timestamp};
use store::IndexKey;
use wire::{Hidden, Optional, Wire};

/// Money of a charge that went back.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct Refund {
    /// `re_…`.
    pub id: String,
    /// `refund`.
    pub object: String,
    /// In minor units.
    pub amount: i64,
    /// What the balance gave for it; none where the money had only been reserved.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// The charge.
    pub charge: Option<Ref<Charge>>,
    /// When it was made.
    pub created: Timestamp,
    /// The currency of the amount.
    pub currency: Currency,
    /// Whose card it was.
    pub customer: Option<Ref<Customer>>,
    /// The account that paid, where an account did.
    pub customer_account: Option<String>,
    /// How it reaches the cardholder.
    pub destination_details: Optional<DestinationDetails>,
    /// What the balance got back where it did not reach the cardholder.
    pub failure_balance_transaction: Optional<Ref<BalanceTransaction>>,
    /// Why it did not reach the cardholder.
    pub failure_reason: Optional<String>,
    /// Where the customer is asked for a bank account, where none is known.
    pub instructions_email: Optional<String>,
    /// The account's own keys and values.
    pub metadata: Metadata,
    /// The payment that the charge was an attempt at.
    pub payment_intent: Option<Ref<PaymentIntent>>,
    /// What the charge was paid with.
    pub payment_method: Option<String>,
    /// Why the money is still on its way.
    pub pending_reason: Optional<PendingReason>,
    /// Why it was made.
    pub reason: Option<Reason>,
    /// The number on the receipt.
    pub receipt_number: Option<String>,
    /// The reversal of the transfer that made the charge.
    pub source_transfer_reversal: Option<Ref<TransferReversal>>,
    /// Where it stands.
    pub status: Option<Status>,
    /// The reversal of the transfer that the charge made.
    pub transfer_reversal: Option<Ref<TransferReversal>>,
    /// The acquirer's name of it.
    pub movement: Hidden<Optional<String>>,
    /// What else was asked of it, while it waits for the balance to cover it.
    pub waits: Hidden<Optional<Waits>>,
}

/// How a refund reaches whoever paid.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct DestinationDetails {
    /// To the card.
    pub card: Optional<CardDestination>,
    /// To what the customer has sent and no payment has taken.
    pub customer_cash_balance: Optional<CashMethod>,
    /// To the bank, in the euro area.
    pub eu_bank_transfer: Optional<BankDestination>,
    /// The same in the United Kingdom.
    pub gb_bank_transfer: Optional<BankDestination>,
    /// The same in Japan.
    pub jp_bank_transfer: Optional<BankDestination>,
    /// The same in Mexico.
    pub mx_bank_transfer: Optional<BankDestination>,
    /// Which member is there.
    pub r#type: DestinationType,
    /// To the bank, in the United States.
    pub us_bank_transfer: Optional<BankDestination>,
}

/// How a refund reaches a bank account.
#[derive(Debug, Clone, Default, PartialEq, Wire)]
pub struct BankDestination {
    /// The bank's own number of it.
    pub reference: Option<String>,
    /// Whether there is one.
    pub reference_status: Option<String>,
}

/// Where a refund can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum DestinationType {
    /// To the card.
    Card,
    /// To the customer's cash balance.
    CustomerCashBalance,
    /// To a bank in the euro area.
    EuBankTransfer,
    /// To a bank in the United Kingdom.
    GbBankTransfer,
    /// To a bank in Japan.
    JpBankTransfer,
    /// To a bank in Mexico.
    MxBankTransfer,
    /// To a bank in the United States.
    UsBankTransfer,
}

impl DestinationDetails {
    /// With nothing in it yet.
    fn blank(r#type: DestinationType) -> Self {
        DestinationDetails {
            card: Optional(None),
            customer_cash_balance: Optional(None),
            eu_bank_transfer: Optional(None),
            gb_bank_transfer: Optional(None),
            jp_bank_transfer: Optional(None),
            mx_bank_transfer: Optional(None),
            r#type,
            us_bank_transfer: Optional(None),
        }
    }
    /// Where money of a charge goes back to, before anybody was asked.
    fn of(charge: &Charge) -> Self {
        let bank = || Optional(Some(BankDestination::default()));
        match charge.payment_method_details.as_ref().map(|it| it.r#type) {
            Some(MethodType::CustomerBalance) => DestinationDetails {
                customer_cash_balance: Optional(Some(CashMethod {})),
                ..DestinationDetails::blank(DestinationType::CustomerCashBalance)
            },
            Some(MethodType::SepaDebit) => DestinationDetails {
                eu_bank_transfer: bank(),
                ..DestinationDetails::blank(DestinationType::EuBankTransfer)
            },
            Some(MethodType::UsBankAccount) => DestinationDetails {
                us_bank_transfer: bank(),
                ..DestinationDetails::blank(DestinationType::UsBankTransfer)
            },
            Some(MethodType::Card) | None => DestinationDetails {
                card: Optional(Some(CardDestination { r#type: CardMovement::Pending })),
                ..DestinationDetails::blank(DestinationType::Card)
            },
        }
    }
    /// How the money reaches the card, if it goes to one.
    fn card_mut(&mut self) -> Option<&mut CardDestination> {
        self.card.0.as_mut()
    }
}

/// How a refund reaches a card.
#[derive(Debug, Clone, PartialEq, Wire)]
pub struct CardDestination {
    /// As what.
    pub r#type: CardMovement,
}

/// As what a refund reaches a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum CardMovement {
    /// It is on its way.
    Pending,
    /// As money.
    Refund,
    /// The charge vanishes from the statement.
    Reversal,
}

/// Why the money is still on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum PendingReason {
    /// The balance does not cover it.
    InsufficientFunds,
    /// The bank has not answered.
    Processing,
}

/// Why a refund was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Reason {
    /// It was charged twice.
    Duplicate,
    /// It was fraud.
    Fraudulent,
    /// The customer asked.
    RequestedByCustomer,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
pub enum Status {
    /// It was called back.
    Canceled,
    /// The bank refused it afterwards.
    Failed,
    /// It is on its way.
    Pending,
    /// The money went back.
    Succeeded,
}

impl Named for Refund {
    const NAME: &'static str = "refund";
    const PREFIX: &'static str = "re";
}
impl Object for Refund {
    /// Those of payments without a card begin otherwise.
    const PLACE: Place = Place::Mixed("re_", &["pyr_"]);
    const PATH: &'static str = "/v1/refunds";
    /// A reversal that made it is an object of the platform.
    const ABROAD: &'static [(&'static str, Abroad)] = &[("source_transfer_reversal", Abroad::Platform)];
    fn id(&self) -> &str {
        &self.id
    }
    fn indexes(&self) -> Vec<IndexKey> {
        let charge = self.charge.as_ref().map(|it| IndexKey::listed(Charge::NAME, &it.id));
        let intent = self.payment_intent.as_ref().map(|it| IndexKey::listed(PaymentIntent::NAME, &it.id));
        [charge, intent, wait::key(self)].into_iter().flatten().collect()
    }
}

impl Refund {
    /// One that is on its way, of nothing in particular yet.
    pub(crate) fn plain(cx: &Cx<'_>, id: String, amount: i64, currency: Currency) -> Self {
        Refund {
            id,
            object: Refund::NAME.into(),
            amount,
            balance_transaction: None,
            charge: None,
            created: cx.now(),
            currency,
            customer: None,
            customer_account: None,
            destination_details: Optional(None),
            failure_balance_transaction: Optional(None),
            failure_reason: Optional(None),
            instructions_email: Optional(None),
            metadata: Metadata::default(),
            payment_intent: None,
            payment_method: None,
            pending_reason: Optional(None),
            reason: None,
            receipt_number: None,
            source_transfer_reversal: None,
            status: Some(Status::Pending),
            transfer_reversal: None,
            movement: Hidden(Optional(None)),
            waits: Hidden(Optional(None)),
        }
    }
}

/// The noun.
pub const NOUN: Noun = Noun::of::<Refund>();
/// A refund was made.
pub const CREATED: &str = "refund.created";
/// A refund was changed.
pub const UPDATED: &str = "refund.updated";
/// A refund did not reach the cardholder.
pub const FAILED: &str = "refund.failed";
/// A change under its earlier name; both are sent.
pub const CHARGE_REFUND_UPDATED: &str = "charge.refund.updated";
/// What refunds cause.
pub const EVENTS: &[&str] = &[CREATED, UPDATED, FAILED, CHARGE_REFUND_UPDATED];

/// The endpoints; those below a charge are the earlier form.
#[rustfmt::skip]
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new("POST", "/v1/refunds", "refund", |cx, p| Box::pin(create(cx, p))).permission("charge"),
        Endpoint::retrieve::<Refund>("/v1/refunds/{id}").permission("charge"),
        Endpoint::new("POST", "/v1/refunds/{id}", "refund", |cx, p| Box::pin(update(cx, p))).permission("charge"),
        Endpoint::new("POST", "/v1/refunds/{id}/cancel", "refund", |cx, p| Box::pin(settle::cancel(cx, p))).permission("charge"),
        Endpoint::list::<List>("/v1/refunds", "refund", |cx, p| Box::pin(list(cx, p))).permission("charge"),
        Endpoint::new("POST", "/v1/charges/{id}/refunds", "refund", |cx, p| Box::pin(create_of(cx, p))).permission("charge"),
        Endpoint::list::<ListOf>("/v1/charges/{id}/refunds", "refund", |cx, p| Box::pin(list_of(cx, p))).permission("charge"),
        Endpoint::new("GET", "/v1/charges/{charge}/refunds/{id}", "refund", |cx, p| Box::pin(retrieve_of(cx, p))).permission("charge"),
        Endpoint::new("POST", "/v1/charges/{charge}/refunds/{id}", "refund", |cx, p| Box::pin(update_of(cx, p))).permission("charge"),
    ]
}

/// What `POST /v1/refunds` takes.
#[derive(Debug, Wire)]
pub struct Create {
    amount: Option<i64>,
    charge: Option<String>,
    currency: Option<Currency>,
    customer: Option<String>,
    instructions_email: Option<String>,
    metadata: MetadataPatch,
    origin: Option<Origin>,
    payment_intent: Option<String>,
    reason: Option<Reason>,
    refund_application_fee: Option<bool>,
    reverse_transfer: Option<bool>,
}

/// What is refunded, where it is no charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Wire)]
enum Origin {
    /// What the customer has sent and no payment has taken.
    CustomerBalance,
}

/// What `POST /v1/charges/{id}/refunds` takes.
#[derive(Debug, Wire)]
pub struct CreateOf {
    amount: Option<i64>,
    metadata: MetadataPatch,
    reason: Option<Reason>,
    refund_application_fee: Option<bool>,
    reverse_transfer: Option<bool>,
}

/// What `POST /v1/refunds/{id}` takes.
#[derive(Debug, Wire)]
pub struct Update {
    metadata: MetadataPatch,
}

/// What `GET /v1/refunds` filters by.
#[derive(Debug, Wire)]
pub struct List {
    charge: Option<String>,
    created: Option<Range>,
    payment_intent: Option<String>,
}

/// What `GET /v1/charges/{id}/refunds` filters by.
#[derive(Debug, Wire)]
pub struct ListOf {}

/// What `GET /v1/charges/{charge}/refunds/{id}` takes.
#[derive(Debug, Wire)]
pub struct RetrieveOf {}

// Operations.

async fn create(cx: &mut Cx<'_>, p: Create) -> Outcome<Refund> {
    if p.origin == Some(Origin::CustomerBalance) {
        return done(of_cash(cx, p).await?);
    }
    let only_of_cash = [
        ("currency", p.currency.is_some()),
        ("customer", p.customer.is_some()),
        ("instructions_email", p.instructions_email.is_some()),
    ];
    if let Some((name, _)) = only_of_cash.iter().find(|(_, sent)| *sent) {
        let message = format!("You can only send {name} together with origin=customer_balance.");
        return Err(ApiError::invalid(400, message).param(*name).into());
    }
    let Create {
        amount,
        charge,
        metadata,
        payment_intent,
        reason,
        refund_application_fee,
        reverse_transfer,
        ..
    } = p;
    let charge = match (charge, payment_intent) {
        (Some(id), None) => cx.must::<Charge>("charge", &id).await?,
        (None, Some(id)) => of_intent(cx, &id).await?,
        (Some(id), Some(intent)) => {
            let charge: Charge = cx.must("charge", &id).await?;
            if charge.payment_intent.as_ref().is_none_or(|it| it.id != intent) {
                let message = format!("The charge {id} does not belong to the PaymentIntent {intent}.");
                return Err(ApiError::invalid(400, message).param("payment_intent").into());
            }
            charge
        }
        (None, None) => {
            let message =
                "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(ApiError::invalid(400, message).code("parameter_missing").param("charge").into());
        }
    };
    let rest = CreateOf { amount, metadata, reason, refund_application_fee, reverse_transfer };
    refund(cx, charge, rest).await
}

/// What a customer has sent goes back. Errors: a parameter that means something for charges only.
async fn of_cash(cx: &mut Cx<'_>, p: Create) -> Result<Refund, Stop> {
    let only_of_charges = [
        ("charge", p.charge.is_some()),
        ("payment_intent", p.payment_intent.is_some()),
        ("refund_application_fee", p.refund_application_fee.is_some()),
        ("reverse_transfer", p.reverse_transfer.is_some()),
    ];
    if let Some((name, _)) = only_of_charges.iter().find(|(_, sent)| *sent) {
        let message = format!("You may only specify one of these parameters: origin, {name}.");
        return Err(ApiError::invalid(400, message).code("parameters_exclusive").param(*name).into());
    }
    let ask = from_cash::Ask {
        customer: p.customer,
        amount: p.amount,
        currency: p.currency,
        instructions_email: p.instructions_email,
        metadata: p.metadata.fresh()?,
        reason: p.reason,
    };
    from_cash::make(cx, ask).await
}

/// The charge by which an intent was paid.
async fn of_intent(cx: &mut Cx<'_>, id: &str) -> Result<Charge, Stop> {
    let intent: PaymentIntent = cx.must("payment_intent", id).await?;
    let Some(charge) = intent.latest_charge.filter(|_| intent.amount_received > 0) else {
        let message = format!(
            "This PaymentIntent ({id}) does not have a successful charge to refund. A payment that was not captured yet is canceled instead."
        );
        let error = ApiError::invalid(400, message).code("payment_intent_unexpected_state");
        return Err(error.param("payment_intent").into());
    };
    cx.must("payment_intent", &charge.id).await
}

async fn create_of(cx: &mut Cx<'_>, p: CreateOf) -> Outcome<Refund> {
    let id = cx.path("id").to_owned();
    let charge: Charge = cx.must("id", &id).await?;
    refund(cx, charge, p).await
}

async fn refund(cx: &mut Cx<'_>, charge: Charge, p: CreateOf) -> Outcome<Refund> {
    let ask = Ask {
        amount: p.amount,
        reason: p.reason,
        metadata: p.metadata.fresh()?,
        application_fee: p.refund_application_fee == Some(true),
        transfer: p.reverse_transfer == Some(true),
    };
    done(make(cx, charge, ask).await?.1)
}

async fn change(cx: &mut Cx<'_>, before: Refund, metadata: MetadataPatch) -> Outcome<Refund> {
    let mut refund = before.clone();
    metadata.apply(&mut refund.metadata)?;
    cx.put(&refund);
    cx.emit_update(UPDATED, &before, &refund);
    cx.emit_update(CHARGE_REFUND_UPDATED, &before, &refund);
    done(refund)
}

async fn update(cx: &mut Cx<'_>, p: Update) -> Outcome<Refund> {
    let id = cx.path("id").to_owned();
    let before: Refund = cx.must("id", &id).await?;
    change(cx, before, p.metadata).await
}

async fn list(cx: &mut Cx<'_>, p: List) -> Outcome<Page> {
    let List { charge, created, payment_intent } = p;
    let by = match (charge, &payment_intent) {
        (Some(charge), _) => Some((Charge::NAME, charge)),
        (None, Some(intent)) => Some((PaymentIntent::NAME, intent.clone())),
        (None, None) => None,
    };
    cx.page_where::<Refund>(by, |doc| {
        if created.is_none() && payment_intent.is_none() {
            return true;
        }
        wire::from_json::<Refund>(&doc.body).is_ok_and(|it| {
            created.is_none_or(|range| range.holds(it.created.0))
                && payment_intent
                    .as_ref()
                    .is_none_or(|wanted| it.payment_intent.is_some_and(|has| has.id == *wanted))
        })
    })
    .await
}

async fn list_of(cx: &mut Cx<'_>, _: ListOf) -> Outcome<Page> {
    cx.page_beneath::<Charge, Refund>("refunds", |_| true).await
}

/// The refund that the URL names below its charge.
async fn named(cx: &mut Cx<'_>) -> Result<Refund, Stop> {
    let (charge, id) = (cx.path("charge").to_owned(), cx.path("id").to_owned());
    let refund: Refund = cx.must("id", &id).await?;
    if refund.charge.as_ref().is_none_or(|it| it.id != charge) {
        return Err(ApiError::no_such(Refund::NAME, &id, "id").into());
    }
    Ok(refund)
}

async fn retrieve_of(cx: &mut Cx<'_>, _: RetrieveOf) -> Outcome<Refund> {
    done(named(cx).await?)
}

async fn update_of(cx: &mut Cx<'_>, p: Update) -> Outcome<Refund> {
    let before = named(cx).await?;
    change(cx, before, p.metadata).await
}
